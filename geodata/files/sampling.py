"""A few values of a file as they read under the encoding that was chosen and under the one that came next, for a person to see."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from geodata.files.codec_names import shown
from geodata.files.encodings import Decision

SHOWN = 3
_LETTERS = 24  # of one value: enough to tell words from rubbish
_LOOKED_AT = 200_000
_CHOICES = ("utf-8", "gb18030", "cp950", "cp1252")


def sampled(decision: Decision, values: Iterable[bytes]) -> Decision:
    """The decision with `samples` (pairs of texts) and the name of the `rival` among the values of its reason; as it was where all is ASCII."""
    found: list[bytes] = []
    for raw in values:
        bare = raw.strip(b" \x00\t\r\n")
        if bare and not bare.isascii() and bare not in found:
            found.append(bare)
            if len(found) == SHOWN:
                break
    if not found or decision.codec.startswith("utf-16"):
        return decision
    rival = "gb18030" if decision.codec.startswith("utf-8") else "utf-8"
    pairs = [[_read(raw, decision.codec), _read(raw, rival)] for raw in found]
    return replace(decision, found=replace(decision.found, values={**decision.found.values, "rival": shown(rival), "samples": pairs}))


def cells(data: bytes) -> list[bytes]:
    """What lies between the marks of a text file: near enough its values, in any encoding that keeps ASCII."""
    return re.split(rb'[,;\t\r\n"{}:\[\]]+', data[:_LOOKED_AT])


def readings(sample_hex: str) -> list[dict[str, str]]:
    """How a run of bytes reads under each encoding that a person may choose."""
    raw = bytes.fromhex(sample_hex)
    return [{"name": shown(codec), "text": _read(raw, codec)} for codec in _CHOICES]


def _read(raw: bytes, codec: str) -> str:
    return raw.decode(codec, errors="replace")[:_LETTERS]
