"""A GeoPackage: attributes exactly as SQLite keeps them, shapes from its blobs, curves straightened by GDAL."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path
from typing import Any

import numpy as np

from geodata.columns import Coded
from geodata.files import domains
from geodata.files.gdal import ARC_STEP_DEG, has_zm, read_shapes
from geodata.files.notices import Found, Notice, Refused
from geodata.files.sniffing import Source
from geodata.files.sublayers import Sublayer, chosen, kinds_in_order
from geodata.files.table import Column, Kind, Table

_ENVELOPES = {0: 0, 1: 32, 2: 48, 3: 48, 4: 64}
_CURVES = ("CIRCULARSTRING", "COMPOUNDCURVE", "CURVEPOLYGON", "MULTICURVE", "MULTISURFACE", "CURVE", "SURFACE")


def read_geopackage(source: Source, *, sublayer: str | None, shapes_wanted: bool, work: Path) -> Table:
    """One layer. Raises Refused when several are there and none is named, none is spatial, or the file is not a GeoPackage."""
    path = work / "source.gpkg"
    os.symlink(source.main.path.resolve(), path)
    connection = _opened(path)
    try:
        return _read(connection, source, sublayer, shapes_wanted, path)
    except sqlite3.DatabaseError as error:
        raise Refused("file-damaged", part=source.main.name, said=str(error)[:200]) from error
    finally:
        connection.close()


def _opened(path: Path) -> sqlite3.Connection:
    """Read only, nothing in its schema trusted: no view, trigger or virtual table of the file runs anything."""
    connection = sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True)
    connection.execute("PRAGMA trusted_schema = OFF")
    connection.execute("PRAGMA cell_size_check = ON")
    connection.text_factory = lambda raw: raw.decode("utf-8", errors="surrogateescape")
    return connection


def _read(connection: sqlite3.Connection, source: Source, sublayer: str | None, shapes_wanted: bool, path: Path) -> Table:
    tables = dict(connection.execute("SELECT name, sql FROM sqlite_master WHERE type IN ('table', 'view')"))
    if "gpkg_contents" not in tables:
        raise Refused("format-unsupported", kind="SQLite", path=source.main.name)
    spatial = dict(
        connection.execute("SELECT table_name, data_type FROM gpkg_contents WHERE data_type IN ('features', 'attributes', 'aspatial')")
    )
    spatial.pop("ogr_empty_table", None)  # what GDAL puts into a file that holds no layer of shapes
    real = {name.lower(): name for name in tables}  # SQLite does not tell capitals from small letters
    names = [real[name.lower()] for name, kind in spatial.items() if name.lower() in real and (kind == "features" or not shapes_wanted)]
    if shapes_wanted and not names:
        raise Refused("no-spatial-layer", path=source.main.name)
    layer = chosen([_listed(connection, one) for one in names], sublayer, source.main.name)
    if "VIRTUAL" in (tables[layer] or "").upper()[:20]:
        raise Refused("format-unsupported", kind="virtual table", path=source.main.name)
    shape_column, shape_type, srs, z, m = _geometry(connection, layer)
    notices: list[Notice] = []
    columns, blobs, rowids = _rows(connection, layer, shape_column, notices)
    if not len(rowids):
        raise Refused("empty-layer", layer=layer)
    columns = domains.with_labels(columns, domains.of_geopackage(connection, layer))
    rejected = _undecodable(columns)
    shapes: list[bytes | None] | None = None
    if shape_column:
        shapes = [_wkb(one) for one in blobs]
        if shape_type.upper() in _CURVES or any(one and _type_code(one) in range(8, 15) for one in shapes):
            shapes = read_shapes(path, layer=layer, count=len(shapes))[0].blobs(0, len(shapes)).tolist()
            notices.append(Notice("curves-straightened", {"kind": shape_type, "step_deg": ARC_STEP_DEG}))
        if z or m or has_zm(shapes):
            notices.append(Notice("zm-dropped", {"kind": shape_type + ("Z" if z else "") + ("M" if m else "")}))
    strange = _of_other_systems(blobs, srs, notices) if shape_column else {}
    crs_text, unknown = _crs(connection, srs)
    table = Table(
        source.format,
        layer,
        np.arange(1, len(rowids) + 1),
        columns,
        shapes,
        Found("UTF-8", "encoding-by-format", {"name": "UTF-8"}),
        crs_text,
        "gpkg_spatial_ref_sys" if crs_text else None,
        crs_declared_unknown=unknown,
        notices=notices,
    )
    if rejected or strange:
        out = np.zeros(len(rowids), bool)
        out[[*rejected, *strange]] = True
        table.rejected = [Notice("text-undecodable", {"name": "UTF-8", "bytes": raw}, place + 1, name) for place, (name, raw) in rejected.items()]
        table.rejected += [one for place, one in strange.items() if place not in rejected]
        return table.without(out)
    return table


def _listed(connection: sqlite3.Connection, layer: str) -> Sublayer:
    """A layer with its count and the kind that it says; any kind of shape is "Geometry", as GDAL calls it."""
    kind = _geometry(connection, layer)[1]
    count = connection.execute(f"SELECT count(*) FROM {_quoted(layer)}").fetchone()[0]
    return Sublayer(layer, count, kinds_in_order([kind]) or (("Geometry",) if kind else ()))


def _geometry(connection: sqlite3.Connection, layer: str) -> tuple[str | None, str, int, int, int]:
    found = connection.execute(
        "SELECT column_name, geometry_type_name, srs_id, z, m FROM gpkg_geometry_columns WHERE lower(table_name) = lower(?)", (layer,)
    ).fetchone()
    return found or (None, "", 0, 0, 0)


def _rows(connection: sqlite3.Connection, layer: str, shape_column: str | None, notices: list[Notice]) -> tuple[list[Column], list[bytes | None], list[int]]:
    described = connection.execute(f"PRAGMA table_info({_quoted(layer)})").fetchall()
    names = [one[1] for one in described]
    primary = [one[1] for one in described if one[5] and "INT" in (one[2] or "").upper()]
    rows = connection.execute(f"SELECT {', '.join(map(_quoted, names))} FROM {_quoted(layer)}").fetchall()
    by_column = list(zip(*rows, strict=True)) if rows else [()] * len(names)
    columns: list[Column] = []
    blobs: list[bytes | None] = [None] * len(rows)
    for one, values in zip(described, by_column, strict=True):
        if one[1] == shape_column:
            blobs = [value if value is None or isinstance(value, bytes) else str(value).encode(errors="replace") for value in values]
        elif one[1] not in primary:
            columns.append(_column(one[1], (one[2] or "").upper(), list(values), notices))
    return columns, blobs, list(range(len(rows)))


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _column(name: str, declared: str, values: list[Any], notices: list[Notice]) -> Column:
    if declared == "BOOLEAN":
        wrong = [(row, one) for row, one in enumerate(values, 1) if one not in (None, 0, 1)]
        notices += [Notice("truth-not-read", {"value": str(one)[:20]}, row, name) for row, one in wrong]
        return Column(name, Kind.BOOLEAN, [bool(one) if one in (0, 1) else None for one in values])
    if declared.startswith("DATETIME"):
        return Column(name, Kind.MOMENT, values)
    if declared == "DATE":
        return Column(name, Kind.DATE, values)
    if "INT" in declared and all(one is None or isinstance(one, int) for one in values):
        return Column(name, Kind.INTEGER, values)
    if declared in ("DOUBLE", "FLOAT", "REAL") and all(one is None or isinstance(one, (int, float)) for one in values):
        return Column(name, Kind.REAL, [None if one is None else float(one) for one in values])
    return Column(name, Kind.TEXT, [f"[{len(one)} B]" if isinstance(one, bytes) else one for one in values])


def _undecodable(columns: list[Column]) -> dict[int, tuple[str, str]]:
    """Rows with text that is not UTF-8, as a program that put GBK into the file leaves it (kept as lone surrogates here)."""
    bad: dict[int, tuple[str, str]] = {}
    for column in columns:
        coded = Coded.of(column.values)
        for place in np.flatnonzero(coded.having(_is_damaged)).tolist():
            bad.setdefault(place, (column.name, coded[place].encode("utf-8", errors="surrogateescape")[:24].hex(" ")))
        column.values = coded.mapped(lambda value: None if _is_damaged(value) else value)
    return bad


def _is_damaged(value: Any) -> bool:
    return isinstance(value, str) and not value.isascii() and any("\udc80" <= one <= "\udcff" for one in value)


def _wkb(blob: bytes | None) -> bytes | None:
    """The WKB inside a GeoPackage blob; None for an empty one; what is not such a blob stays as it is and is told later."""
    if not blob:
        return None
    if blob[:2] != b"GP" or len(blob) < 8:
        return blob
    flags = blob[3]
    return blob[8 + _ENVELOPES.get((flags >> 1) & 7, 0) :]


def _of_other_systems(blobs: list[bytes | None], srs: int, notices: list[Notice]) -> dict[int, Notice]:
    """The rows whose shape names another system than the layer; where all name the same other one, the layer is believed and that is told."""
    named = {place: int.from_bytes(one[4:8], "little" if one[3] & 1 else "big", signed=True) for place, one in enumerate(blobs) if one and one[:2] == b"GP" and len(one) >= 8}
    other = {place: one for place, one in named.items() if one > 0 and srs > 0 and one != srs}
    if other and len(other) == len(named) and len(set(other.values())) == 1:
        notices.append(Notice("srid-of-shapes", {"srid": next(iter(other.values())), "layer_srid": srs}))
        return {}
    return {place: Notice("srid-differs", {"srid": one, "common": srs}, place + 1, "geometry") for place, one in other.items()}


def _type_code(wkb: bytes) -> int:
    return int.from_bytes(wkb[1:5], "little" if wkb[0] else "big") % 1000 if len(wkb) >= 5 else 0


def _crs(connection: sqlite3.Connection, srs: int) -> tuple[str | None, bool]:
    found = connection.execute(
        "SELECT organization, organization_coordsys_id, definition FROM gpkg_spatial_ref_sys WHERE srs_id = ?", (srs,)
    ).fetchone()
    if srs in (0, -1) or found is None:
        return None, True
    organization, number, definition = found
    if (organization or "").upper() == "EPSG" and number:
        return f"EPSG:{number}", False
    if not definition or definition.lower() == "undefined" or definition.upper().startswith(("LOCAL_CS", "ENGCRS", "ENGINEERINGCRS")):
        return None, True
    return definition, False
