"""Shapes that are stored are those of the file where nothing had to be done to them, and never what should have been changed."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import shapely
from shapely.geometry.base import BaseGeometry

from geodata.columns import PAGE, ShapeColumn
from geodata.datum import Datum
from geodata.files.placing import Place, Placed, place
from geodata.files.table import Table
from layers.district import JIUYUAN

HERE = [shapely.Point(109.8 + one / 1e6, 40.6) for one in range(PAGE + 3)]  # a page and a little
SQUARE = shapely.box(109.8, 40.6, 109.81, 40.61)


def placed(shapes: list[Any], **asked: Any) -> Placed:
    blobs = [one if isinstance(one, bytes | None) else shapely.to_wkb(one, include_srid=True) for one in shapes]
    table = Table("GeoJSON", None, np.arange(1, len(shapes) + 1), [], ShapeColumn.of_blobs(blobs), crs_text="EPSG:4490")
    return place(table, Place(JIUYUAN, **asked))


def test_of_shapes_that_are_as_given_those_kept_out_are_not_stored() -> None:
    found = placed([*HERE, None, shapely.Point(0, 0), shapely.Point(109.8, 40.6)])
    count = len(HERE)
    assert set(found.rejected) == {count, count + 1} and found.shapes[count] is found.shapes[count + 1] is None
    assert found.shapes[0].equals(HERE[0]) and found.shapes[count - 1].equals(HERE[-1]) and found.shapes[count + 2] == shapely.Point(109.8, 40.6)


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        (shapely.Point(109.8, 40.6, 1030.0), shapely.Point(109.8, 40.6)),
        (shapely.set_srid(shapely.Point(109.8, 40.6), 4326), shapely.Point(109.8, 40.6)),
        (shapely.GeometryCollection([SQUARE]), shapely.MultiPolygon([SQUARE])),
    ],
    ids=["a height", "an SRID of its own", "a collection of one kind"],
)
@pytest.mark.parametrize("at", [0, PAGE + 1], ids=["in the first page", "in the last"])
def test_one_shape_that_is_not_as_given_is_stored_as_it_was_made(given: BaseGeometry, stored: BaseGeometry, at: int) -> None:
    shapes: list[Any] = list(HERE)
    shapes[at] = given
    column = placed(shapes).shapes
    assert shapely.from_wkb(column.blobs(at, at + 1)[0]) == stored and not shapely.get_srid(shapely.from_wkb(column.blobs(at, at + 1)[0]))
    assert column[1 if at == 0 else 0] == HERE[1 if at == 0 else 0]


def test_what_is_swapped_or_shifted_is_stored_moved() -> None:
    turned = placed([shapely.Point(40.6, 109.8)] * 2, swapped=True).shapes
    assert turned[0] == turned[1] == shapely.Point(109.8, 40.6)
    shifted = placed([shapely.Point(109.8, 40.6)] * 2, datum=Datum.GCJ02).shapes
    assert 1e-3 < shifted[0].distance(shapely.Point(109.8, 40.6)) < 1e-2
