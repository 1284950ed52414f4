"""Out to every format and back: the same features for our own loader and for GDAL, but for what is known to be lost."""

from __future__ import annotations

import zipfile
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio
import pytest
import shapely
from pyogrio import raw

from geodata.crs import reproject
from geodata.datum import Datum, unshift
from geodata.files.coordinates import Coordinates, coordinates, grids_for
from geodata.files.extract import Extract
from geodata.files.loading import LoadOptions, commit, plan
from geodata.files.notices import Refused
from geodata.files.writers.shapefile import short_names
from geodata.files.writing import export, export_all
from geodata.store.database import Database
from geodata.store.past import space_id_of
from geodata.store.spaces import Space
from layers.district import JIUYUAN
from layers.spec import OPERATOR, Choice, Family, Field, Geometry, Label, Layer, Measure, Sensitivity, Style

LAYER = Layer(
    "shapes_of_all", Label("各种形状", "All shapes"), Geometry.ANY,
    (
        Field("code", Label("编号", "Code")), Field("name", Label("名称", "Name")), Field("people", Label("人数", "People"), int, counts_as=Measure.PEOPLE),
        Field("depth_m", Label("水深", "Depth"), float, unit="m"), Field("is_open", Label("开放", "Open"), bool), Field("since", Label("启用", "Since"), date),
        Field("seen_at", Label("查看时间", "Seen at"), datetime), Field("a_long_name_one", Label("长名一", "Long one")), Field("a_long_name_two", Label("长名二", "Long two")),
        Field("uses", Label("用途", "Uses"), many=True, choices=(Choice("flood", Label("防汛", "Flood")), Choice("quake", Label("防震", "Quake")))),
        Field("phone", Label("电话", "Phone"), sensitivity=Sensitivity.PERSONAL),
    ),
    Style(Family.RESOURCE), key="code", title="name",
)
HOLED = shapely.Polygon([(109.8, 40.6), (109.82, 40.6), (109.82, 40.62), (109.8, 40.62)], [[(109.805, 40.605), (109.81, 40.605), (109.81, 40.61)]])
ROWS: list[tuple[dict[str, Any], Any]] = [
    ({"code": "A", "name": "张家堡，\"北\"", "people": 12, "depth_m": 0.1, "is_open": True, "since": date(2024, 2, 29), "seen_at": datetime(2025, 6, 1, 16, 30, tzinfo=UTC),
      "a_long_name_one": "一", "a_long_name_two": "二", "uses": ["flood", "quake"], "phone": "13812345678"}, shapely.Point(109.812345678, 40.612345678)),
    ({"code": "B", "name": "=SUM(A1)", "people": 0, "depth_m": -3.25, "is_open": False, "uses": ["flood"]}, shapely.LineString([(109.8, 40.6), (109.83, 40.63)])),
    ({"code": "C", "name": "河"}, HOLED),
    ({"code": "D", "people": 2_000_000_000}, shapely.MultiPolygon([HOLED, shapely.box(109.9, 40.6, 109.91, 40.61)])),
]


@pytest.fixture
def kept(space: Space) -> Space:
    """The layer with its four rows."""
    space.create_layer(LAYER, OPERATOR)
    with space.transaction(OPERATOR, "test") as store:
        for properties, shape in ROWS:
            store.insert(LAYER.id, properties, shape)
    return space


def out(space: Space, path: Path, **wanted: Any) -> int:
    with space.reading(OPERATOR) as store:
        return export(store, Extract(LAYER.id, **wanted), path)


def read(path: Path) -> dict[str, tuple[dict[str, Any], Any]]:
    """What GDAL reads from all layers of a file, by code."""
    found: dict[str, tuple[dict[str, Any], Any]] = {}
    source = f"/vsizip/{path}" if path.suffix == ".zip" else str(path)
    for name in [one for one, kind in pyogrio.list_layers(source).tolist() if kind is not None]:
        meta, _, shapes, columns = raw.read(source, layer=name)
        for place, shape in enumerate(shapes):
            values = {field: column[place] for field, column in zip(meta["fields"].tolist(), columns, strict=True)}
            found[values["code"]] = values, shapely.from_wkb(shape)
    return found


