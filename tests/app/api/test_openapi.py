"""The OpenAPI document is whole, can be read without a script, and no request made from it breaks the service."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from typing import Any

import jsonschema_rs
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.generation import GenerationMode

from layers.spec import Role
from tests.app.api.conftest import Program, post

EXAMPLES = int(os.environ.get("API_EXAMPLES", "8"))  # for each operation; the long run of bars.md E1 sets it to 400


@pytest.fixture
def document(planner_program: Program) -> Any:
    return planner_program.get("/api/v1/openapi.json").json


def test_document_describes_every_data_route(planner_program: Program, document: Any) -> None:
    app = planner_program.client.application
    routes = {re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule) for rule in app.url_map.iter_rules()
              if rule.rule.startswith(("/api/v1/", "/ogc")) and hasattr(app.view_functions[rule.endpoint], "operation")}
    assert routes == set(document["paths"])
    for path in ("/api/v1/nearest", "/api/v1/exposure", "/api/v1/layers/{layer_id}/features/{feature_id}", "/api/v1/changesets", "/api/v1/search", "/api/v1/drills"):
        assert path in document["paths"]


def test_every_schema_in_it_is_a_schema(document: Any) -> None:
    for name, schema in document["components"]["schemas"].items():
        jsonschema_rs.validator_for({**schema, "components": document["components"]}), name


def test_answers_are_as_described(planner_program: Program, document: Any) -> None:
    planner_program.post("/api/v1/layers/posts/features", post(people=3))

    def described(method: str, path: str, status: int = 200) -> jsonschema_rs.Validator:
        (content,) = document["paths"][path][method]["responses"][str(status)]["content"].values()
        return jsonschema_rs.validator_for({**content["schema"], "components": document["components"]})

    for path, asked in {
        "/api/v1/layers": "/api/v1/layers", "/api/v1/layers/{layer_id}": "/api/v1/layers/posts", "/api/v1/layers/{layer_id}/features": "/api/v1/layers/posts/features",
        "/api/v1/nearest": "/api/v1/nearest?lon=109.8&lat=40.6", "/api/v1/search": "/api/v1/search?q=哨", "/api/v1/changes": "/api/v1/changes",
        "/ogc/collections/{layer_id}/items": "/ogc/collections/posts/items", "/api/v1/drills": "/api/v1/drills",
    }.items():
        answer = planner_program.get(asked)
        assert answer.status_code == 200
        described("get", path).validate(answer.json)
    exposure = planner_program.post("/api/v1/exposure", {"geometry": {"type": "Point", "coordinates": [109.8, 40.6]}, "buffer_m": 500})
    described("post", "/api/v1/exposure").validate(exposure.json)


def test_docs_page_has_every_operation_and_no_script(planner_program: Program, document: Any) -> None:
    page = planner_program.get("/api/v1/docs")
    assert page.status_code == 200, page.text
    assert "<script" not in page.text and " style=" not in page.text and " on" + "click" not in page.text
    assert not re.search(r"(src|href)=\"https?:", page.text)
    for path, methods in document["paths"].items():
        assert f"<code>{path}</code>" in page.text
        for one in methods.values():
            assert one["summary"] in page.text
    assert "Nearest features" in planner_program.get("/api/v1/docs?lang=en").text


@pytest.mark.usefixtures("queue")
def test_no_request_made_from_the_document_breaks_the_service(program: Callable[..., Program]) -> None:
    everyone = program(Role.PLANNER, Role.DRILL_CONTROLLER)
    everyone.post("/api/v1/layers/posts/features", post())
    headers = {"Authorization": f"Bearer {everyone.token}"}
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", everyone.client.application, headers=headers)
    broken = []
    for result in schema.get_all_operations():
        operation = result.ok()

        _asked(operation, lambda case: broken.extend(_broken(case, case.call(headers=headers))))
    assert not broken, broken[:3]


def _broken(case: Any, response: Any) -> list[tuple[str, str]]:
    return [(case.as_curl_command()[:300], response.text[:300])] if response.status_code >= 500 else []


def _asked(operation: Any, ask: Callable[[Any], None]) -> None:
    """Put requests as described, and requests that break the description, to `ask`."""
    good, bad = (operation.as_strategy(generation_mode=mode) for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE))

    @settings(max_examples=EXAMPLES, deadline=None, database=None, derandomize=True, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    @given(case=st.one_of(good, bad))
    def each(case: Any) -> None:
        ask(case)

    each()


def test_every_post_that_makes_something_takes_a_key(planner_program: Program) -> None:
    document = planner_program.get("/api/v1/openapi.json").json
    asks = re.compile(r"/api/v1/(exposure|nearest|needs|shelter-plan(/export)?|domino|coverage(/export)?|roads/[a-z-]+|print|shapes/\w+|audit/verification|layers/[^/]+/export(/preview)?)$")  # questions with a body
    # An upload announced twice is an empty one that is swept. One drill, which cannot be ended twice; each look at a masked value is a look; a name can be taken by one account, or one token, only, and a secret told once is kept under no key.
    acts = re.compile(r"/api/v1/(uploads|drills/[^/]+/(reset|close)|layers/.*/reveal|accounts.*|sessions.*|me/(password|tokens))$")
    for path, operations in document["paths"].items():
        post = operations.get("post")
        if post is None or asks.search(path) or acts.search(path):
            continue
        named = {one.get("name") for one in post["parameters"]}
        assert "Idempotency-Key" in named, path
