"""Editing on the map: shapes moved, cut and merged, drafts that survive, two people at once; nobody's work vanishes."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from typing import Any
from uuid import UUID

import pytest
from shapely.geometry import LineString, Point, box

from geodata.queries.extent import areas_m2
from geodata.store.features import Feature
from layers.spec import OPERATOR, Role
from tests.browser.conftest import Server, Visit, clear

Come = Callable[..., Visit]
SAVE = ".panel-acts .primary"


def stored(server: Server, feature: Feature) -> Feature:
    with server.database.space().reading(OPERATOR) as store:
        return store.get(feature.layer, feature.id)


def alike(server: Server, layer: str, name: str) -> list[Feature]:
    with server.database.space().reading(OPERATOR) as store:
        return list(store.page(layer, filter=f"name LIKE '{name}%'").features)


def edit(one: Visit, name: str, zoom: int = 14) -> None:
    """Find a feature and take it in hand, in the middle of the map."""
    one.find(name)
    one.until(lambda: one.page.locator("#right h2").count() and name in one.page.inner_text("#right h2"), "its card is open")
    one.page.click("#right button:has-text('编辑')")
    one.until(lambda: one.page.locator("#f-name").count() == 1, "the form is open")
    one.page.evaluate(f"onemap.view.map.setZoom({zoom}, {{animate: false}})")
    one.page.wait_for_timeout(250)


def on_screen(one: Visit, lon: float, lat: float) -> tuple[float, float]:
    at = one.page.evaluate(f"(() => {{ const at = onemap.view.map.latLngToContainerPoint([{lat}, {lon}]); const home = onemap.view.map.getContainer().getBoundingClientRect(); return [at.x + home.left, at.y + home.top]; }})()")
    return at[0], at[1]


def drag(one: Visit, start: tuple[float, float], end: tuple[float, float]) -> None:
    one.page.mouse.move(*start)
    one.page.mouse.down()
    one.page.mouse.move((start[0] + end[0]) / 2, (start[1] + end[1]) / 2, steps=4)
    one.page.mouse.move(*end, steps=4)
    one.page.mouse.up()


def draw(one: Visit, *places: tuple[float, float], closed: bool = False) -> None:
    """Click corner after corner; a line ends on its last corner, an area on its first."""
    corners = [on_screen(one, *place) for place in places]
    for corner in [*corners, corners[0] if closed else corners[-1]]:
        one.page.mouse.move(*corner)
        one.page.wait_for_timeout(80)
        one.page.mouse.click(*corner)


def test_a_planner_moves_a_shelter_and_changes_its_capacity_in_one_save(visit: Come, made: Any) -> None:
    shelter = made("shelters", Point(109.6, 40.6), name="编辑测试操场", capacity=500)
    one = visit(Role.PLANNER)
    edit(one, "编辑测试操场")
    start = on_screen(one, 109.6, 40.6)
    drag(one, start, (start[0] + 60, start[1] + 40))
    one.see("移动")
    one.page.fill("#f-capacity", "620")
    one.until(lambda: one.page.locator(".input.changed").count() == 2, "position and capacity are marked")
    assert "保存 2 处，成为第 2 版" in one.page.inner_text(SAVE)
    one.shot("edit_move_1280")
    one.page.fill("#f-reason", "操场改建")
    one.page.click(SAVE)
    one.see("已保存")
    now = stored(one.server, shelter)
    assert now.version == 2 and now.properties["capacity"] == 620, "one version for both"
    assert now.geometry is not None and now.geometry.distance(Point(109.6, 40.6)) > 0.0005
    assert "操场改建" in one.page.inner_text(".history")


def test_undo_and_redo_walk_through_values_and_shapes(visit: Come, made: Any) -> None:
    made("shelters", Point(109.6, 40.6), name="编辑测试广场", capacity=500)
    one = visit(Role.PLANNER)
    edit(one, "编辑测试广场")
    one.page.fill("#f-capacity", "800")
    start = on_screen(one, 109.6, 40.6)
    drag(one, start, (start[0] + 60, start[1]))
    one.until(lambda: "2 处" in one.page.inner_text(SAVE), "two changes")
    for left, count in ((".input.changed", 1), (".input.changed", 0)):
        one.page.click("[aria-label=撤销]")
        one.until(lambda left=left, count=count: one.page.locator(left).count() == count, "one step back")
    assert one.page.input_value("#f-capacity") == "500"
    one.page.click("[aria-label=重做]")
    one.until(lambda: one.page.input_value("#f-capacity") == "800", "and forward")
    one.page.click("text=放弃改动")
    one.see("来源与时效")


def test_a_draft_survives_a_reload_and_leaving_the_panel(visit: Come, made: Any) -> None:
    shelter = made("shelters", Point(109.6, 40.6), name="编辑测试公园", capacity=500)
    one = visit(Role.PLANNER)
    edit(one, "编辑测试公园")
    one.page.fill("#f-capacity", "777")
    one.page.click("[aria-label=关闭]")
    one.see("改动已留作草稿")
    one.page.reload()
    one.ready()
    one.see("草稿 1")
    one.page.click(".drafts")
    one.shot("drafts_1280")
    one.page.click("text=继续")
    one.see("接着")
    assert one.page.input_value("#f-capacity") == "777"
    one.page.click(SAVE)
    one.see("已保存")
    assert stored(one.server, shelter).properties["capacity"] == 777
    one.until(lambda: not one.page.locator(".drafts").is_visible(), "saved, it is no draft any more")


def test_a_cut_link_loses_nothing_and_saves_once(visit: Come, made: Any) -> None:
    shelter = made("shelters", Point(109.6, 40.6), name="编辑测试学校", capacity=500)
    one = visit(Role.PLANNER)
    edit(one, "编辑测试学校")
    one.page.fill("#f-capacity", "888")
    one.page.context.set_offline(True)
    one.page.click(SAVE)
    one.see("连不上服务器，还没有保存")
    one.shot("edit_offline_1280")
    one.page.context.set_offline(False)
    one.complaints.clear()
    one.page.click(SAVE)
    one.see("已保存")
    assert (stored(one.server, shelter).version, stored(one.server, shelter).properties["capacity"]) == (2, 888)
    one.complaints.clear()


def test_what_both_changed_is_asked_and_saving_waits_for_the_answer(visit: Come, made: Any) -> None:
    shelter = made("shelters", Point(109.6, 40.6), name="编辑测试体育场", capacity=500)
    one = visit(Role.PLANNER)
    one.refusals = (412,)
    edit(one, "编辑测试体育场")
    start = on_screen(one, 109.6, 40.6)
    drag(one, start, (start[0] + 60, start[1] + 40))
    one.page.fill("#f-capacity", "2200")
    one.until(lambda: "2 处" in one.page.inner_text(SAVE), "two changes")
    with one.server.database.space().transaction(OPERATOR) as store:
        store.patch("shelters", shelter.id, {"capacity": 1900, "remark": "同事改的"}, version=1, geometry=Point(109.604, 40.602))
    one.page.click(SAVE)
    one.see("两人都改了")
    blocked = one.page.locator(".panel-acts [aria-disabled=true]")
    one.until(lambda: blocked.count() == 1 and "先选定" in blocked.inner_text(), "saving waits")
    one.shot("edit_merge_1280")
    one.page.click("text=用对方 1,900")
    one.page.click("text=用我的 位置")
    one.page.click(SAVE)
    one.see("已保存")
    now = stored(one.server, shelter)
    assert (now.version, now.properties["capacity"], now.properties["remark"]) == (3, 1900, "同事改的")
    assert now.geometry is not None and now.geometry.distance(Point(109.604, 40.602)) > 0.0005, "one's own place"


def test_an_area_is_split_then_merged_again(visit: Come, made: Any) -> None:
    square = box(109.6, 40.6, 109.61, 40.61)
    zone = made("fire_zones", square, name="切分测试区", remark="同一片")
    one = visit(Role.PLANNER)
    edit(one, "切分测试区", zoom=14)
    one.page.click(".tool-row button:has-text('切分')")
    draw(one, (109.604, 40.598), (109.604, 40.612))
    one.see("另有 1 处随本次保存")
    one.shot("edit_split_1280")
    one.page.click(SAVE)
    one.see("已保存")
    both = alike(one.server, "fire_zones", "切分测试区")
    assert len(both) == 2 and {each.properties["remark"] for each in both} == {"同一片"}
    assert sum(areas_m2([each.geometry for each in both])) == pytest.approx(areas_m2([square])[0], rel=1e-9)
    one.page.click("#right button:has-text('编辑')")
    one.page.click(".tool-row button:has-text('合并')")
    one.see("点一下要并入的")
    other = next(each for each in both if each.id != zone.id)
    assert other.geometry is not None
    one.page.mouse.click(*on_screen(one, other.geometry.centroid.x, other.geometry.centroid.y))
    one.see("另有 1 处随本次保存")
    one.page.click(SAVE)
    one.until(lambda: len(alike(one.server, "fire_zones", "切分测试区")) == 1, "one again")
    merged = alike(one.server, "fire_zones", "切分测试区")[0]
    assert merged.id == zone.id and areas_m2([merged.geometry])[0] == pytest.approx(areas_m2([square])[0], rel=1e-9)


def test_while_one_draws_a_click_on_a_symbol_is_a_corner(visit: Come, made: Any) -> None:
    made("fire_zones", box(109.6, 40.6, 109.61, 40.61), name="穿透测试区")
    made("shelters", Point(109.604, 40.612), name="穿透测试点")
    one = visit(Role.PLANNER)
    edit(one, "穿透测试区", zoom=14)
    one.until(lambda: one.page.locator(".sym[title=穿透测试点]").count() == 1, "a symbol lies where the line will end")
    one.page.click(".tool-row button:has-text('切分')")
    draw(one, (109.604, 40.598), (109.604, 40.612))
    one.see("另有 1 处随本次保存")


def test_a_hole_is_cut_and_a_line_beside_the_shape_is_refused_in_words(visit: Come, made: Any) -> None:
    zone = made("fire_zones", box(109.6, 40.6, 109.61, 40.61), name="挖洞测试区")
    one = visit(Role.PLANNER)
    one.refusals = (422,)
    edit(one, "挖洞测试区", zoom=14)
    one.page.click(".tool-row button:has-text('切分')")
    draw(one, (109.612, 40.600), (109.612, 40.608))
    one.see("这条线没有把图形切开")
    one.page.click(".tool-row button:has-text('挖洞')")
    draw(one, (109.603, 40.603), (109.607, 40.603), (109.605, 40.607), closed=True)
    one.until(lambda: one.page.evaluate("document.querySelector('.panel-acts .primary')") is not None, "there is something to save")
    one.page.click(SAVE)
    one.see("已保存")
    shape = stored(one.server, zone).geometry
    assert shape is not None and len(shape.interiors) == 1


def test_one_of_many_choices_is_added_without_losing_the_others(visit: Come, made: Any) -> None:
    shelter = made("shelters", Point(109.6, 40.6), name="多选测试操场", suits=["flood", "earthquake"])
    one = visit(Role.PLANNER)
    edit(one, "多选测试操场")
    box = one.page.locator("#f-suits")
    assert box.locator("input:checked").count() == 2 and not one.page.locator(".input.changed").count(), "their order is no change"
    box.locator("label:has-text('凌汛')").click()
    one.until(lambda: one.page.locator(".input.changed").count() == 1, "one more")
    box.locator("label:has-text('凌汛')").click()
    one.until(lambda: one.page.locator(".input.changed").count() == 0, "and back is no change")
    box.locator("label:has-text('凌汛')").click()
    one.shot("edit_many_1280")
    one.page.click(SAVE)
    one.see("已保存")
    assert set(stored(one.server, shelter).properties["suits"]) == {"flood", "earthquake", "ice_flood"}


def test_a_corner_is_dragged_and_the_line_knows_length_and_chainage(visit: Come, made: Any) -> None:
    section = made("river_sections", LineString([(109.6, 40.6), (109.605, 40.6), (109.61, 40.6)]), name="折点测试段", chainage_from_m=248500.0, chainage_to_m=249350.0)
    one = visit(Role.PLANNER)
    edit(one, "折点测试段", zoom=15)
    one.see("长 846 m")
    one.see("248+500 – 249+350，桩号差 850 m")
    start = on_screen(one, 109.605, 40.6)
    drag(one, start, (start[0], start[1] - 60))
    one.until(lambda: "长 846 m" not in one.page.inner_text("#right"), "the length follows")
    one.shot("edit_line_1280")
    one.page.click(SAVE)
    one.see("已保存")
    shape = stored(one.server, section).geometry
    assert shape is not None and shape.coords[1][1] > 40.6005
    assert shape.coords[0] == (109.6, 40.6), "what was not touched is the very number it was"


def test_a_feature_is_made_from_typed_coordinates_of_amap(visit: Come, live_server: Server, afterwards: ExitStack) -> None:
    one = visit(Role.PLANNER)
    afterwards.callback(clear, live_server, "shelters", "坐标测试点")
    one.page.keyboard.press("p")
    one.page.click(".right .row:has-text('应急避难场所')")
    one.page.keyboard.press("Escape")
    one.page.fill("#f-name", "坐标测试点")
    one.page.fill("#f-position", "109.646045,40.611250")
    one.page.keyboard.press("Enter")
    one.page.click("button:has-text('高德')")
    one.until(lambda: "新建" in one.page.inner_text(".panel-acts"), "it may be made")
    one.page.click(SAVE)
    one.see("已保存")
    made = alike(live_server, "shelters", "坐标测试点")
    assert len(made) == 1 and made[0].geometry is not None
    assert abs(made[0].geometry.x - 109.6404) < 0.0005 and abs(made[0].geometry.y - 40.6102) < 0.0005


def test_deleting_needs_a_reason(visit: Come, made: Any) -> None:
    shelter = made("shelters", Point(109.6, 40.6), name="删除测试点")
    one = visit(Role.PLANNER)
    edit(one, "删除测试点")
    one.page.click("text=删除这一条")
    one.see("先写原因再删除")
    one.page.fill("#f-reason", "重复登记")
    one.page.click("text=删除这一条")
    one.see("已删除")
    with one.server.database.space().reading(OPERATOR) as store:
        assert store.history("shelters", UUID(str(shelter.id)))[-1].reason == "重复登记"


def test_a_place_far_away_is_refused_beside_the_position_until_confirmed(visit: Come, made: Any, live_server: Server) -> None:
    shelter = made("shelters", Point(109.6, 40.6), name="远处测试点", capacity=10)
    one = visit(Role.PLANNER)
    one.refusals = (422,)
    edit(one, "远处测试点")
    one.page.fill("#f-position", "110.9, 40.6")
    one.page.press("#f-position", "Enter")
    one.page.click("button:has-text('高德')")
    one.page.click(SAVE)
    one.until(lambda: one.page.locator("[role=alert]:has-text('公里')").count() == 1, "it is refused in words")
    one.shot("far-refused")
    assert stored(live_server, shelter).version == 1
    one.page.click("button:has-text('确实在这里')")
    one.until(lambda: stored(live_server, shelter).version == 2, "it is saved")
    with live_server.database.space().reading(OPERATOR) as store:
        assert "anywhere" in (store.history("shelters", shelter.id)[-1].reason or "")


def test_a_masked_phone_is_kept_as_it_is_and_looked_at_from_the_form(visit: Come, made: Any) -> None:
    feature = made("shelters", Point(109.6, 40.6), name="遮蔽电话的避难场所", capacity=450, phone="000-2468135")
    one = visit(Role.DUTY_OFFICER)
    edit(one, feature.properties["name"])
    box = one.page.locator(".field:has(#f-phone)")
    assert "**" in one.page.input_value("#f-phone") and "照原样留着就不改动" in box.inner_text()
    box.get_by_role("button").click()
    one.until(lambda: "000-2468135" in box.inner_text() and "已记入审计" in box.inner_text(), "it is seen whole")
    assert "**" in one.page.input_value("#f-phone"), "looking is not changing"
    one.page.fill("#f-capacity", "500")
    one.page.fill("#f-reason", "核实了人数")
    one.page.click(SAVE)
    one.until(lambda: stored(one.server, feature).properties["capacity"] == 500, "saved")
    with one.server.database.owner.connect() as connection:
        assert connection.exec_driver_sql("SELECT phone FROM onemap.shelters WHERE id = %s", (feature.id,)).scalar() == "000-2468135"
