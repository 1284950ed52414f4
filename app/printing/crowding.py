"""Symbols that would lie on each other: gathered into discs with their count, and those that carry a rank moved apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import cos, hypot, sin

from app.printing.paper import PIXEL

APART = 5 * PIXEL  # mm between two symbols of an answer, so that every rank can be read
FARTHEST = 64 * PIXEL  # mm that one may be moved


@dataclass
class Spot:
    """Something with a symbol: its place on the paper (mm), what is drawn there; `home` is where it really is once it was moved."""

    x: float
    y: float
    symbol: str
    family: str
    title: str
    side: float
    weight: float = 0.0
    place: bool = False
    rank: int | None = None
    out: bool = False
    home: tuple[float, float] | None = None


@dataclass
class Group:
    """Spots drawn as one."""

    spots: list[Spot] = field(default_factory=list)

    @property
    def middle(self) -> tuple[float, float]:
        return sum(one.x for one in self.spots) / len(self.spots), sum(one.y for one in self.spots) / len(self.spots)


def reaches(zoom: float) -> tuple[float, float]:
    """How near spots are gathered, and how near discs are joined (mm), by the screen's steps."""
    near = 6 if zoom >= 17 else 16 if zoom >= 14 else 20 if zoom >= 12 else 26 if zoom >= 11 else 34
    return near * PIXEL, (0 if zoom >= 17 else 38 if zoom >= 14 else 46) * PIXEL


def gather(spots: Sequence[Spot], zoom: float) -> list[Group]:
    """Groups by greedy nearness: the first of each (spots come in order of weight) gives it its place; then discs that overlap are joined."""
    near, joined = reaches(zoom)
    groups: list[Group] = []
    for spot in spots:
        home = next((one for one in groups if hypot(one.spots[0].x - spot.x, one.spots[0].y - spot.y) < near), None)
        if home:
            home.spots.append(spot)
        else:
            groups.append(Group([spot]))
    kept: list[Group] = []
    for group in sorted(groups, key=lambda one: -len(one.spots)):
        over = next((one for one in kept if _overlap(one, group, joined)), None)
        if over:
            over.spots += group.spots
        else:
            kept.append(group)
    return kept


def _overlap(one: Group, other: Group, reach: float) -> bool:
    if len(one.spots) == 1 and len(other.spots) == 1:
        return False
    (ax, ay), (bx, by) = one.middle, other.middle
    return hypot(ax - bx, ay - by) < (reach if len(one.spots) > 1 and len(other.spots) > 1 else reach * 0.72)


def spread(spots: Sequence[Spot]) -> None:
    """Move spots that lie on each other apart; each keeps its true place as `home`."""
    homes = [(one.x, one.y) for one in spots]
    for _ in range(24):
        moved = False
        for i, a in enumerate(spots):
            for j, b in enumerate(spots[i + 1:], i + 1):
                dx, dy = b.x - a.x, b.y - a.y
                far = hypot(dx, dy)
                apart = (a.side + b.side) / 2 + APART
                if far >= apart:
                    continue
                if far < 0.1:
                    dx, dy = cos(j * 2.4), sin(j * 2.4)
                push = (apart - far) / 2 / hypot(dx, dy)
                a.x, a.y, b.x, b.y = a.x - dx * push, a.y - dy * push, b.x + dx * push, b.y + dy * push
                moved = True
        if not moved:
            break
    for one, (x, y) in zip(spots, homes, strict=True):
        far = hypot(one.x - x, one.y - y)
        if far > FARTHEST:
            one.x, one.y = x + (one.x - x) * FARTHEST / far, y + (one.y - y) * FARTHEST / far
        if far > one.side * 0.4:
            one.home = (x, y)
