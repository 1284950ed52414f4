"""A space: the live data or a drill's sealed copy, each a schema of its own reached by its own database role."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection, Engine, Table, select, text
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.schema import CreateIndex, CreateTable

from geodata.store import ledgers, rights
from geodata.store.acting import say_who
from geodata.store.answers import JsonPage
from geodata.store.changes import Feed, LayerVersion, Standing, Touched, read_feed, read_touched
from geodata.store.faults import translated
from geodata.store.features import Store
from geodata.store.kept import KeptPages, PageKey, PageQuestion
from geodata.store.metadata import DRILL_ROLE, LIVE_ROLE, LIVE_SCHEMA
from geodata.store.pulse import Pulse
from geodata.store.tables import DEFINITIONS, REMOVED, SpaceTables, space_tables
from layers.collection import Catalogue
from layers.errors import Conflict, Forbidden, SpaceNotFound, Unavailable
from layers.messages import Sentence, declare
from layers.serial import layer_from_json, layer_to_json
from layers.spec import Action, Actor, Label, Layer, Role

LIVE = "live"
PAST_PREFIX = "past-"  # ids of past moments, see `geodata.store.past`
_CREATORS = frozenset({Role.GIS_STAFF, Role.PLANNER})
_SHAPERS = frozenset({Role.GIS_STAFF})


class PastIsFixed(Forbidden):
    """Nobody writes to a past moment. `values`: space."""

    code = "past-is-fixed"


class NameOfRemoved(Conflict):
    """A removed layer has the name, and its features are kept under it. `values`: layer."""

    code = "name-of-removed"


declare({
    "past-is-fixed": Sentence(
        Label("正在回看过去，不能修改", "This is a past moment: nothing can be changed in it"),
        Label("回到现在再修改", "Go back to the present to make changes")),
    "name-of-removed": Sentence(
        Label("已移除的图层「{layer}」还用着这个标识，里面的数据保留着", "A removed layer still has the name “{layer}”, and its features are kept"),
        Label("恢复那个图层，或换一个标识", "Restore that layer, or choose another name")),
})


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
        return self.id != LIVE and not self.is_past

    @property
    def is_past(self) -> bool:
        return self.id.startswith(PAST_PREFIX)

    @staticmethod
    def live() -> SpaceRecord:
        now = datetime.now(UTC)
        return SpaceRecord(LIVE, "实战", LIVE_SCHEMA, now, "", now)


class Space:
    """One space as a process sees it. Thread-safe; `catalogue` follows run-time layers made by any process."""

    def __init__(self, record: SpaceRecord, engine: Engine, owner: Engine, built_in: Catalogue, pulse: Pulse) -> None:
        self.record = record
        self.engine = engine.execution_options(schema_translate_map={LIVE_SCHEMA: record.schema})
        self._owner = owner.execution_options(schema_translate_map={LIVE_SCHEMA: record.schema})
        self._built_in = built_in
        self._pulse = pulse
        self._copy = None if record.id == LIVE else record.id  # a space that may be gone
        self._lock = threading.Lock()
        self._known: LayerVersion | None = None
        self.tables: SpaceTables = space_tables(built_in)
        self.catalogue: Catalogue = built_in
        self._kept = KeptPages()

    @property
    def id(self) -> str:
        return self.record.id

    @property
    def schema(self) -> str:
        return self.record.schema

    @property
    def is_drill(self) -> bool:
        return self.record.is_drill

    @property
    def is_past(self) -> bool:
        return self.record.is_past

    def versions(self, layers: Iterable[str] | None = None) -> dict[str, LayerVersion]:
        """(version, token) of each layer, in one query; also notices run-time layers made elsewhere.

        Raises SpaceNotFound when the space is gone, Unavailable when the database does not answer.
        """
        versions = self._stand()
        self._notice(versions.get(DEFINITIONS))
        return {layer: one for layer, one in versions.items()
                if layer in self.catalogue and (layers is None or layer in layers)}

    def refresh(self) -> None:
        """Take in run-time layers whose definitions changed since they were last read; one cheap query when none did."""
        self._notice(self._stand().get(DEFINITIONS))

    def _stand(self) -> dict[str, LayerVersion]:
        try:
            return self._pulse.versions(self.schema)
        except SpaceNotFound:
            raise SpaceNotFound(space=self.id) from None

    def _notice(self, known: LayerVersion | None) -> None:
        if known == self._known:
            return
        with translated(self._copy), self.engine.connect() as connection:
            catalogue = self._built_in.with_layers(*run_time_layers(connection, self.tables))
        tables = space_tables(catalogue)
        with self._lock:
            self.tables, self.catalogue, self._known = tables, catalogue, known

    @contextmanager
    def connected(self) -> Iterator[Connection]:
        """A connection as the space's role, for what is asked of the whole layer. Raises SpaceNotFound when the space is gone."""
        with translated(self._copy), self.engine.connect() as connection:
            yield connection

    @contextmanager
    def transaction(self, actor: Actor, reason: str | None = None, *, anywhere: bool = False) -> Iterator[Store]:
        """A read-write store: all that is done in it is committed together at the end, or nothing is. Raises PastIsFixed in a past moment.

        `anywhere`: the writer says that what lies far from the district is meant to.
        """
        if self.is_past:
            raise PastIsFixed(space=self.id)
        with translated(self._copy), self.engine.begin() as connection:
            say_who(connection, actor, reason)
            yield Store(connection, self.catalogue, self.tables, actor, is_drill=self.is_drill, anywhere=anywhere)

    @contextmanager
    def reading(self, actor: Actor) -> Iterator[Store]:
        """A read-only store on one snapshot (REPEATABLE READ)."""
        with translated(self._copy), self.engine.connect() as connection:
            connection = connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            yield Store(connection, self.catalogue, self.tables, actor, is_drill=self.is_drill, is_past=self.is_past, kept=None if self.is_past else self._kept)

    def kept_page(self, actor: Actor, layer_id: str, question: PageQuestion, *, standing: Standing | None = None) -> JsonPage | None:
        """The page that answers the question at the version where the layer stands now, if it is kept: then no snapshot need be opened for it.

        `standing`: where the layers stood at a look taken after the question came; without it the database is asked.
        """
        now = (self.versions({layer_id}) if standing is None else standing).get(layer_id)
        layer = self.catalogue.get(layer_id)
        if self.is_past or now is None or layer is None or not self.may(actor, Action.READ, layer):
            return None
        return self._kept.get(PageKey(layer_id, now.token, self.may(actor, Action.REVEAL, layer), question), layer)

    def feed(self, after: str | None, *, layers: Iterable[str] | None = None, limit: int = 1000) -> Feed:
        """Commits after a cursor, in commit order per layer; see `geodata.store.changes.read_feed`."""
        with translated(self._copy), self.engine.connect() as connection:
            connection = connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            return read_feed(connection, self.tables, after, layers=None if layers is None else set(layers), limit=limit)

    def touched(self, layer_id: str, since: LayerVersion) -> Touched | None:
        """Where a layer changed after a version; see `geodata.store.changes.read_touched`."""
        with self.connected() as connection:
            connection = connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            return read_touched(connection, self.tables, layer_id, since)

    def may(self, actor: Actor, action: Action, layer: Layer) -> bool:
        """Whether the actor may do this here; see `geodata.store.rights`."""
        return rights.may(actor, action, layer, is_drill=self.is_drill, is_past=self.is_past)

    def may_create(self, actor: Actor) -> bool:
        """Whether the actor may make run-time layers here: editors, and in a drill its controllers."""
        return not self.is_past and bool(actor.roles & (_CREATORS | ({Role.DRILL_CONTROLLER} if self.is_drill else set())))

    def may_shape(self, actor: Actor) -> bool:
        """Whether the actor may change what run-time layers are: GIS staff, and in a drill its controllers."""
        return not self.is_past and bool(actor.roles & (_SHAPERS | ({Role.DRILL_CONTROLLER} if self.is_drill else set())))

    def create_layer(self, layer: Layer, actor: Actor, reason: str | None = None) -> None:
        """Make a run-time layer: its table and its definition in one transaction. Raises Conflict, Forbidden."""
        with self.creating(layer, actor, reason):
            pass

    @contextmanager
    def creating(self, layer: Layer, actor: Actor, reason: str | None = None) -> Iterator[Store]:
        """A transaction that makes a run-time layer and takes its first rows: all of it is there at the end, or nothing is.

        The owner makes the table; what is then written is written as the space's own role, with no more rights than in
        `transaction`. Who makes a layer of the same name meanwhile waits for the outcome. Raises Conflict, Forbidden.
        """
        if not self.may_create(actor):
            raise Forbidden(action=Action.LOAD.value, layer=layer.id)
        with translated(self._copy), self._owner.begin() as connection:
            connection.execute(text("SET LOCAL lock_timeout = '5s'"))
            connection.execute(_ONE_MAKER, {"name": f"{self.schema}.{layer.id}"})
            present = self._built_in.with_layers(*run_time_layers(connection, self.tables))
            if layer.id in present or f"{LIVE_SCHEMA}.{layer.id}" in self.tables.metadata.tables:
                raise Conflict(what=layer.id)
            catalogue = present.with_layers(layer)
            tables = space_tables(catalogue)
            say_who(connection, actor, reason)
            self._clear(connection, layer.id)
            create_table(connection, tables, layer.id, self.schema)
            ledgers.keep(connection, self.schema, catalogue, only=(layer.id,))
            keep = pg_insert(tables.definitions).values(layer=layer.id, definition=layer_to_json(layer))
            connection.execute(keep.on_conflict_do_update(index_elements=["layer"], set_={"definition": keep.excluded.definition}))
            self.act_as_space(connection)
            yield Store(connection, catalogue, tables, actor, is_drill=self.is_drill)
            connection.execute(text("RESET ROLE"))
            _create_indexes(connection, tables.layers[layer.id])  # of rows that are there: sorted and built at once, in a fifth of the time
        with suppress(Unavailable):  # it is committed; who asks next takes it in
            self.refresh()

    @contextmanager
    def reshaping(self, layer_id: str, actor: Actor, reason: str | None = None) -> Iterator[Connection]:
        """A transaction of the owner on one run-time layer's table and definition, one process at a time. Raises Forbidden.

        What follows `act_as_space` in it is written as the space's own role. All of it is there at the end, or nothing is.
        """
        if not self.may_shape(actor):
            raise Forbidden(action=Action.LOAD.value, layer=layer_id)
        with translated(self._copy), self._owner.begin() as connection:
            connection.execute(text("SET LOCAL lock_timeout = '5s'"))
            connection.execute(_ONE_MAKER, {"name": f"{self.schema}.{layer_id}"})
            say_who(connection, actor, reason)
            yield connection
        with suppress(Unavailable):  # it is committed; who asks next takes it in
            self.refresh()

    def act_as_space(self, connection: Connection) -> None:
        """From here on a transaction of the owner has no more rights than the space's role."""
        connection.execute(text(f"SET LOCAL ROLE {role_of(self.schema)}"))

    def _clear(self, connection: Connection, layer_id: str) -> None:
        """Make room for a layer under the name of a removed one, whose empty table goes. Raises NameOfRemoved where it still holds features."""
        if connection.scalar(text("SELECT to_regclass(:name)"), {"name": f'"{self.schema}"."{layer_id}"'}) is None:
            return  # there was none, or it was removed before a drill was copied
        if connection.scalar(text(f'SELECT EXISTS (SELECT FROM "{self.schema}"."{layer_id}")')):
            raise NameOfRemoved(layer=layer_id, what=layer_id)
        connection.execute(text(f'DROP TABLE "{self.schema}"."{layer_id}"'))


