"""The print panel: the preview is the sheet, what is downloaded is a PDF with the answer that the screen shows."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO

import pytest
from pypdf import PdfReader

from layers.spec import Role
from tests.browser.conftest import Visit

Come = Callable[..., Visit]
PATIENT_MS = 90_000  # a sheet is drawn in a second; half a minute it took where ten others were at work


def preview(one: Visit) -> None:
    one.until(lambda: one.page.evaluate("(() => { const i = document.querySelector('.sheet-preview img'); return i && i.naturalWidth > 400 && !document.querySelector('.sheet-preview.busy'); })()"),
              "the preview is drawn")


def test_from_an_answer_to_a_sheet_of_it(visit: Come) -> None:
    one = visit()
    one.find("109.64,40.61")
    one.page.keyboard.press("n")
    one.until(lambda: one.page.locator(".row .badge").count() >= 15, "three layers are ranked")
    first = one.page.inner_text(".row >> nth=0 >> .what b")
    one.page.keyboard.press("i")
    preview(one)
    assert "1 / " in one.page.inner_text(".pager") and "1 : " in one.page.inner_text(".pager")
    one.picture("print_1280")
    one.page.fill("#print-title", "哈林格尔园区")
    one.page.keyboard.press("Tab")
    one.page.select_option("#print-scale", "100000")
    preview(one)
    assert "1 : 100 000" in one.page.inner_text(".pager")
    with one.page.expect_response(lambda answer: answer.url.endswith("/api/v1/print") and "pdf" in answer.headers.get("content-type", ""), timeout=PATIENT_MS) as got:
        one.page.click(".panel-acts .primary")
    asked = got.value.request  # the browser keeps no body of a download: the same is asked once more
    again = one.page.request.post(asked.url, data=asked.post_data, headers={"Content-Type": "application/json", "X-CSRF-Token": asked.headers["x-csrf-token"]}, timeout=PATIENT_MS)
    said = "\n".join(page.extract_text() for page in PdfReader(BytesIO(again.body())).pages)
    for wanted in ("哈林格尔园区", first, "1 : 100 000", "最近资源", "打印：duty_officer", "更近"):
        assert wanted in said, wanted


@pytest.mark.parametrize(("size", "language"), [((1920, 1080), "en")])
def test_the_panel_in_english_on_a_large_screen(visit: Come, size: tuple[int, int], language: str) -> None:
    one = visit(size=size, language=language)
    one.page.click("[aria-label='Print']")
    preview(one)
    one.page.click(".segments button:has-text('Portrait')")
    preview(one)
    assert one.page.evaluate("(() => { const i = document.querySelector('.sheet-preview img'); return i.naturalHeight > i.naturalWidth; })()")
    one.page.click("[aria-label='Next page']")
    one.until(lambda: "Page 2" in one.page.inner_text(".pager"), "the second page is shown")
    preview(one)
    one.shot("print_english_1920")


def test_a_view_that_cannot_be_printed_is_refused_in_words(visit: Come) -> None:
    one = visit(role=Role.VIEWER)
    one.refusals = (422,)
    one.page.evaluate("onemap.view.map.setView([40.6, 109.7], 4, { animate: false })")
    one.page.keyboard.press("i")
    one.see("范围太大")
    assert not one.page.locator(".panel-acts .primary").is_visible()
