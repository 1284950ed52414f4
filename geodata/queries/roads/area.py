"""What is reached in so many minutes, as areas around the roads gone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from geodata.queries.measure import Floats
from geodata.queries.roads.access import Accesses
from geodata.queries.roads.graph import portion
from geodata.queries.roads.search import Network

BESIDE_M = 250.0  # half of the demonstration's street blocks and more: what lies so near a road that is reached, is reached
_SIMPLER_M = 2.0  # of an outline that is 250 m from any road


def reached(network: Network, place: Accesses, within_s: Sequence[float], *, leaving: bool) -> list[BaseGeometry]:
    """For each time the area in degrees, from the place (`leaving`) or to it; empty where the network does not cover it."""
    if not place.covered[0] or not within_s:
        return [shapely.Polygon()] * len(within_s)
    (search,) = network.searches(place, leaving=leaving, limit_s=max(within_s))
    nodes = search.seconds[: network.graph.node_count]
    legs = network.legs(place, leaving=leaving)
    own = int(place.edge[0])
    made = []
    for limit_s in within_s:
        pieces = [*_along_edges(network, nodes, limit_s, leaving), *_own_edge(network, own, float(place.share[0]), legs.seconds[0], limit_s, leaving)]
        made.append(_around(network, pieces))
    return made


def _along_edges(network: Network, nodes: Floats, limit_s: float, leaving: bool) -> list[Any]:
    """Edges gone whole, and the parts of those that time runs out on."""
    graph, costs = network.graph, network.costs
    by_start, by_end = (costs.along_s, costs.against_s) if leaving else (costs.against_s, costs.along_s)
    left = limit_s - nodes
    with np.errstate(invalid="ignore", divide="ignore"):
        from_start = np.nan_to_num(np.clip(left[graph.start] / by_start, 0.0, 1.0))
        from_end = np.nan_to_num(np.clip(left[graph.end] / by_end, 0.0, 1.0))
    whole = from_start + from_end >= 1.0
    pieces = list(graph.lines[whole])
    for edge in np.flatnonzero(~whole & (from_start > 0.0)):
        pieces.append(portion(graph.lines[edge], 0.0, float(from_start[edge])))
    for edge in np.flatnonzero(~whole & (from_end > 0.0)):
        pieces.append(portion(graph.lines[edge], 1.0 - float(from_end[edge]), 1.0))
    return pieces


def _own_edge(network: Network, edge: int, share: float, legs_s: Floats, limit_s: float, leaving: bool) -> list[Any]:
    """What is reached along the edge that the place lies at, whichever of its legs are open."""
    graph, costs = network.graph, network.open_costs
    to_start, to_end = (costs.against_s[edge], costs.along_s[edge]) if leaving else (costs.along_s[edge], costs.against_s[edge])
    back = min(share, limit_s / to_start) if np.isfinite(legs_s[0]) and np.isfinite(to_start) else 0.0
    on = min(1.0 - share, limit_s / to_end) if np.isfinite(legs_s[1]) and np.isfinite(to_end) else 0.0
    if back + on <= 0.0:
        here = shapely.line_interpolate_point(graph.plane_lines[edge], share, normalized=True)
        return [shapely.transform(here, graph.plane[1])] if np.isfinite(legs_s).any() else []
    return [portion(graph.lines[edge], share - back, share + on)]


def _around(network: Network, pieces: list[Any]) -> BaseGeometry:
    if not pieces:
        return shapely.Polygon()
    to, back = network.graph.plane
    flat = shapely.transform(shapely.segmentize(np.array(pieces, dtype=object), 0.01), to)
    area = shapely.simplify(shapely.union_all(shapely.buffer(flat, BESIDE_M, quad_segs=4)), _SIMPLER_M)
    return shapely.transform(area, back)
