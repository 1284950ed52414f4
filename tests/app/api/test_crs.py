"""Coordinates in the systems that programs ask for: the numbers of pyproj, the axes of the URI, boxes and filters against a twin."""

from __future__ import annotations

import json
import random
from typing import Any

import pyproj
import pytest
import shapely

from geodata.store.systems import SYSTEMS
from tests.app.api.conftest import Program, post

ITEMS = "/ogc/collections/posts/items"
WORKS = "/ogc/collections/works/items"
EPSG = "http://www.opengis.net/def/crs/EPSG/0/{}"
CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
ZONE = EPSG.format(4545)  # 3 degrees around 108 E: the district lies in it
PLACES = [(109.5 + n * 0.0731, 40.35 + n * 0.0397) for n in range(8)]


def expected(uri: str, lon: float, lat: float) -> tuple[float, float]:
    """The place by pyproj alone, with the axes in the order of the authority."""
    if uri == CRS84:
        return lon, lat
    epsg = int(uri.rpartition("/")[2])
    if epsg in (4490, 4326):
        return lat, lon
    base = 4326 if epsg == 3857 else 4490
    return pyproj.Transformer.from_crs(base, epsg).transform(lat, lon)


@pytest.fixture
def placed(planner_program: Program) -> list[str]:
    return [planner_program.post(ITEMS, post(lon, lat, code=f"P{n}")).json["id"] for n, (lon, lat) in enumerate(PLACES)]


def coordinates(answer: Any) -> dict[str, Any]:
    assert answer.status_code == 200, answer.text
    return {one["properties"].get("code") or one["properties"]["name"]: one["geometry"]["coordinates"] for one in answer.json["features"]}


def test_every_system_on_offer_has_the_numbers_of_pyproj_and_the_axes_of_its_uri(planner_program: Program, placed: list[str]) -> None:
    listed = planner_program.get("/ogc/collections/posts").json
    assert listed["storageCrs"] == EPSG.format(4490) and listed["storageCrs"] in listed["crs"]
    assert set(listed["crs"]) == {CRS84, *(EPSG.format(one) for one in (4490, 4326, 3857, *range(4491, 4555)))}
    for uri in listed["crs"]:
        answer = planner_program.get(f"{ITEMS}?crs={uri}")
        assert answer.headers["Content-Crs"] == f"<{uri}>"
        within = 1e-9 if SYSTEMS[uri].is_degrees else 6e-5  # half of the last decimal
        for place, found in coordinates(answer).items():
            assert found == pytest.approx(expected(uri, *PLACES[int(place[1:])]), abs=within, rel=0), uri


def test_one_feature_too_is_told_in_the_system_asked_for(planner_program: Program, placed: list[str]) -> None:
    answer = planner_program.get(f"{ITEMS}/{placed[3]}?crs={ZONE}")
    assert answer.json["geometry"]["coordinates"] == pytest.approx(expected(ZONE, *PLACES[3]), abs=6e-5, rel=0)
    assert answer.headers["Content-Crs"] == f"<{ZONE}>"
    assert planner_program.get(f"{ITEMS}/{placed[3]}").headers["Content-Crs"] == f"<{CRS84}>"
    north, east = answer.json["geometry"]["coordinates"]
    assert 4_400_000 < north < 4_600_000 and 600_000 < east < 700_000


@pytest.mark.parametrize("uri", [CRS84, EPSG.format(4490), EPSG.format(4326), EPSG.format(3857), ZONE, EPSG.format(4524), EPSG.format(4509), EPSG.format(4498)])
def test_a_box_is_read_in_its_own_system_and_axes(planner_program: Program, placed: list[str], uri: str) -> None:
    choose = random.Random(uri)
    there = {f"P{n}": expected(uri, *place) for n, place in enumerate(PLACES)}
    for _ in range(12):
        firsts, seconds = (sorted(choose.choice(list(there.values()))[axis] + choose.uniform(-1, 1) * 1e-3 for _ in range(2)) for axis in (0, 1))
        box = [firsts[0], seconds[0], firsts[1], seconds[1]]
        inside = {code for code, (first, second) in there.items() if box[0] <= first <= box[2] and box[1] <= second <= box[3]}
        asked = f"{ITEMS}?bbox={','.join(map(repr, box))}&bbox-crs={uri}"
        assert set(coordinates(planner_program.get(asked))) == inside
        assert planner_program.get(asked).json["numberMatched"] == len(inside)


