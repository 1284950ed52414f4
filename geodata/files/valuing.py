"""Values of a file's columns as a layer's fields want them, each distinct value looked at once."""

from __future__ import annotations

import math
import operator
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

import numpy as np

from geodata.columns import Coded
from geodata.files.domains import worded
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

    by_field: dict[str, Coded] = field(default_factory=dict)
    problems: dict[int, list[Notice]] = field(default_factory=dict)
    local_times: bool = False
    notices: list[Notice] = field(default_factory=list)


def read_values(table: Table, layer: Layer, mapped: Sequence[Mapped]) -> Values:
    """All mapped columns read. A place with any problem is not to be loaded."""
    values = Values()
    for one in mapped:
        column, wanted = table.column(one.column), layer.field(one.field)
        assert column is not None and wanted is not None
        values.by_field[wanted.id] = _read(worded(column, wanted, is_key=wanted.id == layer.key), wanted, values)
        if wanted.type is datetime and any(isinstance(raw, str) and not _zoned(raw) for raw in column.distinct):
            values.local_times = True
    for wanted in layer.all_fields:
        if not wanted.required:
            continue
        given = values.by_field.get(wanted.id)
        lacking = np.ones(len(table.rows), bool) if given is None else given.missing
        for place in np.flatnonzero(lacking).tolist():
            if not any(one.field == wanted.id for one in values.problems.get(place, ())):
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


def _read(column: Column, wanted: Field, values: Values) -> Coded:
    read = reader(wanted)
    raw = Coded.of(column.values)
    unit = unit_in_name(column.name, wanted)
    if unit:
        own = unit_label(wanted.unit or "")
        values.notices.append(Notice("column-unit", {"column": column.name, "unit": unit, "field_unit": own.zh, "field_unit_en": own.en}, field=wanted.id))
    elif _needs_no_look(column, raw, wanted):
        return raw
    typed: list[Any] = []
    wrong: dict[int, Notice] = {}
    for code, one in enumerate(raw.levels):
        try:
            typed.append(None if one is None else read(_with_unit(one, unit) if unit else one))
        except Unreadable as unreadable:
            typed.append(None)
            wrong[code] = Notice(unreadable.code, {"value": str(one)[:60], **unreadable.values}, field=wanted.id)
    for place in np.flatnonzero(np.isin(raw.codes, list(wrong))).tolist() if wrong else ():
        values.problems.setdefault(place, []).append(wrong[int(raw.codes[place])])
    as_they_were = all(map(operator.is_, typed, raw.levels))
    return raw if as_they_were else Coded.recoded(typed, raw.codes)


def _with_unit(raw: Any, unit: str) -> Any:
    """A bare number with the unit that its column's name says; a value that says its own keeps it."""
    if isinstance(raw, bool) or not isinstance(raw, (int, float, str)):
        return raw
    text = format(Decimal(repr(raw)), "f") if isinstance(raw, (int, float)) and math.isfinite(raw) else str(raw).strip()
    return f"{text}{unit}" if text and (text[-1].isdigit() or text[-1] == ".") and not re.search(r"[A-Za-z\u4e00-\u9fff].*\d$", text) else raw


def _needs_no_look(column: Column, raw: Coded, wanted: Field) -> bool:
    """Numbers and truths that are of the field's type already, where the field sets no bounds."""
    if wanted.choices or wanted.many or wanted.minimum is not None or wanted.maximum is not None:
        return False
    return (column.kind is Kind.BOOLEAN and wanted.type is bool) or (
        column.kind is Kind.REAL
        and wanted.type is float
        and all(one is None or (one.__class__ is float and one - one == 0.0) for one in raw.levels)
    )
