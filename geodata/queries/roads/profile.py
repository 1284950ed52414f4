"""How fast what goes on which road: a vehicle profile, and the time that each edge takes it in both directions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from geodata.queries.measure import Floats
from geodata.queries.roads.graph import RoadGraph, Yes
from layers.spec import Layer


@dataclass(frozen=True)
class Profile:
    """A kind of vehicle: its speed in km/h by road class (none: it may not go there), whether one-way roads bind it, its weight.

    `source` says where its figures come from.
    """

    code: str
    speeds_kmh: tuple[tuple[str, float], ...]
    one_way: bool = False
    weight_t: float | None = None
    name: str = ""
    source: str | None = None

    @property
    def fastest_kmh(self) -> float:
        """The most that it ever does; 0 for one that goes nowhere."""
        return max((speed for _, speed in self.speeds_kmh), default=0.0)


def profiles_of(layer: Layer, rows: Iterable[Any]) -> dict[str, Profile]:
    """Profiles by code, in the order of the rows (values by field) of a layer of profiles; those that it declares while there is none."""
    declared = layer.profiles
    assert declared is not None
    made = {}
    for row in list(rows) or declared.defaults:
        speeds = tuple((road_class, float(row[field])) for road_class, field in declared.speeds if row[field] is not None)
        code = str(row[declared.code])
        made[code] = Profile(code, speeds, bool(row[declared.one_way]), row[declared.weight_t], str(row[layer.title or declared.code] or code), row["source"])
    return made


@dataclass(frozen=True)
class Costs:
    """Seconds that each edge takes as it is drawn and against it, infinite where it cannot be gone; `entered` are edges that places may lie at.

    A closed road, one too weak or one-way against the drawing is still one that a place may lie at: then no road leads there.
    """

    along_s: Floats
    against_s: Floats
    entered: Yes

    def without(self, edges: Any) -> Costs:
        """The same with these edges closed."""
        along, against = self.along_s.copy(), self.against_s.copy()
        along[edges] = against[edges] = np.inf
        return replace(self, along_s=along, against_s=against)


def costs(graph: RoadGraph, profile: Profile) -> Costs:
    """Times of all edges for a profile: length over the lesser of the road's own speed and the profile's on its class.

    A road of no known class is gone at the profile's least speed. Where the weight limit or the own speed is not known, none holds.
    """
    made = graph.kept.get(profile)
    if made is None:
        made = graph.kept[profile] = _costs(graph, profile)
    return made


def _costs(graph: RoadGraph, profile: Profile) -> Costs:
    rows = graph.rows
    speeds = dict(profile.speeds_kmh)
    slowest = min(speeds.values(), default=np.nan)
    of_class = np.array([slowest if one is None else speeds.get(one, np.nan) for one in rows.road_class], dtype=float)
    speed = np.fmin(of_class, rows.speed_kmh)
    may = ~np.isnan(of_class)
    shut = rows.closed | (rows.max_weight_t < (profile.weight_t or 0.0))
    seconds = graph.length_m / (np.where(may & ~shut, speed, np.nan)[graph.row] / 3.6)
    seconds = np.where(np.isnan(seconds), np.inf, seconds)
    against = np.where(rows.one_way[graph.row] & profile.one_way, np.inf, seconds)
    return Costs(seconds, against, may[graph.row])