def test_lines_touch_a_box_where_they_do_in_its_plane(planner_program: Program) -> None:
    choose = random.Random(5)
    lines = {}
    for n in range(15):
        degrees = [[choose.uniform(109.4, 110.4), choose.uniform(40.3, 41.0)] for _ in range(3)]
        made = planner_program.post(WORKS, {"type": "Feature", "properties": {"name": f"L{n}"}, "geometry": {"type": "LineString", "coordinates": degrees}})
        assert made.status_code == 201, made.text
        lines[f"L{n}"] = shapely.LineString([expected(ZONE, *place)[::-1] for place in degrees])
    for _ in range(20):
        east, north = choose.uniform(620_000, 690_000), choose.uniform(4_470_000, 4_530_000)
        box = (east, north, east + choose.uniform(1, 20_000), north + choose.uniform(1, 20_000))
        touching = {name for name, line in lines.items() if line.intersects(shapely.box(*box))}
        found = planner_program.get(f"{WORKS}?bbox={box[1]},{box[0]},{box[3]},{box[2]}&bbox-crs={ZONE}")
        assert set(coordinates(found)) == touching


def test_axes_in_the_wrong_order_find_nothing_rather_than_something(planner_program: Program, placed: list[str]) -> None:
    assert len(coordinates(planner_program.get(f"{ITEMS}?bbox=40,109,41,111&bbox-crs={EPSG.format(4490)}"))) == 8
    assert planner_program.get(f"{ITEMS}?bbox=109,40,111,41&bbox-crs={EPSG.format(4490)}").status_code == 400
    assert planner_program.get(f"{ITEMS}?bbox=40,109,41,111").status_code == 400
    (south, west), (north, east) = expected(ZONE, 109, 40), expected(ZONE, 111, 42)
    assert len(coordinates(planner_program.get(f"{ITEMS}?bbox={south},{west},{north},{east}&bbox-crs={ZONE}"))) == 8
    assert coordinates(planner_program.get(f"{ITEMS}?bbox={west},{south},{east},{north}&bbox-crs={ZONE}")) == {}
    assert planner_program.get(f"{ITEMS}?bbox=5,1,4,2&bbox-crs={ZONE}").status_code == 400


@pytest.mark.parametrize("lang", ["cql2-text", "cql2-json"])
def test_shapes_in_a_filter_are_read_in_filter_crs(planner_program: Program, placed: list[str], lang: str) -> None:
    (south, west), (north, east) = (expected(ZONE, *PLACES[n]) for n in (2, 5))
    ring = [[south - 1, west - 1], [south - 1, east + 1], [north + 1, east + 1], [north + 1, west - 1], [south - 1, west - 1]]
    text = "S_INTERSECTS(geometry, POLYGON((" + ",".join(f"{a} {b}" for a, b in ring) + ")))"
    asked = text if lang == "cql2-text" else json.dumps({"op": "s_intersects", "args": [{"property": "geometry"}, {"type": "Polygon", "coordinates": [ring]}]})
    box = f"{south - 1},{west - 1},{north + 1},{east + 1}"
    boxed = f"S_INTERSECTS(geometry, BBOX({box}))" if lang == "cql2-text" else json.dumps({"op": "s_intersects", "args": [{"property": "geometry"}, {"bbox": [*map(float, box.split(","))]}]})
    for one in (asked, boxed):
        found = planner_program.client.get(ITEMS, query_string={"filter": one, "filter-crs": ZONE, "filter-lang": lang}, headers={"Authorization": f"Bearer {planner_program.token}"})
        assert set(coordinates(found)) == {"P2", "P3", "P4", "P5"}
    there = planner_program.client.get(ITEMS, query_string={"filter": asked, "filter-lang": lang}, headers={"Authorization": f"Bearer {planner_program.token}"})
    assert there.status_code == 400, "metres are no degrees"


