"""The GIS officer's day: drop a file, see what was found and why, decide, load, see it land, undo."""

from __future__ import annotations

import base64
import io
import json
import zipfile
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely

from geodata.crs import transformer
from geodata.datum import gcj02_from_wgs84
from layers.spec import OPERATOR, Role
from tests.browser.conftest import Server, Visit, clear
from tests.browser.test_editing import alike
from tests.geodata.files.making import CGCS2000, by_gdal, dbf, parts_of, shapefile

Come = Callable[..., Visit]
FIELDS = (("编号", "C", 20), ("名称", "C", 40), ("RNRS", "C", 10), ("场所类型", "C", 10), ("备注栏", "C", 20))

# The browser gets the files as a person drops them: one event with all of them.
DROP = """async files => {
  const data = new DataTransfer();
  for (const [name, text] of files) data.items.add(new File([Uint8Array.from(atob(text), one => one.charCodeAt(0))], name));
  const target = document.querySelector('.folium-map');
  target.dispatchEvent(new DragEvent('dragover', {bubbles: true, cancelable: true, dataTransfer: data}));
  const seen = !document.querySelector('.drop-veil').hidden;
  target.dispatchEvent(new DragEvent('drop', {bubbles: true, cancelable: true, dataTransfer: data}));
  return seen;
}"""


PASTE = """files => {
  const data = new DataTransfer();
  for (const [name, text] of files) data.items.add(new File([Uint8Array.from(atob(text), one => one.charCodeAt(0))], name));
  document.body.dispatchEvent(new ClipboardEvent('paste', {bubbles: true, cancelable: true, clipboardData: data}));
}"""


@pytest.fixture
def shelters(live_server: Server) -> list[Any]:
    """What is stored now."""
    with live_server.database.space().reading(OPERATOR) as store:
        return [one for one in store.page("shelters", limit=1000).features if one.geometry is not None]


def packed(folder: Path, name: str = "避难场所2026", loose: bool = False) -> dict[str, bytes]:
    if loose:
        return parts_of(folder)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for part, content in parts_of(folder).items():
            archive.writestr(part, content)
    return {f"{name}.zip": out.getvalue()}


def rows_of(stored: list[Any]) -> tuple[list[tuple[Any, ...]], list[tuple[float, float]]]:
    rows = [(one.properties["code"], one.properties["name"], one.properties.get("capacity") or 100, "短期", "见附件") for one in stored]
    places = [(one.geometry.centroid.x, one.geometry.centroid.y) for one in stored]
    return rows, places


def made(tmp_path: Path, rows: list[tuple[Any, ...]], places: Any, **more: Any) -> Path:
    shapefile(tmp_path / "parts", points=[tuple(one) for one in places], table=dbf(rows, FIELDS), **more)
    return tmp_path / "parts"


def drop(one: Visit, files: dict[str, bytes]) -> None:
    given = [[name, base64.b64encode(content).decode()] for name, content in files.items()]
    assert one.page.evaluate(DROP, given), "the map says that it takes files"


def paste(one: Visit, files: dict[str, bytes]) -> None:
    one.page.evaluate(PASTE, [[name, base64.b64encode(content).decode()] for name, content in files.items()])


def settled(one: Visit) -> None:
    one.until(lambda: one.page.locator("#step-4, .note[role=alert]").count() == 1, "the file is examined")


