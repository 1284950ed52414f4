"""What a zone may set off: what it touches that has a zone of its own, what those touch, and so on, each with its chain."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any
from uuid import UUID

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from geodata.queries import refusals
from geodata.queries.buffer import work
from geodata.queries.exposure import MAX_BUFFER_M, MAX_BUFFERED_VERTICES, MAX_WIDENED_CORNERS
from geodata.queries.membership import Zone
from geodata.queries.people import found, middle, readable, title_of
from geodata.store.changes import LayerVersion
from geodata.store.features import Store
from geodata.store.rows import sees_exactly
from geodata.store.spaces import Space
from layers.parts import SetOff
from layers.spec import Action, Actor, Layer

MAX_DEPTH = 3  # further than that nobody plans
MAX_TOUCHED = 2_000  # features listed in all; those nearer in the chain first
MAX_ZONES = 200  # zones of features looked into; each asks every layer

NO_ZONE, UNKNOWN_ZONE, KNOWN_ZONE, NO_DEEPER = "none", "unknown", "known", "not-followed"


@dataclass(frozen=True)
class DominoQuestion:
    """What `zone` (degrees, EPSG:4490; `buffer_m` as for exposure) touches, and what that sets off, in at most `depth` steps (1 to 3)."""

    zone: BaseGeometry
    buffer_m: float = 0.0
    depth: int = MAX_DEPTH

    def __post_init__(self) -> None:
        object.__setattr__(self, "buffer_m", refusals.number("buffer_m", self.buffer_m, 0.0, MAX_BUFFER_M))
        object.__setattr__(self, "zone", refusals.zone("zone", self.zone))
        object.__setattr__(self, "depth", refusals.whole_number("depth", self.depth, 1, MAX_DEPTH))
        if self.buffer_m:
            refusals.room_to_widen("zone", shapely.bounds(self.zone), self.buffer_m)
            refusals.little_to_widen("zone", int(shapely.get_num_coordinates(self.zone)), MAX_BUFFERED_VERTICES)
            refusals.little_to_widen("buffer_m", work(self.zone, self.buffer_m), MAX_WIDENED_CORNERS)


@dataclass(frozen=True)
class Touched:
    """A feature that is reached in `step` steps (1: by the zone asked about).

    `chain` has the features through which it is reached, by their places in the answer's list, the first one touched by the zone itself;
    the shortest chain, and of those the one found first. `causes` counts the zones that reach it, its own chain's included.
    `zone` says whether it has one itself: `known` (`reach_m` around it, `outline` drawn), `unknown` (its layer keeps it, this
    one does not say), `none` (no zone is known of such features), `not-followed` (known, but the steps or the limit end here).
    """

    id: UUID
    layer: str
    name: str
    step: int
    chain: tuple[int, ...]
    causes: int
    zone: str
    reach_m: float | None
    outline: BaseGeometry | None
    lon: float
    lat: float


@dataclass(frozen=True)
class DominoAnswer:
    """All that is touched, in order of step, layer and id. `cut`: more is touched or followed than the limits let be listed.

    `coarse` names layers of which the asker may not know exact positions: theirs are decided by the coarse places shown.
    """

    zone: BaseGeometry
    zone_area_m2: float | None
    touched: tuple[Touched, ...]
    cut: bool
    coarse: tuple[str, ...]
    looked_at: tuple[str, ...]
    versions: Mapping[str, LayerVersion]


@dataclass
class _Reached:
    """A feature while the chain is followed."""

    layer: Layer
    id: UUID
    shape: Any
    step: int
    chain: tuple[int, ...]
    causes: int = 1
    name: str = ""
    reach_m: float | None = None
    zone: str = NO_ZONE
    outline: BaseGeometry | None = None


def domino(space: Space, question: DominoQuestion, actor: Actor) -> DominoAnswer:
    """What is set off, breadth first, each feature once: a chain never comes back to what it has passed."""
    first = Zone(question.zone, question.buffer_m)
    with space.reading(actor) as store:
        layers = readable(store, SetOff)
        chain = _Chain(store, layers)
        chain.reach(first, 1, ())
        for step in range(2, question.depth + 1):
            for place in chain.of_step(step - 1):
                chain.follow(place, step)
        chain.end()
        coarse = tuple(one.id for one in layers if not sees_exactly(one, reveal=store.may(Action.REVEAL, one)))
        named = {one.id for one in layers}
        versions = {name: version for name, version in store.versions().items() if name in named}
    return DominoAnswer(first.outline, first.area_m2, chain.told(), chain.cut, coarse, tuple(one.id for one in layers), versions)


class _Chain:
    """What has been reached so far."""

    def __init__(self, store: Store, layers: Sequence[Layer]) -> None:
        self._store, self._layers = store, layers
        self._at: dict[tuple[str, UUID], int] = {}
        self._reached: list[_Reached] = []
        self._zones = 0
        self.cut = False

    def of_step(self, step: int) -> list[int]:
        return [place for place, one in enumerate(self._reached) if one.step == step]

    def reach(self, zone: Zone, step: int, chain: tuple[int, ...]) -> None:
        """Note all that a zone touches. What was reached before is only counted."""
        for layer in self._layers:
            ids, shapes = found(self._store, layer, zone.windows)
            inside = np.flatnonzero(zone.holds(shapes)) if ids else np.zeros(0, np.intp)
            fresh = []
            for place in inside.tolist():
                known = self._at.get((layer.id, ids[place]))
                if known is None:
                    fresh.append((ids[place], shapes[place]))
                elif known not in chain:
                    self._reached[known].causes += 1
            self._note(layer, fresh, step, chain)

    def _note(self, layer: Layer, fresh: list[tuple[UUID, Any]], step: int, chain: tuple[int, ...]) -> None:
        room = MAX_TOUCHED - len(self._reached)
        self.cut |= len(fresh) > room
        part, features = layer.part(SetOff), self._store.by_ids(layer.id, [one for one, _ in fresh[:room]]) if fresh[:room] else {}
        for one, shape in fresh[:room]:
            self._at[layer.id, one] = len(self._reached)
            reach_m = features[one].properties[part.reach_m] if part and part.reach_m else None
            zone = NO_ZONE if not (part and part.reach_m) else UNKNOWN_ZONE if reach_m is None or not isfinite(reach_m) else NO_DEEPER
            self._reached.append(_Reached(layer, one, shape, step, chain, name=title_of(layer, features[one]), reach_m=reach_m, zone=zone))

    def follow(self, place: int, step: int) -> None:
        """Note what the zone of a reached feature touches."""
        one = self._reached[place]
        if one.zone != NO_DEEPER or one.reach_m is None:
            return
        if self._zones >= MAX_ZONES:
            self.cut = True
            return
        self._zones += 1
        zone = Zone(one.shape, min(one.reach_m, MAX_BUFFER_M))
        one.zone, one.outline = KNOWN_ZONE, zone.outline
        self.reach(zone, step, (*one.chain, place))

    def end(self) -> None:
        """Draw the zones of the last step, which nobody followed."""
        for one in self._reached:
            if one.zone == NO_DEEPER and one.reach_m is not None and self._zones < MAX_ZONES:
                self._zones += 1
                one.outline = Zone(one.shape, min(one.reach_m, MAX_BUFFER_M)).outline

    def told(self) -> tuple[Touched, ...]:
        return tuple(Touched(one.id, one.layer.id, one.name, one.step, one.chain, one.causes, one.zone, one.reach_m, one.outline, *middle(one.shape))
                     for one in self._reached)