def test_what_is_written_in_a_system_lies_where_pyproj_says(planner_program: Program) -> None:
    for uri in (CRS84, EPSG.format(4490), EPSG.format(4326), EPSG.format(3857), ZONE, EPSG.format(4524)):
        body = {"type": "Feature", "properties": {"name": "甲"}, "geometry": {"type": "Point", "coordinates": expected(uri, 109.77, 40.61)}}
        for given in (uri, f"<{uri}>"):  # QGIS sends it bare
            made = planner_program.post(ITEMS, body, Content_Crs=given)
            assert made.status_code == 201, made.text
            assert made.json["geometry"]["coordinates"] == pytest.approx([109.77, 40.61], abs=2e-9, rel=0)
            assert made.headers["Content-Crs"] == f"<{CRS84}>"
        body["geometry"]["coordinates"] = expected(uri, 109.78, 40.62)  # type: ignore[index]
        there = made.headers["Location"]
        assert planner_program.ask("PUT", there, body, Content_Crs=f"<{uri}>", If_Match='"1"').json["geometry"]["coordinates"] == pytest.approx([109.78, 40.62], abs=2e-9, rel=0)
        moved = {"geometry": {"type": "Point", "coordinates": expected(uri, 109.79, 40.63)}}
        patched = planner_program.ask("PATCH", there, moved, Content_Crs=f"<{uri}>", If_Match='"2"', Content_Type="application/merge-patch+json")
        assert patched.json["geometry"]["coordinates"] == pytest.approx([109.79, 40.63], abs=2e-9, rel=0)
        assert patched.json["properties"]["name"] == "甲"


def test_a_key_used_for_other_coordinates_is_not_answered_with_the_first(planner_program: Program) -> None:
    body = post(40.61, 109.77)
    assert planner_program.post(ITEMS, body, Content_Crs=EPSG.format(4490), Idempotency_Key="k").status_code == 201
    assert planner_program.post(ITEMS, body, Content_Crs=EPSG.format(4490), Idempotency_Key="k").headers["Idempotency-Replayed"] == "true"
    assert planner_program.post(ITEMS, body, Idempotency_Key="k").status_code == 409


def test_a_system_that_is_not_offered_is_refused_by_name(planner_program: Program) -> None:
    for answer in (planner_program.get(f"{ITEMS}?crs={EPSG.format(2431)}"), planner_program.post(ITEMS, post(), Content_Crs=EPSG.format(2431))):
        assert answer.status_code == 400
        assert answer.json["errors"][0]["code"] == "request-not-crs"


def test_coordinates_that_are_nowhere_are_refused(planner_program: Program) -> None:
    for uri, place in ((ZONE, [1e9, 1e9]), (EPSG.format(3857), [1e300, 1e300]), (EPSG.format(4490), [109.7, 40.6])):
        body = {"type": "Feature", "properties": {"name": "甲"}, "geometry": {"type": "Point", "coordinates": place}}
        assert planner_program.post(ITEMS, body, Content_Crs=uri).status_code == 422


def test_what_lies_behind_the_horizon_of_a_projection_is_said_and_does_not_spoil_a_box(planner_program: Program, placed: list[str]) -> None:
    assert planner_program.post(f"{ITEMS}?anywhere=true", post(-162.0, 0.0, code="FAR")).status_code == 201
    answer = planner_program.get(f"{ITEMS}?crs={ZONE}&lang=zh")
    assert answer.status_code == 400 and answer.json["errors"][0]["code"] == "crs-out-of-reach", answer.text
    south, west = expected(ZONE, 109.0, 40.0)
    north, east = expected(ZONE, 110.4, 41.0)
    near = planner_program.get(f"{ITEMS}?crs={ZONE}&bbox-crs={ZONE}&bbox={south},{west},{north},{east}")
    assert len(coordinates(near)) == 8
    assert coordinates(planner_program.get(ITEMS))["FAR"] == [-162, 0]
