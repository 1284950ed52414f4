"""Shelters of the demonstration: one at each town's seat, the rest beside communities and villages."""

from __future__ import annotations

from shapely.geometry import Point

from app.command.demo.ground import TOWNS
from app.command.demo.marks import Marks, Spots, numbered
from app.command.demo.metres import at
from app.command.demo.places import Place
from geodata.store.batch import Row

COUNT = 60
_URBAN_SITES = (("小学操场", "outdoor"), ("公园", "outdoor"), ("广场", "outdoor"), ("中学体育馆", "indoor"), ("文体中心", "indoor"))
_RURAL_SITES = (("村委会广场", "outdoor"), ("小学", "both"), ("文化活动室", "indoor"))


def shelter_rows(marks: Marks, spots: Spots, places: list[Place]) -> list[Row]:
    """Sixty shelters: 8 town-level, then communities, then the larger villages."""
    sites: list[tuple[str, str, str, Point, int]] = []
    for town in TOWNS:
        short = town.name.removesuffix("街道").removesuffix("镇").removesuffix("苏木")
        sites.append((f"{short}体育场", "town", "outdoor", spots.near(at(*town.seat), 120, 500), 30_000))
    urban = [place for place in places if place.urban]
    for number, place in enumerate(urban[:24]):
        word, setting = _URBAN_SITES[number % len(_URBAN_SITES)]
        sites.append((place.name.removesuffix("社区") + word, "county" if word == "公园" else "village", setting,
                      spots.near(place.point, 90, 320), 14_000))
    rural = sorted((place for place in places if not place.urban), key=lambda place: -place.population)
    for number, place in enumerate(rural[: COUNT - len(sites)]):
        word, setting = _RURAL_SITES[number % len(_RURAL_SITES)]
        sites.append((place.name + word if "村委会" not in word else place.name.removesuffix("村") + word, "village", setting,
                      spots.near(place.point, 90, 240), 4_000))
    return [marks.row(_shelter(marks, code, *site), site[3]) for code, site in zip(numbered("SH", COUNT), sites, strict=True)]


def _shelter(marks: Marks, code: str, name: str, level: str, setting: str, point: Point, typical_m2: int) -> dict[str, object]:
    rng = marks.rng
    area_m2 = round(typical_m2 * rng.uniform(0.6, 1.7) * (0.35 if setting == "indoor" else 1), -1)
    effective_m2 = round(area_m2 * rng.uniform(0.4, 0.7), -1)
    capacity = int(effective_m2 / rng.uniform(2.0, 3.4)) // 10 * 10
    status = marks.pick(("standby", 0.78), ("open", 0.12), ("closed", 0.06), ("full", 0.04))
    people = {"open": int(capacity * rng.uniform(0.05, 0.6)), "full": capacity}.get(status, 0)
    suits = ["earthquake", "fire"] + (["health", "chemical"] if setting != "outdoor" else []) + (["flood", "ice_flood"] if point.y > -4_500 else [])
    return {
        "code": code, "name": name, "level": level, "scope": "comprehensive" if level in ("town", "county") else "special",
        "kind": "long" if level == "town" else "short" if setting != "outdoor" else "emergency", "setting": setting, "suits": suits,
        "area_m2": area_m2, "effective_area_m2": effective_m2, "capacity": capacity, "people_now": people,
        "service_radius_m": float({"town": 5000, "county": 2500}.get(level, 1000)),
        "functions": "应急指挥、住宿、医疗救护、供水、厕所" if level == "town" else "集散、供水、厕所",
        "operator": f"{name}管理单位", "person": marks.person(), "phone": marks.phone(), "status": status, "address": f"包头市九原区{name}（演示地址）",
    }
