"""A layer kept in a row comes back as the same value."""

from __future__ import annotations

import json
from dataclasses import fields, replace

import pytest

from layers.catalogue import CATALOGUE
from layers.rules import rule_names
from layers.serial import field_from_json, field_to_json, layer_from_json, layer_to_json
from layers.spec import Field, Layer, Style


@pytest.mark.parametrize("layer", CATALOGUE.values(), ids=lambda layer: layer.id)
def test_a_layer_survives_json(layer: Layer) -> None:
    assert layer_from_json(json.loads(json.dumps(layer_to_json(layer)))) == layer


def test_nothing_a_layer_a_field_or_a_style_has_is_forgotten() -> None:
    written = layer_to_json(CATALOGUE["shelters"])
    assert set(written) == {one.name for one in fields(Layer)}
    assert set(written["style"]) == {one.name for one in fields(Style)}
    assert set(written["fields"][0]) == {one.name for one in fields(Field)}


def test_a_layer_that_differs_in_one_field_is_not_equal() -> None:
    shelters = CATALOGUE["shelters"]
    changed = replace(shelters, fields=(replace(shelters.fields[0], max_length=41), *shelters.fields[1:]))
    assert layer_from_json(layer_to_json(changed)) != shelters
    assert hash(changed) == hash(shelters)  # equal hashes must not make them equal in a cache


def test_a_cache_by_layer_does_not_answer_for_the_older_definition() -> None:
    from layers.checking import clean

    shelters = CATALOGUE["shelters"]
    longer = replace(shelters, fields=(replace(shelters.fields[0], max_length=60), *shelters.fields[1:]))
    assert clean(shelters, {"code": "x" * 50})[1] and not clean(longer, {"code": "x" * 50})[1]


def test_a_rule_that_is_not_known_is_refused() -> None:
    written = layer_to_json(CATALOGUE["shelters"]) | {"rules": ["os_system"]}
    with pytest.raises(KeyError):
        layer_from_json(written)
    assert "os_system" not in rule_names()


def test_a_field_written_with_defaults_only_is_read() -> None:
    field = field_from_json({"id": "beds", "label": {"zh": "床位", "en": "Beds"}, "type": "integer"})
    assert field_from_json(field_to_json(field)) == field
