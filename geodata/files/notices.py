"""What a reader or judge has to say: a finding with its reason, a notice about a row, a refusal of the whole file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from layers.errors import FileRefused


@dataclass(frozen=True)
class Found:
    """A fact that was found or assumed (an encoding, a CRS): its value, and the code and values of the reason."""

    value: str | None
    code: str
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Notice:
    """One thing to tell about the file (`row` None) or about one record (1 is the first). `code` is stable English."""

    code: str
    values: Mapping[str, Any] = field(default_factory=dict)
    row: int | None = None
    field: str | None = None


class Refused(FileRefused):
    """The file as a whole is not loaded; `code` says why, the sentences are in `geodata.files.refusal_words`."""

    def __init__(self, code: str, *, about: str | None = None, **values: Any) -> None:
        super().__init__(**values)
        self.code = code
        self.about = about
        self.args = (code + (f" {values}" if values else ""),)

    def notice(self) -> Notice:
        """The refusal as one line of a report."""
        return Notice(self.code, self.values, field=self.about)
