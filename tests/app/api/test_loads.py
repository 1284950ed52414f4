"""Loads over HTTP: examined, shown, confirmed, seen on the map; refused where they may not be."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable

import pytest
from werkzeug.test import TestResponse

from app import jobs
from app.command import loads as command
from geodata.files.report import MOST_SHOWN
from layers.spec import Role
from tests.app.api.conftest import Program, post
from tests.meanwhile import to_the_end

LOADS = "/api/v1/loads"


pytestmark = pytest.mark.usefixtures("queue")


def posts_file(count: int = 3) -> bytes:
    return json.dumps({"type": "FeatureCollection", "features": [post(109.5 + n / 100, code=f"L{n}", name=f"导入{n}", people=n) for n in range(count)]}).encode()


def bring(program: Program, content: bytes, name: str = "posts.geojson", **form: str) -> TestResponse:
    data = {**form, "file": (io.BytesIO(content), name)}
    return program.client.post(LOADS, data=data, headers={"Authorization": f"Bearer {program.token}"}, content_type="multipart/form-data")


def work(program: Program) -> None:
    """What the worker does with the queue as it stands."""
    services = program.client.application.extensions["onemap"]
    to_the_end(jobs.work(services.database, services.settings.home, wait=False))


def test_file_is_examined_then_confirmed_then_seen(planner_program: Program) -> None:
    brought = bring(planner_program, posts_file(), layer="posts")
    assert brought.status_code == 202, brought.text
    assert brought.json["state"] == "waiting"
    address = brought.headers["Location"]
    assert planner_program.post(address + "/confirm", None).status_code == 409
    work(planner_program)
    examined = planner_program.get(address).json
    assert (examined["state"], examined["report"]["accepted"]) == ("examined", 3), examined
    assert planner_program.get("/api/v1/layers/posts").json["count"] == 0
    assert planner_program.post(address + "/confirm", None).status_code == 202
    work(planner_program)
    done = planner_program.get(address).json
    assert (done["state"], done["report"]["committed"]) == ("committed", True), done
    assert planner_program.get("/api/v1/layers/posts").json["count"] == 3
    assert planner_program.get("/api/v1/nearest?lon=109.5&lat=40.6&layers=posts&k=1").json["features"][0]["properties"]["name"] == "导入0"
    assert [one["id"] for one in planner_program.get(LOADS).json["loads"]] == [done["id"]]


def test_a_dropped_load_changes_nothing_and_keeps_no_file(planner_program: Program) -> None:
    brought = bring(planner_program, posts_file(), layer="posts").json
    assert planner_program.ask("DELETE", f"{LOADS}/{brought['id']}").json["state"] == "cancelled"
    work(planner_program)
    assert planner_program.get("/api/v1/layers/posts").json["count"] == 0
    home = planner_program.client.application.extensions["onemap"].settings.home
    assert not list((home / "uploads").glob("*/*"))
    assert planner_program.post(f"{LOADS}/{brought['id']}/confirm", None).status_code == 409


def test_refused_uploads(planner_program: Program, viewer_program: Program) -> None:
    assert bring(viewer_program, posts_file(), layer="posts").status_code == 403
    assert viewer_program.get(LOADS).status_code == 403
    assert planner_program.post(LOADS, {"layer": "posts"}).status_code == 415
    for form in ({}, {"layer": "DROP TABLE"}, {"layer": "posts", "datum": "wgs72"}, {"layer": "posts", "mapping": "{"}, {"layer": "posts", "more": "1"}):
        assert bring(planner_program, posts_file(), **form).status_code == 422, form
    empty = planner_program.client.post(LOADS, data={"layer": "posts"}, headers={"Authorization": f"Bearer {planner_program.token}"}, content_type="multipart/form-data")
    assert empty.status_code == 422
    assert planner_program.get(f"{LOADS}/018f0000-0000-7000-8000-000000000000").status_code == 404


def test_load_in_a_drill_stays_there(program: Callable[[Role], Program]) -> None:
    controller = program(Role.DRILL_CONTROLLER)
    drill = controller.post("/api/v1/drills", {"name": "导入演练"}).json
    data = {"layer": "posts", "file": (io.BytesIO(posts_file()), "posts.geojson")}
    headers = {"Authorization": f"Bearer {controller.token}"}
    brought = controller.client.post(f"/spaces/{drill['id']}{LOADS}", data=data, headers=headers, content_type="multipart/form-data")
    assert brought.status_code == 202, brought.text
    assert brought.headers["Location"].startswith(f"/spaces/{drill['id']}/")
    assert controller.get(f"{LOADS}/{brought.json['id']}").status_code == 404
    work(controller)
    assert controller.post(brought.headers["Location"] + "/confirm", None).status_code == 202
    work(controller)
    assert controller.get(f"/spaces/{drill['id']}/api/v1/layers/posts").json["count"] == 3
    assert controller.get("/api/v1/layers/posts").json["count"] == 0


def test_a_long_chinese_file_name_is_shortened_with_its_ending_kept(planner_program: Program) -> None:
    brought = bring(planner_program, posts_file(), name="避" * 100 + ".geojson", layer="posts")
    assert brought.status_code == 202, brought.text
    assert brought.json["file"].endswith("避.geojson")
    work(planner_program)
    assert planner_program.get(brought.headers["Location"]).json["state"] == "examined"


def test_a_mapping_nested_without_end_is_refused(planner_program: Program) -> None:
    assert bring(planner_program, posts_file(), layer="posts", mapping="[" * 100_000).status_code == 422


def test_a_drill_controller_is_told_at_once_that_live_takes_no_new_layer_of_his(program: Callable[..., Program]) -> None:
    assert bring(program(Role.DRILL_CONTROLLER), posts_file(), layer="brand_new", create="true").status_code == 403


def test_a_rehearsal_tells_rows_and_the_commit_and_keeps_nothing_of_a_dropped_file(planner_program: Program) -> None:
    address = bring(planner_program, posts_file(), layer="posts").headers["Location"]
    assert planner_program.get(address + "/rehearsal").json["state"] == "waiting"
    work(planner_program)
    seen = planner_program.get(address + "/rehearsal").json
    assert (seen["state"], seen["commit"], seen["compare"]["new"], len(seen["rows"]["features"])) == ("examined", None, 3, 3)
    assert all("rehearsal" not in (one["report"] or {}) for one in planner_program.get(LOADS).json["loads"])
    planner_program.post(address + "/confirm", None)
    work(planner_program)
    done = planner_program.get(address + "/rehearsal").json
    assert done["state"] == "committed" and "rows" not in done
    assert planner_program.post(f"/api/v1/commits/{done['commit']}/undo", {"reason": "载错了"}).status_code == 200
    assert planner_program.get("/api/v1/layers/posts").json["count"] == 0
    dropped = bring(planner_program, posts_file(), layer="posts").headers["Location"]
    work(planner_program)
    assert planner_program.get(dropped + "/rehearsal").json["rows"]
    planner_program.ask("DELETE", dropped)
    assert "rows" not in planner_program.get(dropped + "/rehearsal").json


def test_a_table_of_problems_says_how_many_it_does_not_list(planner_program: Program) -> None:
    features = [post(109.5, code=f"L{n}", name="甲", people="多") for n in range(MOST_SHOWN + 50)]
    content = json.dumps({"type": "FeatureCollection", "features": [*features, post(109.5, code="OK", name="乙", people=1)]}).encode()
    address = bring(planner_program, content, layer="posts").headers["Location"]
    work(planner_program)
    report = planner_program.get(address).json["report"]
    lines = planner_program.get(address + "/problems.csv").text.strip().split("\r\n")
    assert report["problems_total"] > MOST_SHOWN and len(lines) == MOST_SHOWN + 2
    assert f"另有 {report['problems_total'] - MOST_SHOWN} 条没有列出" in lines[-1]
    assert planner_program.get(address + "/rehearsal").json["compare"]["problems"] == MOST_SHOWN + 50, "the page knows of all"


def test_a_layer_is_made_under_a_name_in_plain_words(planner_program: Program) -> None:
    features = [{"type": "Feature", "geometry": {"type": "Point", "coordinates": [109.5, 40.6]}, "properties": {"code": "L1"}}]
    content = json.dumps({"type": "FeatureCollection", "features": features}).encode()
    made = [bring(planner_program, content, layer="", create="true", label=" 加油站 ")]
    work(planner_program)
    planner_program.post(made[0].headers["Location"] + "/confirm", None)
    work(planner_program)
    layers = {one["id"]: one["label"] for one in planner_program.get("/api/v1/layers").json["layers"]}
    assert layers["jia_you_zhan"] == {"zh": "加油站", "en": "jia you zhan"}
    again = bring(planner_program, content, layer="", create="true", label="加油站").json
    assert again["layer"] == "jia_you_zhan_2", "the name is that of a layer already"
    for nothing in ({"layer": ""}, {"layer": "", "create": "true"}, {"layer": "", "create": "true", "label": "  "}, {"layer": "", "label": "加油站"}):
        assert bring(planner_program, content, **nothing).status_code == 422, nothing


def test_files_that_come_together_are_called_by_the_one_with_the_shapes() -> None:
    assert command._together(["shelters.cpg", "shelters.SHP", "shelters.dbf"]) == "shelters.SHP (+2)"
    assert command._together(["a.csv"]) == "a.csv" and command._together(["a.dbf", "a.prj"]) == "a.dbf (+1)"


def test_problem_rows_are_taken_away_as_a_table_that_no_spreadsheet_runs(planner_program: Program) -> None:
    features = [post(109.5, code="L1", name="甲", people="=HYPERLINK(\"http://x\")"), post(109.51, code="L2", name="乙", people=3)]
    content = json.dumps({"type": "FeatureCollection", "features": features}).encode()
    address = bring(planner_program, content, layer="posts").headers["Location"]
    work(planner_program)
    table = planner_program.get(address + "/problems.csv")
    assert table.data.startswith(b"\xef\xbb\xbf") and "attachment" in table.headers["Content-Disposition"]
    assert "--" not in table.text, "it is for who works at the page"
    assert table.text.count("\r\n") >= 2 and "1,人数,\"'=HYPERLINK" in table.text
    head, *lines = list(csv.reader(io.StringIO(table.text.lstrip("\ufeff"))))
    mine = dict(zip(head, next(one for one in lines if one[0] == "1"), strict=True))
    assert (mine["code"], mine["name"], mine["程度"]) == ("L1", "甲", "没有装载") and mine["people"].startswith("'="), "the row itself, as the file has it"
    assert "rows_with_problems" not in planner_program.get(address + "/rehearsal").json
    filled = bring(planner_program, content, layer="posts", rows=json.dumps({"1": {"fill": {"people": 7}}})).headers["Location"]
    work(planner_program)
    assert planner_program.get(filled).json["report"]["accepted"] == 2
    for wrong in ('{"x": {}}', '{"1": {"more": 1}}', "[1]", '{"1": {"fill": {"people": [1]}}}'):
        assert bring(planner_program, content, layer="posts", rows=wrong).status_code == 422, wrong
