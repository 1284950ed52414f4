"""A shelter plan for a zone: who is inside, who goes where, who is left over, what they need; the same with a change tried."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, Response
from pydantic import Field

from app.api.geometry import read_zone
from app.api.going import GoingBody, costs_of
from app.api.operation import Body, operation
from app.api.parameters import Latitude, Longitude
from app.api.rendering import GEOJSON, answer, as_json, collection
from app.api.table_file import csv_file
from app.pointers import under
from app.security import current_actor, requires
from app.spaces import current_space
from geodata.queries.exposure import MAX_BUFFER_M
from geodata.queries.shelter_plan import MAX_ADDED_ROOM, MAX_DAYS, MAX_TRIED, MAX_WAY_M, Added, ShelterAnswer, ShelterPlan, ShelterQuestion
from geodata.queries.sheltering import shelter_plan
from layers.spec import Action, Label

blueprint = Blueprint("shelter_plan", __name__, url_prefix="/api/v1/shelter-plan")

_PROBLEMS = (400, 401, 403, 404, 413, 415, 422)
_SUMMARY = Label("范围内的人安置到哪里：缺口、各场所安置人数、未计入场所及原因、所需物资", "Where those inside a zone find shelter: the shortfall, how each shelter fills, those that do not count and why, what is needed")


class AddedBody(Body):
    """A shelter that is not there, to try."""

    name: str = Field(min_length=1, max_length=100)
    lon: Longitude
    lat: Latitude
    room: int = Field(ge=0, le=MAX_ADDED_ROOM)


class ShelterPlanBody(GoingBody):
    """A zone (GeoJSON, degrees, widened by `buffer_m`) and the hazard. `without` and `added` are tried beside the plan; nothing is written."""

    geometry: dict[str, Any]
    buffer_m: float = Field(0.0, ge=0, le=MAX_BUFFER_M)
    hazard: str = Field(max_length=60)
    share_percent: float | None = Field(None, ge=0, le=100, description="Instead of that of the table")
    population: str | None = Field(None, max_length=48, description="The layer that says who lives where")
    max_way_m: float | None = Field(None, ge=0, le=MAX_WAY_M)
    use_uncertain: bool = Field(False, description="Use shelters whose state or suitability is not known, and say so")
    keep_together: bool = Field(True, description="A village goes whole where its mean way grows by no more than a quarter")
    without: tuple[UUID, ...] = Field((), max_length=MAX_TRIED)
    added: tuple[AddedBody, ...] = Field((), max_length=MAX_TRIED)
    days: int = Field(1, ge=1, le=MAX_DAYS)


@blueprint.post("")
@requires(Action.READ)
@operation(tag="questions", summary=_SUMMARY, body=ShelterPlanBody, answers={200: "ShelterPlanAnswer"}, answer_type=GEOJSON, problems=_PROBLEMS)
def plan(body: ShelterPlanBody) -> Response:
    found = _asked(body)
    members = {"asked": body.model_dump(mode="json", exclude_none=True), "zone": found.zone, "zone_area_m2": found.zone_area_m2, "mode": found.mode, "profile": found.profile,
               "population": {"layer": found.people.layer, "total": found.people.total, "unknown": found.people.unknown, "shared": found.people.shared,
                              "portions": found.people.portions, "others": found.others},
               "share": found.share, "plan": found.plan, "trial": found.trial, "difference": found.difference, "versions": _versions(found)}
    return answer(collection([as_json(_line(found.plan, place)) for place in range(len(found.plan.ways))], members), content_type=GEOJSON)


@blueprint.post("/export")
@requires(Action.READ)
@operation(tag="questions", summary=Label("安置方案的表（CSV）", "The table of a shelter plan (CSV)"), body=ShelterPlanBody, answers={200: "binary"},
           answer_type="text/csv", problems=_PROBLEMS)
def table(body: ShelterPlanBody) -> Response:
    found = _asked(body).plan
    headings = (Label("来自", "From"), Label("人数口径", "Counted by"), Label("截至", "As of"), Label("范围内人数", "People inside"), Label("需安置", "Need shelter"),
                Label("安置到", "To"), Label("安置人数", "Placed"), Label("路程（米）", "Way (m)"), Label("用时（分）", "Minutes"))
    return csv_file("shelter_plan", Label("安置方案", "Shelter plan"), headings, _rows(found))


def _asked(body: ShelterPlanBody) -> ShelterAnswer:
    zone = read_zone(body.geometry)
    with under("", {"zone": "geometry"}):
        question = ShelterQuestion(zone, body.hazard, body.buffer_m, body.share_percent, body.population, body.max_way_m, body.use_uncertain, body.keep_together,
                                   body.without, tuple(Added(one.name, one.lon, one.lat, one.room) for one in body.added), body.days)
        return shelter_plan(current_space(), question, current_actor(), costs_of(body))


def _versions(found: ShelterAnswer) -> list[dict[str, Any]]:
    return [{"layer": name, "version": one.version, "token": one.token} for name, one in found.versions.items()]


def _line(found: ShelterPlan, place: int) -> dict[str, Any]:
    way = found.ways[place]
    here, there = found.groups[way.group].place, found.fills[way.fill]
    return {"type": "Feature", "id": place, "geometry": {"type": "LineString", "coordinates": [[here.lon, here.lat], [there.lon, there.lat]]},
            "properties": {"from": here.id, "from_name": here.name, "to": there.id, "to_name": there.name, "people": way.people, "length_m": way.length_m,
                           "duration_s": way.duration_s}}


def _rows(found: ShelterPlan) -> list[tuple[Any, ...]]:
    """A line for each way, then one for those of a village who have none; unknown stays empty."""
    rows: list[tuple[Any, ...]] = []
    for at, group in enumerate(found.groups):
        here = (group.place.name, group.place.basis, group.place.as_of, group.place.people, group.need)
        rows += [(*here, found.fills[way.fill].name, way.people, way.length_m, None if way.duration_s is None else way.duration_s / 60.0)
                 for way in found.ways if way.group == at]
        if group.unplaced or group.need is None:
            rows.append((*here, Label("无处安置", "No place") if group.unplaced else Label("人数未知", "People not known"), group.unplaced or None, None, None))
    return rows