def test_drop_look_decide_load_see_and_undo_in_five_actions(visit: Come, shelters: list[Any], tmp_path: Path) -> None:
    rows, places = rows_of(shelters[:20])
    drawn = np.column_stack(gcj02_from_wgs84(*np.array(places[12:]).T))
    places = [*places[:12], *map(tuple, drawn)]
    rows[1] = (*rows[1][:2], "4321", *rows[1][3:])
    rows[2] = (*rows[2][:2], "约两千", *rows[2][3:])
    rows += [(f"UP-{n}", f"新避难点{n}", 300, "短期", "") for n in range(5)] + [("UP-0", "重复的编号", 1, "短期", ""), ("UP-9", "远处", 1, "短期", "")]
    places += [(109.45 + n / 12, 40.56) for n in range(5)] + [(109.7, 40.6), (116.4, 39.9)]
    zone = [transformer("EPSG:4490", "EPSG:4525").transform(*one) for one in places]
    prj = 'PROJCS["CGCS2000_3_Degree_GK_Zone_37",' + CGCS2000 + ',PROJECTION["Gauss_Kruger"],PARAMETER["False_Easting",37500000.0],PARAMETER["False_Northing",0.0],PARAMETER["Central_Meridian",111.0],PARAMETER["Scale_Factor",1.0],PARAMETER["Latitude_Of_Origin",0.0],UNIT["Meter",1.0]]'
    one = visit(Role.GIS_STAFF)
    drop(one, packed(made(tmp_path, rows, zone, prj=prj, cpg="UTF-8")))  # action 1
    settled(one)
    body = one.page.inner_text("#right")
    for words in ("装载预演 · 应急避难场所", "GB18030", "EPSG:4525", "8 点整体偏移", "要你确认", "有问题的行", "先定 8 点的坐标"):
        assert words in body, words
    assert one.page.locator(".sign.problem").count() >= 6 and one.page.locator(".row-mark").count() > 20, "the rows lie on the map"
    assert one.page.locator("#left.rail").count() == 1
    one.shot("upload_1280")
    one.page.set_viewport_size({"width": 1920, "height": 1080})
    one.page.evaluate("onemap.view.whole()")
    one.shot("upload_1920")
    one.page.set_viewport_size({"width": 1280, "height": 800})
    one.page.click("text=按 GCJ-02 纠正 8 点")  # action 2
    one.until(lambda: one.page.locator(".panel-acts .primary").count() == 1, "what was missing is there")
    assert "UP-9" not in one.page.inner_text("#right"), "nothing far away goes in unasked"
    assert "不会删除" in one.page.inner_text("#right")
    with one.server.database.space().reading(OPERATOR) as store:
        before = store.count("shelters")
    one.page.click(".panel-acts .primary")  # action 3
    one.see("已写入")
    with one.server.database.space().reading(OPERATOR) as store:
        assert store.count("shelters") == before + 5
    one.until(lambda: one.page.locator(".toast .link").count() >= 1, "the toast offers undoing")
    one.shot("upload_done_1280")
    one.page.click(".toast .link >> nth=-1")  # action 4
    one.page.keyboard.press("Enter")  # action 5: the reason is there to be changed
    one.see("已整次撤销")
    with one.server.database.space().reading(OPERATOR) as store:
        assert store.count("shelters") == before
        after = {each.properties["code"]: each for each in store.page("shelters", limit=1000).features}
    assert all(after[each.properties["code"]].properties == each.properties for each in shelters if each.properties.get("code"))


def test_a_row_is_filled_one_of_two_is_taken_and_a_far_one_is_kept(visit: Come, tmp_path: Path) -> None:
    rows = [("T-1", "甲", "约两千", "短期", ""), ("T-2", "乙", 5, "短期", ""), ("T-2", "丙", 6, "短期", ""), ("T-3", "远处", 7, "短期", "")]
    one = visit(Role.GIS_STAFF)
    drop(one, packed(made(tmp_path, rows, [(109.6, 40.6), (109.7, 40.6), (109.71, 40.6), (111.0, 41.2)]), "避难场所三"))
    settled(one)
    assert one.page.locator(".problem-row").count() == 3
    link = one.page.get_attribute(".panel-acts a[download]:has-text('下载问题行')", "href")
    table = one.page.evaluate("address => fetch(address).then(one => one.text())", link)
    assert table.count("\r\n") == 5 and "约两千" in table, "a head, three rows and the column that no field takes"
    one.page.click(".problem-row >> nth=0")
    one.until(lambda: one.page.locator(".row-icon.chosen").count() == 1, "the row is marked on the map")
    one.page.click(".problem-row[data-row=row-1] button:has-text('填写')")
    one.page.fill(".fill-in input", "2000")
    one.page.keyboard.press("Enter")
    one.until(lambda: one.page.locator(".problem-row").count() == 2, "the filled row is in order")
    one.page.click(".problem-row[data-row=row-3] button:has-text('选一条')")
    one.page.click("text=用第 3 行（这一行）")
    one.until(lambda: one.page.locator(".problem-row").count() == 1, "one of the two is taken")
    one.page.click(".problem-row[data-row=row-4] button:has-text('留下')")
    one.until(lambda: one.page.locator(".problem-row").count() == 0 and one.page.locator("#step-4").count() == 1, "the far one is kept")
    one.until(lambda: one.page.locator("text=装载 3 行").count() == 1, "three of four rows, one left out")
    one.page.click(".fate[data-fate=new]")
    assert one.page.locator(".fate-row").count() == 3
    one.page.click(".panel-acts .btn:has-text('取消')")
    one.until(lambda: not one.page.locator("#right").is_visible(), "nothing stays")
    assert one.page.locator(".row-mark, .rehearsal-legend").count() == 0
    one.until(lambda: not list((one.server.home / "uploads").glob("*/避难场所三.zip")), "no file stays")