def same_shapes(found: dict[str, Any], tolerance_deg: float = 1e-9) -> None:
    assert set(found) == {one["code"] for one, _ in ROWS}
    for properties, shape in ROWS:
        other = found[properties["code"]][1]
        assert shapely.get_dimensions(other) == shapely.get_dimensions(shape) and shapely.get_num_geometries(other) == shapely.get_num_geometries(shape)
        assert shapely.hausdorff_distance(shape, other) <= tolerance_deg and abs(shape.area - other.area) <= tolerance_deg, (properties["code"], other)


def stored(space: Space) -> dict[str, tuple[dict[str, Any], Any]]:
    with space.reading(OPERATOR) as store:
        return {one.properties["code"]: (dict(one.properties), one.geometry) for one in store.page(LAYER.id).features}


@pytest.mark.parametrize("suffix", ["geojson", "gpkg", "fgb", "csv", "xlsx", "kml", "zip"])
def test_what_goes_out_comes_back_as_it_was(kept: Space, tmp_path: Path, suffix: str) -> None:
    """Our loader puts every feature on itself and nothing it says differs from what is stored.

    A Shapefile turns the rings of areas to its own way round, and its short names of long fields are told by its note.
    """
    path, before = tmp_path / f"{LAYER.id}.{suffix}", stored(kept)
    assert out(kept, path) == len(ROWS)
    short = {name: field for field, name in short_names([one.id for one in LAYER.all_fields]).items() if field.startswith("a_long")}
    totals = dict.fromkeys(("inserted", "updated", "unchanged", "rejected"), 0)
    for file in _unpacked(path, tmp_path) if suffix == "zip" else [path]:
        made = plan(kept, LAYER.id, file, LoadOptions(mapping=short if suffix == "zip" else {}), OPERATOR)
        assert made.report.refused is None, made.report.to_json("en")
        report = commit(kept, made, OPERATOR)
        assert "number-overflow" not in {one.code for one in report.warnings}
        totals = {name: count + getattr(report, name) for name, count in totals.items()}
    turned = 2 if suffix == "zip" else 0
    assert totals == {"inserted": 0, "updated": turned, "unchanged": len(ROWS) - turned, "rejected": 0}
    after = stored(kept)
    assert {code: values for code, (values, _) in after.items()} == {code: values for code, (values, _) in before.items()}
    same_shapes(after)


def _unpacked(path: Path, folder: Path) -> list[Path]:
    with zipfile.ZipFile(path) as packed:
        packed.extractall(folder / "unpacked")
    return sorted((folder / "unpacked").glob("*.shp"))


