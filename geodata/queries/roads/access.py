"""Where places come upon the network: the nearest place on an edge, how far that is, and the ways from there to the edge's ends."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from geodata.crs import GEOD
from geodata.queries.measure import Floats
from geodata.queries.roads.graph import RoadGraph, Yes
from geodata.queries.roads.noding import Whole

ACCESS_M = 1_000.0  # farther from any road, the network does not cover a place; a setting


@dataclass(frozen=True)
class Accesses:
    """For each place the `edge` come upon (-1: there is none), the `share` of its length from its start, and the distance.

    `away_m` is the geodesic distance to that place on the road, infinite where there is no road at all; `off_m` the same, infinite beyond
    the limit. Within the snapping tolerance of an end the share is 0 or 1.
    """

    lon: Floats
    lat: Floats
    edge: Whole
    share: Floats
    away_m: Floats
    off_m: Floats

    def __len__(self) -> int:
        return len(self.edge)

    @property
    def covered(self) -> Yes:
        """Which places the network covers."""
        return np.isfinite(self.off_m)


def find(graph: RoadGraph, entered: Yes, lon: Floats, lat: Floats, within_m: float = ACCESS_M) -> Accesses:
    """The nearest place of the network to each place in degrees, among edges that may be entered.

    Edges that are joined at their ends alone (motorways, bridges) count only for places that lie on them. Of several edges equally
    near, as at a crossing, any one is given: from its end all others are reached.
    """
    count = len(lon)
    edge, away = np.full(count, -1), np.full(count, np.inf)
    points = shapely.points(graph.plane[0](np.column_stack([lon, lat]))) if count else np.zeros(0, object)
    for those, reach in ((entered & ~graph.joined_at_ends, None), (entered & graph.joined_at_ends, graph.network.on_it_m)):
        chosen, tree = _tree(graph, those)
        if not count or not len(chosen):
            continue
        (place, found), distance = tree.query_nearest(points, max_distance=reach, return_distance=True, all_matches=False)
        nearer = distance < away[place]
        edge[place[nearer]], away[place[nearer]] = chosen[found[nearer]], distance[nearer]
    return _measured(graph, lon, lat, points, edge, within_m)


def nearest_place(graph: RoadGraph, entered: Yes, shape: BaseGeometry) -> tuple[float, float]:
    """The place (lon, lat) of a shape in degrees that is nearest to a road that may be entered; where there is none, one inside it."""
    if shape.geom_type == "Point":
        return shape.x, shape.y
    chosen, tree = _tree(graph, entered & ~graph.joined_at_ends)
    if not len(chosen):
        inside = shape.representative_point()
        return inside.x, inside.y
    flat = shapely.transform(shapely.segmentize(shape, 0.01), graph.plane[0])
    found = chosen[tree.query_nearest(flat, all_matches=False)[0]]
    here = shapely.shortest_line(flat, graph.plane_lines[found])
    lon, lat = graph.plane[1](shapely.get_coordinates(here)[:1])[0]
    return float(lon), float(lat)


def _measured(graph: RoadGraph, lon: Floats, lat: Floats, points: np.ndarray, edge: Whole, within_m: float) -> Accesses:
    there = edge >= 0
    share, away = np.zeros(len(edge)), np.full(len(edge), np.inf)
    if there.any():
        lines = graph.plane_lines[edge[there]]
        along, whole = shapely.line_locate_point(lines, points[there]), shapely.length(lines)
        feet = graph.plane[1](shapely.get_coordinates(shapely.line_interpolate_point(lines, along)))
        snap = graph.network.snap_m
        share[there] = np.where(along <= snap, 0.0, np.where(whole - along <= snap, 1.0, along / whole))
        away[there] = GEOD.inv(lon[there], lat[there], feet[:, 0], feet[:, 1])[2]
    return Accesses(lon, lat, edge, share, away, np.where(away <= within_m, away, np.inf))


def _tree(graph: RoadGraph, those: Yes) -> tuple[Whole, shapely.STRtree]:
    """A tree of some edges in metres, kept: the classes that a profile may use are nearly always the same."""
    key = ("tree", those.tobytes())
    made = graph.kept.get(key)
    if made is None:
        chosen = np.flatnonzero(those)
        made = graph.kept[key] = (chosen, shapely.STRtree(graph.plane_lines[chosen]))
    return made
