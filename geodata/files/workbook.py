"""An Excel workbook (.xlsx): one sheet as a table, cells as values and never as formulas."""

from __future__ import annotations

import re
import zipfile
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from openpyxl.utils.cell import range_boundaries

from geodata.files.delimited import from_cells, header_of
from geodata.files.notices import Found, Notice, Refused
from geodata.files.sniffing import WORKBOOK, Source
from geodata.files.sublayers import Sublayer, chosen
from geodata.files.table import Column, Kind, Table

_MOST_CELLS = 20_000_000
_ERRORS = frozenset({"#REF!", "#N/A", "#VALUE!", "#NAME?", "#DIV/0!", "#NUM!", "#NULL!"})
_CHUNK = 8 << 20
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?")
_HIDDEN_ROW = re.compile(rb'<row\b(?=[^>]*\shidden="(?:1|true)")[^>]*\sr="(\d+)"|<row\b(?=[^>]*\sr="(\d+)")[^>]*\shidden="(?:1|true)"')
_STRICT = b"purl.oclc.org/ooxml/spreadsheetml"
_MERGED = re.compile(rb'<mergeCell ref="([A-Z]{1,3}\d{1,7}:[A-Z]{1,3}\d{1,7})"')
_NO_RESULT = re.compile(rb'<c r="([A-Z]{1,3}\d{1,7})"[^>]*><f\b(?:[^>]*/>|[^>]*>[^<]{0,1500}</f>)(?:<v\s*/>|<v></v>)?</c>')


def read_workbook(source: Source, *, sublayer: str | None, shapes_wanted: bool) -> Table:
    """The sheet named, or the only one with content. Raises Refused for several, none, or a damaged or encrypted workbook."""
    _no_entities(source)
    try:
        return _read(source, sublayer, shapes_wanted)
    except (KeyError, ValueError, zipfile.BadZipFile, EOFError, SyntaxError, TypeError, AttributeError) as error:
        raise Refused("file-damaged", part=source.main.name, said=str(error)[:200]) from error


def _no_entities(source: Source) -> None:
    try:
        with zipfile.ZipFile(source.main.path) as archive:
            names = archive.namelist()
            if "xl/workbook.xml" not in names:
                raise Refused("format-unsupported", kind="ZIP/Office", path=source.main.name)
            for name in names:
                if name.endswith((".xml", ".rels")):
                    with archive.open(name) as member:
                        head = member.read(4096)
                    if re.search(rb"<!(DOCTYPE|ENTITY)", head, re.IGNORECASE):
                        raise Refused("xml-entities", path=source.main.name)
                    if name == "xl/workbook.xml" and _STRICT in head:
                        raise Refused("workbook-strict", path=source.main.name)
    except (zipfile.BadZipFile, RuntimeError) as error:
        raise Refused("archive-damaged", path=source.main.name) from error


def _read(source: Source, sublayer: str | None, shapes_wanted: bool) -> Table:
    from openpyxl import load_workbook

    with source.main.path.open("rb") as file:  # opened by us: by a name that ends otherwise than .xlsx it would not be
        return _read_book(load_workbook(file, read_only=True, data_only=True, keep_links=False), source, sublayer, shapes_wanted)


def _read_book(book: Any, source: Source, sublayer: str | None, shapes_wanted: bool) -> Table:
    for one in book.worksheets:
        one.reset_dimensions()  # what a sheet says of its size is often all of 16,384 columns
    sheets = {one.title: one for one in book.worksheets if one.sheet_state == "visible"}
    hidden = {one.title: one for one in book.worksheets if one.sheet_state != "visible"}
    full = [name for name, sheet in sheets.items() if _has_cells(sheet)]
    if not full and (there := [name for name, sheet in hidden.items() if _has_cells(sheet)]):
        raise Refused("sheets-all-hidden", path=source.main.name, there=", ".join(there[:10]))
    if not full:
        raise Refused("empty-layer", layer=source.name)
    counted = [Sublayer(one, _rows_in(sheets[one])) for one in full] if len(full) > 1 and sublayer is None else [Sublayer(one) for one in full]
    name = chosen(counted, sublayer, source.main.name)
    lines, cells, errors, long = [], 0, [], []
    for number, row in enumerate(sheets[name].iter_rows(values_only=True), 1):
        cells += len(row)
        if cells > _MOST_CELLS:
            raise Refused("too-many-cells", limit=_MOST_CELLS)
        if any(isinstance(one, str) and one in _ERRORS for one in row):
            errors.append(number)
        if any(_is_long(one) for one in row):
            long.append(number)
        lines.append([_value(one) for one in row])
    notices = _beside(source.main.path, sheets[name]._worksheet_path.lstrip("/"), lines)
    table = from_cells(lines, format_name=WORKBOOK, layer=name, shapes_wanted=shapes_wanted)
    table.encoding = Found("UTF-8", "encoding-by-format", {"name": "UTF-8"})
    table.notices += notices
    if long:
        table.notices.append(Notice("digits-lost", {"count": len(long), "rows": ", ".join(map(str, long[:20]))}))
    if hidden:
        table.notices.append(Notice("sheets-hidden", {"there": ", ".join(hidden[:10])}))
    if errors:
        table.notices.append(Notice("cell-errors", {"rows": ", ".join(map(str, errors[:20]))}))
    for column in table.columns:
        _days(column, table.notices)
    return table


