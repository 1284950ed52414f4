"""Places told by columns of a table: longitude and latitude in the forms people type, one column for both, or WKT."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely

from geodata.files.notices import Notice, Refused
from geodata.files.table import Column

_LON = (
    "lon",
    "lng",
    "long",
    "longitude",
    "经度",
    "經度",
    "东经",
    "jd",
    "jingdu",
    "经",
    "londeg",
    "lon84",
    "wgs84lon",
    "pointlon",
    "xlon",
    "经度e",
    "经度坐标",
    "e",
    "x坐标",
    "坐标x",
    "pointx",
    "xcoord",
    "x",
)
_LAT = (
    "lat",
    "latitude",
    "纬度",
    "緯度",
    "北纬",
    "wd",
    "weidu",
    "纬",
    "latdeg",
    "lat84",
    "wgs84lat",
    "pointlat",
    "ylat",
    "纬度n",
    "纬度坐标",
    "n",
    "y坐标",
    "坐标y",
    "pointy",
    "ycoord",
    "y",
)
_BOTH = ("坐标", "座標", "经纬度", "經緯度", "经纬度坐标", "地理坐标", "coordinates", "coordinate", "lonlat", "lnglat", "location", "位置坐标")
_WKT = ("wkt", "geometry", "geom", "thegeom", "几何", "shape", "wktgeom", "geometrywkt", "图形")
_SHIFTED = {"gcj02": ("gcj02", "gcj", "火星", "高德", "腾讯", "amap"), "bd09": ("bd09", "百度", "baidu")}
_DEGREES = ("lon", "lng", "long", "经", "經", "lat", "纬", "緯", "jd", "wd", "jingdu", "weidu")
_CURVES = re.compile(r"(?i)\b(CIRCULARSTRING|COMPOUNDCURVE|CURVEPOLYGON|MULTICURVE|MULTISURFACE|TIN|TRIANGLE|POLYHEDRALSURFACE)\b")


@dataclass
class Places:
    """Shapes (WKB or None) of all rows, the columns used up, what was noticed, rows kept out, whether columns name degrees."""

    shapes: list[bytes | None]
    used: list[str]
    rejected: dict[int, Notice]
    notices: list[Notice]
    named_degrees: bool
    shifted: str | None


def folded(name: str) -> str:
    """A column's name without width, case, blanks, marks and what stands in brackets."""
    plain = unicodedata.normalize("NFKC", name).casefold()
    return re.sub(r"[\W_]+", "", re.sub(r"[(\[{].*?[)\]}]", "", plain)) or re.sub(r"[\W_]+", "", plain)


def find_places(columns: list[Column]) -> Places | None:
    """The shapes that a table's columns tell, or None when no column tells any."""
    by_name: dict[str, Column] = {}
    for one in columns:
        by_name.setdefault(_bare(one.name), one)
    for name in _WKT:
        if name in by_name and any(
            isinstance(value, str) and re.match(r"(?i)\s*(SRID=\d+;)?\s*[A-Z]+\s*(Z|M|ZM)?\s*(\(|EMPTY)", value)
            for value in by_name[name].values
        ):
            return _from_wkt(by_name[name])
    lon = next((by_name[name] for name in _LON if name in by_name), None)
    lat = next((by_name[name] for name in _LAT if name in by_name), None)
    if lon is not None and lat is not None:
        return _from_pair(lon, lat)
    both = next((by_name[name] for name in _BOTH if name in by_name), None)
    return _from_one(both) if both is not None else None


def _bare(name: str) -> str:
    plain = folded(name)
    for marks in _SHIFTED.values():
        for mark in marks:
            plain = plain.replace(mark, "")
    return (
        re.sub(r"^(wgs84?|cgcs2000|所在|位置|中心点?|地理)|(wgs84?|cgcs2000|度|deg)$", "", plain)
        if plain not in (*_LON, *_LAT, *_BOTH)
        else plain
    )


def _shift_named(*names: str) -> str | None:
    joined = " ".join(folded(one) for one in names)
    return next((datum for datum, marks in _SHIFTED.items() if any(mark in joined for mark in marks)), None)


def _from_pair(lon: Column, lat: Column) -> Places:
    xs, ys = _numbers(lon.values), _numbers(lat.values)
    rejected: dict[int, Notice] = {}
    shapes: list[bytes | None] = [None] * len(xs)
    x, y = (
        np.array([math.nan if one is None else one for one in xs], float),
        np.array([math.nan if one is None else one for one in ys], float),
    )
    good = np.isfinite(x) & np.isfinite(y)
    made = shapely.to_wkb(shapely.points(x[good], y[good])) if good.any() else []
    for place, one in zip(np.flatnonzero(good).tolist(), made, strict=True):
        shapes[place] = one
    for place in np.flatnonzero(~good).tolist():
        for column, number in ((lon, xs[place]), (lat, ys[place])):
            value = column.values[place]
            if number is None and value not in (None, ""):
                rejected[place] = Notice("coordinate-not-read", {"value": str(value)[:60]}, field=column.name)
                break
            if number is not None and not math.isfinite(number):
                rejected[place] = Notice("coordinate-not-finite", {"value": str(value)[:60]}, field=column.name)
                break
    degrees = any(mark in folded(lon.name) for mark in _DEGREES)
    return Places(shapes, [lon.name, lat.name], rejected, [], degrees, _shift_named(lon.name, lat.name))


