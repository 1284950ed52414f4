"""The ranking by road: minutes first, routes on the map, barriers by hand, blocks of others, and nobody dropped for want of a road."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import pytest
import shapely

from geodata.store.batch import Row
from layers.catalogue import CATALOGUE
from layers.spec import OPERATOR, Role
from tests.browser.conftest import Server, Visit, clear

Come = Callable[..., Visit]
WEST_BANK = "109.763,40.606"  # of the Kundulun river: the nearest team by air is across it
BLOCKS = CATALOGUE.blocks[0].id
PROFILES = CATALOGUE.profiles.id if CATALOGUE.profiles else ""


@pytest.fixture
def blocked(live_server: Server, afterwards: ExitStack) -> Callable[[Any], None]:
    """`blocked(shape)`: somebody else blocks roads; taken away afterwards."""
    space = live_server.database.space()

    def block(shape: Any) -> None:
        with space.transaction(OPERATOR, "断路") as store:
            store.upsert(BLOCKS, [Row({"code": "T1", "name": "塌方测试", "reason": "collapse"}, shape)])

    afterwards.callback(clear, live_server, BLOCKS, "")
    return block


def by_road(visit: Come, place: str = WEST_BANK, **how: Any) -> Visit:
    one = visit(**how)
    one.find(place)
    one.page.keyboard.press("n")
    one.until(lambda: one.page.locator(".row .badge").count() >= 10, "there is a ranking by air")
    one.page.click(".segments button:nth-child(2)")
    one.until(lambda: one.page.locator(".route-line").count() >= 2, "routes are drawn")
    return one


def rows(one: Visit) -> list[str]:
    return one.page.locator(".row .how .far").all_inner_texts()


def figure(words: str) -> int:
    found = re.match(r"\s*(\d+)", words)
    assert found, words
    return int(found[1])


def soonest(one: Visit) -> float:
    """Seconds of the first of all ranked."""
    return one.page.evaluate("Math.min(...onemap.question.nearest.features.filter(one => one.properties.rank === 1).map(one => one.properties.duration_s))")


def test_minutes_come_first_and_the_straight_distance_stays_beside(visit: Come) -> None:
    one = by_road(visit)
    assert all("分" in row for row in rows(one)) and "直线" in one.page.inner_text(".row .how >> nth=0")
    spent = one.page.evaluate("onemap.question.nearest.features.filter(one => one.properties.layer === 'rescue_teams' && one.properties.rank).map(one => one.properties.duration_s)")
    assert spent == sorted(spent)
    assert "按道路" in one.page.inner_text(".needs") and "假定" in one.page.inner_text(".driving-basis"), "whose speeds these are is said"
    drawn = one.page.evaluate("getComputedStyle(document.querySelector('.route-line')).strokeWidth + getComputedStyle(document.querySelector('.route-case')).strokeWidth")
    assert drawn == "3.5px7px"
    one.until(lambda: one.page.locator(".route-tag").count() >= 2 and {figure(words) for words in one.page.locator(".route-tag").all_inner_texts()} <= {figure(row) for row in rows(one)},
              "the same minutes stand on the map")
    before = one.page.locator(".route-line").count()
    one.page.hover(".row >> nth=1")
    one.until(lambda: one.page.locator(".route-line").count() == before + 1, "the route of the row that is pointed at")
    one.picture("road_1280")
    one.page.select_option("#profile", "on_foot")
    one.until(lambda: soonest(one) > 3 * min(spent) / 2, "on foot it takes longer")
    one.page.reload()
    one.ready()
    one.find(WEST_BANK)
    one.page.keyboard.press("n")
    one.until(lambda: one.page.locator("#profile").count() == 1 and one.page.input_value("#profile") == "on_foot", "the way of asking is remembered")


def test_a_barrier_drawn_by_hand_changes_the_ranking_and_is_taken_away_again(visit: Come) -> None:
    one = by_road(visit)
    before = rows(one)
    at = one.page.evaluate("""() => { const { map } = onemap.view; const box = map.getContainer().getBoundingClientRect();
        const spot = map.latLngToContainerPoint([40.606, 109.763]); return [box.left + spot.x, box.top + spot.y]; }""")
    one.page.click("text=画断路区")
    assert "双击结束" in one.page.inner_text(".prompt")
    corners = ((-30, -30), (30, -30), (30, 30), (-30, 30))
    for dx, dy in corners:
        one.page.mouse.click(at[0] + dx, at[1] + dy)
    one.page.mouse.click(at[0] + corners[0][0], at[1] + corners[0][1])
    one.until(lambda: one.page.locator(".left-out .why:has-text('无路可达')").count() >= 3, "all whose way is closed stand last, with the reason")
    assert one.page.locator(".barrier").count() == 1 and "阻断范围内" in one.page.inner_text(".right")
    one.shot("road_barred_1280")
    one.page.click("text=撤掉 1 处断路")
    one.until(lambda: rows(one) == before and one.page.locator(".barrier").count() == 0, "the ranking is as it was")


def test_a_barrier_becomes_a_block_for_all_and_the_zone_may_be_closed(visit: Come, live_server: Server, blocked: Callable[[Any], None]) -> None:
    one, other = by_road(visit), by_road(visit, "109.80,40.59")
    spent = [soonest(each) for each in (one, other)]
    one.page.evaluate("""() => { const { driving } = onemap.question; driving.barriers.push({ type: "Polygon", coordinates: [[[109.79, 40.58], [109.81, 40.58], [109.81, 40.60], [109.79, 40.60], [109.79, 40.58]]] }); onemap.question.askNearest(); }""")
    one.page.click("text=存为道路阻断")
    one.page.fill("#f-name", "围堰测试")
    one.page.select_option("#f-reason", "flood")
    one.page.click(".panel-acts .btn.primary")
    one.until(lambda: "围堰测试" in one.page.inner_text(".right .panel-head h2"), "it is stored")
    other.see("阻断范围内")
    assert other.page.locator(".left-out .why:has-text('无路可达')").count() > 3 and spent[1] > 0, "the ranking that somebody else has open follows"
    with live_server.database.space().reading(OPERATOR) as store:
        assert [feature.properties["name"] for feature in store.page(BLOCKS).features] == ["围堰测试"]
    one.find("109.94,40.61")
    one.page.keyboard.press("z")
    one.until(lambda: one.page.locator(".table tbody tr").count() > 0, "there is a zone")
    one.page.keyboard.press("n")
    one.page.click("text=影响区不通行")
    one.see("阻断范围内")
    one.page.click("text=影响区不通行")
    one.until(lambda: one.page.locator(".row .badge").count() >= 10, "and is ranked again")


def test_an_open_ranking_follows_a_block_that_somebody_else_draws(visit: Come, blocked: Callable[[Any], None]) -> None:
    one = by_road(visit)
    before = soonest(one)
    route = one.page.evaluate("onemap.question.nearest.features.find(one => one.properties.rank === 1 && one.properties.route.coordinates.length > 8).properties")
    way = shapely.LineString(route["route"]["coordinates"])
    blocked(shapely.Point(*way.interpolate(0.5, normalized=True).coords[0]))
    one.until(lambda: one.page.evaluate(f"!onemap.question.nearest.features.some(one => one.properties.duration_s === {route['duration_s']!r} && one.properties.rank === 1)"),
              "the way of before is gone, without a click")
    assert soonest(one) >= before
    one.until(lambda: one.page.locator(".route-line").count() >= 2, "the new ways are drawn")


def test_the_speeds_are_a_table_that_a_planner_changes_and_rankings_follow(visit: Come, live_server: Server) -> None:
    one = by_road(visit, role=Role.PLANNER)
    before = soonest(one)
    one.page.click(".vehicle .icon-btn")
    one.until(lambda: one.page.locator("#table .grid-body .grid-row[data-id]").count() == 3, "three vehicles")
    assert all(name in one.page.inner_text("#table .grid-body") for name in ("消防车", "载重货车", "步行"))
    one.shot("road_speeds_1280")
    space = live_server.database.space()

    def speed(kmh: float) -> None:
        with space.transaction(OPERATOR, "实测") as store:
            engine = next(feature for feature in store.page(PROFILES).features if feature.properties["code"] == "fire_engine")
            store.patch(PROFILES, engine.id, {"county_kmh": kmh, "national_kmh": kmh, "street_kmh": kmh, "village_kmh": kmh}, version=engine.version)

    with space.reading(OPERATOR) as store:
        kept = next(feature for feature in store.page(PROFILES).features if feature.properties["code"] == "fire_engine")
    speed(10.0)
    one.until(lambda: soonest(one) > 2 * before, "slower at once, without a click")
    with space.transaction(OPERATOR, "恢复") as store:
        store.revert(PROFILES, kept.id, int(kept.version), version=int(kept.version) + 1)
    one.until(lambda: soonest(one) == pytest.approx(before), "and as before")


def test_where_the_network_does_not_reach_the_distance_to_the_road_is_said(visit: Come) -> None:
    one = visit()
    one.find("109.50,40.72")
    one.page.keyboard.press("n")
    one.until(lambda: one.page.locator(".row .badge").count() >= 10, "there is a ranking by air")
    one.page.click("text=按道路")
    one.see("路网未覆盖该处")
    assert one.page.locator(".row .badge").count() == 0 and one.page.locator(".left-out .why:has-text('无路可达')").count() > 5, "all of them are still there"
    one.shot("road_uncovered_1280")
    one.page.click("text=直线")
    one.until(lambda: one.page.locator(".row .badge").count() >= 10, "by air they are ranked")


@pytest.mark.parametrize(("size", "language"), [((1280, 800), "zh"), ((1920, 1080), "en")])
def test_areas_reached_in_time_are_drawn_and_follow_the_vehicle(visit: Come, size: tuple[int, int], language: str) -> None:
    one = by_road(visit, "109.93,40.60", size=size, language=language)
    one.page.click("text=可达范围" if language == "zh" else "text=Reach")
    one.until(lambda: one.page.locator(".reach-area").count() == 3 and one.page.locator(".reach-tag").count() == 3, "5, 10 and 15 minutes")
    box = one.page.evaluate("document.querySelector('.reach-area').getBBox().width")
    one.shot(f"road_areas_{size[0]}_{language}")
    one.page.select_option("#profile", "on_foot")
    one.until(lambda: one.page.locator(".reach-area").count() == 3 and one.page.evaluate("document.querySelector('.reach-area').getBBox().width") < box / 3, "on foot they are small")
    one.page.click("text=可达范围" if language == "zh" else "text=Reach")
    one.until(lambda: one.page.locator(".reach-area").count() == 0, "they go when nobody wants them")
