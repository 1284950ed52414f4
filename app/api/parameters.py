"""Kinds of query parameters that several operations read: boxes, lists of names, ids."""

from __future__ import annotations

import math
from typing import Annotated, Any
from uuid import UUID

from pydantic import BeforeValidator, Field, WithJsonSchema

MAX_LISTED = 1000

BoxTuple = tuple[float, float, float, float]


def read_box(value: Any) -> Any:
    """`west,south,east,north` (or with heights between) in degrees; west may be past east across the antimeridian."""
    if not isinstance(value, str):
        return value
    parts = value.split(",")
    try:
        numbers = [float(one) for one in parts]
    except ValueError:
        raise ValueError("west,south,east,north in degrees") from None
    if len(numbers) == 6:
        numbers = [numbers[0], numbers[1], numbers[3], numbers[4]]
    if len(numbers) != 4 or not all(map(math.isfinite, numbers)):
        raise ValueError("four finite numbers: west,south,east,north in degrees")
    west, south, east, north = numbers
    if south > north:
        raise ValueError("south is north of north")
    if south > 90 or north < -90:
        raise ValueError("latitude within -90..90")
    return max(west, -180.0) if west <= 180 else 180.0, max(south, -90.0), min(east, 180.0) if east >= -180 else -180.0, min(north, 90.0)


def _split(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    names = tuple(one.strip() for one in value.split(",") if one.strip())
    if len(names) > MAX_LISTED:
        raise ValueError(f"at most {MAX_LISTED}")
    return names


_NUMBERS = {"type": "array", "items": {"type": "number"}, "minItems": 4, "maxItems": 6}
Box = Annotated[BoxTuple, BeforeValidator(read_box), WithJsonSchema(_NUMBERS), Field(description="west,south,east,north in degrees (CRS84)")]
Names = Annotated[tuple[str, ...], BeforeValidator(_split), WithJsonSchema({"type": "array", "items": {"type": "string"}})]
Ids = Annotated[tuple[UUID, ...], BeforeValidator(_split), WithJsonSchema({"type": "array", "items": {"type": "string", "format": "uuid"}})]
Anywhere = Annotated[bool, Field(description="Let a shape lie more than 50 km outside the district; the reason then tells how far")]
Longitude = Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)]
Latitude = Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)]
