"""A space: the live data or a drill's sealed copy, each a schema of its own reached by its own database role."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Engine, select, text
from sqlalchemy.schema import CreateIndex, CreateTable

from geodata.store.changes import Feed, LayerVersion, read_feed, read_versions
from geodata.store.faults import translated
from geodata.store.features import Store
from geodata.store.metadata import DRILL_ROLE, LIVE_ROLE, LIVE_SCHEMA
from geodata.store.tables import DEFINITIONS, SpaceTables, space_tables
from layers.errors import Conflict, Forbidden
from layers.serial import layer_from_json, layer_to_json
from layers.spec import Action, Actor, Catalogue, Layer, Role

LIVE = "live"
_CREATORS = frozenset({Role.GIS_STAFF, Role.PLANNER})


@dataclass(frozen=True)
class SpaceRecord:
    """What is known of a space: a drill has the moment whose data it copies, and one when it ended."""

    id: str
    name: str
    schema: str
    opened_at: datetime
    opened_by: str
    as_of: datetime
    closed_at: datetime | None = None

    @property
    def is_drill(self) -> bool:
        return self.id != LIVE

    @staticmethod
    def live() -> SpaceRecord:
        now = datetime.now(UTC)
        return SpaceRecord(LIVE, "实战", LIVE_SCHEMA, now, "", now)


class Space:
    """One space as a process sees it. Thread-safe; `catalogue` follows run-time layers made by any process."""

    def __init__(self, record: SpaceRecord, engine: Engine, owner: Engine, built_in: Catalogue) -> None:
        self.record = record
        self.engine = engine.execution_options(schema_translate_map={LIVE_SCHEMA: record.schema})
        self._owner = owner.execution_options(schema_translate_map={LIVE_SCHEMA: record.schema})
        self._built_in = built_in
        self._lock = threading.Lock()
        self._known: LayerVersion | None = None
        self.tables: SpaceTables = space_tables(built_in)
        self.catalogue: Catalogue = built_in

    @property
    def id(self) -> str:
        return self.record.id

    @property
    def schema(self) -> str:
        return self.record.schema

    @property
    def is_drill(self) -> bool:
        return self.record.is_drill

    def versions(self, layers: Iterable[str] | None = None) -> dict[str, LayerVersion]:
        """(version, token) of each layer, in one query; also notices run-time layers made elsewhere."""
        with translated(), self.engine.connect() as connection:
            versions = read_versions(connection, self.tables)
        if versions.get(DEFINITIONS) != self._known:
            self.refresh()
        return {layer: one for layer, one in versions.items()
                if layer in self.catalogue and (layers is None or layer in layers)}

    def refresh(self) -> None:
        """Take in run-time layers whose definitions changed since they were last read; one cheap query when none did."""
        with translated(), self.engine.connect() as connection:
            known = read_versions(connection, self.tables).get(DEFINITIONS)
            if known == self._known:
                return
            rows = connection.scalars(select(self.tables.definitions.c.definition).order_by(self.tables.definitions.c.created_at)).all()
        self._adopt(known, rows)

    def _adopt(self, known: LayerVersion | None, rows: Iterable[dict[str, Any]]) -> None:
        catalogue = self._built_in.with_layers(*(layer_from_json(row) for row in rows))
        tables = space_tables(catalogue)
        with self._lock:
            self.tables, self.catalogue, self._known = tables, catalogue, known

    @contextmanager
    def transaction(self, actor: Actor, reason: str | None = None) -> Iterator[Store]:
        """A read-write store: all that is done in it is committed together at the end, or nothing is."""
        with translated(), self.engine.begin() as connection:
            connection.execute(_WHO, {"actor": actor.name, "reason": reason or ""})
            yield Store(connection, self.catalogue, self.tables, actor, is_drill=self.is_drill)

    @contextmanager
    def reading(self, actor: Actor) -> Iterator[Store]:
        """A read-only store on one snapshot (REPEATABLE READ)."""
        with translated(), self.engine.connect() as connection:
            connection = connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            yield Store(connection, self.catalogue, self.tables, actor, is_drill=self.is_drill)

    def feed(self, after: str | None, *, layers: Iterable[str] | None = None, limit: int = 1000) -> Feed:
        """Commits after a cursor, in commit order per layer; see `geodata.store.changes.read_feed`."""
        with translated(), self.engine.connect() as connection:
            connection = connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            return read_feed(connection, self.tables, after, layers=None if layers is None else set(layers), limit=limit)

    def may_create(self, actor: Actor) -> bool:
        """Whether the actor may make run-time layers here: editors, and in a drill its controllers."""
        return bool(actor.roles & (_CREATORS | ({Role.DRILL_CONTROLLER} if self.is_drill else set())))

    def create_layer(self, layer: Layer, actor: Actor, reason: str | None = None) -> None:
        """Make a run-time layer: its table and its definition in one transaction. Raises Conflict, Forbidden."""
        with self.making(layer, actor, reason):
            pass

    @contextmanager
    def making(self, layer: Layer, actor: Actor, reason: str | None = None) -> Iterator[Store]:
        """Make a run-time layer and give a store to fill it: layer and features are there together, or neither is.

        Raises Conflict, Forbidden.
        """
        if not self.may_create(actor):
            raise Forbidden(action=Action.LOAD.value, layer=layer.id)
        self.refresh()
        if layer.id in self.catalogue or layer.id in self.tables.metadata.tables:
            raise Conflict(what=layer.id)
        catalogue = self._built_in.with_layers(*self._run_time(), layer)
        tables = space_tables(catalogue)
        with translated(), self._owner.begin() as connection:
            connection.execute(text("SET LOCAL lock_timeout = '5s'"))
            connection.execute(_WHO, {"actor": actor.name, "reason": reason or ""})
            create_table(connection, tables, layer.id, self.schema)
            connection.execute(tables.definitions.insert().values(layer=layer.id, definition=layer_to_json(layer)))
            yield Store(connection, catalogue, tables, actor, is_drill=self.is_drill)
        self.refresh()

    def _run_time(self) -> list[Layer]:
        return [layer for layer in self.catalogue.values() if layer.id not in self._built_in]


_WHO = text("SELECT set_config('onemap.actor', :actor, true), set_config('onemap.reason', :reason, true)")


def create_table(connection: Connection, tables: SpaceTables, name: str, schema: str) -> None:
    """Make one layer's table in a space, put it under the database's promises and grant it to the space's role."""
    table = tables.layers[name]
    connection.execute(CreateTable(table))
    for index in table.indexes:
        connection.execute(CreateIndex(index))
    watch(connection, schema, name)


def watch(connection: Connection, schema: str, name: str) -> None:
    """Put a table under versions, history and feed, and let the space's role write to it."""
    connection.execute(text("SELECT onemap_control.watch(:schema, :name)"), {"schema": schema, "name": name})
    role = LIVE_ROLE if schema == LIVE_SCHEMA else DRILL_ROLE
    connection.execute(text(f'GRANT SELECT, INSERT, UPDATE, DELETE ON "{schema}"."{name}" TO {role}'))


