"""The self-audit of an index: its features and their boxes against PostGIS at the same version, all at once or a few in turn."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from uuid import UUID

import numpy as np
import shapely
from numpy.typing import NDArray

from geodata.queries.bounds import Floats
from geodata.queries.index import LayerIndex
from geodata.queries.keeper import Keeper
from geodata.queries.rows import Rows, fields_read, rows_of
from geodata.store.changes import LayerVersion
from geodata.store.spaces import Space
from layers.errors import Unavailable
from layers.spec import OPERATOR

_TRIES = 10  # a layer that moves faster than it can be read ten times over is looked at another time
_PATIENCE_S = 60.0
_AT_ONCE = 500  # features compared while the index is held: 10 ms during which questions to that layer wait
_IN_TURN = 10  # such parts in one audit; what is left comes next time, so every feature of 100,000 comes by in 20 audits


@dataclass(frozen=True)
class Differences:
    """Ids that the index lacks, has too many, has otherwise (shape, service, measures, origin), or does not find by their box.

    `surplus` is how many features more than the table the index has; it may tell of some that were not looked at.
    """

    version: LayerVersion
    missing: tuple[UUID, ...]
    extra: tuple[UUID, ...]
    different: tuple[UUID, ...]
    unfindable: tuple[UUID, ...]
    surplus: int = 0

    def __bool__(self) -> bool:
        return bool(self.missing or self.extra or self.different or self.unfindable or self.surplus)


@dataclass(frozen=True)
class Audited:
    """What came of looking at a part of one index: how many features, and what differed (then it is being built anew)."""

    space: str
    layer: str
    features: int
    found: Differences | None

    @property
    def drifted(self) -> bool:
        return bool(self.found)


def compare(space: Space, keeper: Keeper) -> Differences:
    """Read the whole layer and hold the index to it. Raises Unavailable when the layer moves on at every try."""
    layer = keeper.layer
    for _ in range(_TRIES):
        with space.reading(OPERATOR) as store:
            whole = store.snapshot(layer.id, fields_read(layer))
        index = keeper.catch_up(whole.version, patience_s=_PATIENCE_S)
        if index is None:
            continue
        with index.lock:
            if index.version == whole.version:
                return differences(index, rows_of(layer, whole.ids, whole.wkb, whole.columns))
    raise Unavailable(part="index", layer=layer.id)


def audit(space: Space, keeper: Keeper) -> Audited:
    """Hold the next few thousand features of an index to PostGIS; a drifted index answers no more and is built anew.

    Everything is read before the index is held, and it is held for a few hundred features at a time.
    """
    looked = 0
    for _ in range(_IN_TURN):
        ids, done = keeper.next_to_audit(_AT_ONCE)
        found = _part(space, keeper, ids)
        looked += len(ids)
        if found:
            keeper.rebuild()
            return Audited(space.id, keeper.layer.id, looked, found)
        if done:
            break
    return Audited(space.id, keeper.layer.id, looked, None)


def _part(space: Space, keeper: Keeper, ids: list[UUID]) -> Differences | None:
    """What differs in this part; None also when the layer moves on faster than it can be read."""
    layer = keeper.layer
    for _ in range(_TRIES):
        with space.reading(OPERATOR) as store:
            part = store.snapshot(layer.id, fields_read(layer), ids=ids)
            total = store.count(layer.id)
        index = keeper.catch_up(part.version)
        if index is None:
            return None
        with index.lock:
            if index.whole and index.version == part.version:
                found = differences(index, rows_of(layer, part.ids, part.wkb, part.columns), among=ids)
                return replace(found, surplus=len(index) - total)
    return None


def differences(index: LayerIndex, truth: Rows, among: Iterable[UUID] | None = None) -> Differences:
    """What differs between an index, or the features `among` it, and the rows that it should hold. The caller holds the index's lock."""
    known = set(truth.ids)
    missing = [one for one in truth.ids if one not in index.slot_of]
    extra = [one for one in (index.slot_of if among is None else among) if one in index.slot_of and one not in known]
    here = [place for place, one in enumerate(truth.ids) if one in index.slot_of]
    slots = np.array([index.slot_of[truth.ids[place]] for place in here], dtype=np.intp)
    if not len(here):
        return Differences(index.version, tuple(missing), tuple(extra), (), ())
    same = shapely.to_wkb(index.shapes[slots]) == shapely.to_wkb(truth.shapes[here])
    same &= (shapely.bounds(truth.shapes[here]) == index.boxes[slots]).all(axis=1)
    same &= index.service[slots] == truth.service[here]
    same &= _equal(index.moments[slots], truth.moments[here]) & (index.said[slots] == truth.said[here]).all(axis=1)
    same &= _equal(index.measures[slots], truth.measures[here])
    same &= np.array([index.origins[number] == truth.origins[place] for number, place in zip(index.origin[slots].tolist(), here, strict=True)])
    verified, true_verified = index.verified[slots], truth.verified[here]
    same &= (verified == true_verified) | (np.isnan(verified) & np.isnan(true_verified))
    different = [truth.ids[here[place]] for place in np.flatnonzero(~same)]
    unfindable = [truth.ids[place] for place, slot in zip(here, slots.tolist(), strict=True)
                  if slot not in index.inside([tuple(shapely.bounds(truth.shapes[place]).tolist())])]
    return Differences(index.version, tuple(missing), tuple(extra), tuple(different), tuple(unfindable))


def _equal(one: Floats, other: Floats) -> NDArray[np.bool_]:
    """Row by row whether all numbers are the same, NaN being the same as NaN."""
    return ((one == other) | (np.isnan(one) & np.isnan(other))).all(axis=1)
