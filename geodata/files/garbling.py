"""Text that was garbled before it came into the file: said aloud with what it most likely was, never mended in silence."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import islice

from geodata.columns import Coded
from geodata.files.encodings import stray
from geodata.files.notices import Notice
from geodata.files.plausibility import plausibility
from geodata.files.table import Column, Kind, Table

_LOOKED_AT = 5_000  # distinct texts of a column: what garbles one garbles most
_LIKELY = 0.9  # all words in daily use
_LATIN = re.compile(r"[\x00-\u00ff\u0152\u0153\u0160\u0161\u0178\u017d\u017e\u0192\u02c6\u02dc\u2013-\u203a\u20ac\u2122]*")  # what Windows-1252 holds
_HANZI_IN_UTF8 = re.compile(rb"[\xe4-\xe9][\x80-\xbf]{2}")
_LOST = re.compile(r"[?？]{2,}")


def garbled(table: Table) -> list[Notice]:
    """A notice for each column whose name or values are a misreading of Chinese, or nothing but question marks."""
    found: list[Notice] = []
    for column in table.columns:
        if was := as_it_was(column.name):
            found.append(Notice("column-garbled", {"column": column.name, "was": was}))
        if column.kind is not Kind.TEXT:
            continue
        texts = list(islice((one for one in column.distinct if isinstance(one, str)), _LOOKED_AT))
        read = [(one, was) for one in texts if (was := as_it_was(one))]
        lost = [one for one in texts if _LOST.fullmatch(one)]
        if read:
            found.append(Notice("text-garbled", {"column": column.name, "count": _times(column, (one for one, _ in read)), "text": read[0][0][:30], "was": read[0][1][:30]}))
        if lost:
            found.append(Notice("text-lost", {"column": column.name, "count": _times(column, lost), "text": lost[0][:20]}))
    return found


def _times(column: Column, texts: Iterable[str]) -> int:
    wanted = set(texts)
    return int(Coded.of(column.values).having(lambda one: isinstance(one, str) and one in wanted).sum())


def as_it_was(text: str) -> str | None:
    """What a text said before its bytes were read in a wrong encoding (UTF-8 as GBK, Chinese as Windows-1252) and saved so; None where it reads well.

    As with strays in a table, only when two characters or more come out and all of them are words in daily use: `联通` and `Café` stay.
    """
    if text.isascii():
        return None
    if _LATIN.fullmatch(text):
        return _of_latin(text)
    try:
        raw = text.encode("gb18030")
    except UnicodeEncodeError:  # half of a pair
        return None
    if len(_HANZI_IN_UTF8.findall(raw)) < 2:
        return None
    for cut in range(3):  # the last character may be half lost, for the misreading took its bytes in other pairs
        if found := stray(raw[: len(raw) - cut], "gb18030", text):
            return found[1]
    return _with_gaps(raw, text)


def _with_gaps(raw: bytes, text: str) -> str | None:
    """As UTF-8 where some bytes were lost on the way: four characters or more, and four for each gap."""
    was = raw.decode("utf-8", errors="replace")
    gaps = was.count("\ufffd")
    if 5 * gaps > len(was):
        return None
    kept = was.replace("\ufffd", "")
    words = sum(1 for one in kept if one > "\x7f")
    good = plausibility(kept)
    return was.replace("\ufffd", "□") if words >= max(4, 4 * gaps) and good >= _LIKELY and plausibility(text) < good - 0.15 else None


def _of_latin(text: str) -> str | None:
    raw = b"".join(_byte(one) for one in text)
    if not raw or re.search(rb"[A-Za-z][\x80-\xff](?![\x80-\xff])|(?<![\x80-\xff])[\x80-\xff][A-Za-z]", raw):  # single letters with marks in words
        return None
    for codec in ("utf-8", "gb18030"):
        for cut in range(3):
            try:
                was = raw[: len(raw) - cut].decode(codec)
            except UnicodeDecodeError:
                continue
            if sum(1 for one in was if one > "\x7f") >= 2 and plausibility(was) >= _LIKELY and plausibility(text) < _LIKELY:
                return was
            break
    return None


def _byte(one: str) -> bytes:
    try:
        return one.encode("cp1252")
    except UnicodeEncodeError:
        return one.encode("latin-1", errors="replace")
