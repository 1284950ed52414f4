"""A ledger in what else befalls a space: lines that go, undoing, copies, drills, past moments, rows from before, the check."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.engine import URL

from geodata.store import contents, migration, promises
from geodata.store.database import Database
from geodata.store.features import Change
from geodata.store.past import space_id_of
from geodata.store.spaces import Space
from layers.catalogue import CATALOGUE
from layers.entries import AccountInUse, StockShort
from layers.errors import Conflict
from layers.spec import OPERATOR, Actor
from tests.conftest import SECRET, _create, _drop
from tests.geodata.store.shelf import BOOK, Shelf, whole


def test_a_line_goes_only_while_nothing_moved(shelf: Shelf, database: Database, psql: psycopg.Connection[Any]) -> None:
    with shelf.space.transaction(OPERATOR) as store:
        store.delete("supplies", shelf.tents, version=1, reason="录错")
    assert shelf.book(shelf.tents) == []
    shelf.enter(shelf.sand, "transfer", 1, to_line=shelf.other)
    for line in (shelf.sand, shelf.other):
        with pytest.raises(AccountInUse) as refused, shelf.space.transaction(OPERATOR) as store:
            store.delete("supplies", line, version=2, reason="录错")
        assert refused.value.values == {"line": "沙袋", "entries": 1} and isinstance(refused.value, Conflict)
    with pytest.raises(psycopg.Error, match="so it stays"):
        psql.execute("DELETE FROM onemap.supplies")
    whole(shelf, database)


def last_token(space: Space) -> UUID:
    with space.connected() as connection:
        return UUID(str(connection.scalar(text("SELECT token FROM onemap.commit_log ORDER BY at DESC LIMIT 1"))))


def test_undoing_a_movement_is_another_entry(shelf: Shelf, database: Database) -> None:
    shelf.enter(shelf.sand, "transfer", 40, to_line=shelf.other)
    with shelf.space.transaction(OPERATOR, "记错了") as store:
        store.undo(last_token(shelf.space))
    assert (shelf.stock(shelf.sand), shelf.stock(shelf.other)) == (100, 5)
    assert shelf.book(shelf.sand)[1:] == [("transfer", -40, 60, 2), ("count", 40, 100, 3)]
    whole(shelf, database)


def test_an_earlier_version_of_a_line_brings_no_earlier_stock(shelf: Shelf, database: Database) -> None:
    with shelf.space.transaction(OPERATOR) as store:
        store.patch("supplies", shelf.sand, {"place": "A区"}, version=1)
    shelf.enter(shelf.sand, "out", 60)
    with shelf.space.transaction(OPERATOR, "货位改错") as store:
        back = store.revert("supplies", shelf.sand, 1, version=3)
    assert (back.properties["place"], back.properties["quantity"]) == (None, 40)
    whole(shelf, database)


def test_a_copied_line_does_not_double_what_is_there(shelf: Shelf) -> None:
    with shelf.space.transaction(OPERATOR) as store:
        made = store.apply([Change("insert", "supplies", properties={}, copy_of=shelf.sand)])[0]
    assert made is not None and made.properties["quantity"] is None


def test_a_drill_has_a_ledger_of_its_own(shelf: Shelf, database: Database, controller: Actor) -> None:
    shelf.enter(shelf.sand, "out", 10)
    drill = database.open_drill("演练", controller)
    inside = Shelf.__new__(Shelf)
    inside.space = database.space(drill.id)
    inside.enter(shelf.sand, "out", 90, by=controller)
    with pytest.raises(StockShort):
        inside.enter(shelf.sand, "out", 1, by=controller)
    assert (inside.stock(shelf.sand), shelf.stock(shelf.sand)) == (0, 90)
    assert [one[3] for one in inside.book(shelf.sand)] == [1, 2, 3]
    database.close_drill(drill.id, controller)


def test_a_past_moment_has_the_entries_and_the_stock_of_then(shelf: Shelf, database: Database) -> None:
    with shelf.space.connected() as connection:
        then = connection.scalar(text("SELECT date_trunc('second', clock_timestamp()) + interval '1 second'"))
        connection.execute(text("SELECT pg_sleep_until(:then + interval '50 ms')"), {"then": then})
    assert then is not None
    shelf.enter(shelf.sand, "out", 10)
    before = Shelf.__new__(Shelf)
    before.space = database.space(space_id_of(then))
    assert before.stock(shelf.sand) == 100 and len(before.book(shelf.sand)) == 1


def test_numbers_from_before_are_opened_as_counted(cluster_url: URL) -> None:
    """A database of the script before, with stock in it, brought forward."""
    _create(cluster_url, "onemap_unopened")
    database = Database(cluster_url.set(database="onemap_unopened").render_as_string(hide_password=False), SECRET)
    try:
        with database.owner.connect() as connection:
            migration._prepare(database, connection)
            connection.commit()
            migration.command.upgrade(migration._config(connection, None, CATALOGUE), "0004")
            connection.execute(text("SELECT onemap_control.watch('onemap', name) FROM unnest(ARRAY['depots', 'supplies']) name"))
            connection.execute(text("INSERT INTO onemap.depots (name, geom) VALUES ('库', ST_SetSRID(ST_MakePoint(109.6, 40.6), 4490))"))
            connection.execute(text("INSERT INTO onemap.supplies (depot, name, quantity) SELECT id, '沙袋', q FROM onemap.depots, (VALUES (12.5), (0), (NULL)) v (q)"))
            connection.commit()
        for _ in range(2):
            database.migrate()
            with database.space().reading(OPERATOR) as store:
                book = store.page(BOOK).features
            assert sorted((one.properties["balance"], one.properties["number"], one.updated_by) for one in book) == [(0, 1, "upgrade"), (12.5, 1, "upgrade")]
        assert contents.balances(database).faults == () == contents.history(database).faults
    finally:
        database.dispose()
        _drop(cluster_url, "onemap_unopened")


def test_the_check_finds_a_number_that_went_past_the_ledger(shelf: Shelf, database: Database, psql: psycopg.Connection[Any]) -> None:
    for table in ("supplies", BOOK):
        psql.execute(f"ALTER TABLE onemap.{table} DISABLE TRIGGER USER")
    psql.execute("UPDATE onemap.supplies SET quantity = 99 WHERE id = %s", (shelf.sand,))
    psql.execute(f"DELETE FROM onemap.{BOOK} WHERE line = %s", (shelf.tents,))
    for table in ("supplies", BOOK):
        psql.execute(f"ALTER TABLE onemap.{table} ENABLE TRIGGER USER")
    psql.commit()
    fault = contents.balances(database).faults[0]
    assert (fault.code, fault.values["count"], fault.values["field"]) == ("ledger-differs", 2, "quantity")
    psql.execute("ALTER TABLE onemap.supplies DISABLE TRIGGER d_ledger_counted_supply_movements")
    psql.commit()
    assert [one.values["trigger"] for one in promises.kept(database).faults] == ["d_ledger_counted_supply_movements"]
    psql.execute(f"DROP TRIGGER b_ledger_enter ON onemap.{BOOK}")
    psql.commit()
    assert len(promises.kept(database).faults) == 2