def test_a_file_without_a_system_is_asked_about_by_sight(visit: Come, tmp_path: Path) -> None:
    places = [(109.5 + n / 30, 40.58 + n / 300) for n in range(9)]
    metres = [transformer("EPSG:4490", "EPSG:4546").transform(*one) for one in places]
    rows = [(f"G-{n}", f"带外{n}", 5, "短期", "") for n in range(9)]
    one = visit(Role.GIS_STAFF)
    drop(one, packed(made(tmp_path, rows, metres, prj=None, name="data"), loose=True))
    one.until(lambda: one.page.locator("#load-layer").count() == 1, "the parts' name is that of no layer")
    one.page.select_option("#load-layer", label="应急避难场所")
    settled(one)
    assert "还差一个答案" in one.page.inner_text("#right") and "是哪种坐标系" in one.page.inner_text("#right")
    assert one.page.locator(".system canvas").count() >= 3
    assert "data.shp" in one.page.inner_text(".panel-head") and one.page.locator(".mapping").count() == 0, "fields are not judged yet"
    one.shot("upload_crs_1280")
    one.page.click(".system:has-text('EPSG:4546') button")
    one.until(lambda: one.page.locator("text=装载 9 行").count() == 1, "read in the system that was chosen")


def test_the_layers_of_a_file_are_listed_and_one_press_chooses(visit: Come, shelters: list[Any], tmp_path: Path) -> None:
    rows, places = rows_of(shelters[:4])
    gdb = by_gdal(tmp_path / "应急.gdb", "OpenFileGDB", [shapely.Point(one) for one in places],
                  {"编号": [one[0] for one in rows], "名称": [one[1] for one in rows]}, layer="避难场所_2026年秋季复核成果")  # fmt: skip
    by_gdal(gdb, "OpenFileGDB", [shapely.box(109.7, 40.6, 109.8, 40.7)], {"名称": ["甲"]}, layer="防火区", append=True, geometry_type="MultiPolygon")
    one = visit(Role.GIS_STAFF)
    drop(one, packed(gdb, "应急"))
    one.until(lambda: one.page.locator("#load-layer").count() == 1, "the file's name is that of no layer")
    one.page.select_option("#load-layer", label="应急避难场所")
    settled(one)
    assert one.page.locator(".sublayer").all_inner_texts() == ["避难场所_2026年秋季复核成果\n点 · 4 条\n用这个", "防火区\n多面 · 1 条\n用这个"]
    one.shot("upload_sublayers_1280")
    one.page.click(".sublayer:has-text('避难场所') button")
    one.until(lambda: one.page.locator("#step-4").count() == 1, "the layer that was chosen is rehearsed")
    assert "这一层" in one.page.inner_text("#right")


