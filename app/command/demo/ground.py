"""The ground of the demonstration district, drawn by hand for this project: outline, water, mountains, towns, industry.

The outline is a simplified drawing of our own, not a boundary: the bureau loads its own line. All shapes are in metres.
"""

from __future__ import annotations

from dataclasses import dataclass

import shapely
from shapely.geometry import LineString, MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

from app.command.demo.metres import Position, line

ADCODE = "150207"


def _area(*positions: Position, smooth: int = 0) -> Polygon:
    return Polygon(line(*positions, positions[0], smooth=smooth))


def _part(whole: BaseGeometry, edge: LineString, north_m: float) -> BaseGeometry:
    """The part of an area between a line from west to east and a far parallel in the north or south."""
    (_, west_end), *_, (_, east_end) = edge.coords
    far_m = 60_000
    return Polygon([(-far_m, west_end), *edge.coords, (far_m, east_end), (far_m, north_m), (-far_m, north_m)]).buffer(0).intersection(whole)


def _inside(drawn: LineString) -> LineString:
    """The longest part of a line that lies inside the outline."""
    return max(shapely.get_parts(drawn.intersection(INSIDE)), key=lambda part: part.length)


# The Yellow River, west to east, a few hundred metres inside the outline's southern edge.
RIVER = line(
    (109.380, 40.5085), (109.4245, 40.5085), (109.447, 40.5185), (109.472, 40.5115), (109.499, 40.5195), (109.524, 40.5165), (109.543,
        40.5335),
    (109.561, 40.5475), (109.588, 40.5375), (109.612, 40.5405), (109.630, 40.5295), (109.645, 40.5045), (109.676, 40.4905), (109.7095,
        40.4795),
    (109.733, 40.4855), (109.766, 40.4965), (109.803, 40.5035), (109.835, 40.5105), (109.872, 40.5055), (109.902, 40.5165), (109.929,
        40.5145),
    (109.955, 40.5045), (110.010, 40.5090), smooth=3,
)
RIVER_WIDTH_M = 420.0

# The southern edge follows the right bank; the rest is drawn.
_DRAWN = _area(
    (109.468, 40.733), (109.502, 40.721), (109.538, 40.728), (109.561, 40.739), (109.598, 40.724), (109.630, 40.730), (109.637, 40.702),
    (109.629, 40.671), (109.624, 40.643),
    (109.620, 40.622), (109.682, 40.619), (109.733, 40.611), (109.781, 40.609), (109.834, 40.606), (109.838, 40.637), (109.884, 40.647),
    (109.934, 40.625), (109.957, 40.646), (110.006, 40.657), (110.029, 40.638), (110.053, 40.630), (110.021, 40.611), (109.984, 40.617),
    (109.972, 40.592), (109.978, 40.562), (109.971, 40.535), (109.974, 40.499), (109.925, 40.508), (109.872, 40.499), (109.802,
        40.496), (109.747, 40.480),
    (109.710, 40.471), (109.676, 40.482), (109.641, 40.497), (109.621, 40.531), (109.590, 40.530), (109.561, 40.541), (109.524, 40.508),
    (109.471, 40.504), (109.425, 40.500), (109.419, 40.530), (109.441, 40.556), (109.422, 40.594), (109.439, 40.617), (109.404, 40.641),
    (109.412, 40.690), (109.441, 40.715), smooth=1,
)
OUTLINE = _part(_DRAWN, RIVER.offset_curve(-RIVER_WIDTH_M / 2 - 110), 40_000)
WATER = RIVER.buffer(RIVER_WIDTH_M / 2, cap_style="flat").intersection(OUTLINE)

# The dike on the left bank, and the plain between it and the river, under water when the ice jams.
INSIDE = OUTLINE.buffer(-60)
DIKE = _inside(line(
    (109.4195, 40.5305), (109.447, 40.5335), (109.485, 40.5315), (109.520, 40.5335), (109.540, 40.5475), (109.562, 40.5605), (109.590,
        40.5525),
    (109.618, 40.5545), (109.640, 40.5445), (109.656, 40.5195), (109.682, 40.5045), (109.7105, 40.4945), (109.731, 40.4995), (109.764,
        40.5105),
    (109.803, 40.5175), (109.836, 40.5245), (109.871, 40.5200), (109.902, 40.5295), (109.930, 40.5280), (109.9795, 40.5180), smooth=2,
))
FLOOD_PLAIN = _part(OUTLINE, DIKE, -40_000).difference(WATER).buffer(-4).buffer(4, join_style="mitre")

