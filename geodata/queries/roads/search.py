"""Least times over the graph from or to a few places, and the way that each takes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import shapely
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra
from shapely.geometry import LineString

from geodata.queries.measure import Floats
from geodata.queries.roads.access import Accesses
from geodata.queries.roads.closing import Closure, legs_open
from geodata.queries.roads.graph import RoadGraph, portion
from geodata.queries.roads.noding import Whole
from geodata.queries.roads.profile import Costs

LONGEST_S = 1e9  # thirty years: what is closed costs more than that
_AT_ONCE = 32  # places searched from together: their times at 100,000 nodes take 40 MB


@dataclass(frozen=True)
class Legs:
    """The ways between places and the nodes of their edges: column 0 by the edge's start, 1 by its end; infinite where there is none."""

    node: Whole
    seconds: Floats
    metres: Floats


@dataclass(frozen=True)
class Ways:
    """Times in seconds and lengths in metres from one place to others, or from others to it: infinite where no road leads."""

    seconds: Floats
    metres: Floats


class Network:
    """A graph with the costs of one question: a profile, and what is closed."""

    def __init__(self, graph: RoadGraph, costs: Costs, closure: Closure) -> None:
        self.graph = graph
        self.open_costs = costs
        self.closure = closure
        self.costs = costs.without(closure.edges) if len(closure.edges) else costs

    def legs(self, places: Accesses, *, leaving: bool) -> Legs:
        """The ways from places to the nodes (`leaving`), or from the nodes to the places. Who is at a node is there for nothing."""
        graph, costs = self.graph, self.open_costs
        if not len(graph):
            return Legs(np.zeros((len(places), 2), np.intp), np.full((len(places), 2), np.inf), np.zeros((len(places), 2)))
        edge, share = np.where(places.covered, places.edge, 0), places.share
        along, against = costs.along_s[edge], costs.against_s[edge]
        by_start, by_end = (against, along) if leaving else (along, against)
        with np.errstate(invalid="ignore"):  # 0 x infinity: at the node itself, set below
            seconds = np.column_stack([share * by_start, (1.0 - share) * by_end])
        metres = np.column_stack([share, 1.0 - share]) * graph.length_m[edge][:, None]
        if len(self.closure.edges):
            to_start, to_end = legs_open(graph, self.closure, edge, share)
            seconds[~to_start, 0] = seconds[~to_end, 1] = np.inf
        at = np.column_stack([share == 0.0, share == 1.0])
        barred = at & ~np.column_stack([self._stands(edge, share == 0.0, 0.0), self._stands(edge, share == 1.0, 1.0)])
        seconds[at] = 0.0
        seconds[barred] = np.inf
        seconds[~places.covered] = np.inf
        return Legs(np.column_stack([graph.start[edge], graph.end[edge]]), seconds, metres)

    def barred(self, lon: float, lat: float) -> bool:
        """Whether a place lies in a barrier."""
        return any(shapely.intersects_xy(shape, lon, lat) for shape in self.closure.shapes)

    def _stands(self, edge: Whole, those: np.ndarray, share: float) -> np.ndarray:
        """Whether no barrier lies on the very node."""
        free = np.ones(len(edge), bool)
        for place in np.flatnonzero(those & np.isin(edge, self.closure.edges)):
            free[place] = self.closure.leaves_open(self.graph, int(edge[place]), share, share)
        return free

    def searches(self, places: Accesses, *, leaving: bool, limit_s: float = LONGEST_S) -> Iterator[Search]:
        """A search from (`leaving`) or to each place, in order."""
        legs = self.legs(places, leaving=leaving)
        for first in range(0, len(places), _AT_ONCE):
            chosen = np.arange(first, min(first + _AT_ONCE, len(places)))
            seconds, before = self._run(legs, chosen, leaving, limit_s)
            for place, row in enumerate(chosen):
                yield Search(self, places, legs, int(row), leaving, seconds[place], before[place])

    def _run(self, legs: Legs, chosen: Whole, leaving: bool, limit_s: float) -> tuple[Floats, np.ndarray]:
        """Each place is a node of its own beyond the graph's, with arcs to the ends of its edge."""
        arcs, nodes = self.graph.arcs, self.graph.node_count
        cost = np.where(arcs.along == leaving, self.costs.along_s[arcs.edge], self.costs.against_s[arcs.edge])
        own = np.minimum(legs.seconds[chosen], 2 * LONGEST_S).ravel()
        indptr = np.concatenate([arcs.indptr, arcs.indptr[-1] + 2 * np.arange(1, len(chosen) + 1, dtype=np.int32)])
        whole = csr_array((np.concatenate([cost, own]), np.concatenate([arcs.to, legs.node[chosen].ravel().astype(np.int32)]), indptr),
                          shape=(nodes + len(chosen), nodes + len(chosen)))
        return dijkstra(whole, directed=True, indices=nodes + np.arange(len(chosen)), return_predecessors=True, limit=min(limit_s, LONGEST_S))


