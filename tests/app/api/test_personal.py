"""No reading tells a whole phone, whoever asks: a person's number comes by `reveal` alone."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from layers.spec import Role
from tests.app.api.conftest import Program, post

PHONE = "13812345678"
POSTS = "/api/v1/layers/posts/features"
READINGS = (
    POSTS, f"{POSTS}?fields=phone", f"{POSTS}/{{id}}", f"{POSTS}/{{id}}/history", "/ogc/collections/posts/items", "/ogc/collections/posts/items/{id}",
    "/api/v1/nearest?lon=109.8&lat=40.6&layers=posts", "/api/v1/search?q=哨", f"/api/v1/search?q={PHONE}", "/api/v1/changes?after=-", "/api/v1/layers/posts",
    "/ogc/collections/posts/tiles/WebMercatorQuad/10/387/824",
)


@pytest.mark.parametrize("role", [Role.VIEWER, Role.DUTY_OFFICER, Role.PLANNER, Role.GIS_STAFF, Role.DRILL_CONTROLLER])
def test_no_reading_tells_a_phone(program: Callable[..., Program], planner_program: Program, role: Role) -> None:
    made = planner_program.post(POSTS, post(code="A1", phone=PHONE)).json
    assert PHONE not in str(made), "nor the answer to who wrote it"
    planner_program.ask("PATCH", f"{POSTS}/{made['id']}", {"properties": {"phone": "13912345678"}}, If_Match='"1"')
    planner_program.ask("PATCH", f"{POSTS}/{made['id']}", {"properties": {"phone": PHONE}}, If_Match='"2"')
    reader = program(role)
    for path in READINGS:
        answer = reader.get(path.format(id=made["id"]))
        assert answer.status_code in (200, 204), path
        assert PHONE.encode() not in answer.data and b"13912345678" not in answer.data, path
    exposed = reader.post("/api/v1/exposure", {"geometry": {"type": "Point", "coordinates": [109.8, 40.6]}, "buffer_m": 5000, "layers": ["posts"]})
    assert exposed.status_code == 200 and PHONE not in exposed.text


@pytest.mark.parametrize("filter_text", ["phone = '13812345678'", "phone LIKE '138%'", "NOT phone IS NULL", "name = 'x' OR phone > '138'"])
def test_no_filter_finds_a_phone_out(program: Callable[..., Program], filter_text: str) -> None:
    for role in (Role.VIEWER, Role.PLANNER):
        reader = program(role)
        assert reader.get(f"{POSTS}?filter={filter_text}").status_code == 422
        assert reader.get(f"/ogc/collections/posts/items?filter={filter_text}").status_code in (400, 422)
        assert reader.get(f"/api/v1/nearest?lon=109.8&lat=40.6&layers=posts&filter={filter_text}").status_code == 422


def test_a_changeset_keeps_the_phone_that_comes_back_masked(program: Callable[..., Program], planner_program: Program) -> None:
    made = planner_program.post(POSTS, post(code="A1", phone=PHONE)).json
    whole = {**{name: value for name, value in made["properties"].items() if name not in ("version", "created_at", "created_by", "updated_at", "updated_by")}, "people": 9}
    change = {"op": "replace", "layer": "posts", "id": made["id"], "version": 1, "properties": whole, "geometry": made["geometry"]}
    done = planner_program.post("/api/v1/changesets", {"changes": [change], "reason": "核实"})
    assert done.status_code == 200, done.text
    shown = program(Role.DUTY_OFFICER).post(f"{POSTS}/{made['id']}/reveal", {"fields": ["phone"]})
    assert shown.json["values"] == {"phone": PHONE}
