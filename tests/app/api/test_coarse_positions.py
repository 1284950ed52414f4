"""A viewer learns a sensitive layer's positions to about a kilometre, whichever door he asks at."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pyproj
import pytest
import shapely

from app.streams import Stream, change
from geodata.datum import Datum, unshift
from geodata.store.database import Database
from layers.spec import Actor, Role
from tests.app.api.conftest import Program

LAYER, LON, LAT = "hazard_sources", 109.6368, 40.6081
SHOWN = [109.64, 40.61]
AT = f"lon={LON}&lat={LAT}&layers={LAYER}"
NEAR = {"geometry": {"type": "Point", "coordinates": [LON, LAT]}, "buffer_m": 50, "layers": [LAYER]}


@pytest.fixture
def plant(planner_program: Program) -> str:
    made = planner_program.post(f"/api/v1/layers/{LAYER}/features", {
        "type": "Feature", "geometry": {"type": "Point", "coordinates": [LON, LAT]}, "properties": {"code": "H1", "name": "甲化工厂", "source": "演示数据"}})
    assert made.status_code == 201, made.text
    return str(made.json["id"])


@pytest.mark.parametrize("more", ["", "&filter=name%3D%27甲化工厂%27"])
def test_nearest_measures_to_the_place_shown(plant: str, viewer_program: Program, planner_program: Program, more: str) -> None:
    exact = planner_program.get(f"/api/v1/nearest?{AT}{more}").json
    assert (exact["features"][0]["properties"]["distance_m"], exact["layers"][0]["positions"]) == (0.0, "exact")
    coarse = viewer_program.get(f"/api/v1/nearest?{AT}{more}").json
    at_shown = viewer_program.get(f"/api/v1/nearest?lon={SHOWN[0]}&lat={SHOWN[1]}&layers={LAYER}{more}").json
    assert coarse["layers"][0]["positions"] == "coarse"
    assert coarse["features"][0]["geometry"]["coordinates"] == SHOWN
    assert 300 < coarse["features"][0]["properties"]["distance_m"] < 400
    assert at_shown["features"][0]["properties"]["distance_m"] == pytest.approx(0.0, abs=1e-3)


def test_exposure_and_zones_go_by_the_place_shown(plant: str, viewer_program: Program, planner_program: Program) -> None:
    assert planner_program.post("/api/v1/exposure", NEAR).json["layers"][0]["count"] == 1
    said = viewer_program.post("/api/v1/exposure", NEAR).json["layers"][0]
    assert (said["count"], said["positions"]) == (0, "coarse")
    small = {"type": "Polygon", "coordinates": [[[LON - 1e-4, LAT - 1e-4], [LON + 1e-4, LAT - 1e-4], [LON + 1e-4, LAT + 1e-4], [LON - 1e-4, LAT - 1e-4]]]}
    outside = viewer_program.post("/api/v1/nearest", {"lon": LON, "lat": LAT, "layers": [LAYER], "zone": small}).json
    assert outside["layers"][0]["left_out"] == []


@pytest.mark.parametrize("question", [f"bbox={LON - 1e-4},{LAT - 1e-4},{LON + 1e-4},{LAT + 1e-4}", f"filter=S_INTERSECTS(geom,POINT({LON} {LAT}))"])
def test_no_box_and_no_filter_finds_the_hidden_place(plant: str, viewer_program: Program, planner_program: Program, question: str) -> None:
    address = f"/api/v1/layers/{LAYER}/features?{question}"
    assert planner_program.get(address).json["numberReturned"] == 1
    assert viewer_program.get(address).json["numberReturned"] == 0


@pytest.mark.parametrize("epsg", [4490, 4546, 3857])
def test_no_system_of_coordinates_tells_the_hidden_place(plant: str, viewer_program: Program, planner_program: Program, epsg: int) -> None:
    uri = f"http://www.opengis.net/def/crs/EPSG/0/{epsg}"

    def place(one: Program, lon: float, lat: float) -> tuple[list[float], list[float]]:
        base = pyproj.Transformer.from_crs(4326 if epsg == 3857 else 4490, epsg)
        expected = [lat, lon] if epsg == 4490 else list(base.transform(lat, lon))
        (found,) = one.get(f"/ogc/collections/{LAYER}/items?crs={uri}").json["features"]
        assert found["geometry"]["coordinates"] == one.get(f"/ogc/collections/{LAYER}/items/{plant}?crs={uri}").json["geometry"]["coordinates"]
        return found["geometry"]["coordinates"], expected

    for one, lon, lat in ((planner_program, LON, LAT), (viewer_program, *SHOWN)):
        told, expected = place(one, lon, lat)
        assert told == pytest.approx(expected, abs=1e-4, rel=0)
    first, second = place(planner_program, LON, LAT)[1]
    small = 1e-5 if epsg == 4490 else 1.0
    box = f"bbox={first - small},{second - small},{first + small},{second + small}&bbox-crs={uri}"
    touching = f"filter=S_INTERSECTS(geometry,BBOX({first - small},{second - small},{first + small},{second + small}))&filter-crs={uri}"
    for question in (box, touching):
        asked = f"/ogc/collections/{LAYER}/items?{question}"
        assert (planner_program.get(asked).json["numberMatched"], viewer_program.get(asked).json["numberMatched"]) == (1, 0)


def test_a_file_has_coarse_places_and_no_zone_of_a_file_finds_the_hidden_one(plant: str, viewer_program: Program, planner_program: Program) -> None:
    small = {"type": "Polygon", "coordinates": [[[LON - 1e-4, LAT - 1e-4], [LON + 1e-4, LAT - 1e-4], [LON + 1e-4, LAT + 1e-4], [LON - 1e-4, LAT - 1e-4]]]}
    address = f"/api/v1/layers/{LAYER}/export"
    for program, count, coarse in ((planner_program, 1, False), (viewer_program, 0, True)):
        said = program.post(f"{address}/preview", {"zone": small}).json
        assert (said["count"], said["coarse"]) == (count, coarse)
        assert program.post(address, {"format": "kml", "zone": small}).headers["X-Feature-Count"] == str(count)
    exact, shown = (json.loads(program.get(f"{address}?format=geojson&datum=gcj02").data)["features"][0]["geometry"]["coordinates"] for program in (planner_program, viewer_program))
    assert unshift(shapely.Point(exact), Datum.GCJ02).equals_exact(shapely.Point(LON, LAT), 1e-8)
    assert unshift(shapely.Point(shown), Datum.GCJ02).equals_exact(shapely.Point(SHOWN), 1e-8)


def test_the_layers_bounds_and_its_changes_are_coarse(program: Callable[..., Program], viewer_program: Program, planner_program: Program, database: Database) -> None:
    start = viewer_program.get("/api/v1/changes").json["cursor"]
    planner_program.post(f"/api/v1/layers/{LAYER}/features", {
        "type": "Feature", "geometry": {"type": "Point", "coordinates": [LON, LAT]}, "properties": {"code": "H1", "name": "甲化工厂", "source": "演示数据"}})

    def box(one: Program) -> Any:
        return one.get(f"/api/v1/changes?after={start}").json["items"][0]["features"][0]["bbox"]

    assert box(planner_program) == [LON, LAT, LON, LAT]
    assert box(viewer_program) == SHOWN * 2
    assert viewer_program.get(f"/api/v1/layers/{LAYER}").json["bounds"] == pytest.approx(SHOWN * 2)
    item = database.space().feed(start).items[0]
    for role, told in ((Role.VIEWER, b"109.64,40.61"), (Role.PLANNER, b"109.6368,40.6081")):
        stream = Stream(Actor("x", frozenset({role})), None, None, "-")  # type: ignore[arg-type]
        assert stream.hears(LAYER, database.space().catalogue)
        stream.put(change(item))
        assert told in stream.take()
