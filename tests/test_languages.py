"""Chinese and English are complete: labels, sentences, what the program says of its commands; nothing has words in one language only."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import click
import pytest

import app
import geodata
import layers
from app.cli import main as onemap
from layers.catalogue import CATALOGUE
from layers.errors import OnemapError
from layers.messages import declared
from layers.spec import GROUP_LABELS, Label, Layer

ROOT = Path(__file__).resolve().parents[1]
SOURCES = [path for storey in ("layers", "geodata", "app") for path in sorted((ROOT / storey).rglob("*.py")) if "versions" not in path.parts]
HAN = re.compile(r"[\u3400-\u9fff]")
LETTERS = re.compile(r"[A-Za-z]{2}")


def fault(label: Label) -> str | None:
    """What a reader of one of the languages would miss; signs, names and codes are the same in both."""
    if HAN.search(label.en):
        return f"English has Chinese: {label.en}"
    same = label.zh == label.en or not LETTERS.search(re.sub(r"\{\w*\}", "", label.en))
    return None if same or HAN.search(label.zh) else f"Chinese has none: {label.zh}"


def labels_written(source: str) -> Iterator[Label]:
    """Every `Label("...", "...")` in a module; `Label` by any of the short names that declare one."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Label" and len(node.args) == 2:
            words = [one.value for one in node.args if isinstance(one, ast.Constant) and isinstance(one.value, str)]
            if len(words) == 2:
                yield Label(*words)


def labels_of(layer: Layer) -> Iterator[Label]:
    """Everything that a reader sees of a layer."""
    yield from filter(None, (layer.label, layer.description))
    for one in layer.all_fields:
        yield from filter(None, (one.label, one.description, *(choice.label for choice in one.choices)))
    for out in layer.out_of_service:
        yield from filter(None, (out.label, out.unknown))


def everything() -> None:
    """Import all modules, so that every sentence is declared and every error there."""
    for package in (layers, geodata, app):
        for one in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if ".migrations" not in one.name and not one.name.endswith(("__main__", ".asgi", "streams_web")):
                importlib.import_module(one.name)


def errors(of: type[OnemapError] = OnemapError) -> Iterator[type[OnemapError]]:
    for one in of.__subclasses__():
        if one.__module__.split(".")[0] in ("layers", "geodata", "app"):
            yield one
        yield from errors(one)


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_label_in_the_code_has_both_languages(path: Path) -> None:
    assert list(filter(None, map(fault, labels_written(path.read_text(encoding="utf-8"))))) == []


@pytest.mark.parametrize("layer", CATALOGUE.values(), ids=lambda layer: layer.id)
def test_every_word_of_a_layer_has_both_languages(layer: Layer) -> None:
    assert list(filter(None, map(fault, [*labels_of(layer), *GROUP_LABELS.values()]))) == []


@pytest.mark.parametrize("label", [Label("Shelter", "Shelters of the county"), Label("避难场所", "避难 Shelters")])
def test_a_label_left_in_one_language_is_caught(label: Label) -> None:
    assert fault(label)


def test_every_sentence_has_both_languages_and_fills_the_same_places() -> None:
    everything()
    assert len(declared()) > 150
    for code, sentence in declared().items():
        for label in filter(None, (sentence.message, sentence.remedy)):
            assert fault(label) is None, code
            zh, en = ({re.sub("_(zh|en)$", "", name) for _, name, _, _ in Formatter().parse(words) if name} for words in (label.zh, label.en))
            assert zh == en, f"{code}: {zh} and {en}"


def test_every_error_has_a_sentence() -> None:
    everything()
    families = {"file-refused"}  # its children are raised, never itself
    assert sorted({one.code for one in errors()} - declared().keys() - families) == []


def test_every_code_of_a_problem_has_a_sentence() -> None:
    everything()
    used = {(node.args[1].value, path.name) for path in SOURCES for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Problem" and len(node.args) > 1 and isinstance(node.args[1], ast.Constant)}
    assert len(used) > 30
    assert sorted((code, where) for code, where in used if code not in declared()) == []


def commands(of: click.Command, name: str = "onemap") -> Iterator[tuple[str, click.Command]]:
    yield name, of
    if isinstance(of, click.Group):
        context = click.Context(of)
        for one in of.list_commands(context):
            found = of.get_command(context, one)
            assert found is not None
            yield from commands(found, f"{name} {one}")


def test_every_command_and_option_explains_itself_in_both_languages() -> None:
    found = dict(commands(onemap))
    assert len(found) > 20
    unsaid = [name for name, one in found.items() if not (HAN.search(one.help or "") and LETTERS.search(re.sub(r"[A-Z_]{2,}", "", one.help or "")))]
    for name, one in found.items():
        for option in one.params:
            words = getattr(option, "help", None)
            if isinstance(option, click.Option) and not (words and ((HAN.search(words) and LETTERS.search(words)) or words == "JSON")):
                unsaid.append(f"{name} {option.opts[0]}: {words}")
    assert unsaid == []
