"""Which features may be ranked, and every reason against the others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from geodata.queries.beside import NOTHING, Beside
from geodata.queries.nearest import FILTER_NOT_MET, IN_ZONE, REASONS, Reason
from geodata.queries.rows import OUT, UNKNOWN, choice_bits, chosen, timed
from geodata.queries.slots import Slots
from geodata.store.changes import LayerVersion
from layers.fitness import THRESHOLDS, Aged, Lacks, Need, Ordered, OutOfService, Passed, Reached, Short, Unfit
from layers.label import joined
from layers.spec import Label, Layer

_OUT = int(OUT)
_UNIT_S = {"days": 86_400.0, "min": 60.0}


@dataclass(frozen=True)
class Conditions:
    """What one question holds against features: the moment it is about, limits of age by threshold (0 is none), what must be among choices, what lies beside."""

    now: datetime
    limits: Mapping[str, float] = field(default_factory=dict)
    wanted: Mapping[Need, frozenset[str]] = field(default_factory=dict)
    beside: Beside = NOTHING

    def limit_s(self, one: Aged) -> float:
        """How old a moment may be for a condition, in seconds; 0 is no limit."""
        threshold = THRESHOLDS[one.threshold]
        return self.limits.get(one.threshold, threshold.default) * _UNIT_S[threshold.unit]


def lasting(now: datetime, hazard: str | None = None) -> Conditions:
    """What a plan holds against a place: not how lately somebody verified its contact or where it stood, which a call puts right."""
    return Conditions(now, dict.fromkeys(THRESHOLDS, 0.0), {Need.HAZARD: frozenset([hazard])} if hazard else {})


class Admission:
    """The conditions of one question for one layer.

    `matching` has the ids that meet the filter, None without a filter. What lies in or touches `zone` or a zone of the incident is not admitted.
    """

    def __init__(self, layer: Layer, matching: set[UUID] | None, zone: BaseGeometry | None, conditions: Conditions | None = None) -> None:
        self.matching = matching
        self.layer = layer
        self._asked = conditions or Conditions(datetime.now(UTC))
        incident = self._asked.beside.incident
        self._zones = [one for one in (zone, *(incident.zones if incident else ())) if one is not None]
        shapely.prepare(self._zones)
        self._stock = self._asked.beside.stock.get(layer.id)
        self._before = self._cuts()
        self._needed = self._choices()
        orders = self._asked.beside.orders  # conditions have long hashes: none is looked up where nothing is ordered
        self._held = {one: frozenset(id for id in orders[one] if self._asked.beside.elsewhere(one, id))
                      for one in layer.out_of_service if orders and isinstance(one, Ordered) and orders.get(one)}

    def _cuts(self) -> list[tuple[int, float, Aged | Passed]]:
        """Columns of `moments` with the moment before which a value counts against its feature."""
        now = self._asked.now.timestamp()
        cuts: list[tuple[int, float, Aged | Passed]] = []
        for place, one in enumerate(timed(self.layer)):
            if isinstance(one, Passed):
                cuts.append((place, float(np.nextafter(now, np.inf)), one))  # over at the very moment
            elif limit_s := self._asked.limit_s(one):
                cuts.append((place, now - limit_s, one))
        return cuts

    def _choices(self) -> list[tuple[int, int, Lacks]]:
        """Columns of `said` with the bits that the question wants; 0 where it wants what is none of the field's choices."""
        found = []
        for place, one in enumerate(chosen(self.layer)):
            field, wanted = self.layer.field(one.field), self._asked.wanted.get(one.need)
            if wanted and field:
                possible = all(field.choice(value) for value in wanted)
                found.append((place, choice_bits(self.layer, one, wanted) if possible else 0, one))
        return found

    @property
    def zones(self) -> tuple[BaseGeometry, ...]:
        """The areas (degrees) in which nothing is ranked: the question's own and those of its incident."""
        return tuple(self._zones)

    @property
    def rests_on(self) -> Mapping[str, LayerVersion]:
        """Versions of the other layers that these conditions were read from."""
        return self._asked.beside.versions

    @property
    def open(self) -> bool:
        """Whether every feature of any layer would be admitted, and nothing said of any."""
        return not self.layer.out_of_service and self.matching is None and not self._zones

    def admits(self, slots: Slots, some: Sequence[int]) -> list[bool]:
        """For each slot whether its feature may be ranked."""
        if self._plain and len(some) < 50:  # by far the most asked: not worth numpy's set-up
            service = slots.service
            return [not service.item(slot) & _OUT for slot in some]
        return self.admitted(slots, np.asarray(some, dtype=np.intp)).tolist()

    @property
    def _plain(self) -> bool:
        return self.matching is None and not (self._zones or self._before or self._needed or self._held or self._stock)

    def admitted(self, slots: Slots, some: NDArray[np.intp]) -> NDArray[np.bool_]:
        """The same for many slots."""
        yes: NDArray[np.bool_] = slots.service[some] & OUT == 0
        for place, cut, _ in self._before:
            yes &= ~(slots.moments[some, place] < cut)  # NaN is not before
        for place, wanted, _ in self._needed:
            yes &= ~_lacking(slots.said[some, place], wanted)
        if self._zones:
            for zone in self._zones:
                yes &= ~shapely.intersects(zone, slots.shapes[some])
        if self.matching is not None or self._held or self._stock:
            yes &= np.fromiter((self._known(slots.ids[slot]) for slot in some.tolist()), bool, len(some))
        return yes

    def _known(self, one: UUID | None) -> bool:
        """What is decided by id."""
        assert one is not None
        return ((self.matching is None or one in self.matching) and not any(one in held for held in self._held.values())
                and (self._stock is None or self._stock.suffices(one)))

    def uncertain(self, slots: Slots, slot: int) -> tuple[Reason, ...]:
        """What is not known about whether the feature in a slot can be used, as far as the question wants it."""
        bits = int(slots.service[slot]) >> UNKNOWN
        asked = [one for _, _, one in (*self._before, *self._needed)]
        found = [Reason(one.unknown_code, one.unknown) for bit, one in enumerate(self.layer.out_of_service)
                 if one.unknown and bits >> bit & 1 and (isinstance(one, (OutOfService, Reached)) or any(one is each for each in asked))]
        if self._stock:
            found += self._stock.uncertain(_id(slots, slot))
        return tuple(dict.fromkeys(found))

    def reasons(self, slots: Slots, slot: int) -> tuple[Reason, ...]:
        """Every reason against the feature in a slot, those of its layer first, in the order it declares them."""
        found = [reason for bit, one in enumerate(self.layer.out_of_service) for reason in self._against(bit, one, slots, slot)]
        if self.matching is not None and slots.ids[slot] not in self.matching:
            found.append(Reason(FILTER_NOT_MET, REASONS[FILTER_NOT_MET]))
        if any(shapely.intersects(zone, slots.shapes[slot]) for zone in self._zones):
            found.append(Reason(IN_ZONE, REASONS[IN_ZONE]))
        return tuple(dict.fromkeys(found))

    def _against(self, bit: int, one: Unfit, slots: Slots, slot: int) -> Iterator[Reason]:
        """The reasons that one condition of the layer, the one of a bit of `service`, gives against a feature."""
        if isinstance(one, (OutOfService, Reached)):
            if int(slots.service[slot]) >> bit & 1:
                yield Reason(one.code, one.label)
        elif isinstance(one, (Aged, Passed)):
            for place, cut, timed_by in self._before:
                moment = slots.moments.item(slot, place)
                if timed_by is one and moment < cut:
                    yield self._old(one, moment)
        elif isinstance(one, Lacks):
            for place, wanted, by in self._needed:
                if by is one and _lacking(slots.said[slot:slot + 1, place], wanted)[0]:
                    yield self._lacks(one, int(slots.said[slot, place]))
        elif isinstance(one, Ordered):
            if _id(slots, slot) in self._held.get(one, ()):
                yield Reason(one.code, one.label)
        elif isinstance(one, Short) and self._stock:
            yield from self._stock.reasons(_id(slots, slot))

    def _old(self, one: Aged | Passed, moment: float) -> Reason:
        if isinstance(one, Passed):
            return Reason(one.code, one.label)
        unit = THRESHOLDS[one.threshold].unit
        age, limit = int((self._asked.now.timestamp() - moment) // _UNIT_S[unit]), round(self._asked.limit_s(one) / _UNIT_S[unit])
        return Reason(one.code, one.label.filled({"age": span(age, unit), "limit": span(limit, unit)}), {"age": age, "limit": limit, "unit": unit})

    def _lacks(self, one: Lacks, has: int) -> Reason:
        field = self.layer.field(one.field)
        wanted = self._asked.wanted[one.need]
        missing = [choice for place, choice in enumerate(field.choices if field else ()) if choice.value in wanted and not has >> place & 1]
        words = joined([choice.label for choice in missing]) if missing else Label("、".join(sorted(wanted)), ", ".join(sorted(wanted)))
        return Reason(one.code, one.label.filled({"missing": words}), {"missing": [choice.value for choice in missing] or sorted(wanted)})


def span(count: int, unit: str) -> Label:
    """A span of time in words: minutes as hours or days where they are many."""
    if unit == "days" or count >= 2_880:
        days = count if unit == "days" else count // 1_440
        return Label(f"{days} 天", f"{days} d")
    if count >= 120:
        return Label(f"{count // 60} 小时", f"{count // 60} h")
    return Label(f"{count} 分钟", f"{count} min")


def _lacking(said: NDArray[Any], wanted: int) -> NDArray[np.bool_]:
    """Which sets of choices do not hold all of `wanted` (0: what no set can hold); an empty set is unknown and lacks nothing."""
    if not wanted:
        return said != 0
    bits = np.uint64(wanted)
    return (said != 0) & (said & bits != bits)


def _id(slots: Slots, slot: int) -> UUID:
    one = slots.ids[slot]
    assert one is not None
    return one
