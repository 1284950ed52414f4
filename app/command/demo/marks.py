"""What every demonstration row carries: its source, dates and division, and people and phones that do not exist."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from math import cos, pi, sin
from random import Random
from typing import Any

from shapely.geometry import Point
from shapely.geometry.base import BaseGeometry
from shapely.strtree import STRtree

from app.command.demo.ground import ADCODE, INSIDE, WATER
from app.command.demo.metres import to_degrees
from geodata.store.batch import Row

SOURCE = "演示数据"
_SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧"

# Shares of rows last verified within so many days: most are fresh, some ageing, some long overdue; the rest was never verified.
_AGES = ((0.45, 0, 7), (0.25, 7, 30), (0.15, 30, 120), (0.09, 120, 400), (0.03, 400, 900))


class Marks:
    """Makes the rows of one demonstration: the same for the same seed and the same `as_of`."""

    def __init__(self, rng: Random, as_of: datetime, areas: Mapping[str, BaseGeometry]) -> None:
        self.rng = rng
        self.as_of = as_of
        self._codes = list(areas)
        self._areas = STRtree(list(areas.values()))

    def row(self, properties: Mapping[str, Any], shape: BaseGeometry | None, *, ages: bool = True, adcode: str | None = None) -> Row:
        """A row with its shape (in metres) turned to degrees. `ages` False is for what does not grow old, such as the ground."""
        rng = self.rng
        source_date = date(2026, 1, 1) - timedelta(days=rng.randrange(30, 700))
        marked = {**properties, "source": SOURCE, "source_date": source_date, "verified_at": self.verified() if ages else None,
                  "adcode": adcode or (self.town_code(shape) if shape is not None else ADCODE)}
        return Row(marked, to_degrees(shape) if shape is not None else None)

    def verified(self) -> datetime | None:
        """A moment of the last look, somewhere between fresh and long overdue; None for some."""
        drawn = self.rng.random()
        for share, newest, oldest in _AGES:
            if drawn < share:
                return self.ago(self.rng.uniform(newest, oldest))
            drawn -= share
        return None

    def ago(self, days: float) -> datetime:
        """The moment so many days before the demonstration's now, to the minute."""
        return (self.as_of - timedelta(days=days)).replace(second=0, microsecond=0)

    def town_code(self, shape: BaseGeometry) -> str:
        """The code of the town in which the middle of a shape lies; the district's where it is in none."""
        found = self._areas.query(shape.representative_point(), predicate="intersects")
        return self._codes[min(found)] if len(found) else ADCODE

    def person(self) -> str:
        """A name that is plainly nobody's: a surname and 某某."""
        return self.rng.choice(_SURNAMES) + "某某"

    def phone(self) -> str:
        """A number that cannot be dialled."""
        return f"000-{self.rng.randrange(10**7, 10**8)}"

    def pick(self, *choices: tuple[Any, float]) -> Any:
        """One of the values by its weight."""
        return self.rng.choices([value for value, _ in choices], [weight for _, weight in choices])[0]


class Spots:
    """Finds free ground for symbols: off the roads, out of the water and apart from each other."""

    def __init__(self, roads: Sequence[BaseGeometry], rng: Random) -> None:
        self._roads = STRtree(list(roads))
        self._rng = rng
        self.taken: list[Point] = []

    def near(self, middle: Point, low_m: float, high_m: float, *, apart_m: float = 170, within: BaseGeometry | None = None) -> Point:
        """A spot between the two distances of a place; farther off or nearer to others only where there is no room."""
        while True:
            for _ in range(60):
                distance, turn = self._rng.uniform(low_m, high_m), self._rng.uniform(0, 2 * pi)
                point = Point(middle.x + distance * cos(turn), middle.y + distance * sin(turn))
                if self._free(point, apart_m) and (within is None or within.contains(point)):
                    self.taken.append(point)
                    return point
            apart_m *= 0.8
            high_m *= 1.1

    def inside(self, area: BaseGeometry, *, apart_m: float = 260) -> Point:
        """A spot in an area."""
        west, south, east, north = area.bounds
        while True:
            for _ in range(200):
                point = Point(self._rng.uniform(west, east), self._rng.uniform(south, north))
                if area.contains(point) and self._free(point, apart_m):
                    self.taken.append(point)
                    return point
            apart_m *= 0.8

    def beside(self, road: BaseGeometry, fraction: float, off_m: float = 70) -> Point:
        """A spot beside a road, at a fraction of its length."""
        middle = road.interpolate(fraction, normalized=True)
        return self.near(middle, off_m * 0.6, off_m * 1.6, apart_m=120)

    def _free(self, point: Point, apart_m: float) -> bool:
        if not INSIDE.contains(point) or WATER.distance(point) < 120 or any(point.distance(other) < apart_m for other in self.taken):
            return False
        return not len(self._roads.query(point, predicate="dwithin", distance=28))


def numbered(prefix: str, count: int) -> Iterable[str]:
    """Codes such as SH-001."""
    return (f"{prefix}-{number:03d}" for number in range(1, count + 1))
