"""A position as people write it: degrees in decimals or with minutes and seconds, or Gauss-Kruger metres, and what it may mean."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from geodata.crs import (
    STORAGE_EPSG,
    gauss_kruger_candidates,
    gauss_kruger_epsg,
    gauss_kruger_of_easting,
    transformer,
)
from geodata.datum import Datum, bd09_from_wgs84, gcj02_from_wgs84, wgs84_from_bd09, wgs84_from_gcj02
from layers.district import District

NEAR_DEG = 1.0  # a position within a degree of the district's box is taken as meant for here

_NUMBER = r"\d+(?:\.\d+)?"
_ANGLE = (
    rf"(?P<sign{{0}}>[+-])?(?P<before{{0}}>[NSEW])?\s*(?P<deg{{0}}>{_NUMBER})"
    rf"(?:\s*[°度]\s*(?:(?P<min{{0}}>{_NUMBER})(?:\s*['分](?:(?:\s+(?={_NUMBER}\s*[\"秒]))?(?P<sec{{0}}>{_NUMBER})(?:\s*[\"秒])?)?)?)?)?"
    r"(?(before{0})|(?:\s*(?P<after{0}>[NSEW]))?)"
)
_PAIR = re.compile(rf"{_ANGLE.format(1)}(?:\s*[,;/:]\s*|\s+|(?<=[NSEW°度'分\"秒])|(?=[NSEW])){_ANGLE.format(2)}")
_METRES = r"\d{1,3}(?: \d{3})+(?:\.\d+)?|\d{6,8}(?:\.\d+)?"
_METRES_PAIR = re.compile(rf"(?:(?P<axis1>[XY])\s*[=:]?\s*)?(?P<first>{_METRES})\s*M?\s*[,;/\s]\s*(?:(?P<axis2>[XY])\s*[=:]?\s*)?(?P<second>{_METRES})\s*M?")
_MERIDIAN_EASTING_M = 500_000.0
_WORDS = (
    ("东经", "E"), ("西经", "W"), ("北纬", "N"), ("南纬", "S"), ("经度", ""), ("纬度", ""), ("lon", ""), ("lat", ""), ("：", ":"), ("米", "m"), ("东坐标", "y"), ("北坐标", "x"), ("″", '"'),
    ("′", "'"), ("“", '"'), ("”", '"'), ("‘", "'"), ("’", "'"), ("º", "°"), ("˚", "°"), ("−", "-"), ("－", "-"), ("、", ","), ("；", ";"),
)
_DATUMS = (
    (Datum.GCJ02, re.compile(r"gcj-?02|火星|高德|腾讯")),
    (Datum.BD09, re.compile(r"bd-?09|百度")),
    (Datum.WGS84, re.compile(r"wgs-?84|cgcs-?2000|国家?2000|gps|北斗")),
)
_EMPTY = re.compile(r"坐标系?|地图|\(\s*\)|\[\s*\]")


@dataclass(frozen=True)
class Position:
    """Degrees east and north as they were given: no datum is guessed. `swapped`: latitude was written first."""

    lon: float
    lat: float
    swapped: bool
    in_district: bool


@dataclass(frozen=True)
class Reading:
    """One thing that a written position may mean: degrees east and north in CGCS2000, and the system it is then taken to be in.

    `datum` for degrees; `epsg` and `meridian_deg` for metres, with `zoned` telling whether the zone was written.
    """

    lon: float
    lat: float
    swapped: bool
    in_district: bool
    datum: Datum | None = None
    epsg: int | None = None
    meridian_deg: int | None = None
    zoned: bool = False


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


def readings(written: str, district: District) -> list[Reading]:
    """Everything that a text may mean as a position, the plainest first; empty where it is none.

    Degrees may be true ones or those of a web map, which no number tells apart: CGCS2000, GCJ-02, BD-09, in this order;
    where a datum is written beside them, only that. A web map's with metres is none.
    Gauss-Kruger metres with a zone mean one place; without it each central meridian that leads near the district is offered.
    """
    named, written = _named(written)
    position = read_position(written, district)
    if position:
        return [_of_datum(position, datum, district) for datum in Datum if not named or datum in named]
    metres = _metres(_folded(written))
    if metres is None or named - {Datum.WGS84}:
        return []
    easting, northing, swapped = metres
    zoned = gauss_kruger_of_easting(easting)
    west, south, east, north = district.bbox
    near = (west - NEAR_DEG, south - NEAR_DEG, east + NEAR_DEG, north + NEAR_DEG)
    found: dict[tuple[float, float], Reading] = {}  # a 6-degree zone may share its meridian with a 3-degree one: the same place
    for epsg in [zoned] if zoned else gauss_kruger_candidates(easting, northing, near):
        lon, lat = transformer(epsg).transform(easting, northing)
        meridian = round(transformer(epsg).transform(_MERIDIAN_EASTING_M + easting // 1_000_000 * 1_000_000, northing)[0])
        found[round(lon, 9), round(lat, 9)] = Reading(lon, lat, swapped, district.holds(lon, lat), None, epsg, meridian, bool(zoned))
    return sorted(found.values(), key=lambda one: (not one.in_district, abs(one.lon - (west + east) / 2)))


@dataclass(frozen=True)
class Written:
    """A place in one form, as text that `readings` takes for the same place. `meridian_deg` for metres."""

    form: str
    text: str
    meridian_deg: int | None = None


def forms(lon: float, lat: float) -> list[Written]:
    """A place (CGCS2000 degrees) as people write it, to a decimetre: decimal degrees, degrees with minutes and seconds (to 0.3 m),
    3-degree Gauss-Kruger with its zone where there is one, and the shifted degrees of web maps, which name their datum.
    """
    found = [Written("decimal", f"{lon:.6f}, {lat:.6f}"), Written("dms", f"{_dms(lon)}{'E' if lon >= 0 else 'W'}, {_dms(lat)}{'N' if lat >= 0 else 'S'}")]
    meridian = round(lon / 3.0) * 3
    epsg = gauss_kruger_epsg(meridian, width_deg=3, zoned=True)
    if epsg:
        easting, northing = transformer(STORAGE_EPSG, epsg).transform(lon, lat)
        found.append(Written("gauss-kruger", f"X {northing:.2f}, Y {easting:.2f}", meridian))
    for datum, shift, name in ((Datum.GCJ02, gcj02_from_wgs84, "GCJ-02"), (Datum.BD09, bd09_from_wgs84, "BD-09")):
        there = shift(lon, lat)
        found.append(Written(datum.value, f"{float(there[0]):.6f}, {float(there[1]):.6f} ({name})"))
    return found


def _dms(degrees: float) -> str:
    hundredths = round(abs(degrees) * 360_000)  # first, so that sixty seconds are a minute
    whole, rest = divmod(hundredths, 360_000)
    minutes, seconds = divmod(rest, 6_000)
    return f"{whole}°{minutes:02d}′{seconds / 100:05.2f}″"


def _named(written: str) -> tuple[set[Datum], str]:
    """The datums that a text names, and the text without them."""
    text = written.lower()
    named = {datum for datum, form in _DATUMS if form.search(text)}
    for _, form in _DATUMS:
        text = form.sub(" ", text)
    return named, _EMPTY.sub(" ", text) if named else written


def _metres(text: str) -> tuple[float, float, bool] | None:
    """Easting and northing, and whether the northing came first. Sizes tell which is which: in China a northing is
    between 1,900 and 6,000 km; an easting is below 1,000 km, or above 13,000 km with its zone. Letters need not agree:
    surveyors call the northing X, mathematicians the easting.
    """
    match = _METRES_PAIR.fullmatch(text)
    if not match or (match["axis1"] and match["axis1"] == match["axis2"]):
        return None
    first, second = (float(match[one].replace(" ", "")) for one in ("first", "second"))
    for easting, northing, swapped in ((first, second, False), (second, first, True)):
        if 1_900_000 <= northing <= 6_000_000 and (100_000 <= easting < 1_000_000 or 13_000_000 <= easting < 46_000_000):
            return easting, northing, swapped
    return None


def _of_datum(position: Position, datum: Datum, district: District) -> Reading:
    way = {Datum.GCJ02: wgs84_from_gcj02, Datum.BD09: wgs84_from_bd09}.get(datum)
    lon, lat = (float(one) for one in way(position.lon, position.lat)) if way else (position.lon, position.lat)
    return Reading(lon, lat, position.swapped, district.holds(lon, lat), datum)


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
