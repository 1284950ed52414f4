"""The search box by keyboard alone: attributes, chainages and the places one went to."""

from __future__ import annotations

from collections.abc import Callable

from layers.spec import OPERATOR, Role
from tests.browser.conftest import Visit

Come = Callable[..., Visit]


def typed(one: Visit, text: str) -> list[str]:
    """Type into the box; what is listed once the answer is there."""
    one.page.keyboard.press("/")
    one.page.keyboard.press("Control+a")
    one.page.keyboard.type(text)
    one.until(lambda: one.page.locator("#found").is_visible() and one.page.get_attribute("#found", "data-answers") == text, "the answer is listed")
    return one.page.locator("#found [role=option]").all_inner_texts()


def test_an_attribute_is_found_and_the_field_named(visit: Come) -> None:
    one = visit()
    found = typed(one, "险工 红 左岸")
    assert found and all("风险等级：红" in each and "岸别：左岸" in each for each in found), found
    one.shot("search_attributes_1280")
    one.page.keyboard.press("Enter")
    one.until(lambda: one.page.locator(".right .panel-head h2").count() > 0, "the card opens")
    assert "险工" in one.page.inner_text(".right .panel-head")
    one.see("红")


def test_a_chainage_leads_to_its_place_and_is_refused_where_nothing_is_known(visit: Come) -> None:
    one = visit()
    with one.server.database.space().reading(OPERATOR) as store:
        section = store.page("river_sections", filter="name = '三岔口险工'").features[0].properties
    middle_m = (section["chainage_from_m"] + section["chainage_to_m"]) / 2
    found = typed(one, f"黄河 {int(middle_m // 1000)}+{int(middle_m % 1000):03d}")
    assert "三岔口险工" in found[0] and "内插" in found[0]
    one.shot("search_chainage_1280")
    one.page.keyboard.press("Enter")
    one.see("内插")
    place = one.page.evaluate("onemap.state.place")
    assert 109.3 < place["lon"] < 110.1 and 40.4 < place["lat"] < 40.6
    road = typed(one, "G6 K658+200")
    assert "京藏高速" in road[0] and "内插" in road[0] and one.page.get_attribute("#found-0", "aria-disabled") != "true", road
    found = typed(one, "黄河 K999+000")
    assert "不外推" in found[0] and one.page.get_attribute("#found-0", "aria-disabled") == "true"
    assert one.page.evaluate("(() => { const sub = document.querySelector('#found-0 .sub'); return sub.scrollWidth <= sub.clientWidth + 1; })()"), "no reason is cut"
    one.page.keyboard.press("Enter")
    assert one.page.locator("#found").is_visible(), "there is nowhere to go; the reason stays"
    assert one.page.evaluate("onemap.state.place") == place
    one.shot("search_refused_1280")


def test_recent_places_come_back_by_keyboard_and_can_be_forgotten(visit: Come) -> None:
    one = visit()
    one.page.keyboard.press("/")
    assert one.page.locator("#found").is_hidden(), "nothing to show yet"
    one.find("三岔口险工")
    one.until(lambda: one.page.locator(".right .panel-head h2").count() > 0, "the card opens")
    one.find("109.64,40.61")
    one.until(lambda: one.page.evaluate("onemap.state.place !== null"), "the place is taken")
    one.page.reload()
    one.ready()
    one.page.keyboard.press("/")
    one.until(lambda: one.page.locator("#found [role=option]").count() == 3, "two places and the way to forget them")
    titles = one.page.locator("#found [role=option]").all_inner_texts()
    assert "109.640000" in titles[0] and "三岔口险工" in titles[1], "the last first"
    one.shot("search_recent_1280")
    one.page.keyboard.press("ArrowDown")
    one.page.keyboard.press("Enter")
    one.until(lambda: "三岔口险工" in one.page.inner_text(".right"), "the feature is opened again")
    one.page.keyboard.press("/")
    one.page.keyboard.press("Control+a")
    one.page.keyboard.press("Delete")
    one.until(lambda: one.page.locator("#found [role=option]").count() == 3, "an emptied box shows them again")
    one.page.keyboard.press("ArrowUp")
    one.page.keyboard.press("Enter")
    one.until(lambda: one.page.locator("#found").is_hidden(), "forgotten")
    assert one.page.evaluate("Object.keys(localStorage).filter((name) => name.startsWith('onemap-recent')).length") == 0


def test_enter_never_takes_what_an_earlier_text_had_found(visit: Come) -> None:
    one = visit(role=Role.VIEWER, language="en")
    typed(one, "三岔口险工")
    one.page.keyboard.press("Control+a")
    one.page.keyboard.type("打不素险工")
    one.page.keyboard.press("Enter")  # before the pause is over
    one.until(lambda: one.page.locator(".right dl.facts").count() > 0, "a card opens")
    assert one.page.inner_text(".right .panel-head h2") == "打不素险工"
