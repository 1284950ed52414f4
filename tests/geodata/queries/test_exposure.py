"""exposure counts what is inside, once each, to the metre at the rim, and says what its sums rest on."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import numpy as np
import pytest
import shapely
import shapely.ops
from shapely.geometry.base import BaseGeometry

from geodata.crs import GEOD
from geodata.queries.buffer import corners
from geodata.queries.engine import QueryEngine
from geodata.queries.exposure import MAX_BUFFERED_VERTICES, ExposureQuestion, Inside, Insides, LayerExposure
from geodata.queries.membership import Zone
from geodata.store.spaces import Space
from layers.errors import Forbidden, InvalidInput
from layers.spec import OPERATOR, Role
from tests.conftest import actor
from tests.geodata.queries import twin
from tests.geodata.queries.conftest import LANES, LAYERS, PLOTS, SPOTS, codes, put, scattered, strewn

HERE = shapely.Point(109.8, 40.6)
ZONES = {
    "circle": (HERE, 5_000.0),
    "polygon": (shapely.box(109.7, 40.5, 109.9, 40.6), 0.0),
    "ring": (shapely.box(109.7, 40.5, 109.95, 40.65).difference(shapely.box(109.75, 40.55, 109.9, 40.6)), 0.0),
    "wide polygon": (shapely.box(109.75, 40.55, 109.85, 40.6), 2_500.0),
    "line": (shapely.LineString([(109.6, 40.5), (109.8, 40.62), (110.0, 40.6)]), 1_500.0),
    "two": (shapely.MultiPolygon([shapely.box(109.5, 40.4, 109.6, 40.5), shapely.box(110.0, 40.7, 110.1, 40.8)]), 800.0),
    "points": (shapely.MultiPoint([(109.5, 40.4), (110.0, 40.7)]), 3_000.0),
}


def asked(engine: QueryEngine, space: Space, layer: str, zone: BaseGeometry, buffer_m: float = 0.0, **more: Any) -> LayerExposure:
    return engine.exposure(space, ExposureQuestion(zone, buffer_m, (layer,), **more), OPERATOR).layers[0]


def same(one: LayerExposure, other: LayerExposure) -> bool:
    return (one.count, one.measures, one.basis, one.features, one.version) == (other.count, other.measures, other.basis, other.features, other.version)


@pytest.mark.parametrize("kind", ZONES)
def test_who_is_inside_is_as_brute_force_has_it_and_both_answers_agree(three: Space, engine: QueryEngine, by_postgis: QueryEngine, kind: str) -> None:
    zone, buffer_m = ZONES[kind]
    for layer in LAYERS:
        shapes = strewn(three, layer, 150, 41)
        engine.warm(three, [layer])
        mine, theirs = asked(engine, three, layer, zone, buffer_m), asked(by_postgis, three, layer, zone, buffer_m)
        assert (mine.answered_by, theirs.answered_by) == ("index", "postgis") and same(mine, theirs)
        code = codes(three, layer)
        assert {int(code[one.id]) for one in mine.features} == {place for place, shape in enumerate(shapes) if _inside(zone, buffer_m, shape)}
        assert mine.count == len(mine.features) and [one.id for one in mine.features] == sorted(one.id for one in mine.features)


def _inside(zone: BaseGeometry, buffer_m: float, shape: BaseGeometry) -> bool:
    if buffer_m == 0.0 or shapely.intersects(zone, shape):
        return shapely.intersects(zone, shape)
    if shapely.distance(zone, shape) * 111_700 < 0.7 * buffer_m:  # a degree is never longer, so these are in; the rest is measured
        return True
    if shapely.distance(zone, shape) * 80_000 > buffer_m:
        return False
    return twin.between_m(zone, shape, 0.002) <= buffer_m


@pytest.mark.parametrize("kind", ["circle", "wide polygon", "line", "points"])
def test_at_the_rim_a_metre_decides(kind: str) -> None:
    """Points put 20 cm inside and outside the rim, in all directions: each falls where it should."""
    zone, buffer_m = ZONES[kind]
    rng = np.random.default_rng(3)
    asked_zone = Zone(zone, buffer_m)
    near, far = [], []
    for lon, lat in shapely.get_coordinates(asked_zone.outline)[::7]:
        for _ in range(2):
            place = shapely.Point(lon + rng.uniform(-3e-5, 3e-5), lat + rng.uniform(-3e-5, 3e-5))
            away = twin.distance_m(place.x, place.y, zone)
            if abs(away - buffer_m) > 0.05:
                (near if away < buffer_m else far).append(place)
    assert len(near) > 20 and len(far) > 20
    assert asked_zone.holds(np.array(near)).all() and not asked_zone.holds(np.array(far)).any()


def test_a_build_that_asks_the_outline_alone_is_told_from_ours() -> None:
    """A wrong build: intersection with the buffer's polygon loses what lies between its corners and the true circle."""
    zone = Zone(HERE, 50_000.0)
    lon, lat, _ = GEOD.fwd(HERE.x, HERE.y, 180.0 / corners(50_000.0), 49_999.995)
    place = shapely.Point(lon, lat)
    assert zone.holds(np.array([place])).all() and not shapely.intersects(zone.outline, place)


