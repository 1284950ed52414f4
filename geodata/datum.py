"""The shifted coordinates of Chinese web maps: GCJ-02 (Amap, Tencent) and BD-09 (Baidu), to and from WGS84 / CGCS2000.

Source: neither shift is published officially. The formulas are those found by others from the maps' own answers and
widely re-published (Krasovsky ellipsoid a = 6,378,245 m, e^2 = 0.00669342162296594; Baidu adds a fixed swirl on top).
They reproduce the maps to about a metre. What is exact here is the way back: it undoes the formula to under 1 mm.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Any

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray

Degrees = NDArray[np.float64]
Pair = tuple[Degrees, Degrees]

_A_M, _E2 = 6_378_245.0, 0.00669342162296594323
_WEST, _SOUTH, _EAST, _NORTH = 72.004, 0.8293, 137.8347, 55.8271  # outside this box the maps do not shift
_CLOSE_ENOUGH_DEG = 1e-10  # 0.01 mm
_MOST_STEPS = 30  # the shift changes by under 0.2 % of a step: 4 or 5 are enough, the rest is for the box's edge


class Datum(StrEnum):
    """Which shift coordinates carry. `wgs84` stands for none: WGS84 and CGCS2000 are one here."""

    WGS84 = "wgs84"
    GCJ02 = "gcj02"
    BD09 = "bd09"


def gcj02_from_wgs84(lon: ArrayLike, lat: ArrayLike) -> Pair:
    """Where Amap draws true longitudes and latitudes (degrees, scalars or arrays). Outside China nothing moves."""
    lon, lat = _arrays(lon, lat)
    inside = (lon >= _WEST) & (lon <= _EAST) & (lat >= _SOUTH) & (lat <= _NORTH)
    x, y = np.where(inside, lon - 105.0, 0.0), np.where(inside, lat - 35.0, 0.0)
    root = np.sqrt(np.abs(x))
    waves = (20.0 * np.sin(6.0 * x * np.pi) + 20.0 * np.sin(2.0 * x * np.pi)) * 2.0 / 3.0
    north_m = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + waves
    north_m += (20.0 * np.sin(y * np.pi) + 40.0 * np.sin(y / 3.0 * np.pi)) * 2.0 / 3.0
    north_m += (160.0 * np.sin(y / 12.0 * np.pi) + 320.0 * np.sin(y * np.pi / 30.0)) * 2.0 / 3.0
    east_m = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + waves
    east_m += (20.0 * np.sin(x * np.pi) + 40.0 * np.sin(x / 3.0 * np.pi)) * 2.0 / 3.0
    east_m += (150.0 * np.sin(x / 12.0 * np.pi) + 300.0 * np.sin(x / 30.0 * np.pi)) * 2.0 / 3.0
    sine = np.sin(np.radians(lat))
    w2 = 1.0 - _E2 * sine * sine
    east_deg = np.degrees(east_m / (_A_M / np.sqrt(w2) * np.cos(np.radians(lat))))
    north_deg = np.degrees(north_m / (_A_M * (1.0 - _E2) / (w2 * np.sqrt(w2))))
    return lon + np.where(inside, east_deg, 0.0), lat + np.where(inside, north_deg, 0.0)


def bd09_from_gcj02(lon: ArrayLike, lat: ArrayLike) -> Pair:
    """Where Baidu draws GCJ-02 longitudes and latitudes (degrees, scalars or arrays)."""
    lon, lat = _arrays(lon, lat)
    swirl = np.pi * 3000.0 / 180.0
    radius = np.hypot(lon, lat) + 0.00002 * np.sin(lat * swirl)
    angle = np.arctan2(lat, lon) + 0.000003 * np.cos(lon * swirl)
    return radius * np.cos(angle) + 0.0065, radius * np.sin(angle) + 0.006


def bd09_from_wgs84(lon: ArrayLike, lat: ArrayLike) -> Pair:
    """Where Baidu draws true longitudes and latitudes (degrees, scalars or arrays)."""
    return bd09_from_gcj02(*gcj02_from_wgs84(lon, lat))


def wgs84_from_gcj02(lon: ArrayLike, lat: ArrayLike) -> Pair:
    """The true place of GCJ-02 coordinates: `gcj02_from_wgs84` of the answer gives the question back to under 1 mm.

    Within 1 km of the box's edge, where the shift jumps to nothing, some coordinates have no true place: the last try is given.
    """
    return _undo(gcj02_from_wgs84, lon, lat)


def gcj02_from_bd09(lon: ArrayLike, lat: ArrayLike) -> Pair:
    """GCJ-02 coordinates of BD-09 ones, undone to under 1 mm."""
    return _undo(bd09_from_gcj02, lon, lat)


def wgs84_from_bd09(lon: ArrayLike, lat: ArrayLike) -> Pair:
    """The true place of BD-09 coordinates, undone to under 1 mm."""
    return wgs84_from_gcj02(*gcj02_from_bd09(lon, lat))


_TO_TRUE: dict[Datum, Callable[[ArrayLike, ArrayLike], Pair]] = {
    Datum.WGS84: lambda lon, lat: _arrays(lon, lat),  # noqa: PLW0108  (_arrays stands below)
    Datum.GCJ02: wgs84_from_gcj02,
    Datum.BD09: wgs84_from_bd09,
}


_FROM_TRUE: dict[Datum, Callable[[ArrayLike, ArrayLike], Pair]] = {
    Datum.WGS84: lambda lon, lat: _arrays(lon, lat),  # noqa: PLW0108  (_arrays stands below)
    Datum.GCJ02: gcj02_from_wgs84,
    Datum.BD09: bd09_from_wgs84,
}


def shift(shapes: Any, datum: Datum) -> Any:
    """One shapely shape in true degrees, or an array of them, moved to where a web map draws them (2D). `unshift` takes it back."""
    return shapely.transform(shapely.force_2d(shapes), lambda xy: np.column_stack(_FROM_TRUE[datum](xy[:, 0], xy[:, 1])))


def unshift(shapes: Any, datum: Datum) -> Any:
    """One shapely shape in degrees, or an array of them, moved from a web map's coordinates to true ones (2D)."""
    return shapely.transform(shapely.force_2d(shapes), lambda xy: np.column_stack(_TO_TRUE[datum](xy[:, 0], xy[:, 1])))


def _undo(shift: Callable[[ArrayLike, ArrayLike], Pair], lon: ArrayLike, lat: ArrayLike) -> Pair:
    """The place that `shift` moves to (lon, lat), by fixed-point steps."""
    lon, lat = _arrays(lon, lat)
    x, y = lon.copy(), lat.copy()
    for _ in range(_MOST_STEPS):
        there_x, there_y = shift(x, y)
        step_x, step_y = lon - there_x, lat - there_y
        x, y = x + step_x, y + step_y
        if np.all(np.maximum(np.abs(step_x), np.abs(step_y)) < _CLOSE_ENOUGH_DEG):
            break
    return x, y


def _arrays(lon: ArrayLike, lat: ArrayLike) -> Pair:
    return np.array(lon, dtype=float), np.array(lat, dtype=float)
