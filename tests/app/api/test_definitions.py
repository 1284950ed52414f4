"""A layer made from a file is changed over HTTP, from the version that was read."""

from __future__ import annotations

from layers.spec import OPERATOR, Family, Field, Geometry, Label, Layer, Style
from tests.app.api.conftest import Program

BORES = Layer("bores", Label("井", "Bores"), Geometry.POINT, (Field("code", Label("编号", "Code")), Field("rk", Label("rk", "rk"), int)), Style(Family.BASE), key="code")
ADDRESS = "/api/v1/layers/bores/definition"


def test_a_definition_is_read_and_changed(planner_program: Program, viewer_program: Program, database: object) -> None:
    database.space("live").create_layer(BORES, OPERATOR)  # type: ignore[attr-defined]
    read = planner_program.get(ADDRESS)
    assert read.status_code == 200 and read.headers["ETag"] == '"1"' and read.json["definition"]["label"]["zh"] == "井"
    wanted = {"label": {"zh": "机井", "en": "Wells"}, "title": "code", "ranked": True, "fields": {"rk": {"label": {"zh": "人口", "en": "People"}, "counts_as": "people", "unit": "persons"}}}
    assert planner_program.ask("PATCH", ADDRESS, wanted).status_code == 428
    assert viewer_program.ask("PATCH", ADDRESS, wanted, If_Match='"1"').status_code == 403
    done = planner_program.ask("PATCH", ADDRESS, wanted, If_Match='"1"')
    assert done.status_code == 200 and done.headers["ETag"] == '"2"', done.text
    layer = planner_program.get("/api/v1/layers/bores").json
    field = next(one for one in layer["fields"] if one["id"] == "rk")
    assert (layer["label"]["zh"], layer["title"], layer["ranked"]) == ("机井", "code", True) and (field["label"]["zh"], field["counts_as"], field["unit"], field["type"]) == ("人口", "people", "persons", "integer")
    assert planner_program.ask("PATCH", ADDRESS, {"ranked": False}, If_Match='"1"').status_code == 412
    assert planner_program.ask("PATCH", ADDRESS, {"fields": {"rk": {"counts_as": None}}}, If_Match='"2"').json["definition"]["fields"][1]["counts_as"] is None
    for wrong in ({"fields": {"rk": {"type": "text"}}}, {"geometry": "none"}, {"fields": {"nowhere": {"unit": "m"}}}):
        assert planner_program.ask("PATCH", ADDRESS, wrong, If_Match='"3"').status_code == 422, wrong
    assert planner_program.ask("PATCH", "/api/v1/layers/posts/definition", {"ranked": False}, If_Match='"1"').status_code == 409
