"""Loading, refused, partial: each says so where one looks for what is missing, and gives the way on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, Route

from layers.spec import Role
from tests.browser.conftest import Visit

Come = Callable[..., Visit]
BROKEN = {"status": 503, "content_type": "application/problem+json", "body": '{"title": "暂时不可用", "detail": "数据库没有应答", "code": "unavailable"}'}


class Held:
    """Requests that wait until they are let go, or are answered by a refusal."""

    def __init__(self, one: Visit, pattern: str) -> None:
        self.page = one.page
        self.routes: list[Route] = []
        self.refusing = False
        one.page.route(pattern, self.take)

    def take(self, route: Route) -> None:
        if self.refusing:
            route.fulfill(**BROKEN)  # type: ignore[arg-type]
        else:
            self.routes.append(route)

    def refuse(self) -> None:
        self.refusing = True
        for route in self.routes:
            route.fulfill(**BROKEN)  # type: ignore[arg-type]
        self.routes.clear()


def test_a_tree_without_layers_says_whether_they_are_on_their_way_or_did_not_come(visit: Come) -> None:
    one = visit(Role.PLANNER, path="/password")
    one.refusals = (503,)
    held = Held(one, "**/api/v1/layers")
    one.page.goto(one.server.address, wait_until="commit")
    one.until(lambda: one.page.locator("#left .skeleton").count() == 1, "on their way")
    assert "没有可看的图层" not in one.page.inner_text("#left")
    one.shot("state_tree_loading_1280")
    held.refuse()
    one.until(lambda: "数据库没有应答" in one.page.inner_text("#left"), "did not come")
    one.shot("state_tree_refused_1280")
    one.page.unroute_all()
    one.page.click("#left >> text=再试")
    one.until(lambda: one.page.locator(".layer").count() > 8, "the way on leads there")


def test_a_history_that_does_not_come_is_not_taken_for_none(visit: Come) -> None:
    one = visit(Role.PLANNER)
    one.refusals = (503,)
    one.page.route("**/history", lambda route: route.fulfill(**BROKEN))  # type: ignore[arg-type]
    one.find("园区危化救援物资库")
    one.see("历史没有取到")
    one.page.unroute_all()
    one.page.locator("#right .note:has-text('历史没有取到') >> text=再试").click()
    one.until(lambda: one.page.locator(".history li").count() > 0, "it is there")


def test_a_card_that_lists_some_of_its_related_features_says_of_how_many(visit: Come) -> None:
    one = visit(Role.PLANNER)

    def more(route: Route) -> None:
        answer = route.fetch()
        page: dict[str, Any] = answer.json()
        if page.get("features"):
            page["numberMatched"] = 130
        route.fulfill(response=answer, json=page)

    one.page.route("**/features?filter=*", more)
    one.find("园区危化救援物资库")
    one.until(lambda: one.page.locator("#right .note.part").count() > 0, "said")
    assert "130 条" in one.page.inner_text("#right .note.part >> nth=0")
    one.page.locator("#right .note.part >> nth=0").scroll_into_view_if_needed()
    one.shot("state_partial_1280")


def test_a_search_that_takes_long_says_that_it_works(visit: Come) -> None:
    one = visit(Role.VIEWER)
    one.refusals = (503,)
    held = Held(one, "**/search?*")
    one.page.keyboard.press("/")
    one.page.keyboard.type("物资库")
    one.see("正在查「物资库」")
    held.refuse()
    one.see("只在图上已有的里面找")


def test_a_page_of_the_audit_that_does_not_come_says_why_and_can_be_asked_again(visit: Come) -> None:
    one = visit(Role.AUDIT_ADMIN, path="/password")
    one.refusals = (503,)
    refusing = True

    def paged(route: Route) -> None:
        """The first page says that there is another; that one is the same again, once it is not refused."""
        address, _, cursor = route.request.url.partition("&cursor=")
        if cursor and refusing:
            return route.fulfill(**BROKEN)  # type: ignore[arg-type]
        answer = route.fetch(url=address)
        return route.fulfill(response=answer, json={**answer.json(), "next": None if cursor else "more"})

    one.page.route("**/api/v1/audit?*", paged)
    one.page.goto(f"{one.server.address}/audit")
    one.until(lambda: one.page.locator(".more .btn").count() == 1, "there is more")
    rows = one.page.locator("tbody tr").count()
    one.page.click(".more .btn")
    one.see("数据库没有应答")
    refusing = False
    one.page.click(".more .btn")
    one.until(lambda: one.page.locator("tbody tr").count() == 2 * rows, "the next page")


def test_a_map_that_nobody_looks_at_keeps_no_session_open(visit: Come) -> None:
    one = visit(before=lambda page: page.clock.install())
    asked: list[bool] = []
    one.page.on("request", lambda request: asked.append("x-unattended" in request.headers) if request.url.endswith("/api/v1/layers") else None)
    one.page.clock.fast_forward("10:30")
    one.until(lambda: asked, "it counts freshness anew by itself")
    assert asked == [True], "which is nobody's use of the session"
    one.page.mouse.move(500, 400)
    with one.page.expect_request("**/api/v1/search*") as request:
        one.page.keyboard.press("/")
        one.page.keyboard.type("避难")
        one.page.clock.run_for(1000)
    assert "x-unattended" not in request.value.headers, "what somebody asks is"


def test_a_page_opened_before_an_upgrade_says_so_and_a_wall_reloads(visit: Come) -> None:
    """The stream tells the address of the server's scripts; another than the page's own means that it is old."""
    hello = 'retry: 60000\nevent: hello\nid: 1\ndata: {"static": "/static/0123456789ab/"}\n\n'

    def old(page: Page) -> None:
        page.clock.install()
        page.route("**/api/v1/events*", lambda route: route.fulfill(content_type="text/event-stream", body=hello))

    one = visit(before=old)
    one.until(lambda: one.page.locator(".toast[data-key=upgraded]").count() == 1, "it says that there is a newer version")
    one.page.unroute("**/api/v1/events*")
    one.page.click(".toast[data-key=upgraded] button")
    one.until(lambda: one.page.evaluate("window.onemap?.live?.state === 'on'"), "of the present version again")
    assert one.page.locator(".toast[data-key=upgraded]").count() == 0
    wall = visit(path="/wall", before=old)
    loaded: list[str] = []
    wall.page.on("request", lambda request: loaded.append(request.url) if request.is_navigation_request() else None)
    wall.page.clock.fast_forward("01:00")
    wall.until(lambda: loaded, "it reloads by itself")
    wall.page.unroute_all(behavior="ignoreErrors")
    wall.ready()
