"""How much a text looks like words that people write: what tells the right reading of bytes from chance."""

from __future__ import annotations

from functools import lru_cache


def plausibility(text: str) -> float:
    """How much the characters beyond ASCII look like words that people write: 1 all common, below 0 chance. 0 for none."""
    marks = [_weight(one) for one in text if one > "\x7f"]
    return sum(marks) / len(marks) if marks else 0.0


@lru_cache(maxsize=30_000)
def _weight(one: str) -> float:
    point = ord(one)
    if 0x4E00 <= point <= 0x9FFF:
        return _hanzi(one)
    if 0xFF61 <= point <= 0xFF9F:  # Japanese of half width: what Chinese bytes look like in a Japanese code page
        return 0.1
    if 0x3000 <= point <= 0x303F or 0xFF00 <= point <= 0xFFEF or 0x2010 <= point <= 0x203F or one in "·°′″×±²³№℃㎡Ⅰ Ⅱ Ⅲ Ⅳ Ⅴ":
        return 0.8
    if 0x3040 <= point <= 0x30FF or 0xAC00 <= point <= 0xD7AF or 0x0386 <= point <= 0x045F or 0x1800 <= point <= 0x18AF:
        return 0.6
    if 0x00C0 <= point <= 0x024F or 0x0590 <= point <= 0x06FF or 0x0E00 <= point <= 0x0E5B:
        return 0.5
    if 0x20000 <= point <= 0x323AF or 0x3400 <= point <= 0x4DBF:
        return 0.4
    if 0xE000 <= point <= 0xF8FF or 0x80 <= point <= 0x9F or point == 0xFFFD or point >= 0xF0000:
        return -2.0
    return 0.1


def _hanzi(one: str) -> float:
    """Level 1 of GB 2312 and of Big5 are the characters in daily use, sorted so by the standards themselves."""
    try:
        lead = one.encode("gb2312")[0]
        return 1.0 if lead <= 0xD7 else 0.5
    except UnicodeEncodeError:
        pass
    try:
        return 0.9 if one.encode("big5")[0] <= 0xC6 else 0.3
    except UnicodeEncodeError:
        return 0.1