def test_a_system_or_an_encoding_that_is_not_offered_is_written(visit: Come, tmp_path: Path) -> None:
    places = [(109.5 + n / 30, 40.58 + n / 300) for n in range(9)]
    metres = [transformer("EPSG:4490", "EPSG:4546").transform(*one) for one in places]
    rows = [(f"H-{n}", f"手写{n}", 5, "短期", "") for n in range(9)]
    one = visit(Role.GIS_STAFF)
    drop(one, packed(made(tmp_path, rows, metres, prj=None), "避难场所手写"))
    settled(one)
    said = one.page.inner_text(".note[role=alert]")
    assert "怎么办" in said and "小图" in said and "--" not in said and "EPSG" not in said, said
    one.page.fill("[aria-label=其他坐标系]", "EPSG:4546")
    one.page.keyboard.press("Enter")
    one.until(lambda: one.page.locator("text=装载 9 行").count() == 1, "read in the system that was written")
    one.page.click(".found-row:has-text('编码') .link")
    one.page.fill("[aria-label=其他编码]", "big5")
    one.page.keyboard.press("Enter")
    one.until(lambda: one.page.locator("#right .note[role=alert]:has-text('编码')").count() == 1 or "Big5" in one.page.inner_text("#right"), "read as was written, or told that it does not fit")


def test_who_knows_that_places_come_from_a_web_map_says_so(visit: Come, tmp_path: Path) -> None:
    true = [(109.61, 40.61), (109.62, 40.61)]
    drawn = np.column_stack(gcj02_from_wgs84(*np.array(true).T))
    rows = [(f"W-{n}", f"网图{n}", 5, "短期", "") for n in range(2)]
    one = visit(Role.GIS_STAFF)
    drop(one, packed(made(tmp_path, rows, drawn), "避难场所网图"))
    settled(one)
    assert "未发现" in one.page.inner_text("#right .found")
    one.page.click(".found-row:has-text('偏移') .link")
    one.page.click("#right .found button:has-text('GCJ-02')")
    one.until(lambda: "已按网络地图坐标纠正" in one.page.inner_text("#right"), "corrected as was said")
    seen = one.page.evaluate("fetch('/api/v1/loads?limit=1').then(one => one.json())")["loads"][0]
    rehearsed = one.page.evaluate(f"fetch('/api/v1/loads/{seen['id']}/rehearsal').then(one => one.json())")
    assert rehearsed["rows"]["features"][0]["geometry"]["coordinates"] == pytest.approx(true[0], abs=1e-5)


def test_a_new_layer_shows_its_fields_and_what_they_count_is_corrected(visit: Come, tmp_path: Path) -> None:
    rows = "\n".join(f"村{n},{100 + n},{n},{109.5 + n / 50},40.6" for n in range(4))
    one = visit(Role.GIS_STAFF)
    drop(one, {"村庄统计.csv": f"名称,人口,户数,经度,纬度\n{rows}\n坏村,1,1,,\n".encode()})
    one.page.fill("#load-name", "village_counts")
    one.page.click(".panel-acts .primary")
    settled(one)
    assert "新建这个图层" in one.page.inner_text("#step-4") and one.page.locator(".fate").count() == 2
    sums = one.page.locator("select[aria-label^=人口]")
    assert sums.input_value() == "people", "told by its name"
    assert "第 6 行" in one.page.inner_text(".problem-row"), "as the file's own lines count, header and all"
    sums.select_option("none")
    one.until(lambda: one.page.locator("select[aria-label^=人口]").count() == 1 and one.page.locator("select[aria-label^=人口]").input_value() == "none" and one.page.locator(".panel-acts .primary").count() == 1, "rehearsed again")
    one.shot("upload_new_layer_1280")
    one.page.click(".panel-acts .primary")
    one.see("已写入")
    one.server.database.space().refresh()
    assert one.server.database.space().catalogue["village_counts"].field("ren_kou").counts_as is None  # type: ignore[union-attr]


def test_swapped_axes_are_set_right_with_one_press(visit: Come, tmp_path: Path) -> None:
    rows = [(f"A-{n}", f"互换{n}", 5, "短期", "") for n in range(3)]
    one = visit(Role.GIS_STAFF)
    paste(one, packed(made(tmp_path, rows, [(40.6, 109.6), (40.61, 109.7), (40.62, 109.8)]), "避难场所"))
    settled(one)
    one.page.click("button:has-text('互换横纵坐标再看')")
    one.until(lambda: one.page.locator("text=装载 3 行").count() == 1, "read the other way round")


