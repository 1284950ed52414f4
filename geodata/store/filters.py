"""CQL2 text filters turned into bound SQL over one layer's columns."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Table

from geodata.store.cql2 import UnknownName, Unreadable, where
from geodata.store.cql2_json import text_of
from geodata.store.rows import is_shown, shown_shape
from geodata.store.systems import CRS84, System
from layers.errors import InvalidInput, Problem
from layers.messages import Sentence, declare
from layers.spec import Label, Layer

MAX_FILTER_LENGTH = 4_000  # a filter is a sentence, not a document; the parser's cost grows with its length

_QUOTED = re.compile(r"""'(?:[^']|'')*'|"(?:[^"]|"")*\"""")

declare({
    "filter-unreadable": Sentence(Label("筛选条件无法解析：{reason}", "The filter cannot be read: {reason}"),
                                  Label("用 CQL2 文本，如 capacity > 500 AND level = 2", "Write CQL2 text, such as capacity > 500 AND level = 2")),
    "filter-field-unknown": Sentence(Label("筛选条件提到没有的字段：{reason}", "The filter names a field that is not there: {reason}"),
                                     Label("可用字段见 queryables", "See the layer's queryables")),
})


def queryable(layer: Layer, *, reveal: bool) -> list[str]:
    """Field ids that a filter may name: those whose values the reader sees, for a filter finds out what it may name."""
    return [one.id for one in layer.all_fields if is_shown(one, reveal=reveal)] + ["version", "updated_at", "created_at", "id"]


def condition(filter_text: str, layer: Layer, table: Table, *, reveal: bool, system: System = CRS84) -> ColumnElement[bool]:
    """The filter as a WHERE clause with its values bound, shapes in it read in `system`. Raises InvalidInput at `/filter`."""
    if len(filter_text) > MAX_FILTER_LENGTH:
        raise _unreadable(f"> {MAX_FILTER_LENGTH}")
    columns: Mapping[str, Any] = {name: table.c[name] for name in queryable(layer, reveal=reveal)}
    if "geom" in table.c:
        shape = shown_shape(layer, table, reveal=reveal)  # else a filter would find a hidden position by halving
        columns = {**columns, "geometry": shape, "geom": shape}
    try:
        return where(filter_text, columns, system)
    except UnknownName as fault:
        raise InvalidInput(problems=[Problem("/filter", "filter-field-unknown", {"reason": str(fault)})]) from None
    except Unreadable as fault:
        raise _unreadable(str(fault)) from None


def all_of(conditions: Sequence[str]) -> str:
    """Conditions in CQL2 text as one that holds where each does; empty for none. Raises InvalidInput at `/filter` for one that closes what it did not open."""
    for one in conditions:
        depth = 0
        for sign in _QUOTED.sub("", one):
            depth += {"(": 1, ")": -1}.get(sign, 0)
            if depth < 0:
                raise _unreadable(f"): {one[:60]}")
    return " AND ".join(f"({one})" for one in conditions)


def text_of_json(value: Any) -> str:
    """A condition in CQL2 JSON as CQL2 text. Raises InvalidInput at `/filter`."""
    try:
        return text_of(value)
    except Unreadable as fault:
        raise _unreadable(str(fault)) from None


def _unreadable(reason: str) -> InvalidInput:
    return InvalidInput(problems=[Problem("/filter", "filter-unreadable", {"reason": reason})])
