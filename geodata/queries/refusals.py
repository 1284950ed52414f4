"""What a question must be before anything computes on it: each refusal names the parameter."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite
from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from geodata.queries.bounds import widened
from layers.errors import InvalidInput, Problem
from layers.messages import Sentence, declare
from layers.spec import Label

MAX_ZONE_VERTICES = 200_000  # bars.md E2: more is refused in a second rather than worked on for minutes
_ZONE_TYPES = ("Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon")


def _said(zh: str, en: str, todo_zh: str, todo_en: str) -> Sentence:
    return Sentence(Label(zh, en), Label(todo_zh, todo_en))


declare({
    "question-number": _said("{name} 不是有限的数：{value}", "{name} is not a finite number: {value}", "填写数字", "Give a number"),
    "question-range": _said("{name} 应在 {minimum} 至 {maximum} 之间，给的是 {value}", "{name} must be from {minimum} to {maximum}, not {value}",
                            "改到范围之内", "Bring it into the range"),
    "question-no-geometry": _said("图层「{layer}」没有位置，不能按位置查询", "Layer “{layer}” has no positions to ask about", "换一个有几何的图层", "Name a layer with geometry"),
    "zone-type": _said("范围不能是 {found}", "A zone cannot be a {found}", "用点、线或面", "Give a point, line or polygon"),
    "zone-empty": _said("范围是空的", "The zone is empty", "补上坐标", "Give its coordinates"),
    "zone-not-finite": _said("范围的坐标含有非数值（NaN 或无穷）", "A coordinate of the zone is not a finite number", "更正坐标", "Correct the coordinate"),
    "zone-out-of-range": _said("范围的坐标超出经纬度：{found}", "A coordinate of the zone is outside longitude and latitude: {found}",
                               "坐标应为 CGCS2000 经纬度（度）", "Give CGCS2000 longitude and latitude in degrees"),
    "zone-too-large": _said("范围有 {found} 个顶点，上限 {limit}", "The zone has {found} vertices; the limit is {limit}", "简化范围", "Simplify the zone"),
    "zone-too-large-to-widen": _said("加宽范围要算 {found} 个顶点，上限 {limit}", "To widen the zone {found} vertices would have to be made; the limit is {limit}",
                                     "简化范围，或减小加宽的距离", "Simplify the zone, or widen it less"),
    "zone-not-valid": _said("范围图形无效：{reason}", "The zone is not a valid shape: {reason}", "消除自相交后重试", "Remove the self-crossing and try again"),
})


def number(name: str, value: Any, minimum: float, maximum: float) -> float:
    """The value as a float, or InvalidInput at `/name` when it is no finite number or outside the range (ends included)."""
    if type(value) is float and minimum <= value <= maximum:  # what is nearly always given; NaN compares false
        return value
    try:
        found = float(value) if not isinstance(value, (bool, str, bytes)) else None
    except (TypeError, ValueError, OverflowError):
        found = None
    if found is None or not isfinite(found):
        raise _refused(f"/{name}", "question-number", name=name, value=str(value)[:40])
    if not minimum <= found <= maximum:
        raise out_of_range(name, value, minimum, maximum)
    return found


def out_of_range(name: str, value: Any, minimum: float, maximum: float) -> InvalidInput:
    """What is raised at `/name` for a number outside its range."""
    return _refused(f"/{name}", "question-range", name=name, value=str(value)[:40], minimum=minimum, maximum=maximum)


def whole_number(name: str, value: Any, minimum: int, maximum: int) -> int:
    """The value as an int, or InvalidInput at `/name`."""
    found = number(name, value, minimum, maximum)
    if found != int(found):
        raise _refused(f"/{name}", "question-number", name=name, value=str(value)[:40])
    return int(found)


def zone(name: str, shape: BaseGeometry, most_vertices: int = MAX_ZONE_VERTICES) -> BaseGeometry:
    """The shape in 2D, or InvalidInput at `/name`: numbers are looked at before GEOS is let near it."""
    if not isinstance(shape, BaseGeometry) or shape.geom_type not in _ZONE_TYPES:
        raise _refused(f"/{name}", "zone-type", found=getattr(shape, "geom_type", type(shape).__name__))
    xy = shapely.get_coordinates(shape)
    if len(xy) > most_vertices:
        raise _refused(f"/{name}", "zone-too-large", found=len(xy), limit=most_vertices)
    if not np.isfinite(xy).all():
        raise _refused(f"/{name}", "zone-not-finite")
    if not len(xy) or any(part.is_empty for part in shapely.get_parts([shape])):
        raise _refused(f"/{name}", "zone-empty")
    outside = (np.abs(xy[:, 0]) > 180.0) | (np.abs(xy[:, 1]) > 90.0)
    if outside.any():
        lon, lat = xy[outside][0]
        raise _refused(f"/{name}", "zone-out-of-range", found=f"{lon:g}, {lat:g}")
    if not shape.is_valid:
        raise _refused(f"/{name}", "zone-not-valid", reason=shapely.is_valid_reason(shape))
    return shapely.force_2d(shape)


def room_to_widen(name: str, bounds: Sequence[float], distance_m: float) -> None:
    """Refuse at `/name` a zone that, so widened, would run over a pole or the 180th meridian, where polygons in degrees break."""
    west, south, east, north = (float(one) for one in bounds)
    windows = widened((west, south, east, north), distance_m)
    if len(windows) > 1 or windows[0][0] <= -180.0 or windows[0][2] >= 180.0:
        raise _refused(f"/{name}", "zone-out-of-range", found=f"{west:g}, {south:g}, {east:g}, {north:g}")


def little_to_widen(name: str, found: int, limit: int) -> None:
    """Refuse at `/name` a widening that would take seconds."""
    if found > limit:
        raise _refused(f"/{name}", "zone-too-large-to-widen", found=found, limit=limit)


def no_geometry(layer_id: str) -> InvalidInput:
    """What is raised for a layer that has no positions."""
    return _refused("/layers", "question-no-geometry", layer=layer_id)


def _refused(pointer: str, code: str, **values: Any) -> InvalidInput:
    return InvalidInput(problems=[Problem(pointer, code, values)])
