"""Several changes of features, of one layer or many, done together or not at all."""

from __future__ import annotations

from typing import Any, Literal
from uuid import UUID

from flask import Blueprint, Response, request
from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from app.api.features import WRITE_PROBLEMS
from app.api.geometry import read_geometry
from app.api.operation import Body, operation
from app.api.parameters import Anywhere
from app.api.preconditions import once
from app.api.rendering import answer
from app.language import language_of
from app.problems import describe
from app.security import current_actor, requires
from app.spaces import current_space
from geodata.store.features import UNCHANGED, Change, Feature, Store
from layers.errors import InvalidInput, OnemapError, Problem
from layers.spec import Action, Label

blueprint = Blueprint("changesets", __name__, url_prefix="/api/v1/changesets")

MAX_CHANGES = 1000  # one transaction holds its locks until the last of them is done


class ChangeBody(Body):
    """One act. `version` is the one it was made from; insert needs none. A patch without `geometry` keeps it.

    An insert may name a feature of the layer whose values it starts from (`copy_of`), all but the key.
    """

    op: Literal["insert", "replace", "patch", "delete"]
    layer: str = Field(max_length=48)
    id: UUID | None = None
    version: int | None = Field(None, ge=1, le=2**31 - 1)
    properties: dict[str, Any] = Field(default_factory=dict)
    geometry: dict[str, Any] | None = None
    copy_of: UUID | None = None

    @model_validator(mode="after")
    def _names_what_it_changes(self) -> ChangeBody:
        if self.op != "insert" and (self.id is None or self.version is None):
            raise PydanticCustomError("change-needs-version", "id and version")
        if self.op == "insert" and self.id is not None:
            raise PydanticCustomError("change-makes-id", "no id")
        if self.op != "insert" and self.copy_of is not None:
            raise PydanticCustomError("change-copies-new", "copy_of")
        return self


class ChangesetBody(Body):
    """Acts in order. `reason` is kept in the history of all; deletes need one. With `dry_run` all is tried and nothing kept."""

    changes: tuple[ChangeBody, ...] = Field(min_length=1, max_length=MAX_CHANGES)
    reason: str | None = Field(None, max_length=500)
    dry_run: bool = Field(False, description="Try each change and say what is wrong with it (`problem`); nothing is changed")
    anywhere: Anywhere = False


@blueprint.post("")
@requires(Action.WRITE, Action.DELETE)
@operation(tag="features", summary=Label("一组修改，全部成功或全部不做", "Several changes, all or nothing"), body=ChangesetBody, headers=("Idempotency-Key",),
           answers={200: "ChangesetAnswer"}, problems=WRITE_PROBLEMS)
def apply(body: ChangesetBody) -> Response:
    changes = [_change(place, one) for place, one in enumerate(body.changes)]
    if body.dry_run:
        with current_space().transaction(current_actor(), body.reason, anywhere=body.anywhere) as store:
            return _rehearsed(store, changes, body.reason)
    return once(current_space().transaction(current_actor(), body.reason, anywhere=body.anywhere), lambda store: _applied(store, changes, body.reason))


def _change(place: int, one: ChangeBody) -> Change:
    shape = read_geometry(one.geometry, f"/changes/{place}/geometry") if one.op != "patch" or "geometry" in one.model_fields_set else UNCHANGED
    return Change(one.op, one.layer, one.id, one.version, one.properties, shape, one.copy_of)


def _rehearsed(store: Store, changes: list[Change], reason: str | None) -> Response:
    """What would come of each change; a problem is told as it would be if the change were alone."""
    language = language_of(request)
    results = [{"op": act.op, "layer": act.layer, "id": act.id, "version": would.version if isinstance(would, Feature) else None,
                "problem": describe(would, language).body if isinstance(would, OnemapError) else None}
               for act, would in zip(changes, store.rehearse(changes, reason), strict=True)]
    return answer({"dry_run": True, "results": results})


def _applied(store: Store, changes: list[Change], reason: str | None) -> Response:
    if any(one.op == "delete" for one in changes) and not (reason or "").strip():
        raise InvalidInput(problems=[Problem("/reason", "request-missing", {"name": "reason"})])
    features = store.apply(changes, reason)
    results = [{"op": act.op, "layer": act.layer, "id": made.id if made else act.id, "version": made.version if made else None}
               for act, made in zip(changes, features, strict=True)]
    return answer({"results": results})
