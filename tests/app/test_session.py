"""Signing in and out, what ends a session, and what slows a guesser down."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from argon2 import Type
from argon2.exceptions import VerifyMismatchError
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, update

from app import create_app
from app.people import SESSION_COOKIE, new_password
from app.settings import Settings
from geodata.store import accounts
from geodata.store.accounts import (
    ACCOUNT,
    Accounts,
    ExclusiveRoles,
    NoRole,
    WeakPassword,
)
from geodata.store.attempts import LOGIN_FAILURE, Attempts
from geodata.store.database import Database
from geodata.store.sessions import SESSION, secret_hash
from layers.errors import Conflict
from layers.spec import Role
from tests.app.conftest import PASSWORD, SignedIn
from tests.conftest import OF_SERVICE

SignIn = Callable[[Role], SignedIn]


def _me(client: FlaskClient) -> int:
    return client.get("/api/v1/me").status_code


@pytest.fixture(autouse=True)
def nothing_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Credentials are looked up each time; that they are remembered briefly has its own test."""
    monkeypatch.setattr("app.people.REMEMBERED_S", 0)


def test_me_names_the_account_and_its_roles(sign_in: SignIn) -> None:
    me = sign_in(Role.PLANNER).client.get("/api/v1/me").json
    assert (me["name"], me["roles"], me["language"]) == ("test-planner", ["planner"], "zh")


def test_a_wrong_password_an_unknown_name_and_a_disabled_account_get_one_answer(app: Flask, client: FlaskClient, sign_in: SignIn) -> None:
    sign_in(Role.VIEWER)
    app.extensions["onemap"].people.accounts.add("gone", "", PASSWORD, frozenset({Role.VIEWER}), "tests")
    app.extensions["onemap"].people.accounts.set_disabled("gone", True)
    tries = [("test-viewer", "wrong"), ("nobody", "wrong"), ("gone", PASSWORD)]
    answers = [client.post("/login", json={"name": name, "password": password}) for name, password in tries]
    assert {one.status_code for one in answers} == {401}
    assert len({re.sub(r'"request_id": "\w+"', "", one.text) for one in answers}) == 1


def test_passwords_are_kept_as_argon2id_and_sessions_as_digests(database: Database, sign_in: SignIn) -> None:
    signed = sign_in(Role.VIEWER)
    cookie = signed.client.get_cookie(SESSION_COOKIE)
    assert cookie is not None
    with database.engine.connect() as connection:
        assert connection.scalar(select(ACCOUNT.c.password_hash)).startswith("$argon2id$")
        assert connection.scalars(select(SESSION.c.hash)).all() == [secret_hash(cookie.value)]


def test_in_service_a_password_costs_memory_and_passes() -> None:
    """OWASP's first choice; the tests hash with less."""
    assert (OF_SERVICE.type, OF_SERVICE.memory_cost, OF_SERVICE.time_cost, OF_SERVICE.parallelism) == (Type.ID, 46 * 1024, 2, 1)


def test_a_name_without_an_account_is_checked_against_a_hash_that_costs_as_much_and_no_password_has() -> None:
    nobody = accounts._nobody()
    assert not accounts._HASHER.check_needs_rehash(nobody)  # the same kind, memory and passes
    with pytest.raises(VerifyMismatchError):
        accounts._HASHER.verify(nobody, "")


def test_the_session_cookie_is_out_of_reach_of_scripts_and_other_sites(app: Flask, client: FlaskClient) -> None:
    app.extensions["onemap"].people.accounts.add("wang", "", PASSWORD, frozenset({Role.VIEWER}), "tests")
    told = client.post("/login", json={"name": "wang", "password": PASSWORD}).headers["Set-Cookie"]
    assert "HttpOnly" in told and "SameSite=Lax" in told and "Secure" not in told
    secure = client.post("/login", json={"name": "wang", "password": PASSWORD}, base_url="https://localhost").headers["Set-Cookie"]
    assert "Secure" in secure


def test_signing_in_gives_a_new_session_and_ends_the_old_one(sign_in: SignIn, app: Flask) -> None:
    signed = sign_in(Role.VIEWER)
    old = signed.client.get_cookie(SESSION_COOKIE)
    signed.client.post("/login", json={"name": signed.name, "password": PASSWORD})
    new = signed.client.get_cookie(SESSION_COOKIE)
    assert old is not None and new is not None and old.value != new.value
    thief = app.test_client()
    thief.set_cookie(SESSION_COOKIE, old.value)
    assert _me(thief) == 401


def test_a_session_id_planted_before_sign_in_is_not_taken_over(app: Flask) -> None:
    app.extensions["onemap"].people.accounts.add("wang", "", PASSWORD, frozenset({Role.VIEWER}), "tests")
    victim = app.test_client()
    victim.set_cookie(SESSION_COOKIE, "planted-by-someone-else")
    victim.post("/login", json={"name": "wang", "password": PASSWORD})
    cookie = victim.get_cookie(SESSION_COOKIE)
    assert cookie is not None and cookie.value != "planted-by-someone-else"


