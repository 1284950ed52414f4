"""Zones a number of metres wide around points, lines and polygons, as polygons in degrees, wherever they lie.

The outline is made of exact places: arcs around vertices and strips beside edges, each corner found by the geodesic itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil, pi, sqrt
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from geodata.crs import GEOD

Floats = NDArray[np.floating[Any]]

OFF_M = 0.01  # how far the outline may be inside the true rim, between two of its corners
_SAGITTA_M = 0.98 * OFF_M  # of that the arc; the rest is the bend of an edge that is straight in degrees
_LEAST_CORNERS = 72  # small circles look round
_STEP_DEG = 0.004  # 440 m: over that a strip's rim, bent by 2e-7 / m in degrees, leaves the straight by 5 mm
_STRAIGHT_DEG = 1e-9  # of turn: the two strips meet


def corners(radius_m: float) -> int:
    """Corners of a full circle whose outline is nowhere more than OFF_M inside the circle: about 5,000 at 50 km."""
    return max(_LEAST_CORNERS, ceil(pi * sqrt(radius_m / (2.0 * _SAGITTA_M))))


def buffer(shape: BaseGeometry, distance_m: float) -> BaseGeometry:
    """The places within a geodesic distance of a shape in degrees: a polygon or multipolygon in degrees.

    Its corners are at that very distance; between them the outline is at most OFF_M inside the true rim. With distance 0 shapes come
    back as they are. Not for shapes at a pole or over the 180th meridian.
    """
    if distance_m == 0.0:
        return shape
    zones: list[BaseGeometry] = []
    for part in shapely.get_parts([shape]):
        if part.geom_type == "Point":
            zones.append(circle(part.x, part.y, distance_m))
        elif part.geom_type == "Polygon":
            zones.append(part)
            for ring in shapely.get_rings(shapely.orient_polygons([part])):  # outside is then on the right of every ring
                zones += _beside(_Way(ring, closed=True), 90.0, distance_m)
        else:
            way = _Way(part, closed=False)
            zones += [*_beside(way, 90.0, distance_m), *_beside(way, -90.0, distance_m), *_ends(way, distance_m)]
    return shapely.union_all(zones)


def work(shape: BaseGeometry, distance_m: float) -> int:
    """How many corners are made to widen a shape, before they are put together: what `buffer` takes goes by this."""
    count, whole = 0, corners(distance_m)
    for part in shapely.get_parts([shape]):
        if part.geom_type == "Point":
            count += whole
            continue
        closed = part.geom_type == "Polygon"
        for way in [_Way(line, closed=closed) for line in (shapely.get_rings([part]) if closed else [part])]:
            sides = 1 if closed else 2
            count += sides * (2 * int(way.pieces.sum()) + 4 * len(way.pieces)) + ceil(float(np.abs(way.turns()).sum()) / 360.0 * whole) + (0 if closed else whole)
    return count


def circle(lon: float, lat: float, radius_m: float) -> BaseGeometry:
    """The polygon through places at a geodesic radius around a place, as many as `corners` says."""
    count = corners(radius_m)
    return shapely.Polygon(_around(lon, lat, np.arange(count) * (360.0 / count), radius_m)[::-1])


class _Way:
    """A line as edges straight in degrees, none of no length, each with the azimuths in which it starts and ends."""

    def __init__(self, line: BaseGeometry, *, closed: bool) -> None:
        xy = shapely.get_coordinates(line)
        keep = np.ones(len(xy), bool)
        keep[1:] = (np.diff(xy, axis=0) != 0.0).any(axis=1)
        self.xy = xy[keep]
        self.closed = closed
        self.step = np.diff(self.xy, axis=0)
        self.pieces = np.maximum(1, np.ceil(np.hypot(*self.step.T) / _STEP_DEG)).astype(np.intp)
        self.first, self.last = _azimuths(self.xy[:-1], self.step), _azimuths(self.xy[1:], self.step)

    def turns(self) -> Floats:
        """At each vertex between two edges (a ring's first and last included) the degrees turned, to the right positive."""
        following = np.roll(self.first, -1)
        turned = (following - self.last + 180.0) % 360.0 - 180.0
        return turned if self.closed else turned[:-1]


def _beside(way: _Way, side: float, distance_m: float) -> Iterator[BaseGeometry]:
    """The strip on one side (90 right, -90 left) of every edge, and the fan at every vertex that bends away from that side.

    A strip and a fan that meet have the line from the vertex to the rim in common, to the last digit: no gap is left.
    """
    for start, step, pieces in zip(way.xy[:-1], way.step, way.pieces.tolist(), strict=True):
        along = start + np.linspace(0.0, 1.0, pieces + 1)[:, None] * step
        along[-1] = start + step
        rim = _off(along, _azimuths(along, np.broadcast_to(step, along.shape)) + side, distance_m)
        yield shapely.Polygon(np.vstack([along, rim[::-1]]))
    turns = way.turns()
    for vertex in np.flatnonzero(turns * side < -_STRAIGHT_DEG).tolist():
        yield _fan(way.xy[vertex + 1], way.last[vertex] + side, float(turns[vertex]), distance_m)


def _ends(way: _Way, distance_m: float) -> Iterator[BaseGeometry]:
    """Half a disc beyond each end of a line."""
    yield _fan(way.xy[0], way.first[0] + 90.0, 180.0, distance_m)
    yield _fan(way.xy[-1], way.last[-1] - 90.0, 180.0, distance_m)


def _fan(vertex: Floats, bearing: float, turn: float, distance_m: float) -> BaseGeometry:
    """The part of a disc from one bearing over so many degrees."""
    count = max(1, ceil(abs(turn) / 360.0 * corners(distance_m)))
    arc = _around(float(vertex[0]), float(vertex[1]), bearing + np.arange(count + 1) * (turn / count), distance_m)
    return shapely.Polygon(np.vstack([vertex, arc]))


def _azimuths(places: Floats, step: Floats) -> Floats:
    """In which direction on the ground a step in degrees goes from each place."""
    lat = np.radians(places[:, 1])
    across = 1.0 - GEOD.es * np.sin(lat) ** 2
    return np.degrees(np.arctan2(step[:, 0] * np.cos(lat) * across, step[:, 1] * (1.0 - GEOD.es)))


def _around(lon: float, lat: float, bearings: Floats, distance_m: float) -> Floats:
    return _off(np.broadcast_to([lon, lat], (len(bearings), 2)), bearings, distance_m)


def _off(places: Floats, bearings: Floats, distance_m: float) -> Floats:
    lons, lats, _ = GEOD.fwd(places[:, 0], places[:, 1], bearings, np.full(len(places), distance_m))
    return np.column_stack([lons, lats])
