"""The wall: read from afar, asked of nobody, told what is stale, and standing for days."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from shapely.geometry import Point

from geodata.store.accounts import SERVER
from geodata.store.sessions import Tokens
from layers.spec import OPERATOR, Role
from tests.browser.conftest import Visit
from tests.browser.test_degraded import without_database

Come = Callable[..., Visit]


@pytest.mark.parametrize("size", [(1280, 800), (1920, 1080), (3840, 2160)], ids=lambda size: str(size[0]))
def test_the_wall_says_what_is_open_how_fresh_it_is_and_what_changed(visit: Come, size: tuple[int, int]) -> None:
    one = visit(Role.DUTY_OFFICER, size=size, path="/wall")
    one.until(lambda: one.page.locator(".wall-row").count() > 8 and one.page.locator(".ev").count() > 0, "rows and changes")
    layers = one.page.evaluate("[...onemap.state.layers.values()].filter(one => !one.style.paint).map(one => one.freshness.bands.counts)")
    late = sum(counts.get("older", 0) + counts.get("unknown", 0) for counts in layers)
    assert one.page.locator(".big").count() == 1, "one large figure"
    assert one.page.inner_text(".big").replace(",", "").startswith(str(late))
    sizes = one.page.evaluate("[...document.querySelectorAll('.wall *')].filter(one => one.childNodes.length && [...one.childNodes].some(n => n.nodeType === 3 && n.data.trim())).map(one => parseFloat(getComputedStyle(one).fontSize))")
    k = one.page.evaluate("Number(getComputedStyle(document.querySelector('.wall')).getPropertyValue('--k'))")
    assert max(sizes) == pytest.approx(40 * k)
    hung = one.page.evaluate("[...document.querySelectorAll('.wall-card, .wall-strip, .wall-head, .wall-row')].filter(one => one.scrollWidth > one.clientWidth + 1 || one.getBoundingClientRect().right > innerWidth || one.getBoundingClientRect().bottom > innerHeight).map(one => one.className)")
    assert hung == [], "all has its place"
    crisp = one.page.evaluate("[...document.querySelectorAll('.wall-map canvas')].map(one => one.width / one.getBoundingClientRect().width)")
    assert crisp and min(crisp) > 0.99, "a dot of the map for each of the screen"
    assert one.page.evaluate("document.querySelector('.wall').querySelectorAll('button:not(.wall-map button), a:not([hidden] a), input').length") == 0, "nothing to click"
    (one.picture if size[0] == 1280 else one.shot)(f"wall_{size[0]}")


def test_the_wall_speaks_english(visit: Come) -> None:
    one = visit(Role.DUTY_OFFICER, size=(1920, 1080), language="en", path="/wall")
    one.until(lambda: one.page.locator(".wall-row").count() > 8, "rows")
    words = one.page.evaluate("[...document.querySelectorAll('.wall-card h2, .wall-card p, .wall-head span, dt, .what, .unknown-of')].map(one => one.textContent)")
    assert not any("\u4e00" <= letter <= "\u9fff" for text in words for letter in text), words
    one.shot("wall_1920_en")


def test_a_change_is_on_the_wall_by_itself(visit: Come, made: Any) -> None:
    one = visit(Role.VIEWER, path="/wall")
    count = ".wall-row[data-layer=shelters] > b >> nth=0"
    before = int(one.page.inner_text(count))
    made("shelters", Point(109.6, 40.6), name="新设安置点", reason="大屏可见")
    one.until(lambda: int(one.page.inner_text(count)) == before + 1, "counted")
    one.until(lambda: "大屏可见" in one.page.inner_text(".ev:last-child"), "told, the newest at the right")


def test_a_wall_says_that_the_link_is_cut_and_goes_on_by_itself(visit: Come) -> None:
    one = visit(Role.DUTY_OFFICER, path="/wall")
    one.refusals = (503,)
    one.until(lambda: "实时" in one.page.inner_text(".wall-head .live"), "it is live")
    assert one.page.locator(".wall-cut").is_hidden()
    with without_database(one.server):
        one.until(lambda: one.page.locator(".wall-cut").is_visible(), "the head says so")
        assert "数据库没有应答" in one.page.inner_text(".wall-cut") and "图停在" in one.page.inner_text(".wall-cut")
        assert one.page.locator(".sym, .cluster").count() > 5 and one.page.locator(".wall-row").count() > 8, "what was seen stays"
        one.shot("wall_cut_1280")
    one.until(lambda: one.page.locator(".wall-cut").is_hidden(), "it goes on")


def test_a_silent_link_is_not_taken_for_a_living_one(visit: Come) -> None:
    """The stream says nothing and questions hang, as behind a firewall that forgot the connection: no error ever comes."""
    one = visit(Role.DUTY_OFFICER, path="/login")
    one.page.clock.install()
    one.page.goto(f"{one.server.address}/wall")
    one.ready()
    one.page.route("**/api/v1/**", lambda route: None)
    for _ in range(4):
        one.page.clock.run_for(20_000)
    one.until(lambda: one.page.locator(".wall-cut").is_visible(), "silence is told")
    one.page.unroute_all(behavior="ignoreErrors")


def test_the_clock_of_the_wall_is_the_servers(visit: Come) -> None:
    one = visit(Role.DUTY_OFFICER, path="/login")
    one.page.clock.install(time="2020-02-02T02:02:02Z")  # a screen whose battery is flat
    one.page.goto(f"{one.server.address}/wall")
    one.ready()
    expected = {(datetime.now(UTC) + timedelta(hours=8, seconds=s)).strftime("%H:%M") for s in (-3, 3)}
    assert one.page.inner_text(".wall-head .clock") in expected


def test_the_wall_of_a_drill_says_so_and_gives_way_to_live_when_it_ends(visit: Come) -> None:
    one = visit(Role.DRILL_CONTROLLER, path="/wall")
    one.refusals = (404, 410)
    drill = one.server.database.open_drill("哈德门沟大屏", OPERATOR)
    one.page.goto(f"{one.server.address}/spaces/{drill.id}/wall")
    one.ready()
    one.see("哈德门沟大屏 · 不是真实情况")
    assert one.page.locator(".band").is_visible() and one.page.inner_text(".wall-head .space") == "演练"
    one.shot("wall_drill_1280")
    one.server.database.close_drill(drill.id, OPERATOR)
    one.page.wait_for_url(f"{one.server.address}/wall")
    one.ready()
    assert one.page.inner_text(".wall-head .space") == "实战"


def test_a_token_in_the_address_opens_the_wall_and_revoking_it_closes_it(visit: Come) -> None:
    one = visit(Role.SECURITY_ADMIN, path="/sessions")
    one.refusals = (401,)
    tokens = Tokens(one.server.database.engine)
    secret = tokens.create("大厅", frozenset({Role.VIEWER}), SERVER, timedelta(days=1))
    one.page.goto(f"{one.server.address}/wall/enter#{secret}")
    one.page.wait_for_url(f"{one.server.address}/wall")
    one.ready()
    assert secret not in one.page.evaluate("document.cookie + location.href + JSON.stringify(localStorage)")
    assert "会话" not in one.page.inner_text(".wall-head"), "nobody's session"
    tokens.revoke("大厅")
    one.page.wait_for_url(f"{one.server.address}/wall/enter*")
    one.page.fill("#token", secret)
    one.page.keyboard.press("Enter")
    one.see("已吊销")
    one.shot("wall_entry_1280")


def test_an_address_may_say_what_the_wall_shows(visit: Come) -> None:
    one = visit(Role.DUTY_OFFICER)
    packed = one.page.evaluate("onemap.packed({ ...onemap.arrangement(onemap.view), shown: ['shelters'] })")
    one.page.goto(f"{one.server.address}/wall#v={packed}")
    one.ready()
    one.until(lambda: one.page.locator(".wall-card.grow >> nth=0 >> .wall-row").count() == 1, "one layer is open")
    assert one.page.evaluate("document.documentElement.dataset.theme") == "wall"
    one.page.goto(f"{one.server.address}/wall")
    one.page.reload()
    one.ready()
    assert one.page.locator(".wall-card.grow >> nth=0 >> .wall-row").count() > 5, "the next wall is as declared"
