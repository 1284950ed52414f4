"""The steps of the guides, as they are written in docs/guide-*.md."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack

from layers.spec import OPERATOR, Role
from tests.browser.conftest import Server, Visit, clear

Come = Callable[..., Visit]
CORNERS = [(440, 330), (600, 320), (620, 480), (450, 500)]


def draw(one: Visit, corners: list[tuple[int, int]]) -> None:
    """Corner by corner, and back to the first."""
    for x, y in [*corners, corners[0]]:
        one.page.mouse.move(x, y)
        one.page.wait_for_timeout(80)
        one.page.mouse.click(x, y)


def test_a_drill_is_plotted_reset_and_ended(visit: Come) -> None:
    one = visit(Role.DRILL_CONTROLLER)
    one.refusals = (404, 410)
    database = one.server.database
    drill = database.open_drill("哈德门沟山洪桌面推演", OPERATOR)
    one.page.goto(f"{one.server.address}/spaces/{drill.id}/")
    one.ready()
    one.page.keyboard.press("p")
    one.page.click(".right .row >> nth=0")
    draw(one, CORNERS)
    one.page.fill("#f-name", "假设淹没 T+30")
    one.page.select_option("#f-kind", "flash_flood")
    one.page.click(".panel-acts .primary")
    one.see("已保存")
    one.until(lambda: one.page.inner_text(".layer[data-layer=scenario_areas] .count").endswith("1"), "the tree counts it")
    one.picture("drill_1280")
    with database.space(drill.id).reading(OPERATOR) as store:
        assert store.count("scenario_areas") == 1
    one.page.click(".bar .space")
    one.page.click(".right button:has-text(\"重置\")")
    one.see("全部丢弃")
    one.page.click(".note .acts >> text=取消")
    with database.space(drill.id).reading(OPERATOR) as store:
        assert store.count("scenario_areas") == 1, "asked first, nothing is lost by turning back"
    one.page.click(".right button:has-text(\"重置\")")
    with one.page.expect_navigation():
        one.page.click(".note .acts >> text=确定")
    one.ready()
    with database.space(drill.id).reading(OPERATOR) as store:
        assert store.count("scenario_areas") == 0, "as live was at that moment"
    one.page.click(".bar .space")
    one.page.click(".right button:has-text(\"结束演练\")")
    one.see("不能再进入")
    with one.page.expect_navigation(url=f"{one.server.address}/"):
        one.page.click(".note .acts >> text=确定")
    one.ready()
    assert not one.page.locator(".band").is_visible(), "we are back in live"
    one.page.goto(f"{one.server.address}/spaces/{drill.id}/")
    one.see("回到地图")
    one.complaints.clear()


def test_a_planner_plots_a_shelter_and_everyone_sees_it(visit: Come, live_server: Server, afterwards: ExitStack) -> None:
    afterwards.callback(clear, live_server, "shelters", "临时安置点甲")
    watching = visit()
    one = visit(Role.PLANNER)
    one.page.evaluate("onemap.view.map.setView([40.58, 109.55], 14, {animate: false})")
    watching.page.evaluate("onemap.view.map.setView([40.58, 109.55], 14, {animate: false})")
    one.page.keyboard.press("p")
    one.see("写入实战数据")
    one.page.click(".right .row >> text=应急避难场所")
    one.page.mouse.click(560, 430)
    one.see("先填")
    one.page.fill("#f-name", "临时安置点甲")
    one.page.click(".panel-acts .primary")
    one.see("已保存")
    watching.until(lambda: watching.page.locator(".sym[title=临时安置点甲]").count() == 1, "somebody else sees it without reload")


def test_measuring_says_the_length_and_escape_ends_it(visit: Come) -> None:
    one = visit()
    one.page.evaluate("onemap.view.map.setView([40.6, 109.6], 14, {animate: false})")
    one.page.keyboard.press("m")
    for x, y in [(480, 300), (680, 300)]:
        one.page.mouse.click(x, y)
        one.page.wait_for_timeout(80)
    one.until(lambda: "km" in one.page.inner_text(".prompt") or " m" in one.page.inner_text(".prompt"), "the length is said")
    one.page.keyboard.press("Escape")
    one.until(lambda: not one.page.locator(".prompt").is_visible(), "measuring has ended")
