"""Load records on the map: the list, one opened with its diff, undone as one act or refused with what would be lost; known files, missing rows."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from geodata.store.definitions import definition, remove
from layers.spec import OPERATOR, Role
from tests.browser.conftest import Visit
from tests.browser.test_uploading import drop, settled

Come = Callable[..., Visit]
HEAD = "编号,名称,可容纳人数,经度,纬度\n"


def table(*rows: str, name: str) -> dict[str, bytes]:
    return {f"{name}.csv": (HEAD + "\n".join(rows) + "\n").encode()}


def new_layer(one: Visit, name: str, files: dict[str, bytes]) -> None:
    """A layer of the test's own: what it does not hold is not the demonstration's."""
    drop(one, files)
    one.page.fill("#load-name", name)
    one.page.click(".panel-acts .primary")
    settled(one)
    one.page.click(".panel-acts .primary")
    one.see("已写入")


def load_again(one: Visit, layer: str, files: dict[str, bytes]) -> None:
    one.page.keyboard.press("Escape")
    drop(one, files)
    one.until(lambda: one.page.locator("#load-layer").count() == 1, "asked where it goes")
    one.page.select_option("#load-layer", layer)
    settled(one)


def numbers(one: Visit, layer: str) -> dict[str, int]:
    space = one.server.database.space()
    with space.reading(OPERATOR) as store:
        return {str(each.properties["bian_hao"]): int(each.properties["ke_rong_na_ren_shu"]) for each in store.page(layer, limit=100).features}


def test_rows_missing_from_the_file_are_retired_by_choice_and_the_load_is_undone_from_its_record(visit: Come) -> None:
    one = visit(Role.GIS_STAFF)
    new_layer(one, "record_halls", table("H1,一号馆,10,109.5,40.6", "H2,二号馆,20,109.6,40.6", "H3,三号馆,30,109.7,40.6", name="名单"))
    load_again(one, "record_halls", table("H1,一号馆,11,109.5,40.6", "H4,四号馆,40,109.8,40.6", name="名单二"))
    assert "保留" in one.page.inner_text("#missing") and one.page.is_checked("#missing input[value=keep]"), "nothing goes unasked"
    assert one.page.locator(".panel-acts .primary").inner_text() == "装载 2 行"
    one.page.check("#missing input[value=retire]")
    one.until(lambda: one.page.locator(".panel-acts .wide").inner_text() == "先写明停用原因", "the button says what is missing")
    one.page.fill("#retire-reason", "已撤并")
    one.until(lambda: one.page.locator(".panel-acts .primary").count() == 1, "now it can be done")
    one.page.locator("#missing").scroll_into_view_if_needed()
    one.shot("load_retire_1280")
    assert one.page.locator(".panel-acts .primary").inner_text() == "装载 2 行，停用 2 条"
    one.page.click(".panel-acts .primary")
    one.see("停用 2 条。")
    assert numbers(one, "record_halls") == {"H1": 11, "H4": 40}
    one.page.click("#left [aria-label=近来改动]")
    one.page.click("button:has-text('装载记录')")
    one.until(lambda: one.page.locator(".load-record").count() >= 2, "the loads are listed")
    first = one.page.locator(".load-record >> nth=0").inner_text()
    assert "名单二.csv" in first and "gis_staff" in first and "+1 ~1 −2" in first, first
    one.shot("load_records_1280")
    one.page.click(".load-record >> nth=0")
    one.until(lambda: one.page.locator(".fates.three").count() == 1, "the record opens")
    one.page.click(".fate[data-fate=retired]")
    assert one.page.locator(".fate-row").count() == 2 and "三号馆" in one.page.inner_text(".fate-rows")
    one.page.click(".fate[data-fate=changed]")
    assert "11" in one.page.inner_text(".fate-row") and one.page.locator(".fate-row .was >> nth=0").inner_text() == "10"
    assert "已撤并" in one.page.inner_text("#right")
    one.shot("load_record_1280")
    one.page.click(".panel-acts button:has-text('撤销这次装载')")
    one.page.keyboard.press("Enter")
    one.until(lambda: "已由 gis_staff" in one.page.inner_text("#right"), "the record says that it was undone")
    assert numbers(one, "record_halls") == {"H1": 10, "H2": 20, "H3": 30}, "what had gone is back with the rest"
    assert one.page.locator(".panel-acts button").count() == 0


def test_undoing_is_refused_with_who_changed_what_since(visit: Come) -> None:
    one = visit(Role.GIS_STAFF)
    one.refusals = (409,)
    new_layer(one, "record_wells", table("W1,一号井,10,109.5,40.6", "W2,二号井,20,109.6,40.6", name="井表"))
    space = one.server.database.space()
    with space.transaction(OPERATOR, "核实") as store:
        feature = next(each for each in store.page("record_wells").features if each.properties["bian_hao"] == "W2")
        store.patch("record_wells", feature.id, {"ke_rong_na_ren_shu": 25}, version=1)
    one.page.evaluate("0")
    one.page.click("#left [aria-label=近来改动]")
    one.page.click("button:has-text('装载记录')")
    one.page.click(".load-record:has-text('井表')")
    one.page.click(".panel-acts button:has-text('撤销这次装载')")
    one.page.keyboard.press("Enter")
    one.until(lambda: one.page.locator(".undoing .left-out").count() == 1, "what would be lost is listed")
    assert "二号井" in one.page.inner_text(".undoing") and "operator" in one.page.inner_text(".undoing")
    one.shot("load_undo_refused_1280")
    assert numbers(one, "record_wells") == {"W1": 10, "W2": 25}, "nothing was undone"
    one.page.click(".undoing .left-out")
    one.until(lambda: one.page.inner_text("#right h2") == "二号井", "its card opens")


def test_the_same_file_and_the_mapping_of_last_time_are_known_again(visit: Come) -> None:
    one = visit(Role.GIS_STAFF)
    new_layer(one, "record_posts", table("P1,一号哨,10,109.5,40.6", name="哨表"))
    other = {"哨表二.csv": "编号,名称,实到,经度,纬度\nP1,一号哨,12,109.5,40.6\nP2,二号哨,13,109.6,40.6\n".encode()}
    load_again(one, "record_posts", other)
    one.page.select_option(".mapping select[aria-label^=实到]", "ke_rong_na_ren_shu")
    one.until(lambda: "你指定" in one.page.inner_text(".mapping") and one.page.locator(".panel-acts .primary").count() == 1, "mapped by hand")
    one.page.click(".panel-acts .primary")
    one.see("已写入")
    load_again(one, "record_posts", other)
    assert "这个文件装载过" in one.page.inner_text("#right") and "2 行" in one.page.inner_text("#right .note[role=note]")
    assert "字段对应与上次相同" in one.page.inner_text("#step-3") and "与上次相同" in one.page.inner_text(".mapping")
    one.shot("load_known_1280")
    one.page.click("text=不沿用")
    one.until(lambda: one.page.locator("text=沿用上次的对应").count() == 1 and "无对应" in one.page.inner_text(".mapping"), "without it")
    one.page.click("text=沿用上次的对应")
    one.until(lambda: "字段对应与上次相同" in one.page.inner_text("#right"), "and with it again")


def test_a_rehearsal_that_was_left_lying_is_confirmed_or_dropped_from_its_record(visit: Come) -> None:
    one = visit(Role.GIS_STAFF)
    for name, press in (("留下表", "装载 1 行"), ("丢弃表", "不装载，丢弃")):
        drop(one, table("L1,留下的,10,109.5,40.6", name=name))
        one.page.fill("#load-name", "record_left" if press == "装载 1 行" else "record_dropped")
        one.page.click(".panel-acts .primary")
        settled(one)
        one.page.reload()
        one.ready()
        one.page.click("#left [aria-label=近来改动]")
        one.page.click("button:has-text('装载记录')")
        one.page.click(f".load-record:has-text('{name}')")
        one.until(lambda: one.page.locator("#right .fates").count() == 1, "it is seen as it was rehearsed")
        one.page.click(f".panel-acts button:has-text('{press}')")
        one.until(lambda: "改了什么" in one.page.inner_text("#right"), "it has ended")
    assert "已取消" in one.page.inner_text(".panel-head"), "and says what became of it"
    one.server.database.space().refresh()
    assert "record_left" in one.server.database.space().catalogue and "record_dropped" not in one.server.database.space().catalogue


def test_the_records_speak_english(visit: Come) -> None:
    one = visit(Role.GIS_STAFF, language="en")
    one.page.click("#left [aria-label='Recent changes']")
    one.page.click("button:has-text('Load records')")
    one.until(lambda: one.page.locator(".load-record").count() >= 1, "the loads are listed")
    one.page.click(".load-record >> nth=0")
    one.until(lambda: one.page.locator(".fates, .hint").count() >= 1 and one.page.locator("#right dl.facts").count() == 1, "one opens")
    words = one.page.evaluate("[...document.querySelectorAll('#right .section-head, #right .fates, #right .panel-acts, #right dt, #right .figure .meta')].map(one => one.textContent).join(' ')")
    assert not any("\u4e00" <= letter <= "\u9fff" for letter in words), words
    one.shot("load_record_en_1280")


def test_an_upload_goes_on_by_itself_after_the_link_was_lost(visit: Come) -> None:
    rows = "\n".join(f"C-{n},断点{n},{n},{109.4 + n % 600 / 1000:.4f},40.6,{'-' * 1200}" for n in range(3000))  # three pieces and a half, and not many rows to judge
    one = visit(Role.GIS_STAFF)
    sent: list[int] = []

    def passing(route: Any) -> None:
        """After the second piece the link is gone: that piece arrives, its answer does not."""
        sent.append(int(route.request.headers["upload-offset"]))
        if len(sent) == 2:
            route.fetch()
            one.page.context.set_offline(True)
            route.abort()
        else:
            route.continue_()

    one.page.route("**/api/v1/uploads/*", lambda route: passing(route) if route.request.method == "PATCH" else route.continue_())
    drop(one, {"避难场所断点.csv": (HEAD.replace("\n", ",线\n") + rows).encode()})
    one.until(lambda: "连接断开" in one.page.inner_text(".working"), "the page says that it waits")
    assert "1,024 /" in one.page.inner_text(".working"), "and how far it was"
    one.shot("upload_link_down_1280")
    one.page.context.set_offline(False)
    one.until(lambda: "连接断开" not in one.page.inner_text("#right"), "it goes on by itself")
    one.until(lambda: one.page.locator("#step-4, .note[role=alert]").count() == 1, "and is examined whole", patience_s=90)
    assert sent == sorted(set(sent)) and 1024 * 1024 in sent and sent[2] == 2 * 1024 * 1024, "no piece was sent twice"
    one.complaints.clear()
    before = len(sent)
    one.page.click(".found-row:has-text('偏移') .link")
    one.page.click("#right .found button:has-text('真实坐标')")
    one.until(lambda: "照原样" in one.page.inner_text("#right"), "rehearsed in another way", patience_s=90)
    assert len(sent) == before, "without sending the file again"
    folder = one.server.home / "uploads" / "incoming"

    def there() -> bool:
        return any("断点" in json.loads(each.read_text("utf-8"))["name"] for each in folder.glob("*/*.json"))

    assert there()
    one.page.click(".panel-acts .btn:has-text('取消')")
    one.until(lambda: not there(), "no file stays")


def test_the_record_of_a_load_whose_layer_is_off_the_map_still_tells_what_it_did(visit: Come) -> None:
    one = visit(Role.GIS_STAFF)
    new_layer(one, "record_gone", table("G1,旧馆,10,109.5,40.6", "G2,新馆,20,109.6,40.6", name="旧名单"))
    space = one.server.database.space()
    remove(space, "record_gone", OPERATOR, version=definition(space, "record_gone", OPERATOR).version, reason="test")
    one.page.reload()
    one.ready()
    one.page.click("#left [aria-label=近来改动]")
    one.page.click("button:has-text('装载记录')")
    one.page.click(".load-record:has-text('旧名单.csv')")
    one.until(lambda: one.page.locator(".fates.three").count() == 1, "the record opens with its diff")
    one.see("这个图层已从图上取下")
    one.page.click(".fate[data-fate=new]")
    assert one.page.locator(".fate-row").count() == 2 and "旧馆" in one.page.inner_text(".fate-rows")
    one.shot("load_record_former_1280")
    one.page.click(".fate-row .fate-name >> nth=0")  # nothing opens, and nothing breaks
    assert one.page.locator(".fate-row").count() == 2
