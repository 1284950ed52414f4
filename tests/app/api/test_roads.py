"""Questions by road over HTTP: what is ranked, reached and refused, in every space, in both languages."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from layers.spec import Role
from tests.app.api.conftest import Program

A, B, C, D = (109.80, 40.60), (109.82, 40.60), (109.82, 40.62), (109.80, 40.62)


def feature(shape: dict[str, Any], **properties: Any) -> dict[str, Any]:
    return {"type": "Feature", "geometry": shape, "properties": properties}


def line(*places: tuple[float, float]) -> dict[str, Any]:
    return {"type": "LineString", "coordinates": places}


def point(lon: float, lat: float) -> dict[str, Any]:
    return {"type": "Point", "coordinates": [lon, lat]}


@pytest.fixture
def drawn(planner_program: Program) -> Iterator[Program]:
    """A ring of four roads, and two depots at B and D."""
    for code, one, two in (("AB", A, B), ("BC", B, C), ("CD", C, D), ("DA", D, A)):
        made = planner_program.post("/api/v1/layers/roads/features", feature(line(one, two), code=code, name=code, road_class="county"))
        assert made.status_code == 201, made.text
    for code, at in (("P1", B), ("P2", D)):
        assert planner_program.post("/api/v1/layers/depots/features", feature(point(*at), code=code, name=code)).status_code == 201
    yield planner_program


def named(answer: Any) -> list[tuple[str, int | None]]:
    return [(one["properties"]["code"], one["properties"]["rank"]) for one in answer.json["features"]]


def test_nearest_by_road_tells_time_length_route_and_the_straight_distance(drawn: Program) -> None:
    answer = drawn.get("/api/v1/nearest?lon=109.8&lat=40.6&layers=depots&mode=road&profile=truck")
    assert answer.status_code == 200, answer.text
    first, second = (one["properties"] for one in answer.json["features"])
    assert (first["code"], first["rank"], second["code"]) == ("P1", 1, "P2")
    assert first["length_m"] == pytest.approx(first["distance_m"], abs=0.01) and first["duration_s"] == pytest.approx(first["length_m"] / (40 / 3.6))
    assert first["route"] == {"type": "LineString", "coordinates": [[109.82, 40.6], [109.8, 40.6]]} and first["no_road"] is None
    road = answer.json["layers"][0]["road"]
    assert (road["layer"], road["profile"], road["covered"], road["complete"], road["off_m"]) == ("roads", "truck", True, True, pytest.approx(0, abs=0.01))
    assert named(drawn.get("/api/v1/nearest?lon=109.8&lat=40.6&layers=depots&mode=road")) == [("P1", 1), ("P2", 2)]


def test_a_block_that_an_officer_draws_and_a_barrier_of_the_question_change_it_at_once(drawn: Program, program: Callable[[Role], Program]) -> None:
    body = {"lon": 109.8, "lat": 40.6, "layers": ["depots"], "mode": "road"}
    before = drawn.post("/api/v1/nearest", body)
    asked = drawn.post("/api/v1/nearest", {**body, "barriers": [point(109.81, 40.60005)]})
    assert named(before) == [("P1", 1), ("P2", 2)] and named(asked) == [("P2", 1), ("P1", 2)]
    assert asked.json["features"][1]["properties"]["length_m"] == pytest.approx(3 * before.json["features"][0]["properties"]["length_m"], rel=0.4)
    officer = program(Role.DUTY_OFFICER)
    block = officer.post("/api/v1/layers/road_blocks/features", feature(line((109.809, 40.599), (109.811, 40.601)), name="塌方", reason="collapse"))
    assert block.status_code == 201, block.text
    assert named(drawn.post("/api/v1/nearest", body)) == [("P2", 1), ("P1", 2)]
    assert named(drawn.post("/api/v1/nearest", {**body, "barriers": [{"type": "Polygon", "coordinates": [[(109.79, 40.61), (109.83, 40.61), (109.83, 40.612), (109.79, 40.612), (109.79, 40.61)]]}]})) == [
        ("P1", None), ("P2", None)]
    assert program(Role.VIEWER).post("/api/v1/layers/road_blocks/features", feature(point(109.8, 40.6), name="x", reason="works")).status_code == 403


def test_service_areas_are_areas_with_their_minutes(drawn: Program) -> None:
    answer = drawn.post("/api/v1/roads/service-areas", {"lon": 109.8, "lat": 40.6, "minutes": [1, 3], "towards": True})
    assert answer.status_code == 200, answer.text
    assert [(one["properties"]["minutes"], one["geometry"]["type"]) for one in answer.json["features"]] == [(1, "Polygon"), (3, "Polygon")]
    assert answer.json["covered"] is True and answer.json["road"]["profile"] == "fire_engine"
    off = drawn.post("/api/v1/roads/service-areas", {"lon": 109.8, "lat": 40.7})
    assert [one["geometry"] for one in off.json["features"]] == [None] * 3 and off.json["covered"] is False and off.json["off_m"] == pytest.approx(8884, abs=3)


def test_a_matrix_has_null_where_no_road_leads_and_says_how_far_the_road_is(drawn: Program) -> None:
    answer = drawn.post("/api/v1/roads/matrix", {"origins": [A, C], "destinations": [B, (109.8, 40.7)]})
    assert answer.status_code == 200, answer.text
    assert [[one is None for one in row] for row in answer.json["duration_s"]] == [[False, True], [False, True]]
    assert answer.json["destinations"][1] == {"off_m": pytest.approx(8884, abs=3), "covered": False} and answer.json["origins"][0]["covered"]
    route = drawn.post("/api/v1/roads/route", {"origin": A, "destination": B})
    assert route.json["geometry"]["coordinates"] == [list(A), list(B)] and route.json["properties"]["duration_s"] == pytest.approx(answer.json["duration_s"][0][0], abs=0.01)
    none = drawn.post("/api/v1/roads/route", {"origin": A, "destination": (109.8, 40.7)})
    assert (none.json["geometry"], none.json["properties"]["duration_s"]) == (None, None)


def test_report_and_profiles_are_there_for_readers(drawn: Program, program: Callable[[Role], Program]) -> None:
    viewer = program(Role.VIEWER)
    report = viewer.get("/api/v1/roads/report")
    assert (report.json["edges"], report.json["island_count"], report.json["dangling"]) == (4, 1, [])
    profiles = viewer.get("/api/v1/roads/profiles").json["profiles"]
    assert [(one["code"], one["name"]) for one in profiles] == [("fire_engine", "消防车"), ("truck", "载重货车"), ("on_foot", "步行")]
    assert all("假定" in one["source"] for one in profiles) and "motorway" not in profiles[2]["speeds_kmh"]
    assert program(Role.AUDIT_ADMIN).get("/api/v1/roads/report").status_code == 403


@pytest.mark.parametrize(("path", "body", "status", "pointer"), [
    ("/api/v1/nearest", {"lon": 109.8, "lat": 40.6, "mode": "road", "profile": "boat"}, 422, "/profile"),
    ("/api/v1/nearest", {"lon": 109.8, "lat": 40.6, "profile": "truck"}, 422, "/profile"),
    ("/api/v1/nearest", {"lon": 109.8, "lat": 40.6, "barriers": [point(1, 1)]}, 422, "/barriers"),
    ("/api/v1/nearest", {"lon": 109.8, "lat": 40.6, "mode": "road", "barriers": [point(1, 1), {"type": "Circle"}]}, 422, "/barriers/1"),
    ("/api/v1/nearest", {"lon": 109.8, "lat": 40.6, "mode": "road", "barriers": [point(200, 1)]}, 422, "/barriers/0"),
    ("/api/v1/roads/service-areas", {"lon": 109.8, "lat": 40.6, "minutes": [0]}, 422, "/minutes/0"),
    ("/api/v1/roads/service-areas", {"lon": 109.8, "lat": 40.6, "minutes": []}, 422, "/minutes"),
    ("/api/v1/roads/service-areas", {"lon": 109.8, "lat": 40.6, "profile": "boat"}, 422, "/profile"),
    ("/api/v1/roads/matrix", {"origins": [[200, 40]], "destinations": [[109, 40]]}, 422, "/origins/0/0"),
    ("/api/v1/roads/matrix", {"origins": [[109, 40]] * 1000, "destinations": [[109, 40]] * 1000}, 422, "/destinations"),
    ("/api/v1/roads/matrix", {"destinations": [[109, 40]]}, 422, "/origins"),
])
def test_what_cannot_be_asked_is_named(drawn: Program, path: str, body: dict[str, Any], status: int, pointer: str) -> None:
    answer = drawn.post(path, body)
    assert (answer.status_code, answer.json["errors"][0]["pointer"]) == (status, pointer), answer.text
    assert answer.json["errors"][0]["message"]


def test_a_refusal_speaks_the_readers_language(drawn: Program) -> None:
    zh, en = (drawn.get(f"/api/v1/nearest?lon=109.8&lat=40.6&mode=road&profile=boat&lang={language}").json["errors"][0] for language in ("zh", "en"))
    assert zh["pointer"] == en["pointer"] == "/query/profile" and "没有车型「boat」" in zh["message"] and "fire_engine, truck, on_foot" in en["message"]


def test_a_drill_has_its_own_roads_and_blocks(drawn: Program, program: Callable[[Role], Program]) -> None:
    controller = program(Role.DRILL_CONTROLLER)
    drill = controller.post("/api/v1/drills", {"name": "断路演练"})
    assert drill.status_code == 201, drill.text
    root = f"/spaces/{drill.json['id']}/api/v1"
    assert controller.post(f"{root}/layers/road_blocks/features", feature(point(109.81, 40.6), name="断", reason="bridge_out")).status_code == 201
    body = {"lon": 109.8, "lat": 40.6, "layers": ["depots"], "mode": "road"}
    assert named(controller.post(f"{root}/nearest", body)) == [("P2", 1), ("P1", 2)] and named(drawn.post("/api/v1/nearest", body)) == [("P1", 1), ("P2", 2)]
