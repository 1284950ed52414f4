"""A screen that stands for days: what the page holds after a day of changes is what it held after half of it."""

from __future__ import annotations

import logging
import statistics
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import cycle

import pytest
from playwright.sync_api import CDPSession, Request

from layers.spec import OPERATOR, Role
from tests.browser.conftest import Visit

log = logging.getLogger(__name__)
Come = Callable[..., Visit]
HOURS = 24
HEAP_GROWTH = 0.05  # of the heap, between two quarters of a day: what V8 compiles and learns meanwhile, about 60 KB of code in ten hours
KNOWS = "([id, version]) => onemap.state.layers.get(id).version >= version && onemap.sourceOf(id).layer.version >= version"  # one text: V8 keeps each it compiled
LEAKS = {
    "nodes": "const made = document.createElement('div'); made.addEventListener('click', () => kept); kept.push(made);",
    "heap": "kept.push(Array.from({length: 3000}, (_, i) => ({i, at: [i, i + 0.5]})));",
}


@dataclass(frozen=True)
class Held:
    """What the page holds once all that nobody needs is collected."""

    heap: int
    nodes: int
    listeners: int


def held(cdp: CDPSession) -> Held:
    for _ in range(2):
        cdp.send("HeapProfiler.collectGarbage")
    counts = cdp.send("Memory.getDOMCounters")
    return Held(cdp.send("Runtime.getHeapUsage")["usedSize"], counts["nodes"], counts["jsEventListeners"])


def grown(hours: list[Held]) -> list[str]:
    """What grew between the second quarter and the last; nothing, where the page can stand for days."""
    quarter = len(hours) // 4
    before, after = hours[quarter : 2 * quarter], hours[-quarter:]
    wrong = []
    middle = [statistics.median(one.heap for one in part) for part in (before, after)]
    if middle[1] > middle[0] * (1 + HEAP_GROWTH):
        wrong.append(f"heap {middle[0]:,} -> {middle[1]:,}")
    for name in ("nodes", "listeners"):
        counts = [min(getattr(one, name) for one in part) for part in (before, after)]
        if counts[1] > counts[0]:
            wrong.append(f"{name} {counts[0]} -> {counts[1]}")
    return wrong


def a_day(one: Visit, changes: int, hours: int = HOURS) -> Iterator[Held]:
    """Hour by hour: that many changes by somebody else, taken in by the page, and its clock an hour on."""
    cdp = one.page.context.new_cdp_session(one.page)
    asked: set[Request] = set()
    one.page.on("request", lambda request: asked.add(request) if "/events" not in request.url else None)
    for end in ("requestfinished", "requestfailed"):
        one.page.on(end, lambda request: asked.discard(request))  # type: ignore[call-overload]  # noqa: PLW0108  # a builtin tells Playwright no signature
    space = one.server.database.space()
    with space.reading(OPERATOR) as store:
        layer = "shelters"
        ids = cycle([row.id for row in store.page(layer, limit=20).features])
    number = 0
    for _ in range(hours):
        for _ in range(changes):
            number += 1
            with space.transaction(OPERATOR, reason="一天的改动") as store:
                feature = store.get(layer, next(ids))
                store.patch(layer, feature.id, {"capacity": 300 + number % 7}, version=feature.version)
        with space.reading(OPERATOR) as store:
            version = store.version(layer).version
        one.until(partial(one.page.evaluate, KNOWS, [layer, version]), "the page knows the last change")
        one.page.clock.fast_forward("01:00:00")
        one.until(partial(settled, one, asked), "all is drawn, and the notices are gone")
        yield held(cdp)


def settled(one: Visit, asked: set[Request]) -> bool:
    """Whether nothing has been on its way for a while; a notice that came after the clock was put on is waited out by the page's clock too."""
    one.page.clock.fast_forward(6000)
    one.page.wait_for_timeout(300)
    return not asked and bool(one.page.evaluate("document.body.dataset.pending === '0' && !document.querySelector('.toast')"))


def opened(visit: Come, path: str) -> Visit:
    one = visit(Role.DUTY_OFFICER, path="/login" if path else "/")
    one.page.clock.install()
    one.page.goto(one.server.address + path)
    one.ready()
    return one


def with_panels(one: Visit) -> Visit:
    """An answer and a table open beside the map: they follow the changes too."""
    one.find("109.64,40.61")
    one.page.keyboard.press("n")
    one.until(lambda: one.page.locator(".row .badge").count() >= 15, "ranked")
    one.page.evaluate("onemap.table.open('shelters')")
    return one


def told(hours: list[Held]) -> str:
    quarter = len(hours) // 4
    return ", ".join(f"{name} {statistics.median(getattr(one, name) for one in hours[quarter:2 * quarter]):,} -> {statistics.median(getattr(one, name) for one in hours[-quarter:]):,}" for name in ("heap", "nodes", "listeners"))


@pytest.mark.parametrize("path", [pytest.param("/wall", marks=pytest.mark.slow), "/"], ids=["wall", "map"])
def test_a_short_day_leaves_nothing_behind(visit: Come, path: str) -> None:
    one = opened(visit, path)
    hours = list(a_day(with_panels(one) if path == "/" else one, changes=3, hours=8))
    log.info(told(hours))
    assert grown(hours) == []


@pytest.mark.parametrize("leak", ["heap", pytest.param("nodes", marks=pytest.mark.slow)])
def test_a_leak_is_found(visit: Come, leak: str) -> None:
    one = opened(visit, "/wall")
    one.page.evaluate(f"() => {{ const kept = (window.kept = []); new EventSource('/api/v1/events').addEventListener('change', () => {{ {LEAKS[leak]} }}); }}")
    hours = list(a_day(one, changes=2, hours=8))
    assert any(leak in words for words in grown(hours)), told(hours)


@pytest.mark.slow
@pytest.mark.parametrize("path", ["/wall", "/"], ids=["wall", "map"])
def test_a_day_of_a_change_a_minute_leaves_nothing_behind(visit: Come, path: str) -> None:
    one = opened(visit, path)
    hours = list(a_day(with_panels(one) if path == "/" else one, changes=60))
    log.info(told(hours))
    assert grown(hours) == []
