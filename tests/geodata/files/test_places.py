"""Where a table's columns say that things are: every form that people type, and every word of a shift or a system that they leave."""

from __future__ import annotations

from typing import Any

import pytest
import shapely

from geodata.files.angles import coordinate, look_packed, pair
from geodata.files.notices import Refused
from geodata.files.places import Places, find_places, names_places, shift_said
from geodata.files.table import Column, Kind


def told(heading: str = "", **columns: list[Any]) -> Places:
    found = find_places([Column(name, Kind.TEXT, values) for name, values in columns.items()], heading)
    assert found is not None
    return found


def at(places: Places) -> list[tuple[float, float] | None]:
    return [None if one is None else tuple(round(number, 6) for number in shapely.from_wkb(one).coords[0]) for one in places.shapes]  # type: ignore[misc]


@pytest.mark.parametrize(
    ("text", "degrees"),
    [("109,8", 109.8), ("109,800", 109.8), ("398,428.73", 398428.73), ("398,428", 398428.0), ("4,496,845.5", 4496845.5), ("109.48.30", 109 + 48.5 / 60), ("109.75.30", None), ("109.8\n40.6", None), ("", None)],
)
def test_commas_and_points_are_read_as_they_are_meant(text: str, degrees: float | None) -> None:
    assert coordinate(text) == (degrees if degrees is None else pytest.approx(degrees))


@pytest.mark.parametrize(
    "text", ["东经109.8北纬40.6", "北纬40.6东经109.8", "109°48′00″40°36′00″", "109°48′00″E40°36′00″N", "E109°48′00″ N40°36′00″", "经度：109.8，纬度：40.6", "N40.6,E109.8"]
)
def test_two_in_a_cell_need_no_mark_between_them(text: str) -> None:
    assert pair(text) == pytest.approx((109.8, 40.6))


def test_degrees_minutes_and_seconds_in_columns_of_their_own_are_one_place() -> None:
    for names in (("经度", "分", "秒", "纬度", "分_2", "秒_2"), ("经度_度", "经度_分", "经度_秒", "纬度_度", "纬度_分", "纬度_秒"), ("lon", "lon_min", "lon_sec", "lat", "lat_min", "lat_sec")):
        assert at(told(**dict(zip(names, (["109"], ["48"], ["30"], ["40"], ["36"], ["15"]), strict=True)))) == [(109.808333, 40.604167)]


def test_minutes_beyond_sixty_in_a_column_of_their_own_are_told() -> None:
    found = told(经度=["109", "109"], 分=["75", "48"], 秒=["0", "0"], 纬度=["40", "40"], 分_2=["36", "36"], 秒_2=["0", "0"])
    assert at(found) == [None, (109.8, 40.6)] and found.rejected[0].code == "coordinate-not-read"


@pytest.mark.parametrize(
    ("names", "datum"),
    [(("经度(高德)", "纬度(高德)"), "gcj02"), (("经度（百度）", "纬度（百度）"), "bd09"), (("bd_lng", "bd_lat"), "bd09"), (("lng_gcj02", "lat_gcj02"), "gcj02"), (("经度（°）", "纬度（°）"), None)],
)
def test_a_shift_is_seen_in_the_names_of_columns_also_in_brackets(names: tuple[str, str], datum: str | None) -> None:
    assert told(**{names[0]: ["109.8"], names[1]: ["40.6"]}).shifted == datum


def test_of_two_pairs_the_one_without_a_shift_is_taken_whole() -> None:
    found = told(gcj_lng=["109.806"], gcj_lat=["40.601"], wgs84_lng=["109.8"], wgs84_lat=["40.6"])
    assert (found.used, found.shifted) == (["wgs84_lng", "wgs84_lat"], None)


def test_a_shift_is_seen_in_the_heading_and_in_a_column_of_systems() -> None:
    assert told("九原区避难场所（火星坐标系）", 经度=["109.8"], 纬度=["40.6"]).shifted == "gcj02"
    assert told(经度=["109.8", "109.8"], 纬度=["40.6", "40.6"], 坐标系=["WGS84", "BD-09"]).shifted == "bd09"
    assert told("高德村避难场所", 经度=["109.8"], 纬度=["40.6"]).shifted is None


@pytest.mark.parametrize(("text", "datum"), [("GCJ-02", "gcj02"), ("BD09LL", "bd09"), ("高德坐标", "gcj02"), ("百度地图坐标", "bd09"), ("高德村", None), ("百度经验", None), ("CGCS2000", None)])
def test_words_of_a_shift(text: str, datum: str | None) -> None:
    assert shift_said(text) == datum


@pytest.mark.parametrize(("said", "system"), [("北京54", "北京54"), ("4546", "EPSG:4546"), ("EPSG:4490", "EPSG:4490"), ("CGCS2000", None), ("WGS84", None)])
def test_one_system_named_in_a_column_is_that_of_the_file(said: str, system: str | None) -> None:
    assert told(X=["412000"], Y=["4496000"], 坐标系=[said]).crs == system


POINT = shapely.Point(109.8, 40.6)


@pytest.mark.parametrize(
    ("text", "system"),
    [
        ("POINT (109.8 40.6)", None),
        ("SRID=4546;POINT (109.8 40.6)", "EPSG:4546"),
        (shapely.to_wkb(POINT, hex=True), None),
        (shapely.to_wkb(shapely.set_srid(POINT, 4490), hex=True, include_srid=True), "EPSG:4490"),
        (shapely.to_geojson(POINT), None),
    ],
)
@pytest.mark.parametrize("name", ["geom", "空间数据"])
def test_a_shape_in_a_cell_is_read_in_any_form_with_its_system(text: str, system: str | None, name: str) -> None:
    found = told(**{name: [text, None]})
    assert (at(found), found.crs, found.used) == ([(109.8, 40.6), None], system, [name])


def test_a_shape_of_another_system_than_most_is_kept_out_and_told() -> None:
    found = told(geom=["SRID=4490;POINT (109.8 40.6)", "SRID=4546;POINT (398428 4496845)", "SRID=4490;POINT (109.9 40.6)"])
    assert (found.crs, found.rejected[1].code, found.shapes[1]) == ("EPSG:4490", "srid-differs", None)


def test_a_column_of_codes_in_hexadecimal_is_no_shape() -> None:
    assert find_places([Column("编号", Kind.TEXT, ["0101000000000000000000F03F", "A1"])]) is None
    with pytest.raises(Refused):
        find_places([Column("geom", Kind.TEXT, ["POINT (109.8"])])


def test_decimals_that_are_all_under_sixty_in_pairs_are_doubted_and_others_not() -> None:
    packed = [f"109.{minute:02}{second:02}" for minute, second in ((48, 30), (49, 15), (12, 7), (3, 59), (55, 1), (30, 30), (31, 42), (59, 59))]
    assert look_packed(packed)
    assert not look_packed([*packed, "109.8312"])
    assert not look_packed(packed[:7])
    assert not look_packed([f"109.{minute}" for minute in range(10, 30)])


@pytest.mark.parametrize(("cells", "is_header"), [(["编号", "经度", "纬度"], 2), (["编号", "坐标"], 1), (["编号", "WKT"], 1), (["填报单位：应急局", "填报日期"], 0), (["A", "甲", 109.8, 40.6], 0), (["名称", "X", "Y"], 2), (["12", "E", "N"], 0)])
def test_a_row_that_names_places_is_a_header(cells: list[Any], is_header: int) -> None:
    assert names_places(cells) == is_header
