"""The road network of the demonstration district: drawn main roads, street grids and village roads, noded so that one can route on it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from random import Random

import numpy as np
import shapely
from shapely.affinity import rotate
from shapely.geometry import LineString, MultiPoint, Point
from shapely.strtree import STRtree

from app.command.demo.ground import INDUSTRY, MOUNTAINS, OUTLINE, STREAMS, URBAN, WATER
from app.command.demo.metres import line

GRID_M = 0.01  # noding snaps to a centimetre, which survives the way to degrees and back
STUB_M = 3.0  # what the overshoot of a link leaves behind is shorter
EDGE = OUTLINE.buffer(-15)
ONE_WAY_STREETS = frozenset({"沙河纬3路", "沙河纬4路", "赛汗经2路", "萨如拉纬3路"})

Coordinate = tuple[float, ...]


@dataclass(frozen=True)
class Road:
    """A piece of road between two junctions, in metres; or, before noding, a whole drawn road."""

    name: str
    road_class: str
    line: LineString
    number: str | None = None
    bridge: bool = False
    one_way: bool = False
    closed: bool = False


SPEED_KMH: Mapping[str, int] = {"motorway": 100, "national": 70, "provincial": 60, "county": 50, "village": 30, "street": 40}
LANES: Mapping[str, int] = {"motorway": 4, "national": 4, "provincial": 2, "county": 2, "village": 1, "street": 2}
_RANK = ("motorway", "national", "provincial", "county", "street", "village")

MOTORWAYS = (
    Road("京藏高速", "motorway", line((109.400, 40.6480), (109.450, 40.6500), (109.520, 40.6475), (109.580, 40.6520), (109.640, 40.6500),
                                      smooth=3), "G6"),
    Road("京藏高速", "motorway", line((109.830, 40.6330), (109.862, 40.6395), (109.905, 40.6290), (109.945, 40.6270), (109.990, 40.6330),
                                      (110.060, 40.6350), smooth=3), "G6"),
    Road("包茂高速", "motorway", line((109.884, 40.6500), (109.8850, 40.6150), (109.8835, 40.5800), (109.8760, 40.5450),
                                      (109.8790, 40.4900), smooth=3), "G65"),
)

# Where a motorway and an ordinary road of this name meet in an interchange; elsewhere they cross on two levels.
INTERCHANGES = frozenset({
    ("G6", "哈业胡同路"), ("G6", "哈德门路"), ("G6", "萨如拉大街"), ("G6", "青年路"), ("G6", "阿嘎如泰路"), ("G65", "G110"), ("G65",
        "沿黄公路"), ("G65", "南绕城公路"), ("G65", "G6"),
})

MAIN_ROADS = (
    Road("国道110", "national", line((109.400, 40.6260), (109.455, 40.6290), (109.520, 40.6260), (109.580, 40.6230), (109.615, 40.6155),
                                     (109.655, 40.6135),
                                     (109.705, 40.6085), (109.770, 40.6045), (109.835, 40.6010), (109.885, 40.6085), (109.930,
                                         40.6105), (109.965, 40.6215),
                                     (110.010, 40.6300), (110.060, 40.6260), smooth=3), "G110"),
    Road("省道104", "provincial", line((109.6600, 40.6250), (109.6570, 40.6000), (109.6615, 40.5720), (109.6680, 40.5450),
                                       (109.6890, 40.5150),
                                       (109.6905, 40.4760), smooth=3), "S104"),
    Road("沿黄公路", "county", line((109.410, 40.5420), (109.450, 40.5420), (109.490, 40.5400), (109.522, 40.5430), (109.545, 40.5610),
                                    (109.570, 40.5690),
                                    (109.620, 40.5620), (109.650, 40.5520), (109.668, 40.5250), (109.712, 40.5030), (109.765,
                                        40.5190), (109.805, 40.5260),
                                    (109.838, 40.5330), (109.872, 40.5285), (109.930, 40.5365), (109.985, 40.5270), smooth=3), "X641"),
    Road("哈业胡同路", "county", line((109.4780, 40.5420), (109.4740, 40.5700), (109.4805, 40.5980), (109.4790, 40.6300),
                                      (109.4860, 40.6560),
                                      (109.4900, 40.6900), smooth=3), "X642"),
    Road("哈德门路", "county", line((109.6000, 40.5660), (109.6060, 40.5900), (109.6040, 40.6200), (109.6110, 40.6440), (109.6070, 40.6720),
                                    (109.6120, 40.7050), smooth=3), "X643"),
    Road("哈林格尔路", "county", line((109.6060, 40.5900), (109.6210, 40.5800), (109.6390, 40.5740), (109.6640, 40.5690),
                                      (109.7000, 40.5640),
                                      (109.7450, 40.5690), (109.7900, 40.5760), (109.8260, 40.5760), smooth=3), "X644"),
    Road("南绕城公路", "county", line((109.8260, 40.5760), (109.8600, 40.5740), (109.8900, 40.5700), (109.9380, 40.5660),
                                      (109.9850, 40.5700), smooth=3), "X645"),
    Road("麻池大街", "county", line((109.8060, 40.6085), (109.8080, 40.5770), (109.8050, 40.5500), (109.8060, 40.5265), smooth=2)),
    Road("昆河路", "county", line((109.7360, 40.6120), (109.7350, 40.5850), (109.7410, 40.5500), (109.7360, 40.5110), smooth=2)),
    Road("新河路", "county", line((109.6350, 40.5750), (109.6420, 40.5560), (109.6500, 40.5380)), "X646"),
    Road("阿嘎如泰路", "county", line((109.5440, 40.6240), (109.5420, 40.6480), (109.5450, 40.6620), (109.5380, 40.6850),
                                      (109.5450, 40.7080),
                                      (109.5520, 40.7250), smooth=3), "X647"),
    Road("梅力更路", "county", line((109.4870, 40.6600), (109.4550, 40.6640), (109.4480, 40.6850), (109.4560, 40.7060), smooth=2), "X648"),
    Road("山前公路", "county", line((109.405, 40.6650), (109.450, 40.6640), (109.487, 40.6605), (109.545, 40.6600), (109.606, 40.6650),
                                    (109.637, 40.6620), smooth=2),
         "X649"),
    Road("哈业脑包路", "county", line((109.410, 40.5860), (109.440, 40.5900), (109.4805, 40.5975), (109.5400, 40.5930),
                                      (109.6060, 40.5930), smooth=2), "X650"),
    Road("园区北路", "county", line((109.6070, 40.6080), (109.6570, 40.6070), (109.6900, 40.6055), (109.7360, 40.5960),
                                    (109.8070, 40.5930), smooth=2)),
    Road("园区南路", "county", line((109.6060, 40.5910), (109.6570, 40.5875), (109.6950, 40.5865), (109.7355, 40.5810), smooth=2)),
    Road("萨如拉大街", "county", line((109.8450, 40.6425), (109.8560, 40.6270), (109.8600, 40.6040), (109.8580, 40.5740),
                                      (109.8560, 40.5300), smooth=2)),
    Road("青年路", "county", line((109.9060, 40.6400), (109.9075, 40.6100), (109.9080, 40.5690), (109.9050, 40.5320), smooth=2)),
    Road("沙河大街", "county", line((109.8860, 40.5960), (109.9200, 40.5970), (109.9550, 40.5985), (109.9860, 40.5990), smooth=1)),
    Road("文明路", "county", line((109.9540, 40.6190), (109.9550, 40.5985), (109.9545, 40.5680), (109.9530, 40.5340), smooth=2)),
    Road("建设路", "county", line((109.8350, 40.6230), (109.8600, 40.6240), (109.9060, 40.6235), (109.9420, 40.6160), smooth=2)),
    Road("阿嘎如泰东路", "county", line((109.9850, 40.6270), (109.9880, 40.6400), (109.9970, 40.6520), smooth=2)),
)

# Chainage where a drawn road begins and ends: samples in the form of the milestones, rising westwards on what leads away from the capital.
_CHAINAGE_M: Mapping[tuple[str, int], tuple[float, float]] = {  # (number, which of its drawn stretches): at the first place drawn, at the last
    ("G6", 0): (696_130.0, 675_800.0), ("G6", 1): (659_683.0, 640_000.0), ("G65", 0): (0.0, 17_804.0), ("G110", 0): (712_397.0, 656_000.0),
    ("S104", 0): (0.0, 16_969.0), ("X641", 0): (0.0, 52_418.0),
}

RAILWAYS = (
    Road("包兰铁路", "railway", line((109.400, 40.6375), (109.460, 40.6395), (109.540, 40.6365), (109.600, 40.6330), (109.640, 40.6350),
                                     smooth=3)),
    Road("包兰铁路", "railway", line((109.825, 40.6190), (109.870, 40.6205), (109.925, 40.6180), (109.975, 40.6245), (110.060, 40.6330),
                                     smooth=3)),
    Road("包西铁路", "railway", line((109.8700, 40.6205), (109.8690, 40.5900), (109.8640, 40.5500), (109.8680, 40.4900), smooth=3)),
)


@dataclass(frozen=True)
class Spacing:
    """How far apart the streets of a town block are, and how the grid is turned."""

    east_m: float
    north_m: float
    turn_deg: float


_SPACING = {
    "沙河城区": Spacing(430, 380, 3), "赛汗城区": Spacing(420, 400, 0), "萨如拉城区": Spacing(410, 400, -2), "白音席勒城区": Spacing(430,
        360, -4),
    "麻池镇区": Spacing(480, 400, 2), "哈林格尔镇区": Spacing(370, 300, -3), "哈业胡同镇区": Spacing(420, 310,
        0), "阿嘎如泰镇区": Spacing(330, 260, 2),
    "九原工业园区": Spacing(830, 620, -1), "麻池工业区": Spacing(620, 560, 2), "哈德门工业区": Spacing(470, 430, 0),
}


def build_network(places: Mapping[str, Point], rng: Random) -> list[Road]:
    """All pieces of road between junctions: every two of them are joined by a way over others.

    `places` are the villages by name, in metres; each gets a road. Pieces meet in shared end points and nowhere else,
    but where a motorway passes over or under.
    """
    surface = [piece for road in (*MAIN_ROADS, *_streets()) for piece in _clipped(road)]
    surface += list(_village_roads(places, surface, rng))
    pieces = _join_parts(_node(surface))
    for motorway in MOTORWAYS:
        for stretch in _clipped(motorway):
            pieces = _with_motorway(pieces, stretch)
    return _with_rules(_with_bridges(pieces), rng)


def railways() -> list[Road]:
    """The railway lines within the outline."""
    return [piece for road in RAILWAYS for piece in _clipped(road)]


def chainage_of(road: Road) -> tuple[float, float] | None:
    """Chainage in metres where a piece begins and ends, as it is drawn; None for roads without milestones."""
    ends = [Point(road.line.coords[end]) for end in (0, -1)]
    stretches = [one for one in (*MOTORWAYS, *MAIN_ROADS) if one.number == road.number]
    for place, whole in enumerate(stretches):
        marks = _CHAINAGE_M.get((road.number or "", place))
        if marks and all(whole.line.distance(end) < STUB_M for end in ends):
            start, end = (round(marks[0] + (marks[1] - marks[0]) * whole.line.project(one, normalized=True), 1) for one in ends)
            return (start, end) if start != end else None
    return None


def junctions(roads: Iterable[Road]) -> Counter[Coordinate]:
    """The end points of the pieces, each with the number of pieces that meet in it."""
    return Counter(road.line.coords[end] for road in roads for end in (0, -1))


def parts(roads: Sequence[Road]) -> list[list[Road]]:
    """The roads in groups that hang together by their end points, the largest first."""
    leader: dict[Coordinate, Coordinate] = {}

    def find(node: Coordinate) -> Coordinate:
        while leader.setdefault(node, node) != node:
            leader[node] = leader[leader[node]]
            node = leader[node]
        return node

    for road in roads:
        leader[find(road.line.coords[0])] = find(road.line.coords[-1])
    groups: dict[Coordinate, list[Road]] = defaultdict(list)
    for road in roads:
        groups[find(road.line.coords[0])].append(road)
    return sorted(groups.values(), key=len, reverse=True)


def _clipped(road: Road) -> list[Road]:
    inside = [part for part in shapely.get_parts(road.line.intersection(EDGE)) if part.length > 60]
    return [replace(road, line=part) for part in inside]


def _streets() -> Iterator[Road]:
    for town, block in {**URBAN, **INDUSTRY}.items():
        spacing = _SPACING[town]
        short = town.removesuffix("城区").removesuffix("镇区").removesuffix("工业区").removesuffix("工业园区")
        west, south, east, north = block.buffer(600).bounds
        norths = [LineString([(x, south), (x, north)]) for x in np.arange(west, east, spacing.east_m)]
        easts = [LineString([(west, y), (east, y)]) for y in np.arange(south, north, spacing.north_m)]
        for word, drawn in (("经", norths), ("纬", easts)):
            within = [rotate(street, spacing.turn_deg, origin=block.centroid).intersection(block) for street in drawn]
            for number, street in enumerate((street for street in within if street.length > 250), 1):
                yield from (Road(f"{short}{word}{number}路", "street", part) for part in shapely.get_parts(street) if part.length > 250)


def _village_roads(places: Mapping[str, Point], roads: Sequence[Road], rng: Random) -> Iterator[Road]:
    """Roads between near villages (no third one lies in the circle over the two) and from each to the nearest main road."""
    network = shapely.union_all([road.line for road in roads])
    shunned = shapely.union_all([WATER.buffer(150), *(area.buffer(-2_500) for area in MOUNTAINS.values())])
    for first, second in _gabriel_pairs(list(places.values())):
        road = _bent(first[1], second[1], rng)
        if 700 < road.length < 6_000 and not road.intersects(shunned) and EDGE.covers(road):
            yield Road(f"{list(places)[first[0]]}至{list(places)[second[0]]}路", "village", road)
    for name, place in places.items():
        nearest = shapely.shortest_line(place, network)
        if nearest.length > 5:
            yield Road(f"{name}进村路", "village", _overshot(nearest))


def _gabriel_pairs(places: Sequence[Point]) -> Iterator[tuple[tuple[int, Point], tuple[int, Point]]]:
    tree = STRtree(places)
    number = {(place.x, place.y): index for index, place in enumerate(places)}
    for edge in shapely.get_parts(shapely.delaunay_triangles(MultiPoint(places), only_edges=True)):
        for side in map(LineString, pairwise(edge.coords)):
            circle = side.centroid.buffer(side.length / 2 - 1)
            if not len(tree.query(circle, predicate="contains")):
                first, second = sorted(number[position] for position in side.coords)
                yield (first, places[first]), (second, places[second])


def _bent(first: Point, second: Point, rng: Random) -> LineString:
    """A country road between two places: nearly straight, with two slight bends."""
    dx, dy = second.x - first.x, second.y - first.y
    offsets = ((0.33, rng.uniform(-0.06, 0.06)), (0.67, rng.uniform(-0.06, 0.06)))
    return LineString([first, *((first.x + dx * t - dy * o, first.y + dy * t + dx * o) for t, o in offsets), second])


def _overshot(link: LineString) -> LineString:
    """A link run a metre past both ends, so that noding finds the crossings with the roads it joins."""
    (ax, ay), (bx, by) = link.coords
    reach = 1 / link.length
    dx, dy = (bx - ax) * reach, (by - ay) * reach
    return LineString([(ax - dx, ay - dy), (bx + dx, by + dy)])


def _node(roads: Sequence[Road]) -> list[Road]:
    """Break all roads where they cross or touch; each piece keeps the name and class of the highest road it lies on."""
    ranked = sorted(roads, key=lambda road: _RANK.index(road.road_class))
    noded = shapely.get_parts(shapely.union_all([road.line for road in ranked], grid_size=GRID_M))
    tree = STRtree([road.line for road in ranked])
    pieces = []
    for piece in noded:
        middle = piece.interpolate(0.5, normalized=True)
        source = min(tree.query(middle.buffer(0.1), predicate="intersects"))
        pieces.append(replace(ranked[source], line=piece))
    meeting = junctions(pieces)
    return [piece for piece in pieces if piece.line.length > STUB_M or min(meeting[piece.line.coords[0]],
        meeting[piece.line.coords[-1]]) > 1]


def _join_parts(roads: list[Road]) -> list[Road]:
    """Add the shortest links until all roads hang together."""
    while len(groups := parts(roads)) > 1:
        main = shapely.union_all([road.line for road in groups[0]])
        links = []
        for group in groups[1:]:
            gap = shapely.shortest_line(shapely.union_all([road.line for road in group]), main)
            links.append(Road("连接路", "village", _overshot(gap)))
        roads = _node([*roads, *links])
    return roads


def _with_motorway(roads: list[Road], motorway: Road) -> list[Road]:
    """The motorway added, cut and joined at its interchanges only; elsewhere roads pass on another level."""
    joined: list[Road] = []
    cuts: list[Coordinate] = []
    for road in roads:
        meets = (motorway.number, road.name) in INTERCHANGES or (motorway.number, road.number) in INTERCHANGES
        crossing = motorway.line.intersection(road.line) if meets else None
        if crossing is not None and crossing.geom_type == "Point":
            node = (round(crossing.x, 2), round(crossing.y, 2))
            cuts.append(node)
            joined += [replace(road, line=part) for part in _split_at(road.line, [node])]
        else:
            joined.append(road)
    return joined + [replace(motorway, line=part) for part in _split_at(motorway.line, cuts)]


def _split_at(whole: LineString, nodes: Iterable[Coordinate]) -> list[LineString]:
    """A line cut at positions on it (to a centimetre), which become exact end points."""
    places = sorted((whole.project(Point(node)), node) for node in set(nodes))
    cut_lines, start, begun = [], whole.coords[0], 0.0
    vertices = [(whole.project(Point(vertex)), vertex) for vertex in whole.coords[1:-1]]
    for distance, node in [*((d, n) for d, n in places if 1 < d < whole.length - 1), (whole.length, whole.coords[-1])]:
        between = [vertex for d, vertex in vertices if begun + 0.5 < d < distance - 0.5]
        cut_lines.append(LineString([start, *between, node]))
        start, begun = node, distance
    return cut_lines


def _with_bridges(roads: Iterable[Road]) -> list[Road]:
    """Roads above village rank cut at the banks they cross, the part between marked as a bridge."""
    banks = shapely.union_all([WATER, *(stream.line.buffer(35, cap_style="flat") for stream in STREAMS)])
    shapely.prepare(banks)
    cut: list[Road] = []
    for road in roads:
        if road.road_class in ("village", "street") or not banks.intersects(road.line):
            cut.append(road)
            continue
        crossings = shapely.get_parts(road.line.intersection(banks.boundary))
        for part in _split_at(road.line, [(round(point.x, 2), round(point.y, 2)) for point in crossings if point.geom_type == "Point"]):
            cut.append(replace(road, line=part, bridge=bool(banks.contains(part.interpolate(0.5, normalized=True)))))
    return cut


def _with_rules(roads: list[Road], rng: Random) -> list[Road]:
    """One-way streets and closed roads, only where both ends leave another way."""
    meeting = junctions(roads)
    spare = [n for n, road in enumerate(roads) if min(meeting[road.line.coords[0]], meeting[road.line.coords[-1]]) >= 4]
    one_way = {n for n in spare if roads[n].name in ONE_WAY_STREETS}
    closed = set(rng.sample([n for n in spare if roads[n].road_class in ("village", "street") and n not in one_way], 4))
    return [replace(road, one_way=n in one_way, closed=n in closed) for n, road in enumerate(roads)]
