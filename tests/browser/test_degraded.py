"""When the database goes the map stays readable and says how old it is; when it is back all heals by itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from uuid import UUID

from shapely.geometry import Point
from sqlalchemy import create_engine, text

from layers.spec import OPERATOR, Role
from tests.browser.conftest import Server, Visit

Come = Callable[..., Visit]


@contextmanager
def without_database(server: Server) -> Iterator[None]:
    """The service's database lets nobody in, and those who were in are out."""
    url = server.database.owner.url
    engine = create_engine(url.set(database="postgres"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f'ALTER DATABASE "{url.database}" ALLOW_CONNECTIONS false'))
        connection.execute(text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name AND usesysid IN (SELECT oid FROM pg_roles WHERE NOT rolsuper)"), {"name": url.database})
        try:
            yield
        finally:
            connection.execute(text(f'ALTER DATABASE "{url.database}" ALLOW_CONNECTIONS true'))
    engine.dispose()


def test_map_search_and_the_last_answers_stay_readable_while_the_database_is_gone(visit: Come) -> None:
    one = visit(Role.PLANNER)
    one.refusals = (503,)
    one.find("109.64,40.61")
    one.page.keyboard.press("n")
    one.until(lambda: one.page.locator(".row .badge").count() >= 15, "ranked")
    with without_database(one.server):
        one.see("数据库没有应答")
        one.see("改动会留作草稿")
        assert one.page.locator(".sym, .cluster").count() > 5, "the map is still there"
        one.shot("stale_1280")
        one.page.keyboard.press("/")
        one.page.keyboard.press("Control+a")
        one.page.keyboard.type("煤化工")
        one.see("只在图上已有的里面找")
        one.page.keyboard.press("Enter")
        one.see("暂时只有图上这几项")
        one.page.evaluate("onemap.question.at({lon: 109.7, lat: 40.6}, 'nearest')")
        one.see("上一次的答案")
        one.page.click("text=看上一次的答案")
        one.until(lambda: one.page.locator(".row .badge").count() >= 15, "the last answer is readable")
        assert "109.64000" in one.page.inner_text(".panel-head"), "and says which place it was of"
    one.see("已恢复")
    one.until(lambda: not one.page.locator(".stale-banner").is_visible(), "the banner is gone")
    with one.server.database.space().transaction(OPERATOR) as store:
        made = store.insert("shelters", {"name": "恢复后新增"}, Point(109.6, 40.6))
    one.until(lambda: one.page.evaluate(f"[...onemap.state.layers.values()].some(one => one.id === 'shelters' && one.count > 60)"), "changes arrive again")  # noqa: F541
    with one.server.database.space().transaction(OPERATOR) as store:
        store.delete("shelters", made.id, version=1, reason="test")


def test_a_save_without_database_waits_as_a_draft(visit: Come) -> None:
    one = visit(Role.PLANNER)
    one.refusals = (503,)
    one.find("园区危化救援物资库")
    one.page.click("#right button:has-text('编辑')")
    area = int(float(one.page.input_value("#f-area_m2")))
    one.page.fill("#f-area_m2", str(area + 1))
    with without_database(one.server):
        one.page.click(".panel-acts .primary")
        one.see("还没有保存")
    one.see("已重新连上")
    one.page.click(".panel-acts .primary")
    one.see("已保存")


def test_one_sees_who_else_is_here(visit: Come) -> None:
    one = visit(Role.PLANNER)
    visit(Role.DUTY_OFFICER)
    one.until(lambda: one.page.locator(".here").is_visible() and "人也在" in one.page.inner_text(".here"), "another is here")
    assert "duty_officer" in (one.page.get_attribute(".here", "title") or "")


def test_a_thousand_changes_missed_while_cut_off_are_caught_up_once_each(visit: Come) -> None:
    one = visit(Role.PLANNER)
    one.find("园区危化救援物资库")
    before = one.page.evaluate("[...onemap.sourceOf('shelters').all.keys()]")
    asked: list[str] = []
    one.page.on("request", lambda request: asked.append(request.url) if "/api/v1/" in request.url else None)
    with one.server.database.space().transaction(OPERATOR) as store:
        edited = store.insert("shelters", {"name": "改了又改"}, Point(109.65, 40.62))
    one.until(lambda: one.page.evaluate(f"onemap.sourceOf('shelters').all.has('{edited.id}')"), "it is there")
    one.page.evaluate("onemap.live.stream.close(); onemap.live.say('off')")
    one.see("断线")
    made: list[UUID] = []
    for number in range(500):
        with one.server.database.space().transaction(OPERATOR) as store:
            made.append(store.insert("shelters", {"name": f"断线时新增{number}"}, Point(109.6 + number / 10_000, 40.6)).id)
            edited = store.patch("shelters", edited.id, {"name": f"第{number}次"}, version=edited.version)
    view = one.page.evaluate("JSON.stringify(onemap.view.map.getCenter()) + onemap.view.map.getZoom()")
    asked.clear()
    one.page.evaluate("onemap.live.again()")
    drawn = "[...onemap.sourceOf('shelters').all.values()]"
    one.until(lambda: one.page.evaluate(f"{drawn}.length") == len(before) + 501, "all are there, none twice")
    one.until(lambda: one.page.evaluate(f"onemap.sourceOf('shelters').all.get('{edited.id}').title") == "第499次", "the last state of what changed often")
    assert set(one.page.evaluate(f"{drawn}.map(one => one.id)")) == {*before, *map(str, made), str(edited.id)}
    assert one.page.evaluate("JSON.stringify(onemap.view.map.getCenter()) + onemap.view.map.getZoom()") == view, "the view stays where it was"
    assert len(asked) < 60, f"a burst is taken in together, not by a request a change: {len(asked)}"
    with one.server.database.space().transaction(OPERATOR) as store:
        for gone, version in [*((each, 1) for each in made), (edited.id, edited.version)]:
            store.delete("shelters", gone, version=version, reason="test")
    one.until(lambda: one.page.evaluate(f"{drawn}.length") == len(before), "gone again")
