"""Which villages a resource reaches within a limit, and what changes when one is closed, moved or added; nothing is written."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, Response
from pydantic import Field

from app.api.going import GoingBody, costs_of
from app.api.operation import Body, operation
from app.api.parameters import Latitude, Longitude
from app.api.rendering import GEOJSON, answer, as_json, collection
from app.api.table_file import csv_file
from app.security import current_actor, requires
from app.spaces import current_space
from geodata.queries.coverage import MAX_LIMIT_M, MAX_LIMIT_MIN, MAX_TRIED, At, Coverage, CoverageAnswer, CoverageQuestion, coverage
from layers.spec import Action, Label

blueprint = Blueprint("coverage", __name__, url_prefix="/api/v1/coverage")

_PROBLEMS = (400, 401, 403, 404, 413, 415, 422)


class MovedBody(Body):
    """A resource that is there, tried somewhere else."""

    id: UUID
    lon: Longitude
    lat: Latitude


class AddedBody(Body):
    """A resource that is not there, to try."""

    name: str = Field(min_length=1, max_length=100)
    lon: Longitude
    lat: Latitude


class CoverageBody(GoingBody):
    """The layer of the resources and one limit: `limit_m` metres, or by road `limit_min` minutes from the resource to the village."""

    layer: str = Field(max_length=48)
    limit_m: float | None = Field(None, ge=0, le=MAX_LIMIT_M)
    limit_min: float | None = Field(None, ge=0, le=MAX_LIMIT_MIN)
    filter: str | None = Field(None, max_length=4000, description="CQL2 text, of the resources")
    population: str | None = Field(None, max_length=48, description="The layer that says who lives where")
    use_uncertain: bool = Field(False, description="Count resources whose state is not known, and say so")
    closed: tuple[UUID, ...] = Field((), max_length=MAX_TRIED)
    moved: tuple[MovedBody, ...] = Field((), max_length=MAX_TRIED)
    added: tuple[AddedBody, ...] = Field((), max_length=MAX_TRIED)


@blueprint.post("")
@requires(Action.READ)
@operation(tag="questions", summary=Label("哪些村、多少人在资源的时限或距离之内，关、移、增一处会怎样", "Which villages and how many people a resource reaches, and what closing, moving or adding one changes"),
           body=CoverageBody, answers={200: "CoverageAnswer"}, answer_type=GEOJSON, problems=_PROBLEMS)
def villages(body: CoverageBody) -> Response:
    found = _asked(body)
    members = {"asked": body.model_dump(mode="json", exclude_none=True), "mode": found.mode, "profile": found.profile, "now": _whole(found.now), "then": found.then and _whole(found.then),
               "lost": found.lost_counts, "gained": found.gained_counts, "numberReturned": len(found.people.places),
               "population": {"layer": found.people.layer, "total": found.people.total, "unknown": found.people.unknown, "portions": found.portions},
               "versions": [{"layer": name, "version": one.version, "token": one.token} for name, one in found.versions.items()]}
    return answer(collection([as_json(_feature(found, place)) for place in range(len(found.people.places))], members), content_type=GEOJSON)


@blueprint.post("/export")
@requires(Action.READ)
@operation(tag="questions", summary=Label("覆盖分析的表（CSV）", "The table of a coverage (CSV)"), body=CoverageBody, answers={200: "binary"}, answer_type="text/csv",
           problems=_PROBLEMS)
def table(body: CoverageBody) -> Response:
    found = _asked(body)
    per_state = (Label("是否覆盖", "Covered"), Label("最近资源", "Nearest"), Label("路程（米）", "Way (m)"), Label("用时（分）", "Minutes"))
    tried = tuple(Label(f"试算：{one.zh}", f"Tried: {one.en}") for one in per_state) if found.then else ()
    headings = (Label("村社区", "Village"), Label("人口", "People"), Label("人口口径", "Counted by"), Label("截至", "As of"), *per_state, *tried)
    return csv_file("coverage", Label("覆盖分析", "Coverage"), headings, (_row(found, place) for place in range(len(found.people.places))))


def _asked(body: CoverageBody) -> CoverageAnswer:
    question = CoverageQuestion(body.layer, body.limit_m, body.limit_min, body.filter, body.population, body.use_uncertain, body.closed,
                                tuple(At(one.id, "", one.lon, one.lat) for one in body.moved), tuple(At(None, one.name, one.lon, one.lat) for one in body.added))
    return coverage(current_space(), question, current_actor(), costs_of(body))


def _whole(made: Coverage) -> dict[str, Any]:
    return {"covered": made.covered, "uncovered": made.uncovered, "resources": [{**vars(one), "serves": serves} for one, serves in zip(made.resources, made.serves, strict=True)]}


def _state(made: Coverage, place: int) -> dict[str, Any]:
    reach = made.reaches[place]
    nearest = None if reach.resource is None else made.resources[reach.resource]
    return {"covered": reach.covered, "resource": reach.resource, "resource_name": nearest and nearest.name, "length_m": reach.length_m, "duration_s": reach.duration_s,
            "off_m": reach.off_m}


def _feature(found: CoverageAnswer, place: int) -> dict[str, Any]:
    one = found.people.places[place]
    properties = {"layer": one.layer, "name": one.name, "people": one.people, "basis": one.basis, "as_of": one.as_of, **_state(found.now, place)}
    return {"type": "Feature", "id": one.id, "geometry": {"type": "Point", "coordinates": [one.lon, one.lat]},
            "properties": properties | ({"then": _state(found.then, place)} if found.then else {})}


def _row(found: CoverageAnswer, place: int) -> tuple[Any, ...]:
    one = found.people.places[place]
    states = (_state(made, place) for made in (found.now, found.then) if made)
    return (one.name, one.people, one.basis, one.as_of, *(value for state in states for value in (
        Label("是", "yes") if state["covered"] else Label("否", "no"), state["resource_name"], state["length_m"],
        None if state["duration_s"] is None else state["duration_s"] / 60.0)))
