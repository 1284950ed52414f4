"""The road graph: edges between nodes with their lengths and rules, and the arcs in both directions that are searched."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any
from uuid import UUID

import numpy as np
import shapely
from numpy.typing import NDArray

from geodata.crs import GEOD, metres_around
from geodata.queries.measure import Floats
from geodata.queries.roads import noding
from geodata.queries.roads.noding import Whole
from layers.network import Network

Yes = NDArray[np.bool_]
_BENT_DEG = 0.01  # on flat paper an edge longer than 1 km is bent by more than 2 cm, so it is drawn with more vertices


@dataclass(frozen=True)
class RoadRows:
    """Features of the network layer as read: one value a feature, in one order; None or NaN is not known."""

    ids: Sequence[UUID]
    shapes: NDArray[Any]
    road_class: Sequence[str | None]
    one_way: Yes
    bridge: Yes
    closed: Yes
    speed_kmh: Floats
    max_weight_t: Floats


def rows_of(network: Network, ids: Sequence[UUID], shapes: NDArray[Any], columns: Mapping[str, Sequence[Any]]) -> RoadRows:
    """Columns as read from the store, by the fields that the network names; what is not known is no."""
    def yes(name: str) -> Yes:
        return np.array([bool(one) for one in columns[name]], dtype=bool)

    def number(name: str) -> Floats:
        return np.array([np.nan if one is None else one for one in columns[name]], dtype=float)

    return RoadRows(ids, shapes, list(columns[network.road_class]), yes(network.one_way), yes(network.bridge), yes(network.closed),
                    number(network.speed_kmh), number(network.max_weight_t))


_DRAWN = ("arcs", "middle", "plane", "plane_lines", "by_box")  # parts of a graph that follow from how its roads are drawn alone


@dataclass(frozen=True)
class RoadGraph:
    """Edges in columns. An edge runs from node `start` to node `end` as its line (degrees) is drawn; no two join the same nodes.

    `row` is the feature that an edge is a part of, by its place in `rows`. `dropped` are rows' parts too short to be an edge.
    """

    rows: RoadRows
    network: Network
    row: Whole
    lines: NDArray[Any]
    start: Whole
    end: Whole
    length_m: Floats
    nodes: noding.Nodes
    ends_given: int
    dropped: int
    node_count: int
    kept: dict[Any, Any] = field(default_factory=dict, compare=False)  # costs by profile, made when first asked for

    def __len__(self) -> int:
        return len(self.lines)

    @cached_property
    def arcs(self) -> Arcs:
        """Both directions of every edge, as a compressed sparse row structure."""
        return Arcs.of(self.start, self.end, self.node_count)

    @cached_property
    def middle(self) -> tuple[float, float]:
        """The middle of the network's box in degrees."""
        west, south, east, north = shapely.total_bounds(self.lines) if len(self) else (0.0, 0.0, 0.0, 0.0)
        return float(west + east) / 2, float(south + north) / 2

    @cached_property
    def plane(self) -> Any:
        """To metres around the middle, and back."""
        return metres_around(*self.middle)

    @cached_property
    def plane_lines(self) -> NDArray[Any]:
        """The lines in metres around the middle."""
        return shapely.transform(shapely.segmentize(self.lines, _BENT_DEG), self.plane[0]) if len(self) else self.lines

    @cached_property
    def by_box(self) -> shapely.STRtree:
        """The lines in degrees, to find which touch a shape."""
        return shapely.STRtree(self.lines)

    @cached_property
    def joined_at_ends(self) -> Yes:
        """Edges come upon by their ends alone."""
        alone = np.isin(np.array([one or "" for one in self.rows.road_class], dtype=object), list(self.network.joined_at_ends))
        return (alone | self.rows.bridge)[self.row]

    def saying(self, places: Whole, changed: RoadRows) -> RoadGraph:
        """A graph drawn the same in which the rows at these places say of themselves what `changed` says."""
        rows = self.rows
        classes = list(rows.road_class)
        for place, road_class in zip(places, changed.road_class, strict=True):
            classes[place] = road_class
        columns = {name: getattr(rows, name).copy() for name in ("one_way", "bridge", "closed", "speed_kmh", "max_weight_t")}
        for name, column in columns.items():
            column[places] = getattr(changed, name)
        made = replace(self, rows=replace(rows, road_class=classes, **columns), kept={})
        made.__dict__.update({name: self.__dict__[name] for name in _DRAWN if name in self.__dict__})
        return made

    def feature(self, edge: int) -> UUID:
        """The feature that an edge is a part of."""
        return self.rows.ids[self.row[edge]]


