"""A layer made from a file is changed over HTTP, from the version that was read."""

from __future__ import annotations

from collections.abc import Callable

from layers.spec import OPERATOR, Family, Field, Geometry, Label, Layer, Role, Style
from tests.app.api.conftest import Program

BORES = Layer("bores", Label("井", "Bores"), Geometry.POINT, (Field("code", Label("编号", "Code")), Field("rk", Label("rk", "rk"), int)), Style(Family.BASE), key="code")
ADDRESS = "/api/v1/layers/bores/definition"


def test_a_definition_is_read_and_changed(program: Callable[..., Program], planner_program: Program, viewer_program: Program, database: object) -> None:
    staff = program(Role.GIS_STAFF)
    database.space("live").create_layer(BORES, OPERATOR)  # type: ignore[attr-defined]
    read = planner_program.get(ADDRESS)
    assert read.status_code == 200 and read.headers["ETag"] == '"1"' and read.json["definition"]["label"]["zh"] == "井"
    wanted = {"label": {"zh": "机井", "en": "Wells"}, "title": "code", "ranked": True, "fields": {"rk": {"label": {"zh": "人口", "en": "People"}, "counts_as": "people", "unit": "persons"}}}
    assert staff.ask("PATCH", ADDRESS, wanted).status_code == 428
    assert viewer_program.ask("PATCH", ADDRESS, wanted, If_Match='"1"').status_code == 403
    assert planner_program.ask("PATCH", ADDRESS, wanted, If_Match='"1"').status_code == 403, "GIS staff only"
    done = staff.ask("PATCH", ADDRESS, wanted, If_Match='"1"')
    assert done.status_code == 200 and done.headers["ETag"] == '"2"', done.text
    layer = planner_program.get("/api/v1/layers/bores").json
    field = next(one for one in layer["fields"] if one["id"] == "rk")
    assert (layer["label"]["zh"], layer["title"], layer["ranked"]) == ("机井", "code", True) and (field["label"]["zh"], field["counts_as"], field["unit"], field["type"]) == ("人口", "people", "persons", "integer")
    assert staff.ask("PATCH", ADDRESS, {"ranked": False}, If_Match='"1"').status_code == 412
    assert staff.ask("PATCH", ADDRESS, {"fields": {"rk": {"counts_as": None}}}, If_Match='"2"').json["definition"]["fields"][1]["counts_as"] is None
    for wrong in ({"fields": {"rk": {"type": "text"}}}, {"geometry": "none"}, {"fields": {"nowhere": {"unit": "m"}}}):
        assert staff.ask("PATCH", ADDRESS, wrong, If_Match='"3"').status_code == 422, wrong
    assert staff.ask("PATCH", "/api/v1/layers/posts/definition", {"ranked": False}, If_Match='"1"').status_code == 409


