"""Shapes written in a cell: WKT, EWKT with its SRID, WKB in hexadecimal as PostGIS shows it, GeoJSON."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import shapely

from geodata.files.notices import Notice, Refused
from geodata.files.table import Column

_WKT = re.compile(r"(?i)\s*(SRID=\d+;)?\s*[A-Z]+\s*(Z|M|ZM)?\s*(\(|EMPTY)")
_HEX = re.compile(r"\s*(0[01])([0-9A-Fa-f]{2}){8,}\s*")
_JSON = re.compile(r'\s*\{.*"(coordinates|geometries)"\s*:', re.DOTALL)
_CURVES = re.compile(r"(?i)\b(CIRCULARSTRING|COMPOUNDCURVE|CURVEPOLYGON|MULTICURVE|MULTISURFACE|TIN|TRIANGLE|POLYHEDRALSURFACE)\b")


@dataclass
class ShapeTexts:
    """What a column of shapes gave: WKB or None for each row, rows kept out, what was noticed, and the one SRID that they name."""

    shapes: list[bytes | None] = field(default_factory=list)
    rejected: dict[int, Notice] = field(default_factory=dict)
    notices: list[Notice] = field(default_factory=list)
    srid: int | None = None


def is_shape_text(value: Any) -> bool:
    """Whether a cell is written as a shape, sound or not."""
    return isinstance(value, str) and bool(_WKT.match(value) or _HEX.fullmatch(value) or _JSON.match(value))


def shape_texts(column: Column) -> ShapeTexts:
    """The shapes in a column. Rows that name another SRID than most are kept out; raises Refused when none can be read."""
    read = ShapeTexts()
    srids: dict[int, int] = {}
    heights = False
    for place, value in enumerate(column.values):
        read.shapes.append(None)
        text = value.strip() if isinstance(value, str) else ""
        if not text:
            continue
        if curve := _CURVES.search(text[:200]):
            wanted = "Point, LineString, Polygon, Multi*"
            read.rejected[place] = Notice("shape-kind-not-admitted", {"found": curve[1].upper(), "wanted": wanted}, field=column.name)
            continue
        shape, srid = _shape(text)
        if shape is None:
            read.rejected[place] = Notice("wkt-not-read", {"value": text[:40]}, field=column.name)
            continue
        srids[place] = srid
        heights = heights or bool(shape.has_z)
        read.shapes[place] = shapely.to_wkb(shapely.force_2d(shape))
    _one_srid(read, srids, column.name)
    if heights:
        read.notices.append(Notice("zm-dropped", {"kind": "WKT"}))
    if read.rejected and len(read.rejected) == len(column.values):
        first = next(iter(read.rejected.values()))
        raise Refused(first.code, about=column.name, **dict(first.values))
    return read


def _one_srid(read: ShapeTexts, srids: dict[int, int], name: str) -> None:
    """The SRID that most name is that of all that name none; those that name another are kept out."""
    named = Counter(one for one in srids.values() if one)
    read.srid = named.most_common(1)[0][0] if named else None
    for place, srid in srids.items():
        if srid and srid != read.srid:
            read.shapes[place] = None
            read.rejected[place] = Notice("srid-differs", {"srid": srid, "common": read.srid}, field=name)


def _shape(text: str) -> tuple[shapely.Geometry | None, int]:
    """The shape and its SRID, 0 where it names none."""
    if _HEX.fullmatch(text):
        shape = shapely.from_wkb(bytes.fromhex(text), on_invalid="ignore")
        return shape, int(shapely.get_srid(shape)) if shape is not None else 0
    if text.startswith("{"):
        return shapely.from_geojson(text, on_invalid="ignore"), 0
    named = re.match(r"(?i)SRID=(\d+);", text)
    bare = text[named.end() :].strip() if named else text
    return shapely.from_wkt(bare, on_invalid="ignore"), int(named[1]) if named else 0
