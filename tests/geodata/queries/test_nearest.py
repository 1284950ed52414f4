"""nearest is exact: the same features in the same order as brute force over everything, from the index and from PostGIS."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry.base import BaseGeometry

from geodata.queries.engine import QueryEngine
from geodata.queries.measure import feet
from geodata.queries.nearest import MAX_LEFT_OUT, LayerRanking, NearestQuestion
from geodata.store.spaces import Space
from layers.errors import Forbidden, InvalidInput, LayerNotFound
from layers.spec import OPERATOR, Actor, Role
from tests.conftest import actor
from tests.geodata.queries import twin
from tests.geodata.queries.conftest import EAST, LANES, LAYERS, NORTH, PLOTS, SOUTH, SPOTS, WEST, codes, put, strewn

HERE = (109.8, 40.6)


def asked(engine: QueryEngine, space: Space, layer: str = SPOTS.id, at: tuple[float, float] = HERE, who: Actor = OPERATOR, **more: Any) -> LayerRanking:
    return engine.nearest(space, NearestQuestion(*at, (layer,), **more), who).layers[0]


def east_of_here(metres: float) -> shapely.Point:
    from geodata.crs import GEOD

    lon, lat, _ = GEOD.fwd(*HERE, 90.0, metres)
    return shapely.Point(lon, lat)


@pytest.mark.parametrize("layer", LAYERS)
def test_order_and_distances_are_those_of_brute_force(three: Space, engine: QueryEngine, by_postgis: QueryEngine, layer: str) -> None:
    rng = np.random.default_rng(4)
    shapes = strewn(three, layer, 250, 11)
    engine.warm(three, [layer])
    code = codes(three, layer)
    for turn in range(8):
        spread = 0.0 if turn < 6 else 3.0  # some questions come from far outside
        at = rng.uniform(WEST - spread, EAST + spread), rng.uniform(SOUTH - spread, NORTH + spread)
        k = int(rng.integers(1, 30))
        truth = [twin.distance_m(*at, shape) for shape in shapes]
        mine, theirs = asked(engine, three, layer, at, k=k), asked(by_postgis, three, layer, at, k=k)
        assert (mine.answered_by, theirs.answered_by) == ("index", "postgis")
        assert (mine.ranked, mine.left_out, mine.version) == (theirs.ranked, theirs.left_out, theirs.version)
        everyone = sorted([*mine.ranked, *mine.left_out], key=lambda one: one.distance_m)
        nearest = np.argsort(truth, kind="stable")[: len(everyone)]
        assert [one.distance_m for one in everyone] == pytest.approx(np.array(truth)[nearest].tolist(), abs=max(0.05, 1e-6 * max(truth)))
        for one in mine.ranked:
            assert one.distance_m == pytest.approx(truth[int(code[one.id])], abs=max(0.001, 1e-6 * one.distance_m))


def test_builds_that_rank_by_degrees_or_by_boxes_are_told_from_ours() -> None:
    """Two wrong builds on the same river lines: planar degrees, and boxes only. Each must err where exact distances do not."""
    rng = np.random.default_rng(7)
    lines = [shapely.LineString(np.cumsum(np.vstack([[rng.uniform(WEST, EAST), rng.uniform(SOUTH, NORTH)], rng.uniform(-0.05, 0.05, (6, 2))]), axis=0))
             for _ in range(150)]
    by_degrees = by_boxes = 0
    for _ in range(80):
        place = shapely.Point(rng.uniform(WEST, EAST), rng.uniform(SOUTH, NORTH))
        truth = feet(place.x, place.y, lines).distance_m
        by_degrees += truth[int(np.argmin(shapely.distance(lines, place)))] > truth.min()
        by_boxes += truth[int(np.argmin(shapely.distance([shapely.box(*line.bounds) for line in lines], place)))] > truth.min()
    assert by_degrees > 0 and by_boxes > 10


def test_equal_distances_are_broken_by_id_in_both_answers(three: Space, engine: QueryEngine, by_postgis: QueryEngine) -> None:
    for layer, shape in ((SPOTS.id, shapely.Point(109.9, 40.65)), (LANES.id, shapely.LineString([(109.9, 40.5), (109.9, 40.7)])),
                         (PLOTS.id, shapely.box(109.7, 40.5, 109.9, 40.7))):
        put(three, layer, [shape] * 12)
        for one in (engine, by_postgis):
            found = [ranked.id for ranked in asked(one, three, layer, k=7).ranked]
            assert found == sorted(codes(three, layer))[:7]


def test_on_a_line_or_in_a_polygon_the_distance_is_nought_without_bearing(three: Space, engine: QueryEngine) -> None:
    put(three, LANES.id, [shapely.LineString([(109.7, 40.6), (109.9, 40.6)])])
    put(three, PLOTS.id, [shapely.MultiPolygon([shapely.box(109.0, 40.0, 109.1, 40.1), shapely.box(109.8, 40.6, 109.9, 40.7)])])
    for layer in (LANES.id, PLOTS.id):
        only = asked(engine, three, layer).ranked[0]
        assert (only.distance_m, only.bearing_deg) == (0.0, None)


def test_multi_shapes_count_by_their_nearest_part(three: Space, engine: QueryEngine) -> None:
    near, far = east_of_here(100), east_of_here(9_000)
    put(three, SPOTS.id, [shapely.MultiPoint([far, near]), east_of_here(200)])
    found = asked(engine, three).ranked
    assert [one.distance_m for one in found] == pytest.approx([100, 200], abs=1e-3) and found[0].bearing_deg == pytest.approx(90, abs=1e-6)


def test_more_asked_than_there_are_gives_all(three: Space, engine: QueryEngine, by_postgis: QueryEngine) -> None:
    put(three, SPOTS.id, [east_of_here(100), east_of_here(200)])
    for one in (engine, by_postgis):
        assert len(asked(one, three, k=1000).ranked) == 2


def test_an_empty_layer_gives_nothing(three: Space, engine: QueryEngine, by_postgis: QueryEngine) -> None:
    for one in (engine, by_postgis):
        for layer in LAYERS:
            found = asked(one, three, layer)
            assert (found.ranked, found.left_out, found.more_left_out) == ((), (), False)


def test_the_limit_is_inclusive(three: Space, engine: QueryEngine, by_postgis: QueryEngine) -> None:
    put(three, SPOTS.id, [east_of_here(metres) for metres in (100, 200, 300)])
    exactly = asked(engine, three).ranked[1].distance_m
    for one in (engine, by_postgis):
        assert len(asked(one, three, max_distance_m=exactly).ranked) == 2
        assert len(asked(one, three, max_distance_m=math.nextafter(exactly, 0)).ranked) == 1
        assert len(asked(one, three, max_distance_m=0).ranked) == 0


def test_each_nearer_one_is_left_out_with_every_reason(three: Space, engine: QueryEngine, by_postgis: QueryEngine) -> None:
    put(three, SPOTS.id, [east_of_here(100 * place) for place in range(1, 8)],
        status=["closed", "open", "closed", "open", None, "open", "closed"], room=["full", "free", "free", "free", None, "free", "free"],
        people=[5, 5, 50, 50, 50, 50, 50])
    code = codes(three, SPOTS.id)
    zone = shapely.Point(east_of_here(400)).buffer(0.0002)
    for one in (engine, by_postgis):
        found = asked(one, three, k=2, filter="people > 10", zone=zone)
        assert [code[ranked.id] for ranked in found.ranked] == ["4", "5"] and [ranked.rank for ranked in found.ranked] == [1, 2]
        assert {code[left.id]: [reason.code for reason in left.reasons] for left in found.left_out} == {
            "0": ["closed", "full", "filter-not-met"], "1": ["filter-not-met"], "2": ["closed"], "3": ["in-zone"]}
        assert [left.distance_m for left in found.left_out] == pytest.approx([100, 200, 300, 400], abs=1e-3)
        assert found.left_out[0].reasons[0].label.zh == "已关闭"


def test_with_fewer_than_k_all_left_out_within_the_limit_are_told(three: Space, engine: QueryEngine, by_postgis: QueryEngine) -> None:
    put(three, SPOTS.id, [east_of_here(100 * place) for place in range(1, 8)], status=["closed"] * 3 + ["open"] + ["closed"] * 3)
    for one in (engine, by_postgis):
        assert len(asked(one, three, k=2).left_out) == 6
        assert len(asked(one, three, k=2, max_distance_m=501).left_out) == 4


def test_touching_the_zone_leaves_out(three: Space, engine: QueryEngine) -> None:
    put(three, PLOTS.id, [shapely.box(109.81, 40.6, 109.82, 40.61)])
    assert asked(engine, three, PLOTS.id, zone=shapely.box(109.82, 40.61, 109.83, 40.62)).ranked == ()
    assert asked(engine, three, PLOTS.id, zone=shapely.box(109.82001, 40.61, 109.83, 40.62)).left_out == ()


@pytest.mark.parametrize("layer", LAYERS)
def test_a_filter_that_few_meet_is_answered_exactly_and_says_that_more_were_left_out(
        three: Space, engine: QueryEngine, by_postgis: QueryEngine, layer: str) -> None:
    strewn(three, layer, 600, 21)
    wanted = "code IN ('17', '333', '451')"
    mine, theirs = asked(engine, three, layer, k=5, filter=wanted), asked(by_postgis, three, layer, k=5, filter=wanted)
    assert (mine.ranked, mine.left_out, mine.more_left_out) == (theirs.ranked, theirs.left_out, theirs.more_left_out)
    assert len(mine.left_out) == MAX_LEFT_OUT and mine.more_left_out
    whole = asked(engine, three, layer, k=600)
    nearest = sorted([*whole.ranked, *whole.left_out], key=lambda one: (one.distance_m, one.id))
    out = {one.id for one in mine.ranked}
    assert [one.id for one in mine.left_out] == [one.id for one in nearest if one.id not in out][:MAX_LEFT_OUT] or whole.more_left_out


@pytest.mark.parametrize("layer", LAYERS)
def test_both_answers_are_the_same_for_any_mixture_of_conditions(three: Space, engine: QueryEngine, by_postgis: QueryEngine, layer: str) -> None:
    strewn(three, layer, 500, 31)
    engine.warm(three, [layer])
    rng = np.random.default_rng(6)
    for _ in range(15):
        at = (float(rng.uniform(WEST, EAST)), float(rng.uniform(SOUTH, NORTH)))
        more: dict[str, Any] = {"k": int(rng.integers(1, 40))}
        if rng.random() < 0.5:
            more["filter"] = rng.choice(["people > 10", "people = 7 AND room = 'free'", "hose_m IS NULL", "people > 5000"])
        if rng.random() < 0.5:
            more["zone"] = shapely.Point(*at).buffer(float(rng.uniform(0.001, 0.2)))
        if rng.random() < 0.5:
            more["max_distance_m"] = float(rng.uniform(0, 30_000))
        mine, theirs = asked(engine, three, layer, at, **more), asked(by_postgis, three, layer, at, **more)
        assert mine.answered_by == "index"
        assert (mine.ranked, mine.left_out, mine.more_left_out) == (theirs.ranked, theirs.left_out, theirs.more_left_out)


def test_a_shape_whose_box_holds_the_place_but_lies_far_off_does_not_win(three: Space, engine: QueryEngine) -> None:
    """The box of a bent river holds the place; its water is 40 km away. A box ranking puts it first."""
    river = shapely.LineString([(109.3, 40.3), (109.3, 41.0), (110.4, 41.0)])
    put(three, LANES.id, [river, shapely.LineString([(109.85, 40.6), (109.86, 40.6)])])
    assert [codes(three, LANES.id)[one.id] for one in asked(engine, three, LANES.id, k=2).ranked] == ["1", "0"]


def test_over_the_180th_meridian_and_beside_the_pole_the_short_way_counts(three: Space, engine: QueryEngine, by_postgis: QueryEngine) -> None:
    spots = [shapely.Point(-179.99, 10.0), shapely.Point(179.0, 10.0), shapely.Point(0.0, 89.9), shapely.Point(180.0, 89.0), shapely.Point(90.0, 85.0)]
    put(three, SPOTS.id, spots + [shapely.Point(100 + place / 10, 30) for place in range(50)])
    code = codes(three, SPOTS.id)
    for one in (engine, by_postgis):
        assert [code[found.id] for found in asked(one, three, at=(179.99, 10.0), k=2).ranked] == ["0", "1"]
        assert [code[found.id] for found in asked(one, three, at=(170.0, 89.95), k=3).ranked] == ["2", "3", "4"]


def test_layers_of_the_catalogue_are_ranked_by_default(three: Space, engine: QueryEngine) -> None:
    found = [one.layer for one in engine.nearest(three, NearestQuestion(*HERE), OPERATOR).layers]
    assert set(LAYERS) <= set(found) and all(three.catalogue[one].ranked for one in found)


def test_what_may_not_be_read_is_not_ranked(three: Space, engine: QueryEngine) -> None:
    auditor = actor(Role.AUDIT_ADMIN)
    with pytest.raises(Forbidden):
        asked(engine, three, who=auditor)
    assert engine.nearest(three, NearestQuestion(*HERE), auditor).layers == ()


def test_a_layer_that_is_not_there_or_has_no_positions_is_refused_by_name(three: Space, engine: QueryEngine) -> None:
    with pytest.raises(LayerNotFound):
        asked(engine, three, "nowhere")
    bare = next(layer for layer in three.catalogue.values() if not layer.geometry.types)
    with pytest.raises(InvalidInput) as caught:
        asked(engine, three, bare.id)
    assert caught.value.problems[0].pointer == "/layers"


def test_a_broken_filter_is_refused_by_name(three: Space, engine: QueryEngine) -> None:
    with pytest.raises(InvalidInput) as caught:
        asked(engine, three, filter="people >")
    assert "filter" in caught.value.problems[0].pointer


BAD = st.sampled_from([math.nan, math.inf, -math.inf, 1e200, -1e200, 200.0, -200.0, "1", None, True, [], 10**400])


@given(BAD)
def test_bad_numbers_are_stopped_at_the_door_by_name(bad: Any) -> None:
    for name, question in {"lon": lambda: NearestQuestion(bad, 40.0), "lat": lambda: NearestQuestion(109.0, bad)}.items():
        with pytest.raises(InvalidInput) as caught:
            question()
        assert caught.value.problems[0].pointer == f"/{name}"


@pytest.mark.parametrize(("name", "value"), [("k", 0), ("k", -1), ("k", 1001), ("k", 2.5), ("k", math.nan), ("max_distance_m", -1), ("max_distance_m", math.inf)])
def test_bad_limits_are_stopped_by_name(name: str, value: float) -> None:
    with pytest.raises(InvalidInput) as caught:
        NearestQuestion(*HERE, **{name: value})  # type: ignore[arg-type]
    assert caught.value.problems[0].pointer == f"/{name}"


@pytest.mark.parametrize(("zone", "code"), [
    (shapely.Point(math.nan, 40), "zone-not-finite"), (shapely.LineString([(0, 0), (math.inf, 1)]), "zone-not-finite"),
    (shapely.Polygon([(math.inf, math.inf)] * 4), "zone-not-finite"), (shapely.Point(1e200, 1e200), "zone-out-of-range"),
    (shapely.Polygon(), "zone-empty"), (shapely.Polygon([(0, 0), (1, 1), (1, 0), (0, 1)]), "zone-not-valid"),
    (shapely.GeometryCollection([shapely.Point(1, 1)]), "zone-type"), (shapely.MultiPoint(np.zeros((200_001, 2))), "zone-too-large"), ("POINT (1 1)", "zone-type"),
])
def test_bad_zones_are_stopped_before_geos(zone: BaseGeometry, code: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        NearestQuestion(*HERE, zone=zone)
    assert (caught.value.problems[0].pointer, caught.value.problems[0].code) == ("/zone", code)


def test_a_feature_whose_state_is_not_known_is_ranked_and_says_so(three: Space, engine: QueryEngine, by_postgis: QueryEngine) -> None:
    """Unknown is neither in service nor out of it; a field whose rule does not say what unknown means adds nothing."""
    put(three, SPOTS.id, [shapely.Point(HERE[0] + 0.001 * n, HERE[1]) for n in range(3)], status=[None, "open", "closed"], room=["free", None, "free"])
    for one in (engine, by_postgis):
        found = asked(one, three, SPOTS.id)
        assert [[(reason.code, reason.label.zh) for reason in ranked.uncertain] for ranked in found.ranked] == [[("status-unknown", "状态未知")], []]
        assert [reason.code for reason in found.left_out[0].reasons] == ["closed"] if found.left_out else len(found.ranked) == 2
