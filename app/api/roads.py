"""Questions about the road network: a matrix of times, a route, what is reached in so many minutes, and what is odd about the network."""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np
from flask import Blueprint, Response
from pydantic import Field
from shapely.geometry.base import BaseGeometry

from app.api.geometry import MAX_BARRIERS, read_barriers
from app.api.operation import Body, operation
from app.api.parameters import Latitude, Longitude
from app.api.rendering import GEOJSON, answer, as_json, collection
from app.security import current_actor, requires
from app.services import services
from app.spaces import current_space
from geodata.queries.measure import Floats
from geodata.queries.roads import refusals
from geodata.queries.roads.roads import Roads
from layers.spec import Action, Label

blueprint = Blueprint("by_road", __name__, url_prefix="/api/v1/roads")

MAX_PAIRS = 100_000  # of one matrix: 2 MB of JSON
MAX_MINUTES = 180
_PROBLEMS = (400, 401, 403, 404, 413, 415, 422)

Place = Annotated[tuple[Longitude, Latitude], Field(description="lon, lat in degrees (CRS84)")]
Minutes = Annotated[float, Field(gt=0, le=MAX_MINUTES)]


class RoadBody(Body):
    """How one drives: a vehicle profile (else the first), and shapes (GeoJSON) that close the roads which they touch."""

    profile: str | None = Field(None, max_length=40)
    barriers: tuple[dict[str, Any], ...] = Field((), max_length=MAX_BARRIERS)


class ServiceAreasBody(RoadBody):
    """From a place, or (`towards`) to it, within each of these minutes."""

    lon: Longitude
    lat: Latitude
    minutes: tuple[Minutes, ...] = Field((5.0, 10.0, 15.0), min_length=1, max_length=6)
    towards: bool = False


class MatrixBody(RoadBody):
    """From every origin to every destination."""

    origins: tuple[Place, ...] = Field(min_length=1, max_length=2_000)
    destinations: tuple[Place, ...] = Field(min_length=1, max_length=2_000)


class RouteBody(RoadBody):
    """From one place to another."""

    origin: Place
    destination: Place


@blueprint.post("/service-areas")
@requires(Action.READ)
@operation(tag="questions", summary=Label("若干分钟内按道路可达的范围", "What is reached by road in so many minutes"), body=ServiceAreasBody, answers={200: "ServiceAreas"},
           answer_type=GEOJSON, problems=_PROBLEMS)
def service_areas(body: ServiceAreasBody) -> Response:
    roads, profile, barriers = _asked(body)
    place = (body.lon, body.lat)
    away_m = float(roads.covered([place], profile).away_m[0])
    areas = roads.service_area(place, [60.0 * one for one in body.minutes], profile, barriers, towards=body.towards)
    features = [as_json({"type": "Feature", "geometry": None if area.is_empty else area, "properties": {"minutes": minutes}})
                for minutes, area in zip(body.minutes, areas, strict=True)]
    return answer(collection(features, {**_basis(roads, profile), "off_m": _known(away_m), "covered": away_m <= roads.access_m}), content_type=GEOJSON)


@blueprint.post("/matrix")
@requires(Action.READ)
@operation(tag="questions", summary=Label("多处到多处的行车时间与路程", "Travel times and lengths from many places to many"), body=MatrixBody, answers={200: "RoadMatrix"},
           problems=_PROBLEMS)
def matrix(body: MatrixBody) -> Response:
    roads, profile, barriers = _asked(body)
    refusals.few_pairs("destinations", len(body.origins) * len(body.destinations), MAX_PAIRS)
    trips = roads.trips(body.origins, body.destinations, profile, barriers)
    return answer({**_basis(roads, profile), "duration_s": _table(trips.duration_s), "length_m": _table(trips.length_m),
                   "origins": _ends(trips.origins_off_m, trips.origins_away_m), "destinations": _ends(trips.destinations_off_m, trips.destinations_away_m)})


@blueprint.post("/route")
@requires(Action.READ)
@operation(tag="questions", summary=Label("从一处到另一处的路线", "The route from one place to another"), body=RouteBody, answers={200: "RoadRoute"}, answer_type=GEOJSON,
           problems=_PROBLEMS)
def route(body: RouteBody) -> Response:
    roads, profile, barriers = _asked(body)
    way = roads.route(body.origin, body.destination, profile, barriers)
    members = {"duration_s": _known(way.duration_s), "length_m": _known(way.length_m), "origin": _end(way.origin_off_m, way.origin_away_m),
               "destination": _end(way.destination_off_m, way.destination_away_m), **_basis(roads, profile)}
    return answer({"type": "Feature", "geometry": way.shape, "properties": members}, content_type=GEOJSON)


@blueprint.get("/profiles")
@requires(Action.READ)
@operation(tag="questions", summary=Label("有哪些车型及其速度", "The vehicle profiles and their speeds"), answers={200: "RoadProfiles"}, problems=(401, 403, 404, 422))
def profiles() -> Response:
    roads = services().engine.roads(current_space(), current_actor())
    return answer({"profiles": [{"code": one.code, "name": one.name, "speeds_kmh": dict(one.speeds_kmh), "keeps_one_way": one.one_way, "weight_t": one.weight_t,
                                 "source": one.source} for one in roads.profiles.values()]})


@blueprint.get("/report")
@requires(Action.READ)
@operation(tag="questions", summary=Label("路网检查：悬挂端点、孤立路段、重复路段", "What is odd about the road network: dangling ends, islands, doubled roads"),
           answers={200: "RoadReport"}, problems=(401, 403, 404, 422))
def report() -> Response:
    roads = services().engine.roads(current_space(), current_actor())
    return answer({"layer": roads.layer, "version": roads.version.version, "token": roads.version.token, **vars(roads.report())})


def _asked(body: RoadBody) -> tuple[Roads, str, tuple[BaseGeometry, ...]]:
    roads = services().engine.roads(current_space(), current_actor())
    return roads, body.profile or next(iter(roads.profiles), ""), read_barriers(body.barriers)


def _basis(roads: Roads, profile: str) -> dict[str, Any]:
    return {"road": {"layer": roads.layer, "version": roads.version.version, "token": roads.version.token, "profile": profile}}


def _table(values: Floats) -> list[list[float | None]]:
    return [[_known(one) for one in row] for row in np.round(values, 3).tolist()]


def _ends(off_m: Floats, away_m: Floats) -> list[dict[str, Any]]:
    return [_end(*one) for one in zip(off_m.tolist(), away_m.tolist(), strict=True)]


def _end(off_m: float, away_m: float) -> dict[str, Any]:
    """How far a place is from the nearest road, and whether the network covers it."""
    return {"off_m": _known(away_m), "covered": bool(np.isfinite(off_m))}


def _known(value: float) -> float | None:
    return round(value, 3) if np.isfinite(value) else None
