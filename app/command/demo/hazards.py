"""Hazard sources of the demonstration with their substances: stocks are chosen so that R, and with it the level, comes out as wanted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from shapely.geometry import Point

from app.command.demo.ground import INDUSTRY
from app.command.demo.marks import Marks, Spots, numbered
from app.command.demo.metres import at
from app.command.demo.network import MAIN_ROADS
from app.command.demo.places import Place
from geodata.store.batch import Row
from layers.rules import level_from_r


@dataclass(frozen=True)
class Chemical:
    """A substance as the demonstration knows it: threshold in t and β are sample values, to be replaced from GB 18218."""

    cas: str
    un_number: str
    hazard_class: str
    threshold_t: float
    beta: float
    state: str


CHEMICALS: Mapping[str, Chemical] = {
    "液氨": Chemical("7664-41-7", "1005", "毒性气体", 10, 2, "liquefied_gas"),
    "液氯": Chemical("7782-50-5", "1017", "毒性气体", 5, 4, "liquefied_gas"),
    "光气": Chemical("75-44-5", "1076", "毒性气体", 0.3, 20, "liquefied_gas"),
    "氟化氢": Chemical("7664-39-3", "1052", "毒性气体", 1, 5, "liquefied_gas"),
    "硫化氢": Chemical("7783-06-4", "1053", "毒性气体", 5, 5, "gas"),
    "氯化氢": Chemical("7647-01-0", "1050", "毒性气体", 20, 3, "liquefied_gas"),
    "一氧化碳": Chemical("630-08-0", "1016", "毒性气体", 20, 2, "gas"),
    "煤气": Chemical("630-08-0", "1023", "毒性气体", 20, 2, "gas"),
    "环氧乙烷": Chemical("75-21-8", "1040", "毒性、易燃气体", 10, 2, "liquefied_gas"),
    "甲醇": Chemical("67-56-1", "1230", "易燃液体", 500, 1, "liquid"),
    "乙烯": Chemical("74-85-1", "1962", "易燃气体", 50, 1.5, "liquefied_gas"),
    "丙烯": Chemical("115-07-1", "1077", "易燃气体", 50, 1.5, "liquefied_gas"),
    "氢": Chemical("1333-74-0", "1049", "易燃气体", 5, 1.5, "gas"),
    "天然气": Chemical("8006-14-2", "1971", "易燃气体", 50, 1.5, "gas"),
    "液化天然气": Chemical("8006-14-2", "1972", "易燃气体", 50, 1.5, "liquefied_gas"),
    "液化石油气": Chemical("68476-85-7", "1075", "易燃气体", 50, 1.5, "liquefied_gas"),
    "乙炔": Chemical("74-86-2", "1001", "易燃气体", 1, 1.5, "gas"),
    "苯": Chemical("71-43-2", "1114", "易燃液体", 50, 1, "liquid"),
    "甲苯": Chemical("108-88-3", "1294", "易燃液体", 500, 1, "liquid"),
    "丙烯腈": Chemical("107-13-1", "1093", "易燃、毒性液体", 50, 1, "liquid"),
    "环氧丙烷": Chemical("75-56-9", "1280", "易燃液体", 10, 1, "liquid"),
    "汽油": Chemical("86290-81-5", "1203", "易燃液体", 200, 1, "liquid"),
    "柴油": Chemical("68334-30-5", "1202", "易燃液体", 5000, 1, "liquid"),
    "液氧": Chemical("7782-44-7", "1073", "氧化性气体", 200, 1, "liquid"),
    "过氧化氢": Chemical("7722-84-1", "2014", "氧化性液体", 200, 1, "liquid"),
    "工业炸药": Chemical("6484-52-2", "0082", "爆炸品", 10, 2, "solid"),
    "烟花爆竹": Chemical("", "0336", "爆炸品", 50, 1, "solid"),
}


@dataclass(frozen=True)
class Site:
    """A hazard source wanted: where, what it holds, about which R, and how many people live within 500 m."""

    name: str
    firm: str
    kind: str
    where: str
    chemicals: tuple[str, ...] = ()
    r_value: float = 0.0
    people: int = 0


_PARK, _MACHI, _HADEMEN = INDUSTRY
_OLEFINS = "神华包头煤化工"

SITES = (
    Site("煤化工甲醇罐区", _OLEFINS, "chemical", _PARK, ("甲醇",), 118, 60),
    Site("煤化工烯烃球罐区", _OLEFINS, "chemical", _PARK, ("乙烯", "丙烯"), 164, 75),
    Site("煤化工液氨球罐", _OLEFINS, "chemical", _PARK, ("液氨",), 66, 40),
    Site("煤化工气化装置", _OLEFINS, "chemical", _PARK, ("一氧化碳", "氢", "硫化氢"), 58, 40),
    Site("甲化工厂液氨罐区", "园区甲化工厂", "chemical", _PARK, ("液氨",), 42, 34),
    Site("甲化工厂氯化氢装置", "园区甲化工厂", "chemical", _PARK, ("氯化氢",), 16, 12),
    Site("乙化工厂氯罐", "园区乙化工厂", "chemical", _PARK, ("液氯",), 74, 110),
    Site("乙化工厂苯罐区", "园区乙化工厂", "chemical", _PARK, ("苯", "甲苯"), 21, 24),
    Site("丙化工厂光气化装置", "园区丙化工厂", "chemical", _PARK, ("光气", "液氯"), 108, 36),
    Site("丁氟化工厂氟化氢装置", "园区丁氟化工厂", "chemical", _PARK, ("氟化氢",), 53, 18),
    Site("戊新材料环氧乙烷罐区", "园区戊新材料厂", "chemical", _PARK, ("环氧乙烷",), 33, 15),
    Site("己气体厂液氧氢气站", "园区己气体厂", "chemical", _PARK, ("液氧", "氢"), 6.4, 8),
    Site("庚化工厂丙烯腈罐区", "园区庚化工厂", "chemical", _PARK, ("丙烯腈",), 12.5, 20),
    Site("辛电石厂乙炔站", "园区辛电石厂", "chemical", _PARK, ("乙炔",), 7.2, 0),
    Site("园区热电厂脱硝氨站", "园区热电厂", "power", _PARK, ("液氨",), 4.8, 16),
    Site("园区天然气门站", "九原燃气", "gas", _PARK, ("天然气",), 11, 30),
    Site("明天科技液氯库", "明天科技", "chemical", _MACHI, ("液氯",), 62, 130),
    Site("明天科技环氧丙烷罐区", "明天科技", "chemical", _MACHI, ("环氧丙烷",), 19, 55),
    Site("钢铁煤气柜", "麻池钢铁厂", "metallurgy", _MACHI, ("煤气",), 51, 48),
    Site("铝业天然气调压站", "麻池铝业", "metallurgy", _MACHI, ("天然气",), 5.2, 10),
    Site("河西热电厂氨区", "河西热电厂", "power", _MACHI, ("液氨",), 9.1, 28),
    Site("双氧水罐区", "麻池化学制剂厂", "chemical", _MACHI, ("过氧化氢",), 3.3, 14),
    Site("哈德门冶炼厂氨罐", "哈德门冶炼厂", "metallurgy", _HADEMEN, ("液氨",), 8.4, 9),
    Site("哈德门液化天然气储配站", "九原燃气", "gas", _HADEMEN, ("液化天然气",), 22, 20),
    Site("哈德门民爆器材库", "哈德门民爆", "other", _HADEMEN, ("工业炸药",), 13, 0),
    Site("萨如拉天然气门站", "九原燃气", "gas", "109.8480,40.6080", ("天然气",), 14, 160),
    Site("沙河液化天然气加气站", "九原燃气", "gas", "109.9480,40.5740", ("液化天然气",), 3.9, 120),
    Site("国道110液化气站", "九原燃气", "gas", "109.7200,40.6040", ("液化石油气",), 17, 34),
    Site("麻池液化气充装站", "麻池燃气", "gas", "109.8330,40.5820", ("液化石油气",), 6.8, 45),
    Site("赛汗冷链液氨制冷机房", "赛汗冷链", "special_equipment", "109.9020,40.5740", ("液氨",), 10.8, 140),
    Site("沙河水厂加氯间", "沙河水厂", "other", "109.9660,40.5720", ("液氯",), 2.6, 95),
    Site("哈业胡同烟花爆竹仓库", "哈业胡同供销社", "fireworks", "109.4560,40.6140", ("烟花爆竹",), 1.4, 0),
    Site("国道110沙河加油站", "沙河加油站", "fuel_station", "国道110:0.90", ("汽油", "柴油"), 0.9, 80),
    Site("国道110麻池加油站", "麻池加油站", "fuel_station", "国道110:0.63", ("汽油", "柴油"), 0.7, 20),
    Site("国道110哈业胡同加油站", "哈业胡同加油站", "fuel_station", "国道110:0.13", ("汽油", "柴油"), 0.6, 12),
    Site("省道104哈林格尔加油站", "哈林格尔加油站", "fuel_station", "省道104:0.45", ("汽油", "柴油"), 0.8, 26),
    Site("沿黄公路加油站", "沿黄加油站", "fuel_station", "沿黄公路:0.62", ("汽油", "柴油"), 0.5, 6),
    Site("泉山金矿炸药库", "泉山金矿", "mine", "109.5620,40.7090", ("工业炸药",), 2.2, 0),
    Site("泉山金矿尾矿库", "泉山金矿", "tailings", "109.5700,40.6990"),
    Site("梅力更采石场", "梅力更采石场", "mine", "109.4520,40.6960"),
)


def alpha_from_people(people: int) -> float:
    """Exposure factor by people within 500 m of the fence (GB 18218-2018, as quoted in domain.md section 3)."""
    return next(alpha for lowest, alpha in ((100, 2.0), (50, 1.5), (30, 1.2), (1, 1.0), (0, 0.5)) if people >= lowest)


def hazard_rows(marks: Marks, spots: Spots, places: list[Place]) -> tuple[list[Row], list[Row]]:
    """Rows of hazard sources and rows of their substances, tied by the source's code."""
    sources: list[Row] = []
    substances: list[Row] = []
    works: dict[str, Point] = {}
    for code, site in zip(numbered("HS", len(SITES)), SITES, strict=True):
        point = _spot(site, spots, works)
        alpha = alpha_from_people(site.people)
        stocks = list(_stocks(site, alpha, marks))
        r_value = round(sum(alpha * chemical.beta * stock_t / chemical.threshold_t for _, chemical, stock_t in stocks),
                        2) if stocks else None
        sources.append(marks.row(_source(marks, code, site, point, places, alpha, r_value), point))
        for number, (name, chemical, stock_t) in enumerate(stocks, 1):
            substances.append(marks.row(_substance(marks, f"{code}-{number}", code, site, name, chemical, stock_t), None,
                                        adcode=str(sources[-1].properties["adcode"])))
    return sources, substances


