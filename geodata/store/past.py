"""Past moments: the live space as it stood at a second, as a space of its own that nobody can write to.

A past space is a schema like a drill's, made when first asked for and dropped when others are wanted more. What it holds
never changes, so it may be dropped and made again at any time. A moment is told by commits: what was committed by then is
there, what was committed after is not, whenever its transaction began.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Table, text

from geodata.store.faults import translated
from geodata.store.metadata import LIVE_SCHEMA
from geodata.store.spaces import PAST_PREFIX, SpaceRecord, role_of, run_time_layers
from geodata.store.tables import SpaceTables, space_tables
from layers.errors import InvalidInput, Problem, SpaceNotFound
from layers.messages import Sentence, declare
from layers.spec import Label

if TYPE_CHECKING:
    from geodata.store.database import Database

MOST_KEPT = 8  # moments whose copies are kept; the one made longest ago goes first
_STAMP = "%Y%m%dT%H%M%S"
_ID = re.compile(r"^past-(\d{8}T\d{6})Z$")
_LOCK = 0x70617374  # "past": the advisory lock under which copies are made and dropped

declare({
    "moment-to-come": Sentence(Label("{moment} 还没有到", "{moment} is still to come"), Label("选一个过去的时刻", "Choose a moment in the past")),
    "moment-before-all": Sentence(Label("记录从 {first} 开始，此前没有数据", "The records begin at {first}; there are none before"),
                                  Label("选一个更晚的时刻", "Choose a later moment")),
})


def space_id_of(moment: datetime) -> str:
    """The id of the space of a moment; its fraction of a second is cut off."""
    return f"{PAST_PREFIX}{moment.astimezone(UTC):{_STAMP}}Z"


def record_of(space_id: str) -> SpaceRecord:
    """What is known of a past space, all of it from its id. Raises SpaceNotFound when it names no moment."""
    match = _ID.match(space_id)
    try:
        moment = datetime.strptime(match[1], _STAMP).replace(tzinfo=UTC) if match else None
    except ValueError:
        moment = None
    if moment is None:
        raise SpaceNotFound(space=space_id[:60])
    schema = "past_" + space_id.removeprefix(PAST_PREFIX).lower()
    return SpaceRecord(space_id, moment.isoformat(), schema, moment, "", moment)


def ensure(database: Database, record: SpaceRecord) -> None:
    """Have the copy of a moment there, made by one process while others wait. Raises InvalidInput for a moment to come or before all records."""
    with translated(), database.owner.connect() as plain:
        connection = plain.execution_options(isolation_level="REPEATABLE READ")
        connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": _LOCK})
        connection.commit()
        try:
            if not _is_there(connection, record.schema):
                connection.commit()
                _refuse_unfit(connection, record.as_of)
                connection.commit()
                _make(connection, database, record)
                connection.commit()
        finally:
            connection.rollback()
            connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": _LOCK})
            connection.commit()


def drop_all(connection: Connection) -> None:
    """Let go of every copy, as an upgrade must: they are of the old tables."""
    for schema in _kept(connection):
        _drop(connection, schema)


def _is_there(connection: Connection, schema: str) -> bool:
    return bool(connection.scalar(text("SELECT to_regclass(:name) IS NOT NULL"), {"name": f'"{schema}".layer_state'}))


def _kept(connection: Connection) -> list[str]:
    """Schemas of past moments, the one made longest ago first."""
    return list(connection.scalars(text("SELECT nspname FROM pg_namespace WHERE starts_with(nspname, 'past_') ORDER BY oid")))


def _drop(connection: Connection, schema: str) -> None:
    connection.execute(text(f'DROP SCHEMA IF EXISTS "{schema}" CASCADE'))


def _refuse_unfit(connection: Connection, moment: datetime) -> None:
    """Wait for what is being committed just now, so that all that is stamped up to now is there to be seen; then look at the moment."""
    connection.execute(text("SET LOCAL lock_timeout = '5s'"))
    connection.execute(text(f"LOCK TABLE {LIVE_SCHEMA}.layer_state IN SHARE MODE"))
    now, first = connection.execute(text(f"SELECT clock_timestamp(), (SELECT min(at) FROM {LIVE_SCHEMA}.commit_log)")).one()
    if moment > now:
        raise InvalidInput(problems=[Problem("/space", "moment-to-come", {"moment": moment.isoformat()})])
    if first is None or moment < first:
        raise InvalidInput(problems=[Problem("/space", "moment-before-all", {"first": (first or now).isoformat(timespec="seconds")})])


def _make(connection: Connection, database: Database, record: SpaceRecord) -> None:
    for schema in _kept(connection)[:-(MOST_KEPT - 1)]:
        _drop(connection, schema)
    connection.execute(text(f'CREATE SCHEMA "{record.schema}"'))
    built_in = space_tables(database.catalogue)
    _create(connection, record, built_in, [built_in.definitions])
    _fill(connection, record, built_in.definitions)
    there = connection.execution_options(schema_translate_map={LIVE_SCHEMA: record.schema})
    catalogue = database.catalogue.with_layers(*run_time_layers(there, built_in))
    connection.execution_options(schema_translate_map={})
    tables = space_tables(catalogue)
    in_order = [one for one in tables.metadata.sorted_tables if one.name in tables.layers]  # those referred to first
    _create(connection, record, tables, [*in_order, tables.state])
    for table in in_order:
        _fill(connection, record, table)
    _past_records(connection, record, [one.name for one in (*in_order, tables.definitions)])
    role = role_of(record.schema)
    connection.execute(text(f'GRANT USAGE ON SCHEMA "{record.schema}" TO {role}'))
    connection.execute(text(f'GRANT SELECT ON ALL TABLES IN SCHEMA "{record.schema}" TO {role}'))


def _create(connection: Connection, record: SpaceRecord, tables: SpaceTables, wanted: list[Table]) -> None:
    """The tables without their checks: what was there then may be what is no longer admitted, and nobody writes here."""
    tables.metadata.create_all(connection.execution_options(schema_translate_map={LIVE_SCHEMA: record.schema}), tables=wanted, checkfirst=False)
    connection.execution_options(schema_translate_map={})
    for statement in connection.scalars(text(
            "SELECT format('ALTER TABLE %s %s', conrelid::regclass, string_agg(format('DROP CONSTRAINT %I', conname), ', ')) FROM pg_constraint "
            "WHERE contype = 'c' AND connamespace = CAST(:schema AS regnamespace) GROUP BY conrelid"), {"schema": f'"{record.schema}"'}).all():
        connection.execute(text(statement))


def _fill(connection: Connection, record: SpaceRecord, table: Table) -> None:
    """Rows that nothing has touched since come from the table, others as they were before the first commit that came after."""
    connection.execute(text("DROP TABLE IF EXISTS pg_temp.touched_since"))
    connection.execute(text(
        f"CREATE TEMP TABLE touched_since ON COMMIT DROP AS SELECT DISTINCT ON (h.feature_id) h.feature_id, h.before, h.geom_before "
        f"FROM {LIVE_SCHEMA}.history h JOIN {LIVE_SCHEMA}.commit_log c ON c.layer = h.layer AND c.token = h.token "
        "WHERE h.layer = :layer AND c.at > :moment ORDER BY h.feature_id, h.id"), {"layer": table.name, "moment": record.as_of})
    connection.execute(text("CREATE INDEX ON pg_temp.touched_since (feature_id)"))
    names = [one.name for one in table.columns]
    columns = ", ".join(f'"{one}"' for one in names)
    before = ", ".join("s.geom_before" if one == "geom" else f'r."{one}"' for one in names)
    live, past = f'{LIVE_SCHEMA}."{table.name}"', f'"{record.schema}"."{table.name}"'
    same = _same_columns(connection, live, past)
    untouched = ", ".join(f't."{one}"' if one in same else "NULL" for one in names)
    connection.execute(text(f"INSERT INTO {past} ({columns}) SELECT {untouched} FROM {live} t "
                            "WHERE NOT EXISTS (SELECT FROM pg_temp.touched_since s WHERE s.feature_id = t.id)"))
    connection.execute(text(f"INSERT INTO {past} ({columns}) SELECT {before} FROM pg_temp.touched_since s, "
                            f"jsonb_populate_record(NULL::{past}, s.before) r WHERE s.before IS NOT NULL"))


def _same_columns(connection: Connection, live: str, past: str) -> set[str]:
    """Columns that both tables have in one type: all, unless another layer has the name since, none of whose rows is as old."""
    return set(connection.scalars(text(
        "SELECT p.attname FROM pg_attribute p JOIN pg_attribute l ON l.attname = p.attname AND l.atttypid = p.atttypid "
        "WHERE p.attrelid = CAST(:past AS regclass) AND l.attrelid = CAST(:live AS regclass) AND p.attnum > 0"), {"past": past, "live": live}))


def _past_records(connection: Connection, record: SpaceRecord, layers: list[str]) -> None:
    """Where each layer stood, and the commits and histories up to the moment, which never change and so need no copy."""
    moment = record.as_of.isoformat()
    connection.execute(text(f'CREATE VIEW "{record.schema}".commit_log AS SELECT * FROM {LIVE_SCHEMA}.commit_log WHERE at <= \'{moment}\''))
    connection.execute(text(
        f'CREATE VIEW "{record.schema}".history AS SELECT * FROM {LIVE_SCHEMA}.history h WHERE EXISTS '
        f'(SELECT FROM "{record.schema}".commit_log c WHERE c.layer = h.layer AND c.token = h.token)'))
    connection.execute(text(
        f'INSERT INTO "{record.schema}".layer_state (layer, version, token) SELECT DISTINCT ON (layer) layer, version, token '
        f'FROM "{record.schema}".commit_log WHERE layer = ANY(:layers) ORDER BY layer, version DESC'), {"layers": layers})
    connection.execute(text(  # of layers that came later: nothing had happened to them
        f'INSERT INTO "{record.schema}".layer_state (layer, version, token) SELECT layer, 0, gen_random_uuid() FROM unnest(CAST(:layers AS text[])) layer '
        "ON CONFLICT DO NOTHING"), {"layers": layers})

