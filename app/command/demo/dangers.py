"""River sections along the dike and in the gullies, and fire zones in the mountains, of the demonstration."""

from __future__ import annotations

from dataclasses import dataclass

import shapely
from shapely.geometry import LineString, MultiPoint, Point, Polygon
from shapely.ops import substring

from app.command.demo.ground import DIKE, MOUNTAINS, STREAMS
from app.command.demo.marks import Marks, numbered
from app.command.demo.metres import at
from app.command.demo.places import Place
from geodata.store.batch import Row

DIKE_STARTS_AT_M = 226_000  # chainage of the dike's western end; a sample value in the form of the river bureau's 248+500


@dataclass(frozen=True)
class Section:
    """A dangerous stretch wanted: where its middle lies along the dike (0 west to 1 east) and how long it is."""

    name: str
    kind: str
    colour: str
    middle: float
    length_m: int


_DIKE_SECTIONS = (
    Section("永丰险段", "weak_dike", "yellow", 0.050, 1_600), Section("打不素险工", "dangerous_work", "red", 0.150, 2_400),
    Section("三岔口险工", "dangerous_work", "red", 0.285, 2_800), Section("新河卡冰段", "ice_jam", "orange", 0.385, 2_100),
    Section("兰桂险段", "weak_dike", "yellow", 0.455, 1_500), Section("昭君坟浮桥段", "crossing", "orange", 0.525, 900),
    Section("城梁险段", "weak_dike", "blue", 0.660, 1_700), Section("三银才险工", "dangerous_work", "orange", 0.790, 2_200),
    Section("西栓险工", "dangerous_work", "red", 0.875, 1_900),
)
_GULLY_SECTIONS = (("哈德门沟口险段", "哈德门沟", "red"), ("乌兰不浪沟口险段", "乌兰不浪沟", "orange"),
                   ("梅力更沟口险段", "梅力更沟", "yellow"))


def section_rows(marks: Marks, places: list[Place]) -> list[Row]:
    """Twelve sections: nine on the dike of the Yellow River with its chainage, three where gullies leave the mountains with their own."""
    rows = []
    codes = iter(numbered("RS", len(_DIKE_SECTIONS) + len(_GULLY_SECTIONS)))
    for section in _DIKE_SECTIONS:
        start = round(DIKE.length * section.middle - section.length_m / 2, -1)
        stretch = substring(DIKE, start, start + section.length_m)
        river = {"river": "黄河", "bank": "left", "warning_level_m": round(1003.9 - section.middle * 3.5, 2),
                 "guarantee_level_m": round(1005.1 - section.middle * 3.5, 2), "ice_density_percent": float(marks.rng.randrange(5, 60))}
        rows.append(_section(marks, next(codes), section.name, section.kind, section.colour, stretch, DIKE_STARTS_AT_M + start, river,
                             places))
    mountains = MOUNTAINS["乌拉山"]
    for name, gully, colour in _GULLY_SECTIONS:
        drawn = next(stream.line for stream in STREAMS if stream.name == gully)
        mouth = drawn.project(drawn.intersection(mountains.boundary).representative_point())
        stretch = substring(drawn, mouth - 700, mouth + 1_300)
        rows.append(_section(marks, next(codes), name, "gully_mouth", colour, stretch, round(mouth - 700, -1),
                             {"river": gully, "bank": "both"}, places))
    return rows


def _section(marks: Marks, code: str, name: str, kind: str, colour: str, stretch: LineString, start_m: float,
             river: dict[str, object], places: list[Place]) -> Row:
    rng = marks.rng
    length_m = round(stretch.length, -1)
    defended = sum(place.population for place in places if place.point.distance(stretch) < 4_000 and not place.urban)
    return marks.row({
        "code": code, "name": name, "kind": kind, "risk_level": colour, **river, "chainage_from_m": float(start_m), "chainage_to_m": float(start_m + length_m),
        "length_m": float(length_m), "times_in_danger": rng.randrange(0,
                                                                      9), "people_defended": defended or None, "administrative_person": marks.person(),
        "technical_person": marks.person(), "patrol_person": marks.person(), "phone": marks.phone(), "patrol_interval_days": 7,
        "last_patrol_at": marks.ago(marks.pick((rng.uniform(0.2, 6.5), 0.75), (rng.uniform(8, 24), 0.25))),
    }, stretch)