def test_the_radius_is_inclusive() -> None:
    lon, lat, _ = GEOD.fwd(HERE.x, HERE.y, 33.0, 1_234.5)
    exactly = GEOD.inv(HERE.x, HERE.y, lon, lat)[2]
    place = np.array([shapely.Point(lon, lat)])
    assert Zone(HERE, exactly).holds(place).all() and not Zone(HERE, math.nextafter(exactly, 0)).holds(place).any()


def test_parts_inside_are_metres_and_square_metres_on_the_ground(three: Space, engine: QueryEngine) -> None:
    put(three, LANES.id, [shapely.LineString([(109.8, 40.6), (110.0, 40.6)]), shapely.LineString([(109.85, 40.6), (109.86, 40.6)])])
    put(three, PLOTS.id, [shapely.box(109.8, 40.6, 110.0, 40.61), shapely.box(109.9, 40.6, 110.0, 40.61)])
    zone = shapely.box(109.7, 40.5, 109.9, 40.7)
    whole, inside = sorted(asked(engine, three, LANES.id, zone).features, key=lambda one: one.fraction or 0.0)
    assert (whole.fraction, whole.unit) == (pytest.approx(0.5, abs=1e-12), "m") and inside.fraction == 1.0
    # Along the 40.6th parallel: N cos(lat) times the angle.
    parallel_m = GEOD.a / math.sqrt(1 - GEOD.es * math.sin(math.radians(40.6)) ** 2) * math.cos(math.radians(40.6)) * math.radians(0.1)
    assert whole.part == pytest.approx(parallel_m, rel=1e-12)
    touching, half = sorted(asked(engine, three, PLOTS.id, zone).features, key=lambda one: one.fraction or 0.0)
    assert (half.fraction, half.unit) == (pytest.approx(0.5, rel=1e-12), "m2")
    densified = shapely.segmentize(shapely.box(109.8, 40.6, 109.9, 40.61), 1e-4)
    assert half.part == pytest.approx(abs(GEOD.geometry_area_perimeter(densified)[0]), rel=1e-7)
    assert (touching.part, touching.fraction) == (0.0, 0.0)


def test_points_have_no_part_and_a_shape_in_many_parts_counts_once(three: Space, engine: QueryEngine) -> None:
    put(three, SPOTS.id, [shapely.MultiPoint([(109.8, 40.6), (109.81, 40.6)])])
    put(three, PLOTS.id, [shapely.MultiPolygon([shapely.box(109.8, 40.6, 109.81, 40.61), shapely.box(109.82, 40.6, 109.83, 40.61)])], people=7)
    zone = shapely.MultiPolygon([shapely.box(109.79, 40.59, 109.805, 40.62), shapely.box(109.806, 40.59, 109.84, 40.62)])
    spot = asked(engine, three, SPOTS.id, zone)
    assert spot.count == 1 and (spot.features[0].part, spot.features[0].fraction, spot.features[0].unit) == (None, None, None)
    plot = asked(engine, three, PLOTS.id, zone)
    assert plot.count == 1 and plot.measures["people"].sum == 7


def test_a_circle_takes_its_share_of_a_plot_around_it(three: Space, engine: QueryEngine) -> None:
    put(three, PLOTS.id, [shapely.box(109.7, 40.5, 109.9, 40.7)])
    part = asked(engine, three, PLOTS.id, HERE, 5_000.0).features[0].part
    # A geodesic circle is smaller than a flat one by r^2 / 12 R^2, and the outline lies at most 1 cm inside it: 2 r cm in all.
    assert part == pytest.approx(math.pi * 5_000**2 * (1.0 - (5_000.0 / 6_371_000.0) ** 2 / 12.0), rel=5e-6)


WIDENED = {"point": HERE, "line": shapely.LineString([(109.6, 40.5), (109.9, 40.7), (110.3, 40.55), (110.25, 40.9), (109.7, 40.65)]),
           "polygon": shapely.Polygon([(109.6, 40.5), (110.3, 40.55), (109.9, 40.6), (110.25, 40.9), (109.5, 40.7)])}


