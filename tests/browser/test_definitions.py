"""A layer made from a file is changed at the page by GIS staff: others see it at once; it is removed and comes back whole."""

from __future__ import annotations

from collections.abc import Callable

from geodata.store.definitions import FieldChange, LayerChange, redefine
from layers.spec import OPERATOR, Role
from tests.browser.conftest import Visit
from tests.browser.test_load_records import new_layer, table

Come = Callable[..., Visit]


def define(one: Visit, layer: str, words: str = "图层定义") -> None:
    if one.page.locator(f"#settings-{layer}").count() == 0:
        one.page.click(f".layer-line[data-line={layer}] .disclose")
    one.page.click(f"#settings-{layer} button:has-text('{words}')")
    one.until(lambda: one.page.locator("#define-fields").count() == 1, "the definition opens")


def saved(one: Visit, version: int) -> None:
    one.page.click(".panel-acts .primary")
    one.until(lambda: f"第 {version} 版" in one.page.inner_text(".panel-head"), "stored, and shown as stored")


def test_a_layer_is_relabelled_gains_and_retires_fields_and_others_follow(visit: Come) -> None:
    one = visit(Role.GIS_STAFF)
    new_layer(one, "define_halls", table("H1,一号馆,10,109.5,40.6", "H2,二号馆,20,109.6,40.6", name="场馆表"))
    other = visit(Role.PLANNER)
    one.page.keyboard.press("Escape")
    define(one, "define_halls")
    one.shot("define_1280")
    assert "还没有改动" in one.page.inner_text(".panel-acts")
    one.page.fill("#define-zh", "体育场馆")
    one.page.fill("#define-en", "Halls")
    one.page.click(".symbol-choice [aria-label=school]")
    one.page.select_option("#define-family", "target")
    one.page.click(".define-field[data-field=ke_rong_na_ren_shu]")
    one.page.select_option("#field-ke_rong_na_ren_shu-counts", "people")
    one.page.click("text=添加字段")
    one.page.fill("#new-zh", "状况")
    one.page.fill("#new-choices", "good=好=Good\nbad=差=Bad")
    one.page.click("button:has-text('加入')")
    one.until(lambda: one.page.locator(".panel-acts .primary").inner_text() == "存 5 项改动为第 2 版", "the button counts")
    one.page.locator(".row.added").scroll_into_view_if_needed()
    one.shot("define_changed_1280")
    saved(one, 2)
    other.until(lambda: "体育场馆" in other.page.inner_text("#left") and "场馆表" not in other.page.inner_text("#left"), "others see the new name without a reload")
    space = one.server.database.space()
    layer = space.catalogue["define_halls"]
    assert layer.field("ke_rong_na_ren_shu").counts_as == "people" and layer.style.symbol == "school" and [each.value for each in layer.field("zhuang_kuang").choices] == ["good", "bad"]  # type: ignore[union-attr]
    with space.reading(OPERATOR) as store:
        feature = store.page("define_halls").features[0]
    other.page.evaluate(f"onemap.card('define_halls', '{feature.id}')")
    other.until(lambda: other.page.locator(".panel-acts button:has-text('编辑')").count() == 1, "a card")
    other.page.click(".panel-acts button:has-text('编辑')")
    other.until(lambda: "状况" in other.page.inner_text("#right"), "the form has the field")
    assert other.page.locator("#settings-define_halls").count() == 0
    other.page.click(".layer-line[data-line=define_halls] .disclose")
    assert other.page.locator("#settings-define_halls button:has-text('图层定义')").count() == 0, "for GIS staff only"
    one.page.click(".define-field[data-field=ke_rong_na_ren_shu]")
    one.page.click("text=停用这个字段")
    assert "将停用" in one.page.inner_text(".define-field[data-field=ke_rong_na_ren_shu]")
    saved(one, 3)
    assert "恢复「可容纳人数」" in one.page.inner_text("#right") and one.page.locator(".define-field").count() == 3
    one.page.click("text=恢复「可容纳人数」")
    saved(one, 4)
    with one.server.database.space().reading(OPERATOR) as store:
        assert store.get("define_halls", feature.id).properties["ke_rong_na_ren_shu"] in (10, 20), "with its values"


