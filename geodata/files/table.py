"""A table as read from a file, before any judgement, and its pickle-free form on disk between two processes."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geodata.columns import PAGE, Coded, ShapeColumn
from geodata.files.notices import Found, Notice

MOST_COLUMNS = 1000  # a table of the database holds 1,600, and a layer has columns of its own


class Kind(StrEnum):
    """What the file says a column holds. Dates and moments are ISO texts."""

    TEXT = "text"
    INTEGER = "integer"
    REAL = "real"
    BOOLEAN = "boolean"
    DATE = "date"
    MOMENT = "moment"


@dataclass
class Column:
    """One column: its name as the file has it, its kind and a value or None for each row (`Coded` once it was read).

    `labels`: what its codes mean, where the file says so.
    """

    name: str
    kind: Kind
    values: Sequence[Any]
    labels: dict[str, str] | None = None

    @property
    def distinct(self) -> list[Any]:
        """The values that occur, each once, without None."""
        return [one for one in Coded.of(self.values).levels if one is not None]


@dataclass
class Table:
    """Rows of one layer of a file.

    `rows` holds each row's number as a person counts records (the first is 1), `shapes` its WKB or None. `crs_text` is
    what the file says of its CRS (WKT or a name), None where it says nothing; `crs_declared_unknown` when it says that it is
    unknown. `skipped` and `rejected` are records that the reader kept out; `read` counts all.
    """

    format: str
    sublayer: str | None
    rows: NDArray[np.int64]
    columns: list[Column]
    shapes: Sequence[bytes | None] | ShapeColumn | None = None
    encoding: Found | None = None
    crs_text: str | None = None
    crs_source: str | None = None
    crs_declared_unknown: bool = False
    skipped: list[Notice] = field(default_factory=list)
    rejected: list[Notice] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    first_line: int | None = None  # tables with a header: the line or sheet row of record 1
    used_for_place: list[str] = field(default_factory=list)

    @property
    def read(self) -> int:
        """Records in the file: those in the table, those skipped and those rejected by the reader."""
        return len(self.rows) + len(self.skipped) + len(self.rejected)

    def column(self, name: str) -> Column | None:
        """The column with this name, or None."""
        return next((one for one in self.columns if one.name == name), None)

    def without(self, places: NDArray[np.bool_]) -> Table:
        """The table without the rows marked True."""
        keep = np.flatnonzero(~places)
        columns = [Column(one.name, one.kind, Coded.of(one.values).take(keep), one.labels) for one in self.columns]
        shapes = None if self.shapes is None else ShapeColumn.of_blobs(self.shapes).take(keep)
        return Table(**{**self.__dict__, "rows": self.rows[keep], "columns": columns, "shapes": shapes})


_PLAIN = ("format", "sublayer", "crs_text", "crs_source", "crs_declared_unknown", "first_line", "used_for_place")
_LISTS = ("skipped", "rejected", "notices")


def save(table: Table, folder: Path) -> None:
    """Write a table: heads and distinct values as JSON, which row has which as numpy arrays, and a run of WKB bytes."""
    head: dict[str, Any] = {name: getattr(table, name) for name in _PLAIN}
    head |= {name: [asdict(one) for one in getattr(table, name)] for name in _LISTS}
    head["encoding"] = asdict(table.encoding) if table.encoding else None
    head["columns"] = [{"name": one.name, "kind": one.kind.value, "labels": one.labels} for one in table.columns]
    head["has_shapes"] = table.shapes is not None
    np.save(folder / "rows.npy", np.asarray(table.rows, dtype=np.int64), allow_pickle=False)
    for place, column in enumerate(table.columns):
        coded = Coded.of(column.values)
        _write_list(coded.levels, folder / f"levels{place}.json")
        np.save(folder / f"codes{place}.npy", coded.codes, allow_pickle=False)
    if table.shapes is not None:
        lengths = []
        with (folder / "shapes.wkb").open("wb") as out:
            for lot in _lots(table.shapes):
                lengths.append(np.fromiter((-1 if one is None else len(one) for one in lot), dtype=np.int64, count=len(lot)))
                out.writelines(one for one in lot if one)
        np.save(folder / "lengths.npy", np.concatenate(lengths) if lengths else np.zeros(0, np.int64), allow_pickle=False)
    (folder / "table.json").write_text(json.dumps(head, ensure_ascii=False, default=str), encoding="utf-8", errors="surrogatepass")


def restore(folder: Path) -> Table:
    """Read back what `save` wrote. The writer is the sandbox: shapes are bytes here, never parsed without a check."""
    head = json.loads((folder / "table.json").read_text(encoding="utf-8", errors="replace"))
    columns = [
        Column(one["name"], Kind(one["kind"]), _coded(folder, place), one["labels"]) for place, one in enumerate(head["columns"])
    ]
    lists: dict[str, Any] = {name: [Notice(**one) for one in head[name]] for name in _LISTS}
    shapes = ShapeColumn.stored(folder / "shapes.wkb", np.load(folder / "lengths.npy", allow_pickle=False)) if head["has_shapes"] else None
    encoding = Found(**head["encoding"]) if head["encoding"] else None
    return Table(
        rows=np.load(folder / "rows.npy", allow_pickle=False),
        columns=columns,
        shapes=shapes,
        encoding=encoding,
        **{name: head[name] for name in _PLAIN},
        **lists,
    )


def _write_list(values: list[Any], path: Path) -> None:
    """Write a list as JSON, some of it at a time: a million texts at once would take twice the room."""
    with path.open("w", encoding="utf-8", errors="surrogatepass") as out:
        out.write("[")
        for start in range(0, len(values), PAGE):
            lot = json.dumps(values[start : start + PAGE], ensure_ascii=False, default=str)
            out.write(f"{',' if start else ''}{lot[1:-1]}")
        out.write("]")


def _lots(shapes: Sequence[bytes | None] | ShapeColumn) -> Iterator[Sequence[bytes | None]]:
    for start in range(0, len(shapes), PAGE):
        yield shapes.blobs(start, start + PAGE).tolist() if isinstance(shapes, ShapeColumn) else shapes[start : start + PAGE]


def _coded(folder: Path, place: int) -> Coded:
    """A column as written. Values that are one after the way through JSON (a moment and its text) are one level."""
    levels = json.loads((folder / f"levels{place}.json").read_text(encoding="utf-8", errors="replace"))
    codes = np.load(folder / f"codes{place}.npy", allow_pickle=False)
    if {type(one) for one in levels} <= {str, type(None)} and len(set(levels)) == len(levels):
        return Coded(levels, codes)
    return Coded.recoded(levels, codes)
