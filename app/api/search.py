"""Search by name in Chinese or pinyin, by code, or by coordinates."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, request
from pydantic import Field

from app.api.operation import Parameters, operation
from app.api.rendering import answer
from app.language import language_of
from app.security import current_actor, requires
from app.spaces import current_space
from geodata.queries.position import Position, read_position
from geodata.queries.search import Found, NameIndex
from layers.district import JIUYUAN
from layers.spec import Action, Label, Layer
from layers.spec import Field as LayerField

blueprint = Blueprint("search", __name__, url_prefix="/api/v1/search")

names = NameIndex()


class SearchParameters(Parameters):
    q: str = Field(max_length=200, description="A name, pinyin initials, a code, or coordinates (decimal or degrees, minutes, seconds)")
    limit: int = Field(20, ge=1, le=50)


@blueprint.get("")
@requires(Action.READ)
@operation(tag="questions", summary=Label("按名称、拼音首字母、编号或坐标查找", "Find by name, pinyin initials, code or coordinates"), query=SearchParameters,
           answers={200: "SearchAnswer"}, problems=(400, 401, 403))
def search(query: SearchParameters) -> Response:
    space, language = current_space(), language_of(request)
    position = read_position(query.q, JIUYUAN)
    found = names.search(space, query.q, current_actor(), query.limit)
    results = [_place(position, language)] if position else []
    results += [_feature(one, space.catalogue.layer(one.feature.layer), language) for one in found]
    return answer({"results": results[:query.limit]})


_HERE = Label("坐标点", "Position")
_OUTSIDE = Label("坐标点（不在本区范围内）", "Position (outside the district)")


def _place(position: Position, language: str) -> dict[str, Any]:
    lon, lat = round(position.lon, 9), round(position.lat, 9)
    label = _HERE if position.in_district else _OUTSIDE
    return {"kind": "coordinate", "layer": None, "id": None, "title": f"{lon:.6f}, {lat:.6f}", "subtitle": label.in_language(language), "lon": lon, "lat": lat,
            "bbox": None, "datum": "as given", "swapped": position.swapped, "in_district": position.in_district}


def _feature(found: Found, layer: Layer, language: str) -> dict[str, Any]:
    words = [layer.label.in_language(language)]
    words += [_said(field, found.feature.properties.get(field.id), language) for one in layer.summary if (field := layer.field(one))]
    lon, lat = found.place or (None, None)
    return {"kind": "feature", "layer": layer.id, "id": found.feature.id, "title": found.title, "subtitle": " · ".join(one for one in words if one),
            "lon": lon, "lat": lat, "bbox": found.bbox}


def _said(field: LayerField, value: Any, language: str) -> str:
    """A value in words: the label of a choice, nothing for an unknown."""
    if value is None:
        return ""
    if isinstance(value, (list, tuple)):
        return "、".join(_said(field, one, language) for one in value)
    choice = field.choice(value)
    if choice:
        return choice.label.in_language(language)
    return value.date().isoformat() if hasattr(value, "date") else str(value)
