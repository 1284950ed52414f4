"""Archives are looked at before they are unpacked, and nothing is read that the user did not hand over."""

from __future__ import annotations

import io
import stat
import zipfile
from pathlib import Path

import pytest

from geodata.files import packing
from geodata.files.notices import Refused
from geodata.files.packing import gather
from geodata.files.reading import read
from tests.geodata.files.making import parts_of, shapefile, zipped


def refusal(path: Path, work: Path) -> str:
    work.mkdir(exist_ok=True)
    with pytest.raises(Refused) as refused:
        gather(path, work)
    assert list(work.iterdir()) == []
    return refused.value.code


@pytest.mark.parametrize("name", ["../../etc/passwd", "/etc/passwd", "a/../../b.shp", "C:\\b.shp", "..\\b.shp"])
def test_a_member_that_leads_outside_is_refused(name: str, tmp_path: Path) -> None:
    assert refusal(zipped(tmp_path / "a.zip", {"ok.shp": b"x", name: b"x"}), tmp_path / "work") == "archive-path"


def test_a_link_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        info = zipfile.ZipInfo("shelters.dbf")
        info.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(info, "/etc/passwd")
    assert refusal(path, tmp_path / "work") == "archive-link"


def test_a_bomb_is_refused_by_what_it_says_and_by_what_comes_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = zipped(tmp_path / "a.zip", {"a.shp": b"\0" * 3_000_000})
    monkeypatch.setattr(packing, "MOST_UNPACKED", 2_000_000)
    assert refusal(path, tmp_path / "work") == "archive-bomb"


def test_too_many_entries_nested_archives_and_twins_are_refused(tmp_path: Path) -> None:
    assert refusal(zipped(tmp_path / "many.zip", {f"{number}.txt": b"" for number in range(201)}), tmp_path / "work") == "too-many-entries"
    inner = io.BytesIO()
    zipfile.ZipFile(inner, "w").close()
    nested = zipped(tmp_path / "inner.zip", {"a.zip": inner.getvalue()}).read_bytes()
    assert refusal(zipped(tmp_path / "nest.zip", {"b.zip": nested}), tmp_path / "work") == "archive-nested"
    with zipfile.ZipFile(tmp_path / "twin.zip", "w") as archive:
        archive.writestr("a.dbf", "1")
        with pytest.warns(UserWarning, match="Duplicate name"):
            archive.writestr("a.dbf", "2")
    assert refusal(tmp_path / "twin.zip", tmp_path / "work") == "archive-doubled"


def test_a_zip_under_another_name_inside_is_refused(tmp_path: Path) -> None:
    inner = zipped(tmp_path / "inner.zip", {"a.shp": b"x"}).read_bytes()
    path = zipped(tmp_path / "a.zip", {"a.shp": inner})
    with pytest.raises(Refused) as refused:
        gather(path, tmp_path)
    assert refused.value.code == "archive-nested"


@pytest.mark.parametrize(
    ("head", "code"),
    [
        (b"Rar!\x1a\x07\x00", "packing-unsupported"),
        (b"7z\xbc\xaf\x27\x1c", "packing-unsupported"),
        (b"\x1f\x8b\x08", "packing-unsupported"),
        (b"PK\x03\x04 and no more", "archive-damaged"),
    ],
)
def test_other_packings_are_named(head: bytes, code: str, tmp_path: Path) -> None:
    path = tmp_path / "a.bin"
    path.write_bytes(head)
    assert refusal(path, tmp_path / "work") == code


def test_names_in_gbk_case_mixed_and_a_folder_inside_are_read(tmp_path: Path) -> None:
    shapefile(tmp_path / "parts", name="避难场所")
    names = {name: f"九原/{name.replace('.dbf', '.DBF')}".encode("gbk") for name in parts_of(tmp_path / "parts")}
    stand_in = {name: f"{place}".rjust(len(raw), "_") for place, (name, raw) in enumerate(names.items())}
    path = zipped(tmp_path / "a.zip", {stand_in[name]: content for name, content in parts_of(tmp_path / "parts").items()})
    packed = path.read_bytes()
    for name, raw in names.items():  # as Chinese Windows writes them: GBK, and no flag that says so
        packed = packed.replace(stand_in[name].encode(), raw)
    path.write_bytes(packed)
    table = read(path)
    assert table.sublayer == "避难场所"
    assert [one.name for one in table.columns] == ["编号", "名称", "容纳人数"]


def test_loose_parts_are_found_by_any_one_of_them_and_a_gdal_trick_is_not_followed(tmp_path: Path) -> None:
    shapefile(tmp_path)
    for suffix in ("dbf", "shx", "prj"):
        assert len(read(tmp_path / f"shelters.{suffix}").rows) == 3
    vrt = tmp_path / "trick.csv"
    vrt.write_text(
        f'<OGRVRTDataSource><OGRVRTLayer name="x"><SrcDataSource>{tmp_path / "shelters.shp"}</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>'
    )
    with pytest.raises(Refused) as refused:
        read(vrt)
    assert refused.value.code == "format-unsupported" and refused.value.values["kind"] == "VRT"


def test_entities_in_xml_are_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "a.kml"
    path.write_text(
        '<?xml version="1.0"?><!DOCTYPE k [<!ENTITY a SYSTEM "file:///etc/passwd">]><kml xmlns="http://www.opengis.net/kml/2.2"><Document/></kml>'
    )
    with pytest.raises(Refused) as refused:
        read(path)
    assert refused.value.code == "xml-entities"


def test_several_layers_are_listed_and_one_may_be_chosen(tmp_path: Path) -> None:
    shapefile(tmp_path, name="shelters")
    shapefile(tmp_path, name="depots")
    with pytest.raises(Refused) as refused:
        read(tmp_path)
    assert refused.value.code == "several-sublayers" and refused.value.values["there"] == "depots（3 点）、shelters（3 点）"
    assert read(tmp_path, sublayer="depots").sublayer == "depots"
    with pytest.raises(Refused) as refused:
        read(tmp_path, sublayer="teams")
    assert refused.value.code == "no-such-sublayer"
