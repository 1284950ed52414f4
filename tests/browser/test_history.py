"""Going back on the map: a version of one feature, a deleted one, a whole commit; before and after are seen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from shapely.geometry import Point

from layers.spec import OPERATOR, Role
from tests.browser.conftest import Visit
from tests.browser.test_editing import stored

Come = Callable[..., Visit]


def test_a_version_is_looked_at_and_gone_back_to(visit: Come, made: Any) -> None:
    shelter = made("shelters", Point(109.6, 40.6), name="历史测试操场", capacity=500)
    one = visit(Role.PLANNER)
    with one.server.database.space().transaction(OPERATOR, "挪了位置") as store:
        store.patch("shelters", shelter.id, {"capacity": 900}, version=1, geometry=Point(109.61, 40.6))
    one.find("历史测试操场")
    one.see("挪了位置")
    one.page.click(".history li >> nth=0 >> button")
    one.until(lambda: "500" in one.page.inner_text(".history-more >> nth=0") and "900" in one.page.inner_text(".history-more >> nth=0"), "before and after")
    one.until(lambda: one.page.locator(".was-here").count() == 1, "where it was is on the map")
    one.shot("history_1280")
    one.page.click(".history li >> nth=1 >> button")
    one.page.click("text=恢复到第 1 版")
    one.page.fill(".history-more:not([hidden]) input", "看错了")
    one.page.click("text=确定恢复到第 1 版")
    one.see("已恢复到第 1 版")
    now = stored(one.server, shelter)
    assert (now.version, now.properties["capacity"]) == (3, 500) and now.geometry == Point(109.6, 40.6)
    one.until(lambda: "第 3 版" in one.page.inner_text(".panel-head"), "the card is of now")


def test_a_deleted_feature_is_found_among_the_changes_and_restored(visit: Come, made: Any) -> None:
    shelter = made("shelters", Point(109.6, 40.6), name="历史测试公园")
    one = visit(Role.PLANNER)
    with one.server.database.space().transaction(OPERATOR) as store:
        store.delete("shelters", shelter.id, version=1, reason="测试误删")
    one.page.click("[aria-label=近来改动]")
    one.page.click(".commit:has-text('测试误删')")
    one.page.click(".commit-more:not([hidden]) .left-out:has-text('历史测试公园')")
    one.page.click(".history li:has-text('新建') > button")
    one.page.click("text=恢复这一条")
    one.page.fill(".history-more:not([hidden]) input", "误删")
    one.page.click("text=确定恢复到第 1 版")
    one.see("来源与时效")
    assert stored(one.server, shelter).version == 2


def test_a_commit_is_undone_and_one_that_moved_on_is_refused_in_words(visit: Come, made: Any) -> None:
    shelter = made("shelters", Point(109.6, 40.6), name="历史测试学校", capacity=10)
    one = visit(Role.PLANNER)
    one.refusals = (409,)
    with one.server.database.space().transaction(OPERATOR, "测试第一次改") as store:
        store.patch("shelters", shelter.id, {"capacity": 20}, version=1)
    with one.server.database.space().transaction(OPERATOR, "测试第二次改") as store:
        store.patch("shelters", shelter.id, {"capacity": 30}, version=2)
    one.page.click("[aria-label=近来改动]")
    for reason, answer in (("测试第一次改", "之后又被修改过"), ("测试第二次改", "已撤销这次修改")):
        one.page.click(f".commit:has-text('{reason}')")
        part = one.page.locator(f".commit:has-text('{reason}') + .commit-more")
        part.locator("text=撤销这次修改").click()
        part.locator("input").fill("改错了")
        part.locator("button.primary").click()
        one.see(answer)
    one.shot("changes_1280")
    assert stored(one.server, shelter).properties["capacity"] == 20


def test_the_whole_map_is_looked_at_as_it_was_and_answers_as_then(visit: Come, made: Any) -> None:
    shelter = made("shelters", Point(109.6, 40.6), name="回看测试操场", capacity=500)
    one = visit(Role.PLANNER)
    one.page.wait_for_timeout(1100)  # moments are told apart by the second
    with one.server.database.space().transaction(OPERATOR, "回看测试挪走") as store:
        store.patch("shelters", shelter.id, {"capacity": 900}, version=1, geometry=Point(109.7, 40.6))
    one.page.click("[aria-label=近来改动]")
    one.page.click(".commit:has-text('回看测试挪走')")
    one.page.click("text=看这次之前")
    one.until(lambda: "/spaces/past-" in one.page.url, "we are in the past")
    one.ready()
    one.see("不能修改")
    one.find("回看测试操场")
    one.see("500")
    assert one.page.locator("#right button:has-text('编辑')").count() == 0, "nothing is offered that would be refused"
    assert one.page.evaluate("onemap.question !== undefined")
    one.find("109.6,40.6")
    one.page.keyboard.press("n")
    one.until(lambda: one.page.locator(".row:has-text('回看测试操场')").count() == 1, "the nearest of then")
    one.shot("past_1280")
    one.page.click("text=回到现在")
    one.until(lambda: "/spaces/" not in one.page.url, "and back")
    one.ready()
    one.see("实时")


def test_an_open_card_says_that_its_feature_was_deleted_and_shows_it_again_when_restored(visit: Come, made: Any) -> None:
    shelter = made("shelters", Point(109.6, 40.6), name="历史测试仓房", capacity=10)
    one = visit()
    one.find("历史测试仓房")
    one.see("来源与时效")
    with one.server.database.space().transaction(OPERATOR) as store:
        store.delete("shelters", shelter.id, version=1, reason="测试已拆除")
    one.until(lambda: "已删除" in one.page.inner_text(".panel-head") and "测试已拆除" in one.page.inner_text("#right"), "deleted, by whom and why, without a question that fails")
    with one.server.database.space().transaction(OPERATOR) as store:
        store.revert("shelters", shelter.id, 1, version=None)
    one.until(lambda: "来源与时效" in one.page.inner_text("#right"), "its card again")
