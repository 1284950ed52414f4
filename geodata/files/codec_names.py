"""The names of encodings: as people and programs write them, as the header of a dBASE table does, and as a person knows them."""

from __future__ import annotations

import codecs
import re

# Language byte of a dBASE header (offset 29), as dBASE, FoxPro and ESRI write it. 0x57 and 0x00 say nothing of use.
LANGUAGE_BYTES = {
    0x01: "cp437",
    0x02: "cp850",
    0x03: "cp1252",
    0x08: "cp865",
    0x0F: "cp437",
    0x10: "cp850",
    0x13: "cp932",
    0x1F: "cp852",
    0x26: "cp866",
    0x4D: "gb18030",
    0x4E: "cp949",
    0x4F: "cp950",
    0x50: "cp874",
    0x58: "cp1252",
    0x59: "cp1252",
    0x64: "cp852",
    0x65: "cp866",
    0x66: "cp865",
    0x78: "cp950",
    0x79: "cp949",
    0x7A: "gb18030",
    0x7B: "cp932",
    0x7C: "cp874",
    0x7D: "cp1255",
    0x7E: "cp1256",
    0x86: "cp737",
    0x87: "cp852",
    0xC8: "cp1250",
    0xC9: "cp1251",
    0xCA: "cp1254",
    0xCB: "cp1253",
    0xCC: "cp1257",
}
_NAMES = {
    "65001": "utf-8",
    "utf8": "utf-8",
    "unicode": "utf-8",
    "utf8mb4": "utf-8",
    "936": "gb18030",
    "54936": "gb18030",
    "gbk": "gb18030",
    "gb2312": "gb18030",
    "gb231280": "gb18030",
    "gb18030": "gb18030",
    "gb180302000": "gb18030",
    "gb180302005": "gb18030",
    "euccn": "gb18030",
    "cp936": "gb18030",
    "ms936": "gb18030",
    "chinesesimplified": "gb18030",
    "hz": "hz",
    "950": "cp950",
    "big5": "cp950",
    "big5hkscs": "big5hkscs",
    "chinesetraditional": "cp950",
    "932": "cp932",
    "sjis": "cp932",
    "shiftjis": "cp932",
    "949": "cp949",
    "euckr": "cp949",
    "utf16": "utf-16",
    "1200": "utf-16-le",
    "1201": "utf-16-be",
}
_ESCAPES = frozenset({"unicode-escape", "raw-unicode-escape", "idna", "punycode", "utf-7"})  # spellings of programs, not of files


def codec_named(name: str) -> str | None:
    """The Python codec for a name as people and programs write it (`936`, `ANSI 936`, `Big-5`, `Windows-1251`), or None."""
    bare = re.sub(r"[^a-z0-9]", "", name.strip().strip("\x00\ufeff").lower())
    bare = re.sub(r"^(ansi|oem|windows|win|codepage|cp|ms|x|ibm)+(?=\d|gbk|gb|euc|big)", "", bare)
    if not bare or len(name) > 40:
        return None
    if bare in _NAMES:
        return _NAMES[bare]
    if match := re.fullmatch(r"(?:iso)?8859(\d{1,2})", bare):
        return _known(f"iso8859-{match[1]}")
    if re.fullmatch(r"\d{3,4}", bare):
        return _known(f"cp{bare}")
    return _known(name.strip().lower()) or _known(bare)


def _known(name: str) -> str | None:
    try:
        found = codecs.lookup(name)
    except (LookupError, ValueError):
        return None
    if not found._is_text_encoding or found.name in _ESCAPES:  # hex, rot13 and zlib are codecs, too
        return None
    keeps_ascii = found.name.startswith(("utf-16", "utf-32")) or b"Az09".decode(found.name) == "Az09"  # EBCDIC is no table's of ours
    return found.name if keeps_ascii else None


def shown(codec: str) -> str:
    """A codec's name as a person knows it."""
    names = {
        "utf-8": "UTF-8",
        "utf-8-sig": "UTF-8",
        "gb18030": "GB18030",
        "cp950": "Big5",
        "big5": "Big5",
        "utf-16": "UTF-16",
        "utf-32": "UTF-32",
        "utf-16-le": "UTF-16LE",
        "utf-16-be": "UTF-16BE",
        "ascii": "ASCII",
    }
    if codec in names:
        return names[codec]
    return f"Windows-{codec[2:]}" if re.fullmatch(r"cp125\d", codec) else codec.upper()
