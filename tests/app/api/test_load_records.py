"""Load records over HTTP: what each load was and did, undone as one act, the same file known again, what a file does not have retired."""

from __future__ import annotations

import hashlib
import importlib
import io
import json
from typing import Any

import pytest
from sqlalchemy import text

from geodata.store.database import Database
from layers.spec import Role
from tests.app.api.conftest import Program, post
from tests.app.api.test_loads import LOADS, bring, work

pytestmark = pytest.mark.usefixtures("queue")


def rows(*features: dict[str, Any]) -> bytes:
    return json.dumps({"type": "FeatureCollection", "features": list(features)}).encode()


def examined(program: Program, content: bytes, layer: str = "posts", **form: str) -> str:
    brought = bring(program, content, "posts.geojson" if content.startswith(b"{") else "posts.csv", layer=layer, **form)
    assert brought.status_code == 202, brought.text
    work(program)
    address = brought.headers["Location"]
    assert program.get(address).json["state"] == "examined", program.get(address).text
    return str(address)


def loaded(program: Program, content: bytes, body: Any = None, layer: str = "posts", **form: str) -> str:
    address = examined(program, content, layer, **form)
    assert program.post(address + "/confirm", body).status_code == 202
    work(program)
    assert program.get(address).json["state"] == "committed", program.get(address).text
    return address


def count(program: Program, layer: str = "posts") -> int:
    return int(program.get(f"/api/v1/layers/{layer}").json["count"])


FIRST = rows(post(109.5, code="A", name="甲", people=1, phone="13800000001"), post(109.6, code="B", name="乙", people=2), post(109.7, code="C", name="丙", people=3))
SECOND = rows(post(109.5, code="A", name="甲", people=9, phone="13800000002"), post(109.61, code="B", name="乙", people=2), post(109.8, code="D", name="丁", people=4))


def test_a_record_says_who_what_and_what_came_of_it_and_its_diff_is_seen_again(planner_program: Program) -> None:
    loaded(planner_program, FIRST)
    address = loaded(planner_program, SECOND)
    listed = planner_program.get(LOADS).json["loads"]
    newest = listed[0]
    assert newest["sha256"] == hashlib.sha256(SECOND).hexdigest(), "as sha256sum says it"
    assert (newest["file"], newest["layer"], newest["state"], newest["undone_at"]) == ("posts.geojson", "posts", "committed", None)
    assert {name: newest["report"][name] for name in ("read", "accepted", "inserted", "updated", "unchanged", "retired")} == {
        "read": 3, "accepted": 3, "inserted": 1, "updated": 2, "unchanged": 0, "retired": 0}
    assert "problems" not in newest["report"] and "problems" in planner_program.get(address).json["report"]
    before = planner_program.ask("GET", LOADS, None).json
    assert [one["id"] for one in planner_program.get(f"{LOADS}?before={newest['asked_at'].replace('+', '%2B')}").json["loads"]] == [before["loads"][1]["id"]]
    assert planner_program.get(f"{LOADS}?layer=works").json["loads"] == []
    seen = planner_program.get(address + "/diff").json
    assert seen["counts"] == {"new": 1, "changed": 2, "retired": 0}
    by_key = {one["properties"]["key"]: one["properties"] for one in seen["rows"]["features"]}
    assert by_key["D"]["op"] == "new" and by_key["D"]["title"] == "丁"
    assert {one["field"]: (one["before"], one["after"]) for one in by_key["A"]["changes"]} == {"people": (1, 9), "phone": (None, None)}, "a phone number is not shown"
    assert by_key["B"]["changes"] == [] and 800 < by_key["B"]["moved_m"] < 900


