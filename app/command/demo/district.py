"""The whole demonstration district as rows by layer, the same for the same moment."""

from __future__ import annotations

from datetime import date, datetime
from random import Random

import shapely

from app.command.demo.dangers import DIKE_STARTS_AT_M, fire_zone_rows, section_rows
from app.command.demo.depots import depot_rows
from app.command.demo.facilities import facility_rows
from app.command.demo.ground import (
    ADCODE,
    DIKE,
    FLOOD_PLAIN,
    INDUSTRY,
    INSIDE,
    MOUNTAINS,
    OUTLINE,
    RIVER,
    STREAMS,
    TOWNS,
    URBAN,
    WATER,
    town_areas,
)
from app.command.demo.hazards import hazard_rows
from app.command.demo.incidents import incident_rows, order_rows
from app.command.demo.marks import SOURCE, Marks, Spots
from app.command.demo.movements import movement_rows, unopened
from app.command.demo.network import LANES, SPEED_KMH, Road, build_network, chainage_of, railways
from app.command.demo.places import POPULATION_BASIS, Place, settle
from app.command.demo.planning import share_rows, standard_rows
from app.command.demo.shelters import shelter_rows
from app.command.demo.teams import team_rows
from geodata.store.batch import Row
from layers.catalogue.context import DEFAULT_PROFILES

SEED = 150207


def demonstration(as_of: datetime, seed: int = SEED) -> dict[str, list[Row]]:
    """Rows by layer id, referred layers before those that refer to them; ages are counted back from `as_of`."""
    areas = town_areas()
    marks = Marks(Random(seed), as_of, areas)
    places = settle(areas, Random(seed + 1))
    roads = build_network({place.name: place.point for place in places}, Random(seed + 2))
    spots = Spots([road.line for road in roads], marks.rng)
    spots.taken += [place.point for place in places]
    hazards, substances = hazard_rows(marks, spots, places)
    depots, supplies = depot_rows(marks, spots)
    whole = {
        "landuse": _landuse(marks, places),
        "rivers": _rivers(marks),
        "railways": _railways(marks),
        "divisions": _divisions(marks),
        "towns": [marks.row({"code": town.code, "name": town.name, "kind": town.kind, "responsible_person": marks.person(),
                             "phone": marks.phone()},
                            areas[town.code], adcode=town.code) for town in TOWNS],
        "roads": _roads(marks, roads),
        "vehicle_profiles": [Row({**one, "adcode": ADCODE, "source_date": as_of.date()}, None) for one in DEFAULT_PROFILES],
        "villages": _villages(marks, places),
        "hazard_sources": hazards,
        "substances": substances,
        "shelters": shelter_rows(marks, spots, places),
        "depots": depots,
        "supplies": unopened(supplies),
        "supply_movements": movement_rows(supplies, as_of, Random(seed + 3)),
        "rescue_teams": team_rows(marks, spots),
        "facilities": facility_rows(marks, spots, places),
        "river_sections": section_rows(marks, places),
        "fire_zones": fire_zone_rows(marks),
        "shelter_shares": share_rows(as_of),
        "need_standards": standard_rows(as_of),
    }
    later = Marks(Random(seed + 4), as_of, areas)  # with dice of its own, so that all before is drawn as ever
    incidents, zones = incident_rows(later)
    return {**whole, "incidents": incidents, "impact_zones": zones, "dispatch_orders": order_rows(later, whole["rescue_teams"], depots, supplies)}


def _divisions(marks: Marks) -> list[Row]:
    properties = {"code": ADCODE, "name": "九原区", "level": "county", "area_km2": round(OUTLINE.area / 1e6, 1),
                  "remark": "自绘简化示意范围，不是行政区域界线"}
    return [marks.row(properties, OUTLINE, ages=False, adcode=ADCODE)]


