"""Structural checks of GeoJSON geometry, before any geometry library sees a coordinate.

An infinite coordinate takes GEOS, rtree or PostGIS down with it, so it is found here in plain Python.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import isfinite
from typing import Any

from layers.errors import Problem
from layers.messages import Sentence, declare
from layers.spec import Geometry, Label

MAX_VERTICES = 200_000  # one shape above this is a mistake of conversion; it would stall every tile and every question (bar E2)


def check_geometry(wanted: Geometry, geometry: Any) -> list[Problem]:
    """What is structurally wrong with a GeoJSON-like geometry for a layer that wants `wanted`; at most one problem.

    Coordinates are degrees, longitude first. None is a problem unless the layer has no geometry. A third ordinate
    is admitted where it is finite. Validity (crossing rings) is not judged here: the loader repairs it, the database
    has the last word.
    """
    try:
        _Shape(wanted).check(geometry)
    except _Wrong as wrong:
        return [Problem("/geometry" + wrong.at, wrong.code, wrong.values)]
    return []


class _Wrong(Exception):
    def __init__(self, code: str, at: str = "", **values: Any) -> None:
        self.code, self.at, self.values = code, at, values
        super().__init__(code)


class _Shape:
    """One walk over a geometry, counting its vertices."""

    def __init__(self, wanted: Geometry) -> None:
        self.wanted = wanted
        self.vertices = 0

    def check(self, geometry: Any) -> None:
        types = self.wanted.types
        if geometry is None:
            if types:
                raise _Wrong("geometry-missing", wanted="、".join(types))
            return
        if not types:
            raise _Wrong("geometry-not-wanted")
        if not isinstance(geometry, Mapping):
            raise _Wrong("geometry-malformed")
        kind = geometry.get("type")
        if not isinstance(kind, str) or kind not in types:
            raise _Wrong("geometry-type", type=str(kind)[:40], wanted="、".join(types))
        coordinates = geometry.get("coordinates")
        for part, at in _parts(kind, coordinates):
            if kind.endswith("Point"):
                self.position(part, at)
            elif kind.endswith("LineString"):
                self.line(part, at)
            else:
                self.polygon(part, at)

    def polygon(self, rings: Any, at: str) -> None:
        for number, ring in enumerate(_sequence(rings, at)):
            where = f"{at}/{number}"
            positions = self.positions(ring, where)
            if len(positions) < 4:
                raise _Wrong("ring-too-short", where, positions=len(positions))
            if tuple(positions[0]) != tuple(positions[-1]):
                raise _Wrong("ring-not-closed", where)

    def line(self, line: Any, at: str) -> None:
        positions = self.positions(line, at)
        first = tuple(positions[0][:2])
        if len(positions) < 2 or all(tuple(position[:2]) == first for position in positions):
            raise _Wrong("line-too-short", at)

    def positions(self, line: Any, at: str) -> list[Any]:
        positions = _sequence(line, at)
        for number, position in enumerate(positions):
            self.position(position, at, number)
        return positions

    def position(self, position: Any, at: str, number: int | None = None) -> None:
        self.vertices += 1
        if self.vertices > MAX_VERTICES:
            raise _Wrong("too-many-vertices", maximum=MAX_VERTICES)
        if not isinstance(position, (list, tuple)) or not 2 <= len(position) <= 4:
            raise _Wrong("geometry-malformed", _at(at, number))
        for ordinate in position:
            if type(ordinate) is not float and (isinstance(ordinate, bool) or not isinstance(ordinate, (int, float))):
                raise _Wrong("geometry-malformed", _at(at, number))
            if not isinstance(ordinate, int) and not isfinite(ordinate):
                raise _Wrong("coordinate-not-finite", _at(at, number))
        lon, lat = position[0], position[1]
        if not (-180 <= lon <= 180 and -90 <= lat <= 90):
            raise _Wrong("coordinate-out-of-range", _at(at, number), lon=str(lon)[:24], lat=str(lat)[:24])


def _parts(kind: str, coordinates: Any) -> Iterator[tuple[Any, str]]:
    """The points, lines or polygons of a single or a multi geometry, with their JSON pointers."""
    if not kind.startswith("Multi"):
        yield coordinates, "/coordinates"
        return
    for number, part in enumerate(_sequence(coordinates, "/coordinates")):
        yield part, f"/coordinates/{number}"


def _sequence(value: Any, at: str) -> list[Any]:
    if not isinstance(value, (list, tuple)):
        raise _Wrong("geometry-malformed", at)
    if not value:
        raise _Wrong("geometry-empty", at)
    return list(value)


def _at(at: str, number: int | None) -> str:
    return at if number is None else f"{at}/{number}"


def _said(zh: str, en: str, todo_zh: str, todo_en: str) -> Sentence:
    return Sentence(Label(zh, en), Label(todo_zh, todo_en))


declare({
    "geometry-missing": _said("没有位置", "There is no geometry", "在图上画出位置（{wanted}）", "Draw it on the map ({wanted})"),
    "geometry-not-wanted": _said("本图层没有位置", "This layer has no geometry", "去掉位置", "Leave the geometry out"),
    "geometry-malformed": _said("几何不是合格的 GeoJSON", "The geometry is not proper GeoJSON", "按 RFC 7946 给出坐标",
                                "Give coordinates as in RFC 7946"),
    "geometry-empty": _said("几何是空的", "The geometry is empty", "补画或删去该要素", "Draw it again or leave the feature out"),
    "geometry-type": _said("几何类型是 {type}，应为 {wanted}", "The geometry is a {type}, wanted is {wanted}", "换一个图层或重新绘制",
                           "Choose another layer or draw it again"),
    "coordinate-not-finite": _said("坐标不是有限的数", "A coordinate is not a finite number", "更正坐标", "Correct the coordinate"),
    "coordinate-out-of-range": _said("经度 {lon}、纬度 {lat} 不在地球上", "Longitude {lon}, latitude {lat} is not on the earth",
                                     "先经度后纬度，单位为度；投影坐标须注明坐标系",
                                     "Longitude first, in degrees; say the coordinate system of projected ones"),
    "line-too-short": _said("线没有长度", "The line has no length", "至少两个不同的点", "Give at least two different points"),
    "ring-too-short": _said("多边形的一圈只有 {positions} 个点", "A ring of the polygon has only {positions} positions",
                            "至少四个点，首尾相同", "At least four, the last equal to the first"),
    "ring-not-closed": _said("多边形的一圈没有闭合", "A ring of the polygon is not closed", "末点与首点相同",
                             "Make the last position equal to the first"),
    "too-many-vertices": _said("顶点超过 {maximum} 个", "More than {maximum} vertices", "简化或拆分", "Simplify or split it"),
})
