"""A service area holds the places that are reached in its time and not those that are not."""

from __future__ import annotations

import numpy as np
import shapely

from geodata.queries.engine import QueryEngine
from geodata.store.spaces import Space
from tests.geodata.queries.roads.conftest import GEOD, draw, length_m, road

A, B = (109.80, 40.60), (109.90, 40.60)


def along(metres: float) -> tuple[float, float]:
    lon, *_ = GEOD.fwd(*A, 90.0, metres)
    return lon, 40.60


def test_it_ends_250_m_past_the_place_where_time_runs_out(space: Space, engine: QueryEngine) -> None:
    draw(space, road("AB", A, B), road("on", B, (109.95, 40.60)))
    roads = engine.roads(space)
    areas = roads.service_area(A, [60, 300, 1200], "fire_engine")
    for area, spent in zip(areas, (60, 300, 1200), strict=True):
        gone = min(45 / 3.6 * spent, length_m(A, (109.95, 40.60)))
        assert area.is_valid and area.contains(shapely.Point(along(gone + 240))) and not area.contains(shapely.Point(along(gone + 260)))
        assert area.contains(shapely.Point(along(0)[0], 40.602)) and not area.contains(shapely.Point(109.803, 40.6025))
    assert areas[1].buffer(3e-5).contains(areas[0]), "outlines are simplified by 2 m"


def test_one_way_roads_make_from_and_to_differ(space: Space, engine: QueryEngine) -> None:
    draw(space, road("AB", A, B, one_way=True))
    middle = (109.85, 40.60)
    roads = engine.roads(space)
    (away,), (towards,) = (roads.service_area(middle, [120], "truck", towards=towards) for towards in (False, True))
    assert away.contains(shapely.Point(109.86, 40.6)) and not away.contains(shapely.Point(109.84, 40.6))
    assert towards.contains(shapely.Point(109.84, 40.6)) and not towards.contains(shapely.Point(109.86, 40.6))


def test_barriers_end_it_and_off_the_network_it_is_empty(space: Space, engine: QueryEngine) -> None:
    draw(space, road("AB", A, B), road("on", B, (109.95, 40.60)))
    roads = engine.roads(space)
    (area,) = roads.service_area(A, [3600], "fire_engine", [shapely.box(109.92, 40.59, 109.921, 40.61)])
    assert area.contains(shapely.Point(109.899, 40.6)) and not area.contains(shapely.Point(109.94, 40.6))
    assert [one.is_empty for one in roads.service_area((109.8, 40.7), [60, 600], "fire_engine")] == [True, True]


def test_places_in_it_are_those_whose_trips_are_short_enough(space: Space, engine: QueryEngine) -> None:
    rng = np.random.default_rng(3)
    grid = [(109.80 + 0.01 * column, 40.60 + 0.01 * row) for column in range(8) for row in range(8)]
    draw(space, *(road(f"{one}-{two}", grid[one], grid[two], road_class=str(rng.choice(["village", "county", "national"])))
                  for one in range(64) for two in (one + 1, one + 8) if two < 64 and (two == one + 8 or two % 8)))
    roads = engine.roads(space)
    (area,) = roads.service_area(grid[27], [240], "fire_engine", towards=True)
    spent = roads.trips(grid, [grid[27]], "fire_engine").duration_s[:, 0]
    for place, seconds in zip(grid, spent, strict=True):
        if seconds <= 240:
            assert area.contains(shapely.Point(place))
        elif seconds > 240 + 250 / (30 / 3.6):  # farther than what lies beside the last place reached
            assert not area.contains(shapely.Point(place))
