"""What the database promises whoever writes: rows do not go without a trace, and the record of changes stays as it was."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import URL

from geodata.store import migration, promises
from geodata.store.binaries import choose
from geodata.store.cluster import SUPERUSER
from geodata.store.database import Database
from geodata.store.spaces import Space
from geodata.store.system_user import database_user
from geodata.store.tables import DEFINITIONS
from layers.spec import OPERATOR, Actor
from tests.geodata.store.test_features import put, shelter
from tests.geodata.store.test_migration import WELLS

Say = Callable[[URL, str], str]


def _as_owner(url: URL, statement: str) -> str:
    """What PostgreSQL answers to the owner of the tables: its complaint, or nothing."""
    engine = create_engine(url)
    try:
        with engine.begin() as connection:
            connection.exec_driver_sql(statement)
    except Exception as refused:
        return str(refused)
    finally:
        engine.dispose()
    return ""


def _as_superuser(url: URL, statement: str) -> str:
    engine = create_engine(url)
    with engine.connect() as connection:
        above = connection.scalar(text("SELECT rolsuper FROM pg_roles WHERE rolname = current_user"))
    engine.dispose()
    if above:
        return _as_owner(url, statement)
    data = Path(str(url.query["host"])).parent / "data"
    psql = [str(choose(data).bin / "psql"), "-X", "-v", "ON_ERROR_STOP=1", "-h", str(url.query["host"]), "-U", SUPERUSER, "-d", str(url.database), "-c", statement]
    return database_user(data).run(psql).stderr


@pytest.fixture(params=[_as_owner, _as_superuser], ids=["owner", "superuser"])
def say(request: pytest.FixtureRequest) -> Say:
    asked: Say = request.param
    return asked


@pytest.mark.parametrize("statement", ["TRUNCATE onemap.shelters", "TRUNCATE onemap.wells", f"TRUNCATE onemap.{DEFINITIONS}", "TRUNCATE onemap.depots CASCADE"])
def test_nobody_empties_a_layer_unnoticed(space: Space, database_url: URL, say: Say, statement: str) -> None:
    space.create_layer(WELLS, OPERATOR)
    put(space, shelter())
    before = space.versions()
    said = say(database_url, statement)
    assert "TRUNCATE would leave no version, history or event" in said and "请用 DELETE FROM onemap." in said
    with space.reading(OPERATOR) as store:
        assert store.count("shelters") == 1
    assert space.versions() == before


@pytest.mark.parametrize("statement", ["TRUNCATE onemap.history", "DELETE FROM onemap.history", "UPDATE onemap.history SET by = 'x'", "TRUNCATE onemap.commit_log",
                                       "DELETE FROM onemap.commit_log", "UPDATE onemap.commit_log SET by = 'x'", "TRUNCATE onemap.layer_state"])
def test_nobody_rewrites_what_was_recorded(space: Space, database_url: URL, say: Say, statement: str) -> None:
    feature_id = put(space, shelter())
    assert "·" in say(database_url, statement)
    with space.reading(OPERATOR) as store:
        assert [one.op for one in store.history("shelters", feature_id)] == ["insert"]
    put(space, shelter("T2"))


def test_a_delete_by_the_owner_is_told(space: Space, database_url: URL, say: Say) -> None:
    feature_id = put(space, shelter())
    before = space.versions()["shelters"].version
    assert say(database_url, "DELETE FROM onemap.shelters") == ""
    with space.reading(OPERATOR) as store:
        assert [one.op for one in store.history("shelters", feature_id)] == ["insert", "delete"]
    assert space.versions()["shelters"].version == before + 1


def test_a_drill_keeps_the_promise_too(database: Database, database_url: URL, controller: Actor) -> None:
    drill = database.open_drill("演练", controller)
    for table in ("shelters", "history"):
        assert "TRUNCATE" in _as_owner(database_url, f'TRUNCATE "{drill.schema}".{table}')
    database.close_drill(drill.id, controller)


def test_an_upgrade_puts_layers_made_before_under_the_promise(database: Database, space: Space) -> None:
    """A run-time layer of an earlier version has no trigger against TRUNCATE; the next start gives it one."""
    space.create_layer(WELLS, OPERATOR)
    with database.owner.begin() as connection:
        connection.execute(text("DROP TRIGGER a_refuse_truncate ON onemap.wells"))
        connection.execute(text("DROP TRIGGER a_keep_record ON onemap.history"))
    assert len(promises.kept(database).faults) == 2
    migration.run(database)
    assert promises.kept(database).faults == ()
