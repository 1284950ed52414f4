"""Files cut short, filled up, half saved or oddly named: read where the data are whole, else refused in words of our own."""

from __future__ import annotations

import json
import re
import sqlite3
from pathlib import Path

import numpy as np
import pytest
import shapely

from geodata.files import refusal_words, report_words  # noqa: F401 - they declare the sentences
from geodata.files.notices import Refused
from geodata.files.placing import Place, Placed, place
from geodata.files.reading import read
from geodata.files.table import Table
from layers import messages
from layers.district import JIUYUAN
from tests.geodata.files.making import HERE, by_gdal, dxf, geojson, point, polyline, shapefile, zipped

KML = "<kml><Placemark><name>甲{}</name><Point><coordinates>109.8,40.6</coordinates></Point></Placemark></kml>"


def refusal(path: Path) -> Refused:
    with pytest.raises(Refused) as caught:
        read(path)
    return caught.value


def codes(table: Table) -> set[str]:
    return {one.code for one in table.notices}


@pytest.mark.parametrize("keep", [108, 116])
def test_an_index_that_ends_before_its_shapes_loses_none_of_them(tmp_path: Path, keep: int) -> None:
    path = shapefile(tmp_path)
    index = path.with_suffix(".shx")
    index.write_bytes(index.read_bytes()[:keep])
    table = read(path)
    assert len(table.rows) == 3 and None not in (table.shapes or [None]) and codes(table) == {"shx-rebuilt"}


