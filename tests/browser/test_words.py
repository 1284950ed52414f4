"""No word of the page is missing in either language, and none is written into the code."""

from __future__ import annotations

import re
from pathlib import Path

JS = Path(__file__).resolve().parents[2] / "app" / "static" / "js"
KEY = re.compile(r'"([a-z]+(?:\.\w+)?)": "((?:[^"\\]|\\.)*)"')
PLACE = re.compile(r"\{(\w+)\}")


def table(language: str) -> dict[str, str]:
    return {found[1]: found[2] for line in (JS / "words" / f"{language}.js").read_text().splitlines() for found in KEY.finditer(line)}


def code() -> dict[str, str]:
    return {str(path.relative_to(JS)): path.read_text() for path in sorted(JS.rglob("*.js")) if path.parent.name != "words"}


def test_both_languages_have_the_same_words() -> None:
    assert table("zh").keys() == table("en").keys()
    assert len(table("zh")) > 150


def test_both_languages_fill_the_same_places() -> None:
    zh, en = table("zh"), table("en")
    assert {key: set(PLACE.findall(zh[key])) for key in zh} == {key: set(PLACE.findall(en[key])) for key in en}


FORM = re.compile(r"\{(\w+)\|((?:[^{}|]|\{\w+\})*)\|((?:[^{}|]|\{\w+\})*)\}")
COUNTED = r"\{(?:n|rows|layers|chains|anchors|split)\}"
BARE = re.compile(COUNTED + r" (?:(?:later|earlier|more|selected|nearer) )?(?!is\b|was\b|has\b|does\b|less\b)[a-z]{2,}s\b|" + COUNTED + r" (?:people|are|were|have|do)\b|\(s\)")
MANY = {"table.tooManyToMark", "card.childrenSome", "zone.truncated"}  # of a limit, or of more than are shown: never one


def bare_plurals(words: dict[str, str]) -> list[str]:
    """Words whose count stands before a plural whatever it is."""
    return [key for key, text in words.items() if key not in MANY and BARE.search(FORM.sub("", text))]


def test_english_counts_one_thing_as_one() -> None:
    assert bare_plurals(table("en")) == []
    assert bare_plurals({"a": "Load {n} rows", "b": "{n} more layers", "c": "{n} are left", "d": "{n} file(s)", "e": "{n} {n|row|rows}", "f": "{n} m away"}) == ["a", "b", "c", "d"]


def test_forms_are_whole_and_of_a_place_that_both_languages_fill() -> None:
    zh, en = table("zh"), table("en")
    for key, text in en.items():
        assert "|" not in FORM.sub("", text), key
        for name, one, other in FORM.findall(text):
            assert one != other and f"{{{name}}}" in zh[key], key


def test_every_word_asked_for_is_there() -> None:
    asked = {found for text in code().values() for found in re.findall(r'\bt\((?:/\*\*.*?\*/ \()?"([a-z]+(?:\.\w+)?)"', text)}
    assert asked - table("zh").keys() == set()


def test_every_word_is_asked_for() -> None:
    whole = "\n".join(code().values())
    families = tuple(found for found in re.findall(r"`(\w+\.)\$\{", whole))
    unused = [key for key in table("zh") if f'"{key}"' not in whole and not key.startswith(families)]
    assert unused == []


def test_no_sentence_is_written_into_the_code() -> None:
    chinese = re.compile(r"[\u4e00-\u9fff]")
    for name, text in code().items():
        lines = [line for line in text.splitlines() if chinese.search(re.sub(r"//.*|/\*.*?\*/", "", line)) and "zh:" not in line]
        assert lines == [], name


def test_no_layer_is_named_in_the_code() -> None:
    from layers.catalogue import CATALOGUE

    for name, text in code().items():
        for layer_id in CATALOGUE:
            assert not re.search(rf"[\"'`]{layer_id}[\"'`]", text), f"{name} names the layer {layer_id}"


def test_text_never_goes_in_as_html() -> None:
    for name, text in code().items():
        assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|setAttribute\(\"style\"", text), name


def test_only_tokens_name_colours() -> None:
    css = JS.parent / "css"
    for path in sorted(css.glob("*.css")):
        if path.name != "tokens.css":
            assert not re.search(r"#[0-9A-Fa-f]{3,8}\b(?![^{]*\{)|rgba?\(|hsla?\(", path.read_text()), path.name
    for name, text in code().items():
        assert not re.search(r"[\"'`]#[0-9A-Fa-f]{3,8}[\"'`]|rgba?\(", text), name
