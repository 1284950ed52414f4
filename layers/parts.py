"""The parts that layers play in a plan: who lives where, who can be taken in, what is needed, what may be set off."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, ClassVar


@dataclass(frozen=True)
class Part:
    """One part. Its text members are ids of fields of the layer that plays it; None: the layer keeps no such field."""

    name: ClassVar[str]

    @property
    def fields(self) -> tuple[str, ...]:
        """All fields named."""
        return tuple(value for one in fields(self) if isinstance(value := getattr(self, one.name), str))


@dataclass(frozen=True)
class Residents(Part):
    """Each feature is a place with `people` who live there, counted as `basis` says on the day `as_of`."""

    name: ClassVar[str] = "residents"
    people: str
    basis: str | None = None
    as_of: str | None = None


@dataclass(frozen=True)
class Refuge(Part):
    """Each feature takes in people: `capacity` in all, `occupied` by those in now, in the hazards that `suits` lists.

    It takes people in at once where `status` is one of `opened`, elsewhere it has to be opened first. What is out of service, the layer's
    `out_of_service` says.
    """

    name: ClassVar[str] = "refuge"
    capacity: str
    occupied: str
    suits: str
    status: str
    opened: tuple[str, ...]


@dataclass(frozen=True)
class Shares(Part):
    """Each feature says which `percent` of the people inside a zone needs shelter in a kind of `hazard`, and on what `basis`."""

    name: ClassVar[str] = "shares"
    hazard: str
    percent: str
    basis: str


@dataclass(frozen=True)
class Standards(Part):
    """Each feature says how much of an `article` so many `persons` need: `amount` in `unit`, each day where `period` is `daily`, else once.

    `whole` is true of what comes in pieces only; `basis` is where the figure stands.
    """

    name: ClassVar[str] = "standards"
    article: str
    amount: str
    unit: str
    persons: str
    period: str
    whole: str
    basis: str
    daily: tuple[str, ...]


@dataclass(frozen=True)
class SetOff(Part):
    """Each feature may be set off by what reaches it, and then reaches `reach_m` metres around itself. None: no zone is known of such features."""

    name: ClassVar[str] = "set_off"
    reach_m: str | None = None


KINDS: Mapping[str, type[Part]] = {one.name: one for one in (Residents, Refuge, Shares, Standards, SetOff)}


def part_to_json(part: Part) -> dict[str, Any]:
    """The part as values that JSON can carry."""
    values = ((one.name, getattr(part, one.name)) for one in fields(part))
    return {"part": part.name, **{name: list(value) if isinstance(value, tuple) else value for name, value in values}}


def part_from_json(data: Mapping[str, Any]) -> Part:
    """The part that `part_to_json` wrote; KeyError for one that is not known."""
    given = {name: tuple(value) if isinstance(value, list) else value for name, value in data.items() if name != "part"}
    return KINDS[data["part"]](**given)
