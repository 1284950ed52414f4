"""Drills: sealed copies of the live space, opened, reset and closed; only their role may write to them."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, insert, select, text, update

from geodata.store import ledgers, pyramid
from geodata.store.acting import say_who
from geodata.store.control import DRILLS
from geodata.store.faults import translated
from geodata.store.idempotency import Keys
from geodata.store.metadata import DRILL_ROLE, LIVE_SCHEMA
from geodata.store.spaces import LIVE, Space, SpaceRecord, run_time_layers, watch
from geodata.store.tables import DEFINITIONS, SpaceTables, space_tables
from layers.collection import Catalogue
from layers.errors import Forbidden, InvalidInput, Problem, SpaceNotFound
from layers.spec import Actor, Role

if TYPE_CHECKING:
    from geodata.store.database import Database

MAX_NAME = 100


class Drills:
    """The drills of one database."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._snapshot = database.owner.execution_options(isolation_level="REPEATABLE READ")  # every table as of one moment

    def record(self, drill_id: str) -> SpaceRecord:
        """An open drill, or SpaceNotFound."""
        with translated(), self._database.engine.connect() as connection:
            row = connection.execute(select(DRILLS).where(DRILLS.c.id == drill_id, DRILLS.c.closed_at.is_(None))).first()
        if row is None:
            raise SpaceNotFound(space=drill_id)
        return _record(row)

    def all(self, *, closed: bool) -> list[SpaceRecord]:
        """Drills, newest first."""
        query = select(DRILLS).order_by(DRILLS.c.opened_at.desc())
        with translated(), self._database.engine.connect() as connection:
            return [_record(row) for row in connection.execute(query if closed else query.where(DRILLS.c.closed_at.is_(None)))]

    def open(self, name: str, actor: Actor) -> SpaceRecord:
        """Copy the live space as of now into a schema of its own."""
        with self.opening(actor) as opening:
            return opening.open(name)

    @contextmanager
    def opening(self, actor: Actor) -> Iterator[Opening]:
        """A transaction in which a drill is opened, and the key under which it is done once."""
        _controllers_only(actor)
        live = self._database.space(LIVE)
        with translated(), self._snapshot.begin() as connection:
            yield Opening(connection, live, self._database.catalogue, actor)

    def reset(self, drill_id: str, actor: Actor) -> SpaceRecord:
        """Drop the copy and make it anew as of now, under the same id."""
        _controllers_only(actor)
        schema = self.record(drill_id).schema
        with translated(drill_id), self._snapshot.begin() as connection:
            connection.execute(text(f'DROP SCHEMA "{schema}" CASCADE'))
            as_of = _copy(connection, self._database.catalogue, schema)
            say_who(connection, actor)
            connection.execute(update(DRILLS).where(DRILLS.c.id == drill_id).values(as_of=as_of))
        return self.record(drill_id)

    def close(self, drill_id: str, actor: Actor) -> SpaceRecord:
        """Drop the copy; the record keeps who ended it and when."""
        _controllers_only(actor)
        schema = self.record(drill_id).schema
        with translated(drill_id), self._database.owner.begin() as connection:
            say_who(connection, actor)
            connection.execute(text(f'DROP SCHEMA "{schema}" CASCADE'))
            row = connection.execute(update(DRILLS).where(DRILLS.c.id == drill_id)
                                     .values(closed_at=datetime.now(UTC), closed_by=actor.name).returning(DRILLS)).one()
        return _record(row)