def test_sign_out_ends_the_session_on_the_server(app: Flask, sign_in: SignIn) -> None:
    signed = sign_in(Role.VIEWER)
    cookie = signed.client.get_cookie(SESSION_COOKIE)
    assert signed.client.post("/logout", headers=signed.headers).status_code == 204
    copy = app.test_client()
    assert cookie is not None
    copy.set_cookie(SESSION_COOKIE, cookie.value)
    assert _me(copy) == 401


@pytest.mark.parametrize(("column", "age", "status"), [
    ("used_at", timedelta(minutes=29), 200),
    ("used_at", timedelta(minutes=31), 401),
    ("opened_at", timedelta(hours=11, minutes=59), 200),
    ("opened_at", timedelta(hours=12, minutes=1), 401),
])
def test_a_session_ends_after_30_idle_minutes_and_after_12_hours(
    database: Database, sign_in: SignIn, column: str, age: timedelta, status: int,
) -> None:
    signed = sign_in(Role.VIEWER)
    with database.engine.begin() as connection:
        connection.execute(update(SESSION).values({column: func.now() - age}))
    assert _me(signed.client) == status


def test_use_keeps_a_session_but_asking_whether_it_lives_does_not(database: Database, app: Flask, sign_in: SignIn) -> None:
    signed = sign_in(Role.VIEWER)

    def aged(then: Callable[[], object]) -> timedelta:
        with database.engine.begin() as connection:
            connection.execute(update(SESSION).values(used_at=func.now() - timedelta(minutes=20)))
        then()
        with database.engine.connect() as connection:
            return connection.scalar(select(func.now() - SESSION.c.used_at))

    cookie = signed.client.get_cookie(SESSION_COOKIE)
    assert cookie is not None
    assert aged(lambda: app.extensions["onemap"].people.sessions.alive([secret_hash(cookie.value)])) > timedelta(minutes=19)
    assert aged(lambda: _me(signed.client)) < timedelta(minutes=1)


def test_disabling_an_account_ends_its_sessions(app: Flask, sign_in: SignIn) -> None:
    signed = sign_in(Role.VIEWER)
    app.extensions["onemap"].people.accounts.set_disabled(signed.name, True)
    assert _me(signed.client) == 401


