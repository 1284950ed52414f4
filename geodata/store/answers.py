"""What a reader of a space is told: pages of features, sums, steps of a history, a whole layer at one version."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from shapely.geometry.base import BaseGeometry

from geodata.store.changes import LayerVersion
from geodata.store.rows import Feature


@dataclass(frozen=True)
class Page:
    """Features in the order asked for. `next_cursor` None at the end; `matched` counts all that fit, or None when not asked."""

    features: tuple[Feature, ...]
    next_cursor: str | None
    matched: int | None


@dataclass(frozen=True)
class JsonPage:
    """The same as GeoJSON text: `features` is Feature objects joined by commas, to be put between brackets."""

    features: str
    returned: int
    matched: int | None
    next_cursor: str | None
    version: LayerVersion | None = None  # where the layer stood, of a page that is kept


@dataclass(frozen=True)
class MeasureSum:
    """The sum of what is known (None where nothing is), and in how many features it is not."""

    sum: int | float | None
    unknown: int


@dataclass(frozen=True)
class Summary:
    """How many features, and what their measures add up to, by field."""

    count: int
    measures: Mapping[str, MeasureSum]


@dataclass(frozen=True)
class HistoryEntry:
    """One step in a feature's life. `before` and `after` are property mappings; shapes beside them; None where there was none."""

    version: int
    op: str
    at: datetime
    by: str
    reason: str | None
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None
    geometry_before: BaseGeometry | None
    geometry_after: BaseGeometry | None


@dataclass(frozen=True)
class Snapshot:
    """A whole layer at one version, rows in order of id; `columns` has the fields asked for, as lists in that order."""

    version: LayerVersion
    ids: list[UUID]
    wkb: list[bytes]
    columns: Mapping[str, list[Any]]
