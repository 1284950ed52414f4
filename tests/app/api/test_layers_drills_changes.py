"""The layers' own answer, the change feed, tiles' entity tags, and drills that leave live alone."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from typing import Any

import pytest

from geodata.store.changes import Standing
from geodata.store.database import Database
from geodata.store.spaces import Space
from layers.spec import Actor, Role
from tests.app.api.conftest import Program, post

POSTS = "/api/v1/layers/posts/features"
TILE = "/ogc/collections/posts/tiles/WebMercatorQuad/10/385/824"


def test_layer_tells_all_that_a_page_needs(planner_program: Program, viewer_program: Program) -> None:
    planner_program.post(POSTS, post(verified_at="2024-05-01T00:00:00Z", source="核查"))
    planner_program.post(POSTS, post(lon=109.9))
    layer = next(one for one in planner_program.get("/api/v1/layers").json["layers"] if one["id"] == "posts")
    assert (layer["count"], layer["version"]) == (2, 2)
    assert layer["bounds"] == [109.8, 40.6, 109.9, 40.6]
    assert layer["freshness"]["unknown"] == 1
    assert layer["freshness"]["verified_latest"].startswith("2024-05-01")
    assert layer["label"] == {"zh": "哨所", "en": "Posts"}
    assert layer["group"] == {"id": "resources", "label": {"zh": "应急资源", "en": "Resources"}}
    assert layer["style"]["shade_by"] == "level"
    people = next(one for one in layer["fields"] if one["id"] == "people")
    assert (people["type"], people["unit"], people["counts_as"]) == ("integer", "persons", "people")
    assert {"adcode", "source", "source_date", "verified_at"} <= {one["id"] for one in layer["fields"]}
    assert set(layer["allowed"]) == {"read", "reveal", "write", "delete", "load"}
    assert viewer_program.get("/api/v1/layers/posts").json["allowed"] == ["read"]
    assert planner_program.get("/api/v1/layers/posts").json["schema"]["zh"]["properties"]["people"]["x-unit"] == "persons"
    assert planner_program.get("/api/v1/layers/nothing").status_code == 404


def test_figures_of_a_layer_follow_each_write(planner_program: Program) -> None:
    for count in (1, 2, 3):
        planner_program.post(POSTS, post())
        assert planner_program.get("/api/v1/layers/posts").json["count"] == count


def test_feed_goes_on_from_its_cursor(planner_program: Program) -> None:
    start = planner_program.get("/api/v1/changes").json
    assert (start["items"], start["reset"]) == ([], False)
    made = planner_program.post(POSTS, post()).json
    planner_program.ask("PATCH", f"{POSTS}/{made['id']}", {"properties": {"people": 3}}, If_Match='"1"')
    feed = planner_program.get(f"/api/v1/changes?after={start['cursor']}").json
    assert [(one["layer"], one["features"][0]["op"], one["features"][0]["id"]) for one in feed["items"]] == [
        ("posts", "insert", made["id"]), ("posts", "update", made["id"])]
    assert feed["items"][0]["features"][0]["bbox"] == [109.8, 40.6, 109.8, 40.6]
    assert planner_program.get(f"/api/v1/changes?after={feed['cursor']}").json["items"] == []
    one = planner_program.get(f"/api/v1/changes?after={start['cursor']}&limit=1").json
    assert len(one["items"]) == 1
    assert planner_program.get("/api/v1/changes?after=nonsense!").status_code == 422
    assert planner_program.get("/api/v1/changes?layers=nothing").status_code == 404


def test_tile_is_not_sent_again_until_its_layer_changes(planner_program: Program) -> None:
    planner_program.post(POSTS, post())
    first = planner_program.get(TILE)
    assert (first.status_code, first.mimetype) == (200, "application/vnd.mapbox-vector-tile")
    assert first.data
    again = planner_program.get(TILE, If_None_Match=first.headers["ETag"])
    assert (again.status_code, again.data) == (304, b"")
    planner_program.post("/api/v1/layers/works/features", {"type": "Feature", "properties": {}, "geometry": {"type": "Point", "coordinates": [109.8, 40.6]}})
    assert planner_program.get(TILE, If_None_Match=first.headers["ETag"]).status_code == 304
    planner_program.post(POSTS, post(lon=109.81))
    fresh = planner_program.get(TILE + "?v=2", If_None_Match=first.headers["ETag"])
    assert fresh.status_code == 200
    assert fresh.data != first.data


def test_tile_stays_good_while_changes_are_elsewhere(planner_program: Program) -> None:
    planner_program.post(POSTS, post())
    first = planner_program.get(TILE)
    planner_program.post(POSTS, post(code="far", lon=109.5))
    again = planner_program.get(TILE, If_None_Match=first.headers["ETag"])
    assert again.status_code == 304
    assert again.headers["Onemap-Version"] != first.headers["Onemap-Version"]


def test_tile_is_kept_for_good_only_under_its_present_token(planner_program: Program) -> None:
    planner_program.post(POSTS, post())
    token = planner_program.get("/api/v1/layers/posts").json["token"]
    for v, good in (("", False), (f"?v={token[:8]}", True), (f"?v={token}", True), (f"?v={token[:7]}", False), ("?v=00000000", False)):
        kept = planner_program.get(TILE + v).headers["Cache-Control"]
        assert kept == ("private, max-age=31536000, immutable" if good else "private, no-cache"), v
    planner_program.post(POSTS, post(code="next"))
    answer = planner_program.get(f"{TILE}?v={token[:8]}")
    assert answer.headers["Cache-Control"] == "private, no-cache", "an address of the past gets the present, for now"
    assert "Cookie" in answer.headers["Vary"] and "Authorization" in answer.headers["Vary"], "another reader gets his own"


def test_large_tile_comes_packed_to_those_who_unpack(planner_program: Program) -> None:
    for number in range(60):
        planner_program.post(POSTS, post(code=f"p{number}", lon=109.8 + number / 1000))
    plain, packed = planner_program.get(TILE, Accept_Encoding="identity"), planner_program.get(TILE, Accept_Encoding="gzip, br")
    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data) == plain.data
    assert len(packed.data) < len(plain.data)


@pytest.mark.parametrize(("path", "status"), [
    ("posts/tiles/WebMercatorQuad/0/0/0", 200), ("posts/tiles/WebMercatorQuad/0/1/0", 404), ("posts/tiles/WebMercatorQuad/23/0/0", 404),
    ("posts/tiles/WebMercatorQuad/99999/0/0", 404), ("notes/tiles/WebMercatorQuad/0/0/0", 404), ("nothing/tiles/WebMercatorQuad/0/0/0", 404),
    ("posts/tiles/Other/0/0/0", 404), ("posts/tiles/WebMercatorQuad/0/0/-1", 404), ("posts/tiles/WebMercatorQuad/0/0/0?style=x", 400), ("posts/tiles", 200),
    ("posts/tiles/WebMercatorQuad", 200),
])
def test_tiles_outside_the_matrix_are_not_found(planner_program: Program, path: str, status: int) -> None:
    assert planner_program.get(f"/ogc/collections/{path}").status_code == status


def test_what_is_written_in_a_drill_is_not_in_live(program: Callable[[Role], Program], planner_program: Program) -> None:
    controller = program(Role.DRILL_CONTROLLER)
    made = planner_program.post(POSTS, post(code="A1")).json
    opened = controller.post("/api/v1/drills", {"name": "泄漏演练"})
    assert opened.status_code == 201, opened.text
    drill = opened.json
    space = f"/spaces/{drill['id']}"
    assert opened.headers["Location"] == drill["url"] == space + "/"
    area = {"type": "Feature", "properties": {"name": "扩散区", "kind": "leak"}, "geometry": {
        "type": "Polygon", "coordinates": [[[109.8, 40.6], [109.9, 40.6], [109.9, 40.7], [109.8, 40.6]]]}}
    assert controller.post("/api/v1/layers/scenario_areas/features", area).status_code == 403
    assert controller.post(space + "/api/v1/layers/scenario_areas/features", area).status_code == 201
    inside = controller.post(space + POSTS, post(code="D1", name="演练点"))
    assert inside.status_code == 201, inside.text
    assert inside.headers["Location"].startswith(space + "/api/v1/")
    assert controller.ask("DELETE", f"{space}{POSTS}/{made['id']}?reason=x", If_Match='"1"').status_code == 204
    assert [one["properties"]["code"] for one in controller.get(space + POSTS).json["features"]] == ["D1"]
    assert [one["properties"]["code"] for one in controller.get(POSTS).json["features"]] == ["A1"]
    assert controller.get("/api/v1/layers/scenario_areas/features").json["numberMatched"] == 0
    found = controller.get(f"{space}/api/v1/nearest?lon=109.8&lat=40.6&layers=posts").json["features"]
    assert [one["properties"]["code"] for one in found] == ["D1"]
    assert controller.get(f"{space}/api/v1/search?q=演练点").json["results"][0]["title"] == "演练点"
    assert controller.get("/api/v1/search?q=演练点").json["results"] == []
    assert controller.get(f"{space}/ogc/collections/posts/items").json["links"][0]["href"].startswith(f"http://localhost{space}/ogc/")
    assert controller.post(f"/api/v1/drills/{drill['id']}/reset", None).status_code == 200
    assert [one["properties"]["code"] for one in controller.get(space + POSTS).json["features"]] == ["A1"]
    assert [one["id"] for one in controller.get("/api/v1/drills").json["drills"]] == [drill["id"]]
    closed = controller.post(f"/api/v1/drills/{drill['id']}/close", None)
    assert closed.json["closed_at"]
    assert controller.get(space + POSTS).status_code == 404
    assert controller.get("/api/v1/drills").json["drills"] == []
    assert [one["id"] for one in controller.get("/api/v1/drills?closed=true").json["drills"]] == [drill["id"]]


@pytest.mark.parametrize("path", ["/api/v1/layers/posts/features", "/api/v1/nearest?lon=109.8&lat=40.6&layers=posts", "/api/v1/changes",
                                  "/api/v1/nearest?lon=109.8&lat=40.6&layers=posts&filter=people%3E1"])
def test_a_drill_closed_while_a_request_is_under_way_is_not_found(path: str, database: Database, program: Callable[[Role], Program],
                                                                  monkeypatch: pytest.MonkeyPatch) -> None:
    controller = program(Role.DRILL_CONTROLLER)
    drill = controller.post("/api/v1/drills", {"name": "演练"}).json["id"]
    assert controller.get(path).status_code == 200  # of live: in the drill nothing is kept that could answer for the moment before it closed
    found = Database.standing

    def closed_at_once(self: Database, space_id: str = "live") -> tuple[Space, Standing]:
        space, standing = found(self, space_id)
        if space.is_drill:
            self.close_drill(drill, Actor("c", frozenset({Role.DRILL_CONTROLLER})))
        return space, standing

    monkeypatch.setattr(Database, "standing", closed_at_once)
    refused = controller.get(f"/spaces/{drill}{path}")
    assert (refused.status_code, refused.json["code"]) == (404, "space-not-found")


def test_only_drill_controllers_open_drills(planner_program: Program, viewer_program: Program) -> None:
    for one in (planner_program, viewer_program):
        assert one.post("/api/v1/drills", {"name": "x"}).status_code == 403
        assert one.get("/api/v1/drills").status_code == 200
    assert planner_program.get("/spaces/nothing/api/v1/layers").status_code == 404


@pytest.mark.parametrize("body", [{}, {"name": ""}, {"name": "x" * 101}, {"name": 5}, {"name": "x", "more": 1}, []])
def test_drill_needs_a_name(program: Callable[[Role], Program], body: Any) -> None:
    assert program(Role.DRILL_CONTROLLER).post("/api/v1/drills", body).status_code == 422
