"""A dBASE table read byte by byte, so that the choice of encoding and every damaged value are ours to tell."""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geodata.files.encodings import Decision, decode, for_fields, shown, stray
from geodata.files.notices import Notice, Refused
from geodata.files.sampling import sampled
from geodata.files.table import Column, Kind

_BLANK = b" \x00\t\r\n"
_READ = "CNFDLI+OB@TYVM"


@dataclass(frozen=True)
class FieldHead:
    """One field descriptor: raw name, type letter, byte offset in the record, width, decimals."""

    name: bytes
    letter: str
    offset: int
    width: int
    decimals: int


@dataclass
class Dbf:
    """All records of a table: columns (deleted records included), which are deleted, and what was noticed."""

    columns: list[Column]
    deleted: NDArray[np.bool_]
    decision: Decision
    notices: list[Notice]
    bad_text: dict[int, tuple[str, str]]  # record -> field and bytes that are not text in the encoding

    @property
    def count(self) -> int:
        return len(self.deleted)


def read_dbf(data: bytes, *, given: str | None, cpg: bytes | None) -> Dbf:
    """Columns of a .dbf. Raises Refused when the header makes no sense, the table is encrypted or its encoding unknown."""
    heads, count, start, length, language = _header(data)
    notices: list[Notice] = []
    there = max(0, (len(data) - start) // length) if length else 0
    if there < count:
        raise Refused("records-missing", part=".dbf", stated=count, there=there)
    raw = np.frombuffer(data, dtype=np.dtype((np.void, length)), count=count, offset=start)
    cells = raw.view(np.uint8).reshape(count, length) if count else np.zeros((0, length), np.uint8)
    texts = {head: _strings(cells, head) for head in heads if head.letter in "CNFDLV" and head.width}
    sample = [(head.name, len(head.name) >= 10) for head in heads]
    sample += [one for head in texts if head.letter in "CV" for one in _distinct_non_ascii(texts[head], head.width)]
    decision = sampled(for_fields(sample, given=given, cpg=cpg, language_byte=language), (raw for raw, _ in sample[len(heads) :] or sample))
    columns: list[Column] = []
    bad: dict[int, tuple[str, str]] = {}
    names = _names(heads, decision.codec, notices)
    for head, name in zip(heads, names, strict=True):
        if not head.width:
            columns.append(Column(name, Kind.TEXT, [None] * count))
            continue
        if head.letter not in _READ or head.letter == "M":
            notices.append(Notice("column-not-read", {"column": name, "type": head.letter}))
            continue
        columns.append(_column(head, name, cells, texts.get(head), decision.codec, notices, bad))
    return Dbf(columns, cells[:, 0] == 0x2A if count else np.zeros(0, bool), decision, notices, bad)


def _header(data: bytes) -> tuple[list[FieldHead], int, int, int, int]:
    if not data:
        raise Refused("empty-file", part=".dbf")
    if len(data) < 32:
        raise Refused("file-truncated", part=".dbf", stated=32, there=len(data))
    count, start, length = struct.unpack("<IHH", data[4:12])
    if data[15] == 1:
        raise Refused("table-encrypted", part=".dbf")
    if start < 33 or start > len(data) or length < 1 or data[0] & 0x07 not in (0, 2, 3, 4, 5):
        raise Refused("not-a-table", part=".dbf")
    heads, offset, place = [], 1, 32
    while place + 32 <= start and data[place] != 0x0D and any(data[place : place + 32]):
        name, letter = data[place : place + 11].split(b"\x00")[0], chr(data[place + 11])
        width, decimals = data[place + 16], data[place + 17]
        if letter == "C":
            width, decimals = width + (decimals << 8 if decimals and offset + width + (decimals << 8) <= length else 0), 0
        if letter != "0":
            heads.append(FieldHead(name, letter, offset, width, decimals))
        offset, place = offset + width, place + 32
    if offset > length or (not heads and length > 1 and start > 33):
        raise Refused("not-a-table", part=".dbf")
    return heads, count, start, length, data[29]


def _strings(cells: NDArray[np.uint8], head: FieldHead) -> NDArray[np.bytes_]:
    part = np.ascontiguousarray(cells[:, head.offset : head.offset + head.width])
    return part.view(f"S{head.width}").reshape(-1)


def _distinct_non_ascii(column: NDArray[np.bytes_], width: int) -> list[tuple[bytes, bool]]:
    if not len(column) or not (column.view(np.uint8) > 0x7F).any():
        return []
    return [(one.rstrip(_BLANK), len(one.rstrip(_BLANK)) >= width - 0) for one in np.unique(column).tolist() if not one.isascii()]


def _names(heads: list[FieldHead], codec: str, notices: list[Notice]) -> list[str]:
    names: list[str] = []
    for place, head in enumerate(heads):
        text, _ = decode(head.name.rstrip(_BLANK), codec, full=True)
        name = plain = (text or head.name.decode("ascii", errors="replace")).strip() or f"column{place + 1}"
        number = 2
        while name in names:
            name, number = f"{plain}_{number}", number + 1
        if name != plain:
            notices.append(Notice("column-doubled", {"column": plain, "renamed": name}))
        names.append(name)
    return names


def _column(
    head: FieldHead,
    name: str,
    cells: NDArray[np.uint8],
    texts: NDArray[np.bytes_] | None,
    codec: str,
    notices: list[Notice],
    bad: dict[int, tuple[str, str]],
) -> Column:
    if head.letter in "CV":
        assert texts is not None
        return Column(name, Kind.TEXT, _text(head, name, texts, codec, notices, bad))
    if head.letter in "NF":
        assert texts is not None
        return _number(head, name, texts, notices)
    if head.letter == "D":
        assert texts is not None
        return Column(name, Kind.DATE, [_date(one) for one in texts.tolist()])
    if head.letter == "L":
        assert texts is not None
        known = {
            b"T": True,
            b"t": True,
            b"Y": True,
            b"y": True,
            b"F": False,
            b"f": False,
            b"N": False,
            b"n": False,
            b"1": True,
            b"0": False,
        }
        return Column(name, Kind.BOOLEAN, [known.get(one) for one in texts.tolist()])
    return _binary(head, name, cells)


def _text(
    head: FieldHead, name: str, texts: NDArray[np.bytes_], codec: str, notices: list[Notice], bad: dict[int, tuple[str, str]]
) -> list[Any]:
    if not len(texts):
        return []
    if not (texts.view(np.uint8) > 0x7F).any() and codec not in ("utf-16", "utf-16-le", "utf-16-be", "hz"):
        plain = np.char.strip(texts.astype(f"U{head.width}"), " \x00\t\r\n").tolist()
        return [one or None for one in plain]
    values, inverse = np.unique(texts, return_inverse=True)
    decoded: list[str | None] = []
    cut_values, bad_values = set(), set()
    strays: dict[int, str] = {}
    for place, raw in enumerate(values.tolist()):
        bare = raw.rstrip(_BLANK)
        text, cut = decode(bare, codec, full=len(bare) == head.width)
        if not bare.isascii() and (found := stray(bare, codec, text)):
            (other, text), cut = found, False
            strays[place] = other
        if text is None:
            bad_values.add(place)
        if cut:
            cut_values.add(place)
        decoded.append((text or "").strip().strip("\x00") or None)
    places = inverse.tolist()
    if cut_values:
        for row, place in enumerate(places):
            if place in cut_values:
                notices.append(Notice("text-cut", {"text": (decoded[place] or "")[-12:], "width": head.width}, row + 1, name))
    if strays:
        for row, place in enumerate(places):
            if place in strays:
                said = {"other": shown(strays[place]), "name": shown(codec), "text": (decoded[place] or "")[:40]}
                notices.append(Notice("text-other-encoding", said, row + 1, name))
    if bad_values:
        for row, place in enumerate(places):
            if place in bad_values:
                bad.setdefault(row, (name, values[place].rstrip(_BLANK)[:24].hex(" ")))
    return [decoded[place] for place in places]


def _number(head: FieldHead, name: str, texts: NDArray[np.bytes_], notices: list[Notice]) -> Column:
    whole = head.decimals == 0 and head.letter == "N"
    values: list[Any] = []
    for row, raw in enumerate(texts.tolist()):
        bare = raw.strip(_BLANK)
        if not bare:
            values.append(None)
        elif bare.startswith(b"*"):
            notices.append(Notice("number-overflow", {"width": head.width}, row + 1, name))
            values.append(None)
        else:
            values.append(_as_number(bare, head.decimals, whole=whole))
    integer = whole and all(one is None or isinstance(one, int) for one in values)
    if not integer and all(one is None or isinstance(one, (int, float)) for one in values):
        values = [None if one is None else float(one) for one in values]
    return Column(name, Kind.INTEGER if integer else Kind.REAL, values)


def _as_number(bare: bytes, decimals: int, *, whole: bool) -> Any:
    """A number, or the text where it is none. A comma is that of the decimals where so many digits follow as the field has, else of thousands."""
    text = bare.decode("latin-1")
    if "," in text:
        after = len(text.rpartition(",")[2])
        thousands = re.fullmatch(r"[+-]?\d{1,3}(,\d{3})+(\.\d*)?", text) and not (text.count(",") == 1 and after == decimals)
        text = text.replace(",", "" if thousands else ".")
    try:
        return int(text) if whole and "." not in text and "e" not in text.lower() else float(text)
    except ValueError:
        return text


def _date(raw: bytes) -> str | None:
    bare = raw.strip(_BLANK)
    if not bare or not bare.strip(b"0"):
        return None
    try:
        return date(int(bare[:4]), int(bare[4:6]), int(bare[6:8])).isoformat()
    except ValueError:
        return bare.decode("latin-1")  # kept as text: checking names the row


def _binary(head: FieldHead, name: str, cells: NDArray[np.uint8]) -> Column:
    part = np.ascontiguousarray(cells[:, head.offset : head.offset + head.width])
    if head.letter in "I+" and head.width == 4:
        return Column(name, Kind.INTEGER, part.view("<i4").reshape(-1).tolist())
    if head.letter in "OB" and head.width == 8:
        return Column(name, Kind.REAL, [one if np.isfinite(one) else None for one in part.view("<f8").reshape(-1).tolist()])
    if head.letter == "Y" and head.width == 8:
        return Column(name, Kind.REAL, (part.view("<i8").reshape(-1) / 10_000).tolist())
    if head.letter in "T@" and head.width == 8:
        return Column(name, Kind.MOMENT, [_moment(*one) for one in part.view("<i4").reshape(-1, 2).tolist()])
    return Column(name, Kind.TEXT, [None] * len(cells))


def _moment(day: int, milliseconds: int) -> str | None:
    """A FoxPro moment: Julian day number and milliseconds since midnight, local time."""
    if day < 1_721_426 or day > 5_373_484:
        return None
    moment = date.fromordinal(day - 1_721_425)
    return f"{moment.isoformat()}T{timedelta(milliseconds=max(0, milliseconds) % 86_400_000)!s:0>8}"
