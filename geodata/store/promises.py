"""Whether the database still holds what it promises: triggers, functions, rights, the seal between drills and live data."""

from __future__ import annotations

import re
from importlib import resources

from sqlalchemy import Connection, text

from geodata.store import ledgers
from geodata.store.database import Database
from geodata.store.metadata import CONTROL_SCHEMA, DRILL_ROLE, FUNCTIONS, LIVE_ROLE, LIVE_SCHEMA
from geodata.store.pyramid import TABLES
from geodata.store.soundness import Fault, Look, looking
from geodata.store.tables import DEFINITIONS
from layers.messages import Sentence, declare
from layers.spec import Label

_WRITES = ("INSERT", "UPDATE", "DELETE", "TRUNCATE")
_TRIGGERS = {"a_refuse_truncate": "refuse_truncate", "a_note_touch": "note_touch", "b_stamp_row": "stamp_row", "c_insert": "record_history",
             "c_update": "record_history", "c_delete": "record_history"}  # what `onemap_control.watch` puts on a table
_BOOKS = (("touched", "commit_layers", "commit_layers"), ("history", "a_keep_record", "keep_record"), ("commit_log", "a_keep_record", "keep_record"),
          ("layer_state", "a_refuse_truncate", "refuse_truncate"))  # and once on the books of a space

declare({
    "trigger-missing": Sentence(
        Label("{table} 的触发器 {trigger} 缺失或被停用：改动可能不进入版本、历史和实时推送", "The trigger {trigger} of {table} is missing or disabled: changes may get no version, history or event"),
        Label("ALTER TABLE … ENABLE TRIGGER，或重新启动服务（启动时会补上缺失的）", "ALTER TABLE … ENABLE TRIGGER, or start the service again (it makes those that are missing)")),
    "function-differs": Sentence(
        Label("数据库函数 {name} 不是本版本的", "The database function {name} is not that of this version"),
        Label("重新启动服务，启动时会换回", "Start the service again: it puts back its own")),
    "state-broken": Sentence(
        Label("图层 {table} 的版本记录不完整", "The version record of layer {table} is incomplete"),
        Label("重新启动服务；仍有则从备份恢复", "Start the service again; restore a backup if it stays")),
    "right-missing": Sentence(
        Label("服务角色 {role} 对 {table} 没有 {right} 权限", "The role {role} has no right to {right} on {table}"),
        Label("重新启动服务，启动时会补上", "Start the service again: it grants it")),
    "right-too-many": Sentence(
        Label("角色 {role} 不应有对 {table} 的 {right} 权限", "The role {role} should have no right to {right} on {table}"),
        Label("REVOKE {right} ON {table} FROM {role}（也看 PUBLIC）", "REVOKE {right} ON {table} FROM {role} (look at PUBLIC, too)")),
    "drill-unsealed": Sentence(
        Label("演练角色能触及实战数据：{how}", "The role of drills can get at live data: {how}"),
        Label("收回该权限；在此之前停止演练", "Take that right away; hold no drill before")),
})


def kept(database: Database) -> Look:
    """Triggers, functions and version records of every layer, those made at run time with them."""
    space = database.space()
    watched = [*space.tables.layers, DEFINITIONS]
    with looking(database) as connection:
        faults = [*_triggers(connection, watched, ledgers.triggers(space.catalogue)), *_functions(connection), *_states(connection, watched)]
    return Look(f"{len(watched)} · {len(_TRIGGERS)}", tuple(faults))


def _triggers(connection: Connection, watched: list[str], more: list[tuple[str, str, str]]) -> list[Fault]:
    rows = connection.execute(text(
        "SELECT c.relname, t.tgname, p.proname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_proc p ON p.oid = t.tgfoid "
        "WHERE NOT t.tgisinternal AND t.tgenabled IN ('O', 'A') AND c.relnamespace = CAST(:schema AS regnamespace)"), {"schema": LIVE_SCHEMA}).all()
    there = {tuple(row) for row in rows}
    wanted = [(table, trigger, function) for table in watched for trigger, function in _TRIGGERS.items()]
    return [Fault("trigger-missing", {"table": one[0], "trigger": one[1]}) for one in (*wanted, *more, *_BOOKS) if one not in there]