def test_angles_in_doubt_are_chosen_by_what_each_reading_gives(visit: Come) -> None:
    rows = "".join(f"V{n},村{n},109.48{n:02d},40.36{n + 10:02d}\n" for n in range(12))
    one = visit(Role.GIS_STAFF)
    drop(one, {"村委会.csv": f"编号,名称,经度,纬度\n{rows}".encode()})
    one.page.fill("#load-name", "village_halls")
    one.page.click(".panel-acts .primary")
    settled(one)
    assert "在下面选" in one.page.inner_text(".note[role=alert]")
    readings = [text.split("\n")[:2] for text in one.page.locator("#right .reading").all_inner_texts()]
    assert readings == [["十进制度", "109.480000, 40.361000"], ["度.分秒", "109.800000, 40.602778"]]
    one.shot("upload_angles_1280")
    one.page.click("#right .reading:has-text('度.分秒') button")
    one.until(lambda: one.page.locator("text=装载 12 行").count() == 1, "read as was said")
    seen = one.page.evaluate("fetch('/api/v1/loads?limit=1').then(one => one.json())")["loads"][0]
    rehearsed = one.page.evaluate(f"fetch('/api/v1/loads/{seen['id']}/rehearsal').then(one => one.json())")
    assert rehearsed["rows"]["features"][0]["geometry"]["coordinates"] == pytest.approx((109.8, 40.602778), abs=1e-5)


def test_one_row_is_one_row_in_english(visit: Come) -> None:
    one = visit(Role.GIS_STAFF, language="en")
    for rows, words in (("W1,一,109.6,40.6\n", "Load 1 row"), ("W1,一,109.6,40.6\nW2,二,109.61,40.6\n", "Load 2 rows")):
        drop(one, {f"wells{len(rows)}.csv": ("code,name,lon,lat\n" + rows).encode()})
        one.until(lambda: one.page.locator("#load-name").count() == 1, "asked what layer it becomes")
        one.page.fill("#load-name", "english_wells")
        one.page.click(".panel-acts .primary")
        settled(one)
        assert one.page.locator(".panel-acts .primary").inner_text() == words


def test_a_column_is_given_to_another_field_and_the_required_one_is_asked_for(visit: Come, tmp_path: Path) -> None:
    shapefile(tmp_path / "parts", points=[(109.6, 40.6), (109.7, 40.6)], table=dbf([("K1", "甲"), ("K2", "乙")], (("xx", "C", 10), ("MC", "C", 20))))
    one = visit(Role.GIS_STAFF)
    drop(one, packed(tmp_path / "parts", "避难场所"))
    settled(one)
    assert "编号字段「编号」" in one.page.inner_text(".note[role=alert]"), "a field is called as people call it"
    assert "编码" in one.page.inner_text(".mapping") or one.page.locator(".mapping select").count() == 2
    one.page.select_option(".mapping select[aria-label^=xx]", "code")
    one.until(lambda: one.page.locator("text=装载 2 行").count() == 1, "the code comes from the column that was chosen")
    assert "你指定" in one.page.inner_text(".mapping")


def test_what_gives_way_to_a_rehearsal_is_shown_again_after_a_reload(visit: Come, tmp_path: Path) -> None:
    one = visit(Role.GIS_STAFF)
    before = one.page.locator("#left .layer .tick:checked").count()
    drop(one, packed(made(tmp_path, [("R-1", "让位", 5, "短期", "")], [(109.6, 40.6)]), "避难场所让位"))
    settled(one)
    one.page.reload()
    one.ready()
    assert one.page.locator("#left.rail").count() == 0, "the tree was folded by the rehearsal, not by hand"
    drop(one, packed(made(tmp_path, [("R-1", "让位", 5, "短期", "")], [(109.6, 40.6)]), "避难场所让位"))
    settled(one)
    one.page.click("#left.rail button >> nth=0")
    one.until(lambda: one.page.locator("#left.rail").count() == 0 and one.page.locator("#left .layer .tick:checked").count() < before, "the layers gave way")
    tick = one.page.locator(".layer[data-layer=rescue_teams] .tick")
    tick.check()  # what the reader arranges meanwhile is kept, and the rest as it was
    one.page.reload()
    one.ready()
    assert one.page.locator("#left .layer .tick:checked").count() == before


