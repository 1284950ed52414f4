"""What a zone may set off: hazard sources, depots, shelters, facilities, roads, river sections it touches, and what those would reach."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response
from pydantic import Field

from app.api.geometry import read_zone
from app.api.operation import Body, operation
from app.api.rendering import GEOJSON, answer, as_json, collection
from app.pointers import under
from app.security import current_actor, requires
from app.spaces import current_space
from geodata.queries.domino import MAX_DEPTH, DominoAnswer, DominoQuestion, Touched, domino
from geodata.queries.exposure import MAX_BUFFER_M
from layers.spec import Action, Label

blueprint = Blueprint("domino", __name__, url_prefix="/api/v1/domino")


class DominoBody(Body):
    """A zone (GeoJSON, degrees, widened by `buffer_m`) and how many steps to follow."""

    geometry: dict[str, Any]
    buffer_m: float = Field(0.0, ge=0, le=MAX_BUFFER_M)
    depth: int = Field(MAX_DEPTH, ge=1, le=MAX_DEPTH)


@blueprint.post("")
@requires(Action.READ)
@operation(tag="questions", summary=Label("范围波及什么、它们又会波及什么，逐级说明", "What a zone touches and what that would reach, step by step with its chain"), body=DominoBody,
           answers={200: "DominoAnswer"}, answer_type=GEOJSON, problems=(400, 401, 403, 404, 413, 415, 422))
def chains(body: DominoBody) -> Response:
    zone = read_zone(body.geometry)
    with under("", {"zone": "geometry"}):
        found = domino(current_space(), DominoQuestion(zone, body.buffer_m, body.depth), current_actor())
    members = {"asked": body.model_dump(exclude_none=True), "zone": found.zone, "zone_area_m2": found.zone_area_m2, "cut": found.cut, "coarse": found.coarse,
               "looked_at": found.looked_at, "numberReturned": len(found.touched),
               "versions": [{"layer": name, "version": one.version, "token": one.token} for name, one in found.versions.items()]}
    return answer(collection([as_json(_feature(found, one)) for one in found.touched], members), content_type=GEOJSON)


def _feature(found: DominoAnswer, one: Touched) -> dict[str, Any]:
    """Its zone where one is known, else a place on it."""
    chain = [{"layer": found.touched[place].layer, "feature": found.touched[place].id, "name": found.touched[place].name} for place in one.chain]
    return {"type": "Feature", "id": one.id, "geometry": one.outline or {"type": "Point", "coordinates": [one.lon, one.lat]},
            "properties": {"layer": one.layer, "name": one.name, "step": one.step, "chain": chain, "causes": one.causes, "zone": one.zone, "reach_m": one.reach_m,
                           "lon": one.lon, "lat": one.lat}}
