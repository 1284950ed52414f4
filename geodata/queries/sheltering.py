"""Making a shelter plan: read everything in one snapshot, then reckon without holding the database."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

import numpy as np
import shapely

from geodata.queries.allocation import KEEP_TOGETHER, MAX_PAIRS, MAX_PEOPLE, Allocation, allocate
from geodata.queries.costs import Costs, Floats, Ways
from geodata.queries.membership import Zone
from geodata.queries.people import People, other_populations, people_inside, population_layer, readable, refused
from geodata.queries.refuges import EXCLUDED, IN_THE_ZONE, NO_WAY, Room, refuges
from geodata.queries.shelter_plan import (
    Added,
    Difference,
    Fill,
    Group,
    OtherFigure,
    ShelterAnswer,
    ShelterPlan,
    ShelterQuestion,
    Unused,
    Way,
)
from geodata.queries.standards import Need, Share, for_people, needs_of, share_of, share_people
from geodata.store.changes import LayerVersion
from geodata.store.features import Store
from geodata.store.spaces import Space
from layers.errors import TooLarge
from layers.messages import Sentence, declare
from layers.parts import Refuge, Shares, Standards
from layers.spec import Actor, Label

declare({
    "refuge-unknown": Sentence(Label("没有编号为 {id} 的安置场所", "There is no refuge {id}"), Label("从方案所列场所中选择", "Choose one of those the plan lists")),
})


@dataclass(frozen=True)
class Facts:
    """What a plan rests on, as it stood in one moment."""

    people: People
    others: tuple[OtherFigure, ...]
    share: Share
    rooms: tuple[Room, ...]
    standards: tuple[Need, ...]
    versions: Mapping[str, LayerVersion]


def shelter_plan(space: Space, question: ShelterQuestion, actor: Actor, costs: Costs) -> ShelterAnswer:
    """The plan and, with something to try, the one tried. LayerNotFound, Forbidden, InvalidInput, TooLarge as the parameters deserve."""
    zone = Zone(question.zone, question.buffer_m)
    with space.reading(actor) as store:
        facts = _gather(store, question, zone)
    plan = _planned(facts, question, facts.rooms, costs)
    trial = _planned(facts, question, _tried(facts.rooms, question, zone), costs) if question.tries else None
    return ShelterAnswer(question, zone.outline, zone.area_m2, costs.mode, costs.profile, facts.people, facts.others, facts.share, plan, trial,
                         _difference(plan, trial) if trial else None, facts.versions)


def _gather(store: Store, question: ShelterQuestion, zone: Zone) -> Facts:
    share = share_of(store, question.hazard, question.share_percent)
    layer = population_layer(store, question.population)
    people = people_inside(store, layer, zone)
    others = ((other.id, people_inside(store, other, zone)) for other in other_populations(store, layer))
    rooms = tuple(refuges(store, question.hazard, zone, use_uncertain=question.use_uncertain))
    there = {one.id for one in rooms}
    for place, one in enumerate(question.without):
        if one not in there:
            raise refused(f"without/{place}", "refuge-unknown", id=one)
    read = {layer.id, *(one.id for kind in (Refuge, Shares, Standards) for one in readable(store, kind))}
    versions = {name: version for name, version in store.versions().items() if name in read}
    second = tuple(OtherFigure(name, found.total, found.unknown, found.portions) for name, found in others)
    return Facts(people, second, share, rooms, needs_of(store, 0), versions)


def _tried(rooms: Sequence[Room], question: ShelterQuestion, zone: Zone) -> tuple[Room, ...]:
    closed = set(question.without)
    kept = (replace(one, against=(*one.against, EXCLUDED)) if one.id in closed else one for one in rooms)
    return (*kept, *(_made(one, place, zone) for place, one in enumerate(question.added)))


def _made(one: Added, place: int, zone: Zone) -> Room:
    """A refuge that is not there; in the zone it would be as little safe as one that is."""
    unsafe = bool(zone.holds(shapely.points([[one.lon, one.lat]]))[0])
    return Room(UUID(int=place), "", one.name, one.room, 0, one.room, True, (), (IN_THE_ZONE,) if unsafe else (), one.lon, one.lat, added=True)


def _planned(facts: Facts, question: ShelterQuestion, rooms: Sequence[Room], costs: Costs) -> ShelterPlan:
    needs = [None if one.people is None else share_people(one.people, facts.share.percent) for one in facts.people.places]
    going = [place for place, need in enumerate(needs) if need]
    counting = [one for one in rooms if not one.against and one.room]
    _refuse_much(len(going), len(counting), sum(need or 0 for need in needs))
    ways = costs.between([(facts.people.places[one].lon, facts.people.places[one].lat) for one in going], [(one.lon, one.lat) for one in counting])
    cost = ways.cost if question.max_way_m is None else np.where(ways.length_m <= question.max_way_m, ways.cost, np.inf)
    found = allocate([needs[one] or 0 for one in going], [one.room or 0 for one in counting], cost, keep_together=KEEP_TOGETHER if question.keep_together else 0.0)
    cut_off = {one.id for place, one in enumerate(counting) if going and not np.isfinite(cost[:, place]).any()}
    return _told(facts, needs, going, counting, rooms, ways, found, cut_off, question.days)


def _refuse_much(groups: int, places: int, people: int) -> None:
    if groups * places > MAX_PAIRS:
        raise TooLarge(what=f"{groups} × {places}", limit=MAX_PAIRS)
    if people > MAX_PEOPLE:
        raise TooLarge(what=str(people), limit=MAX_PEOPLE)


def _told(facts: Facts, needs: Sequence[int | None], going: Sequence[int], counting: Sequence[Room], rooms: Sequence[Room], ways: Ways,
          found: Allocation, cut_off: set[UUID], days: int) -> ShelterPlan:
    placed = dict(zip(going, found.people.sum(axis=1).tolist(), strict=True))
    all_groups = [(place, Group(one, need, placed.get(place, 0), (need or 0) - placed.get(place, 0)))
                  for place, (one, need) in enumerate(zip(facts.people.places, needs, strict=True))]
    all_groups.sort(key=lambda one: (-one[1].unplaced, one[1].need is not None, -(one[1].need or 0), str(one[1].place.id)))
    sent = found.people.sum(axis=0)
    order = sorted((place for place in range(len(counting)) if counting[place].id not in cut_off), key=lambda place: (-int(sent[place]), _nearest(ways, place), place))
    group_at, fill_at = {place: at for at, (place, _) in enumerate(all_groups)}, {place: at for at, place in enumerate(order)}
    told = sorted((Way(group_at[going[one]], fill_at[other], int(found.people[one, other]), float(ways.length_m[one, other]),
                       _at(ways.duration_s, one, other), _at(ways.off_m, one, other))
                   for one, other in np.argwhere(found.people > 0).tolist()), key=lambda way: (way.group, -way.people, way.fill))
    total, need = found.placed, sum(one or 0 for one in needs)
    return ShelterPlan(
        need, total, need - total, facts.people.unknown, tuple(one for _, one in all_groups), tuple(_fill(counting[place], int(sent[place])) for place in order),
        tuple(told), tuple(_unused(rooms, cut_off)), found.split, sum(counting[place].room or 0 for place in order),
        sum(one.people * one.length_m for one in told) / total if total else None, max((one.length_m for one in told), default=None),
        tuple(_lasting(for_people(one, total), days) for one in facts.standards))


def _at(values: Floats | None, one: int, other: int) -> float | None:
    return None if values is None else float(values[one, other])


def _nearest(ways: Ways, place: int) -> float:
    return float(ways.cost[:, place].min()) if len(ways.cost) else 0.0


def _fill(one: Room, sent: int) -> Fill:
    room = one.room or 0
    return Fill(None if one.added else one.id, None if one.added else one.layer, one.name, one.capacity, one.occupied, room, sent, room - sent, one.to_open,
                one.doubts, one.lon, one.lat)


def _unused(rooms: Sequence[Room], cut_off: set[UUID]) -> Iterable[Unused]:
    for one in rooms:
        reasons = (*one.against, *((NO_WAY,) if one.id in cut_off else ()))
        if reasons:
            yield Unused(None if one.added else one.id, None if one.added else one.layer, one.name, one.capacity, reasons, one.lon, one.lat)


def _lasting(need: Need, days: int) -> Need:
    """What is needed each day, for so many days."""
    if not need.daily or need.quantity is None or days == 1:
        return need
    return replace(need, quantity=round(need.quantity * days, 1))


def _difference(plan: ShelterPlan, trial: ShelterPlan) -> Difference:
    sent: Counter[tuple[UUID | None, str]] = Counter()
    for each, sign in ((plan, -1), (trial, 1)):
        for one in each.fills:
            sent[one.id, one.name] += sign * one.placed
    changed = [(name, by) for (_, name), by in sent.items()]
    way = None if plan.mean_way_m is None or trial.mean_way_m is None else trial.mean_way_m - plan.mean_way_m
    return Difference(trial.short - plan.short, trial.placed - plan.placed, way, tuple(one for one in changed if one[1]))
