"""Places told by columns of a table: longitude and latitude in the forms people type, one column for both, or WKT."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely

from geodata.files.angles import coordinate, in_three, look_packed, pair
from geodata.files.notices import Notice
from geodata.files.shape_texts import is_shape_text, shape_texts
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
    "东坐标",
    "东向坐标",
    "横坐标",
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
    "北坐标",
    "北向坐标",
    "纵坐标",
    "ycoord",
    "y",
)
_BOTH = ("坐标", "座標", "经纬度", "經緯度", "经纬度坐标", "地理坐标", "coordinates", "coordinate", "lonlat", "lnglat", "location", "位置坐标")
_WKT = ("wkt", "geometry", "geom", "thegeom", "几何", "shape", "wktgeom", "geometrywkt", "图形")
_ALL_LON, _ALL_LAT = frozenset(_LON), frozenset(_LAT)
_SHIFTED = {"gcj02": ("gcj02", "gcj", "火星", "高德", "腾讯", "amap"), "bd09": ("bd09", "百度", "baidu")}
_SYSTEM = frozenset({"坐标系", "坐标系统", "坐标系名称", "坐标类型", "坐标基准", "坐标参考", "坐标参考系", "crs", "srid", "epsg", "coordsys", "coordtype", "coordinatesystem", "datum"})
_DEGREES = ("lon", "lng", "long", "经", "經", "lat", "纬", "緯", "jd", "wd", "jingdu", "weidu")


@dataclass
class Places:
    """Shapes (WKB or None) of all rows, the columns used up, what was noticed, rows kept out, whether columns name degrees.

    `shifted` is the shift that `shift_named_by` (columns, as a rule) names; `crs` the system that the shapes themselves name (EWKT).
    """

    shapes: list[bytes | None]
    used: list[str]
    rejected: dict[int, Notice]
    notices: list[Notice]
    named_degrees: bool
    shifted: str | None
    shift_named_by: str = ""
    crs: str | None = None


def folded(name: str) -> str:
    """A column's name without width, case, blanks, marks and what stands in brackets."""
    plain = unicodedata.normalize("NFKC", name).casefold()
    return re.sub(r"[\W_]+", "", re.sub(r"[(\[{].*?[)\]}]", "", plain)) or re.sub(r"[\W_]+", "", plain)


def find_places(columns: list[Column], heading: str = "") -> Places | None:
    """The shapes that a table's columns tell, or None when no column tells any.

    `heading` is what stands above the table: it may name a shift, as a column with the name of the system may. Of two pairs of
    columns the one without a shift in its name is taken.
    """
    found = _found(columns)
    if found is None:
        return None
    if found.shifted is None and (datum := shift_said(heading)):
        found.shifted, found.shift_named_by = datum, heading[:60]
    return _by_system_column(found, columns)


def _found(columns: list[Column]) -> Places | None:
    """What columns without a shift in their names tell, else what all of them do."""
    true = [one for one in columns if _shift_named(one.name) is None]
    return _told(true) or (_told(columns) if len(true) < len(columns) else None)


def _told(columns: list[Column]) -> Places | None:
    by_name: dict[str, Column] = {}
    for one in columns:
        by_name.setdefault(_bare(one.name), one)
    for name in _WKT:
        if name in by_name and any(is_shape_text(value) for value in by_name[name].values):
            return from_shape_texts(by_name[name])
    lon = next((by_name[name] for name in _LON if name in by_name), None)
    lat = next((by_name[name] for name in _LAT if name in by_name), None)
    if lon is not None and lat is not None:
        whole_lon, whole_lat = in_three(columns, lon), in_three(columns, lat)
        return _from_pair(whole_lon, whole_lat) if whole_lon and whole_lat else _from_pair(lon, lat)
    both = next((by_name[name] for name in _BOTH if name in by_name), None)
    if both is not None:
        return _from_one(both)
    unnamed = next((one for one in columns if _all_shapes(one)), None)
    return from_shape_texts(unnamed) if unnamed is not None else None


def _all_shapes(column: Column) -> bool:
    filled = [one for one in column.values if one is not None]
    return bool(filled) and all(is_shape_text(one) for one in filled)


