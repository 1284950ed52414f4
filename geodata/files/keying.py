"""Which row is which: known again by the layer's key, or by what it says and where it lies; keys and rows that stand twice."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from geodata.columns import Coded, ShapeColumn
from geodata.files.mapping import ColumnMapping
from geodata.files.notices import Notice, Refused
from geodata.files.proposing import CONTENT_KEY
from geodata.files.report import LoadReport
from geodata.files.table import Table
from geodata.files.valuing import Values
from geodata.store.batch import Rows
from geodata.store.spaces import Space
from layers.spec import SOURCE, Actor, Group, Label, Layer

_PAGE = 1000
_REPAIRS = ("geometry-repaired", "line-repaired", "ring-closed", "text-cut", "text-other-encoding")
_OF_ROWS_LEFT_OUT = ("record-deleted", "row-empty", "row-doubled", "row-total", "row-note", "row-header", "row-numbers", "row-units")


def keyed_rows(report: LoadReport, table: Table, layer: Layer, mapping: ColumnMapping, values: Values, shapes: ShapeColumn) -> Rows:
    """The rows to put in; those with problems, and keys that stand twice, are told in the report. A row said twice over is skipped.

    Raises Refused where the file has no column for the layer's key, or nothing is left.
    """
    columns = {one.field: values.by_field[one.field] for one in mapping.mapped}
    keyed = layer.key if layer.key in columns else None
    if layer.key and keyed is None and layer.key != CONTENT_KEY:
        lacking = layer.field(layer.key)
        label = lacking.label if lacking else Label(layer.key, layer.key)
        raise Refused("key-not-mapped", about="map", key=layer.key, label=label.zh, label_en=label.en, columns=", ".join(mapping.unmatched[:40]) or "-")
    whole = Rows(table.rows, columns, shapes)
    admitted = _admitted(report, whole, keyed, values.problems)
    rows = whole if admitted.all() else whole.take(admitted)
    if layer.group is Group.LOADED and "source" not in columns:
        rows = rows.with_column("source", Coded.repeated(report.file[: SOURCE.max_length], len(rows)))
    if keyed is None and layer.key == CONTENT_KEY:
        rows = rows.with_column(CONTENT_KEY, Coded.of(_content_keys(rows, list(columns))))
    _tell(report, rows)
    if not len(rows):
        raise Refused("nothing-accepted", count=report.read)
    return rows


def _admitted(report: LoadReport, rows: Rows, keyed: str | None, problems: Mapping[int, list[Notice]]) -> NDArray[np.bool_]:
    """Which rows go in: those without a problem whose key no row before them has."""
    odd = np.zeros(len(rows), bool)
    odd[list(problems)] = True
    keys = rows.columns[keyed] if keyed else None
    if keys is not None:
        odd |= keys.missing | keys.repeated_rows
    admitted = ~odd
    first: dict[Any, int] = {}
    for place in np.flatnonzero(odd).tolist():
        number = int(rows.numbers[place])
        if place in problems:
            report.errors += [Notice(one.code, one.values, number, one.field) for one in problems[place]]
            report.rejected += 1
        elif keys is None or keys[place] is None:
            report.errors.append(Notice("key-missing", {"key": keyed}, number, keyed))
            report.rejected += 1
        elif keys[place] in first:
            before = first[keys[place]]
            same = _same(rows, before, place)
            (report.warnings if same else report.errors).append(
                Notice("row-doubled" if same else "key-twice", {"value": keys[place], "first": int(rows.numbers[before])}, number, keyed)
            )
            report.skipped += same
            report.rejected += not same
        else:
            first[keys[place]] = place
            admitted[place] = True
    return admitted


def _tell(report: LoadReport, rows: Rows) -> None:
    """Count what goes in, and leave out what was noticed of rows that do not."""
    noticed = {one.row for one in report.warnings if one.row is not None}
    kept = set(np.asarray(list(noticed))[np.isin(list(noticed), rows.numbers)].tolist()) if noticed else set()
    report.accepted = len(rows)
    report.repaired = len({one.row for one in report.warnings if one.code in _REPAIRS and one.row in kept})
    report.warnings = [one for one in report.warnings if one.row is None or one.row in kept or one.code in _OF_ROWS_LEFT_OUT]


def _same(rows: Rows, one: int, other: int) -> bool:
    """Whether two rows say the same and lie at the same place."""
    alike = all(repr(column[one]) == repr(column[other]) for column in rows.columns.values())
    return alike and rows.shapes.blobs(one, one + 1)[0] == rows.shapes.blobs(other, other + 1)[0]


def _content_keys(rows: Rows, names: Sequence[str]) -> Iterator[str]:
    """What each row is known again by; rows of the same content are numbered, so that each stays a feature of its own."""
    times: Counter[str] = Counter()
    for digest in _digests(rows, names):
        times[digest] += 1
        yield digest if times[digest] == 1 else f"{digest}-{times[digest]}"


def _digests(rows: Rows, names: Sequence[str]) -> Iterator[str]:
    for start, stop in rows.shapes.pages():
        cells = zip(*(rows.columns[name][start:stop] for name in names), strict=True) if names else [()] * (stop - start)
        for values, wkb in zip(cells, rows.shapes.blobs(start, stop), strict=True):
            yield content_digest(dict(zip(names, values, strict=True)), wkb)


def content_digest(properties: Mapping[str, Any], wkb: bytes | None) -> str:
    """A short name for what a feature says and where it lies, the same in every process."""
    said = json.dumps(
        {name: value for name, value in sorted(properties.items()) if value is not None}, default=str, ensure_ascii=False, sort_keys=True
    )
    return hashlib.blake2b(said.encode("utf-8", errors="surrogatepass") + (wkb or b""), digest_size=16).hexdigest()


def not_yet_stored(space: Space, layer: Layer, rows: Rows, actor: Actor) -> Rows:
    """Of rows for a layer without a key, those that are not stored just so: the same file again then changes nothing."""
    names = sorted(rows.columns)
    known: set[str] = set()
    with space.reading(actor) as store:
        cursor = None
        while True:
            page = store.page(layer.id, limit=_PAGE, cursor=cursor)
            known |= {
                content_digest({name: one.properties.get(name) for name in names}, shapely.to_wkb(one.geometry) if one.geometry else None)
                for one in page.features
            }
            cursor = page.next_cursor
            if cursor is None:
                break
    return rows.take(np.array([one not in known for one in _digests(rows, names)], dtype=bool))