def _from_one(column: Column) -> Places:
    rejected: dict[int, Notice] = {}
    shapes: list[bytes | None] = []
    for place, value in enumerate(column.values):
        pair = _pair(value)
        if pair is None and value not in (None, ""):
            rejected[place] = Notice("coordinate-not-read", {"value": str(value)[:60]}, field=column.name)
        shapes.append(shapely.to_wkb(shapely.Point(pair)) if pair and all(map(math.isfinite, pair)) else None)
    return Places(
        shapes,
        [column.name],
        rejected,
        [],
        "经" in column.name or "lon" in column.name.lower() or "lng" in column.name.lower(),
        _shift_named(column.name),
    )


def _pair(value: Any) -> tuple[float, float] | None:
    if not isinstance(value, str):
        return None
    text = unicodedata.normalize("NFKC", value.translate(_LOOKALIKES)).strip(" ()[]")
    pieces = [one.strip() for one in re.split(r"[,;、/|]", text) if one.strip()]  # the strong marks first: 109 48 00, 40 36 00
    if len(pieces) != 2:
        pieces = [one for one in re.split(r"[,;\s]+", text) if one]
    if len(pieces) != 2:
        return None
    numbers = [coordinate(one) for one in pieces]
    if numbers[0] is None or numbers[1] is None:
        return None
    first_is_lat = bool(re.match(r"(?i)北|N|.*N$", pieces[0]))
    return (numbers[1], numbers[0]) if first_is_lat else (numbers[0], numbers[1])


def _from_wkt(column: Column) -> Places:
    rejected: dict[int, Notice] = {}
    shapes: list[bytes | None] = []
    notices: list[Notice] = []
    heights = False
    for place, value in enumerate(column.values):
        text = re.sub(r"(?i)^\s*SRID=\d+;", "", value).strip() if isinstance(value, str) else ""
        shapes.append(None)
        if not text:
            continue
        if curve := _CURVES.search(text):
            rejected[place] = Notice(
                "shape-kind-not-admitted", {"found": curve[1].upper(), "wanted": "Point, LineString, Polygon, Multi*"}, field=column.name
            )
            continue
        shape = shapely.from_wkt(text, on_invalid="ignore")
        if shape is None:
            rejected[place] = Notice("wkt-not-read", {"value": text[:40]}, field=column.name)
            continue
        heights = heights or bool(shape.has_z)
        shapes[place] = shapely.to_wkb(shapely.force_2d(shape))
    if heights:
        notices.append(Notice("zm-dropped", {"kind": "WKT"}))
    if len(rejected) == len(column.values):
        raise Refused(next(iter(rejected.values())).code, about=column.name, **dict(next(iter(rejected.values())).values))
    return Places(shapes, [column.name], rejected, notices, False, None)


def _numbers(values: Sequence[Any]) -> list[float | None]:
    return [float(one) if isinstance(one, (int, float)) and not isinstance(one, bool) else coordinate(one) for one in values]


def _without_hemisphere(text: str) -> tuple[str, float]:
    """The number without 东经, N, S ... before or after it, and -1 for west and south. `30m15s` ends in seconds, not in the south."""
    seconds = bool(re.search(r"(?i)m\s*[\d.]+\s*s$", text))
    match = re.match(r"(?i)^(东经|西经|北纬|南纬|经度|纬度|[nsew])?\s*:?\s*(.*?)\s*([nsew])?$", text if not seconds else text[:-1])
    assert match
    west_or_south = bool(re.search(r"(?i)西经|南纬|[sw]", (match[1] or "") + (match[3] or "")))
    return match[2], -1.0 if west_or_south else 1.0


_DMS = re.compile(
    r"^([+-]?\d+(?:\.\d+)?)\s*[°度d:]\s*(?:(\d+(?:\.\d+)?)\s*['′’分m:]\s*)?(?:(\d+(?:\.\d+)?)\s*(?:[\"″”]|''|′′|秒|s)?)?$", re.IGNORECASE
)
_SPACED = re.compile(r"^([+-]?\d{1,3})[\s-]+(\d{1,2})[\s-]+(\d{1,2}(?:\.\d+)?)$")


_LOOKALIKES = str.maketrans({"−": "-", "º": "°", "˚": "°", "’": "′", "‘": "′", "`": "′", "´": "′"})  # before NFKC, which makes letters of two of them


def coordinate(value: Any) -> float | None:
    """One coordinate as typed: `109.5`, `１０９．５`, `109°34′30″`, `109度34分30秒`, `E109 34 30`, `东经109.5`; None when it is none."""
    if not isinstance(value, str):
        return None
    text = unicodedata.normalize("NFKC", value.translate(_LOOKALIKES)).strip()
    text, sign = _without_hemisphere(text)
    if re.fullmatch(r"[+-]?\d{1,3},\d{3,}", text):
        text = text.replace(",", ".")
    try:
        return sign * float(text)
    except ValueError:
        pass
    match = _DMS.match(text) or _SPACED.match(text)
    if not match:
        return None
    degrees, minutes, seconds = (float(one) if one else 0.0 for one in match.groups())
    if minutes >= 60 or seconds >= 60:
        return None
    size = abs(degrees) + minutes / 60 + seconds / 3600
    return sign * (-size if match[1].startswith("-") else size)
