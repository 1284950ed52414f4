"""Files whose numbers GDAL reads as far as it can and takes for what they are not: each row is told, or the line of the file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import shapely

from geodata.files import refusal_words, report_words  # noqa: F401 - they declare the sentences
from geodata.files.notices import Refused
from geodata.files.reading import read
from geodata.files.table import Table
from tests.geodata.files.making import HERE, by_gdal, dxf

Write = Callable[[Path, str], Path]
GPX = '<gpx version="1.1" xmlns="http://www.topografix.com/GPX/1/1">{}</gpx>'
GML = '<wfs:FeatureCollection xmlns:wfs="http://www.opengis.net/wfs" xmlns:gml="http://www.opengis.net/gml" xmlns:a="http://a">{}</wfs:FeatureCollection>'
SITE = "<gml:featureMember><a:site><a:name>{}</a:name><a:geom>{}</a:geom></a:site></gml:featureMember>"
OSM = '<?xml version="1.0"?><osm version="0.6">{}</osm>'
NODE = '<node id="{}" lat="{}" lon="{}"{}><tag k="place" v="town"/></node>'
MIF = 'Version 300\nCharset "WindowsSimpChinese"\nDelimiter ","\nCoordSys Earth Projection 1, 104\nColumns 5\n  名称 Char(20)\n  人数 Integer\n  面积 Decimal(8,2)\n  日期 Date\n  开放 Logical\nData\n\n{}'


def written(path: Path, text: str, encoding: str = "utf-8") -> Path:
    path.write_bytes(text.encode(encoding))
    return path


def gml(place: str, system: str = "EPSG:4490") -> str:
    return f'<gml:Point srsName="{system}"><gml:pos>{place}</gml:pos></gml:Point>'


def refusal(path: Path, **how: str) -> Refused:
    with pytest.raises(Refused) as caught:
        read(path, **how)  # type: ignore[arg-type]
    return caught.value


def rejected(table: Table) -> list[tuple[str, int | None]]:
    return [(one.code, one.row) for one in table.rejected]


@pytest.mark.parametrize(("place", "code"), [('lat="40,6" lon="109,8"', "coordinate-not-read"), ('lat="NaN" lon="109.8"', "coordinate-not-read"), ('lat="40.6"', "place-missing"), ('lat="" lon="109.8"', "place-missing")])
def test_a_waypoint_without_a_place_in_numbers_is_kept_out_and_the_others_keep_theirs(tmp_path: Path, place: str, code: str) -> None:
    """The wrong build reads 40,6 as 40, and loses a point without longitude in silence."""
    path = written(tmp_path / "a.gpx", GPX.format(f'<wpt lat="40.6" lon="109.8"><name>甲</name></wpt><wpt {place}><name>乙</name></wpt><wpt lat="40.7" lon="109.9"><name>丙</name></wpt>'))
    table = read(path)
    assert rejected(table) == [(code, 2)] and table.rows.tolist() == [1, 3] and table.read == 3
    assert [list(one.values) for one in table.columns if one.name == "name"] == [["甲", "丙"]]


def test_a_track_with_a_point_that_is_no_number_is_kept_out(tmp_path: Path) -> None:
    track = '<trk><trkseg><trkpt lat="{}" lon="109.8"/><trkpt lat="40.7" lon="109.9"/></trkseg></trk>'
    table = read(written(tmp_path / "a.gpx", GPX.format(track.format("40.6") + track.format("4O.6"))), sublayer="tracks")
    assert rejected(table) == [("coordinate-not-read", 2)] and table.rows.tolist() == [1]


@pytest.mark.parametrize("encoding", ["gbk", "utf-16"])
@pytest.mark.parametrize("head", ["", '<?xml version="1.0" encoding="UTF-8"?>'])
def test_gpx_and_gml_in_another_encoding_than_they_say_are_read(tmp_path: Path, encoding: str, head: str) -> None:
    gpx = written(tmp_path / "a.gpx", head + GPX.format('<wpt lat="40.6" lon="109.8"><name>九原区第一中学</name></wpt>'), encoding)
    site = written(tmp_path / "a.gml", head + GML.format(SITE.format("九原区第一中学", gml("109.8 40.6"))), encoding)
    for path in (gpx, site):
        table = read(path)
        assert [list(one.values) for one in table.columns if one.name == "name"] == [["九原区第一中学"]]
        assert table.encoding is not None and table.encoding.value in ("GB18030", "UTF-16")


@pytest.mark.parametrize("name", ["a.gpx", "a.osm"])
def test_xml_cut_short_is_told_with_its_line(tmp_path: Path, name: str) -> None:
    text = {"a.gpx": GPX, "a.osm": OSM}[name].format(NODE.format(1, 40.6, 109.8, "") + "\n" + NODE.format(2, 40.6, 109.8, ""))
    refused = refusal(written(tmp_path / name, text[:-30]))
    assert refused.code == "xml-damaged" and refused.values["line"] == 2


@pytest.mark.parametrize(("place", "code"), [("109,8 40,6", "coordinate-not-read"), ("", "geometry-empty"), ("NaN NaN", "coordinate-not-read")])
def test_a_gml_feature_without_a_place_in_numbers_is_kept_out(tmp_path: Path, place: str, code: str) -> None:
    """The wrong build reads 109,8 40,6 as three numbers, and an empty place as 0, 0."""
    table = read(written(tmp_path / "a.gml", GML.format(SITE.format("甲", gml(place)) + SITE.format("乙", gml("109.8 40.6")))))
    assert rejected(table) == [(code, 1)] and table.rows.tolist() == [2]


def test_a_gml_whose_shapes_name_two_systems_is_refused_and_a_second_shape_told(tmp_path: Path) -> None:
    refused = refusal(written(tmp_path / "a.gml", GML.format(SITE.format("甲", gml("109.8 40.6")) + SITE.format("乙", gml("412397 4496890", "urn:ogc:def:crs:EPSG::4546")))))
    assert (refused.code, refused.values["systems"]) == ("systems-mixed", "EPSG:4490, EPSG:4546")
    two = SITE.format("甲", gml("109.8 40.6") + "</a:geom><a:gate>" + gml("109.9 40.7")).replace("</a:geom></a:site>", "</a:gate></a:site>")
    assert [one.values for one in read(written(tmp_path / "b.gml", GML.format(two))).notices] == [{"count": 1}]


@pytest.mark.parametrize(("lat", "lon"), [("40,6", "109,8"), ("109.8", "40.6"), ("", "109.8")])
def test_a_node_whose_place_is_none_is_named(tmp_path: Path, lat: str, lon: str) -> None:
    refused = refusal(written(tmp_path / "a.osm", OSM.format(NODE.format(7, lat, lon, ""))))
    assert refused.code == "osm-node-not-read" and refused.values["node"] == "7"


def test_a_way_that_lacks_a_node_is_told(tmp_path: Path) -> None:
    way = '<way id="5"><nd ref="1"/><nd ref="9"/><nd ref="2"/><tag k="highway" v="primary"/></way>'
    table = read(written(tmp_path / "a.osm", OSM.format(NODE.format(1, 40.6, 109.8, "") + NODE.format(2, 40.7, 109.9, "") + way)), sublayer="highway")
    assert [one.values["ways"] for one in table.notices if one.code == "ways-incomplete"] == ["5"]


def test_what_an_editor_of_openstreetmap_has_not_sent_is_read_and_what_it_deleted_is_not(tmp_path: Path) -> None:
    nodes = NODE.format(1, 40.6, 109.8, ' action="delete"') + NODE.format(-2, 40.61, 109.81, ' action="modify"')
    table = read(written(tmp_path / "a.osm", OSM.format(nodes)), sublayer="place")
    assert len(table.rows) == 1 and "objects-deleted" in [one.code for one in table.notices]


def mif(folder: Path, body: str, rows: str) -> Path:
    written(folder / "a.mid", rows, "gbk")
    return written(folder / "a.mif", MIF.format(body), "gbk")


def test_what_is_no_number_in_a_mif_is_told_by_row_and_never_nought(tmp_path: Path) -> None:
    """The wrong build reads 109,8 as 109, x as 0 and 二 as no."""
    rows = '"甲",5,1.5,"20260501",T\n"乙",x,2.25,"20269999",X\n"丙",7,,,F\n"丁",8,4.5,"20260502",T\n'
    table = read(mif(tmp_path, "Point 109.8 40.6\nPoint 109.81 40.61\nPoint 109,82 40,62\nRegion 1\n4\n109.8 40.6\n109.9 40.6\n109.9 4O.7\n109.8 40.6\n", rows))
    assert rejected(table) == [("coordinate-not-read", 3), ("coordinate-not-read", 4)]
    assert [list(one.values) for one in table.columns] == [["甲", "乙"], [5, "x"], [1.5, 2.25], ["2026-05-01", "20269999"], [True, None]]
    assert [(one.row, one.field) for one in table.notices if one.code == "truth-not-read"] == [(2, "开放")]


def test_objects_of_a_mif_are_counted_with_their_parts(tmp_path: Path) -> None:
    rows = "".join(f'"{name}",1,1,,T\n' for name in "甲乙丙")
    body = "None\nPline Multiple 2\n2\n109.8 40.6\n109.9 40.6\n2\n109.8 40.7\n109.9 40.7\n    Pen (1,2,0)\nPoint x 40.6\n    Symbol (35,0,12)\n"
    assert rejected(read(mif(tmp_path, body, rows))) == [("coordinate-not-read", 3)]


def test_a_coordinate_of_a_drawing_that_is_no_number_is_told_by_line(tmp_path: Path) -> None:
    """The wrong build reads 412397,6 as 412397, more than half a metre off."""
    path = dxf(tmp_path / "a.dxf", [[(0, "POINT"), (8, "a"), (10, "412397,6"), (20, 4496890.3)]])
    refused = refusal(path)
    line = path.read_text("gbk").splitlines()[refused.values["line"] - 1]
    assert refused.code == "drawing-number" and line == "412397,6"


def test_what_lies_on_the_sheet_around_a_map_is_told(tmp_path: Path) -> None:
    point = [(0, "POINT"), (8, "a"), (10, 412397.6), (20, 4496890.3)]
    table = read(dxf(tmp_path / "a.dxf", [point, [*point, (67, 1)]]))
    assert len(table.rows) == 1 and [one.values for one in table.notices if one.code == "cad-paper-left-out"] == [{"count": 1}]


def test_text_in_another_encoding_inside_a_flatgeobuf_is_told_by_row(tmp_path: Path) -> None:
    """The wrong build lets the reader die on it."""
    path = by_gdal(tmp_path / "a.fgb", "FlatGeobuf", [shapely.Point(*one) for one in HERE], {"名称": ["甲甲甲甲甲甲甲甲", "乙乙乙乙乙乙乙乙", "丙丙"]})
    raw = path.read_bytes()
    assert raw.count("甲".encode() * 8) == raw.count("乙".encode() * 8) == 1
    raw = raw.replace("甲".encode() * 8, "九原区第一中学操场东".encode("gbk")[:18].ljust(24)).replace("乙".encode() * 8, b"\xff\xfe" * 12)
    path.write_bytes(raw)
    table = read(path)
    assert [one.code for one in table.rejected] == ["text-undecodable"] and len(table.rows) == 2
    assert {str(one).strip() for one in table.columns[0].values} == {"九原区第一中学操场", "丙丙"}


def test_a_day_that_no_calendar_has_stays_text_so_that_its_row_is_told(tmp_path: Path) -> None:
    """The wrong build lets the reader die on it."""
    path = by_gdal(tmp_path / "a.tab", "MapInfo File", [shapely.Point(*one) for one in HERE], {"code": ["A", "B", "C"], "day": [np.datetime64("2026-05-01"), np.datetime64("2026-05-02"), np.datetime64("2026-05-03")]}, crs="EPSG:4326")  # fmt: skip
    table = path.with_suffix(".dat")
    table.write_bytes(table.read_bytes().replace(bytes([0xEA, 0x07, 5, 2]), bytes([0xEA, 0x07, 13, 2])))
    assert list(read(path).columns[1].values) == ["2026-05-01", "2026-13-02", "2026-05-03"]
