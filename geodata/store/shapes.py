"""Which geometry may enter the store: looked at in Python before any GEOS call and again by the table's CHECK."""

from __future__ import annotations

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from layers.errors import InvalidInput, Problem
from layers.messages import Sentence, declare
from layers.shapes import MAX_VERTICES
from layers.spec import Geometry, Label, Layer

declare({
    "geometry-invalid": Sentence(Label("图形无效：{reason}", "The shape is not valid: {reason}"), Label("消除自相交后重试", "Remove the self-crossing and try again")),
    "geometry-refused": Sentence(Label("数据库拒绝该图形（{reason}）", "The database refuses the shape ({reason})"), Label("检查图形是否有效", "Check that it is valid")),
    "value-refused": Sentence(Label("数据库拒绝该值（{constraint}）", "The database refuses the value ({constraint})"), Label("检查数值范围", "Check its range")),
    "cursor-unknown": Sentence(Label("无法识别的游标 {cursor}", "The cursor {cursor} is not one of ours"), Label("不带 after 重新开始", "Start again without it")),
})


def admit(layer: Layer, shape: BaseGeometry | None) -> BaseGeometry | None:
    """The shape as the layer keeps it (2D, EPSG:4490 lon/lat), or InvalidInput naming what is wrong with it."""
    if layer.geometry is Geometry.NONE:
        if shape is not None:
            raise _refused("geometry-not-wanted")
        return None
    if shape is None:
        raise _refused("geometry-missing")
    check_sound(shape, "/geometry", typed=layer.geometry.types)
    return shapely.force_2d(shape)


def check_sound(shape: BaseGeometry, pointer: str, *, typed: tuple[str, ...] = ()) -> None:
    """InvalidInput at `pointer` unless the shape is finite, in range, not empty, of one of the types (any if none) and valid.

    Coordinates are judged before GEOS sees them: an infinite one takes it down.
    """
    coordinates = shapely.get_coordinates(shape)
    if len(coordinates) > MAX_VERTICES:
        raise _refused("too-many-vertices", pointer, maximum=MAX_VERTICES)
    if not np.isfinite(coordinates).all():
        raise _refused("coordinate-not-finite", pointer)
    if shape.is_empty or not len(coordinates):
        raise _refused("geometry-empty", pointer)
    outside = (np.abs(coordinates[:, 0]) > 180) | (np.abs(coordinates[:, 1]) > 90)
    if outside.any():
        lon, lat = coordinates[outside][0]
        raise _refused("coordinate-out-of-range", pointer, lon=f"{lon:g}", lat=f"{lat:g}")
    if typed and shape.geom_type not in typed:
        raise _refused("geometry-type", pointer, type=shape.geom_type, wanted=" / ".join(typed))
    if not shape.is_valid:
        raise _refused("geometry-invalid", pointer, reason=shapely.is_valid_reason(shape))


def _refused(code: str, pointer: str = "/geometry", **values: object) -> InvalidInput:
    return InvalidInput(problems=[Problem(pointer, code, values)])
