"""What one process does to a drill, another notices before its next answer: closed, or copied anew."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
from shapely import Point
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from geodata.queries.engine import QueryEngine
from geodata.queries.nearest import LayerRanking, NearestQuestion
from geodata.store import faults
from geodata.store.database import Database
from geodata.store.features import Store
from geodata.store.pulse import Pulse
from geodata.store.spaces import Space, SpaceRecord
from layers.errors import SpaceNotFound, TooMany, Unavailable
from layers.spec import OPERATOR, Actor
from tests.conftest import SECRET
from tests.geodata.store.test_features import put, shelter


@pytest.fixture
def other(database: Database) -> Iterator[Database]:
    """The same database as another process has it."""
    other = Database(database.owner.url.render_as_string(hide_password=False), SECRET)
    yield other
    other.dispose()


@pytest.fixture
def drill(database: Database, space: Space, controller: Actor) -> SpaceRecord:
    put(space, shelter(), Point(109.8, 40.6))
    return database.open_drill("演练", controller)


def first(engine: QueryEngine, space: Space, actor: Actor) -> LayerRanking:
    return engine.nearest(space, NearestQuestion(109.9, 40.6, ("shelters",), 1), actor).layers[0]


def test_a_drill_reset_by_one_process_is_the_new_copy_in_another(database: Database, other: Database, drill: SpaceRecord, controller: Actor) -> None:
    engine, there = QueryEngine(other), other.space(drill.id)
    with there.transaction(controller) as store:
        store.insert("shelters", shelter("D1"), Point(109.9, 40.6))
    engine.warm(there, ["shelters"])
    assert first(engine, there, controller).ranked[0].distance_m == 0.0
    old = engine.index(there, "shelters")
    reset = database.reset_drill(drill.id, controller)
    again = other.space(drill.id)
    assert again.record == reset and reset.as_of > drill.as_of
    assert engine.index(again, "shelters") is not old
    assert first(engine, again, controller).ranked[0].distance_m > 8_000
    engine.close()


def test_a_build_that_only_asks_whether_the_drill_is_open_keeps_the_old_moment(database: Database, other: Database, drill: SpaceRecord, controller: Actor,
                                                                               monkeypatch: pytest.MonkeyPatch) -> None:
    """The wrong build that the test above must catch."""
    as_of = Pulse.as_of
    monkeypatch.setattr(Pulse, "as_of", lambda self, one: drill.as_of if as_of(self, one) else None)
    other.space(drill.id)
    assert database.reset_drill(drill.id, controller).as_of != other.space(drill.id).record.as_of


def count(store: Store) -> None:
    store.count("shelters")


def insert(store: Store) -> None:
    store.insert("shelters", shelter(f"X{uuid4()}"), Point(109.8, 40.6))


ASKED: dict[str, Callable[[Space, Actor], Any]] = {
    "versions": lambda space, _: space.versions(),
    "refresh": lambda space, _: space.refresh(),
    "feed": lambda space, _: space.feed(None),
    "reading": lambda space, actor: _within(space.reading(actor), count),
    "transaction": lambda space, actor: _within(space.transaction(actor), insert),
    "nearest": lambda space, actor: first(QueryEngine(None, indexed=False), space, actor),  # type: ignore[arg-type]
}


def _within(opened: Any, act: Callable[[Store], None]) -> None:
    with opened as store:
        act(store)


@pytest.mark.parametrize("asked", ASKED)
def test_a_drill_closed_by_one_process_is_not_found_by_another_that_holds_it(asked: str, database: Database, other: Database, drill: SpaceRecord,
                                                                             controller: Actor) -> None:
    held = other.space(drill.id)
    ASKED[asked](held, controller)
    database.close_drill(drill.id, controller)
    with pytest.raises(SpaceNotFound) as refused:
        ASKED[asked](held, controller)
    assert refused.value.values == {"space": drill.id}
    with pytest.raises(SpaceNotFound):
        other.space(drill.id)


def test_a_build_that_takes_every_fault_for_an_outage_says_unavailable(database: Database, other: Database, drill: SpaceRecord, controller: Actor,
                                                                       monkeypatch: pytest.MonkeyPatch) -> None:
    """The wrong build: psycopg's class for a code is no child of the class for its group."""
    monkeypatch.setattr(faults, "pg", SimpleNamespace(**{**vars(faults.pg), "ProgrammingError": ZeroDivisionError}))
    held = other.space(drill.id)
    database.close_drill(drill.id, controller)
    with pytest.raises(Unavailable):
        ASKED["reading"](held, controller)


def test_those_who_close_or_reset_a_drill_twice_are_told_that_it_is_gone(database: Database, other: Database, drill: SpaceRecord, controller: Actor,
                                                                         monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(other._drills, "record", lambda _: drill)  # as they saw it a moment before
    database.close_drill(drill.id, controller)
    for again in (other.close_drill, other.reset_drill):
        with pytest.raises(SpaceNotFound):
            again(drill.id, controller)


def test_readers_of_a_drill_that_is_closed_hear_nothing_but_that_it_is_gone(database: Database, other: Database, drill: SpaceRecord, controller: Actor) -> None:
    asked, held, until = threading.Semaphore(0), other.space(drill.id), time.monotonic() + 30

    def read() -> Exception | None:
        while time.monotonic() < until:
            try:
                for ask in ASKED.values():
                    ask(held, controller)
            except Exception as refused:
                if not isinstance(refused, TooMany):  # told to come again while the closing holds the tables
                    return refused
            asked.release()
        return None

    with ThreadPoolExecutor(4) as pool:
        readers = [pool.submit(read) for _ in range(4)]
        for _ in range(8):
            assert asked.acquire(timeout=20)
        while database.drills():
            with suppress(TooMany):  # its locks and theirs may cross; it then is told to come again
                database.close_drill(drill.id, controller)
        assert {type(one.result(60)) for one in readers} == {SpaceNotFound}


def test_a_right_that_is_not_there_does_not_look_like_an_outage(other: Database, drill: SpaceRecord, controller: Actor) -> None:
    with pytest.raises(ProgrammingError, match="permission denied"), other.space(drill.id).transaction(controller) as store:
        store.connection.execute(text("DELETE FROM onemap.shelters"))


def test_a_layer_made_in_a_drill_that_is_gone_is_refused(database: Database, other: Database, drill: SpaceRecord) -> None:
    from tests.geodata.store.test_creating import wells

    held = other.space(drill.id)
    database.close_drill(drill.id, Actor("c", frozenset({*OPERATOR.roles})))
    with pytest.raises(SpaceNotFound):
        held.create_layer(wells(), OPERATOR)
