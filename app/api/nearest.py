"""What is nearest to a place: ranked per layer, with the nearer ones left out and why."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from flask import Blueprint, Response
from pydantic import Field

from app.api.geometry import MAX_BARRIERS, read_barriers, read_zone
from app.api.operation import Body, Parameters, operation
from app.api.parameters import Latitude, Longitude, Names
from app.api.refusals import NotOffered
from app.api.rendering import GEOJSON, answer, collection, with_properties
from app.pointers import under
from app.security import current_actor, requires
from app.services import services
from app.spaces import current_space
from geodata.queries.nearest import MAX_DISTANCE_M, MAX_K, ByRoad, Driven, LayerRanking, NearestQuestion, RoadBasis
from geodata.queries.showing import Show
from layers.errors import InvalidInput, Problem
from layers.spec import Action, Label

blueprint = Blueprint("nearest", __name__, url_prefix="/api/v1/nearest")

_SUMMARY = Label("离某处最近的资源及被略过者的原因", "Nearest features, and why nearer ones were left out")


class NearestParameters(Parameters):
    """A place (degrees, CRS84), how many of which layers, how far, which of them (CQL2 text)."""

    lon: Longitude
    lat: Latitude
    layers: Names = ()
    k: int = Field(5, ge=1, le=MAX_K)
    max_distance_m: float | None = Field(None, ge=0, le=MAX_DISTANCE_M)
    filter: str | None = Field(None, max_length=4000)
    mode: Literal["straight", "road"] = Field("straight", description="road: ranked by the time by road to the place")
    profile: str | None = Field(None, max_length=40, description="With mode=road: the code of a vehicle profile; else the first")
    incident: str | None = Field(None, max_length=100, description="Not offered yet")


class NearestBody(Body):
    """The same question; features inside `zone` (GeoJSON, e.g. the impact zone) are left out with that reason.

    With mode road, `barriers` (GeoJSON shapes) close the roads that they touch, points and lines all within 15 m.
    """

    lon: Longitude
    lat: Latitude
    layers: tuple[str, ...] = Field((), max_length=100)
    k: int = Field(5, ge=1, le=MAX_K)
    max_distance_m: float | None = Field(None, ge=0, le=MAX_DISTANCE_M)
    filter: str | None = Field(None, max_length=4000)
    zone: dict[str, Any] | None = None
    mode: Literal["straight", "road"] = "straight"
    profile: str | None = Field(None, max_length=40)
    barriers: tuple[dict[str, Any], ...] = Field((), max_length=MAX_BARRIERS)


@blueprint.get("")
@requires(Action.READ)
@operation(tag="questions", summary=_SUMMARY, query=NearestParameters, answers={200: "NearestAnswer"}, answer_type=GEOJSON, problems=(400, 401, 403, 404, 422))
def nearest(query: NearestParameters) -> Response:
    if query.incident is not None:
        raise NotOffered(problems=[Problem("/query/incident", "request-no-mode", {"given": "incident"})])
    question = NearestQuestion(query.lon, query.lat, tuple(query.layers), query.k, query.max_distance_m, query.filter,
                               by_road=_by_road("/query", query.mode, query.profile, ()))
    return _answered(question, query.model_dump(exclude_none=True))


@blueprint.post("")
@requires(Action.READ)
@operation(tag="questions", summary=_SUMMARY, body=NearestBody, answers={200: "NearestAnswer"}, answer_type=GEOJSON, problems=(400, 401, 403, 404, 413, 415, 422))
def nearest_outside(body: NearestBody) -> Response:
    return _answered(question_of(body), body.model_dump(exclude_none=True))


def question_of(body: NearestBody, root: str = "") -> NearestQuestion:
    """The checked question that a body asks; `root` is where the body stands in the request."""
    zone = read_zone(body.zone, f"{root}/zone") if body.zone is not None else None
    by_road = _by_road(root, body.mode, body.profile, body.barriers)
    with under(root):
        return NearestQuestion(body.lon, body.lat, body.layers, body.k, body.max_distance_m, body.filter, zone, by_road)


def _by_road(root: str, mode: str, profile: str | None, barriers: Sequence[dict[str, Any]]) -> ByRoad | None:
    """What is asked of the road; a parameter that a straight question would pass over is refused."""
    if mode == "road":
        return ByRoad(profile or "", read_barriers(barriers, root))
    for name, given in (("profile", profile), ("barriers", barriers)):
        if given:
            raise InvalidInput(problems=[Problem(f"{root}/{name}", "request-only-by-road", {"name": name})])
    return None


_SHOW = Show[LayerRanking](named=lambda ranking: [one.id for one in ranking.ranked], read=lambda store, layer, ids: store.by_ids_json(layer, ids))


def _answered(question: NearestQuestion, asked: dict[str, Any]) -> Response:
    found = services().engine.nearest(current_space(), question, current_actor(), _SHOW)
    features = [text for ranking in found.layers for text in _features(ranking)]
    members = {"asked": asked, "layers": [_layer(one) for one in found.layers], "numberReturned": len(features)}
    return answer(collection(features, members), content_type=GEOJSON)


def _features(ranking: LayerRanking) -> list[str]:
    return [with_properties(ranking.shown[one.id], {"layer": ranking.layer, "rank": one.rank, "distance_m": one.distance_m, "bearing_deg": one.bearing_deg,
                                                     "uncertain": one.uncertain, **(driven(one.driven) if one.driven else {})})
            for one in ranking.ranked]


def driven(one: Driven) -> dict[str, Any]:
    """How a feature comes by road, as members of its properties."""
    return {"duration_s": one.duration_s, "length_m": one.length_m, "road_off_m": one.off_m, "route": one.route, "no_road": one.why}


def _layer(ranking: LayerRanking) -> dict[str, Any]:
    left_out = [{"feature": one.id, "distance_m": one.distance_m, "reasons": one.reasons} for one in ranking.left_out]
    return {"layer": ranking.layer, "version": ranking.version.version, "token": ranking.version.token, "answered_by": ranking.answered_by,
            "positions": ranking.positions, "returned": len(ranking.ranked), "left_out": left_out, "more_left_out": ranking.more_left_out,
            **(_road(ranking, ranking.road) if ranking.road else {})}


def _road(ranking: LayerRanking, road: RoadBasis) -> dict[str, Any]:
    return {"road": {"layer": road.network, "version": road.version.version, "token": road.version.token, "profile": road.profile, "off_m": road.off_m,
                     "covered": road.covered, "barred": road.barred, "complete": road.complete},
            "without_road": sum(one.rank is None for one in ranking.ranked), "more_without_road": ranking.more_without_road}
