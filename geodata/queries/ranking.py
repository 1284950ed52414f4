"""The search for the nearest: candidates by their boxes, exact distances, and proof that none nearer was missed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import inf, isnan
from typing import Any, Protocol
from uuid import UUID

import numpy as np

from geodata.crs import GEOD
from geodata.queries.admission import Admission
from geodata.queries.bounds import Box, box_distances_m, window
from geodata.queries.deadline import Deadline
from geodata.queries.measure import feet
from geodata.queries.nearest import MAX_LEFT_OUT, LayerRanking, LeftOut, NearestQuestion, Ranked
from geodata.queries.slots import Slots, Whole
from geodata.store.changes import LayerVersion

_SPARE = 3  # candidates beyond k: with them 9 of 10 questions on scattered points need no second look
_FEW = 1_000  # so many that meet a filter are measured one by one rather than searched for
_BATCH = 24  # lines and polygons measured at a time, nearest boxes first
_inverse = GEOD.inv


class Candidates(Protocol):
    """Where candidates come from: the index, or PostGIS when the index cannot answer."""

    @property
    def slots(self) -> Slots:
        """The columns of the candidates given so far."""

    def total(self) -> int:
        """How many features the layer has."""

    def nearest_boxes(self, lon: float, lat: float, count: int) -> tuple[list[int], float]:
        """`count` slots or all, and a distance in metres within which there are no others."""

    def inside(self, windows: Sequence[Box]) -> list[int]:
        """Slots of all features whose boxes meet any of these boxes."""

    def named(self, ids: Iterable[UUID]) -> list[int]:
        """Slots of those of the features that are there."""


Found = tuple[float, Any, int]  # distance, id, slot: sorts by distance, then id


class Search:
    """One layer's search from one place. Every feature within `limit_m` that was looked at is in `distances`."""

    def __init__(self, candidates: Candidates, question: NearestQuestion, admission: Admission, deadline: Deadline | None = None) -> None:
        self._candidates = candidates
        self._question = question
        self._admission = admission
        self._deadline = deadline
        self._most_m = inf if question.max_distance_m is None else question.max_distance_m
        self._distances: dict[int, float] = {}
        self._bearings: dict[int, float] = {}
        self._admitted: dict[int, bool] = {}
        self.limit_m = self._most_m
        self.ranked: list[Found] = []

    def run(self) -> None:
        """Find the k nearest admitted, then all that lie before the last of them."""
        matching = self._admission.matching
        if matching is not None and len(matching) <= max(_FEW, 20 * self._question.k):
            self._look_at(self._candidates.named(matching))
            self._look_around(0)
        else:
            self._look_around(self._question.k + _SPARE)

    def _look_around(self, count: int) -> None:
        """Candidates in growing number until all within the limit are known; with `count` 0 only those left out are sought."""
        seeking = count > 0
        count = count or MAX_LEFT_OUT
        lon, lat = self._question.lon, self._question.lat
        while True:
            found, certain_m = self._candidates.nearest_boxes(lon, lat, count)
            self._look_at(found)
            if certain_m > self.limit_m or len(found) >= self._candidates.total():
                return
            if len(self.ranked) == self._question.k and seeking:
                self._look_at(self._candidates.inside(window(lon, lat, self.limit_m)))
                return
            if not seeking and self._enough_left_out(certain_m):
                return
            count *= 4

    def _enough_left_out(self, certain_m: float) -> bool:
        return sum(distance < certain_m and not self._admitted[slot] for slot, distance in self._distances.items()) > MAX_LEFT_OUT

    def _look_at(self, chosen: list[int]) -> None:
        """Measure those not yet measured that may lie within the limit, and draw the limit in."""
        if self._deadline is not None:
            self._deadline.check()
        fresh = [slot for slot in chosen if slot not in self._distances]
        slots, lon, lat = self._candidates.slots, self._question.lon, self._question.lat
        shapes = []
        if len(fresh) > 200:
            points = ~np.isnan(slots.lon[fresh])
            self._take_points(np.array(fresh)[points])
            shapes = np.array(fresh)[~points].tolist()
        else:
            lons, lats = slots.lon, slots.lat
            for slot in fresh:
                x = lons.item(slot)
                if not isnan(x):
                    bearing, _, distance = _inverse(lon, lat, x, lats.item(slot))
                    self._distances[slot], self._bearings[slot] = distance, bearing
                else:
                    shapes.append(slot)
        self._settle(fresh)
        if shapes:
            self._take_shapes(shapes)

    def _take_points(self, chosen: Whole) -> None:
        slots, same = self._candidates.slots, np.ones(len(chosen))
        bearing, _, distance = GEOD.inv(self._question.lon * same, self._question.lat * same, slots.lon[chosen], slots.lat[chosen])
        self._distances.update(zip(chosen.tolist(), distance.tolist(), strict=True))
        self._bearings.update(zip(chosen.tolist(), bearing.tolist(), strict=True))

    def _take_shapes(self, chosen: list[int]) -> None:
        slots, lon, lat = self._candidates.slots, self._question.lon, self._question.lat
        at_least = box_distances_m(lon, lat, slots.boxes[chosen])
        order = np.argsort(at_least, kind="stable")
        for first in range(0, len(order), _BATCH):
            batch = [chosen[place] for place in order[first : first + _BATCH] if at_least[place] <= self.limit_m]
            if not batch:
                return
            if self._deadline is not None:
                self._deadline.check()
            found = feet(lon, lat, slots.shapes[batch])
            self._distances.update(zip(batch, found.distance_m.tolist(), strict=True))
            self._bearings.update(zip(batch, found.bearing_deg.tolist(), strict=True))
            self._settle(batch)

    def _settle(self, fresh: list[int]) -> None:
        """Rank what was measured anew among what is ranked."""
        distances, ids = self._distances, self._candidates.slots.ids
        fresh = [slot for slot in fresh if slot in distances]
        if self._admission.open:
            admitted = fresh
        else:
            said = self._admission.admits(self._candidates.slots, fresh) if fresh else []
            self._admitted.update(zip(fresh, said, strict=True))
            admitted = [slot for slot, yes in zip(fresh, said, strict=True) if yes]
        limit, k = self.limit_m, self._question.k
        ranked = self.ranked + [(distance, ids[slot], slot) for slot in admitted if (distance := distances[slot]) <= limit]
        ranked.sort()
        self.ranked = ranked[:k]
        if len(ranked) >= k:
            self.limit_m = self.ranked[-1][0]

    def answer(self, layer_id: str, version: LayerVersion, answered_by: str) -> LayerRanking:
        """What was found, as said to the asker."""
        ranked = tuple(Ranked(place, one, distance, self._bearings[slot] % 360.0 if distance else None,
                              () if self._admission.open else self._admission.uncertain(self._candidates.slots, slot))
                       for place, (distance, one, slot) in enumerate(self.ranked, 1))
        nearer = self._nearer()
        left_out = tuple(LeftOut(one, distance, self._admission.reasons(self._candidates.slots, slot)) for distance, one, slot in nearer[:MAX_LEFT_OUT])
        return LayerRanking(layer_id, version, answered_by, ranked, left_out, len(nearer) > MAX_LEFT_OUT)

    def left_out(self) -> list[int]:
        """Slots of those before the last ranked that are not admitted, in their order."""
        return [slot for _, _, slot in self._nearer()]

    def _nearer(self) -> list[Found]:
        if self._admission.open:
            return []
        ids = self._candidates.slots.ids
        found = sorted((distance, ids[slot], slot) for slot, distance in self._distances.items()
                       if distance <= self.limit_m and not self._admitted[slot])
        return [one for one in found if one < self.ranked[-1]] if len(self.ranked) == self._question.k else found
