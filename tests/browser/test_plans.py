"""Shelter plan, domino list and coverage on the map, as duty officer and planner use them."""

from __future__ import annotations

from collections.abc import Callable

from layers.spec import OPERATOR, Role
from tests.browser.conftest import Visit
from tests.browser.test_phone import fits

Come = Callable[..., Visit]
PLACE = "109.85,40.62"
HEAD = ".figures .figure"


def plan(one: Visit, hazard: str = "flood", radius: str = "4000") -> None:
    """From a place to its plan."""
    one.find(PLACE)
    one.page.keyboard.press("z")
    one.page.fill("#radius", radius)
    one.page.keyboard.press("Enter")
    one.page.click(".tabs button >> nth=3")
    one.until(lambda: one.page.locator("#hazard").count() == 1, "the plan is open")
    one.page.select_option("#hazard", hazard)
    one.until(lambda: one.page.locator(".fill-row").count() > 0, "shelters are listed")


def figures(one: Visit) -> list[int]:
    return [int(words.replace(",", "")) for words in one.page.locator(f"{HEAD} b").all_inner_texts()]


def test_the_plan_says_the_shortfall_first_and_draws_the_ways(visit: Come) -> None:
    one = visit()
    plan(one)
    for size in ((1280, 800), (1920, 1080)):
        one.page.set_viewport_size({"width": size[0], "height": size[1]})
        short, need, placed = figures(one)[:3]
        assert need == short + placed > 0, size
        one.until(lambda: one.page.locator(".z-way").count() >= one.page.locator(".fill-row").count() and one.page.locator(".way-tag").count() > 0, f"the ways are drawn at {size}")
        assert "普查" in one.page.inner_text(".basis") and "60%" in one.page.inner_text(".basis"), size
        assert one.page.locator(".left-out").count() > 0 and "饮用水" in one.page.inner_text(".right"), size
        (one.picture if size[0] == 1280 else one.shot)(f"shelter_{size[0]}")
        one.page.locator("#right .scroll").evaluate("it => it.scrollTo(0, it.scrollHeight)")
        one.shot(f"shelter_end_{size[0]}")
        one.page.locator("#right .scroll").evaluate("it => it.scrollTo(0, 0)")


def test_a_shelter_is_tried_away_by_a_click_and_put_back(visit: Come) -> None:
    one = visit()
    plan(one)
    before = figures(one)
    name = one.page.inner_text(".fill-row .name >> nth=0")
    one.page.click(".fill-row .btn >> nth=0")
    one.until(lambda: one.page.locator(".trial").count() == 1, "the trial is told")
    assert name in one.page.inner_text(".trial") and figures(one) == before, "the plan's own figures stay"
    assert name not in one.page.locator(".fill-row .name").all_inner_texts()
    one.shot("shelter_trial_1280")
    one.page.click(".trial .btn")
    one.until(lambda: one.page.locator(".trial").count() == 0, "it is over")
    assert one.page.inner_text(".fill-row .name >> nth=0") == name


def symbol(one: Visit) -> tuple[float, float]:
    """The middle of a symbol that is in sight: a place asked for lies there too."""
    found = one.page.evaluate("""() => [...document.querySelectorAll('.sym')].map(each => each.getBoundingClientRect()).map(box => [box.x + box.width / 2, box.y + box.height / 2])
      .find(([x, y]) => document.elementFromPoint(x, y)?.closest('.sym'))""")
    return found[0], found[1]


def test_one_more_shelter_is_tried_by_a_click_on_the_map_and_the_table_of_shares_opens(visit: Come) -> None:
    one = visit(Role.PLANNER, size=(1920, 1080))
    plan(one)
    one.page.fill("#more-room", "9000")
    one.page.locator("#more-room").blur()
    place = symbol(one)
    one.page.click(".field.more .btn")
    one.until(lambda: one.page.locator(".folium-map.placing").count() == 1, "the map waits for a place")
    one.page.mouse.click(*place)
    one.until(lambda: one.page.locator(".trial").count() == 1, "the trial is told")
    assert "增 1 处，容 9,000 人" in one.page.inner_text(".trial") and "新增 1" in one.page.locator(".fill-row .name").all_inner_texts()
    one.shot("shelter_more_1920")
    one.page.click(".basis .link")
    one.until(lambda: one.page.locator(".grid-body .grid-row[data-id]").count() >= 7, "the table of shares")
    assert "本地预案" in one.page.inner_text("#table")


def test_the_plan_by_road_in_english_on_the_wall_theme(visit: Come) -> None:
    one = visit(language="en")
    plan(one)
    one.page.click("#right .segments button >> nth=1")
    one.until(lambda: "min" in one.page.inner_text(".rank-head + .row .meta.wrap >> nth=0"), "ways are in minutes")
    one.shot("shelter_road_en_1280")
    one.page.evaluate("document.documentElement.dataset.theme = 'wall'; dispatchEvent(new Event('onemap:theme'))")
    one.shot("shelter_wall_en_1280")


def test_the_zone_lists_what_it_would_set_off(visit: Come) -> None:
    one = visit()
    one.find("煤化工甲醇罐区")
    one.until(lambda: "外部安全防护距离" in one.page.inner_text("#right"), "its card")
    one.page.keyboard.press("z")
    one.page.click("button:has-text('查波及链')")
    one.until(lambda: one.page.locator(".row.domino").count() > 0, "the list")
    said = one.page.inner_text(".right")
    assert "第 1 级" in said and "影响区直接碰到" in said and "不另有影响区" in said
    assert one.page.locator(".z-next").count() > 0, "zones that would follow are drawn"
    one.page.locator("h3:has-text('波及链')").evaluate("it => it.scrollIntoView()")
    one.shot("domino_1280")
    one.page.click(".tabs button >> nth=0")
    one.until(lambda: one.page.locator(".z-next").count() == 0, "they go with their tab")


