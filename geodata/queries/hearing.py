"""A question as it was heard: the moment it is about, its needs by value, its thresholds, when it must be answered, what is read beside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from geodata.queries.admission import Conditions
from geodata.queries.beside import Beside, Reading
from geodata.queries.deadline import Deadline
from geodata.queries.nearest import NearestQuestion
from geodata.queries.needs import Needs, settled
from geodata.store.spaces import Space
from layers.fitness import THRESHOLDS, Need
from layers.spec import Layer


@dataclass(frozen=True)
class Heard:
    """What is the same for every layer of one question."""

    now: datetime
    needs: Needs
    limits: Mapping[str, float]
    deadline: Deadline
    reading: Reading

    def hazard(self, beside: Beside) -> str | None:
        """The hazard that resources must suit: the one asked for, else that of the incident."""
        return self.needs.hazard or (beside.incident.hazard if beside.incident else None)

    def conditions(self, beside: Beside) -> Conditions:
        """What is held against features, with what was read."""
        hazard = self.hazard(beside)
        wanted = {Need.SKILLS: frozenset(self.needs.skills), Need.HAZARD: frozenset([hazard] if hazard else ())}
        return Conditions(self.now, self.limits, wanted, beside)


def hear(space: Space, question: NearestQuestion, layers: Sequence[Layer], standing: Mapping[str, float]) -> Heard:
    """The question about these layers of a space; `standing` are the installation's thresholds. Raises InvalidInput for words that are not there."""
    now, needs = now_of(space), settled(question.needs, space.catalogue)
    limits = {name: float(one.default) for name, one in THRESHOLDS.items()} | {**standing, **question.limits}
    return Heard(now, needs, limits, Deadline(question.limit_ms), Reading(layers, space.catalogue, question.incident, needs.articles, now))


def now_of(space: Space) -> datetime:
    """The moment that a question is about: of a past space the one it shows."""
    return space.record.as_of if space.is_past else datetime.now(UTC)
