"""Bringing a database to this version: extension, schemas, roles, functions, then Alembic, one process at a time."""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import Script, ScriptDirectory
from sqlalchemy import Connection, inspect, text
from sqlalchemy.exc import DBAPIError

from geodata.store import ledgers, pyramid
from geodata.store.acting import say_who
from geodata.store.control import DRILLS  # noqa: F401  (its import fills the control metadata)
from geodata.store.drills import close_all, open_schemas, seal
from geodata.store.faults import translated
from geodata.store.metadata import (
    CONTROL,
    CONTROL_SCHEMA,
    DRILL_ROLE,
    FUNCTIONS,
    LIVE_ROLE,
    LIVE_SCHEMA,
)
from geodata.store.migrations.scope import options, targets
from geodata.store.past import drop_all
from geodata.store.spaces import run_time_layers, watch
from geodata.store.tables import DEFINITIONS, space_tables
from layers.catalogue import CATALOGUE
from layers.collection import Catalogue
from layers.errors import Misconfigured
from layers.messages import Sentence, declare
from layers.spec import Actor, Label

if TYPE_CHECKING:
    from geodata.store.database import Database



class NoScript(Misconfigured):
    """The catalogue has layers that no migration script makes. `values`: layers."""

    code = "no-migration-script"


declare({
    "no-migration-script": Sentence(Label("目录中的图层没有迁移脚本：{layers}", "No migration script makes these layers of the catalogue: {layers}"),
                                    Label("运行 onemap migrate --new \"说明\"", "Run onemap migrate --new \"what\"")),
})

_LOCK = 0x6F6E656D6170  # "onemap": the advisory lock of migrations


def run(database: Database, scripts: Path | None = None) -> None:
    """Forward only; waits up to a minute for another process that migrates, then gives up with Unavailable.

    Drills that are open across a script are closed: their copies are of the old tables, and a copy is not worth a
    second set of scripts.
    """
    with translated(), database.owner.connect() as connection:
        connection.execute(text("SET lock_timeout = '60s'"))
        connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": _LOCK})
        connection.commit()
        try:
            _prepare(database, connection)
            connection.commit()
            before = _at(connection)
            upgrade(connection, scripts, database.catalogue)
            if before not in (None, _at(connection)):
                close_all(connection)
                drop_all(connection)
            _refuse_missing(connection, database.catalogue)
            _finish(database, connection)
            connection.commit()
        finally:
            connection.rollback()
            connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": _LOCK})
            connection.commit()


def upgrade(connection: Connection, scripts: Path | None = None, catalogue: Catalogue = CATALOGUE) -> None:
    """Apply the Alembic scripts not yet applied, each in a transaction of its own."""
    command.upgrade(_config(connection, scripts, catalogue), "head")


def generate(connection: Connection, message: str, *, scripts: Path | None = None, catalogue: Catalogue = CATALOGUE) -> Path | None:
    """Write the script that brings this database to the catalogue, or None when there is nothing to do.

    `scripts` is where it is written (the project's own place unless given). Changed CHECK constraints are not seen by
    Alembic and must be written by hand; a test compares the database made by the scripts with the declarations.
    """
    context = MigrationContext.configure(connection, opts=options(connection, catalogue))
    if not compare_metadata(context, targets(catalogue)):  # type: ignore[arg-type]  # Alembic takes a list, its hints do not
        return None
    config = _config(connection, scripts, catalogue)
    script = command.revision(config, message, autogenerate=True, rev_id=f"{max(int(one.name[:4]) for place in _places(scripts) for one in place.glob('[0-9]*.py')) + 1:04d}",
                              version_path=str(_places(scripts)[-1]))
    assert isinstance(script, Script)
    return Path(script.path)


def state(connection: Connection, catalogue: Catalogue = CATALOGUE) -> tuple[str | None, str | None]:
    """The script a database is at, and the newest there is."""
    return _at(connection), ScriptDirectory.from_config(_config(connection, None, catalogue)).get_current_head()


def differences(connection: Connection, catalogue: Catalogue = CATALOGUE) -> list[str]:
    """What the next script would have to do, in Alembic's words; empty when the tables are as declared."""
    context = MigrationContext.configure(connection, opts=options(connection, catalogue))
    found = compare_metadata(context, targets(catalogue))  # type: ignore[arg-type]  # Alembic takes a list, its hints do not
    return [" ".join(str(part) for part in (one[0] if isinstance(one, list) else one)) for one in found]


