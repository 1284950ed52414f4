"""Work on shapes while a feature is drawn: sizes, splitting, merging, holes. Nothing is stored."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response
from pydantic import Field
from shapely.geometry.base import BaseGeometry

from app.api.geometry import read_zone
from app.api.operation import Body, operation
from app.api.rendering import answer
from app.security import requires
from geodata.queries import shaping
from geodata.queries.shaping import MOST_MERGED
from layers.district import JIUYUAN
from layers.spec import Action, Label

blueprint = Blueprint("shapes", __name__, url_prefix="/api/v1/shapes")

PROBLEMS = (400, 401, 403, 413, 415, 422)


class SizeBody(Body):
    """A GeoJSON shape, and where it was before (`before`) to know how far it moved."""

    geometry: dict[str, Any]
    before: dict[str, Any] | None = None


class SplitBody(Body):
    """A line or an area and the line along which to cut it."""

    geometry: dict[str, Any]
    blade: dict[str, Any]


class MergeBody(Body):
    geometries: tuple[dict[str, Any], ...] = Field(min_length=2, max_length=MOST_MERGED)


class CutBody(Body):
    """An area and the hole to cut out of it."""

    geometry: dict[str, Any]
    hole: dict[str, Any]


def _shaping(name: str, body: type[Body], summary: Label, answers: str) -> Callable[[Any], Any]:
    """A view at /shapes/`name` for those who may write."""
    def wrap(view: Any) -> Any:
        asked = operation(tag="features", summary=summary, body=body, answers={200: answers}, problems=PROBLEMS)(view)
        return blueprint.post(f"/{name}")(requires(Action.WRITE)(asked))
    return wrap


@_shaping("size", SizeBody, Label("图形多大、移动了多远", "How large a shape is and how far it moved"), "ShapeSize")
def size(body: SizeBody) -> Response:
    shape = read_zone(body.geometry)
    moved = None if body.before is None else shaping.move(read_zone(body.before, "/before"), shape)
    west, south, east, north = shape.bounds
    return answer({"size": shaping.size(shape), "moved": moved, "in_district": JIUYUAN.holds(west, south) and JIUYUAN.holds(east, north)})


@_shaping("split", SplitBody, Label("沿线切开线或面", "Cut a line or an area along a line"), "Shapes")
def split(body: SplitBody) -> Response:
    return _shapes(shaping.divided(read_zone(body.geometry), read_zone(body.blade, "/blade")))


@_shaping("merge", MergeBody, Label("把几个线或面合成一个", "Make one of several lines or areas"), "Shapes")
def merge(body: MergeBody) -> Response:
    return _shapes([shaping.merged([read_zone(one, f"/geometries/{place}") for place, one in enumerate(body.geometries)])])


@_shaping("cut", CutBody, Label("在面上挖洞", "Cut a hole out of an area"), "Shapes")
def cut(body: CutBody) -> Response:
    return _shapes([shaping.without(read_zone(body.geometry), read_zone(body.hole, "/hole"))])


def _shapes(shapes: list[BaseGeometry]) -> Response:
    return answer({"geometries": shapes, "sizes": [shaping.size(one) for one in shapes]})
