"""Indexes are held to PostGIS a part at a time; what has drifted is no more answered from and is built anew."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from uuid import uuid4

import pytest
import shapely

from geodata.queries import audit as audit_module
from geodata.queries.engine import QueryEngine
from geodata.queries.index import LayerIndex
from geodata.store.database import Database
from geodata.store.spaces import Space
from layers.spec import Actor
from tests.conftest import SECRET
from tests.geodata.queries.conftest import LAYERS, SPOTS, strewn
from tests.geodata.queries.test_in_step import HERE, insert, move, nearest
from tests.meanwhile import meanwhile


@pytest.fixture
def warm(three: Space, engine: QueryEngine, monkeypatch: pytest.MonkeyPatch) -> Space:
    """The three layers, indexed, and audits so small that a layer takes several parts and several rounds."""
    monkeypatch.setattr(audit_module, "_AT_ONCE", 20)
    monkeypatch.setattr(audit_module, "_IN_TURN", 4)
    for layer in LAYERS:
        strewn(three, layer, 200, 61)
    engine.warm(three, LAYERS)
    return three


def lost(index: LayerIndex) -> None:
    index._uproot(index.ids[190])  # type: ignore[arg-type]


def too_many(index: LayerIndex) -> None:
    slot, new = 7, uuid4()
    index.slot_of[new] = len(index.ids)
    index.ids.append(new)
    for column in ("shapes", "boxes", "lon", "lat", "service", "measures", "origin", "verified"):
        index._grow(len(index.ids))
        getattr(index, column)[-1] = getattr(index, column)[slot]


def moved(index: LayerIndex) -> None:
    index.shapes[100] = shapely.Point(*HERE)


def closed(index: LayerIndex) -> None:
    index.service[199] ^= 1


def out_of_reach(index: LayerIndex) -> None:
    index._tree.delete(3, index._squeezed(index.boxes[3]))


PLANTED: list[Callable[[LayerIndex], None]] = [lost, too_many, moved, closed, out_of_reach]


@pytest.mark.parametrize("plant", PLANTED)
def test_whatever_drifted_is_found_in_turn_and_built_anew(plant: Callable[[LayerIndex], None], warm: Space, engine: QueryEngine) -> None:
    index = engine.index(warm, SPOTS.id)
    assert index is not None
    plant(index)
    rounds = [engine.audit(3) for _ in range(3)]  # 80 of 200 features of each layer in a round
    found = [one for each in rounds for one in each if one.drifted]
    assert [one.layer for one in found] == [SPOTS.id] and not index.whole
    engine.warm(warm, [SPOTS.id])
    assert engine.index(warm, SPOTS.id) is not index and not engine.compare(warm, SPOTS.id)
    said = {one["layer"]: one for one in engine.state()}
    assert (said[SPOTS.id]["drifted"], said[LAYERS[1]]["drifted"], said[LAYERS[1]]["audited"]) == (1, 0, 3)


def test_without_an_audit_a_drifted_index_goes_on_answering(warm: Space, engine: QueryEngine) -> None:
    """The wrong build that the test above must catch: versions agree, so nothing else notices."""
    index = engine.index(warm, SPOTS.id)
    assert index is not None
    before = nearest(engine, warm).ranked[0].id
    index._uproot(before)
    for _ in range(5):
        assert nearest(engine, warm).ranked[0].id != before
    assert engine.index(warm, SPOTS.id) is index and bool(engine.compare(warm, SPOTS.id))
    engine.audit(3)
    assert nearest(engine, warm).ranked[0].id == before


def test_layers_are_looked_at_in_turn(warm: Space, engine: QueryEngine) -> None:
    assert sorted(one.layer for _ in range(3) for one in engine.audit(1)) == sorted(LAYERS)


def test_an_index_that_only_moved_on_is_not_taken_for_drifted(warm: Space, engine: QueryEngine) -> None:
    one, steps = insert(warm, *HERE, "new"), itertools.count(1)
    with meanwhile(lambda: move(warm, one, HERE[0] + next(steps) / 1e4, HERE[1])):
        rounds = [engine.audit(3) for _ in range(8)]
    assert not any(index.drifted for each in rounds for index in each)


@pytest.fixture
def elsewhere(database: Database) -> Iterator[Database]:
    """The same database as another process has it."""
    other = Database(database.owner.url.render_as_string(hide_password=False), SECRET)
    yield other
    other.dispose()


def test_indexes_of_drills_that_another_process_ended_or_copied_anew_are_let_go(warm: Space, engine: QueryEngine, database: Database, elsewhere: Database,
                                                                               controller: Actor) -> None:
    ended, reset = (database.space(database.open_drill(name, controller).id) for name in ("一", "二"))
    for drill in (ended, reset):
        engine.warm(drill, [SPOTS.id])
    assert {one["space"] for one in engine.state()} == {"live", ended.id, reset.id}
    elsewhere.close_drill(ended.id, controller)
    elsewhere.reset_drill(reset.id, controller)
    engine.audit(0)
    assert {one["space"] for one in engine.state()} == {"live"}


def test_an_audit_takes_one_connection(three: Space, database: Database) -> None:
    strewn(three, SPOTS.id, 50, 5)
    narrow = Database(database.owner.url.render_as_string(hide_password=False), SECRET, pool_size=1)
    engine = QueryEngine(narrow)
    engine.warm(narrow.space(), [SPOTS.id])
    with narrow.engine.connect():  # the pool gives two at most; this is the other
        insert(three, *HERE, "new")
        assert [(one.features, one.drifted) for one in engine.audit(3)] == [(50, False)]
    engine.close()
    narrow.dispose()
