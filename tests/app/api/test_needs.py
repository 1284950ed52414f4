"""Needs over HTTP: reasons with their values, thresholds, incidents, depots combined, many points, refusals that name the parameter."""

from __future__ import annotations

from typing import Any

import pytest
import shapely

from geodata.store.database import Database
from geodata.store.spaces import Space
from tests.app.api.conftest import Program
from tests.app.api.test_print import text_of
from tests.geodata.queries.county import DEPOTS, HERE, INCIDENTS, ORDERS, STOCK, TEAMS, ZONES, ago, depot, east, fit, line, names, put

PLACE = f"lon={HERE[0]}&lat={HERE[1]}"
NEAREST, NEEDS = "/api/v1/nearest", "/api/v1/needs"


@pytest.fixture
def county(database: Database) -> Space:
    space = database.space("live")
    put(space, TEAMS, (fit(skills=["chemical"], position_at=ago(minutes=90)), east(100)), (fit(), east(200)), (fit(skills=["chemical"]), east(900)))
    put(space, DEPOTS, (depot(), east(300)), (depot(), east(600)), (depot(status="closed"), east(700)))
    put(space, STOCK, line(0, quantity=2_000), line(1, quantity=1_500), line(1, quantity=500, code="old", expires_on=ago(days=3).date()), line(2, quantity=9_000))
    put(space, INCIDENTS, ({"code": "SJ-1", "status": "open", "hazard": "flood"}, shapely.Point(*HERE)), ({"code": "SJ-2", "status": "open"}, shapely.Point(*HERE)))
    put(space, ZONES, ({"incident": "SJ-1", "kind": "danger", "basis": "ordered"}, east(900).buffer(0.0005)))
    put(space, ORDERS, ({"incident": "SJ-1", "team": f"{TEAMS}-0", "status": "ordered"}, None))
    return space


def codes(space: Space, answer: Any, layer: str) -> dict[str, list[str]]:
    """Of each left out its reasons."""
    who = {str(one): name for one, name in names(space, layer).items()}
    ranking = next(one for one in answer["layers"] if one["layer"] == layer)
    return {who[one["feature"]]: [reason["code"] for reason in one["reasons"]] for one in ranking["left_out"]}


def test_a_team_with_a_skill_for_an_incident(viewer_program: Program, county: Space) -> None:
    found = viewer_program.get(f"{NEAREST}?{PLACE}&layers={TEAMS}&skills=危化救援&position_minutes=60&incident=SJ-2")
    assert found.status_code == 200, found.json
    assert codes(county, found.json, TEAMS) == {"0": ["ordered-elsewhere", "position-old"], "1": ["wrong-skill"]}
    assert (found.json["needs"]["skills"], found.json["limits"]["position_minutes"]) == (["chemical"], 60)
    old = found.json["layers"][0]["left_out"][0]["reasons"][1]
    assert old["label"] == {"zh": "位置 90 分钟未更新（限 60 分钟）", "en": "Position 90 min old (limit 60 min)"} and old["values"] == {"age": 90, "limit": 60, "unit": "min"}
    own = viewer_program.post(NEAREST, {"lon": HERE[0], "lat": HERE[1], "layers": [TEAMS], "needs": {"skills": ["chemical"]}, "incident": "SJ-1"})
    assert codes(county, own.json, TEAMS) == {"1": ["wrong-skill"], "2": ["in-zone"]} and own.json["needs"]["hazard"] == "flood"
    assert set(own.json["layers"][0]["rests_on"]) == {ORDERS, ZONES, INCIDENTS}


def test_articles_of_one_depot(viewer_program: Program, county: Space) -> None:
    found = viewer_program.post(NEAREST, {"lon": HERE[0], "lat": HERE[1], "layers": [DEPOTS], "needs": {"articles": [{"name": "编织袋", "quantity": 1_800}]}})
    assert codes(county, found.json, DEPOTS) == {"1": ["not-enough", "stock-expired"], "2": ["closed"]}


