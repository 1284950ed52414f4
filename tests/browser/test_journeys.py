"""What people do on the map, as they do it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from shapely.geometry import Point

from layers.spec import OPERATOR, Role
from tests.browser.conftest import Visit
from tests.geodata.files.making import workbook

Come = Callable[..., Visit]


@pytest.mark.parametrize("size", [(1280, 800), (1920, 1080)])
def test_the_first_look_shows_the_district(visit: Come, size: tuple[int, int]) -> None:
    one = visit(size=size)
    one.until(lambda: one.page.locator(".sym, .cluster").count() > 20, "symbols are drawn")
    assert "实时" in one.page.inner_text(".live")
    assert one.page.locator(".layer").count() >= 13
    width = one.page.evaluate("""() => { const [west, , east] = [109.39, 0, 110.06]; const { map } = onemap.view;
        return (map.latLngToContainerPoint([40.6, east]).x - map.latLngToContainerPoint([40.6, west]).x) / map.getSize().x; }""")
    assert 0.97 < width <= 1, "the district is as large as it goes"
    one.shot(f"map_{size[0]}")


def test_from_a_coordinate_to_ranked_resources_in_three_actions(visit: Come) -> None:
    one = visit()
    one.find("109.64,40.61")
    one.page.keyboard.press("n")
    one.until(lambda: one.page.locator(".row .badge").count() >= 15, "three layers are ranked")
    one.until(lambda: one.page.locator(".sym .badge").count() + one.page.locator(".pill").count() >= 8, "the same ranks are on the map")
    assert one.page.locator(".left-out").count() > 0, "who was left out is listed"
    assert "km" in one.page.inner_text(".row >> nth=0")
    one.picture("map")


def test_a_coordinate_of_amap_is_moved_to_where_it_belongs(visit: Come) -> None:
    one = visit()
    one.page.keyboard.press("/")
    one.page.keyboard.type("109.646045,40.611250")
    one.until(lambda: one.page.locator("#found [role=option]").count() == 3, "each datum is offered")
    one.page.keyboard.press("ArrowDown")
    one.page.keyboard.press("Enter")
    one.see("高德")
    lon, lat = one.page.evaluate("[onemap.state.place.lon, onemap.state.place.lat]")
    assert abs(lon - 109.6404) < 0.0005 and abs(lat - 40.6102) < 0.0005


FORMS = {
    "109.64,40.61": (109.64, 40.61), "40.61 109.64": (109.64, 40.61), "１０９.６４，４０.６１": (109.64, 40.61), "109°34′30″ 40°36′15″": (109.575, 40.604166667),
    "N40°36′15″ E109°34′30″": (109.575, 40.604166667), "109°34′30″E, 40°36′15″N": (109.575, 40.604166667), "东经109度34分30秒 北纬40度36分15秒": (109.575, 40.604166667),
    "37412000 4500000": (109.959868491, 40.629956503), "4500000 37412000": (109.959868491, 40.629956503), "412000 4500000": (109.959868491, 40.629956503),
}


def test_a_coordinate_in_any_form_leads_to_its_place_and_words_beside_one_are_not_passed_over(visit: Come) -> None:
    one = visit()
    for typed, place in FORMS.items():
        one.page.evaluate("onemap.state.place = null")
        one.find(typed)
        one.until(lambda: one.page.evaluate("onemap.state.place !== null"), f"{typed} is taken")
        assert one.page.evaluate("[onemap.state.place.lon, onemap.state.place.lat]") == pytest.approx(place, abs=2e-9), typed
    assert "未写带号" in one.page.inner_text(".right"), "what was assumed stays in sight"
    one.page.keyboard.press("/")
    one.page.keyboard.press("Control+a")
    one.page.keyboard.type("109°34′30″ 40°36′ 靠北约200米")
    one.see("没有找到")
    assert one.page.locator("#found [role=option]").count() == 0


def test_sixty_seconds_are_a_minute(visit: Come) -> None:
    one = visit()
    source = one.page.evaluate("document.querySelector('script[type=module]').src.replace('/packed/main.js', '/js/format.js')")
    said = one.page.evaluate("async ([source, values]) => { const { degreesMinutes } = await import(source); return values.map(degreesMinutes); }",
                             [source, [109.64, 109.99999, 40.616666, 40.0, 109.575, -0.99999999]])
    assert said == ["109°38′24.0″", "110°00′00.0″", "40°37′00.0″", "40°00′00.0″", "109°34′30.0″", "1°00′00.0″"]
    one.find("109.64,40.616666")
    one.see("40°37′00.0″")


def test_a_click_asks_about_that_place_and_a_zone_changes_by_number(visit: Come) -> None:
    one = visit()
    one.find("109.64,40.61")
    one.page.keyboard.press("z")
    one.until(lambda: one.page.locator(".table tbody tr").count() > 0, "something lies in the first circle")
    one.page.fill("#radius", "3000")
    one.page.keyboard.press("Enter")
    one.until(lambda: "28.27 km²" in one.page.inner_text(".right"), "the area of a circle of 3 km, in km2")
    assert "演示数据" in one.page.inner_text(".basis"), "figures name their source"
    one.picture("zone_1280")
    one.page.keyboard.press("n")
    one.see("绕开影响区")
    one.until(lambda: "位于" in one.page.inner_text(".right") or "范围内" in one.page.inner_text(".left-out >> nth=0"), "who lies in the zone is left out for it")
    one.shot("nearest_zone_1280")


def test_figures_name_their_field_and_say_what_is_unknown_and_a_radius_past_the_limit_is_refused_beside_the_field(visit: Come) -> None:
    one = visit()
    one.find("109.64,40.61")
    one.page.keyboard.press("z")
    one.until(lambda: one.page.locator(".figures .figure").count() > 0, "there are figures")
    captions = one.page.locator(".figures .figure:has(.unit:text('人')) .meta").all_inner_texts()
    assert all(" · " in caption for caption in captions), captions
    answer = one.page.evaluate("onemap.question.exposure")
    people = [each for layer in answer["layers"] if layer["count"] for each in layer["measures"].values() if each["counts_as"] == "people"]
    shown = one.page.inner_text(".figures")
    if any(each["sum"] is None for each in people[:3]):
        assert "未知" in shown
    assert one.page.evaluate("[...document.querySelectorAll('.figures .meta span')].every((each) => each.scrollHeight <= each.clientHeight + 1)"), "no caption is cut"
    before = one.page.evaluate("JSON.stringify(onemap.question.exposure.zone)")
    one.page.fill("#radius", "60000")
    one.page.keyboard.press("Enter")
    one.see("半径应为 10 至 50,000 m")
    assert one.page.evaluate("JSON.stringify(onemap.question.exposure.zone)") == before
    one.shot("radius_limit_1280")


def test_a_ranked_team_whose_duty_is_not_known_says_so_in_words(visit: Come, made: Any) -> None:
    one = visit()
    team = made("rescue_teams", Point(109.641, 40.611), name="未报值班的队伍", kind="professional")
    one.find("109.64,40.61")
    one.page.keyboard.press("n")
    one.until(lambda: "值班状态未知" in one.page.inner_text(f"[data-feature='{team.id}'] .how"), "the row says that duty is not known")
    one.page.locator(f"[data-feature='{team.id}']").scroll_into_view_if_needed()
    one.shot("uncertain_1280")


def test_the_handle_of_a_zone_changes_its_radius(visit: Come) -> None:
    one = visit()
    one.find("109.64,40.61")
    one.page.keyboard.press("z")
    one.until(lambda: one.page.locator(".handle").count() == 1, "there is a handle")
    one.page.wait_for_timeout(400)
    box = one.page.locator(".handle").bounding_box()
    assert box
    one.page.mouse.move(box["x"] + 8, box["y"] + 8)
    one.page.mouse.down()
    one.page.mouse.move(box["x"] + 88, box["y"] + 8, steps=6)
    one.page.mouse.up()
    one.until(lambda: int(one.page.input_value("#radius")) > 1200, "the number follows the handle")


def test_a_polygon_is_drawn_and_asked_about(visit: Come) -> None:
    one = visit()
    one.find("109.66,40.605")
    one.page.keyboard.press("z")
    one.see("手绘")
    one.page.click("text=手绘")
    corners = [(480, 250), (760, 260), (740, 560), (470, 540)]
    for x, y in [*corners, corners[0]]:
        one.page.mouse.move(x, y)
        one.page.wait_for_timeout(80)
        one.page.mouse.click(x, y)
    one.see("手绘范围")
    one.until(lambda: one.page.locator(".table tbody tr").count() > 0, "something lies in the polygon")
    one.shot("polygon_1280")


def test_a_name_by_its_first_letters_leads_to_its_card(visit: Come) -> None:
    one = visit()
    one.find("hlget")
    one.until(lambda: one.page.locator(".panel-head h2").count() == 1 and "哈林格尔" in one.page.inner_text(".panel-head h2"), "the card is open")
    one.see("来源与时效")


def test_a_card_shows_the_substances_of_a_source_and_masks_for_a_viewer(visit: Come) -> None:
    one = visit(Role.VIEWER)
    one.find("煤化工液氨球罐")
    one.see("危险源物质")
    text = one.page.inner_text(".right")
    assert "液氨" in text and "*" in text, "related features are listed, people and phones are masked"
    assert one.page.locator("text=编辑").count() == 0, "a viewer is offered nothing that would be refused"
    one.picture("card_1280")


def test_a_change_by_another_appears_without_reload(visit: Come, made: Any) -> None:
    one = visit()
    one.find("109.50,40.60")
    before = one.page.inner_text(".layer[data-layer=shelters] .count").split("/")[1].strip()
    made("shelters", Point(109.5, 40.605), name="测试避难点")
    one.until(lambda: one.page.inner_text(".layer[data-layer=shelters] .count").split("/")[1].strip() == str(int(before) + 1), "the count moved on")
    one.until(lambda: one.page.locator(".sym[title=测试避难点]").count() == 1, "its symbol is there")
    one.see("operator 更新了")


def test_a_late_answer_never_takes_the_panel_from_what_was_opened_meanwhile(visit: Come, made: Any) -> None:
    one = visit()
    one.find("109.50,40.60")
    one.page.keyboard.press("n")
    one.until(lambda: one.page.locator(".row .badge").count() >= 15, "ranked")
    one.page.click(".row >> nth=0")
    one.until(lambda: one.page.locator(".history li").count() > 0, "a card is open")
    title, asked = one.page.inner_text("#right h2"), one.page.evaluate("onemap.question.asked.nearest")
    shelter = made("shelters", Point(109.5, 40.601), name="测试避难点")
    one.until(lambda: one.page.evaluate("onemap.question.asked.nearest") > asked and one.page.evaluate(f"onemap.question.nearest.features.some(one => one.id === '{shelter.id}')"), "the answer was renewed")
    assert one.page.inner_text("#right h2") == title, "and the card stays"


def test_a_planner_changes_a_value_and_meets_a_colleague(visit: Come) -> None:
    one = visit(Role.PLANNER)
    one.refusals = (412,)
    one.find("园区危化救援物资库")
    one.page.click("text=编辑")
    assert one.page.locator("[aria-disabled=true]").count() == 1, "nothing to save yet, and the button says so"
    area = int(float(one.page.input_value("#f-area_m2")))
    feature = one.page.evaluate("onemap.state.chosen")
    with one.server.database.space().transaction(OPERATOR) as store:
        store.patch("depots", feature["id"], {"remark": "同事改的"}, version=store.get("depots", feature["id"]).version)
    one.page.fill("#f-area_m2", str(area + 5))
    one.page.fill("#f-reason", "现场量过")
    one.page.click(".panel-acts .primary")
    one.see("也改了这条")
    one.picture("merge_1280")
    one.page.click(".panel-acts .primary")
    one.see("现场量过")
    with one.server.database.space().reading(OPERATOR) as store:
        now = store.get("depots", feature["id"])
    assert now.properties["area_m2"] == area + 5 and now.properties["remark"] == "同事改的", "nobody's work vanished"


def test_a_problem_is_said_beside_its_field(visit: Come) -> None:
    one = visit(Role.PLANNER)
    one.refusals = (422,)
    one.find("园区危化救援物资库")
    one.page.click("text=编辑")
    one.page.fill("#f-area_m2", "约两百")
    one.page.click(".panel-acts .primary")
    one.until(lambda: one.page.locator(".input.bad").count() == 1, "the field is marked")
    one.shot("problem_1280")


def test_a_drill_is_opened_and_its_scenario_plotted_without_touching_live(visit: Come) -> None:
    one = visit(Role.DRILL_CONTROLLER)
    one.page.click(".bar .space")
    one.see("开一场演练")
    one.page.fill("#drill-name", "哈德门沟山洪桌面推演 {{ 7*7 }}</script>")
    one.page.click("text=开始演练")
    one.until(lambda: "/spaces/" in one.page.url, "we are in the drill")
    one.ready()
    one.see("不是真实情况")
    assert "{{ 7*7 }}" in one.page.inner_text(".band"), "the name is shown as it was typed"
    one.page.keyboard.press("p")
    one.page.click(".right .row >> nth=0")
    corners = [(440, 330), (600, 320), (620, 480), (450, 500)]
    for x, y in [*corners, corners[0]]:
        one.page.mouse.move(x, y)
        one.page.wait_for_timeout(80)
        one.page.mouse.click(x, y)
    one.see("先填")
    one.page.fill("#f-name", "假设淹没 T+30")
    one.page.select_option("#f-kind", "flash_flood")
    one.page.click(".panel-acts .primary")
    one.see("已保存")
    one.shot("drill_1280")
    database = one.server.database
    with database.space().reading(OPERATOR) as store:
        assert store.count("scenario_areas") == 0, "live has no scenario"
    with database.space(one.page.url.split("/spaces/")[1].split("/")[0]).reading(OPERATOR) as store:
        assert store.count("scenario_areas") == 1


def test_a_file_is_checked_then_loaded_as_a_new_layer_and_seen_by_others(visit: Come, tmp_path: Path) -> None:
    watching = visit()
    one = visit(Role.GIS_STAFF)
    file = tmp_path / "充电站.csv"
    rows = "\n".join(f"充电站{i},{109.5 + i / 100},{40.6 + i / 500}" for i in range(12))
    file.write_text(f"名称,经度,纬度\n{rows}\n", encoding="utf-8")
    one.page.click("[aria-label=装载数据]")
    one.page.set_input_files("#load-file", file)
    one.page.fill("#load-name", "充电桩")
    one.page.click(".panel-acts .primary")
    one.until(lambda: one.page.locator("text=装载 12 行").count() == 1, "the report says what would be loaded")
    one.picture("load_1280")
    one.page.click("text=装载 12 行")
    one.until(lambda: one.page.locator(".layer[data-layer=chong_dian_zhuang]").count() == 1, "the new layer is in the tree")
    watching.until(lambda: watching.page.locator(".layer[data-layer=chong_dian_zhuang]").count() == 1, "somebody else sees it without reload")


def test_a_workbook_of_two_sheets_asks_which_one_and_loads_that(visit: Come, tmp_path: Path) -> None:
    heads = ["名称", "经度", "纬度"]
    file = workbook(tmp_path / "两张表.xlsx", {"水井": [heads, ["一号井", 109.7, 40.6]], "泵站": [heads, ["一号站", 109.7, 40.6]]})
    one = visit(Role.GIS_STAFF)
    one.page.click("[aria-label=装载数据]")
    one.page.set_input_files("#load-file", file)
    one.page.fill("#load-name", "wells")
    one.page.click(".panel-acts .primary")
    one.see("其中有 2 个图层")
    assert "--" not in one.page.inner_text("#right"), "words of the command line are of no use here"
    one.shot("load_told_1280")
    one.page.click("#right .sublayer:has-text('泵站') button")
    one.until(lambda: one.page.locator("text=装载 1 行").count() == 1, "the sheet is chosen")


def test_the_page_speaks_english(visit: Come) -> None:
    one = visit(language="en", size=(1920, 1080))
    one.find("109.64,40.61")
    one.page.keyboard.press("n")
    one.until(lambda: one.page.locator(".row .badge").count() >= 15, "ranked")
    words = one.page.evaluate("""[...document.querySelectorAll('.tree-head, .group, .tabs, .rank-head, .panel-acts, .tools button, .layer .name')].map(one => one.textContent + (one.title || '')).join(' ')""")
    assert not any("\u4e00" <= letter <= "\u9fff" for letter in words), words
    cut = one.page.evaluate("[...document.querySelectorAll('.panel-acts .cut, .tabs button, .tree-head h2')].filter(one => one.scrollWidth > one.clientWidth + 1).map(one => one.textContent)")
    assert cut == [], "no word of ours is cut"
    one.shot("english_1920")


def test_the_language_is_switched_from_the_menu(visit: Come) -> None:
    one = visit()
    one.page.click(".who")
    one.page.click("text=English")
    one.see("Layers")


def test_escape_leaves_a_tool_then_the_panel(visit: Come) -> None:
    one = visit()
    one.page.keyboard.press("n")
    one.see("点一下要查的位置")
    one.page.keyboard.press("Escape")
    one.until(lambda: not one.page.locator(".prompt").is_visible(), "the tool is left")
    one.find("109.64,40.61")
    one.until(lambda: one.page.locator("#right").is_visible(), "the panel is open")
    one.page.keyboard.press("Escape")
    one.until(lambda: not one.page.locator("#right").is_visible(), "the panel is closed")


def test_the_page_says_when_it_is_cut_off_and_comes_back(visit: Come) -> None:
    one = visit()
    one.page.context.set_offline(True)
    one.page.keyboard.press("/")
    one.page.keyboard.type("煤化工")
    one.see("服务器没有应答")
    one.page.context.set_offline(False)
    one.complaints.clear()
    one.page.keyboard.press("Escape")
    one.find("煤化工液氨球罐")
    one.see("来源与时效")
    one.complaints.clear()


def test_on_a_phone_the_panel_is_a_sheet_over_the_map(visit: Come) -> None:
    one = visit(size=(390, 844))
    one.page.evaluate("onemap.question.at({lon: 109.64, lat: 40.61}, 'nearest')")
    one.until(lambda: one.page.locator(".row .badge").count() >= 15, "ranked")
    box = one.page.locator("#right").bounding_box()
    assert box and box["width"] == 390 and box["y"] > 200, "it lies at the foot, the map stays"
    place = one.page.evaluate("onemap.view.map.latLngToContainerPoint([40.61, 109.64]).y")
    assert 0 < place < box["y"] - 48, "the place asked about is in the part of the map that is free"
    one.picture("phone_390")