def _spot(site: Site, spots: Spots, works: dict[str, Point]) -> Point:
    """Where the source stands: those of one firm in an industrial area stand together."""
    if site.where in INDUSTRY:
        ground = INDUSTRY[site.where].buffer(-90)
        if site.firm in works:
            return spots.near(works[site.firm], 230, 620, within=ground)
        works[site.firm] = spots.inside(ground, apart_m=480)
        return works[site.firm]
    if ":" in site.where:
        name, fraction = site.where.split(":")
        return spots.beside(next(road.line for road in MAIN_ROADS if road.name == name), float(fraction))
    lon, lat = site.where.split(",")
    return spots.near(at(float(lon), float(lat)), 0, 250)


def _stocks(site: Site, alpha: float, marks: Marks) -> Iterator[tuple[str, Chemical, float]]:
    """How much of each substance lies there so that R comes out near the one wanted."""
    weights = [marks.rng.uniform(0.6, 1.4) for _ in site.chemicals]
    for name, weight in zip(site.chemicals, weights, strict=True):
        chemical = CHEMICALS[name]
        stock_t = site.r_value * weight / sum(weights) * chemical.threshold_t / (alpha * chemical.beta)
        yield name, chemical, round(stock_t, 1 if stock_t >= 10 else 2)


def _source(marks: Marks, code: str, site: Site, point: Point, places: list[Place], alpha: float, r_value: float | None) -> dict[str,
    object]:
    rng = marks.rng
    level = level_from_r(r_value) if r_value is not None else None
    colour = {1: "red", 2: "orange", 3: "yellow", 4: "blue", None: "yellow"}[level]
    park = site.where if site.where in INDUSTRY else None
    return {
        "code": code, "name": site.name, "firm": site.firm, "kind": site.kind, "level": level, "r_value": r_value,
        "alpha": alpha if r_value is not None else None, "industrial_park": park, "risk_colour": colour,
        "address": f"包头市九原区{park or ''}（演示地址）", "in_service_since": date(rng.randrange(2003, 2023), rng.randrange(1, 13), 1),
        "people_within_500_m": site.people if site.chemicals else None,
        "target_distance_m": round(min(place.point.distance(point) for place in places)),
        "safety_distance_m": float(rng.choice((100, 150, 300, 500, 800))) if level in (1, 2, 3) else None,
        "accidents_3_years": marks.pick((0, 0.85), (1, 0.12), (2, 0.03)), "hidden_dangers_open": marks.pick((0, 0.6), (1, 0.2), (2, 0.12),
            (5, 0.08)),
        "hidden_dangers_closed": rng.randrange(0, 40), "principal": marks.person(), "technical_person": marks.person(),
        "operations_person": marks.person(), "phone": marks.phone(), "plan": f"{site.firm}生产安全事故应急预案（演示）",
    }


def _substance(marks: Marks, code: str, source: str, site: Site, name: str, chemical: Chemical, stock_t: float) -> dict[str, object]:
    rng = marks.rng
    pressed = chemical.state in ("gas", "liquefied_gas")
    return {
        "code": code, "hazard_source": source, "name": name, "cas": chemical.cas or None, "un_number": chemical.un_number,
        "hazard_class": chemical.hazard_class, "use": "fuel" if site.kind in ("gas", "fuel_station", "metallurgy") else marks.pick(
            ("raw_material", 0.6), ("product", 0.4)),
        "vessel_state": chemical.state, "vessel_temperature_c": float(rng.randrange(-33, 5) if chemical.state == "liquefied_gas" else 25),
        "vessel_pressure_mpa": round(rng.uniform(0.4, 2.5), 1) if pressed else 0.1, "vessel_stock_t": round(stock_t * rng.uniform(0.3,
            0.8), 2),
        "stock_t": stock_t, "threshold_t": chemical.threshold_t, "beta": chemical.beta,
    }
