"""What a request may not say: kinds are kept strictly, and every refusal is a sentence of ours in the reader's language."""

from __future__ import annotations

import importlib
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from app import api
from app.api.features import FeatureBody, PatchBody
from app.api.operation import Body, Parameters, problems_of
from layers.messages import message, remedy
from layers.spec import Role
from tests.app.api.conftest import Program, post

for blueprint in api.BLUEPRINTS:
    importlib.import_module(blueprint)  # every model is declared once its blueprint is imported
POINT = {"type": "Point", "coordinates": [109.8, 40.6]}
ZONE = {"geometry": POINT, "buffer_m": 1000, "layers": ["posts"]}


@pytest.mark.parametrize(("path", "body", "pointer", "code"), [
    ("exposure", {**ZONE, "buffer_m": True}, "/buffer_m", "request-not-number"),
    ("exposure", {**ZONE, "buffer_m": "5"}, "/buffer_m", "request-not-number"),
    ("exposure", {**ZONE, "features": "no"}, "/features", "request-not-truth"),
    ("nearest", {"lon": 109.8, "lat": True}, "/lat", "request-not-number"),
    ("nearest", {"lon": 109.8, "lat": 40.6, "k": "3"}, "/k", "request-not-whole"),
    ("nearest", {"lon": 109.8, "lat": 40.6, "layers": [1]}, "/layers/0", "request-not-text"),
    ("changesets", {"changes": [{"op": "delete", "layer": "posts", "id": "x", "version": 1}]}, "/changes/0/id", "request-not-uuid"),
    ("changesets", {"changes": [{"op": "insert", "layer": "posts", "version": "1"}]}, "/changes/0/version", "request-not-whole"),
    ("layers/posts/features", {**post(), "type": 1}, "/type", "request-not-text"),
    ("exposure", {**ZONE, "geometry": {"type": "Point", "coordinates": [109.8, 91.0]}}, "/geometry", "zone-out-of-range"),
    ("exposure", {**ZONE, "filter": "nonsense = 1"}, "/filter", "filter-field-unknown"),
    ("exposure", {**ZONE, "buffer_m": 50_001}, "/buffer_m", "request-out-of-range"),
])
def test_a_body_is_read_to_the_letter_and_the_pointer_is_its_own(planner_program: Program, path: str, body: Any, pointer: str, code: str) -> None:
    answer = planner_program.post(f"/api/v1/{path}", body)
    assert answer.status_code == 422, answer.text
    assert [(one["pointer"], one["code"]) for one in answer.json["errors"]] == [(pointer, code)]


def test_a_drill_is_not_named_by_a_number(program: Any) -> None:
    answer = program(Role.DRILL_CONTROLLER).post("/api/v1/drills", {"name": 5})
    assert (answer.status_code, answer.json["errors"][0]["code"]) == (422, "request-not-text")


def test_whole_numbers_do_for_metres_and_lists_and_ids_are_read(planner_program: Program) -> None:
    assert planner_program.post("/api/v1/exposure", ZONE).status_code == 200
    made = planner_program.post("/api/v1/layers/posts/features", post()).json
    change = {"op": "patch", "layer": "posts", "id": made["id"], "version": 1, "properties": {"people": 3}}
    assert planner_program.post("/api/v1/changesets", {"changes": [change]}).status_code == 200


@pytest.mark.parametrize(("query", "pointer"), [
    ("lon=10_9.8&lat=40.6", "/query/lon"), ("lon=１０９.8&lat=40.6", "/query/lon"), ("lon=109.8&lat=40.6&k=1_0", "/query/k"), ("lon=109.8&lat=0x2", "/query/lat"),
    ("lon=109.8&lat=40.6&filter=nonsense%3D1&layers=posts", "/query/filter"), ("lon=109.8&lat=40.6&layers=notes", "/query/layers"),
])
def test_a_query_takes_plain_numbers_and_the_pointer_is_its_own(planner_program: Program, query: str, pointer: str) -> None:
    answer = planner_program.get(f"/api/v1/nearest?{query}")
    assert answer.status_code in (400, 422)
    assert answer.json["errors"][0]["pointer"] == pointer


def test_a_radius_too_large_is_said_in_chinese_with_its_bound(planner_program: Program) -> None:
    answer = planner_program.post("/api/v1/exposure", {**ZONE, "buffer_m": 60_000}, Accept_Language="zh")
    assert answer.json["errors"][0]["message"] == "「buffer_m」超出范围，应 ≤ 50000"


def _models(kind: type[BaseModel]) -> Iterator[type[BaseModel]]:
    for one in kind.__subclasses__():
        if one.__module__.startswith("app."):
            yield one
            yield from _models(one)


WRONG: tuple[Any, ...] = (None, True, "x", "", "x" * 6000, -1e12, 1e12, 1.5, float("nan"), [], ["x"] * 1200, [1.0] * 9, {}, {"a": 1}, [{"op": 1}], "1,2", "9,9,1,1")
MODELS = sorted({*_models(Parameters), *_models(Body), FeatureBody, PatchBody}, key=lambda one: one.__name__)


@pytest.mark.parametrize("model", MODELS, ids=lambda one: one.__name__)
def test_no_foreign_english_is_in_any_refusal(model: type[BaseModel]) -> None:
    """Every declared value is given all that it may not be; what is said in Chinese has no run of English words."""
    names = [one.alias or name for name, one in model.model_fields.items()]
    seen = 0
    for given in [{}, {"nonsense": 1}, *({name: wrong} for name in names for wrong in WRONG)]:
        try:
            if issubclass(model, Parameters) and not issubclass(model, Body):
                model.model_validate(given)
            else:
                model.model_validate_json(json.dumps(given))
        except ValidationError as error:
            for problem in problems_of(error, "", model):
                seen += 1
                said = message(problem.code, {**problem.values, "known": ""}, "zh") + (remedy(problem.code, {**problem.values, "known": ""}, "zh") or "")
                assert problem.code != "request-not-understood", error
                assert "?" not in said and not re.search(r"[A-Za-z]{2,} [A-Za-z]{2,}", said), said
    assert seen or not names
