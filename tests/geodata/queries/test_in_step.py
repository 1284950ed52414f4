"""The index is in step with PostGIS before each answer: own writes are read, other histories noticed, PostGIS answers meanwhile."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID, uuid4

import numpy as np
import pytest
import shapely
from sqlalchemy import text

from geodata.queries import keeper as keeper_module
from geodata.queries.engine import QueryEngine, _held
from geodata.queries.exposure import ExposureQuestion
from geodata.queries.index import LayerIndex
from geodata.queries.keeper import Keeper
from geodata.queries.nearest import LayerRanking, NearestQuestion
from geodata.queries.rows import Rows
from geodata.store.changes import LayerVersion
from geodata.store.database import Database
from geodata.store.spaces import Space
from layers.errors import Unavailable
from layers.spec import OPERATOR, Actor
from tests.geodata.queries.conftest import LAYERS, PLOTS, SPOTS, put, strewn
from tests.meanwhile import meanwhile

HERE = (109.8, 40.6)


def nearest(engine: QueryEngine, space: Space, k: int = 3, layer: str = SPOTS.id) -> LayerRanking:
    return engine.nearest(space, NearestQuestion(*HERE, (layer,), k), OPERATOR).layers[0]


def insert(space: Space, lon: float, lat: float, code: str) -> UUID:
    with space.transaction(OPERATOR) as store:
        return store.insert(SPOTS.id, {"code": code, "status": "open"}, shapely.Point(lon, lat)).id


def move(space: Space, one: UUID, lon: float, lat: float) -> None:
    with space.transaction(OPERATOR) as store:
        store.patch(SPOTS.id, one, {}, version=store.get(SPOTS.id, one).version, geometry=shapely.Point(lon, lat))


@pytest.fixture
def warm(three: Space, engine: QueryEngine) -> Iterator[Space]:
    """The three layers with some features, indexed."""
    for layer in LAYERS:
        strewn(three, layer, 200, 61)
    engine.warm(three, LAYERS)
    yield three


def test_every_kind_of_write_is_in_the_next_answer(warm: Space, engine: QueryEngine) -> None:
    one = insert(warm, *HERE, "new")
    assert nearest(engine, warm).ranked[0].id == one
    move(warm, one, 109.9, 40.9)
    assert one not in [found.id for found in nearest(engine, warm).ranked]
    move(warm, one, *HERE)
    with warm.transaction(OPERATOR) as store:
        store.patch(SPOTS.id, one, {"status": "closed"}, version=3)
    assert nearest(engine, warm).left_out[0].id == one
    with warm.transaction(OPERATOR) as store:
        store.delete(SPOTS.id, one, version=4, reason="test")
    found = nearest(engine, warm)
    assert one not in [each.id for each in (*found.ranked, *found.left_out)] and found.answered_by == "index"
    assert not engine.compare(warm, SPOTS.id)


def test_a_write_by_psql_is_in_the_next_answer_too(warm: Space, engine: QueryEngine, database: Database) -> None:
    with database.owner.begin() as connection:
        connection.execute(text("UPDATE onemap.spots SET geom = ST_SetSRID(ST_MakePoint(109.8, 40.6), 4490), status = 'open', room = NULL WHERE code = '17'"))
    assert nearest(engine, warm).ranked[0].distance_m == 0.0
    assert not engine.compare(warm, SPOTS.id)


def test_changed_measures_are_in_the_next_sum(warm: Space, engine: QueryEngine) -> None:
    question = ExposureQuestion(shapely.box(109, 40, 111, 42), 0, (SPOTS.id,))
    before = engine.exposure(warm, question, OPERATOR).layers[0].measures["people"].sum
    with warm.transaction(OPERATOR) as store:
        store.insert(SPOTS.id, {"code": "x", "people": 1_000_000}, shapely.Point(*HERE))
    assert engine.exposure(warm, question, OPERATOR).layers[0].measures["people"].sum == (before or 0) + 1_000_000


def test_nothing_is_read_anew_when_nothing_changed(warm: Space, engine: QueryEngine) -> None:
    before = engine.state()
    for _ in range(5):
        nearest(engine, warm)
    after = engine.state()
    assert [(one["built"], one["refreshed"]) for one in before] == [(one["built"], one["refreshed"]) for one in after]


def test_a_large_load_is_taken_in_at_once(warm: Space, engine: QueryEngine) -> None:
    rng = np.random.default_rng(1)
    put(warm, SPOTS.id, [shapely.Point(*one) for one in rng.uniform([109.3, 40.3], [110.4, 41.0], (5_000, 2))])
    found = nearest(engine, warm, 50)
    assert len(found.ranked) == 50 and not engine.compare(warm, SPOTS.id)
    assert engine.index(warm, SPOTS.id).total() == 5_000  # type: ignore[union-attr]


def renamed_history(database: Database) -> None:
    """As after a restore or a lagging standby's promotion: the same version numbers, other tokens, other rows."""
    with database.owner.begin() as connection:
        connection.execute(text("ALTER TABLE onemap.spots DISABLE TRIGGER USER"))
        connection.execute(text("UPDATE onemap.spots SET geom = ST_SetSRID(ST_MakePoint(109.8, 40.6), 4490), status = 'open', room = NULL WHERE code = '17'"))
        connection.execute(text("ALTER TABLE onemap.spots ENABLE TRIGGER USER"))
        connection.execute(text("UPDATE onemap.layer_state SET token = gen_random_uuid() WHERE layer = 'spots'"))
        connection.execute(text("ALTER TABLE onemap.commit_log DISABLE TRIGGER a_keep_record"))
        connection.execute(text("UPDATE onemap.commit_log c SET token = s.token FROM onemap.layer_state s "
                                "WHERE c.layer = 'spots' AND s.layer = c.layer AND c.version = s.version"))
        connection.execute(text("ALTER TABLE onemap.commit_log ENABLE TRIGGER a_keep_record"))


