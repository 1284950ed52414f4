"""An Excel workbook (.xlsx): one sheet as a table, cells as values and never as formulas."""

from __future__ import annotations

import re
import zipfile
from datetime import date, datetime, time
from typing import Any

from geodata.files.delimited import from_cells
from geodata.files.gdal import chosen
from geodata.files.notices import Found, Notice, Refused
from geodata.files.sniffing import WORKBOOK, Source
from geodata.files.table import Kind, Table

_MOST_CELLS = 20_000_000


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
                        if re.search(rb"<!(DOCTYPE|ENTITY)", member.read(4096), re.IGNORECASE):
                            raise Refused("xml-entities", path=source.main.name)
    except (zipfile.BadZipFile, RuntimeError) as error:
        raise Refused("archive-damaged", path=source.main.name) from error


def _read(source: Source, sublayer: str | None, shapes_wanted: bool) -> Table:
    from openpyxl import load_workbook

    book = load_workbook(source.main.path, read_only=True, data_only=True, keep_links=False)
    sheets = {one.title: one for one in book.worksheets if one.sheet_state == "visible"}
    full = [
        name
        for name, sheet in sheets.items()
        if any(cell is not None for row in sheet.iter_rows(max_row=30, values_only=True) for cell in row)
    ]
    if not full:
        raise Refused("empty-layer", layer=source.name)
    name = chosen(full, sublayer, source.main.name)
    lines, cells, errors = [], 0, []
    for number, row in enumerate(sheets[name].iter_rows(values_only=True), 1):
        cells += len(row)
        if cells > _MOST_CELLS:
            raise Refused("too-many-cells", limit=_MOST_CELLS)
        if any(
            isinstance(one, str) and one.startswith("#") and one in ("#REF!", "#N/A", "#VALUE!", "#NAME?", "#DIV/0!", "#NUM!", "#NULL!")
            for one in row
        ):
            errors.append(number)
        lines.append([_value(one) for one in row])
    table = from_cells(lines, format_name=WORKBOOK, layer=name, shapes_wanted=shapes_wanted)
    table.encoding = Found("UTF-8", "encoding-by-format", {"name": "UTF-8"})
    if errors:
        table.notices.append(Notice("cell-errors", {"rows": ", ".join(map(str, errors[:20]))}))
    for column in table.columns:
        filled = [one for one in column.values if one is not None]
        if filled and all(isinstance(one, str) and re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?", one) for one in filled):
            midnight = all(one.endswith("T00:00:00") for one in filled)
            column.kind = Kind.DATE if midnight else Kind.MOMENT
            if midnight:
                column.values = [None if one is None else one[:10] for one in column.values]
    return table


def _value(cell: Any) -> Any:
    if isinstance(cell, datetime):
        return cell.isoformat(timespec="seconds")
    if isinstance(cell, (date, time)):
        return cell.isoformat()
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 2**53:
        return int(cell)
    return cell if cell is None or isinstance(cell, (str, int, float, bool)) else str(cell)
