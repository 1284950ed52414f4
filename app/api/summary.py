"""What the features of a layer that meet a filter come to: how many, their sums, and where one of them stands in an order."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, Response
from pydantic import Field

from app.api.operation import Parameters, operation
from app.api.parameters import Box, Ids
from app.api.rendering import answer
from app.security import current_actor, requires
from app.spaces import current_space
from layers.spec import Action, Label

blueprint = Blueprint("summary", __name__, url_prefix="/api/v1/layers/<layer_id>/summary")


class SummaryParameters(Parameters):
    """Of which features, as for their pages; `of` asks how many rows come before that feature in the order of `sort`."""

    bbox: Box | None = None
    filter: str | None = Field(None, max_length=4000, description="CQL2 text")
    ids: Ids | None = None
    sort: str | None = Field(None, max_length=200, description="The order in which `of` is looked for, as for pages")
    of: UUID | None = None


@blueprint.get("")
@requires(Action.READ)
@operation(tag="features", summary=Label("数量与合计（含未知数）", "Count and sums, with how many are unknown"), query=SummaryParameters, answers={200: "Summary"},
           problems=(400, 401, 403, 404, 422))
def summary(layer_id: str, query: SummaryParameters) -> Response:
    with current_space().reading(current_actor()) as store:
        found = store.summary(layer_id, bbox=query.bbox, filter=query.filter, ids=query.ids)
        position = store.position(layer_id, query.of, bbox=query.bbox, filter=query.filter, sort=query.sort) if query.of else None
        version = store.version(layer_id)
    return answer({"layer": layer_id, "version": version.version, "token": version.token, "count": found.count, "measures": found.measures, "position": position})
