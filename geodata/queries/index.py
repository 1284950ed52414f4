"""The index of one layer: an rtree over the boxes of its shapes, behind a lock, with the shapes kept beside it."""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Iterable, Sequence
from math import cos, inf, isfinite, radians
from uuid import UUID

import numpy as np
from rtree import core
from rtree.index import Index, Property
from scipy.spatial import cKDTree

from geodata.queries.bounds import Box, certain_m
from geodata.queries.measure import earth_centred
from geodata.queries.rows import Rows
from geodata.queries.slots import Slots, Whole
from geodata.store.changes import LayerVersion

_NODE = 16  # measured for 5 of 100,000 points: 17 us with 10 to 16 to a node, 30 us with rtree's default of 100
_ONE_BY_ONE = 2_000  # a change of more rows than this and a tenth of the layer is cheaper as a new tree (measured)


class LayerIndex(Slots):
    """The features of one layer in memory, to be asked for boxes. Thread-safe; hold `lock` to use several answers together.

    The tree keeps longitudes times `squeeze`, the cosine of the layer's middle latitude, so that its ranking by degrees
    comes close to one by metres. It ranks boxes, not shapes: what it gives are candidates with a bound on all others.
    """

    def __init__(self, rows: Rows, version: LayerVersion) -> None:
        super().__init__(rows.measures.shape[1], max(16, len(rows.ids)), rows.moments.shape[1], rows.said.shape[1])
        self.version = version
        self.whole = True  # False while and after a change that failed half way: it must not answer again
        self.lock = threading.RLock()
        self._chords: tuple[cKDTree, Whole] | None = None
        self._order: Whole | None = None
        self.put(rows)
        middle = float(np.mean(self.boxes[: len(rows.ids), 1])) if rows.ids else 0.0
        self.squeeze = max(0.05, cos(radians(middle)))
        self._plant()

    @property
    def slots(self) -> Slots:
        """The columns: an index is its own store of candidates."""
        return self

    def total(self) -> int:
        """How many features the layer has."""
        return len(self)

    def named(self, ids: Iterable[UUID]) -> list[int]:
        """Slots of those of the features that are there."""
        with self.lock:
            return [slot for one in ids if (slot := self.slot_of.get(one)) is not None]

    def apply(self, changed: Rows, gone: Iterable[UUID], version: LayerVersion) -> None:
        """Take in rows that are new or different, forget those that are gone, and stand at `version`.

        Unknown ids in `gone` do nothing. After any exception it stands where it stood but is not `whole`, and whoever
        waited for its lock must leave it.
        """
        with self.lock:
            self.whole, self._chords, self._order = False, None, None
            self._take_in(changed, list(gone))
            self.version, self.whole = version, True

    def _take_in(self, changed: Rows, gone: list[UUID]) -> None:
        if len(changed.ids) + len(gone) > max(_ONE_BY_ONE, len(self) // 10):
            self._replace(changed, gone)
            self._plant()
            return
        before = {one: self.boxes[slot].copy() for one in changed.ids if (slot := self.slot_of.get(one)) is not None}
        for one in gone:
            self._uproot(one)
        for one, slot in zip(changed.ids, self.put(changed).tolist(), strict=True):
            if one in before:
                if np.array_equal(before[one], self.boxes[slot]):
                    continue
                self._tree.delete(slot, self._squeezed(before[one]))
            self._tree.insert(slot, self._squeezed(self.boxes[slot]))

    def nearest_boxes(self, lon: float, lat: float, count: int) -> tuple[list[int], float]:
        """Slots of the `count` nearest boxes by degrees (or all), and a distance in metres within which there are no others."""
        if not (isfinite(lon) and isfinite(lat)):
            raise ValueError("a place that is not finite must not reach the tree")
        with self.lock:
            if len(self) <= count:
                return list(self.slot_of.values()), inf
            if count > len(self._found):
                self._room_for(count)
            self._corner[0, 0], self._corner[0, 1] = lon * self.squeeze, lat
            self._reach[0] = 0.0
            core.rt.Index_NearestNeighbors_id_v(
                self._tree.handle, -count, 1, 2, len(self._found), 2, 1, self._at[0], self._at[0], self._at[1], self._at[2], self._at[3], self._at[4])
            found = self._found[: int(self._counted[0])].tolist()
            return found, certain_m(lon, lat, self._reach[0], self.squeeze)

    def inside(self, windows: Sequence[Box]) -> list[int]:
        """Slots of all features whose boxes meet any of these boxes of degrees, each once, in no order."""
        with self.lock:
            found: list[int] = []
            for window in windows:
                if not all(map(isfinite, window)):
                    raise ValueError("a box that is not finite must not reach the tree")
                found += self._tree.intersection(self._squeezed(window))
            return found if len(windows) == 1 else list(dict.fromkeys(found))

    def chords(self) -> tuple[cKDTree, Whole]:
        """A tree over single points in earth-centred metres and the slots of its rows, for many questions at once; made when first asked for at a version."""
        with self.lock:
            if self._chords is None:
                slots = self.all()
                self._chords = cKDTree(earth_centred(self.lon[slots], self.lat[slots]).T), slots
            return self._chords

    def order_of_ids(self) -> Whole:
        """By slot the place of its id among all ids, which breaks ties of distance."""
        with self.lock:
            if self._order is None:
                order = np.zeros(len(self.ids), np.intp)
                order[[self.slot_of[one] for one in sorted(self.slot_of)]] = np.arange(len(self.slot_of))
                self._order = order
            return self._order

    def _uproot(self, feature_id: UUID) -> None:
        slot = self.slot_of.get(feature_id)
        if slot is not None:
            self._tree.delete(slot, self._squeezed(self.boxes[slot]))
            self.drop(feature_id)

    def _replace(self, changed: Rows, gone: Iterable[UUID]) -> None:
        for one in gone:
            self.drop(one)
        self.put(changed)

    def _plant(self) -> None:
        """A new tree of all that is here."""
        slots, squeeze = self.all(), np.array([self.squeeze, 1.0])
        mins, maxs = self.boxes[slots, :2] * squeeze, self.boxes[slots, 2:] * squeeze
        shape = Property(leaf_capacity=_NODE, index_capacity=_NODE)
        self._tree = Index((slots.astype(np.int64), mins, maxs), properties=shape) if len(slots) else Index(properties=shape)
        self._room_for(64)

    def _room_for(self, count: int) -> None:
        """Memory that the tree writes its answers to, kept between questions: rtree's own call spends twice the search on it."""
        self._found = np.empty(count, np.int64)
        self._corner, self._counted, self._reach = np.zeros((1, 2)), np.zeros(1, np.uint64), np.zeros(1)
        self._answered = ctypes.c_int64(0)
        self._at = (self._corner.ctypes.data, self._found.ctypes.data, self._counted.ctypes.data, self._reach.ctypes.data, ctypes.byref(self._answered))

    def _squeezed(self, box: Sequence[float] | np.ndarray) -> Box:
        """The box as the tree has it; the same numbers every time, for a delete must name them exactly."""
        west, south, east, north = (float(one) for one in box)
        return (west * self.squeeze, south, east * self.squeeze, north)
