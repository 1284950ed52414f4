"""The table of an answer as a CSV file that spreadsheets read and do not compute."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import quote

from flask import Response, request
from werkzeug.http import dump_options_header

from app.language import language_of
from app.security import current_actor
from app.services import services
from app.spaces import current_space
from geodata.files.extract import HERE
from geodata.files.formulas import harmless
from geodata.store.audit import record
from layers.spec import Label


def csv_file(kind: str, title: Label, headings: Sequence[Label], rows: Iterable[Sequence[Any]]) -> Response:
    """UTF-8 with a mark, headings in the reader's language; unknown is an empty cell. That it was taken is written down as `kind`."""
    language = language_of(request)
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([one.in_language(language) for one in headings])
    count = 0
    for row in rows:
        writer.writerow([_cell(one, language) for one in row])
        count += 1
    record(services().database.engine, current_actor(), "export.file", kind, space=current_space().id, format="csv", count=count)
    name = f"{title.in_language(language)}_{datetime.now(HERE):%Y%m%d_%H%M}.csv"
    headers = {"Cache-Control": "no-store", "Content-Disposition": dump_options_header("attachment", {"filename": f"{kind}.csv"}) + f"; filename*=UTF-8''{quote(name)}"}
    return Response("\ufeff" + out.getvalue(), headers=headers, content_type="text/csv; charset=utf-8")


def _cell(value: Any, language: str) -> str:
    if value is None:
        return ""
    if isinstance(value, Label):
        return value.in_language(language)
    if isinstance(value, float):
        return f"{value:.1f}"
    return harmless(value) if isinstance(value, str) else str(value)