@pytest.mark.parametrize("buffer_m", [300.0, 5_000.0, 50_000.0])
@pytest.mark.parametrize("kind", list(WIDENED))
def test_the_rim_is_nowhere_more_than_a_centimetre_inside(kind: str, buffer_m: float) -> None:
    """Corners of the outline and the middles between them, measured to the shape by the densified twin."""
    xy = shapely.get_coordinates(Zone(WIDENED[kind], buffer_m).outline)
    chosen = np.random.default_rng(4).choice(len(xy) - 1, 25, replace=False)
    places = np.vstack([xy[chosen], (xy[chosen] + xy[chosen + 1]) / 2.0])
    away = np.array([twin.distance_m(lon, lat, WIDENED[kind]) for lon, lat in places])
    assert away.max() <= buffer_m + 1e-3 and away.min() >= buffer_m - 0.01


@pytest.mark.parametrize(("kind", "buffer_m"), [("point", 2_000.0), ("point", 50_000.0), ("line", 20_000.0), ("polygon", 20_000.0)])
def test_lines_are_cut_where_the_twin_finds_the_rim(kind: str, buffer_m: float) -> None:
    """From inside straight out in many directions: the metres inside are those up to the place at that very distance."""
    zone, middle = Zone(WIDENED[kind], buffer_m), shapely.Point(shapely.get_coordinates(WIDENED[kind])[-1])
    for bearing in np.linspace(3.0, 363.0, 12):
        lon, lat, _ = GEOD.fwd(middle.x, middle.y, bearing, 120_000.0 if buffer_m > 10_000.0 else 2_100.0)
        line = shapely.segmentize(shapely.LineString([middle, (lon, lat)]), 0.002)
        crossing = line.interpolate(_first_out(line, WIDENED[kind], buffer_m), normalized=True)
        if kind != "point" and not shapely.intersects(shapely.ops.substring(line, crossing.distance(middle) + 1e-3, 9.0), zone.outline):
            assert zone.parts(np.array([line]))[0][0] == pytest.approx(_metres(shapely.ops.substring(line, 0.0, line.project(crossing))), abs=0.05)
        elif kind == "point":
            assert zone.parts(np.array([line]))[0][0] == pytest.approx(_metres(shapely.ops.substring(line, 0.0, line.project(crossing))), abs=0.011)


def _first_out(line: BaseGeometry, shape: BaseGeometry, buffer_m: float) -> float:
    """Where along a line (as a fraction) it first leaves the zone, by halving with the twin's distances."""
    def inside(t: float) -> bool:
        place = line.interpolate(t, normalized=True)
        return twin.distance_m(place.x, place.y, shape) <= buffer_m

    steps = np.linspace(0.0, 1.0, 60)
    after = next(step for step in steps if not inside(step))
    low, high = after - steps[1], after
    for _ in range(30):
        half = (low + high) / 2.0
        low, high = (half, high) if inside(half) else (low, half)
    return float(low)


def _metres(line: BaseGeometry) -> float:
    xy = shapely.get_coordinates(line)
    return float(GEOD.inv(xy[:-1, 0], xy[:-1, 1], xy[1:, 0], xy[1:, 1])[2].sum())


def test_a_line_that_grazes_the_rim_has_its_part() -> None:
    """A chord of 839 m at 50 km, 1.76 m inside at its middle: the outline of 360 corners left all of it out."""
    half = 180.0 / 360.0
    ends = [GEOD.fwd(HERE.x, HERE.y, half + turn, 50_000.0)[:2] for turn in (-0.4807, 0.4807)]
    part = Zone(HERE, 50_000.0).parts(np.array([shapely.segmentize(shapely.LineString(ends), 0.001)]))[0][0]
    assert part == pytest.approx(839.0, abs=8.0)


def test_the_largest_widening_that_is_taken_is_quick() -> None:
    angle = np.linspace(0.0, 2.0 * np.pi, MAX_BUFFERED_VERTICES - 1, endpoint=False)
    radius = 0.1 * (1.0 + 0.2 * np.sin(5.0 * angle) + 0.02 * np.sin(60.0 * angle))
    outline = shapely.Polygon(np.column_stack([109.8 + radius * np.cos(angle), 40.6 + radius * np.sin(angle)]))
    question = ExposureQuestion(outline, 5_000.0)
    before = time.process_time()
    Zone(question.zone, question.buffer_m)
    assert time.process_time() - before < 6.0  # about one on a core of its own