# The foot of the Wula mountains: what lies north of it is mountain and grassland.
_FOOT = line(
    (109.30, 40.671), (109.402, 40.672), (109.430, 40.681), (109.466, 40.677), (109.497, 40.684), (109.528, 40.676), (109.562, 40.683),
    (109.598, 40.675), (109.66, 40.680), smooth=2,
)
_FOOT_EAST = line((109.93, 40.640), (109.958, 40.635), (109.985, 40.642), (110.012, 40.637), (110.07, 40.642), smooth=2)

_WEST, _EAST = shapely.box(-60_000, -60_000, 0, 60_000), shapely.box(20_500, -60_000, 60_000, 60_000)
MOUNTAINS = {"乌拉山": _part(OUTLINE.intersection(_WEST), _FOOT, 40_000),
             "大青山南麓": _part(OUTLINE.intersection(_EAST), _FOOT_EAST, 40_000)}


@dataclass(frozen=True)
class Stream:
    """A gully, river or canal: its name, kind and line in metres."""

    name: str
    kind: str
    line: LineString


_STREAMS_DRAWN = (
    Stream("梅力更沟", "gully", line((109.470, 40.740), (109.474, 40.715), (109.463, 40.690), (109.468, 40.655), (109.455, 40.610),
                                     (109.450, 40.565),
                                     (109.449, 40.5195), smooth=2)),
    Stream("乌兰不浪沟", "gully", line((109.532, 40.740), (109.523, 40.718), (109.530, 40.695), (109.520, 40.660), (109.526, 40.620),
                                       (109.530, 40.580), (109.541, 40.5345), smooth=2)),
    Stream("哈德门沟", "gully", line((109.597, 40.741), (109.603, 40.715), (109.592, 40.692), (109.597, 40.660), (109.588, 40.625),
                                     (109.592, 40.585), (109.586, 40.5400), smooth=2)),
    Stream("昆都仑河", "river", line((109.776, 40.609), (109.770, 40.585), (109.775, 40.560), (109.764, 40.535), (109.766, 40.4975),
                                     smooth=2)),
    Stream("四道沙河", "gully", line((109.846, 40.640), (109.851, 40.615), (109.846, 40.585), (109.853, 40.550), (109.850, 40.5100),
                                     smooth=2)),
    Stream("二道沙河", "gully", line((109.921, 40.630), (109.917, 40.605), (109.924, 40.575), (109.918, 40.545), (109.922, 40.5155),
                                     smooth=2)),
    Stream("哈业胡同干渠", "canal", line((109.426, 40.566), (109.470, 40.571), (109.515, 40.566), (109.560, 40.573), (109.612, 40.568),
                                         (109.668, 40.561),
                                         (109.700, 40.551), (109.745, 40.547), smooth=1)),
)

STREAMS = tuple(Stream(one.name, one.kind, _inside(one.line)) for one in _STREAMS_DRAWN)

_URBAN_DRAWN = {
    "沙河城区": _area((109.929, 40.619), (109.934, 40.592), (109.940, 40.578), (109.972, 40.575), (109.974, 40.596), (109.981, 40.616),
                      (109.952, 40.622), smooth=1),
    "赛汗城区": _area((109.889, 40.612), (109.891, 40.583), (109.912, 40.578), (109.934, 40.580), (109.930, 40.606), (109.913, 40.612),
                      smooth=1),
    "萨如拉城区": _area((109.841, 40.634), (109.842, 40.611), (109.884, 40.613), (109.882, 40.643), (109.862, 40.640), smooth=1),
    "白音席勒城区": _area((109.884, 40.643), (109.886, 40.615), (109.927, 40.615), (109.927, 40.626), (109.905, 40.635), smooth=1),
    "麻池镇区": _area((109.786, 40.583), (109.790, 40.566), (109.826, 40.567), (109.824, 40.586), (109.806, 40.589), smooth=1),
    "哈林格尔镇区": _area((109.628, 40.580), (109.629, 40.567), (109.651, 40.568), (109.650, 40.581), smooth=1),
    "哈业胡同镇区": _area((109.467, 40.604), (109.468, 40.591), (109.493, 40.592), (109.491, 40.604), smooth=1),
    "阿嘎如泰镇区": _area((109.536, 40.664), (109.537, 40.656), (109.552, 40.657), (109.551, 40.665), smooth=1),
}

