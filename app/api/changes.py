"""The change feed for programs: commits after a cursor, in commit order per layer."""

from __future__ import annotations

from dataclasses import replace

from flask import Blueprint, Response
from pydantic import Field

from app.api.operation import Parameters, operation
from app.api.parameters import Names
from app.api.rendering import answer
from app.security import current_actor, requires
from app.spaces import current_space
from geodata.store.rows import sees_exactly
from layers.errors import Forbidden
from layers.spec import Action, Label

blueprint = Blueprint("changes", __name__, url_prefix="/api/v1/changes")


class ChangesParameters(Parameters):
    """`after` is the cursor of the answer before; without it only the cursor of now is answered."""

    after: str | None = Field(None, max_length=20_000)
    layers: Names | None = None
    limit: int = Field(1000, ge=1, le=1000)


@blueprint.get("")
@requires(Action.READ)
@operation(tag="changes", summary=Label("某一游标之后的变更", "What changed after a cursor"), query=ChangesParameters, answers={200: "Feed"}, problems=(400, 401, 403, 404, 422))
def changes(query: ChangesParameters) -> Response:
    space, actor = current_space(), current_actor()
    with space.reading(actor) as store:
        readable = {layer.id for layer in store.catalogue.values() if store.may(Action.READ, layer)}
        wanted = {store.catalogue.layer(one).id for one in query.layers or ()}
        exact = {layer.id for layer in store.catalogue.values() if sees_exactly(layer, reveal=store.may(Action.REVEAL, layer))}
    if wanted - readable:
        raise Forbidden(action=Action.READ.value, layer=min(wanted - readable))
    feed = space.feed(query.after, layers=wanted or readable, limit=query.limit)
    return answer(replace(feed, items=tuple(one if one.layer in exact else one.coarse() for one in feed.items)))
