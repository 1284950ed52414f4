"""Saved views: own ones and shared ones, who may do what with them, and the bands of freshness on which they filter."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from geodata.store.database import Database
from geodata.store.freshness import Verified, bands
from layers.spec import OPERATOR, Role
from tests.app.api.conftest import Program, post

VIEWS = "/api/v1/views"
POSTS = "/api/v1/layers/posts/features"
TILE = "/ogc/collections/posts/tiles/WebMercatorQuad/10/385/824"


def view(name: str = "防汛", **given: Any) -> dict[str, Any]:
    arrangement = {"zoom": 11.5, "center": [109.8, 40.6], "shown": ["posts"], "theme": "wall",
                   "looks": {"posts": {"filter": [{"field": "level", "op": "in", "values": [1, 2]}], "by": "level", "opacity": 0.5}}}
    return {"name": name, "arrangement": arrangement, **given}


@pytest.fixture
def duty(program: Callable[..., Program]) -> Program:
    return program(Role.DUTY_OFFICER)


def test_a_view_comes_back_as_it_was_saved(planner_program: Program) -> None:
    made = planner_program.post(VIEWS, view())
    assert made.status_code == 201 and made.json["url"] == f"/?view={made.json['id']}"
    again = planner_program.get(f"{VIEWS}/{made.json['id']}").json
    assert again == made.json and again["own"] is True
    assert again["arrangement"]["looks"] == view()["arrangement"]["looks"]
    assert (again["arrangement"]["center"], again["arrangement"]["zoom"], again["arrangement"]["theme"]) == ([109.8, 40.6], 11.5, "wall")


def test_an_own_view_is_nobody_elses_and_a_shared_one_everybodys(planner_program: Program, viewer_program: Program) -> None:
    own = planner_program.post(VIEWS, view("甲")).json
    shared = planner_program.post(VIEWS, view("乙", shared=True)).json
    assert [one["name"] for one in viewer_program.get(VIEWS).json["views"]] == ["乙"]
    assert viewer_program.get(f"{VIEWS}/{own['id']}").json["code"] == "view-not-found"
    assert viewer_program.get(f"{VIEWS}/{shared['id']}").json["own"] is False
    mine = viewer_program.post(VIEWS, view("丙")).json
    assert [(one["name"], one["own"]) for one in viewer_program.get(VIEWS).json["views"]] == [("丙", True), ("乙", False)]
    assert planner_program.get(f"{VIEWS}/{mine['id']}").status_code == 404


def test_only_whoever_made_a_view_changes_or_deletes_it(planner_program: Program, duty: Program) -> None:
    made = planner_program.post(VIEWS, view(shared=True)).json
    for refused in (duty.ask("PUT", f"{VIEWS}/{made['id']}", view("改")), duty.ask("DELETE", f"{VIEWS}/{made['id']}")):
        assert (refused.status_code, refused.json["code"]) == (403, "not-your-view")
    assert planner_program.get(f"{VIEWS}/{made['id']}").json["name"] == "防汛"
    assert planner_program.ask("PUT", f"{VIEWS}/{made['id']}", view("改")).json["shared"] is False
    assert duty.get(f"{VIEWS}/{made['id']}").status_code == 404, "no longer shared"
    assert planner_program.ask("DELETE", f"{VIEWS}/{made['id']}").status_code == 204
    assert planner_program.get(VIEWS).json["views"] == []


def test_planners_and_duty_officers_share_and_administrators_have_no_views(program: Callable[..., Program]) -> None:
    sharing = {Role.DUTY_OFFICER: 201, Role.PLANNER: 201, Role.GIS_STAFF: 403, Role.VIEWER: 403, Role.DRILL_CONTROLLER: 403}
    assert {role: program(role).post(VIEWS, view(shared=True)).status_code for role in sharing} == sharing
    assert {program(role).post(VIEWS, view()).status_code for role in sharing} == {201}
    assert {program(role).get(VIEWS).status_code for role in set(Role) - set(sharing)} == {403}


WRONG: tuple[dict[str, Any], ...] = (
    {"zoom": 99}, {"center": [200, 40]}, {"looks": {"posts": {"opacity": 0}}}, {"looks": {"posts": {"filter": [{"field": "level", "op": "eval"}]}}},
    {"theme": "pink"}, {"script": "x"}, {"shown": ["x"] * 501}, {"looks": {"posts": {"filter": [{"field": "level", "op": "in", "values": ["x" * 201]}]}}},
)


def test_what_is_no_arrangement_is_refused(planner_program: Program) -> None:
    for wrong in WRONG:
        given = view()
        given["arrangement"] |= wrong
        assert planner_program.post(VIEWS, given).status_code == 422, wrong
    assert planner_program.get(VIEWS).json["views"] == []


def test_a_name_is_wanted_and_a_hundred_views_are_enough(planner_program: Program) -> None:
    assert planner_program.post(VIEWS, view("  ")).json["errors"][0]["code"] == "required"
    for number in range(100):
        assert planner_program.post(VIEWS, view(f"v{number}")).status_code == 201
    assert planner_program.post(VIEWS, view()).json["errors"][0]["code"] == "view-too-many"


def test_bands_count_each_feature_once_by_its_age(planner_program: Program) -> None:
    now = datetime.now(UTC)
    ages = [timedelta(minutes=1), timedelta(hours=5), timedelta(hours=7), timedelta(hours=23), timedelta(days=2), timedelta(days=8), timedelta(days=29), timedelta(days=31), timedelta(days=900)]
    for age in ages:
        planner_program.post(POSTS, post(verified_at=(now - age).isoformat()))
    planner_program.post(POSTS, post())
    freshness = planner_program.get("/api/v1/layers/posts").json["freshness"]["bands"]
    assert freshness["counts"] == {"hours_6": 2, "day_1": 2, "days_7": 1, "days_30": 2, "older": 2, "unknown": 1}
    assert now - timedelta(minutes=1) <= datetime.fromisoformat(freshness["at"]) <= now + timedelta(minutes=1)


def test_bands_are_as_of_the_moment_that_is_shown(planner_program: Program, database: Database) -> None:
    moment = datetime(2024, 6, 1, 12, 0, 30, tzinfo=UTC)
    for stated in ("2024-06-01T06:01:59Z", "2024-06-01T06:00:59Z", "2024-05-02T12:01:00Z", "2024-05-02T12:00:59Z"):
        planner_program.post(POSTS, post(verified_at=stated))
    with database.space().reading(OPERATOR) as store:
        at, counts = bands(store.verified("posts", moment), moment)
    assert at == moment.replace(second=0)
    assert counts == {"hours_6": 1, "day_1": 1, "days_7": 0, "days_30": 1, "older": 1, "unknown": 0}


def test_bands_age_without_a_write() -> None:
    noon = datetime(2026, 5, 1, 12, tzinfo=UTC)
    verified = Verified({noon: 3}, older=5, unknown=1)
    seen = {wait: [name for name, count in bands(verified, noon + wait)[1].items() if count == 3 or (name == "older" and count == 8)] for wait in (
        timedelta(0), timedelta(hours=5, minutes=59), timedelta(hours=6), timedelta(hours=24), timedelta(days=7), timedelta(days=30))}
    assert list(seen.values()) == [["hours_6"], ["hours_6"], ["day_1"], ["days_7"], ["days_30"], ["older"]]


def test_a_filtered_tile_holds_what_meets_the_filter(planner_program: Program, viewer_program: Program) -> None:
    for level, phone in ((1, "1"), (2, "2"), (2, "3")):
        planner_program.post(POSTS, post(level=level, phone=phone))
    whole, some = (planner_program.get(f"{TILE}{query}") for query in ("", "?filter=level%20%3D%201"))
    none = planner_program.get(f"{TILE}?filter=level%20%3E%205%20AND%20name%20LIKE%20%27%25%3A%27%27%25%27")
    assert len(whole.data) > len(some.data) > 0 and none.data == b""
    assert planner_program.get(f"{TILE}?filter=S_INTERSECTS(geometry%2CBBOX(109%2C40%2C110%2C41))").data == whole.data
    assert planner_program.get(f"{TILE}?filter=nothing%20%3D%201").json["errors"][0]["code"] == "filter-field-unknown"
    for program in (planner_program, viewer_program):
        assert program.get(f"{TILE}?filter=phone%20%3D%20%271%27").status_code == 422, "a filter would tell what is masked"


def test_a_view_sent_twice_under_one_key_is_one(planner_program: Program) -> None:
    body = view("一次")
    answers = [planner_program.post("/api/v1/views", body, Idempotency_Key="v-1") for _ in range(3)]
    assert {one.status_code for one in answers} == {201} and {one.json["id"] for one in answers} == {answers[0].json["id"]}
    assert [one["name"] for one in planner_program.get("/api/v1/views").json["views"]] == ["一次"]
