"""Values of a file's columns as a layer's fields want them, each distinct value looked at once."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from geodata.files.mapping import Mapped
from geodata.files.notices import Notice
from geodata.files.table import Column, Kind, Table
from layers.spec import Field, Layer
from layers.units import UNITS, unit_label
from layers.values import Unreadable, reader

# 亩 and the like are units that no field has: a column in them is told, never taken for the field's own.
_ALL_UNITS = frozenset(spelling for unit in UNITS.values() for spelling in unit.spellings) | {"亩", "万亩", "mu", "斤", "里", "华里", "英尺", "ft", "英里", "mile"}


@dataclass
class Values:
    """Typed values by field, and the problems by place in the table."""

    by_field: dict[str, list[Any]] = field(default_factory=dict)
    problems: dict[int, list[Notice]] = field(default_factory=dict)
    local_times: bool = False
    notices: list[Notice] = field(default_factory=list)


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


def unit_in_name(name: str, wanted: Field) -> str | None:
    """The unit that a column's name ends with, in brackets or after a mark (面积（公顷）, len_km), where it is another than the field's.

    None where the name says no unit, says the field's own, or says something that is no unit at all (a year, a note).
    """
    if wanted.type not in (int, float) or not wanted.unit:
        return None
    plain = unicodedata.normalize("NFKC", name).strip()
    own = UNITS[wanted.unit].spellings if wanted.unit in UNITS else {wanted.unit.lower(): Decimal(1)}
    bracket = re.search(r"[(\[]([^()\[\]]{1,12})[)\]]$", plain)
    ending = re.search(r"(?:[\s_:/]|(?<=[\u4e00-\u9fff]))([A-Za-z]{1,3}[23]?)$", plain)
    found = bracket or ending
    said = found[1].strip().removeprefix("单位:") if found else ""
    factor = own.get(said.lower())
    if factor is not None:
        return None if factor == 1 else said
    return said if bracket and (said.lower() in _ALL_UNITS or re.match("[十百千万亿]+", said)) else None


def _read(column: Column, wanted: Field, values: Values) -> list[Any]:
    read = reader(wanted)
    unit = unit_in_name(column.name, wanted)
    if unit:
        own = unit_label(wanted.unit or "")
        values.notices.append(Notice("column-unit", {"column": column.name, "unit": unit, "field_unit": own.zh, "field_unit_en": own.en}, field=wanted.id))
    elif _needs_no_look(column, wanted):
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
                answer = (read(_with_unit(raw, unit) if unit else raw), None)
            except Unreadable as unreadable:
                answer = (None, unreadable)
            known[asked] = answer
        if answer[1] is not None:
            shown = str(raw)
            notice = Notice(answer[1].code, {"value": shown[:60], **answer[1].values}, field=wanted.id)
            values.problems.setdefault(place, []).append(notice)
        out.append(answer[0])
    return out


def _with_unit(raw: Any, unit: str) -> Any:
    """A bare number with the unit that its column's name says; a value that says its own keeps it."""
    if isinstance(raw, bool) or not isinstance(raw, (int, float, str)):
        return raw
    text = format(Decimal(repr(raw)), "f") if isinstance(raw, (int, float)) and math.isfinite(raw) else str(raw).strip()
    return f"{text}{unit}" if text and (text[-1].isdigit() or text[-1] == ".") and not re.search(r"[A-Za-z\u4e00-\u9fff].*\d$", text) else raw


def _needs_no_look(column: Column, wanted: Field) -> bool:
    """Numbers and truths that are of the field's type already, where the field sets no bounds."""
    if wanted.choices or wanted.many or wanted.minimum is not None or wanted.maximum is not None:
        return False
    return (column.kind is Kind.BOOLEAN and wanted.type is bool) or (
        column.kind is Kind.REAL
        and wanted.type is float
        and all(one is None or (one.__class__ is float and one - one == 0.0) for one in column.values)
    )
