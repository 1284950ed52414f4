"""Rows of a table that are no records: totals, notes, the header once more, numbers or units of the columns; and numbers that a spreadsheet cut."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import numpy as np

from geodata.files.notices import Notice
from geodata.files.places import names_place, names_places
from geodata.files.table import Column, Kind, Table
from layers.units import UNITS

_TOTAL = re.compile(r"(?i)\s*(合\s*计|总\s*计|小\s*计|共\s*计|累\s*计|平\s*均(\s*值)?|(grand |sub)?total|sum|average)\s*([:：（(].*)?$")
_NOTE = re.compile(r"(?i)\s*(注|说明|备注|填表|制表|审核|数据来源|来源|单位负责人|note|source)\w{0,8}\s*\d*\s*[:：]")
_NOTHING = frozenset({"无", "-", "—", "/"})
_UNITS = frozenset(spelling for unit in UNITS.values() for spelling in unit.spellings) | {"度", "°", "亩", "万亩", "个", "元", "万元", "级"} | _NOTHING
_DIGITS = tuple("0123456789+-")
_SHORTENED = re.compile(r"[+-]?\d(\.\d+)?[eE]\+(1\d|2\d)")  # how a spreadsheet shows a code of eleven digits and more


def apart(header: Sequence[Any], body: Sequence[Sequence[Any]]) -> list[Notice]:
    """The rows below a header that say the header again, number its columns (1, 2, 3 ...) or give their units, each told."""
    names = [_plain(one) for one in header]
    found = []
    for place, row in enumerate(body):
        if place and (not row or _plain(row[0]) != names[0]):  # as all rows of a table but a few
            continue
        cells = [_plain(one) for one in row]
        filled = [(number, one) for number, one in enumerate(cells) if one]
        if len(filled) >= 2 and all(number < len(names) and one == names[number] for number, one in filled):
            found.append(Notice("row-header", {}, place + 1))
        elif place == 0 and len(filled) >= 3 and len(body) > 1 and [one for _, one in filled] == [str(number + 1) for number, _ in filled]:
            found.append(Notice("row-numbers", {}, 1))
        elif place == 0 and len(body) > 1 and _are_units(cells):
            found.append(Notice("row-units", {}, 1))
    return found


def with_units(header: Sequence[Any], body: Sequence[Sequence[Any]]) -> list[Any]:
    """The header with the units that a row below it gives, in brackets, so that they are heeded like those in names."""
    cells = [_plain(one) for one in body[0]] if len(body) > 1 else []
    if not _are_units(cells):
        return list(header)
    units = cells + [""] * (len(header) - len(cells))
    return [f"{name}（{unit}）" if name and unit and unit not in _NOTHING and not re.search(r"[(（\[]", str(name)) else name for name, unit in zip(header, units, strict=False)]


def other_table(header: Sequence[Any], body: Sequence[Sequence[Any]]) -> int | None:
    """Where the body goes over into another table, which has a header with places of its own and other columns; None where it does not."""
    names = {_plain(one) for one in header if _plain(one)}
    at = [number for number, one in enumerate(header) if isinstance(one, str) and names_place(one)]
    for place, row in enumerate(body):
        if all(number < len(row) and _is_bare_number(row[number]) for number in at):  # as in all rows but a few, or no place is named at all
            continue
        texts = [one for one in row if isinstance(one, str) and len(one.strip()) > 1]
        if len(texts) >= 3 and names_places(texts) == 2 and {_plain(one) for one in texts} - names:
            return place
    return None


def _is_bare_number(cell: Any) -> bool:
    return cell[:1] in _DIGITS if isinstance(cell, str) else cell is not None


def side_by_side(header: Sequence[Any]) -> list[str]:
    """The names that stand twice in a header of two tables beside each other: in both the columns of a place, and others with them."""
    plain = [_plain(one) for one in header]
    twice = [one for one in dict.fromkeys(plain) if one and plain.count(one) > 1]
    return twice if len(twice) >= 3 and names_places(twice) == 2 else []


def _are_units(cells: Sequence[str]) -> bool:
    filled = [one for one in cells if one]
    return len(filled) >= 2 and all(one.lower() in _UNITS for one in filled) and not all(one in _NOTHING for one in filled)


def _plain(cell: Any) -> str:
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    return "" if cell is None else re.sub(r"\s+", "", str(cell))


def without_totals(table: Table) -> Table:
    """Leave out rows of totals, and notes below the table, that have no place: they are told, not counted as faulty."""
    out = np.zeros(len(table.rows), bool)
    last = len(table.rows) - 1
    while last >= 0 and (table.shapes is None or table.shapes[last] is None):
        filled = [str(one.values[last]) for one in table.columns if one.values[last] is not None]
        if not (len(filled) == 1 and _NOTE.match(filled[0])):
            break
        out[last] = True
        table.skipped.append(Notice("row-note", {"value": filled[0][:40]}, int(table.rows[last])))
        last -= 1
    for place in range(last + 1):
        if table.shapes is None or table.shapes[place] is None:
            first = [str(one.values[place]) for one in table.columns if isinstance(one.values[place], str)][:2]
            if total := next((one for one in first if _TOTAL.match(one)), None):
                out[place] = True
                table.skipped.append(Notice("row-total", {"value": total[:40]}, int(table.rows[place])))
    return table.without(out) if out.any() else table


def numbers_lost(column: Column, rows: Sequence[int]) -> list[Notice]:
    """A notice where values are codes that a spreadsheet shortened to 1.50207E+11, or dates of which it left the count of days alone."""
    days = [str(one) for one in column.values if one is not None] if re.search(r"(?i)日期|时间|date", column.name) else []
    if days and all(re.fullmatch(r"[2-5]\d{4}", one) for one in days):
        return [Notice("dates-as-numbers", {"column": column.name, "text": days[0], "day": (date(1899, 12, 30) + timedelta(int(days[0]))).isoformat()})]
    if days and any(re.fullmatch(r"[2-5]\d{4}", one) for one in days) and any(re.fullmatch(r"\d{4}[-/.年]\d{1,2}([-/.月]\d{1,2}日?)?(T.*)?", one) for one in days):
        counted = [(int(row), str(one)) for row, one in zip(rows, column.values, strict=True) if one is not None and re.fullmatch(r"[2-5]\d{4}", str(one))]
        text, shown = counted[0][1], ", ".join(str(row) for row, _ in counted[:10]) + (" …" if len(counted) > 10 else "")
        return [Notice("some-dates-as-numbers", {"column": column.name, "text": text, "rows": shown, "day": (date(1899, 12, 30) + timedelta(int(text))).isoformat()})]
    if column.kind is not Kind.TEXT:
        return []
    found = [one for one in column.values if isinstance(one, str) and "+" in one and _SHORTENED.fullmatch(one)]
    return [Notice("digits-shortened", {"column": column.name, "count": len(found), "text": found[0]})] if found else []
