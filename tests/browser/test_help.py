"""The first visit and the pages of help."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial

import pytest

from app.guides import GUIDES, REFERENCES
from layers.spec import Role
from tests.browser.conftest import Visit

Come = Callable[..., Visit]


def card(one: Visit) -> bool:
    return bool(one.page.locator(".tour").count())


def walk(one: Visit) -> list[str]:
    """The heads of all steps, by keyboard alone; each time the whole card is on the screen and away from the part it speaks of."""
    heads = []
    while card(one):
        heads.append(one.page.inner_text(".tour h2"))
        inside = one.page.evaluate("(() => { const b = document.querySelector('.tour').getBoundingClientRect(); return b.left >= 0 && b.top >= 0 && b.right <= innerWidth && b.bottom <= innerHeight; })()")
        assert inside, heads[-1]
        assert len(heads) < 9
        one.page.keyboard.press("ArrowRight")
    return heads


def test_the_first_visit_shows_the_parts_and_remembers_it(visit: Come) -> None:
    one = visit(Role.GIS_STAFF, first=True)
    one.until(lambda: card(one), "the tour began by itself")
    assert one.page.evaluate("document.activeElement === document.body"), "and took no focus"
    one.page.keyboard.press("ArrowRight")
    one.shot("tour_map_1280")
    one.page.keyboard.press("ArrowLeft")
    heads = walk(one)
    assert len(heads) == 7 and "装载文件" in heads and "修改数据" not in heads
    one.page.reload()
    one.ready()
    assert not card(one)
    one.page.click(".who")
    one.page.click("text=两分钟导览")
    one.until(lambda: one.page.evaluate("document.querySelector('.tour').contains(document.activeElement)"), "opened by hand, it is where the keyboard is")
    one.page.keyboard.press("Enter")
    one.page.keyboard.press("Enter")
    one.shot("tour_nearest_1280")
    one.page.keyboard.press("Escape")
    assert not card(one)
    assert one.page.locator(".right").is_hidden(), "Escape ended the tour and nothing else"


@pytest.mark.parametrize("path", ["/#13/40.6/109.6", "/?view=00000000-0000-0000-0000-000000000000"], ids=["place", "view"])
def test_whoever_comes_by_a_link_is_not_held_up(visit: Come, path: str) -> None:
    one = visit(Role.DUTY_OFFICER, first=True, path="/password")
    one.refusals = (404,)
    one.page.goto(one.server.address + path)
    one.ready()
    one.page.wait_for_timeout(400)
    assert not card(one)


def test_working_ends_a_tour_that_nobody_asked_for(visit: Come) -> None:
    one = visit(Role.DUTY_OFFICER, first=True)
    one.until(lambda: card(one), "it began")
    one.page.keyboard.press("/")
    assert not card(one)
    assert one.page.evaluate("document.activeElement.id") == "find", "and the key did what it does"


def test_the_tour_is_a_sheet_on_a_phone_and_speaks_english(visit: Come) -> None:
    one = visit(Role.VIEWER, size=(390, 844), language="en", first=True)
    one.until(lambda: card(one), "it began")
    one.shot("tour_phone_390")
    heads = walk(one)
    assert heads[0] == "First, the place" and "Change data" not in heads


@pytest.mark.parametrize("language", ["zh", "en"])
def test_each_kind_of_user_has_a_guide_with_its_pictures(visit: Come, language: str) -> None:
    one = visit(Role.PLANNER, language=language, path="/help")
    assert one.page.url.endswith("/help/planner")
    for name in [*GUIDES, *REFERENCES]:
        one.page.goto(f"{one.server.address}/help/{name}")
        one.ready()
        pictures = one.page.locator(".guide img").all()
        for picture in pictures:
            picture.scroll_into_view_if_needed()
            one.until(partial(picture.evaluate, "one => one.complete && one.naturalWidth > 300"), f"a picture of {name}")
            assert picture.get_attribute("alt")
        if name in GUIDES:
            assert pictures, f"{name} shows what it speaks of"
            han = len(re.findall(r"[\u4e00-\u9fff]", one.page.inner_text(".guide")))
            assert (han > 250) if language == "zh" else (han < 80), f"{name} in {language}: {han}"
        assert one.page.evaluate("[...document.querySelectorAll('.guide a')].every(one => new URL(one.href).origin === location.origin)")
        links = one.page.evaluate("[...new Set([...document.querySelectorAll('.guide a[href^=\"/help\"]')].map(one => one.getAttribute('href').split('#')[0]))]")
        assert set(links) <= {f"/help/{known}" for known in [*GUIDES, *REFERENCES]}
    one.page.goto(f"{one.server.address}/help/planner")
    one.ready()
    one.shot(f"help_1280_{language}")


def test_a_question_mark_opens_help_beside_the_map(visit: Come) -> None:
    one = visit(Role.DRILL_CONTROLLER)
    with one.page.context.expect_page() as opened:
        one.page.keyboard.press("?")
    opened.value.wait_for_url("**/help/drill-controller")
    assert one.page.url.rstrip("/").split("#")[0] == one.server.address, "the map is where it was"


@pytest.mark.parametrize(("language", "words", "size"), [("zh", "连接 QGIS、ArcGIS、脚本", (1280, 800)), ("en", "Connect QGIS, ArcGIS, a script", (1920, 1080))])
def test_the_account_menu_leads_to_how_other_programs_connect(visit: Come, language: str, words: str, size: tuple[int, int]) -> None:
    one = visit(Role.GIS_STAFF, language=language, size=size)
    one.page.click(".who")
    one.shot(f"connect_menu_{language}")
    with one.page.context.expect_page() as opened:
        one.page.locator(".drop [role=menuitem]", has_text=words).click()
    page = opened.value
    page.wait_for_url("**/help/connect")
    assert page.inner_text(".guide h1") == words
    assert f"{one.server.address}/ogc/" in page.inner_text(".guide table")
    wide = page.evaluate("[...document.querySelectorAll('.guide pre, .guide table')].every(one => one.getBoundingClientRect().right <= document.querySelector('.guide').getBoundingClientRect().right + 1)")
    assert wide, "long lines scroll in their own box"
    one.page = page
    one.shot(f"connect_{language}")
    for place, part in enumerate(page.locator(".guide pre").all()):
        if place in (1, 3, 6):
            part.scroll_into_view_if_needed()
            one.shot(f"connect_{language}_{place}")
