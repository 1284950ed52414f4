"""The guides as pages: each in both languages, links that lead somewhere, nothing that the policy refuses."""

from __future__ import annotations

import re

import pytest

from app.guides import (
    DOCS,
    GUIDES,
    PICTURES,
    REFERENCES,
    GuideNotFound,
    guide,
    guide_of,
)
from layers.spec import Role

PAGES = [*GUIDES, *REFERENCES]


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_page_has_no_dead_link_no_missing_picture_and_no_inline_style(name: str, language: str) -> None:
    html = guide(name, language).html
    assert set(re.findall(r'href="([^"#]*)', html)) <= {f"/help/{one}" for one in PAGES}
    assert all((PICTURES / one).is_file() for one in re.findall(r'src="/help/pictures/([^"]*)"', html))
    assert 'src=""' not in html and "style=" not in html and "<script" not in html


@pytest.mark.parametrize("name", GUIDES)
def test_a_guide_is_as_whole_in_english_as_in_chinese(name: str) -> None:
    chinese, english = guide(name, "zh"), guide(name, "en")
    assert chinese.title != english.title
    assert "English below" not in chinese.html
    assert english.html.count("<img") >= 1
    letters = [len(re.sub(r"<[^>]+>|\s", "", one.html)) for one in (chinese, english)]
    assert letters[1] > 1.1 * letters[0], "an English sentence has about twice the letters of a Chinese one; less is a part left out"


def test_everybody_begins_with_the_guide_of_their_work() -> None:
    assert {role: guide_of(frozenset({role})) for role in Role} == {
        Role.VIEWER: "duty-officer", Role.DUTY_OFFICER: "duty-officer", Role.PLANNER: "planner", Role.GIS_STAFF: "gis-staff", Role.DRILL_CONTROLLER: "drill-controller",
        Role.SYSTEM_ADMIN: "administrator", Role.SECURITY_ADMIN: "administrator", Role.AUDIT_ADMIN: "administrator"}


def test_html_in_a_guide_is_shown_and_not_run(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("docs")
    (folder / "guide-planner.md").write_text("# 甲 · A\n\n<script>1</script> [x](javascript:1) [y](https://example.org) [z](secrets.md)\n", encoding="utf-8")
    monkeypatch.setattr("app.guides.DOCS", folder)
    guide.cache_clear()
    html = guide("planner", "zh").html
    guide.cache_clear()
    assert "<script" not in html and "href" not in html


@pytest.mark.parametrize("name", ["decisions", "../README", "nothing", ""])
def test_no_other_file_is_a_page(name: str) -> None:
    assert DOCS.is_dir()
    with pytest.raises(GuideNotFound):
        guide(name, "zh")
