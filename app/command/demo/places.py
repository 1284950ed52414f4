"""Where people live in the demonstration: villages and communities with a population that adds up to the district's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from random import Random

import shapely
from shapely.geometry import Point
from shapely.geometry.base import BaseGeometry

from app.command.demo.ground import FLOOD_PLAIN, INDUSTRY, MOUNTAINS, OUTLINE, STREAMS, TOWNS, URBAN, WATER
from app.command.demo.metres import Position, at

# Census of 2020, as quoted in domain.md: the district, and of these the urban residents. The split over places is ours.
POPULATION = 245_190
URBAN_POPULATION = 189_918
POPULATION_BASIS = "2020年人口普查全区常住人口按村社区示意分摊（演示）"

_COMMUNITIES: Mapping[str, tuple[str, ...]] = {
    "沙河城区": ("万达", "华融", "花园", "韩庆坝", "黄金", "育才", "融茂", "振翔", "恒大", "锦溪"),
    "赛汗城区": ("果园", "青年", "建华", "富力", "鹿园", "复兴"),
    "萨如拉城区": ("萨如拉第一", "萨如拉第二", "萨如拉第三", "萨如拉第四"),
    "白音席勒城区": ("龙宇", "开元", "中慧", "兴元", "鸿翔", "远洲"),
    "麻池镇区": ("神鹿", "景富", "北新", "明天科技"),
    "哈林格尔镇区": ("九原工业园区",),
}

# Villages by town; where a place is given it is about where the name belongs on this drawn map, the rest is strewn over the town.
_VILLAGES: Mapping[str, tuple[tuple[str, Position | None], ...]] = {
    "沙河街道": (("西脑包", (109.9600, 40.5680)), ("梁家营子", None)),
    "赛汗街道": (("井卜石", None), ("尹六窑", None)),
    "白音席勒街道": (("二道沙河南", (109.9420, 40.6320)), ("二道沙河北", (109.9560, 40.6400)), ("二道沙河西", None), ("三道沙河", None),
                     ("黄草洼", (110.0050, 40.6230)), ("前营子", (110.0250, 40.6300)), ("庙圪堵", None)),
    "麻池镇": (("麻池", (109.7960, 40.5640)), ("武家", None), ("古城", (109.7760, 40.5760)), ("永茂泉", None), ("沃土壕", None),
               ("农大新村", None),
               ("东新胜", None), ("西壕口", (109.7500, 40.5430)), ("城梁", None), ("韩五", None), ("麻一", (109.8180, 40.5600)), ("麻七",
                   None), ("华成", None),
               ("麻五", None), ("麻三", None), ("北滩", (109.8420, 40.5360)), ("麻六", None), ("观音庙", None), ("东壕口", None)),
    "哈林格尔镇": (("厂汉", (109.5990, 40.6040)), ("哈林格尔", (109.6290, 40.5830)), ("官将", (109.7080, 40.5780)),
                   ("兰桂", (109.6880, 40.5560)),
                   ("乔圪堵", None), ("新河", (109.6460, 40.5580)), ("山羊圪堵", None), ("土黑麻淖", None), ("全巴图",
                       (109.6720, 40.5770)), ("段四圪堵", None)),
    "哈业胡同镇": (("哈业胡同", (109.4900, 40.5880)), ("西新胜", None), ("前进", None), ("柴脑包", None), ("民胜", None),
                   ("打不素", (109.4990, 40.5450)),
                   ("永丰", (109.4440, 40.5460)), ("乌兰计一", None), ("乌兰计六", None), ("乌兰计七", None), ("乌兰计八",
                       None), ("乌兰计九", None),
                   ("三岔口", (109.5620, 40.5720))),
    "阿嘎如泰苏木": (("阿贵沟", (109.5850, 40.6920)), ("阿嘎如泰", (109.5400, 40.6720)), ("梅力更", (109.4790, 40.7000)),
                     ("乌兰计五", (109.5000, 40.6540)),
                     ("哈德门", (109.6130, 40.6600)), ("乌兰不浪", (109.5180, 40.6700))),
}
_GACHA = frozenset({"阿贵沟", "阿嘎如泰", "梅力更"})


@dataclass(frozen=True)
class Place:
    """A village or community: name with its kind of place, town, where in metres, how many people."""

    name: str
    kind: str
    town: str
    point: Point
    population: int
    urban: bool


def settle(areas: Mapping[str, BaseGeometry], rng: Random) -> list[Place]:
    """All 90 places; `areas` are the towns' areas by code, in metres."""
    code_of = {town.name: town.code for town in TOWNS}
    sites: list[tuple[str, str, str, Point, bool]] = []
    for block, names in _COMMUNITIES.items():
        inside = URBAN[block].buffer(-180)
        for name in names:
            point = _free_spot(inside, [site[3] for site in sites], rng, apart_m=620)
            sites.append((f"{name}社区", "community", _town_at(point, areas), point, True))
    farmland = OUTLINE.buffer(-500).difference(shapely.union_all([
        WATER, FLOOD_PLAIN.buffer(150), *URBAN.values(), *(area.buffer(350) for area in INDUSTRY.values()), *MOUNTAINS.values(),
        *(stream.line.buffer(220) for stream in STREAMS)]))
    given = [(name, town, at(*where)) for town, villages in _VILLAGES.items() for name, where in villages if where]
    strewn = [(name, town) for town, villages in _VILLAGES.items() for name, where in villages if not where]
    taken = [point for _, _, point in given] + [site[3] for site in sites]
    for name, town in strewn:
        point = _free_spot(farmland.intersection(areas[code_of[town]]), taken, rng, apart_m=1_350)
        taken.append(point)
        given.append((name, town, point))
    sites += [(name + ("嘎查" if name in _GACHA else "村"), "gacha" if name in _GACHA else "village", town, point, False) for name, town,
              point in given]
    urban = _shares(URBAN_POPULATION, [rng.uniform(0.6, 1.6) for site in sites if site[4]])
    rural = _shares(POPULATION - URBAN_POPULATION, [rng.uniform(0.4,
                                                                1.8) * (0.35 if site[1] == "gacha" else 1) for site in sites if not site[4]])
    people = iter(urban + rural)
    return [Place(name, kind, town, point, next(people), is_urban) for name, kind, town, point, is_urban in sites]


def _town_at(point: Point, areas: Mapping[str, BaseGeometry]) -> str:
    return next(town.name for town in TOWNS if areas[town.code].covers(point))


def _shares(total: int, weights: list[float]) -> list[int]:
    """A total split by weights into whole numbers that add up to it exactly (largest remainder)."""
    exact = [total * weight / sum(weights) for weight in weights]
    whole = [int(share) for share in exact]
    by_remainder = sorted(range(len(exact)), key=lambda n: whole[n] - exact[n])
    for n in by_remainder[: total - sum(whole)]:
        whole[n] += 1
    return whole


def _free_spot(area: BaseGeometry, taken: list[Point], rng: Random, apart_m: float) -> Point:
    """A random point of an area at least `apart_m` from those taken; nearer together only where there is no room."""
    shapely.prepare(area)
    west, south, east, north = area.bounds
    while True:
        for _ in range(400):
            point = Point(rng.uniform(west, east), rng.uniform(south, north))
            if area.contains(point) and all(point.distance(other) >= apart_m for other in taken):
                return point
        apart_m *= 0.85
