"""Basemaps at the foot of the layer tree: one from a file comes up under the layers, a dead one changes nothing but its words."""

from __future__ import annotations

from collections.abc import Callable

from tests.browser.conftest import Visit

Come = Callable[..., Visit]
GROUND = "getComputedStyle(document.querySelector('.leaflet-ground-pane')).visibility"


def symbols(one: Visit) -> int:
    return one.page.locator(".sym, .cluster").count()


def test_an_offline_file_lies_under_the_layers(visit: Come) -> None:
    one = visit()
    assert one.page.evaluate(GROUND) == "visible"
    one.page.check("[data-basemap=offline] input")
    one.until(lambda: one.page.evaluate("document.body.dataset.under") == "offline", "its tiles came")
    assert "2026-05-01" in one.page.inner_text("[data-basemap=offline]"), "the day that it shows"
    assert one.page.evaluate(GROUND) == "visible", "imagery ends somewhere: our own ground lies on under it"
    above = "getComputedStyle(document.querySelector('.leaflet-basemap-pane')).zIndex - getComputedStyle(document.querySelector('.leaflet-ground-pane')).zIndex"
    assert one.page.evaluate(above) > 0
    assert symbols(one) > 20
    one.shot("basemap_offline_1280")
    one.page.reload()
    one.ready()
    one.until(lambda: one.page.evaluate("document.body.dataset.under") == "offline", "it is chosen still")
    one.page.check("[data-basemap=''] input")
    one.until(lambda: one.page.evaluate(GROUND) == "visible", "our own is back")


def test_a_source_that_does_not_answer_changes_nothing_but_its_words(visit: Come) -> None:
    one = visit()
    one.refusals = (503,)
    before = symbols(one)
    one.page.check("[data-basemap=dead] input")
    one.until(lambda: "未接通 自" in one.page.inner_text("[data-basemap=dead]"), "the tree says so, and since when")
    assert one.page.evaluate(GROUND) == "visible"
    assert symbols(one) == before
    one.page.keyboard.press("Escape")
    one.find("109.64,40.61")
    one.page.keyboard.press("n")
    one.until(lambda: one.page.locator(".row .badge").count() >= 15, "the page answers as before")
    one.shot("basemap_dead_1280")
