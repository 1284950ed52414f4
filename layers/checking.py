"""What a layer demands of a feature: the form, the API, the store and the loader all ask here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from uuid import UUID

from layers.entries import entry_problems
from layers.errors import Problem
from layers.messages import Sentence, declare
from layers.shapes import check_geometry
from layers.spec import SYSTEM_COLUMNS, Label, Layer
from layers.values import Reader, Unreadable, reader


@dataclass(frozen=True)
class _Plan:
    """What is worked out once per layer, not once per row."""

    readers: Mapping[str, Reader]
    required: tuple[str, ...]
    references: tuple[str, ...]
    passed_over: frozenset[str]


@lru_cache(maxsize=512)
def _plan(layer: Layer) -> _Plan:
    return _Plan(
        {field.id: reader(field) for field in layer.all_fields},
        tuple(field.id for field in layer.all_fields if field.required),
        tuple(field.id for field in layer.references),
        frozenset(layer.ledger.kept if layer.ledger else ()),
    )


def clean(layer: Layer, properties: Mapping[str, Any]) -> tuple[dict[str, Any], list[Problem]]:
    """Values of the fields' types from whatever JSON, a form or a file says, and what cannot be read.

    Unknown values (None, blank text, 无, -) come out as None. A value that cannot be read is left out and has a problem; a name
    that is no field of the layer has one too. What the store keeps itself (`version`, the balance after an entry ...) is passed over,
    because programs send back what they were given. Cleaning twice changes nothing.
    """
    plan = _plan(layer)
    readers = plan.readers
    values: dict[str, Any] = {}
    problems: list[Problem] = []
    for name, raw in properties.items():
        if name in plan.passed_over:
            continue
        if name not in readers:
            if name not in SYSTEM_COLUMNS:
                problems.append(Problem(_pointer(name), "unknown-field", {"field": str(name)[:60], "layer": layer.id}))
        elif raw is None:
            values[name] = None
        else:
            try:
                values[name] = readers[name](raw)
            except Unreadable as unreadable:
                problems.append(Problem(_pointer(name), unreadable.code, unreadable.values))
    return values, problems


def check(layer: Layer, properties: Mapping[str, Any], geometry: Mapping[str, Any] | None, *, partial: bool = False) -> list[Problem]:
    """Everything wrong with a feature: values that cannot be read, required ones missing, rules broken, geometry malformed.

    `partial` is for a change of some fields: missing ones are not asked for, and no geometry means that it stays. Rules
    see only what is given, so the store checks the whole feature after a change. An empty list means all is well.
    """
    return examine(layer, properties, geometry, partial=partial)[1]


def examine(
    layer: Layer, properties: Mapping[str, Any], geometry: Mapping[str, Any] | None, *, partial: bool = False
) -> tuple[dict[str, Any], list[Problem]]:
    """`clean` and `check` in one pass: the typed values and all problems."""
    plan = _plan(layer)
    values, problems = clean(layer, properties)
    unreadable = {problem.pointer for problem in problems}
    for name in plan.required:
        if values.get(name) is None and _pointer(name) not in unreadable and (name in values or not partial):
            problems.append(Problem(_pointer(name), "required", {"field": name}))
    for name in plan.references:
        if values.get(name) is not None and not _is_id(values[name]):
            problems.append(Problem(_pointer(name), "not-a-reference", {"value": str(values[name])[:60]}))
    for rule in layer.rules:
        problems.extend(rule(values))
    if layer.ledger and not partial:
        problems.extend(one for one in entry_problems(layer.ledger, values) if one.pointer not in {problem.pointer for problem in problems})
    if geometry is not None or not partial:
        problems.extend(check_geometry(layer.geometry, geometry))
    return values, problems


def _pointer(name: Any) -> str:
    return "/properties/" + str(name).replace("~", "~0").replace("/", "~1")


def _is_id(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def _said(zh: str, en: str, todo_zh: str, todo_en: str) -> Sentence:
    return Sentence(Label(zh, en), Label(todo_zh, todo_en))


declare({
    "required": _said("必须填写", "This must be given", "补填", "Fill it in"),
    "unknown-field": _said("图层「{layer}」没有字段「{field}」", "Layer “{layer}” has no field “{field}”", "更正字段名或删去",
                           "Correct the name or leave it out"),
    "not-a-reference": _said("「{value}」不是所属要素的标识", "“{value}” is not the id of a feature", "选择所属要素",
                             "Choose the feature it belongs to"),
})
