"""Names as long as a bureau gives them: cut with an ellipsis or wrapped, never over what stands beside them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from shapely.geometry import Point, box

from layers.spec import (
    OPERATOR,
    Family,
    Field,
    Geometry,
    Label,
    Layer,
    Role,
    Style,
)
from tests.browser.conftest import Server, Visit, layers_of_tests

LONG = "包头市九原区应急管理局防汛抗旱与森林草原防灭火前置备勤物资储备点位以及临时安置场所综合管理信息登记核查更新专用名册图层甲"
WORD = "Flood" * 11 + "store"  # no place to break it
assert len(LONG) == len(WORD) == 60

LAYER = Layer(
    id="long_named", label=Label(LONG, WORD), geometry=Geometry.POINT_OR_POLYGON, key="code", title="name", summary=("kind",), style=Style(Family.RESOURCE), ranked=True, exposed=True,
    fields=(Field("code", Label("编号", "Code"), required=True), Field("name", Label(LONG, WORD)), Field("kind", Label(LONG[:20], WORD[:20]))),
)

# What hangs out: wider inside than it is without being cut, cut without an ellipsis, or past the edge of its panel.
HANGING = """() => {
  const found = [];
  for (const one of document.querySelectorAll('.bar, .bar *, .band *, .left *, .right *, .legend, .legend *, .prompt, .pill, .pill *, .toast, .toast *')) {
    const style = getComputedStyle(one);
    if (!(one instanceof HTMLElement) || !one.offsetParent || style.display === 'inline' || style.position === 'absolute' && one.tagName === 'I' || one.matches('.heard, .sy, .holder') || ['SELECT', 'INPUT', 'CANVAS', 'IMG'].includes(one.tagName)) continue;
    const name = `${one.tagName.toLowerCase()}.${one.className} "${one.textContent.slice(0, 24)}"`;
    const cut = style.overflowX !== 'visible';
    if (one.clientWidth && one.scrollWidth > one.clientWidth + 1 && !(cut && (style.textOverflow === 'ellipsis' || style.webkitLineClamp !== 'none'))) found.push(`${name}: ${one.scrollWidth} in ${one.clientWidth}`);
    const home = one.closest('.left, .right, .legend, .drop');
    if (home && one.getBoundingClientRect().right > home.getBoundingClientRect().right + 1) found.push(`${name}: past the edge`);
  }
  for (const one of document.querySelectorAll('.float, .pill, .toast')) {
    const [box, map] = [one.getBoundingClientRect(), document.querySelector('.main').getBoundingClientRect()];
    if (box.width && (box.right > map.right + 1 || box.left < map.left - 1)) found.push(`${one.className}: past the map`);
  }
  return found;
}"""


@pytest.fixture(scope="module")
def long_names(live_server: Server) -> Iterator[None]:
    with layers_of_tests(live_server, LAYER) as space:
        with space.transaction(OPERATOR, reason=LONG) as store:
            for i, (name, at) in enumerate([(LONG, Point(109.64, 40.61)), (WORD, Point(109.645, 40.612)), (LONG, box(109.63, 40.60, 109.65, 40.62))]):
                store.insert("long_named", {"code": f"LN-{i}", "name": name, "kind": name}, at)
        yield


def walk(one: Visit) -> Iterator[str]:
    """Every place of the page that shows names, one after the other."""
    yield "tree and legend"
    one.page.keyboard.press("/")
    one.page.keyboard.type("LN-")
    one.until(lambda: one.page.locator("#found [role=option]").count() >= 3, "found by code")
    yield "search results"
    one.page.keyboard.press("Enter")
    one.until(lambda: one.page.locator(".panel-head h2").count() == 1 and one.page.locator(".history li").count() > 0, "the card is open")
    yield "card"
    one.page.evaluate("onemap.question.at({lon: 109.64, lat: 40.61}, 'nearest')")
    one.until(lambda: one.page.locator(".row .badge").count() >= 3, "ranked")
    yield "ranked rows"
    one.page.evaluate("onemap.view.map.setView([40.70, 109.45], 13, {animate: false})")
    one.until(lambda: one.page.locator(".pill").count() > 0, "pills point to those out of view")
    yield "pills"
    one.page.evaluate("onemap.question.open('zone')")
    one.until(lambda: one.page.locator(".table tbody tr").count() > 0, "the zone is asked about")
    yield "table"
    one.page.keyboard.press("p")
    one.until(lambda: one.page.locator(".right .row").count() > 0, "layers to plot on")
    yield "plot"


@pytest.mark.usefixtures("long_names")
@pytest.mark.parametrize(("language", "size"), [("zh", (1280, 800)), ("en", (1280, 800)), ("en", (390, 844))])
def test_nothing_hangs_over_what_stands_beside_it(visit: Callable[..., Visit], language: str, size: tuple[int, int]) -> None:
    one = visit(Role.PLANNER, size=size, language=language)
    hanging = {}
    for place in walk(one):
        one.shot(f"long_{language}_{size[0]}_{place.replace(' ', '_')}")
        found = one.page.evaluate(HANGING)
        if found:
            hanging[place] = found
    assert hanging == {}


@pytest.mark.usefixtures("long_names")
def test_a_build_that_lets_a_name_run_on_is_caught(visit: Callable[..., Visit]) -> None:
    one = visit(Role.PLANNER, language="en")
    one.until(lambda: WORD in one.page.inner_text(".layer[data-layer=long_named]"), "the tree names it")
    assert one.page.evaluate(HANGING) == []
    one.page.evaluate("document.querySelectorAll('.legend .cut, .layer .cut').forEach(each => each.classList.remove('cut'))")
    assert one.page.evaluate(HANGING)
