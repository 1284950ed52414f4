"""A MapInfo interchange file as it is written: its columns typed by us and its numbers looked at, because GDAL makes 0 of what is no number."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from geodata.files.notices import Notice
from geodata.files.table import Column, Kind
from geodata.files.xml_faults import is_number

_COLUMNS = re.compile(rb"(?im)^\s*columns\s+(\d+)\s*$")
_NUMBERS_AFTER = {b"point": 2, b"line": 4, b"rect": 4, b"roundrect": 4, b"ellipse": 4, b"arc": 4}
_WITH_PARTS = (b"pline", b"region", b"multipoint", b"text", b"none")
_STYLE = (b"pen", b"brush", b"symbol", b"smooth", b"center", b"font", b"spacing", b"justify", b"angle", b"label")
_KINDS = {"integer": Kind.INTEGER, "smallint": Kind.INTEGER, "largeint": Kind.INTEGER, "decimal": Kind.REAL, "float": Kind.REAL,
          "date": Kind.DATE, "datetime": Kind.MOMENT, "logical": Kind.BOOLEAN}  # fmt: skip
_TRUTHS = {"T": True, "t": True, "1": True, "Y": True, "y": True, "F": False, "f": False, "0": False, "N": False, "n": False}


def as_text(head: bytes) -> tuple[bytes, list[Kind]]:
    """The file with all its columns declared as text, and what they were declared as."""
    match = _COLUMNS.search(head)
    if match is None:
        return head, []
    lines = head[match.end() :].split(b"\n", int(match[1]) + 1)
    kinds: list[Kind] = []
    for place in range(1, min(int(match[1]), len(lines) - 2) + 1):
        name, _, declared = lines[place].strip().partition(b" ")
        kind = _KINDS.get(re.split(r"[(\s]", declared.strip().decode("ascii", "replace").lower())[0], Kind.TEXT)
        kinds.append(kind)
        if kind is not Kind.TEXT:
            lines[place] = b"  " + name + b" Char(254)"
    return head[: match.end()] + b"\n".join(lines), kinds


def typed(column: Column, kind: Kind, notices: list[Notice]) -> Column:
    """A column of texts as what it was declared; a value that is none of that stays text, so that its row is told, but a truth that is none is told at once."""
    if kind is Kind.TEXT:
        return column
    if kind is Kind.BOOLEAN:
        wrong = [(row, one) for row, one in enumerate(column.values, 1) if one not in (None, "") and one not in _TRUTHS]
        notices += [Notice("truth-not-read", {"value": str(one)[:20]}, row, column.name) for row, one in wrong]
        return Column(column.name, kind, [_TRUTHS.get(str(one)) for one in column.values])
    values = [None if one in (None, "") else _value(str(one).strip(), kind) for one in column.values]
    if kind is Kind.REAL and all(one is None or isinstance(one, (int, float)) for one in values):
        values = [None if one is None else float(one) for one in values]
    return Column(column.name, kind, values)


def _value(text: str, kind: Kind) -> Any:
    try:
        if kind is Kind.DATE:
            return (date.fromisoformat(f"{text[:4]}-{text[4:6]}-{text[6:]}") if text.isdigit() else date.fromisoformat(text)).isoformat()
        if kind is Kind.MOMENT:
            return datetime.fromisoformat(f"{text[:8]}T{text[8:14]}" if text.isdigit() else text).isoformat()
        return int(text) if kind is Kind.INTEGER and re.fullmatch(r"[+-]?\d+", text) else float(text) if is_number(text) else text
    except ValueError:
        return text


def faults(data: bytes) -> dict[int, Notice]:
    """The objects (0 is the first) with a coordinate that is no number, each with what stands there."""
    found: dict[int, Notice] = {}
    start = re.search(rb"(?im)^\s*data\s*$", data)
    place, nested = -1, 0
    for line in data[start.end() :].splitlines() if start else ():
        pieces = line.split()
        word = pieces[0].lower() if pieces else b""
        if not word or word in _STYLE or word.startswith(b'"'):
            continue
        if word == b"collection":
            place, nested = place + 1, int(pieces[1]) if len(pieces) > 1 and pieces[1].isdigit() else 0
        elif word in _WITH_PARTS or word in _NUMBERS_AFTER:
            if nested:
                nested -= 1
            else:
                place += 1
        numbers = pieces[1 : 1 + _NUMBERS_AFTER[word]] if word in _NUMBERS_AFTER else pieces if word[:1] in b"+-.0123456789" else ()
        if (wrong := _wrong(numbers)) is not None and place >= 0:
            found.setdefault(place, Notice("coordinate-not-read", {"value": wrong[:60]}, place + 1, "geometry"))
    return found


def _wrong(numbers: Iterable[bytes]) -> str | None:
    return next((text for one in numbers if not is_number(text := one.decode("latin-1"))), None)
