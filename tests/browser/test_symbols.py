"""What the map draws, measured: clusters say what is in them, names do not meet, the chosen one stands out, the legend has what is in view."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from itertools import combinations

import shapely

from layers.spec import OPERATOR
from tests.browser.conftest import Visit

Come = Callable[..., Visit]

RECORD = """() => { window.drawn = [];
    const draw = CanvasRenderingContext2D.prototype.fillText;
    CanvasRenderingContext2D.prototype.fillText = function (text, x, y, ...rest) {
        const size = this.measureText(text), at = this.getTransform(), ratio = devicePixelRatio, corner = this.canvas.getBoundingClientRect();
        const points = [[-size.actualBoundingBoxLeft, -size.actualBoundingBoxAscent], [size.actualBoundingBoxRight, size.actualBoundingBoxDescent]]
            .map(([dx, dy]) => at.transformPoint(new DOMPoint(x + dx, y + dy)));
        const turned = Math.abs(at.b) > 1e-6;
        if (this.canvas.isConnected) window.drawn.push({ text, turned, single: text.length === 1,
            box: [Math.min(points[0].x, points[1].x) / ratio + corner.left, Math.min(points[0].y, points[1].y) / ratio + corner.top,
                  Math.max(points[0].x, points[1].x) / ratio + corner.left, Math.max(points[0].y, points[1].y) / ratio + corner.top] });
        return draw.call(this, text, x, y, ...rest); }; }"""
SYMBOLS = "[...document.querySelectorAll('.sym > img, .cluster')].map((one) => { const box = one.getBoundingClientRect(); return [box.left + 1, box.top + 1, box.right - 1, box.bottom - 1]; })"


def goes(one: Visit, lat: float, lon: float, zoom: float) -> None:
    one.page.evaluate("([lat, lon, zoom]) => onemap.view.map.setView([lat, lon], zoom, { animate: false })", [lat, lon, zoom])
    one.page.wait_for_timeout(300)
    one.ready()


def lettering(one: Visit) -> list[dict[str, object]]:
    """What is written on the map, drawn once more."""
    one.page.evaluate("window.drawn = []; onemap.view.redraw()")
    one.until(lambda: one.page.evaluate("window.drawn.length") > 3, "names are drawn")
    one.page.wait_for_timeout(150)
    drawn: list[dict[str, object]] = one.page.evaluate("window.drawn")
    return list({(str(each["text"]), str(each["box"])): each for each in drawn}.values())  # what was drawn anew meanwhile is one


def meet(a: list[float], b: list[float]) -> bool:
    return min(a[2], b[2]) - max(a[0], b[0]) > 0.5 and min(a[3], b[3]) - max(a[1], b[1]) > 0.5


def test_clusters_list_what_is_in_them_to_the_pointer_and_to_the_keyboard(visit: Come) -> None:
    one = visit()
    discs = one.page.locator(".cluster")
    one.until(lambda: discs.count() > 5, "symbols are gathered")
    place = one.page.evaluate("[...document.querySelectorAll('.cluster')].findIndex((each) => getComputedStyle(each).backgroundImage.includes('conic-gradient'))")
    disc = discs.nth(place)
    words = disc.get_attribute("aria-label") or ""
    disc.hover()
    card = one.page.locator(".inside")
    one.until(card.is_visible, "the list shows")
    rows = {row.inner_text().rsplit("\n", 1)[0]: int(row.inner_text().rsplit("\n", 1)[1]) for row in card.locator(".inside-row:not(.class)").all()}
    assert len(rows) >= 2 and all(f"{name} {count}" in words for name, count in rows.items()), "the name that is read out says the same"
    assert sum(rows.values()) == int(disc.inner_text()), "all that it counts"
    families = one.page.evaluate("([place]) => getComputedStyle(document.querySelectorAll('.cluster')[place]).backgroundImage.match(/rgba?[^)]+[)]/g)", [place])
    assert len(set(families)) >= 2, "a segment for each family"
    one.shot("cluster_1280")
    one.page.mouse.move(640, 20)
    one.until(card.is_hidden, "it goes with the pointer")
    one.page.focus(".symbols [tabindex='0']")
    assert one.page.locator(".symbols [tabindex='0']").count() == 1, "one stop of the tab key"
    met = set()
    for key in ("ArrowRight", "ArrowRight", "ArrowDown", "ArrowLeft", "ArrowUp"):
        before = one.page.evaluate("document.activeElement.getBoundingClientRect().toJSON()")
        one.page.keyboard.press(key)
        after = one.page.evaluate("document.activeElement.getBoundingClientRect().toJSON()")
        if after != before:
            axis, sign = ("x", 1) if "Right" in key or "Left" in key else ("y", 1)
            sign = -1 if key in ("ArrowLeft", "ArrowUp") else sign
            assert (after[axis] - before[axis]) * sign > -20, f"{key} goes that way"
        met.add(one.page.evaluate("document.activeElement.dataset.name"))
    assert len(met) >= 3 and None not in met
    goes(one, 40.6, 109.8, 11.2)
    assert one.page.evaluate("document.activeElement.closest('.symbols') !== null"), "a new drawing keeps the focus"


def test_clusters_of_a_classed_layer_list_its_classes(visit: Come) -> None:
    one = visit()
    one.page.evaluate("onemap.setLook('shelters', { by: 'level' })")
    one.until(lambda: one.page.locator(".legend .head").count() > 0, "the layer is classed")
    place = one.page.evaluate("[...document.querySelectorAll('.cluster')].findIndex((each) => each.ariaLabel.includes('（'))")
    one.page.locator(".cluster").nth(place).hover()
    one.until(lambda: one.page.locator(".inside-row.class .mark").count() > 0, "classes with their marks")
    counts = [int(row.inner_text().rsplit("\n", 1)[1]) for row in one.page.locator(".inside-row.class").all()]
    shelters = next(int(row.inner_text().rsplit("\n", 1)[1]) for row in one.page.locator(".inside-row:not(.class)").all() if "避难" in row.inner_text())
    assert sum(counts) == shelters
    one.shot("cluster_classes_1280")


def test_names_meet_neither_each_other_nor_a_symbol(visit: Come) -> None:
    one = visit()
    one.page.evaluate(RECORD)
    for lat, lon, zoom in ((40.6, 109.75, 11), (40.62, 109.63, 13), (40.635, 109.97, 14), (40.62, 109.99, 15.5)):
        goes(one, lat, lon, zoom)
        drawn = lettering(one)
        names = [each for each in drawn if not each["turned"] and not each["single"]]
        assert len(names) >= 3, f"there are names at zoom {zoom}"
        for a, b in combinations(names, 2):
            assert not meet(a["box"], b["box"]), f"{a['text']} over {b['text']} at zoom {zoom}"  # type: ignore[arg-type]
        letters = [each for each in drawn if each["single"] and not each["turned"]]
        for a in names:
            for b in letters:
                assert not meet(a["box"], b["box"]), f"{a['text']} over the letter {b['text']} at zoom {zoom}"  # type: ignore[arg-type]
            for box in one.page.evaluate(SYMBOLS):
                assert not meet(a["box"], box), f"{a['text']} over a symbol at zoom {zoom}"  # type: ignore[arg-type]
        one.shot(f"names_{zoom:g}")


def test_the_chosen_one_is_unmistakable(visit: Come) -> None:
    one = visit()
    one.page.evaluate(RECORD)
    one.find("三岔口险工")
    one.until(lambda: one.page.locator(".sym.chosen").count() == 1, "one symbol is chosen")
    chosen = one.page.evaluate("(() => { const one = document.querySelector('.sym.chosen'), style = getComputedStyle(one, '::before'); return { last: one === one.parentElement.lastElementChild, width: one.getBoundingClientRect().width, ring: [getComputedStyle(one).boxShadow, getComputedStyle(one).outlineWidth, style.borderTopWidth, style.boxShadow].join(' ') }; })()")
    assert chosen["last"] and chosen["width"] >= 32, "on top of all others and large"
    assert "3px" in chosen["ring"], chosen["ring"]
    assert "三岔口险工" in [each["text"] for each in lettering(one)], "its name is always written"
    one.shot("chosen_1280")


def test_the_legend_has_the_areas_and_lines_in_view_and_no_other(visit: Come) -> None:
    one = visit()
    with one.server.database.space().reading(OPERATOR) as store:
        shapes = {layer: [feature.geometry for feature in store.page(layer, limit=1000).features] for layer in ("fire_zones", "river_sections")}
        labels = {layer: store.catalogue[layer].label.zh for layer in shapes}
    seen = Counter()  # type: Counter[bool]
    for lat, lon, zoom in ((40.6, 109.75, 10.5), (40.70, 109.56, 13), (40.555, 109.583, 14), (40.66, 109.85, 14), (40.56, 109.60, 15)):
        goes(one, lat, lon, zoom)
        box = shapely.box(*one.page.evaluate("(() => { const box = onemap.view.map.getBounds(); return [box.getWest(), box.getSouth(), box.getEast(), box.getNorth()]; })()"))
        legend = one.page.locator(".legend li").all_inner_texts() if one.page.locator(".legend").is_visible() else []
        for layer, all_of in shapes.items():
            there = any(shape is not None and shape.intersects(box) for shape in all_of)
            assert (labels[layer] in legend) is there, f"{labels[layer]} at {lat}, {lon}, zoom {zoom}"
            seen[there] += 1
    assert seen[True] and seen[False], "both were met"