def test_a_credential_is_remembered_for_half_a_second_and_not_longer(app: Flask, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.people.REMEMBERED_S", 0.5)
    clock = [100.0]
    monkeypatch.setattr("app.people.time.monotonic", lambda: clock[0])
    signed = sign_in(Role.VIEWER)
    assert _me(signed.client) == 200
    app.extensions["onemap"].people.sessions.end_all(signed.name)
    assert _me(signed.client) == 200
    clock[0] += 0.51
    assert _me(signed.client) == 401


def test_the_fifth_failure_locks_the_name_from_that_address_for_15_minutes(app: Flask, database: Database, client: FlaskClient) -> None:
    people = app.extensions["onemap"].people
    people.accounts.add("wang", "", PASSWORD, frozenset({Role.VIEWER}), "tests")
    for _ in range(5):
        assert client.post("/login", json={"name": "wang", "password": "wrong"}).status_code == 401
    locked = client.post("/login", json={"name": "WANG ", "password": PASSWORD})
    assert locked.status_code == 429
    assert 890 <= int(locked.headers["Retry-After"]) <= 900
    elsewhere = client.post("/login", json={"name": "wang", "password": PASSWORD}, environ_base={"REMOTE_ADDR": "10.0.0.9"})
    assert elsewhere.status_code == 200
    with database.engine.begin() as connection:
        connection.execute(update(LOGIN_FAILURE).values(at=LOGIN_FAILURE.c.at - timedelta(minutes=15, seconds=1)))
    assert client.post("/login", json={"name": "wang", "password": PASSWORD}).status_code == 200


def test_an_unknown_name_is_locked_alike(client: FlaskClient) -> None:
    answers = [client.post("/login", json={"name": "nobody", "password": "wrong"}).status_code for _ in range(6)]
    assert answers == [401] * 5 + [429]


def test_four_failures_and_a_success_start_the_count_anew(app: Flask, client: FlaskClient) -> None:
    app.extensions["onemap"].people.accounts.add("wang", "", PASSWORD, frozenset({Role.VIEWER}), "tests")
    for _ in range(2):
        for _ in range(4):
            assert client.post("/login", json={"name": "wang", "password": "wrong"}).status_code == 401
        assert client.post("/login", json={"name": "wang", "password": PASSWORD}).status_code == 200


def test_one_address_trying_many_names_is_stopped(database: Database) -> None:
    attempts = Attempts(database.engine, 5, timedelta(minutes=15))
    waits = [attempts.begin(f"name{number}", "10.0.0.1") for number in range(51)]
    assert waits[:50] == [None] * 50 and waits[50] is not None
    assert attempts.begin("name0", "10.0.0.2") is None


def test_guesses_made_at_once_are_no_better_than_one_by_one(database: Database) -> None:
    from concurrent.futures import ThreadPoolExecutor

    attempts = Attempts(database.engine, 5, timedelta(minutes=15))
    with ThreadPoolExecutor(8) as pool:
        waits = list(pool.map(lambda _: attempts.begin("wang", "10.0.0.1"), range(20)))
    assert waits.count(None) == 5


def test_administrators_hold_one_role_and_no_other(database: Database) -> None:
    accounts = Accounts(database.engine)
    for admin in (Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDIT_ADMIN):
        for other in set(Role) - {admin}:
            with pytest.raises(ExclusiveRoles):
                accounts.add("two", "", PASSWORD, frozenset({admin, other}), "tests")
    with pytest.raises(NoRole):
        accounts.add("none", "", PASSWORD, frozenset(), "tests")
    assert accounts.add("both", "", PASSWORD, frozenset({Role.PLANNER, Role.GIS_STAFF}), "tests").roles == {Role.PLANNER, Role.GIS_STAFF}


def test_a_name_belongs_to_one_person_for_ever(database: Database) -> None:
    accounts = Accounts(database.engine)
    accounts.add("Wang", "", PASSWORD, frozenset({Role.VIEWER}), "tests")
    accounts.set_disabled("wang", True)
    with pytest.raises(Conflict):
        accounts.add("ＷＡＮＧ", "", PASSWORD, frozenset({Role.VIEWER}), "tests")


@pytest.mark.parametrize("password", ["short", "x" * 201, "wang-and-more"])
def test_a_weak_password_is_refused(database: Database, password: str) -> None:
    with pytest.raises(WeakPassword):
        Accounts(database.engine).add("wang", "", password, frozenset({Role.VIEWER}), "tests")


def test_generated_passwords_are_accepted_and_differ() -> None:
    made = {new_password() for _ in range(100)}
    assert len(made) == 100 and all(len(one) >= 10 for one in made)


def test_the_form_needs_the_token_given_to_this_browser(app: Flask, client: FlaskClient) -> None:
    app.extensions["onemap"].people.accounts.add("wang", "", PASSWORD, frozenset({Role.VIEWER}), "tests")
    form = {"name": "wang", "password": PASSWORD, "next": "/spaces/x/"}
    assert client.post("/login", data=form).status_code == 403
    token = re.search(r'name="csrf_token" value="(\w+)"', client.get("/login?next=/spaces/x/").text)
    assert token
    done = client.post("/login", data={**form, "csrf_token": token[1]})
    assert (done.status_code, done.headers["Location"]) == (303, "/spaces/x/")
    other = app.test_client()
    assert other.post("/login", data={**form, "csrf_token": token[1]}).status_code == 403


@pytest.mark.parametrize("onward", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", "/login", "/\n/evil"])
def test_signing_in_never_leads_off_the_site(app: Flask, client: FlaskClient, onward: str) -> None:
    app.extensions["onemap"].people.accounts.add("wang", "", PASSWORD, frozenset({Role.VIEWER}), "tests")
    token = re.search(r'name="csrf_token" value="(\w+)"', client.get("/login").text)
    assert token
    done = client.post("/login", data={"name": "wang", "password": PASSWORD, "csrf_token": token[1], "next": onward})
    assert done.headers["Location"] == "/"


def test_a_bearer_token_stands_for_its_roles_until_revoked_or_past_its_day(app: Flask, client: FlaskClient) -> None:
    tokens = app.extensions["onemap"].people.tokens
    secret = tokens.create("feed", frozenset({Role.VIEWER}), "tests", timedelta(days=1))
    stale = tokens.create("old", frozenset({Role.VIEWER}), "tests", timedelta(seconds=-1))

    def ask(given: str) -> int:
        return client.get("/api/v1/me", headers={"Authorization": f"Bearer {given}"}).status_code

    assert client.get("/api/v1/me", headers={"Authorization": f"Bearer {secret}"}).json["name"] == "token:feed"
    assert (ask(stale), ask("om_made-up"), ask("")) == (401, 401, 401)
    tokens.revoke("feed")
    assert ask(secret) == 401


def test_sessions_are_shared_by_workers(settings: Settings, database: Database, sign_in: SignIn) -> None:
    signed = sign_in(Role.VIEWER)
    other = create_app(replace(settings), database).test_client()
    cookie = signed.client.get_cookie(SESSION_COOKIE)
    assert cookie is not None
    other.set_cookie(SESSION_COOKIE, cookie.value)
    assert _me(other) == 200