def test_the_same_version_of_another_history_is_noticed_by_its_token(warm: Space, engine: QueryEngine, database: Database) -> None:
    before = engine.index(warm, SPOTS.id)
    renamed_history(database)
    assert nearest(engine, warm).ranked[0].distance_m == 0.0
    assert engine.index(warm, SPOTS.id) is not before and not engine.compare(warm, SPOTS.id)


def test_a_build_that_compares_versions_without_token_answers_wrongly(warm: Space, database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """The wrong build that the token is for."""
    monkeypatch.setattr(LayerVersion, "__eq__", lambda one, other: one.version == other.version)
    careless = QueryEngine(database)
    careless.warm(warm, [SPOTS.id])
    renamed_history(database)
    assert nearest(careless, warm).ranked[0].distance_m > 0.0
    careless.close()


def test_postgis_answers_while_a_cold_index_is_built(three: Space, database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    strewn(three, SPOTS.id, 100, 71)
    gate = threading.Event()
    built = LayerIndex.__init__

    def slowly(self: LayerIndex, *arguments: object) -> None:
        gate.wait(20)
        built(self, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(LayerIndex, "__init__", slowly)
    monkeypatch.setattr(keeper_module, "_PATIENCE_S", 0.02)
    engine = QueryEngine(database)
    first = nearest(engine, three)
    assert first.answered_by == "postgis" and len(first.ranked) == 3 and engine.state()[0]["state"] == "building"
    one = insert(three, *HERE, "meanwhile")
    assert nearest(engine, three).ranked[0].id == one  # never a partial or stale answer
    gate.set()
    deadline = time.monotonic() + 20
    while nearest(engine, three).answered_by != "index" and time.monotonic() < deadline:
        time.sleep(0.02)
    last = nearest(engine, three)
    assert last.answered_by == "index" and last.ranked[0].id == one and not engine.compare(three, SPOTS.id)
    engine.close()


def test_warming_waits_for_what_was_committed_while_an_older_build_was_under_way(three: Space, engine: QueryEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    built, go_on = threading.Event(), threading.Event()

    def slowly(*given: object) -> Rows:
        built.set()
        go_on.wait(30)
        return rows_of(*given)  # type: ignore[arg-type]

    def asked(self: Keeper) -> threading.Thread:
        waiting.release()
        return build(self)

    rows_of, build, waiting = keeper_module.rows_of, Keeper._build, threading.Semaphore(0)
    monkeypatch.setattr(keeper_module, "rows_of", slowly)
    monkeypatch.setattr(Keeper, "_build", asked)
    with ThreadPoolExecutor(2) as pool:
        early = pool.submit(engine.warm, three, [SPOTS.id])
        assert built.wait(30)
        insert(three, *HERE, "new")
        late = pool.submit(engine.warm, three, [SPOTS.id])
        assert waiting.acquire(timeout=30) and waiting.acquire(timeout=30), "both wait for the one build"
        go_on.set()
        early.result(30)
        late.result(30)
    index = engine.index(three, SPOTS.id)
    assert index is not None and len(index) == 1 and index.version == three.versions()[SPOTS.id]


def test_an_index_that_cannot_be_built_leaves_the_answer_to_postgis(three: Space, engine: QueryEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    strewn(three, SPOTS.id, 20, 81)

    def broken(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr(LayerIndex, "__init__", broken)
    found = nearest(engine, three)
    assert found.answered_by == "postgis" and len(found.ranked) == 3 and engine.state()[0]["failed"] == 1


def test_a_half_applied_change_never_answers(warm: Space, engine: QueryEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(self: LayerIndex, *_: object) -> None:
        self.version = LayerVersion(10**6, uuid4())
        raise RuntimeError("in the middle")

    with monkeypatch.context() as patch:
        patch.setattr(LayerIndex, "apply", broken)
        one = insert(warm, *HERE, "new")
        assert nearest(engine, warm).ranked[0].id == one
    assert nearest(engine, warm).ranked[0].id == one and not engine.compare(warm, SPOTS.id)


def who_came_during_a_change_that_failed(engine: QueryEngine, space: Space, monkeypatch: pytest.MonkeyPatch, *, before: bool) -> tuple[LayerIndex, LayerIndex | None]:
    """The index, and what somebody may use who took it in the middle of the change, having asked for the version `before` it or after."""
    index, old = engine.index(space, SPOTS.id), space.versions()[SPOTS.id]
    assert index is not None
    came, held = threading.Event(), list[LayerIndex | None]()

    def read() -> None:
        taken = engine._in_step(space, SPOTS, old if before else space.versions()[SPOTS.id], OPERATOR)
        came.set()
        with _held(taken) as one:
            held.append(one)

    reader, plant = threading.Thread(target=read), index._tree.insert

    def broken(slot: int, box: object) -> None:
        plant(slot, box)
        reader.start()
        assert came.wait(20)
        raise MemoryError

    monkeypatch.setattr(index._tree, "insert", broken)
    one = insert(space, *HERE, "new")
    assert nearest(engine, space).ranked[0].id == one
    reader.join(20)
    return index, held[0]


@pytest.mark.parametrize("before", [True, False])
def test_a_change_that_fails_half_way_is_not_answered_from_by_those_who_waited(before: bool, warm: Space, engine: QueryEngine,
                                                                               monkeypatch: pytest.MonkeyPatch) -> None:
    stood = warm.versions()[SPOTS.id]
    index, held = who_came_during_a_change_that_failed(engine, warm, monkeypatch, before=before)
    assert held is None and not index.whole and index.version == stood
    assert engine.index(warm, SPOTS.id) is not index and not engine.compare(warm, SPOTS.id)


def test_a_build_that_moves_the_version_before_the_rows_is_answered_from(warm: Space, engine: QueryEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    """The wrong build: a half-changed index that says it stands at the new version."""

    def early(self: LayerIndex, changed: Rows, gone: Iterable[UUID], version: LayerVersion) -> None:
        with self.lock:
            self.version = version
            self._take_in(changed, list(gone))

    monkeypatch.setattr(LayerIndex, "apply", early)
    index, held = who_came_during_a_change_that_failed(engine, warm, monkeypatch, before=False)
    assert held is index and index.version == warm.versions()[SPOTS.id]


def test_a_filter_is_answered_at_the_version_of_its_snapshot(warm: Space, engine: QueryEngine) -> None:
    one = insert(warm, *HERE, "mine")
    found = engine.nearest(warm, NearestQuestion(*HERE, (SPOTS.id,), 1, filter="code = 'mine'"), OPERATOR).layers[0]
    assert found.answered_by == "index" and found.ranked[0].id == one and found.version == warm.versions()[SPOTS.id]


def test_a_drill_has_indexes_of_its_own(warm: Space, engine: QueryEngine, database: Database, controller: Actor) -> None:
    drill = database.space(database.open_drill("推演", controller).id)
    one = insert(drill, *HERE, "only here")
    assert nearest(engine, drill).ranked[0].id == one
    assert one not in [found.id for found in nearest(engine, warm).ranked]
    engine.forget(drill.id)
    assert {each["space"] for each in engine.state()} == {"live"}
    database.reset_drill(drill.id, controller)
    again = database.space(drill.id)
    assert one not in [found.id for found in nearest(engine, again).ranked]
    assert engine.index(again, SPOTS.id) is not None and not engine.compare(again, SPOTS.id)


def test_the_audit_finds_a_planted_difference(warm: Space, engine: QueryEngine) -> None:
    index = engine.index(warm, PLOTS.id)
    assert index is not None and not engine.compare(warm, PLOTS.id)
    index.measures[4] = 12_345.0
    found = engine.compare(warm, PLOTS.id)
    assert found.different == (index.ids[4],)


def test_threads_that_write_read_their_own_writes_while_others_ask(warm: Space, engine: QueryEngine) -> None:
    """Four writers each move a feature of their own and ask at once; four others only ask. Nobody is answered staler than what he wrote."""

    def write(who: int) -> int:
        lat = 41.0 + who / 50  # each at a place of his own, away from the rest
        mine = insert(warm, 109.4, lat, f"writer {who}")
        stale = 0
        for step in range(25):
            lon = 109.4 + step / 100
            move(warm, mine, lon, lat)
            first = engine.nearest(warm, NearestQuestion(lon, lat, (SPOTS.id,), 1), OPERATOR).layers[0].ranked[0]
            stale += first.id != mine or first.distance_m != 0.0
        return stale

    def ask() -> None:
        found = nearest(engine, warm, 10)
        assert len({one.id for one in found.ranked}) == 10
        engine.exposure(warm, ExposureQuestion(shapely.Point(*HERE), 5_000.0, LAYERS), OPERATOR)

    with meanwhile(ask, ask, ask), ThreadPoolExecutor(4) as pool:
        stale = list(pool.map(write, range(4)))
    assert stale == [0, 0, 0, 0] and not engine.compare(warm, SPOTS.id)


def test_two_engines_as_two_processes_have_them_both_follow(warm: Space, engine: QueryEngine, database: Database) -> None:
    other = QueryEngine(database)
    other.warm(warm, [SPOTS.id])
    for step in range(10):
        one = insert(warm, HERE[0] + step * 1e-9, HERE[1], f"n{step}")
        assert one in [found.id for found in nearest(engine, warm, 20).ranked] and one in [found.id for found in nearest(other, warm, 20).ranked]
    other.close()


def test_a_cut_connection_is_replaced_and_a_dead_database_is_said_to_be_unavailable(warm: Space, engine: QueryEngine, database: Database) -> None:
    nearest(engine, warm)
    with database.owner.begin() as connection:
        connection.execute(text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'onemap pulse' AND datname = current_database()"))
    time.sleep(0.1)
    assert nearest(engine, warm).answered_by == "index"
    with pytest.raises(Unavailable):
        database.pulse.close()
        database.pulse._conninfo = "host=/nowhere dbname=none"
        nearest(engine, warm)
