"""Everybody can use it: no finding of axe-core, a way by keyboard through the whole work, focus always in sight."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from layers.spec import OPERATOR, Role
from tests.browser.conftest import Server, Visit

Come = Callable[..., Visit]
AXE = (Path(__file__).resolve().parents[2] / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")
RUN = """async () => (await axe.run(document, { resultTypes: ['violations'] })).violations.map(one =>
  `${one.impact} ${one.id}: ${one.nodes.slice(0, 4).map(node => `${node.target.join(' ')} (${[...node.any, ...node.all, ...node.none].map(each => each.message).join('; ').slice(0, 200)})`).join(' | ')}`)"""
STILL = """async () => { const frame = () => new Promise(requestAnimationFrame); await frame(); await frame();
  await Promise.allSettled(document.getAnimations().filter(one => one.playState === "running" && one.effect.getComputedTiming().endTime < Infinity).map(one => one.finished)); }"""  # what fades in has its colours
LOOKS = [("zh", "day"), pytest.param("en", "wall", marks=pytest.mark.slow)]


def findings(page: Page) -> list[str]:
    """What axe-core finds on the page as it stands, by any of its rules."""
    page.evaluate(STILL)
    if not page.evaluate("'axe' in window"):  # half a megabyte, once a document
        page.evaluate(AXE)
    found: list[str] = page.evaluate(RUN)
    return found


def told(found: dict[str, list[str]]) -> str:
    return "\n".join(f"{place}: {one}" for place, wrong in found.items() for one in wrong)


def dressed(one: Visit, theme: str) -> Visit:
    one.page.evaluate("theme => { localStorage.setItem('onemap-theme', theme); document.documentElement.dataset.theme = theme; dispatchEvent(new Event('onemap:theme')); }", theme)
    return one


def scenes(one: Visit) -> Iterator[str]:
    """The map page in every state that it has, one after the other."""
    page = one.page
    yield "the map"
    page.click("[data-line=shelters] .disclose")
    page.locator("#settings-shelters select").first.select_option(index=1)
    page.locator("#settings-shelters [data-band=unknown]").click()
    yield "tree with a filter"
    page.locator("#settings-shelters .acts .btn:not([data-key=export])").click()
    page.click("[data-line=shelters] .disclose")
    page.keyboard.press("/")
    page.keyboard.type("SG")
    one.until(lambda: page.locator("#found [role=option]").count() > 0, "found")
    yield "search"
    page.keyboard.press("Enter")
    one.until(lambda: page.locator(".history li").count() > 0, "the card is open")
    yield "card"
    page.click(".history li button >> nth=0")
    yield "history"
    page.keyboard.press("n")
    one.until(lambda: page.locator(".row .badge").count() >= 5, "ranked")
    yield "nearest"
    page.click("#right .segments button >> nth=1")
    one.until(lambda: page.locator("#profile option").count() == 3 and page.locator(".route-line").count() > 0, "ranked by road")
    page.click("#right .driving .btn >> nth=2")
    one.until(lambda: page.locator(".reach-area").count() == 3, "areas reached in time")
    yield "by road"
    page.keyboard.press("z")
    one.until(lambda: page.locator("#right .table tbody tr").count() > 0, "the zone is asked about")
    yield "exposure"
    page.click("[data-part=domino] .btn")
    one.until(lambda: page.locator(".row.domino").count() > 0 or page.locator("[data-part=domino] + .none-row").count() > 0, "the domino list")
    yield "domino list"
    page.click(".tabs button >> nth=3")
    one.until(lambda: page.locator("#hazard").count() == 1 and page.locator("#right .skeleton").count() == 0, "the plan is there")
    yield "shelter plan"
    page.keyboard.press("c")
    one.until(lambda: page.locator(".act-row").count() > 0, "coverage")
    page.click(".act-row .btn >> nth=0")
    one.until(lambda: page.locator(".trial").count() == 1, "with a trial")
    yield "coverage"
    page.keyboard.press("i")
    one.until(lambda: page.locator(".sheet-preview img, .sheet-preview .note").count() > 0, "the sheet is drawn, or the machine says that it is too busy for it", patience_s=60)
    yield "print"
    page.keyboard.press("p")
    yield "plot"
    page.click(".tree-head .icon-btn >> nth=0")
    one.until(lambda: page.locator("#view-name").count() > 0, "views")
    yield "views"
    page.click(".tree-head .icon-btn >> nth=1")
    one.until(lambda: page.locator(".commit").count() > 0, "changes")
    page.click(".commit >> nth=0")
    one.until(lambda: page.locator(".commit-more:not([hidden]) .left-out").count() > 0, "a commit is open")
    yield "recent changes"
    page.click(".tree-head .icon-btn >> nth=2")
    one.until(lambda: page.locator("#load-file").count() > 0, "the first step of a load")
    yield "load"
    page.click(".bar .space")
    one.until(lambda: page.locator("#right .section, #right .row").count() > 0, "drills")
    yield "drills"
    page.click(".who")
    yield "menu"
    page.keyboard.press("Escape")
    one.page.evaluate("onemap.table.open('shelters')")
    one.until(lambda: page.locator("#table[aria-busy]").count() == 0 and page.locator(".grid-body .grid-row[data-id]").count() > 0, "rows are there")
    page.focus(".grid")
    page.keyboard.press("ArrowDown")
    page.keyboard.press(" ")
    yield "table"
    page.click(".th[data-field=name] .funnel")
    yield "filter of a column"
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    one.page.evaluate("async () => onemap.view.act.choose('shelters', (await (await fetch('/api/v1/layers/shelters/features?limit=1')).json()).features[0].id)")
    page.click(".panel-acts .btn >> nth=2")
    one.until(lambda: page.locator("#f-name").count() == 1, "the form is open")
    page.fill("#f-capacity", "12")
    yield "form"


@pytest.mark.parametrize(("language", "theme"), LOOKS)
def test_the_map_in_every_state(visit: Come, language: str, theme: str) -> None:
    one = dressed(visit(Role.PLANNER, language=language), theme)
    one.refusals = (503,)
    found = {}
    for scene in scenes(one):
        if wrong := findings(one.page):
            found[scene] = wrong
        one.shot(f"access_{language}_{scene.replace(' ', '_')}")
    assert not any(found.values()), told(found)


@pytest.mark.parametrize(("language", "theme"), LOOKS)
def test_the_pages_beside_the_map(visit: Come, language: str, theme: str) -> None:
    found = {}
    for role, path in ((Role.AUDIT_ADMIN, "/audit"), (Role.SECURITY_ADMIN, "/accounts"), (Role.SECURITY_ADMIN, "/sessions"), (Role.VIEWER, "/password"), (Role.PLANNER, "/help/connect")):
        one = dressed(visit(role, language=language, path=path), theme)
        found[path] = findings(one.page)
        if one.page.locator("tbody tr[tabindex]").count():
            one.page.locator("tbody tr[tabindex] >> nth=0").click()
            found[f"{path} with a row open"] = findings(one.page)
        one.shot(f"access_{language}{path.replace('/', '_')}")
    one = dressed(visit(Role.GIS_STAFF, language=language), theme)
    one.page.click(".basemaps .link")
    one.until(lambda: one.page.locator("#right .skeleton").count() == 0 and one.page.locator("#picture-name").count() == 1, "the panel of pictures")
    found["pictures"] = findings(one.page)
    for path in ("/api/v1/docs", "/no/such/page"):
        one = visit(Role.VIEWER, language=language)
        one.refusals = (404,)
        one.page.goto(one.server.address + path)
        found[path] = findings(one.page)
        one.shot(f"access_{language}{path.replace('/', '_')}")
    assert not any(found.values()), told(found)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_sign_in_page(browser: Browser, live_server: Server, language: str) -> None:
    page = browser.new_page()
    page.goto(f"{live_server.address}/login?lang={language}")
    assert findings(page) == []
    page.fill("#name", "nobody")
    page.fill("#password", "wrong")
    page.keyboard.press("Enter")
    page.wait_for_selector(".note.bad")
    assert findings(page) == []
    page.close()


def test_on_a_phone(visit: Come) -> None:
    one = visit(size=(390, 844))
    found = {"map": findings(one.page)}
    one.page.evaluate("onemap.question.at({lon: 109.64, lat: 40.61}, 'nearest')")
    one.until(lambda: one.page.locator(".row .badge").count() >= 15, "ranked")
    found["nearest"] = findings(one.page)
    one.page.click(".row >> nth=0")
    one.until(lambda: one.page.locator(".history li").count() > 0, "card")
    found["card"] = findings(one.page)
    one.page.click("[aria-label=收起图层], [aria-label=展开图层]")
    found["tree"] = findings(one.page)
    assert not any(found.values()), told(found)


def test_a_build_with_a_nameless_button_and_pale_words_is_caught(visit: Come) -> None:
    one = visit()
    one.page.evaluate("""() => { const [button, pale] = [document.createElement('button'), document.createElement('p')];
        pale.textContent = 'pale'; document.querySelector('#left').append(button, pale); pale.style.setProperty('color', getComputedStyle(document.documentElement).getPropertyValue('--line')); }""")
    found = " ".join(findings(one.page))
    assert "button-name" in found and "color-contrast" in found


# Where the keyboard is, and whether one sees it: an outline of its own, of a box around it, or of the row that a grid points to.
FOCUS = """() => {
  const one = document.activeElement;
  const seen = each => { const style = getComputedStyle(each), box = each.getBoundingClientRect(); return box.width > 0 && box.height > 0 && style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 1; };
  const around = [one, one.closest('.input, .find-box, .tree-filter'), document.getElementById(one.getAttribute('aria-activedescendant') || '')].filter(Boolean);
  return { lost: one === document.body, seen: around.some(seen), what: `${one.tagName.toLowerCase()}.${one.className} ${(one.textContent || '').trim().slice(0, 30)}` };
}"""


class Hands:
    """Somebody without a mouse; after every key the keyboard is somewhere, and one sees where."""

    def __init__(self, one: Visit) -> None:
        self.one, self.page = one, one.page

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)
            self.seen(key)

    def seen(self, after: str) -> None:
        self.page.wait_for_timeout(30)
        now = self.page.evaluate(FOCUS)
        assert not now["lost"] and now["seen"], f"after {after}: {now}"

    def on(self) -> str:
        return str(self.page.evaluate("document.activeElement.textContent || document.activeElement.id"))

    def tab_to(self, claim: str, key: str = "Tab", most: int = 60) -> None:
        """Go on with Tab until the focused element meets the claim, a CSS selector."""
        for _ in range(most):
            if self.page.evaluate("claim => document.activeElement.matches(claim)", claim):
                return
            self.press(key)
        raise AssertionError(f"{claim} is not reached by {key}")


def test_the_whole_work_without_a_mouse(visit: Come) -> None:
    """Find a place, rank what is near, walk the list, open one, put a zone around it, come back; a row of the table, a field, saved."""
    one = visit(Role.PLANNER)
    hands, page = Hands(one), one.page
    page.keyboard.press("/")
    hands.seen("/")
    page.keyboard.type("煤化工")
    one.until(lambda: page.locator("#found [role=option]").count() > 0, "found")
    hands.press("ArrowDown", "ArrowUp")
    page.keyboard.press("Enter")
    one.until(lambda: page.locator(".history li").count() > 0, "the card is open")
    hands.seen("Enter on what was found")
    assert page.evaluate("document.querySelector('#right').contains(document.activeElement)"), "the keyboard is in the card"
    page.keyboard.press("n")
    one.until(lambda: page.locator(".row .badge").count() >= 5, "ranked")
    hands.seen("n")
    hands.tab_to("#right h2", "Shift+Tab", 5)
    hands.press("ArrowDown", "ArrowDown", "ArrowUp", "ArrowDown")
    assert page.evaluate("[...document.querySelectorAll('#right .row, #right .left-out')].indexOf(document.activeElement)") == 1
    name = page.inner_text(".row:focus .what b, .left-out:focus .nm b")
    page.keyboard.press("Enter")
    one.until(lambda: name in page.inner_text("#right h2") and page.locator(".history li").count() > 0, "its card is open")
    hands.seen("Enter on a ranked row")
    page.keyboard.press("z")
    one.until(lambda: page.locator("#right .table tbody tr").count() > 0, "the zone is asked about")
    hands.seen("z")
    hands.press("Escape")
    one.until(lambda: page.locator("#right").is_hidden(), "closed")
    hands.seen("Escape")
    page.keyboard.press("t")
    one.until(lambda: page.locator("#table[aria-busy]").count() == 0 and page.locator(".grid-body .grid-row[data-id]").count() > 0, "the table is open")
    hands.press("End", "Home", "ArrowDown")
    page.keyboard.press("Enter")
    one.until(lambda: page.locator(".history li").count() > 0, "the row's card is open")
    hands.seen("Enter on a row")
    assert page.evaluate("document.activeElement.matches('.grid')"), "one may walk on in the table"
    layer, chosen = page.evaluate("[onemap.state.chosen.layer, onemap.state.chosen.id]")
    page.keyboard.press("e")
    one.until(lambda: page.locator("#f-remark").count() == 1, "the form is open")
    hands.seen("e")
    hands.tab_to("#f-remark")
    page.keyboard.type("无鼠标修改")
    hands.tab_to("#f-reason")
    page.keyboard.type("键盘核对")
    hands.tab_to(".panel-acts .primary")
    page.keyboard.press("Enter")
    one.see("已保存")
    one.until(lambda: page.locator(".history li").count() > 0, "the card again")
    hands.seen("Enter on save")
    with one.server.database.space().transaction(OPERATOR) as store:
        now = store.get(layer, chosen)
        assert now.properties["remark"].endswith("无鼠标修改")
        store.revert(layer, now.id, now.version - 1, version=now.version)
    hands.press("Escape")


def test_a_panel_gives_the_keyboard_back_to_where_it_was(visit: Come) -> None:
    one = visit(Role.PLANNER)
    hands = Hands(one)
    for act in (".tree-head .icon-btn >> nth=0", ".tree-head .icon-btn >> nth=1", ".tree-head .icon-btn >> nth=2", ".bar .space", ".tools .tool >> nth=2", ".tools .tool >> nth=4", ".tools .tool >> nth=5"):
        one.page.focus(act)
        name = hands.on()
        one.page.keyboard.press("Enter")
        one.until(lambda: one.page.locator("#right").is_visible(), f"{act} opens a panel")
        hands.tab_to("#right .panel-head .icon-btn", most=80)
        hands.press("Enter")
        assert one.page.locator("#right").is_hidden() and hands.on() == name, act


def test_a_build_whose_panel_drops_the_keyboard_is_caught(visit: Come) -> None:
    one = visit()
    hands = Hands(one)
    one.page.evaluate("HTMLElement.prototype.focus = () => undefined")
    one.page.focus("body")
    with pytest.raises(AssertionError):
        hands.press("n")


def test_every_stop_of_the_keyboard_is_seen(visit: Come) -> None:
    """Tab through the whole page with a card and the table open, by day and on the wall: no stop without an outline."""
    one = visit(Role.PLANNER)
    one.page.evaluate("async () => onemap.view.act.choose('shelters', (await (await fetch('/api/v1/layers/shelters/features?limit=1')).json()).features[0].id)")
    one.until(lambda: one.page.locator(".history li").count() > 0, "the card is open")
    one.page.evaluate("onemap.table.open('shelters')")
    one.until(lambda: one.page.locator("#table[aria-busy]").count() == 0, "the table is open")
    for theme in ("day", "wall"):
        dressed(one, theme)
        one.page.focus(".bar .org")
        unseen, stops = set(), 0
        for _ in range(160):
            one.page.keyboard.press("Tab")
            now = one.page.evaluate(FOCUS)
            if now["lost"]:
                break
            stops += 1
            if not now["seen"]:
                unseen.add(now["what"])
        assert stops > 60 and unseen == set(), theme
