"""Values of a file's columns as a layer's fields want them, each distinct value looked at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from geodata.files.mapping import Mapped
from geodata.files.notices import Notice
from geodata.files.table import Column, Kind, Table
from layers.spec import Field, Layer
from layers.values import Unreadable, reader


@dataclass
class Values:
    """Typed values by field, and the problems by place in the table."""

    by_field: dict[str, list[Any]] = field(default_factory=dict)
    problems: dict[int, list[Notice]] = field(default_factory=dict)
    local_times: bool = False


def read_values(table: Table, layer: Layer, mapped: Sequence[Mapped]) -> Values:
    """All mapped columns read. A place with any problem is not to be loaded."""
    values = Values()
    for one in mapped:
        column, wanted = table.column(one.column), layer.field(one.field)
        assert column is not None and wanted is not None
        values.by_field[wanted.id] = _read(column, wanted, values)
        if wanted.type is datetime and any(isinstance(raw, str) and not _zoned(raw) for raw in column.values if raw is not None):
            values.local_times = True
    for wanted in layer.all_fields:
        if not wanted.required:
            continue
        given = values.by_field.get(wanted.id)
        for place in range(len(table.rows)):
            if (given is None or given[place] is None) and not any(one.field == wanted.id for one in values.problems.get(place, ())):
                values.problems.setdefault(place, []).append(Notice("required", {"field": wanted.id}, field=wanted.id))
    return values


def _zoned(text: str) -> bool:
    return text.endswith("Z") or len(text) <= 10 or "+" in text[10:] or "-" in text[10:]


def _read(column: Column, wanted: Field, values: Values) -> list[Any]:
    read = reader(wanted)
    if _needs_no_look(column, wanted):
        return column.values
    known: dict[Any, tuple[Any, Unreadable | None]] = {}
    out: list[Any] = []
    for place, raw in enumerate(column.values):
        if raw is None:
            out.append(None)
            continue
        asked = (raw.__class__, raw)
        answer = known.get(asked)
        if answer is None:
            try:
                answer = (read(raw), None)
            except Unreadable as unreadable:
                answer = (None, unreadable)
            known[asked] = answer
        if answer[1] is not None:
            shown = str(raw)
            notice = Notice(answer[1].code, {"value": shown[:60], **answer[1].values}, field=wanted.id)
            values.problems.setdefault(place, []).append(notice)
        out.append(answer[0])
    return out


def _needs_no_look(column: Column, wanted: Field) -> bool:
    """Numbers and truths that are of the field's type already, where the field sets no bounds."""
    if wanted.choices or wanted.many or wanted.minimum is not None or wanted.maximum is not None:
        return False
    return (column.kind is Kind.BOOLEAN and wanted.type is bool) or (
        column.kind is Kind.REAL
        and wanted.type is float
        and all(one is None or (one.__class__ is float and one - one == 0.0) for one in column.values)
    )
