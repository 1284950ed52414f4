"""Zones a number of metres wide around points, lines and polygons, as polygons in degrees, wherever they lie."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from geodata.crs import GEOD, metres_around

CIRCLE_CORNERS = 360  # a full circle's outline is then right to 4e-5 of its radius: 2 m at 50 km
_STRETCH_DEG = 0.2  # lines are widened in stretches of some 20 km, each on flat paper of its own
_LONGEST_EDGE_DEG = 0.01  # 1 km: on that paper an edge straight in degrees is bent by 3 cm at most


def buffer(shape: BaseGeometry, distance_m: float) -> BaseGeometry:
    """The places within a geodesic distance of a shape in degrees: a polygon or multipolygon in degrees.

    The outline is right to 1e-4 of the distance. With distance 0 polygons come back as they are, and points and lines
    as they are too, having no area. Not for shapes at a pole or over the 180th meridian.
    """
    if distance_m == 0.0:
        return shape
    zones = []
    for part in shapely.get_parts([shape]):
        if part.geom_type == "Point":
            zones.append(circle(part.x, part.y, distance_m))
            continue
        zones += [_widened(stretch, distance_m) for stretch in _stretches(part)]
        if part.geom_type == "Polygon":
            zones.append(part)
    return shapely.union_all(zones)


def circle(lon: float, lat: float, radius_m: float) -> BaseGeometry:
    """The polygon through 360 places at a geodesic radius around a place."""
    bearing = np.arange(CIRCLE_CORNERS) * (360.0 / CIRCLE_CORNERS)
    same = np.ones(CIRCLE_CORNERS)
    lons, lats, _ = GEOD.fwd(lon * same, lat * same, bearing, radius_m * same)
    return shapely.Polygon(np.column_stack([lons, lats])[::-1])


def _stretches(part: BaseGeometry) -> Iterator[BaseGeometry]:
    """The lines of a part (outlines of a polygon) cut into short stretches that follow its edges."""
    lines = shapely.get_rings([part]) if part.geom_type == "Polygon" else [part]
    for line in lines:
        xy = shapely.get_coordinates(shapely.segmentize(line, _LONGEST_EDGE_DEG))
        run = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(xy, axis=0).T))])
        cuts = np.searchsorted(run, np.arange(0.0, run[-1], _STRETCH_DEG)[1:])
        edges = np.unique(np.concatenate([[0], cuts, [len(xy) - 1]]))
        for first, last in pairwise(edges.tolist()):
            yield shapely.LineString(xy[first : last + 1])


def _widened(line: BaseGeometry, distance_m: float) -> BaseGeometry:
    """A short line widened on paper that is true around its middle."""
    west, south, east, north = line.bounds
    to_metres, to_degrees = metres_around((west + east) / 2.0, (south + north) / 2.0)
    flat = shapely.buffer(shapely.transform(line, to_metres), distance_m, quad_segs=CIRCLE_CORNERS // 4)
    return shapely.transform(flat, to_degrees)
