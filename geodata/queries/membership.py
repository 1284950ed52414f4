"""Which shapes lie in a zone or within metres of it: pictures decide the clear cases, exact distances the rim."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from geodata.crs import GEOD
from geodata.queries.bounds import Box, widened
from geodata.queries.buffer import buffer
from geodata.queries.extent import areas_m2, lengths_m
from geodata.queries.measure import distance_m, earth_centred, feet
from geodata.queries.plane import Plane, shape_distance_m

Flags = NDArray[np.bool_]
Floats = NDArray[np.float64]

_LEAST_RADIUS_M = GEOD.a * (1.0 - GEOD.es)


class Zone:
    """A zone of one question: the shape asked about, how far it is widened, and its outline in degrees after that."""

    def __init__(self, shape: BaseGeometry, buffer_m: float) -> None:
        self._shape = shape
        self._buffer_m = buffer_m
        west, south, east, north = shape.bounds
        self.windows: list[Box] = widened((west, south, east, north), buffer_m)
        self.outline = buffer(shape, buffer_m)
        self.area_m2 = float(areas_m2([self.outline])[0]) if shapely.get_dimensions(self.outline) == 2 else None
        shapely.prepare([shape, self.outline])

    def holds(self, shapes: NDArray[Any]) -> Flags:
        """For each shape (degrees, not empty) whether it touches the zone or comes as near as the zone is widened, that included."""
        inside = shapely.intersects(self._shape, shapes)
        if self._buffer_m == 0.0 or inside.all():
            return inside
        places = shapely.get_type_id(shapes) == shapely.GeometryType.POINT
        of_point = self._shape.geom_type == "Point"
        for rest, near in ((~inside & places, self._places_near_point if of_point else self._near), (~inside & ~places, self._near)):
            if rest.any():
                inside[rest] = near(shapes[rest])
        return inside

    def parts(self, shapes: NDArray[Any]) -> tuple[Floats, Floats]:
        """Of each shape the length in m or area in m2 inside the outline, and that of the whole shape; NaN for points."""
        part, whole = np.full(len(shapes), np.nan), np.full(len(shapes), np.nan)
        dimension = shapely.get_dimensions(shapes)
        for wanted, size in ((1, lengths_m), (2, areas_m2)):
            chosen = np.flatnonzero(dimension == wanted)
            if not len(chosen):
                continue
            whole[chosen] = part[chosen] = size(shapes[chosen])
            cut = chosen[~shapely.covers(self.outline, shapes[chosen])]
            if len(cut):
                part[cut] = np.minimum(size(shapely.intersection(self.outline, shapes[cut])), whole[cut])
        return part, whole

    def _places_near_point(self, places: NDArray[Any]) -> Flags:
        """Points around a point: the chord c decides, for the geodesic is from c to 2 R asin(c / 2R); the rim is measured."""
        xy = shapely.get_coordinates(places)
        lon, lat = self._shape.x, self._shape.y  # type: ignore[attr-defined]
        off = earth_centred(xy[:, 0], xy[:, 1]) - earth_centred(np.array([lon]), np.array([lat]))
        chord = np.sqrt((off * off).sum(axis=0))
        near = 2.0 * _LEAST_RADIUS_M * np.arcsin(np.minimum(1.0, chord / (2.0 * _LEAST_RADIUS_M))) <= self._buffer_m - 1e-6
        rim = np.flatnonzero(~near & (chord <= self._buffer_m + 1e-6))
        same = np.ones(len(rim))
        near[rim] = GEOD.inv(lon * same, lat * same, xy[rim, 0], xy[rim, 1])[2] <= self._buffer_m
        return near

    def _near(self, shapes: NDArray[Any]) -> Flags:
        """Any shapes that do not touch the zone's own shape."""
        plane = Plane.over(self.windows[0]) if len(self.windows) == 1 else None
        near, unsure = np.zeros(len(shapes), bool), np.ones(len(shapes), bool)
        if plane is not None:
            drawn = plane.draw(shapely.clip_by_rect(shapes, *self.windows[0]))
            flat = plane.draw(self._shape)
            shapely.prepare(flat)
            near = shapely.dwithin(flat, drawn, max(0.0, (self._buffer_m - plane.slack_m) * plane.shrink)) & (self._buffer_m > plane.slack_m)
            unsure = ~near & shapely.dwithin(flat, drawn, self._buffer_m + plane.slack_m)
        for place in np.flatnonzero(unsure):
            near[place] = self._distance_m(shapes[place]) <= self._buffer_m
        return near

    def _distance_m(self, shape: BaseGeometry) -> float:
        if self._shape.geom_type == "Point":
            return float(feet(self._shape.x, self._shape.y, [shape]).distance_m[0])  # type: ignore[attr-defined]
        if shape.geom_type == "Point":
            return distance_m(shape.x, shape.y, self._shape)  # type: ignore[attr-defined]
        return shape_distance_m(self._shape, shape)