def test_unknown_is_unknown_and_never_nought(three: Space, engine: QueryEngine) -> None:
    put(three, SPOTS.id, [HERE] * 3, people=[None, 4, None], hose_m=[None, None, None])
    found = asked(engine, three, SPOTS.id, HERE, 10.0).measures
    assert (found["people"].sum, found["people"].unknown, found["people"].unit) == (4, 2, "persons") and isinstance(found["people"].sum, int)
    assert (found["hose_m"].sum, found["hose_m"].unknown) == (None, 3)


def test_nothing_inside_adds_up_to_nothing(three: Space, engine: QueryEngine) -> None:
    found = asked(engine, three, SPOTS.id, HERE, 10.0)
    assert (found.count, found.measures["people"].sum, found.measures["people"].unknown, found.features) == (0, 0, 0, ())
    assert (found.basis.sources, found.basis.verified_oldest, found.basis.portions) == ((), None, ())


def test_tenths_add_up_without_rounding_on_the_way(three: Space, engine: QueryEngine) -> None:
    put(three, SPOTS.id, [HERE] * 10, hose_m=[0.1] * 10)
    assert asked(engine, three, SPOTS.id, HERE, 10.0).measures["hose_m"].sum == 1.0 != sum([0.1] * 10)


def test_two_sources_stay_two_figures(three: Space, engine: QueryEngine) -> None:
    seen = datetime(2026, 1, 5, tzinfo=UTC)
    put(three, SPOTS.id, [HERE] * 4, people=[10, 20, 40, None], source=["普查", "普查", "上报", None],
        source_date=[date(2025, 3, 1), date(2025, 3, 1), date(2026, 1, 1), None], verified_at=[seen, None, datetime(2026, 2, 1, tzinfo=UTC), None])
    basis = asked(engine, three, SPOTS.id, HERE, 10.0).basis
    assert basis.sources == ("上报", "普查") and basis.source_dates == (date(2025, 3, 1), date(2026, 1, 1))
    assert (basis.verified_oldest, basis.verified_latest, basis.verified_unknown) == (seen, datetime(2026, 2, 1, tzinfo=UTC), 2)
    assert {(one.source, one.count, one.measures["people"].sum) for one in basis.portions} == {("普查", 2, 30), ("上报", 1, 40), (None, 1, None)}


def test_the_filter_decides_who_counts(three: Space, engine: QueryEngine, by_postgis: QueryEngine) -> None:
    strewn(three, SPOTS.id, 300, 51)
    mine = asked(engine, three, SPOTS.id, HERE, 20_000.0, filter="people > 10")
    assert same(mine, asked(by_postgis, three, SPOTS.id, HERE, 20_000.0, filter="people > 10"))
    assert 0 < mine.count < asked(engine, three, SPOTS.id, HERE, 20_000.0).count and mine.measures["people"].unknown == 0


def test_the_zone_comes_back_widened(three: Space, engine: QueryEngine) -> None:
    answer = engine.exposure(three, ExposureQuestion(HERE, 5_000.0, (SPOTS.id,)), OPERATOR)
    assert answer.zone.geom_type == "Polygon" and answer.zone.contains(HERE)
    square = shapely.box(109.7, 40.5, 109.8, 40.6)
    assert engine.exposure(three, ExposureQuestion(square, 0, (SPOTS.id,)), OPERATOR).zone.equals(square)


def test_the_zone_comes_with_its_area_on_the_ellipsoid(three: Space, engine: QueryEngine) -> None:
    answer = engine.exposure(three, ExposureQuestion(HERE, 3_000.0, (SPOTS.id,)), OPERATOR)
    assert answer.zone_area_m2 == pytest.approx(28_274_334, rel=1e-5)
    assert engine.exposure(three, ExposureQuestion(HERE, 0.0, (SPOTS.id,)), OPERATOR).zone_area_m2 is None


def test_layers_marked_in_the_catalogue_are_exposed_by_default_and_others_are_not_shown_to_those_who_may_not_read(three: Space, engine: QueryEngine) -> None:
    found = [one.layer for one in engine.exposure(three, ExposureQuestion(HERE, 10.0), OPERATOR).layers]
    assert set(LAYERS) <= set(found) and all(three.catalogue[one].exposed for one in found)
    with pytest.raises(Forbidden):
        engine.exposure(three, ExposureQuestion(HERE, 10.0, LAYERS), actor(Role.SYSTEM_ADMIN))