def test_which_villages_are_over_15_minutes_from_a_depot_and_what_if_one_closes_in_three_actions(visit: Come) -> None:
    one = visit(Role.PLANNER)
    versions = one.page.evaluate("[...onemap.state.layers.values()].map(one => [one.id, one.version])")
    one.page.keyboard.press("c")
    one.page.click(".choices .chip:has-text('应急物资库')")
    one.until(lambda: "超过 15 分" in one.page.inner_text(".right") and one.page.locator(".act-row").count() > 0, "villages over 15 minutes are listed")
    before = figures(one)
    one.shot("coverage_before_1280")
    one.page.click(".act-row .btn:has-text('试关') >> nth=0")
    one.until(lambda: one.page.locator(".trial").count() == 1, "what closing it changes")
    said = one.page.inner_text(".trial")
    assert "新增够不到" in said and "不写入" in said
    assert figures(one)[0] > before[0] and one.page.locator(".z-changed").count() > 0
    one.picture("coverage_1280")
    assert one.page.evaluate("[...onemap.state.layers.values()].map(one => [one.id, one.version])") == versions
    told = one.page.inner_text(".trial")
    one.page.click("#right .row >> nth=0")
    one.until(lambda: one.page.locator("#right .facts").count() > 0, "the card of a village")
    one.page.click("#right button:has-text('返回')")
    one.until(lambda: one.page.locator(".trial").count() == 1 and one.page.inner_text(".trial") == told, "back at the trial")
    one.page.keyboard.press("Escape")
    one.until(lambda: one.page.locator(".z-reached").count() == 0, "the map is as it was")


def test_the_card_of_a_depot_leads_to_the_coverage_of_depots(visit: Come) -> None:
    one = visit(Role.PLANNER, language="en")
    one.find("园区危化救援物资库")
    one.until(lambda: one.page.locator("#right .facts").count() > 0, "its card")
    one.page.keyboard.press("c")
    one.until(lambda: one.page.locator(".act-row .btn").count() > 0, "its layer")
    assert "Depots · within 15 min" in one.page.inner_text("#right .meta >> nth=0")
    one.page.click(".act-row .btn:has-text('Close') >> nth=0")
    one.until(lambda: one.page.locator(".trial").count() == 1, "the trial")
    one.picture("coverage_en_1280")


def test_the_plan_follows_what_others_change(visit: Come) -> None:
    one = visit()
    plan(one)
    name = one.page.inner_text(".fill-row .name >> nth=0")
    space = one.server.database.space()
    with space.reading(OPERATOR) as store:
        shelter = next(each for each in store.page("shelters", limit=1000).features if each.properties["name"] == name)
    with space.transaction(OPERATOR, "演示") as store:
        closed = store.patch("shelters", shelter.id, {"status": "closed"}, version=shelter.version)
    try:
        one.until(lambda: name not in one.page.locator(".fill-row .name").all_inner_texts() and one.page.locator(".fill-row").count() > 0, "nobody is sent there any more")
    finally:
        with space.transaction(OPERATOR, "演示") as store:
            store.patch("shelters", shelter.id, {"status": shelter.properties["status"]}, version=closed.version)


def test_a_zone_in_which_nobody_lives_says_so(visit: Come) -> None:
    one = visit()
    one.find(PLACE)
    one.page.keyboard.press("z")
    one.page.fill("#radius", "10")
    one.page.keyboard.press("Enter")
    one.page.click(".tabs button >> nth=3")
    one.see("区内没有村社区")


def test_plan_and_coverage_are_within_reach_of_a_thumb(visit: Come) -> None:
    one = visit(Role.PLANNER, size=(360, 740))
    plan(one)
    fits(one, "the plan")
    one.shot("shelter_phone_360")
    one.page.click(".fill-row .btn >> nth=0")
    one.until(lambda: one.page.locator(".trial").count() == 1, "the trial")
    fits(one, "the trial")
    one.page.keyboard.press("c")
    one.until(lambda: one.page.locator(".act-row .btn").count() > 0, "coverage")
    fits(one, "coverage")
    one.shot("coverage_phone_360")


def test_a_resource_is_tried_elsewhere_and_one_more_by_a_click_on_the_map(visit: Come) -> None:
    one = visit(Role.PLANNER, size=(1920, 1080), language="en")
    one.page.keyboard.press("c")
    one.until(lambda: one.page.locator(".act-row").count() > 0, "resources")
    one.page.click("button:has-text('Try one more')")
    one.until(lambda: one.page.locator(".folium-map.placing").count() == 1, "the map waits for a place")
    one.page.mouse.click(700, 300)
    one.until(lambda: "1 added" in one.page.inner_text(".right"), "one is added")
    assert "Added: New 1" in one.page.inner_text(".trial-tag")
    one.page.click(".act-row .icon-btn >> nth=0")
    one.until(lambda: one.page.locator(".folium-map.placing").count() == 1, "the map waits for the other")
    one.page.mouse.click(900, 500)
    one.until(lambda: "1 moved" in one.page.inner_text(".trial"), "and one is moved")
    one.shot("coverage_tried_en_1920")
    with one.page.expect_request("**/coverage/export") as sent:
        one.page.click(".panel-acts button:has-text('Export')")
    assert sent.value.response().status == 200  # type: ignore[union-attr]