@pytest.mark.parametrize("without", [(), ("shx",)])
def test_zeros_behind_the_last_shape_are_passed_over(tmp_path: Path, without: tuple[str, ...]) -> None:
    path = shapefile(tmp_path, without=without)
    path.write_bytes(path.read_bytes()[:24] + ((path.stat().st_size) // 2).to_bytes(4, "big") + path.read_bytes()[28:] + bytes(64))
    assert len(read(path).rows) == 3


def test_a_geopackage_whose_last_changes_lie_beside_it_is_refused(tmp_path: Path) -> None:
    path = by_gdal(tmp_path / "a.gpkg", "GPKG", [shapely.Point(*one) for one in HERE], {"code": ["A", "B", "C"]})
    log = tmp_path / "a.gpkg-wal"
    log.write_bytes(b"")
    assert len(read(path).rows) == 3
    log.write_bytes(b"7\x7f\x06\x82 and changes")
    assert refusal(path).code == "changes-not-saved"
    assert refusal(zipped(tmp_path / "a.zip", {"a.gpkg": path.read_bytes(), "a.gpkg-wal": log.read_bytes()})).code == "changes-not-saved"


def test_names_in_a_geopackage_may_differ_in_capitals(tmp_path: Path) -> None:
    path = by_gdal(tmp_path / "a.gpkg", "GPKG", [shapely.Point(*one) for one in HERE], {"code": ["A", "B", "C"]}, layer="pts")
    with sqlite3.connect(path) as connection:
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f'DROP TRIGGER "{name}"')
        connection.execute("UPDATE gpkg_contents SET table_name = 'PTS'")
        connection.execute("UPDATE gpkg_geometry_columns SET table_name = 'PTS'")
    connection.close()
    assert len(read(path).rows) == 3


def test_a_drawing_without_its_end_is_refused_at_once(tmp_path: Path) -> None:
    path = dxf(tmp_path / "a.dxf", [polyline("界", HERE)])
    whole = path.read_bytes()
    path.write_bytes(whole + b"\r\n\x1a")
    assert len(read(path).rows) == 1
    path.write_bytes(whole[: len(whole) * 7 // 10])
    assert refusal(path).code == "drawing-cut"


def test_features_that_a_flatgeobuf_lost_are_told(tmp_path: Path) -> None:
    path = by_gdal(tmp_path / "a.fgb", "FlatGeobuf", [shapely.Point(*one) for one in HERE], {"code": ["A", "B", "C"]})
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 8 // 10])
    assert refusal(path).values["stated"] == 3


def test_rows_that_belong_to_no_object_of_a_mif_are_told(tmp_path: Path) -> None:
    head = 'Version 300\nCharset "WindowsSimpChinese"\nDelimiter ","\nCoordSys Earth Projection 1, 104\nColumns 1\n  Code Char(10)\nData\n\n'
    (tmp_path / "a.mif").write_text(head + "Point 109.8 40.6\nPoint 109.9 40.6\n")
    (tmp_path / "a.mid").write_text('"A"\n"B"\n')
    assert codes(read(tmp_path / "a.mif")) == set()
    (tmp_path / "a.mid").write_text('"A"\n"B"\n"C"\n\n')
    assert codes(read(tmp_path / "a.mif")) == {"record-counts-differ"}


def test_an_array_of_features_is_read_and_a_name_said_twice_is_told(tmp_path: Path) -> None:
    feature = {"type": "Feature", "properties": {"编号": "A"}, "geometry": point(109.8, 40.6)}
    path = tmp_path / "a.json"
    path.write_text(json.dumps([feature, feature]))
    assert len(read(path).rows) == 2
    path.write_text(json.dumps(feature).replace('"properties": {', '"properties": {"\\u7f16\\u53f7": "B", '))
    table = read(path)
    assert table.columns[0].values == ["A"] and codes(table) == {"keys-doubled"}
    path.write_text("[1, 2]")
    assert refusal(path).code == "not-geojson"


def test_a_kml_named_kmz_and_the_only_text_in_a_zip_are_read(tmp_path: Path) -> None:
    path = tmp_path / "a.kmz"
    path.write_text(KML.format(""))
    assert len(read(path).rows) == 1
    text = "编号,经度,纬度\nA,109.8,40.6\n".encode("gbk")
    assert len(read(zipped(tmp_path / "a.zip", {"数据.txt": text})).rows) == 1
    assert refusal(zipped(tmp_path / "b.zip", {"数据.txt": text, "说明.txt": text})).code == "nothing-usable"


def test_names_in_a_zip_that_are_not_what_it_says_are_told(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", {"数据.csv": "编号,经度,纬度\nA,109.8,40.6\n".encode()})
    path.write_bytes(path.read_bytes().replace("数据".encode(), "数据".encode("gbk") + b"__"))
    assert refusal(path).code == "archive-names"


@pytest.mark.parametrize(("name", "kind"), [("a.mxd", "MXD"), ("a.doc", "Word"), ("a.xls", "XLS"), ("a", "XLS")])
def test_a_file_of_old_office_kind_is_called_by_its_name(tmp_path: Path, name: str, kind: str) -> None:
    (tmp_path / name).write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600))
    assert refusal(tmp_path / name).values["kind"] == kind


def test_text_called_xls_is_read_and_what_office_of_others_wrote_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.xls").write_bytes("编号\t经度\t纬度\nA\t109.8\t40.6\n".encode("gbk"))
    assert len(read(tmp_path / "a.xls").rows) == 1
    assert refusal(zipped(tmp_path / "a.ods", {"mimetype": b"application/vnd.oasis", "content.xml": b"<x/>"})).values["kind"] == "OpenDocument"
    (tmp_path / "empty").mkdir()
    assert refusal(tmp_path / "empty").code == "folder-empty"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.kml", KML.format("&乙").encode()),
        ("a.kml", KML.format("")[:60].encode()),
        ("a.geojson", b'{"type": "FeatureCollection", "features": [,]}'),
        ("a.geojson", b'{"type": "Feature"}\n<html>'),
        ("a.gpkg", b"SQLite format 3\x00" + bytes(200)),
        ("a.gpx", b'<gpx version="1.1"><wpt lat="40.6" lon="109.8"><name>'),
    ],
)
def test_what_a_library_says_of_a_damaged_file_is_in_no_chinese_sentence(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    refused = refusal(tmp_path / name)
    words = messages.message(refused.code, refused.values, "zh").replace(name, "")
    assert not re.search(r"[A-Za-z]{4,}", words.replace("JSON", "")), words


def placed(*shapes: shapely.Geometry, anywhere: bool = False, loose: bool = False) -> Placed:
    blobs: list[bytes | None] = [shapely.to_wkb(one) for one in shapes]
    table = Table("GeoJSON", "a", np.arange(1, len(shapes) + 1), [], blobs, crs_source="RFC 7946")
    return place(table, Place(JIUYUAN, loose=loose, anywhere=anywhere))


def test_places_that_were_never_filled_in_are_kept_out() -> None:
    here, zero = shapely.Point(109.8, 40.6), shapely.Point(0, 0)
    line, ring = shapely.LineString([(109.8, 40.6), (0, 0), (109.9, 40.6)]), shapely.Polygon([(109.8, 40.6), (0, 0), (109.9, 40.6)])
    there = shapely.LineString([(-1, 0), (0, 0), (1, 0)])
    kept_out = {row: one.code for row, one in placed(here, zero, line, ring, there).rejected.items()}
    assert kept_out == {**dict.fromkeys((1, 2, 3), "coordinate-zero"), 4: "row-outside-district"}
    assert placed(here, zero, anywhere=True).rejected == {}


def test_a_new_layer_keeps_what_lies_at_zero_and_tells_of_it() -> None:
    found = placed(shapely.Point(109.8, 40.6), shapely.Point(0, 0), loose=True)
    assert found.rejected == {} and [one.values["rows"] for one in found.notices if one.code == "coordinates-zero"] == ["2"]


def test_a_ring_too_short_is_told_with_how_many_points(tmp_path: Path) -> None:
    ring = {"type": "Polygon", "coordinates": [[[109.8, 40.6], [109.9, 40.6]]]}
    found = read(geojson(tmp_path / "a.geojson", [(ring, {}), (point(109.8, 40.6), {})])).rejected[0]
    assert "?" not in messages.message(found.code, found.values, "zh")


def kml(folder: Path, body: str) -> Path:
    path = folder / "a.kml"
    path.write_text(f'<kml xmlns="http://www.opengis.net/kml/2.2"><Document>{body}</Document></kml>')
    return path


MARK = "<Placemark><name>甲</name>{}</Placemark><Placemark><name>乙</name><Point><coordinates>109.8,40.6</coordinates></Point></Placemark>"
RING = "<LinearRing><coordinates>109.8,40.6 109.9,40.6 109.9,40.7 109.8,40.6</coordinates></LinearRing>"
OUTER, INNER = f"<outerBoundaryIs>{RING}</outerBoundaryIs>", f"<innerBoundaryIs>{RING}</innerBoundaryIs>"


def test_a_kml_of_pictures_alone_says_so_and_where_pictures_go(tmp_path: Path) -> None:
    refused = refusal(kml(tmp_path, "<GroundOverlay><name>图</name><Icon><href>a.png</href></Icon></GroundOverlay><PhotoOverlay/>"))
    assert (refused.code, refused.values["count"]) == ("kml-only-pictures", 2)


@pytest.mark.parametrize(
    ("shape", "code"),
    [
        (f"<Polygon>{INNER}</Polygon>", "outlines-not-one"),
        (f"<Polygon>{OUTER}{OUTER}</Polygon>", "outlines-not-one"),
        ("<LineString><coordinates>109.8,40.6,109.9,40.7 109.9,40.8</coordinates></LineString>", "position-not-read"),
    ],
    ids=["only a hole", "two outlines", "positions without a blank between them"],
)
def test_a_shape_of_a_kml_that_is_none_is_kept_out(tmp_path: Path, shape: str, code: str) -> None:
    """The wrong build takes a hole for the outline, a second outline for a hole, and the first two numbers of four."""
    table = read(kml(tmp_path, MARK.format(shape)))
    assert [(one.code, one.row) for one in table.rejected] == [(code, 1)] and table.rows.tolist() == [2]


@pytest.mark.parametrize("words", ["<name>奥维互动地图(GCJ02)</name>", "<Folder><name>学校</name><description>火星坐标</description></Folder>"])
def test_a_shift_that_a_kml_names_is_heard(tmp_path: Path, words: str) -> None:
    assert [one.values["datum"] for one in read(kml(tmp_path, words + MARK.format(""))).notices if one.code == "datum-named"] == ["gcj02"]


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ({"arcs": [[[1, 1]] * 3000], "objects": {}, "type": "Topology"}, "TopoJSON"),
        ({"features": [{"attributes": {"a": 1}, "geometry": {"x": 1, "y": 2}}] * 500, "spatialReference": {"wkid": 4490}}, "Esri JSON"),
    ],
)
def test_json_of_another_kind_is_named_wherever_it_says_so(tmp_path: Path, value: object, kind: str) -> None:
    path = tmp_path / "a.json"
    path.write_text(json.dumps(value))
    refused = refusal(path)
    assert (refused.code, refused.values["kind"], refused.values["path"]) == ("format-unsupported", kind, "a.json")


