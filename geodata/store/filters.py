"""CQL2 text filters turned into bound SQL over one layer's columns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pygeofilter.backends.sqlalchemy.evaluate import to_filter
from pygeofilter.parsers.cql2_text import parse
from sqlalchemy import ColumnElement, Table
from sqlalchemy.exc import SQLAlchemyError

from layers.errors import InvalidInput, Problem
from layers.messages import Sentence, declare
from layers.spec import Label, Layer, Sensitivity

MAX_FILTER_LENGTH = 4_000  # a filter is a sentence, not a document; the parser's cost grows with its length

declare({
    "filter-unreadable": Sentence(Label("筛选条件无法解析：{reason}", "The filter cannot be read: {reason}"),
                                  Label("用 CQL2 文本，如 capacity > 500 AND level = 2", "Write CQL2 text, such as capacity > 500 AND level = 2")),
    "filter-field-unknown": Sentence(Label("筛选条件提到没有的字段：{reason}", "The filter names a field that is not there: {reason}"),
                                     Label("可用字段见 queryables", "See the layer's queryables")),
})


def queryable(layer: Layer, *, reveal: bool) -> list[str]:
    """Field ids that a filter may name; personal and sensitive ones only for those who may reveal them."""
    return [one.id for one in layer.all_fields if reveal or one.sensitivity is Sensitivity.PUBLIC] + ["version", "updated_at", "created_at", "id"]


def condition(filter_text: str, layer: Layer, table: Table, *, reveal: bool) -> ColumnElement[bool]:
    """The filter as a WHERE clause with its values bound. Raises InvalidInput at `filter`."""
    if len(filter_text) > MAX_FILTER_LENGTH:
        raise _unreadable(f"> {MAX_FILTER_LENGTH}")
    columns: Mapping[str, Any] = {name: table.c[name] for name in queryable(layer, reveal=reveal)}
    if "geom" in table.c:
        columns = {**columns, "geometry": table.c.geom, "geom": table.c.geom}
    try:
        tree = parse(filter_text)
    except Exception as fault:  # the parser (lark) raises many kinds; each means that the text is not CQL2
        raise _unreadable(str(fault).splitlines()[0][:120]) from None
    try:
        clause = to_filter(tree, columns)
    except KeyError as fault:
        raise InvalidInput(problems=[Problem("filter", "filter-field-unknown", {"reason": str(fault).strip("'\"")[:80]})]) from None
    except (SQLAlchemyError, NotImplementedError, TypeError, ValueError, AttributeError) as fault:
        raise _unreadable(str(fault).splitlines()[0][:120] if str(fault) else type(fault).__name__) from None
    if not isinstance(clause, ColumnElement):
        raise _unreadable("not a condition")
    return clause


def _unreadable(reason: str) -> InvalidInput:
    return InvalidInput(problems=[Problem("filter", "filter-unreadable", {"reason": reason})])
