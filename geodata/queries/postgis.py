"""The same candidates from PostGIS, for when the index cannot answer: other boxes, the same exact distances after them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import inf
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Double, Select, Table, func, or_, select

from geodata.crs import STORAGE_EPSG
from geodata.queries.bounds import Box, certain_m
from geodata.queries.rows import Rows, chosen, fields_read, rows_of, timed
from geodata.queries.slots import Slots
from geodata.store.rows import shown_shape
from layers.spec import Layer


class TableCandidates:
    """Candidates of one layer where its reader may see them, read in the snapshot of one connection. Not thread-safe: it lives for one question."""

    def __init__(self, connection: Connection, layer: Layer, table: Table, *, reveal: bool = True) -> None:
        self.slots = Slots(len(layer.measures), moments=len(timed(layer)), said=len(chosen(layer)))
        self._connection = connection
        self._layer = layer
        self._table = table
        self._shape = shown_shape(layer, table, reveal=reveal)
        self._fields = fields_read(layer)

    def whole(self) -> Rows:
        """Every feature of the layer."""
        return self._rows(self._connection.execute(self._select().order_by(self._table.c.id)).all())

    def total(self) -> int:
        """How many features the layer has."""
        return self._connection.scalar(select(func.count()).select_from(self._table)) or 0

    def nearest_boxes(self, lon: float, lat: float, count: int) -> tuple[list[int], float]:
        """Slots of the `count` nearest shapes by degrees (or all), and a distance in metres within which there are no others."""
        place = func.ST_SetSRID(func.ST_MakePoint(lon, lat), STORAGE_EPSG)
        away: ColumnElement[float] = self._shape.op("<->", return_type=Double())(place).label("away")
        rows = self._connection.execute(self._select(away).order_by(away).limit(count)).all()
        reach_deg = rows[-1].away if len(rows) == count else inf
        return self._take(rows), certain_m(lon, lat, reach_deg)

    def inside(self, windows: Sequence[Box]) -> list[int]:
        """Slots of all features whose boxes meet any of these boxes of degrees, each once."""
        meets = [self._shape.op("&&")(func.ST_MakeEnvelope(*one, STORAGE_EPSG)) for one in windows]
        return self._take(self._connection.execute(self._select().where(or_(*meets))).all())

    def named(self, ids: Iterable[UUID]) -> list[int]:
        """Slots of those of the features that are there."""
        return self._take(self._connection.execute(self._select().where(self._table.c.id == func.any(list(ids)))).all())

    def _select(self, *more: ColumnElement[Any]) -> Select[Any]:
        columns = [self._table.c[name] for name in self._fields]
        return select(self._table.c.id, *columns, func.ST_AsBinary(self._shape).label("wkb"), *more)

    def _take(self, rows: Sequence[Any]) -> list[int]:
        return self.slots.put(self._rows(rows)).tolist()

    def _rows(self, rows: Sequence[Any]) -> Rows:
        columns = {name: [getattr(row, name) for row in rows] for name in self._fields}
        return rows_of(self._layer, [row.id for row in rows], [bytes(row.wkb) for row in rows], columns)