def test_what_stands_for_a_feature_is_read_where_it_has_a_shape_and_else_told(tmp_path: Path) -> None:
    """The wrong build says of a bare shape, or of a collection inside a collection, that it has no place."""
    feature = {"type": "Feature", "geometry": point(109.8, 40.6), "properties": {"n": 1}}
    path = tmp_path / "a.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [point(109.8, 40.7), {"type": "FeatureCollection", "features": [feature]}, "x", {**feature, "geometry": {}}]}))
    table = read(path)
    assert table.rows.tolist() == [1, 2] and [(one.code, one.row) for one in table.rejected] == [("feature-expected", 3), ("geometry-empty", 4)]


def geopackage(folder: Path, *changes: tuple[str, tuple[object, ...]]) -> Path:
    path = by_gdal(folder / "a.gpkg", "GPKG", [shapely.Point(*one) for one in HERE], {"code": ["A", "B", "C"]})
    with sqlite3.connect(path) as connection:
        for name in ("ST_IsEmpty", "ST_MinX", "ST_MaxX", "ST_MinY", "ST_MaxY"):
            connection.create_function(name, 1, lambda _: 0)
        for change in changes:
            connection.execute(*change)
    return path


def blob(srs: int, lon: float, lat: float) -> bytes:
    return b"GP\x00\x01" + srs.to_bytes(4, "little") + shapely.to_wkb(shapely.Point(lon, lat))


