"""What the values of a feature say, in one form for finding: texts as they stand, choices by their words in both languages."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Table, and_, false, func, or_

from geodata.store.rows import is_shown
from layers.spec import Field, Layer, Sensitivity

MAX_WORDS = 6  # of a search; what comes after them is passed over
_BETWEEN = "\n"  # no folded text holds a blank, so no word is found across two values


@dataclass(frozen=True)
class Match:
    """A field that answered a search; `value` as the reader may see it, a masked one masked."""

    field: Field
    value: Any


@dataclass(frozen=True)
class Said:
    """The folded values of one feature: those for everyone, and those that only a revealer reads."""

    public: str
    sensitive: str

    def holds(self, word: str, *, reveal: bool) -> bool:
        """Whether a folded word is part of any value that this reader sees."""
        return word in self.public or (reveal and word in self.sensitive)


def fold(text: str) -> str:
    """One form for what should be found alike: full-width and half-width, capitals, blanks."""
    return "".join(unicodedata.normalize("NFKC", text).lower().split())


def words_of(text: str) -> list[str]:
    """The folded words of a search. A single Latin letter or digit is in everything, so it is no word."""
    found = dict.fromkeys(fold(one) for one in unicodedata.normalize("NFKC", text).split())
    return [one for one in found if len(one) > 1 or not one.isascii()][:MAX_WORDS]


def told_fields(layer: Layer) -> tuple[Field, ...]:
    """Fields that a search by words goes through: texts and choices. Never a personal one, and no reference, which is an id."""
    return tuple(one for one in layer.all_fields
                 if (one.type is str or one.choices) and not one.reference and one.sensitivity is not Sensitivity.PERSONAL)


def said(layer: Layer, properties: Mapping[str, Any]) -> Said:
    """What a feature says; `properties` as a reader of everything sees them."""
    public: list[str] = []
    sensitive: list[str] = []
    for one in told_fields(layer):
        value = properties.get(one.id)
        if value not in (None, ""):
            (public if one.sensitivity is Sensitivity.PUBLIC else sensitive).append(_folded(one, value))
    return Said(_BETWEEN.join(public), _BETWEEN.join(sensitive))


def matches(layer: Layer, properties: Mapping[str, Any], words: Sequence[str], *, reveal: bool) -> tuple[Match, ...]:
    """The fields in which the words were found, in order of the layer; one for each word, the title's own words left out."""
    title = fold(str(properties.get(layer.title or "") or ""))
    left = [word for word in words if word not in title]
    found: dict[str, Match] = {}
    for word in left:
        for one in told_fields(layer):
            value = properties.get(one.id)
            if value not in (None, "") and is_shown(one, reveal=reveal) and word in _folded(one, value):
                found.setdefault(one.id, Match(one, value))
                break
    return tuple(found[one.id] for one in layer.all_fields if one.id in found)


def saying(layer: Layer, table: Table, words: Sequence[str], *, reveal: bool, within: frozenset[str] | None = None) -> ColumnElement[bool]:
    """The same question in SQL: every word in some value that the reader sees, or of the fields `within`.

    Blanks and full-width letters of the rows stay as they are.
    """
    shown = [one for one in told_fields(layer) if is_shown(one, reveal=reveal) and (within is None or one.id in within)]
    texts = [table.c[one.id] for one in shown if not one.choices]
    whole = func.lower(func.concat_ws(_BETWEEN, *texts)) if texts else None

    def parts(word: str) -> Iterator[ColumnElement[bool]]:
        if whole is not None:
            yield whole.contains(word, autoescape=True)
        for one in shown:
            values = [choice.value for choice in one.choices if any(word in fold(label) for label in (choice.label.zh, choice.label.en))]
            if values:
                yield table.c[one.id].overlap(values) if one.many else table.c[one.id].in_(values)

    return and_(*(or_(false(), *parts(word)) for word in words))


def _folded(one: Field, value: Any) -> str:
    return _BETWEEN.join(_spellings(one, value))


def _spellings(one: Field, value: Any) -> Iterator[str]:
    if isinstance(value, (list, tuple)):
        for each in value:
            yield from _spellings(one, each)
        return
    choice = one.choice(value)
    if choice is None:
        yield fold(str(value))
        return
    yield fold(choice.label.zh)
    yield fold(choice.label.en)
