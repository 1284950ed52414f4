"""Whether the database keeps what it has acknowledged: the settings without which a power cut loses or spoils data."""

from __future__ import annotations

from sqlalchemy import Engine, text

from geodata.store.faults import translated
from layers.errors import Misconfigured
from layers.messages import Sentence, declare
from layers.spec import Label

# fsync, full_page_writes: after a power cut the files are broken. synchronous_commit: the last second's edits are gone
# though they were acknowledged. data_checksums: a disk's silent mistake is served as data.
NEEDED = ("fsync", "full_page_writes", "synchronous_commit", "data_checksums")


class UnsafeDatabase(Misconfigured):
    """In service the database must keep what it acknowledged, and does not. `values`: name, value."""

    code = "unsafe-database"


declare({
    "unsafe-database": Sentence(
        Label("数据库设置 {name} 为 {value}：断电会丢失或损坏数据，不能正式运行",
              "The database has {name} = {value}: a power cut would lose or spoil data, so it does not go into service"),
        Label("在 postgresql.conf（或 ALTER SYSTEM / ROLE / DATABASE）中改为 on 并重启数据库；data_checksums 用 pg_checksums --enable（先停库）",
              "Set it to on in postgresql.conf (or where ALTER SYSTEM, ROLE or DATABASE set it) and restart the database; data_checksums: pg_checksums --enable while it is stopped")),
})


def settings(engine: Engine) -> dict[str, str]:
    """The values of NEEDED as the role of this engine has them: a role or database may have its own."""
    with translated(), engine.connect() as connection:
        return {name: str(connection.scalar(text("SELECT current_setting(:name)"), {"name": name})) for name in NEEDED}


def refuse_unsafe(engine: Engine) -> None:
    """Raise UnsafeDatabase for the first of NEEDED that is off."""
    for name, value in settings(engine).items():
        if value == "off":
            raise UnsafeDatabase(name=name, value=value)