def test_a_shape_of_another_system_in_a_geopackage_is_kept_out(tmp_path: Path) -> None:
    """The wrong build believes the layer and puts the shape somewhere else."""
    table = read(geopackage(tmp_path, ("UPDATE a SET geom = ? WHERE fid = 2", (blob(4549, 109.8, 40.6),))))
    assert [(one.code, one.row, one.values["srid"]) for one in table.rejected] == [("srid-differs", 2, 4549)]
    (tmp_path / "all").mkdir()
    table = read(geopackage(tmp_path / "all", ("UPDATE a SET geom = ?", (blob(4326, 109.8, 40.6),))))
    assert len(table.rows) == 3 and [one.values for one in table.notices if one.code == "srid-of-shapes"] == [{"srid": 4326, "layer_srid": 4490}]


def test_what_is_no_shape_and_no_truth_in_a_geopackage_is_told_by_row(tmp_path: Path) -> None:
    table = read(geopackage(tmp_path, ("UPDATE a SET geom = 'POINT(109.8 40.6)' WHERE fid = 2", ()), ("ALTER TABLE a ADD COLUMN open BOOLEAN", ()), ("UPDATE a SET open = fid", ())))
    column = table.column("open")
    assert column is not None and list(column.values) == [True, None, None]
    assert [(one.row, one.field, one.values["value"]) for one in table.notices if one.code == "truth-not-read"] == [(2, "open", "2"), (3, "open", "3")]
    placed = place(table, Place(JIUYUAN))
    assert {row: one.code for row, one in placed.rejected.items()} == {1: "geometry-broken"}


CAP = ('<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2"><identifier>x</identifier><status>{}</status><msgType>{}</msgType><info><event>暴雨</event>'
       "<area><areaDesc>九原区</areaDesc><polygon>{}</polygon></area></info></alert>")  # fmt: skip


def test_a_warning_that_is_a_test_or_taken_back_says_so(tmp_path: Path) -> None:
    path = tmp_path / "a.xml"
    path.write_text(CAP.format("Test", "Cancel", "40.6, 109.8 40.7, 109.8 40.7 ,109.9 40.6,109.8"))
    table = read(path)
    assert [one.code for one in table.notices] == ["warning-not-actual", "warning-taken-back"] and len(table.rows) == 1


def test_an_area_of_a_warning_that_is_none_is_told_in_its_own_words(tmp_path: Path) -> None:
    path = tmp_path / "a.xml"
    path.write_text(CAP.format("Actual", "Alert", "40.6,x 40.7,109.8 40.7,109.9 40.6,109.8"))
    assert [one.values["value"] for one in read(path).rejected] == ["40.6,x"]


def test_a_geodatabase_of_which_a_table_is_empty_is_refused(tmp_path: Path) -> None:
    path = by_gdal(tmp_path / "a.gdb", "OpenFileGDB", [shapely.Point(*one) for one in HERE], {"code": ["A", "B", "C"]})
    (path / "a00000009.gdbtable").write_bytes(b"")
    assert refusal(path).code == "empty-file"
