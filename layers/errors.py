"""The named errors of the one map. Each carries the fact and the remedy; none knows HTTP."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Problem:
    """One thing wrong with one value.

    `pointer` is a JSON pointer into the feature (`/properties/capacity`, `/geometry`), `code` a stable English
    word, `message` and `remedy` are templates in Chinese and English filled with `values`, see `layers.messages`.
    """

    pointer: str
    code: str
    values: Mapping[str, Any] = field(default_factory=dict)


class OnemapError(Exception):
    """Something the one map refuses or cannot do.

    `code` is stable English for programs. `values` fill the sentence that a person reads (`layers.messages` holds the
    sentences in both languages). `problems` name the places where the input is wrong.
    """

    code = "error"

    def __init__(self, *, problems: Sequence[Problem] = (), **values: Any) -> None:
        self.values = values
        self.problems = tuple(problems)
        super().__init__(self.code + (f" {values}" if values else ""))


class InvalidInput(OnemapError):
    """What was sent breaks a rule of the catalogue or of the question; nothing was changed."""

    code = "invalid-input"


class NotFound(OnemapError):
    """There is no such layer, feature, space or file."""

    code = "not-found"


class LayerNotFound(NotFound):
    code = "layer-not-found"


class FeatureNotFound(NotFound):
    code = "feature-not-found"


class SpaceNotFound(NotFound):
    code = "space-not-found"


class Forbidden(OnemapError):
    """The actor's roles do not allow this action on this layer."""

    code = "forbidden"


class NotSignedIn(OnemapError):
    code = "not-signed-in"


class Conflict(OnemapError):
    """The write meets something that is already there (a key in use, a layer of that name)."""

    code = "conflict"


class StaleVersion(OnemapError):
    """The feature has moved on since it was read. `values` has `current` (the version now) and `differences`."""

    code = "stale-version"


class VersionRequired(OnemapError):
    """A write must say which version it was made from."""

    code = "version-required"


class TooMany(OnemapError):
    """More was asked than one answer may hold, or more often than allowed."""

    code = "too-many"


class TooLarge(OnemapError):
    code = "too-large"


class Unavailable(OnemapError):
    """A part that the answer needs (database, disk, worker) does not answer now; asking again later may help."""

    code = "unavailable"


class NoRoom(OnemapError):
    """The disk that this writes to is full; what was there stays, and it can be tried again when room was made."""

    code = "no-room"


class Misconfigured(OnemapError):
    """A setting or the machine does not allow the service to start."""

    code = "misconfigured"


class FileRefused(OnemapError):
    """A file cannot be loaded; nothing was changed. Subclasses say why."""

    code = "file-refused"