def test_a_sheet_says_which_depot_gives_what_and_what_is_short(viewer_program: Program, county: Space) -> None:
    question = {"lon": HERE[0], "lat": HERE[1], "needs": {"articles": [{"name": "编织袋", "quantity": 5_000}]}}
    said = "".join(text_of(viewer_program.post("/api/v1/print", {"lon": HERE[0], "lat": HERE[1], "scale": 25000, "nearest": question})).split())
    answer = viewer_program.post(NEEDS, question).json["articles"][0]
    assert (answer["met"], answer["short"]) == (3_500, 1_500)
    for wanted in ("调集编织袋5,000条", "已落实3,500条，尚缺1,500条", "出2,000条", "出1,500条", "有9,000条"):
        assert wanted in said, wanted
    said = "".join(text_of(viewer_program.post("/api/v1/print", {"lon": HERE[0], "lat": HERE[1], "scale": 25000, "nearest": question | {"needs": {"articles": [{"name": "编织袋", "quantity": 1_000}]}}})).split())
    assert "出1,000条" in said and "已够" in said and "尚缺" not in said


def test_depots_together_with_the_shortfall(viewer_program: Program, county: Space) -> None:
    found = viewer_program.post(NEEDS, {"lon": HERE[0], "lat": HERE[1], "needs": {"articles": [{"name": "编织袋", "quantity": 5_000}]}})
    assert found.status_code == 200, found.json
    (bags,) = found.json["articles"]
    assert {name: bags[name] for name in ("name", "unit", "asked", "met", "short")} == {"name": "编织袋", "unit": "条", "asked": 5_000, "met": 3_500, "short": 1_500}
    assert [(one["quantity"], one["lines"][0]["code"]) for one in bags["from"]] == [(2_000, f"{STOCK}-0"), (1_500, f"{STOCK}-1")]
    assert [(one["code"], one["reason"]["code"]) for one in bags["not_counted"]] == [("old", "stock-expired")]
    assert [([reason["code"] for reason in one["reasons"]], one["holds"]) for one in found.json["layers"][0]["left_out"]] == [(["closed"], [9_000])]
    assert [(one["properties"]["rank"], one["properties"]["code"]) for one in found.json["features"]] == [(1, f"{DEPOTS}-0"), (2, f"{DEPOTS}-1")]


def test_what_may_be_asked_for_is_listed(viewer_program: Program, county: Space) -> None:
    there = viewer_program.get(NEEDS).json
    assert {"value": "chemical", "label": {"zh": "危化救援", "en": "Chemical rescue"}} in there["skills"]
    assert {"name": "编织袋", "unit": "条", "quantity": 13_000, "lines": 4, "unknown": 0} in there["articles"]
    assert there["limits"]["contact_days"]["value"] == 180 and there["limits"]["contact_days"]["unit"] == "days"


def test_many_points_are_answered_column_by_column(viewer_program: Program, county: Space) -> None:
    points = [list(HERE), [HERE[0] + 0.02, HERE[1]], [109.5, 40.5]]
    found = viewer_program.post(NEAREST, {"points": points, "layers": [TEAMS, DEPOTS], "k": 2, "needs": {"skills": ["chemical"]}})
    assert found.status_code == 200, found.json
    assert found.json["asked"]["points"] == 3
    teams = found.json["layers"][0]
    for place, (lon, lat) in enumerate(points):
        alone = viewer_program.post(NEAREST, {"lon": lon, "lat": lat, "layers": [TEAMS], "k": 2, "needs": {"skills": ["chemical"]}}).json
        assert [teams["features"][one] for one in teams["ranked"][place]] == [one["id"] for one in alone["features"]]
        assert teams["distance_m"][place] == [one["properties"]["distance_m"] for one in alone["features"]]
        assert teams["left_out"][place] == len(alone["layers"][0]["left_out"])
    assert teams["reasons"][0] == {"ordered-elsewhere": 1, "wrong-skill": 1}


