"""Basemaps of others: which there are and how they are, and their tiles fetched by us, so that the page asks no other host."""

from __future__ import annotations

from flask import Blueprint, Response, request

from app.api.operation import operation
from app.api.rendering import answer
from app.language import language_of
from app.security import Permission, requires
from app.services import services
from layers.spec import Label

blueprint = Blueprint("basemaps", __name__)


@blueprint.get("/api/v1/basemaps")
@requires(Permission.MAP)
@operation(tag="basemaps", summary=Label("可用底图及其状态", "The basemaps there are, and how they are"), answers={200: "object"}, problems=(401, 403))
def all_basemaps() -> Response:
    basemaps, language = services().basemaps, language_of(request)
    return answer({"basemaps": basemaps.described(language), "problem": basemaps.said_problem(language)})


@blueprint.get("/basemaps/<basemap>/<int:z>/<int:x>/<int:y>")
@requires(Permission.MAP)
def one_tile(basemap: str, z: int, x: int, y: int) -> Response:
    found = services().basemaps.tile(basemap, z, x, y)
    return Response(found.content, content_type=found.kind, headers={"Cache-Control": "private, max-age=86400"})
