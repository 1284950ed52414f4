"""`onemap audit`, and what the other commands leave in it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import text
from sqlalchemy.engine import URL

from app.cli import main
from geodata.store.anchors import FILE, FOLDER, Anchors
from geodata.store.database import Database
from geodata.store.spaces import Space
from tests.conftest import SECRET
from tests.geodata.store.test_features import put, shelter


@pytest.fixture
def onemap(database: Database, database_url: URL, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("ONEMAP_DATABASE_URL", database_url.render_as_string(hide_password=False))
    monkeypatch.setenv("ONEMAP_SECRET_KEY", SECRET)
    monkeypatch.setenv("ONEMAP_HOME", str(tmp_path))
    return lambda *words, **given: CliRunner().invoke(main, list(map(str, words)), **given)


def test_a_whole_chain_exits_with_0_and_a_broken_one_with_1_and_its_place(onemap, database: Database, space: Space) -> None:
    put(space, shelter())
    whole: Result = onemap("audit", "verify")
    assert (whole.exit_code, "whole" in whole.stdout) == (0, True), whole.output
    with database.owner.begin() as connection:
        connection.execute(text("ALTER TABLE onemap_control.audit DISABLE TRIGGER USER"))
        connection.execute(text("DELETE FROM onemap_control.audit WHERE chain = 'live/shelters'"))
    broken: Result = onemap("audit", "verify", "--json")
    told = json.loads(broken.stdout)
    assert (broken.exit_code, told["whole"], told["flaws"]) == (1, False, [{"kind": "tail", "chain": "live/shelters", "sequence": 0}])


def test_verification_asks_the_anchors_and_refuses_changed_ones(onemap, database: Database, space: Space, tmp_path: Path) -> None:
    put(space, shelter())
    Anchors(tmp_path, SECRET).add(database.engine)
    assert json.loads(onemap("audit", "verify", "--json").stdout)["anchored"] == 1
    (tmp_path / FOLDER / FILE).write_text("x" + (tmp_path / FOLDER / FILE).read_text()[1:])
    refused: Result = onemap("audit", "verify")
    assert refused.exit_code == 2 and "anchors-broken" in refused.stderr


def test_commands_are_written_down_and_found(onemap, space: Space, tmp_path: Path) -> None:
    put(space, shelter())
    assert onemap("user", "add", "wang", "--role", "planner", "--generate").exit_code == 0
    assert onemap("token", "create", "--role", "viewer", "--name", "feed").exit_code == 0
    assert onemap("export", "shelters", tmp_path / "a.csv", "--reason", "月报").exit_code == 0
    found = [json.loads(line) for line in onemap("audit", "search", "--who", "operator", "--json").stdout.splitlines()][::-1]
    assert [(one["action"], one["object"]) for one in found][-3:] == [("account.make", "wang"), ("token.make", "feed"), ("export.file", "shelters")]
    assert found[-1]["detail"] == {"file": "a.csv", "count": 1} and found[-1]["reason"] == "月报"
    assert "export.file\tshelters" in onemap("audit", "search", "--text", "月报").stdout
    assert onemap("audit", "search", "--since", "2999-01-01").stdout == ""


def test_an_exported_file_is_masked_and_one_that_is_refused_leaves_no_row(onemap, space: Space, tmp_path: Path) -> None:
    put(space, shelter())
    assert onemap("export", "shelters", tmp_path / "a.csv").exit_code == 0
    written = (tmp_path / "a.csv").read_text()
    assert "000****5678" in written and "000-12345678" not in written
    assert onemap("export", "shelters", tmp_path / "a.xyz").exit_code == 2
    assert len(onemap("audit", "search", "--action", "export").stdout.splitlines()) == 1


def test_a_file_is_not_handed_out_when_it_cannot_be_written_down(onemap, space: Space, database: Database, tmp_path: Path) -> None:
    put(space, shelter())
    with database.owner.begin() as connection:
        connection.execute(text("ALTER TABLE onemap_control.audit ADD CONSTRAINT full_disk CHECK (action <> 'export.file')"))
    assert onemap("export", "shelters", tmp_path / "a.csv").exit_code != 0
    assert list(tmp_path.glob("*.csv")) == [] and list(tmp_path.glob(".a-*")) == []


def test_only_what_is_180_days_old_is_archived(onemap, tmp_path: Path) -> None:
    refused: Result = onemap("audit", "prune", "--before", "2999-01-01", tmp_path / "a.jsonl")
    assert refused.exit_code == 2 and "180" in refused.stderr
    done: Result = onemap("audit", "prune", "--before", "2020-01-01", tmp_path / "a.jsonl")
    assert (done.exit_code, done.stdout.split()[0]) == (0, "0")


def test_the_rules_of_passwords_hold_on_the_command_line_too(onemap, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ONEMAP_PASSWORD_CLASSES", "4")
    refused: Result = onemap("user", "add", "wang", "--role", "planner", "--password-stdin", input="correct horse battery\n")
    assert refused.exit_code == 2 and "password-weak" in refused.stderr
    assert onemap("user", "add", "wang", "--role", "planner", "--password-stdin", input="Correct horse 1\n").exit_code == 0
