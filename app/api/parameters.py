"""Kinds of query parameters that several operations read: boxes, lists of names, ids."""

from __future__ import annotations

import math
import re
from typing import Annotated, Any
from uuid import UUID

from pydantic import BeforeValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

MAX_LISTED = 1000
PLAIN_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")  # Python also reads 1_0 and digits of other scripts

BoxTuple = tuple[float, float, float, float]


def read_box(value: Any) -> Any:
    """`west,south,east,north` (or with heights between) in degrees; west may be past east across the antimeridian."""
    return degrees_box(read_corners(value)) if isinstance(value, str) else value


def read_corners(value: Any) -> Any:
    """Four numbers of a box in any system, from four or, with heights between, six."""
    if not isinstance(value, str):
        return value
    parts = [one.strip() for one in value.split(",")]
    if not all(map(PLAIN_NUMBER.fullmatch, parts)):
        raise _not_a_box()
    numbers = [float(one) for one in parts]
    if len(numbers) == 6:
        numbers = [numbers[0], numbers[1], numbers[3], numbers[4]]
    if len(numbers) != 4 or not all(map(math.isfinite, numbers)):
        raise _not_a_box()
    return tuple(numbers)


def degrees_box(corners: BoxTuple) -> BoxTuple:
    """West, south, east, north cut at the ends of the world."""
    west, south, east, north = corners
    if south > north or south > 90 or north < -90:
        raise _not_a_box()
    return max(west, -180.0) if west <= 180 else 180.0, max(south, -90.0), min(east, 180.0) if east >= -180 else -180.0, min(north, 90.0)


def _not_a_box() -> PydanticCustomError:
    return PydanticCustomError("request-not-box", "not a box")


def _split(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    names = tuple(one.strip() for one in value.split(",") if one.strip())
    if len(names) > MAX_LISTED:
        raise PydanticCustomError("request-names-many", "too many")
    return names


_NUMBERS = {"type": "array", "items": {"type": "number"}, "minItems": 4, "maxItems": 6}
Box = Annotated[BoxTuple, BeforeValidator(read_box), WithJsonSchema(_NUMBERS), Field(description="west,south,east,north in degrees (CRS84)")]
Corners = Annotated[BoxTuple, BeforeValidator(read_corners), WithJsonSchema(_NUMBERS), Field(description="Two corners, in the order of axes of bbox-crs")]
Names = Annotated[tuple[str, ...], BeforeValidator(_split), WithJsonSchema({"type": "array", "items": {"type": "string"}})]
Ids = Annotated[tuple[UUID, ...], BeforeValidator(_split), WithJsonSchema({"type": "array", "items": {"type": "string", "format": "uuid"}})]
Anywhere = Annotated[bool, Field(description="Let a shape lie more than 50 km outside the district; the reason then tells how far")]
Longitude = Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)]
Latitude = Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)]
