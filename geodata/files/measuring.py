"""What a column counts (people, capacity, quantity, area, length), told by its name, so that a new layer's numbers can be summed."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import replace

from geodata.files.mapping import folded, initials
from geodata.files.notices import Notice, Refused
from geodata.files.table import Column
from layers.spec import Field, Label, Measure
from layers.units import UNITS

# Whole names only: 人口密度 is no number of people, and Shape_Area is in the square of whatever unit the file's CRS has.
_CHINESE: Mapping[Measure, tuple[str, ...]] = {
    Measure.PEOPLE: ("人口", "人数", "总人口", "总人数", "人口数", "人口总数", "户籍人口", "常住人口", "户籍人数", "常住人数", "居民人数", "学生人数", "在校人数", "职工人数", "从业人数"),
    Measure.CAPACITY: ("容量", "可容纳人数", "容纳人数", "最大容纳人数", "可容纳人员", "床位", "床位数"),
    Measure.QUANTITY: ("数量", "库存", "库存量", "库存数量", "储量", "储备量", "储备数量"),
    Measure.AREA: ("面积", "总面积", "占地面积", "建筑面积", "有效面积"),
    Measure.LENGTH: ("长度", "全长", "总长", "总长度"),
}
_ENGLISH: Mapping[Measure, frozenset[str]] = {
    Measure.PEOPLE: frozenset({"population", "pop", "people", "persons", "residents", "inhabitants"}),
    Measure.CAPACITY: frozenset({"capacity", "beds"}),
    Measure.QUANTITY: frozenset({"quantity", "qty", "stock"}),
    Measure.AREA: frozenset({"area"}),
    Measure.LENGTH: frozenset({"length"}),
}
_BESIDE = frozenset({"total", "number", "num", "count", "of", "est", "estimated", "registered", "resident", "max", "maximum"})  # words that change nothing
_UNITS = {"m": "m", "km": "km", "m2": "m2", "sqm": "m2", "ha": "ha", "t": "t", "persons": "persons"}
_INITIALS = {initials(one): (measure, one) for measure, names in _CHINESE.items() for one in names if len(one) > 1}
_LABELS = {
    Measure.PEOPLE: Label("人数", "people"), Measure.CAPACITY: Label("容量", "capacity"), Measure.QUANTITY: Label("数量", "quantity"),
    Measure.AREA: Label("面积", "area"), Measure.LENGTH: Label("长度", "length"),
}
NONE = "none"


def with_measures(fields: Sequence[Field], origin: Mapping[str, Column], given: Mapping[str, str]) -> tuple[list[Field], list[Notice]]:
    """The fields with what each counts, and a notice for each that counts something. `given` (field or column -> measure or `none`) goes first.

    Raises Refused for a given field that is not there, a measure that is none, or a field without numbers.
    """
    asked = {_named(name, fields, origin): _measure(name, value) for name, value in given.items()}
    measured: list[Field] = []
    notices: list[Notice] = []
    for one in fields:
        by_name = _by_name(origin[one.id]) if one.id in origin and one.type in (int, float) and not one.choices and not _negative(origin[one.id]) else None
        measure = asked[one.id] if one.id in asked else by_name and by_name[0]
        if measure is None:
            measured.append(one)
            continue
        if one.type not in (int, float):
            raise Refused("measure-no-number", about="measures", field=one.id)
        unit = _unit(one, measure, by_name[1] if by_name and by_name[0] is measure else None)
        measured.append(replace(one, counts_as=measure, unit=unit))
        said = {"column": one.label.zh, "measure": _LABELS[measure].zh, "measure_en": _LABELS[measure].en, "unit": unit or "?", "name": one.id}
        notices.append(Notice("measure-given" if one.id in asked else "measure-by-name", said, field=one.id))
    return measured, notices


def _named(name: str, fields: Sequence[Field], origin: Mapping[str, Column]) -> str:
    for one in fields:
        if name == one.id or (one.id in origin and origin[one.id].name == name):
            return one.id
    raise Refused("measure-no-field", about="measures", field=name, there=", ".join(one.id for one in fields))


def _measure(name: str, value: str) -> Measure | None:
    if value in ("", NONE):
        return None
    try:
        return Measure(value)
    except ValueError:
        raise Refused("measure-unknown", about="measures", field=name, measure=value, known=", ".join([*Measure, NONE])) from None


def _by_name(column: Column) -> tuple[Measure, str | None] | None:
    """What a name says is counted, and the unit where it ends with one: area_m2."""
    plain = folded(column.name)
    for measure, names in _CHINESE.items():
        if plain in names:
            return measure, _persons(measure, plain)
    words = [one for one in re.split(r"[\W_]+", unicodedata.normalize("NFKC", re.sub(r"(?<=[a-z])(?=[A-Z])", "_", column.name)).casefold()) if one]
    unit = _UNITS.get(words[-1]) if len(words) > 1 else None
    said = [one for one in (words[:-1] if unit else words) if not one.isdigit()]
    for measure, names_ in _ENGLISH.items():
        if set(said) & names_ and set(said) <= names_ | _BESIDE:
            return measure, unit or _persons(measure, "")
    found = _INITIALS.get("".join(said)) if len(said) == 1 else None
    return (found[0], unit or _persons(*found)) if found else None


def _unit(field: Field, measure: Measure, by_name: str | None) -> str | None:
    if field.unit:
        return next((name for name, unit in UNITS.items() if field.unit in (name, unit.label.zh, unit.label.en)), field.unit)
    return by_name or _persons(measure, "")


def _persons(measure: Measure, name: str) -> str | None:
    return "persons" if measure is Measure.PEOPLE or "人" in name else None


def _negative(column: Column) -> bool:
    """Numbers below nothing count nothing: -99 for unknown would be summed."""
    return any((isinstance(one, (int, float)) and one < 0) or (isinstance(one, str) and one.strip().startswith("-")) for one in column.distinct)
