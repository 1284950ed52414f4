"""Barriers: shapes that close the roads they touch."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from geodata.crs import metres_around
from geodata.queries.measure import Floats
from geodata.queries.roads.graph import RoadGraph, portion
from geodata.queries.roads.noding import Whole

REACH_M = 15.0  # as layers.network.Blocks: who draws a point or a line by hand does not hit the line of the road
_ROUND = 8  # sides of a quarter circle: the reach is never more than said, and 0.5 % less at the least


@dataclass(frozen=True)
class Closure:
    """What barriers close: `edges` are those touched. A part of such an edge that no barrier touches can still be gone from its end."""

    shapes: tuple[BaseGeometry, ...]
    edges: Whole

    def leaves_open(self, graph: RoadGraph, edge: int, start: float, end: float) -> bool:
        """Whether no barrier touches the edge between two shares of its length."""
        if start == end:
            piece = shapely.line_interpolate_point(graph.lines[edge], start, normalized=True) if start in (0.0, 1.0) else _at(graph, edge, start)
        else:
            piece = portion(graph.lines[edge], min(start, end), max(start, end))
        return not any(shapely.intersects(shape, piece) for shape in self.shapes)


def close(graph: RoadGraph, barriers: Iterable[BaseGeometry], reach_m: float = REACH_M) -> Closure:
    """The closure of these shapes in degrees: areas as they are, points and lines with all within `reach_m` of them."""
    shapes = tuple(widen(one, reach_m) for one in barriers)
    for one in shapes:
        shapely.prepare(one)
    touched = graph.by_box.query(list(shapes), predicate="intersects")[1] if shapes and len(graph) else np.zeros(0, np.intp)
    return Closure(shapes, np.unique(touched))


def widen(shape: BaseGeometry, reach_m: float) -> BaseGeometry:
    """Points and lines (degrees) with all within a few metres of them; areas as they are."""
    if shapely.get_dimensions(shape) == 2 or reach_m <= 0.0:
        return shape
    to, back = metres_around(*shapely.get_coordinates(shape).mean(axis=0).tolist())
    return shapely.transform(shapely.buffer(shapely.transform(shapely.segmentize(shape, 0.01), to), reach_m, quad_segs=_ROUND), back)


def _at(graph: RoadGraph, edge: int, share: float) -> BaseGeometry:
    return shapely.Point(shapely.get_coordinates(portion(graph.lines[edge], 0.0, share))[-1])


def legs_open(graph: RoadGraph, closure: Closure, edge: Whole, share: Floats) -> tuple[np.ndarray, np.ndarray]:
    """For places on edges: whether the part to the edge's start, and the part to its end, is touched by no barrier."""
    to_start, to_end = np.ones(len(edge), bool), np.ones(len(edge), bool)
    for place in np.flatnonzero(np.isin(edge, closure.edges)):
        to_start[place] = closure.leaves_open(graph, int(edge[place]), 0.0, float(share[place]))
        to_end[place] = closure.leaves_open(graph, int(edge[place]), float(share[place]), 1.0)
    return to_start, to_end


def nothing() -> Closure:
    """No barrier."""
    return Closure((), np.zeros(0, np.intp))


def together(closures: Sequence[Closure]) -> Closure:
    """All that any of them closes."""
    return Closure(tuple(shape for one in closures for shape in one.shapes), np.unique(np.concatenate([np.zeros(0, np.intp), *(one.edges for one in closures)])))
