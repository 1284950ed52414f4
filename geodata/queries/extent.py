"""How long and how large: lengths and areas on the ellipsoid of shapes whose edges are straight in longitude and latitude."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from geodata.crs import GEOD

Floats = NDArray[np.float64]

_E2 = GEOD.es
_E = float(np.sqrt(_E2))
# Gauss-Legendre on [0, 1]: along an edge of 10 degrees 8 nodes are exact to 1e-12.
_MANY, _FEW = ([((float(node) + 1.0) / 2.0, float(weight) / 2.0) for node, weight in zip(*np.polynomial.legendre.leggauss(count), strict=True)]
               for count in (8, 3))
_SHORT_DEG = 0.2  # up to here 3 nodes are exact to 1e-12


def lengths_m(shapes: Sequence[BaseGeometry] | NDArray[Any]) -> Floats:
    """Length on the ground of the lines of each shape, in order; 0 for points and polygons (their outline is not counted)."""
    given = np.asarray(shapes, dtype=object)
    parts, owner = shapely.get_parts(given, return_index=True)
    lines = shapely.get_dimensions(parts) == 1
    start, end, which = _edges(parts[lines], owner[lines])
    return _summed(which, _edge_lengths_m(start, end), len(given))


def areas_m2(shapes: Sequence[BaseGeometry] | NDArray[Any]) -> Floats:
    """Area on the ground of the polygons of each shape, holes left out, in order; 0 for points and lines."""
    given = np.asarray(shapes, dtype=object)
    parts, owner = shapely.get_parts(given, return_index=True)
    areas = shapely.get_dimensions(parts) == 2
    if not areas.any():
        return np.zeros(len(given))
    # Outer rings are made clockwise and holes counter-clockwise, so that plain sums count holes off.
    rings, of_part = shapely.get_rings(shapely.orient_polygons(parts[areas]), return_index=True)
    start, end, which = _edges(rings, owner[areas][of_part])
    return np.abs(_summed(which, _under_edges_m2(start, end), len(given)))


def sizes(shapes: Sequence[BaseGeometry] | NDArray[Any]) -> Floats:
    """Area in m2 of shapes with polygons, length in m of those with lines, NaN for points, in order."""
    given = np.asarray(shapes, dtype=object)
    dimension = shapely.get_dimensions(given)
    found = np.full(len(given), np.nan)
    if (dimension == 2).any():
        found[dimension == 2] = areas_m2(given[dimension == 2])
    if (dimension == 1).any():
        found[dimension == 1] = lengths_m(given[dimension == 1])
    return found


def _summed(which: NDArray[np.intp], values: Floats, count: int) -> Floats:
    return np.asarray(np.bincount(which, values, count), dtype=float)


def _edges(parts: NDArray[Any], owner: NDArray[np.intp]) -> tuple[Floats, Floats, NDArray[np.intp]]:
    """Start and end in degrees of every edge, and whose it is."""
    xy, part = shapely.get_coordinates(parts, return_index=True)
    first = np.flatnonzero(part[1:] == part[:-1])
    return xy[first], xy[first + 1], owner[part[first]]


def _along(start: Floats, end: Floats) -> list[tuple[float, float]]:
    """Nodes and weights enough for the longest of these edges."""
    longest = np.abs(end - start).max(initial=0.0)
    return _FEW if longest <= _SHORT_DEG else _MANY


def _edge_lengths_m(start: Floats, end: Floats) -> Floats:
    """The integral of sqrt((M dlat)^2 + (N cos lat dlon)^2) along each edge."""
    wide, high = np.radians(end - start).T
    total = np.zeros(len(start))
    for node, weight in _along(start, end):
        lat = np.radians(start[:, 1] + node * (end[:, 1] - start[:, 1]))
        w2 = 1.0 - _E2 * np.sin(lat) ** 2
        total += weight * np.hypot(GEOD.a * (1.0 - _E2) / w2**1.5 * high, GEOD.a / np.sqrt(w2) * np.cos(lat) * wide)
    return total


def _under_edges_m2(start: Floats, end: Floats) -> Floats:
    """Area between each edge and the equator, signed by the way it runs east: the integral of the zone's area by longitude."""
    wide = np.radians(end[:, 0] - start[:, 0])
    mean = np.zeros(len(start))
    for node, weight in _along(start, end):
        mean += weight * _zone_m2(np.radians(start[:, 1] + node * (end[:, 1] - start[:, 1])))
    return wide * mean


def _zone_m2(lat: Floats) -> Floats:
    """Area from the equator to a latitude per radian of longitude (Snyder, Map Projections: A Working Manual, 3-12)."""
    sine = np.sin(lat)
    return GEOD.b**2 / 2.0 * (sine / (1.0 - _E2 * sine * sine) + np.arctanh(_E * sine) / _E)
