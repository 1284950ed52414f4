"""A dBASE table read byte by byte, so that the choice of encoding and every damaged value are ours to tell."""

from __future__ import annotations

import re
import struct
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import repeat
from mmap import MADV_DONTNEED, mmap
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geodata.columns import Coded
from geodata.files.codec_names import shown
from geodata.files.encodings import Decision, decode, for_fields, stray
from geodata.files.notices import Notice, Refused
from geodata.files.sampling import sampled
from geodata.files.table import Column, Kind

_BLANK = b" \x00\t\r\n"
_DELETED = 0x2A
_SPACE = 0x20
_AT_ONCE = 20_000  # records
_UNTOLD = (b"", b"?")  # how a table says that it does not know
_TRUTHS = {b"T": True, b"t": True, b"Y": True, b"y": True, b"1": True, b"F": False, b"f": False, b"N": False, b"n": False, b"0": False}
_TEXTS = "CVNFDL"  # letters of fields that are filled up with blanks
_READ = "CNFDLI+OB@TYVMi"
_PLAIN, _LONG = (32, 32, 11, 11, 16), (68, 48, 32, 32, 33)  # of dBASE III to 5, and of dBASE 7: where descriptors begin, their size, room for the name, where letter and width stand
_FEW = 200
_MOST_REPEATED = 8  # times that a value of many rows counts where the encoding is sought
_WIDE = ("utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be")
_NOT_ASCII = ("hz",)  # codecs in which bytes below 0x80 are not the letters of ASCII


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


