"""A table of chainages without coordinates: each row is the stretch of a stored line between its two chainages."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import shapely

from geodata.columns import ShapeColumn
from geodata.crs import GEOD, STORAGE
from geodata.files.mapping import ColumnMapping
from geodata.files.notices import Found, Notice, Refused
from geodata.files.opening import Shapes
from geodata.files.placing import Placed
from geodata.files.projection import Judged
from geodata.files.table import Table
from geodata.files.valuing import Values, read_values
from geodata.queries.chainage import TOLERANCE, cut, one_line
from geodata.store.features import Store
from geodata.store.rows import sees_exactly
from geodata.store.wording import fold
from layers.chainage import Chainage, write_chainage
from layers.spec import Action, Layer

MOST_NAMED = 5
OVERLAP_M = 0.5  # two sections that meet at a written metre do not overlap


@dataclass(frozen=True, eq=False)
class Line:
    """A stored line with a known chainage; `same` has the folded values of the fields that say which line it is."""

    name: str
    start_m: float
    end_m: float
    shape: shapely.LineString | None  # None: it is in parts that do not follow each other
    same: tuple[str, ...]

    def holds(self, start_m: float, end_m: float) -> bool:
        """Whether both chainages are on it."""
        return self.start_m <= start_m and end_m <= self.end_m

    @property
    def said(self) -> str:
        return f"{self.name} {write_chainage(self.start_m)}–{write_chainage(self.end_m)}"


@dataclass(frozen=True)
class _Section:
    """A row's range on a line; `place` in the table, or None for one that is stored."""

    line: Line
    start_m: float
    end_m: float
    title: str
    place: int | None = None


def is_measured(layer: Layer) -> bool:
    """Whether the lines of a layer are stretches of those of another."""
    return layer.chainage is not None and layer.chainage.along is not None


def stretches(store: Store, layer: Layer, table: Table, mapping: ColumnMapping, file: str) -> Placed:
    """The shape of each row, cut from the line that it says (river and bank, say) or from the only one that holds its chainages.

    Rows without a place are in `rejected`, each with its reason; overlaps with other rows and with stored features are told, and
    loaded. Rows whose chainage cannot be read have no shape and are left to the judgement of values. Raises Refused where no column
    is mapped to either end, or there is no line with a chainage.
    """
    how = layer.chainage
    assert how is not None and how.along is not None and how.start is not None and how.end is not None
    mapped = [one for one in mapping.mapped if one.field in {*how.fields, layer.key, layer.title}]
    if not {how.start, how.end} <= {one.field for one in mapped}:
        raise Refused("no-place-or-chainage", about="map", path=file, columns=", ".join(mapping.unmatched[:40]) or "-")
    values = read_values(table, layer, mapped)
    lines_of = store.catalogue.layer(how.along)
    lines = list(_lines(store, lines_of, how.same))
    if not lines:
        raise Refused("stretch-no-lines", about="crs", layer=lines_of.label.zh, layer_en=lines_of.label.en)
    found = Found(STORAGE, "crs-by-chainage", {"layer": lines_of.label.zh, "layer_en": lines_of.label.en})
    shapes: Shapes = np.full(len(table.rows), None, dtype=object)
    placed = Placed(ShapeColumn.nothing(len(shapes)), Judged(STORAGE, found, []))
    sections: list[_Section] = []
    for place, (start, end, title, *same) in enumerate(_asked(layer, how, values, len(table.rows))):
        if {how.start, how.end} & {one.field for one in values.problems.get(place, ())}:
            continue
        got = _which(lines, how, start, end, tuple(map(_folded, same)))
        if isinstance(got, Notice):
            placed.rejected[place] = replace(got, values={**got.values, **_words(layer, how, same)}) if got.code == "stretch-no-line" else got
            continue
        assert got.shape is not None
        span = got.end_m - got.start_m
        shapes[place] = cut(got.shape, (start - got.start_m) / span, (end - got.start_m) / span)
        sections.append(_Section(got, start, end, str(title or table.rows[place]), place))
    placed.notices += _differing({one.line.said: one.line for one in sections}.values())
    for place, notice in _overlaps(sections, _stored(store, layer, how, lines, values)):
        placed.notices.append(Notice(notice.code, notice.values, int(table.rows[place]), how.start))
    placed.shapes = ShapeColumn.of(shapes)
    return placed


def _lines(store: Store, layer: Layer, same: Sequence[str]) -> Iterator[Line]:
    how = layer.chainage
    assert how is not None and how.start is not None and how.end is not None
    if not store.may(Action.READ, layer) or not sees_exactly(layer, reveal=store.may(Action.REVEAL, layer)):
        return
    rows = [one for one in store.rows(layer.id, [*how.fields, *same]) if one[how.start] is not None and one[how.end] is not None and one[how.start] < one[how.end]]
    shapes = {one: feature.geometry for one, feature in store.by_ids(layer.id, [row["id"] for row in rows]).items()}
    for row in rows:
        name = next((str(row[one]) for one in how.of if row[one]), "")
        yield Line(name, float(row[how.start]), float(row[how.end]), one_line(shapes.get(row["id"])), tuple(_folded(row[one]) for one in same))


