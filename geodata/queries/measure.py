"""How far and which way: geodesic distance and bearing from a place to points, lines and polygons.

Edges of lines and polygons are straight in longitude and latitude, as stored and as drawn. Points are right to 1 mm,
lines and polygons to max(5 cm, 1e-6 of the distance) anywhere in China; in the tests to under 1 mm within 100 km.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from geodata.crs import GEOD

Floats = NDArray[np.float64]
Whole = NDArray[np.intp]

_E2 = GEOD.es
_LEAST_RADIUS_M = GEOD.a * (1.0 - _E2)  # no normal section of the ellipsoid is bent more than at the equator along a meridian
_PIECE_M = 10_000.0  # over so short a piece the distance has one minimum and vertices stand for the edge to 1 cm
_ON_IT_M = 2e-6  # nearer than that is on it: rounding of degrees alone is 1e-8 m
_SETTLED_M = 1e-4  # along the edge; across it the error is of second order
_MOST_STEPS = 20


@dataclass(frozen=True)
class Feet:
    """The nearest place of each of several shapes: distances in metres, degrees of the place, bearing there (0-360, north 0)."""

    distance_m: Floats
    lon: Floats
    lat: Floats
    bearing_deg: Floats


def point_distance_m(lon: float, lat: float, to_lon: float, to_lat: float) -> float:
    """Geodesic distance between two places in degrees."""
    return GEOD.inv(lon, lat, to_lon, to_lat)[2]


def point_distances_m(lon: float, lat: float, lons: Floats, lats: Floats) -> Floats:
    """Geodesic distances from a place to many, in their order."""
    return _inverse(lon, lat, lons, lats)[2]


def bearing_deg(lon: float, lat: float, to_lon: float, to_lat: float) -> float:
    """Forward azimuth of the geodesic at the first place, 0 <= bearing < 360, clockwise from north."""
    return GEOD.inv(lon, lat, to_lon, to_lat)[0] % 360.0


def distance_m(lon: float, lat: float, shape: BaseGeometry) -> float:
    """Geodesic distance from a place to the nearest place of a shape; 0 on a line, in or on the edge of a polygon."""
    return float(feet(lon, lat, [shape]).distance_m[0])


def feet(lon: float, lat: float, shapes: Sequence[BaseGeometry] | NDArray[Any]) -> Feet:
    """The nearest place of each shape (points, lines, polygons, their multis; not empty), in the order given.

    A place inside a polygon is its own foot, with bearing 0. Of several nearest places any one is given.
    """
    given = np.asarray(shapes, dtype=object)
    edges = _edges(given)
    settled = _settled(lon, lat, _near(lon, lat, edges, len(given)))
    order = np.lexsort((settled.distance_m, settled.owner))
    first = order[np.searchsorted(settled.owner[order], np.arange(len(given)))]
    distance = np.round(settled.distance_m[first], 6)  # to the micrometre, so that equal distances are equal and id decides
    foot_lon, foot_lat = settled.lon[first], settled.lat[first]
    bearing = settled.bearing_deg[first]
    on_it = shapely.intersects_xy(given, lon, lat) | (distance < _ON_IT_M)
    return Feet(np.where(on_it, 0.0, distance), np.where(on_it, lon, foot_lon), np.where(on_it, lat, foot_lat), np.where(on_it, 0.0, bearing))


@dataclass(frozen=True)
class _Edges:
    """Straight pieces from (x0, y0) to (x1, y1) in degrees, each owned by the shape of that number; a point has no length."""

    owner: Whole
    x0: Floats
    y0: Floats
    x1: Floats
    y1: Floats

    def taken(self, chosen: NDArray[Any]) -> _Edges:
        return _Edges(self.owner[chosen], self.x0[chosen], self.y0[chosen], self.x1[chosen], self.y1[chosen])

    def longest_m(self) -> Floats:
        """An upper bound of each piece's length on the ground."""
        nearest_equator = np.where(self.y0 * self.y1 <= 0.0, 0.0, np.minimum(np.abs(self.y0), np.abs(self.y1)))
        widest = GEOD.a / np.sqrt(1.0 - _E2) * np.cos(np.radians(nearest_equator))
        return np.hypot(np.radians(self.x1 - self.x0) * widest, np.radians(self.y1 - self.y0) * GEOD.a / np.sqrt(1.0 - _E2))


@dataclass(frozen=True)
class _Settled:
    owner: Whole
    distance_m: Floats
    lon: Floats
    lat: Floats
    bearing_deg: Floats


def _edges(shapes: NDArray[Any]) -> _Edges:
    """Every edge of every shape; holes count, for a place in a hole is outside."""
    parts, owner = shapely.get_parts(shapes, return_index=True)
    areas = shapely.get_dimensions(parts) == 2
    if areas.any():
        rings, of_part = shapely.get_rings(parts[areas], return_index=True)
        parts, owner = np.concatenate([parts[~areas], rings]), np.concatenate([owner[~areas], owner[areas][of_part]])
    xy, part = shapely.get_coordinates(parts, return_index=True)
    follows = part[1:] == part[:-1]
    lone = np.ones(len(part), dtype=bool)  # vertices with no neighbour in their part: points
    lone[1:] &= ~follows
    lone[:-1] &= ~follows
    start = np.concatenate([np.flatnonzero(follows), np.flatnonzero(lone)])
    end = np.concatenate([np.flatnonzero(follows) + 1, np.flatnonzero(lone)])
    return _Edges(owner[part[start]], xy[start, 0], xy[start, 1], xy[end, 0], xy[end, 1])


