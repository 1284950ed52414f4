"""A layer too large for GeoJSON comes as tiles, and stays exact to the click."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from random import Random

import pytest
from shapely.geometry import Point

from geodata.store.bulk import Row
from layers.spec import OPERATOR, Family, Field, Geometry, Label, Layer, Style
from tests.browser.conftest import Server, Visit

LARGE = Layer(id="many_points", label=Label("很多点", "Many points"), geometry=Geometry.POINT, key="code", title="name", style=Style(Family.TARGET),
              fields=(Field("code", Label("编号", "Code"), required=True), Field("name", Label("名称", "Name"))))
COUNT = 10_000


@pytest.fixture(scope="module")
def many(live_server: Server) -> Iterator[None]:
    dice = Random(7)
    space = live_server.database.space()
    space.create_layer(LARGE, OPERATOR)
    rows = [Row({"code": str(i), "name": f"点{i}"}, Point(dice.uniform(109.45, 110.0), dice.uniform(40.48, 40.72))) for i in range(COUNT)]
    with space.transaction(OPERATOR) as store:
        store.upsert("many_points", rows)
    yield


@pytest.mark.usefixtures("many")
def test_ten_thousand_points_are_counted_gathered_and_clicked(visit: Callable[..., Visit]) -> None:
    one = visit()
    tiles = one.page.evaluate("performance.getEntriesByType('resource').filter(one => one.name.includes('many_points/tiles')).length")
    assert 0 < tiles <= 20, "a first look takes few tiles"
    one.until(lambda: "10,000" in one.page.inner_text(".layer[data-layer=many_points] .count"), "the tree counts them")
    one.until(lambda: one.page.locator(".cluster.large").count() > 0, "they are gathered")
    assert one.page.locator(".sym, .cluster").count() < 1600, "the page draws no more than one can read"
    assert one.page.evaluate("performance.getEntriesByType('resource').filter(one => one.name.includes('many_points') && one.name.includes('/features')).length") == 0
    one.shot("many_1280")
    one.page.evaluate("onemap.view.map.setView([40.6, 109.7], 16, {animate: false})")
    one.until(lambda: one.page.locator(".sym[title^=点]").count() > 0, "single points come as one goes near")
    one.page.locator(".sym[title^=点]").first.click()
    one.until(lambda: one.page.inner_text(".panel-head h2").startswith("点"), "the card of the point clicked")


@pytest.mark.usefixtures("many")
def test_a_filter_reaches_into_tiles(visit: Callable[..., Visit]) -> None:
    one = visit()
    one.page.click("[data-line=many_points] .disclose")
    settings = one.page.locator("#settings-many_points")
    settings.locator("select").first.select_option("name")
    settings.locator(".range input").first.fill("点123")
    settings.locator(".range input").first.press("Enter")
    one.until(lambda: one.page.inner_text("[data-line=many_points] .name .chip") == "11 / 10,000 已筛", "点123 and 点1230 to 点1239")
    count = """(async () => { const name = performance.getEntriesByType('resource').map(one => one.name).find(one => one.includes('/map/holdings.js'));
        const { sourceOf } = await import(name); const source = sourceOf('many_points'); const { viewOf } = await import(name.replace('holdings', 'symbols'));
        const found = [...source.within(viewOf(onemap.view.map))]; return source.whole ? found.reduce((sum, one) => sum + (one.count || 1), 0) : -1; })()"""
    one.until(lambda: one.page.evaluate(count) == 11, "the tiles of the view hold those")
    settings.locator(".terms .chip").click()
    one.until(lambda: one.page.evaluate(count) > COUNT * 0.99, "and all of them again")


@pytest.mark.usefixtures("many")
def test_a_second_look_asks_for_no_script_style_or_picture_again(visit: Callable[..., Visit]) -> None:
    one = visit()
    one.page.goto(f"{one.server.address}/")
    one.ready()
    own = one.page.evaluate("performance.getEntriesByType('resource').filter(one => one.name.includes('/static/')).map(one => [one.name, one.transferSize])")
    assert len(own) > 40 and [name for name, size in own if size] == [], "all of them come from the browser's own store"
    first = one.page.evaluate("performance.getEntriesByType('resource').filter(one => one.name.endsWith('/api/v1/layers')).map(one => one.initiatorType)")
    assert first == ["link"], "the layers are asked for once, before any script runs"
