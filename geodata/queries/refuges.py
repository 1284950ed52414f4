"""Where people can be taken in: open, suited, safe and with room left; of every other place each reason against it."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from geodata.queries.admission import Admission, lasting
from geodata.queries.membership import Zone
from geodata.queries.nearest import IN_ZONE, REASONS, Reason
from geodata.queries.people import EVERYWHERE, candidates, middle, readable, title_of
from geodata.queries.slots import Slots
from geodata.store.features import Store
from geodata.store.rows import Feature
from layers.parts import Refuge
from layers.spec import Label, Layer, OutOfService

MAX_REFUGES = 2_000  # of one layer

CAPACITY_UNKNOWN = Reason("capacity-unknown", Label("可容纳人数未知", "Capacity not known"))
OCCUPANCY_UNKNOWN = Reason("occupancy-unknown", Label("现有人数未知", "People in now not known"))
SUITS_UNKNOWN = Reason("suits-unknown", Label("适用灾种未知", "Not known for which hazards"))
NOT_SUITED = Reason("not-suited", Label("不适用于该灾种", "Not suited to this hazard"))
NO_ROOM = Reason("full", Label("已满", "Full"))
IN_THE_ZONE = Reason(IN_ZONE, REASONS[IN_ZONE])
EXCLUDED = Reason("excluded", Label("试算中关闭", "Closed in this trial"))
NO_WAY = Reason("no-way", Label("没有可行的路", "No way there"))


@dataclass(frozen=True)
class Room:
    """A refuge: `room` is capacity less those in now, None where not known or where it is closed in `against`.

    `to_open`: it does not take people in yet. `doubts` are what is not known of one that counts all the same.
    `against` are the reasons not to send anybody there; none: it counts.
    """

    id: UUID
    layer: str
    name: str
    capacity: int | None
    occupied: int | None
    room: int | None
    to_open: bool
    doubts: tuple[Reason, ...]
    against: tuple[Reason, ...]
    lon: float
    lat: float
    added: bool = False


def state_doubts(layer: Layer, admission: Admission, slots: Slots, slot: int) -> tuple[Reason, ...]:
    """What is not known about whether a feature is in service at all; whoever plans on it has to know."""
    codes = {one.unknown_code for one in layer.out_of_service if isinstance(one, OutOfService)}
    return tuple(one for one in admission.uncertain(slots, slot) if one.code in codes)


def refuges(store: Store, hazard: str, zone: Zone, *, without: Collection[UUID] = (), use_uncertain: bool = False) -> list[Room]:
    """Every refuge that the reader may read, in order of layer and id, with what speaks against it.

    With `use_uncertain` one whose state or suitability is not known counts, and that is said; one whose room is not known never does.
    """
    return [one for layer in readable(store, Refuge) if (part := layer.part(Refuge)) for one in _of(store, layer, part, hazard, zone, frozenset(without), use_uncertain)]


def _of(store: Store, layer: Layer, part: Refuge, hazard: str, zone: Zone, without: frozenset[UUID], use_uncertain: bool) -> list[Room]:
    table, chosen = candidates(store, layer, EVERYWHERE, MAX_REFUGES)
    if not chosen:
        return []
    slots, admission = table.slots, Admission(layer, None, None, lasting(datetime.now(UTC), hazard))
    ids = [known for slot in chosen if (known := slots.ids[slot])]
    features = store.by_ids(layer.id, ids)
    unsafe = zone.holds(slots.shapes[chosen])
    rooms = []
    for slot, identity, inside in zip(chosen, ids, unsafe.tolist(), strict=True):
        one = features[identity]
        doubts = [*state_doubts(layer, admission, slots, slot), *([SUITS_UNKNOWN] if not one.properties[part.suits] else [])]
        against = _once(admission.reasons(slots, slot), [*([IN_THE_ZONE] if inside else []), *_unfit(one, part, hazard)])
        against += [EXCLUDED] if one.id in without else []
        against += [] if use_uncertain else doubts
        rooms.append(_room(layer, part, one, tuple(doubts if use_uncertain else ()), tuple(dict.fromkeys(against)), middle(slots.shapes[slot])))
    return rooms


def _once(said: Iterable[Reason], more: Iterable[Reason]) -> list[Reason]:
    """Each reason once by its code: the layer's own words before ours."""
    return list({one.code: one for one in reversed([*said, *more])}.values())[::-1]


def _unfit(one: Feature, part: Refuge, hazard: str) -> list[Reason]:
    capacity, occupied, suits = (one.properties[name] for name in (part.capacity, part.occupied, part.suits))
    reasons = [CAPACITY_UNKNOWN] if capacity is None else []
    reasons += [OCCUPANCY_UNKNOWN] if occupied is None else []
    reasons += [NO_ROOM] if capacity is not None and occupied is not None and occupied >= capacity else []
    return reasons + ([NOT_SUITED] if suits and hazard not in suits else [])


def _room(layer: Layer, part: Refuge, one: Feature, doubts: tuple[Reason, ...], against: tuple[Reason, ...], at: tuple[float, float]) -> Room:
    capacity, occupied = one.properties[part.capacity], one.properties[part.occupied]
    room = None if capacity is None or occupied is None else max(0, int(capacity) - int(occupied))
    return Room(one.id, layer.id, title_of(layer, one), capacity, occupied, room, one.properties[part.status] not in part.opened, doubts, against, *at)