@pytest.mark.parametrize("suffix", ["geojson", "gpkg", "fgb", "kml", "zip"])
def test_gdal_reads_the_same_features(kept: Space, tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a.{suffix}"
    out(kept, path)
    found = read(path)
    same_shapes(found)
    values = found["A"][0]
    assert (values["people"], float(values["depth_m"])) in ((12, 0.1), ("12", 0.1))
    assert str(values["since"])[:10].replace("/", "-") == "2024-02-29"
    assert found["A"][0].get("a_long_name_one", found["A"][0].get("a_long_nam")) == "一"


GRID = "EPSG:4546"


@pytest.mark.parametrize(("suffix", "system"), [(suffix, system) for suffix in ("gpkg", "fgb", "zip") for system in (GRID, "EPSG:4525", "EPSG:4507", "EPSG:4326")] + [("kml", "EPSG:4326")])
def test_a_file_in_another_system_says_so_and_lies_where_it_did(kept: Space, tmp_path: Path, suffix: str, system: str) -> None:
    path = tmp_path / f"a.{suffix}"
    out(kept, path, coordinates=coordinates(system))
    source = f"/vsizip/{path}/{LAYER.id}_area.shp" if suffix == "zip" else str(path)
    said = raw.read(source, max_features=1)[0]["crs"]
    assert suffix == "kml" or (system == "EPSG:4326") == ("WGS" in said or "4326" in said), said
    found = {code: (values, reproject(shape, said if said.startswith("EPSG") else system)) for code, (values, shape) in read(path).items()}
    same_shapes(found, 1e-8)  # a millimetre


def test_the_numbers_of_a_grid_are_those_that_a_survey_has(kept: Space, tmp_path: Path) -> None:
    """At 40.612345678 N, 1.187654322 degrees west of 111 E: x = 500 km - 100.5 km about, and with the zone's number 37 before it."""
    out(kept, tmp_path / "a.csv", filter="code = 'A'", coordinates=coordinates(GRID))
    head, row = (tmp_path / "a.csv").read_text(encoding="utf-8-sig").splitlines()
    assert head.endswith(f"wkt ({GRID})")
    x, y = (float(one) for one in row[row.rindex("(") + 1 : row.rindex(")")].split())
    assert 399_000 < x < 400_000 and 4_497_000 < y < 4_499_000
    out(kept, tmp_path / "b.csv", filter="code = 'A'", coordinates=coordinates("4525"))
    zoned = (tmp_path / "b.csv").read_text(encoding="utf-8-sig").splitlines()[1]
    assert float(zoned[zoned.rindex("(") + 1 : zoned.rindex(")")].split()[0]) == pytest.approx(x + 37_000_000, abs=1e-4)


@pytest.mark.parametrize("suffix", ["geojson", "gpkg", "fgb", "kml", "zip"])
def test_shifted_coordinates_are_marked_in_every_row_and_said_to_be_in_no_system(kept: Space, tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a.{suffix}"
    out(kept, path, coordinates=coordinates(datum="gcj02"))
    found = read(path)
    assert {values["_datum"] for values, _ in found.values()} == {"GCJ-02"}
    assert shapely.distance(found["A"][1], ROWS[0][1]) > 0.004  # half a kilometre here
    same_shapes({code: (values, unshift(shape, Datum.GCJ02)) for code, (values, shape) in found.items()}, 1e-8)
    if suffix in ("gpkg", "fgb"):
        assert raw.read(path, max_features=1)[0]["crs"] is None or "4490" not in raw.read(path, max_features=1)[0]["crs"]
    if suffix == "zip":
        with zipfile.ZipFile(path) as packed:
            assert not any(one.endswith(".prj") for one in packed.namelist())
            assert "GCJ-02（偏移坐标，不是真实位置" in packed.read("columns.txt").decode("utf-8-sig")


@pytest.mark.parametrize("suffix", ["csv", "xlsx"])
def test_a_table_of_shifted_places_is_known_as_such_when_it_comes_back(kept: Space, tmp_path: Path, suffix: str) -> None:
    points = replace(LAYER, id="posts_of_all", geometry=Geometry.POINT)
    kept.create_layer(points, OPERATOR)
    with kept.transaction(OPERATOR, "test") as store:
        store.insert(points.id, {"code": "A"}, ROWS[0][1])
    path = tmp_path / f"a.{suffix}"
    with kept.reading(OPERATOR) as store:
        export(store, Extract(points.id, coordinates=coordinates(datum="gcj02")), path)
    asked = plan(kept, points.id, path, LoadOptions(), OPERATOR)
    assert asked.report.refused is not None and asked.report.refused.code == "datum-asked"
    report = commit(kept, plan(kept, points.id, path, LoadOptions(datum="gcj02"), OPERATOR), OPERATOR)
    with kept.reading(OPERATOR) as store:
        again = store.page(points.id).features[0].geometry
    assert report.committed and again is not None and shapely.distance(again, ROWS[0][1]) < 1e-8


def test_a_drawing_has_shapes_and_names_on_layers_of_their_own_in_metres(kept: Space, tmp_path: Path) -> None:
    path = tmp_path / "a.dxf"
    with kept.transaction(OPERATOR, "test") as store:
        store.insert(LAYER.id, {"code": "E", "name": "䶮家营"}, shapely.Point(109.85, 40.6))
    assert out(kept, path) == 5
    _, _, shapes, (layers, texts) = raw.read(path, columns=["Layer", "Text"])
    by_layer = [(layer, shapely.from_wkb(shape), text) for layer, shape, text in zip(layers, shapes, texts, strict=True)]
    drawn = [shape for layer, shape, _ in by_layer if layer == LAYER.id]
    assert sorted(one.geom_type for one in drawn) == ["LineString"] * 6 + ["Point"] * 2  # a line and the five rings of two polygons
    assert {text for layer, _, text in by_layer if layer == f"{LAYER.id}_NAMES"} == {"张家堡，\"北\"", "=SUM(A1)", "河", "\\U+4DAE家营"}
    rings = [reproject(one, GRID) for one in drawn if one.geom_type == "LineString" and one.is_closed]
    assert min(shapely.hausdorff_distance(one, HOLED.exterior) for one in rings) < 1e-8
    assert any(shapely.distance(reproject(one, GRID), ROWS[0][1]) < 1e-8 for one in drawn if one.geom_type == "Point")
    with pytest.raises(Refused, match="export-metres"):
        out(kept, path, coordinates=coordinates("EPSG:4326"))


DRAWN = 5e-5 / 80_000  # half of the tenth of a millimetre that a drawing has, in degrees of longitude here; the diagonal of it a little more


@pytest.mark.parametrize(("which", "kinds"), [(None, {"Point": 1, "LineString": 6}), ("code IN ('C', 'D')", {"Polygon": 5})], ids=["mixed", "areas alone"])
def test_a_drawing_comes_back_with_its_shapes_to_a_tenth_of_a_millimetre_and_without_what_it_cannot_hold(kept: Space, tmp_path: Path, which: str | None, kinds: dict[str, int]) -> None:
    """Lost, as the guide says: the system (one is asked), every field, what belongs to one feature, and which ring is a hole. Areas come back as areas where nothing else is drawn."""
    path = tmp_path / "a.dxf"
    out(kept, path, filter=which)
    asked = plan(kept, "drawn", path, LoadOptions(create=True, dry_run=True, sublayer=LAYER.id), OPERATOR).report.refused
    assert asked is not None and asked.code == "crs-unknown" and GRID in asked.values["candidates"]
    report = commit(kept, plan(kept, "drawn", path, LoadOptions(create=True, sublayer=LAYER.id, crs=GRID), OPERATOR), OPERATOR)
    assert (report.committed, report.rejected, report.inserted) == (True, 0, sum(kinds.values()))
    with kept.reading(OPERATOR) as store:
        back = [one.geometry for one in store.page("drawn").features]
    assert {kind: [one.geom_type for one in back].count(kind) for kind in {one.geom_type for one in back}} == kinds
    sent = [part for properties, shape in ROWS if which is None or properties["code"] in which for part in shapely.get_parts(shape).tolist()]
    pieces = [piece for part in sent for piece in (shapely.get_rings(part).tolist() if part.geom_type == "Polygon" else [part])]
    left = [one.exterior if one.geom_type == "Polygon" else one for one in back]
    for piece in pieces:
        near = min(left, key=lambda one: shapely.hausdorff_distance(one, piece))
        assert shapely.hausdorff_distance(near, piece) <= 2 * DRAWN, piece
        left.remove(near)
    assert left == []
    names = read_sublayer(path, f"{LAYER.id}_NAMES")
    assert names == [str(properties["name"]) for properties, _ in ROWS if properties.get("name") and (which is None or properties["code"] in which)]


def read_sublayer(path: Path, layer: str) -> list[str]:
    """The texts of one layer of a drawing."""
    _, _, _, (layers, texts) = raw.read(path, columns=["Layer", "Text"])
    return [text for name, text in zip(layers, texts, strict=True) if name == layer]


def test_gbk_is_written_on_request_and_refused_where_a_sign_would_be_lost(kept: Space, tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    out(kept, path, encoding="GBK")
    with zipfile.ZipFile(path) as packed:
        assert "张家堡".encode("gbk") in packed.read(f"{LAYER.id}_point.dbf")
        assert packed.read(f"{LAYER.id}_point.cpg").decode().strip().upper() in ("GBK", "CP936", "936")
        note = packed.read("columns.txt").decode("utf-8-sig")
    assert "文字编码 Encoding of texts: GBK" in note and "a_long_na1\ta_long_name_two" not in note
    assert "a_long_nam\ta_long_name_one\t长名一 Long one" in note and "a_long_n_1\ta_long_name_two\t长名二 Long two" in note
    assert read(path)["A"][0]["name"] == ROWS[0][0]["name"]
    out(kept, path)
    with zipfile.ZipFile(path) as packed:
        assert packed.read(f"{LAYER.id}_point.cpg").decode().strip() == "UTF-8"
    with kept.transaction(OPERATOR, "test") as store:
        store.insert(LAYER.id, {"code": "E", "name": "䶮家营"}, shapely.Point(109.85, 40.6))
    with pytest.raises(Refused, match="export-not-held"):
        out(kept, path, encoding="GBK")
    with pytest.raises(Refused, match="export-encoding"):
        out(kept, path, encoding="BIG5")
    assert len(read(path)) == 4  # the file before is left as it was


def test_what_a_zone_and_a_filter_leave_goes_out(kept: Space, tmp_path: Path) -> None:
    zone = shapely.Polygon([(109.81, 40.61), (109.815, 40.61), (109.815, 40.615), (109.81, 40.615)])  # the point, the line and what lies under it
    assert out(kept, tmp_path / "a.gpkg", zone=zone) == 4
    hole = shapely.box(109.8071, 40.6055, 109.8075, 40.6058)  # inside the hole of both areas
    assert out(kept, tmp_path / "a.gpkg", zone=hole) == 0
    assert out(kept, tmp_path / "a.gpkg", zone=zone, filter="people = 0 OR people = 12") == 2
    assert set(read(tmp_path / "a.gpkg")) == {"A", "B"}


def test_the_past_goes_out_as_it_was(kept: Space, database: Database, tmp_path: Path) -> None:
    with kept.reading(OPERATOR) as store:
        store.connection.exec_driver_sql("SELECT pg_sleep(1.01 - mod(extract(microseconds FROM clock_timestamp()), 1000000) / 1e6)")  # the next second begins
    moment = datetime.now(UTC)
    with kept.transaction(OPERATOR, "test") as store:
        for one in store.page(LAYER.id).features:
            store.delete(LAYER.id, one.id, version=1, reason="gone")
    assert out(kept, tmp_path / "a.gpkg") == 0
    assert out(database.space(space_id_of(moment)), tmp_path / "a.gpkg") == len(ROWS)


def test_a_whole_space_is_one_geopackage_with_its_styles(kept: Space, tmp_path: Path) -> None:
    import sqlite3

    path = tmp_path / "all.gpkg"
    with kept.reading(OPERATOR) as store:
        count = export_all(store, path, styles=lambda layer: f"<qgis>{layer.id}</qgis>")
        readable = set(store.catalogue)
    assert count == len(ROWS)
    assert {one for one, _ in pyogrio.list_layers(path).tolist()} == readable | {"layer_styles"}
    assert pyogrio.read_info(path, layer=LAYER.id)["features"] == 4
    with sqlite3.connect(path) as book:
        rows = dict(book.execute("SELECT f_table_name, styleQML FROM layer_styles WHERE useAsDefault"))
    assert rows[LAYER.id] == f"<qgis>{LAYER.id}</qgis>"
    with kept.reading(OPERATOR) as store, pytest.raises(Refused, match="export-format"):
        export_all(store, tmp_path / "all.csv")


@pytest.mark.parametrize(("system", "datum", "code"), [
    ("EPSG:2435", None, "export-crs"), ("EPSG:4546", "gcj02", "export-shifted-grid"), (None, "mars", "datum-not-known"), ("EPSG:4978", None, "export-crs"),
])
def test_coordinates_that_cannot_be_written_exactly_are_refused(system: str | None, datum: str | None, code: str) -> None:
    with pytest.raises(Refused, match=code):
        coordinates(system, datum)


@pytest.mark.parametrize(("suffix", "system", "code"), [("geojson", GRID, "export-degrees"), ("kml", GRID, "export-degrees"), ("gpkg", "EPSG:4534", "export-crs-reach")])
def test_a_format_or_a_grid_that_does_not_serve_is_refused(kept: Space, tmp_path: Path, suffix: str, system: str, code: str) -> None:
    with pytest.raises(Refused, match=code):
        out(kept, tmp_path / f"a.{suffix}", coordinates=coordinates(system))
    assert list(tmp_path.iterdir()) == []


def test_the_grids_of_the_district_are_offered_its_own_first() -> None:
    found = [one.crs for one in grids_for(JIUYUAN)]
    assert found[0] == GRID and set(found) == {"EPSG:4546", "EPSG:4525", "EPSG:4545", "EPSG:4524", "EPSG:4508", "EPSG:4497"}
    assert Coordinates(GRID).placed(np.array([None], dtype=object)).tolist() == [None]