@pytest.mark.parametrize(("body", "pointer"), [
    ({"needs": {"skills": ["hazmat"]}}, "/needs/skills/0"), ({"needs": {"hazard": "x"}}, "/needs/hazard"), ({"incident": "SJ-9"}, "/incident"),
    ({"needs": {"articles": [{"name": "沙袋", "quantity": 1}]}}, "/needs/articles/0/name"), ({"needs": {"articles": [{"name": "编织袋", "quantity": 0}]}}, "/needs/articles/0/quantity"),
    ({"needs": {"articles": [{"name": "编织袋", "quantity": 1, "unit": "吨"}]}}, "/needs/articles/0/unit"), ({"contact_days": -1}, "/contact_days"), ({"limit_ms": 0}, "/limit_ms"),
    ({"position_minutes": 10**9}, "/position_minutes"), ({"points": [[1, 2]]}, "/points"), ({"lon": None}, "/lon"), ({"needs": {"tools": []}}, "/needs/tools"),
])
def test_what_is_wrong_is_named(viewer_program: Program, county: Space, body: dict[str, Any], pointer: str) -> None:
    whole = {name: value for name, value in {"lon": HERE[0], "lat": HERE[1], **body}.items() if value is not None}
    found = viewer_program.post(NEAREST, whole)
    assert found.status_code == 422 and [one["pointer"] for one in found.json["errors"]] == [pointer], found.json


@pytest.mark.parametrize(("query", "pointer", "word"), [("skills=fire,hazmat", "/query/skills/1", None), ("hazard=flod", "/query/hazard", "flood"), ("incident=SJ", "/query/incident", "SJ-1"),
                                                        ("contact_days=x", "/query/contact_days", None)])
def test_what_is_wrong_in_an_address_is_named_with_words_near_it(viewer_program: Program, county: Space, query: str, pointer: str, word: str | None) -> None:
    found = viewer_program.get(f"{NEAREST}?{PLACE}&{query}")
    assert found.status_code in (400, 422) and found.json["errors"][0]["pointer"] == pointer, found.json
    assert word is None or word in found.json["errors"][0]["remedy"]


def test_points_that_are_none_are_named(viewer_program: Program, county: Space) -> None:
    for points, pointer in (([], "/points"), ([[1, 91]], "/points/0/1"), ([[1]], "/points/0/1"), ([[1.0, 2.0]] * 10_001, "/points")):
        found = viewer_program.post(NEAREST, {"points": points})
        assert found.status_code == 422 and found.json["errors"][0]["pointer"] == pointer, found.json


def test_a_question_past_its_limit_says_so(viewer_program: Program, county: Space) -> None:
    with county._owner.begin() as holding:
        holding.exec_driver_sql("LOCK TABLE onemap.dispatch_orders IN ACCESS EXCLUSIVE MODE")
        found = viewer_program.get(f"{NEAREST}?{PLACE}&layers={TEAMS}&limit_ms=150")
    assert (found.status_code, found.json["code"], found.json["limit_ms"]) == (422, "question-too-long", 150)
    assert "150" in found.json["detail"]


def test_a_sheet_says_what_was_needed_and_why_others_are_not_listed(viewer_program: Program, county: Space) -> None:
    question = {"lon": HERE[0], "lat": HERE[1], "layers": [TEAMS], "needs": {"skills": ["chemical"], "hazard": "flood"}, "position_minutes": 60, "incident": "SJ-2"}
    said = text_of(viewer_program.post("/api/v1/print", {"lon": HERE[0], "lat": HERE[1], "scale": 25000, "nearest": question}))
    assert "需：危化救援、洪水" in said and "无所需能力：危化救援" in said and "已调派他处" in said
    refused = viewer_program.post("/api/v1/print", {"nearest": {**question, "needs": {"skills": ["x"]}}})
    assert [one["pointer"] for one in refused.json["errors"]] == ["/nearest/needs/skills/0"]
