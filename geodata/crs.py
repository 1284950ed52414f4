"""Coordinate reference systems: storage in CGCS2000 degrees, the way there from any other, metres around one place."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
import pyproj
import shapely
from numpy.typing import NDArray
from pyproj.exceptions import CRSError
from pyproj.exceptions import ProjError as ProjError  # told on, so that only this module imports pyproj
from shapely.geometry.base import BaseGeometry

from layers.errors import InvalidInput
from layers.messages import Sentence, declare
from layers.spec import Label

STORAGE_EPSG = 4490  # CGCS2000 longitude and latitude in degrees; equals WGS84 within what the bureau's data can show
STORAGE = f"EPSG:{STORAGE_EPSG}"
EXCHANGE = "OGC:CRS84"  # RFC 7946: what GeoJSON leaves the house in; the same numbers as storage

GEOD = pyproj.Geod(a=6378137.0, rf=298.257222101)  # CGCS2000 ellipsoid (GB 22021-2008), to 1e-16 that of GRS80

Place = NDArray[np.float64]

# Names of datums with all but letters and digits taken away, in the spellings of EPSG and of ESRI.
_MODERN = re.compile(r"d?(china2000|cgcs2000|chinageodeticcoordinatesystem2000|wgs1984|wgs84|worldgeodeticsystem1984|itrf|internationalterrestrialreferenceframe)")

# CGCS2000 / Gauss-Kruger in the EPSG registry: four runs, each in steps of one zone from 75 degrees east.
_SIX_DEGREE_ZONED, _SIX_DEGREE, _THREE_DEGREE_ZONED, _THREE_DEGREE = 4491, 4502, 4513, 4534
GAUSS_KRUGER = range(_SIX_DEGREE_ZONED, _THREE_DEGREE + 21)  # all of them
_FALSE_EASTING_M = 500_000.0
_ZONE_EASTING_M = 1_000_000.0  # easting = zone number x 1,000 km + 500 km + distance from the central meridian


class UnknownCRS(InvalidInput):
    """The text or number names no coordinate reference system that PROJ knows."""

    code = "unknown-crs"


class UnsureTransformation(InvalidInput):
    """PROJ knows no exact way from this system to ours (Beijing 54, Xian 80): coordinates would come out unchanged."""

    code = "unsure-transformation"


declare({
    "unknown-crs": Sentence(
        Label("不认识坐标系「{crs}」", "There is no coordinate reference system “{crs}”"),
        Label("写成 EPSG:编号，如 EPSG:4546", "Write it as EPSG:number, e.g. EPSG:4546"),
    ),
    "unsure-transformation": Sentence(
        Label("坐标系「{crs}」到 CGCS2000 没有公开的精确转换参数", "There is no exact public transformation from “{crs}” to CGCS2000"),
        Label("请由数据提供方用当地参数转换为 CGCS2000 后再用", "Have its keeper convert it to CGCS2000 with local parameters first"),
    ),
})


@lru_cache(maxsize=64)
def crs(source: str | int) -> pyproj.CRS:
    """The coordinate reference system named by an EPSG number, `EPSG:n`, or WKT. Raises UnknownCRS."""
    try:
        return pyproj.CRS.from_user_input(source)
    except CRSError as error:
        raise UnknownCRS(crs=str(source)[:200]) from error


@lru_cache(maxsize=64)
def transformer(source: str | int, target: str | int = STORAGE_EPSG) -> pyproj.Transformer:
    """The transformation between two systems, always x before y (longitude before latitude), safe to share by threads.

    WGS84, ITRF and CGCS2000 are one here (they differ by centimetres to decimetres), so between them only the projection
    changes. Raises UnknownCRS, and UnsureTransformation where PROJ could only pretend that two datums are equal.
    """
    equal = is_modern(source) and is_modern(target)
    try:
        return pyproj.Transformer.from_crs(crs(source), crs(target), always_xy=True, allow_ballpark=equal)
    except ProjError as error:
        raise UnsureTransformation(crs=crs(source).name) from error


def reproject(shapes: Any, source: str | int, target: str | int = STORAGE_EPSG) -> Any:
    """One shapely shape or an array of them, moved from `source` to `target` (storage by default), 2D.

    None stays None. A coordinate outside the domain of the projection becomes infinite, as PROJ says: check after.
    """
    way = transformer(source, target)
    flat = shapely.force_2d(shapes)
    return shapely.transform(flat, lambda xy: np.column_stack(way.transform(xy[:, 0], xy[:, 1])))


def is_modern(source: str | int) -> bool:
    """Whether a system stands on CGCS2000 or on a datum that we hold equal to it: WGS84 in any realisation, ITRF."""
    frame = crs(source).geodetic_crs
    name = frame.datum.name if frame and frame.datum else ""
    return bool(_MODERN.match(re.sub(r"[^a-z0-9]", "", name.lower())))


def is_degrees(source: str | int) -> bool:
    """Whether the coordinates of this system are longitudes and latitudes."""
    return crs(source).is_geographic


def area_of_use(source: str | int) -> tuple[float, float, float, float] | None:
    """West, south, east, north of where a system is meant to be used, in degrees; None where its registry does not say."""
    area = crs(source).area_of_use
    return area.bounds if area else None


def gauss_kruger_epsg(central_meridian_deg: int, *, width_deg: int, zoned: bool) -> int | None:
    """EPSG number of CGCS2000 / Gauss-Kruger, or None where the registry has none.

    `zoned` means that eastings begin with the zone's number (37,500,000) rather than 500,000 at the meridian.
    """
    first = 75
    if width_deg not in (3, 6) or (central_meridian_deg - first) % width_deg or not first <= central_meridian_deg <= 135:
        return None
    runs = {(6, True): _SIX_DEGREE_ZONED, (6, False): _SIX_DEGREE, (3, True): _THREE_DEGREE_ZONED, (3, False): _THREE_DEGREE}
    return runs[width_deg, zoned] + (central_meridian_deg - first) // width_deg


def gauss_kruger_at(lon: float) -> int | None:
    """EPSG number of the 3-degree CGCS2000 / Gauss-Kruger system (500 km at its meridian) of a longitude; None where there is none."""
    return gauss_kruger_epsg(round(lon / 3.0) * 3, width_deg=3, zoned=False)


def meridian_convergence_deg(epsg: int, lon: float, lat: float) -> float:
    """The angle from true north to the grid's north at a place, clockwise positive east of the central meridian."""
    return float(pyproj.Proj(crs(epsg)).get_factors(lon, lat).meridian_convergence)


