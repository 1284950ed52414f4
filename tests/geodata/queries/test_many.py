"""Many places asked about at once are answered exactly as each by itself."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import shapely

from geodata.queries.deadline import TakesTooLong
from geodata.queries.engine import QueryEngine
from geodata.queries.many import MAX_POINTS, Places, in_short
from geodata.queries.nearest import NearestQuestion
from geodata.queries.needs import Needs
from geodata.store.spaces import Space
from layers.errors import InvalidInput
from layers.spec import OPERATOR
from tests.geodata.queries.conftest import EAST, LANES, LAYERS, NORTH, PLOTS, SOUTH, SPOTS, WEST, put, strewn
from tests.geodata.queries.county import TEAMS, fit
from tests.geodata.queries.county import put as fill

Points = list[tuple[float, float]]


def everywhere(count: int, seed: int) -> Points:
    rng = np.random.default_rng(seed)
    return [(float(lon), float(lat)) for lon, lat in np.column_stack([rng.uniform(WEST, EAST, count), rng.uniform(SOUTH, NORTH, count)])] + [(0.0, 0.0), (-70.2, -40.6), (109.8, 89.99)]


def plain(one: Places) -> list[Any]:
    """Answers by place: who is ranked at which distance with what unknown, how many were left out and why."""
    return [([(one.features[place], distance, one.uncertain[place]) for place, distance in zip(row, away, strict=True) if place >= 0], out, reasons, more)
            for row, away, out, reasons, more in zip(one.ranked.tolist(), one.distance_m.tolist(), one.left_out.tolist(), one.reasons, one.more.tolist(), strict=True)]


def same(engine: QueryEngine, space: Space, layer: str, points: Points, **more: Any) -> str:
    """Hold the many to the one by one; who answered."""
    (many,) = engine.nearest_of_many(space, NearestQuestion(0.0, 0.0, (layer,), **more), points, OPERATOR)
    alone = [engine.nearest(space, NearestQuestion(*point, (layer,), **more), OPERATOR).layers[0] for point in points]
    assert plain(many.places) == plain(in_short(alone))
    assert many.version == alone[0].version
    return many.answered_by


@pytest.mark.parametrize("layer", LAYERS)
def test_each_place_is_answered_as_by_itself(three: Space, engine: QueryEngine, by_postgis: QueryEngine, layer: str) -> None:
    strewn(three, layer, 400, 41)
    engine.warm(three, [layer])
    zone = shapely.Point(109.8, 40.6).buffer(0.15)
    for more in ({"k": 1}, {"k": 5}, {"k": 30, "zone": zone}, {"k": 3, "max_distance_m": 4_000.0}, {"k": 4, "filter": "people > 10"}, {"k": 900}):
        assert same(engine, three, layer, everywhere(25, 3), **more) == "index"
    assert same(by_postgis, three, layer, everywhere(6, 4), k=4, zone=zone) == "postgis"


def test_equal_distances_are_broken_by_id(three: Space, engine: QueryEngine) -> None:
    put(three, SPOTS.id, [shapely.Point(109.9, 40.65)] * 30 + [shapely.Point(109.7, 40.55)] * 30)
    assert same(engine, three, SPOTS.id, everywhere(20, 5), k=7) == "index"


def test_places_over_the_180th_meridian_and_beside_the_pole(three: Space, engine: QueryEngine) -> None:
    put(three, SPOTS.id, [shapely.Point(-179.99, 10.0), shapely.Point(179.0, 10.0), shapely.Point(0.0, 89.9), shapely.Point(180.0, 89.0), shapely.Point(90.0, 85.0)])
    assert same(engine, three, SPOTS.id, [(179.99, 10.0), (170.0, 89.95), (-180.0, -89.0), (180.0, 90.0)], k=3) == "index"


def test_an_empty_layer_and_multi_shapes(three: Space, engine: QueryEngine) -> None:
    assert same(engine, three, SPOTS.id, everywhere(3, 6), k=2) == "index"
    put(three, SPOTS.id, [shapely.MultiPoint([(109.9, 40.6), (109.5, 40.7)]), shapely.Point(109.7, 40.6), shapely.Point(109.6, 40.5)])
    assert same(engine, three, SPOTS.id, everywhere(10, 7), k=2) == "index"


def test_a_change_is_in_the_next_answer(three: Space, engine: QueryEngine) -> None:
    """The tree of chords is kept between questions, by version."""
    for shapes in ([shapely.Point(109.8, 40.6), shapely.Point(109.9, 40.6)], [shapely.Point(109.95, 40.6), shapely.Point(109.4, 40.6), shapely.Point(109.81, 40.6)]):
        put(three, SPOTS.id, shapes)
        assert same(engine, three, SPOTS.id, everywhere(8, 8), k=2) == "index"


def test_needs_and_reasons_hold_for_many(space: Space, engine: QueryEngine) -> None:
    rng = np.random.default_rng(2)
    fill(space, TEAMS, *((fit(skills=[["fire"], ["chemical"], None][place % 3], duty=["on_duty", "off_duty"][place % 5 == 0]), shapely.Point(rng.uniform(109.5, 110.0), rng.uniform(40.5, 40.7)))
                         for place in range(90)))
    assert same(engine, space, TEAMS, everywhere(25, 9), k=4, needs=Needs(skills=("chemical",))) == "index"


def test_points_that_are_none_are_refused_by_name(three: Space, engine: QueryEngine) -> None:
    for points, pointer in (([], "/points"), ([(1.0, 1.0)] * (MAX_POINTS + 1), "/points"), ([(1.0, 1.0), (181.0, 1.0)], "/points/1/0"), ([(1.0, float("nan"))], "/points/0/1")):
        with pytest.raises(InvalidInput) as caught:
            engine.nearest_of_many(three, NearestQuestion(0.0, 0.0), points, OPERATOR)
        assert caught.value.problems[0].pointer == pointer


def test_too_many_places_for_the_time_are_refused(three: Space, engine: QueryEngine) -> None:
    strewn(three, PLOTS.id, 300, 1)
    strewn(three, LANES.id, 300, 2)
    engine.warm(three)
    with pytest.raises(TakesTooLong):
        engine.nearest_of_many(three, NearestQuestion(0.0, 0.0, (PLOTS.id, LANES.id), k=50, limit_ms=60), everywhere(5_000, 1), OPERATOR)
