"""Many places asked about at once: the same answers as one by one, with candidates and distances of all places computed together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, cast
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from geodata.crs import GEOD
from geodata.queries import refusals
from geodata.queries.admission import Admission
from geodata.queries.bounds import Floats
from geodata.queries.deadline import Deadline
from geodata.queries.index import LayerIndex
from geodata.queries.measure import earth_centred
from geodata.queries.nearest import MAX_LEFT_OUT, LayerRanking, NearestQuestion, Reason
from geodata.queries.ranking import Search
from geodata.queries.slots import Whole
from geodata.store.changes import LayerVersion

MAX_POINTS = 10_000  # places of one question: an answer of some 3 MB
_SPARE = 1  # candidates beyond k and those expected between: the chord of the last bounds all others
_MOST_ROUNDS = 4  # each asks the places still open for twice the candidates; who is still open then is asked alone
_CELL_DEG = 0.01
_CHORD_SLACK_M = 1e-6  # far above rounding of earth-centred metres


@dataclass(frozen=True)
class Places:
    """Answers for many places in one order: `ranked` slots' places in `features` (-1 where there are fewer), with `distance_m` (NaN there).

    `left_out` says how many nearer ones were left out, `reasons` how many of them for which reason; `more` where there are others yet.
    """

    features: tuple[UUID, ...]
    uncertain: tuple[tuple[Reason, ...], ...]
    ranked: NDArray[np.intp]
    distance_m: Floats
    left_out: NDArray[np.intp]
    reasons: tuple[dict[str, int], ...]
    more: NDArray[np.bool_]


@dataclass(frozen=True)
class LayerPlaces:
    """One layer's answers to all places, at `version`; the other members are those of `LayerRanking`."""

    layer: str
    version: LayerVersion
    answered_by: str
    places: Places
    positions: str = "exact"
    rests_on: Mapping[str, LayerVersion] = field(default_factory=dict)


def places(points: Sequence[tuple[float, float]]) -> tuple[Floats, Floats]:
    """Longitudes and latitudes of 1 to MAX_POINTS points in degrees, or InvalidInput naming the point."""
    if not 1 <= len(points) <= MAX_POINTS:
        raise refusals.out_of_range("points", len(points), 1, MAX_POINTS)
    lon = [refusals.number(f"points/{place}/0", one[0], -180.0, 180.0) for place, one in enumerate(points)]
    lat = [refusals.number(f"points/{place}/1", one[1], -90.0, 90.0) for place, one in enumerate(points)]
    return np.array(lon), np.array(lat)


