"""Coordinates reach storage exactly or are refused; metres around a place are those of the ellipsoid."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from geodata import crs

JIUYUAN = (109.39, 40.47, 110.06, 40.75)
ESRI_CGCS2000 = (
    'PROJCS["CGCS2000_3_Degree_GK_CM_111E",GEOGCS["GCS_China_Geodetic_Coordinate_System_2000",DATUM["D_China_2000",'
    'SPHEROID["CGCS2000",6378137.0,298.257222101]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]],PROJECTION["Gauss_Kruger"],'
    'PARAMETER["False_Easting",500000.0],PARAMETER["False_Northing",0.0],PARAMETER["Central_Meridian",111.0],PARAMETER["Scale_Factor",1.0],'
    'PARAMETER["Latitude_Of_Origin",0.0],UNIT["Meter",1.0]]')


def test_on_the_central_meridian_a_gauss_kruger_place_is_an_arc_of_the_meridian_north_of_the_equator() -> None:
    lon, lat = crs.transformer(4546).transform(500_000.0, 4_500_000.0)
    assert lon == pytest.approx(111.0, abs=1e-12)
    assert crs.GEOD.inv(111.0, 0.0, 111.0, lat)[2] == pytest.approx(4_500_000.0, abs=1e-4)


@pytest.mark.parametrize("source", [4326, "OGC:CRS84", "EPSG:4979", 9000])
def test_modern_degrees_come_out_unchanged(source: int | str) -> None:
    assert crs.transformer(source).transform(110.123456789, 40.5) == pytest.approx((110.123456789, 40.5), abs=1e-12)


def test_the_zone_number_moves_only_the_easting() -> None:
    assert crs.transformer(4525).transform(37_412_000.0, 4_495_000.0) == pytest.approx(crs.transformer(4546).transform(412_000.0, 4_495_000.0))


def test_the_spelling_of_esri_means_the_same_system() -> None:
    assert crs.transformer(ESRI_CGCS2000).transform(412_000.0, 4_495_000.0) == pytest.approx(crs.transformer(4546).transform(412_000.0, 4_495_000.0))


@pytest.mark.parametrize("source", [4214, 4610, 2333, 2433, 4555])
def test_beijing_54_and_xian_80_are_refused_rather_than_passed_unchanged(source: int) -> None:
    with pytest.raises(crs.UnsureTransformation):
        crs.transformer(source)


def test_a_build_that_lets_ballpark_through_would_leave_xian_80_unchanged() -> None:
    """What the refusal above guards against: PROJ's own default."""
    import pyproj

    assert pyproj.Transformer.from_crs(4610, 4490, always_xy=True).transform(110.0, 40.0) == (110.0, 40.0)


@pytest.mark.parametrize("source", ["nonsense", 999999, ""])
def test_what_is_no_system_is_named(source: int | str) -> None:
    with pytest.raises(crs.UnknownCRS):
        crs.crs(source)


def test_shapes_are_moved_vertex_by_vertex_in_2d_and_none_stays_none() -> None:
    shapes = np.array([shapely.Point(412_000, 4_495_000, 12), None, shapely.LineString([(412_000, 4_495_000), (413_000, 4_495_000)])])
    moved = crs.reproject(shapes, 4546)
    assert not moved[0].has_z and moved[1] is None
    assert moved[2].coords[0] == moved[0].coords[0] == pytest.approx(crs.transformer(4546).transform(412_000, 4_495_000))


@pytest.mark.parametrize(("easting", "epsg"), [(37_412_000.0, 4525), (19_412_000.0, 4497), (412_000.0, None), (12_500_000.0, None), (46_500_000.0, None)])
def test_the_zone_in_an_easting_tells_the_system(easting: float, epsg: int | None) -> None:
    assert crs.gauss_kruger_of_easting(easting) == epsg


def test_an_easting_without_zone_has_two_readings_in_the_district() -> None:
    assert crs.gauss_kruger_candidates(412_000.0, 4_495_000.0, JIUYUAN) == [4508, 4546]
    assert crs.gauss_kruger_candidates(37_412_000.0, 4_495_000.0, JIUYUAN) == [4525]
    assert crs.gauss_kruger_candidates(12.0, 40.0, JIUYUAN) == []


@pytest.mark.parametrize(("width", "zoned", "name"), [(3, True, "zone 37"), (3, False, "CM 111E"), (6, True, "zone 19"), (6, False, "CM 111E")])
def test_the_epsg_number_is_that_of_the_meridian(width: int, zoned: bool, name: str) -> None:
    epsg = crs.gauss_kruger_epsg(111, width_deg=width, zoned=zoned)
    assert epsg is not None
    found = crs.crs(epsg).name
    assert name in found and ("3-degree" in found) == (width == 3)


def test_there_is_no_system_for_a_meridian_between_zones() -> None:
    assert crs.gauss_kruger_epsg(112, width_deg=3, zoned=True) is None
    assert crs.gauss_kruger_epsg(138, width_deg=3, zoned=True) is None


def test_metres_around_a_place_are_geodesic_and_come_back() -> None:
    to_metres, to_degrees = crs.metres_around(109.8, 40.6)
    places = np.array([[109.8, 40.6], [110.0, 40.7], [109.0, 41.0]])
    metres = to_metres(places)
    for (lon, lat), (east, north) in zip(places, metres, strict=True):
        assert np.hypot(east, north) == pytest.approx(crs.GEOD.inv(109.8, 40.6, lon, lat)[2], abs=1e-6)
    assert np.abs(to_degrees(metres) - places).max() < 1e-12
