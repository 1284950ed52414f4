"""Which places are within reach of a resource, and what would change if one were closed, moved or added. Nothing is written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

import numpy as np

from geodata.queries import refusals
from geodata.queries.admission import Admission, lasting
from geodata.queries.costs import Costs, Ways
from geodata.queries.nearest import Reason
from geodata.queries.people import (
    EVERYWHERE,
    Counted,
    People,
    Place,
    candidates,
    middle,
    people_everywhere,
    population_layer,
    refused,
    title_of,
)
from geodata.queries.refuges import EXCLUDED, state_doubts
from geodata.store.changes import LayerVersion
from geodata.store.features import Store
from geodata.store.spaces import Space
from layers.errors import Forbidden, TooLarge
from layers.messages import Sentence, declare
from layers.spec import Action, Actor, Geometry, Label

MAX_RESOURCES = 2_000
MAX_TRIED = 50  # resources closed, moved or added in one trial
MAX_PAIRS = 2_000_000  # ways measured for one answer: about two seconds of one core straight
MAX_LIMIT_M = 500_000.0
MAX_LIMIT_MIN = 24 * 60.0

declare({
    "coverage-one-limit": Sentence(Label("界限应给且只给一个", "One limit is wanted, no more and no fewer"), Label("给 limit_m（米）或 limit_min（分钟）", "Give limit_m in metres or limit_min in minutes")),
    "coverage-minutes-straight": Sentence(Label("直线距离没有时间", "A straight line takes no time"), Label("改用 limit_m，或 mode=road", "Give limit_m, or mode=road")),
    "resource-unknown": Sentence(Label("图层「{layer}」中没有编号为 {id} 的要素", "Layer “{layer}” has no feature {id}"), Label("从所列资源中选择", "Choose one of those listed")),
})


@dataclass(frozen=True)
class At:
    """A resource somewhere else: one that is there (`id`), moved; or one that is not (None), added under a name."""

    id: UUID | None
    name: str
    lon: float
    lat: float

    def checked(self, pointer: str) -> At:
        """The same with its place looked at; InvalidInput below `pointer`."""
        return At(self.id, self.name, refusals.number(f"{pointer}/lon", self.lon, -180.0, 180.0), refusals.number(f"{pointer}/lat", self.lat, -90.0, 90.0))


@dataclass(frozen=True)
class CoverageQuestion:
    """Which places of a population a resource of `layer` (that meets the CQL2 `filter`) reaches within the limit, which counts in.

    One limit is given: `limit_m`, the length of the way, or `limit_min`, its minutes; the way goes from the resource to the place. `population` None: the
    catalogue's. `closed`, `moved` and `added` are tried beside what there is. Raises InvalidInput naming what is wrong.
    """

    layer: str
    limit_m: float | None = None
    limit_min: float | None = None
    filter: str | None = None
    population: str | None = None
    use_uncertain: bool = False
    closed: tuple[UUID, ...] = ()
    moved: tuple[At, ...] = ()
    added: tuple[At, ...] = ()

    def __post_init__(self) -> None:
        if (self.limit_m is None) == (self.limit_min is None):
            raise refused("limit_m", "coverage-one-limit")
        if self.limit_m is not None:
            object.__setattr__(self, "limit_m", refusals.number("limit_m", self.limit_m, 0.0, MAX_LIMIT_M))
        if self.limit_min is not None:
            object.__setattr__(self, "limit_min", refusals.number("limit_min", self.limit_min, 0.0, MAX_LIMIT_MIN))
        for name in ("closed", "moved", "added"):
            refusals.number(name, len(getattr(self, name)), 0, MAX_TRIED)
        object.__setattr__(self, "closed", tuple(dict.fromkeys(self.closed)))
        object.__setattr__(self, "moved", tuple(one.checked(f"moved/{place}") for place, one in enumerate(self.moved)))
        object.__setattr__(self, "added", tuple(one.checked(f"added/{place}") for place, one in enumerate(self.added)))

    @property
    def tries(self) -> bool:
        """Whether anything is tried beside what there is."""
        return bool(self.closed or self.moved or self.added)


@dataclass(frozen=True)
class Resource:
    """A resource, where it is or is tried, and what speaks against it; none: it counts. `trial`: `moved`, `added` or None. `id` None: added."""

    id: UUID | None
    name: str
    lon: float
    lat: float
    against: tuple[Reason, ...]
    doubts: tuple[Reason, ...] = ()
    trial: str | None = None


@dataclass(frozen=True)
class Reach:
    """The way to a place from the nearest resource that counts, by its place in the coverage's list; None: there is no way from any.

    `off_m` is straight to and from the road, in neither length nor duration; None: not by road.
    """

    covered: bool
    resource: int | None
    length_m: float | None
    duration_s: float | None
    off_m: float | None = None


@dataclass(frozen=True)
class Coverage:
    """What is covered and what is not: places, their people (None: none of them says) and how many do not say. `reaches` in order of the places.

    `serves` has for each resource how many places and people it is the nearest to, of those covered.
    """

    resources: tuple[Resource, ...]
    reaches: tuple[Reach, ...]
    covered: Counts
    uncovered: Counts
    serves: tuple[Counts, ...]


@dataclass(frozen=True)
class Counts:
    """So many places with so many people, of which `unknown` places do not say."""

    places: int
    people: int | None
    unknown: int


@dataclass(frozen=True)
class CoverageAnswer:
    """Coverage as it is (`now`) and as it would be (`then`; None: nothing was tried).

    `lost` and `gained` are the places, by their number, that then are no longer, or newly, covered.
    """

    question: CoverageQuestion
    mode: str
    profile: str | None
    people: People
    now: Coverage
    then: Coverage | None
    lost: tuple[int, ...]
    gained: tuple[int, ...]
    lost_counts: Counts | None
    gained_counts: Counts | None
    portions: tuple[Counted, ...]
    versions: Mapping[str, LayerVersion]


def coverage(space: Space, question: CoverageQuestion, actor: Actor, costs: Costs) -> CoverageAnswer:
    """The answer of one moment. LayerNotFound, Forbidden, InvalidInput, TooLarge as the parameters deserve."""
    if question.limit_min is not None and costs.mode == "straight":
        raise refused("limit_min", "coverage-minutes-straight")
    with space.reading(actor) as store:
        population = population_layer(store, question.population)
        people = people_everywhere(store, population)
        resources = _resources(store, question)
        versions = {name: version for name, version in store.versions().items() if name in (question.layer, population.id)}
    now = _covered(question, people.places, resources, costs)
    then = _covered(question, people.places, _tried(question, resources), costs) if question.tries else None
    lost, gained = (_changed(now, then, was) if then else () for was in (True, False))
    return CoverageAnswer(question, costs.mode, costs.profile, people, now, then, lost, gained, _counts(people.places, lost) if then else None,
                          _counts(people.places, gained) if then else None, people.portions, versions)


def _resources(store: Store, question: CoverageQuestion) -> list[Resource]:
    layer = store.catalogue.layer(question.layer)
    if not store.may(Action.READ, layer):
        raise Forbidden(action=Action.READ.value, layer=layer.id)
    if layer.geometry is Geometry.NONE:
        raise refused("layer", "question-no-geometry", layer=layer.id)
    matching = store.matching_ids(layer.id, question.filter) if question.filter else None
    table, chosen = candidates(store, layer, EVERYWHERE, MAX_RESOURCES)
    admission = Admission(layer, None, None, lasting(datetime.now(UTC)))
    wanted = [(slot, one) for slot in chosen if (one := table.slots.ids[slot]) and (matching is None or one in matching)]
    features = store.by_ids(layer.id, [identity for _, identity in wanted]) if wanted else {}
    there = []
    for slot, identity in wanted:
        doubts, against = state_doubts(layer, admission, table.slots, slot), admission.reasons(table.slots, slot)
        lon, lat = middle(table.slots.shapes[slot])
        there.append(Resource(identity, title_of(layer, features[identity]), lon, lat, against if question.use_uncertain else (*against, *doubts),
                              doubts if question.use_uncertain else ()))
    _refuse_unknown("closed", question.closed, layer.id, set(features))
    _refuse_unknown("moved", [one.id for one in question.moved], layer.id, set(features))
    return there


def _refuse_unknown(name: str, named: Sequence[UUID | None], layer_id: str, there: set[UUID]) -> None:
    for place, one in enumerate(named):
        if one not in there:
            raise refused(f"{name}/{place}", "resource-unknown", layer=layer_id, id=one)


def _tried(question: CoverageQuestion, resources: Sequence[Resource]) -> list[Resource]:
    moved = {one.id: one for one in question.moved}
    tried = []
    for one in resources:
        to = moved.get(one.id)
        against = (*one.against, EXCLUDED) if one.id in question.closed else one.against
        tried.append(Resource(one.id, one.name, to.lon if to else one.lon, to.lat if to else one.lat, against, one.doubts, "moved" if to else None))
    return tried + [Resource(None, one.name, one.lon, one.lat, (), (), "added") for one in question.added]


def _covered(question: CoverageQuestion, places: Sequence[Place], resources: Sequence[Resource], costs: Costs) -> Coverage:
    counting = [place for place, one in enumerate(resources) if not one.against]
    if len(places) * len(counting) > MAX_PAIRS:
        raise TooLarge(what=f"{len(places)} × {len(counting)}", limit=MAX_PAIRS)
    ways = costs.between([(resources[one].lon, resources[one].lat) for one in counting], [(one.lon, one.lat) for one in places])
    reaches = _reaches(question, ways, counting, len(places))
    covered, uncovered = ([place for place, one in enumerate(reaches) if one.covered is wanted] for wanted in (True, False))
    serves = tuple(_counts(places, [place for place in covered if reaches[place].resource == one]) for one in range(len(resources)))
    return Coverage(tuple(resources), reaches, _counts(places, covered), _counts(places, uncovered), serves)


def _reaches(question: CoverageQuestion, ways: Ways, counting: Sequence[int], count: int) -> tuple[Reach, ...]:
    if not counting:
        return (Reach(False, None, None, None),) * count
    best = (ways.length_m if question.limit_min is None else ways.cost).argmin(axis=0)
    told = []
    for place, row in enumerate(best.tolist()):
        length_m, duration_s = float(ways.length_m[row, place]), None if ways.duration_s is None else float(ways.duration_s[row, place])
        if not np.isfinite(length_m):
            told.append(Reach(False, None, None, None))
            continue
        within = length_m <= question.limit_m if question.limit_m is not None else (duration_s or 0.0) <= (question.limit_min or 0.0) * 60.0
        told.append(Reach(within, counting[row], length_m, duration_s, None if ways.off_m is None else float(ways.off_m[row, place])))
    return tuple(told)


def _changed(now: Coverage, then: Coverage, was: bool) -> tuple[int, ...]:
    return tuple(place for place, (one, other) in enumerate(zip(now.reaches, then.reaches, strict=True)) if one.covered is was and other.covered is not was)


def _counts(places: Sequence[Place], chosen: Sequence[int]) -> Counts:
    known = [people for place in chosen if (people := places[place].people) is not None]
    return Counts(len(chosen), sum(known) if known or not chosen else None, len(chosen) - len(known))