def names_places(cells: Iterable[Any]) -> int:
    """How surely the cells of a row are column names that tell a place, and so the header: 2 longitude and latitude, 1 a name for both or a shape, 0 not."""
    texts = [one for one in cells if isinstance(one, str) and len(one) <= 40]
    names = {_bare(one) for one in texts}
    if any(coordinate(one) is not None for one in texts):  # beside numbers E and N are values, not names
        names = {one for one in names if len(one) > 1}
    if not _ALL_LON.isdisjoint(names) and not _ALL_LAT.isdisjoint(names):
        return 2
    return 0 if names.isdisjoint((*_BOTH, *_WKT)) else 1


def _by_system_column(found: Places, columns: list[Column]) -> Places:
    """With what a column such as 坐标系 says: a shift, or one system for all rows."""
    column = next((one for one in columns if names_system(one.name)), None)
    said = list(dict.fromkeys(str(one).strip() for one in column.values if one is not None)) if column else []
    if column is None or not said or len(said) > 20:
        return found
    if found.shifted is None and (datum := next((datum for one in said if (datum := shift_said(one))), None)):
        found.shifted, found.shift_named_by = datum, column.name
    if found.crs is None and len(said) == 1 and shift_said(said[0]) is None:
        found.crs = f"EPSG:{said[0]}" if re.fullmatch(r"\d{4,6}", said[0]) else said[0] if re.match(r"(?i)epsg:|.*(54|80|1980|1954)", said[0]) else None
    return found


def names_place(name: str) -> bool:
    """Whether a column of that name holds places, or one of their two numbers."""
    return _bare(name) in _ALL_LON | _ALL_LAT | {*_BOTH, *_WKT}


def names_system(name: str) -> bool:
    """Whether a column of that name says in which system its row is."""
    return folded(name) in _SYSTEM


def _bare(name: str) -> str:
    plain = re.sub(r"^bd(?=lng|lon|lat)", "", folded(name))
    for marks in _SHIFTED.values():
        for mark in marks:
            plain = plain.replace(mark, "")
    return (
        re.sub(r"^(wgs84?|cgcs2000|所在|位置|中心点?|地理)|(wgs84?|cgcs2000|度|deg)$", "", plain)
        if plain not in (*_LON, *_LAT, *_BOTH)
        else plain
    )


def _shift_named(*names: str) -> str | None:
    """The shift that names of coordinate columns tell, also in brackets: 经度(高德), bd_lng."""
    joined = " ".join(re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", one).casefold()) for one in names)
    if re.search(r"\bbd(lng|lon|lat)", joined):
        return "bd09"
    return next((datum for datum, marks in _SHIFTED.items() if any(mark in joined for mark in marks)), None)


def shift_said(text: str) -> str | None:
    """The shift that words about coordinates name (火星坐标系, GCJ-02, BD09LL); the name of a firm alone says nothing of them."""
    plain = re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", text).casefold())
    if re.search(r"gcj0?2|火星坐标|(高德|腾讯)(地图)?坐标", plain):
        return "gcj02"
    return "bd09" if re.search(r"bd0?9|百度(地图)?(经纬度)?坐标", plain) else None


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
    notices = [Notice("degrees-packed", {"sample": f"{lon.values[0]}, {lat.values[0]}"})] if look_packed(lon.values) and look_packed(lat.values) else []
    return Places(shapes, [lon.name, lat.name], rejected, notices, degrees, _shift_named(lon.name, lat.name), f"{lon.name}, {lat.name}")


def _from_one(column: Column) -> Places:
    rejected: dict[int, Notice] = {}
    shapes: list[bytes | None] = []
    for place, value in enumerate(column.values):
        found = pair(value)
        if found is None and value not in (None, ""):
            rejected[place] = Notice("coordinate-not-read", {"value": str(value)[:60]}, field=column.name)
        shapes.append(shapely.to_wkb(shapely.Point(found)) if found and all(map(math.isfinite, found)) else None)
    return Places(
        shapes,
        [column.name],
        rejected,
        [],
        "经" in column.name or "lon" in column.name.lower() or "lng" in column.name.lower(),
        _shift_named(column.name),
        column.name,
    )


def _numbers(values: Sequence[Any]) -> list[float | None]:
    return [float(one) if isinstance(one, (int, float)) and not isinstance(one, bool) else coordinate(one) for one in values]


def from_shape_texts(column: Column) -> Places:
    """The shapes written in a column. Raises Refused when none of them can be read."""
    read = shape_texts(column)
    return Places(read.shapes, [column.name], read.rejected, read.notices, False, None, crs=f"EPSG:{read.srid}" if read.srid else None)
