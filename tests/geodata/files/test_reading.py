"""Whatever a file does to the reader, what comes back is a table or a refusal in words."""

from __future__ import annotations

import random
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from geodata.files import (
    reading,
    refusal_words,  # noqa: F401 - it declares the sentences
)
from geodata.files.angles import coordinate
from geodata.files.notices import Refused
from geodata.files.reading import Limits, read
from layers.messages import remedy
from tests.geodata.files.making import HERE, ROWS, dbf, geojson, point, shapefile, shp, workbook

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(autouse=True)
def started_fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    """The process that reads is what these tests are about: none is forked from another."""
    monkeypatch.setattr(reading, "subprocess", subprocess)


def refused(path: Path, **options: object) -> str:
    with pytest.raises(Refused) as caught:
        read(path, **options)  # type: ignore[arg-type]
    return caught.value.code


def test_a_reader_that_crashes_hangs_or_grows_is_a_refusal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = shapefile(tmp_path)
    assert refused(path, limits=Limits(wall_s=0)) == "reading-too-long"
    assert refused(path, limits=Limits(memory_mb=60)) in ("reading-too-large", "reader-died")
    run = reading._run

    def crash(command: list[str], wall_s: int, stopped: object) -> Refused | None:
        return run([command[0], "-c", "import os; os.abort()"], wall_s)

    monkeypatch.setattr(reading, "_run", crash)
    assert refused(path) == "reader-died"


@pytest.mark.parametrize(("part", "code"), [("shp", "file-truncated"), ("dbf", "records-missing")])
def test_a_part_cut_short_is_refused_not_half_read(part: str, code: str, tmp_path: Path) -> None:
    path = shapefile(tmp_path)
    file = tmp_path / f"shelters.{part}"
    file.write_bytes(file.read_bytes()[:-30])
    assert refused(path) == code


def test_a_missing_or_damaged_index_is_made_anew(tmp_path: Path) -> None:
    path = shapefile(tmp_path, without=("shx",))
    assert len(read(path).rows) == 3
    (tmp_path / "shelters.shx").write_bytes(b"\0" * 124)
    table = read(path)
    assert len(table.rows) == 3 and [one.code for one in table.notices] == ["shx-rebuilt"]


def test_deleted_records_take_their_shapes_with_them(tmp_path: Path) -> None:
    table = read(shapefile(tmp_path, table=dbf(deleted=(2,))))
    assert table.rows.tolist() == [1, 3]
    assert [(one.code, one.row) for one in table.skipped] == [("record-deleted", 2)]
    assert table.read == 3


def test_a_row_that_is_not_text_is_rejected_alone(tmp_path: Path) -> None:
    rows = [*((f"B{number:03}", "九原区第一中学", number) for number in range(1, 10)), ("B010", b"\xff\xff\xfe", 10)]
    table = read(shapefile(tmp_path, points=[HERE[0]] * 10, table=dbf(rows), cpg="GBK"))
    assert [(one.code, one.row, one.field) for one in table.rejected] == [("text-undecodable", 10, "名称")]
    assert len(table.rows) == 9


def test_text_cut_in_the_middle_of_a_character_loses_it_and_says_so(tmp_path: Path) -> None:
    fields = (("编号", "C", 10), ("名称", "C", 19), ("容纳人数", "N", 8))  # nine characters and half of the tenth
    rows = [("B001", "九原区体育馆避难所北门", 1), ("B002", "沙河", 2), ("B003", "麻池", 3)]
    table = read(shapefile(tmp_path, table=dbf(rows, fields), cpg="GBK"))
    assert table.columns[1].values[0] == "九原区体育馆避难所"
    assert [(one.code, one.row) for one in table.notices] == [("text-cut", 1)]


def test_overflowed_numbers_doubled_names_and_null_shapes_are_told(tmp_path: Path) -> None:
    fields = (("编号", "C", 10), ("人数", "N", 4), ("人数", "N", 4))
    table = read(shapefile(tmp_path, points=[HERE[0], None], table=dbf([("1", "****", 5), ("2", 7, 8)], fields)))
    assert [one.name for one in table.columns] == ["编号", "人数", "人数_2"]
    assert table.columns[1].values == [None, 7]
    assert {one.code for one in table.notices} == {"number-overflow", "column-doubled"}
    assert table.shapes is not None and table.shapes[1] is None


