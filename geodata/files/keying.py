"""Which row is which: known again by the layer's key, or by what it says and where it lies; keys and rows that stand twice."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

import shapely

from geodata.files.mapping import ColumnMapping
from geodata.files.notices import Notice, Refused
from geodata.files.proposing import CONTENT_KEY
from geodata.files.report import LoadReport
from geodata.files.table import Table
from geodata.files.valuing import Values
from geodata.store.bulk import Row
from geodata.store.spaces import Space
from layers.spec import SOURCE, Actor, Group, Label, Layer

_PAGE = 1000


def keyed_rows(report: LoadReport, table: Table, layer: Layer, mapping: ColumnMapping, values: Values, shapes: Any) -> list[Row]:
    """The rows to put in; those with problems, and keys that stand twice, are told in the report. A row said twice over is skipped.

    Raises Refused where the file has no column for the layer's key, or nothing is left.
    """
    names = [one.field for one in mapping.mapped]
    columns = [values.by_field[name] for name in names]
    wkb = shapely.to_wkb(shapes)
    extra = {"source": report.file[: SOURCE.max_length]} if layer.group is Group.LOADED and "source" not in names else {}
    rows: list[Row] = []
    seen: dict[Any, tuple[Any, int]] = {}
    keyed = layer.key if layer.key in names else None
    if layer.key and keyed is None and layer.key != CONTENT_KEY:
        lacking = layer.field(layer.key)
        label = lacking.label if lacking else Label(layer.key, layer.key)
        raise Refused("key-not-mapped", about="map", key=layer.key, label=label.zh, label_en=label.en, columns=", ".join(mapping.unmatched[:40]) or "-")
    cells = list(zip(*columns, strict=True)) if columns else [()] * len(table.rows)
    for place_, number in enumerate(table.rows.tolist()):
        if place_ in values.problems:
            report.errors += [Notice(one.code, one.values, number, one.field) for one in values.problems[place_]]
            report.rejected += 1
            continue
        properties = dict(zip(names, cells[place_], strict=True))
        key: Any = properties.get(keyed) if keyed else None
        content = (cells[place_], wkb[place_])
        if keyed is None:
            rows.append(_content_keyed(layer, properties, extra, content, seen, shapes[place_], number))
        elif key is None:
            report.errors.append(Notice("key-missing", {"key": keyed}, number, keyed))
            report.rejected += 1
        elif key in seen:
            same = _same(seen[key][0], content)
            (report.warnings if same else report.errors).append(
                Notice("row-doubled" if same else "key-twice", {"value": key, "first": seen[key][1]}, number, keyed)
            )
            report.skipped += same
            report.rejected += not same
        else:
            seen[key] = (content, number)
            rows.append(Row({**properties, **extra}, shapes[place_], number))
    report.accepted = len(rows)
    numbers = {one.row for one in rows}
    report.repaired = len(
        {
            one.row
            for one in report.warnings
            if one.code in ("geometry-repaired", "line-repaired", "ring-closed", "text-cut", "text-other-encoding") and one.row in numbers
        }
    )
    report.warnings = [
        one
        for one in report.warnings
        if one.row is None or one.row in numbers or one.code in ("record-deleted", "row-empty", "row-doubled", "row-total", "row-note", "row-header", "row-numbers", "row-units")
    ]
    if not rows:
        raise Refused("nothing-accepted", count=report.read)
    return rows


def _same(one: tuple[Any, bytes | None], other: tuple[Any, bytes | None]) -> bool:
    return repr(one[0]) == repr(other[0]) and one[1] == other[1]


def _content_keyed(
    layer: Layer,
    properties: dict[str, Any],
    extra: dict[str, Any],
    content: tuple[Any, bytes | None],
    seen: dict[Any, Any],
    shape: Any,
    number: int,
) -> Row:
    """A row known again by its content; rows of the same content are numbered, so that each stays a feature of its own."""
    if layer.key != CONTENT_KEY:
        return Row({**properties, **extra}, shape, number)
    digest = content_digest(properties, content[1])
    seen[digest] = times = seen.get(digest, 0) + 1
    return Row({**properties, **extra, CONTENT_KEY: digest if times == 1 else f"{digest}-{times}"}, shape, number)


def content_digest(properties: Mapping[str, Any], wkb: bytes | None) -> str:
    """A short name for what a feature says and where it lies, the same in every process."""
    said = json.dumps(
        {name: value for name, value in sorted(properties.items()) if value is not None}, default=str, ensure_ascii=False, sort_keys=True
    )
    return hashlib.blake2b(said.encode("utf-8", errors="surrogatepass") + (wkb or b""), digest_size=16).hexdigest()


def not_yet_stored(space: Space, layer: Layer, rows: list[Row], actor: Actor) -> list[Row]:
    """Of rows for a layer without a key, those that are not stored just so: the same file again then changes nothing."""
    names = sorted({name for row in rows for name in row.properties})
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
    return [row for row in rows if content_digest(row.properties, shapely.to_wkb(row.geometry) if row.geometry else None) not in known]
