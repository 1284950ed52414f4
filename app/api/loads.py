"""Loads: bring a file, look at what was found, confirm or drop it."""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal, Self, cast
from uuid import UUID

from flask import Blueprint, Response, request
from pydantic import AwareDatetime, Field, ValidationError, field_validator, model_validator
from pydantic_core import PydanticCustomError

from app.api.operation import Body, Parameters, operation, problems_of
from app.api.preconditions import once
from app.api.refusals import UnsupportedMedia
from app.api.rendering import answer
from app.command import loads as command
from app.command.incoming import arrived
from app.language import language_of
from app.security import current_actor, requires
from app.services import services
from app.spaces import current_space, space_url
from geodata.files.loading import LoadOptions
from geodata.store import loads as records
from geodata.store.loads import LoadNotFound, LoadRecord
from layers.errors import InvalidInput
from layers.spec import IDENTIFIER, Action, Label

blueprint = Blueprint("loads", __name__, url_prefix="/api/v1/loads")

_PROBLEMS = (400, 401, 403, 404, 409, 413, 415, 422)


class RowForm(Parameters):
    """What is decided about one row: left out, let lie far away, values filled in by field."""

    drop: bool = False
    keep: bool = False
    fill: dict[str, str | int | float | bool | None] = Field(default_factory=dict, max_length=200)


class LoadForm(Parameters):
    """The fields beside the files. `mapping` is a JSON object, column -> field (empty: leave the column out), `measures` one of field ->
    measure, `rows` one of row number -> decision; `datum_rows` a JSON list of the rows that carry the datum's shift (none: all), `uploads` one of files that came in pieces."""

    layer: str = Field("", pattern=f"{IDENTIFIER.pattern}|^$")
    create: bool = False
    label: str = Field("", max_length=60)
    sublayer: str | None = Field(None, max_length=200)
    crs: str | None = Field(None, max_length=5000)
    datum: Literal["gcj02", "bd09", "wgs84"] | None = None
    encoding: str | None = Field(None, max_length=40)
    mapping: dict[str, str] = Field(default_factory=dict)
    measures: dict[str, str] = Field(default_factory=dict)
    anywhere: bool = False
    swapped: bool = False
    angles: Literal["decimal", "d.mmss", "dddmmss", "dddmm.mm", "e6"] | None = None
    datum_rows: list[int] = Field(default_factory=list, max_length=5_000)
    remember: bool = True
    uploads: list[UUID] = Field(default_factory=list, max_length=200)
    rows: dict[Annotated[str, Field(pattern=r"^[0-9]{1,9}$")], RowForm] = Field(default_factory=dict, max_length=5_000)

    @model_validator(mode="after")
    def _into(self) -> Self:
        if not self.layer and not (self.create and self.label):
            raise PydanticCustomError("missing", "a layer")
        return self

    @field_validator("label")
    @classmethod
    def _bare(cls, value: str) -> str:
        return value.strip()

    @field_validator("mapping", "measures", "datum_rows", "rows", "uploads", mode="before")
    @classmethod
    def _from_json(cls, value: Any) -> Any:
        try:
            return json.loads(value) if isinstance(value, str) else value
        except (RecursionError, ValueError):
            raise PydanticCustomError("request-not-object", "not JSON") from None


class LoadsParameters(Parameters):
    """Which loads: into one layer, asked for strictly before a moment."""

    layer: str | None = Field(None, pattern=IDENTIFIER.pattern)
    before: AwareDatetime | None = Field(None, description="ISO 8601 with zone; strictly before")
    limit: int = Field(50, ge=1, le=500)


class ConfirmBody(Body):
    """Without `retire` the stored features that the file does not have stay. With it they go, if they are just so many, for the reason."""

    retire: int | None = Field(None, ge=1, le=100_000_000)
    reason: str = Field("", max_length=500)

    @model_validator(mode="after")
    def _reasoned(self) -> Self:
        if self.retire is not None and not self.reason.strip():
            raise PydanticCustomError("missing", "a reason")
        return self


class UndoBody(Body):
    reason: str = Field(min_length=1, max_length=500, pattern=r"\S")


_UPLOAD = {
    "type": "object",
    "properties": {"file": {"type": "array", "items": {"type": "string", "format": "binary"}}, "layer": {"type": "string", "pattern": IDENTIFIER.pattern, "description": "not needed with `create` and a `label`"},
                   "create": {"type": "boolean"}, "label": {"type": "string", "description": "what a new layer is called"}, "sublayer": {"type": "string"}, "crs": {"type": "string"}, "datum": {"enum": ["gcj02", "bd09", "wgs84"]},
                   "encoding": {"type": "string"}, "mapping": {"type": "string", "description": "JSON object, column -> field"},
                   "measures": {"type": "string", "description": "JSON object, field of a new layer -> people, capacity, quantity, area, length or none"}, "anywhere": {"type": "boolean"},
                   "swapped": {"type": "boolean", "description": "read each pair of coordinates the other way round"},
                   "angles": {"enum": ["decimal", "d.mmss", "dddmmss", "dddmm.mm", "e6"], "description": "in which form bare numbers are degrees, where that is asked"},
                   "uploads": {"type": "string", "description": "JSON list of ids of files that came in pieces (/uploads), beside or instead of `file`"},
                   "remember": {"type": "boolean", "description": "false: without the mapping that was corrected last time for the same columns"},
                   "datum_rows": {"type": "string", "description": "JSON list of row numbers"}, "rows": {"type": "string", "description": "JSON object, row number -> {drop, keep, fill}"}},
}


