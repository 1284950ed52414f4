"""Background pictures: place one that has arrived, follow its making, give it another name or date, take it away."""

from __future__ import annotations

from datetime import date as day_of_calendar
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, request, url_for
from pydantic import Field

from app.api.operation import Body, operation
from app.api.preconditions import given_version, once
from app.api.rendering import answer
from app.basemaps.imagery import Imagery, Placed
from app.command import pictures
from app.command.pictures import Placements, Placing
from app.language import language_of
from app.security import Permission, current_actor, requires
from app.services import services
from layers import messages
from layers.spec import Label

blueprint = Blueprint("imagery", __name__, url_prefix="/api/v1/imagery")

_PROBLEMS = (400, 401, 403, 404, 409, 413, 415, 422)
_WRITES = (*_PROBLEMS, 412, 428)


class PictureBody(Body):
    """What it is called on the map and the day that it shows. Without a date: as the file says."""

    name: str = Field(max_length=60, pattern=r"\S")
    date: day_of_calendar | None = None


class PlacingBody(PictureBody):
    upload: UUID = Field(description="a file that came whole (/uploads)")


@blueprint.get("")
@requires(Permission.IMAGERY)
@operation(tag="basemaps", summary=Label("已放置的影像底图和正在放置的", "Background pictures placed, and those on their way"), answers={200: "object"}, problems=(401, 403))
def all_imagery() -> Response:
    imagery = _imagery()
    placings = [_placing(one) for one in Placements(services().settings.home).all()]
    return answer({"imagery": [{**_placed(one), "bytes": imagery.size(one)} for one in imagery.all()], "placings": placings})


@blueprint.post("/placings")
@requires(Permission.IMAGERY)
@operation(tag="basemaps", summary=Label("把上传的影像放成底图", "Place an uploaded picture as a background"), body=PlacingBody, headers=("Idempotency-Key",), answers={202: "object"}, problems=_PROBLEMS)
def place(body: PlacingBody) -> Response:
    def made(desk: pictures.Desk) -> Response:
        one = desk.place(body.upload, body.name.strip(), body.date)
        return answer(_placing(one), 202, headers={"Location": url_for("imagery.placing", placing_id=one.id)})

    return once(pictures.desk(services().database, services().settings.home, current_actor()), made)


@blueprint.get("/placings/<uuid:placing_id>")
@requires(Permission.IMAGERY)
@operation(tag="basemaps", summary=Label("放置进行到哪里", "How far a placing is"), answers={200: "object"}, problems=(401, 403, 404))
def placing(placing_id: UUID) -> Response:
    return answer(_placing(Placements(services().settings.home).get(placing_id)))


@blueprint.delete("/placings/<uuid:placing_id>")
@requires(Permission.IMAGERY)
@operation(tag="basemaps", summary=Label("停下放置", "Stop a placing"), answers={200: "object"}, problems=(401, 403, 404, 409))
def stop(placing_id: UUID) -> Response:
    return answer(_placing(pictures.cancel(services().settings.home, placing_id, current_actor())))


@blueprint.put("/<imagery_id>")
@requires(Permission.IMAGERY)
@operation(tag="basemaps", summary=Label("改影像的名称和日期", "Another name and date of a picture"), body=PictureBody, headers=("If-Match",), answers={200: "object"}, problems=_WRITES)
def change(imagery_id: str, body: PictureBody) -> Response:
    changed = pictures.change(services().database, services().settings.home, imagery_id, given_version(), body.name.strip(), body.date, current_actor())
    return answer(_placed(changed))


@blueprint.delete("/<imagery_id>")
@requires(Permission.IMAGERY)
@operation(tag="basemaps", summary=Label("取消一幅影像底图", "Take a background picture away"), headers=("If-Match",), answers={204: None}, problems=(400, 401, 403, 404, 412, 428))
def remove(imagery_id: str) -> Response:
    pictures.remove(services().database, services().settings.home, imagery_id, given_version(), current_actor())
    return Response(status=204)


def _imagery() -> Imagery:
    return Imagery(services().settings.home)


def _placed(one: Placed) -> dict[str, Any]:
    return {"id": one.id, "name": one.label["zh"], "date": one.date or None, "kind": one.kind, "version": one.version, "by": one.by or None, "at": one.at or None}


def _placing(one: Placing) -> dict[str, Any]:
    """Why it was refused in the reader's language, by the sentences that the command prints."""
    language = language_of(request)
    shown = {name: getattr(one, name) for name in ("id", "file", "name", "by", "at", "state", "stage", "written")} | {"date": one.date or None, "imagery": one.imagery or None}
    if not one.code:
        return shown | {"refused": None}
    return shown | {"refused": {"code": one.code, "message": messages.message(one.code, one.values, language), "remedy": messages.remedy_on_page(one.code, one.values, language)}}
