"""Every word that the server renders is there in both languages, and a reader's choice is kept from the first page on."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po
from flask.testing import FlaskClient

from app.language import LANGUAGES, SOURCE
from layers.spec import Role
from tests.app.conftest import PASSWORD, SignedIn

APP = Path(__file__).resolve().parents[2] / "app"
PAGE = {"Accept": "text/html", "Accept-Language": "zh-CN"}
CHINESE = re.compile(r"[\u3400-\u9fff]")
OWN_NAME = "{'zh': '中文', 'en': 'English'}"  # a language is called by its own name in every language


def asked(templates: Path) -> set[str]:
    """Words that templates ask the catalogues for."""
    found = extract_from_dir(templates, [("**.html", "jinja2.ext.babel_extract")], {})
    return {words if isinstance(words, str) else words[0] for _, _, words, _, _ in found}


def written(language: str) -> dict[str, str]:
    with (APP / "locale" / language / "LC_MESSAGES" / "messages.po").open("rb") as file:
        return {str(one.id): "" if one.fuzzy else str(one.string) for one in read_po(file, locale=language) if one.id}


def faults(templates: Path) -> Iterator[str]:
    """What a reader of some language would meet untranslated."""
    for language in set(LANGUAGES) - {SOURCE}:
        words = written(language)
        yield from (f"{language} lacks {one}" for one in asked(templates) if not words.get(one))
        yield from (f"{language} keeps Chinese in {one}" for one, said in words.items() if CHINESE.search(said))
        yield from (f"{language} keeps {one}, which nothing asks for" for one in words.keys() - asked(templates))
    for path in sorted(templates.glob("*.html")):
        bare = re.sub(r"_\('[^']*'\)", "", path.read_text(encoding="utf-8").replace(OWN_NAME, ""))
        yield from (f"{path.name} writes {line.strip()}" for line in bare.splitlines() if CHINESE.search(line))


def test_every_word_is_in_every_language() -> None:
    assert len(asked(APP / "templates")) > 15
    assert list(faults(APP / "templates")) == []


@pytest.mark.parametrize("wrong", ["<p>{{ _('没有译文的话') }}</p>", "<p>直接写的话</p>", "<p>{{ '图' if language == 'zh' else 'Map' }}</p>"])
def test_a_build_with_a_word_left_out_is_caught(tmp_path: Path, wrong: str) -> None:
    for path in (APP / "templates").glob("*.html"):
        (tmp_path / path.name).write_text(path.read_text(encoding="utf-8"), encoding="utf-8")
    (tmp_path / "new.html").write_text(wrong, encoding="utf-8")
    assert list(faults(tmp_path))


def test_the_sign_in_page_speaks_the_readers_language(client: FlaskClient) -> None:
    assert "登录" in client.get("/login", headers=PAGE).text
    english = client.get("/login", headers={**PAGE, "Accept-Language": "en-GB"}).text
    assert "Sign in" in english and 'lang="en"' in english
    assert CHINESE.findall(english.replace("中文", "")) == []


def test_a_language_chosen_on_the_sign_in_page_stays_and_so_does_the_way_on(client: FlaskClient, sign_in: Callable[[Role], SignedIn]) -> None:
    name = sign_in(Role.VIEWER).name
    page = client.get("/login?next=/spaces/x/", headers=PAGE).text
    switch = re.search(r'<a href="([^"]+)" lang="en">English</a>', page)
    assert switch
    english = client.get(switch[1].replace("&amp;", "&"), headers=PAGE).text
    assert 'name="next" value="/spaces/x/"' in english
    token = re.search(r'name="csrf_token" value="([^"]+)"', english)
    assert token
    refused = client.post("/login", data={"csrf_token": token[1], "name": name, "password": "wrong", "next": "/"}, headers=PAGE)
    assert "password is wrong" in refused.text and "Sign in" in refused.text
    client.post("/login", data={"csrf_token": token[1], "name": name, "password": PASSWORD, "next": "/"}, headers=PAGE)
    assert '"language":"en"' in client.get("/", headers=PAGE).text


def test_only_pages_keep_a_language_and_only_one_we_speak(client: FlaskClient) -> None:
    client.get("/login?lang=fr", headers=PAGE)
    client.get("/api/v1/me?lang=en")
    assert client.get_cookie("lang") is None


def test_a_problem_told_to_a_person_is_in_english_too(client: FlaskClient, sign_in: Callable[[Role], SignedIn]) -> None:
    page = sign_in(Role.VIEWER).client.get("/nothing/here?lang=en", headers=PAGE).text
    assert "Back to the map" in page and CHINESE.findall(page) == []


def test_the_documentation_of_the_interface_is_in_english_too(sign_in: Callable[[Role], SignedIn]) -> None:
    page = sign_in(Role.VIEWER).client.get("/api/v1/docs?lang=en", headers=PAGE).text
    assert "API documentation" in page and "Parameters" in page
    assert [line for line in page.splitlines() if CHINESE.search(line) and not line.startswith("  = ")] == [], "but for defaults, which are data"
