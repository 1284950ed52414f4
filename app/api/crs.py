"""Coordinate reference systems in requests and answers: OGC API Features part 2."""

from __future__ import annotations

import re
from typing import Annotated, Any

from flask import request
from pydantic import BeforeValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError
from shapely.geometry.base import BaseGeometry

from app.api.geometry import read_geometry
from app.api.parameters import BoxTuple, degrees_box
from app.api.refusals import MalformedRequest
from geodata.store.systems import CRS84, SYSTEMS, PlaneBox, System
from layers.errors import Problem
from layers.messages import Sentence, declare
from layers.spec import Label

HEADER = "Content-Crs"
_BRACKETS = re.compile(r"^<(.*)>$")  # the standard wants them, QGIS leaves them out

declare({
    "request-not-crs": Sentence(Label("「{name}」不是所提供的坐标系", "“{name}” is none of the coordinate reference systems on offer"),
                                Label("用数据集说明中 crs 所列的地址", "Use one of those that the collection lists under crs")),
})


def _read(value: Any) -> Any:
    if not isinstance(value, str) or value not in SYSTEMS:
        raise PydanticCustomError("request-not-crs", "not offered")
    return SYSTEMS[value]


Crs = Annotated[System, BeforeValidator(_read), WithJsonSchema({"type": "string", "format": "uri"}), Field(description="One of those the collection lists under `crs`")]


def box_in(system: System, corners: BoxTuple) -> BoxTuple | PlaneBox:
    """The box between two corners given in the order of the system's axes. MalformedRequest where they are no box."""
    first, second, third, fourth = corners
    west, south, east, north = (second, first, fourth, third) if system.flipped else corners
    if system.is_degrees:
        try:
            return degrees_box((west, south, east, north))
        except PydanticCustomError:
            raise _not_a_box() from None
    if west > east or south > north:
        raise _not_a_box()
    return PlaneBox(system, west, south, east, north)


def given_shape(geometry: Any) -> BaseGeometry | None:
    """The shape of a body, in longitude and latitude from the system that Content-Crs names (CRS84 without it)."""
    return given_system().stored(read_geometry(geometry))


def given_system() -> System:
    """The system of the geometry in the body. MalformedRequest for one that is not on offer."""
    given = request.headers.get(HEADER, "").strip()
    uri = _BRACKETS.sub(r"\1", given)
    if not uri:
        return CRS84
    if uri not in SYSTEMS:
        raise MalformedRequest(problems=[Problem(f"/header/{HEADER}", "request-not-crs", {"name": given[:100]})])
    return SYSTEMS[uri]


def told(system: System) -> dict[str, str]:
    """The header that says in which system the coordinates of an answer are."""
    return {HEADER: f"<{system.uri}>"}


def _not_a_box() -> MalformedRequest:
    return MalformedRequest(problems=[Problem("/query/bbox", "request-not-box", {"name": "bbox"})])
