"""Features shown with an answer: read in the snapshot that the answer is of, so that figures and features are one moment."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Generic, Protocol, TypeVar
from uuid import UUID

from geodata.store.features import Store


class Answer(Protocol):
    """One layer's answer to a question."""

    @property
    def layer(self) -> str:
        """The layer's id."""

    @property
    def shown(self) -> Mapping[UUID, Any]:
        """What was read of the features that are shown with it."""


Answered = TypeVar("Answered", bound=Answer)


@dataclass(frozen=True)
class Show(Generic[Answered]):
    """Which features of a layer's answer are shown with it (`named`) and how they are read: from a store, of a layer, by ids.

    `kept`: `read` depends on nothing but the layer at its version and whether hidden values may be seen, so it may be kept (`texts.py`).
    """

    named: Callable[[Answered], Sequence[UUID]]
    read: Callable[[Store, str, Sequence[UUID]], Mapping[UUID, Any]]
    kept: bool = False


def shown(store: Store, answer: Answered, show: Show[Answered]) -> Answered | None:
    """The answer with its features as the store's snapshot has them; None when one is not there, so that the answer cannot be of it."""
    ids = show.named(answer)
    found = show.read(store, answer.layer, ids) if ids else {}
    return replace(answer, shown=found) if all(one in found for one in ids) else None  # type: ignore[type-var]
