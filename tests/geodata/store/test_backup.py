"""A backup comes back whole, and a bad one changes nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import text

from geodata.store.backup import BackupFailed, dump, restore
from geodata.store.database import Database
from layers.errors import Conflict


def url_of(database: Database) -> str:
    return database.owner.url.render_as_string(hide_password=False)


def marks(database: Database) -> list[str]:
    with database.owner.connect() as connection:
        return list(connection.scalars(text("SELECT what FROM onemap_control.mark ORDER BY what")))


def mark(database: Database, what: str) -> None:
    with database.owner.begin() as connection:
        connection.execute(text("CREATE TABLE IF NOT EXISTS onemap_control.mark (what text)"))
        connection.execute(text("INSERT INTO onemap_control.mark VALUES (:what)"), {"what": what})


def test_what_was_there_at_the_backup_is_there_after_the_restore(database: Database, tmp_path: Path) -> None:
    mark(database, "before")
    dump(url_of(database), tmp_path / "it.backup")
    assert (tmp_path / "it.backup").stat().st_mode & 0o077 == 0
    mark(database, "after")
    database.dispose()
    restore(url_of(database), tmp_path / "it.backup")
    database.migrate()
    assert marks(database) == ["before"]
    assert database.ready() and database.space().versions()


def test_a_broken_backup_changes_nothing(database: Database, tmp_path: Path) -> None:
    mark(database, "kept")
    (tmp_path / "it.backup").write_bytes(b"PGDMP and then nothing")
    database.dispose()
    with pytest.raises(BackupFailed):
        restore(url_of(database), tmp_path / "it.backup")
    assert marks(database) == ["kept"]


def test_a_backup_does_not_overwrite_a_file(database: Database, tmp_path: Path) -> None:
    (tmp_path / "it.backup").write_text("of yesterday")
    with pytest.raises(Conflict):
        dump(url_of(database), tmp_path / "it.backup")
    assert (tmp_path / "it.backup").read_text() == "of yesterday"
