"""Bounds from boxes of degrees hold for every place on the ellipsoid."""

from __future__ import annotations

import numpy as np
import shapely
from hypothesis import assume, given
from hypothesis import strategies as st

from geodata.crs import GEOD
from geodata.queries.bounds import box_distances_m, certain_m, widened, window

LON, LAT = st.floats(-180, 180), st.floats(-90, 90)
METRES = st.floats(0, 2e7)


def holds(boxes: list[tuple[float, float, float, float]], lon: float, lat: float) -> bool:
    return any(west <= lon <= east and south <= lat <= north for west, south, east, north in boxes)


@given(LON, LAT, METRES, st.floats(0, 360), st.floats(0, 1))
def test_a_window_holds_every_place_within_its_radius(lon: float, lat: float, radius_m: float, bearing: float, share: float) -> None:
    to_lon, to_lat, _ = GEOD.fwd(lon, lat, bearing, radius_m * share)
    assert holds(window(lon, lat, radius_m), to_lon, to_lat)


def test_a_build_with_one_length_of_a_degree_would_lose_places_to_the_east() -> None:
    """A wrong build: radius / 111,320 m on both axes, as if a degree of longitude were as long as one of latitude."""
    reach = 10_000 / 111_320
    to_lon, to_lat, _ = GEOD.fwd(109.8, 40.6, 90.0, 9_900)
    assert not holds([(109.8 - reach, 40.6 - reach, 109.8 + reach, 40.6 + reach)], to_lon, to_lat)
    assert holds(window(109.8, 40.6, 10_000), to_lon, to_lat)


@given(st.floats(-179, 179), st.floats(-85, 85), st.floats(0, 1), st.floats(0, 1), METRES, st.floats(0, 360))
def test_a_widened_box_holds_what_is_near_any_of_its_places(lon: float, lat: float, wide: float, high: float, metres: float, bearing: float) -> None:
    for corner in ((lon, lat), (lon + wide, lat + high)):
        to_lon, to_lat, _ = GEOD.fwd(*corner, bearing, metres)
        assert holds(widened((lon, lat, lon + wide, lat + high), metres), to_lon, to_lat)


@given(LON, LAT, LON, LAT, st.floats(0.1, 1.0))
def test_what_lies_farther_in_degrees_lies_at_least_the_certain_distance_away(lon: float, lat: float, to_lon: float, to_lat: float, squeeze: float) -> None:
    reach = float(np.hypot((to_lon - lon) * squeeze, to_lat - lat))
    assert certain_m(lon, lat, reach, squeeze) <= GEOD.inv(lon, lat, to_lon, to_lat)[2] + 1e-6


@given(LON, LAT, LON, LAT, st.floats(0, 5), st.floats(0, 5), st.floats(0, 1), st.floats(0, 1))
def test_no_place_of_a_box_is_nearer_than_the_box_is_said_to_be(
        lon: float, lat: float, west: float, south: float, wide: float, high: float, right: float, up: float) -> None:
    assume(west + wide <= 180 and south + high <= 90)
    box = np.array([[west, south, west + wide, south + high]])
    assert box_distances_m(lon, lat, box)[0] <= GEOD.inv(lon, lat, west + right * wide, south + up * high)[2] + 1e-6


def test_in_the_district_the_bound_of_a_box_is_within_a_hundredth_of_the_truth() -> None:
    rng = np.random.default_rng(1)
    for _ in range(200):
        west, south = rng.uniform(109.3, 110.4), rng.uniform(40.3, 41.0)
        box = shapely.box(west, south, west + 0.01, south + 0.01)
        edge = shapely.get_coordinates(shapely.segmentize(box, 0.0005))
        truth = GEOD.inv(np.full(len(edge), 109.8), np.full(len(edge), 40.6), edge[:, 0], edge[:, 1])[2].min()
        if not box.contains(shapely.Point(109.8, 40.6)):
            assert 0.98 * truth - 60 <= box_distances_m(109.8, 40.6, np.array([box.bounds]))[0] <= truth
