"""Shapes cut, merged and measured while they are drawn, against figures that can be worked out by hand."""

from __future__ import annotations

import math

import pytest
import shapely
from pyproj import Geod
from shapely.geometry import LineString, MultiPolygon, Point, Polygon, box
from shapely.geometry.base import BaseGeometry

from geodata.queries import shaping
from geodata.queries.extent import areas_m2
from layers.errors import InvalidInput

GEOD = Geod(a=6378137.0, rf=298.257222101)
SQUARE = box(109.6, 40.5, 109.7, 40.6)
BLADE = LineString([(109.65, 40.4), (109.65, 40.7)])


def code_of(error: pytest.ExceptionInfo[InvalidInput]) -> str:
    return error.value.problems[0].code


def test_a_line_has_length_and_an_area_has_area_and_perimeter() -> None:
    meridian = LineString([(109.6, 40.5), (109.6, 40.6)])
    length = shaping.size(meridian)
    assert length.length_m == pytest.approx(GEOD.inv(109.6, 40.5, 109.6, 40.6)[2], abs=1e-3)
    assert (length.area_m2, length.perimeter_m) == (None, None)
    whole = shaping.size(Polygon(SQUARE.exterior.coords, [box(109.62, 40.52, 109.64, 40.54).exterior.coords]))
    assert whole.area_m2 == pytest.approx(areas_m2([SQUARE])[0] - areas_m2([box(109.62, 40.52, 109.64, 40.54)])[0], rel=1e-12)
    assert whole.perimeter_m is not None and whole.perimeter_m > (shaping.size(SQUARE).perimeter_m or 0), "the hole's edge counts"
    assert shaping.size(Point(109.6, 40.5)) == shaping.Size(None, None, None, 1, 1)


def test_a_move_tells_metres_and_bearing_and_nothing_for_no_move() -> None:
    to = GEOD.fwd(109.6, 40.5, 135.0, 142.0)
    moved = shaping.move(Point(109.6, 40.5), Point(to[0], to[1]))
    assert moved.distance_m == pytest.approx(142.0, abs=1e-3)
    assert moved.bearing_deg == pytest.approx(135.0, abs=1e-3)
    assert shaping.move(SQUARE, SQUARE) == shaping.Move(0.0, None)


def test_pieces_of_a_split_are_the_whole_and_share_their_edge() -> None:
    large, small = shaping.divided(SQUARE, LineString([(109.62, 40.4), (109.62, 40.7)]))
    assert areas_m2([large])[0] > areas_m2([small])[0], "the largest first"
    assert areas_m2([large])[0] + areas_m2([small])[0] == pytest.approx(areas_m2([SQUARE])[0], rel=1e-12)
    assert large.intersection(small).length == pytest.approx(0.1)
    assert large.union(small).equals(SQUARE)


def test_a_line_is_cut_where_the_blade_crosses_it() -> None:
    river = LineString([(109.6, 40.5), (109.7, 40.5), (109.8, 40.5)])
    pieces = shaping.divided(river, BLADE)
    assert sorted(one.coords[0][0] for one in pieces) == pytest.approx([109.6, 109.65])
    assert sum(shaping.size(one).length_m or 0 for one in pieces) == pytest.approx(shaping.size(river).length_m)


def test_a_part_that_the_blade_misses_stays_one_piece() -> None:
    both = MultiPolygon([SQUARE, box(109.8, 40.5, 109.9, 40.6)])
    assert len(shaping.divided(both, BLADE)) == 3


@pytest.mark.parametrize("blade", [LineString([(109.9, 40.4), (109.9, 40.7)]), LineString([(109.65, 40.55), (109.66, 40.56)]),
                                   LineString([(109.6, 40.5), (109.6, 40.6)])], ids=["beside it", "inside it", "along its edge"])
def test_a_blade_that_cuts_nothing_is_refused(blade: LineString) -> None:
    with pytest.raises(InvalidInput) as refused:
        shaping.divided(SQUARE, blade)
    assert code_of(refused) == "split-misses"


def test_a_blade_along_a_line_cuts_nothing_and_is_no_fault() -> None:
    with pytest.raises(InvalidInput) as refused:
        shaping.divided(LineString([(109.6, 40.5), (109.7, 40.5)]), LineString([(109.62, 40.5), (109.64, 40.5)]))
    assert code_of(refused) == "split-misses"


def test_neighbours_become_one_area_and_lines_end_to_end_one_line() -> None:
    assert shaping.merged([SQUARE, box(109.7, 40.5, 109.8, 40.6)]).equals(box(109.6, 40.5, 109.8, 40.6))
    line = shaping.merged([LineString([(109.7, 40.5), (109.8, 40.5)]), LineString([(109.6, 40.5), (109.7, 40.5)])])
    assert line.geom_type == "LineString" and shapely.get_num_coordinates(line) == 3
    assert shaping.merged([SQUARE, box(109.8, 40.5, 109.9, 40.6)]).geom_type == "MultiPolygon", "apart: two parts of one"


def test_a_hole_is_cut_and_a_hole_across_the_edge_takes_a_bite() -> None:
    assert len(shaping.without(SQUARE, box(109.62, 40.52, 109.64, 40.54)).interiors) == 1
    bitten = shaping.without(SQUARE, box(109.65, 40.55, 109.75, 40.65))
    assert areas_m2([bitten])[0] / areas_m2([SQUARE])[0] == pytest.approx(0.75, abs=0.001)


@pytest.mark.parametrize(("hole", "code"), [(box(110.6, 40.5, 110.7, 40.6), "cut-outside"), (box(109, 40, 110, 41), "cut-all"), (BLADE, "cut-not-area")])
def test_a_hole_that_makes_no_sense_is_refused(hole: BaseGeometry, code: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        shaping.without(SQUARE, hole)
    assert code_of(refused) == code


@pytest.mark.parametrize("shape", [Point(math.inf, 40), Polygon([(109, 40), (110, 41), (110, 40), (109, 41)]), Polygon(), Point(200, 40)],
                         ids=["infinite", "crossed", "empty", "out of range"])
def test_what_is_broken_never_reaches_geos(shape: BaseGeometry) -> None:
    for asked in (lambda: shaping.size(shape), lambda: shaping.merged([shape, SQUARE]), lambda: shaping.divided(shape, BLADE),
                  lambda: shaping.without(SQUARE, shape), lambda: shaping.move(SQUARE, shape)):
        with pytest.raises(InvalidInput):
            asked()


@pytest.mark.parametrize(("shapes", "code"), [([SQUARE, BLADE], "merge-kinds"), ([SQUARE], "merge-few"), ([Point(109, 40), Point(109, 41)], "merge-kinds")])
def test_what_cannot_be_merged_is_refused(shapes: list[BaseGeometry], code: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        shaping.merged(shapes)
    assert code_of(refused) == code