def read_dbf(data: bytes | mmap, *, given: str | None, cpg: bytes | None) -> Dbf:
    """Columns of a .dbf. Raises Refused when the header makes no sense, the table is encrypted or its encoding unknown."""
    heads, count, start, length, language = _header(data)
    notices: list[Notice] = []
    there = max(0, (len(data) - start) // length) if length else 0
    if there < count:
        raise Refused("records-missing", part=".dbf", stated=count, there=there)
    read = [one for one in heads if one.width and one.letter in _READ and one.letter != "M"]
    cells, deleted = _cells(data, read, count, start, length)
    decision = _decided(heads, cells, given=given, cpg=cpg, language=language)
    columns: list[Column] = []
    bad: dict[int, tuple[str, str]] = {}
    names = _names(heads, decision.codec, notices)
    for head, name in zip(heads, names, strict=True):
        if not head.width:
            columns.append(Column(name, Kind.TEXT, Coded.repeated(None, count)))
        elif head in cells:
            columns.append(_column(head, name, cells.pop(head), decision.codec, notices, bad))
        else:
            notices.append(Notice("column-not-read", {"column": name, "type": head.letter}))
    return Dbf(columns, deleted, decision, notices, bad)


def _cells(data: bytes | mmap, heads: list[FieldHead], count: int, start: int, length: int) -> tuple[dict[FieldHead, Coded], NDArray[np.bool_]]:
    """The bytes of each field by column, and which records are deleted; some thousands of records are looked at at once."""
    found: dict[FieldHead, dict[bytes, int]] = {head: {} for head in heads}
    codes = {head: np.zeros(count, np.int32) for head in heads}
    deleted = np.zeros(count, bool)
    for first in range(0, count, _AT_ONCE):
        last = min(first + _AT_ONCE, count)
        lot = np.frombuffer(data[start + first * length : start + last * length], np.uint8).reshape(-1, length)
        deleted[first:last] = lot[:, 0] == _DELETED
        written = np.flatnonzero((lot.min(axis=0) != _SPACE) | (lot.max(axis=0) != _SPACE))
        for head in heads:
            start_, end = head.offset, head.offset + head.width
            if head.letter in _TEXTS:  # fields are far wider than what stands in them: cut first where no record has anything
                here = written[np.searchsorted(written, start_) : np.searchsorted(written, end)]
                bare = map(bytes.rstrip, _values(lot[:, start_ : int(here[-1]) + 1 if len(here) else start_]), repeat(_BLANK))
            codes[head][first:last] = _codes(list(bare) if head.letter in _TEXTS else _values(lot[:, start_:end]), found[head])
        if isinstance(data, mmap):
            data.madvise(MADV_DONTNEED)  # what was looked at need not stay in memory
    return {head: Coded(list(found.pop(head)), codes[head]) for head in heads}, deleted


def _values(part: NDArray[np.uint8]) -> list[bytes]:
    """Each row of a table of bytes."""
    return np.ascontiguousarray(part).view(f"V{part.shape[1]}").reshape(-1).tolist() if part.shape[1] else [b""] * len(part)


def _codes(values: list[bytes], places: dict[bytes, int]) -> list[int]:
    """The place of each value among the distinct ones, to which those that are new are added."""
    try:
        return list(map(places.__getitem__, values))
    except KeyError:
        return [places.setdefault(one, len(places)) for one in values]


def _header(data: bytes | mmap) -> tuple[list[FieldHead], int, int, int, int]:
    if not data:
        raise Refused("empty-file", part=".dbf")
    if len(data) < 32:
        raise Refused("file-truncated", part=".dbf", stated=32, there=len(data))
    count, start, length = struct.unpack("<IHH", data[4:12])
    if data[15] == 1:
        raise Refused("table-encrypted", part=".dbf")
    if start < 33 or start > len(data) or length < 1 or data[0] & 0x07 not in (0, 2, 3, 4, 5):
        raise Refused("not-a-table", part=".dbf")
    found = [_heads(data, start, length, layout) for layout in ((_LONG, _PLAIN) if data[0] & 0x07 == 4 else (_PLAIN,))]
    heads = next((one for one in found if one is not None), None)
    if heads is None or (not heads and length > 1 and start > 33):
        raise Refused("not-a-table", part=".dbf")
    return heads, count, start, length, data[29]


def _decided(heads: list[FieldHead], cells: dict[FieldHead, Coded], *, given: str | None, cpg: bytes | None, language: int) -> Decision:
    """The encoding, by the names of the fields and every text that is not plain ASCII. Raises Refused where none is told apart, and for UTF-16."""
    texts = [head for head in cells if head.letter in "CV"]
    sample = [(head.name, len(head.name) >= 10) for head in heads]
    sample += [one for head in texts for one in _non_ascii(cells[head], head.width)]
    try:
        decision = for_fields(sample, given=given, cpg=cpg, language_byte=language)
    except Refused as refused:
        often = [one for head in texts for one in _by_rows(cells[head], head.width)]
        if refused.code != "encoding-unknown" or not often:
            raise
        decision = for_fields([*sample, *often], given=given, cpg=cpg, language_byte=language)
    decision = sampled(decision, (raw for raw, _ in sample[len(heads) :] or sample))
    if decision.codec in _WIDE or _is_wide(one for head in texts for one in cells[head].levels):
        raise Refused("table-utf16", about="encoding", part=".dbf")
    return decision


def _heads(data: bytes | mmap, start: int, length: int, layout: tuple[int, int, int, int, int]) -> list[FieldHead] | None:
    """The field descriptors by one of the layouts; None where they do not fit the record."""
    place, size, room, letter_at, width_at = layout
    heads, offset = [], 1
    while place + size <= start and data[place] != 0x0D and any(data[place : place + size]):
        name, letter = data[place : place + room].split(b"\x00")[0], chr(data[place + letter_at])
        width, decimals = data[place + width_at], data[place + width_at + 1]
        if layout is _LONG:
            if not letter.isascii() or letter not in "BCDFGILMNO@+" or offset + width > length:
                return None
            letter = {"I": "i", "+": "i", "O": "o", "@": "a"}.get(letter, letter)  # numbers that dBASE 7 keeps in an order of its own
        if letter == "C":
            width, decimals = width + (decimals << 8 if decimals and offset + width + (decimals << 8) <= length else 0), 0
        if letter != "0":
            heads.append(FieldHead(name, letter, offset, width, decimals))
        offset, place = offset + width, place + size
    return heads if offset == length or (layout is _PLAIN and offset <= length) else None


def _non_ascii(column: Coded, width: int) -> list[tuple[bytes, bool]]:
    return [(one, len(one) >= width) for one in sorted(one for one in column.levels if not one.isascii())]


def _by_rows(column: Coded, width: int) -> list[tuple[bytes, bool]]:
    """The values of many rows several times, so that one bad row is one against many; none where a column has many values."""
    if len(column.levels) > _FEW:
        return []
    counts = zip(column.levels, np.bincount(column.codes, minlength=len(column.levels)).tolist(), strict=True)
    return [(one, len(one) >= width) for one, count in counts if not one.isascii() for _ in range(min(_MOST_REPEATED, count.bit_length() // 2))]


def _is_wide(levels: Iterable[bytes]) -> bool:
    """Whether most of the longer values have a zero at every second place, as Latin letters of UTF-16 do."""
    longer = [one for one in levels if len(one) > 2]
    wide = sum(1 for one in longer if one[1::2].count(0) * 2 >= len(one) // 2 > 0 and one[0::2].count(0) == 0)
    return bool(longer) and wide > len(longer) / 2


def _names(heads: list[FieldHead], codec: str, notices: list[Notice]) -> list[str]:
    names: list[str] = []
    for place, head in enumerate(heads):
        bare = head.name.rstrip(_BLANK)
        text, _ = decode(bare, codec, full=True)
        if not bare.isascii() and (found := stray(bare, codec, text)):
            text = found[1]  # some programs write names and values in two encodings
        name = plain = (text or head.name.decode("ascii", errors="replace")).strip() or f"column{place + 1}"
        number = 2
        while name in names:
            name, number = f"{plain}_{number}", number + 1
        if name != plain:
            notices.append(Notice("column-doubled", {"column": plain, "renamed": name}))
        names.append(name)
    return names


def _column(head: FieldHead, name: str, raw: Coded, codec: str, notices: list[Notice], bad: dict[int, tuple[str, str]]) -> Column:
    if head.letter in "CV":
        return Column(name, Kind.TEXT, _text(head, name, raw, codec, notices, bad))
    if head.letter in "NF":
        return _number(head, name, raw, notices)
    if head.letter == "D":
        return Column(name, Kind.DATE, raw.mapped(_date))
    if head.letter == "L":
        return Column(name, Kind.BOOLEAN, _truths(name, raw, notices))
    return _binary(head, name, raw)


def _text(head: FieldHead, name: str, raw: Coded, codec: str, notices: list[Notice], bad: dict[int, tuple[str, str]]) -> Coded:
    """The texts, each distinct run of bytes decoded once; what was cut, is in another encoding or is no text at all is told by row."""
    if all(one.isascii() for one in raw.levels) and codec not in _NOT_ASCII:
        return raw.mapped(lambda value: value.decode("ascii").strip(" \x00\t\r\n") or None)
    decoded: list[str | None] = []
    cut_values, bad_values = set(), set()
    strays: dict[int, str] = {}
    for code, bare in enumerate(raw.levels):
        text, cut = decode(bare, codec, full=len(bare) == head.width)
        if not bare.isascii() and (found := stray(bare, codec, text)):
            (other, text), cut = found, False
            strays[code] = other
        if text is None:
            bad_values.add(code)
        if cut:
            cut_values.add(code)
        decoded.append((text or "").strip().strip("\x00") or None)
    for row, code in _rows_of(raw, cut_values):
        notices.append(Notice("text-cut", {"text": (decoded[code] or "")[-12:], "width": head.width}, row + 1, name))
    for row, code in _rows_of(raw, strays):
        said = {"other": shown(strays[code]), "name": shown(codec), "text": (decoded[code] or "")[:40]}
        notices.append(Notice("text-other-encoding", said, row + 1, name))
    for row, code in _rows_of(raw, bad_values):
        bad.setdefault(row, (name, raw.levels[code][:24].hex(" ")))
    return Coded.recoded(decoded, raw.codes)


def _rows_of(column: Coded, codes: Collection[int]) -> Iterator[tuple[int, int]]:
    """The rows that have one of these levels, each with its level."""
    for row in np.flatnonzero(np.isin(column.codes, list(codes))).tolist() if codes else ():
        yield row, int(column.codes[row])


def _number(head: FieldHead, name: str, raw: Coded, notices: list[Notice]) -> Column:
    whole = head.decimals == 0 and head.letter == "N"
    for row in np.flatnonzero(raw.having(lambda value: value.strip(_BLANK).startswith(b"*"))).tolist():
        notices.append(Notice("number-overflow", {"width": head.width}, row + 1, name))
    values = raw.mapped(lambda value: _as_number(value.strip(_BLANK), head.decimals, whole=whole))
    integer = whole and all(one is None or isinstance(one, int) for one in values.levels)
    if not integer and all(one is None or isinstance(one, (int, float)) for one in values.levels):
        values = values.mapped(lambda value: None if value is None else float(value))
    return Column(name, Kind.INTEGER if integer else Kind.REAL, values)


def _truths(name: str, raw: Coded, notices: list[Notice]) -> Coded:
    for row, code in _rows_of(raw, [code for code, one in enumerate(raw.levels) if one not in _TRUTHS and one not in _UNTOLD]):
        notices.append(Notice("truth-not-read", {"value": raw.levels[code].decode("latin-1")}, row + 1, name))
    return raw.mapped(_TRUTHS.get)


def _as_number(bare: bytes, decimals: int, *, whole: bool) -> Any:
    """A number, or the text where it is none. A comma is that of the decimals where so many digits follow as the field has, else of thousands."""
    if not bare or bare.startswith(b"*"):
        return None
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


def _binary(head: FieldHead, name: str, raw: Coded) -> Column:
    run = b"".join(raw.levels)
    if head.letter in "I+" and head.width == 4:
        return Column(name, Kind.INTEGER, Coded.recoded(np.frombuffer(run, "<i4").tolist(), raw.codes))
    if head.letter == "i" and head.width == 4:  # most significant byte first, the sign turned round; all zeros where nothing is known
        return Column(name, Kind.INTEGER, raw.mapped(lambda one: int.from_bytes(one, "big") - 0x80000000 if any(one) else None))
    if head.letter in "OB" and head.width == 8:
        return Column(name, Kind.REAL, Coded.recoded([one if np.isfinite(one) else None for one in np.frombuffer(run, "<f8").tolist()], raw.codes))
    if head.letter == "Y" and head.width == 8:
        return Column(name, Kind.REAL, Coded.recoded((np.frombuffer(run, "<i8") / 10_000).tolist(), raw.codes))
    if head.letter in "T@" and head.width == 8:
        return Column(name, Kind.MOMENT, Coded.recoded([_moment(*one) for one in np.frombuffer(run, "<i4").reshape(-1, 2).tolist()], raw.codes))
    return Column(name, Kind.TEXT, Coded.repeated(None, len(raw)))


def _moment(day: int, milliseconds: int) -> str | None:
    """A FoxPro moment: Julian day number and milliseconds since midnight, local time."""
    if day < 1_721_426 or day > 5_373_484:
        return None
    moment = date.fromordinal(day - 1_721_425)
    return f"{moment.isoformat()}T{timedelta(milliseconds=max(0, milliseconds) % 86_400_000)!s:0>8}"
