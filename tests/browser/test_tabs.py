"""A tab that is used again is that of somebody who was never there."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser

from layers.spec import Role
from tests.browser import tabs
from tests.browser.conftest import Server, visits

LEFT = """() => { window.name = 'left'; document.cookie = 'left=1'; for (const store of [localStorage, sessionStorage]) store.setItem('left', '1'); }"""
FOUND = "() => [window.name, document.cookie.includes('left'), 'left' in localStorage, 'left' in sessionStorage]"


def found(browser: Browser, server: Server) -> list[object]:
    """What somebody leaves in the tab, looked for by the next in it."""
    with visits(browser, server) as come:
        first = come(Role.VIEWER)
        first.page.evaluate(LEFT)
        first.page.route("**/api/v1/layers", lambda route: route.abort())
        page = first.page
    with visits(browser, server) as come:
        second = come(Role.VIEWER)
        assert second.page is page, "the tab is the same"
        second.page.evaluate("console.error('of the second')")
        second.until(lambda: second.complaints != [], "the second hears of it")
        assert first.complaints == []
        second.complaints.clear()
        return list(second.page.evaluate(FOUND))


def test_the_next_in_a_tab_finds_nothing_of_the_last(browser: Browser, live_server: Server) -> None:
    assert found(browser, live_server) == ["", False, False, False]


def test_a_build_that_forgets_nothing_is_told(browser: Browser, live_server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tabs, "KEPT", "kept => { for (const [key, value] of Object.entries(kept)) localStorage.setItem(key, value); }")
    name, _, local, session = found(browser, live_server)
    assert (name, local, session) == ("left", True, True)


def test_a_popup_a_clock_and_a_cut_link_end_with_the_visit(browser: Browser, live_server: Server) -> None:
    with visits(browser, live_server) as come:
        one = come(Role.VIEWER)
        with one.page.context.expect_page() as opened:
            one.page.evaluate("void open('/help', 'another')")
        one.page = opened.value
    with visits(browser, live_server) as come:
        two = come(Role.VIEWER)
        assert two.page.context.pages == [two.page]
        two.page.clock.install()
    with visits(browser, live_server) as come:
        three = come(Role.VIEWER)
        assert three.page.evaluate("Date.now.toString().includes('[native code]')")
        three.page.context.set_offline(True)
    with visits(browser, live_server) as come:
        assert come(Role.VIEWER).page.evaluate("navigator.onLine")