def _near(lon: float, lat: float, edges: _Edges, count: int) -> _Edges:
    """Only pieces that can hold the nearest place of their shape, none longer than 10 km.

    A chord c through the earth is at most the geodesic, which is at most 2 R asin(c / 2R) for the least radius R. By the
    triangle inequality a piece of length L whose ends are a and b away comes no nearer than (a + b - L) / 2.
    """
    for _ in range(2):
        here = earth_centred(np.array([lon]), np.array([lat]))
        start = np.sqrt(((earth_centred(edges.x0, edges.y0) - here) ** 2).sum(axis=0))
        end = np.sqrt(((earth_centred(edges.x1, edges.y1) - here) ** 2).sum(axis=0))
        length = edges.longest_m()
        chord = np.minimum(start, end)
        farthest = 2.0 * _LEAST_RADIUS_M * np.arcsin(np.minimum(1.0, chord / (2.0 * _LEAST_RADIUS_M)))
        farthest = np.where(chord < 2.0 * _LEAST_RADIUS_M, farthest, np.inf)
        best = np.full(count, np.inf)
        np.minimum.at(best, edges.owner, farthest)
        chosen = (start + end - length) / 2.0 <= best[edges.owner] + 1e-3
        edges, length = edges.taken(chosen), length[chosen]
        if not (length > _PIECE_M).any():
            break
        edges = _cut(edges, np.ceil(length / _PIECE_M).astype(np.intp))
    return edges


def _cut(edges: _Edges, pieces: Whole) -> _Edges:
    """Each edge in so many equal pieces (at least one)."""
    pieces = np.maximum(pieces, 1)
    which = np.repeat(np.arange(len(pieces)), pieces)
    step = np.arange(len(which)) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    t0, t1 = step / pieces[which], (step + 1) / pieces[which]
    whole = edges.taken(which)
    wide, high = whole.x1 - whole.x0, whole.y1 - whole.y0
    last = t1 == 1.0  # ends stay the very numbers that they were
    x1, y1 = np.where(last, whole.x1, whole.x0 + t1 * wide), np.where(last, whole.y1, whole.y0 + t1 * high)
    return _Edges(whole.owner, whole.x0 + t0 * wide, whole.y0 + t0 * high, x1, y1)


def _settled(lon: float, lat: float, edges: _Edges) -> _Settled:
    """The nearest place of each piece, by Newton's steps on the geodesic itself.

    At a place of the piece the geodesic back to the question leaves with an azimuth; what it has along the piece is how
    far the nearest place still is. Each step leaves about distance / 8,000 km of that.
    """
    wide, high = edges.x1 - edges.x0, edges.y1 - edges.y0
    t = _first_guess(lon, lat, edges)
    for _ in range(_MOST_STEPS):
        x, y = edges.x0 + t * wide, edges.y0 + t * high
        bearing, back, distance = _inverse(lon, lat, x, y)
        sine2 = _E2 * np.sin(np.radians(y)) ** 2
        east = np.radians(wide) * GEOD.a / np.sqrt(1.0 - sine2) * np.cos(np.radians(y))
        north = np.radians(high) * _LEAST_RADIUS_M / (1.0 - sine2) ** 1.5
        length2 = east * east + north * north
        along = distance * (east * np.sin(np.radians(back)) + north * np.cos(np.radians(back)))
        moved = np.clip(t + along / np.where(length2 > 0.0, length2, 1.0), 0.0, 1.0)
        # A piece that has settled stays, so that its answer does not depend on which others are asked about with it.
        going = np.abs(moved - t) * np.sqrt(length2) >= _SETTLED_M
        if not going.any():
            break
        t = np.where(going, moved, t)
    return _Settled(edges.owner, distance, x, y, bearing % 360.0)


def _first_guess(lon: float, lat: float, edges: _Edges) -> Floats:
    """Where on each piece the nearest place would be on flat ground, as a fraction."""
    squeeze = np.cos(np.radians(np.clip((edges.y0 + lat) / 2.0, -89.0, 89.0)))
    wide, high = (edges.x1 - edges.x0) * squeeze, edges.y1 - edges.y0
    length2 = wide * wide + high * high
    away = (lon - edges.x0 + 180.0) % 360.0 - 180.0
    return np.clip((away * squeeze * wide + (lat - edges.y0) * high) / np.where(length2 > 0.0, length2, 1.0), 0.0, 1.0)


def earth_centred(lon: Floats, lat: Floats) -> Floats:
    """x, y, z in metres from the centre of the earth, a (3, n) array."""
    sine, cosine = np.sin(np.radians(lat)), np.cos(np.radians(lat))
    across = GEOD.a / np.sqrt(1.0 - _E2 * sine * sine)
    return np.stack([across * cosine * np.cos(np.radians(lon)), across * cosine * np.sin(np.radians(lon)), across * (1.0 - _E2) * sine])


def _inverse(lon: float, lat: float, lons: Floats, lats: Floats) -> tuple[Floats, Floats, Floats]:
    """Forward azimuth, azimuth back from there, and distance, from one place to many."""
    count = len(lons)
    return GEOD.inv(np.full(count, lon), np.full(count, lat), lons, lats)
