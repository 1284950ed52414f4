"""Positions as people write them."""

from __future__ import annotations

import pytest

from geodata.queries.position import read_position
from layers.district import JIUYUAN

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


@pytest.mark.parametrize("written", ["", ",", "沙河", "150207", "109.8", "1,2,3", "10 20", "12号 3", "WX001-2", "N40 N41", "99°61′ 20", "200.5,300.5", "1e5,2", "109.1.2 40"])
def test_what_is_no_position_is_none(written: str) -> None:
    assert read_position(written, JIUYUAN) is None


def test_a_place_far_away_is_taken_longitude_first_and_said_to_be_outside() -> None:
    found = read_position("-77.03 38.9", JIUYUAN)
    assert found is not None
    assert (found.lon, found.lat, found.in_district) == (-77.03, 38.9, False)


def test_letters_beat_the_order_that_falls_near() -> None:
    found = read_position("N40.65 E109.83", JIUYUAN)
    assert found is not None and found.swapped
