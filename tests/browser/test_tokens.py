"""One's own tokens where one reads how to connect: made, told once, used, revoked."""

from __future__ import annotations

import urllib.request
from collections.abc import Callable
from urllib.error import HTTPError

import pytest
from sqlalchemy import text

from layers.spec import Role
from tests.browser.conftest import Server, Visit

Come = Callable[..., Visit]


def answered(server: Server, token: str) -> int:
    try:
        with urllib.request.urlopen(urllib.request.Request(f"{server.address}/ogc/collections", headers={"Authorization": f"Bearer {token}"}), timeout=20) as answer:
            return int(answer.status)
    except HTTPError as error:
        return error.code


@pytest.fixture(autouse=True)
def _none_after(live_server: Server) -> object:
    yield
    with live_server.database.owner.begin() as connection:
        connection.execute(text("DELETE FROM onemap_control.api_token WHERE created_by LIKE 'account:%'"))


def test_a_token_is_made_where_one_reads_how_to_connect_and_revoked_there(visit: Come) -> None:
    one = visit(Role.DUTY_OFFICER, path="/help/connect")
    one.see("还没有程序令牌")
    one.page.fill("#token-name", "QGIS 办公室")
    one.page.keyboard.press("Enter")
    one.see("只显示这一次")
    secret = one.page.inner_text(".secret")
    assert secret.startswith("om_") and answered(one.server, secret) == 200
    one.shot("token_made_1280")
    one.page.click("button:has-text('已记下')")
    one.until(lambda: secret not in one.page.content(), "it is seen no more")
    one.page.reload()
    one.ready()
    one.until(lambda: one.page.locator(".own-tokens tr:has-text('QGIS 办公室@duty_officer')").count() == 1, "listed")
    assert "刚刚" in one.page.inner_text(".own-tokens tr:has-text('QGIS 办公室')") and secret not in one.page.content()
    one.page.click("[aria-label='吊销令牌 QGIS 办公室@duty_officer']")
    one.see("已吊销 QGIS 办公室@duty_officer")
    one.until(lambda: answered(one.server, secret) == 401, "it ended")


def test_under_sessions_too_and_a_refusal_is_said_in_words(visit: Come) -> None:
    one = visit(Role.PLANNER, path="/sessions", size=(1920, 1080), language="en")
    one.see("My tokens")
    assert one.page.locator("#token-role option").all_inner_texts() == ["read only (viewer)", "Planner"]
    one.refusals = (409,)
    for _ in range(2):
        one.page.fill("#token-name", "script")
        one.page.click("button:has-text('Make a token')")
        one.until(lambda: one.page.locator(".own-tokens .secret").count() == 1, "made, and the name's field is empty again")
    one.see("The name “script” was used before")
    one.shot("token_refused_1920")


def test_administrators_make_none_and_the_security_administrator_sees_whose_each_is(visit: Come) -> None:
    mine = visit(Role.VIEWER, path="/help/connect")
    mine.page.fill("#token-name", "看图")
    mine.page.click("button:has-text('新建令牌')")
    mine.see("只显示这一次")
    one = visit(Role.SECURITY_ADMIN, path="/sessions")
    one.until(lambda: one.page.locator("tr:has-text('看图@viewer')").count() == 1, "listed")
    assert one.page.locator("tr:has-text('看图@viewer') td").nth(1).inner_text() == "viewer"
    assert one.page.locator(".own-tokens").count() == 0
    one.shot("token_security_1280")
