"""Who may open a wall, what it may do, and that it keeps nobody's session open."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from shapely.geometry import Point
from sqlalchemy import func, select, update

from app.people import SESSION_COOKIE, WALL_COOKIE
from app.security import UNATTENDED_HEADER
from geodata.store.database import Database
from geodata.store.sessions import SESSION
from geodata.store.spaces import Space
from layers.spec import OPERATOR, Role
from tests.app.conftest import SignedIn

SignIn = Callable[[Role], SignedIn]
PAGE = {"Accept": "text/html"}


@pytest.fixture(autouse=True)
def nothing_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.people.REMEMBERED_S", 0)


def _token(app: Flask, *roles: Role) -> str:
    return str(app.extensions["onemap"].people.tokens.create("hall", frozenset(roles), "tests", timedelta(days=30)))


def _entered(app: Flask) -> FlaskClient:
    browser = app.test_client()
    assert browser.post("/wall/enter", json={"token": _token(app, Role.VIEWER)}).status_code == 200
    return browser


def test_a_viewers_token_opens_the_wall_and_stays_out_of_reach_of_scripts(app: Flask) -> None:
    browser = app.test_client()
    assert browser.get("/wall", headers=PAGE).location.startswith("/login?")
    answer = browser.post("/wall/enter", json={"token": _token(app, Role.VIEWER)})
    cookie = next(one for one in answer.headers.getlist("Set-Cookie") if one.startswith(WALL_COOKIE))
    assert "HttpOnly" in cookie and "SameSite=Strict" in cookie
    assert "om_" not in answer.text
    assert browser.get("/wall", headers=PAGE).status_code == 200
    assert browser.get("/api/v1/layers").status_code == 200


@pytest.mark.parametrize("roles", [(Role.PLANNER,), (Role.VIEWER, Role.PLANNER), (Role.SYSTEM_ADMIN,)], ids="+".join)
def test_a_token_of_more_or_other_than_a_viewer_opens_none(app: Flask, roles: tuple[Role, ...]) -> None:
    secret = _token(app, *roles)
    browser = app.test_client()
    assert browser.post("/wall/enter", json={"token": secret}).status_code == 401
    browser.set_cookie(WALL_COOKIE, secret)  # nor is it taken from a cookie that somebody wrote by hand
    assert browser.get("/api/v1/layers").status_code == 401


def test_what_is_no_token_is_refused_in_words(client: FlaskClient) -> None:
    answer = client.post("/wall/enter", json={"token": "om_made-up"})
    assert (answer.status_code, answer.json["code"]) == (401, "wall-refused")
    assert "大屏令牌" in answer.json["detail"]
    assert client.post("/wall/enter", json={}).status_code == 422
    assert client.post("/wall/enter", data={"token": "om_x"}).status_code == 415, "a form, which another site could send, is not read"


def test_a_wall_writes_nothing(app: Flask) -> None:
    browser = _entered(app)
    for path in ("/api/v1/layers/shelters/features", "/api/v1/drills", "/api/v1/views", "/logout"):
        assert browser.post(path, json={}).status_code == 403, path


def test_a_wall_sees_coarse_positions(app: Flask, space: Space) -> None:
    with space.transaction(OPERATOR) as store:
        made = store.insert("hazard_sources", {"code": "H1", "name": "甲厂"}, Point(109.64567, 40.61234))
    browser = _entered(app)
    shown = browser.get(f"/api/v1/layers/hazard_sources/features?ids={made.id}").json["features"][0]
    assert shown["geometry"]["coordinates"] != [109.64567, 40.61234]


def test_a_revoked_token_ends_its_wall_and_says_where_to_give_another(app: Flask) -> None:
    browser = _entered(app)
    people = app.extensions["onemap"].people
    wall = people.wall(browser.get_cookie(WALL_COOKIE).value)  # type: ignore[union-attr]
    assert people.alive([wall]) == {wall}
    people.tokens.revoke("hall")
    assert people.alive([wall]) == frozenset(), "its stream ends"
    assert browser.get("/api/v1/layers").status_code == 401
    assert browser.get("/wall", headers=PAGE).location == "/wall/enter"


def test_one_browser_is_a_person_or_a_wall(app: Flask, sign_in: SignIn) -> None:
    one = sign_in(Role.DUTY_OFFICER)
    old = one.client.get_cookie(SESSION_COOKIE).value  # type: ignore[union-attr]
    one.client.post("/wall/enter", json={"token": _token(app, Role.VIEWER)})
    assert one.client.get("/api/v1/me").json["name"] == "token:hall"
    other = app.test_client()
    other.set_cookie(SESSION_COOKIE, old)
    assert other.get("/api/v1/me").status_code == 401, "the person's session has ended on the server"
    one.client.post("/login", json={"name": one.name, "password": "correct horse battery"})
    assert one.client.get_cookie(WALL_COOKIE) is None


def test_what_a_wall_asks_by_itself_keeps_no_session_open(app: Flask, database: Database, sign_in: SignIn) -> None:
    one = sign_in(Role.DUTY_OFFICER)

    def idle_minutes() -> float:
        with database.engine.connect() as connection:
            return float(connection.scalar(select(func.extract("epoch", func.now() - SESSION.c.used_at) / 60)))  # type: ignore[arg-type]

    with database.engine.begin() as connection:
        connection.execute(update(SESSION).values(used_at=func.now() - timedelta(minutes=20)))
    assert one.client.get("/api/v1/layers", headers={UNATTENDED_HEADER: "1"}).status_code == 200
    assert idle_minutes() > 19, "the wall's own question"
    assert one.client.get("/api/v1/layers").status_code == 200
    assert idle_minutes() < 1, "a person's"


def test_a_wall_of_a_drill_is_that_of_the_drill(app: Flask, database: Database) -> None:
    drill = database.open_drill("大屏演练", OPERATOR)
    page = _entered(app).get(f"/spaces/{drill.id}/wall", headers=PAGE).text
    assert '"drill":true' in page and f'"api":"/spaces/{drill.id}/api/v1"' in page
