"""Which shapes lie in a zone or within metres of it: pictures decide the clear cases, exact distances the rim."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from geodata.crs import GEOD
from geodata.queries.bounds import Box, box_distances_m, widened
from geodata.queries.buffer import buffer
from geodata.queries.extent import areas_m2, lengths_m, sizes
from geodata.queries.measure import distance_m, earth_centred, feet
from geodata.queries.plane import Plane, shape_distance_m

Flags = NDArray[np.bool_]
Floats = NDArray[np.float64]

_SMALL_DEG = 0.02  # some 2 km: a parallel bends off the geodesic between its ends by 5 cm at most
_WELL_M = 1.0
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

    def surely(self, boxes: Floats) -> Flags:
        """For each box of degrees whether all that lies in it lies well inside the zone, by its corners alone.

        Said of small boxes about a widened point only: no place in one is more than centimetres farther off than its farthest corner.
        """
        sure = np.zeros(len(boxes), bool)
        if self._shape.geom_type == "Point" and self._buffer_m:
            small = np.flatnonzero((boxes[:, 2:] - boxes[:, :2] < _SMALL_DEG).all(axis=1))
            corners = boxes[small][:, [[0, 1], [2, 1], [2, 3], [0, 3]]].reshape(-1, 2)
            sure[small] = (self._at_most_m(self._chords(corners)) <= self._buffer_m - _WELL_M).reshape(-1, 4).all(axis=1)
        return sure

    def out_of_reach(self, boxes: Floats) -> Flags:
        """For each box of degrees whether it lies farther off than the zone is widened, by the least distance that its sides allow; said about a point only."""
        if self._shape.geom_type == "Point" and self._buffer_m:
            return np.asarray(box_distances_m(self._shape.x, self._shape.y, boxes) > self._buffer_m + _WELL_M)  # type: ignore[attr-defined]
        return np.zeros(len(boxes), bool)

    def holds(self, shapes: NDArray[Any], boxes: Floats | None = None, sure: Flags | None = None) -> Flags:
        """For each shape (degrees, not empty) whether it touches the zone or comes as near as the zone is widened, that included.

        Those of whose `boxes` that can be said by them alone (`sure` as `surely` said) are not looked at.
        """
        if boxes is None or sure is None:
            return self._judged(shapes)
        held, left = sure.copy(), np.flatnonzero(~sure & ~self.out_of_reach(boxes))
        held[left] = self._judged(shapes[left]) if len(left) else False
        return held

    def _judged(self, shapes: NDArray[Any]) -> Flags:
        inside = shapely.intersects(self._shape, shapes)
        if self._buffer_m == 0.0 or inside.all():
            return inside
        places = shapely.get_type_id(shapes) == shapely.GeometryType.POINT
        of_point = self._shape.geom_type == "Point"
        for rest, near in ((~inside & places, self._places_near_point if of_point else self._near), (~inside & ~places, self._near)):
            if rest.any():
                inside[rest] = near(shapes[rest])
        return inside

    def parts(self, shapes: NDArray[Any], whole: Floats | None = None, sure: Flags | None = None) -> tuple[Floats, Floats]:
        """Of each shape the length in m or area in m2 inside the outline, and that of the whole shape; NaN for points.

        `whole` where it is known already; `sure` as `surely` said, of which nothing can be cut off.
        """
        whole = sizes(shapes) if whole is None else whole
        part = whole.copy()
        dimension = shapely.get_dimensions(shapes)
        for wanted, size in ((1, lengths_m), (2, areas_m2)):
            chosen = np.flatnonzero(dimension == wanted if sure is None else (dimension == wanted) & ~sure)
            if not len(chosen):
                continue
            cut = chosen[~shapely.covers(self.outline, shapes[chosen])]
            if len(cut):
                part[cut] = np.minimum(size(shapely.intersection(self.outline, shapes[cut])), whole[cut])
        return part, whole

    def _places_near_point(self, places: NDArray[Any]) -> Flags:
        """Points around a point: the chord c decides, for the geodesic is from c to 2 R asin(c / 2R); the rim is measured."""
        xy = shapely.get_coordinates(places)
        lon, lat = self._shape.x, self._shape.y  # type: ignore[attr-defined]
        chord = self._chords(xy)
        near = self._at_most_m(chord) <= self._buffer_m - 1e-6
        rim = np.flatnonzero(~near & (chord <= self._buffer_m + 1e-6))
        same = np.ones(len(rim))
        near[rim] = GEOD.inv(lon * same, lat * same, xy[rim, 0], xy[rim, 1])[2] <= self._buffer_m
        return near

    def _chords(self, places: Floats) -> Floats:
        """Metres through the earth from the zone's point to each place (lon, lat)."""
        off = earth_centred(places[:, 0], places[:, 1]) - earth_centred(np.array([self._shape.x]), np.array([self._shape.y]))  # type: ignore[attr-defined]
        return np.asarray(np.sqrt((off * off).sum(axis=0)))

    @staticmethod
    def _at_most_m(chords: Floats) -> Floats:
        """The longest that the geodesics over such chords can be."""
        return np.asarray(2.0 * _LEAST_RADIUS_M * np.arcsin(np.minimum(1.0, chords / (2.0 * _LEAST_RADIUS_M))))

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
