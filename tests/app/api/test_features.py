"""Features over HTTP: versions, once-only posts, merge patches, all-or-nothing changesets, history, permission."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text

from geodata.store.database import Database
from geodata.store.spaces import Space
from layers.spec import Role
from tests.app.api.conftest import Program, post

POSTS = "/api/v1/layers/posts/features"


@pytest.fixture
def made(planner_program: Program) -> dict[str, Any]:
    """A post that is there."""
    answer = planner_program.post(POSTS, post(code="A1", people=40, level=1, phone="13812345678"))
    assert answer.status_code == 201, answer.text
    return answer.json


def test_made_feature_has_an_address_and_a_version(planner_program: Program) -> None:
    answer = planner_program.post(POSTS, post(code="A1", since="2024年1月1日"))
    assert answer.status_code == 201
    assert answer.headers["ETag"] == '"1"'
    assert answer.mimetype == "application/geo+json"
    read = planner_program.get(answer.headers["Location"])
    assert read.json == answer.json
    assert read.headers["ETag"] == '"1"'
    assert read.json["geometry"] == {"type": "Point", "coordinates": [109.8, 40.6]}
    assert read.json["properties"]["since"] == "2024-01-01"
    assert read.json["properties"]["version"] == 1


def test_every_wrong_value_is_named_and_nothing_is_stored(planner_program: Program) -> None:
    answer = planner_program.post(POSTS, post(people=-1, level=7, nonsense=1))
    assert answer.status_code == 422
    assert answer.mimetype == "application/problem+json"
    assert {one["pointer"] for one in answer.json["errors"]} >= {"/properties/people", "/properties/level", "/properties/nonsense"}
    assert planner_program.get(POSTS).json["numberMatched"] == 0


@pytest.mark.parametrize("geometry", [
    None, {}, {"type": "Point"}, {"type": "Point", "coordinates": []}, {"type": "Point", "coordinates": [1]}, {"type": "Point", "coordinates": ["a", "b"]},
    {"type": "Point", "coordinates": [181, 40]}, {"type": "Point", "coordinates": [1e200, 40]}, {"type": "LineString", "coordinates": [[109, 40], [110, 41]]},
    {"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]]}, {"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [1, 0]]]},
    {"type": "GeometryCollection", "geometries": []}, {"type": "Point", "coordinates": [109, 40], "crs": {"type": "name", "properties": {"name": "EPSG:4547"}}},
])
def test_a_shape_that_cannot_be_is_refused(planner_program: Program, geometry: Any) -> None:
    answer = planner_program.post(POSTS, {**post(), "geometry": geometry})
    assert answer.status_code == 422, answer.text
    assert answer.json["errors"][0]["pointer"].startswith("/geometry")


def test_third_coordinate_is_dropped(planner_program: Program) -> None:
    answer = planner_program.post(POSTS, {**post(), "geometry": {"type": "Point", "coordinates": [109.5, 40.5, 1034.2]}})
    assert answer.json["geometry"]["coordinates"] == [109.5, 40.5]


def test_write_without_version_is_428_and_stale_is_412_with_the_differences(planner_program: Program, made: dict[str, Any]) -> None:
    address = f"{POSTS}/{made['id']}"
    assert planner_program.ask("PUT", address, post(name="乙")).status_code == 428
    assert planner_program.ask("PUT", address, post(name="乙"), If_Match="*").status_code == 428
    assert planner_program.ask("PUT", address, post(name="乙"), If_Match="three").status_code == 400
    first = planner_program.ask("PUT", address, post(name="乙", code="A1"), If_Match='"1"')
    assert (first.status_code, first.headers["ETag"]) == (200, '"2"')
    stale = planner_program.ask("PUT", address, post(name="丙", code="A1", lon=109.9), If_Match='"1"')
    assert stale.status_code == 412
    assert stale.json["current"] == 2
    assert {"field": "name", "yours": "丙", "theirs": "乙"} in stale.json["differences"]
    assert [one["field"] for one in stale.json["differences"] if one["field"] == "geometry"]
    assert planner_program.get(address).json["properties"]["name"] == "乙"


def test_weak_tag_of_a_compressing_proxy_counts(planner_program: Program, made: dict[str, Any]) -> None:
    answer = planner_program.ask("PATCH", f"{POSTS}/{made['id']}", {"properties": {"people": 41}}, If_Match='W/"1"')
    assert answer.status_code == 200


def test_put_empties_what_is_not_given_and_patch_keeps_it(planner_program: Program, made: dict[str, Any]) -> None:
    address = f"{POSTS}/{made['id']}"
    patched = planner_program.ask("PATCH", address, {"properties": {"people": None, "level": 2}}, If_Match='"1"', Content_Type="application/merge-patch+json")
    assert patched.status_code == 200, patched.text
    assert (patched.json["properties"]["people"], patched.json["properties"]["level"], patched.json["properties"]["code"]) == (None, 2, "A1")
    assert patched.json["geometry"] == made["geometry"]
    moved = planner_program.ask("PATCH", address, {"geometry": {"type": "Point", "coordinates": [109.7, 40.5]}}, If_Match='"2"')
    assert moved.json["geometry"]["coordinates"] == [109.7, 40.5]
    put = planner_program.ask("PUT", address, post(name="丁"), If_Match='"3"')
    assert (put.json["properties"]["code"], put.json["properties"]["level"]) == (None, None)


def test_a_feature_can_be_sent_back_as_it_was_read(planner_program: Program, made: dict[str, Any]) -> None:
    answer = planner_program.ask("PUT", f"{POSTS}/{made['id']}", made, If_Match='"1"')
    assert answer.status_code == 200, answer.text
    same = {name for name, value in answer.json["properties"].items() if made["properties"][name] == value}
    assert {"name", "code", "people", "phone", "created_at", "created_by"} <= same


def test_delete_wants_version_and_reason_and_history_keeps_it(planner_program: Program, made: dict[str, Any]) -> None:
    address = f"{POSTS}/{made['id']}"
    assert planner_program.ask("DELETE", address, If_Match='"1"').status_code == 400
    assert planner_program.ask("DELETE", address + "?reason=x").status_code == 428
    assert planner_program.ask("DELETE", address + "?reason=已拆除", If_Match='"9"').status_code == 412
    assert planner_program.ask("DELETE", address + "?reason=已拆除", If_Match='"1"').status_code == 204
    assert planner_program.get(address).status_code == 404
    entries = planner_program.get(address + "/history").json["entries"]
    assert [(one["op"], one["reason"]) for one in entries] == [("insert", None), ("delete", "已拆除")]
    assert entries[1]["before"]["name"] == "甲哨所"
    assert entries[1]["geometry_before"]["coordinates"] == [109.8, 40.6]


def test_post_repeated_under_one_key_makes_one_feature(planner_program: Program) -> None:
    answers = [planner_program.post(POSTS, post(code="A1"), Idempotency_Key="k-1") for _ in range(5)]
    assert {one.status_code for one in answers} == {201}
    assert {one.text for one in answers} == {answers[0].text}
    assert {one.headers["Location"] for one in answers} == {answers[0].headers["Location"]}
    assert [one.headers.get("Idempotency-Replayed") for one in answers[:2]] == [None, "true"]
    assert planner_program.get(POSTS).json["numberMatched"] == 1
    assert planner_program.post(POSTS, post(code="A2"), Idempotency_Key="k-1").status_code == 409


def test_refused_post_leaves_its_key_free(planner_program: Program) -> None:
    assert planner_program.post(POSTS, post(people=-1), Idempotency_Key="k-2").status_code == 422
    assert planner_program.post(POSTS, post(people=1), Idempotency_Key="k-2").status_code == 201


def test_same_key_in_use_is_a_conflict(planner_program: Program, made: dict[str, Any]) -> None:
    answer = planner_program.post(POSTS, post(code="A1"))
    assert answer.status_code == 409
    assert "A1" in answer.json["detail"]


def test_changeset_is_done_whole_or_not_at_all(planner_program: Program, made: dict[str, Any]) -> None:
    place = {"type": "Point", "coordinates": [109.6, 40.6]}
    insert = {"op": "insert", "layer": "posts", "properties": {"name": "新"}, "geometry": place}
    patch = {"op": "patch", "layer": "posts", "id": made["id"], "version": 1, "properties": {"people": 7}}
    stale = planner_program.post("/api/v1/changesets", {"changes": [insert, {**patch, "version": 9}]})
    assert stale.status_code == 412
    assert planner_program.get(POSTS).json["numberMatched"] == 1
    done = planner_program.post("/api/v1/changesets", {"changes": [insert, patch], "reason": "核实"})
    assert done.status_code == 200, done.text
    assert [one["version"] for one in done.json["results"]] == [1, 2]
    read = planner_program.get(f"{POSTS}/{made['id']}").json
    assert read["properties"]["people"] == 7
    assert read["geometry"] == made["geometry"]
    assert planner_program.get(f"{POSTS}/{made['id']}/history").json["entries"][-1]["reason"] == "核实"
    gone = {"op": "delete", "layer": "posts", "id": made["id"], "version": 2}
    assert planner_program.post("/api/v1/changesets", {"changes": [gone]}).status_code == 422
    assert planner_program.post("/api/v1/changesets", {"changes": [gone], "reason": "重复"}).status_code == 200


def test_what_is_wrong_in_a_changeset_is_said_with_its_place(planner_program: Program, made: dict[str, Any]) -> None:
    place = {"type": "Point", "coordinates": [109.6, 40.6]}
    good = {"op": "insert", "layer": "posts", "properties": {"name": "新"}, "geometry": place}
    refused = planner_program.post("/api/v1/changesets", {"changes": [good, {**good, "properties": {"name": "错", "people": -1}}]})
    assert refused.status_code == 422
    assert [one["pointer"] for one in refused.json["errors"]] == ["/changes/1/properties/people"]
    assert planner_program.get(POSTS).json["numberMatched"] == 1


def test_a_copy_starts_from_the_values_of_another_but_its_key(planner_program: Program, made: dict[str, Any], database: Database) -> None:
    place = {"type": "Point", "coordinates": [109.6, 40.6]}
    copy = {"op": "insert", "layer": "posts", "copy_of": made["id"], "properties": {"name": "乙哨所"}, "geometry": place}
    done = planner_program.post("/api/v1/changesets", {"changes": [copy], "reason": "切分"})
    assert done.status_code == 200, done.text
    with_it = planner_program.get(f"{POSTS}/{done.json['results'][0]['id']}").json
    assert (with_it["properties"]["name"], with_it["properties"]["phone"]) == ("乙哨所", "138****5678")
    with database.owner.connect() as connection:
        assert connection.scalar(text("SELECT phone FROM onemap.posts WHERE id = :id"), {"id": with_it["id"]}) == "13812345678", "what is masked is copied whole"
    assert with_it["properties"]["code"] is None
    gone = {**copy, "copy_of": "018f0000-0000-7000-8000-000000000000"}
    assert planner_program.post("/api/v1/changesets", {"changes": [gone]}).status_code == 404
    assert planner_program.post("/api/v1/changesets", {"changes": [{**copy, "op": "patch", "id": made["id"], "version": 1}]}).status_code == 422


def test_viewer_reads_masked_and_writes_nothing(planner_program: Program, viewer_program: Program, made: dict[str, Any]) -> None:
    address = f"{POSTS}/{made['id']}"
    assert viewer_program.get(address).json["properties"]["phone"] == "138****5678"
    assert viewer_program.get(POSTS).json["features"][0]["properties"]["phone"] == "138****5678"
    assert "13812345678" not in viewer_program.get(address + "/history").text
    assert viewer_program.get(POSTS + "?filter=phone%20LIKE%20%27138%25%27").status_code == 422
    assert viewer_program.post(POSTS, post()).status_code == 403
    assert viewer_program.ask("PUT", address, post(), If_Match='"1"').status_code == 403
    assert viewer_program.ask("PATCH", address, {"properties": {}}, If_Match='"1"').status_code == 403
    assert viewer_program.ask("DELETE", address + "?reason=x", If_Match='"1"').status_code == 403
    assert viewer_program.post("/api/v1/changesets", {"changes": [{"op": "insert", "layer": "posts"}]}).status_code == 403
    assert planner_program.get(address).json["properties"]["version"] == 1


@pytest.mark.parametrize("role", [Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDIT_ADMIN])
def test_administrators_see_no_map_data(program: Callable[[Role], Program], role: Role) -> None:
    for path in (POSTS, "/api/v1/layers", "/api/v1/search?q=a", "/api/v1/changes", "/ogc/collections", "/api/v1/nearest?lon=109&lat=40"):
        assert program(role).get(path).status_code == 403, path


def test_pages_follow_each_other_without_gap_or_double(planner_program: Program) -> None:
    for number in range(7):
        planner_program.post(POSTS, post(code=f"A{number}", people=number))
    seen, address = [], POSTS + "?limit=3"
    cursor = ""
    while cursor is not None:
        page = planner_program.get(address + (f"&cursor={cursor}" if cursor else "")).json
        seen += [one["properties"]["code"] for one in page["features"]]
        assert page["numberMatched"] == 7
        cursor = page["next"]
    assert sorted(seen) == [f"A{number}" for number in range(7)]
    assert planner_program.get(POSTS + "?filter=people%20%3E%204").json["numberMatched"] == 2


def test_page_takes_a_box_ids_and_fields(planner_program: Program) -> None:
    ids = [planner_program.post(POSTS, post(lon=lon, name=str(lon))).json["id"] for lon in (109.5, 109.6, 109.7)]
    box = planner_program.get(POSTS + "?bbox=109.55,40,109.7,41").json
    assert [one["properties"]["name"] for one in box["features"]] == ["109.6", "109.7"]
    chosen = planner_program.get(f"{POSTS}?ids={ids[0]},{uuid4()}&fields=name&geometry=false&count=false").json
    assert chosen["features"][0]["properties"] == {"name": "109.5"}
    assert chosen["features"][0]["geometry"] is None
    assert "numberMatched" not in chosen
    assert planner_program.get(POSTS + "?fields=nothing").status_code == 422


@pytest.mark.parametrize("address", ["/api/v1/layers/posts/features?limit=5", "/ogc/collections/posts/items?limit=5"])
def test_the_same_page_again_opens_no_snapshot_and_a_change_is_in_the_next(planner_program: Program, made: dict[str, Any], address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    reading = Space.reading
    monkeypatch.setattr(Space, "reading", lambda self, actor: (opened.append(self.id), reading(self, actor))[1])

    def asked() -> dict[str, Any]:
        answer = planner_program.get(address).json
        return {name: value for name, value in answer.items() if name != "timeStamp"}

    first = asked()
    opened.clear()
    assert asked() == first and opened == []
    planner_program.post("/api/v1/layers/posts/features", post(name="后来的"))
    later = asked()
    assert opened and later["numberReturned"] == first["numberReturned"] + 1 and later.get("version") == (first["version"] + 1 if "version" in first else None)


@pytest.mark.parametrize("query", [
    "bbox=1,2,3", "bbox=nan,1,2,3", "bbox=1,5,2,3", "bbox=a,b,c,d", "limit=0", "limit=10001", "limit=x", "limit=1&limit=2", "unknown=1", "ids=x", "cursor=%00", "geometry=perhaps",
])
def test_unreadable_parameter_is_named(planner_program: Program, query: str) -> None:
    answer = planner_program.get(f"{POSTS}?{query}")
    assert answer.status_code == 400, answer.text
    assert answer.json["errors"][0]["pointer"].startswith("/query/" + query.split("=")[0])


def test_unknown_layer_and_feature_are_404(planner_program: Program) -> None:
    assert planner_program.get("/api/v1/layers/nothing/features").status_code == 404
    assert planner_program.get(f"{POSTS}/{uuid4()}").status_code == 404
    assert planner_program.get(f"{POSTS}/{uuid4()}/history").status_code == 404
    assert planner_program.get(f"{POSTS}/not-an-id").status_code == 404


def test_reference_takes_id_or_key(planner_program: Program, made: dict[str, Any]) -> None:
    for value in (made["id"], "A1"):
        answer = planner_program.post("/api/v1/layers/notes/features", {"type": "Feature", "properties": {"text": "记", "post": value}, "geometry": None})
        assert answer.json["properties"]["post"] == made["id"], answer.text
    refused = planner_program.ask("DELETE", f"{POSTS}/{made['id']}?reason=x", If_Match='"1"')
    assert refused.status_code == 409


def test_a_phone_is_shown_to_an_officer_who_asks_and_to_no_viewer(program: Callable[..., Program], viewer_program: Program, made: dict[str, Any]) -> None:
    address, officer = f"{POSTS}/{made['id']}", program(Role.DUTY_OFFICER)
    assert officer.get(address).json["properties"]["phone"] == "138****5678"
    assert "13812345678" not in officer.get(address + "/history").text + officer.get(POSTS).text
    shown = officer.post(address + "/reveal", {"fields": ["phone"], "reason": "核对"})
    assert (shown.status_code, shown.json["values"]) == (200, {"phone": "13812345678"})
    assert viewer_program.post(address + "/reveal", {"fields": ["phone"]}).status_code == 403
    for wrong in ({"fields": []}, {"fields": ["people"]}, {"fields": ["nothing"]}, {}):
        assert officer.post(address + "/reveal", wrong).status_code == 422
    assert officer.post(f"{POSTS}/{'0' * 8}-0000-4000-8000-{'0' * 12}/reveal", {"fields": ["phone"]}).status_code == 404


FAR = {"type": "Point", "coordinates": [12, 40]}


@pytest.mark.parametrize("path", [POSTS, "/ogc/collections/posts/items"])
def test_a_place_far_from_the_district_is_refused_until_it_is_confirmed(planner_program: Program, path: str) -> None:
    for geometry in (FAR, {"type": "Point", "coordinates": [0, 0]}, {"type": "Point", "coordinates": [40.6, 89.8]}):
        answer = planner_program.post(path, {**post(code="F1"), "geometry": geometry})
        assert answer.status_code == 422, answer.text
        assert [(one["pointer"], one["code"]) for one in answer.json["errors"]] == [("/geometry", "far-from-district")]
        assert "公里" in answer.json["errors"][0]["message"] and "anywhere=true" in answer.json["errors"][0]["remedy"]
    answer = planner_program.post(f"{path}?anywhere=true", {**post(code="F1"), "geometry": FAR})
    assert answer.status_code == 201
    entries = planner_program.get(f"{POSTS}/{answer.json['id']}/history").json["entries"]
    assert "anywhere" in entries[0]["reason"]


def test_a_feature_is_not_moved_far_away_by_mistake(planner_program: Program, made: dict[str, Any]) -> None:
    one, asked = f"{POSTS}/{made['id']}", {"changes": [{"op": "patch", "layer": "posts", "id": made["id"], "version": 1, "geometry": FAR}]}
    assert planner_program.ask("PATCH", one, {"geometry": FAR}, If_Match='"1"').status_code == 422
    assert planner_program.ask("PUT", one, {**post(code="A1"), "geometry": FAR}, If_Match='"1"').status_code == 422
    refused = planner_program.post("/api/v1/changesets", asked)
    assert refused.status_code == 422 and refused.json["errors"][0]["pointer"] == "/changes/0/geometry"
    assert planner_program.get(one).json["properties"]["version"] == 1
    assert planner_program.post("/api/v1/changesets", {**asked, "anywhere": True, "reason": "外借"}).status_code == 200
    assert planner_program.get(f"{one}/history").json["entries"][1]["reason"].startswith("外借；确认在区外约")
