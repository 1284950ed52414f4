"""What a question needs of a resource: skills, a hazard that it suits, articles in stock; every word is checked against what there is."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from geodata.queries import refusals
from layers.collection import Catalogue
from layers.errors import InvalidInput, Problem
from layers.fitness import Lacks, Need
from layers.messages import Sentence, declare
from layers.spec import Choice, Label

MAX_ARTICLES = 20  # lines of one request form
MAX_QUANTITY = 1_000_000_000.0  # what a stock line may hold
_NEAR = 8  # words offered in the place of one that is not there


def _said(zh: str, en: str, todo_zh: str, todo_en: str) -> Sentence:
    return Sentence(Label(zh, en), Label(todo_zh, todo_en))


declare({
    "need-not-there": _said("没有「{given}」", "There is no “{given}”", "相近的有：{near}", "Near ones: {near}"),
    "need-empty": _said("没有写明需要什么物资", "It is not said which articles are needed", "给出 needs.articles", "Give needs.articles"),
    "need-no-stock": _said("图层「{layer}」没有库存", "Layer “{layer}” holds no stock", "换一个有库存的图层", "Name a layer that holds stock"),
    "need-doubled": _said("「{given}」列了两次", "“{given}” is listed twice", "合并为一项", "Make it one"),
    "need-unit-open": _said("「{article}」以不同单位计：{units}，不能相加", "“{article}” is counted in different units: {units}; they cannot be added",
                            "指定其中一个单位", "Name one of them"),
    "need-unit-other": _said("「{article}」不以「{unit}」计，而以 {units} 计", "“{article}” is not counted in “{unit}” but in {units}",
                             "改用库存的计量单位", "Use the unit of the stock"),
})


@dataclass(frozen=True)
class Article:
    """How much of an article is needed; `name` is its name or its item code. Without `unit` it is the one that all stock of it has."""

    name: str
    quantity: float
    unit: str | None = None


@dataclass(frozen=True)
class Needs:
    """What is needed: all of these skills, suited to this hazard, each of these articles.

    A need is held against the layers that declare it (`layers.fitness`); it says nothing about others. Raises InvalidInput by name.
    """

    skills: tuple[str, ...] = ()
    hazard: str | None = None
    articles: tuple[Article, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "skills", tuple(dict.fromkeys(self.skills)))
        named: set[tuple[str, str | None]] = set()
        for place, one in enumerate(self.articles):
            quantity = refusals.number(f"needs/articles/{place}/quantity", one.quantity, 0.0, MAX_QUANTITY)
            if quantity == 0.0:
                raise refusals.out_of_range(f"needs/articles/{place}/quantity", quantity, 0.0, MAX_QUANTITY)
            if (one.name, one.unit) in named:
                raise refused(f"/needs/articles/{place}/name", "need-doubled", given=one.name)
            named.add((one.name, one.unit))

    def __bool__(self) -> bool:
        return bool(self.skills or self.hazard or self.articles)


def settled(needs: Needs, catalogue: Catalogue) -> Needs:
    """The needs with skills and hazard by value, however they were called. Raises InvalidInput naming the parameter and words near it."""
    skills = tuple(_value(catalogue, Need.SKILLS, one, f"/needs/skills/{place}") for place, one in enumerate(needs.skills))
    hazard = needs.hazard and _value(catalogue, Need.HAZARD, needs.hazard, "/needs/hazard")
    return replace(needs, skills=skills, hazard=hazard)


def choices(catalogue: Catalogue, need: Need) -> tuple[Choice, ...]:
    """All that may be asked for under a need: the choices of the fields that layers hold against it, each value once."""
    found: dict[Any, Choice] = {}
    for layer in catalogue.values():
        for one in layer.out_of_service:
            if isinstance(one, Lacks) and one.need is need:
                field = layer.field(one.field)
                found |= {choice.value: choice for choice in (field.choices if field else ()) if choice.value not in found}
    return tuple(found.values())


def near(given: str, known: Iterable[str]) -> list[str]:
    """Words like one that is not there, the likest first: those with a part in common, or any few where nothing is like it."""
    words = list(dict.fromkeys(known))
    parts = [one for one in words if given and (given.lower() in one.lower() or one.lower() in given.lower())]
    alike = difflib.get_close_matches(given, words, n=_NEAR, cutoff=0.34)
    return (list(dict.fromkeys(parts + alike)) or words)[:_NEAR]


def refused(pointer: str, code: str, **values: Any) -> InvalidInput:
    """One thing wrong with the needs."""
    return InvalidInput(problems=[Problem(pointer, code, values)])


def not_there(pointer: str, given: str, known: Iterable[str]) -> InvalidInput:
    """A word that means nothing here, with those near it."""
    return refused(pointer, "need-not-there", given=given[:40], near="、".join(near(given, known)) or "-")


def _value(catalogue: Catalogue, need: Need, given: str, pointer: str) -> str:
    known = choices(catalogue, need)
    for choice in known:
        if given.strip().lower() in {str(word).lower() for word in (choice.value, choice.label.zh, choice.label.en, *choice.read_from)}:
            return str(choice.value)
    words = {word: f"{one.value} {one.label.zh}" for one in known for word in (str(one.value), one.label.zh, one.label.en, *one.read_from)}
    raise refused(pointer, "need-not-there", given=given[:40], near="、".join(dict.fromkeys(words[one] for one in near(given, words))) or "-")