def test_a_phone_shows_the_whole_button(visit: Come, tmp_path: Path) -> None:
    one = visit(Role.GIS_STAFF, size=(390, 844))
    drop(one, packed(made(tmp_path, [("P-1", "手机甲", "约", "短期", ""), ("P-2", "手机乙", 5, "短期", "")], [(109.6, 40.6), (109.7, 40.6)]), "避难场所手机"))
    settled(one)
    one.until(lambda: one.page.locator(".panel-acts .wide").count() == 1, "it can be loaded")
    cut = one.page.evaluate("[...document.querySelectorAll('.panel-acts .btn, .panel-acts .cut')].filter(one => one.scrollWidth > one.clientWidth + 1).map(one => one.textContent)")
    wide = one.page.locator(".panel-acts .wide").bounding_box()
    assert cut == [] and wide and wide["width"] > 340, "the button that writes has a row of its own"
    one.shot("upload_phone_390")


def test_the_panel_speaks_english(visit: Come, tmp_path: Path) -> None:
    rows = [(f"E-{n}", f"Hall {n}", 5, "短期", "") for n in range(3)]
    one = visit(Role.GIS_STAFF, language="en", size=(1920, 1080))
    drop(one, packed(made(tmp_path, rows, [(109.6, 40.6), (109.7, 40.6), (109.8, 40.6)]), "shelters"))
    settled(one)
    words = one.page.evaluate("[...document.querySelectorAll('.steps, .section-head, .fates, .panel-acts, .rank-head, .found .dt, .table th')].map(one => one.textContent).join(' ')")
    assert not any("\u4e00" <= letter <= "\u9fff" for letter in words), words
    cut = one.page.evaluate("[...document.querySelectorAll('.panel-acts .cut, .steps span, .fate span')].filter(one => one.scrollWidth > one.clientWidth + 1).map(one => one.textContent)")
    assert cut == [] and json.dumps(words)
    one.shot("upload_english_1920")


def test_a_table_of_chainages_becomes_stretches_of_the_dike(visit: Come, afterwards: ExitStack) -> None:
    one = visit(Role.GIS_STAFF)
    afterwards.callback(clear, one.server, "river_sections", "桩号")
    rows = ("ZH-1,桩号甲段,黄河,左岸,230+000,233+500", "ZH-2,桩号乙段,黄河,左岸,K233+500,K236+000", "ZH-3,桩号丙段,黄河,左岸,226+000,326+000", "ZH-4,桩号丁段,黄河,右岸,230+000,231+000")
    drop(one, {"险工险段.csv": "\r\n".join(("编号,名称,所在河流,岸别,起点桩号,终点桩号", *rows)).encode()})
    settled(one)
    body = one.page.inner_text("#right")
    for words in ("位置按起止桩号在「河流沟道」的线上量得", "K226+000–K326+000 不在线上", "黄河左岸大堤 K226+000–", "没有「黄河 右岸」这条线", "装载 2 行"):
        assert words in body, words
    assert "偏移" not in one.page.inner_text("#step-2") and one.page.locator("#step-2 .link").count() == 1, "only the encoding is open to change"
    assert one.page.locator("path.z-outline.new").count() == 2, "the stretches lie on the map as lines"
    one.picture("chainage_1280")
    one.page.click(".panel-acts .primary")
    one.see("已写入")
    first, second = sorted(alike(one.server, "river_sections", "桩号"), key=lambda each: each.properties["code"])
    assert first.geometry.coords[-1] == second.geometry.coords[0], "one begins where the other ends"
    one.find("桩号甲段 232+000")
    one.until(lambda: "桩号" in one.page.inner_text("#right") or one.page.locator("#right h2").count() == 1, "its chainage is found")
