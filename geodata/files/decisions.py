"""What a person decides about single rows of a file: leave one out, let one lie far away, fill a value; all is then checked as ever."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from geodata.files.mapping import ColumnMapping
from geodata.files.notices import Notice
from geodata.files.table import Column, Kind, Table
from layers.messages import Sentence, declare
from layers.spec import Label

declare(
    {
        "row-left-out": Sentence(
            Label("按你的决定不装载这一行", "Left out as you decided"), Label("要装载就撤回这个决定", "Take the decision back to load it")
        ),
        "row-filled": Sentence(
            Label("「{field}」按你填的「{value}」装载", "“{field}” is loaded as you filled it in: “{value}”"),
            Label("原文件没有改；建议同时更正文件", "The file itself is unchanged; correct it as well"),
        ),
        "axes-were-swapped": Sentence(
            Label("按你的决定，每对坐标前后互换后读取", "Every pair of coordinates is read the other way round, as you decided"),
            Label("建议在源文件里改正", "Correct it at the source as well"),
        ),
    }
)


@dataclass(frozen=True)
class RowDecision:
    """About one row: `drop` leaves it out, `keep` lets it lie far from the district, `fill` gives values by field."""

    drop: bool = False
    keep: bool = False
    fill: Mapping[str, Any] = field(default_factory=dict)


def read_decisions(given: Mapping[str, Mapping[str, Any]]) -> dict[int, RowDecision]:
    """Decisions by row number, from the form in which they are kept."""
    return {int(row): RowDecision(**dict(one)) for row, one in given.items()}


def without_dropped(table: Table, decisions: Mapping[int, RowDecision]) -> Table:
    """The table without the rows that are left out; they count as skipped, each with its notice."""
    dropped = np.isin(table.rows, [row for row, one in decisions.items() if one.drop])
    if not dropped.any():
        return table
    skipped = [Notice("row-left-out", {}, int(row)) for row in table.rows[dropped]]
    return replace(table.without(dropped), skipped=[*table.skipped, *skipped])


def places_kept(table: Table, decisions: Mapping[int, RowDecision]) -> frozenset[int]:
    """The places in the table of rows that may lie far away."""
    return places_of(table, [row for row, one in decisions.items() if one.keep])


def places_of(table: Table, rows: Any) -> frozenset[int]:
    """Where rows of these numbers stand in the table."""
    return frozenset(np.flatnonzero(np.isin(table.rows, list(rows))).tolist())


def filled(table: Table, mapping: ColumnMapping, decisions: Mapping[int, RowDecision]) -> Table:
    """The table with the filled values in their columns, each with its notice; a field that no column carries cannot be filled.

    A filled column counts as text, so that every value in it is looked at.
    """
    places = {int(row): place for place, row in enumerate(table.rows)} if any(one.fill for one in decisions.values()) else {}
    carried = {one.field: one.column for one in mapping.mapped}
    changed: dict[str, list[Any]] = {}
    said: list[Notice] = []
    for row, decision in decisions.items():
        for name, value in decision.fill.items():
            column = table.column(carried.get(name, ""))
            if column is None or row not in places:
                continue
            changed.setdefault(column.name, list(column.values))[places[row]] = value
            said.append(Notice("row-filled", {"field": name, "value": str(value)[:60]}, row, name))
    columns = [Column(one.name, Kind.TEXT, changed[one.name], one.labels) if one.name in changed else one for one in table.columns]
    return replace(table, columns=columns, notices=[*table.notices, *said]) if said else table
