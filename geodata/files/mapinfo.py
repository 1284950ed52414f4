"""MapInfo tables (.tab) and interchange files (.mif): shapes through GDAL, texts as bytes, so that their encoding is judged and not believed."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import numpy as np

from geodata.files.codec_names import shown
from geodata.files.encodings import Decision, decode, for_fields, stray
from geodata.files.gdal import BYTES, has_zm, plain_column, read_raw
from geodata.files.mif_text import as_text, faults, typed
from geodata.files.notices import Found, Notice, Refused
from geodata.files.sampling import sampled
from geodata.files.sniffing import MAPINFO_MIF, MAPINFO_TAB, Source
from geodata.files.table import Column, Kind, Table

_CHARSET = re.compile(rb'(?im)(^\s*!?charset\s+"?|\bcharset\s+"?)([\w-]+)')
_NAMES = {
    "windowssimpchinese": "936", "windowstradchinese": "950", "windowslatin1": "1252", "windowslatin2": "1250", "windowscyrillic": "1251",
    "windowsjapanese": "932", "windowskorean": "949", "utf-8": "utf-8", "utf8": "utf-8",
}  # fmt: skip - neutral, and what MapInfo has for other systems, say nothing that could be used


def read_mapinfo(source: Source, *, encoding: str | None, work: Path) -> Table:
    """All objects of a table. Raises Refused for parts that do not fit together, an unknown encoding, or no object at all."""
    suffix = "tab" if source.format == MAPINFO_TAB else "mif"
    path = work / f"source.{suffix}"
    head = source.main.read()
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        head = head.decode("utf-16", errors="replace").encode()
    charset = match[2].decode() if (match := _CHARSET.search(head[:2000])) else ""
    head, kinds = as_text(head) if source.format == MAPINFO_MIF else (head, [])
    path.write_bytes(_neutral(head))
    for name, part in source.beside.items():
        if part is not source.main:
            os.symlink(part.path.resolve(), work / f"source.{name}")
    found = read_raw(path, encoding=BYTES)
    if not len(found.shapes):
        raise Refused("empty-layer", layer=source.name)
    columns = [plain_column(*one) for one in zip(found.names, found.types, found.values, strict=True)]
    decision = _decided(columns, charset, encoding)
    table = Table(
        source.format,
        source.name,
        np.arange(1, len(found.shapes) + 1),
        [],
        found.shapes,
        decision.found,
        _called(found.crs),
        f".{suffix}" if found.crs else None,
        crs_declared_unknown=found.crs is None,
        notices=list(decision.notices),
    )
    if (mid := source.beside.get("mid")) and (rows := sum(1 for one in mid.read().splitlines() if one.strip())) > len(found.shapes):
        table.notices.append(Notice("record-counts-differ", {"shapes": len(found.shapes), "rows": rows}))
    if has_zm(found.shapes):
        table.notices.append(Notice("zm-dropped", {"kind": found.kind}))
    bad = _decode_all(table, columns, decision.codec)
    table.columns = [typed(*one, table.notices) for one in zip(table.columns, kinds or [Kind.TEXT] * len(table.columns), strict=True)]
    wrong = faults(head) if source.format == MAPINFO_MIF else {}
    if not bad and not wrong:
        return table
    table.rejected = [*wrong.values()]
    bad = {row: one for row, one in bad.items() if row not in wrong}
    table.rejected += [Notice("text-undecodable", {"name": shown(decision.codec), "bytes": raw}, row + 1, name) for row, (name, raw) in bad.items()]
    out = np.zeros(len(table.rows), bool)
    out[[*bad, *wrong]] = True
    return table.without(out)


def _called(crs: str | None) -> str | None:
    """The CRS with names that a person can tell apart: MapInfo has systems by their numbers alone, and GDAL calls them all "unnamed"."""
    if crs is None or '"unnamed"' not in crs:
        return crs
    meridian = re.search(r'"central_meridian",\s*([\d.]+)', crs)
    datum = re.search(r'DATUM\["([^"]+)"', crs)
    projected = f"Transverse Mercator {float(meridian[1]):g}E" if meridian and "Transverse_Mercator" in crs else "MapInfo"
    return crs.replace('PROJCS["unnamed"', f'PROJCS["{projected}"').replace('GEOGCS["unnamed"', f'GEOGCS["{datum[1] if datum else "MapInfo"}"')


def _neutral(head: bytes) -> bytes:
    """The same with no charset named: GDAL then hands over the bytes as they are. Only the head is looked at, not rows that hold the word."""
    end = re.search(rb"(?im)^\s*data\s*$", head)
    stop = end.start() if end else len(head)
    return _CHARSET.sub(rb"\1Neutral", head[:stop]) + head[stop:]


def _decided(columns: list[Column], charset: str, given: str | None) -> Decision:
    texts = [(raw, False) for one in columns for raw in _distinct(one)]
    names = [(one.name.encode(BYTES), False) for one in columns if not one.name.isascii()]
    said = _NAMES.get(charset.lower())
    decision = for_fields([*names, *texts], given=given, cpg=said.encode() if said else None, language_byte=0)
    if decision.found.code == "encoding-by-cpg":
        decision.found = Found(decision.found.value, "encoding-by-charset", {"said": charset, "name": decision.found.value})
    for place, one in enumerate(decision.notices):
        if one.code == "encoding-contradicted":
            decision.notices[place] = Notice(one.code, {**one.values, "said": charset})
    return sampled(decision, (raw for raw, _ in texts or names))


def _distinct(one: Column) -> list[bytes]:
    if one.kind is not Kind.TEXT:
        return []
    return [value.encode(BYTES) for value in dict.fromkeys(one.values) if isinstance(value, str) and not value.isascii()]


def _decode_all(table: Table, columns: list[Column], codec: str) -> dict[int, tuple[str, str]]:
    """Put the columns into the table as text; gives the rows with bytes that are no text in that codec."""
    bad: dict[int, tuple[str, str]] = {}
    for one in columns:
        name = decode(one.name.encode(BYTES), codec, full=True)[0] or one.name
        if one.kind is Kind.TEXT:
            known: dict[str, tuple[str | None, str | None]] = {}
            values = [_text(value, codec, known) for value in one.values]
            for row, (text, other) in enumerate(values):
                if text is None and one.values[row] not in (None, ""):
                    bad.setdefault(row, (name, str(one.values[row]).encode(BYTES)[:24].hex(" ")))
                elif other:
                    said = {"other": shown(other), "name": shown(codec), "text": (text or "")[:40]}
                    table.notices.append(Notice("text-other-encoding", said, row + 1, name))
            one = Column(name, one.kind, [(text or "").strip() or None for text, _ in values])
        table.columns.append(Column(name, one.kind, one.values))
    return bad


def _text(value: Any, codec: str, known: dict[str, tuple[str | None, str | None]]) -> tuple[str | None, str | None]:
    """The text, and the codec it was read in when that is not the table's."""
    if not isinstance(value, str) or value.isascii():
        return value, None
    if value not in known:
        raw = value.encode(BYTES)
        text, _ = decode(raw, codec, full=True)
        found = stray(raw, codec, text)
        known[value] = (found[1], found[0]) if found else (text, None)
    return known[value]
