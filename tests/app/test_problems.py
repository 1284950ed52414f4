"""Refusals answer as RFC 9457 says, in the reader's language, and give nothing away."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, OperationalError, ProgrammingError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from app import problems, site
from app.problems import TABLE, answer_for, describe
from app.security import Permission, requires
from app.settings import Settings
from geodata.store.database import Database
from layers import errors
from layers.messages import declared

ROOT = Path(__file__).resolve().parents[2]


def _raising(settings: Settings, database: Database, error: Exception) -> Flask:
    made = site.build(settings, database)

    @requires(Permission.PUBLIC)
    def fail() -> str:
        raise error

    made.add_url_rule("/api/v1/fail", view_func=fail)
    made.add_url_rule("/fail", view_func=fail, endpoint="page")
    return made


def _answer(settings: Settings, database: Database, error: Exception, path: str = "/api/v1/fail", **given: Any) -> Any:
    return _raising(settings, database, error).test_client().get(path, **given)


def test_a_problem_names_places_codes_and_words(settings: Settings, database: Database) -> None:
    error = errors.InvalidInput(problems=[errors.Problem("/properties/capacity", "stale-version", {"current": 3})])
    answer = _answer(settings, database, error)
    assert (answer.status_code, answer.mimetype, answer.headers["Content-Language"]) == (422, "application/problem+json", "zh-CN")
    body = answer.json
    assert (body["type"], body["title"], body["status"], body["code"]) == ("urn:onemap:problem:invalid-input", "输入有误", 422, "invalid-input")
    assert body["errors"][0]["pointer"] == "/properties/capacity"
    assert body["errors"][0]["message"] == "该要素已被他人改到第 3 版"


@pytest.mark.parametrize(("given", "title"), [
    ({"query_string": {"lang": "en"}}, "Not found"),
    ({"headers": {"Cookie": "lang=en"}}, "Not found"),
    ({"headers": {"Accept-Language": "en-GB,en;q=0.9"}}, "Not found"),
    ({"headers": {"Accept-Language": "de"}}, "没有找到"),
    ({"headers": {"Cookie": "lang=zh", "Accept-Language": "en"}}, "没有找到"),
    ({}, "没有找到"),
])
def test_the_reader_is_answered_in_a_language_of_theirs(app: Flask, given: dict[str, Any], title: str) -> None:
    assert app.test_client(use_cookies=False).get("/api/v1/no-such-thing", **given).json["title"] == title


def test_the_router_s_refusals_are_problems_too(client: Any) -> None:
    missing, method = client.get("/api/v1/nothing"), client.delete("/login")
    assert (missing.status_code, missing.mimetype) == (404, "application/problem+json")
    assert (method.status_code, method.json["code"]) == (405, "method-not-allowed")
    assert "POST" in method.headers["Allow"]


def test_a_stale_write_is_told_the_present_version_and_the_differences(settings: Settings, database: Database) -> None:
    body = _answer(settings, database, errors.StaleVersion(current=4, differences=[{"field": "name", "yours": "a", "theirs": "b"}])).json
    assert (body["status"], body["current"], body["differences"][0]["theirs"]) == (412, 4, "b")


def test_an_unexpected_error_tells_nothing_of_itself(settings: Settings, database: Database) -> None:
    answer = _answer(settings, database, RuntimeError("password=hunter2 /srv/onemap"))
    assert answer.status_code == 500
    assert "hunter2" not in answer.text and "Traceback" not in answer.text
    assert answer.json["request_id"] == answer.headers["X-Request-ID"]


@pytest.mark.parametrize("kind", [OperationalError, ProgrammingError, DBAPIError])
def test_no_sql_is_told(settings: Settings, database: Database, kind: type[DBAPIError]) -> None:
    answer = _answer(settings, database, kind("SELECT secret FROM account", {}, Exception("relation account")))
    assert answer.status_code in (500, 503)
    assert "SELECT" not in answer.text and "account" not in answer.text


def test_sql_that_really_fails_tells_nothing_either(settings: Settings, database: Database) -> None:
    made = site.build(settings, database)

    @requires(Permission.PUBLIC)
    def fail() -> str:
        with database.engine.connect() as connection:
            connection.execute(text("SELECT nonsense FROM onemap_control.account"))
        return ""

    made.add_url_rule("/api/v1/fail", view_func=fail)
    answer = made.test_client().get("/api/v1/fail")
    assert answer.status_code >= 500 and "nonsense" not in answer.text


@pytest.mark.parametrize("error", [errors.Unavailable(part="database"), PoolTimeout(), OperationalError("", {}, Exception())])
def test_what_may_pass_says_when_to_come_back(settings: Settings, database: Database, error: Exception) -> None:
    answer = _answer(settings, database, error)
    assert answer.status_code == 503 and int(answer.headers["Retry-After"]) >= 1


def test_a_person_gets_a_page_and_a_visitor_the_sign_in(settings: Settings, database: Database) -> None:
    browser = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
    page = _answer(settings, database, errors.Forbidden(), "/fail", headers=browser)
    assert (page.status_code, page.mimetype) == (403, "text/html") and "无权限" in page.text
    visitor = _answer(settings, database, errors.NotSignedIn(), "/fail?x=1", headers=browser)
    assert (visitor.status_code, visitor.headers["Location"]) == (302, "/login?next=%2Ffail%3Fx%3D1")
    program = _answer(settings, database, errors.NotSignedIn(), "/api/v1/fail", headers=browser)
    assert (program.status_code, program.mimetype) == (401, "application/problem+json")


def test_words_in_a_page_of_problems_are_text(settings: Settings, database: Database) -> None:
    page = _answer(settings, database, errors.LayerNotFound(layer="<script>x</script>"), "/fail", headers={"Accept": "text/html"})
    assert "<script>x" not in page.text and "&lt;script&gt;" in page.text


def test_a_subclass_is_answered_as_its_nearest_ancestor() -> None:
    class OwnRefusal(errors.FileRefused):
        code = "own"

    assert answer_for(OwnRefusal()).status == 422
    assert answer_for(errors.SpaceNotFound()).status == 404
    assert answer_for(problems.SignInLocked()).slug == "sign-in-locked"


def test_every_answer_has_words_in_both_languages() -> None:
    for kind, answer in TABLE.items():
        assert answer.title.zh != answer.title.en
        if issubclass(kind, errors.OnemapError) and kind is not errors.OnemapError and kind is not errors.Misconfigured:
            assert kind.code in declared() or kind is errors.FileRefused, kind
            for language in ("zh", "en"):
                assert describe(kind(), language).body["title"]


@pytest.mark.parametrize("what", sorted({one for path in (ROOT / "app").rglob("*.py") for one in re.findall(r'TooLarge\(what="(\w+)"', path.read_text())}))
def test_what_is_too_large_is_said_in_words(what: str) -> None:
    zh, en = (describe(errors.TooLarge(what=what, limit="5 MB"), language).body["detail"] for language in ("zh", "en"))
    assert what not in zh and f": {what}." not in en, "no word of the program"
