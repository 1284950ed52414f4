"""Many rows held by column: values as the distinct ones and which row has which, shapes as WKB in a file that is read a page at a time.

A million rows with twelve attributes and a polygon each take some 60 MB so, and what is asked of a value is asked once for all rows that have it.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any, overload

import numpy as np
import shapely
from numpy.typing import NDArray

Codes = NDArray[np.int32]
Places = NDArray[np.int64]
ShapeArray = NDArray[np.object_]

PAGE = 20_000  # shapes parsed at once: some 15 MB of polygons with few corners


class Coded(Sequence[Any]):
    """A column: `levels` are its distinct values (by type and value, None among them) in the order of their first row, `codes` says which each row has.

    Every level has a row. Reading is that of a sequence; a slice is a list.
    """

    __slots__ = ("codes", "levels")

    def __init__(self, levels: list[Any], codes: Codes) -> None:
        self.levels = levels
        self.codes = codes

    @classmethod
    def of(cls, values: Iterable[Any]) -> Coded:
        """The column of these values; one that is a column already is given back."""
        if isinstance(values, Coded):
            return values
        values = values if isinstance(values, list) else list(values)
        places: dict[Any, int] = {}
        kinds = set(map(type, values)) - {type(None)}
        if len(kinds) <= 1 and kinds <= _PLAIN:
            codes = np.fromiter((places.setdefault(one, len(places)) for one in values), dtype=np.int32, count=len(values))
            return cls(list(places), codes)
        codes = np.fromiter((places.setdefault(_told_apart(one), len(places)) for one in values), dtype=np.int32, count=len(values))
        levels: list[Any] = [None] * len(places)
        for code, value in zip(reversed(codes.tolist()), reversed(values), strict=True):
            levels[code] = value
        return cls(levels, codes)

    @classmethod
    def repeated(cls, value: Any, count: int) -> Coded:
        """A column that has the same value in each of `count` rows."""
        return cls([value] if count else [], np.zeros(count, dtype=np.int32))

    def __len__(self) -> int:
        return len(self.codes)

    def __iter__(self) -> Iterator[Any]:
        return map(self.levels.__getitem__, self.codes.tolist())

    @overload
    def __getitem__(self, place: int) -> Any: ...
    @overload
    def __getitem__(self, place: slice) -> list[Any]: ...
    def __getitem__(self, place: int | slice) -> Any:
        if isinstance(place, slice):
            return [self.levels[code] for code in self.codes[place].tolist()]
        return self.levels[self.codes[place]]

    def __eq__(self, other: object) -> bool:
        """Whether another sequence has the same values in the same order."""
        return isinstance(other, Sequence) and len(self) == len(other) and list(self) == list(other)

    __hash__ = None  # type: ignore[assignment]  # like a list

    def __repr__(self) -> str:
        return f"Coded({list(self)!r})"

    def take(self, places: Places | NDArray[np.bool_]) -> Coded:
        """The column of these rows alone."""
        return self.recoded(self.levels, self.codes[places])

    def mapped(self, change: Callable[[Any], Any]) -> Coded:
        """The column with each value changed; `change` is asked once a level."""
        return self.recoded([change(one) for one in self.levels], self.codes)

    @classmethod
    def recoded(cls, values: Sequence[Any], codes: Codes) -> Coded:
        """The column in which each row has the value that its code points at; values may be alike, or have no row."""
        first = np.full(len(values), len(codes), dtype=np.int64)
        first[codes[::-1]] = np.arange(len(codes))[::-1]  # the last one written stays: the first row
        used = np.flatnonzero(first < len(codes))
        used = used[np.argsort(first[used], kind="stable")]
        among = cls.of([values[place] for place in used.tolist()])
        if len(among.levels) == len(values) and np.array_equal(used, np.arange(len(values))):
            return cls(among.levels, codes)  # as they were
        new = np.zeros(len(values), dtype=np.int32)
        new[used] = among.codes
        return cls(among.levels, new[codes])

    def having(self, wanted: Callable[[Any], bool]) -> NDArray[np.bool_]:
        """Which rows have a value that is wanted; asked once a level."""
        return np.fromiter(map(wanted, self.levels), dtype=bool, count=len(self.levels))[self.codes] if self.levels else np.zeros(0, bool)

    @property
    def missing(self) -> NDArray[np.bool_]:
        """Which rows have no value."""
        return self.having(_is_none)

    @property
    def repeated_rows(self) -> NDArray[np.bool_]:
        """Which rows have a value that another row has, too."""
        return (np.bincount(self.codes, minlength=len(self.levels)) > 1)[self.codes] if self.levels else np.zeros(0, bool)


_PLAIN = {str, bytes, int, bool, float, date}  # a column of one of these needs no telling apart of values that are equal


def _is_none(value: Any) -> bool:
    return value is None


def _told_apart(value: Any) -> Any:
    """What tells values apart that Python calls equal (1, 1.0 and True), and those that have no hash."""
    return (value.__class__, value) if value.__class__.__hash__ is not None and value.__class__ is not tuple else (value.__class__, repr(value))


class ShapeColumn:
    """Shapes of rows, each WKB in a file or None. It is read like a sequence of geometries; `page` and `blobs` read many at once.

    The file has no name any more and goes with the last column that reads it.
    """

    __slots__ = ("_changed", "_file", "_lengths", "_starts")

    def __init__(self, file: Any, starts: Places, lengths: Places, changed: dict[int, bytes | None] | None = None) -> None:
        self._file = file
        self._starts = starts
        self._lengths = lengths  # -1: no shape
        self._changed = changed or {}  # by start: what stands there instead

    @classmethod
    def of(cls, shapes: Iterable[Any]) -> ShapeColumn:
        """The column of these geometries."""
        if isinstance(shapes, ShapeColumn):
            return shapes
        writer = ShapeWriter()
        writer.add_shapes(np.asarray(list(shapes), dtype=object))
        return writer.column()

    @classmethod
    def of_blobs(cls, blobs: Iterable[bytes | None]) -> ShapeColumn:
        """The column of these WKB, whatever they hold."""
        if isinstance(blobs, ShapeColumn):
            return blobs
        writer = ShapeWriter()
        writer.add(blobs)
        return writer.column()

    @classmethod
    def nothing(cls, count: int) -> ShapeColumn:
        """A column of rows without shapes."""
        return cls(None, np.zeros(count, np.int64), np.full(count, -1, np.int64))

    @classmethod
    def stored(cls, run: Path, lengths: Places) -> ShapeColumn:
        """The column whose WKB stand one after the other in a file."""
        return cls(run.open("rb"), _starts_of(lengths), lengths)

    def __len__(self) -> int:
        return len(self._lengths)

    def __getitem__(self, place: int) -> Any:
        blob = self.blobs(place, place + 1)[0]
        return None if blob is None else shapely.from_wkb(blob)

    def __iter__(self) -> Iterator[Any]:
        for start, stop in self.pages():
            yield from self.page(start, stop)

    @property
    def present(self) -> NDArray[np.bool_]:
        """Which rows have a shape."""
        return self._lengths >= 0

    def pages(self, size: int = PAGE) -> Iterator[tuple[int, int]]:
        """Where pages begin and end."""
        for start in range(0, len(self), size):
            yield start, min(start + size, len(self))

    def page(self, start: int, stop: int) -> ShapeArray:
        """The geometries of these rows."""
        return np.asarray(shapely.from_wkb(self.blobs(start, stop)), dtype=object)

    def blobs(self, start: int, stop: int) -> NDArray[np.object_]:
        """The WKB of these rows, None where there is none."""
        found = np.full(len(self._lengths[start:stop]), None, dtype=object)
        there = np.flatnonzero(self._lengths[start:stop] >= 0)
        if not len(there):
            return found
        starts = self._starts[start:stop][there]
        ends = starts + self._lengths[start:stop][there]
        first = int(starts[0])
        run = os.pread(self._file.fileno(), int(ends[-1]) - first, first)
        for place, begin, end in zip(there.tolist(), (starts - first).tolist(), (ends - first).tolist(), strict=True):
            found[place] = self._changed.get(begin + first, run[begin:end]) if self._changed else run[begin:end]
        return found

    def take(self, places: Places | NDArray[np.bool_]) -> ShapeColumn:
        """The column of these rows alone, which must be in order."""
        return ShapeColumn(self._file, self._starts[places], self._lengths[places], self._changed)

    def without(self, out: NDArray[np.bool_]) -> ShapeColumn:
        """The column with no shape in these rows."""
        return ShapeColumn(self._file, self._starts, np.where(out, -1, self._lengths), self._changed)

    def longer(self, count: int) -> ShapeColumn:
        """The column with rows without a shape at its end, up to `count`."""
        more = ShapeColumn.nothing(count - len(self))
        return ShapeColumn(self._file, np.append(self._starts, more._starts), np.append(self._lengths, more._lengths), self._changed)

    def changed(self, shapes: dict[int, Any]) -> ShapeColumn:
        """The column with other shapes at some places that have one."""
        new = {int(self._starts[place]): None if shape is None else shapely.to_wkb(shape) for place, shape in shapes.items()}
        return ShapeColumn(self._file, self._starts, self._lengths, self._changed | new)

    def kinds(self) -> set[int]:
        """The GEOS types among the shapes."""
        return {kind for start, stop in self.pages() for kind in np.unique(shapely.get_type_id(self.page(start, stop))).tolist() if kind >= 0}


class ShapeWriter:
    """Writes the file of a column, one lot after the other."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile(prefix="onemap-shapes-")  # noqa: SIM115 - it is the column's from then on
        self._lengths: list[Places] = []

    def add(self, blobs: Iterable[bytes | None]) -> None:
        """Add WKB, None for a row without a shape."""
        lot = list(blobs)
        self._lengths.append(np.fromiter((-1 if one is None else len(one) for one in lot), dtype=np.int64, count=len(lot)))
        self._file.write(b"".join(one for one in lot if one))

    def add_shapes(self, shapes: ShapeArray) -> None:
        """Add geometries, None for a row without one."""
        self.add(shapely.to_wkb(shapes) if len(shapes) else ())

    def column(self) -> ShapeColumn:
        """All that was written."""
        self._file.flush()
        lengths = np.concatenate(self._lengths) if self._lengths else np.zeros(0, np.int64)
        return ShapeColumn(self._file, _starts_of(lengths), lengths)


def _starts_of(lengths: Places) -> Places:
    there = np.maximum(lengths, 0)
    return np.concatenate(([0], np.cumsum(there)[:-1])).astype(np.int64) if len(there) else there
