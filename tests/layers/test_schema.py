"""A layer as JSON Schema agrees with what checking admits."""

from __future__ import annotations

import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from layers.catalogue import CATALOGUE
from layers.schema import json_schema
from layers.spec import Layer

EVERY_LAYER = pytest.mark.parametrize("layer", CATALOGUE.values(), ids=lambda layer: layer.id)


@EVERY_LAYER
@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_layer_is_a_proper_schema_with_words(layer: Layer, language: str) -> None:
    schema = json_schema(layer, language)
    Draft202012Validator.check_schema(schema)
    assert json.loads(json.dumps(schema)) == schema
    assert list(schema["properties"]) == [field.id for field in layer.all_fields]
    assert all(schema["properties"][field.id]["title"] == field.label.in_language(language) for field in layer.all_fields)


@pytest.mark.parametrize(("value", "fits"), [
    ({"name": "x"}, True), ({"name": None}, False), ({}, False), ({"name": ""}, False), ({"name": "x", "capacity": None}, True),
    ({"name": "x", "capacity": -1}, False), ({"name": "x", "capacity": 1.5}, False), ({"name": "x", "status": "open"}, True),
    ({"name": "x", "status": None}, True), ({"name": "x", "status": "启用"}, False), ({"name": "x", "suits": ["flood"]}, True),
    ({"name": "x", "suits": ["tsunami"]}, False), ({"name": "x", "colour": 1}, False),
])
def test_the_schema_admits_typed_values_only(value: dict[str, Any], fits: bool) -> None:
    assert Draft202012Validator(json_schema(CATALOGUE["shelters"])).is_valid(value) is fits


def test_the_schema_carries_what_a_form_needs() -> None:
    capacity = json_schema(CATALOGUE["shelters"])["properties"]["capacity"]
    assert (capacity["x-unit"], capacity["x-unit-label"], capacity["x-measure"]) == ("persons", "人", "capacity")
    phone = json_schema(CATALOGUE["shelters"])["properties"]["phone"]
    assert phone["x-sensitivity"] == "personal"
    status = json_schema(CATALOGUE["shelters"])["properties"]["status"]
    assert status["x-choices"][0] == {"value": "open", "label": {"zh": "已启用", "en": "Open"}}
    assert json_schema(CATALOGUE["supplies"])["properties"]["depot"]["x-reference"] == "depots"