def _landuse(marks: Marks, places: list[Place]) -> list[Row]:
    drawn = [(name, "mountain", area) for name, area in MOUNTAINS.items()]
    drawn += [("黄河滩区", "flood_plain", FLOOD_PLAIN)]
    drawn += [(name, "urban", area) for name, area in URBAN.items()]
    drawn += [(name, "industry", area) for name, area in INDUSTRY.items()]
    drawn += [(place.name, "urban", _village_ground(marks, place)) for place in places if not place.urban]
    drawn += [("黄河", "water", WATER)]
    return [marks.row({"code": f"LU-{n:03d}", "name": name, "kind": kind}, area, ages=False) for n,
            (name, kind, area) in enumerate(drawn, 1)]


def _village_ground(marks: Marks, place: Place) -> shapely.Polygon:
    """The built-up ground of a village: a few blocks about its middle, larger where more people live."""
    reach = 70 + place.population**0.5 * 4
    blocks = [shapely.box(-w, -h, w, h) for w, h in ((reach * marks.rng.uniform(0.7, 1.2),
                                                      reach * marks.rng.uniform(0.5, 0.9)) for _ in range(3))]
    moved = [shapely.affinity.translate(block, place.point.x + marks.rng.uniform(-0.5, 0.5) * reach,
                                        place.point.y + marks.rng.uniform(-0.4, 0.4) * reach)
             for block in blocks]
    ground = shapely.affinity.rotate(shapely.union_all(moved), marks.rng.uniform(-12, 12), origin=place.point)
    return (shapely.convex_hull(ground) if ground.geom_type != "Polygon" else ground).intersection(INSIDE)


def _rivers(marks: Marks) -> list[Row]:
    drawn = [("黄河", "river", RIVER.intersection(OUTLINE)), ("黄河左岸大堤", "dike", DIKE),
             *((one.name, one.kind, one.line) for one in STREAMS)]
    dike = {"river": "黄河", "bank": "left", "chainage_from_m": float(DIKE_STARTS_AT_M), "chainage_to_m": float(round(DIKE_STARTS_AT_M + DIKE.length))}
    return [marks.row({"code": f"RV-{n:03d}", "name": name, "kind": kind, **(dike if line is DIKE else {})}, line, ages=False) for n,
            (name, kind, line) in enumerate(drawn, 1)]


def _railways(marks: Marks) -> list[Row]:
    return [marks.row({"code": f"RL-{n:03d}", "name": road.name, "bridge": False}, road.line, ages=False) for n,
            road in enumerate(railways(), 1)]


def _roads(marks: Marks, roads: list[Road]) -> list[Row]:
    return [marks.row({
        "code": f"RD-{n:04d}", "name": road.name, "number": road.number, "road_class": road.road_class, "one_way": road.one_way, "bridge": road.bridge,
        "speed_kmh": float(SPEED_KMH[road.road_class]), "lanes": LANES[road.road_class], "closed": road.closed,
        "max_weight_t": 20.0 if road.bridge and road.name == "省道104" else None,
        **dict(zip(("chainage_from_m", "chainage_to_m"), chainage_of(road) or (None, None), strict=True)),
        "remark": "施工封闭（演示）" if road.closed else "黄河浮桥，凌汛期拆除（演示）" if road.bridge and road.name == "省道104" and road.line.length > 250 else None,
    }, road.line, ages=False) for n, road in enumerate(roads, 1)]


def _villages(marks: Marks, places: list[Place]) -> list[Row]:
    return [marks.row({
        "code": f"VL-{n:03d}", "name": place.name, "kind": place.kind, "town": place.town, "population": place.population,
        "households": round(place.population / marks.rng.uniform(2.2, 2.8)), "elderly": round(place.population * marks.rng.uniform(0.14,
            0.36)),
        "population_basis": POPULATION_BASIS, "population_date": date(2020, 11, 1), "responsible_person": marks.person(), "phone": marks.phone(),
    }, place.point) for n, place in enumerate(places, 1)]


__all__ = ["SOURCE", "demonstration"]
