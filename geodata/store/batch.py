"""Rows that go into a layer at once, by column: what the loader makes of a file and `Store.upsert` writes."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from geodata.columns import Coded, Places, ShapeColumn


@dataclass(frozen=True)
class Row:
    """One row to put in: cleaned values by field id, geometry in EPSG:4490 or None, and its number in the source."""

    properties: Mapping[str, Any]
    geometry: BaseGeometry | None
    row: int = 0


class Rows(Sequence[Row]):
    """Rows by column: `numbers` in the source, `columns` by field id, `shapes`. Reading is that of a sequence of `Row`."""

    __slots__ = ("columns", "numbers", "shapes")

    def __init__(self, numbers: Places, columns: Mapping[str, Coded], shapes: ShapeColumn) -> None:
        self.numbers = numbers
        self.columns = columns
        self.shapes = shapes

    @classmethod
    def of(cls, rows: Iterable[Row]) -> Rows:
        """These rows by column; a field that only some of them carry is None in the others."""
        if isinstance(rows, Rows):
            return rows
        rows = list(rows)
        names = dict.fromkeys(name for row in rows for name in row.properties)
        columns = {name: Coded.of(row.properties.get(name) for row in rows) for name in names}
        return cls(np.array([row.row for row in rows], dtype=np.int64), columns, ShapeColumn.of([row.geometry for row in rows]))

    def __len__(self) -> int:
        return len(self.numbers)

    def __iter__(self) -> Iterator[Row]:
        numbers = self.numbers.tolist()
        cells: Iterable[tuple[Any, ...]] = zip(*self.columns.values(), strict=True) if self.columns else [()] * len(numbers)
        for number, values, shape in zip(numbers, cells, self.shapes, strict=True):
            yield Row(dict(zip(self.columns, values, strict=True)), shape, number)

    @overload
    def __getitem__(self, place: int) -> Row: ...
    @overload
    def __getitem__(self, place: slice) -> list[Row]: ...
    def __getitem__(self, place: int | slice) -> Any:
        if isinstance(place, slice):
            return [self[one] for one in range(*place.indices(len(self)))]
        return Row({name: column[place] for name, column in self.columns.items()}, self.shapes[place], int(self.numbers[place]))

    @classmethod
    def none(cls) -> Rows:
        """No rows at all."""
        return cls.of(())

    def with_column(self, name: str, column: Coded) -> Rows:
        """The rows with one more field, or another value in one that they have."""
        return Rows(self.numbers, {**self.columns, name: column}, self.shapes)

    def without_columns(self, names: Collection[str]) -> Rows:
        """The rows without some fields."""
        return Rows(self.numbers, {name: one for name, one in self.columns.items() if name not in names}, self.shapes)

    def take(self, places: Places | NDArray[np.bool_]) -> Rows:
        """These rows alone, in order."""
        return Rows(self.numbers[places], {name: one.take(places) for name, one in self.columns.items()}, self.shapes.take(places))
