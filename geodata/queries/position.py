"""A position as people write it: decimal degrees or degrees, minutes and seconds, full-width or not, in either order."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from layers.district import District

NEAR_DEG = 1.0  # a position within a degree of the district's box is taken as meant for here

_NUMBER = r"\d+(?:\.\d+)?"
_ANGLE = (
    rf"(?P<sign{{0}}>[+-])?(?P<before{{0}}>[NSEW])?\s*(?P<deg{{0}}>{_NUMBER})"
    rf"(?:\s*[°度]\s*(?:(?P<min{{0}}>{_NUMBER})(?:\s*['分]\s*(?:(?P<sec{{0}}>{_NUMBER})(?:\s*[\"秒])?)?)?)?)?"
    r"(?(before{0})|(?:\s*(?P<after{0}>[NSEW]))?)"
)
_PAIR = re.compile(rf"{_ANGLE.format(1)}(?:\s*[,;/:]\s*|\s+|(?<=[NSEW°度'分\"秒])|(?=[NSEW])){_ANGLE.format(2)}")
_WORDS = (
    ("东经", "E"), ("西经", "W"), ("北纬", "N"), ("南纬", "S"), ("经度", ""), ("纬度", ""), ("lon", ""), ("lat", ""), ("：", ":"), ("″", '"'),
    ("′", "'"), ("“", '"'), ("”", '"'), ("‘", "'"), ("’", "'"), ("º", "°"), ("˚", "°"), ("−", "-"), ("－", "-"), ("、", ","), ("；", ";"),
)


@dataclass(frozen=True)
class Position:
    """Degrees east and north as they were given: no datum is guessed. `swapped`: latitude was written first."""

    lon: float
    lat: float
    swapped: bool
    in_district: bool


@dataclass(frozen=True)
class _Angle:
    value: float
    axis: str | None
    plain: bool  # a bare whole number: more likely a house number than a position


def read_position(written: str, district: District) -> Position | None:
    """The position that a text is, or None where it is anything else (a name, a code, one number, three numbers).

    Which number is the longitude: letters decide (E, N, 东经, 北纬); without them the order that falls near the district;
    failing that, longitude first where both orders are possible. Never moves the point: GCJ-02 and WGS84 look the same.
    """
    match = _PAIR.fullmatch(_folded(written))
    first, second = (_angle(match, 1), _angle(match, 2)) if match else (None, None)
    if first is None or second is None or (first.axis and first.axis == second.axis):
        return None
    orders = [(first.value, second.value, False), (second.value, first.value, True)]
    if first.axis or second.axis:
        orders = orders[1:] if first.axis == "lat" or second.axis == "lon" else orders[:1]
    possible = [one for one in orders if -180 <= one[0] <= 180 and -90 <= one[1] <= 90]
    near = [one for one in possible if district.holds(one[0], one[1], NEAR_DEG)]
    if not possible or not (near or first.plain is False or second.plain is False):
        return None
    lon, lat, swapped = (near or possible)[0]
    return Position(lon, lat, swapped, district.holds(lon, lat))


def _folded(written: str) -> str:
    """One spelling for the signs: those that NFKC would take apart first, then full-width digits and letters."""
    text = written.lower()
    for word, sign in _WORDS:
        text = text.replace(word, sign)
    text = unicodedata.normalize("NFKC", text).upper()
    return text.replace("''", '"').strip(" \t\r\n()[],;:")


def _angle(match: re.Match[str], which: int) -> _Angle | None:
    sign, before, after, deg, minutes, seconds = (match[f"{part}{which}"] or "" for part in ("sign", "before", "after", "deg", "min", "sec"))
    if float(minutes or 0) >= 60 or float(seconds or 0) >= 60:
        return None
    letter = before or after
    value = float(deg) + float(minutes or 0) / 60 + float(seconds or 0) / 3600
    axis = {"N": "lat", "S": "lat", "E": "lon", "W": "lon"}.get(letter)
    plain = not (axis or minutes or "." in deg)
    return _Angle(-value if sign == "-" or letter in ("S", "W") else value, axis, plain)