def _at(connection: Connection) -> str | None:
    if connection.scalar(text("SELECT to_regclass(:name)"), {"name": f"{CONTROL_SCHEMA}.alembic_version"}) is None:
        return None
    return connection.scalar(text(f"SELECT version_num FROM {CONTROL_SCHEMA}.alembic_version"))


def _refuse_missing(connection: Connection, catalogue: Catalogue) -> None:
    """A layer of the catalogue without a table wants a script: say so rather than serve without it."""
    there = set(inspect(connection).get_table_names(LIVE_SCHEMA))
    missing = [layer_id for layer_id in catalogue if layer_id not in there]
    if missing:
        raise NoScript(layers=", ".join(missing))


def _places(scripts: Path | None) -> list[Path]:
    own = Path(str(resources.files("geodata.store") / "migrations" / "versions"))
    return [own] if scripts is None else [own, scripts]


def _config(connection: Connection, scripts: Path | None, catalogue: Catalogue) -> Config:
    config = Config()
    config.set_main_option("script_location", str(resources.files("geodata.store") / "migrations"))
    config.set_main_option("path_separator", "newline")
    config.set_main_option("version_locations", "\n".join(map(str, _places(scripts))))
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    config.attributes.update(connection=connection, catalogue=catalogue)
    return config


def _prepare(database: Database, connection: Connection) -> None:
    connection.execute(text("CREATE EXTENSION IF NOT EXISTS postgis"))
    for schema in (LIVE_SCHEMA, CONTROL_SCHEMA):
        connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {schema}"))
    connection.commit()
    for role in (LIVE_ROLE, DRILL_ROLE):
        _role(database, connection, role)
        _let_owner_be(connection, role)
    for name in FUNCTIONS:
        connection.exec_driver_sql(resources.files("geodata.store").joinpath(name).read_text("utf-8").replace("%", "%%"))


def _role(database: Database, connection: Connection, role: str) -> None:
    """Make the login role, or give it this installation's password unless it already takes it."""
    exists = connection.scalar(text("SELECT 1 FROM pg_roles WHERE rolname = :role"), {"role": role})
    if exists:
        try:
            psycopg.connect(database.conninfo(role), connect_timeout=2).close()
        except psycopg.OperationalError:
            pass
        else:
            return
    verb = "ALTER" if exists else "CREATE"
    try:
        connection.exec_driver_sql(f"{verb} ROLE {role} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD '{database.password(role)}'")
        connection.commit()
    except DBAPIError:  # roles belong to the whole cluster: another database's migration made it just now
        connection.rollback()
        if not exists:
            _role(database, connection, role)


def _let_owner_be(connection: Connection, role: str) -> None:
    """The owner becomes the space's role for the first rows of a layer that it makes (`Space.creating`)."""
    modern = (connection.dialect.server_version_info or ()) >= (16,)  # since then whoever makes a role is a member that may not become it
    if not connection.scalar(text("SELECT pg_has_role(:role, :how)"), {"role": role, "how": "SET" if modern else "MEMBER"}):
        connection.exec_driver_sql(f"GRANT {role} TO CURRENT_USER")
    connection.commit()


def _finish(database: Database, connection: Connection) -> None:
    tables = space_tables(database.catalogue)
    pyramid.make_tables(connection, LIVE_SCHEMA)
    catalogue = database.catalogue.with_layers(*run_time_layers(connection, tables))
    for name in (*catalogue, DEFINITIONS):
        watch(connection, LIVE_SCHEMA, name)
    say_who(connection, Actor("upgrade", frozenset()))
    ledgers.keep(connection, LIVE_SCHEMA, catalogue)
    seal(connection, LIVE_SCHEMA, LIVE_ROLE)
    for schema in open_schemas(connection):  # those opened by a version that kept no pyramids
        pyramid.make_tables(connection, schema)
        seal(connection, schema)
    for schema in (CONTROL_SCHEMA,):
        connection.execute(text(f"GRANT USAGE ON SCHEMA {schema} TO {LIVE_ROLE}, {DRILL_ROLE}"))
        connection.execute(text(f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema} TO {LIVE_ROLE}"))
        connection.execute(text(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA {schema} TO {LIVE_ROLE}"))
    connection.execute(text("SELECT onemap_control.watch_control()"))
    connection.execute(text(f"REVOKE CREATE ON SCHEMA public FROM {LIVE_ROLE}, {DRILL_ROLE}"))


def create_all(database: Database, connection: Connection) -> None:
    """Make every table from the metadata, as Alembic's scripts would; used to generate and to prove the scripts."""
    CONTROL.create_all(connection)
    space_tables(database.catalogue).metadata.create_all(connection)
    pyramid.make_tables(connection, LIVE_SCHEMA)
