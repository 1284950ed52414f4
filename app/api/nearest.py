"""What is nearest to a place: ranked per layer, with the nearer ones left out and why."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from flask import Blueprint, Response
from pydantic import BaseModel, Field, StringConstraints

from app.api.geometry import MAX_BARRIERS, read_barriers, read_zone
from app.api.operation import Body, Parameters, operation
from app.api.parameters import Latitude, Longitude, Names
from app.api.refusals import NotOffered
from app.api.rendering import GEOJSON, answer, collection, with_properties
from app.pointers import under
from app.security import current_actor, requires
from app.services import services
from app.spaces import current_space, current_standing
from geodata.queries.deadline import LONGEST_MS
from geodata.queries.many import MAX_POINTS, LayerPlaces
from geodata.queries.nearest import MAX_DISTANCE_M, MAX_K, ByRoad, Driven, LayerRanking, NearestQuestion, RoadBasis
from geodata.queries.needs import MAX_ARTICLES, MAX_QUANTITY, Article, Needs
from geodata.queries.showing import Show
from layers.errors import InvalidInput, Problem
from layers.fitness import THRESHOLDS
from layers.spec import Action, Label

blueprint = Blueprint("nearest", __name__, url_prefix="/api/v1/nearest")

_SUMMARY = Label("离某处最近的资源及被略过者的原因", "Nearest features, and why nearer ones were left out")

Word = Annotated[str, StringConstraints(min_length=1, max_length=100)]
Point = tuple[Longitude, Latitude]


class Limits(BaseModel):
    """Thresholds of one question; those not given are the installation's."""

    contact_days: int | None = Field(None, ge=0, le=THRESHOLDS["contact_days"].most, description="Leave out contacts not verified for so many days; 0: none")
    position_minutes: int | None = Field(None, ge=0, le=THRESHOLDS["position_minutes"].most, description="Leave out positions older than this; 0: none")
    limit_ms: int | None = Field(None, ge=1, le=LONGEST_MS, description="Refuse rather than take longer")

    @property
    def limits(self) -> dict[str, float]:
        """Those given."""
        return {name: value for name in THRESHOLDS if (value := getattr(self, name)) is not None}

    @property
    def patience_ms(self) -> int:
        """How long the question may take."""
        return self.limit_ms or services().settings.question_ms


Quantity = Annotated[float, Field(gt=0, le=MAX_QUANTITY)]


class ArticleBody(Body):
    """How much of an article: `name` is its name or item code; `unit` only where the stock counts it in several."""

    name: str = Field(min_length=1, max_length=100)
    quantity: Quantity
    unit: str | None = Field(None, min_length=1, max_length=20)


class NeedsBody(Body):
    """What is needed; see `GET /api/v1/needs` for the words there are."""

    skills: tuple[Word, ...] = Field((), max_length=20)
    hazard: Word | None = None
    articles: tuple[ArticleBody, ...] = Field((), max_length=MAX_ARTICLES)

    @property
    def needs(self) -> Needs:
        """The checked needs."""
        return Needs(self.skills, self.hazard, tuple(Article(one.name, one.quantity, one.unit) for one in self.articles))


class NearestParameters(Limits, Parameters):
    """A place (degrees, CRS84), how many of which layers, how far, which of them (CQL2 text), for which incident and needs."""

    lon: Longitude
    lat: Latitude
    layers: Names = ()
    k: int = Field(5, ge=1, le=MAX_K)
    max_distance_m: float | None = Field(None, ge=0, le=MAX_DISTANCE_M)
    filter: str | None = Field(None, max_length=4000)
    mode: Literal["straight", "road"] = Field("straight", description="road: ranked by the time by road to the place")
    profile: str | None = Field(None, max_length=40, description="With mode=road: the code of a vehicle profile; else the first")
    incident: Word | None = Field(None, description="Id or code: what lies in its zones is left out, what is ordered for it is not elsewhere")
    skills: Names = ()
    hazard: Word | None = None


class NearestBody(Limits, Body):
    """The same question, also with articles; features inside `zone` (GeoJSON, e.g. the impact zone) are left out with that reason.

    With mode road, `barriers` (GeoJSON shapes) close the roads that they touch, points and lines all within 15 m.

    With `points` ([[lon, lat], ...]) in the place of `lon` and `lat` every point is a question of its own, answered in short.
    """

    lon: Longitude | None = None
    lat: Latitude | None = None
    points: tuple[Point, ...] | None = Field(None, min_length=1, max_length=MAX_POINTS)
    layers: tuple[str, ...] = Field((), max_length=100)
    k: int = Field(5, ge=1, le=MAX_K)
    max_distance_m: float | None = Field(None, ge=0, le=MAX_DISTANCE_M)
    filter: str | None = Field(None, max_length=4000)
    zone: dict[str, Any] | None = None
    mode: Literal["straight", "road"] = "straight"
    profile: str | None = Field(None, max_length=40)
    barriers: tuple[dict[str, Any], ...] = Field((), max_length=MAX_BARRIERS)
    incident: Word | None = None
    needs: NeedsBody | None = None