_FIRE_ZONES_WEST, _FIRE_ZONES_EAST = 18, 2
_ZONE_NAMES = (
    "梅力更", "梅力更西坡", "梅力更东坡", "乌兰不浪", "乌兰不浪西梁", "乌兰不浪东梁", "哈德门", "哈德门西坡", "哈德门东坡", "阿贵沟", "阿贵沟北坡", "阿嘎如泰",
    "阿嘎如泰北梁", "泉山", "泉山北坡", "白石头梁", "黑石崖", "柏树沟", "大青山南麓西片", "大青山南麓东片",
)
_NAMED_AT = {"梅力更": (109.472, 40.705), "乌兰不浪": (109.522, 40.703), "哈德门": (109.600, 40.705), "阿贵沟": (109.582, 40.695),
             "阿嘎如泰": (109.541, 40.690),
             "泉山": (109.563, 40.708)}


def fire_zone_rows(marks: Marks) -> list[Row]:
    """Twenty zones that share out the mountains, each drawn in from its neighbours and rounded."""
    west, east = MOUNTAINS["乌拉山"], MOUNTAINS["大青山南麓"]
    cells = _cells(marks, west, _FIRE_ZONES_WEST) + _cells(marks, east, _FIRE_ZONES_EAST)
    names = _names_for(cells)
    return [marks.row(_fire_zone(marks, code, name, cell), cell)
            for code, name, cell in zip(numbered("FZ", len(cells)), names, cells, strict=True)]


def _cells(marks: Marks, area: Polygon, count: int) -> list[Polygon]:
    """An area cut into about equal cells: seeds pulled to the middles of their cells a few times (Lloyd)."""
    west, south, east, north = area.bounds
    seeds: list[Point] = []
    while len(seeds) < count:
        point = Point(marks.rng.uniform(west, east), marks.rng.uniform(south, north))
        if area.contains(point):
            seeds.append(point)
    for _ in range(6):
        cells = [cell.intersection(area) for cell in shapely.get_parts(shapely.voronoi_polygons(MultiPoint(seeds), extend_to=area))]
        seeds = [cell.centroid for cell in cells]
    drawn = [shapely.simplify(cell.buffer(-420).buffer(240), 25) for cell in cells]
    return sorted((max(shapely.get_parts(cell), key=lambda part: part.area) for cell in drawn), key=lambda cell: cell.centroid.x)


def _names_for(cells: list[Polygon]) -> list[str]:
    """Known names go to the cell that holds their place, the others from west to east; the last two lie in the east."""
    names: dict[int, str] = {}
    for name, place in _NAMED_AT.items():
        free = [n for n in range(_FIRE_ZONES_WEST) if n not in names]
        names[min(free, key=lambda n: cells[n].distance(at(*place)))] = name
    others = iter([name for name in _ZONE_NAMES if name not in _NAMED_AT])
    return [names[n] if n in names else next(others) for n in range(len(cells))]


def _fire_zone(marks: Marks, code: str, name: str, cell: Polygon) -> dict[str, object]:
    rng = marks.rng
    return {
        "code": code, "name": f"{name}重点防火区", "vegetation": marks.pick(("mixed", 0.45), ("grassland", 0.35), ("forest", 0.2)),
        "risk_level": marks.pick(("extreme", 0.2), ("high", 0.45), ("medium", 0.25), ("low", 0.1)),
        "control_periods": marks.pick(("09-15/06-15", 0.6), ("04-01/05-31, 10-01/10-31", 0.4)), "area_ha": round(cell.area / 10_000, 1),
        "responsible_unit": "阿嘎如泰苏木" if cell.centroid.x < 0 else "白音席勒街道", "responsible_person": marks.person(), "phone": marks.phone(),
        "posts": rng.randrange(1, 4), "towers": rng.randrange(0, 3), "water_points": rng.randrange(0,
            4), "firebreaks_km": round(rng.uniform(0.5, 9), 1),
    }
