"""The systems that coordinates may be meant in, each with where the data would then lie, for a person to choose by sight."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from geodata.columns import ShapeColumn
from geodata.crs import (
    GEOD,
    STORAGE,
    ProjError,
    UnknownCRS,
    UnsureTransformation,
    crs,
    gauss_kruger_epsg,
    gauss_kruger_of_easting,
    is_modern,
    transformer,
)
from geodata.files.table import Table
from layers.district import District

MOST = 6
DOTS = 240
_FARTHEST_M = 700_000.0  # two zones of six degrees: beyond, a system does not explain the numbers
_OTHERS = (3857, 32648, 32649, 32650)  # Web Mercator and UTM, as map sites and GPS programs write
_AROUND_DEG = 6  # central meridians so near to the district are tried

Places = NDArray[np.float64]


@dataclass(frozen=True)
class System:
    """One system: where the data would lie in it (`points`, degrees), how far its middle is from the district (0: inside its box),
    how many of the points are inside, and why it is listed: said, zone, here, far; `swapped` with the axes exchanged."""

    crs: str
    name: str
    why: str
    swapped: bool
    distance_m: float
    inside: int
    points: tuple[tuple[float, float], ...]


def raw_places(table: Table) -> Places:
    """The middles of some shapes as the file gives them, evenly taken; (0, 2) where none can be read."""
    shapes = ShapeColumn.of_blobs(table.shapes or ())
    there = np.flatnonzero(shapes.present)
    if not len(there):
        return np.zeros((0, 2))
    taken = np.concatenate([shapes.blobs(place, place + 1) for place in there[:: max(1, len(there) // DOTS)][:DOTS].tolist()])
    with np.errstate(invalid="ignore"):
        bounds = np.asarray(shapely.bounds(shapely.from_wkb(taken, on_invalid="ignore")), float).reshape(-1, 4)
        middles = np.column_stack([(bounds[:, 0] + bounds[:, 2]) / 2, (bounds[:, 1] + bounds[:, 3]) / 2])
        return middles[np.isfinite(middles).all(axis=1) & (np.abs(middles) < 1e9).all(axis=1)]


def systems_for(raw: Places, district: District, said: str | None = None) -> list[System]:
    """Systems that explain the numbers, the nearest to the district first, what was said or found (`said`) before all; at most 6.

    Systems in which the data lie at one and the same place are told once.
    """
    if not len(raw):
        return []
    degrees = bool((np.abs(raw[:, 0]) <= 180).all() and (np.abs(raw[:, 1]) <= 180).all())
    asked: list[tuple[str, bool]] = [(said, False)] if said else []
    asked += [(one, swapped) for swapped in (False, True) for one in ((STORAGE,) if degrees else _likely(raw[:, int(swapped)], district))]
    found: dict[tuple[float, float], System] = {}
    for name, swapped in asked:
        made = _as(raw, name, swapped, district, said)
        if made is not None and (name == said or made.distance_m <= _FARTHEST_M):
            found.setdefault((round(made.points[0][0], 5), round(made.points[0][1], 5)), made)
    return sorted(found.values(), key=lambda one: (one.why != "said", one.distance_m, one.swapped))[:MOST]


def _likely(eastings: Places, district: District) -> Iterable[str]:
    """Gauss-Kruger on the meridians around, three degrees before six, by the numbers with their zone or without; then what others use."""
    west, _, east, _ = district.bbox
    easting = float(np.median(eastings))
    zone = gauss_kruger_of_easting(easting)
    tried: list[int | None] = [zone]
    for width in (3, 6):
        for meridian in range(75, 136, width):
            if west - _AROUND_DEG <= meridian <= east + _AROUND_DEG:
                tried.append(gauss_kruger_epsg(meridian, width_deg=width, zoned=zone is not None))
    return (f"EPSG:{one}" for one in (*tried, *_OTHERS) if one)


def _as(raw: Places, name: str, swapped: bool, district: District, said: str | None) -> System | None:
    xy = raw[:, ::-1] if swapped else raw
    try:
        if not is_modern(name):
            return None
        lon, lat = (xy[:, 0], xy[:, 1]) if name == STORAGE else transformer(name).transform(xy[:, 0], xy[:, 1])
        title = crs(name).name
    except (ProjError, UnknownCRS, UnsureTransformation):
        return None
    good = np.isfinite(lon) & np.isfinite(lat) & (np.abs(lat) <= 90) & (np.abs(lon) <= 180)
    if good.mean() < 0.5:
        return None
    lon, lat = np.asarray(lon)[good], np.asarray(lat)[good]
    west, south, east, north = district.bbox
    distance_m = _from_box_m(float(np.median(lon)), float(np.median(lat)), district)
    inside = int(((lon >= west) & (lon <= east) & (lat >= south) & (lat <= north)).sum())
    zone = gauss_kruger_of_easting(float(np.median(xy[:, 0])))
    why = "said" if name == said and not swapped else "zone" if zone and name == f"EPSG:{zone}" else "here" if not distance_m else "far"
    return System(name, title, why, swapped, distance_m, inside, tuple((round(x, 5), round(y, 5)) for x, y in zip(lon.tolist(), lat.tolist(), strict=True)))


def _from_box_m(lon: float, lat: float, district: District) -> float:
    west, south, east, north = district.bbox
    at = min(max(lon, west), east), min(max(lat, south), north)
    return round(GEOD.inv(lon, lat, *at)[2], 0) if (lon, lat) != at else 0.0
