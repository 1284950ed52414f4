"""The staff's own pictures from the page: dropped, named, dated, made by the worker, on the map without a reload, changed and taken away."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest

from app.basemaps.imagery import Imagery
from layers.spec import Role
from tests.app.basemaps.test_imagery import photo
from tests.browser.conftest import Server, Visit
from tests.browser.test_uploading import drop

Come = Callable[..., Visit]


@pytest.fixture(autouse=True)
def _none_after(live_server: Server, afterwards: ExitStack) -> None:
    def clear() -> None:
        imagery = Imagery(live_server.home)
        for one in imagery.all():
            imagery.remove(one.id)

    afterwards.callback(clear)


def test_a_picture_dropped_on_the_map_lies_under_it_dated_without_a_reload(visit: Come, tmp_path: Path) -> None:
    one = visit(Role.GIS_STAFF)
    drop(one, {"航拍_20260612.tif": photo(tmp_path / "a.tif").read_bytes()})
    one.until(lambda: one.page.locator("#picture-name").count() == 1, "it is offered as a background")
    assert one.page.input_value("#picture-name") == "航拍_20260612"
    one.page.fill("#picture-name", "七月洪水航拍")
    one.page.fill("#picture-date", "2026-07-12")
    one.until(lambda: "还没有放置影像" in one.page.inner_text("#right"), "what is placed is listed")
    one.shot("imagery_form_1280")
    one.page.click("button:has-text('作为底图放置')")
    one.see("「七月洪水航拍」已放到图层下面")
    one.until(lambda: one.page.locator(".basemaps .layer:has-text('七月洪水航拍')").count() == 1, "the tree has it")
    row = one.page.locator(".basemaps .layer:has-text('七月洪水航拍')")
    assert "2026-07-12" in row.inner_text() and row.locator("input").is_checked()
    one.until(lambda: one.page.locator("#right .view-row").count() == 1, "and so has the list")
    assert "gis_staff 放置于" in one.page.inner_text("#right .view-row")
    one.until(lambda: one.page.evaluate("document.body.dataset.under || ''").startswith("imagery-"), "its tiles came: the map went there")
    one.shot("imagery_done_1280")


def test_its_name_and_date_are_changed_and_it_is_taken_away(visit: Come, tmp_path: Path) -> None:
    visit_home = visit(Role.GIS_STAFF)
    picture = Imagery(visit_home.server.home).place(photo(tmp_path / "旧.tif"))
    one = visit(Role.GIS_STAFF, size=(1920, 1080), language="en")
    one.page.click(".basemaps .link")
    one.until(lambda: one.page.locator(f"[data-picture={picture.id}]").count() == 1, "it is listed")
    assert "date unknown" in one.page.inner_text(f"[data-picture={picture.id}]") and "system administrator" in one.page.inner_text(f"[data-picture={picture.id}]")
    one.page.click(f"[data-picture={picture.id}] [aria-label^='Name and date']")
    one.page.fill(f"#name-{picture.id}", "Survey")
    one.page.fill(f"#date-{picture.id}", "2026-06-12")
    one.shot("imagery_edit_1920")
    one.page.click(f"[data-picture={picture.id}] button:has-text('Save')")
    one.until(lambda: one.page.locator(".basemaps .layer:has-text('Survey'):has-text('2026-06-12')").count() == 1, "the tree says so")
    one.page.click(f"[data-picture={picture.id}] [aria-label^=Remove]")
    one.page.click("button:has-text('Remove this picture')")
    one.until(lambda: one.page.locator(".basemaps .layer:has-text('Survey')").count() == 0, "gone from the tree")
    assert Imagery(one.server.home).all() == ()


def test_what_cannot_be_placed_is_refused_in_the_sentence_of_the_command(visit: Come, tmp_path: Path) -> None:
    one = visit(Role.GIS_STAFF)
    drop(one, {"无坐标.tif": photo(tmp_path / "a.tif", epsg=None).read_bytes(), "无坐标.tfw": b"1\n0\n0\n-1\n0\n0\n"})
    one.until(lambda: one.page.locator("#picture-name").count() == 1, "a picture with what lies beside it")
    one.page.click("button:has-text('作为底图放置')")
    one.see("里没有坐标系或位置，不知道该放在哪里")
    one.see("导出为 GeoTIFF")
    one.shot("imagery_refused_1280")
    assert Imagery(one.server.home).all() == ()
    one.page.click("button:has-text('换一幅')")
    one.until(lambda: one.page.locator("#picture-file").count() == 1, "another can be chosen")
    one.page.click(".tree-head .icon-btn >> nth=2")
    one.page.set_input_files("#load-file", photo(tmp_path / "选的.tif"))
    one.until(lambda: one.page.locator("#picture-name").count() == 1 and one.page.input_value("#picture-name") == "选的", "chosen where one loads it is offered as well")


def test_who_may_not_place_pictures_is_told_who_does(visit: Come, tmp_path: Path) -> None:
    one = visit(Role.PLANNER)
    assert one.page.locator(".basemaps .link").count() == 0
    drop(one, {"航拍.tif": photo(tmp_path / "a.tif").read_bytes()})
    one.until(lambda: one.page.locator("#load-layer").count() == 1, "as any file")
    one.page.select_option("#load-layer", label="应急避难场所")
    one.see("是影像（GeoTIFF），里面没有要素")
    one.see("请数据员放成底图")
    assert one.page.locator("button:has-text('作为底图放置')").count() == 0


def test_others_see_a_picture_that_was_placed_without_coming_back_to_their_page(visit: Come, tmp_path: Path) -> None:
    other = visit(Role.DUTY_OFFICER)
    assert other.page.locator(".basemaps .layer:has-text('新航拍')").count() == 0
    placed = Imagery(other.server.home).place(photo(tmp_path / "新航拍.tif"))
    other.until(lambda: other.page.locator(f".basemaps [data-basemap={placed.id}]").count() == 1, "the stream tells of it")
    Imagery(other.server.home).remove(placed.id)
    other.until(lambda: other.page.locator(f".basemaps [data-basemap={placed.id}]").count() == 0, "and of its going")


LARGE = """() => {
  const data = new DataTransfer();
  const file = new File(['II*'], '大片.tif');
  Object.defineProperty(file, 'size', {value: 700 * 1024 * 1024});
  const input = document.querySelector('#picture-file');
  Object.defineProperty(input, 'files', {value: [file]});
  input.dispatchEvent(new Event('change'));
}"""


def test_a_picture_too_large_for_the_page_is_told_before_anything_is_sent_with_the_command_to_use(visit: Come) -> None:
    one = visit(Role.GIS_STAFF)
    sent: list[str] = []
    one.page.on("request", lambda asked: sent.append(asked.url) if asked.method == "POST" else None)
    one.page.click(".basemaps .link")
    one.until(lambda: one.page.locator("#picture-file").count() == 1, "the form")
    one.page.evaluate(LARGE)
    said = one.page.inner_text("#right .note.bad")
    assert "700 MB" in said and "最多收 500 MB" in said and "onemap imagery place '大片.tif' --name '大片'" in said, said
    one.page.fill("#picture-date", "2026-06-12")
    assert "--date 2026-06-12" in one.page.inner_text("#right .note.bad")
    one.shot("imagery_large_1280")
    assert one.page.locator("button:has-text('作为底图放置')").count() == 0 and not any("uploads" in each for each in sent)