@blueprint.get("")
@requires(Action.READ)
@operation(tag="questions", summary=_SUMMARY, query=NearestParameters, answers={200: "NearestAnswer"}, answer_type=GEOJSON, problems=(400, 401, 403, 404, 422))
def nearest(query: NearestParameters) -> Response:
    question = NearestQuestion(query.lon, query.lat, tuple(query.layers), query.k, query.max_distance_m, query.filter, None,
                               Needs(query.skills, query.hazard), query.incident, query.limits, query.patience_ms, _by_road("/query", query.mode, query.profile, ()))
    with under("/query", {"needs/skills": "skills", "needs/hazard": "hazard"}, only=("skills", "hazard")):
        return _answered(question, query.model_dump(exclude_none=True))


@blueprint.post("")
@requires(Action.READ)
@operation(tag="questions", summary=_SUMMARY, body=NearestBody, answers={200: "NearestAnswers"}, answer_type=GEOJSON, problems=(400, 401, 403, 404, 413, 415, 422))
def nearest_outside(body: NearestBody) -> Response:
    if body.points is not None:
        return _answered_in_short(body, body.points)
    return _answered(question_of(body), body.model_dump(exclude_none=True))


def question_of(body: NearestBody, root: str = "") -> NearestQuestion:
    """The checked question that a body asks; `root` is where the body stands in the request."""
    zone = read_zone(body.zone, f"{root}/zone") if body.zone is not None else None
    by_road = _by_road(root, body.mode, body.profile, body.barriers)
    lon, lat = _place(body, root)
    with under(root):
        needs = body.needs.needs if body.needs else Needs()
        return NearestQuestion(lon, lat, body.layers, body.k, body.max_distance_m, body.filter, zone, needs, body.incident, body.limits, body.patience_ms, by_road)


def _by_road(root: str, mode: str, profile: str | None, barriers: Sequence[dict[str, Any]]) -> ByRoad | None:
    """What is asked of the road; a parameter that a straight question would pass over is refused."""
    if mode == "road":
        return ByRoad(profile or "", read_barriers(barriers, root))
    for name, given in (("profile", profile), ("barriers", barriers)):
        if given:
            raise InvalidInput(problems=[Problem(f"{root}/{name}", "request-only-by-road", {"name": name})])
    return None


def _answered_in_short(body: NearestBody, points: tuple[Point, ...]) -> Response:
    """Each point's answer as places in a list of features, column by column: 10,000 of them are some 3 MB."""
    if body.lon is not None or body.lat is not None:
        raise InvalidInput(problems=[Problem("/points", "request-points-and-place", {})])
    if body.mode != "straight":
        raise NotOffered(problems=[Problem("/mode", "request-no-mode", {"given": body.mode})])
    found = services().engine.nearest_of_many(current_space(), question_of(body.model_copy(update={"lon": 0.0, "lat": 0.0})), points, current_actor())
    return answer({"asked": body.model_dump(exclude_none=True, exclude={"points"}) | {"points": len(points)}, "layers": [_in_short(one) for one in found]})


def _in_short(one: LayerPlaces) -> dict[str, Any]:
    told = one.places
    has = told.ranked >= 0
    ranked, distance_m, count = told.ranked.tolist(), told.distance_m.tolist(), has.sum(axis=1).tolist()
    return {"layer": one.layer, "version": one.version.version, "token": one.version.token, "answered_by": one.answered_by, "positions": one.positions,
            "rests_on": one.rests_on, "features": told.features, "uncertain": {place: reasons for place, reasons in enumerate(told.uncertain) if reasons},
            "ranked": [row[:n] for row, n in zip(ranked, count, strict=True)], "distance_m": [row[:n] for row, n in zip(distance_m, count, strict=True)],
            "left_out": told.left_out.tolist(), "reasons": told.reasons, "more_left_out": told.more.tolist()}


def _place(body: NearestBody, root: str) -> tuple[float, float]:
    missing = [name for name in ("lon", "lat") if getattr(body, name) is None]
    if missing:
        raise InvalidInput(problems=[Problem(f"{root}/{name}", "request-missing", {"name": name}) for name in missing])
    assert body.lon is not None and body.lat is not None
    return body.lon, body.lat


_SHOW = Show[LayerRanking](named=lambda ranking: [one.id for one in ranking.ranked], read=lambda store, layer, ids: store.by_ids_json(layer, ids), kept=True)


def _answered(question: NearestQuestion, asked: dict[str, Any]) -> Response:
    found = services().engine.nearest(current_space(), question, current_actor(), _SHOW, standing=current_standing())
    features = [text for ranking in found.layers for text in _features(ranking)]
    members = {"asked": asked, "needs": found.needs, "limits": found.limits, "layers": [_layer(one) for one in found.layers], "numberReturned": len(features)}
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
            "positions": ranking.positions, "returned": len(ranking.ranked), "left_out": left_out, "more_left_out": ranking.more_left_out, "rests_on": ranking.rests_on,
            **(_road(ranking, ranking.road) if ranking.road else {})}


def _road(ranking: LayerRanking, road: RoadBasis) -> dict[str, Any]:
    return {"road": {"layer": road.network, "version": road.version.version, "token": road.version.token, "profile": road.profile, "off_m": road.off_m,
                     "covered": road.covered, "barred": road.barred, "complete": road.complete},
            "without_road": sum(one.rank is None for one in ranking.ranked), "more_without_road": ranking.more_without_road}
