"""A person's own tokens: told once, never more than the person may, seen and ended by the person alone and by the security administrator."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import update

from geodata.store.audit import Audit, Question
from geodata.store.database import Database
from geodata.store.sessions import API_TOKEN, MOST_OWN, Tokens
from layers.spec import OPERATOR, Role
from tests.app.conftest import SignedIn

SignIn = Callable[[Role], SignedIn]
OWN = "/api/v1/me/tokens"


@pytest.fixture(autouse=True)
def nothing_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.people.REMEMBERED_S", 0)


def made(by: SignedIn, name: str = "QGIS", *roles: Role, **more: Any) -> Any:
    return by.client.post(OWN, json={"name": name, "roles": list(roles or (Role.VIEWER,)), **more}, headers=by.headers)


def status(app: Flask, secret: str, path: str = "/api/v1/layers") -> int:
    return app.test_client().get(path, headers={"Authorization": f"Bearer {secret}"}).status_code


def test_it_is_told_once_listed_without_its_secret_and_ended(app: Flask, database: Database, sign_in: SignIn) -> None:
    planner = sign_in(Role.PLANNER)
    answer = made(planner, "李工 QGIS", Role.PLANNER, days=30)
    assert answer.status_code == 201 and answer.json["name"] == "李工 QGIS@test-planner" and answer.json["token"].startswith("om_")
    assert status(app, answer.json["token"]) == 200
    (listed,) = planner.client.get(OWN).json["tokens"]
    assert answer.json["token"] not in str(listed) and listed["used_at"] and not listed["revoked_at"] and listed["roles"] == ["planner"]
    assert planner.client.delete(f"{OWN}/{listed['name']}", headers=planner.headers).status_code == 204
    assert status(app, answer.json["token"]) == 401, "at once"
    assert planner.client.get(OWN).json["tokens"][0]["revoked_at"]
    acts = Audit(database.engine).search(Question(action="token"), OPERATOR).entries
    assert [(one.action, one.who, one.object) for one in acts] == [("token.revoke", "test-planner", listed["name"]), ("token.make", "test-planner", listed["name"])]
    assert answer.json["token"] not in str(acts)


@pytest.mark.parametrize("role", [Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDIT_ADMIN])
def test_administrators_make_none_here(sign_in: SignIn, role: Role) -> None:
    by = sign_in(role)
    assert made(by, "a", role).status_code == 403 and by.client.get(OWN).status_code == 403


def test_nobody_makes_one_that_may_more_nor_one_by_a_token(app: Flask, sign_in: SignIn) -> None:
    duty = sign_in(Role.DUTY_OFFICER)
    for roles in ((Role.GIS_STAFF,), (Role.DUTY_OFFICER, Role.PLANNER), (Role.SECURITY_ADMIN,)):
        assert made(duty, "a", *roles).status_code == 403, roles
    assert status(app, made(duty, "reads", Role.VIEWER).json["token"]) == 200, "less than oneself may"
    secret = made(duty, "b", Role.DUTY_OFFICER).json["token"]
    by_token = app.test_client().post(OWN, json={"name": "c", "roles": ["duty_officer"]}, headers={"Authorization": f"Bearer {secret}"})
    assert by_token.status_code == 403


def test_it_never_may_more_than_its_person_may_now_and_is_dead_while_the_account_is_locked(app: Flask, sign_in: SignIn) -> None:
    people = app.extensions["onemap"].people
    planner = sign_in(Role.PLANNER)
    secret = made(planner, "s", Role.PLANNER).json["token"]
    people.accounts.set_disabled("test-planner", True)
    assert status(app, secret) == 401 and not people.alive([people.credential(_request(app, secret))])
    people.accounts.set_disabled("test-planner", False)
    assert status(app, secret) == 200
    people.accounts.set_roles("test-planner", frozenset({Role.DUTY_OFFICER}))
    assert status(app, secret) == 403, "no role is left of those it had"


def _request(app: Flask, secret: str) -> Any:
    with app.test_request_context(headers={"Authorization": f"Bearer {secret}"}):
        from flask import request

        return request._get_current_object()  # type: ignore[attr-defined]


def test_somebody_elses_is_neither_seen_nor_ended_but_by_the_security_administrator(app: Flask, sign_in: SignIn) -> None:
    planner, viewer, security = sign_in(Role.PLANNER), sign_in(Role.VIEWER), sign_in(Role.SECURITY_ADMIN)
    secret = made(planner, "s", Role.PLANNER).json["token"]
    assert viewer.client.get(OWN).json["tokens"] == []
    assert viewer.client.delete(f"{OWN}/s@test-planner", headers=viewer.headers).json["code"] == "token-not-found"
    Tokens(app.extensions["onemap"].database.engine).create("of-server", frozenset({Role.VIEWER}), "test-planner", timedelta(days=1))
    assert planner.client.delete(f"{OWN}/of-server", headers=planner.headers).status_code == 404, "made by somebody of that name elsewhere"
    assert status(app, secret) == 200
    assert "account:test-planner" in {one["created_by"] for one in security.client.get("/api/v1/tokens").json["tokens"]}
    assert security.client.delete("/api/v1/tokens/s@test-planner", headers=security.headers).status_code == 204
    assert status(app, secret) == 401


def test_names_are_used_once_and_tokens_are_not_without_number(app: Flask, database: Database, sign_in: SignIn) -> None:
    viewer, planner = sign_in(Role.VIEWER), sign_in(Role.PLANNER)
    assert made(viewer).status_code == 201
    assert made(viewer).json["code"] == "token-name-taken"
    assert made(planner, "QGIS", Role.PLANNER).status_code == 201, "of another person"
    for n in range(MOST_OWN - 1):
        assert made(viewer, f"n{n}").status_code == 201
    assert made(viewer, "more").json["code"] == "too-many-tokens"
    with database.engine.begin() as connection:
        connection.execute(update(API_TOKEN).where(API_TOKEN.c.name == "n0@test-viewer").values(expires_at=API_TOKEN.c.created_at))
    assert made(viewer, "more").status_code == 201, "one has expired"


@pytest.mark.parametrize("wrong", [{"name": ""}, {"name": "a@b"}, {"name": "a/b"}, {"name": "x" * 41}, {"days": 0}, {"days": 366}, {"roles": []}, {"roles": ["root"]}])
def test_what_is_no_token_is_refused_by_its_place(sign_in: SignIn, wrong: dict[str, Any]) -> None:
    viewer = sign_in(Role.VIEWER)
    answer = viewer.client.post(OWN, json={"name": "a", "roles": ["viewer"], **wrong}, headers=viewer.headers)
    assert answer.status_code == 422 and answer.json["errors"][0]["pointer"].startswith(f"/{next(iter(wrong))}")
