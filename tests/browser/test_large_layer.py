"""A layer too large for GeoJSON comes as tiles, and stays exact to the count and the click."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from random import Random
from uuid import UUID

import pytest
from shapely.geometry import Point, box

from geodata.store.batch import Row
from layers.spec import OPERATOR, Family, Field, Geometry, Label, Layer, Style
from tests.browser.conftest import Server, Visit, layers_of_tests

LARGE = Layer(id="many_points", label=Label("很多点", "Many points"), geometry=Geometry.POINT, key="code", title="name", style=Style(Family.TARGET),
              fields=(Field("code", Label("编号", "Code"), required=True), Field("name", Label("名称", "Name"))))
PLOTS = Layer(id="many_plots", label=Label("很多地块", "Many plots"), geometry=Geometry.POLYGON, key="code", title="name", style=Style(Family.RESOURCE, visible=False),
              fields=LARGE.fields)
COUNT = 20_500
CLEAR = """(() => {
    for (const one of document.querySelectorAll('.sym[title^=点]')) {
        const box = one.getBoundingClientRect(), x = box.x + box.width / 2, y = box.y + box.height / 2;
        if (one.contains(document.elementFromPoint(x, y))) return [one.title, x, y];
    }
    return null;
})()"""  # name and place of a symbol that is in sight
LON, LAT = 109.7, 40.6


@pytest.fixture(scope="module")
def many(live_server: Server) -> Iterator[None]:
    dice = Random(7)
    points = [Point(dice.uniform(109.45, 110.0), dice.uniform(40.48, 40.72)) for _ in range(COUNT)]
    plots = [box(LON + x * 4e-4, LAT + y * 3e-4, LON + x * 4e-4 + 3e-4, LAT + y * 3e-4 + 2e-4) for x in range(110) for y in range(50)]
    with layers_of_tests(live_server, LARGE, PLOTS) as space:
        with space.transaction(OPERATOR) as store:
            store.upsert("many_points", [Row({"code": str(i), "name": f"点{i}"}, point) for i, point in enumerate(points)])
        with space.transaction(OPERATOR) as store:
            store.upsert("many_plots", [Row({"code": str(i), "name": f"地块{i}"}, plot) for i, plot in enumerate(plots)])
        yield


def count_of(one: Visit, layer: str = "many_points") -> str:
    return one.page.inner_text(f".layer[data-layer={layer}] .count")


def look_at(one: Visit, lon: float, lat: float, zoom: float) -> None:
    one.page.evaluate(f"onemap.view.map.setView([{lat}, {lon}], {zoom}, {{animate: false}})")
    one.ready()


def at_rest(one: Visit) -> bool:
    """Whether all tiles that the map draws from are there, those around the view too."""
    return bool(one.page.evaluate("(({ near, around, queue }) => !near && !around && ![...queue].some((tile) => tile.came < tile.changed))(onemap.sourceOf('many_points'))"))


def shown(one: Visit, layer: str = "many_points") -> int:
    """How many of the layer the map draws in view, gathered ones counted."""
    return int(one.page.evaluate(f"""() => {{
        const view = onemap.viewOf(onemap.view.map);
        let sum = 0;
        for (const drawn of onemap.sourceOf('{layer}').within(view)) {{
            const inside = drawn.kind !== 1 || (drawn.box[0] >= view.west && drawn.box[0] <= view.east && drawn.box[1] >= view.north && drawn.box[1] <= view.south);
            if (inside) sum += drawn.count || 1;
        }}
        return sum;
    }}"""))


@pytest.mark.usefixtures("many")
def test_many_points_are_counted_gathered_and_clicked(visit: Callable[..., Visit]) -> None:
    one = visit()
    one.until(lambda: at_rest(one), "the surroundings come too")
    tiles = one.page.evaluate("performance.getEntriesByType('resource').map(one => one.name).filter(name => name.includes('many_points/tiles'))")
    assert 0 < len(tiles) == len(set(tiles)) <= 30, "a first look takes few tiles, surroundings counted, and each once"
    one.until(lambda: count_of(one).replace(" ", "") == "20,500/20,500", "the tree counts them, in view and in all")
    one.until(lambda: one.page.locator(".cluster.large").count() > 0, "they are gathered")
    assert shown(one) == COUNT
    assert one.page.locator(".sym, .cluster").count() <= 700, "the page draws no more than one can read"
    assert one.page.evaluate("performance.getEntriesByType('resource').filter(one => one.name.includes('many_points') && one.name.includes('/features')).length") == 0
    one.shot("many_1280")
    zoom = one.page.evaluate("onemap.view.map.getZoom()")
    crowd = one.page.locator(".cluster.large").first
    assert "点击放大" in (crowd.get_attribute("aria-label") or "") and "很多点" in (crowd.get_attribute("aria-label") or "")
    crowd.click()
    one.until(lambda: one.page.evaluate("onemap.view.map.getZoom()") > zoom + 1, "a click on a crowd goes nearer")
    assert one.page.evaluate("onemap.state.chosen") is None
    look_at(one, LON, LAT, 16)
    one.until(lambda: one.page.locator(".sym[title^=点]").count() > 0, "single points come as one goes near")
    single = one.page.locator(".sym[title^=点]").first
    name = single.get_attribute("title")
    single.click()
    one.until(lambda: one.page.inner_text(".panel-head h2") == name, "the card of the very point clicked")


@pytest.mark.usefixtures("many")
def test_one_change_is_seen_at_once_and_asks_only_for_the_tiles_it_meets(visit: Callable[..., Visit]) -> None:
    one = visit()
    asked: list[str] = []
    one.page.on("request", lambda request: asked.append(request.url) if "many_points/tiles" in request.url else None)
    space = one.server.database.space()

    def change(act: Callable[[], object], lon: float, lat: float, zoom: float, less: int) -> int:
        look_at(one, lon, lat, zoom)
        one.until(lambda: at_rest(one), "the surroundings come too")
        before, tiles = shown(one), len(asked)
        act()
        one.until(lambda: shown(one) == before + less, "the change is on the map")
        one.until(lambda: at_rest(one), "the tiles it meets came anew")
        assert shown(one) == before + less, "and neither twice nor gone"
        assert one.page.evaluate("onemap.sourceOf('many_points').wanted(onemap.viewOf(onemap.view.map)).length") >= 12
        return len(asked) - tiles

    made: list[UUID] = []

    def insert() -> None:
        with space.transaction(OPERATOR) as store:
            made.append(store.insert("many_points", {"code": f"new{len(made)}", "name": "新来的"}, Point(109.7031, 40.6013)).id)

    def delete() -> None:
        with space.transaction(OPERATOR) as store:
            store.delete("many_points", made.pop(), version=1, reason="gone")

    for zoom in (12, 15):  # gathered; as themselves
        assert 1 <= change(insert, 109.7031, 40.6013, zoom, 1) <= 2
        assert 1 <= change(delete, 109.7031, 40.6013, zoom, -1) <= 2
    look_at(one, 109.7031, 40.6013, 15)
    one.until(lambda: at_rest(one), "at rest")
    tiles = len(asked)
    with space.transaction(OPERATOR) as store:
        store.insert("many_points", {"code": "far", "name": "远处"}, Point(109.95, 40.7))
    one.until(lambda: "20,501" in count_of(one), "the page heard of it")
    one.until(lambda: at_rest(one), "at rest")
    assert len(asked) == tiles, "a change out of view asks for nothing"


@pytest.mark.usefixtures("many")
def test_shapes_too_small_to_draw_are_counted_and_the_legend_says_so(visit: Callable[..., Visit]) -> None:
    one = visit()
    one.page.check(".layer[data-layer=many_plots] input")
    look_at(one, LON + 0.022, LAT + 0.0075, 12)
    one.until(lambda: "以数目表示" in one.page.inner_text(".legend"), "the legend says what is left out")
    assert shown(one, "many_plots") == 5_500
    one.shot("many_plots_1280")
    look_at(one, LON + 0.0222, LAT + 0.0076, 17)
    one.until(lambda: "以数目表示" not in one.page.inner_text(".legend"), "and is silent where all is drawn")
    one.page.mouse.click(*one.page.evaluate("""() => {
        const main = onemap.view.map.getContainer().getBoundingClientRect();
        const at = onemap.view.map.latLngToContainerPoint([40.6 + 25 * 3e-4 + 1e-4, 109.7 + 55 * 4e-4 + 1.5e-4]);
        return [at.x + main.left, at.y + main.top];
    }"""))
    one.until(lambda: one.page.inner_text(".panel-head h2") == f"地块{55 * 50 + 25}", "the card of the very plot clicked")


@pytest.mark.usefixtures("many")
def test_a_filter_reaches_into_tiles(visit: Callable[..., Visit]) -> None:
    one = visit()
    one.page.click("[data-line=many_points] .disclose")
    settings = one.page.locator("#settings-many_points")
    settings.locator("select").first.select_option("name")
    settings.locator(".range input").first.fill("点123")
    settings.locator(".range input").first.press("Enter")
    chip = one.page.locator("[data-line=many_points] .name .chip")
    one.until(lambda: chip.inner_text().startswith("111 / 20,50"), "点123, 点1230 to 点1239 and 点12300 to 点12399")
    one.until(lambda: at_rest(one) and shown(one) == 111, "the tiles of the view hold those")
    one.until(lambda: count_of(one).startswith("111"), "and the server counts as many in view")
    space = one.server.database.space()
    with space.transaction(OPERATOR) as store:
        made = [store.insert("many_points", {"code": code, "name": name}, Point(109.7031, 40.6013)).id for code, name in (("met", "点123甲"), ("unmet", "别的"))]
    one.until(lambda: chip.inner_text().startswith("112 / ") and at_rest(one), "a change is held against the filter")
    assert shown(one) == 112
    with space.transaction(OPERATOR) as store:
        for one_id in made:
            store.delete("many_points", one_id, version=1, reason="gone")
    one.until(lambda: shown(one) == 111, "and is gone again")
    settings.locator(".terms .chip").click()
    one.until(lambda: at_rest(one) and shown(one) >= COUNT, "and all of them again")


@pytest.mark.usefixtures("many")
def test_a_second_look_asks_for_no_script_style_or_picture_again(visit: Callable[..., Visit]) -> None:
    one = visit()
    one.page.goto(f"{one.server.address}/")
    one.ready()
    own = one.page.evaluate("performance.getEntriesByType('resource').filter(one => one.name.includes('/static/')).map(one => [one.name, one.transferSize])")
    assert len(own) > 20 and [name for name, size in own if size] == [], "all of them come from the browser's own store"
    first = one.page.evaluate("performance.getEntriesByType('resource').filter(one => one.name.endsWith('/api/v1/layers')).map(one => one.initiatorType)")
    assert first == ["link"], "the layers are asked for once, before any script runs"


@pytest.mark.usefixtures("many")
def test_symbol_drawn_anew_while_the_button_is_down_is_still_the_one_clicked(visit: Callable[..., Visit]) -> None:
    one = visit()
    look_at(one, LON, LAT, 16)
    one.until(lambda: at_rest(one) and one.page.evaluate(CLEAR), "a single point that nothing lies over")
    name, x, y = one.page.evaluate(CLEAR)
    one.page.mouse.move(x, y)
    one.page.mouse.down()
    one.page.evaluate("onemap.view.rested()")
    one.page.mouse.up()
    one.until(lambda: one.page.locator(".panel-head h2").count() and one.page.inner_text(".panel-head h2") == name, "its card")
