"""What the queries keep of each feature: id, shape, what its fitness rests on, its measures and where it comes from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import numpy as np
import shapely
from numpy.typing import NDArray

from layers.dates import CHINA
from layers.fitness import Aged, Lacks, OutOfService, Passed, Reached, Unfit
from layers.spec import Layer

Origin = tuple[str | None, date | None]  # source and source date; None is unknown
Flags = NDArray[np.uint32]

UNKNOWN = 16  # the lower half of `service` keeps out of the ranking, the upper half only says what is not known
OUT = np.uint32((1 << UNKNOWN) - 1)


@dataclass(frozen=True)
class Rows:
    """Features of one layer as columns, in one order.

    `service` has bit i set where the layer's i-th condition applies whatever is asked and whenever, bit UNKNOWN + i where a field that
    it needs has no value. `moments` has a column for each condition about time (seconds since 1970 UTC, NaN where unknown): from when on a
    `Passed` applies, what an `Aged` counts from. `said` has one for each `Lacks`: bit j for the field's j-th choice. `measures` has a column for
    each of the layer's measures, NaN where unknown. `verified` is seconds since 1970 UTC, NaN where unknown.
    """

    ids: list[UUID]
    shapes: NDArray[Any]
    service: Flags
    moments: NDArray[np.float64]
    said: NDArray[np.uint64]
    measures: NDArray[np.float64]
    origins: list[Origin]
    verified: NDArray[np.float64]


def timed(layer: Layer) -> list[Aged | Passed]:
    """The conditions that `moments` has columns for, in their order."""
    return [one for one in layer.out_of_service if isinstance(one, (Aged, Passed))]


def chosen(layer: Layer) -> list[Lacks]:
    """The conditions that `said` has columns for, in their order."""
    return [one for one in layer.out_of_service if isinstance(one, Lacks)]


def fields_read(layer: Layer) -> tuple[str, ...]:
    """Ids of the fields that `rows_of` wants, each once."""
    named = [*(name for one in layer.out_of_service for name in one.own), *(one.id for one in layer.measures), "source", "source_date", "verified_at"]
    return tuple(dict.fromkeys(named))


def rows_of(layer: Layer, ids: Sequence[UUID], wkb: Sequence[bytes | None], columns: Mapping[str, Sequence[Any]]) -> Rows:
    """Columns as read from the store, those of `fields_read`, turned into what the queries compute on."""
    count = len(ids)
    service = np.zeros(count, np.uint32)
    for bit, condition in enumerate(layer.out_of_service):
        service |= _applies(condition, columns, count) << np.uint32(bit)
        unsaid = ([value is None or value == [] for value in columns[name]] for name in condition.own)
        missing = np.array([any(one) for one in zip(*unsaid, strict=True)] if condition.own else [False] * count, dtype=np.uint32)
        service |= missing << np.uint32(UNKNOWN + bit)
    moments = np.full((count, len(timed(layer))), np.nan)
    for place, one in enumerate(timed(layer)):
        moments[:, place] = [_seconds(_end_of(value) if isinstance(one, Passed) else value) for value in columns[one.field]]
    said = np.zeros((count, len(chosen(layer))), np.uint64)
    for place, lacks in enumerate(chosen(layer)):
        said[:, place] = [choice_bits(layer, lacks, value or ()) for value in columns[lacks.field]]
    measures = np.full((count, len(layer.measures)), np.nan)
    for place, measure in enumerate(layer.measures):
        measures[:, place] = [np.nan if value is None else value for value in columns[measure.id]]
    origins = list(zip(columns["source"], columns["source_date"], strict=True))
    verified = np.array([_seconds(value) for value in columns["verified_at"]], dtype=float)
    shapes = np.empty(count, dtype=object)
    shapes[:] = shapely.from_wkb(np.array(wkb, dtype=object)) if count else []
    return Rows(list(ids), shapes, service, moments, said, measures, origins, verified)


def choice_bits(layer: Layer, lacks: Lacks, values: Iterable[Any]) -> int:
    """The choices of a condition's field as `said` keeps them."""
    field = layer.field(lacks.field)
    wanted = frozenset(values)
    return sum(1 << place for place, choice in enumerate(field.choices) if choice.value in wanted) if field else 0


def _applies(condition: Unfit, columns: Mapping[str, Sequence[Any]], count: int) -> Flags:
    """1 for each row to which a condition applies whatever is asked and whenever; conditions of other kinds are for `Admission`."""
    if isinstance(condition, OutOfService):
        values = frozenset(condition.values)
        hit = (not values.isdisjoint(value) if isinstance(value, list) else value in values for value in columns[condition.field])
    elif isinstance(condition, Reached):
        pairs = zip(columns[condition.field], columns[condition.limit], strict=True)
        hit = (value is not None and limit is not None and value >= limit for value, limit in pairs)
    else:
        return np.zeros(count, np.uint32)
    return np.fromiter(hit, np.uint32, count)


def _end_of(value: date | datetime | None) -> datetime | None:
    """The moment at which a date is over, in China; a moment itself."""
    if value is None or isinstance(value, datetime):
        return value
    return datetime(value.year, value.month, value.day, tzinfo=CHINA) + timedelta(days=1)


def _seconds(value: datetime | None) -> float:
    return np.nan if value is None else value.timestamp()
