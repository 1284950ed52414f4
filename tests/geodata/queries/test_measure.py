"""Distances, bearings, lengths, areas and buffers are those of the geodesic on the ellipsoid."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry.base import BaseGeometry
from sqlalchemy import text

from geodata.crs import GEOD
from geodata.queries.buffer import buffer
from geodata.queries.extent import areas_m2, lengths_m, sizes
from geodata.queries.measure import bearing_deg, distance_m, feet, point_distance_m, point_distances_m
from geodata.queries.plane import Plane, shape_distance_m
from geodata.store.database import Database
from tests.geodata.queries import twin


def some_shape(rng: np.random.Generator, scale: float) -> BaseGeometry:
    """A line, polygon, polygon with a hole, or multi of them, somewhere in China."""
    middle = np.array([rng.uniform(75, 133), rng.uniform(5, 52)])

    def near() -> np.ndarray:
        return middle + rng.uniform(-scale, scale, (int(rng.integers(3, 8)), 2))

    hull = shapely.convex_hull(shapely.MultiPoint(near()))
    kinds = (
        lambda: shapely.LineString(near()), lambda: hull, lambda: hull.difference(shapely.affinity.scale(hull, 0.4, 0.4)),
        lambda: shapely.MultiLineString([near(), near()]), lambda: shapely.MultiPoint(near()),
        lambda: shapely.MultiPolygon([hull, shapely.affinity.translate(hull, 3 * scale, 0)]),
    )
    return kinds[int(rng.integers(0, len(kinds)))]()


@pytest.mark.parametrize(("scale", "off"), [(0.01, 0.1), (0.01, 2.0), (0.3, 0.5), (4.0, 4.0), (2.0, 30.0)])
def test_distance_to_any_shape_is_that_of_brute_force(scale: float, off: float) -> None:
    rng = np.random.default_rng(int(scale * 100 + off))
    for _ in range(25):
        shape = some_shape(rng, scale)
        where = shapely.centroid(shape)
        lon, lat = where.x + rng.uniform(-off, off), float(np.clip(where.y + rng.uniform(-off, off), -80, 80))
        truth = twin.distance_m(lon, lat, shape, max(0.002, scale / 50))
        assert distance_m(lon, lat, shape) == pytest.approx(truth, abs=max(1e-3, 1e-7 * truth))


def test_a_build_that_measures_in_degrees_is_told_from_ours() -> None:
    """A wrong build: the nearest place by planar degrees, then Geod. East-west edges are longer than they look."""
    line = shapely.LineString([(109.0, 40.0), (110.0, 41.0)])
    place = shapely.Point(110.0, 40.0)
    foot = shapely.shortest_line(place, line).coords[1]
    assert GEOD.inv(110.0, 40.0, *foot)[2] > distance_m(110.0, 40.0, line) + 1_000


def test_an_edge_is_straight_in_degrees_not_a_geodesic() -> None:
    """Along the 50th parallel over 20 degrees the geodesic runs 55 km farther north; the stored edge does not."""
    edge = shapely.LineString([(100.0, 50.0), (120.0, 50.0)])
    assert distance_m(110.0, 50.0, edge) == 0.0
    assert distance_m(110.0, 50.1, edge) == pytest.approx(GEOD.inv(110.0, 50.1, 110.0, 50.0)[2], abs=1e-3)


def test_on_a_line_in_a_polygon_and_on_its_edge_the_distance_is_nothing() -> None:
    square = shapely.box(109.8, 40.6, 109.9, 40.7)
    assert [distance_m(*place, square) for place in ((109.85, 40.65), (109.8, 40.65), (109.8, 40.6))] == [0.0, 0.0, 0.0]
    assert distance_m(109.8, 40.65, shapely.LineString([(109.7, 40.6), (109.9, 40.7)])) == 0.0


def test_a_place_in_a_hole_is_outside() -> None:
    ring = shapely.box(109.8, 40.6, 109.9, 40.7).difference(shapely.box(109.84, 40.64, 109.86, 40.66))
    assert distance_m(109.85, 40.65, ring) == pytest.approx(GEOD.inv(109.85, 40.65, 109.84, 40.65)[2], abs=0.1)


def test_the_answer_for_a_shape_does_not_depend_on_its_company() -> None:
    rng = np.random.default_rng(3)
    shapes = [some_shape(rng, 0.02) for _ in range(20)] + [some_shape(rng, 3.0)]
    together = feet(109.8, 40.6, shapes)
    assert together.distance_m.tolist() == [feet(109.8, 40.6, [one]).distance_m[0] for one in shapes]


def test_the_foot_lies_on_the_shape_and_the_bearing_points_at_it() -> None:
    line = shapely.LineString([(109.7, 40.5), (109.9, 40.55)])
    found = feet(109.8, 40.6, [line])
    foot = shapely.Point(found.lon[0], found.lat[0])
    assert shapely.distance(line, foot) < 1e-9
    assert point_distance_m(109.8, 40.6, foot.x, foot.y) == pytest.approx(found.distance_m[0], abs=1e-5)
    assert bearing_deg(109.8, 40.6, foot.x, foot.y) == pytest.approx(found.bearing_deg[0], abs=1e-6)


@pytest.mark.parametrize(("to", "bearing"), [((109.8, 40.7), 0.0), ((109.8, 40.5), 180.0)])
def test_north_is_nought_and_bearings_run_clockwise(to: tuple[float, float], bearing: float) -> None:
    assert bearing_deg(109.8, 40.6, *to) == pytest.approx(bearing)
    assert 90 > bearing_deg(109.8, 40.6, 109.9, 40.65) > 0 and 360 > bearing_deg(109.8, 40.6, 109.7, 40.65) > 270


@pytest.mark.parametrize(("scale", "off"), [(0.01, 0.1), (0.05, 0.3)])
def test_distance_between_shapes_is_that_of_brute_force(scale: float, off: float) -> None:
    rng = np.random.default_rng(int(scale * 1000))
    for _ in range(6):
        one = shapely.LineString(rng.uniform(-scale, scale, (3, 2)) + [109.8, 40.6])
        other = shapely.convex_hull(shapely.MultiPoint(rng.uniform(-scale, scale, (5, 2)) + [109.8 + off, 40.6 + off / 3]))
        truth = twin.between_m(one, other, scale / 40)
        assert shape_distance_m(one, other) == pytest.approx(truth, abs=0.01)


def test_shapes_that_touch_are_at_no_distance() -> None:
    assert shape_distance_m(shapely.box(0, 0, 1, 1), shapely.box(1, 1, 2, 2)) == 0.0


@given(st.floats(109.3, 110.4), st.floats(40.3, 41.0), st.floats(109.3, 110.4), st.floats(40.3, 41.0))
def test_the_plane_never_shows_more_than_the_ground_and_little_less(lon: float, lat: float, to_lon: float, to_lat: float) -> None:
    plane = Plane.over((109.3, 40.3, 110.4, 41.0))
    assert plane is not None
    drawn = plane.project(np.array([[lon, lat], [to_lon, to_lat]]))
    flat, ground = float(np.hypot(*(drawn[1] - drawn[0]))), point_distance_m(lon, lat, to_lon, to_lat)
    assert flat - plane.slack_m <= ground <= flat / plane.shrink + plane.slack_m


def test_there_is_no_plane_for_a_continent() -> None:
    assert Plane.over((70.0, 5.0, 135.0, 53.0)) is None


@pytest.mark.parametrize("scale", [0.01, 0.3, 3.0])
def test_lengths_and_areas_are_those_of_densified_geodesics(scale: float) -> None:
    rng = np.random.default_rng(int(scale * 100))
    for _ in range(8):
        hull = shapely.convex_hull(shapely.MultiPoint(rng.uniform(-scale, scale, (6, 2)) + [rng.uniform(75, 130), rng.uniform(8, 50)]))
        holed = hull.difference(shapely.affinity.scale(hull, 0.3, 0.3))
        line = shapely.LineString(hull.exterior.coords)
        assert areas_m2([holed])[0] == pytest.approx(abs(GEOD.geometry_area_perimeter(shapely.segmentize(holed, scale / 800))[0]), rel=1e-6)
        assert lengths_m([line])[0] == pytest.approx(GEOD.geometry_length(shapely.segmentize(line, scale / 800)), rel=1e-7)


def test_a_degree_square_at_the_equator_is_as_large_as_geod_says() -> None:
    square = shapely.box(0.0, 0.0, 1.0, 1.0)
    assert areas_m2([square])[0] == pytest.approx(abs(GEOD.geometry_area_perimeter(shapely.segmentize(square, 0.001))[0]), rel=1e-9)


def test_each_kind_of_shape_has_its_size() -> None:
    found = sizes([shapely.Point(1, 1), shapely.LineString([(0, 0), (1, 0)]), shapely.MultiPolygon([shapely.box(0, 0, 1, 1), shapely.box(2, 0, 3, 1)])])
    assert np.isnan(found[0]) and found[1] == pytest.approx(np.radians(1) * GEOD.a) and found[2] == pytest.approx(2 * areas_m2([shapely.box(0, 0, 1, 1)])[0])


@pytest.mark.parametrize("shape", [
    shapely.Point(109.8, 40.6), shapely.LineString([(109.4, 40.5), (109.9, 40.6), (111.0, 41.4)]), shapely.box(109.4, 40.5, 110.0, 40.9),
    shapely.MultiPoint([(109.8, 40.6), (109.81, 40.6)]), shapely.box(109.4, 40.5, 110.0, 40.9).difference(shapely.box(109.5, 40.6, 109.9, 40.8)),
])
@pytest.mark.parametrize("metres", [10.0, 3_000.0, 50_000.0])
def test_the_rim_of_a_buffer_lies_at_its_distance(shape: BaseGeometry, metres: float) -> None:
    zone = buffer(shape, metres)
    assert zone.is_valid and shapely.covers(zone, shape)
    rim = shapely.get_coordinates(zone)
    for lon, lat in rim[:: max(1, len(rim) // 80)]:
        assert distance_m(lon, lat, shape) == pytest.approx(metres, rel=1e-4, abs=0.05)


def test_a_build_that_buffers_in_degrees_is_told_from_ours() -> None:
    """A wrong build: a circle in degrees is a quarter too narrow from east to west at 40 degrees north."""
    naive = shapely.Point(109.8, 40.6).buffer(5_000 / 111_320)
    assert distance_m(naive.bounds[2], 40.6, shapely.Point(109.8, 40.6)) < 3_900


def test_no_buffer_is_the_shape_itself() -> None:
    square = shapely.box(0, 0, 1, 1)
    assert buffer(square, 0.0) is square


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.floats(73, 135), st.floats(3, 53.5)), min_size=2, max_size=30))
def test_points_are_as_far_apart_as_postgis_says(database_of_module: Database, places: list[tuple[float, float]]) -> None:
    lon, lat = places[0]
    mine = point_distances_m(lon, lat, np.array([one[0] for one in places]), np.array([one[1] for one in places]))
    with database_of_module.engine.connect() as connection:
        theirs = connection.execute(text(
            "SELECT ST_Distance(ST_SetSRID(ST_MakePoint(:lon, :lat), 4490)::geography, ST_SetSRID(ST_MakePoint(x, y), 4490)::geography) "
            "FROM unnest(CAST(:xs AS float8[]), CAST(:ys AS float8[])) WITH ORDINALITY AS p (x, y, n) ORDER BY n"),
            {"lon": lon, "lat": lat, "xs": [one[0] for one in places], "ys": [one[1] for one in places]}).scalars().all()
    assert np.abs(mine - np.array(theirs)).max() < 1e-3
