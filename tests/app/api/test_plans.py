"""Shelter plans, domino lists and coverage over HTTP: one answer object, files of it, every space, and refusals that name the member."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from typing import Any

import pytest

from layers.spec import Role
from tests.app.api.conftest import Program

ZONE = {"type": "Polygon", "coordinates": [[[109.7, 40.5], [109.9, 40.5], [109.9, 40.7], [109.7, 40.7], [109.7, 40.5]]]}


def put(program: Program, layer: str, at: Any, **properties: Any) -> str:
    geometry = None if at is None else {"type": "Point", "coordinates": at} if isinstance(at, list) and not isinstance(at[0], list) else {"type": "LineString", "coordinates": at}
    made = program.post(f"/api/v1/layers/{layer}/features", {"type": "Feature", "geometry": geometry, "properties": properties})
    assert made.status_code == 201, made.text
    return str(made.json["id"])


@pytest.fixture
def district(planner_program: Program) -> dict[str, str]:
    """A village with a formula for a name, two shelters, a depot, a hazard source and a road past all of them."""
    put(planner_program, "shelter_shares", None, name="洪水", hazard="flood", share_percent=50, edition="本地预案")
    put(planner_program, "need_standards", None, code="1", name="饮水", amount=3, amount_unit="L", persons=1, period="day", whole_pieces=False)
    put(planner_program, "roads", [[109.75, 40.6], [109.85, 40.6], [109.95, 40.6]], name="大路", road_class="county", speed_kmh=60)
    usual = {"suits": ["flood"], "status": "open", "people_now": 0}
    return {
        "village": put(planner_program, "villages", [109.8, 40.6], name="=1+1", population=501, population_basis="户籍"),
        "near": put(planner_program, "shelters", [109.92, 40.6], name="近所", capacity=100, **usual),
        "far": put(planner_program, "shelters", [109.94, 40.6], name="远所", capacity=100, **usual),
        "depot": put(planner_program, "depots", [109.84, 40.6], name="库", status="open"),
        "source": put(planner_program, "hazard_sources", [109.79, 40.6], name="罐区", safety_distance_m=1000),
    }


def asked(program: Program, path: str, **body: Any) -> Any:
    return program.post(f"/api/v1/{path}", body)


def plan(program: Program, **more: Any) -> Any:
    return asked(program, "shelter-plan", **{"geometry": ZONE, "hazard": "flood", **more})


def coverage(program: Program, **more: Any) -> Any:
    return asked(program, "coverage", **{"layer": "depots", "limit_m": 4000, **more})


def rows(answer: Any) -> list[list[str]]:
    assert answer.status_code == 200, answer.text
    assert answer.mimetype == "text/csv" and "attachment" in answer.headers["Content-Disposition"]
    return list(csv.reader(io.StringIO(answer.get_data(as_text=True).removeprefix("\ufeff"))))


def wrong(answer: Any) -> list[tuple[str, str]]:
    assert answer.status_code == 422, answer.text
    return [(one["pointer"], one["code"]) for one in answer.json["errors"]]


def test_a_plan_says_the_shortfall_the_basis_and_what_is_needed(viewer_program: Program, district: dict[str, str]) -> None:
    answer = plan(viewer_program)
    assert answer.status_code == 200, answer.text
    whole = answer.json
    made = whole["plan"]
    assert (made["need"], made["placed"], made["short"]) == (251, 200, 51)
    assert whole["population"]["portions"] == [{"basis": "户籍", "as_of": None, "places": 1, "people": 501}]
    assert (whole["share"]["percent"], whole["share"]["basis"]) == (50.0, "本地预案")
    assert [(one["name"], one["placed"], one["left"]) for one in made["fills"]] == [("近所", 100, 0), ("远所", 100, 0)]
    assert [(one["article"], one["quantity"], one["unit"]) for one in made["needs"]] == [("饮水", 600.0, "L")]
    lines = [(one["properties"]["to_name"], one["properties"]["people"], one["geometry"]["coordinates"]) for one in whole["features"]]
    assert lines == [("近所", 100, [[109.8, 40.6], [109.92, 40.6]]), ("远所", 100, [[109.8, 40.6], [109.94, 40.6]])]
    assert whole["trial"] is None and {one["layer"] for one in whole["versions"]} == {"villages", "shelters", "shelter_shares", "need_standards"}


def test_a_plan_is_tried_without_a_shelter_and_with_one_more(viewer_program: Program, district: dict[str, str]) -> None:
    without = plan(viewer_program, without=[district["near"]]).json
    assert (without["plan"]["short"], without["trial"]["short"], without["difference"]["short"]) == (51, 151, 100)
    assert without["difference"]["fills"] == [["近所", -100]]
    more = plan(viewer_program, added=[{"name": "体育馆", "lon": 109.91, "lat": 40.6, "room": 60}]).json
    assert (more["difference"]["short"], more["trial"]["short"]) == (-51, 0)


def test_a_plan_by_road_has_durations_and_a_barrier_leaves_nobody_a_way(viewer_program: Program, district: dict[str, str]) -> None:
    by_road = plan(viewer_program, mode="road").json
    way = by_road["plan"]["ways"][0]
    assert (by_road["mode"], bool(by_road["profile"])) == ("road", True) and way["duration_s"] == pytest.approx(way["length_m"] / (60 / 3.6), rel=0.5) and way["off_m"] < 30
    cut = plan(viewer_program, mode="road", barriers=[{"type": "Point", "coordinates": [109.85, 40.6]}]).json["plan"]
    assert (cut["placed"], cut["short"]) == (0, 251)
    assert {reason["code"] for one in cut["unused"] for reason in one["reasons"]} == {"no-way"}


def test_the_table_of_a_plan_cannot_compute_and_agrees_with_it(viewer_program: Program, district: dict[str, str]) -> None:
    heading, *body = rows(asked(viewer_program, "shelter-plan/export", geometry=ZONE, hazard="flood"))
    assert heading[0] == "来自" and [one[0] for one in body] == ["'=1+1"] * 3
    assert [(one[5], one[6]) for one in body] == [("近所", "100"), ("远所", "100"), ("无处安置", "51")]
    english = viewer_program.post("/api/v1/shelter-plan/export", {"geometry": ZONE, "hazard": "flood"}, Accept_Language="en")
    assert rows(english)[0][0] == "From" and rows(english)[3][5] == "No place"


def test_domino_follows_the_chain_and_draws_the_zones(planner_program: Program, district: dict[str, str]) -> None:
    point = {"type": "Point", "coordinates": [109.782, 40.6]}
    answer = asked(planner_program, "domino", geometry=point, buffer_m=800).json
    told = [(one["properties"]["name"], one["properties"]["step"], [each["name"] for each in one["properties"]["chain"]], one["geometry"]["type"]) for one in answer["features"]]
    assert told == [("罐区", 1, [], "Polygon"), ("大路", 1, [], "Point")] and not answer["cut"]
    put(planner_program, "depots", [109.797, 40.6], name="近库", status="open")
    last = asked(planner_program, "domino", geometry=point, buffer_m=800).json["features"][-1]["properties"]
    assert (last["name"], last["step"], last["zone"], [one["feature"] for one in last["chain"]]) == ("近库", 2, "none", [district["source"]])


def test_coverage_as_geojson_and_table_and_what_closing_does(viewer_program: Program, district: dict[str, str]) -> None:
    whole = coverage(viewer_program).json
    (village,) = whole["features"]
    assert (village["id"], village["geometry"]["coordinates"]) == (district["village"], [109.8, 40.6])
    assert (village["properties"]["covered"], village["properties"]["resource_name"], village["properties"]["people"]) == (True, "库", 501)
    assert whole["now"]["covered"] == {"places": 1, "people": 501, "unknown": 0} and whole["then"] is None
    closed = coverage(viewer_program, closed=[district["depot"]]).json
    assert (closed["lost"], closed["features"][0]["properties"]["then"]["covered"]) == ({"places": 1, "people": 501, "unknown": 0}, False)
    heading, row = rows(asked(viewer_program, "coverage/export", layer="depots", limit_m=4000, closed=[district["depot"]]))
    assert heading[4:6] + heading[8:9] == ["是否覆盖", "最近资源", "试算：是否覆盖"] and (row[0], row[4], row[5], row[8]) == ("'=1+1", "是", "库", "否")


def test_coverage_in_minutes_goes_by_road(viewer_program: Program, district: dict[str, str]) -> None:
    far = coverage(viewer_program, limit_m=None, limit_min=2, mode="road").json["features"][0]["properties"]
    near = coverage(viewer_program, limit_m=None, limit_min=30, mode="road").json["features"][0]["properties"]
    assert (far["covered"], near["covered"]) == (False, True) and near["duration_s"] > 120


@pytest.mark.parametrize(("path", "more", "pointer", "code"), [
    ("shelter-plan", {"hazard": "meteor"}, "/hazard", "hazard-unknown"),
    ("shelter-plan", {"population": "roads"}, "/population", "population-unknown-layer"),
    ("shelter-plan", {"geometry": {"type": "Point", "coordinates": [200, 40]}}, "/geometry", "zone-out-of-range"),
    ("shelter-plan", {"mode": "road", "profile": "balloon"}, "/profile", "road-no-profile"),
    ("shelter-plan", {"mode": "road", "barriers": [{"type": "Point", "coordinates": [109, 95]}]}, "/barriers/0", "zone-out-of-range"),
    ("shelter-plan", {"without": ["01a219fa-0000-7000-8000-000000000000"]}, "/without/0", "refuge-unknown"),
    ("shelter-plan", {"added": [{"name": "x", "lon": 1, "lat": 1}]}, "/added/0/room", "request-missing"),
    ("domino", {"depth": 9}, "/depth", "request-out-of-range"),
    ("coverage", {"layer": "depots"}, "/limit_m", "coverage-one-limit"),
    ("coverage", {"layer": "depots", "limit_min": 5}, "/limit_min", "coverage-minutes-straight"),
    ("coverage", {"layer": "supplies", "limit_m": 5}, "/layer", "question-no-geometry"),
    ("coverage", {"layer": "depots", "limit_m": 5, "filter": "name ="}, "/filter", None),
])
def test_what_is_wrong_is_named_in_the_words_of_the_reader(viewer_program: Program, district: dict[str, str], path: str, more: dict[str, Any], pointer: str, code: str | None) -> None:
    base = {} if path == "coverage" else {"geometry": ZONE} | ({"hazard": "flood"} if path == "shelter-plan" else {})
    found = asked(viewer_program, path, **{**base, **more})
    ((at, said),) = wrong(found)
    assert at == pointer and said == (code or said)
    assert found.json["errors"][0]["message"] != said  # a sentence, not the code


def test_a_zone_of_too_many_corners_is_refused_at_once(viewer_program: Program, district: dict[str, str]) -> None:
    line = {"type": "LineString", "coordinates": [[109 + n / 300_000, 40.5] for n in range(200_001)]}
    for path, more in (("shelter-plan", {"hazard": "flood"}), ("domino", {})):
        assert asked(viewer_program, path, geometry=line, **more).status_code == 413


def test_a_drill_has_answers_of_its_own(program: Callable[..., Program], planner_program: Program, district: dict[str, str]) -> None:
    controller_program = program(Role.DRILL_CONTROLLER)
    drill = controller_program.post("/api/v1/drills", {"name": "演练"}).json["id"]
    put(planner_program, "shelters", [109.93, 40.6], name="后来", capacity=1000, suits=["flood"], status="open", people_now=0)
    there = controller_program.post(f"/spaces/{drill}/api/v1/shelter-plan", {"geometry": ZONE, "hazard": "flood"})
    assert (there.json["plan"]["short"], plan(planner_program).json["plan"]["short"]) == (51, 0)


def test_whoever_sees_no_map_data_gets_none(program: Callable[..., Program], district: dict[str, str]) -> None:
    for path, body in (("shelter-plan", {"geometry": ZONE, "hazard": "flood"}), ("domino", {"geometry": ZONE}), ("coverage", {"layer": "depots", "limit_m": 1})):
        assert asked(program(Role.SECURITY_ADMIN), path, **body).status_code == 403