def test_a_load_is_undone_from_its_record_as_one_act(planner_program: Program, viewer_program: Program) -> None:
    loaded(planner_program, FIRST)
    address = loaded(planner_program, SECOND)
    assert viewer_program.post(address + "/undo", {"reason": "载错了"}).status_code == 403
    assert planner_program.post(address + "/undo", {"reason": "  "}).status_code == 422
    undone = planner_program.post(address + "/undo", {"reason": "载错了"})
    assert undone.json["layers"] == [{"layer": "posts", "restored": 0, "changed": 2, "removed": 1}], undone.text
    record = planner_program.get(address).json
    assert record["undone_at"] and record["undone_by"].startswith("token:planner") and record["state"] == "committed"
    assert count(planner_program) == 3
    again = planner_program.post(address + "/undo", {"reason": "再来"})
    assert again.status_code == 409 and again.json["code"] == "load-undone"
    commit = planner_program.get("/api/v1/commits?limit=1").json["commits"][0]["token"]
    assert planner_program.post(f"/api/v1/commits/{commit}/undo", {"reason": "其实没错"}).status_code == 200
    assert planner_program.get(address).json["undone_at"] is None, "what was undone is back, and so is the load"
    first = planner_program.get(LOADS).json["loads"][1]["id"]
    assert planner_program.get(f"{LOADS}/{first}").json["undone_at"] is None, "another load is not touched"


def test_undoing_is_refused_with_what_later_edits_would_be_lost(planner_program: Program, program: Any) -> None:
    address = loaded(planner_program, FIRST)
    other = program(Role.GIS_STAFF)
    feature = next(one for one in other.get("/ogc/collections/posts/items?limit=10").json["features"] if one["properties"]["code"] == "B")
    changed = other.ask("PATCH", f"/api/v1/layers/posts/features/{feature['id']}", {"properties": {"people": 50}}, If_Match='"1"')
    assert changed.status_code == 200, changed.text
    refused = planner_program.post(address + "/undo", {"reason": "载错了"})
    assert refused.status_code == 409 and refused.json["code"] == "moved-on" and refused.json["count"] == 1, refused.text
    (lost,) = refused.json["features"]
    assert (lost["id"], lost["title"], lost["op"]) == (feature["id"], "乙", "update") and lost["by"].startswith("token:gis_staff") and lost["at"]
    assert count(planner_program) == 3 and planner_program.get(address).json["undone_at"] is None, "nothing was done by halves"


def test_the_same_file_is_known_again_whatever_it_is_called(planner_program: Program) -> None:
    first = loaded(planner_program, FIRST)
    brought = bring(planner_program, FIRST, name="改了名.geojson", layer="posts").headers["Location"]
    work(planner_program)
    same = planner_program.get(brought + "/rehearsal").json["same_file"]
    assert (same["load"], same["rows"], same["layer"], same["file"]) == (first.rsplit("/", 1)[1], 3, "posts", "posts.geojson") and same["by"].startswith("token:planner") and same["at"]
    other = examined(planner_program, SECOND)
    assert planner_program.get(other + "/rehearsal").json["same_file"] is None
    assert planner_program.post(first + "/undo", {"reason": "撤"}).status_code == 200
    third = examined(planner_program, FIRST)
    assert planner_program.get(third + "/rehearsal").json["same_file"]["undone_at"], "and that it was undone since"


