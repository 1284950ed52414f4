"""GeoJSON and CSV, written feature by feature."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry

from geodata.files.extract import Rows, harmless, plain
from layers.spec import Geometry, Label, Layer

_PLACE = {"lon": Label("经度", "lon"), "lat": Label("纬度", "lat"), "wkt": Label("WKT", "WKT")}


def write_geojson(rows: Rows, path: Path) -> int:
    """A FeatureCollection of RFC 7946, one feature a line; values as they are stored, whatever the language."""
    count = 0
    with path.open("w", encoding="utf-8") as out:
        out.write('{"type": "FeatureCollection", "features": [')
        for page in rows.pages():
            for one in page:
                body = {
                    "type": "Feature",
                    "id": str(one.id),
                    "geometry": shapely.geometry.mapping(one.geometry) if one.geometry is not None else None,
                    "properties": {field.id: plain(one.properties.get(field.id)) for field in rows.fields},
                }
                out.write(("," if count else "") + "\n" + json.dumps(body, ensure_ascii=False))
                count += 1
        out.write("\n]}\n")
    return count


def write_csv(rows: Rows, path: Path) -> int:
    """UTF-8 with a mark, so that Excel reads it; points as lon and lat, other shapes as WKT; formulas made harmless."""
    place = place_columns(rows.layer)
    count = 0
    with path.open("w", encoding="utf-8-sig", newline="") as out:
        writer = csv.writer(out)
        writer.writerow([*map(rows.heading, rows.fields), *place_headings(rows)])
        for page in rows.pages():
            for one in page:
                where = ["" if each is None else repr(each) if isinstance(each, float) else each for each in place_values(place, one.geometry)]
                writer.writerow([*(_cell(rows.value(field, one)) for field in rows.fields), *where])
                count += 1
    return count


def place_columns(layer: Layer) -> Sequence[str]:
    """The columns in which a table says where a feature is."""
    return () if layer.geometry is Geometry.NONE else ("lon", "lat") if layer.geometry is Geometry.POINT else ("wkt",)


def place_headings(rows: Rows) -> list[str]:
    language = rows.wanted.language
    return [_PLACE[one].in_language(language) if language else one for one in place_columns(rows.layer)]


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
