"""Whether a database is as this version made it and keeps what it acknowledged: looked at only, nothing is changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, text

from geodata.store import durability, migration
from geodata.store.database import Database
from layers.messages import Sentence, declare
from layers.spec import Label

LEAST_POSTGRES = 150000  # Debian 12's; as the server writes its version
PATIENCE_MS = 120_000  # a check of a large layer takes a while; it holds no lock that an edit waits for


@dataclass(frozen=True)
class Fault:
    """One thing that is not as it should be: the code of its sentence, and what fills it."""

    code: str
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Look:
    """What one check saw: the facts in few words, and the faults among them."""

    found: str = ""
    faults: tuple[Fault, ...] = ()


declare({
    "old-postgres": Sentence(
        Label("PostgreSQL {version} 太旧", "PostgreSQL {version} is too old"),
        Label("需要 15 或更新：onemap backup，换新的数据库，onemap restore", "15 or later is needed: onemap backup, a newer database, onemap restore")),
    "checksum-failures": Sentence(
        Label("数据库读到 {count} 个校验和错误的数据页：磁盘在损坏数据", "The database met {count} pages whose checksum is wrong: the disk spoils data"),
        Label("立即 onemap backup 到另一块磁盘，检查硬件，必要时从此前的备份恢复", "Make a backup on another disk at once, check the hardware, restore an earlier backup if need be")),
    "not-at-head": Sentence(
        Label("数据库停在迁移 {at}，本版本需要 {head}", "The database is at migration {at}, this version needs {head}"),
        Label("重新启动服务，或执行 onemap migrate", "Start the service again, or run onemap migrate")),
    "tables-differ": Sentence(
        Label("数据库的表与声明不同：{what}", "The tables are not as declared: {what}"),
        Label("有人手工改了表：改回去，或从备份恢复", "Somebody changed them by hand: change them back, or restore a backup")),
})


@contextmanager
def looking(database: Database) -> Iterator[Connection]:
    """A connection of the owner that can only read."""
    with database.owner.connect() as connection:
        connection = connection.execution_options(postgresql_readonly=True)
        connection.execute(text(f"SET LOCAL statement_timeout = {PATIENCE_MS}"))
        yield connection
        connection.rollback()


def server(database: Database) -> Look:
    """The versions of PostgreSQL and PostGIS."""
    with looking(database) as connection:
        number, version, postgis = connection.execute(
            text("SELECT current_setting('server_version_num')::int, current_setting('server_version'), postgis_lib_version()")).one()
    faults = () if number >= LEAST_POSTGRES else (Fault("old-postgres", {"version": version}),)
    return Look(f"PostgreSQL {version.split()[0]}, PostGIS {postgis}", faults)


def durable(database: Database) -> Look:
    """The settings that a power cut puts to the test, as the owner and as the serving role have them, and broken pages met so far."""
    faults = {}
    for engine in (database.owner, database.engine):
        for name, value in durability.settings(engine).items():
            if value == "off":
                faults[name] = Fault("unsafe-database", {"name": name, "value": value})
    with looking(database) as connection:
        broken = connection.scalar(text("SELECT coalesce(sum(checksum_failures), 0)::bigint FROM pg_stat_database"))
    if broken:
        faults["pages"] = Fault("checksum-failures", {"count": broken})
    return Look(", ".join(name for name in durability.NEEDED if name not in faults), tuple(faults.values()))


def migrated(database: Database) -> Look:
    """Whether the scripts have all run, and whether the tables are those that are declared, run-time layers with them."""
    with looking(database) as connection:
        at, head = migration.state(connection, database.catalogue)
        if at != head:
            return Look("", (Fault("not-at-head", {"at": at or "-", "head": head}),))
        differences = migration.differences(connection, database.space().catalogue)
    return Look(f"{head}", tuple(Fault("tables-differ", {"what": one}) for one in differences))
