"""A whole database in one file, and back: PostgreSQL's own dump, consistent while people work."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psycopg
from psycopg import sql
from sqlalchemy.engine import URL, make_url

from geodata.store.binaries import choose
from geodata.store.home import Home
from layers.errors import Conflict, Misconfigured
from layers.messages import Sentence, declare
from layers.spec import Label

NOTE = "last-backup.json"


class BackupFailed(Misconfigured):
    """PostgreSQL's tool refused. `values`: what, said."""

    code = "backup-failed"


declare({
    "backup-failed": Sentence(
        Label("{what} 未完成：{said}", "{what} was not done: {said}"),
        Label("按提示处理后重试；现有数据未改动", "Settle that and try again; the data there are unchanged")),
})


def dump(url: str, file: Path) -> None:
    """Write the database as of now to a new file, readable by its owner only. Raises Conflict when the file exists, BackupFailed."""
    if file.exists():
        raise Conflict(what=str(file))
    draft = file.with_name(f".{file.name}.{os.getpid()}")
    os.close(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    try:
        _run("pg_dump", url, "--format=custom", "--no-comments", "--exclude-table-data=spatial_ref_sys", "--exclude-schema=past_*", f"--file={draft}")
        draft.rename(file)
    finally:
        draft.unlink(missing_ok=True)


@dataclass(frozen=True)
class LastBackup:
    """When the last backup of a home was made, and where it was put."""

    at: datetime
    file: str


def note_backup(home: Home, file: Path) -> None:
    """Write down in the home that a backup was made, for `onemap check`."""
    draft = home.path / f".{NOTE}.{os.getpid()}"
    draft.write_text(json.dumps({"at": datetime.now(UTC).isoformat(), "file": str(file.absolute())}))
    draft.chmod(0o644)
    home.hand_over(draft)
    draft.replace(home.path / NOTE)


def last_backup(home: Path) -> LastBackup | None:
    """What `note_backup` wrote last; None when there was none."""
    with suppress(FileNotFoundError):
        noted = json.loads((home / NOTE).read_text())
        return LastBackup(datetime.fromisoformat(noted["at"]), noted["file"])
    return None


def restore(url: str, file: Path) -> None:
    """Put a dump in the place of this database. The old one goes when the new one is complete. Raises BackupFailed.

    The login roles must exist (any migrated database of the cluster has them) and nobody else may be connected.
    """
    target = make_url(url).set(drivername="postgresql")
    name = target.database or "onemap"
    draft, old = f"{name}_restored", f"{name}_replaced"
    maintenance = target.set(database="postgres")
    _execute(maintenance, sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(draft)),
             sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(old)),
             sql.SQL("CREATE DATABASE {}").format(sql.Identifier(draft)))
    try:
        _run("pg_restore", target.set(database=draft).render_as_string(hide_password=False), "--no-owner", "--exit-on-error", str(file))
    except BackupFailed:
        _execute(maintenance, sql.SQL("DROP DATABASE {}").format(sql.Identifier(draft)))
        raise
    _execute(maintenance, sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(name), sql.Identifier(old)),
             sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(draft), sql.Identifier(name)),
             sql.SQL("DROP DATABASE {}").format(sql.Identifier(old)))


def _execute(url: URL, *statements: sql.Composed) -> None:
    try:
        with psycopg.connect(url.render_as_string(hide_password=False), autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement)
    except psycopg.Error as error:
        raise BackupFailed(what="restore", said=str(error).strip()) from error


def _run(tool: str, url: str, *options: str) -> None:
    target = make_url(url).set(drivername="postgresql")
    password = {"PGPASSWORD": str(target.password)} if target.password else {}  # not on the command line, where others may read it
    plain = URL.create("postgresql", target.username, None, target.host, target.port, target.database, target.query).render_as_string()
    program = choose(None).bin / tool
    command = [str(program) if program.exists() else shutil.which(tool) or tool, f"--dbname={plain}", *options]
    done = subprocess.run(command, check=False, capture_output=True, text=True, env={**os.environ, **password})
    if done.returncode:
        raise BackupFailed(what=tool, said=done.stderr.strip()[-500:])