class Crowd:
    """The search of one layer for all places. `lon`, `lat` are arrays of degrees. The index is held by whoever runs it."""

    def __init__(self, index: LayerIndex, question: NearestQuestion, lon: Floats, lat: Floats, admission: Admission, deadline: Deadline) -> None:
        self._index, self._question, self._admission, self._deadline = index, question, admission, deadline
        self._lon, self._lat = lon, lat
        count, k = len(lon), question.k
        self._slots = np.full((count, k), -1, np.intp)
        self._distance_m = np.full((count, k), np.nan)
        self._left_out: dict[int, list[int]] = {}
        self._more = np.zeros(count, bool)

    def run(self) -> Places:
        """All answers."""
        still = np.lexsort((self._lat // _CELL_DEG, self._lon // _CELL_DEG))  # neighbours one after the other find the same branches warm
        here = self._index.all()
        if len(here) and not np.isnan(self._index.lon[here]).any():  # of points alone a tree of chords knows the order
            still = self._by_chords(still)
        for one in still.tolist():
            self._deadline.check()
            self._alone(one)
        return self._told()

    def _by_chords(self, still: Whole) -> Whole:
        """Settle places by the tree of chords, those whose answer is certain; the others come back."""
        tree, slots = self._index.chords()
        admitted = np.zeros(len(self._index.ids), bool)
        admitted[slots] = True if self._admission.open else self._admission.admitted(self._index, slots)
        share_out = 1.0 - float(admitted[slots].mean())
        count = self._question.k + _SPARE + int(3 * self._question.k * share_out)
        for _ in range(_MOST_ROUNDS):
            self._deadline.check()
            count = min(count, len(slots))
            still = still[~self._settle(still, *self._candidates(tree, slots, still, count), admitted, whole=count == len(slots))]
            if not len(still) or count == len(slots):
                break
            count *= 2
        return still

    def _candidates(self, tree: cKDTree, slots: Whole, still: Whole, count: int) -> tuple[Whole, Floats]:
        """Slots of the `count` nearest by chord for each place, and the chord of the last: no other is nearer than that, and no geodesic shorter than its chord."""
        chords, found = tree.query(earth_centred(self._lon[still], self._lat[still]).T, k=np.arange(1, count + 1))
        return slots[found], chords[:, -1]

    def _settle(self, still: Whole, found: Whole, beyond_m: Floats, admitted: NDArray[np.bool_], *, whole: bool) -> NDArray[np.bool_]:
        """Measure the candidates and take over the answers of places where they are certain; for each place whether it is."""
        k, most = self._question.k, self._question.max_distance_m
        rows, width = found.shape
        distance = GEOD.inv(np.repeat(self._lon[still], width), np.repeat(self._lat[still], width),
                            self._index.lon[found.ravel()], self._index.lat[found.ravel()])[2].reshape(rows, width)
        crooked = np.flatnonzero((np.diff(distance, axis=1) <= 0.0).any(axis=1))  # by chord they come sorted but for ties and what rounding turns over
        if len(crooked):
            order = np.lexsort((self._index.order_of_ids()[found[crooked]], distance[crooked]), axis=1)
            found[crooked], distance[crooked] = np.take_along_axis(found[crooked], order, 1), np.take_along_axis(distance[crooked], order, 1)
        good = admitted[found] & (distance <= (np.inf if most is None else most))
        rank = np.cumsum(good, axis=1)
        last = np.where(rank[:, -1] >= k, np.argmax(rank >= k, axis=1), width - 1)
        reach_m = np.where(rank[:, -1] >= k, distance[np.arange(rows), last], np.inf if most is None else most)
        certain = (reach_m < beyond_m - _CHORD_SLACK_M) | whole
        self._take(still[certain], found[certain], distance[certain], good[certain], rank[certain], reach_m[certain])
        return certain

    def _take(self, places: Whole, found: Whole, distance: Floats, good: NDArray[np.bool_], rank: NDArray[Any], reach_m: Floats) -> None:
        k = self._question.k
        row, column = np.nonzero(good & (rank <= k))
        to = rank[row, column] - 1
        self._slots[places[row], to] = found[row, column]
        self._distance_m[places[row], to] = distance[row, column]
        full = rank[:, -1] >= k
        before = (distance <= reach_m[:, None]) & ~good & ((rank < k) | ~full[:, None])
        for one in np.flatnonzero(before.any(axis=1)).tolist():
            out = found[one, before[one]].tolist()
            self._left_out[int(places[one])], self._more[places[one]] = out[:MAX_LEFT_OUT], len(out) > MAX_LEFT_OUT

    def _alone(self, one: int) -> None:
        """One place as it would be asked by itself."""
        question = replace(self._question, lon=float(self._lon[one]), lat=float(self._lat[one]))
        search = Search(self._index, question, self._admission, self._deadline)
        search.run()
        for rank, (distance, _, slot) in enumerate(search.ranked):
            self._slots[one, rank], self._distance_m[one, rank] = slot, distance
        out = search.left_out()
        self._left_out[one], self._more[one] = out[:MAX_LEFT_OUT], len(out) > MAX_LEFT_OUT

    def _told(self) -> Places:
        """The answers with features numbered by their first appearance in order of slot, and reasons counted."""
        seen = np.zeros(len(self._index.ids) + 1, bool)
        seen[self._slots.ravel()] = True  # -1 is the last
        used = np.flatnonzero(seen[:-1])
        number = np.full(len(seen), -1, np.intp)
        number[used] = np.arange(len(used))
        codes = {slot: [one.code for one in self._admission.reasons(self._index, slot)] for slot in {slot for out in self._left_out.values() for slot in out}}
        reasons = tuple(_counted(out, codes) if (out := self._left_out.get(place)) else {} for place in range(len(self._lon)))
        left_out = np.array([len(self._left_out.get(place, ())) for place in range(len(self._lon))], dtype=np.intp)
        uncertain = ((),) * len(used) if self._admission.open else tuple(self._admission.uncertain(self._index, slot) for slot in used.tolist())
        ids = cast(list[UUID], self._index.ids)  # those of slots in use
        return Places(tuple(ids[slot] for slot in used.tolist()), uncertain, number[self._slots], self._distance_m, left_out, reasons, self._more)


def in_short(ranking: Sequence[LayerRanking]) -> Places:
    """Rankings one by one, told as `Crowd` tells them: what tests hold it to."""
    features = sorted({one.id for each in ranking for one in each.ranked})
    place = {one: number for number, one in enumerate(features)}
    k = max((len(each.ranked) for each in ranking), default=0)
    ranked, distance_m = np.full((len(ranking), k), -1, np.intp), np.full((len(ranking), k), np.nan)
    for row, each in enumerate(ranking):
        for at, one in enumerate(each.ranked):
            ranked[row, at], distance_m[row, at] = place[one.id], one.distance_m
    said = {one.id: one.uncertain for each in ranking for one in each.ranked}
    return Places(tuple(features), tuple(said[one] for one in features), ranked, distance_m, np.array([len(each.left_out) for each in ranking], dtype=np.intp),
                  tuple(_counted(range(len(each.left_out)), {place: [reason.code for reason in out.reasons] for place, out in enumerate(each.left_out)}) for each in ranking),
                  np.array([each.more_left_out for each in ranking]))


def _counted(out: Sequence[int], codes: dict[int, list[str]]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for slot in out:
        for code in codes[slot]:
            counts[code] = counts.get(code, 0) + 1
    return counts