@dataclass(frozen=True)
class Arcs:
    """Arcs sorted by the node they leave, then by the one they reach: `edge` of each and whether it goes as the edge is drawn."""

    indptr: NDArray[np.int32]
    to: NDArray[np.int32]
    edge: Whole
    along: Yes
    key: NDArray[np.int64]
    nodes: int

    @staticmethod
    def of(start: Whole, end: Whole, nodes: int) -> Arcs:
        """The arcs of edges between so many nodes."""
        leave, reach = np.concatenate([start, end]), np.concatenate([end, start])
        edge = np.tile(np.arange(len(start)), 2)
        along = np.repeat([True, False], len(start))
        order = np.lexsort((reach, leave))
        indptr = np.concatenate([[0], np.cumsum(np.bincount(leave, minlength=nodes))]).astype(np.int32)
        key = leave[order].astype(np.int64) * nodes + reach[order]
        return Arcs(indptr, reach[order].astype(np.int32), edge[order], along[order], key, nodes)

    def edges_between(self, leave: Whole, reach: Whole) -> Whole:
        """The edge that joins each pair of neighbours."""
        return self.edge[np.searchsorted(self.key, leave.astype(np.int64) * self.nodes + reach)]


def build(rows: RoadRows, network: Network) -> RoadGraph:
    """The graph of these features.

    Each part of a line is an edge; lines meet at their ends only. A second edge between the same two nodes is cut in two at its
    middle, a ring in three, so that two neighbours are always joined by one edge. Parts shorter than the snapping tolerance that
    begin and end in one node are left out and counted.
    """
    parts, row = shapely.get_parts(rows.shapes, return_index=True)
    first, last = shapely.get_coordinates(shapely.get_point(parts, 0)), shapely.get_coordinates(shapely.get_point(parts, -1))
    ends = np.concatenate([first, last])
    nodes = noding.meet(ends[:, 0], ends[:, 1], network.snap_m)
    start, end = nodes.of[: len(parts)], nodes.of[len(parts):]
    length = lengths_m(parts)
    keep = (start != end) | (length > network.snap_m)
    cut = _cut(parts[keep], row[keep], start[keep], end[keep], length[keep], len(nodes.lon))
    return RoadGraph(rows, network, cut.row, cut.lines, cut.start, cut.end, cut.length_m, nodes, len(ends), int((~keep).sum()), cut.node_count)


def lengths_m(lines: NDArray[Any]) -> Floats:
    """Geodesic length of each line, vertex by vertex."""
    xy, owner = shapely.get_coordinates(lines, return_index=True)
    if len(xy) < 2:
        return np.zeros(len(lines))
    steps = GEOD.inv(xy[:-1, 0], xy[:-1, 1], xy[1:, 0], xy[1:, 1])[2]
    same = owner[:-1] == owner[1:]
    return np.bincount(owner[:-1][same], weights=steps[same], minlength=len(lines)).astype(float)


@dataclass
class _Pieces:
    row: Whole
    lines: NDArray[Any]
    start: Whole
    end: Whole
    length_m: Floats
    node_count: int


def _cut(lines: NDArray[Any], row: Whole, start: Whole, end: Whole, length_m: Floats, node_count: int) -> _Pieces:
    """Rings in three, second edges between the same nodes in two."""
    low, high = np.minimum(start, end), np.maximum(start, end)
    _, first = np.unique(low.astype(np.int64) * max(node_count, 1) + high, return_index=True)
    second = np.ones(len(lines), bool)
    second[first] = False
    pieces = np.where(start == end, 3, np.where(second, 2, 1))
    whole = pieces == 1
    made: list[tuple[int, Any, int, int, float]] = []
    for one in np.flatnonzero(~whole):
        count = int(pieces[one])
        places = [int(start[one]), *range(node_count, node_count + count - 1), int(end[one])]
        node_count += count - 1
        made += [(int(row[one]), part, places[step], places[step + 1], float(length_m[one]) / count) for step, part in enumerate(_shared_out(lines[one], count))]
    more = np.empty(len(made), dtype=object)
    more[:] = [one[1] for one in made]
    return _Pieces(np.concatenate([row[whole], np.array([one[0] for one in made], np.intp)]), np.concatenate([lines[whole], more]),
                   np.concatenate([start[whole], np.array([one[2] for one in made], np.intp)]),
                   np.concatenate([end[whole], np.array([one[3] for one in made], np.intp)]),
                   np.concatenate([length_m[whole], np.array([one[4] for one in made], float)]), node_count)


def _shared_out(line: Any, count: int) -> list[Any]:
    return [portion(line, step / count, (step + 1) / count) for step in range(count)]


def portion(line: Any, start: float, end: float) -> Any:
    """What lies between two shares of a line's length, 0 <= start < end <= 1, from the one to the other."""
    xy = shapely.get_coordinates(line)
    steps = GEOD.inv(xy[:-1, 0], xy[:-1, 1], xy[1:, 0], xy[1:, 1])[2]
    at = np.concatenate([[0.0], np.cumsum(steps)]) / float(steps.sum())
    within = (at > start) & (at < end)
    first, last = ([np.interp(share, at, xy[:, 0]), np.interp(share, at, xy[:, 1])] for share in (start, end))
    return shapely.LineString(np.vstack([first, xy[within], last]))
