"""`onemap user` and `onemap token`, and the accounts of the demonstration."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy.engine import URL

from app.cli import main
from app.command.demo_accounts import FILE, PEOPLE, ensure_demo_accounts
from app.people import People
from app.settings import Settings
from geodata.store.accounts import Accounts
from geodata.store.database import Database
from geodata.store.sessions import secret_hash
from layers.spec import Role
from tests.app.conftest import PASSWORD
from tests.conftest import SECRET


@pytest.fixture
def run(database_url: URL, database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("ONEMAP_HOME", str(tmp_path))
    monkeypatch.setenv("ONEMAP_DATABASE_URL", database_url.render_as_string(hide_password=False))
    monkeypatch.setenv("ONEMAP_SECRET_KEY", SECRET)

    def invoke(*arguments: str, given: str | None = None) -> Result:
        return CliRunner().invoke(main, arguments, input=given)

    return invoke


def test_token_create_prints_the_token_and_nothing_else(run, settings: Settings, database: Database) -> None:
    answer = run("token", "create", "--role", "planner")
    assert answer.exit_code == 0, answer.output
    actor = People(settings, database).tokens.actor(secret_hash(answer.stdout.strip()))
    assert actor is not None and actor.roles == {Role.PLANNER}
    assert answer.stdout.count("\n") == 1


def test_a_token_for_two_administrators_is_refused(run) -> None:
    answer = run("token", "create", "--role", "system_admin", "--role", "audit_admin")
    assert (answer.exit_code, answer.stdout) == (2, "")
    assert "roles-exclusive" in answer.stderr


def test_a_revoked_token_is_worth_nothing(run, settings: Settings, database: Database) -> None:
    secret = run("token", "create", "--role", "viewer", "--name", "feed").stdout.strip()
    assert run("token", "revoke", "feed").exit_code == 0
    assert People(settings, database).tokens.actor(secret_hash(secret)) is None
    assert "feed" in run("token", "list").stdout
    assert run("token", "revoke", "none").exit_code == 2


def test_an_account_is_made_listed_given_a_password_and_disabled(run, database: Database) -> None:
    accounts = Accounts(database.engine)
    assert run("user", "add", "wang", "--role", "planner", "--password-stdin", given=PASSWORD + "\n").exit_code == 0
    assert accounts.verified("wang", PASSWORD) is not None
    assert "wang\tplanner" in run("user", "list").stdout
    new = run("user", "password", "wang", "--generate").stdout.strip()
    assert accounts.verified("wang", PASSWORD) is None and accounts.verified("wang", new) is not None
    assert run("user", "disable", "wang").exit_code == 0
    assert accounts.verified("wang", new) is None
    assert run("user", "disable", "wang", "--undo").exit_code == 0
    assert accounts.verified("wang", new) is not None
    assert run("user", "disable", "nobody").exit_code == 2


def test_new_roles_end_the_sessions_that_had_the_old(run, settings: Settings, database: Database) -> None:
    people = People(settings, database)
    people.accounts.add("wang", "", PASSWORD, frozenset({Role.GIS_STAFF}), "tests")
    secret = people.sessions.open("wang", "here")
    assert run("user", "roles", "wang", "--role", "viewer").exit_code == 0
    assert people.sessions.actor(secret_hash(secret)) is None
    assert people.accounts.get("wang").roles == {Role.VIEWER}


def test_each_role_has_a_demonstration_account_whose_password_is_told_again(database: Database, tmp_path: Path) -> None:
    told = ensure_demo_accounts(database, tmp_path)
    accounts = Accounts(database.engine)
    assert len(told) == len(Role) == len({password for *_, password in told})
    for (name, _, password), role in zip(told, PEOPLE, strict=True):
        account = accounts.verified(name, password)
        assert account is not None and account.roles == {role} and account.demo
    assert stat.S_IMODE((tmp_path / FILE).stat().st_mode) == 0o600
    assert ensure_demo_accounts(database, tmp_path) == told


def test_a_lost_password_file_is_made_anew(database: Database, tmp_path: Path) -> None:
    ensure_demo_accounts(database, tmp_path)
    (tmp_path / FILE).unlink()
    name, _, password = ensure_demo_accounts(database, tmp_path)[0]
    assert Accounts(database.engine).verified(name, password) is not None


def test_beside_people_s_accounts_no_demonstration_account_is_made(database: Database, tmp_path: Path) -> None:
    Accounts(database.engine).add("wang", "", PASSWORD, frozenset({Role.VIEWER}), "tests")
    assert ensure_demo_accounts(database, tmp_path) == []
    assert [account.name for account in Accounts(database.engine).all()] == ["wang"]
