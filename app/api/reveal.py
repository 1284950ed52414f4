"""A look at personal values of one feature, each written down."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from flask import Blueprint, Response
from pydantic import Field

from app.api.operation import Body, operation
from app.api.rendering import answer
from app.security import current_actor, requires
from app.spaces import current_space
from layers.spec import Action, Label

blueprint = Blueprint("reveal", __name__, url_prefix="/api/v1/layers/<layer_id>/features/<uuid:feature_id>/reveal")


class RevealBody(Body):
    fields: list[Annotated[str, Field(max_length=60)]] = Field(min_length=1, max_length=20)
    reason: str | None = Field(None, max_length=500)


@blueprint.post("")
@requires(Action.REVEAL)
@operation(tag="features", summary=Label("显示一个要素的个人信息（留有记录）", "Personal values of one feature; each look is written down"), body=RevealBody,
           problems=(400, 401, 403, 404, 413, 415, 422, 429))
def reveal(layer_id: str, feature_id: UUID, body: RevealBody) -> Response:
    with current_space().transaction(current_actor(), body.reason) as store:
        values = store.reveal(layer_id, feature_id, body.fields)
    return answer({"layer": layer_id, "id": feature_id, "values": values})
