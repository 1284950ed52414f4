"""How a reader arranges the map: freshness bands, filters, classes, opacity, order, and views kept under a name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from layers.spec import OPERATOR, Role
from tests.browser.conftest import Server, Visit

Come = Callable[..., Visit]


def opened(one: Visit, layer: str) -> Any:
    """The settings of a layer, opened by its button."""
    one.page.click(f"[data-line={layer}] .disclose")
    return one.page.locator(f"#settings-{layer}")


def drawn(one: Visit, layer: str) -> int:
    return int(one.page.evaluate("layer => onemap.sourceOf(layer).all.size", layer))


def counted(server: Server, layer: str, condition: str | None = None) -> int:
    """How many the store has: behind the page."""
    with server.database.space("live").reading(OPERATOR) as store:
        return int(store.page_json(layer, filter=condition, limit=1, count=True).matched or 0)


def ids(server: Server, layer: str, condition: str) -> set[str]:
    with server.database.space("live").reading(OPERATOR) as store:
        return {str(one.id) for one in store.page(layer, filter=condition, limit=1000).features}


def test_a_filter_on_choices_shows_only_those_on_row_map_and_legend(visit: Come) -> None:
    one = visit()
    settings = opened(one, "river_sections")
    whole, red = counted(one.server, "river_sections"), counted(one.server, "river_sections", "risk_level = 'red'")
    assert 0 < red < whole
    settings.locator("select").first.select_option("risk_level")
    settings.locator("[data-value=red]").click()
    one.until(lambda: drawn(one, "river_sections") == red, "only red ones are drawn")
    one.until(lambda: one.page.inner_text("[data-line=river_sections] .name .chip") == f"{red} / {whole} 已筛", "the row says how many of how many")
    one.until(lambda: f"已筛 {red} / {whole}" in one.page.inner_text(".legend"), "the legend too")
    settings.locator("[data-value=orange]").click()
    both = counted(one.server, "river_sections", "risk_level IN ('red', 'orange')")
    one.until(lambda: drawn(one, "river_sections") == both, "either of two")
    settings.locator(".terms .chip").click()
    one.until(lambda: drawn(one, "river_sections") == whole, "without the condition all are there")
    assert one.page.locator("[data-line=river_sections] .name .chip").is_hidden()


def test_filters_on_numbers_and_text_are_those_of_the_store(visit: Come) -> None:
    one = visit()
    settings = opened(one, "shelters")
    settings.locator("select").first.select_option("capacity")
    settings.locator(".range input").first.fill("500")
    settings.locator(".range input").first.press("Enter")
    one.until(lambda: drawn(one, "shelters") == counted(one.server, "shelters", "capacity >= 500"), "from 500 on")
    settings.locator("select").first.select_option("name")
    settings.locator(".range input").first.fill("学'%_")
    settings.locator(".range input").first.press("Enter")
    one.until(lambda: drawn(one, "shelters") == 0, "signs of a pattern are letters here")
    settings.locator(".range input").first.fill("学")
    settings.locator(".range input").first.press("Enter")
    one.until(lambda: drawn(one, "shelters") == counted(one.server, "shelters", "capacity >= 500 AND name LIKE '%学%'"), "both conditions hold")


def test_a_band_of_freshness_is_counted_and_filters_to_it(visit: Come) -> None:
    one = visit()
    settings = opened(one, "shelters")
    counts = {band.get_attribute("data-band"): int(band.locator("b").inner_text()) for band in settings.locator(".bands button").all()}
    assert list(counts) == ["hours_6", "day_1", "days_7", "days_30", "older", "unknown"]
    assert sum(counts.values()) == counted(one.server, "shelters")
    assert counts["unknown"] == counted(one.server, "shelters", "verified_at IS NULL")
    for band, count in counts.items():
        settings.locator(f"[data-band={band}]").click()
        one.until(lambda count=count: drawn(one, "shelters") == count, f"{band}: as many are drawn as were counted")
        settings.locator(f"[data-band={band}]").click()


def test_classes_have_letters_and_counts_and_clusters_say_theirs(visit: Come) -> None:
    one = visit()
    settings = opened(one, "river_sections")
    settings.locator("[id^=by-]").select_option("risk_level")
    one.until(lambda: one.page.locator(".sym .mark.warn-1").count() > 0 or one.page.locator(".legend .mark.warn-1").count() > 0, "red is red")
    assert one.page.locator(".legend .mark.warn-1").inner_text() == "红", "never by colour alone"
    shown = [int(row.inner_text()) for row in one.page.locator(".legend li:not(.head) .figure-of").all()]
    assert sum(shown) == one.page.evaluate("onemap.state.layers.get('river_sections').count")
    settings = opened(one, "shelters")
    settings.locator("[id^=by-]").select_option("capacity")
    one.until(lambda: one.page.locator(".legend .mark[class*=ink-]").count() == 5, "five classes of about as many")
    settings.locator("[id^=by-]").select_option("verified_at")
    one.until(lambda: one.page.locator(".legend .mark.age").count() > 0, "ages by their shape")
    one.until(lambda: any("（" in (words or "") for words in one.page.evaluate("[...document.querySelectorAll('.cluster')].map(one => one.ariaLabel)")), "clusters name layers and classes")
    one.shot("classes_1280")


def test_opacity_and_order_are_the_readers_and_can_be_reset(visit: Come) -> None:
    one = visit()
    one.page.evaluate("""async () => {
        const { features } = await (await fetch('/api/v1/layers/shelters/features?limit=1')).json();
        const [lon, lat] = features[0].geometry.coordinates;
        onemap.view.map.setView([lat, lon], 16, { animate: false });
    }""")  # near enough that a shelter stands by itself, whatever other layers hold
    settings = opened(one, "shelters")
    settings.locator("[type=range]").focus()
    for _ in range(10):
        one.page.keyboard.press("ArrowLeft")
    assert settings.locator("output").inner_text() == "50 %"
    one.until(lambda: "0.5" in one.page.evaluate("[...document.querySelectorAll('.symbols > *')].map(one => one.style.opacity)"), "symbols are half seen through")
    settings.locator(".acts .btn:not([data-key=export])").click()
    assert settings.locator("output").inner_text() == "100 %"

    def rows() -> list[str]:
        names: list[str] = one.page.evaluate("[...document.querySelectorAll('[data-line]')].map(one => one.dataset.line)")
        return [name for name in names if name in ("shelters", "depots", "rescue_teams")]

    before = rows()
    one.page.focus(f"[data-line={before[0]}] .disclose")
    one.page.keyboard.press("Alt+ArrowDown")
    assert rows() == [before[1], before[0], before[2]]
    assert one.page.evaluate("document.activeElement.closest('[data-line]').dataset.line") == before[0], "the row in hand stays in hand"
    one.page.click(".disclose[aria-expanded=true]")  # so that the rows lie one under another
    one.page.locator(f"[data-line={before[2]}]").drag_to(one.page.locator(f"[data-line={before[1]}]"), source_position={"x": 90, "y": 12}, target_position={"x": 90, "y": 12})
    one.until(lambda: rows() == [before[2], before[1], before[0]], "it lies where it was dropped")
    order = one.page.evaluate("onemap.shownSources().map(one => [one.layer.id, !!one.layer.style.paint])")
    ids = [name for name, _ in order]
    assert [name for name in reversed(ids) if name in before] == rows(), "the uppermost row is drawn last"
    assert max(ids.index(name) for name, ground in order if ground) < min(ids.index(name) for name in before), "facts stay above the ground"


def test_the_arrangement_survives_a_reload(visit: Come) -> None:
    one = visit()
    opened(one, "shelters").locator("[data-band=unknown]").click()
    one.page.click("[data-line=villages] .tick")
    want = drawn(one, "villages") and one.page.evaluate("[onemap.state.shown.has('villages'), [...onemap.state.looks.keys()]]")
    one.page.reload()
    one.ready()
    assert one.page.evaluate("[onemap.state.shown.has('villages'), [...onemap.state.looks.keys()]]") == want
    one.until(lambda: drawn(one, "shelters") == counted(one.server, "shelters", "verified_at IS NULL"), "and the filter is at work")


def test_a_shared_view_opens_by_its_link_for_somebody_else(visit: Come) -> None:
    one = visit(Role.PLANNER)
    opened(one, "shelters").locator("[data-band=unknown]").click()
    one.page.click("[data-line=villages] .tick")
    one.page.evaluate("onemap.view.map.setView([40.62, 109.7], 12.5, {animate: false})")
    one.page.click(".tree-head [aria-label=视图]")
    one.page.fill("#view-name", "防汛值守")
    one.page.check("#view-shared")
    one.page.keyboard.press("Tab")
    one.page.keyboard.press("Enter")
    one.until(lambda: one.page.locator(".view-row").count() == 1, "it is in the list")
    one.shot("views_1280")
    view_id = one.page.locator(".view-row").get_attribute("data-view")
    other = visit(Role.VIEWER, path=f"/%3Fview={view_id}")
    other.see("已打开视图：防汛值守")
    state = "[onemap.view.map.getZoom(), onemap.state.shown.has('villages'), Object.fromEntries(onemap.state.looks)]"
    assert other.page.evaluate(state) == one.page.evaluate(state)
    assert "view=" not in other.page.url, "a reload keeps what one does from here on"
    other.page.click("text=恢复原来的")
    assert other.page.evaluate("onemap.state.looks.size") == 0
    one.page.click(".view-acts [aria-label^=删除]")
    one.page.click(".view-row >> text=确定")
    one.until(lambda: one.page.locator(".view-row").count() == 0, "its maker deletes it")


def test_a_link_needs_no_saving_and_says_what_is_missing(visit: Come) -> None:
    one = visit()
    packed = one.page.evaluate("""() => { const now = onemap.arrangement(onemap.view);
        return onemap.packed({...now, shown: ['shelters', 'gone_layer'], looks: {shelters: {filter: [{field: 'phone', op: 'unknown', values: []}], by: 'capacity', opacity: 0.5}}}); }""")
    other = visit(Role.VIEWER)
    other.page.goto(f"{one.server.address}/#v={packed}")
    other.page.reload()
    other.ready()
    other.see("gone_layer")
    assert other.page.evaluate("onemap.state.looks.get('shelters').filter.length") == 0, "a filter on what is masked would tell it"
    other.ready()
    assert other.page.evaluate("[[...onemap.state.shown], onemap.state.looks.get('shelters').by]") == [["shelters"], "capacity"]
    other.page.goto(f"{one.server.address}/#v=nonsense")
    other.page.reload()
    other.see("链接不完整")


def test_questions_say_that_they_do_not_use_the_filter_and_offer_it(visit: Come) -> None:
    one = visit()
    opened(one, "shelters").locator("[data-band=unknown]").click()
    one.find("109.64,40.61")
    one.page.keyboard.press("n")
    one.see("本答案未用筛选")
    one.until(lambda: one.page.locator(".row .badge").count() >= 15, "all are ranked")
    one.page.click("text=按筛选重算")
    one.see("只按图上已筛选的要素回答")
    unknown = ids(one.server, "shelters", "verified_at IS NULL")
    ranked = "onemap.question.nearest.features.filter(one => one.properties.layer === 'shelters').map(one => one.id)"
    one.until(lambda: set(one.page.evaluate(ranked)) <= unknown, "of the filtered ones only")
    others = one.page.evaluate("""onemap.question.nearest.layers.find(one => one.layer === 'shelters').left_out.filter(out => !out.reasons.some(why => why.code === 'filter-not-met')).map(out => out.feature)""")
    assert set(others) <= unknown and len({*one.page.evaluate(ranked), *others}) >= min(5, len(unknown)) > 0, "five or all that there are, ranked or left out for a reason of their own"


def test_settings_by_keyboard_alone(visit: Come) -> None:
    one = visit(language="en")
    one.page.focus("[data-line=river_sections] .disclose")
    one.page.keyboard.press("Enter")
    one.page.keyboard.press("Tab")
    assert one.page.evaluate("document.activeElement.dataset.band") == "hours_6"
    one.page.keyboard.press("Enter")
    one.until(lambda: one.page.get_attribute("#settings-river_sections [data-band=hours_6]", "aria-pressed") == "true", "a band is chosen")
    assert one.page.evaluate("document.activeElement.dataset.band") == "hours_6", "where one was"
    one.page.keyboard.press("Shift+Tab")
    one.page.keyboard.press("Enter")
    assert one.page.locator("#settings-river_sections").count() == 0
