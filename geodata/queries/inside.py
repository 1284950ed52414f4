"""One layer's exposure: who is in the zone, what they add up to, and what that rests on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from math import fsum
from typing import Any
from uuid import UUID

import numpy as np
import shapely
from numpy.typing import NDArray

from geodata.queries.exposure import Basis, Insides, LayerExposure, MeasureSum, Portion
from geodata.queries.membership import Zone
from geodata.queries.ranking import Candidates
from geodata.queries.rows import Origin
from geodata.store.changes import LayerVersion
from layers.spec import Field, Layer

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Picked:
    """Columns of candidates, copied so that the index may move on meanwhile."""

    ids: list[UUID]
    shapes: NDArray[Any]
    boxes: Floats
    sizes: Floats
    measures: Floats
    origin: NDArray[np.int32]  # numbers of `origins`
    origins: list[Origin]
    verified: Floats

    def taken(self, chosen: NDArray[np.intp]) -> Picked:
        """Those at these places, in that order."""
        return Picked([self.ids[one] for one in chosen.tolist()], self.shapes[chosen], self.boxes[chosen], self.sizes[chosen], self.measures[chosen],
                      self.origin[chosen], self.origins, self.verified[chosen])


def pick(candidates: Candidates, zone: Zone, matching: set[UUID] | None) -> Picked:
    """Candidates whose boxes meet the zone's and that meet the filter."""
    slots = candidates.slots
    chosen = sorted(candidates.inside(zone.windows))  # ids grow with time, and so do slots, mostly: what follows then finds them nearly in order
    ids = [slots.ids[slot] for slot in chosen]
    if matching is not None:
        kept = [place for place, one in enumerate(ids) if one in matching]
        chosen, ids = [chosen[place] for place in kept], [ids[place] for place in kept]
    at = np.array(chosen, dtype=np.intp)
    return Picked([one for one in ids if one is not None], slots.shapes[at], slots.boxes[at], slots.sizes(at), slots.measures[at], slots.origin[at], slots.origins,
                  slots.verified[at])


def expose(layer: Layer, picked: Picked, zone: Zone, version: LayerVersion, answered_by: str, *, hidden: frozenset[str]) -> LayerExposure:
    """The answer for those picked that are in the zone. Measures named in `hidden` are not summed for this asker."""
    sure = zone.surely(picked.boxes)
    inside = np.flatnonzero(zone.holds(picked.shapes, picked.boxes, sure)) if picked.ids else np.zeros(0, np.intp)
    by_id = np.array(sorted(inside.tolist(), key=[one.int for one in picked.ids].__getitem__), dtype=np.intp)
    found = picked.taken(by_id)
    measures = {one.id: (one, found.measures[:, place]) for place, one in enumerate(layer.measures) if one.id not in hidden}
    return LayerExposure(layer.id, version, answered_by, len(found.ids), _sums(measures, slice(None)), _basis(found, measures), _features(found, zone, sure[by_id]))


def _sums(measures: Mapping[str, tuple[Field, Floats]], chosen: slice | NDArray[np.intp]) -> dict[str, MeasureSum]:
    return {name: _sum(one, values[chosen]) for name, (one, values) in measures.items()}


def _sum(one: Field, values: Floats) -> MeasureSum:
    """Added without rounding on the way, so that the order of features does not matter."""
    assert one.counts_as is not None
    known = values[~np.isnan(values)]
    total: float | int | None = fsum(known.tolist()) if len(known) or not len(values) else None
    if total is not None and one.type is int:
        total = int(total)
    return MeasureSum(total, len(values) - len(known), one.unit, one.counts_as)


def _basis(found: Picked, measures: Mapping[str, tuple[Field, Floats]]) -> Basis:
    by_origin = {found.origins[number]: np.flatnonzero(found.origin == number) for number in np.unique(found.origin).tolist()}
    portions = tuple(Portion(source, when, len(places), _sums(measures, places))
                     for (source, when), places in sorted(by_origin.items(), key=lambda one: (str(one[0][0] or ""), str(one[0][1] or ""))))
    verified = found.verified[~np.isnan(found.verified)]
    return Basis(
        sources=tuple(sorted({one.source for one in portions if one.source})),
        source_dates=tuple(sorted({one.source_date for one in portions if one.source_date})),
        verified_oldest=_moment(verified.min()) if len(verified) else None,
        verified_latest=_moment(verified.max()) if len(verified) else None,
        verified_unknown=len(found.verified) - len(verified),
        portions=portions,
    )


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(float(seconds), UTC)


def _features(found: Picked, zone: Zone, sure: NDArray[np.bool_]) -> Insides:
    part, whole = zone.parts(found.shapes, found.sizes, sure)
    return Insides(found.ids, part, whole, shapely.get_dimensions(found.shapes))
