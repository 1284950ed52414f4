"""The export panel: from a layer's settings and its table, in words of either language, with what will be in the file."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from layers.spec import Role
from tests.browser.conftest import Visit

Come = Callable[..., Visit]


def open_export(one: Visit) -> str:
    """The panel of the first ranked layer, by its settings in the tree; gives the layer's id."""
    layer: str = one.page.evaluate("[...onemap.state.layers.values()].find(layer => layer.ranked && layer.count > 3 && layer.geometry !== 'none').id")
    one.page.click(f"[data-line={layer}] .disclose")
    one.page.click(f"#settings-{layer} [data-key=export]")
    one.until(lambda: one.page.locator("[data-format]").count() == 8, "all formats are offered")
    return layer


def answers(one: Visit) -> list[Any]:
    """What comes back of exports, as it comes."""
    got: list[Any] = []

    def pass_on(route: Any) -> None:
        answer = route.fetch()
        got.append((json.loads(route.request.post_data), answer.body()))
        route.fulfill(response=answer)

    one.page.route("**/export", pass_on)
    return got


def test_a_layer_goes_out_of_its_settings_as_a_shapefile_in_gbk_on_the_grid(visit: Come) -> None:
    one = visit(Role.PLANNER)
    layer = open_export(one)
    got = answers(one)
    one.page.click("[data-format=shp]")
    one.page.click(".segments button:has-text('GBK')")
    one.page.select_option("#export-system", "EPSG:4546")
    one.see("以星号遮盖")
    one.shot("export_1280")
    one.page.click(".panel-acts .btn")
    one.see("已导出")
    asked, body = got[0]
    assert (asked["format"], asked["encoding"], asked["crs"]) == ("shp", "GBK", "EPSG:4546")
    with zipfile.ZipFile(io.BytesIO(body)) as packed:
        assert "EPSG:4546" in packed.read("columns.txt").decode("utf-8-sig")
        assert any(name.startswith(layer) and name.endswith(".shp") for name in packed.namelist())


def test_the_systems_follow_the_format_and_the_shift_is_said(visit: Come) -> None:
    one = visit(Role.VIEWER, language="en")
    open_export(one)
    one.until(lambda: one.page.locator("#export-system option").count() == 9, "degrees, six grids and the shift")
    one.page.select_option("#export-system", "gcj02")
    one.see("about 500 m off")
    one.page.click("[data-which=view] input")
    one.see("Export")
    one.shot("export_en_1280")
    one.page.click("[data-format=kml]")
    one.until(lambda: one.page.locator("#export-system option").count() == 3, "degrees only")
    one.page.click("[data-format=dxf]")
    one.until(lambda: one.page.input_value("#export-system") == "EPSG:4546", "metres only, the district's own first")


def test_what_lies_in_the_drawn_zone_goes_out(visit: Come) -> None:
    one = visit(Role.DUTY_OFFICER)
    one.page.evaluate("onemap.state.zone = { kind: 'circle', lon: 109.83, lat: 40.65, radius_m: 3000 }")
    open_export(one)
    got = answers(one)
    one.page.click("[data-format=geojson]")
    one.page.click("[data-which=zone] input")
    one.until(lambda: one.page.locator(".panel-acts .btn").count() == 1, "counted")
    said = one.page.inner_text(".panel-acts .btn")
    one.page.click(".panel-acts .btn")
    one.see("已导出")
    asked, body = got[0]
    count = len(json.loads(body)["features"])
    assert asked["buffer_m"] == 3000 and f" {count} " in said


def test_looking_back_the_file_is_of_that_moment_and_says_so(visit: Come) -> None:
    moment = datetime.now(UTC) - timedelta(seconds=2)
    one = visit(Role.DUTY_OFFICER, path=f"/spaces/past-{moment:%Y%m%dT%H%M%SZ}/")
    open_export(one)
    one.see("数据为 ")
    got = answers(one)
    one.page.click("[data-format=csv]")
    one.until(lambda: one.page.locator(".panel-acts .btn").count() == 1, "counted")
    one.page.click(".panel-acts .btn")
    one.see("已导出")
    assert got and "/spaces/past-" in one.page.url
