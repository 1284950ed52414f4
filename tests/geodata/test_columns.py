"""Values and shapes held by column read just as the lists that they stand for."""

from __future__ import annotations

import math

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from geodata.columns import Coded, ShapeColumn, ShapeWriter

VALUES = st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from([0.0, 1.0, 2.5]) | st.sampled_from(["", "1", "甲", "True"]) | st.lists(st.sampled_from("ab"), max_size=2)


def typed(values: object) -> list[tuple[type, object]]:
    return [(type(one), one) for one in values]  # type: ignore[attr-defined]


@given(st.lists(VALUES), st.data())
def test_a_coded_column_reads_as_the_list_of_its_values(values: list[object], data: st.DataObject) -> None:
    column = Coded.of(values)
    assert typed(column) == typed(values) == typed(column[:]) and len(column) == len(values)
    assert sorted(set(column.codes.tolist())) == list(range(len(column.levels)))  # every level has a row
    keep = np.array(data.draw(st.lists(st.booleans(), min_size=len(values), max_size=len(values))), dtype=bool)
    taken = column.take(keep)
    assert typed(taken) == typed(value for value, kept in zip(values, keep, strict=True) if kept)
    assert sorted(set(taken.codes.tolist())) == list(range(len(taken.levels)))
    assert typed(column.mapped(str)) == typed(map(str, values))
    assert column.missing.tolist() == [one is None for one in values]
    told = [(type(one), repr(one)) for one in values]
    assert column.repeated_rows.tolist() == [told.count(one) > 1 for one in told]


def test_one_true_and_one_point_nought_are_three_values_and_values_changed_alike_become_one() -> None:
    column = Coded.of([1, True, 1.0, "1", None, 1])
    assert len(column.levels) == 5 and column.codes.tolist() == [0, 1, 2, 3, 4, 0]
    folded = Coded.of([" a", "a", "b", "a "]).mapped(str.strip)
    assert folded.levels == ["a", "b"] and folded.codes.tolist() == [0, 0, 1, 0]


def test_the_levels_stand_in_the_order_of_their_first_row() -> None:
    assert Coded.recoded(["x", "y", "z"], np.array([2, 0, 2, 0], dtype=np.int32)).levels == ["z", "x"]


def test_numbers_that_are_none_are_kept() -> None:
    column = Coded.of([math.nan, 1.0, math.nan])
    assert [str(one) for one in column] == ["nan", "1.0", "nan"]


SHAPES = [shapely.Point(1, 2), None, shapely.box(0, 0, 1, 1), shapely.LineString([(0, 0), (3, 4)]), None, shapely.Point(5, 6)]


def test_a_column_of_shapes_reads_as_the_list_that_was_written_whatever_the_pages() -> None:
    writer = ShapeWriter()
    for start in range(0, len(SHAPES), 4):
        writer.add_shapes(np.array(SHAPES[start : start + 4], dtype=object))
    column = writer.column()
    assert list(column) == SHAPES == [column[place] for place in range(len(SHAPES))]
    assert [one for start, stop in column.pages(2) for one in column.page(start, stop)] == SHAPES
    assert column.present.tolist() == [one is not None for one in SHAPES] and column.kinds() == {0, 1, 3}


def test_rows_taken_and_changed_read_their_own_shapes() -> None:
    column = ShapeColumn.of(SHAPES)
    other = shapely.Point(9, 9)
    changed = column.changed({2: other, 5: None})
    assert list(changed) == [SHAPES[0], None, other, SHAPES[3], None, None] and list(column) == SHAPES
    assert list(changed.take(np.array([2, 3, 4]))) == [other, SHAPES[3], None]
    assert list(changed.take(np.array([False, True, True, False, False, False]))) == [None, other]


def test_blobs_that_are_no_shapes_are_kept_as_they_are_until_they_are_read() -> None:
    column = ShapeColumn.of_blobs([b"", b"xx", None, shapely.to_wkb(SHAPES[0])])
    assert column.blobs(0, 4).tolist() == [b"", b"xx", None, shapely.to_wkb(SHAPES[0])]
    with pytest.raises(shapely.GEOSException):
        column.page(0, 4)


def test_a_longer_column_has_nothing_at_its_end() -> None:
    column = ShapeColumn.of(SHAPES).take(np.array([2, 3])).longer(4)
    assert list(column) == [SHAPES[2], SHAPES[3], None, None] and column[1] == SHAPES[3]


def test_a_column_without_shapes_has_no_file() -> None:
    column = ShapeColumn.nothing(3)
    assert list(column) == [None, None, None] and column.kinds() == set() and list(ShapeColumn.of([])) == []
