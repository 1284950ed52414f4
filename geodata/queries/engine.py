"""The query engine of a process: what is nearest and what is inside, from indexes in step with PostGIS or PostGIS itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, cast

from geodata.queries import refusals
from geodata.queries.admission import Admission
from geodata.queries.beside import NOTHING, Beside, Reading
from geodata.queries.deadline import LONGEST_MS, Deadline
from geodata.queries.exposure import ExposureAnswer, ExposureQuestion, LayerExposure
from geodata.queries.hearing import Heard, hear, now_of
from geodata.queries.index import LayerIndex
from geodata.queries.inside import expose, pick
from geodata.queries.keepers import Keepers
from geodata.queries.many import Crowd, LayerPlaces, places
from geodata.queries.membership import Zone
from geodata.queries.nearest import MAX_K, LayerRanking, NearestAnswer, NearestQuestion
from geodata.queries.needs import refused
from geodata.queries.postgis import TableCandidates
from geodata.queries.ranking import Candidates, Search
from geodata.queries.roads.access import ACCESS_M
from geodata.queries.roads.ranking import by_road, widest
from geodata.queries.roads.roads import Roads
from geodata.queries.showing import Show, shown
from geodata.queries.supply import LayerSupply, SupplyAnswer, combined, offered
from geodata.queries.texts import Texts
from geodata.store.changes import LayerVersion, Standing
from geodata.store.database import Database
from geodata.store.features import Store
from geodata.store.rows import sees_exactly
from geodata.store.spaces import Space, SpaceRecord
from layers.errors import Forbidden, LayerNotFound
from layers.fitness import Ordered, Short
from layers.spec import OPERATOR, Action, Actor, Geometry, Layer, Sensitivity

Ask = Callable[..., Callable[[], Any]]

_TURNS = 3  # an index asked again takes less than PostGIS does; under writes without a pause it would never end


class QueryEngine(Keepers):
    """Answers for every space of a database. One per process; thread-safe.

    `indexed` False leaves every answer to PostGIS, as tests and a process short of memory may want. `limits` are the installation's
    thresholds; those not named have the default of `layers.fitness.THRESHOLDS`. Farther than `road_access_m` from any road, the road
    network does not cover a place.
    """

    def __init__(self, database: Database, *, indexed: bool = True, limits: Mapping[str, float] | None = None, road_access_m: float = ACCESS_M) -> None:
        super().__init__(database, road_access_m=road_access_m)
        self._limits = dict(limits or {})
        self._kept: dict[tuple[str, tuple[Ordered, ...]], tuple[SpaceRecord, Beside]] = {}
        self._texts = Texts()
        self._indexed = indexed

    def nearest(self, space: Space, question: NearestQuestion, actor: Actor, show: Show[LayerRanking] | None = None, *,
                standing: Standing | None = None) -> NearestAnswer:
        """The k nearest features of each layer, exact, with those left out and why; see `geodata.queries.nearest`.

        With `show` the features it names come along as they are at that very version, and all layers are of one moment. `standing`: where
        the layers stood at a look taken after the question came; without it the database is asked.
        Raises LayerNotFound, Forbidden, InvalidInput (a layer without geometry, an unreadable filter, no such profile), Unavailable.
        """
        roads = self.roads(space, actor) if question.by_road else None
        layers = _chosen(space, question.layers, actor, lambda layer: layer.ranked)
        asked = hear(space, question, layers, self._limits)
        wide = widest(question) if roads else question

        def ask(candidates: Candidates, version: LayerVersion, answered_by: str, layer: Layer, matching: Any, beside: Beside) -> Callable[[], LayerRanking]:
            admission = Admission(layer, matching, question.zone, asked.conditions(beside))
            ranking = replace(_ranked(candidates, version, answered_by, wide, admission, asked), positions=_positions(space, actor, layer))
            if roads is None:
                return lambda: ranking
            slots = candidates.slots
            shapes = {one.id: slots.shapes[slots.slot_of[one.id]] for one in ranking.ranked}
            return lambda: by_road(ranking, shapes, roads, question, admission.zones)

        with asked.deadline.kept():
            found, beside = self._answers(space, layers, question.filter, actor, ask, show, asked.reading, asked.deadline, standing)
        return NearestAnswer(tuple(found), replace(asked.needs, hazard=asked.hazard(beside)), asked.limits)

    def nearest_of_many(self, space: Space, question: NearestQuestion, points: Sequence[tuple[float, float]], actor: Actor) -> tuple[LayerPlaces, ...]:
        """The same question asked at many places (lon, lat in degrees), each answered exactly as by itself, in short; see `geodata.queries.many`.

        The question's own place is not used. Where no index may answer, PostGIS gives the layer whole, once. Raises as `nearest`.
        """
        lon, lat = places(points)
        layers = _chosen(space, question.layers, actor, lambda layer: layer.ranked)
        asked = hear(space, question, layers, self._limits)

        def ask(candidates: Candidates, version: LayerVersion, answered_by: str, layer: Layer, matching: Any, beside: Beside) -> Callable[[], LayerPlaces]:
            index = candidates if isinstance(candidates, LayerIndex) else LayerIndex(cast(TableCandidates, candidates).whole(), version)
            admission = Admission(layer, matching, question.zone, asked.conditions(beside))
            found = Crowd(index, question, lon, lat, admission, asked.deadline).run()
            answer = LayerPlaces(layer.id, version, answered_by, found, _positions(space, actor, layer), admission.rests_on)
            return lambda: answer

        with asked.deadline.kept():
            found, _ = self._answers(space, layers, question.filter, actor, ask, None, asked.reading, asked.deadline)
        return tuple(found)

    def supply(self, space: Space, question: NearestQuestion, actor: Actor, show: Show[LayerSupply] | None = None) -> SupplyAnswer:
        """How the articles that the question needs are met from several holders, nearest first; see `geodata.queries.supply`.

        Its `k` is not used. Raises as `nearest`, and InvalidInput for no article and for a layer that holds no stock.
        """
        if not question.needs.articles:
            raise refused("/needs/articles", "need-empty")
        layers = _chosen(space, question.layers, actor, lambda layer: _short(layer) is not None)
        for layer in layers:
            if _short(layer) is None:
                raise refused("/layers", "need-no-stock", layer=layer.id)
        if not layers:
            return SupplyAnswer((), ())
        question = replace(question, k=MAX_K)
        asked = hear(space, question, layers, self._limits)

        def ask(candidates: Candidates, version: LayerVersion, answered_by: str, layer: Layer, matching: Any, beside: Beside) -> Callable[[], LayerSupply]:
            whatever = Admission(layer, matching, question.zone, asked.conditions(replace(beside, stock={})))
            ranking = replace(_ranked(candidates, version, answered_by, question, whatever, asked), positions=_positions(space, actor, layer))
            condition = _short(layer)
            assert condition is not None
            supply = offered(ranking, beside.stock[layer.id], condition, MAX_K)
            return lambda: supply

        with asked.deadline.kept():
            found, _ = self._answers(space, layers, question.filter, actor, ask, show, asked.reading, asked.deadline)
        return combined(question.needs.articles, found)

    def exposure(self, space: Space, question: ExposureQuestion, actor: Actor, show: Show[LayerExposure] | None = None) -> ExposureAnswer:
        """What of each layer lies in a zone, summed with its basis; see `geodata.queries.exposure`. `show` and what is raised: as `nearest`."""
        layers = _chosen(space, question.layers, actor, lambda layer: layer.exposed)
        zone = Zone(question.zone, question.buffer_m)

        def ask(candidates: Candidates, version: LayerVersion, answered_by: str, layer: Layer, matching: Any, _: Beside) -> Any:
            picked = pick(candidates, zone, matching)
            hidden = frozenset() if space.may(actor, Action.REVEAL, layer) else frozenset(
                one.id for one in layer.measures if one.sensitivity is not Sensitivity.PUBLIC)
            return lambda: replace(expose(layer, picked, zone, version, answered_by, hidden=hidden), positions=_positions(space, actor, layer))

        reading = Reading((), space.catalogue, None, (), now_of(space))
        found, _ = self._answers(space, layers, question.filter, actor, ask, show, reading, Deadline(LONGEST_MS))
        return ExposureAnswer(zone.outline, tuple(found), zone.area_m2)

    def roads(self, space: Space, actor: Actor = OPERATOR) -> Roads:
        """The road network of a space as it stands now, to be asked for trips, routes and service areas; see `geodata.queries.roads`.

        Raises InvalidInput where no layer is a road network, Forbidden where the actor may not read it, Unavailable.
        """
        network = space.catalogue.network
        if network is not None and not space.may(actor, Action.READ, network):
            raise Forbidden(action=Action.READ.value, layer=network.id)
        return self.road_keeper(space).roads()

    def forget(self, space_id: str) -> None:
        """Let go of all that is kept of a space (a drill that ended)."""
        super().forget(space_id)
        self._texts.forget(space_id)
        for kept in [one for one in list(self._kept) if one[0] == space_id]:
            self._kept.pop(kept, None)

    def _answers(self, space: Space, layers: list[Layer], filter_text: str | None, actor: Actor, ask: Ask, show: Show[Any] | None,
                 reading: Reading, deadline: Deadline, standing: Standing | None = None) -> tuple[list[Any], Beside]:
        """Each layer's answer, and what they rest on beside. `ask` takes what it needs while the index is held; what takes time it gives back."""
        versions = _known(space.versions() if standing is None else standing, layers)
        if filter_text:
            return self._filtered(space, layers, versions, filter_text, actor, ask, show, reading, deadline)
        if show is not None:
            return self._shown(space, layers, versions, actor, ask, show, reading, deadline)
        beside = self._beside(space, actor, reading, deadline, versions)
        computed = []
        for layer in layers:
            compute = self._by_index(space, layer, versions[layer.id], actor, ask, beside)
            if compute is None:
                with self._opened(space, actor, deadline) as store:
                    compute = self._asked(space, store, None, layer, None, ask, beside)
            computed.append(compute)
        return [compute() for compute in computed], beside

    def _shown(self, space: Space, layers: list[Layer], versions: Mapping[str, LayerVersion], actor: Actor, ask: Ask, show: Show[Any],
               reading: Reading, deadline: Deadline) -> tuple[list[Any], Beside]:
        """Answers with their features, all of one snapshot.

        The indexes answer first, with no connection held. If all stand at the versions that the database told of one moment, and
        their features are kept as they were read at these, that is the answer. Else a snapshot is opened: an answer of the versions
        that it holds stands. When a layer has moved on meanwhile, its index is asked again; the last time PostGIS answers in it.
        """
        answers: dict[str, Any] = {}
        beside: Beside | None = None
        for turn in range(1, _TURNS + 1):
            if beside is None or _moved(beside, versions):
                beside, answers = self._beside(space, actor, reading, deadline, versions), {}
            for layer in layers:
                if answers.get(layer.id) is None or answers[layer.id].version != versions[layer.id]:
                    compute = self._by_index(space, layer, versions[layer.id], actor, ask, beside)
                    answers[layer.id] = compute() if compute is not None else None
            whole = self._remembered(space, layers, versions, actor, answers, show) if show.kept and not _moved(beside, versions) else None
            if whole is not None:
                return whole, beside
            with self._opened(space, actor, deadline) as store:
                versions = store.versions()
                aside = _moved(beside, versions)
                moved = aside or any(one is not None and one.version != versions.get(layer_id) for layer_id, one in answers.items())
                if not moved or turn == _TURNS:
                    beside, answers = (reading.read(store), {}) if aside else (beside, answers)
                    return [self._settled(space, store, layer, None, answers.get(layer.id), versions[layer.id], ask, show, beside) for layer in layers], beside
            versions = _known(space.versions(), layers)
        raise AssertionError("the last turn answers")

    def _remembered(self, space: Space, layers: list[Layer], versions: Mapping[str, LayerVersion], actor: Actor, answers: Mapping[str, Any],
                    show: Show[Any]) -> list[Any] | None:
        """The answers with features that were read before, where all are of these versions; else None."""
        whole = []
        for layer in layers:
            answer = answers[layer.id]
            if answer is None or answer.version != versions[layer.id]:
                return None
            found = self._texts.of(space, space.catalogue.layer(layer.id), answer.version, show.named(answer), reveal=space.may(actor, Action.REVEAL, layer))
            if found is None:
                return None
            whole.append(replace(answer, shown=found))
        return whole

    def _settled(self, space: Space, store: Store, layer: Layer, matching: Any, answer: Any, standing: LayerVersion, ask: Ask, show: Show[Any],
                 beside: Beside) -> Any:
        """The answer with its features, if both are of the store's snapshot, where the layer is `standing`; else that of PostGIS in it."""
        if answer is not None and answer.version == standing:
            whole = shown(store, answer, show)
            if whole is not None:
                if show.kept:
                    self._texts.keep(space, store.catalogue.layer(layer.id), standing, whole.shown, reveal=space.may(store.actor, Action.REVEAL, layer))
                return whole
        whole = shown(store, self._asked(space, store, None, layer, matching, ask, beside)(), show)
        assert whole is not None  # PostGIS named them in this very snapshot
        return whole

    def _filtered(self, space: Space, layers: list[Layer], versions: Mapping[str, LayerVersion], filter_text: str, actor: Actor,
                  ask: Ask, show: Show[Any] | None, reading: Reading, deadline: Deadline) -> tuple[list[Any], Beside]:
        """The filter is evaluated in a snapshot, so an index answers only if it stands at that very version.

        The indexes catch up before the snapshot is opened: each takes a connection to do so, and who waits for a second
        connection while holding one waits for ever once enough others do the same.
        """
        indexes = [self._in_step(space, layer, versions[layer.id], actor) for layer in layers]
        answers = []
        with self._opened(space, actor, deadline) as store:
            now, beside = store.versions(), reading.read(store)
            for layer, index in zip(layers, indexes, strict=True):
                matching = store.matching_ids(layer.id, filter_text)
                with _held(index, exactly=now[layer.id]) as held:
                    compute = self._asked(space, store, held, layer, matching, ask, beside)
                answers.append(compute if show is None else self._settled(space, store, layer, matching, compute(), now[layer.id], ask, show, beside))
        return [one() for one in answers] if show is None else answers, beside

    def _beside(self, space: Space, actor: Actor, reading: Reading, deadline: Deadline, versions: Mapping[str, LayerVersion]) -> Beside:
        """What the question rests on beside its layers, at `versions` or later. Orders are asked for by nearly every question: they are kept by version."""
        if not reading.watched and reading.orders_only:
            return NOTHING
        keepable = reading.orders_only and not space.is_past
        kept = self._kept.get((space.id, reading.ordered)) if keepable else None
        if kept is not None and kept[0] == space.record and not _moved(kept[1], versions):
            return kept[1]
        with self._opened(space, actor, deadline) as store:
            beside = reading.read(store)
        if keepable:
            self._kept[space.id, reading.ordered] = space.record, beside
        return beside

    @contextmanager
    def _opened(self, space: Space, actor: Actor, deadline: Deadline) -> Iterator[Store]:
        """A snapshot in which no statement outlasts the question."""
        with space.reading(actor) as store:
            deadline.bind(store.connection)
            yield store

    def _by_index(self, space: Space, layer: Layer, wanted: LayerVersion, actor: Actor, ask: Ask, beside: Beside) -> Callable[[], Any] | None:
        """What the index says at `wanted` or later, still to be computed; None when PostGIS has to answer."""
        with _held(self._in_step(space, layer, wanted, actor)) as index:
            return None if index is None else self._asked(space, None, index, layer, None, ask, beside)

    def _asked(self, space: Space, store: Store | None, index: LayerIndex | None, layer: Layer, matching: Any, ask: Ask, beside: Beside) -> Callable[[], Any]:
        counts = self.keeper(space, layer).counts
        if index is not None:
            counts.by_index += 1
            return ask(index, index.version, "index", layer, matching, beside)
        assert store is not None
        counts.by_postgis += 1
        candidates = TableCandidates(store.connection, layer, space.tables.layers[layer.id], reveal=space.may(store.actor, Action.REVEAL, layer))
        return ask(candidates, store.version(layer.id), "postgis", layer, matching, beside)

    def _in_step(self, space: Space, layer: Layer, wanted: LayerVersion, actor: Actor) -> LayerIndex | None:
        """The index at `wanted` or later; None when PostGIS has to answer, as for readers who may not know exact positions."""
        exact = sees_exactly(layer, reveal=space.may(actor, Action.REVEAL, layer))
        return self.keeper(space, layer).catch_up(wanted) if self._indexed and exact and not space.is_past else None  # the past is asked seldom: PostGIS answers



