"""What a file says of its shift or system outside of where its format says it: in a column of that name, or in the name of the layer."""

from __future__ import annotations

import re

from geodata.columns import Coded
from geodata.files.notices import Notice
from geodata.files.places import names_system, shift_said
from geodata.files.projection import OLD_IN_WORDS
from geodata.files.table import Table

_TRUE = re.compile(r"(?i)wgs\W?84|cgcs\W?2000|国家2000|纠偏|还原|转换后")  # the shift was taken off already, as names tell it
_MOST_SAID = 20  # different values: a column of more is no column of systems


def heed_names(table: Table) -> None:
    """Tell of a shift that the name of the layer or a column names, and take an old system from there where the file says none."""
    if table.shapes is None:
        return
    for by, words in _said(table):
        shift = shift_said(words)
        if shift and not any(one.code == "datum-named" for one in table.notices):
            table.notices.append(Notice("datum-named", {"datum": shift, "columns": by}))
        if shift or not OLD_IN_WORDS.search(words):
            continue
        if table.crs_text is None:
            table.crs_text, table.crs_source = words[:60], by
        else:
            table.notices.append(Notice("system-named-otherwise", {"by": by, "said": words[:60]}))


def _said(table: Table) -> list[tuple[str, str]]:
    """Where something is said, and what."""
    column = next((one for one in table.columns if names_system(one.name)), None)
    values = [str(one) for one in Coded.of(column.values).levels if one is not None] if column else []
    found = [(column.name, " ".join(values)[:200])] if column and values and len(values) <= _MOST_SAID else []
    return [*found, *([(table.sublayer[:60], table.sublayer[:200])] if table.sublayer and not _TRUE.search(table.sublayer) else [])]
