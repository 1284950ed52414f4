"""Somebody who knows the data and not the formats: a layer named in plain words, one answer instead of a refusal, what was loaded in sight."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import ExitStack

from playwright.sync_api import Route

from geodata.store.definitions import definition, remove
from layers.spec import OPERATOR, Role
from tests.browser.conftest import Server, Visit, clear
from tests.browser.test_uploading import drop, settled

Come = Callable[..., Visit]
HEAD = "编号,名称,经度,纬度\n"


def table(name: str, *rows: str) -> dict[str, bytes]:
    return {f"{name}.csv": (HEAD + "\n".join(rows) + "\n").encode()}


def gone(server: Server, layer: str) -> None:
    space = server.database.space()
    remove(space, layer, OPERATOR, version=definition(space, layer, OPERATOR).version, reason="test")


def test_a_new_layer_is_named_in_plain_words_and_the_last_load_undone_is_all_that_is_said(visit: Come) -> None:
    one = visit(Role.GIS_STAFF)
    drop(one, table("乡镇卫生院 2026", "W1,一院,109.6,40.6", "W2,二院,109.7,40.6"))
    one.until(lambda: one.page.locator("#load-name").count() == 1, "asked where it goes")
    assert one.page.input_value("#load-name") == "乡镇卫生院 2026", "as the file is called, until it is called otherwise"
    one.page.fill("#load-name", "卫生院（乡镇）")
    one.shot("clerk_name_1280")
    one.page.click(".panel-acts .primary")
    settled(one)
    assert "装载预演 · 卫生院（乡镇）" in one.page.inner_text("#right .panel-head")
    other = visit(Role.GIS_STAFF)
    other.page.click("#left [aria-label=近来改动]")
    other.page.click("button:has-text('装载记录')")
    other.until(lambda: other.page.locator(".load-record").count() >= 1, "the loads are listed")
    assert "卫生院（乡镇）" in other.page.locator(".load-record >> nth=0").inner_text(), "before it is made, too"
    one.page.click(".panel-acts .primary")
    one.see("已装载 2 行到「卫生院（乡镇）」")
    one.page.click("#right button:has-text('撤销这次装载')")
    one.page.keyboard.press("Enter")
    one.see("这次装载已整次撤销")
    assert "已装载" not in one.page.inner_text("#right") and "已撤销" in one.page.inner_text("#right .panel-head"), "what was undone is not said to be there"
    one.shot("clerk_undone_1280")


def test_a_file_is_not_taken_for_a_layer_that_shares_the_name_of_the_city(visit: Come, afterwards: ExitStack) -> None:
    one = visit(Role.GIS_STAFF)
    drop(one, table("power_plants_of_baotou", "P1,一厂,109.6,40.6"))
    one.page.click(".panel-acts .primary")
    settled(one)
    one.page.click(".panel-acts .primary")
    afterwards.callback(gone, one.server, "power_plants_of_baotou")
    one.see("已写入")
    one.page.keyboard.press("Escape")
    drop(one, table("towns_around_baotou", "T1,一镇,109.6,40.6"))
    one.until(lambda: one.page.locator("#load-layer").count() == 1, "asked where it goes")
    assert one.page.input_value("#load-layer") == "" and one.page.input_value("#load-name") == "towns_around_baotou"
    one.page.keyboard.press("Escape")
    drop(one, table("power_plants_2026", "P1,一厂,109.6,40.6"))
    settled(one)
    assert "power_plants_of_baotou" in one.page.inner_text("#right .panel-head"), "half of its name and more"


def test_far_rows_are_kept_at_once_and_what_was_loaded_is_in_sight(visit: Come, live_server: Server, afterwards: ExitStack) -> None:
    afterwards.callback(clear, live_server, "facilities", "远校")
    one = visit(Role.GIS_STAFF)
    rows = [f"FAR-{n},远校{n},{109.4 + n * 0.25:.2f},{40.6 + n * 0.2:.2f}" for n in range(5)]
    drop(one, table("学校", *rows))
    one.until(lambda: one.page.locator("#load-layer").count() == 1, "asked where it goes")
    one.page.select_option("#load-layer", "facilities")
    settled(one)
    far = one.page.locator(".problem-row").count()
    assert far >= 2 and f"另有 {far} 条远在区外" in one.page.inner_text("#step-2")
    one.page.click(f"button:has-text('位置没错，这 {far} 行都留下')")
    one.until(lambda: one.page.locator(".panel-acts .primary").count() == 1 and one.page.locator(".panel-acts .primary").inner_text() == "装载 5 行", "one press for all")
    one.page.click(".panel-acts .primary")
    one.see("已写入")
    one.until(lambda: one.page.evaluate("onemap.view.map.getZoom()") >= 11, "the layer is drawn from level 11, so the map goes there")
    line = one.page.locator(".layer[data-layer=facilities]")
    assert "放大后显示" not in line.inner_text()
    one.page.evaluate("onemap.view.map.setZoom(10, {animate: false})")
    one.until(lambda: "放大后显示" in line.inner_text(), "a layer that is on and not drawn says why")


def test_rows_that_lie_outside_are_all_in_view_when_most_do(visit: Come) -> None:
    one = visit(Role.GIS_STAFF)
    rows = [f"OUT-{n},外{n},{109.2 + n * 0.3:.2f},{41.0 + n * 0.03:.2f}" for n in range(5)]
    drop(one, table("周边", *rows, "IN-1,内,109.7,40.6"))
    one.until(lambda: one.page.locator("#load-name").count() == 1, "asked where it goes")
    one.page.click(".panel-acts .primary")
    settled(one)
    one.until(lambda: one.page.evaluate("(() => { const all = [...document.querySelectorAll('.row-icon')]; const map = document.querySelector('.folium-map').getBoundingClientRect(); "
                                        "return all.length === 6 && all.every(one => { const at = one.getBoundingClientRect(); return at.left >= map.left && at.right <= map.right && at.top >= map.top && at.bottom <= map.bottom; }); })()"), "none of them is out of sight")


def test_a_column_that_is_missing_is_a_question_and_no_refusal(visit: Come) -> None:
    one = visit(Role.GIS_STAFF)
    drop(one, {"避难场所表.csv": "代号X,名称,经度,纬度\nQ1,甲,109.6,40.6\n".encode()})
    settled(one)
    said = one.page.inner_text("#right")
    assert "还差一个答案" in said and "没有被接受" not in said and "缺必填字段" not in said, "said once, and where the answer is given"
    assert one.page.locator("#right .note.bad").count() == 0 and one.page.locator(".panel-acts .primary").count() == 0
    one.shot("clerk_question_1280")


def test_a_rehearsal_outlasts_a_database_that_is_away_for_a_moment(visit: Come) -> None:
    one = visit(Role.GIS_STAFF)
    one.refusals = (503,)
    left = [4]

    def away(route: Route) -> None:
        left[0] -= 1
        if left[0] < 0:
            return route.fallback()
        return route.fulfill(status=503, content_type="application/problem+json", body='{"title": "暂时不可用", "code": "unavailable"}')

    one.page.route(re.compile(r"/api/v1/(uploads|loads\b)"), away)
    drop(one, table("避难场所断库", "D1,甲,109.6,40.6"))
    settled(one)
    assert left[0] < 0 and one.page.locator(".panel-acts .primary").inner_text() == "装载 1 行", "nobody had to press anything"
    one.page.click(".panel-acts button:has-text('取消')")


def test_the_load_just_done_is_not_undone_over_later_changes_which_are_listed(visit: Come, afterwards: ExitStack) -> None:
    one = visit(Role.GIS_STAFF)
    one.refusals = (409,)
    drop(one, table("瞭望塔", "L1,一号塔,109.6,40.6", "L2,二号塔,109.7,40.6"))
    one.page.click(".panel-acts .primary")
    settled(one)
    one.page.click(".panel-acts .primary")
    afterwards.callback(gone, one.server, "liao_wang_ta")
    one.see("已写入")
    space = one.server.database.space()
    space.refresh()
    with space.transaction(OPERATOR, "核实") as store:
        feature = next(each for each in store.page("liao_wang_ta").features if each.properties["ming_cheng"] == "二号塔")
        store.patch("liao_wang_ta", feature.id, {"ming_cheng": "二号瞭望塔"}, version=1)
    one.page.click("#right button:has-text('撤销这次装载')")
    one.page.keyboard.press("Enter")
    one.until(lambda: one.page.locator("#right .left-out").count() == 1, "what would be lost is listed")
    assert "二号瞭望塔" in one.page.inner_text("#right") and "operator" in one.page.inner_text("#right")
    one.shot("clerk_undo_refused_1280")


LARGE = """() => {
  const input = document.querySelector('#load-file');
  const file = new File(['x'], '大表.csv');
  Object.defineProperty(file, 'size', {value: 600 * 1024 * 1024});
  Object.defineProperty(input, 'files', {value: [file]});
  input.dispatchEvent(new Event('change'));
}"""


def test_a_file_too_large_for_the_page_is_told_before_anything_is_sent(visit: Come) -> None:
    one = visit(Role.GIS_STAFF)
    one.page.click("#left [aria-label=装载数据]")
    one.until(lambda: one.page.locator("#load-file").count() == 1, "the first step")
    one.page.evaluate(LARGE)
    one.see("文件有 600 MB，网页最多收 500 MB")
    assert "onemap load" in one.page.inner_text("#right .note.bad") and one.page.locator(".panel-acts .primary").count() == 0
    one.page.select_option("#load-layer", "shelters")
    assert one.page.locator("#load-file").count() == 1, "nothing is sent"


def test_a_file_dropped_before_the_layers_are_known_waits_for_them(visit: Come) -> None:
    one = visit(Role.GIS_STAFF)
    one.page.evaluate("window.onemap.state.layers = new Map()")
    drop(one, table("应急避难场所", "E-1,早到的一处,109.8,40.6"))
    settled(one)
    assert one.page.locator("#load-layer").count() == 0 and "应急避难场所" in one.page.inner_text("#right"), "the layer is told by the file's name, not asked for"
