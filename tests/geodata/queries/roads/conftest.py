"""A network drawn by hand in the empty live space, and an independent twin that finds least times in plain Python."""

from __future__ import annotations

import heapq
import math
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import shapely
from pyproj import Geod
from shapely.geometry.base import BaseGeometry

from geodata.store.batch import Row
from geodata.store.spaces import Space
from layers.catalogue import CATALOGUE
from layers.spec import OPERATOR

GEOD = Geod(ellps="GRS80")
Place = tuple[float, float]

NETWORK, PROFILES, (BLOCKS, *_) = CATALOGUE.network, CATALOGUE.profiles, CATALOGUE.blocks
assert NETWORK and PROFILES


def road(code: str, *places: Place, road_class: str | None = "county", **properties: Any) -> Row:
    """A road through places in degrees."""
    return Row({"code": code, "name": code, "road_class": road_class, **properties}, shapely.LineString(places))


def draw(space: Space, *roads: Row) -> None:
    """Put roads in, or in the place of those of the same code."""
    with space.transaction(OPERATOR, "test") as store:
        store.upsert(NETWORK.id, list(roads), anywhere=True)


def block(space: Space, shape: BaseGeometry, code: str = "B1", start: datetime | None = None, end: datetime | None = None) -> None:
    """Put a block in."""
    with space.transaction(OPERATOR, "test") as store:
        store.upsert(BLOCKS.id, [Row({"code": code, "name": code, "reason": "works", "from_time": start, "to_time": end}, shape)], anywhere=True)


def length_m(*places: Place) -> float:
    return float(GEOD.line_length(*zip(*places, strict=True)))


class Twin:
    """Edges between places rounded to a centimetre, searched with a heap: nothing in common with geodata.queries.roads."""

    def __init__(self) -> None:
        self.ways: dict[tuple[int, int], list[tuple[tuple[int, int], float, float]]] = defaultdict(list)

    @staticmethod
    def node(place: Place) -> tuple[int, int]:
        return round(place[0] * 1e7), round(place[1] * 1e7)

    def add(self, places: Sequence[Place], kmh: float, *, one_way: bool = False) -> None:
        metres = length_m(*places)
        first, last = self.node(places[0]), self.node(places[-1])
        self.ways[first].append((last, metres / (kmh / 3.6), metres))
        if not one_way:
            self.ways[last].append((first, metres / (kmh / 3.6), metres))

    def times(self, start: Place) -> dict[tuple[int, int], float]:
        best, heap = {}, [(0.0, self.node(start))]
        while heap:
            spent, node = heapq.heappop(heap)
            if node in best:
                continue
            best[node] = spent
            for there, seconds, _ in self.ways[node]:
                if there not in best:
                    heapq.heappush(heap, (spent + seconds, there))
        return best

    def time(self, start: Place, end: Place) -> float:
        return self.times(start).get(self.node(end), math.inf)