@blueprint.post("")
@requires(Action.LOAD)
@operation(tag="loads", summary=Label("上传文件，先检查再确认", "Bring a file; it is examined before anything is stored"), upload=_UPLOAD, headers=("Idempotency-Key",),
           answers={202: "Load"}, problems=(*_PROBLEMS, 507))
def receive() -> Response:
    form, space_id, actor = _form(), current_space().id, current_actor()
    options = LoadOptions(**form.model_dump(exclude={"layer", "uploads"}))
    database, home, files = services().database, services().settings.home, cast(Any, request.files.getlist("file"))
    layer = form.layer or command.layer_named(database, space_id, form.label, actor)
    with arrived(home, actor, form.uploads) as whole, command.upload(database, home, space_id, layer, [*files, *whole], actor) as kept:
        return once(command.desk(database, actor), lambda desk: _accepted(desk.receive(kept, space_id, layer, options)),
                    content=f"{form.model_dump_json()} {kept.sha256}")


def _accepted(record: LoadRecord) -> Response:
    return answer(described(record), 202, headers={"Location": space_url("loads.one", load_id=record.id)})


@blueprint.get("")
@requires(Action.LOAD)
@operation(tag="loads", summary=Label("最近的导入", "Loads, newest first"), query=LoadsParameters, answers={200: "object"}, problems=(400, 401, 403))
def newest(query: LoadsParameters) -> Response:
    found = records.newest(services().database.engine, space=current_space().id, layer=query.layer, before=query.before, limit=query.limit)
    return answer({"loads": [described(one) for one in found]})


@blueprint.get("/<uuid:load_id>")
@requires(Action.LOAD)
@operation(tag="loads", summary=Label("一次导入的状态与检查报告", "How a load stands, with its report"), answers={200: "Load"})
def one(load_id: UUID) -> Response:
    return answer(described(_here(load_id)))


@blueprint.post("/<uuid:load_id>/confirm")
@requires(Action.LOAD)
@operation(tag="loads", summary=Label("确认导入", "Confirm a load"), body=ConfirmBody, body_optional=True, headers=("Idempotency-Key",), answers={202: "Load"}, problems=_PROBLEMS)
def confirm(load_id: UUID, body: ConfirmBody) -> Response:
    here = _here(load_id).id
    return once(command.desk(services().database, current_actor()), lambda desk: _accepted(desk.confirm(here, retire=body.retire, reason=body.reason.strip())))


@blueprint.post("/<uuid:load_id>/undo")
@requires(Action.WRITE)
@operation(tag="loads", summary=Label("撤销整次导入", "Undo all that a load did"), body=UndoBody, headers=("Idempotency-Key",), answers={200: "Undone"}, problems=_PROBLEMS)
def undo(load_id: UUID, body: UndoBody) -> Response:
    record = _here(load_id)
    return once(current_space().transaction(current_actor(), body.reason), lambda store: answer({"token": record.commit, "layers": command.undo(store, record)}))


@blueprint.delete("/<uuid:load_id>")
@requires(Action.LOAD)
@operation(tag="loads", summary=Label("取消导入", "Drop a load"), answers={200: "Load"}, problems=_PROBLEMS)
def cancel(load_id: UUID) -> Response:
    return answer(described(command.cancel(services().database, services().settings.home, _here(load_id).id, current_actor())))


def described(record: LoadRecord) -> dict[str, Any]:
    """A load as programs and pages read it, its report in the reader's language."""
    shown = {name: getattr(record, name) for name in ("id", "space", "layer", "file", "state", "sha256", "asked_by", "asked_at", "confirmed_by", "finished_at", "options", "commit", "undone_at", "undone_by")}
    return shown | {"report": record.report and record.report.get(language_of(request))}


def _here(load_id: UUID) -> LoadRecord:
    record = records.get(services().database.engine, load_id)
    if record.space != current_space().id:
        raise LoadNotFound(id=load_id)
    return record


def _form() -> LoadForm:
    if request.mimetype != "multipart/form-data":
        raise UnsupportedMedia(given=request.mimetype or "-", accepted="multipart/form-data")
    given = {name: values[0] for name, values in request.form.lists() if name != "csrf_token"}
    try:
        return LoadForm.model_validate(given)
    except ValidationError as error:
        raise InvalidInput(problems=problems_of(error, "", LoadForm)) from None
