"""The brute-force twin: every distance by Geod over densified boundaries, every answer by looking at all features."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from geodata.crs import GEOD


def distance_m(lon: float, lat: float, shape: BaseGeometry, step_deg: float = 0.002) -> float:
    """Geodesic distance to a shape whose edges are straight in degrees; nothing in common with geodata.queries.measure."""
    if shapely.intersects(shape, shapely.Point(lon, lat)):
        return 0.0
    best = np.inf
    for part in shapely.get_parts([shape]):
        lines = shapely.get_rings([part]) if part.geom_type == "Polygon" else [part]
        for line in lines:
            best = min(best, _to_line(lon, lat, shapely.get_coordinates(line), step_deg))
    return float(best)


def _to_line(lon: float, lat: float, xy: np.ndarray, step_deg: float) -> float:
    if len(xy) == 1:
        return GEOD.inv(lon, lat, xy[0, 0], xy[0, 1])[2]
    best = np.inf
    for start, end in pairwise(xy):
        t = np.linspace(0.0, 1.0, max(3, int(np.hypot(*(end - start)) / step_deg) + 2))
        for _ in range(4):  # each time the neighbourhood of the nearest place is looked at 20 times closer
            places = start + np.outer(t, end - start)
            found = GEOD.inv(np.full(len(t), lon), np.full(len(t), lat), places[:, 0], places[:, 1])[2]
            nearest = int(found.argmin())
            best = min(best, found[nearest])
            t = np.linspace(t[max(0, nearest - 1)], t[min(len(t) - 1, nearest + 1)], 41)
    return best


def between_m(one: BaseGeometry, other: BaseGeometry, step_deg: float = 0.0005) -> float:
    """Geodesic distance between two shapes: every densified vertex of each to the other."""
    if shapely.intersects(one, other):
        return 0.0
    ways = ((one, other), (other, one))
    return min(distance_m(lon, lat, there) for here, there in ways for lon, lat in shapely.get_coordinates(shapely.segmentize(here, step_deg)))
