"""A layer as JSON and back: how a layer made at run time is kept in a row."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from layers import network
from layers.chainage import Chainage
from layers.fitness import ZoneOf, unfit_from_json, unfit_to_json
from layers.ledger import ledger_from_json, ledger_to_json
from layers.parts import part_from_json, part_to_json
from layers.rules import rule_named
from layers.spec import (
    Action,
    Choice,
    Family,
    Field,
    FieldType,
    Geometry,
    Group,
    Label,
    Layer,
    Measure,
    Role,
    Sensitivity,
    Style,
)

TYPE_NAMES: Mapping[FieldType, str] = {str: "text", int: "integer", float: "number", bool: "boolean", date: "date", datetime: "datetime"}
_TYPES: Mapping[str, FieldType] = {name: one for one, name in TYPE_NAMES.items()}


def layer_to_json(layer: Layer) -> dict[str, Any]:
    """The layer as values that JSON can carry; rules by name."""
    return {
        "id": layer.id,
        "label": label_to_json(layer.label),
        "description": layer.description and label_to_json(layer.description),
        "geometry": layer.geometry.value,
        "geometry_sensitivity": layer.geometry_sensitivity.value,
        "group": layer.group.value,
        "key": layer.key,
        "title": layer.title,
        "summary": list(layer.summary),
        "ranked": layer.ranked,
        "exposed": layer.exposed,
        "drill_only": layer.drill_only,
        "far_reaching": layer.far_reaching,
        "ledger": layer.ledger and ledger_to_json(layer.ledger),
        "chainage": layer.chainage and {"of": list(layer.chainage.of), "start": layer.chainage.start, "end": layer.chainage.end,
                                        "along": layer.chainage.along, "same": list(layer.chainage.same)},
        "network": network.to_json(layer.network),
        "profiles": network.to_json(layer.profiles),
        "blocks": network.to_json(layer.blocks),
        "parts": [part_to_json(one) for one in layer.parts],
        "style": _style_to_json(layer.style),
        "rules": [rule.__name__ for rule in layer.rules],
        "out_of_service": [unfit_to_json(one) for one in layer.out_of_service],
        "zone_of": layer.zone_of and vars(layer.zone_of),
        "access": {action.value: sorted(role.value for role in roles) for action, roles in layer.access.items()},
        "fields": [field_to_json(field) for field in layer.fields],
        "retired": [field_to_json(field) for field in layer.retired],
    }


def layer_from_json(data: Mapping[str, Any]) -> Layer:
    """The layer that `layer_to_json` wrote; ValueError or KeyError if it is not one."""
    return Layer(
        id=data["id"],
        label=_label(data["label"]),
        description=_label(data["description"]) if data.get("description") else None,
        geometry=Geometry(data["geometry"]),
        geometry_sensitivity=Sensitivity(data.get("geometry_sensitivity", Sensitivity.PUBLIC)),
        group=Group(data["group"]),
        key=data.get("key"),
        title=data.get("title"),
        summary=tuple(data.get("summary", ())),
        ranked=data.get("ranked", False),
        exposed=data.get("exposed", False),
        drill_only=data.get("drill_only", False),
        far_reaching=data.get("far_reaching", False),
        ledger=ledger_from_json(data["ledger"]) if data.get("ledger") else None,
        chainage=_chainage(data.get("chainage")),
        network=network.network_from_json(data.get("network")),
        profiles=network.profiles_from_json(data.get("profiles")),
        blocks=network.blocks_from_json(data.get("blocks")),
        parts=tuple(part_from_json(one) for one in data.get("parts", ())),
        style=_style(data["style"]),
        rules=tuple(rule_named(name) for name in data.get("rules", ())),
        out_of_service=tuple(map(unfit_from_json, data.get("out_of_service", ()))),
        zone_of=ZoneOf(**data["zone_of"]) if data.get("zone_of") else None,
        access={Action(action): frozenset(Role(role) for role in roles) for action, roles in data["access"].items()},
        fields=tuple(field_from_json(field) for field in data["fields"]),
        retired=tuple(field_from_json(field) for field in data.get("retired", ())),
    )


def _chainage(data: Mapping[str, Any] | None) -> Chainage | None:
    return Chainage(tuple(data["of"]), data.get("start"), data.get("end"), data.get("along"), tuple(data.get("same") or ())) if data else None


def field_to_json(field: Field) -> dict[str, Any]:
    """The field as values that JSON can carry."""
    return {
        "id": field.id,
        "label": label_to_json(field.label),
        "type": TYPE_NAMES[field.type],
        "required": field.required,
        "minimum": field.minimum,
        "maximum": field.maximum,
        "max_length": field.max_length,
        "choices": [{"value": one.value, "label": label_to_json(one.label), "read_from": list(one.read_from)} for one in field.choices],
        "many": field.many,
        "unit": field.unit,
        "read_from": list(field.read_from),
        "counts_as": field.counts_as and field.counts_as.value,
        "sensitivity": field.sensitivity.value,
        "reference": field.reference,
        "description": field.description and label_to_json(field.description),
    }


def field_from_json(data: Mapping[str, Any]) -> Field:
    """The field that `field_to_json` wrote."""
    return Field(
        id=data["id"],
        label=_label(data["label"]),
        type=_TYPES[data["type"]],
        required=data.get("required", False),
        minimum=data.get("minimum"),
        maximum=data.get("maximum"),
        max_length=data.get("max_length", 500),
        choices=tuple(Choice(one["value"], _label(one["label"]), tuple(one.get("read_from", ()))) for one in data.get("choices", ())),
        many=data.get("many", False),
        unit=data.get("unit"),
        read_from=tuple(data.get("read_from", ())),
        counts_as=Measure(data["counts_as"]) if data.get("counts_as") else None,
        sensitivity=Sensitivity(data.get("sensitivity", Sensitivity.PUBLIC)),
        reference=data.get("reference"),
        description=_label(data["description"]) if data.get("description") else None,
    )


def label_to_json(label: Label) -> dict[str, str]:
    """The words in both languages."""
    return {"zh": label.zh, "en": label.en}


def _label(data: Mapping[str, str]) -> Label:
    return Label(data["zh"], data["en"])


def _style_to_json(style: Style) -> dict[str, Any]:
    return {
        "family": style.family.value,
        "symbol": style.symbol,
        "paint": style.paint,
        "shade_by": style.shade_by,
        "visible": style.visible,
        "min_zoom": style.min_zoom,
        "label_zoom": style.label_zoom,
        "order": style.order,
    }


def _style(data: Mapping[str, Any]) -> Style:
    return Style(**{**data, "family": Family(data["family"])})