def test_counts_that_differ_are_told_and_no_row_is_lost(tmp_path: Path) -> None:
    table = read(shapefile(tmp_path, points=HERE[:2], table=dbf(ROWS)))
    assert table.read == 3 and [one.code for one in table.notices] == ["record-counts-differ"]


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity", "1e400", '"109.8"', "null", "true"])
def test_no_number_that_is_none_reaches_a_shape(value: str, tmp_path: Path) -> None:
    path = tmp_path / "a.geojson"
    path.write_text('{"type":"Feature","properties":{},"geometry":{"type":"Point","coordinates":[VALUE, 40.6]}}'.replace("VALUE", value))
    table = read(path)
    assert len(table.rows) == 0 and len(table.rejected) == 1


def test_deep_json_huge_integers_and_other_json_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    for text, code in (
        ("[" * 200_000 + "]" * 200_000, "too-deep"),
        ('{"type": "Feature", "properties": {"a": ' + "1" * 5000 + "}}", "not-json"),
        ('{"a": 1}', "not-geojson"),
        ('{"type": "Topology", "objects": {}}', "format-unsupported"),
        ("{", "not-json"),
    ):
        path.write_text(text)
        assert refused(path) == code


@pytest.mark.parametrize(
    ("head", "kind"),
    [(b"II*\x00", "GeoTIFF"), (b"MM\x00+", "GeoTIFF"), (b"PMTiles\x03", "PMTiles"), (b"SQLite format 3\x00".ljust(68, b"\1") + b"MPBX", "MBTiles")],
)
def test_imagery_is_known_and_sent_to_its_own_door(tmp_path: Path, head: bytes, kind: str) -> None:
    """A GeoPackage begins like an MBTiles; what the file says of its application tells them apart."""
    path = tmp_path / "photo.gpkg"
    path.write_bytes(head.ljust(4000, b"\0"))
    with pytest.raises(Refused) as caught:
        read(path)
    assert (caught.value.code, caught.value.values["kind"]) == ("is-imagery", kind)
    assert "onemap imagery place" in (remedy("is-imagery", caught.value.values) or "")


@pytest.mark.parametrize("delimiter", [",", "\t", ";", "|"])
@pytest.mark.parametrize("codec", ["utf-8-sig", "gb18030", "utf-16"])
def test_tables_in_any_encoding_and_delimiter(delimiter: str, codec: str, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    lines = ["名称,经度,纬度", "九原区体育馆,１０９．８,40°36′", "", "沙河广场,109度51分,北纬40.61"]
    path.write_bytes("\r\n".join(one.replace(",", delimiter) for one in lines).encode(codec))
    table = read(path)
    assert table.columns[0].values == ["九原区体育馆", "沙河广场"]
    assert table.rows.tolist() == [1, 3] and [one.code for one in table.skipped] == ["row-empty"]


def test_a_cell_that_is_no_coordinate_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("名称,经度,纬度\n甲,109.8,40.6\n乙,不详地,40.6\n丙,,\n")
    table = read(path)
    assert [(one.code, one.row, one.field) for one in table.rejected] == [("coordinate-not-read", 2, "经度")]
    assert table.shapes is not None and table.shapes[1] is None


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("109.5", 109.5),
        ("１０９．５", 109.5),
        ("109°30′00″", 109.5),
        ("109°30'", 109.5),
        ("109度30分0秒", 109.5),
        ("109 30 0", 109.5),
        ("E109.5", 109.5),
        ("109.5E", 109.5),
        ("东经109°30′", 109.5),
        ("北纬40.5", 40.5),
        ("W109.5", -109.5),
        ("40.5S", -40.5),
        ("40°30′0″S", -40.5),
        ("40d30m0s", 40.5),
        ("109,512", 109.512),
        ("109º30'", 109.5),
        ("109˚30’00’’", 109.5),
        ("109-30-00", 109.5),
        ("109°75′", None),
        ("不详", None),
        ("", None),
        ("12abc", None),
    ],
)
def test_coordinates_as_people_type_them(text: str, value: float | None) -> None:
    got = coordinate(text)
    assert got == (pytest.approx(value) if value is not None else None)