_ONE_MAKER = text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))")


def run_time_layers(connection: Connection, tables: SpaceTables) -> list[Layer]:
    """The run-time layers of a space in the order they were made, as this connection sees them; without those that were removed."""
    definitions = tables.definitions.c
    query = select(definitions.definition).where(~definitions.definition.has_key(REMOVED)).order_by(definitions.created_at, definitions.layer)
    return [layer_from_json(row) for row in connection.scalars(query)]


def role_of(schema: str) -> str:
    """The database role that works in a space."""
    return LIVE_ROLE if schema == LIVE_SCHEMA else DRILL_ROLE


def create_table(connection: Connection, tables: SpaceTables, name: str, schema: str) -> None:
    """Make one layer's table in a space, without its indexes, put it under the database's promises and grant it to the space's role."""
    table = tables.layers[name]
    connection.execute(CreateTable(table))
    watch(connection, schema, name)


def _create_indexes(connection: Connection, table: Table) -> None:
    for index in sorted(table.indexes, key=lambda one: str(one.name)):
        connection.execute(CreateIndex(index))


def watch(connection: Connection, schema: str, name: str) -> None:
    """Put a table under versions, history and feed, and let the space's role write to it."""
    connection.execute(text("SELECT onemap_control.watch(:schema, :name)"), {"schema": schema, "name": name})
    connection.execute(text(f'GRANT SELECT, INSERT, UPDATE, DELETE ON "{schema}"."{name}" TO {role_of(schema)}'))