def test_fields_are_added_retired_and_brought_back_and_the_layer_removed_and_restored(program: Callable[..., Program], planner_program: Program, database: object) -> None:
    staff = program(Role.GIS_STAFF)
    database.space("live").create_layer(BORES, OPERATOR)  # type: ignore[attr-defined]
    feature = {"type": "Feature", "geometry": {"type": "Point", "coordinates": [109.8, 40.6]}, "properties": {"code": "1", "rk": 7}}
    assert planner_program.post("/api/v1/layers/bores/features", feature).status_code == 201
    added = {"added": [{"label": {"zh": "水质", "en": "Quality"}, "type": "text", "choices": [{"value": "good", "label": {"zh": "好", "en": "Good"}}]}, {"id": "depth", "label": {"zh": "井深", "en": "Depth"}, "type": "number", "unit": "m"}],
             "style": {"family": "resource", "symbol": "depot", "label_zoom": 10}, "reason": "要记水质"}
    done = staff.ask("PATCH", ADDRESS, added, If_Match='"1"')
    assert done.status_code == 200, done.text
    assert [one["id"] for one in done.json["definition"]["fields"]] == ["code", "rk", "shui_zhi", "depth"] and done.json["definition"]["style"]["symbol"] == "depot"
    layer = planner_program.get("/api/v1/layers/bores").json
    assert layer["version"] == 2, "who keeps tiles or pages of it looks again"
    found = planner_program.get("/ogc/collections/bores/items").json["features"][0]
    changed = planner_program.ask("PATCH", f"/api/v1/layers/bores/features/{found['id']}", {"properties": {"shui_zhi": "good", "depth": 31.5}}, If_Match='"1"')
    assert changed.status_code == 200 and changed.json["properties"]["shui_zhi"] == "good", changed.text
    assert planner_program.ask("PATCH", f"/api/v1/layers/bores/features/{found['id']}", {"properties": {"shui_zhi": "bad"}}, If_Match='"2"').status_code == 422
    retired = staff.ask("PATCH", ADDRESS, {"fields": {"rk": {"retired": True}}}, If_Match='"2"')
    assert [one["id"] for one in retired.json["definition"]["retired"]] == ["rk"]
    assert "rk" not in planner_program.get("/ogc/collections/bores/items").json["features"][0]["properties"]
    assert [one["id"] for one in staff.ask("PATCH", ADDRESS, {"fields": {"rk": {"retired": False}}}, If_Match='"3"').json["definition"]["fields"]] == ["code", "shui_zhi", "depth", "rk"]
    assert planner_program.get("/ogc/collections/bores/items").json["features"][0]["properties"]["rk"] == 7, "with what it held"
    assert planner_program.ask("DELETE", ADDRESS, {"reason": "不用了"}, If_Match='"4"').status_code == 403
    assert staff.ask("DELETE", ADDRESS, {"reason": " "}, If_Match='"4"').status_code == 422
    assert staff.ask("DELETE", ADDRESS, {"reason": "不用了"}, If_Match='"4"').json["removed"] is True
    assert planner_program.get("/api/v1/layers/bores").status_code == 404
    listed = planner_program.get("/api/v1/definitions").json["definitions"]
    assert [(one["id"], one["removed"], one["version"]) for one in listed] == [("bores", True, 5)]
    assert staff.ask("PATCH", ADDRESS, {"ranked": True}, If_Match='"5"').json["code"] == "layer-removed"
    assert staff.ask("PATCH", ADDRESS, {"removed": False, "reason": "还要"}, If_Match='"5"').json["removed"] is False
    assert planner_program.get("/ogc/collections/bores/items").json["features"][0]["properties"]["depth"] == 31.5
    told = planner_program.get(ADDRESS + "/history").json["entries"]
    assert [(one["version"], one["op"], one["reason"]) for one in told] == [(1, "insert", None), (2, "update", "要记水质"), (3, "update", None), (4, "update", None), (5, "update", "不用了"), (6, "update", "还要")]
    assert told[1]["changed"] == ["fields", "style"] and told[4]["changed"] == ["removed"]


def test_what_a_changed_definition_may_not_say_is_named(program: Callable[..., Program], database: object) -> None:
    staff = program(Role.GIS_STAFF)
    database.space("live").create_layer(BORES, OPERATOR)  # type: ignore[attr-defined]
    label = {"zh": "甲", "en": "A"}
    for wrong, code in (({"added": [{"id": "rk", "label": label, "type": "text"}]}, "field-taken"), ({"added": [{"id": "geom", "label": label, "type": "text"}]}, "field-taken"),
                        ({"fields": {"code": {"retired": True}}}, "field-carries"),
                        ({"style": {"symbol": "../../x"}}, "symbol-unknown"), ({"fields": {"rk": {"choices": [{"value": "x", "label": label}]}}}, "choice-unfit"),
                        ({"added": [{"id": "day", "label": label, "type": "date", "choices": [{"value": "x", "label": label}]}]}, "choices-need-text"),
                        ({"style": {"shade_by": "nowhere"}}, "unknown-field")):
        refused = staff.ask("PATCH", ADDRESS, wrong, If_Match='"1"')
        assert refused.status_code == 422 and [one["code"] for one in refused.json["errors"]] == [code], (wrong, refused.text)
    for odd in ({"label": label, "type": "blob"}, {"id": "Drop table", "label": label, "type": "text"}):
        assert staff.ask("PATCH", ADDRESS, {"added": [odd]}, If_Match='"1"').status_code == 422, odd
    assert staff.get(ADDRESS).json["version"] == 1
