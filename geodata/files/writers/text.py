"""GeoJSON and CSV, written feature by feature."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from geodata.files.extract import MARK, MARK_COLUMN, Rows, plain
from geodata.files.formulas import harmless
from geodata.files.notices import Refused
from layers.spec import Geometry, Label

_PLACE = {"lon": Label("经度", "lon"), "lat": Label("纬度", "lat"), "x": Label("X", "x"), "y": Label("Y", "y"), "wkt": Label("WKT", "WKT")}


def write_geojson(rows: Rows, path: Path) -> int:
    """A FeatureCollection of RFC 7946, one feature a line; values as they are stored, whatever the language.

    Longitude and latitude only: grids are refused. Shifted coordinates, which the standard does not know, are said by the
    collection and by each feature.
    """
    where = rows.wanted.coordinates
    if not where.is_degrees:
        raise Refused("export-degrees", kind="GeoJSON")
    marked = {MARK_COLUMN: where.mark} if where.mark else {}
    count = 0
    with path.open("w", encoding="utf-8") as out:
        out.write('{"type": "FeatureCollection", ' + (f'"datum": "{where.mark}", ' if where.mark else "") + '"features": [')
        for page in rows.pages():
            shapes = shapely.to_geojson(np.array([one.geometry for one in page], dtype=object)).tolist()
            for one, shape in zip(page, shapes, strict=True):
                properties = json.dumps({field.id: plain(one.properties.get(field.id)) for field in rows.fields} | marked, ensure_ascii=False)
                out.write(f'{"," if count else ""}\n{{"type": "Feature", "id": "{one.id}", "geometry": {shape or "null"}, "properties": {properties}}}')
                count += 1
        out.write("\n]}\n")
    return count


def write_csv(rows: Rows, path: Path) -> int:
    """UTF-8 with a mark, so that Excel reads it; points as two numbers, other shapes as WKT; formulas made harmless."""
    place, marked = place_columns(rows), mark_values(rows)
    count = 0
    with path.open("w", encoding="utf-8-sig", newline="") as out:
        writer = csv.writer(out)
        writer.writerow([*map(rows.heading, rows.fields), *place_headings(rows)])
        for page in rows.pages():
            for one in page:
                where = ["" if each is None else repr(each) if isinstance(each, float) else each for each in place_values(place, one.geometry)]
                writer.writerow([*(_cell(rows.value(field, one)) for field in rows.fields), *where, *marked])
                count += 1
    return count


def place_columns(rows: Rows) -> Sequence[str]:
    """The columns in which a table says where a feature is: of a point layer two numbers, of others WKT."""
    if rows.layer.geometry is not Geometry.POINT:
        return () if rows.layer.geometry is Geometry.NONE else ("wkt",)
    return ("lon", "lat") if rows.wanted.coordinates.is_degrees else ("x", "y")


def place_headings(rows: Rows) -> list[str]:
    """Their headings, each with its system: `x (EPSG:4546)`, `lon_gcj02`; then that of the mark of shifted ones."""
    language, where = rows.wanted.language, rows.wanted.coordinates
    names = [_PLACE[one].in_language(language) if language else one for one in place_columns(rows)]
    said = [f"{one}_{where.datum.value}" if where.mark else f"{one} ({where.crs})" for one in names]
    return said + ([MARK.in_language(language) if language else MARK_COLUMN] if where.mark else [])


def mark_values(rows: Rows) -> tuple[str, ...]:
    """What each row says of shifted coordinates; nothing of true ones."""
    return (rows.wanted.coordinates.mark,) if rows.wanted.coordinates.mark else ()


def place_values(columns: Sequence[str], shape: BaseGeometry | None) -> Sequence[Any]:
    """Values for these columns. A point layer's MultiPoint has no lon and lat: its WKT stands in the last of them."""
    if not columns or shape is None:
        return (None,) * len(columns)
    if len(columns) == 2 and isinstance(shape, shapely.Point):
        return shape.x, shape.y
    return (*(None,) * (len(columns) - 1), shapely.to_wkt(shape, rounding_precision=-1))


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return harmless(value) if isinstance(value, str) else str(plain(value))
