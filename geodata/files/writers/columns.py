"""Features as the columns that GDAL writes: numbers, truth and dates as such, all else as text."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from geodata.files.extract import MARK_COLUMN, UTF8, Rows, plain
from geodata.store.features import Feature
from layers.spec import Field, Geometry

warnings.filterwarnings("ignore", "'crs' was not provided", UserWarning)  # shifted coordinates are in no system: meant so
MOST_TEXT_BYTES = 254  # of a dBASE column


def put(path: Path, driver: str, rows: Rows, features: Sequence[Feature], names: Mapping[str, str], *, append: bool, layer: str, dbase: str | None = None,
        kind: str = "Unknown", **options: Any) -> None:
    """Write some features with GDAL, fields under `names`. With `dbase`, its encoding, values as dBASE can hold them."""
    from pyogrio import raw

    heads, columns, masks = _arrays(rows, features, dbase)
    shaped = rows.layer.geometry is not Geometry.NONE
    shapes = shapely.to_wkb(np.array([one.geometry for one in features], dtype=object)) if shaped else None
    raw.write(path, shapes, columns, np.array([names.get(one, one) for one in heads], dtype=object), field_mask=masks, layer=layer, driver=driver, append=append,
              encoding=dbase, geometry_type=kind if shaped else None, crs=rows.wanted.coordinates.declared if shaped else None, **options)


def own_names(rows: Rows) -> dict[str, str]:
    return {one.id: one.id for one in rows.fields}


def runs(rows: Rows) -> Iterator[tuple[Feature, ...]]:
    """The pages that have features; one that is empty where there are none at all, so that a file is made."""
    count = 0
    for page in rows.pages():
        if page or not count:
            yield page
        count += len(page)


def _arrays(rows: Rows, features: Sequence[Feature], dbase: str | None) -> tuple[list[str], list[Any], list[Any]]:
    heads = [one.id for one in rows.fields]
    values = [[feature.properties.get(one.id) for feature in features] for one in rows.fields]
    columns = [_array(one, each, dbase) for one, each in zip(rows.fields, values, strict=True)]
    masks = [np.array([value is None for value in each], dtype=bool) for each in values]
    mark = rows.wanted.coordinates.mark
    if mark:
        heads.append(MARK_COLUMN)
        columns.append(np.array([mark] * len(features), dtype=object))
        masks.append(np.zeros(len(features), dtype=bool))
    return heads, columns, masks


def _array(one: Field, values: list[Any], dbase: str | None) -> Any:
    if one.type is int and not one.many:
        return np.array([0 if value is None else value for value in values], dtype=np.int64)
    if one.type is float and not one.many:
        return np.array([np.nan if value is None else value for value in values], dtype=np.float64)
    if one.type is bool:
        return np.array([int(bool(value)) for value in values], dtype=np.int32) if dbase else np.array([bool(value) for value in values], dtype=bool)
    if one.type is date:
        return np.array([np.datetime64("NaT", "D") if value is None else np.datetime64(value, "D") for value in values], dtype="datetime64[D]")
    texts = [None if value is None else cut(as_text(value), dbase) if dbase else as_text(value) for value in values]
    return np.array(texts, dtype=object)


def as_text(value: Any) -> str:
    return "" if value is None else "、".join(map(str, value)) if isinstance(value, list) else str(plain(value))


def cut(text: str, encoding: str = UTF8) -> str:
    """At most 254 bytes, and no half a character."""
    return text.encode(encoding)[:MOST_TEXT_BYTES].decode(encoding, errors="ignore")
