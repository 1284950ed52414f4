"""The demonstration district is one that a duty officer could believe, and always the same."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta

import pytest
import shapely
from pyproj import Geod
from shapely.geometry import mapping

from app.command.demo.district import demonstration
from app.command.demo.places import POPULATION, URBAN_POPULATION
from geodata.store.batch import Row
from layers.catalogue import CATALOGUE
from layers.checking import check
from layers.district import JIUYUAN
from layers.periods import parse_periods
from layers.rules import level_from_r
from layers.spec import Geometry

AS_OF = datetime(2026, 11, 23, 6, 36, tzinfo=UTC)
GEOD = Geod(ellps="GRS80")
Rows = dict[str, list[Row]]


@pytest.fixture(scope="module")
def drawn() -> Rows:
    return demonstration(AS_OF)


def distance_m(one: shapely.Point, other: shapely.Point) -> float:
    return float(GEOD.inv(one.x, one.y, other.x, other.y)[2])


def pieces_that_hang_together(roads: list[Row]) -> int:
    """How many separate networks the roads make, by a plain walk from end point to end point."""
    ways: dict[tuple[float, ...], set[tuple[float, ...]]] = defaultdict(set)
    for road in roads:
        first, last = road.geometry.coords[0], road.geometry.coords[-1]
        ways[first].add(last)
        ways[last].add(first)
    unseen, groups = set(ways), 0
    while unseen:
        groups += 1
        reached = [unseen.pop()]
        while reached:
            for node in ways[reached.pop()] & unseen:
                unseen.discard(node)
                reached.append(node)
    return groups


def test_the_counts_are_those_of_the_order(drawn: Rows) -> None:
    assert {layer_id: len(drawn[layer_id]) for layer_id in (
        "hazard_sources", "shelters", "depots", "rescue_teams", "river_sections", "fire_zones", "villages", "towns", "divisions")} == {
        "hazard_sources": 40, "shelters": 60, "depots": 15, "rescue_teams": 30, "river_sections": 12, "fire_zones": 20, "villages": 90,
        "towns": 8, "divisions": 1}
    assert len(drawn["roads"]) > 1_500
    assert {row.properties["kind"] for row in drawn["facilities"]} == {"school", "hospital", "fire_station", "care_home"}
    assert set(drawn) == set(CATALOGUE) - {"scenario_areas", "road_blocks"}  # those are plotted in drills, these when a road is blocked


def test_the_population_adds_up_to_the_census(drawn: Rows) -> None:
    villages = [row.properties for row in drawn["villages"]]
    assert sum(village["population"] for village in villages) == POPULATION == 245_190
    assert sum(village["population"] for village in villages if village["kind"] == "community") == URBAN_POPULATION == 189_918
    assert all(village["population"] > 0 and village["population_basis"] for village in villages)


def test_every_feature_keeps_every_rule_of_its_layer(drawn: Rows) -> None:
    for layer_id, rows in drawn.items():
        for row in rows:
            problems = [problem for problem in check(CATALOGUE[layer_id], row.properties, row.geometry and mapping(row.geometry))
                        if problem.code != "not-a-reference"]  # rows name what they refer to by its key
            assert not problems, (layer_id, row.properties["code"], problems)


def test_every_feature_lies_in_the_district(drawn: Rows) -> None:
    outline = drawn["divisions"][0].geometry
    assert outline is not None
    west, south, east, north = outline.bounds
    assert JIUYUAN.holds(west, south) and JIUYUAN.holds(east, north)
    for layer_id, rows in drawn.items():
        for row in rows:
            if row.geometry is not None:
                assert row.geometry.is_valid
                assert row.geometry.difference(outline.buffer(2e-6)).is_empty, (layer_id, row.properties["code"])


def test_the_outline_is_as_large_as_the_district(drawn: Rows) -> None:
    area_m2 = abs(GEOD.geometry_area_perimeter(drawn["divisions"][0].geometry)[0])
    assert area_m2 / 1e6 == pytest.approx(815, rel=0.02)


def test_the_towns_share_out_the_district(drawn: Rows) -> None:
    outline = drawn["divisions"][0].geometry
    towns = [row.geometry for row in drawn["towns"]]
    assert sum(town.area for town in towns if town is not None) == pytest.approx(outline.area, rel=1e-3)
    assert shapely.union_all(towns).area == pytest.approx(outline.area, rel=1e-3)


def test_levels_agree_with_r_and_r_with_the_substances(drawn: Rows) -> None:
    stocks: dict[str, list[float]] = defaultdict(list)
    for row in drawn["substances"]:
        one = row.properties
        stocks[one["hazard_source"]].append(one["beta"] * one["stock_t"] / one["threshold_t"])
    levels: Counter[int] = Counter()
    for row in drawn["hazard_sources"]:
        source = row.properties
        if source["r_value"] is None:
            assert source["level"] is None and source["code"] not in stocks
            continue
        assert source["r_value"] == pytest.approx(source["alpha"] * sum(stocks[source["code"]]), abs=0.01)
        assert source["level"] == level_from_r(source["r_value"])
        people = source["people_within_500_m"]
        assert source["alpha"] == (2.0 if people >= 100 else 1.5 if people >= 50 else 1.2 if people >= 30 else 1.0 if people else 0.5)
        levels[source["level"]] += 1
    assert all(levels[level] >= 3 for level in (1, 2, 3, 4))


def test_every_road_is_reached_from_every_other(drawn: Rows) -> None:
    assert pieces_that_hang_together(drawn["roads"]) == 1
    names = {row.properties["number"] for row in drawn["roads"]}
    assert {"G6", "G65", "G110", "S104"} <= names
    assert all(row.properties["name"] and row.properties["speed_kmh"] > 0 for row in drawn["roads"])


def test_a_network_without_its_interchanges_would_be_caught(drawn: Rows) -> None:
    roads = drawn["roads"]
    motorway_ends = {road.geometry.coords[end] for road in roads if road.properties["number"] == "G65" for end in (0, -1)}
    cut = [road for road in roads if road.properties["number"] == "G65"
           or not motorway_ends & {road.geometry.coords[0], road.geometry.coords[-1]}]
    assert pieces_that_hang_together(cut) > 1


def test_roads_of_one_level_meet_only_in_junctions(drawn: Rows) -> None:
    surface = [row.geometry for row in drawn["roads"] if row.properties["road_class"] != "motorway"]
    tree = shapely.STRtree(surface)
    first, second = tree.query(surface, predicate="crosses")
    assert [(surface[a].wkt, surface[b].wkt) for a, b in zip(first, second, strict=True) if a < b] == []


def test_the_river_is_crossed_on_bridges_only(drawn: Rows) -> None:
    water = next(row.geometry for row in drawn["landuse"] if row.properties["kind"] == "water")
    over = [row.properties for row in drawn["roads"] if row.geometry.intersection(water.buffer(-1e-5)).length > 0]
    assert {road["number"] for road in over} == {"G65", "S104"}
    assert all(road["bridge"] for road in over)


def test_one_way_and_closed_roads_leave_another_way(drawn: Rows) -> None:
    open_roads = [row for row in drawn["roads"] if not row.properties["closed"]]
    assert 0 < len(drawn["roads"]) - len(open_roads) < 10
    assert pieces_that_hang_together(open_roads) == 1
    assert any(row.properties["one_way"] for row in drawn["roads"])


def test_roads_with_milestones_have_a_chainage_of_their_length(drawn: Rows) -> None:
    marked = [row for row in drawn["roads"] if row.properties["chainage_from_m"] is not None]
    assert {row.properties["number"] for row in marked} == {"G6", "G65", "G110", "S104", "X641"} and len(marked) > 130
    for row in marked:
        said_m = abs(row.properties["chainage_to_m"] - row.properties["chainage_from_m"])
        assert said_m == pytest.approx(GEOD.geometry_length(row.geometry), rel=0.02, abs=5.0), row.properties["code"]
    motorway = [row.properties for row in marked if row.properties["number"] == "G6"]
    assert any(min(one["chainage_from_m"], one["chainage_to_m"]) <= 658_200 <= max(one["chainage_from_m"], one["chainage_to_m"]) for one in motorway)


def test_every_village_has_a_road(drawn: Rows) -> None:
    network = shapely.STRtree([row.geometry for row in drawn["roads"]])
    for row in drawn["villages"]:
        nearest = network.query_nearest(row.geometry, return_distance=True)[1][0]
        assert nearest < 0.0005, row.properties["name"]  # some 50 m


def test_shelters_stand_where_people_live(drawn: Rows) -> None:
    homes = [row.geometry for row in drawn["villages"]]
    seats = [row.geometry for row in drawn["landuse"] if row.properties["kind"] == "urban"]
    for row in drawn["shelters"]:
        assert min(distance_m(row.geometry, home) for home in homes) < 1_000 or any(seat.covers(row.geometry) for seat in seats)
    assert {row.properties["status"] for row in drawn["shelters"]} >= {"standby", "open", "closed"}


def test_fire_zones_lie_in_the_northern_mountains_and_do_not_overlap(drawn: Rows) -> None:
    mountains = shapely.union_all([row.geometry for row in drawn["landuse"] if row.properties["kind"] == "mountain"])
    zones = [row.geometry for row in drawn["fire_zones"]]
    assert all(zone.difference(mountains.buffer(1e-6)).is_empty and zone.bounds[1] > 40.62 for zone in zones)
    assert shapely.union_all(zones).area == pytest.approx(sum(zone.area for zone in zones), rel=1e-9)
    assert all(parse_periods(row.properties["control_periods"]) for row in drawn["fire_zones"])


def test_sections_lie_on_their_river_or_its_dike_with_a_chainage_of_their_length(drawn: Rows) -> None:
    lines = {row.properties["name"]: row.geometry for row in drawn["rivers"]}
    for row in drawn["river_sections"]:
        section = row.properties
        along = lines["黄河左岸大堤" if section["river"] == "黄河" else section["river"]]
        assert row.geometry.difference(along.buffer(1e-6)).is_empty
        length_m = GEOD.geometry_length(row.geometry)
        assert section["chainage_to_m"] - section["chainage_from_m"] == pytest.approx(section["length_m"]) == pytest.approx(length_m,
            rel=0.01)
    assert {"三岔口险工", "打不素险工", "三银才险工", "西栓险工"} <= {row.properties["name"] for row in drawn["river_sections"]}
    chainages = [row.properties["chainage_from_m"] for row in drawn["river_sections"] if row.properties["river"] == "黄河"]
    assert chainages == sorted(chainages)


def test_chemical_plants_stand_together_in_industrial_areas(drawn: Rows) -> None:
    industry = shapely.union_all([row.geometry for row in drawn["landuse"] if row.properties["kind"] == "industry"])
    chemical = [row for row in drawn["hazard_sources"] if row.properties["kind"] == "chemical"]
    assert len(chemical) > 12 and all(industry.covers(row.geometry) for row in chemical)


def test_stock_lines_and_substances_belong_to_a_depot_and_a_source(drawn: Rows) -> None:
    depots = {row.properties["code"] for row in drawn["depots"]}
    sources = {row.properties["code"] for row in drawn["hazard_sources"]}
    assert {row.properties["depot"] for row in drawn["supplies"]} == depots
    assert {row.properties["hazard_source"] for row in drawn["substances"]} <= sources
    for row in drawn["supplies"]:
        line = row.properties
        assert len(line["item_code"]) == 7 and line["item_code"].isdigit()
        assert line["category"] == {"1": "living", "2": "equipment", "3": "engineering"}[line["item_code"][0]]
    counted = {row.properties["line"]: row.properties["quantity"] for row in drawn["supply_movements"] if row.properties["kind"] == "count"}
    assert any(counted[row.properties["code"]] < row.properties["minimum_quantity"] for row in drawn["supplies"])


def test_no_two_symbols_stand_on_one_another(drawn: Rows) -> None:
    points = [row.geometry for layer_id in ("hazard_sources", "shelters", "depots", "rescue_teams", "facilities",
                                            "villages") for row in drawn[layer_id]]
    tree = shapely.STRtree(points)
    first, second = tree.query(points, predicate="dwithin", distance=0.0003)
    assert [(a, b) for a, b in zip(first, second, strict=True) if a < b] == []


def test_keys_are_unique_and_everything_says_demonstration(drawn: Rows) -> None:
    towns = {row.properties["code"] for row in drawn["towns"]}
    for layer_id, rows in drawn.items():
        keys = [row.properties[CATALOGUE[layer_id].key] for row in rows]
        assert len(set(keys)) == len(keys)
        for row in rows:
            assert (row.properties["source"] == "演示数据" or "假定" in row.properties["source"]) and row.properties["source_date"]
            assert row.properties["adcode"] in towns | {"150207"}
            phones = [value for name, value in row.properties.items() if name.endswith("phone") and value]
            assert all(phone.startswith("000-") for phone in phones)
            assert (row.geometry is None) == (CATALOGUE[layer_id].geometry is Geometry.NONE)


def test_some_records_are_fresh_and_some_long_overdue(drawn: Rows) -> None:
    for layer_id in ("shelters", "hazard_sources", "facilities"):
        ages = [AS_OF - row.properties["verified_at"] for row in drawn[layer_id] if row.properties["verified_at"]]
        assert min(ages) < timedelta(days=7) and max(ages) > timedelta(days=90)
        assert all(age >= timedelta(0) for age in ages)
    assert any(row.properties["verified_at"] is None for rows in drawn.values() for row in rows)
    assert any(AS_OF - row.properties["last_patrol_at"] > timedelta(days=7) for row in drawn["river_sections"])


def test_the_same_moment_gives_the_same_district(drawn: Rows) -> None:
    again = demonstration(AS_OF)
    assert {layer_id: [(dict(row.properties), row.geometry and row.geometry.wkb) for row in rows] for layer_id, rows in again.items()} == {
        layer_id: [(dict(row.properties), row.geometry and row.geometry.wkb) for row in rows] for layer_id, rows in drawn.items()}


def test_another_moment_moves_the_ages_and_nothing_else(drawn: Rows) -> None:
    later = demonstration(AS_OF + timedelta(days=30))
    assert [row.geometry for row in later["shelters"]] == [row.geometry for row in drawn["shelters"]]
    assert [row.properties["capacity"] for row in later["shelters"]] == [row.properties["capacity"] for row in drawn["shelters"]]
    moved = zip(later["shelters"], drawn["shelters"], strict=True)
    assert {new.properties["verified_at"] - old.properties["verified_at"] for new,
            old in moved if old.properties["verified_at"]} == {timedelta(days=30)}