INDUSTRY = {
    "九原工业园区": _area((109.632, 40.612), (109.633, 40.589), (109.690, 40.588), (109.692, 40.602), (109.683, 40.611), smooth=1),
    "麻池工业区": _area((109.739, 40.603), (109.742, 40.583), (109.766, 40.582), (109.767, 40.601), smooth=1),
    "哈德门工业区": _area((109.603, 40.652), (109.604, 40.637), (109.619, 40.638), (109.621, 40.651), smooth=1),
}


URBAN = {name: area.intersection(INSIDE) for name, area in _URBAN_DRAWN.items()}


@dataclass(frozen=True)
class Town:
    """A town of the district: code of the statistics bureau, name, kind, seat and the places around which its area lies (degrees)."""

    code: str
    name: str
    kind: str
    seat: Position
    around: tuple[Position, ...]


TOWNS = (
    Town("150207001", "沙河街道", "street", (109.9550, 40.6010), ((109.955, 40.600), (109.960, 40.575), (109.955, 40.535))),
    Town("150207002", "赛汗街道", "street", (109.9105, 40.5965), ((109.910, 40.598), (109.908, 40.570), (109.905, 40.535))),
    Town("150207003", "萨如拉街道", "street", (109.8620, 40.6255), ((109.862, 40.628), (109.862, 40.595))),
    Town("150207004", "白音席勒街道", "street", (109.9050, 40.6235), ((109.906, 40.628), (109.975, 40.640), (110.020, 40.630))),
    Town("150207103", "麻池镇", "town", (109.8060, 40.5770), ((109.806, 40.577), (109.760, 40.590), (109.750, 40.550), (109.850, 40.550),
                                                              (109.800, 40.520),
                                                               (109.740, 40.500), (109.860, 40.520))),
    Town("150207105", "哈林格尔镇", "town", (109.6400, 40.5740),
         ((109.640, 40.574), (109.690, 40.600), (109.690, 40.550), (109.600, 40.560), (109.640, 40.610),
                                                                  (109.680, 40.510))),
    Town("150207110", "哈业胡同镇", "town", (109.4800, 40.5980),
         ((109.480, 40.598), (109.430, 40.620), (109.530, 40.600), (109.430, 40.540), (109.500, 40.540),
                                                                  (109.560, 40.600), (109.545, 40.560))),
    Town("150207202", "阿嘎如泰苏木", "sumu", (109.5440, 40.6605),
         ((109.440, 40.700), (109.544, 40.672), (109.600, 40.690), (109.500, 40.720), (109.430, 40.668),
                                                                    (109.600, 40.655), (109.490, 40.668))),
)


def town_areas() -> dict[str, BaseGeometry]:
    """Each town's area by code: what lies nearer to its places than to another's, within the outline."""
    owners = [(town.code, place) for town in TOWNS for place in town.around]
    points = [line(place, place).coords[0] for _, place in owners]
    cells = shapely.get_parts(shapely.voronoi_polygons(shapely.MultiPoint(points), extend_to=OUTLINE))
    areas: dict[str, list[BaseGeometry]] = {town.code: [] for town in TOWNS}
    for (code, _), point in zip(owners, shapely.points(points), strict=True):
        areas[code].append(next(cell for cell in cells if cell.covers(point)))
    return {code: _largest_parts(shapely.union_all(parts).intersection(OUTLINE)) for code, parts in areas.items()}


def _largest_parts(shape: BaseGeometry) -> BaseGeometry:
    polygons = [part for part in shapely.get_parts(shape) if part.geom_type == "Polygon"]
    return polygons[0] if len(polygons) == 1 else MultiPolygon(polygons)
