"""Every route declares who may call it, and each role gets just that."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask import Blueprint, Flask, render_template_string
from flask.testing import FlaskClient
from werkzeug.routing import Rule

from app import site
from app.security import ROLES, Permission, allowed, declared, requires
from app.settings import Settings
from geodata.store.database import Database
from layers.spec import Action, Role
from tests.app.conftest import PASSWORD, SignedIn

SignIn = Callable[[Role], SignedIn]
_DAY = timedelta(days=1)
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
VALUES: dict[str, Any] = {"space_id": "live", "layer_id": "shelters", "feature_id": "0" * 8 + "-0000-4000-8000-" + "0" * 12}


def undeclared(app: Flask) -> list[str]:
    """Routes that nobody may call because they say nothing."""
    return sorted(rule.rule for rule in app.url_map.iter_rules() if not declared(app, rule.endpoint))


def test_every_route_declares_its_permission(app: Flask) -> None:
    assert undeclared(app) == []


def test_an_undeclared_route_is_found_and_refused_to_all(settings: Settings, database: Database) -> None:
    """The wrong build: a view that somebody forgot to declare."""
    wrong = site.build(settings, database)
    wrong.add_url_rule("/api/v1/forgotten", view_func=lambda: "secret", endpoint="forgotten")
    assert undeclared(wrong) == ["/api/v1/forgotten"]
    secret = wrong.extensions["onemap"].people.tokens.create("t", frozenset({Role.GIS_STAFF}), "tests", _DAY)
    for headers in ({}, {"Authorization": f"Bearer {secret}"}):
        answer = wrong.test_client().get("/api/v1/forgotten", headers=headers)
        assert (answer.status_code, answer.json["code"]) == (403, "undeclared")


def test_every_route_and_method_is_in_the_matrix(app: Flask) -> None:
    """What the matrix below does not call is only what a router answers by itself, and static files."""
    called = {(rule.rule, method) for rule, method, _ in _calls(app)}
    there = {(rule.rule, method) for rule in app.url_map.iter_rules() for method in rule.methods or ()}
    assert {method for _, method in there - called} == {"HEAD", "OPTIONS"}
    assert len(called) > 150 and {rule for rule, _ in called} == {rule.rule for rule in app.url_map.iter_rules()}


def _calls(app: Flask) -> Iterator[tuple[Rule, str, str]]:
    for rule in app.url_map.iter_rules():
        for method in METHODS:
            if method in (rule.methods or ()):
                yield rule, method, _path(app, rule)


def _path(app: Flask, rule: Rule) -> str:
    """An address of the route that names nothing real beyond the live space."""
    given = {name: VALUES.get(name, _SAMPLES.get(type(kind).__name__, "x")) for name, kind in rule._converters.items()}
    with app.test_request_context():
        return app.url_map.bind("localhost").build(rule.endpoint, given, method=next(iter(rule.methods or {"GET"})))


_SAMPLES = {"IntegerConverter": 1, "UUIDConverter": VALUES["feature_id"], "FloatConverter": 1.0, "PathConverter": "x"}


def test_each_role_gets_just_what_each_route_declares(app: Flask) -> None:
    """401 for a visitor, 403 for a role not declared, anything but those at the door for one that is."""
    tokens = app.extensions["onemap"].people.tokens
    secrets = {role: tokens.create(role.value, frozenset({role}), "tests", _DAY) for role in Role}
    client, wrong = app.test_client(), []
    for rule, method, path in _calls(app):
        needs = declared(app, rule.endpoint)
        for role in (None, *Role):
            headers = {"Authorization": f"Bearer {secrets[role]}"} if role else {}
            with _doors(app) as passed:
                client.open(path, method=method, headers=headers, environ_base={"REMOTE_ADDR": "192.0.2.7"})
            if bool(passed) != _expected(app, needs, role):
                wrong.append((method, rule.rule, role, needs))
    assert wrong == []


class _doors:
    """Whether a request got past the guard; the view itself is not run."""

    def __init__(self, app: Flask) -> None:
        self.app, self.passed = app, []

    def __enter__(self) -> list[str]:
        self.kept = self.app.view_functions
        self.app.view_functions = {name: self._stand_in(name, view) for name, view in self.kept.items()}
        return self.passed

    def __exit__(self, *_: object) -> None:
        self.app.view_functions = self.kept

    def _stand_in(self, name: str, view: Any) -> Any:
        def passing(**_: Any) -> str:
            self.passed.append(name)
            return "in"

        passing.requires = getattr(view, "requires", ())  # type: ignore[attr-defined]
        return passing


def _expected(app: Flask, needs: tuple[Action | Permission, ...], role: Role | None) -> bool:
    """Worked out from the declarations alone, without the guard's code."""
    if Permission.PUBLIC in needs:
        return True
    if role is None:
        return False
    layers = app.extensions["onemap"].database.space().catalogue.values()
    return any(role in ROLES[need] if isinstance(need, Permission) else any(role in layer.access[need] for layer in layers) for need in needs)


