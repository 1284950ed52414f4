"""Tabs of the browser that one test after the other looks through: each finds its tab as if nobody had been there.

A tab of its own for every visit would start a process each time, and that is half of what a visit costs.
"""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Browser, BrowserContext, Error, Page

_SPARE: dict[Browser, list[BrowserContext]] = {}  # left clean, each with its tab or without; their cache has the scripts
QUIET = "/static/any/icon.svg"  # a page of the server that has no script
KEPT = "kept => { window.name = ''; localStorage.clear(); sessionStorage.clear(); for (const [key, value] of Object.entries(kept)) localStorage.setItem(key, value); }"


def tab(browser: Browser, options: dict[str, Any], alone: bool) -> Page:
    """One that was used before, unless the browser needs options of its own; `alone`: at least the tab is new."""
    spare = _SPARE.setdefault(browser, [])
    context = spare.pop() if spare and not options else browser.new_context(locale="zh-CN", accept_downloads=False, **options)
    if alone:
        for page in context.pages:
            page.close()
    return context.pages[0] if context.pages else context.new_page()


def remember(page: Page, address: str, cookies: list[Any], kept: dict[str, str]) -> None:
    """The browser knows this of the server, in its cookies and its storage, and nothing else."""
    page.context.clear_cookies()
    if page.url != address + QUIET:
        page.goto(address + QUIET)
    page.evaluate(KEPT, kept)
    page.context.add_cookies(cookies)


def leave(browser: Browser, page: Page, options: dict[str, Any], alone: bool) -> None:
    """Go from the page, and keep what the test changed nothing about that stays: no options, no other clock, a whole tab that was not `alone`."""
    context = page.context
    if page.is_closed():
        context.close()
        return
    page.unroute_all(behavior="ignoreErrors")  # an answer that is still being made up belongs to no other test
    plain = not options and page.evaluate("Date.now.toString().includes('[native code]')")
    try:
        page.goto("/".join(page.url.split("/")[:3]) + QUIET)
    except Error:
        alone = True
    for each in context.pages:
        if each is not page or alone or not plain:
            each.close()
    if not plain:
        context.close()
        return
    context.set_offline(False)
    context.clear_permissions()
    if not alone:
        page.mouse.move(-1, -1)
    _SPARE[browser].append(context)
