"""A phone of 360 by 740: see, search, card, call, nearest; all within reach of a thumb and of a keyboard."""

from __future__ import annotations

from collections.abc import Callable

from layers.spec import Role
from tests.browser.conftest import Visit

Come = Callable[..., Visit]

SMALL = """() => [...document.querySelectorAll('.bar button, .bar input, .bar a, #right button, #right a, #right input, .tools button, #found button, .left.rail button')]
    .filter((one) => one.checkVisibility() && one.getBoundingClientRect().width > 0)
    .map((one) => ({ what: `${one.className} ${one.textContent || one.ariaLabel}`.slice(0, 50), box: (one.closest('label') || one).getBoundingClientRect() }))
    .filter(({ box }) => box.width < 43.5 || box.height < 43.5).map(({ what, box }) => `${what}: ${Math.round(box.width)} x ${Math.round(box.height)}`)"""
HANGING = """() => [document.documentElement.scrollWidth > innerWidth && 'the page', ...[...document.querySelectorAll('.bar *, #right *, #right, .tools, .legend, .foot, #found, .prompt, .left.rail')]
    .filter((one) => one.checkVisibility() && !one.closest('svg') && one.getBoundingClientRect().width > 1)
    .filter((one) => { const box = one.getBoundingClientRect(); return box.left < -0.5 || box.right > innerWidth + 0.5; }).map((one) => `${one.tagName} ${one.className}`)].filter(Boolean)"""


FREE = """() => { const chosen = document.querySelector('.sym.chosen')?.getBoundingClientRect(); return chosen && chosen.bottom < document.querySelector('#right').getBoundingClientRect().top && chosen.top > 48; }"""


def fits(one: Visit, where: str) -> None:
    assert one.page.evaluate(HANGING) == [], where
    assert one.page.evaluate(SMALL) == [], where


def test_see_search_card_call_and_nearest_on_a_phone(visit: Come) -> None:
    one = visit(size=(360, 740))
    one.until(lambda: one.page.locator(".sym, .cluster").count() > 5, "the map is seen")
    fits(one, "the map")
    over = "(() => { const [a, b] = [...document.querySelectorAll('.tools')].map((one) => one.getBoundingClientRect()); return b.top - a.bottom; })()"
    assert one.page.evaluate(over) >= 8, "the tools stand apart"
    one.shot("phone_360_map")
    one.page.click("#find")
    one.page.keyboard.type("消防队")
    one.until(lambda: one.page.get_attribute("#found", "data-answers") == "消防队" and one.page.locator("#found-0").is_visible(), "teams are found")
    fits(one, "what was found")
    one.shot("phone_360_search")
    one.page.click("#found-0")
    one.until(lambda: one.page.locator("#right dl.facts").count() > 0, "the card")
    one.until(lambda: one.page.evaluate(FREE), "the chosen one is in the part of the map that is free")
    assert one.page.locator("a[href^='tel:']").count() == 0, "a masked number cannot be called"
    show = one.page.locator("#right .facts button[aria-label*='电话']").first
    show.scroll_into_view_if_needed()
    show.click()
    call = one.page.locator("a[href^='tel:']")
    one.until(lambda: call.count() == 1, "the number that was shown can be called")
    assert (call.get_attribute("href") or "").removeprefix("tel:").isdigit()
    assert "000" in (call.get_attribute("href") or ""), "numbers of the demonstration call nobody"
    one.see("已显示，并记入审计")
    fits(one, "the card")
    one.shot("phone_360_card")
    low = one.page.evaluate("document.querySelector('#right').clientHeight")
    one.page.focus("#right .grip")
    one.page.keyboard.press("ArrowUp")
    one.until(lambda: one.page.evaluate("document.querySelector('#right').clientHeight") > low + 100, "the sheet is drawn up")
    fits(one, "the sheet drawn up")
    one.page.keyboard.press("Home")
    one.until(lambda: one.page.evaluate("document.querySelector('#right').clientHeight") < low - 100, "and down, so that the map is seen")
    assert one.page.get_attribute("#right .grip", "aria-valuetext") == "30%"
    grip = one.page.locator("#right .grip").bounding_box()
    assert grip is not None
    one.page.mouse.move(180, grip["y"] + 20)
    one.page.mouse.down()
    one.page.mouse.move(180, 300, steps=4)
    one.page.mouse.up()
    one.until(lambda: one.page.get_attribute("#right .grip", "aria-valuetext") == "62%", "a finger draws it to the nearest height")
    one.page.click("#right .panel-acts .btn.primary")
    one.until(lambda: one.page.locator("#right .row .badge").count() >= 10, "ranked")
    fits(one, "the ranking")
    one.shot("phone_360_nearest")
    one.page.click("#right .segments button:nth-child(2)")
    one.until(lambda: one.page.locator("#profile").count() == 1 and one.page.locator("#right .row .badge").count() >= 10, "ranked by road")
    fits(one, "the ranking by road")
    one.shot("phone_360_road")
    one.page.locator("#right .row .what").first.click()
    one.see("来源与时效")


def test_who_may_not_reveal_cannot_call(visit: Come) -> None:
    one = visit(role=Role.VIEWER, size=(360, 740), language="en")
    one.find("消防队")
    one.until(lambda: one.page.locator("#right dl.facts").count() > 0, "the card")
    one.until(lambda: one.page.evaluate(FREE), "the chosen one is in the part of the map that is free")
    assert "***" in one.page.inner_text("#right dl.facts")
    assert one.page.locator("a[href^='tel:'], #right .facts dd button:has-text('Show')").count() == 0
    fits(one, "the card in English")
    one.shot("phone_360_viewer")


def test_a_position_is_copied_in_every_form(visit: Come) -> None:
    one = visit()
    one.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    one.find("三岔口险工")
    one.until(lambda: one.page.locator("#right .position button").count() > 0, "the card has its position")
    one.page.locator("#right .position button").first.click()
    one.until(lambda: one.page.locator(".form-line").count() == 5, "five forms")
    lines = one.page.locator(".form-line .said").all_inner_texts()
    assert "°" in lines[1] and lines[2].startswith("X 4") and ", Y 37" in lines[2]
    assert lines[3].endswith("(GCJ-02)") and lines[4].endswith("(BD-09)")
    one.page.locator(".form-line").nth(3).click()
    one.see("已复制")
    copied = one.page.evaluate("navigator.clipboard.readText()")
    assert copied == lines[3]
    one.shot("copy_1280")
    decimal = [float(part) for part in lines[0].split(", ")]
    one.page.keyboard.press("Escape")
    one.find(copied)
    one.until(lambda: one.page.evaluate("onemap.state.place !== null"), "the copied text is a place")
    place = one.page.evaluate("[onemap.state.place.lon, onemap.state.place.lat]")
    assert abs(place[0] - decimal[0]) < 3e-6 and abs(place[1] - decimal[1]) < 3e-6, "the same place again"
