"""How one goes, as a body says it: straight over the ground, or by road with a profile and what closes roads."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from app.api.geometry import read_barriers
from app.api.operation import Body
from app.security import current_actor
from app.services import services
from app.spaces import current_space
from geodata.queries.costs import ByRoad, Costs, Straight

MAX_BARRIERS = 50


class GoingBody(Body):
    """`mode` road takes a `profile` (without one the first there is); `barriers` (GeoJSON) close the roads that they touch."""

    mode: Literal["straight", "road"] = "straight"
    profile: str | None = Field(None, max_length=40)
    barriers: tuple[dict[str, Any], ...] = Field((), max_length=MAX_BARRIERS)


def costs_of(body: GoingBody) -> Costs:
    """The ways that a body asks for; what is wrong is named by its member."""
    if body.mode == "straight":
        return Straight()
    barriers = read_barriers(body.barriers)
    roads = services().engine.roads(current_space(), current_actor())
    return ByRoad(roads, body.profile if body.profile is not None else next(iter(roads.profiles), ""), barriers)