@pytest.mark.parametrize(
    "text",
    [
        "109.5,40.5", "109.5 40.5", "（109.5，40.5）", "109.5、40.5", "109.5/40.5", "１０９．５；４０．５", "40.5N,109.5E", "北纬40°30′、东经109°30′", "N40°30′00″ E109°30′00″",
        "109 30 00, 40 30 00", "东经:109.5,北纬:40.5", "109度30分 40度30分",
    ],
)  # fmt: skip
def test_both_coordinates_in_one_cell_as_people_type_them(text: str, tmp_path: Path) -> None:
    table = read(workbook(tmp_path / "a.xlsx", {"表": [["名称", "经纬度"], ["甲", text]]}))
    assert table.rejected == [] and [(one.x, one.y) for one in list(table.shapes or ())] == [(109.5, 40.5)]


def test_a_workbook_with_a_title_above_its_header_and_several_sheets(tmp_path: Path) -> None:
    rows = [["九原区应急避难场所一览表"], ["编号", "名称", "经度", "纬度"], ["B1", "体育馆", 109.8, 40.6], ["B2", "广场", "109°51′", 40.61]]
    path = workbook(tmp_path / "a.xlsx", {"避难": rows, "物资": rows})
    assert refused(path) == "several-sublayers"
    table = read(path, sublayer="避难")
    assert table.first_line == 3 and table.columns[1].values == ["体育馆", "广场"]


@pytest.mark.parametrize("seed", range(12))
def test_files_with_bytes_changed_never_do_more_than_be_refused(seed: int, tmp_path: Path) -> None:
    chance = random.Random(seed)
    shapefile(tmp_path)
    geojson(tmp_path / "a.geojson", [(point(109.8, 40.6), {"name": "甲"})])
    target = chance.choice(["shelters.shp", "shelters.dbf", "shelters.shx", "shelters.prj", "a.geojson"])
    raw = bytearray((tmp_path / target).read_bytes())
    for _ in range(chance.randint(1, 12)):
        raw[chance.randrange(len(raw))] = chance.randrange(256)
    (tmp_path / target).write_bytes(raw)
    try:
        read(tmp_path / ("a.geojson" if target == "a.geojson" else "shelters.shp"))
    except Refused as caught:
        assert caught.code != "reader-died", caught


def test_points_of_a_shapefile_come_back_as_they_were() -> None:
    assert shp(HERE)[0][:4] == b"\x00\x00\x27\x0a"


@pytest.mark.parametrize("make", [shapefile, lambda folder: geojson(folder / "a.geojson", [(point(*HERE[0]), {"名称": "甲"})]), lambda folder: workbook(folder / "a.xlsx", {"甲": [["名称", "经度", "纬度"], ["甲", 109.6, 40.6]]})])
def test_the_process_that_reads_takes_up_nothing_that_it_does_not_read_with(make: Callable[[Path], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the database's libraries nor those of tables of numbers: each would take as long as reading a small file."""
    said: list[str] = []

    def told(command: list[str], wall_s: int, stopped: object) -> None:
        done = subprocess.run([command[0], "-X", "importtime", *command[1:]], cwd=ROOT, capture_output=True, text=True, check=True, timeout=wall_s)
        said.extend(line.rsplit("|", 1)[1].strip() for line in done.stderr.splitlines() if line.startswith("import time:"))

    monkeypatch.setattr(reading, "_run", told)
    assert len(read(make(tmp_path)).rows) >= 1
    packages = {name.split(".")[0] for name in said if "." in name}  # one that is asked for and kept away is named, and no part of it
    assert {"geodata", "numpy"} <= packages
    assert not {"sqlalchemy", "psycopg", "pandas", "geopandas", "flask"} & packages
