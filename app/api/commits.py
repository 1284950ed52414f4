"""What was done: commits newest first, one feature taken back to an earlier version, a whole commit undone."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, Response, request
from pydantic import AwareDatetime, Field

from app.api.features import WRITE_PROBLEMS, shown
from app.api.operation import Body, Parameters, operation
from app.api.parameters import Names
from app.api.preconditions import given_version, once
from app.api.rendering import GEOJSON, answer
from app.security import current_actor, requires
from app.spaces import current_space
from geodata.store.reverting import CommitNotFound
from layers.errors import Forbidden
from layers.spec import Action, Label

blueprint = Blueprint("commits", __name__, url_prefix="/api/v1")

MAX_COMMITS = 200


class CommitsParameters(Parameters):
    """Which commits: those to `layers` (all readable ones), by one person, before a moment."""

    layers: Names | None = None
    by: str | None = Field(None, max_length=100)
    before: AwareDatetime | None = Field(None, description="ISO 8601 with zone; strictly before")
    limit: int = Field(50, ge=1, le=MAX_COMMITS)


class RevertBody(Body):
    """`version`: the one to go back to."""

    version: int = Field(ge=1, le=2**31 - 1)
    reason: str = Field(min_length=1, max_length=500)


class UndoBody(Body):
    reason: str = Field(min_length=1, max_length=500)


@blueprint.get("/commits")
@requires(Action.READ)
@operation(tag="features", summary=Label("修改记录，新的在前", "Commits, newest first"), query=CommitsParameters, answers={200: "Commits"}, problems=(400, 401, 403, 404))
def commits(query: CommitsParameters) -> Response:
    with current_space().reading(current_actor()) as store:
        for one in query.layers or ():
            if not store.may(Action.READ, store.catalogue.layer(one)):
                raise Forbidden(action=Action.READ.value, layer=one)
        found = store.commits(layers=query.layers, before=query.before, by=query.by, limit=query.limit)
    return answer({"commits": found})


@blueprint.get("/commits/<uuid:token>")
@requires(Action.READ)
@operation(tag="features", summary=Label("一次修改动了哪些要素", "The features that one commit touched"), answers={200: "CommitFeatures"})
def one_commit(token: UUID) -> Response:
    with current_space().reading(current_actor()) as store:
        features = store.touched_by(token)
    if not features:
        raise CommitNotFound(token=str(token))
    return answer({"token": token, "features": features})


@blueprint.post("/commits/<uuid:token>/undo")
@requires(Action.WRITE)
@operation(tag="features", summary=Label("撤销一次修改的全部内容", "Undo all that one commit did"), body=UndoBody, headers=("Idempotency-Key",), answers={200: "Undone"},
           problems=WRITE_PROBLEMS)
def undo(token: UUID, body: UndoBody) -> Response:
    return once(current_space().transaction(current_actor(), body.reason), lambda store: answer({"token": token, "layers": store.undo(token)}))


@blueprint.post("/layers/<layer_id>/features/<uuid:feature_id>/revert")
@requires(Action.WRITE)
@operation(tag="features", summary=Label("恢复到某一版（已删除的也可恢复）", "Back to an earlier version; a deleted feature comes back"), body=RevertBody,
           headers=("If-Match", "Idempotency-Key"), answers={200: "Feature"}, answer_type=GEOJSON, problems=WRITE_PROBLEMS)
def revert(layer_id: str, feature_id: UUID, body: RevertBody) -> Response:
    version = given_version() if request.headers.get("If-Match") else None  # a deleted feature has no version to name

    def act(store: Any) -> Response:
        store.revert(layer_id, feature_id, body.version, version=version)
        return shown(store, layer_id, feature_id)

    return once(current_space().transaction(current_actor(), body.reason), act)