class Opening(Keys):
    """One transaction that copies the live space."""

    def __init__(self, connection: Connection, live: Space, catalogue: Catalogue, actor: Actor) -> None:
        super().__init__(connection, live.tables, actor.name)
        self._catalogue = catalogue
        self._actor = actor

    def open(self, name: str) -> SpaceRecord:
        """The drill, there for all when the transaction commits."""
        name = name.strip()
        if not name or len(name) > MAX_NAME:
            raise InvalidInput(problems=[Problem("/name", "required" if not name else "too-long", {"field": "name", "maximum": MAX_NAME})])
        drill_id = f"d{datetime.now(UTC):%m%d}{secrets.token_hex(3)}"
        as_of = _copy(self.connection, self._catalogue, _schema(drill_id))
        say_who(self.connection, self._actor)
        values = {"id": drill_id, "name": name, "opened_at": as_of, "opened_by": self._actor.name, "as_of": as_of}
        return _record(self.connection.execute(insert(DRILLS).values(values).returning(DRILLS)).one())


def open_schemas(connection: Connection) -> list[str]:
    """The schemas of the drills that go on."""
    return [_schema(one) for one in connection.scalars(select(DRILLS.c.id).where(DRILLS.c.closed_at.is_(None)))]


def close_all(connection: Connection, by: str = "upgrade") -> None:
    """End every open drill; their records say by what."""
    say_who(connection, Actor(by, frozenset()))
    open_ones = connection.scalars(update(DRILLS).where(DRILLS.c.closed_at.is_(None))
                                   .values(closed_at=datetime.now(UTC), closed_by=by).returning(DRILLS.c.id)).all()
    for drill_id in open_ones:
        connection.execute(text(f'DROP SCHEMA "{_schema(drill_id)}" CASCADE'))


def _controllers_only(actor: Actor) -> None:
    if Role.DRILL_CONTROLLER not in actor.roles:
        raise Forbidden(action="drill")


def _schema(drill_id: str) -> str:
    return f"drill_{drill_id}"


def _record(row: Any) -> SpaceRecord:
    return SpaceRecord(row.id, row.name, _schema(row.id), row.opened_at, row.opened_by, row.as_of, row.closed_at)


def _copy(connection: Connection, built_in: Catalogue, schema: str) -> datetime:
    """Make `schema` with the live tables and rows of this moment; returns the moment. Triggers come after the rows, so
    the copy starts with an empty history and every layer at version 0 of a history of its own. Which layers there are
    is read in the snapshot that the rows come from: one made meanwhile is wholly in the copy, or not at all."""
    connection.execute(text("SET LOCAL lock_timeout = '5s'"))
    catalogue = built_in.with_layers(*run_time_layers(connection, space_tables(built_in)))
    tables = space_tables(catalogue)
    connection.execute(text(f'CREATE SCHEMA "{schema}"'))
    translated_to = connection.execution_options(schema_translate_map={LIVE_SCHEMA: schema})
    tables.metadata.create_all(translated_to, checkfirst=False)
    connection.execution_options(schema_translate_map={})
    for name in _in_order(tables):
        columns = ", ".join(f'"{one.name}"' for one in tables.metadata.tables[f"{LIVE_SCHEMA}.{name}"].columns)
        connection.execute(text(f'INSERT INTO "{schema}"."{name}" ({columns}) SELECT {columns} FROM "{LIVE_SCHEMA}"."{name}"'))
        watch(connection, schema, name)
    ledgers.keep(connection, schema, catalogue)
    pyramid.make_tables(connection, schema)
    seal(connection, schema)
    moment = connection.scalar(text("SELECT now()"))
    assert moment is not None
    return moment


def _in_order(tables: SpaceTables) -> list[str]:
    """Layer tables, those referred to before those that refer, and the run-time definitions."""
    return [table.name for table in tables.metadata.sorted_tables if table.name in tables.layers or table.name == DEFINITIONS]


def seal(connection: Connection, schema: str, role: str = DRILL_ROLE) -> None:
    """Let a role use a space's schema: read all of it, write its layers (granted by `watch`) and its idempotency keys."""
    connection.execute(text(f'GRANT USAGE ON SCHEMA "{schema}" TO {role}'))
    connection.execute(text(f'GRANT SELECT ON ALL TABLES IN SCHEMA "{schema}" TO {role}'))
    connection.execute(text(f'GRANT INSERT, UPDATE, DELETE ON "{schema}".idempotency TO {role}'))
