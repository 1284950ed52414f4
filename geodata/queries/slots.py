"""Features at hand: each has a slot, a small number, under which its columns are found."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import numpy as np
import shapely
from numpy.typing import NDArray

from geodata.queries.extent import sizes
from geodata.queries.rows import Origin, Rows

Whole = NDArray[np.intp]
_UNMEASURED = -1.0


class Slots:
    """Columns by slot. Slots of features that went are used again. Not thread-safe: its owner locks.

    `lon` and `lat` are those of single points and NaN for every other shape; `boxes` are west, south, east, north.
    """

    def __init__(self, measures: int, room: int = 16, moments: int = 0, said: int = 0) -> None:
        self.slot_of: dict[UUID, int] = {}
        self.ids: list[UUID | None] = []
        self.origins: list[Origin] = []
        self._origin_number: dict[Origin, int] = {}
        self._free: list[int] = []
        self.shapes: NDArray[Any] = np.empty(room, dtype=object)
        self.boxes = np.full((room, 4), np.nan)
        self.lon, self.lat = np.full(room, np.nan), np.full(room, np.nan)
        self.service = np.zeros(room, np.uint32)
        self.moments = np.full((room, moments), np.nan)
        self.said = np.zeros((room, said), np.uint64)
        self.measures = np.full((room, measures), np.nan)
        self.origin = np.zeros(room, np.int32)
        self.verified = np.full(room, np.nan)
        self._sizes = np.full(room, _UNMEASURED)

    def __len__(self) -> int:
        return len(self.slot_of)

    def put(self, rows: Rows) -> Whole:
        """Write rows, over those of the same id; the slot of each, in order. Nothing is written if a box is not finite."""
        boxes = shapely.bounds(rows.shapes).reshape(-1, 4)
        if not np.isfinite(boxes).all():
            raise ValueError("a shape that is empty or not finite must not reach the index")
        slots = np.array([self._slot(one) for one in rows.ids], dtype=np.intp)
        self._grow(len(self.ids))
        if len(slots):
            points = shapely.get_type_id(rows.shapes) == shapely.GeometryType.POINT
            self.shapes[slots] = rows.shapes
            self.boxes[slots] = boxes
            self.lon[slots] = np.where(points, boxes[:, 0], np.nan)
            self.lat[slots] = np.where(points, boxes[:, 1], np.nan)
            self.service[slots] = rows.service
            self.moments[slots] = rows.moments
            self.said[slots] = rows.said
            self.measures[slots] = rows.measures
            self.origin[slots] = [self._number(one) for one in rows.origins]
            self.verified[slots] = rows.verified
            self._sizes[slots] = _UNMEASURED
        return slots

    def sizes(self, some: Whole) -> NDArray[np.float64]:
        """Area in m2 or length in m of the shapes in these slots, NaN for points; measured when first asked for."""
        fresh = some[self._sizes[some] == _UNMEASURED]
        if len(fresh):
            self._sizes[fresh] = sizes(self.shapes[fresh])
        return np.asarray(self._sizes[some])

    def drop(self, feature_id: UUID) -> int | None:
        """Forget a feature; the slot it had, or None when it was not there."""
        slot = self.slot_of.pop(feature_id, None)
        if slot is not None:
            self.ids[slot] = None
            self.shapes[slot] = None
            self._free.append(slot)
        return slot

    def all(self) -> Whole:
        """Every slot in use, in no order."""
        return np.fromiter(self.slot_of.values(), np.intp, len(self.slot_of))

    def _slot(self, feature_id: UUID) -> int:
        slot = self.slot_of.get(feature_id)
        if slot is None:
            if self._free:
                slot = self._free.pop()
                self.ids[slot] = feature_id
            else:
                slot = len(self.ids)
                self.ids.append(feature_id)
            self.slot_of[feature_id] = slot
        return slot

    def _number(self, origin: Origin) -> int:
        number = self._origin_number.get(origin)
        if number is None:
            number = self._origin_number[origin] = len(self.origins)
            self.origins.append(origin)
        return number

    def _grow(self, wanted: int) -> None:
        room = len(self.shapes)
        if wanted <= room:
            return
        more = max(wanted, room + room // 2) - room
        self.shapes = np.concatenate([self.shapes, np.empty(more, dtype=object)])
        self.boxes = np.concatenate([self.boxes, np.full((more, 4), np.nan)])
        self.lon, self.lat = (np.concatenate([one, np.full(more, np.nan)]) for one in (self.lon, self.lat))
        self.service = np.concatenate([self.service, np.zeros(more, np.uint32)])
        self.moments = np.concatenate([self.moments, np.full((more, self.moments.shape[1]), np.nan)])
        self.said = np.concatenate([self.said, np.zeros((more, self.said.shape[1]), np.uint64)])
        self.measures = np.concatenate([self.measures, np.full((more, self.measures.shape[1]), np.nan)])
        self.origin = np.concatenate([self.origin, np.zeros(more, np.int32)])
        self.verified = np.concatenate([self.verified, np.full(more, np.nan)])
        self._sizes = np.concatenate([self._sizes, np.full(more, _UNMEASURED)])
