"""A table as read from a file, before any judgement, and its pickle-free form on disk between two processes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

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
    """One column: its name as the file has it, its kind and a value or None for each row."""

    name: str
    kind: Kind
    values: list[Any]


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
    shapes: list[bytes | None] | None = None
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
        kept = keep.tolist()
        columns = [Column(one.name, one.kind, [one.values[place] for place in kept]) for one in self.columns]
        shapes = None if self.shapes is None else [self.shapes[place] for place in kept]
        return Table(**{**self.__dict__, "rows": self.rows[keep], "columns": columns, "shapes": shapes})


_PLAIN = ("format", "sublayer", "crs_text", "crs_source", "crs_declared_unknown", "first_line", "used_for_place")
_LISTS = ("skipped", "rejected", "notices")


def save(table: Table, folder: Path) -> None:
    """Write a table as JSON, numpy arrays and a run of WKB bytes."""
    head: dict[str, Any] = {name: getattr(table, name) for name in _PLAIN}
    head |= {name: [asdict(one) for one in getattr(table, name)] for name in _LISTS}
    head["encoding"] = asdict(table.encoding) if table.encoding else None
    head["columns"] = [{"name": one.name, "kind": one.kind.value} for one in table.columns]
    head["has_shapes"] = table.shapes is not None
    np.save(folder / "rows.npy", np.asarray(table.rows, dtype=np.int64), allow_pickle=False)
    for place, column in enumerate(table.columns):
        (folder / f"column{place}.json").write_text(
            json.dumps(column.values, ensure_ascii=False, default=str), encoding="utf-8", errors="surrogatepass"
        )
    if table.shapes is not None:
        lengths = np.fromiter((-1 if one is None else len(one) for one in table.shapes), dtype=np.int64, count=len(table.shapes))
        np.save(folder / "lengths.npy", lengths, allow_pickle=False)
        with (folder / "shapes.wkb").open("wb") as out:
            out.writelines(one for one in table.shapes if one)
    (folder / "table.json").write_text(json.dumps(head, ensure_ascii=False, default=str), encoding="utf-8", errors="surrogatepass")


def restore(folder: Path) -> Table:
    """Read back what `save` wrote. The writer is the sandbox: shapes are bytes here, never parsed without a check."""
    head = json.loads((folder / "table.json").read_text(encoding="utf-8", errors="replace"))
    columns = [
        Column(one["name"], Kind(one["kind"]), json.loads((folder / f"column{place}.json").read_text(encoding="utf-8", errors="replace")))
        for place, one in enumerate(head["columns"])
    ]
    lists: dict[str, Any] = {name: [Notice(**one) for one in head[name]] for name in _LISTS}
    shapes = (
        _cut((folder / "shapes.wkb").read_bytes(), np.load(folder / "lengths.npy", allow_pickle=False).tolist())
        if head["has_shapes"]
        else None
    )
    encoding = Found(**head["encoding"]) if head["encoding"] else None
    return Table(
        rows=np.load(folder / "rows.npy", allow_pickle=False),
        columns=columns,
        shapes=shapes,
        encoding=encoding,
        **{name: head[name] for name in _PLAIN},
        **lists,
    )


def _cut(run: bytes, lengths: Sequence[int]) -> list[bytes | None]:
    cut: list[bytes | None] = []
    start = 0
    for length in lengths:
        if length < 0:
            cut.append(None)
        else:
            cut.append(run[start : start + length])
            start += length
    return cut
