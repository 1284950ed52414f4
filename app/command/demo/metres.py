"""Flat metres for drawing the demonstration district: good to 0.2 % over its 60 km, and never used to answer a question."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import cos, radians

import numpy as np
import shapely
from shapely.geometry import LineString, Point
from shapely.geometry.base import BaseGeometry

ORIGIN = (109.70, 40.60)
_NORTH_M = 111_044.0  # metres of one degree of latitude at 40.6 N
_EAST_M = 111_320.0 * cos(radians(ORIGIN[1])) * 1.00123  # of one degree of longitude there; the factor is the ellipsoid's

Position = tuple[float, float]


def to_metres(shape: BaseGeometry) -> BaseGeometry:
    """A shape in degrees (lon, lat) as metres east and north of the origin."""
    return shapely.transform(shape, lambda c: np.column_stack(((c[:, 0] - ORIGIN[0]) * _EAST_M, (c[:, 1] - ORIGIN[1]) * _NORTH_M)))


def to_degrees(shape: BaseGeometry) -> BaseGeometry:
    """The way back, on a grid of 1e-7 degree (1 cm), so that what meets in metres meets in degrees."""
    degrees = shapely.transform(shape, lambda c: np.column_stack((c[:, 0] / _EAST_M + ORIGIN[0], c[:, 1] / _NORTH_M + ORIGIN[1])))
    if degrees.geom_type.endswith("Polygon"):
        degrees = shapely.set_precision(degrees, 1e-7)  # rounding alone can cross the sides of a sliver
    return shapely.transform(degrees, lambda c: np.round(c, 7))


def at(lon: float, lat: float) -> Point:
    """A position in degrees as a point in metres."""
    moved = to_metres(Point(lon, lat))
    assert isinstance(moved, Point)
    return moved


def line(*positions: Position, smooth: int = 0) -> LineString:
    """A line through positions in degrees, as metres; `smooth` rounds of corner cutting make it flow."""
    points = list(to_metres(LineString(positions)).coords)
    for _ in range(smooth):
        points = _cut_corners(points)
    return LineString(points)


def _cut_corners(points: Sequence[tuple[float, ...]]) -> list[tuple[float, ...]]:
    cut = [points[0]]
    for (ax, ay), (bx, by) in pairwise(points):
        cut += [(ax * 0.75 + bx * 0.25, ay * 0.75 + by * 0.25), (ax * 0.25 + bx * 0.75, ay * 0.25 + by * 0.75)]
    return [*cut, points[-1]]
