"""GCJ-02 and BD-09 are reproduced as published and undone to under a millimetre."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from geodata.crs import GEOD
from geodata.datum import (
    Datum,
    bd09_from_gcj02,
    bd09_from_wgs84,
    gcj02_from_bd09,
    gcj02_from_wgs84,
    unshift,
    wgs84_from_bd09,
    wgs84_from_gcj02,
)

# Pairs (WGS84, GCJ-02) as widely re-published for Shanghai, Shenzhen and Beijing.
KNOWN = [
    ((121.5272106, 31.1774276), (121.531541859215, 31.17530398364597)),
    ((113.912316, 22.543847), (113.9171764808363, 22.540796131694766)),
    ((116.377817, 39.911954), (116.38404722455657, 39.91334545536069)),
]
LON, LAT = st.floats(73.5, 135.0), st.floats(3.0, 53.5)


@pytest.mark.parametrize(("true", "shown"), KNOWN)
def test_amap_draws_known_places_where_it_is_known_to(true: tuple[float, float], shown: tuple[float, float]) -> None:
    assert gcj02_from_wgs84(*true) == pytest.approx(shown, abs=1e-9)


def test_in_the_district_amap_is_half_a_kilometre_off() -> None:
    lon, lat = gcj02_from_wgs84(109.8, 40.6)
    assert 400 < GEOD.inv(109.8, 40.6, float(lon), float(lat))[2] < 600


def apart_m(lon: float, lat: float, other: tuple[np.ndarray, np.ndarray]) -> float:
    return GEOD.inv(lon, lat, float(other[0]), float(other[1]))[2]


@given(LON, LAT)
def test_gcj02_is_undone_to_under_a_millimetre(lon: float, lat: float) -> None:
    assert apart_m(lon, lat, wgs84_from_gcj02(*gcj02_from_wgs84(lon, lat))) < 1e-3


@given(LON, LAT)
def test_bd09_is_undone_to_under_a_millimetre(lon: float, lat: float) -> None:
    assert apart_m(lon, lat, gcj02_from_bd09(*bd09_from_gcj02(lon, lat))) < 1e-3
    assert apart_m(lon, lat, wgs84_from_bd09(*bd09_from_wgs84(lon, lat))) < 1e-3


def test_the_one_step_undoing_in_common_use_would_be_metres_off() -> None:
    """A wrong build: subtracting the shift found at the shifted place."""
    lon, lat = 109.8, 40.6
    shown_lon, shown_lat = gcj02_from_wgs84(lon, lat)
    again_lon, again_lat = gcj02_from_wgs84(shown_lon, shown_lat)
    assert apart_m(lon, lat, (2 * shown_lon - again_lon, 2 * shown_lat - again_lat)) > 0.1


def test_outside_china_nothing_moves() -> None:
    assert gcj02_from_wgs84(-0.13, 51.5) == (-0.13, 51.5)
    assert wgs84_from_gcj02(-0.13, 51.5) == (-0.13, 51.5)


def test_arrays_and_shapes_are_moved_as_single_places_are() -> None:
    lon, lat = np.array([109.5, 109.9]), np.array([40.5, 40.7])
    shown = np.column_stack(gcj02_from_wgs84(lon, lat))
    line = unshift(shapely.LineString(np.column_stack([shown, [1.0, 2.0]])), Datum.GCJ02)
    assert not line.has_z and np.abs(shapely.get_coordinates(line) - np.column_stack([lon, lat])).max() < 1e-9
    assert unshift(shapely.Point(109.5, 40.5), Datum.WGS84).coords[0] == (109.5, 40.5)
    assert unshift(shapely.Point(*bd09_from_wgs84(109.5, 40.5)), Datum.BD09).coords[0] == pytest.approx((109.5, 40.5), abs=1e-9)
