"""Positions as people write them."""

from __future__ import annotations

import pytest

from geodata.crs import transformer
from geodata.datum import Datum, bd09_from_wgs84, gcj02_from_wgs84
from geodata.queries.position import forms, read_position, readings
from layers.district import JIUYUAN, District

HERE = (pytest.approx(109.8416667), pytest.approx(40.65))


@pytest.mark.parametrize(("written", "swapped"), [
    ("109.8416667,40.65", False), ("40.65 109.8416667", True), ("１０９.８４１６６６７，４０.６５", False), ("109°50′30″E 40°39′N", False),
    ("东经109度50分30秒 北纬40度39分", False), ("北纬40°39′，东经109°50′30″", True), ("E109.8416667N40.65", False), ("40.65N,109.8416667E", True),
    ("109°50'30\" 40°39'0\"", False), ("109°50'30'', 40°39'", False), ("109°50′30″40°39′", False), ("(109.8416667；40.65)", False),
    ("lon: 109.8416667 lat: 40.65", False), ("109°50.5′ 40°39′", False), ("40.65/109.8416667", True),
])
def test_every_way_of_writing_gives_the_place(written: str, swapped: bool) -> None:
    found = read_position(written, JIUYUAN)
    assert found is not None
    assert (found.lon, found.lat) == HERE
    assert (found.swapped, found.in_district) == (swapped, True)


@pytest.mark.parametrize("written", ["", ",", "沙河", "150207", "109.8", "1,2,3", "10 20", "12号 3", "WX001-2", "N40 N41", "99°61′ 20", "200.5,300.5", "1e5,2", "109.1.2 40",
                                     "109°50′30″ 40°39′ 北门", "靠近 109.84,40.65", "109.84,40.65,1050", "109°50′30″E 40°39′N 3号", "109.84度 40.65度 附近", "N40°39′ E109°50′ 7", "40°39′N 40°38′N"])
def test_what_is_no_position_is_none(written: str) -> None:
    assert read_position(written, JIUYUAN) is None


def test_a_place_far_away_is_taken_longitude_first_and_said_to_be_outside() -> None:
    found = read_position("-77.03 38.9", JIUYUAN)
    assert found is not None
    assert (found.lon, found.lat, found.in_district) == (-77.03, 38.9, False)


def test_letters_beat_the_order_that_falls_near() -> None:
    found = read_position("N40.65 E109.83", JIUYUAN)
    assert found is not None and found.swapped


def test_degrees_may_be_those_of_any_web_map_and_the_plain_ones_come_first() -> None:
    lon, lat = 109.6404, 40.6102
    for datum, shift in ((Datum.WGS84, None), (Datum.GCJ02, gcj02_from_wgs84), (Datum.BD09, bd09_from_wgs84)):
        written = shift(lon, lat) if shift else (lon, lat)
        found = readings(f"{float(written[0])!r},{float(written[1])!r}", JIUYUAN)
        assert [one.datum for one in found] == [Datum.WGS84, Datum.GCJ02, Datum.BD09]
        mine = next(one for one in found if one.datum is datum)
        assert (mine.lon, mine.lat) == (pytest.approx(lon, abs=1e-8), pytest.approx(lat, abs=1e-8))


@pytest.mark.parametrize("written", [
    "37412000 4500000", "4500000, 37412000", "37 412 000, 4 500 000", "37 412 000 4 500 000", "X=4500000 Y=37412000", "３７４１２０００，４５０００００",
    "37412000.00米，4500000.00米", "x: 4500000; y: 37412000", "东坐标37412000 北坐标4500000",
])
def test_metres_with_their_zone_mean_one_place(written: str) -> None:
    (found,) = readings(written, JIUYUAN)
    lon, lat = transformer(4490, 4525).transform(found.lon, found.lat)
    assert (lon, lat) == (pytest.approx(37_412_000, abs=0.001), pytest.approx(4_500_000, abs=0.001))
    assert (found.epsg, found.meridian_deg, found.zoned, found.in_district) == (4525, 111, True, True)


