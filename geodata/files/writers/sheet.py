"""An Excel workbook (.xlsx) of one sheet: numbers and dates as such, text as text that no spreadsheet computes."""

from __future__ import annotations

import re
from datetime import date, datetime
from pathlib import Path
from typing import Any

from geodata.files.extract import HERE, Rows
from geodata.files.formulas import harmless
from geodata.files.notices import Refused
from geodata.files.writers.text import mark_values, place_columns, place_headings, place_values

MOST_ROWS = 200_000  # openpyxl writes about 15,000 rows of 20 cells a second; Excel itself ends at 1,048,576
MOST_TEXT = 32_767  # characters in a cell of Excel
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f]")  # what XML cannot hold


def write_xlsx(rows: Rows, path: Path) -> int:
    """Refused past MOST_ROWS, and for a shape whose text no cell can hold."""
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell

    if (count := rows.count()) > MOST_ROWS:
        raise Refused("export-too-many", count=count, limit=MOST_ROWS, kind="XLSX")
    book = Workbook(write_only=True)
    sheet = book.create_sheet(re.sub(r"[\\/*?:\[\]]", "", rows.layer.label.in_language(rows.wanted.language or "zh"))[:31] or rows.layer.id)
    sheet.freeze_panes = "A2"
    place, marked = place_columns(rows), mark_values(rows)

    def cell(value: Any) -> Any:
        if isinstance(value, datetime):
            return value.astimezone(HERE).replace(tzinfo=None)  # a cell has no time zone: as the clock here showed it
        if value is None or isinstance(value, (bool, int, float, date)):
            return value
        text = harmless(_CONTROL.sub("", str(value)))
        if len(text) > MOST_TEXT:
            raise Refused("export-cell", limit=MOST_TEXT)
        made = WriteOnlyCell(sheet, value=text)
        made.data_type = "s"  # openpyxl would take a leading = for a formula
        return made

    sheet.append([cell(one) for one in [*map(rows.heading, rows.fields), *place_headings(rows)]])
    for page in rows.pages():
        for one in page:
            sheet.append([cell(each) for each in [*(rows.value(field, one) for field in rows.fields), *place_values(place, one.geometry), *marked]])
    book.save(path)
    return count
