"""Features of a layer out as a file: GeoJSON, GeoPackage or CSV by the file's extension, written beside and then put in place."""

from __future__ import annotations

import csv
import json
import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from geodata.crs import STORAGE
from geodata.files.notices import Refused
from geodata.store.features import Store
from geodata.store.rows import Feature
from layers.spec import Field, Geometry, Layer

FORMATS = ("geojson", "json", "gpkg", "csv")
_PAGE = 5_000
_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet would run (bars.md E9)


def export(store: Store, layer_id: str, path: Path, written: Callable[[int], None] | None = None) -> int:
    """Write all features of a layer that the store's actor may read, masked for him; gives their number.

    `written` is told the number before the file is put in place: what it refuses to write down is not handed out.
    Coordinates are longitude and latitude (EPSG:4490). An existing file is replaced only when the new one is whole.
    """
    layer = store.catalogue.layer(layer_id)
    kind = path.suffix.lower().lstrip(".")
    if kind not in FORMATS:
        raise Refused("export-format", suffix=path.suffix or "-", there=", ".join(f".{one}" for one in FORMATS))
    if not path.parent.is_dir():
        raise Refused("no-such-file", path=str(path.parent))
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.stem[:40]}-", suffix=f".{kind}")
    os.close(handle)
    beside = Path(name)
    try:
        writer = {"csv": _csv, "gpkg": _geopackage}.get(kind, _geojson)
        count = writer(_features(store, layer_id), layer, beside)
        beside.chmod(0o644)
        if written:
            written(count)
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
    return count


def _features(store: Store, layer_id: str) -> Iterator[Feature]:
    cursor = None
    while True:
        page = store.page(layer_id, limit=_PAGE, cursor=cursor)
        yield from page.features
        cursor = page.next_cursor
        if cursor is None:
            return


def _geojson(features: Iterator[Feature], layer: Layer, path: Path) -> int:
    count = 0
    with path.open("w", encoding="utf-8") as out:
        out.write('{"type": "FeatureCollection", "features": [')
        for one in features:
            properties = {field.id: _json(one.properties.get(field.id)) for field in layer.all_fields}
            body = {
                "type": "Feature",
                "id": str(one.id),
                "geometry": shapely.geometry.mapping(one.geometry) if one.geometry is not None else None,
                "properties": properties,
            }
            out.write(("," if count else "") + "\n" + json.dumps(body, ensure_ascii=False))
            count += 1
        out.write("\n]}\n")
    return count


def _json(value: Any) -> Any:
    return (
        value.isoformat()
        if isinstance(value, (date, datetime))
        else value
        if isinstance(value, (str, int, float, bool, list, type(None)))
        else str(value)
    )


def _csv(features: Iterator[Feature], layer: Layer, path: Path) -> int:
    """UTF-8 with a mark, so that Excel reads it; points as lon and lat, other shapes as WKT; formulas made harmless."""
    points = layer.geometry is Geometry.POINT
    place = [] if layer.geometry is Geometry.NONE else ["lon", "lat"] if points else ["wkt"]
    count = 0
    with path.open("w", encoding="utf-8-sig", newline="") as out:
        writer = csv.writer(out)
        writer.writerow([*(field.id for field in layer.all_fields), *place])
        for one in features:
            shape = one.geometry
            where: Sequence[Any] = ()
            if place:
                where = (
                    (repr(shape.x), repr(shape.y))
                    if points and isinstance(shape, shapely.Point)
                    else ("", "")[: len(place) - 1] + (shapely.to_wkt(shape, rounding_precision=-1) if shape is not None else "",)
                )
            writer.writerow([*(_cell(one.properties.get(field.id)) for field in layer.all_fields), *where])
            count += 1
    return count


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, list):
        value = "、".join(map(str, value))
    if isinstance(value, bool):
        return "true" if value else "false"
    return spreadsheet_text(value) if isinstance(value, str) else str(_json(value))


def spreadsheet_text(text: str) -> str:
    """The text as a cell that no spreadsheet runs."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def _geopackage(features: Iterator[Feature], layer: Layer, path: Path) -> int:
    from pyogrio import raw

    rows = list(features)
    path.unlink()
    columns = [_array(field, [one.properties.get(field.id) for one in rows]) for field in layer.all_fields]
    masks = [np.array([one.properties.get(field.id) is None for one in rows]) for field in layer.all_fields]
    shapes = None
    if layer.geometry is not Geometry.NONE:
        shapes = np.array([None if one.geometry is None else shapely.to_wkb(one.geometry) for one in rows], dtype=object)
    raw.write(
        path,
        shapes,
        columns,
        np.array([field.id for field in layer.all_fields], dtype=object),
        field_mask=masks,
        layer=layer.id,
        driver="GPKG",
        geometry_type="Unknown" if shapes is not None else None,
        crs=STORAGE if shapes is not None else None,
    )
    return len(rows)


def _array(field: Field, values: list[Any]) -> Any:
    if field.type is int and not field.many:
        return np.array([0 if one is None else one for one in values], dtype=np.int64)
    if field.type is float and not field.many:
        return np.array([np.nan if one is None else one for one in values], dtype=np.float64)
    if field.type is bool:
        return np.array([bool(one) for one in values], dtype=bool)
    if field.type is date:
        return np.array([np.datetime64("NaT", "D") if one is None else np.datetime64(one, "D") for one in values], dtype="datetime64[D]")
    return np.array(
        [None if one is None else "、".join(map(str, one)) if isinstance(one, list) else str(_json(one)) for one in values], dtype=object
    )
