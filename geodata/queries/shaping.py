"""Shapes made from shapes while a feature is drawn: how large one is, pieces cut from one, one made of several, a hole cut out.

All shapes are degrees in EPSG:4490, longitude first, edges straight in longitude and latitude. What comes in is looked at
before any GEOS call; what comes out is valid, so that the store takes it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import shapely
from shapely.geometry import LineString
from shapely.geometry.base import BaseGeometry
from shapely.ops import linemerge, split

from geodata.queries.extent import areas_m2, lengths_m
from geodata.queries.measure import bearing_deg, point_distance_m
from geodata.store.shapes import check_sound
from layers.errors import InvalidInput, Problem
from layers.messages import Sentence, declare
from layers.spec import Label

MOST_MERGED = 100  # a changeset that takes away more at once is a mistake of the hand

declare({
    "split-misses": Sentence(
        Label("这条线没有把图形切开", "The line does not cut the shape in two"),
        Label("从图形外画到图形外，穿过要切开的地方", "Draw it from outside to outside, across the place to cut")),
    "split-points": Sentence(
        Label("点不能切分", "A point cannot be split"), Label("选择线或面", "Choose a line or an area")),
    "merge-kinds": Sentence(
        Label("只能把同一种图形合并：都是线或都是面", "Only shapes of one kind can be merged: all lines or all areas"),
        Label("重新选择", "Choose again")),
    "merge-few": Sentence(
        Label("合并需要 2 到 {maximum} 个图形", "A merge takes 2 to {maximum} shapes"), Label("再选一个", "Choose one more")),
    "cut-not-area": Sentence(
        Label("只有面能挖洞，洞也须是面", "Only an area can have a hole, and the hole is an area"), Label("选择面", "Choose an area")),
    "cut-outside": Sentence(
        Label("洞不在图形里，没有挖掉任何部分", "The hole lies outside the shape: nothing would be cut"),
        Label("在图形里面画洞", "Draw the hole inside the shape")),
    "cut-all": Sentence(
        Label("洞盖住了整个图形，什么也不剩", "The hole covers the whole shape: nothing would be left"),
        Label("画小一些，或删除这个要素", "Draw it smaller, or delete the feature")),
})


@dataclass(frozen=True)
class Size:
    """How large a shape is on the ground; None where a shape of its kind has no such figure."""

    length_m: float | None
    area_m2: float | None
    perimeter_m: float | None
    parts: int
    vertices: int


@dataclass(frozen=True)
class Move:
    """From one shape's middle to another's: metres and the bearing at the start (0-360, north 0; None where nothing moved)."""

    distance_m: float
    bearing_deg: float | None


def size(shape: BaseGeometry) -> Size:
    """Length of lines, area and perimeter of polygons (holes left out of the area, counted in the perimeter). InvalidInput for a broken shape."""
    check_sound(shape, "/geometry")
    dimension = int(shapely.get_dimensions(shape))
    return Size(
        length_m=float(lengths_m([shape])[0]) if dimension == 1 else None,
        area_m2=float(areas_m2([shape])[0]) if dimension == 2 else None,
        perimeter_m=float(lengths_m([shape.boundary])[0]) if dimension == 2 else None,
        parts=int(shapely.get_num_geometries(shape)),
        vertices=int(shapely.get_num_coordinates(shape)))


def move(before: BaseGeometry, after: BaseGeometry) -> Move:
    """How far and which way a shape moved, from centroid to centroid (of points: from place to place)."""
    check_sound(before, "/before")
    check_sound(after, "/geometry")
    start, end = before.centroid, after.centroid
    far = point_distance_m(start.x, start.y, end.x, end.y)
    return Move(far, bearing_deg(start.x, start.y, end.x, end.y) if far > 0.0 else None)


def divided(shape: BaseGeometry, blade: BaseGeometry) -> list[BaseGeometry]:
    """The pieces of a line or an area cut along a line, the largest first; together they are the shape.

    A piece of a multi-part shape that the blade misses stays one piece. InvalidInput when nothing is cut.
    """
    check_sound(shape, "/geometry")
    check_sound(blade, "/blade")
    if shapely.get_dimensions(shape) == 0 or not isinstance(blade, LineString):
        raise _refused("/geometry" if shapely.get_dimensions(shape) == 0 else "/blade", "split-points")
    before = shapely.get_num_geometries(shape)
    try:
        pieces = [shapely.force_2d(one) for one in split(shape, blade).geoms]
    except ValueError:  # a blade that runs along the line instead of across it
        pieces = []
    if len(pieces) <= before:
        raise _refused("/blade", "split-misses")
    return sorted(pieces, key=lambda one: -(areas_m2([one])[0] or lengths_m([one])[0]))


def merged(shapes: Sequence[BaseGeometry]) -> BaseGeometry:
    """One shape of several lines or several areas; what does not touch becomes parts of one. Lines that meet end to end become one line."""
    if not 2 <= len(shapes) <= MOST_MERGED:
        raise _refused("/geometries", "merge-few", maximum=MOST_MERGED)
    for place, one in enumerate(shapes):
        check_sound(one, f"/geometries/{place}")
    kinds = set(shapely.get_dimensions(list(shapes)).tolist())
    if len(kinds) > 1 or 0 in kinds:
        raise _refused("/geometries", "merge-kinds")
    joined = shapely.union_all(list(shapes))
    return linemerge(joined) if kinds == {1} and joined.geom_type == "MultiLineString" else joined


def without(shape: BaseGeometry, hole: BaseGeometry) -> BaseGeometry:
    """The area with a hole cut out; a hole across the edge takes a bite. InvalidInput when nothing or everything would go."""
    check_sound(shape, "/geometry")
    check_sound(hole, "/hole")
    if shapely.get_dimensions(shape) != 2 or shapely.get_dimensions(hole) != 2:
        raise _refused("/hole", "cut-not-area")
    left = shape.difference(hole)
    if left.is_empty:
        raise _refused("/hole", "cut-all")
    if areas_m2([left])[0] >= areas_m2([shape])[0]:
        raise _refused("/hole", "cut-outside")
    return left


def _refused(pointer: str, code: str, **values: object) -> InvalidInput:
    return InvalidInput(problems=[Problem(pointer, code, values)])
