"""What the queries keep of each feature: id, shape, whether it is in service, its measures and where it comes from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import numpy as np
import shapely
from numpy.typing import NDArray

from layers.spec import Layer

Origin = tuple[str | None, date | None]  # source and source date; None is unknown

UNKNOWN = 16  # the lower half of `service` keeps out of the ranking, the upper half only says what is not known
OUT = np.uint32((1 << UNKNOWN) - 1)


@dataclass(frozen=True)
class Rows:
    """Features of one layer as columns, in one order.

    `service` has bit i set where the layer's i-th `out_of_service` applies, bit UNKNOWN + i where its field has no value
    and it says what that means. `measures` has a column for each of the
    layer's measures, NaN where unknown. `verified` is seconds since 1970 UTC, NaN where unknown.
    """

    ids: list[UUID]
    shapes: NDArray[Any]
    service: NDArray[np.uint32]
    measures: NDArray[np.float64]
    origins: list[Origin]
    verified: NDArray[np.float64]


def fields_read(layer: Layer) -> tuple[str, ...]:
    """Ids of the fields that `rows_of` wants, each once."""
    named = [*(one.field for one in layer.out_of_service), *(one.id for one in layer.measures), "source", "source_date", "verified_at"]
    return tuple(dict.fromkeys(named))


def rows_of(layer: Layer, ids: Sequence[UUID], wkb: Sequence[bytes | None], columns: Mapping[str, Sequence[Any]]) -> Rows:
    """Columns as read from the store, those of `fields_read`, turned into what the queries compute on."""
    count = len(ids)
    service = np.zeros(count, np.uint32)
    for bit, rule in enumerate(layer.out_of_service):
        values = frozenset(rule.values)
        hit = [not values.isdisjoint(value) if isinstance(value, list) else value in values for value in columns[rule.field]]
        service |= np.fromiter(hit, np.uint32, count) << np.uint32(bit)
        if rule.unknown:
            unsaid = (value is None or value == [] for value in columns[rule.field])
            service |= np.fromiter(unsaid, np.uint32, count) << np.uint32(UNKNOWN + bit)
    measures = np.full((count, len(layer.measures)), np.nan)
    for place, one in enumerate(layer.measures):
        measures[:, place] = [np.nan if value is None else value for value in columns[one.id]]
    origins = list(zip(columns["source"], columns["source_date"], strict=True))
    verified = np.array([_seconds(value) for value in columns["verified_at"]], dtype=float)
    shapes = np.empty(count, dtype=object)
    shapes[:] = shapely.from_wkb(np.array(wkb, dtype=object)) if count else []
    return Rows(list(ids), shapes, service, measures, origins, verified)


def _seconds(value: datetime | None) -> float:
    return np.nan if value is None else value.timestamp()
