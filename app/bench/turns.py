"""Competitors taking turns at the same questions, and the ratios that come of it."""

from __future__ import annotations

import platform
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from os import cpu_count
from statistics import median
from typing import Any


@dataclass(frozen=True)
class Spread:
    """The middle of several rounds, with the values that a tenth of them lie below and above."""

    low: float
    middle: float
    high: float

    @staticmethod
    def of(values: list[float]) -> Spread:
        ranked = sorted(values)
        tenth = len(ranked) // 10
        return Spread(ranked[tenth], median(ranked), ranked[-1 - tenth])


@dataclass(frozen=True)
class Result:
    """One measurement: time of an answer in microseconds by competitor, and each one's share of the yardstick's, round by round.

    `bars` gives the share that a competitor may take at most. `facts` says what was measured (features, seed, wrong answers).
    """

    name: str
    yardstick: str
    times_us: Mapping[str, Spread]
    ratios: Mapping[str, Spread]
    bars: Mapping[str, float] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """The result for programs."""
        return {
            "name": self.name, "yardstick": self.yardstick, "facts": dict(self.facts), "bars": dict(self.bars),
            "machine": {"cpus": cpu_count(), "python": platform.python_version()},
            "times_us": {name: vars(one) for name, one in self.times_us.items()},
            "ratios": {name: vars(one) for name, one in self.ratios.items()},
        }

    def lines(self) -> list[str]:
        """The result for people."""
        said = [f"{self.name}: " + ", ".join(f"{name} {value}" for name, value in self.facts.items())]
        for name, spent in self.times_us.items():
            ratio = self.ratios[name]
            bar = f"  bar {self.bars[name]:g}: {'reached' if ratio.middle <= self.bars[name] else 'NOT reached'}" if name in self.bars else ""
            said.append(f"  {name:<44} {spent.middle:10.1f} us ({spent.low:.1f} .. {spent.high:.1f})   "
                        f"x {ratio.middle:.3f} ({ratio.low:.3f} .. {ratio.high:.3f}) of {self.yardstick}{bar}")
        return said


def take_turns(name: str, competitors: Mapping[str, Callable[[Any], Any]], questions: list[Any], rounds: int, yardstick: str,
               bars: Mapping[str, float], facts: Mapping[str, Any]) -> Result:
    """Every competitor answers every question once in each round, the order turned by one each round, after one round unmeasured.

    So what the machine does beside it falls on all alike, and each round gives a ratio of its own.
    """
    names = list(competitors)
    spent: dict[str, list[float]] = {one: [] for one in names}
    for turn in range(-1, rounds):
        for one in names[turn % len(names):] + names[: turn % len(names)]:
            ask = competitors[one]
            start = time.perf_counter()
            for question in questions:
                ask(question)
            if turn >= 0:
                spent[one].append((time.perf_counter() - start) / len(questions) * 1e6)
    return Result(
        name, yardstick, {one: Spread.of(values) for one, values in spent.items()},
        {one: Spread.of([mine / theirs for mine, theirs in zip(values, spent[yardstick], strict=True)]) for one, values in spent.items()},
        bars, facts)
