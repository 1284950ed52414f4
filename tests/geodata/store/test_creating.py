"""A layer made at run time comes with its first rows or not at all, and is in a drill wholly or not at all."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from signal import SIGKILL
from typing import Any

import pytest
from shapely import Point
from sqlalchemy import Connection, text
from sqlalchemy.exc import ProgrammingError

from geodata.files.loading import LoadOptions, commit, plan
from geodata.files.report import LoadReport
from geodata.store import bulk, drills
from geodata.store.batch import Row
from geodata.store.database import Database
from geodata.store.features import Store
from geodata.store.spaces import Space
from layers.errors import Conflict, Forbidden, Unavailable
from layers.spec import OPERATOR, Actor, Family, Field, Geometry, Label, Layer, Style
from tests.conftest import SECRET
from tests.geodata.files.making import shapefile
from tests.geodata.store.test_drills import live_hash
from tests.meanwhile import meanwhile

ROOT = Path(__file__).parents[3]


def wells(layer_id: str = "wells") -> Layer:
    return Layer(layer_id, Label("水井", "Wells"), Geometry.POINT, (Field("code", Label("编号", "Code")),), Style(Family.RESOURCE), key="code", title="code")


def load(space: Space, path: Path) -> LoadReport:
    return commit(space, plan(space, "halls", path, LoadOptions(create=True), OPERATOR), OPERATOR, reason="why")


@pytest.fixture
def elsewhere(database: Database) -> Iterator[Database]:
    """The same database as another process has it."""
    other = Database(database.owner.url.render_as_string(hide_password=False), SECRET)
    yield other
    other.dispose()


def crash(database: Database) -> Callable[[Connection], None]:
    def raises(_: Connection) -> None:
        raise RuntimeError("in the middle")

    return raises


def cut(database: Database) -> Callable[[Connection], None]:
    def cuts(connection: Connection) -> None:
        with database.owner.begin() as another:
            another.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": connection.connection.driver_connection.info.backend_pid})  # type: ignore[union-attr]

    return cuts


def failing(place: str, fault: Callable[[Connection], None]) -> Callable[..., None]:
    """Sending the rows, with a fault before, after the first of them or after all."""
    sent = bulk._Sent.copy

    def copy(self: bulk._Sent, connection: Connection, target: str, **how: Any) -> None:
        if place == "before":
            fault(connection)
        sent(replace(self, wrote=(lambda *_: fault(connection)) if place == "amid" else None), connection, target, **how)
        if place == "after":
            fault(connection)

    return copy


@pytest.mark.parametrize("place", ["before", "amid", "after"])
@pytest.mark.parametrize(("fault", "said"), [(crash, RuntimeError), (cut, Unavailable)])
def test_a_fault_after_the_table_was_made_leaves_nothing(fault: Callable[..., Any], said: type[Exception], place: str, database: Database, space: Space,
                                                        tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before, path = live_hash(database), shapefile(tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(bulk, "_BATCH", 1)
        patch.setattr(bulk._Sent, "copy", failing(place, fault(database)))
        with pytest.raises(said):
            load(space, path)
    assert live_hash(database) == before and "halls" not in space.versions()
    assert (report := load(space, path)).created and report.inserted == 3


def test_a_process_killed_while_rows_are_copied_leaves_nothing(database: Database, space: Space, tmp_path: Path) -> None:
    before, path = live_hash(database), shapefile(tmp_path)
    script = """
