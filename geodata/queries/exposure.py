"""What lies inside a zone: the question and its answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, overload
from uuid import UUID

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from geodata.queries import refusals
from geodata.queries.buffer import work
from geodata.store.changes import LayerVersion
from layers.spec import Measure

Floats = NDArray[np.float64]

MAX_BUFFER_M = 50_000.0  # the district is 60 km across
MAX_BUFFERED_VERTICES = 5_000  # widening as many takes about a second of one core
MAX_WIDENED_CORNERS = 1_000_000  # as long again: many points or bends far widened, each with an arc of its own


@dataclass(frozen=True)
class ExposureQuestion:
    """What of each layer lies within `buffer_m` metres (geodesic, 0 to MAX_BUFFER_M) of a zone in degrees (EPSG:4490).

    The zone is a point, line or polygon or a multi of one; touching it counts. `layers` empty: those that the catalogue
    exposes by default. `filter` is CQL2 text. Raises InvalidInput naming what is wrong.
    """

    zone: BaseGeometry
    buffer_m: float = 0.0
    layers: tuple[str, ...] = ()
    filter: str | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "buffer_m", refusals.number("buffer_m", self.buffer_m, 0.0, MAX_BUFFER_M))
        object.__setattr__(self, "zone", refusals.zone("zone", self.zone))
        object.__setattr__(self, "layers", tuple(dict.fromkeys(self.layers)))
        if self.buffer_m:
            refusals.room_to_widen("zone", shapely.bounds(self.zone), self.buffer_m)
            refusals.little_to_widen("zone", int(shapely.get_num_coordinates(self.zone)), MAX_BUFFERED_VERTICES)
            refusals.little_to_widen("buffer_m", work(self.zone, self.buffer_m), MAX_WIDENED_CORNERS)


@dataclass(frozen=True)
class MeasureSum:
    """The sum of one measure over the features inside, whole features counted, in `unit`.

    `unknown` counts features that do not say; their amount is not in `sum`. `sum` is None when all are unknown, 0 when
    there are no features.
    """

    sum: float | int | None
    unknown: int
    unit: str | None
    counts_as: Measure


@dataclass(frozen=True)
class Portion:
    """What of an answer comes from one source of one date (None: not said), so that two sources stay two figures."""

    source: str | None
    source_date: date | None
    count: int
    measures: Mapping[str, MeasureSum]


@dataclass(frozen=True)
class Basis:
    """What an answer rests on. Sources and dates are distinct and sorted, unknown ones left out and seen in `portions`.

    `verified_oldest` and `verified_latest` (UTC) are None when no feature inside was verified; `verified_unknown` counts
    those that never were.
    """

    sources: tuple[str, ...]
    source_dates: tuple[date, ...]
    verified_oldest: datetime | None
    verified_latest: datetime | None
    verified_unknown: int
    portions: tuple[Portion, ...]


@dataclass(frozen=True)
class Inside:
    """A feature inside: of a line the metres, of a polygon the square metres that lie in the zone, and that part of the whole.

    `part` and `fraction` are None for points. `unit` is m or m2. A shape that only touches has part 0. In a widened zone the
    part is that of a rim which lies from 0 to 1 cm inside the true one, all around (`buffer.OFF_M`).
    """

    id: UUID
    part: float | None
    fraction: float | None
    unit: str | None


class Insides(Sequence[Inside]):
    """The features inside as columns, each made when it is looked at: of tens of thousands a page shows some hundreds.

    `part` and `whole` in the unit of the shape's `dimension` (0 point, 1 m, 2 m2); NaN for points.
    """

    _UNITS = (None, "m", "m2")

    def __init__(self, ids: Sequence[UUID], part: Floats, whole: Floats, dimension: NDArray[np.intp]) -> None:
        self._ids, self._part, self._whole, self._dimension = ids, part, whole, dimension

    def __len__(self) -> int:
        return len(self._ids)

    @overload
    def __getitem__(self, place: int) -> Inside: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[Inside, ...]: ...
    def __getitem__(self, place: int | slice) -> Inside | tuple[Inside, ...]:
        if isinstance(place, slice):
            return tuple(self[one] for one in range(*place.indices(len(self))))
        part, whole = float(self._part[place]), float(self._whole[place])
        if whole != whole:
            return Inside(self._ids[place], None, None, None)
        return Inside(self._ids[place], part, part / whole if whole > 0.0 else 0.0, self._UNITS[int(self._dimension[place])])

    def __eq__(self, other: object) -> bool:
        return isinstance(other, (Insides, tuple)) and tuple(self) == tuple(other)

    def __hash__(self) -> int:
        return hash(tuple(self._ids))

    def __repr__(self) -> str:
        return repr(tuple(self))


@dataclass(frozen=True)
class LayerExposure:
    """One layer's answer at `version`, `answered_by` "index" or "postgis": both give the same. `features` are in order of id.

    `positions` "coarse": the asker may not know exact ones, so what counts as inside is decided by the coarse places shown.
    `shown` has what was read of the features named, at that same version, when the asker wanted them shown.
    """

    layer: str
    version: LayerVersion
    answered_by: str
    count: int
    measures: Mapping[str, MeasureSum]
    basis: Basis
    features: Sequence[Inside]
    positions: str = "exact"
    shown: Mapping[UUID, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class ExposureAnswer:
    """The zone asked about (a polygon in degrees once widened) and each layer's answer, in the order asked or of the catalogue.

    `zone_area_m2` is the zone's area on the ellipsoid; None for points and lines that are not widened.
    """

    zone: BaseGeometry
    layers: tuple[LayerExposure, ...]
    zone_area_m2: float | None
