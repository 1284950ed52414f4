"""Shapes that are valid and odd all the same are told of, each kind once, and none that is as it should be."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import shapely

from geodata.columns import Coded, ShapeColumn
from geodata.crs import GEOD
from geodata.files.loading import LoadOptions, plan
from geodata.files.oddities import MOST_PAIRS, namesakes, oddities
from geodata.store.spaces import Space
from layers.spec import OPERATOR
from tests.geodata.files.making import geojson, point

M = 1 / 111_320  # a metre of latitude in degrees
EAST = M / np.cos(np.radians(40.6))


def box(x: float, y: float, width: float, height: float) -> shapely.Polygon:
    """A rectangle of metres, from a corner at so many metres."""
    return shapely.box(109.8 + x * EAST, 40.6 + y * M, 109.8 + (x + width) * EAST, 40.6 + (y + height) * M)


def codes(*shapes: shapely.Geometry) -> dict[str, str]:
    found = oddities(ShapeColumn.of(shapes), np.arange(1, len(shapes) + 1))
    return {one.code: one.values.get("rows", "") for one in found}


def at(*places: tuple[float, float]) -> list[tuple[float, float]]:
    return [(109.8 + x * EAST, 40.6 + y * M) for x, y in places]


def test_sound_neighbours_are_not_odd() -> None:
    assert codes(box(0, 0, 100, 100), box(100, 0, 100, 100), shapely.LineString(at((0, 0), (50, 50), (100, 0))), shapely.Point(109.8, 40.6)) == {}


def test_the_same_shape_twice_is_told_wherever_its_ring_begins() -> None:
    first = box(0, 0, 100, 100)
    turned = shapely.Polygon([*first.exterior.coords[2:-1], *first.exterior.coords[:3]])
    assert codes(first, box(300, 0, 9, 9), turned) == {"shapes-doubled": "3"}


@pytest.mark.parametrize(("width", "odd"), [(0.4, True), (0.6, False)])
def test_a_strip_between_two_outlines_is_a_sliver_below_half_a_metre(width: float, odd: bool) -> None:
    assert ("polygons-thin" in codes(box(0, 0, width, 10_000))) is odd


@pytest.mark.parametrize("start", [0, 1, 2, 3])
def test_a_spike_is_found_wherever_the_ring_begins_and_a_sharp_corner_is_none(start: int) -> None:
    spiked = at((0, 0), (200, 0), (200, 200), (100, 200), (100.5, 400), (100, 200.01), (0, 200))
    assert codes(shapely.Polygon(spiked[start:] + spiked[:start])) == {"shapes-spiked": "1"}
    assert codes(shapely.Polygon(at((0, 0), (100, 0), (0, 4)))) == {}  # 2.3 degrees


def test_a_line_that_comes_back_on_itself_or_crosses_itself() -> None:
    assert set(codes(shapely.LineString(at((0, 0), (100, 0), (50, 0.1))))) == {"shapes-spiked"}
    assert codes(shapely.LineString(at((0, 0), (100, 0), (50, 50), (50, -50)))) == {"lines-crossing-themselves": "1"}


def test_overlap_is_told_with_its_ground_and_a_shared_border_is_none() -> None:
    found = oddities(ShapeColumn.of([box(0, 0, 100, 100), box(90, 0, 100, 100), box(190, 0, 10, 10)]), np.array([4, 7, 9]))
    assert [(one.code, one.values["rows"]) for one in found] == [("polygons-overlap", "4–7")]
    assert found[0].values["area_m2"] == pytest.approx(1000, abs=5)


def test_one_name_twice_is_told_only_nearby() -> None:
    here, near, far = shapely.Point(109.8, 40.6), shapely.Point(109.8, 40.6 + 50 * M), shapely.Point(109.9, 40.6)
    found = namesakes(Coded.of(["甲", "甲", "乙", None]), ShapeColumn.of([here, near, far, here]), np.arange(1, 5))
    assert found is not None and found.values["rows"] == "1–2"
    assert namesakes(Coded.of(["甲", "甲", None]), ShapeColumn.of([here, far, None]), np.arange(1, 4)) is None


def test_a_heap_of_one_name_is_told_without_counting_all_its_pairs() -> None:
    heap = ShapeColumn.of([shapely.Point(109.8, 40.6)] * 1_000)
    found = namesakes(Coded.repeated("井", 1_000), heap, np.arange(1, 1_001))
    assert found is not None and (found.code, found.values["count"]) == ("names-near-many", MOST_PAIRS)
    assert str(found.values["rows"]).count("1–") == 10 and str(found.values["rows"]).endswith("…")


def test_a_report_tells_of_them_and_loads_all_the_same(space: Space, tmp_path: Path) -> None:
    path = geojson(tmp_path / "a.geojson", [(point(109.8, 40.6), {"名称": "甲"}), (point(109.8, 40.6), {"名称": "甲"}), (point(109.9, 40.6), {"名称": "乙"})])
    made = plan(space, "odd_layer", path, LoadOptions(create=True, dry_run=True), OPERATOR)
    assert made.report.refused is None and {"shapes-doubled", "row-doubled"} & {one.code for one in made.report.warnings}


def test_namesakes_are_those_that_every_pair_compared_by_itself_gives() -> None:
    dice = np.random.default_rng(5)
    corners = np.array([109.8, 40.6]) + dice.integers(0, 30, (200, 2)) * 4e-4
    shapes = [shapely.Polygon() if one % 11 == 0 else None if one % 13 == 0 else shapely.box(x, y, x + 1e-4, y + 1e-4) for one, (x, y) in enumerate(corners)]
    names = [f"第{one}号" if one % 3 else None for one in dice.integers(0, 40, 200).tolist()]
    there = [one for one in range(200) if names[one] and shapes[one] is not None and not shapes[one].is_empty]
    middles = {one: shapes[one].centroid for one in there}
    pairs = [(a, b) for a in there for b in there if a < b and names[a] == names[b]
             and GEOD.inv(middles[a].x, middles[a].y, middles[b].x, middles[b].y)[2] <= 100]
    found = namesakes(Coded.of(names), ShapeColumn.of(shapes), np.arange(200))
    assert pairs and found is not None and found.values["count"] == len(pairs)