def test_what_the_file_does_not_have_is_retired_only_when_its_count_was_agreed_to(planner_program: Program) -> None:
    loaded(planner_program, FIRST)
    kept = loaded(planner_program, rows(post(109.5, code="A", name="甲", people=5)))
    assert count(planner_program) == 3 and planner_program.get(kept).json["report"]["retired"] == 0, "kept unless it is said"
    address = examined(planner_program, SECOND)
    assert planner_program.get(address + "/rehearsal").json["compare"]["absent"] == 1
    assert planner_program.post(address + "/confirm", {"retire": 1}).status_code == 422, "a reason is wanted"
    wrong = planner_program.post(address + "/confirm", {"retire": 2, "reason": "已撤并"})
    assert wrong.status_code == 409 and wrong.json["code"] == "missing-differ", wrong.text
    assert planner_program.post(address + "/confirm", {"retire": 1, "reason": "已撤并"}).status_code == 202
    work(planner_program)
    report = planner_program.get(address).json["report"]
    assert (report["inserted"], report["retired"], count(planner_program)) == (1, 1, 3)
    gone = next(one["properties"] for one in planner_program.get(address + "/diff").json["rows"]["features"] if one["properties"]["op"] == "retired")
    assert gone["key"] == "C"
    life = planner_program.get(f"/api/v1/layers/posts/features/{gone['id']}/history").json
    assert [(one["op"], one["reason"]) for one in life["entries"]][-1] == ("delete", "已撤并"), life
    assert planner_program.post(address + "/undo", {"reason": "撤"}).json["layers"] == [{"layer": "posts", "restored": 1, "changed": 2, "removed": 1}]
    assert count(planner_program) == 3


def test_a_row_with_a_mistake_is_not_missing_from_its_file(planner_program: Program) -> None:
    loaded(planner_program, FIRST)
    address = examined(planner_program, rows(post(109.5, code="A", name="甲", people=1), post(109.6, code="B", name="乙", people="许多"), post(9.6, code="C", name="丙", people=1)))
    compare = planner_program.get(address + "/rehearsal").json["compare"]
    assert (compare["absent"], compare["problems"], compare["unclear"]) == (0, 2, 0), compare
    address = examined(planner_program, rows(post(109.5, code="A", name="甲", people=1), post(109.6, name="没有编号", people=1)))
    compare = planner_program.get(address + "/rehearsal").json["compare"]
    assert (compare["absent"], compare["unclear"]) == (2, 1)
    refused = planner_program.post(address + "/confirm", {"retire": 2, "reason": "已撤并"})
    assert refused.status_code == 409 and refused.json["code"] == "retire-unclear", "which of the two it is cannot be told"
    assert count(planner_program) == 3


def test_nothing_is_written_when_others_changed_what_is_missing_meanwhile(planner_program: Program) -> None:
    loaded(planner_program, FIRST)
    address = examined(planner_program, SECOND)
    assert planner_program.post(address + "/confirm", {"retire": 1, "reason": "已撤并"}).status_code == 202
    assert planner_program.post("/api/v1/layers/posts/features", post(109.9, code="E", name="戊")).status_code == 201
    work(planner_program)
    record = planner_program.get(address).json
    assert record["state"] == "refused" and record["report"]["problems"][0]["code"] == "missing-differ", record
    assert count(planner_program) == 4 and "现有 2 条" in record["report"]["problems"][0]["message"]


def test_a_corrected_mapping_is_proposed_for_the_same_columns_and_can_be_dropped(planner_program: Program) -> None:
    def file(*names: str, people: int = 1) -> bytes:
        return ("code,name,x1,x2,经度,纬度\n" + "".join(f"{name},{name},{people},7,109.5,40.6\n" for name in names)).encode()

    first = loaded(planner_program, file("A"), mapping=json.dumps({"x1": "people", "x2": ""}))
    brought = bring(planner_program, file("A", "B", people=3), name="新.csv", layer="posts").headers["Location"]
    work(planner_program)
    seen = planner_program.get(brought + "/rehearsal").json
    told = {one["column"]: (one["field"], one["by"]) for one in seen["columns"]}
    assert told["x1"] == ("people", "remembered") and told["x2"] == (None, None), told
    assert seen["remembered"]["load"] == first.rsplit("/", 1)[1] and seen["remembered"]["by"].startswith("token:planner")
    said = [one["message"] for one in planner_program.get(brought).json["report"]["problems"] if one["code"] == "mapping-remembered"]
    assert said and "与上次相同" in said[0]
    planner_program.post(brought + "/confirm", None)
    work(planner_program)
    people = {one["properties"]["code"]: one["properties"]["people"] for one in planner_program.get("/ogc/collections/posts/items").json["features"]}
    assert people == {"A": 3, "B": 3}, "what was rehearsed is what is written"
    dropped = examined(planner_program, file("C"), remember="false")
    seen = planner_program.get(dropped + "/rehearsal").json
    assert seen["remembered"] is None and {one["column"]: one["field"] for one in seen["columns"]}["x1"] is None
    planner_program.post(dropped + "/confirm", None)
    work(planner_program)
    last = examined(planner_program, file("D"))
    assert planner_program.get(last + "/rehearsal").json["remembered"] is None, "the last load decides, and it did without"
    other = examined(planner_program, b"code,name,x1,\xe7\xbb\x8f\xe5\xba\xa6,\xe7\xba\xac\xe5\xba\xa6\nE,E,1,109.5,40.6\n")
    assert planner_program.get(other + "/rehearsal").json["remembered"] is None, "other columns, another file"