def test_a_stale_definition_is_refused_and_read_again_and_values_in_the_way_are_named(visit: Come) -> None:
    one = visit(Role.GIS_STAFF)
    one.refusals = (412, 422)
    new_layer(one, "define_posts", table("P1,一号哨,10,109.5,40.6", name="哨位表"))
    one.page.keyboard.press("Escape")
    define(one, "define_posts")
    one.page.click(".define-field[data-field=bian_hao]")
    one.page.fill("#field-bian_hao-choices", "P2")
    one.page.click(".panel-acts .primary")
    one.until(lambda: "P1" in one.page.inner_text("#right [role=alert]"), "the value in the way is named")
    one.page.evaluate("fetch('/api/v1/layers/define_posts/definition', {method: 'PATCH', headers: {'If-Match': '\"1\"', 'Content-Type': 'application/json', 'X-CSRF-Token': JSON.parse(document.getElementById('onemap-config').textContent).csrf}, body: JSON.stringify({ranked: true})}).then(one => one.status)")
    one.page.click(".panel-acts .primary")
    one.until(lambda: "已被他人改到第 2 版" in one.page.inner_text("#right [role=alert]"), "somebody else was first")
    one.page.click("#right [role=alert] button")
    one.until(lambda: "第 2 版" in one.page.inner_text(".panel-head"), "read again")


def test_a_layer_is_removed_for_all_and_restored_with_all_it_held(visit: Come) -> None:
    one = visit(Role.GIS_STAFF)
    new_layer(one, "define_wells", table("W1,一号井,10,109.5,40.6", "W2,二号井,20,109.6,40.6", name="机井表"))
    other = visit(Role.DUTY_OFFICER)
    assert "define_wells" in other.page.inner_text("#left")
    one.page.keyboard.press("Escape")
    define(one, "define_wells")
    one.page.click("button:has-text('移除图层')")
    one.page.keyboard.type("不再使用")
    one.page.keyboard.press("Enter")
    one.until(lambda: one.page.locator("[data-removed=define_wells]").count() == 1, "it stands among the removed")
    one.shot("define_removed_1280")
    other.until(lambda: "define_wells" not in other.page.inner_text("#left"), "gone from everybody's map")
    one.page.click("[data-removed=define_wells] button")
    one.page.keyboard.type("还要用")
    one.page.keyboard.press("Enter")
    other.until(lambda: "define_wells" in other.page.inner_text("#left"), "and back")
    with one.server.database.space().reading(OPERATOR) as store:
        assert store.count("define_wells") == 2


def test_who_filters_and_classes_by_a_field_that_is_retired_keeps_a_whole_map(visit: Come) -> None:
    one = visit(Role.GIS_STAFF)
    new_layer(one, "define_by", table("B1,甲处,10,109.5,40.6", "B2,乙处,20,109.6,40.6", name="分类表"))
    other = visit(Role.PLANNER)
    look = {"define_by": {"by": "ke_rong_na_ren_shu", "filter": [{"field": "ke_rong_na_ren_shu", "op": "between", "values": [5, None]}], "opacity": 1}}
    other.page.evaluate("looks => localStorage.setItem('onemap-now-live-planner', JSON.stringify({looks}))", look)
    other.page.reload()
    other.ready()
    other.until(lambda: other.page.evaluate("onemap.sourceOf('define_by').all.size") == 2, "classed and filtered")
    with one.server.database.space().reading(OPERATOR) as store:
        assert store.count("define_by") == 2
    redefine(one.server.database.space(), "define_by", LayerChange(fields={"ke_rong_na_ren_shu": FieldChange(frozenset(), retired=True)}), OPERATOR, version=1)
    other.until(lambda: not other.page.evaluate("onemap.state.layers.get('define_by').fields.some(one => one.id === 'ke_rong_na_ren_shu')"), "it is told")
    other.page.reload()
    other.ready()
    assert other.page.evaluate("onemap.sourceOf('define_by').all.size") == 2 and not other.page.evaluate("onemap.sourceOf('define_by').failed")
    other.page.click(".layer-line[data-line=define_by] .disclose")
    assert "ke_rong_na_ren_shu" in other.page.inner_text("#settings-define_by"), "the filter says that its field is gone"


def test_the_definition_speaks_english(visit: Come) -> None:
    new_layer(visit(Role.GIS_STAFF), "define_english", table("E1,一处,10,109.5,40.6", name="英文表"))
    one = visit(Role.GIS_STAFF, language="en")
    one.page.click("[data-part=load]")
    one.page.click("button:has-text('Layers made from files')")
    one.until(lambda: one.page.locator(".row[data-definition]").count() >= 1, "they are listed")
    one.page.click(".row[data-definition] >> nth=0")
    one.until(lambda: one.page.locator("#define-fields").count() == 1, "one opens")
    words = one.page.evaluate("[...document.querySelectorAll('#right h3, #right label:not(.tick-line), #right .panel-acts, #right .hint, #right .rank-head')].map(one => one.textContent).join(' ')")
    assert not any("\u4e00" <= letter <= "\u9fff" for letter in words), words
    one.shot("define_en_1280")
