"""Accounts, roles, sessions and passwords through the pages' own calls: who may do what to whom, and that it holds at once."""

from __future__ import annotations

import asyncio
import re
import threading
import urllib.request
from collections.abc import Callable
from datetime import timedelta
from http.client import HTTPResponse
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, text, update

from app import jobs
from app.command import accounts as keeping
from app.command.settings_kept import note_settings
from app.people import SESSION_COOKIE
from app.settings import Settings
from geodata.store.accounts import ACCOUNT, Accounts, OwnAccount, PasswordRules, UsedPassword, WeakPassword
from geodata.store.anchors import Anchors
from geodata.store.audit import Audit, Question, record
from geodata.store.database import Database
from layers.errors import Forbidden
from layers.spec import Role
from tests.app.conftest import PASSWORD, Served, SignedIn
from tests.conftest import actor
from tests.meanwhile import to_the_end

SignIn = Callable[[Role], SignedIn]
NEW = "another horse battery"


@pytest.fixture(autouse=True)
def unremembered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Credentials are looked up each time."""
    monkeypatch.setattr("app.people.REMEMBERED_S", 0)


def call(who: SignedIn, method: str, path: str, body: Any = None) -> Any:
    return who.client.open(f"/api/v1{path}", method=method, json=body, headers=who.headers)


def log_in(app: Flask, name: str, password: str) -> tuple[FlaskClient, dict[str, str]]:
    client = app.test_client()
    answer = client.post("/login", json={"name": name, "password": password})
    assert answer.status_code == 200, answer.text
    return client, {"X-CSRF-Token": answer.json["csrf"]}


def audited(database: Database, **question: Any) -> list[tuple[str, str, str]]:
    rows = Audit(database.engine).search(Question(**question), actor(Role.AUDIT_ADMIN), limit=1000).entries
    return [(one.who, one.action, one.object) for one in rows][::-1]


# who does what


def test_the_system_administrator_makes_accounts_and_the_security_administrator_gives_them_roles(app: Flask, sign_in: SignIn) -> None:
    system, security = sign_in(Role.SYSTEM_ADMIN), sign_in(Role.SECURITY_ADMIN)
    made = call(system, "POST", "/accounts", {"name": "zhang", "display": "张三"})
    assert (made.status_code, made.json["roles"], made.json["password_set_at"]) == (201, [], None)
    client, csrf = log_in(app, "zhang", made.json["password"])
    assert client.get("/api/v1/layers").json["code"] == "password-old", "a password that another knows opens nothing"
    assert client.post("/api/v1/me/password", json={"present": made.json["password"], "new": NEW}, headers=csrf).status_code == 204
    assert client.get("/api/v1/layers").json["code"] == "forbidden", "and an account without a role neither"
    assert call(security, "PUT", "/accounts/zhang/roles", {"roles": ["viewer"], "reason": "入职"}).json["roles"] == ["viewer"]
    client, _ = log_in(app, "zhang", NEW)
    assert client.get("/api/v1/layers").status_code == 200


@pytest.mark.parametrize(("role", "method", "path", "body"), [
    (Role.SYSTEM_ADMIN, "PUT", "/accounts/test-viewer/roles", {"roles": ["planner"]}), (Role.SYSTEM_ADMIN, "POST", "/accounts/test-viewer/lock", {}),
    (Role.SYSTEM_ADMIN, "GET", "/sessions", None), (Role.SYSTEM_ADMIN, "GET", "/audit", None),
    (Role.SECURITY_ADMIN, "POST", "/accounts", {"name": "x"}), (Role.SECURITY_ADMIN, "POST", "/accounts/test-viewer/password", None),
    (Role.SECURITY_ADMIN, "GET", "/audit", None),
    (Role.AUDIT_ADMIN, "GET", "/accounts", None), (Role.AUDIT_ADMIN, "GET", "/sessions", None), (Role.PLANNER, "GET", "/accounts", None)])
def test_no_administrator_does_another_s_work(sign_in: SignIn, role: Role, method: str, path: str, body: Any) -> None:
    sign_in(Role.VIEWER)
    assert call(sign_in(role), method, path, body).status_code == 403


def test_the_split_holds_below_the_interface_too(app: Flask) -> None:
    people, viewer = app.extensions["onemap"].people, actor(Role.VIEWER)
    for attempt in (lambda: keeping.everyone(people, viewer), lambda: keeping.make(people, "x", "", actor(Role.SECURITY_ADMIN)),
                    lambda: keeping.set_roles(people, "x", frozenset({Role.VIEWER}), None, actor(Role.SYSTEM_ADMIN)),
                    lambda: keeping.lock(people, "x", None, actor(Role.AUDIT_ADMIN)), lambda: keeping.sessions(people, viewer),
                    lambda: keeping.end_session(people, "x", viewer, own=False), lambda: keeping.end_token(people, "x", viewer)):
        with pytest.raises(Forbidden):
            attempt()


@pytest.mark.parametrize("roles", ["{system_admin,audit_admin}", "{security_admin,viewer}", "{audit_admin,security_admin,system_admin}"])
def test_two_powers_that_watch_each_other_are_refused_by_the_database(database: Database, sign_in: SignIn, roles: str) -> None:
    sign_in(Role.VIEWER)
    for statement in ("UPDATE onemap_control.account SET roles = :roles",
                      "INSERT INTO onemap_control.api_token (hash, name, roles, created_by, expires_at) VALUES ('x', 'x', :roles, 'x', now())"):
        with pytest.raises(Exception, match="administrators_exclusive"), database.owner.begin() as connection:
            connection.execute(text(statement), {"roles": roles})


def test_nobody_gives_the_own_account_roles_or_locks_it(sign_in: SignIn, app: Flask) -> None:
    security = sign_in(Role.SECURITY_ADMIN)
    assert call(security, "PUT", f"/accounts/{security.name}/roles", {"roles": ["audit_admin"]}).json["code"] == "own-account"
    assert call(security, "POST", f"/accounts/{security.name}/lock", {}).json["code"] == "own-account"
    with pytest.raises(OwnAccount):
        Accounts(app.extensions["onemap"].database.engine).set_roles(security.name, frozenset({Role.AUDIT_ADMIN}), actor(Role.SECURITY_ADMIN, name=security.name))


def test_a_system_administrator_cannot_become_another_administrator_by_a_new_password(sign_in: SignIn) -> None:
    auditor = sign_in(Role.AUDIT_ADMIN)
    assert call(sign_in(Role.SYSTEM_ADMIN), "POST", f"/accounts/{auditor.name}/password").json["code"] == "administrator-password"


def test_roles_and_locks_hold_at_once(sign_in: SignIn, app: Flask) -> None:
    viewer, security = sign_in(Role.VIEWER), sign_in(Role.SECURITY_ADMIN)
    assert call(security, "PUT", f"/accounts/{viewer.name}/roles", {"roles": ["planner"]}).status_code == 200
    assert viewer.client.get("/api/v1/me").status_code == 401, "a session with the old roles is over"
    client, _ = log_in(app, viewer.name, PASSWORD)
    assert call(security, "POST", f"/accounts/{viewer.name}/lock", {"reason": "离职"}).json["disabled_at"]
    assert client.get("/api/v1/me").status_code == 401
    assert client.post("/login", json={"name": viewer.name, "password": PASSWORD}).status_code == 401
    call(security, "POST", f"/accounts/{viewer.name}/unlock", {})
    log_in(app, viewer.name, PASSWORD)


# passwords


def test_the_rules_of_a_password_are_settings(database: Database) -> None:
    strict = Accounts(database.engine, PasswordRules(length=12, classes=3, history=2, age_days=0))
    for weak in ("Short-1", "all small letters", "wang-Likes-1-horse"):
        with pytest.raises(WeakPassword):
            strict.add("wang", "", weak, frozenset({Role.VIEWER}), "tests")
    strict.add("wang", "", "Long-enough-1", frozenset({Role.VIEWER}), "tests")
    strict.set_password("wang", "Long-enough-2")
    for used in ("Long-enough-1", "Long-enough-2"):
        with pytest.raises(UsedPassword):
            strict.set_password("wang", used)
    strict.set_password("wang", "Long-enough-3")
    strict.set_password("wang", "Long-enough-1")


def test_an_old_password_is_changed_before_anything_else(database: Database, app: Flask, sign_in: SignIn) -> None:
    signed = sign_in(Role.PLANNER)
    for days, status in ((89, 200), (91, 403)):
        with database.engine.begin() as connection:
            connection.execute(update(ACCOUNT).values(password_set_at=func.now() - timedelta(days=days)))
        assert signed.client.get("/api/v1/layers").status_code == status
    assert signed.client.get("/", headers={"Accept": "text/html"}).headers["Location"] == "/password"
    assert call(signed, "POST", "/me/password", {"present": PASSWORD, "new": NEW}).status_code == 204
    assert signed.client.get("/api/v1/layers").status_code == 200


def test_the_form_leads_to_the_password_page_and_administrators_to_their_own(app: Flask, database: Database) -> None:
    for role, page in ((Role.VIEWER, "/"), (Role.SYSTEM_ADMIN, "/accounts"), (Role.AUDIT_ADMIN, "/audit")):
        Accounts(database.engine).add(role.value, "", PASSWORD, frozenset({role}), "tests")
        assert _form(app, role.value) == page
    Accounts(database.engine).set_password("viewer", NEW, given=True)
    assert _form(app, "viewer", NEW) == "/password"


def _form(app: Flask, name: str, password: str = PASSWORD) -> str:
    client = app.test_client()
    token = re.search(r'name="csrf_token" value="(\w+)"', client.get("/login").text)
    assert token
    return client.post("/login", data={"name": name, "password": password, "csrf_token": token[1]}).headers["Location"]


def test_changing_the_own_password_wants_the_present_one_and_ends_the_other_sessions(app: Flask, sign_in: SignIn) -> None:
    here, there = sign_in(Role.VIEWER), sign_in(Role.VIEWER)
    assert call(here, "POST", "/me/password", {"present": "wrong", "new": NEW}).status_code == 422
    assert call(here, "POST", "/me/password", {"present": PASSWORD, "new": "short"}).json["code"] == "password-weak"
    assert call(here, "POST", "/me/password", {"present": PASSWORD, "new": NEW}).status_code == 204
    assert (here.client.get("/api/v1/me").status_code, there.client.get("/api/v1/me").status_code) == (200, 401)
    log_in(app, here.name, NEW)


# sessions


def test_one_sees_and_ends_the_own_sessions_only(sign_in: SignIn) -> None:
    here, there, other = sign_in(Role.VIEWER), sign_in(Role.VIEWER), sign_in(Role.PLANNER)
    mine = call(here, "GET", "/me/sessions").json["sessions"]
    assert sorted(one["here"] for one in mine) == [False, True] and {one["account"] for one in mine} == {here.name}
    assert not any(key in str(mine) for key in (here.client.get_cookie(SESSION_COOKIE).value, there.client.get_cookie(SESSION_COOKIE).value))  # type: ignore[union-attr]
    theirs = call(other, "GET", "/me/sessions").json["sessions"][0]["id"]
    assert call(here, "DELETE", f"/me/sessions/{theirs}").status_code == 404
    assert call(here, "DELETE", f"/me/sessions/{next(one['id'] for one in mine if not one['here'])}").status_code == 204
    assert [each.client.get("/api/v1/me").status_code for each in (here, there, other)] == [200, 401, 200]


def test_the_security_administrator_ends_anybody_s_session_and_token(sign_in: SignIn, app: Flask, database: Database) -> None:
    viewer, security = sign_in(Role.VIEWER), sign_in(Role.SECURITY_ADMIN)
    secret = app.extensions["onemap"].people.tokens.create("feed", frozenset({Role.VIEWER}), "tests", timedelta(days=1))
    listed = call(security, "GET", f"/sessions?account={viewer.name}").json["sessions"]
    assert call(security, "DELETE", f"/sessions/{listed[0]['id']}?reason=遗失").status_code == 204
    assert viewer.client.get("/api/v1/me").status_code == 401
    assert [one["name"] for one in call(security, "GET", "/tokens").json["tokens"]] == ["feed"]
    assert call(security, "DELETE", "/tokens/feed").status_code == 204
    assert app.test_client().get("/api/v1/me", headers={"Authorization": f"Bearer {secret}"}).status_code == 401
    assert audited(database, who=security.name)[-2:] == [(security.name, "session.revoke", viewer.name), (security.name, "token.revoke", "feed")]


def test_an_open_stream_ends_within_a_second_of_its_session(served: Served, sign_in: SignIn) -> None:
    viewer, security = sign_in(Role.VIEWER), sign_in(Role.SECURITY_ADMIN)
    cookie = viewer.client.get_cookie(SESSION_COOKIE)
    assert cookie is not None
    request = urllib.request.Request(f"{served.base}/api/v1/events", headers={"Cookie": f"{SESSION_COOKIE}={cookie.value}"})
    stream: HTTPResponse = urllib.request.urlopen(request, timeout=10)
    while not stream.readline().startswith(b"event:"):
        pass
    (listed,) = call(security, "GET", f"/sessions?account={viewer.name}").json["sessions"]
    ended = threading.Event()
    threading.Thread(target=lambda: (stream.read(), ended.set()), daemon=True).start()
    assert call(security, "DELETE", f"/sessions/{listed['id']}").status_code == 204
    assert ended.wait(1.5), "bars.md F3 asks for a second; half of one more for a busy machine"


# the audit over HTTP


def test_the_audit_is_searched_by_pages_and_taken_away_as_a_harmless_table(sign_in: SignIn, app: Flask, database: Database) -> None:
    auditor = sign_in(Role.AUDIT_ADMIN)
    app.extensions["onemap"].people.accounts.add("li", "=HYPERLINK(1)", PASSWORD, frozenset({Role.VIEWER}), "=cmd|' /C calc'!A0")
    first = call(auditor, "GET", "/audit?limit=1").json
    assert first["entries"][0]["action"] == "account.make" and first["next"]
    second = call(auditor, "GET", f"/audit?limit=1&cursor={first['next'].replace('+', '%2B')}").json
    assert second["entries"][0]["action"] == "session.open"
    table = call(auditor, "GET", "/audit?object=li&format=csv")
    assert table.mimetype == "text/csv" and "'=cmd" in table.text and ",=cmd" not in table.text and '"=cmd' not in table.text
    assert audited(database, action="audit") == [(auditor.name, "audit.export", "audit")]
    for wrong in ("since=yesterday", "limit=0", "limit=1001", "cursor=x", "unknown=1", "format=xlsx"):
        assert call(auditor, "GET", f"/audit?{wrong}").status_code in (400, 422), wrong


def test_the_audit_says_from_where(sign_in: SignIn, app: Flask, database: Database) -> None:
    signed = sign_in(Role.AUDIT_ADMIN)
    signed.client.post("/logout", headers=signed.headers, environ_base={"REMOTE_ADDR": "192.0.2.44"})
    entry = Audit(database.engine).search(Question(action="session.close"), actor(Role.AUDIT_ADMIN)).entries[0]
    assert (entry.who, entry.roles, entry.address) == (signed.name, "audit_admin", "192.0.2.44")


def test_verification_says_whole_and_then_where_it_is_not(sign_in: SignIn, app: Flask, database: Database) -> None:
    auditor = sign_in(Role.AUDIT_ADMIN)
    app.extensions["onemap"].people.anchors.add(database.engine)
    found = call(auditor, "POST", "/audit/verification").json
    assert found["whole"] and found["rows"] >= 2 and found["anchored"] >= 1
    with database.owner.begin() as connection:
        connection.execute(text("ALTER TABLE onemap_control.audit DISABLE TRIGGER USER"))
        connection.execute(text("UPDATE onemap_control.audit SET who = 'li' WHERE sequence = 1 AND chain = 'control'"))
    found = call(auditor, "POST", "/audit/verification").json
    assert not found["whole"] and found["flaws"] == [{"kind": "changed", "chain": "control", "sequence": 1}]


def test_changed_settings_are_written_down_without_secrets(database: Database, settings: Settings) -> None:
    from dataclasses import replace

    assert note_settings(database, settings) and not note_settings(database, settings)
    assert note_settings(database, replace(settings, login_failures=3))
    entry = Audit(database.engine).search(Question(action="settings"), actor(Role.AUDIT_ADMIN)).entries[0]
    assert entry.detail["changed"] == {"login_failures": [5, 3]} and settings.secret_key not in str(entry.detail)


def test_the_worker_keeps_the_heads_outside_the_database_and_goes_on_keeping(database: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "ANCHOR_S", 0.05)
    anchors = Anchors(settings.home, settings.secret_key)

    async def watched() -> None:
        keeping = asyncio.create_task(jobs._keep(anchors, database))
        for n in (1, 2):
            await asyncio.to_thread(record, database.engine, actor(Role.PLANNER), "export.file", "x")
            while ("control", n) not in {(one.chain, one.sequence) for one in await asyncio.to_thread(anchors.all)}:
                await asyncio.sleep(0.01)
        keeping.cancel()

    to_the_end(asyncio.wait_for(watched(), 20))
