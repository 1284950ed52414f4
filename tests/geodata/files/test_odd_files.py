"""Odd files of the kinds that offices send: each ends with a reason, its rows add up, and no text is garbled in silence."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from geodata.crs import transformer
from geodata.files.loading import LoadOptions, LoadPlan, plan
from geodata.files.report import LoadReport
from geodata.store.spaces import Space
from layers.spec import OPERATOR
from tests.geodata.files.making import CGCS2000, HERE, dbf, geojson, parts_of, point, polygon_shp, shapefile, workbook, zipped

HEAD = "编号,名称,经度,纬度\n"
HEADS = ["编号", "名称", "经度", "纬度"]
GK = tuple(transformer(4490, 4546).transform(*one) for one in HERE)
ZONED = tuple(transformer(4490, 4525).transform(*one) for one in HERE)
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)


@dataclass(frozen=True)
class Odd:
    """How a file is made and what becomes of it: `refused` with a code, or so many rows of each fate, told with these codes."""

    make: Callable[[Path], Path]
    refused: str | None = None
    read: int = 0
    accepted: int = 0
    repaired: int = 0
    codes: tuple[str, ...] = ()
    encoding: str | None = None
    values: Mapping[str, Any] = field(default_factory=dict)


def no(make: Callable[[Path], Path], code: str) -> Odd:
    return Odd(make, refused=code)


def ok(
    make: Callable[[Path], Path], accepted: int, *codes: str, of: int = 0, repaired: int = 0, encoding: str | None = None, **values: Any
) -> Odd:
    return Odd(make, None, of or accepted, accepted, repaired, codes, encoding, values)


def csv(text: str | bytes, name: str = "a.csv", encoding: str = "utf-8") -> Callable[[Path], Path]:
    return lambda folder: _written(folder / name, text if isinstance(text, bytes) else text.encode(encoding))


def shp(**how: Any) -> Callable[[Path], Path]:
    return lambda folder: shapefile(folder, **how)


def sheet(*rows: list[Any], merge: tuple[str, ...] = ()) -> Callable[[Path], Path]:
    return lambda folder: workbook(folder / "a.xlsx", {"表": rows}, merge=merge)


def packed(change: Callable[[dict[str, bytes]], Mapping[str, bytes]]) -> Callable[[Path], Path]:
    return lambda folder: zipped(folder / "a.zip", change(parts_of(shapefile(folder / "parts").parent)))


def cut(suffix: str, keep: int) -> Callable[[Path], Path]:
    def made(folder: Path) -> Path:
        path = shapefile(folder)
        part = path.with_suffix(suffix)
        part.write_bytes(part.read_bytes()[:keep])
        return path

    return made


def beside(suffix: str, content: bytes, **how: Any) -> Callable[[Path], Path]:
    def made(folder: Path) -> Path:
        path = shapefile(folder, **how)
        path.with_suffix(suffix).write_bytes(content)
        return path

    return made


def polygons(folder: Path) -> Path:
    """A bow-tie, a ring of no area, and a ring that is not closed."""
    path = shapefile(folder)
    west, east, south, north = 109.8, 109.9, 40.6, 40.7
    shapes, index = polygon_shp(
        [
            [(west, south), (east, north), (east, south), (west, north), (west, south)],
            [(west, south), (east, south), (west, south), (west, south)],
            [(west, south), (west, north), (east, north), (east, south)],
        ]
    )
    path.write_bytes(shapes)
    path.with_suffix(".shx").write_bytes(index)
    return path


def _written(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


MIXED = (("B001", "九原区".encode("gbk"), 1), ("B002", "沙河街道广场".encode(), 2), ("B003", "麻池镇".encode("gbk"), 3))
ODD = {
    # encodings
    "gbk without .cpg": ok(shp(), 3, encoding="GB18030", ming_cheng="九原区第一中学"),
    ".cpg says UTF-8, text is GBK": ok(shp(cpg="UTF-8"), 3, "encoding-contradicted", encoding="GB18030", ming_cheng="九原区第一中学"),
    ".cpg says GBK, text is UTF-8": ok(
        shp(cpg="GBK", table=dbf([("B1", "九原区", 1), ("B2", "沙河", 2), ("B3", "麻池镇", 3)], encoding="utf-8")), 3, "encoding-contradicted"
    ),
    "a UTF-8 row in a GBK table": ok(shp(table=dbf(MIXED)), 3, "text-other-encoding", repaired=1, encoding="GB18030"),
    "a GBK row in a UTF-8 table": ok(
        shp(table=dbf([("B1", "九原区第一", 1), ("B2", "麻池镇文化".encode("gbk"), 2), ("B3", "沙河街道", 3)], encoding="utf-8"), cpg="UTF-8"),
        3,
        "text-other-encoding",
        repaired=1,
    ),
    ".cpg with a code page's number": ok(shp(cpg="936"), 3, encoding="GB18030"),
    "GBK and UTF-8 lines in one csv": no(
        csv((HEAD + "A,九原区第一中学,109.8,40.6\n").encode() + "B,沙河街道,109.8,40.6\n".encode("gbk")), "encoding-mixed"
    ),
    "utf-16 csv": ok(csv(HEAD + "A,九原,109.8,40.6\n", encoding="utf-16"), 1, ming_cheng="九原"),
    "big5 csv with traditional headers": ok(
        csv("編號,名稱,經度,緯度\nA,國語學校體育館,109.8,40.6\nB,臺灣廣場,109.8,40.61\n", encoding="big5"), 2, "not-utf8", encoding="Big5"
    ),
    "four-byte gb18030": ok(
        shp(table=dbf([("B1", "𠮷野㐂学校", 1), ("B2", "䶮城广场", 2), ("B3", "麻池镇", 3)], encoding="gb18030")), 3, ming_cheng="𠮷野㐂学校"
    ),
    "kml in GBK": ok(
        csv(
            '<?xml version="1.0" encoding="GBK"?><kml xmlns="http://www.opengis.net/kml/2.2"><Document><Placemark><name>九原</name>'
            "<Point><coordinates>109.8,40.6</coordinates></Point></Placemark></Document></kml>",
            "a.kml",
            "gbk",
        ),
        1,
        name="九原",
    ),
    # coordinate reference systems
    "metres called degrees": no(shp(points=GK), "metres-called-degrees"),
    "degrees called metres": no(shp(prj="EPSG:3857"), "degrees-called-metres"),
    "zone in the .prj, none in the metres": no(shp(points=GK, prj="EPSG:4525"), "crs-does-not-fit"),
    "zone in both": ok(shp(points=ZONED, prj="EPSG:4525"), 3),
    "zone in the metres, no .prj": no(shp(points=ZONED, prj=None), "crs-unknown"),
    "the next zone's .prj": ok(shp(points=GK, prj="EPSG:4547"), 3, "outside-district", "crs-may-be-wrong"),
    "Xian 80": no(shp(prj="EPSG:4610"), "datum-without-parameters"),
    "a .prj written by hand in GBK": ok(beside(".prj", "国家2000坐标系".encode("gbk")), 3, "crs-unreadable", "crs-assumed-here"),
    "latitude first under EPSG:4490": no(
        lambda folder: geojson(
            folder / "a.geojson", [(point(40.6, 109.8), {"编号": "A"})], crs={"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::4490"}}
        ),
        "axes-swapped",
    ),
    "Beijing 54 by hand in the .prj": no(beside(".prj", "北京54坐标系".encode("gbk")), "datum-without-parameters"),
    "a .prj in UTF-16": ok(beside(".prj", CGCS2000.encode("utf-16")), 3),
    "latitude before longitude in one column": no(csv('编号,坐标\nA,"40.6,109.8"\n'), "axes-swapped"),
    "EWKT of Xian 80": no(csv("编号,geom\nA,SRID=4610;POINT(109.8 40.6)\n"), "datum-without-parameters"),
    "a shift in the crs of a GeoJSON": no(
        lambda folder: geojson(folder / "a.geojson", [(point(109.8, 40.6), {"编号": "A"})], crs={"type": "name", "properties": {"name": "GCJ-02"}}), "datum-asked"
    ),
    "a crs of a GeoJSON that is a mere word": ok(
        lambda folder: geojson(folder / "a.geojson", [(point(*GK[0]), {"编号": "A"})], crs="EPSG:4546"), 1
    ),
    "shifted by name": no(csv("编号,gcj02_lng,gcj02_lat\nA,109.8,40.6\n"), "datum-asked"),
    # structure
    "a .dbf cut short": no(cut(".dbf", 200), "records-missing"),
    "a .shp cut short": no(cut(".shp", 170), "file-truncated"),
    "a record without shape": ok(shp(points=(HERE[0], None, HERE[2])), 2, "place-missing", of=3),
    "all records deleted": no(shp(table=dbf(deleted=(1, 2, 3))), "nothing-accepted"),
    "NaN and Infinity": ok(shp(points=(HERE[0], (float("nan"), 40.6), (float("inf"), 40.6))), 1, "coordinate-outside-earth", of=3),
    "broken polygons": ok(polygons, 2, "geometry-repaired", "ring-closed", "geometry-beyond-repair", of=3, repaired=2),
    "coordinates in quotes": ok(
        lambda folder: geojson(
            folder / "a.geojson", [({"type": "Point", "coordinates": ["109.8", "40.6"]}, {"编号": "A"}), (point(109.8, 40.6), {"编号": "B"})]
        ),
        1,
        "position-not-read",
        of=2,
    ),
    "WKT that is none": ok(csv("编号,WKT\nA,POINT (109.8 40.6)\nB,乱写\n"), 1, "wkt-not-read", of=2),
    # tables
    "merged cells": ok(
        sheet(["乡镇", *HEADS], ["麻池镇", "A", "甲", 109.8, 40.6], [None, "B", "乙", 109.81, 40.6], merge=("A2:A3",)),
        2,
        "merged-filled",
        xiang_zhen="麻池镇",
    ),
    "a header in two rows": ok(
        sheet(
            ["编号", "名称", "坐标", None],
            [None, None, "经度", "纬度"],
            ["A", "甲", 109.8, 40.6],
            ["B", "乙", 109.81, 40.6],
            merge=("C1:D1", "A1:A2", "B1:B2"),
        ),
        2,
        ming_cheng="甲",
    ),
    "a title above the header and a sum below": ok(
        sheet(["九原区避难场所"], [], HEADS, ["A", "甲", 109.8, 40.6], [], ["合计", "1", None, None], merge=("A1:D1",)),
        1,
        "row-empty",
        "row-total",
        of=3,
    ),
    "formulas without results": ok(sheet(HEADS, ["A", "=1+1", 109.8, 40.6]), 1, "formula-not-calculated", ming_cheng=None),
    "formula errors": ok(sheet(HEADS, ["A", "#REF!", 109.8, 40.6]), 1, "cell-errors", ming_cheng=None),
    "formulas for spreadsheets as text": ok(csv(HEAD + "A,\"=cmd|' /C calc'!A0\",109.8,40.6\n"), 1, ming_cheng="=cmd|' /C calc'!A0"),
    "a quote never closed": no(csv(HEAD + 'A,"甲,109.8,40.6\nB,乙,109.8,40.6\n'), "quote-open"),
    "a lone inch mark and a cell of two lines": ok(csv(HEAD + 'A,5"管,109.8,40.6\nB,"乙\n二行",109.8,40.6\n'), 2, ming_cheng='5"管'),
    "digits of full width": ok(csv(HEAD + "A,甲,１０９．８,４０．６\n"), 1),
    "no header": no(csv("A,甲,109.8,40.6\nB,乙,109.8,40.7\n"), "no-coordinate-columns"),
    # packings and disguises
    "csv called xlsx": no(csv(HEAD + "A,甲,109.8,40.6\n", "a.xlsx"), "content-differs"),
    "xlsx with a password": no(csv(OLE, "a.xlsx"), "workbook-locked"),
    "rar called shp": no(csv(b"Rar!\x1a\x07\x01\x00" + os.urandom(50), "a.shp"), "packing-unsupported"),
    "7z called zip": no(csv(b"7z\xbc\xaf\x27\x1c" + os.urandom(50), "a.zip"), "packing-unsupported"),
    "a Word file beside the shapefile": ok(packed(lambda parts: {**parts, "说明.docx": b"PK\x03\x04 and more"}), 3),
    "a damaged zip in the zip": no(packed(lambda parts: {**parts, "备份.zip": b"PK\x03\x04 and more"}), "archive-damaged"),
    "zip slip": no(packed(lambda parts: {**parts, "../../a.txt": b"x"}), "archive-path"),
    "only documents in the zip": no(packed(lambda _: {"说明.docx": b"PK\x03\x04 and more"}), "format-unsupported"),
}


def judged(space: Space, path: Path) -> LoadPlan:
    return plan(space, "odd_layer", path, LoadOptions(create=True, dry_run=True), OPERATOR)


@pytest.mark.parametrize("name", ODD)
def test_an_odd_file_ends_with_a_reason_and_its_rows_add_up(name: str, space: Space, tmp_path: Path) -> None:
    odd = ODD[name]
    made = judged(space, odd.make(tmp_path))
    report = made.report
    assert (report.refused and report.refused.code) == odd.refused, report.to_json("en")["problems"]
    assert report.read == report.accepted + report.skipped + report.rejected
    _reads_well(report)
    if odd.refused:
        return
    assert (report.read, report.accepted, report.repaired) == (odd.read, odd.accepted, odd.repaired), report.to_json("en")
    told = {one.code for one in (*report.errors, *report.warnings)}
    assert set(odd.codes) <= told, told
    assert odd.encoding is None or (report.encoding is not None and report.encoding.value == odd.encoding)
    for one, value in odd.values.items():
        assert made.rows[0].properties[one] == value
    if "xiang_zhen" in odd.values:
        assert {row.properties["xiang_zhen"] for row in made.rows} == {"麻池镇"}
    assert "�" not in str([row.properties for row in made.rows]) and "娌" not in str([row.properties for row in made.rows])


def _reads_well(report: LoadReport) -> None:
    """Every line is a whole sentence in both languages: nothing left to fill in, no unknown where a value belongs."""
    for language in ("zh", "en"):
        for one in report.to_json(language)["problems"]:
            words = f"{one['message']} {one['remedy'] or ''}"
            assert one["message"] and "{" not in words and "（?）" not in words and "(?)" not in words and "�" not in words, words
            assert one["severity"] != "error" or one["remedy"], one


def test_a_system_named_by_the_user_is_not_doubted(space: Space, tmp_path: Path) -> None:
    made = plan(space, "odd_layer", shapefile(tmp_path, points=GK, prj=CGCS2000), LoadOptions(create=True, crs="EPSG:4547"), OPERATOR)
    assert made.report.accepted == 3 and "crs-may-be-wrong" not in {one.code for one in made.report.warnings}


def test_names_that_look_like_another_encoding_by_chance_stay_as_they_are(space: Space, tmp_path: Path) -> None:
    """Real words of GBK whose bytes are also UTF-8 (the famous one is 联通): read as the table's encoding says."""
    rows = [("B1", "联通", 1), ("B2", "中国联通九原营业厅", 2), ("B3", "涓涓细流", 3)]
    made = judged(space, shapefile(tmp_path, table=dbf(rows, encoding="gbk")))
    assert [one.properties["ming_cheng"] for one in made.rows] == [name for _, name, _ in rows]
