"""CSV in any encoding and with any delimiter, and what tables of every kind share: a header, rows, places in columns."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from geodata.files.encodings import for_text
from geodata.files.formulas import as_meant
from geodata.files.notices import Notice, Refused
from geodata.files.places import find_places, names_places
from geodata.files.rowkinds import apart, numbers_lost, other_table, side_by_side, with_units, without_totals
from geodata.files.sampling import cells, sampled
from geodata.files.sniffing import Source
from geodata.files.table import MOST_COLUMNS, Column, Kind, Table

csv.field_size_limit(10_000_000)
_KEPT_AS_TEXT = re.compile(r"=\"([^\"]*)\"|'(\d+)")
_MOST_ABOVE = 100  # rows before the header: a page of explanations
_MOST_EMPTY = 1000  # empty rows told one by one

def read_delimited(source: Source, *, encoding: str | None, shapes_wanted: bool) -> Table:
    """All rows after the header. Raises Refused when there is no header, no row, or no column that tells a place."""
    data = source.main.read()
    text, decision = for_text(data, given=encoding)
    text = text.rstrip("\x00\x1a")  # what DOS ends a text with, and what an unfinished download is filled up with
    decision = sampled(decision, cells(data.partition(b"\n")[2]) or cells(data))
    del data  # of a large file text and rows are enough to hold
    if "\x00" in text:
        raise Refused("format-unknown", path=source.main.name)
    said = re.match(r"\s*sep=(.)\s*\r?\n", text)  # how a spreadsheet is told what parts the cells
    if said:
        text = text[said.end() :]
    delimiter = said[1] if said else _delimiter(text)
    try:
        lines = _lines(text, delimiter)
    except csv.Error as error:
        raise Refused("file-damaged", part=source.main.name, said=str(error)) from error
    del text
    table = from_cells(lines, format_name=source.format, layer=source.name, shapes_wanted=shapes_wanted)
    if said and table.first_line is not None:
        table.first_line += 1
    table.encoding = decision.found
    table.notices[:0] = decision.notices
    return table


def _lines(text: str, delimiter: str) -> list[list[str]]:
    """The records. Raises Refused when a quote that is closed too late, or never, has taken whole lines into one cell: each is a record by itself."""
    usual = max(2, Counter(one.count(delimiter) for one in io.StringIO(text, newline="") if one.strip()).most_common(1)[0][0])
    physical: list[str] = []  # lines of the record that is being read
    reader = csv.reader(_kept(io.StringIO(text, newline=""), physical), delimiter=delimiter, skipinitialspace=delimiter == " ")
    lines: list[list[str]] = []
    last = 0
    tail: list[str] = []
    for row in reader:
        first, last = last, reader.line_num
        lines.append(row)
        if last - first > 1 and all(one.count(delimiter) == usual for one in physical):
            raise Refused("quote-open", line=first + 1)
        tail = list(physical) if last - first > 1 else []
        physical.clear()
    if tail and _is_open(tail, delimiter):
        raise Refused("quote-open", line=last - len(tail) + 1)
    return lines


def _kept(lines: Iterable[str], into: list[str]) -> Iterator[str]:
    for one in lines:
        into.append(one)
        yield one


def _is_open(physical: list[str], delimiter: str) -> bool:
    """Whether a record ends within quotes, as the strict reader says of it."""
    try:
        list(csv.reader(physical, delimiter=delimiter, strict=True))
    except csv.Error as error:
        return "unexpected end" in str(error)
    return False


def _delimiter(text: str) -> str:
    """The mark that cuts the first lines into the same number of pieces, more than one; a comma when none does."""
    lines = [one for one in text[:50_000].splitlines()[:20] if one.strip()]
    if not lines:
        raise Refused("empty-layer", layer="CSV")
    best, best_rank = ",", (0.0, 0)
    for mark in (",", "\t", ";", "|", "，", "；", "^", "~", "\x1f", "\x01", " "):
        if mark == " " and best_rank[0] > 0:  # names hold blanks, too: only where nothing else parts the cells
            break
        rows = [next(csv.reader([one.strip(" ")], delimiter=mark, skipinitialspace=mark == " ")) for one in lines]
        common, times = Counter(map(len, rows)).most_common(1)[0]
        filled = sum(1 for one in rows[0] if one.strip())  # a tab after each value, against scientific notation, parts none
        if filled > 1 and common > 1 and (times / len(lines), filled) > best_rank:
            best, best_rank = mark, (times / len(lines), filled)
    return best


def from_cells(lines: Sequence[Sequence[Any]], *, format_name: str, layer: str, shapes_wanted: bool) -> Table:
    """A table from rows of cells: the header is the first row that fills at least two cells (or the only column)."""
    start = header_of(lines)
    if start is None:
        raise Refused("empty-layer", layer=layer)
    header = _with_above(lines, start)
    if len(header) > MOST_COLUMNS:
        raise Refused("too-many-columns", count=len(header), limit=MOST_COLUMNS)
    body = lines[start + 1 :]
    end = next((place for place in range(len(body), 0, -1) if any(_filled(one) for one in body[place - 1])), 0)
    body = body[:end]
    if not body:
        raise Refused("empty-layer", layer=layer)
    if twice := side_by_side(header):
        raise Refused("tables-beside", columns=", ".join(twice))
    header = with_units(header, body)
    names, notices = _names(header)
    heading = " ".join(str(one) for row in lines[:start] for one in row if _filled(one))
    skipped, rejected, out = apart(header, body), [], np.zeros(len(body), bool)
    out[[one.row - 1 for one in skipped if one.row]] = True
    empty, width = [], len(names)
    other = other_table(header, body)
    for place, row in enumerate(body if other is None else body[:other]):
        if not any(_filled(one) for one in row):
            out[place] = True
            empty.append(Notice("row-empty", {}, place + 1))
        elif any(_filled(one) for one in row[width:]):
            out[place] = True
            rejected.append(Notice("row-too-long", {"cells": len(row), "columns": width}, place + 1))
    if other is not None:
        below = [place for place in range(other, len(body)) if any(_filled(one) for one in body[place])]
        out[other:] = True
        rejected += [Notice("row-of-other-table", {"first": other + 1}, place + 1) for place in below]
        empty += [Notice("row-empty", {}, place + 1) for place in sorted({*range(other, len(body))}.difference(below))]
    if len(empty) <= _MOST_EMPTY:
        skipped += empty
    else:  # a stray cell far below: a million lines of a report would hide all others
        notices.append(Notice("rows-empty", {"count": len(empty)}))
    columns = [_column(name, [_cell(row[place]) if place < len(row) else None for row in body]) for place, name in enumerate(names)]
    columns = [one for one in columns if not (one.name.startswith("column") and all(value is None for value in one.values))]
    table = Table(
        format_name, layer, np.arange(1, len(body) + 1), columns, skipped=skipped, rejected=rejected, notices=notices, first_line=start + 2
    )
    table = table.without(out) if out.any() else table
    table = without_totals(_placed(table, shapes_wanted, heading))
    table.notices += [one for column in table.columns if column.name not in table.used_for_place for one in numbers_lost(column, table.rows.tolist())]
    return table


def _with_above(lines: Sequence[Sequence[Any]], start: int) -> list[Any]:
    """The header, its blank cells filled from the row above where that is the upper half of it."""
    header = list(lines[start])
    above = list(lines[start - 1]) if start else []
    if sum(1 for one in above if _filled(one)) >= 2:
        header += [None] * (len(above) - len(header))
        for place, cell in enumerate(above):
            if not _filled(header[place]) and _filled(cell) and not re.search("[:：]", str(cell)):
                header[place] = cell
    while header and not _filled(header[-1]):
        header.pop()
    return header


def _placed(table: Table, shapes_wanted: bool, heading: str) -> Table:
    places = find_places(table.columns, heading)
    if places is None:
        if shapes_wanted:
            raise Refused("no-coordinate-columns", columns=", ".join(one.name for one in table.columns[:40]))
        return table
    table.shapes = places.shapes
    table.used_for_place = places.used
    table.notices += places.notices
    if places.shifted:
        table.notices.append(Notice("datum-named", {"datum": places.shifted, "columns": places.shift_named_by}))
    if places.crs:
        table.crs_text, table.crs_source = places.crs, "坐标系"
    elif places.named_degrees:
        table.crs_source = "columns"
    if places.rejected:
        out = np.zeros(len(table.rows), bool)
        for place, notice in places.rejected.items():
            out[place] = True
            table.rejected.append(Notice(notice.code, notice.values, int(table.rows[place]), notice.field))
        table = table.without(out)
    return table


def header_of(lines: Sequence[Sequence[Any]]) -> int | None:
    """The place of the header row, or None when all is empty: the row that names places best, else the first that is about as full as the fullest."""
    ranks = [names_places(row) for row in lines[:_MOST_ABOVE]]
    if any(ranks):
        return ranks.index(max(ranks))
    widths = [sum(1 for one in row if _filled(one)) for row in lines[:30]]
    if not any(widths):
        return None
    widest = max(widths)
    return next(place for place, width in enumerate(widths) if width >= min(2, widest) and width >= widest * 0.5)


def _names(cells: Sequence[Any]) -> tuple[list[str], list[Notice]]:
    names: list[str] = []
    notices: list[Notice] = []
    taken: set[str] = set()
    for place, cell in enumerate(cells):
        plain = name = re.sub(r"\s+", " ", str(cell)).strip() if _filled(cell) else f"column{place + 1}"
        number = 2
        while name in taken:
            name, number = f"{plain}_{number}", number + 1
        if name != plain:
            notices.append(Notice("column-doubled", {"column": plain, "renamed": name}))
        taken.add(name)
        names.append(name)
    return names, notices


def _filled(cell: Any) -> bool:
    return cell is not None and (not isinstance(cell, str) or bool(cell.strip()))


def _cell(cell: Any) -> Any:
    """The value of a cell: without the ="001" and '001 by which people keep a spreadsheet from reading a code as a number."""
    if not isinstance(cell, str):
        return cell
    plain = cell.strip()
    kept = _KEPT_AS_TEXT.fullmatch(plain) if plain.startswith(("=", "'")) else None
    return (kept[1] or kept[2] if kept else as_meant(plain)) or None


def _column(name: str, values: list[Any]) -> Column:
    kinds = {type(one) for one in values if one is not None}
    if kinds == {bool}:
        return Column(name, Kind.BOOLEAN, values)
    if kinds == {int}:
        return Column(name, Kind.INTEGER, values)
    if kinds and kinds <= {int, float}:
        return Column(name, Kind.REAL, [None if one is None else float(one) for one in values])
    return Column(name, Kind.TEXT, [None if one is None else _text(one) for one in values])


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(int(value)) if isinstance(value, float) and value.is_integer() and abs(value) < 1e15 else str(value)