def _has_cells(sheet: Any) -> bool:
    return any(cell is not None for row in sheet.iter_rows(max_row=30, values_only=True) for cell in row)


def _days(column: Column, notices: list[Notice]) -> None:
    """A column of days or moments as such. Among others a day stays one; the day nought of a spreadsheet, which it shows as 1900-01-00, is nothing."""
    values = list(column.values)
    moments = [one for one in values if isinstance(one, str) and _MOMENT.fullmatch(one)]
    if not moments:
        return
    nought = [place for place, one in enumerate(values) if one in ("00:00:00", "0")]
    if nought:
        notices.append(Notice("days-nought", {"column": column.name, "count": len(nought)}))
        values = [None if one in ("00:00:00", "0") else one for one in values]
    filled = [one for one in values if one is not None]
    midnight = all(one.endswith("T00:00:00") for one in moments)
    if midnight:
        values = [one[:10] if isinstance(one, str) and _MOMENT.fullmatch(one) else one for one in values]
    if len(moments) == len(filled):
        column.kind = Kind.DATE if midnight else Kind.MOMENT
    column.values = values


def _rows_in(sheet: Any) -> int:
    """Rows with anything in them, the header among them."""
    return sum(1 for row in sheet.iter_rows(values_only=True) if any(cell is not None for cell in row))


def _beside(path: Path, member: str, lines: list[list[Any]]) -> list[Notice]:
    """What the values alone do not tell: merged cells (filled into `lines`) and formulas without a result."""
    merged: dict[str, None] = {}
    bare: dict[str, None] = {}
    hidden: dict[int, None] = {}
    with zipfile.ZipFile(path) as archive, archive.open(member) as file:
        tail = b""
        while chunk := file.read(_CHUNK):
            text = tail + chunk
            merged |= dict.fromkeys(one.decode() for one in _MERGED.findall(text))
            bare |= dict.fromkeys(one.decode() for one in _NO_RESULT.findall(text))
            hidden |= dict.fromkeys(int(one or other) for one, other in _HIDDEN_ROW.findall(text))
            tail = text[-2_000:]
    notices = _unmerge(lines, list(merged))
    if hidden := {one: None for one in hidden if one <= len(lines) and any(cell is not None for cell in lines[one - 1])}:
        notices.append(Notice("rows-hidden", {"count": len(hidden), "rows": _some([str(one) for one in hidden])}))
    if bare:
        notices.append(Notice("formula-not-calculated", {"count": len(bare), "cells": _some(list(bare))}))
    return notices


def _unmerge(lines: list[list[Any]], ranges: list[str]) -> list[Notice]:
    """Give each row the value of the merged cell it lies in; of a header in two rows the lower one, that names each column, stays."""
    boxes = [(one, *range_boundaries(one)) for one in ranges]
    tall = [(one, left, top, bottom) for one, left, top, _, bottom in boxes if bottom > top]
    for _, left, top, bottom in tall:
        for row in lines[top:bottom]:
            row += [None] * (left - len(row))
            if row[left - 1] is None:
                row[left - 1] = lines[top - 1][left - 1]
    start = header_of(lines)
    wide = [(left, right) for _, left, top, right, bottom in boxes if start is not None and top == bottom == start + 1 and right > left]
    if start is not None and start + 1 < len(lines) and wide:
        below = lines[start + 1]
        if all(isinstance(one, str) for left, right in wide for one in [*below[left - 1 : right], *[None] * (right - len(below))]):
            lines[start] = []
            start += 1
    filled = [one for one, _, _, bottom in tall if start is not None and bottom > start + 1]
    return [Notice("merged-filled", {"cells": _some(filled)})] if filled else []


def _some(cells: list[str]) -> str:
    return ", ".join(cells[:10]) + (" …" if len(cells) > 10 else "")


def _is_long(cell: Any) -> bool:
    """Whether a number has more digits than Excel keeps: a code that should have been text."""
    return isinstance(cell, (int, float)) and not isinstance(cell, bool) and 1e15 <= abs(cell) < 1e30 and cell == int(cell)


def _value(cell: Any) -> Any:
    if _is_long(cell):
        return format(Decimal(f"{cell:.15g}" if isinstance(cell, float) else cell), "f")
    if isinstance(cell, str) and cell in _ERRORS:
        return None
    if isinstance(cell, timedelta):  # degrees, minutes and seconds are typed as hours, too: 109:48:30
        seconds = round(cell.total_seconds(), 3)
        return f"{int(seconds // 3600)}:{int(seconds % 3600 // 60):02d}:{seconds % 60:06.3f}".rstrip("0").rstrip(".")
    if isinstance(cell, datetime):
        return cell.isoformat(timespec="seconds")
    if isinstance(cell, (date, time)):
        return cell.isoformat()
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 2**53:
        return int(cell)
    return cell if cell is None or isinstance(cell, (str, int, float, bool)) else str(cell)
