"""A flat picture of a neighbourhood in metres, with bounds on how wrong it is: it decides clear cases, measure the rest."""

from __future__ import annotations

from dataclasses import dataclass
from math import cos, hypot, pi, radians, tan
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from geodata.crs import GEOD
from geodata.queries.bounds import Box
from geodata.queries.measure import distance_m, earth_centred

_LEAST_RADIUS_M = GEOD.a * (1.0 - GEOD.es)
_LONGEST_EDGE_DEG = 0.02  # 2.2 km: on flat paper such an edge is bent by decimetres, which `slack_m` allows for
_WIDEST_RAD = 0.5  # beyond 3,200 km from the middle the picture says too little


@dataclass(frozen=True)
class Plane:
    """The view straight down on a place (orthographic), for shapes that lie in `box`.

    A distance d in the picture stands for a geodesic of at least d - slack_m and at most d / shrink + slack_m.
    """

    lon: float
    lat: float
    shrink: float
    slack_m: float

    @staticmethod
    def over(box: Box) -> Plane | None:
        """The picture of a box of degrees, or None when it is too wide for one."""
        west, south, east, north = box
        equatorward = 0.0 if south * north <= 0.0 else min(abs(south), abs(north))
        longest = GEOD.a / (1.0 - GEOD.es) ** 0.5  # no degree is longer than on a circle of this radius
        half_m = hypot(radians(east - west) / 2.0 * longest * cos(radians(equatorward)), radians(north - south) / 2.0 * longest)
        angle = half_m / _LEAST_RADIUS_M
        poleward = max(abs(south), abs(north))
        if angle > _WIDEST_RAD or poleward > 85.0:
            return None
        edge_m = radians(_LONGEST_EDGE_DEG) * longest
        slack = edge_m**2 / 8.0 / _LEAST_RADIUS_M * (2.0 + tan(radians(poleward))) + 0.01
        return Plane((west + east) / 2.0, (south + north) / 2.0, cos(angle), slack)

    def project(self, degrees: NDArray[np.float64]) -> NDArray[np.float64]:
        """Longitudes and latitudes, an (n, 2) array, as metres east and north of the middle."""
        off = earth_centred(degrees[:, 0], degrees[:, 1]) - earth_centred(np.array([self.lon]), np.array([self.lat]))
        east, north = self.lon * pi / 180.0, self.lat * pi / 180.0
        x = -np.sin(east) * off[0] + np.cos(east) * off[1]
        y = -np.sin(north) * (np.cos(east) * off[0] + np.sin(east) * off[1]) + np.cos(north) * off[2]
        return np.column_stack([x, y])

    def draw(self, shapes: Any) -> Any:
        """One shape in degrees, or an array of them, in the picture."""
        return shapely.transform(shapely.segmentize(shapes, _LONGEST_EDGE_DEG), self.project)


def shape_distance_m(one: BaseGeometry, other: BaseGeometry) -> float:
    """Geodesic distance between two shapes in degrees; 0 where they touch or overlap.

    Between shapes apart the nearest places include a vertex of one of them, once edges are cut every 2 km (to 1 mm).
    """
    if shapely.intersects(one, other):
        return 0.0
    west, south, east, north = shapely.total_bounds([one, other])
    plane = Plane.over((west, south, east, north))
    return min(_from_vertices_m(one, other, plane), _from_vertices_m(other, one, plane))


def _from_vertices_m(one: BaseGeometry, other: BaseGeometry, plane: Plane | None) -> float:
    """The least distance from a vertex of one shape to any place of the other."""
    places = np.unique(shapely.get_coordinates(shapely.segmentize(one, _LONGEST_EDGE_DEG)), axis=0)
    near = np.zeros(len(places))
    if plane is not None:
        near = shapely.distance(shapely.points(plane.project(places)), plane.draw(other))
    best = float("inf")
    for which in np.argsort(near, kind="stable"):
        if plane is not None and near[which] - plane.slack_m > best:
            break
        best = min(best, distance_m(places[which, 0], places[which, 1], other))
    return best