import os, signal, sys
from geodata.store import bulk
from geodata.store.database import Database
from tests.geodata.store.test_creating import Path, load
bulk._BATCH, sent = 1, bulk.hexlify
shapes = []
bulk.hexlify = lambda shape: shapes.append(shape) or (sent(shape) if len(shapes) == 1 else os.kill(os.getpid(), signal.SIGKILL))
load(Database(sys.argv[1], sys.argv[2]).space(), Path(sys.argv[3]))
"""
    url = database.owner.url.render_as_string(hide_password=False)
    killed = subprocess.run([sys.executable, "-c", script, url, SECRET, str(path)], cwd=ROOT, capture_output=True, timeout=60, check=False)
    assert killed.returncode == -SIGKILL, killed.stderr
    assert live_hash(database) == before and "halls" not in space.versions()


def test_a_build_that_commits_the_layer_before_its_rows_leaves_it_empty(database: Database, space: Space, tmp_path: Path,
                                                                        monkeypatch: pytest.MonkeyPatch) -> None:
    """The wrong build that the tests above must catch."""
    creating = Space.creating

    @contextmanager
    def in_two_steps(self: Space, layer: Layer, actor: Actor, reason: str | None = None) -> Iterator[Store]:
        with creating(self, layer, actor, reason):
            pass
        with self.transaction(actor, reason) as store:
            yield store

    before = live_hash(database)
    monkeypatch.setattr(Space, "creating", in_two_steps)
    monkeypatch.setattr(bulk._Sent, "copy", failing("amid", crash(database)))
    with pytest.raises(RuntimeError):
        load(space, shapefile(tmp_path))
    assert live_hash(database) != before and "halls" in space.versions()


def test_layer_and_rows_are_one_commit_that_says_who_and_why(database: Database, space: Space, tmp_path: Path) -> None:
    start = space.feed(None).cursor
    load(space, shapefile(tmp_path))
    told = {item.layer: item for item in space.feed(start).items if item.version > 0}
    assert {(item.by, item.reason, item.version) for item in told.values()} == {(OPERATOR.name, "why", 1)}
    assert set(told) == {"halls", "layer_definition"} and len({item.token for item in told.values()}) == 1
    assert [one.op for one in told["halls"].features] == ["insert"] * 3
    with space.reading(OPERATOR) as store:
        for one in told["halls"].features:
            assert [(step.by, step.reason, step.after["bian_hao"] is not None) for step in store.history("halls", one.id) if step.after] == [(OPERATOR.name, "why", True)]


def test_the_rows_are_written_as_the_role_of_the_space(database: Database, space: Space, controller: Actor) -> None:
    drill = database.space(database.open_drill("演练", controller).id)
    for here, role in ((space, "onemap_live"), (drill, "onemap_drill")):
        with here.creating(wells(), OPERATOR) as store:
            assert store.connection.scalar(text("SELECT current_user")) == role
    with pytest.raises(ProgrammingError, match="permission denied"), drill.creating(wells("pumps"), controller) as store:
        store.connection.execute(text("DELETE FROM onemap.shelters"))
    assert "pumps" not in drill.versions() and {"wells"} <= set(drill.versions()) & set(space.versions())


def test_who_may_not_make_layers_makes_none(database: Database, space: Space, viewer: Actor) -> None:
    before = live_hash(database)
    with pytest.raises(Forbidden), space.creating(wells(), viewer):
        pass
    assert live_hash(database) == before


@pytest.mark.parametrize("taken", ["shelters", "history", "layer_state"])
def test_a_name_in_use_is_a_conflict(taken: str, space: Space) -> None:
    with pytest.raises(Conflict):
        space.create_layer(wells(taken), OPERATOR)


def test_of_two_who_make_the_same_layer_the_second_waits_and_is_told(space: Space, elsewhere: Database) -> None:
    there = elsewhere.space()
    with ThreadPoolExecutor(1) as pool:
        with space.creating(wells(), OPERATOR) as store:
            second = pool.submit(there.create_layer, wells(), OPERATOR)
            while not store.connection.scalar(text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")):
                assert not second.done()
            store.insert("wells", {"code": "W1"}, Point(109.8, 40.6))
        with pytest.raises(Conflict):
            second.result(20)
    with elsewhere.space().reading(OPERATOR) as reader:
        assert reader.count("wells") == 1


def torn(database: Database, schema: str) -> set[str]:
    """Run-time layers of a space that have a definition and no table, or a table and no definition."""
    with database.owner.connect() as connection:
        defined = set(connection.scalars(text(f'SELECT layer FROM "{schema}".layer_definition')))
        tables = set(connection.scalars(text("SELECT tablename FROM pg_tables WHERE schemaname = :schema AND tablename LIKE 'wells%'"), {"schema": schema}))
    return defined ^ tables


def test_a_drill_opened_while_a_layer_is_being_made_has_all_of_it_or_none(database: Database, space: Space, elsewhere: Database, controller: Actor) -> None:
    elsewhere.space()
    with space.creating(wells(), OPERATOR) as store:
        store.upsert("wells", [Row({"code": "W1"}, Point(109.8, 40.6))])
        early = elsewhere.open_drill("早", controller).id  # and does not wait for a load of an hour
    late = elsewhere.open_drill("晚", controller).id
    assert torn(database, f"drill_{early}") == set() == torn(database, f"drill_{late}")
    assert "wells" not in elsewhere.space(early).catalogue
    with elsewhere.space(late).reading(controller) as reader:
        assert reader.count("wells") == 1


def test_layers_made_and_drills_opened_at_once(database: Database, space: Space, elsewhere: Database, controller: Actor) -> None:
    opened: list[str] = []
    with meanwhile(lambda: opened.append(elsewhere.open_drill("演练", controller).id)):
        for number in range(8):
            with space.creating(wells(f"wells{number}"), OPERATOR) as store:
                store.upsert(f"wells{number}", [Row({"code": "W1"}, Point(109.8, 40.6))])
    assert opened and [torn(database, f"drill_{one}") for one in opened] == [set()] * len(opened)
    for one in opened:
        drill = elsewhere.space(one)
        with drill.reading(controller) as reader:
            assert all(reader.count(layer) == 1 for layer in drill.catalogue if layer.startswith("wells"))


def test_a_build_that_copies_the_layers_it_knew_of_tears_one(database: Database, space: Space, controller: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    """The wrong build that the tests above must catch: one read before the snapshot of the rows."""
    space.create_layer(wells(), OPERATOR)
    monkeypatch.setattr(drills, "run_time_layers", lambda *_: [])
    drill = database.open_drill("演练", controller)
    assert torn(database, drill.schema) == {"wells"}
