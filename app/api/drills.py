"""Drill spaces: opened as sealed copies of live, reset, closed."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response
from pydantic import Field

from app.api.operation import Body, Parameters, operation
from app.api.preconditions import once
from app.api.rendering import answer
from app.security import Permission, current_actor, requires
from app.services import services
from geodata.store.spaces import SpaceRecord
from layers.spec import Action, Label

blueprint = Blueprint("drills", __name__, url_prefix="/api/v1/drills")


class DrillBody(Body):
    name: str = Field(min_length=1, max_length=100)


class DrillsParameters(Parameters):
    closed: bool = Field(False, description="Also those that have ended")


@blueprint.get("")
@requires(Action.READ)
@operation(tag="drills", summary=Label("演练列表", "Drills"), query=DrillsParameters, answers={200: "Drills"}, problems=(400, 401, 403))
def all_drills(query: DrillsParameters) -> Response:
    return answer({"drills": [described(one) for one in services().database.drills(closed=query.closed)]})


@blueprint.post("")
@requires(Permission.DRILLS)
@operation(tag="drills", summary=Label("开一场演练（复制当前数据）", "Open a drill: a copy of live as of now"), body=DrillBody, headers=("Idempotency-Key",),
           answers={201: "Drill"}, problems=(400, 401, 403, 409, 413, 415, 422))
def open_drill(body: DrillBody) -> Response:
    return once(services().database.opening_drill(current_actor()), lambda opening: _opened(opening.open(body.name)))


def _opened(record: SpaceRecord) -> Response:
    return answer(described(record), 201, headers={"Location": f"/spaces/{record.id}/"})


@blueprint.post("/<drill_id>/reset")
@requires(Permission.DRILLS)
@operation(tag="drills", summary=Label("演练重置为当前数据", "Start a drill anew from live as of now"), answers={200: "Drill"})
def reset(drill_id: str) -> Response:
    return answer(described(services().database.reset_drill(drill_id, current_actor())))


@blueprint.post("/<drill_id>/close")
@requires(Permission.DRILLS)
@operation(tag="drills", summary=Label("结束演练", "End a drill"), answers={200: "Drill"})
def close(drill_id: str) -> Response:
    record = services().database.close_drill(drill_id, current_actor())
    services().engine.forget(drill_id)
    return answer(described(record))


def described(record: SpaceRecord) -> dict[str, Any]:
    """A drill as programs and pages read it."""
    shown = {name: getattr(record, name) for name in ("id", "name", "opened_at", "opened_by", "as_of", "closed_at")}
    return shown | {"url": f"/spaces/{record.id}/", "api": f"/spaces/{record.id}/api/v1"}