@pytest.mark.parametrize(("zone", "buffer_m", "pointer"), [
    (HERE, -1.0, "/buffer_m"), (HERE, math.nan, "/buffer_m"), (HERE, 50_000.1, "/buffer_m"), (HERE, "5", "/buffer_m"),
    (shapely.Point(math.nan, 1), 5.0, "/zone"), (shapely.Polygon([(math.inf, 0)] * 4), 5.0, "/zone"), (shapely.Point(), 5.0, "/zone"),
    (shapely.Point(179.99, 0), 5_000.0, "/zone"), (shapely.Point(0, 89.99), 5_000.0, "/zone"),
    (shapely.LineString(np.column_stack([np.linspace(109, 110, 5_001), np.full(5_001, 40.0)])), 5.0, "/zone"),
    (shapely.MultiPoint(np.column_stack([np.linspace(109, 110, 300), np.full(300, 40.0)])), 50_000.0, "/buffer_m"),
])
def test_bad_zones_are_refused_by_name(zone: BaseGeometry, buffer_m: Any, pointer: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        ExposureQuestion(zone, buffer_m)
    assert caught.value.problems[0].pointer == pointer


def sizes_inside(zone: Zone, shapes: Sequence[BaseGeometry]) -> list[float]:
    return zone.parts(np.array(shapes))[0].tolist()


def test_parts_of_neighbours_add_up_to_the_whole() -> None:
    """The zone cut in two: what each half takes of every shape adds up to what the whole takes."""
    shapes = scattered(PLOTS.id, 60, 5)
    left, right, both = (Zone(shapely.box(*box), 0.0) for box in ((109.4, 40.4, 109.8, 40.9), (109.8, 40.4, 110.3, 40.9), (109.4, 40.4, 110.3, 40.9)))
    assert np.add(sizes_inside(left, shapes), sizes_inside(right, shapes)) == pytest.approx(sizes_inside(both, shapes), rel=1e-9, abs=1e-3)


@pytest.mark.parametrize("lat", [0.0, 40.6, 84.0])
def test_boxes_surely_inside_have_no_place_outside(lat: float) -> None:
    """Small boxes about the rim, looked at all along their edges; those judged by corners alone are many, and none is wrong."""
    rng = np.random.default_rng(11)
    zone = Zone(shapely.Point(109.8, lat), 5_000.0)
    bearings, far = rng.uniform(0, 360, 400), rng.uniform(3_000, 5_100, 400)
    lon, south, _ = GEOD.fwd(np.full(400, 109.8), np.full(400, lat), bearings, far)
    size = rng.uniform(1e-5, 0.0199, (400, 2)) * rng.choice([0.01, 0.3, 1.0], (400, 1))
    boxes = np.column_stack([lon, south, lon + size[:, 0], south + size[:, 1]])
    sure = zone.surely(boxes)
    assert 40 < sure.sum() < 400
    for west, low, east, north in boxes[sure]:
        along = np.linspace(0.0, 1.0, 41)
        edge = np.concatenate([np.column_stack([west + along * (east - west), np.full(41, one)]) for one in (low, north)]
                              + [np.column_stack([np.full(41, one), low + along * (north - low)]) for one in (west, east)])
        same = np.ones(len(edge))
        assert GEOD.inv(109.8 * same, lat * same, edge[:, 0], edge[:, 1])[2].max() < 5_000.0
    beyond = zone.out_of_reach(boxes)
    assert not (beyond & sure).any()
    for one in np.flatnonzero(beyond):
        assert twin.distance_m(109.8, lat, shapely.box(*boxes[one])) > 5_000.0
    assert zone.out_of_reach(boxes + [1.0, 0.0, 1.0, 0.0]).all(), "a degree of longitude is ten kilometres even at 84 degrees"
    assert not zone.surely(np.array([[109.79, lat - 0.001, 109.83, lat + 0.001]])).any(), "a long box is judged by its shape"
    assert not Zone(shapely.box(109.0, 40.0, 110.0, 41.0), 0.0).surely(np.array([[109.5, 40.5, 109.501, 40.501]])).any()


def test_features_inside_are_made_when_looked_at() -> None:
    ids = [UUID(int=n) for n in range(3)]
    found = Insides(ids, np.array([np.nan, 5.0, 0.0]), np.array([np.nan, 10.0, 0.0]), np.array([0, 1, 2]))
    made = (Inside(ids[0], None, None, None), Inside(ids[1], 5.0, 0.5, "m"), Inside(ids[2], 0.0, 0.0, "m2"))
    assert tuple(found) == made == found[:] and found[1:] == made[1:] and found[-1] == made[-1] and len(found) == 3
    assert found == made and found == Insides(ids, np.array([np.nan, 5.0, 0.0]), np.array([np.nan, 10.0, 0.0]), np.array([0, 1, 2]))
    assert found != made[:2] and hash(found) == hash(found)
