"""Chainage (桩号): how a layer says that its lines have one, and how people write one."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass


@dataclass(frozen=True)
class Chainage:
    """How lines of a layer are found by chainage. `of` names the fields by which a line is called: a road's number, a river, a section.

    `start` and `end` name the fields with the chainage in metres where a line begins and ends, as it was drawn. A layer without
    them has lines that people ask about so, but keeps no chainage: that is said, never guessed. `along` is the layer whose lines
    its own are stretches of (a dike, for its dangerous sections), and `same` the fields of both that say which line it is.
    """

    of: tuple[str, ...]
    start: str | None = None
    end: str | None = None
    along: str | None = None
    same: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.of or (self.start is None) != (self.end is None):
            raise ValueError("a chainage needs fields that name the line, and both a start and an end or neither")
        if (self.along is None) == bool(self.same) or (self.along and self.start is None):
            raise ValueError("a chainage along other lines needs the fields that both have, and a start and an end of its own")

    @property
    def fields(self) -> tuple[str, ...]:
        """All fields named."""
        return self.of + tuple(one for one in (self.start, self.end) if one) + tuple(one for one in self.same if one not in self.of)


@dataclass(frozen=True)
class WrittenChainage:
    """A chainage as it was asked for: metres, and what was said of the line, folded, nothing where nothing was.

    `plain`: written as a bare distance (3公里), which may mean something else.
    """

    metres: float
    line: str
    plain: bool = False


# GB/T 917 numbers roads by class and figure: G6, S211, X045, Y, C.
_CLASSES = {"国道": "g", "国家高速": "g", "省道": "s", "县道": "x", "乡道": "y", "村道": "c"}
_CLASS = "|".join(_CLASSES)
_NUMBERED = re.compile(rf"(?P<before>{_CLASS})(?P<figure>\d{{1,4}})(?!\d)|(?<!\d)(?P<figure2>\d{{1,4}})(?P<after>{_CLASS})")
_FORMS = (
    re.compile(r"(?<![a-z0-9])k\s*(?P<km>\d{1,4})\s*\+\s*(?P<m>\d{1,3}(?:\.\d+)?)(?![\d.+])\s*(?:米|m(?![a-z]))?"),
    re.compile(r"(?<![a-z0-9.+])(?P<km>\d{1,4})\s*\+\s*(?P<m>\d{3}(?:\.\d+)?)(?![\d.+])\s*(?:米|m(?![a-z]))?"),
    re.compile(r"(?<![a-z0-9])k\s*(?P<km>\d{1,4}(?:\.\d+)?)(?![\d.+a-z])(?:\s*(?:公里|千米))?(?P<m>)"),
    re.compile(r"(?<![a-z0-9.])(?P<km>\d{1,4}(?:\.\d+)?)\s*(?:公里|千米|km)(?:\s*(?:加|\+|又)?\s*(?P<m>\d{1,3}(?:\.\d+)?)\s*(?:米|m(?![a-z])))?"),
)
_BETWEEN = re.compile(r"里程桩号|桩号|里程|[\s,;:·()\[\]-]|chainage|\bat\b|\bof\b")
_KINDS = ("高速公路", "高速", "公路", "国道", "省道", "县道", "路", "线")  # what may be said after a road's number or name


def read_chainage(written: str) -> WrittenChainage | None:
    """The one chainage that a text holds: K512+300, 512+300, K512, 512公里300米, 512.3 km, with what is said of the line around it; or None.

    A text with two of them is a stretch, and none is taken.
    """
    text = unicodedata.normalize("NFKC", written).lower()
    for place, form in enumerate(_FORMS):
        found = list(form.finditer(text))
        if len(found) > 1:
            return None
        if found:
            match = found[0]
            metres = float(match["km"]) * 1000 + float(match["m"] or 0)
            line = _BETWEEN.sub("", text[:match.start()]).rstrip("的在") + _BETWEEN.sub("", text[match.end():]).lstrip("处的")
            return WrittenChainage(metres, _NUMBERED.sub(_number, line), plain=place == len(_FORMS) - 1)
    return None


def write_chainage(metres: float) -> str:
    """K512+300, to the centimetre where it is no whole metre."""
    whole = round(metres, 2)
    kilometres, rest = divmod(whole, 1000)
    return f"K{int(kilometres)}+{rest:06.2f}" if rest % 1 else f"K{int(kilometres)}+{int(rest):03d}"


def calls(line: str, names: tuple[str, ...]) -> bool:
    """Whether folded words call a line that has these folded names: all of the words are names of it, or part of one.

    A number is never taken for part of another: G6 does not call G65.
    """
    left = line
    for name in sorted((one for one in names if one), key=len, reverse=True):
        left = re.sub(rf"(?<![a-z0-9]){re.escape(name)}(?![a-z0-9])", "", left) if name.isascii() else left.replace(name, "")
    if left != line and (not left or left in _KINDS):
        return True
    return bool(left) and not left.isascii() and len(left) > 1 and any(left in name for name in names)


def _number(match: re.Match[str]) -> str:
    return _CLASSES[match["before"] or match["after"]] + (match["figure"] or match["figure2"])