class Search:
    """The least times from one place to every node, or from every node to it."""

    def __init__(self, network: Network, places: Accesses, legs: Legs, place: int, leaving: bool, seconds: Floats, before: np.ndarray) -> None:
        self._network = network
        self._own = (int(places.edge[place]), float(places.share[place]), bool(places.covered[place]))
        self._nodes, self._leg_m = legs.node[place], legs.metres[place]
        self._leaving = leaving
        self.seconds = seconds
        self._before = before

    def meet(self, others: Accesses, legs: Legs) -> Ways:
        """The ways between the place and others, whose `legs` are those of the other direction."""
        by_node = legs.seconds + self.seconds[legs.node]
        better = np.argmin(by_node, axis=1)
        rows = np.arange(len(others))
        seconds = by_node[rows, better]
        metres = np.full(len(others), np.inf)
        reached = np.isfinite(seconds)
        metres[reached] = legs.metres[rows, better][reached] + self._metres(legs.node[rows, better][reached])
        direct_s, direct_m = self._direct(others, rows)
        nearer = direct_s < seconds
        return Ways(np.where(nearer, direct_s, seconds), np.where(nearer, direct_m, metres))

    def line(self, others: Accesses, legs: Legs, place: int) -> LineString | None:
        """The way between the place and another as it is drawn, in the direction in which it is gone; None where there is none."""
        by_node = legs.seconds[place] + self.seconds[legs.node[place]]
        better = int(np.argmin(by_node))
        direct_s, _ = self._direct(others, np.array([place]))
        edge, share = int(others.edge[place]), float(others.share[place])
        if direct_s[0] < by_node[better]:
            pieces = [self._piece(edge, share, self._own[1])]
        elif np.isfinite(by_node[better]):
            pieces = [self._piece(edge, share, float(better)), *self._pieces(int(legs.node[place, better]))]
        else:
            return None
        xy = [shapely.get_coordinates(one) for one in pieces if one is not None]
        if not xy:  # both at one node, or at one place of an edge
            at = self._network.graph.lines[edge]
            here = shapely.get_coordinates(portion(at, 0.0, share))[-1] if share > 0.0 else shapely.get_coordinates(at)[0]
            return LineString([here, here])
        whole = np.concatenate(xy)
        whole = whole[np.concatenate([[True], (np.diff(whole, axis=0) != 0.0).any(axis=1)])]
        whole = whole if len(whole) > 1 else np.repeat(whole, 2, axis=0)
        return LineString(whole[::-1] if self._leaving else whole)

    def _direct(self, others: Accesses, chosen: Whole) -> tuple[Floats, Floats]:
        """The ways between places on one edge, along it."""
        network, (edge, share, covered) = self._network, self._own
        seconds, metres = np.full(len(chosen), np.inf), np.full(len(chosen), np.inf)
        for row in np.flatnonzero(others.covered[chosen] & (others.edge[chosen] == edge)) if covered else ():
            other = float(others.share[chosen[row]])
            start, end = (share, other) if self._leaving else (other, share)
            if edge in network.closure.edges and not network.closure.leaves_open(network.graph, edge, start, end):
                continue
            each = network.open_costs.along_s[edge] if end > start else network.open_costs.against_s[edge] if end < start else 0.0
            if np.isfinite(each):
                seconds[row], metres[row] = abs(end - start) * each, abs(end - start) * network.graph.length_m[edge]
        return seconds, metres

    def _metres(self, nodes: Whole) -> Floats:
        """Length of the way between the place and each node, by walking all of them back at once."""
        arcs, graph = self._network.graph.arcs, self._network.graph
        metres, at = np.zeros(len(nodes)), nodes.astype(np.int64)
        going = np.arange(len(nodes))
        while len(going):
            before = self._before[at[going]].astype(np.int64)
            home = before >= graph.node_count
            metres[going[home]] += self._home(at[going[home]])
            going, before = going[~home], before[~home]
            metres[going] += graph.length_m[arcs.edges_between(before, at[going])]
            at[going] = before
        return metres

    def _home(self, nodes: Whole) -> Floats:
        """Length of the leg to each of these nodes, with which the search began."""
        return np.where(nodes == self._nodes[0], self._leg_m[0], self._leg_m[1])

    def _pieces(self, node: int) -> Iterator[LineString | None]:
        """The edges from a node back to the place, each in the direction away from the node."""
        graph = self._network.graph
        while (before := int(self._before[node])) < graph.node_count:
            edge = int(graph.arcs.edges_between(np.array([before]), np.array([node]))[0])
            yield self._piece(edge, *((0.0, 1.0) if int(graph.start[edge]) == node else (1.0, 0.0)))
            node = before
        edge, share, _ = self._own
        yield self._piece(edge, 0.0 if node == self._nodes[0] else 1.0, share)

    def _piece(self, edge: int, start: float, end: float) -> LineString | None:
        if start == end:
            return None
        line = self._network.graph.lines[edge] if {start, end} == {0.0, 1.0} else portion(self._network.graph.lines[edge], min(start, end), max(start, end))
        return line if start < end else shapely.reverse(line)
