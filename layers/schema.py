"""A layer as JSON Schema (2020-12): for the form, the OGC queryables, the OpenAPI document and the docs."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from layers.spec import Field, Layer, Sensitivity
from layers.units import unit_label
from layers.values import MAX_INTEGER

DRAFT = "https://json-schema.org/draft/2020-12/schema"

_TYPES: Mapping[type, dict[str, Any]] = {
    str: {"type": "string"},
    int: {"type": "integer"},
    float: {"type": "number"},
    bool: {"type": "boolean"},
    date: {"type": "string", "format": "date"},
    datetime: {"type": "string", "format": "date-time"},
}


def json_schema(layer: Layer, language: str = "zh") -> dict[str, Any]:
    """The schema of a feature's properties, with words in one language.

    Every property may be null (unknown) unless it is required. Beyond JSON Schema a property may say `x-unit` and its
    words `x-unit-label`, `x-choices` (value and words in both languages), `x-measure`, `x-sensitivity` and `x-reference`.
    """
    schema: dict[str, Any] = {
        "$schema": DRAFT,
        "type": "object",
        "title": layer.label.in_language(language),
        "x-layer": layer.id,
        "x-geometry": layer.geometry.value,
        "properties": {field.id: _read_only(layer, field, field_schema(field, language)) for field in layer.all_fields},
        "required": [field.id for field in layer.all_fields if field.required],
        "additionalProperties": False,
    }
    if layer.description:
        schema["description"] = layer.description.in_language(language)
    return schema


def _read_only(layer: Layer, field: Field, value: dict[str, Any]) -> dict[str, Any]:
    return {**value, "readOnly": True} if layer.ledger and field.id in layer.ledger.kept else value


def field_schema(field: Field, language: str = "zh") -> dict[str, Any]:
    """The schema of one field's value."""
    value = _value_schema(field)
    if not field.required:
        value = _or_null(value)
    value["title"] = field.label.in_language(language)
    if field.description:
        value["description"] = field.description.in_language(language)
    if field.unit:
        value["x-unit"] = field.unit
        value["x-unit-label"] = unit_label(field.unit).in_language(language)
    if field.choices:
        value["x-choices"] = [{"value": one.value, "label": {"zh": one.label.zh, "en": one.label.en}} for one in field.choices]
    if field.counts_as:
        value["x-measure"] = field.counts_as.value
    if field.sensitivity is not Sensitivity.PUBLIC:
        value["x-sensitivity"] = field.sensitivity.value
    if field.reference:
        value["x-reference"] = field.reference
    return value


def _value_schema(field: Field) -> dict[str, Any]:
    value = dict(_TYPES[field.type])
    if field.choices:
        value["enum"] = [choice.value for choice in field.choices]
    elif field.reference:
        value["format"] = "uuid"
    elif field.type is str:
        value["maxLength"] = field.max_length
        if field.required:
            value["minLength"] = 1
    if field.minimum is not None:
        value["minimum"] = field.minimum
    if field.maximum is not None:
        value["maximum"] = field.maximum
    if field.type is int and not field.choices:
        value.setdefault("minimum", -MAX_INTEGER)
        value.setdefault("maximum", MAX_INTEGER)
    return {"type": "array", "items": value, "uniqueItems": True} if field.many else value


def _or_null(value: dict[str, Any]) -> dict[str, Any]:
    nullable = value | {"type": [value["type"], "null"]}
    return nullable | {"enum": [*value["enum"], None]} if "enum" in value else nullable
