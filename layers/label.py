"""Words in Chinese and English."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Label:
    """Words in Chinese and English."""

    zh: str
    en: str

    def __post_init__(self) -> None:
        if not self.zh.strip() or not self.en.strip():
            raise ValueError(f"a label needs words in both languages: {self!r}")

    def in_language(self, language: str) -> str:
        """The words for `zh...` or, for any other language, English."""
        return self.zh if language.startswith("zh") else self.en

    def filled(self, values: Mapping[str, object]) -> Label:
        """The words with their `{name}` places filled; a Label among the values gives each language its own."""
        return Label(*(words.format_map({name: value.in_language(one) if isinstance(value, Label) else value for name, value in values.items()})
                       for one, words in (("zh", self.zh), ("en", self.en))))


def joined(labels: list[Label]) -> Label:
    """Several labels in one, as each language lists things."""
    return Label("、".join(one.zh for one in labels), ", ".join(one.en for one in labels))