def test_metres_without_a_zone_offer_each_meridian_that_leads_near_and_say_which() -> None:
    (found,) = readings("412000 4500000", JIUYUAN)
    assert (found.meridian_deg, found.zoned, found.in_district) == (111, False, True), "of 3 and of 6 degrees: the same place, offered once"
    assert (found.lon, found.lat) == pytest.approx((readings("37412000 4500000", JIUYUAN)[0].lon, readings("37412000 4500000", JIUYUAN)[0].lat))
    border = District("150000", JIUYUAN.label, (108.0, 40.0, 111.5, 41.0))
    assert {one.meridian_deg for one in readings("412000 4500000", border)} >= {111}
    assert {one.meridian_deg for one in readings("600000 4500000", border)} == {108, 111}, "two are possible: both are offered, none is taken"


@pytest.mark.parametrize("written", ["37412000", "4500000 4500000", "412000 412000", "37412000 4500000 1", "37412000 4500000 北门", "X=4500000 X=37412000", "99412000 4500000", "412000 9500000"])
def test_metres_that_cannot_be_a_place_are_none(written: str) -> None:
    assert readings(written, JIUYUAN) == []


@pytest.mark.parametrize(("lon", "lat"), [(109.8416667, 40.65), (109.99999999, 40.59999999), (110.06, 40.47), (109.39, 40.7499999)])
def test_every_form_is_read_back_as_the_same_place(lon: float, lat: float) -> None:
    written = {one.form: one.text for one in forms(lon, lat)}
    assert list(written) == ["decimal", "dms", "gauss-kruger", "gcj02", "bd09"]
    for form, text in written.items():
        meant = readings(text, JIUYUAN)
        assert (meant[0].lon, meant[0].lat) == (pytest.approx(lon, abs=2e-6), pytest.approx(lat, abs=2e-6)), text
        assert (len(meant) == 1) is (form not in {"decimal", "dms"}), "a form that names its datum or its zone leaves nothing to be asked"


def test_a_gauss_kruger_form_has_its_zone_and_its_meridian() -> None:
    (grid,) = [one for one in forms(109.8416667, 40.65) if one.form == "gauss-kruger"]
    easting, northing = transformer(4490, 4525).transform(109.8416667, 40.65)
    assert grid.meridian_deg == 111 and grid.text == f"X {northing:.2f}, Y {easting:.2f}" and ", Y 37" in grid.text
    assert [one.form for one in forms(2.35, 48.85)] == ["decimal", "dms", "gcj02", "bd09"], "no zone of ours, none given"


@pytest.mark.parametrize(("written", "datum"), [
    ("109.646045,40.611250 (GCJ-02)", Datum.GCJ02), ("高德坐标：109.646045，40.611250", Datum.GCJ02), ("BD09 109.646045 40.611250", Datum.BD09),
    ("百度地图 109.646045,40.611250", Datum.BD09), ("109.646045,40.611250 WGS84", Datum.WGS84), ("CGCS2000 109°38′45.76″E, 40°36′40.50″N", Datum.WGS84),
])
def test_a_datum_that_is_written_is_not_asked(written: str, datum: Datum) -> None:
    assert [one.datum for one in readings(written, JIUYUAN)] == [datum]


@pytest.mark.parametrize("written", ["GCJ-02 37412000 4500000", "北京54 109.64,40.61", "西安80 37412000 4500000", "高德酒店"])
def test_a_datum_that_cannot_be_is_no_reading(written: str) -> None:
    assert readings(written, JIUYUAN) == []


def test_two_datums_leave_both_to_be_asked() -> None:
    assert {one.datum for one in readings("109.64,40.61 GCJ-02 BD-09", JIUYUAN)} == {Datum.GCJ02, Datum.BD09}
