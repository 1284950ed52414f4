"""What is odd about a road network: ends that nearly meet another road, parts that hang together with nothing, doubled edges."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from uuid import UUID

import numpy as np
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from geodata.queries.measure import point_distance_m
from geodata.queries.roads.graph import RoadGraph

NEAR_M = 20.0  # an end so near to another road was probably meant to meet it
_SAME_M = 1.0  # edges between the same nodes that are nowhere farther apart than this are one road twice
MOST_LISTED = 200


@dataclass(frozen=True)
class Dangling:
    """An end that meets nothing, `away_m` from another road, in degrees."""

    feature: UUID
    near: UUID
    lon: float
    lat: float
    away_m: float


@dataclass(frozen=True)
class Island:
    """Roads that hang together and with no others: how much there is, and one of them to look at."""

    nodes: int
    edges: int
    length_m: float
    feature: UUID


@dataclass(frozen=True)
class Report:
    """Lists are cut at MOST_LISTED, the worst first; the counts are whole. `islands` begins with the largest part, the network itself.

    `snapped_ends` were moved to meet others, by `most_snapped_m` at most. `dropped` parts were too short to be an edge.
    """

    nodes: int
    edges: int
    length_m: float
    ends: int
    snapped_ends: int
    most_snapped_m: float
    dropped: int
    dangling_count: int
    dangling: tuple[Dangling, ...]
    island_count: int
    islands: tuple[Island, ...]
    doubled_count: int
    doubled: tuple[tuple[UUID, UUID], ...]
    class_unknown: int


def report(graph: RoadGraph) -> Report:
    """Look at the whole network."""
    dangling, islands, doubled = _dangling(graph), _islands(graph), _doubled(graph)
    moved = graph.nodes.moved_m
    return Report(
        graph.node_count, len(graph), float(graph.length_m.sum()), graph.ends_given, int((moved > 1e-6).sum()), float(moved.max(initial=0.0)), graph.dropped,
        len(dangling), tuple(dangling[:MOST_LISTED]), len(islands), tuple(islands[:MOST_LISTED]), len(doubled), tuple(doubled[:MOST_LISTED]),
        sum(one is None for one in graph.rows.road_class))


def _dangling(graph: RoadGraph) -> list[Dangling]:
    """Ends of a single edge that another road comes near to, nearest first."""
    degree = np.bincount(np.concatenate([graph.start, graph.end]), minlength=graph.node_count)
    loose = np.flatnonzero(degree[: len(graph.nodes.lon)] == 1)
    if not len(loose):
        return []
    edge_at = np.full(graph.node_count, -1)
    edge_at[graph.start], edge_at[graph.end] = np.arange(len(graph)), np.arange(len(graph))
    degrees = np.column_stack([graph.nodes.lon[loose], graph.nodes.lat[loose]])
    points = shapely.points(graph.plane[0](degrees))
    place, other = shapely.STRtree(graph.plane_lines).query(points, predicate="dwithin", distance=NEAR_M)
    foreign = (edge_at[loose[place]] != other) & (graph.row[edge_at[loose[place]]] != graph.row[other])
    place, other = place[foreign], other[foreign]
    away = shapely.distance(points[place], graph.plane_lines[other])
    order = np.lexsort((other, away))
    seen: set[int] = set()
    found = []
    for one in order:
        if place[one] not in seen:
            seen.add(int(place[one]))
            lon, lat = degrees[place[one]]
            foot = shapely.line_interpolate_point(graph.plane_lines[other[one]], shapely.line_locate_point(graph.plane_lines[other[one]], points[place[one]]))
            to_lon, to_lat = graph.plane[1](shapely.get_coordinates(foot))[0]
            found.append(Dangling(graph.feature(int(edge_at[loose[place[one]]])), graph.feature(int(other[one])), float(lon), float(lat),
                                  round(point_distance_m(lon, lat, to_lon, to_lat), 3)))
    return found


def _islands(graph: RoadGraph) -> list[Island]:
    """Parts of the network, longest first."""
    if not len(graph):
        return []
    joined = coo_array((np.ones(len(graph), np.int8), (graph.start, graph.end)), shape=(graph.node_count, graph.node_count))
    number, label = connected_components(joined, directed=False)
    of_edge = label[graph.start]
    length, edges = np.bincount(of_edge, weights=graph.length_m, minlength=number), np.bincount(of_edge, minlength=number)
    nodes = np.bincount(label, minlength=number)
    _, first = np.unique(of_edge, return_index=True)
    sample = dict(zip(of_edge[first].tolist(), first.tolist(), strict=True))
    return [Island(int(nodes[one]), int(edges[one]), float(length[one]), graph.feature(sample[int(one)])) for one in np.argsort(-length, kind="stable") if edges[one]]


def _doubled(graph: RoadGraph) -> list[tuple[UUID, UUID]]:
    """Features that are drawn over one another: the same ends, nowhere farther apart than a metre."""
    parts, row = shapely.get_parts(graph.rows.shapes, return_index=True)
    flat = shapely.transform(parts, graph.plane[0]) if len(parts) else parts
    half = len(graph.nodes.of) // 2
    low, high = (one(graph.nodes.of[:half], graph.nodes.of[half:]) for one in (np.minimum, np.maximum))
    order = np.lexsort((high, low))
    found = []
    for one, two in pairwise(order.tolist()):
        if low[one] == low[two] and high[one] == high[two] and shapely.hausdorff_distance(flat[one], flat[two]) <= _SAME_M:
            first, second = sorted((graph.rows.ids[row[one]], graph.rows.ids[row[two]]))
            if first != second:
                found.append((first, second))
    return sorted(set(found))