def _folded(value: Any) -> str:
    return fold(str(value)) if value not in (None, "") else ""


def _asked(layer: Layer, how: Chainage, values: Values, count: int) -> Iterator[tuple[Any, ...]]:
    """Start, end, title and what says which line, of each row."""
    nothing = [None] * count
    return zip(*(values.by_field.get(one, nothing) for one in (str(how.start), str(how.end), layer.title or "", *how.same)), strict=True)


def _words(layer: Layer, how: Chainage, same: Sequence[Any]) -> dict[str, str]:
    """What a row says of its line, as people read it in both languages."""
    told = []
    for one, value in zip(how.same, same, strict=True):
        field = layer.field(one)
        choice = field.choice(value) if field else None
        told.append((choice.label.zh, choice.label.en) if choice else (str(value or ""), str(value or "")))
    return {name: " ".join(filter(None, words)) for name, words in zip(("line", "line_en"), zip(*told, strict=True), strict=True)}


def _which(lines: Sequence[Line], how: Chainage, start: float | None, end: float | None, same: tuple[str, ...]) -> Line | Notice:
    """The one line that a row is on, or why it is on none."""
    if start is None or end is None:
        return Notice("stretch-unmeasured", {}, field=how.start if start is None else how.end)
    if start >= end:
        return Notice("chainage-not-in-order", {"start": f"{start:g}", "end": f"{end:g}"}, field=how.end)
    said = {"start": write_chainage(start), "end": write_chainage(end)}
    fitting = [one for one in lines if all(not asked or asked == has for asked, has in zip(same, one.same, strict=True))]
    if not fitting:
        return Notice("stretch-no-line", {"known": _named(lines)}, field=how.same[0])
    holding = [one for one in fitting if one.holds(start, end)]
    if not holding:
        return Notice("stretch-outside", {**said, "known": _named(fitting)}, field=how.start)
    if len(holding) > 1:
        return Notice("stretch-many-lines", {**said, "known": _named(holding)}, field=how.same[0])
    if holding[0].shape is None:
        return Notice("stretch-in-parts", {"line": holding[0].name}, field="geometry")
    return holding[0]


def _named(lines: Sequence[Line]) -> str:
    return "; ".join([*(one.said for one in lines[:MOST_NAMED]), *(["…"] if len(lines) > MOST_NAMED else [])])


def _differing(lines: Any) -> Iterator[Notice]:
    for line in lines:
        drawn, span = GEOD.geometry_length(line.shape), line.end_m - line.start_m
        if abs(drawn - span) > TOLERANCE * span:
            yield Notice("stretch-line-differs", {"line": line.name, "span": f"{span:,.0f}", "drawn": f"{drawn:,.0f}"})


def _stored(store: Store, layer: Layer, how: Chainage, lines: Sequence[Line], values: Values) -> list[_Section]:
    """What lies on the lines already, without the features that the table's rows replace."""
    assert how.start is not None and how.end is not None
    renewed = {str(one) for one in values.by_field.get(layer.key or "", ())}
    rows = store.rows(layer.id, [*how.fields, *(one for one in (layer.key, layer.title) if one)])
    found = []
    for row in rows:
        if layer.key and str(row[layer.key]) in renewed:
            continue
        line = _which(lines, how, row[how.start], row[how.end], tuple(_folded(row[one]) for one in how.same))
        if isinstance(line, Line):
            found.append(_Section(line, float(row[how.start]), float(row[how.end]), str(row[layer.title] if layer.title else row["id"])))
    return found


def _overlaps(sections: Sequence[_Section], stored: Sequence[_Section]) -> Iterator[tuple[int, Notice]]:
    """For each row the other range that it lies over farthest: of an earlier row by chainage, and of a stored feature."""
    reaching: dict[Line, _Section] = {}
    for one in sorted(sections, key=lambda one: (one.start_m, one.end_m)):
        before = reaching.get(one.line)
        if before is not None:
            yield from _said("stretch-overlaps-row", one, before)
        if before is None or one.end_m > before.end_m:
            reaching[one.line] = one
    for one in sections:
        there = [other for other in stored if other.line is one.line]
        if there:
            yield from _said("stretch-overlaps-stored", one, max(there, key=lambda other: _shared(one, other)))


def _shared(one: _Section, other: _Section) -> float:
    return min(one.end_m, other.end_m) - max(one.start_m, other.start_m)


def _said(code: str, one: _Section, other: _Section) -> Iterator[tuple[int, Notice]]:
    if one.place is not None and (shared := _shared(one, other)) > OVERLAP_M:
        yield one.place, Notice(code, {"other": other.title, "metres": f"{shared:,.0f}", "start": write_chainage(max(one.start_m, other.start_m)), "end": write_chainage(min(one.end_m, other.end_m))})
