"""Saved views of the map: own ones, and those that planners and duty officers share with all."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from flask import Blueprint, Response
from pydantic import Field, StringConstraints

from app.api.operation import Body, operation
from app.api.preconditions import once
from app.api.rendering import answer
from app.security import Permission, current_actor, requires
from app.services import services
from geodata.store.views import MAX_NAME, SavedView, Views
from layers.spec import Label

blueprint = Blueprint("views", __name__, url_prefix="/api/v1/views")

MAX_LAYERS = 500
Name = Annotated[str, StringConstraints(min_length=1, max_length=100)]
Value = Annotated[str, StringConstraints(max_length=200)] | float | bool


class Term(Body):
    """One condition on a field: any of these values, between two, text within, age bands, or unknown."""

    field: Name
    op: Literal["in", "between", "contains", "age", "unknown"]
    values: tuple[Value | None, ...] = Field((), max_length=200)


class Look(Body):
    """How a layer is shown: which of it, by which field it is styled, how opaque."""

    filter: tuple[Term, ...] = Field((), max_length=20)
    by: Name | None = None
    opacity: float = Field(1.0, ge=0.1, le=1.0)


class Arrangement(Body):
    """What a view keeps: place, layers from bottom to top as far as that was changed, looks, theme."""

    zoom: float = Field(ge=0, le=22)
    center: tuple[Annotated[float, Field(ge=-180, le=180)], Annotated[float, Field(ge=-90, le=90)]]
    bbox: tuple[float, float, float, float] | None = None
    shown: tuple[Name, ...] = Field((), max_length=MAX_LAYERS)
    order: tuple[Name, ...] = Field((), max_length=MAX_LAYERS)
    looks: dict[Name, Look] = Field(default_factory=dict, max_length=MAX_LAYERS)
    theme: Literal["day", "wall"] = "day"


class ViewBody(Body):
    name: str = Field(min_length=1, max_length=MAX_NAME)
    shared: bool = False
    arrangement: Arrangement


@blueprint.get("")
@requires(Permission.MAP)
@operation(tag="views", summary=Label("保存的视图：自己的和共享的", "Saved views: one's own, and shared ones"), answers={200: "Views"}, problems=(401, 403))
def all_views() -> Response:
    return answer({"views": [described(one) for one in _views().all()]})


@blueprint.post("")
@requires(Permission.MAP)
@operation(tag="views", summary=Label("保存视图", "Save a view"), body=ViewBody, headers=("Idempotency-Key",), answers={201: "View"},
           problems=(400, 401, 403, 409, 413, 415, 422))
def make(body: ViewBody) -> Response:
    tables = services().database.space().tables
    return once(_views().making(tables), lambda making: _saved(making.make(body.name, body.arrangement.model_dump(), shared=body.shared)))


def _saved(made: SavedView) -> Response:
    return answer(described(made), 201, headers={"Location": f"/api/v1/views/{made.id}"})


@blueprint.get("/<uuid:view_id>")
@requires(Permission.MAP)
@operation(tag="views", summary=Label("读取一个视图", "One view"), answers={200: "View"}, problems=(401, 403, 404))
def one(view_id: UUID) -> Response:
    return answer(described(_views().get(view_id)))


@blueprint.put("/<uuid:view_id>")
@requires(Permission.MAP)
@operation(tag="views", summary=Label("更新自己的视图", "Replace a view of one's own"), body=ViewBody, answers={200: "View"}, problems=(400, 401, 403, 404, 413, 415, 422))
def replace(view_id: UUID, body: ViewBody) -> Response:
    return answer(described(_views().replace(view_id, body.name, body.arrangement.model_dump(), shared=body.shared)))


@blueprint.delete("/<uuid:view_id>")
@requires(Permission.MAP)
@operation(tag="views", summary=Label("删除自己的视图", "Delete a view of one's own"), answers={204: None}, problems=(401, 403, 404))
def delete(view_id: UUID) -> Response:
    _views().delete(view_id)
    return Response(status=204)


def described(view: SavedView) -> dict[str, Any]:
    """A view as programs and pages read it."""
    shown: dict[str, Any] = {name: getattr(view, name) for name in ("id", "name", "owner", "shared", "arrangement", "updated_at")}
    return shown | {"own": view.owner == current_actor().name, "url": f"/?view={view.id}"}


def _views() -> Views:
    return Views(services().database.engine, current_actor())
