"""What is needed, entered in the ranking: reasons, skills, articles met from several depots, limits of age, the incident."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.browser.conftest import Visit
from tests.browser.test_access import dressed

Come = Callable[..., Visit]
PARK = "109.655,40.600"


def asked(visit: Come, place: str = PARK, theme: str = "day", **how: object) -> Visit:
    one = dressed(visit(**how), theme)
    one.find(place)
    one.page.keyboard.press("n")
    one.until(lambda: one.page.locator(".row .badge").count() >= 10, "the layers are ranked")
    return one


def head(one: Visit, word: str) -> str:
    return one.page.locator(f".rank-head:has-text('{word}')").inner_text()


@pytest.mark.parametrize(("language", "theme", "size"), [("zh", "day", (1280, 800)), ("en", "day", (1280, 800)), pytest.param("zh", "wall", (1920, 1080), marks=pytest.mark.slow)])
def test_every_reason_is_one_step_away(visit: Come, language: str, theme: str, size: tuple[int, int]) -> None:
    one = asked(visit, theme=theme, language=language, size=size)
    one.page.click("[data-part=needs]")
    one.page.click(".needs-form .chip:has-text('危化救援')" if language == "zh" else ".needs-form .chip:has-text('Chemical rescue')")
    word = "无所需能力" if language == "zh" else "Lacks the skill"
    one.until(lambda: one.page.locator(f".out:has-text('{word}')").count() > 0, "the unskilled are left out with that reason")
    one.page.click("[data-part=needs]")
    more = one.page.locator(".out .more").first
    more.click()
    opened = one.page.locator(".out:has(.more[aria-expanded=true]) .reasons li")
    assert opened.count() >= 2 and opened.first.is_visible()
    one.shot(f"reasons_{language}_{theme}_{size[0]}")
    more.click()
    assert not opened.first.is_visible()
    one.page.click(".none-row .link")
    count = one.page.evaluate("onemap.question.nearest.layers.find((one) => one.layer === 'rescue_teams').left_out.length")
    assert one.page.locator(".out").count() >= count > 8, "all that are nearer can be listed"


def test_a_team_with_a_skill_for_an_incident_in_few_steps(visit: Come) -> None:
    one = asked(visit)
    one.page.click("[data-part=needs]")
    one.page.click(".needs-form .chip:has-text('危化救援')")
    one.until(lambda: "危化救援" in head(one, "救援队伍"), "the head says what was asked for")
    assert "救援队伍" in one.page.locator(".rank-head").first.inner_text(), "what was needed comes first"
    assert one.page.locator(".out:has-text('园区危化应急救援队'):has-text('已调派他处')").count() == 1
    one.page.select_option("#needs-incident", label="园区液氨泄漏（演示）")
    one.until(lambda: one.page.locator(".row:has-text('园区危化应急救援队')").count() == 1, "its own order does not hold the team back")
    assert one.page.locator(".out:has-text('不适用于危化品事故')").count() > 0, "shelters are judged by its hazard"
    assert one.page.evaluate("onemap.question.nearest.needs.hazard") == "chemical"
    one.shot("needs_form_1280")


def test_articles_are_met_from_several_depots_shortfall_first(visit: Come) -> None:
    one = asked(visit)
    one.page.click("[data-part=needs]")
    one.page.click("text=加一项物资")
    one.page.select_option(".article select >> nth=0", index=next(place for place, text in enumerate(one.page.locator(".article select >> nth=0").locator("option").all_inner_texts()) if text.startswith("编织袋")))
    one.page.fill(".article input >> nth=0", "90000")
    one.page.keyboard.press("Tab")
    one.until(lambda: one.page.locator(".supply-sum .chip.bad:has-text('编织袋')").count() == 1, "the shortfall is said first")
    answer = one.page.evaluate("onemap.question.supply.articles[0]")
    assert answer["met"] + answer["short"] == 90_000 and len(answer["from"]) >= 2
    ranks = one.page.locator(".supply-head + .row .badge").first.inner_text()
    assert ranks == "1"
    marks = one.page.evaluate("[...onemap.state.marks.values()].filter((one) => one.feature.properties.layer === onemap.question.supply.layers[0].layer && one.rank).length")
    assert marks == one.page.evaluate("onemap.question.supply.features.length"), "the map shows the depots that are drawn on"
    assert one.page.locator(".still").count() > 0, "what does not count is named"
    one.page.click("[data-part=needs]")
    one.shot("supply_1280")
    one.page.click("[data-part=needs]")
    one.page.fill(".article input >> nth=0", "100")
    one.page.keyboard.press("Tab")
    one.until(lambda: one.page.locator(".supply-sum.met").count() == 1, "it can be met")
    one.page.click(".needs-bar .btn:has-text('清空')")
    one.until(lambda: one.page.locator(".supply-sum").count() == 0, "nothing is needed any more")


def test_limits_of_age_are_changed_for_one_question(visit: Come) -> None:
    one = asked(visit, "109.633,40.573")
    one.until(lambda: one.page.locator(".out:has-text('哈林格尔镇民兵应急班'):has-text('位置')").count() == 1, "its position is three days old")
    one.page.click("[data-part=limits]")
    assert one.page.get_attribute("#needs-position_minutes", "placeholder") == "1440"
    one.page.fill("#needs-position_minutes", "0")
    one.page.keyboard.press("Tab")
    one.until(lambda: one.page.locator(".row:has-text('哈林格尔镇民兵应急班')").count() == 1, "without a limit it is ranked")
    one.shot("limits_1280")
    assert one.page.evaluate("onemap.question.nearestAsked().position_minutes") == 0, "print takes the question along"


def test_the_needs_are_gone_with_the_question(visit: Come) -> None:
    one = asked(visit)
    one.page.click("[data-part=needs]")
    one.page.click(".needs-form .chip:has-text('灭火') >> nth=0")
    one.page.click(".panel-head .icon-btn[aria-label=关闭]")
    one.find(PARK)
    one.page.keyboard.press("n")
    one.until(lambda: one.page.evaluate("onemap.question.nearestAsked()"), "ranked anew")
    assert "needs" not in one.page.evaluate("onemap.question.nearestAsked()")