def test_undoing_the_load_that_made_a_layer_takes_the_layer_away_and_its_name_is_free_again(planner_program: Program) -> None:
    content = rows(post(109.5, code="A", name="甲"), post(109.6, code="B", name="乙"))
    address = loaded(planner_program, content, layer="wells", create="true")
    assert count(planner_program, "wells") == 2
    assert planner_program.post(address + "/undo", {"reason": "建错了"}).status_code == 200
    assert planner_program.get("/api/v1/layers/wells").status_code == 404
    again = loaded(planner_program, rows(post(109.5, code="A", name="甲", depth=5)), layer="wells", create="true")
    assert count(planner_program, "wells") == 1 and "depth" in planner_program.get("/ogc/collections/wells/items").text
    assert planner_program.post("/api/v1/layers/wells/features", post(109.9, code="Z", name="后来")).status_code == 201
    refused = planner_program.post(again + "/undo", {"reason": "又建错了"})
    assert refused.status_code == 409 and refused.json["code"] == "moved-on", "others have put features into it"
    assert count(planner_program, "wells") == 2


@pytest.mark.parametrize("away", ["removed", "undone"])
def test_what_a_load_did_is_told_after_its_layer_went_by_the_definition_of_then(program: Any, away: str) -> None:
    staff = program(Role.GIS_STAFF)
    head = "code,名称,depth,经度,纬度\n"
    done = [loaded(staff, f"{head}A,甲,1,109.5,40.6\nB,乙,2,109.6,40.6\n".encode(), layer="cellars", create="true")]
    if away == "removed":
        done.append(loaded(staff, f"{head}A,甲,9,109.5,40.6\nB,乙,2,109.6,40.6\n".encode(), layer="cellars"))
    before = [staff.get(one + "/diff").json for one in done]
    assert [one["former"] for one in before] == [None] * len(done)
    if away == "removed":
        assert staff.ask("DELETE", "/api/v1/layers/cellars/definition", {"reason": "不用了"}, If_Match='"1"').status_code in (200, 204)
    else:
        assert staff.post(done[0] + "/undo", {"reason": "撤"}).status_code == 200
    assert staff.get("/api/v1/layers/cellars").status_code == 404
    after = [staff.get(one + "/diff").json for one in done]
    assert [{**one, "former": None} for one in after] == before, "the very same"
    assert before[0]["counts"]["new"] == 2
    assert {one["id"]: one["label"]["zh"] for one in after[0]["former"]["fields"]}["ming_cheng"] == "名称"
    if away == "removed":
        assert after[1]["rows"]["features"][0]["properties"]["changes"] == [{"field": "depth", "before": 1, "after": 9}]


def retire(staff: Program, layer: str, field: str) -> None:
    done = staff.ask("PATCH", f"/api/v1/layers/{layer}/definition", {"fields": {field: {"retired": True}}}, If_Match='"1"')
    assert done.status_code == 200, done.text