def gauss_kruger_of_easting(easting_m: float) -> int | None:
    """EPSG number told by the zone number in an easting (37,412,000 -> zone 37), or None when there is no zone in it.

    Zones 13-23 are 6 degrees wide and 25-45 are 3 degrees wide, so the number alone decides.
    """
    zone = int(easting_m // _ZONE_EASTING_M)
    if 13 <= zone <= 23:
        return gauss_kruger_epsg(zone * 6 - 3, width_deg=6, zoned=True)
    if 25 <= zone <= 45:
        return gauss_kruger_epsg(zone * 3, width_deg=3, zoned=True)
    return None


def gauss_kruger_candidates(easting_m: float, northing_m: float, bbox: tuple[float, float, float, float]) -> list[int]:
    """EPSG numbers of all CGCS2000 / Gauss-Kruger systems in which the place falls into a box of degrees (west, south, east, north).

    For coordinates of which nobody said the system: one candidate may be proposed, several must be asked about. In order
    of EPSG number; empty when none fits.
    """
    west, south, east, north = bbox
    found = []
    for epsg in GAUSS_KRUGER:
        lon, lat = transformer(epsg).transform(easting_m, northing_m)
        if west <= lon <= east and south <= lat <= north:
            found.append(epsg)
    return found


def metres_around(lon: float, lat: float) -> tuple[Callable[[Place], Place], Callable[[Place], Place]]:
    """Two functions on (n, 2) arrays: degrees to metres east and north of a place (azimuthal equidistant), and back.

    Distances and bearings from the place itself are exact on the ellipsoid; between two places d metres away from it
    lengths are good to about (d / 6,371 km)^2 / 6.
    """
    to = pyproj.Transformer.from_pipeline(f"+proj=aeqd +lon_0={lon!r} +lat_0={lat!r} +a=6378137 +rf=298.257222101")

    def to_metres(degrees: Place) -> Place:
        return np.column_stack(to.transform(degrees[:, 0], degrees[:, 1]))

    def to_degrees(metres: Place) -> Place:
        return np.column_stack(to.transform(metres[:, 0], metres[:, 1], direction="INVERSE"))

    return to_metres, to_degrees


def to_metres(shape: BaseGeometry, lon: float, lat: float) -> BaseGeometry:
    """A shape in metres east and north of a place, vertex by vertex: edges stay straight in the plane."""
    return shapely.transform(shape, metres_around(lon, lat)[0])
