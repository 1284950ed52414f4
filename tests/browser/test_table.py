"""The table under the map: ordered, filtered, selected, changed in bulk and taken away as a file; linked to the map both ways."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Route
from shapely.geometry import Point

from geodata.store.features import Feature
from layers.spec import OPERATOR, Role
from tests.browser.conftest import Server, Visit
from tests.browser.test_editing import stored

Come = Callable[..., Visit]
NAMES = ("表测试甲", "表测试乙", "表测试丙", "表测试丁")
CAPACITIES = (300, None, 1200, 80)


@pytest.fixture
def four(made: Any, live_server: Server) -> Iterator[list[Feature]]:
    """Four shelters side by side; one has no capacity on record."""
    yield [made("shelters", Point(109.60 + place / 200, 40.6), name=name, capacity=capacity) for place, (name, capacity) in enumerate(zip(NAMES, CAPACITIES, strict=True))]


def open_table(one: Visit, layer: str = "shelters") -> None:
    one.page.evaluate(f"onemap.table.open('{layer}')")
    rows_there(one)


def rows_there(one: Visit) -> None:
    one.until(lambda: one.page.locator("#table[aria-busy]").count() == 0 and one.page.locator(".grid-body .grid-row[data-id]").count() > 0, "rows are there")


def names(one: Visit) -> list[str]:
    """Names of the rows in sight, from the top."""
    rows = one.page.evaluate("[...document.querySelectorAll('.grid-body .grid-row')].map(row => [row.getBoundingClientRect().top, row.querySelector('.named')?.innerText.trim() || ''])")
    return [name for _, name in sorted(rows)]


def filter_by_text(one: Visit, field: str, text: str) -> None:
    one.page.hover(f".th[data-field={field}]")
    one.page.click(f".th[data-field={field}] .funnel")
    one.page.fill(".wish input:not([type=checkbox])", text)
    one.page.keyboard.press("Enter")
    one.until(lambda: one.page.locator(f".filter-chip[data-field={field}]").count() == 1, "the filter is a chip")
    rows_there(one)


def row(one: Visit, feature: Feature) -> Any:
    return one.page.locator(f".grid-row[data-id='{feature.id}']")


@pytest.mark.parametrize("size", [(1280, 800), (1920, 1080)])
def test_a_planner_orders_filters_selects_and_changes_many(visit: Come, four: list[Feature], size: tuple[int, int]) -> None:
    one = visit(Role.PLANNER, size=size)
    one.page.locator(".layer[data-layer=shelters] .to-table").dispatch_event("click")  # shown to the pointer only
    rows_there(one)
    (one.picture if size[0] == 1280 else one.shot)(f"table_{size[0]}")
    filter_by_text(one, "name", "表测试")
    one.see("4 / ")
    assert "1,580 人（1 未知）" in one.page.inner_text(".dock-sums")
    one.page.click(".th[data-field=capacity] .sort")
    one.until(lambda: names(one) == ["表测试丁", "表测试甲", "表测试丙", "表测试乙"], "rising, the unknown one last")
    one.page.click(".th[data-field=capacity] .sort")
    one.until(lambda: names(one) == ["表测试丙", "表测试甲", "表测试丁", "表测试乙"], "falling, the unknown one still last")
    for feature in (four[0], four[1], four[2]):
        row(one, feature).locator(".pick").click()
    one.see("已选 3")
    one.page.evaluate("onemap.view.map.setView([40.6, 109.607], 14, {animate: false})")
    one.until(lambda: one.page.locator(".sym.selected").count() == 3, "the three are marked on the map")
    one.shot(f"table_selected_{size[0]}")
    one.page.click("#table >> text=批量修改")
    one.page.select_option("#bulk-field", "capacity")
    one.page.fill("#f-capacity", "-5")
    one.page.click(".panel-acts .primary")
    one.see("3 行不能这样改")
    assert [stored(one.server, each).version for each in four] == [1, 1, 1, 1]
    one.page.fill("#f-capacity", "1200")
    one.page.click(".panel-acts .primary")
    one.see("将改 2 行")
    assert "1 行已是此值" in one.page.inner_text(".bulk-list") and one.page.locator(".bulk-row").count() == 2
    one.see("先写修改原因")
    one.page.click("#right >> text=现场核实")
    (one.picture if size[0] == 1280 else one.shot)(f"bulk_{size[0]}")
    one.page.click(".panel-acts .primary")
    one.see("已修改 2 行")
    assert [(now.version, now.properties["capacity"]) for each in four if (now := stored(one.server, each))] == [(2, 1200), (2, 1200), (1, 1200), (1, 80)]
    with one.server.database.space().reading(OPERATOR) as store:
        assert store.history("shelters", four[0].id)[-1].reason == "现场核实"


def test_rows_that_moved_on_are_named_and_nothing_is_half_done(visit: Come, four: list[Feature]) -> None:
    one = visit(Role.PLANNER)
    one.refusals = (412,)
    open_table(one)
    filter_by_text(one, "name", "表测试")
    one.page.keyboard.press("Control+a")
    one.see("已选 4")
    one.page.click("#table >> text=批量修改")
    one.page.select_option("#bulk-field", "remark")
    one.page.fill("#f-remark", "已巡查")
    one.page.click("#right >> text=现场核实")
    one.page.click(".panel-acts .primary")
    one.see("将改 4 行")
    with one.server.database.space().transaction(OPERATOR, "别人先改") as store:
        store.patch("shelters", four[1].id, {"capacity": 9}, version=1)
    one.page.click(".panel-acts .primary")
    one.see("1 行不能这样改")
    assert one.page.locator(".bulk-row.bad").get_attribute("data-id") == str(four[1].id)
    assert [stored(one.server, each).properties["remark"] for each in four] == [None] * 4
    one.shot("table_stale_1280")
    one.page.click("#right >> text=按现在的值重看")
    one.see("将改 4 行")
    one.page.click(".panel-acts .primary")
    one.see("已修改 4 行")
    assert [stored(one.server, each).properties["remark"] for each in four] == ["已巡查"] * 4


def test_rows_never_read_are_selected_and_the_head_says_so_meanwhile(visit: Come) -> None:
    one = visit(Role.PLANNER)
    open_table(one)
    count = one.page.evaluate("onemap.table.listing.count")
    held: list[Route] = []
    working = True

    def slowly(route: Route) -> None:
        if working:
            held.append(route)
        else:
            route.continue_()

    one.page.route("**/layers/shelters/features?*", slowly)
    one.page.evaluate("onemap.table.listing.stretches.clear()")
    one.page.keyboard.press("Control+a")
    one.see("正在选中…")
    working = False
    for each in held:
        each.continue_()
    one.see(f"已选 {count}")
    assert "正在选中" not in one.page.inner_text("#table")


def test_more_than_one_changeset_holds_is_said_and_not_split(visit: Come) -> None:
    one = visit(Role.PLANNER)
    large = one.page.evaluate("[...onemap.state.layers.values()].filter(layer => layer.allowed.includes('write') && layer.count > 1000).sort((a, b) => a.count - b.count)[0]")
    open_table(one, large["id"])
    one.page.focus(".grid")
    one.page.keyboard.press("Control+a")
    one.see(f"已选 {large['count']:,}")
    one.page.click("#table >> text=批量修改")
    one.see("一次最多改 1,000 行")
    assert one.page.locator("#bulk-field").count() == 0


def test_table_and_map_show_the_same_choice(visit: Come, four: list[Feature]) -> None:
    one = visit(Role.DUTY_OFFICER)
    open_table(one)
    filter_by_text(one, "name", "表测试")
    row(one, four[2]).locator(".named").click()
    one.until(lambda: "表测试丙" in one.page.inner_text("#right"), "the row's card is open")
    one.until(lambda: one.page.locator(".sym.chosen").count() == 1, "it is chosen on the map")
    assert "chosen" in (row(one, four[2]).get_attribute("class") or "")
    one.page.click("[aria-label^='去掉筛选']")
    one.see("共 ")
    one.page.evaluate("onemap.view.map.setView([40.6, 109.615], 16, {animate: false})")
    one.page.click(".sym[aria-label=表测试丁]")
    one.until(lambda: row(one, four[3]).count() == 1 and "chosen" in (row(one, four[3]).get_attribute("class") or ""), "the row of what was chosen on the map is in sight and marked")
    assert one.page.locator("#table >> text=批量修改").count() == 0


def test_a_change_by_another_shows_in_its_row_and_nothing_jumps(visit: Come, four: list[Feature]) -> None:
    one = visit(Role.DUTY_OFFICER)
    open_table(one)
    filter_by_text(one, "name", "表测试")
    one.page.click(".th[data-field=capacity] .sort")
    one.until(lambda: names(one) == ["表测试丁", "表测试甲", "表测试丙", "表测试乙"], "in order")
    with one.server.database.space().transaction(OPERATOR, "补录") as store:
        store.patch("shelters", four[1].id, {"capacity": 10}, version=1)
    one.until(lambda: "10" in row(one, four[1]).locator(".num").all_inner_texts(), "the new value is in the row")
    assert names(one) == ["表测试丁", "表测试甲", "表测试丙", "表测试乙"]
    one.until(lambda: "1,590 人" in one.page.inner_text(".dock-sums"), "the sum is new")
    one.page.click("#table >> text=有变动，重排")
    one.until(lambda: names(one) == ["表测试乙", "表测试丁", "表测试甲", "表测试丙"], "in the new order")


def test_a_file_holds_what_is_seen(visit: Come, four: list[Feature], tmp_path: Path) -> None:
    one = visit(Role.PLANNER)
    open_table(one)
    filter_by_text(one, "name", "表测试")
    one.page.click("#table >> text=列")
    for label in one.page.locator(".wish-list .wish-choice").all():
        if label.inner_text().strip() not in ("名称", "可容纳人数", "容量", "可容人数"):
            label.locator("input").uncheck()
    one.page.keyboard.press("Escape")
    row(one, four[0]).locator(".pick").click()
    row(one, four[3]).locator(".pick").click(modifiers=["Shift"])
    one.see("已选 4")
    one.page.click("#table [data-act=export]")
    one.see("所选 4 行")
    one.page.click("[data-format=csv]")
    one.see("导出 4 个要素")
    one.shot("table_export_1280")
    bodies: list[bytes] = []

    def pass_on(route: Any) -> None:
        answer = route.fetch()
        bodies.append(answer.body())
        route.fulfill(response=answer)

    one.page.route("**/export", pass_on)
    one.page.click("text=导出 4 个要素")
    one.see("已导出 4 个要素")
    read = list(csv.reader(io.StringIO(bodies[0].decode("utf-8-sig"))))
    assert read[0][0] == "名称" and [line[:2] for line in read[1:]] == [["表测试甲", "300"], ["表测试乙", ""], ["表测试丙", "1200"], ["表测试丁", "80"]]


def test_a_layer_without_shapes_has_a_table_by_keyboard_alone(visit: Come) -> None:
    one = visit(Role.DUTY_OFFICER, language="en")
    one.page.keyboard.press("t")
    rows_there(one)
    plain = one.page.evaluate("[...onemap.state.layers.values()].find(layer => layer.geometry === 'none' && layer.count > 3).id")
    one.page.select_option(".dock-layer", plain)
    rows_there(one)
    one.until(lambda: "…" not in one.page.inner_text(".grid-body"), "names of what is referred to are there")
    one.shot("table_plain_1280")
    one.page.focus(".grid")
    one.page.keyboard.press("ArrowDown")
    one.page.keyboard.press("Space")
    one.until(lambda: one.page.locator(".grid-row[aria-selected=true]").count() == 1, "the second row is selected")
    assert one.page.locator(".grid").get_attribute("aria-activedescendant") == "row-1"
    one.page.keyboard.press("Shift+End")
    count = int(one.page.locator(".grid").get_attribute("aria-rowcount") or 0) - 1
    one.until(lambda: one.page.evaluate("onemap.state.selected.ids.size") == count - 1, "all from there to the end")
    one.page.keyboard.press("Enter")
    one.until(lambda: one.page.locator("#right .panel-head").count() == 1, "its card is open")
    one.page.focus(".grid")
    one.page.keyboard.press("Escape")
    one.until(lambda: one.page.locator("#table").is_hidden(), "the table is closed")


def wish(one: Visit, field: str) -> None:
    one.page.hover(f".th[data-field={field}]")
    one.page.click(f".th[data-field={field}] .funnel")


def test_each_kind_of_column_is_filtered_in_its_own_way(visit: Come, four: list[Feature]) -> None:
    one = visit(Role.PLANNER)
    with one.server.database.space().transaction(OPERATOR) as store:
        store.patch("shelters", four[0].id, {"status": "full", "verified_at": "2024-05-01T08:00:00+08:00", "source_date": "2024-02-03"}, version=1)
    open_table(one)
    filter_by_text(one, "name", "表测试")
    wish(one, "capacity")
    one.page.fill(".wish-range input >> nth=0", "abc")
    one.page.keyboard.press("Enter")
    one.until(lambda: one.page.locator(".wish .input.bad").count() == 1, "what is no number is marked")
    one.page.fill(".wish-range input >> nth=0", "100")
    one.page.fill(".wish-range input >> nth=1", "1,000")
    one.page.keyboard.press("Enter")
    one.until(lambda: names(one) == ["表测试甲"], "between 100 and 1,000")
    wish(one, "status")
    one.page.click(".wish-choice:has-text('已满')")
    one.page.click(".wish >> text=筛选")
    wish(one, "verified_at")
    one.page.click(".wish-choice:has-text('超期未核实')")
    one.page.click(".wish >> text=筛选")
    one.until(lambda: one.page.locator(".filter-chip").count() == 4 and names(one) == ["表测试甲"], "full, and not verified for long")
    one.shot("table_filters_1280")
    for field in ("status", "verified_at", "capacity"):
        one.page.click(f".filter-chip[data-field={field}] button")
    wish(one, "capacity")
    one.page.click(".wish-choice:has-text('只看未知的')")
    one.page.click(".wish >> text=筛选")
    one.until(lambda: names(one) == ["表测试乙"], "the one whose capacity is unknown")


def test_a_viewer_sees_what_is_masked_and_cannot_look_for_it(visit: Come, made: Any) -> None:
    made("shelters", Point(109.6, 40.6), name="表测试遮蔽", phone="13812345678")
    one = visit(Role.VIEWER)
    open_table(one)
    one.page.click("#table >> text=列")
    one.page.click(".wish-list .wish-choice:has-text('电话')")
    one.page.keyboard.press("Escape")
    filter_by_text(one, "name", "表测试遮蔽")
    one.see("138****5678")
    assert one.page.locator(".th[data-field=phone] .sort").is_disabled() and one.page.locator(".th[data-field=phone] .funnel").count() == 0


def test_order_and_height_are_kept(visit: Come, four: list[Feature]) -> None:
    one = visit(Role.DUTY_OFFICER)
    open_table(one)
    one.page.click(".th[data-field=capacity] .sort")
    one.page.focus(".dock-grip")
    one.page.keyboard.press("ArrowUp")
    one.page.reload()
    one.ready()
    open_table(one)
    assert one.page.locator(".th[data-field=capacity]").get_attribute("aria-sort") == "ascending"
    assert one.page.locator("#table").bounding_box()["height"] == 336  # type: ignore[index]
    one.page.click("#table >> text=仅看图内")
    one.see("范围内")


def test_on_a_phone_it_is_a_sheet_over_the_map(visit: Come) -> None:
    one = visit(Role.DUTY_OFFICER, size=(390, 780))
    open_table(one)
    box = one.page.locator("#table").bounding_box()
    assert box and (box["width"], box["y"] + box["height"]) == (390, 780)
    one.shot("table_phone_390")
    one.page.click("[aria-label=收起表格]")
    one.until(lambda: one.page.locator("#table").is_hidden(), "the map is free again")


def test_only_rows_in_sight_are_elements(visit: Come) -> None:
    one = visit(Role.DUTY_OFFICER)
    large = one.page.evaluate("[...onemap.state.layers.values()].filter(layer => layer.count > 200).sort((a, b) => a.count - b.count)[0]")
    open_table(one, large["id"])
    assert one.page.locator(".grid-body .grid-row").count() < 40
    one.page.focus(".grid")
    one.page.keyboard.press("End")
    one.until(lambda: one.page.locator(f"#row-{large['count'] - 1}[data-id]").count() == 1, "the last row is there")
    assert one.page.locator(".grid-body .grid-row").count() < 40
    one.page.keyboard.press("Space")
    one.page.keyboard.press("Shift+Home")  # over rows that were never read
    one.until(lambda: one.page.evaluate("onemap.state.selected?.ids.size") == large["count"], "every row from the last to the first is selected")
    one.page.evaluate("onemap.table.listing.count = 1_000_000; onemap.table.grid.draw()")  # taller than a browser can draw
    one.page.focus(".grid")
    for key, index in (("End", 999_999), ("ArrowUp", 999_998), ("Home", 0), ("PageDown", 5)):
        one.page.keyboard.press(key)
        one.until(lambda: one.page.locator(f"#row-{index}.active").count() == 1, f"row {index}")  # noqa: B023 - asked at once
        box, home = one.page.locator(f"#row-{index}").bounding_box(), one.page.locator(".grid").bounding_box()
        assert box and home and home["y"] + 27 <= box["y"] and box["y"] + box["height"] <= home["y"] + home["height"] + 1
        assert one.page.locator(".grid-body .grid-row").count() < 40
