"""Commits over HTTP: listed, undone whole, one feature taken back; refusals tell what to do."""

from __future__ import annotations

from typing import Any

import pytest

from tests.app.api.conftest import Program, post

POSTS = "/api/v1/layers/posts/features"


@pytest.fixture
def made(planner_program: Program) -> dict[str, Any]:
    return planner_program.post(f"{POSTS}?reason=%E7%99%BB%E8%AE%B0", post(code="A1", people=5, phone="13812345678")).json


def patch(program: Program, made: dict[str, Any], version: int, **properties: Any) -> None:
    assert program.ask("PATCH", f"{POSTS}/{made['id']}", {"properties": properties}, If_Match=f'"{version}"').status_code == 200


def test_commits_say_who_when_why_and_what(planner_program: Program, viewer_program: Program, made: dict[str, Any]) -> None:
    patch(planner_program, made, 1, people=7)
    listed = viewer_program.get("/api/v1/commits?layers=posts").json["commits"]
    assert [(one["reason"], one["layers"][0]["inserted"], one["layers"][0]["updated"]) for one in listed] == [(None, 0, 1), ("登记", 1, 0)]
    before = listed[0]["at"].replace("+", "%2B")
    assert [one["token"] for one in viewer_program.get(f"/api/v1/commits?layers=posts&before={before}").json["commits"]] == [listed[1]["token"]]
    assert viewer_program.get("/api/v1/commits?before=2026-01-01T00:00:00").status_code == 400, "a moment without a zone is no moment"
    assert viewer_program.get("/api/v1/commits?layers=nothing").status_code == 404


def test_a_commit_names_the_features_it_touched(planner_program: Program, made: dict[str, Any]) -> None:
    assert planner_program.ask("DELETE", f"{POSTS}/{made['id']}?reason=x", If_Match='"1"').status_code == 204
    token = planner_program.get("/api/v1/commits?layers=posts").json["commits"][0]["token"]
    assert planner_program.get(f"/api/v1/commits/{token}").json["features"] == [
        {"layer": "posts", "id": made["id"], "op": "delete", "version": 1, "title": "甲哨所", "there": False}]
    assert planner_program.get("/api/v1/commits/018f0000-0000-7000-8000-000000000000").status_code == 404


def test_a_feature_is_taken_back_and_a_deleted_one_restored(planner_program: Program, made: dict[str, Any]) -> None:
    patch(planner_program, made, 1, people=7)
    address = f"{POSTS}/{made['id']}"
    assert planner_program.post(f"{address}/revert", {"version": 1, "reason": "看错"}).status_code == 428
    assert planner_program.post(f"{address}/revert", {"version": 1, "reason": "看错"}, If_Match='"1"').status_code == 412
    back = planner_program.post(f"{address}/revert", {"version": 1, "reason": "看错"}, If_Match='"2"')
    assert (back.status_code, back.json["properties"]["people"], back.headers["ETag"]) == (200, 5, '"3"')
    assert planner_program.ask("DELETE", f"{address}?reason=x", If_Match='"3"').status_code == 204
    again = planner_program.post(f"{address}/revert", {"version": 3, "reason": "误删"})
    assert (again.status_code, again.json["id"], again.headers["ETag"]) == (200, made["id"], '"4"')
    assert planner_program.post(f"{address}/revert", {"version": 9, "reason": "x"}, If_Match='"4"').status_code == 404


def test_a_commit_is_undone_once_and_what_moved_on_is_named(planner_program: Program, viewer_program: Program, made: dict[str, Any]) -> None:
    patch(planner_program, made, 1, people=7)
    token = planner_program.get("/api/v1/commits?layers=posts").json["commits"][0]["token"]
    assert viewer_program.post(f"/api/v1/commits/{token}/undo", {"reason": "x"}).status_code == 403
    answers = [planner_program.post(f"/api/v1/commits/{token}/undo", {"reason": "撤销"}, Idempotency_Key="u-1") for _ in range(5)]
    assert {one.status_code for one in answers} == {200} and {one.text for one in answers} == {answers[0].text}
    assert answers[0].json["layers"] == [{"layer": "posts", "restored": 0, "changed": 1, "removed": 0}]
    assert planner_program.get(f"{POSTS}/{made['id']}").json["properties"]["version"] == 3, "once"
    moved = planner_program.post(f"/api/v1/commits/{token}/undo", {"reason": "再撤"})
    assert (moved.status_code, moved.json["code"], [(one["layer"], one["id"], one["title"], one["op"]) for one in moved.json["features"]]) == (409, "moved-on", [("posts", made["id"], "甲哨所", "update")])
    assert moved.json["remedy"]
