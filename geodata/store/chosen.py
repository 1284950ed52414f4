"""A filter as plain SQL with its values, for queries that are written as text."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, cast

import shapely
from geoalchemy2.elements import WKBElement
from geoalchemy2.shape import to_shape
from sqlalchemy import Table
from sqlalchemy.dialects import postgresql

from geodata.store.filters import condition
from layers.spec import Layer

_CAST = re.compile(r":(\w+)::")  # `text` would take the name for a cast's


@dataclass(frozen=True)
class Chosen:
    """A filter as SQL over a layer table called `f`, its values beside it; equal filters are equal keys."""

    sql: str
    values: tuple[tuple[str, Any], ...]

    @classmethod
    def by(cls, filter_text: str, layer: Layer, table: Table, *, reveal: bool) -> Chosen:
        """The CQL2 text of a reader who may or may not reveal. Raises InvalidInput at `filter`."""
        clause = condition(filter_text, layer, cast(Table, table.alias("f")), reveal=reveal)
        compiled = clause.compile(dialect=postgresql.dialect(paramstyle="named"))  # type: ignore[no-untyped-call]
        return cls(_CAST.sub(r"(:\1)::", str(compiled)), tuple((name, _bindable(value)) for name, value in compiled.params.items()))


def _bindable(value: Any) -> Any:
    if isinstance(value, WKBElement):
        return shapely.to_wkb(shapely.set_srid(to_shape(value), value.srid), include_srid=True)
    return value
