"""Which features may be ranked, and every reason against the others."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from geodata.queries.nearest import FILTER_NOT_MET, IN_ZONE, REASONS, Reason
from geodata.queries.rows import OUT, UNKNOWN
from geodata.queries.slots import Slots
from layers.spec import Layer

_OUT = int(OUT)


class Admission:
    """The conditions of one question for one layer. `matching` has the ids that meet the filter, None without a filter."""

    def __init__(self, layer: Layer, matching: set[UUID] | None, zone: BaseGeometry | None) -> None:
        self.matching = matching
        self._rules = layer.out_of_service
        self._zone = zone
        if zone is not None:
            shapely.prepare(zone)

    @property
    def open(self) -> bool:
        """Whether every feature of any layer would be admitted."""
        return not self._rules and self.matching is None and self._zone is None

    def admits(self, slots: Slots, chosen: Sequence[int]) -> list[bool]:
        """For each slot whether its feature may be ranked."""
        if self.matching is None and self._zone is None and len(chosen) < 50:  # by far the most asked: not worth numpy's set-up
            service = slots.service
            return [not service.item(slot) & _OUT for slot in chosen]
        admitted: NDArray[np.bool_] = slots.service[chosen] & OUT == 0
        if self.matching is not None:
            admitted &= np.fromiter((slots.ids[slot] in self.matching for slot in chosen), bool, len(chosen))
        if self._zone is not None:
            admitted &= ~shapely.intersects(self._zone, slots.shapes[chosen])
        return admitted.tolist()

    def uncertain(self, slots: Slots, slot: int) -> tuple[Reason, ...]:
        """What is not known about whether the feature in a slot is in service."""
        bits = int(slots.service[slot]) >> UNKNOWN
        if not bits:
            return ()
        found = [Reason(rule.unknown_code, rule.unknown) for bit, rule in enumerate(self._rules) if rule.unknown and bits >> bit & 1]
        return tuple(dict.fromkeys(found))

    def reasons(self, slots: Slots, slot: int) -> tuple[Reason, ...]:
        """Every reason against the feature in a slot, those of its layer first."""
        bits = int(slots.service[slot])
        found = [Reason(rule.code, rule.label) for bit, rule in enumerate(self._rules) if bits >> bit & 1]
        if self.matching is not None and slots.ids[slot] not in self.matching:
            found.append(Reason(FILTER_NOT_MET, REASONS[FILTER_NOT_MET]))
        if self._zone is not None and shapely.intersects(self._zone, slots.shapes[slot]):
            found.append(Reason(IN_ZONE, REASONS[IN_ZONE]))
        return tuple(dict.fromkeys(found))
