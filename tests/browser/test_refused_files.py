"""Files that are not taken, and examinations that end early: said in words that lead on, with nothing left behind."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from app.command import load_work
from geodata.store import loads as records
from layers.spec import Role
from tests.browser.conftest import Visit
from tests.browser.test_uploading import drop, made, packed, settled

Come = Callable[..., Visit]


def test_a_broken_zip_is_refused_in_words_and_leaves_nothing(visit: Come, tmp_path: Path) -> None:
    whole = packed(made(tmp_path, [("B-1", "坏", 5, "短期", "")], [(109.6, 40.6)]), "避难场所坏")
    name, content = next(iter(whole.items()))
    one = visit(Role.GIS_STAFF)
    drop(one, {name: content[: len(content) // 2]})
    settled(one)
    said = one.page.inner_text("#right .note.bad")
    assert "没有被接受" in said and "怎么办" in said
    one.shot("upload_refused_1280")
    assert one.page.locator(".panel-acts .btn:has-text('换文件或图层')").count() == 1
    one.until(lambda: not list((one.server.home / "uploads").glob("*/避难场所坏.zip")), "no file stays")


def test_a_picture_under_another_name_is_offered_as_a_background_where_it_is_refused_as_a_layer(visit: Come) -> None:
    one = visit(Role.GIS_STAFF)
    drop(one, {"避难场所.dat": b"II*\0" + bytes(4000)})
    one.until(lambda: one.page.locator("#load-layer, .note[role=alert]").count() >= 1, "it is asked for or refused")
    if one.page.locator("#load-layer").count():
        one.page.select_option("#load-layer", label="应急避难场所")
    one.see("是影像（GeoTIFF），里面没有要素")
    one.shot("upload_picture_1280")
    one.page.click("button:has-text('作为底图放置')")
    one.until(lambda: one.page.locator("#picture-name").count() == 1, "its own door")
    assert one.page.input_value("#picture-name") == "避难场所"


def test_a_system_that_nobody_here_can_convert_is_refused_with_who_can(visit: Come, tmp_path: Path) -> None:
    old = 'GEOGCS["GCS_Beijing_1954",DATUM["D_Beijing_1954",SPHEROID["Krasovsky_1940",6378245.0,298.3]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]]'
    one = visit(Role.GIS_STAFF)
    drop(one, packed(made(tmp_path, [("O-1", "旧坐标", 5, "短期", "")], [(109.6, 40.6)], prj=old), "避难场所旧坐标"))
    settled(one)
    said = one.page.inner_text("#right .note.bad")
    assert "没有被接受" in said and "测绘部门" in said and "--" not in said, said
    assert one.page.locator(".system").count() == 0, "no choice of ours would help"


def many(count: int = 120_000) -> dict[str, bytes]:
    rows = "\n".join(f"C-{n},停{n},{109.4 + n % 600 / 1000:.4f},40.6" for n in range(count))
    return {"避难场所大.csv": ("编号,名称,经度,纬度\n" + rows).encode()}


def test_an_examination_that_broke_off_says_so_and_is_tried_again(visit: Come) -> None:
    one = visit(Role.GIS_STAFF)
    database = one.server.database

    def broken() -> bool:
        found = [each for each in records.newest(database.engine, states=("examining",), limit=5) if each.file == "避难场所大.csv"]
        return bool(found) and load_work.settle(database, found[0], load_work.LoadBrokenOff()) is not None

    drop(one, many())
    one.until(lambda: one.page.locator(".working .progress").count() == 1, "it says that it is at work")
    one.until(broken, "whoever worked on it is gone")
    one.until(lambda: one.page.locator(".note[role=alert]").count() == 1, "the page hears of it")
    said = one.page.inner_text(".note[role=alert]")
    assert "中途停止" in said and "没有写入" in said, said
    one.page.click(".note[role=alert] button:has-text('再试')")
    one.until(lambda: one.page.locator(".working").count() == 1, "the same file again")
    one.page.click(".panel-acts button:has-text('停止')")
    one.until(lambda: one.page.locator("#load-file").count() == 1, "back at the file")


def test_an_examination_can_be_stopped_and_the_past_takes_no_file(visit: Come, tmp_path: Path) -> None:
    one = visit(Role.GIS_STAFF)
    drop(one, many())
    one.page.click(".panel-acts button:has-text('停止')")
    one.until(lambda: one.page.locator("#load-file").count() == 1, "back at the file")
    loads = one.page.evaluate("fetch('/api/v1/loads?limit=1').then(one => one.json())")["loads"]
    assert not loads or loads[0]["file"] != "避难场所大.csv" or loads[0]["state"] == "cancelled"
    one.until(lambda: not list((one.server.home / "uploads").glob("*/避难场所大.csv")), "no file stays")
    past = visit(Role.GIS_STAFF, path=f"/spaces/past-{datetime.now(UTC) - timedelta(seconds=2):%Y%m%dT%H%M%SZ}/")
    assert past.page.locator(".drop-veil").count() == 0 and past.page.locator("[aria-label=装载数据]").count() == 0
