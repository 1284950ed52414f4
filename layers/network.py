"""What makes a layer a road network, and which layers say who drives on it and where it is closed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Network:
    """How lines of a layer are roads to route on: each name is that of a field.

    Lines meet where their ends lie within `snap_m` of one another, and nowhere else: lines that cross pass over and under.
    Roads whose class is in `joined_at_ends`, and bridges, are come upon by their ends alone, but from places within `on_it_m`.
    """

    road_class: str
    one_way: str  # in the direction in which the line is drawn
    bridge: str
    speed_kmh: str
    closed: str
    max_weight_t: str
    joined_at_ends: tuple[str, ...] = ()
    snap_m: float = 0.5
    on_it_m: float = 25.0

    @property
    def fields(self) -> tuple[str, ...]:
        """All fields named."""
        return self.road_class, self.one_way, self.bridge, self.speed_kmh, self.closed, self.max_weight_t


@dataclass(frozen=True)
class Profiles:
    """How features of a layer say how fast something goes: `speeds` pairs a road class with the field of its speed in km/h.

    No speed on a class: it may not go there. A road without a class is gone at the least of the speeds. `one_way` says whether
    one-way roads bind it, `weight_t` how heavy it is (not known: limits do not concern it). `defaults` are the properties of
    profiles that hold while the layer has no feature.
    """

    code: str
    speeds: tuple[tuple[str, str], ...]
    one_way: str
    weight_t: str
    defaults: tuple[Mapping[str, Any], ...] = ()

    @property
    def fields(self) -> tuple[str, ...]:
        """All fields named."""
        return self.code, *(field for _, field in self.speeds), self.one_way, self.weight_t


@dataclass(frozen=True)
class Blocks:
    """How features of a layer close roads: all that they touch, points and lines all within `reach_m`, from `start` until `end`.

    No start: since ever. No end: until further notice.
    """

    start: str
    end: str
    reach_m: float = 15.0  # a block drawn by hand lies beside the line of its road

    @property
    def fields(self) -> tuple[str, ...]:
        """All fields named."""
        return self.start, self.end


def to_json(declared: Network | Profiles | Blocks | None) -> dict[str, Any] | None:
    """The declaration as values that JSON can carry."""
    return None if declared is None else asdict(declared)


def network_from_json(data: Mapping[str, Any] | None) -> Network | None:
    """The network that `to_json` wrote."""
    return Network(**{**data, "joined_at_ends": tuple(data["joined_at_ends"])}) if data else None


def profiles_from_json(data: Mapping[str, Any] | None) -> Profiles | None:
    """The profiles that `to_json` wrote."""
    if not data:
        return None
    return Profiles(**{**data, "speeds": tuple((road_class, field) for road_class, field in data["speeds"]), "defaults": tuple(data["defaults"])})


def blocks_from_json(data: Mapping[str, Any] | None) -> Blocks | None:
    """The blocks that `to_json` wrote."""
    return Blocks(**data) if data else None
