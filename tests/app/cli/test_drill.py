"""`onemap drill` on a real database."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy.engine import URL

from app.cli import main
from geodata.store.database import Database
from tests.conftest import SECRET


@pytest.fixture
def onemap(database: Database, database_url: URL, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("ONEMAP_DATABASE_URL", database_url.render_as_string(hide_password=False))
    monkeypatch.setenv("ONEMAP_SECRET_KEY", SECRET)
    monkeypatch.setenv("ONEMAP_HOME", str(tmp_path))
    return lambda *words: CliRunner().invoke(main, list(words), catch_exceptions=False)


def test_a_drill_is_opened_listed_reset_and_closed(onemap, database: Database) -> None:
    opened: Result = onemap("drill", "open", "凌汛演练")
    assert opened.exit_code == 0, opened.output
    drill = opened.stdout.strip()
    assert database.space(drill).record.name == "凌汛演练"
    assert [one["id"] for one in json.loads(onemap("drill", "list", "--json").stdout)] == [drill]
    assert "凌汛演练" in onemap("drill", "list").stdout
    assert onemap("drill", "reset", drill).exit_code == 0
    assert "closed" in onemap("drill", "close", drill).stdout
    assert onemap("drill", "list").stdout == ""
    assert drill in onemap("drill", "list", "--closed").stdout


def test_a_drill_that_is_not_there_is_refused_with_2(onemap) -> None:
    refused: Result = onemap("drill", "close", "nothing")
    assert refused.exit_code == 2
    assert "nothing" in refused.output