def _functions(connection: Connection) -> list[Fault]:
    source = "".join(resources.files("geodata.store").joinpath(name).read_text("utf-8") for name in FUNCTIONS)
    declared = dict(re.findall(r"CREATE OR REPLACE FUNCTION onemap_control\.(\w+)\(.*?AS \$\$(.*?)\$\$;", source, re.S))
    rows = connection.execute(text("SELECT proname, prosrc FROM pg_proc WHERE pronamespace = CAST(:schema AS regnamespace)"), {"schema": CONTROL_SCHEMA})
    there = {str(name): str(body) for name, body in rows}
    return [Fault("function-differs", {"name": name}) for name, body in declared.items() if there.get(name, "").strip() != body.strip()]


def _states(connection: Connection, watched: list[str]) -> list[Fault]:
    sound = set(connection.scalars(text(f"SELECT layer FROM {LIVE_SCHEMA}.layer_state JOIN {LIVE_SCHEMA}.commit_log USING (layer, version, token)")))
    return [Fault("state-broken", {"table": name}) for name in watched if name not in sound]


def rights(database: Database) -> Look:
    """What the serving role may do: write the layers, but never rewrite history or the counts of pyramids, and empty no table at a stroke."""
    tables = database.space().tables
    layers = [*tables.layers, DEFINITIONS]
    books = [table.name for table in (tables.history, tables.commits, tables.state, tables.touched)] + [*TABLES]
    with looking(database) as connection:
        missing = [Fault("right-missing", {"role": LIVE_ROLE, "table": table, "right": right}) for table, right in
                   _held(connection, LIVE_ROLE, layers, ("SELECT", "INSERT", "UPDATE", "DELETE"), held=False)]
        missing += [Fault("right-missing", {"role": LIVE_ROLE, "table": table, "right": "SELECT"}) for table, _ in _held(connection, LIVE_ROLE, books, ("SELECT",), held=False)]
        excess = [Fault("right-too-many", {"role": LIVE_ROLE, "table": table, "right": right}) for table, right in
                  (*_held(connection, LIVE_ROLE, layers, ("TRUNCATE",)), *_held(connection, LIVE_ROLE, books, _WRITES))]
    return Look(f"{len(layers) + len(books)}", (*missing, *excess))


def _held(connection: Connection, role: str, tables: list[str], rights_: tuple[str, ...], *, held: bool = True, schema: str = LIVE_SCHEMA) -> list[tuple[str, str]]:
    """(table, right) that a role has, or has not; a right on one column counts as held."""
    rows = connection.execute(text(
        "SELECT c.relname, r.name FROM pg_class c CROSS JOIN unnest(CAST(:rights AS text[])) r(name) "
        "WHERE c.relnamespace = CAST(:schema AS regnamespace) AND c.relname = ANY(:tables) AND :held = (has_table_privilege(:role, c.oid, r.name) "
        "OR (r.name IN ('SELECT', 'INSERT', 'UPDATE') AND :held AND has_any_column_privilege(:role, c.oid, r.name))) ORDER BY 1, 2"),
        {"role": role, "tables": tables, "rights": list(rights_), "held": held, "schema": schema}).all()
    return [(str(table), str(right)) for table, right in rows]


def sealed(database: Database) -> Look:
    """That the role of drills has no way to change live data: not by a right, a membership or a power of its own."""
    how: list[str] = []
    with looking(database) as connection:
        for schema in (LIVE_SCHEMA, CONTROL_SCHEMA):
            names = list(connection.scalars(text("SELECT relname FROM pg_class WHERE relkind IN ('r', 'p', 'v') AND relnamespace = CAST(:schema AS regnamespace)"), {"schema": schema}))
            how += [f"{right} ON {schema}.{table}" for table, right in _held(connection, DRILL_ROLE, names, _WRITES, schema=schema)]
            how += [f"CREATE ON SCHEMA {schema}"] if connection.scalar(text("SELECT has_schema_privilege(:role, :schema, 'CREATE')"), {"role": DRILL_ROLE, "schema": schema}) else []
        how += connection.scalars(text(
            "SELECT 'member of ' || rolname FROM pg_roles WHERE pg_has_role(:role, oid, 'MEMBER') AND rolname <> :role"), {"role": DRILL_ROLE}).all()
        how += connection.scalars(text(
            "SELECT 'superuser' FROM pg_roles WHERE rolname = :role AND (rolsuper OR rolcreaterole OR rolbypassrls)"), {"role": DRILL_ROLE}).all()
    return Look(DRILL_ROLE, tuple(Fault("drill-unsealed", {"how": one}) for one in how))
