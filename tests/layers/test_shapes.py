"""No coordinate that could hurt a geometry library gets past the first door."""

from __future__ import annotations

import math
from typing import Any

import pytest

from layers.shapes import MAX_VERTICES, check_geometry
from layers.spec import Geometry

SQUARE = [[109.6, 40.6], [109.7, 40.6], [109.7, 40.7], [109.6, 40.6]]


def code(geometry: Any, wanted: Geometry = Geometry.ANY) -> str | None:
    problems = check_geometry(wanted, geometry)
    return problems[0].code if problems else None


@pytest.mark.parametrize("geometry", [
    {"type": "Point", "coordinates": [109.6, 40.6]},
    {"type": "Point", "coordinates": (109, 40, 1002.5)},
    {"type": "MultiPoint", "coordinates": [[109.6, 40.6], [0, 0]]},
    {"type": "LineString", "coordinates": [[109.6, 40.6], [109.7, 40.6]]},
    {"type": "MultiLineString", "coordinates": [[[109.6, 40.6], [109.7, 40.6]]]},
    {"type": "Polygon", "coordinates": [SQUARE]},
    {"type": "MultiPolygon", "coordinates": [[SQUARE], [SQUARE]]},
])
def test_a_sound_shape_passes(geometry: Any) -> None:
    assert code(geometry) is None


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("make", [
    lambda x: {"type": "Point", "coordinates": [x, 40.6]},
    lambda x: {"type": "Point", "coordinates": [109.6, 40.6, x]},
    lambda x: {"type": "LineString", "coordinates": [[109.6, 40.6], [109.7, x]]},
    lambda x: {"type": "MultiPolygon", "coordinates": [[[[109.6, 40.6], [109.7, x], [109.7, 40.7], [109.6, 40.6]]]]},
])
def test_nothing_that_is_not_finite_passes(bad: float, make: Any) -> None:
    assert code(make(bad)) == "coordinate-not-finite"


@pytest.mark.parametrize(("geometry", "expected"), [
    ({"type": "Point", "coordinates": [40.6, 109.6]}, "coordinate-out-of-range"),
    ({"type": "Point", "coordinates": [412397.6, 4496890.3]}, "coordinate-out-of-range"),
    ({"type": "Point", "coordinates": [1e200, 0]}, "coordinate-out-of-range"),
    ({"type": "Point", "coordinates": [10**400, 0]}, "coordinate-out-of-range"),
    ({"type": "Point", "coordinates": ["109.6", 40.6]}, "geometry-malformed"),
    ({"type": "Point", "coordinates": [True, 40.6]}, "geometry-malformed"),
    ({"type": "Point", "coordinates": [109.6]}, "geometry-malformed"),
    ({"type": "Point", "coordinates": None}, "geometry-malformed"),
    ({"type": "Point"}, "geometry-malformed"),
    ({"type": "Point", "coordinates": []}, "geometry-malformed"),
    ({"type": "LineString", "coordinates": []}, "geometry-empty"),
    ({"type": "MultiPolygon", "coordinates": []}, "geometry-empty"),
    ({"type": "Polygon", "coordinates": [[]]}, "geometry-empty"),
    ({"type": "LineString", "coordinates": [[1, 1]]}, "line-too-short"),
    ({"type": "LineString", "coordinates": [[1, 1], [1, 1]]}, "line-too-short"),
    ({"type": "Polygon", "coordinates": [SQUARE[:3]]}, "ring-too-short"),
    ({"type": "Polygon", "coordinates": [[*SQUARE[:3], [109.61, 40.61]]]}, "ring-not-closed"),
    ({"type": "GeometryCollection", "geometries": []}, "geometry-type"),
    ({"type": ["Point"], "coordinates": [1, 1]}, "geometry-type"),
    ("POINT(1 1)", "geometry-malformed"),
    (None, "geometry-missing"),
])
def test_a_malformed_shape_is_named(geometry: Any, expected: str) -> None:
    assert code(geometry) == expected


def test_a_layer_takes_its_own_kind_of_shape_only() -> None:
    point = {"type": "Point", "coordinates": [109.6, 40.6]}
    assert code(point, Geometry.POLYGON) == "geometry-type"
    assert code(point, Geometry.POINT_OR_POLYGON) is None
    assert code(point, Geometry.NONE) == "geometry-not-wanted"
    assert code(None, Geometry.NONE) is None


def test_a_shape_with_too_many_vertices_is_refused_at_the_limit() -> None:
    line = [[109 + i / 1e6, 40.6] for i in range(MAX_VERTICES + 1)]
    assert code({"type": "LineString", "coordinates": line[:-1]}) is None
    assert code({"type": "LineString", "coordinates": line}) == "too-many-vertices"


def test_the_problem_points_to_the_coordinate() -> None:
    (problem,) = check_geometry(Geometry.ANY, {"type": "MultiPolygon", "coordinates": [[SQUARE], [[[1, 1], [2, 1], [2, 99], [1, 1]]]]})
    assert problem.pointer == "/geometry/coordinates/1/0/2"