@contextmanager
def _held(index: LayerIndex | None, *, exactly: LayerVersion | None = None) -> Iterator[LayerIndex | None]:
    """The index held still, if it is whole and (with `exactly`) stands there; else None, and PostGIS answers."""
    if index is None:
        yield None
        return
    with index.lock:
        yield index if index.whole and exactly in (None, index.version) else None


def _moved(beside: Beside, versions: Mapping[str, LayerVersion]) -> bool:
    """Whether something that was read beside the layers is no more as it was."""
    return any(versions.get(layer) != one for layer, one in beside.versions.items())


def _ranked(candidates: Candidates, version: LayerVersion, answered_by: str, question: NearestQuestion, admission: Admission, asked: Heard) -> LayerRanking:
    search = Search(candidates, question, admission, asked.deadline)
    search.run()
    return replace(search.answer(admission.layer.id, version, answered_by), rests_on=admission.rests_on)


def _short(layer: Layer) -> Short | None:
    return next((one for one in layer.out_of_service if isinstance(one, Short)), None)


def _known(versions: Standing, layers: list[Layer]) -> Standing:
    """Where the layers of a space stand; LayerNotFound when one of these is no more."""
    for layer in layers:
        if layer.id not in versions:
            raise LayerNotFound(layer=layer.id)
    return versions


def _chosen(space: Space, named: tuple[str, ...], actor: Actor, by_default: Callable[[Layer], bool]) -> list[Layer]:
    """The layers asked about, each with geometry and open to the actor; by default those that are both and that the catalogue marks."""
    if not named:
        return [layer for layer in space.catalogue.values()
                if by_default(layer) and layer.geometry is not Geometry.NONE and space.may(actor, Action.READ, layer)]
    layers = [space.catalogue.layer(one) for one in named]
    for layer in layers:
        if not space.may(actor, Action.READ, layer):
            raise Forbidden(action=Action.READ.value, layer=layer.id)
        if layer.geometry is Geometry.NONE:
            raise refusals.no_geometry(layer.id)
    return layers


def _positions(space: Space, actor: Actor, layer: Layer) -> str:
    return "exact" if sees_exactly(layer, reveal=space.may(actor, Action.REVEAL, layer)) else "coarse"