@pytest.mark.parametrize("head", ["code,name,depth", "remark,name,depth"])
def test_the_same_file_again_changes_nothing_after_a_field_was_retired(head: str, program: Any) -> None:
    """Whether rows are known again by a code or by what they say."""
    staff = program(Role.GIS_STAFF)
    content = (f"{head},经度,纬度\n" + "".join(f"x{n},n{n},{n},109.{5 + n},40.6\n" for n in range(3))).encode()
    first = loaded(staff, content, layer="bores", create="true")
    retire(staff, "bores", "depth")
    for form in ({}, {"create": "true"}):
        again = loaded(staff, content, layer="bores", **form)
        report = staff.get(again).json["report"]
        assert (report["inserted"], report["updated"], report["unchanged"], count(staff, "bores")) == (0, 0, 3, 3), report
        assert [one["code"] for one in report["problems"] if one["field"] == "depth"] == ["column-retired"]
    assert staff.post(first + "/undo", {"reason": "撤"}).status_code == 409, "its definition was changed since"
    assert count(staff, "bores") == 3


def test_a_mapping_to_a_field_that_was_retired_since_is_not_proposed(program: Any) -> None:
    staff = program(Role.GIS_STAFF)
    loaded(staff, "code,name,depth,经度,纬度\nA,甲,1,109.5,40.6\n".encode(), layer="bores", create="true")
    other = "code,name,x1,经度,纬度\nA,甲,2,109.5,40.6\n".encode()
    loaded(staff, other, layer="bores", mapping=json.dumps({"x1": "depth"}))
    retire(staff, "bores", "depth")
    address = examined(staff, other, layer="bores")
    seen = staff.get(address + "/rehearsal").json
    assert seen["remembered"] is None and {one["column"]: one["field"] for one in seen["columns"]}["x1"] is None


def test_loads_of_before_are_given_their_commit_when_the_database_is_brought_to_this_version(planner_program: Program, database: Database) -> None:
    addresses = [loaded(planner_program, one) for one in (FIRST, SECOND, SECOND)]
    commits = [planner_program.get(one).json["commit"] for one in addresses]
    script = importlib.import_module("geodata.store.migrations.versions.0009_load_records_name_their_commit")
    with database.owner.begin() as connection:
        connection.execute(text("UPDATE onemap_control.load SET commit = NULL"))
        connection.execute(text(script.BEFORE))
    assert [planner_program.get(one).json["commit"] for one in addresses[:2]] == commits[:2] and len(set(commits[:2])) == 2
    assert commits[2] is None, "the third changed nothing"


def test_a_drill_says_of_its_own_loads_that_they_were_undone_and_never_of_a_live_one(planner_program: Program, program: Any, database: Database) -> None:
    live = loaded(planner_program, FIRST)
    controller = program(Role.DRILL_CONTROLLER)
    drill = controller.post("/api/v1/drills", {"name": "撤销演练"}).json["id"]
    data = {"layer": "posts", "file": (io.BytesIO(SECOND), "posts.geojson")}
    brought = controller.client.post(f"/spaces/{drill}{LOADS}", data=data, headers={"Authorization": f"Bearer {controller.token}"}, content_type="multipart/form-data")
    address = brought.headers["Location"]
    work(controller)
    controller.post(address + "/confirm", None)
    work(controller)
    assert controller.post(address + "/undo", {"reason": "演练"}).status_code == 200
    assert controller.get(address).json["undone_by"].startswith("token:drill") and planner_program.get(live).json["undone_at"] is None
    with database.drill_engine.begin() as connection:
        connection.execute(text("SELECT set_config('onemap.token', gen_random_uuid()::text, true)"))
        connection.execute(text("SELECT onemap_control.note_undone(CAST(:commit AS uuid))"), {"commit": planner_program.get(live).json["commit"]})
    assert planner_program.get(live).json["undone_at"] is None, "whatever the role of drills says"
