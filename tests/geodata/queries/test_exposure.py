"""exposure counts what is inside, once each, to the metre at the rim, and says what its sums rest on."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import pytest
import shapely
from shapely.geometry.base import BaseGeometry

from geodata.crs import GEOD
from geodata.queries.engine import QueryEngine
from geodata.queries.exposure import ExposureQuestion, LayerExposure
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
    lon, lat, _ = GEOD.fwd(HERE.x, HERE.y, 0.5, 49_999.0)
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
    assert part == pytest.approx(math.pi * 5_000**2, rel=2e-4)


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


def test_layers_marked_in_the_catalogue_are_exposed_by_default_and_others_are_not_shown_to_those_who_may_not_read(three: Space, engine: QueryEngine) -> None:
    found = [one.layer for one in engine.exposure(three, ExposureQuestion(HERE, 10.0), OPERATOR).layers]
    assert set(LAYERS) <= set(found) and all(three.catalogue[one].exposed for one in found)
    with pytest.raises(Forbidden):
        engine.exposure(three, ExposureQuestion(HERE, 10.0, LAYERS), actor(Role.SYSTEM_ADMIN))


@pytest.mark.parametrize(("zone", "buffer_m", "pointer"), [
    (HERE, -1.0, "/buffer_m"), (HERE, math.nan, "/buffer_m"), (HERE, 50_000.1, "/buffer_m"), (HERE, "5", "/buffer_m"),
    (shapely.Point(math.nan, 1), 5.0, "/zone"), (shapely.Polygon([(math.inf, 0)] * 4), 5.0, "/zone"), (shapely.Point(), 5.0, "/zone"),
    (shapely.Point(179.99, 0), 5_000.0, "/zone"), (shapely.Point(0, 89.99), 5_000.0, "/zone"),
    (shapely.LineString(np.column_stack([np.linspace(109, 110, 20_001), np.full(20_001, 40.0)])), 5.0, "/zone"),
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
