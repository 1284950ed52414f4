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