def test_the_three_administrators_see_no_map_data(app: Flask) -> None:
    with app.test_request_context("/livez"):
        app.preprocess_request()
        for role in (Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDIT_ADMIN):
            assert not allowed((*Action, Permission.MAP, Permission.DRILLS), frozenset({role}))


def _with_write(settings: Settings, database: Database) -> Flask:
    made = site.build(settings, database)
    blueprint = Blueprint("try", __name__)

    @blueprint.route("/api/v1/try", methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
    @requires(Permission.SIGNED_IN)
    def attempt() -> str:
        return "done"

    made.register_blueprint(blueprint)
    return made


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_a_write_by_cookie_needs_the_token_of_its_session(settings: Settings, database: Database, method: str) -> None:
    made = _with_write(settings, database)
    people = made.extensions["onemap"].people
    for name in ("wang", "li"):
        people.accounts.add(name, "", PASSWORD, frozenset({Role.PLANNER}), "tests")
    client = made.test_client()
    own = client.post("/login", json={"name": "wang", "password": PASSWORD}).json["csrf"]
    others = made.test_client().post("/login", json={"name": "li", "password": PASSWORD}).json["csrf"]

    def attempt(**given: Any) -> int:
        return client.open("/api/v1/try", method=method, **given).status_code

    assert client.get("/api/v1/try").status_code == 200
    assert attempt() == 403
    assert attempt(headers={"X-CSRF-Token": others}) == 403
    assert attempt(headers={"X-CSRF-Token": own}) == 200
    assert attempt(data={"csrf_token": own}) == 200


def test_a_program_with_a_token_needs_none(settings: Settings, database: Database) -> None:
    made = _with_write(settings, database)
    secret = made.extensions["onemap"].people.tokens.create("t", frozenset({Role.PLANNER}), "tests", _DAY)
    assert made.test_client().post("/api/v1/try", headers={"Authorization": f"Bearer {secret}"}).status_code == 200


def test_a_made_up_bearer_does_not_lift_the_check_off_a_cookie(settings: Settings, database: Database) -> None:
    made = _with_write(settings, database)
    made.extensions["onemap"].people.accounts.add("wang", "", PASSWORD, frozenset({Role.PLANNER}), "tests")
    client = made.test_client()
    client.post("/login", json={"name": "wang", "password": PASSWORD})
    assert client.post("/api/v1/try", headers={"Authorization": "Bearer om_x"}).status_code == 401


@pytest.mark.parametrize("path", ["/login", "/livez", "/api/v1/me", "/no/such/page", "/metrics"])
def test_every_answer_carries_a_policy_without_eval_or_inline_or_other_hosts(client: FlaskClient, path: str) -> None:
    headers = client.get(path).headers
    policy = headers["Content-Security-Policy"]
    assert "unsafe" not in policy and "http" not in policy and "*" not in policy
    assert policy.startswith("default-src 'none'") and "frame-ancestors 'none'" in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"


def test_the_nonce_of_an_answer_is_in_its_policy_and_new_each_time(settings: Settings, database: Database) -> None:
    made = site.build(settings, database)

    @requires(Permission.PUBLIC)
    def page() -> str:
        return render_template_string("{{ csp_nonce() }} {{ csp_nonce() }}")

    made.add_url_rule("/page", view_func=page)
    seen = set()
    for _ in range(3):
        answer = made.test_client().get("/page")
        first, second = answer.text.split()
        assert first == second and f"script-src 'self' 'nonce-{first}'" in answer.headers["Content-Security-Policy"]
        seen.add(first)
    assert len(seen) == 3


def test_metrics_are_for_this_machine_and_the_system_administrator(app: Flask, client: FlaskClient, sign_in: SignIn) -> None:
    away = {"REMOTE_ADDR": "192.0.2.7"}
    assert client.get("/metrics").status_code == 200
    assert client.get("/metrics", environ_base=away).status_code == 401
    assert client.get("/metrics", headers={"X-Forwarded-For": "192.0.2.7"}).status_code == 401
    assert sign_in(Role.SYSTEM_ADMIN).client.get("/metrics", environ_base=away).status_code == 200
    assert sign_in(Role.PLANNER).client.get("/metrics", environ_base=away).status_code == 403
