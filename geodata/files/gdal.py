"""What GDAL does for us: one driver only in the process, its network and redirection off, what it says taken with care."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from geodata.columns import ShapeColumn, ShapeWriter
from geodata.files.notices import Found, Notice, Refused
from geodata.files.packing import Part
from geodata.files.sniffing import BY_GDAL, CAD, GEODATABASE, MAPINFO_MIF, MAPINFO_TAB, OSM, Source
from geodata.files.sublayers import Sublayer, chosen, kinds_in_order
from geodata.files.table import Column, Kind, Table

_DRIVERS = {
    "ESRI Shapefile": "ESRI Shapefile",
    "GeoPackage": "GPKG",
    GEODATABASE: "OpenFileGDB",
    MAPINFO_TAB: "MapInfo File",
    MAPINFO_MIF: "MapInfo File",
    CAD: "DXF",
    OSM: "OSM",
    **BY_GDAL,
}
_AT_ONCE = 100_000  # shapes of a shapefile
ARC_STEP_DEG = 1  # between two points of an arc that is straightened: 0.004 % of its radius off at most
_CONFIG = {
    "CPL_VSIL_CURL_ALLOWED_FILENAME": "none",
    "GDAL_HTTP_MAX_RETRY": "0",
    "GDAL_HTTP_TIMEOUT": "1",
    "GDAL_DISABLE_READDIR_ON_OPEN": "TRUE",
    "GML_SKIP_RESOLVE_ELEMS": "ALL",
    "GML_DOWNLOAD_SCHEMA": "NO",
    "OGR_SQLITE_LOAD_EXTENSIONS": "NO",
    "OGR_SQLITE_STATIC_VIRTUAL_OGR": "NO",
    "CPL_DEBUG": "OFF",
    "GDAL_NUM_THREADS": "1",
    "GDAL_PAM_ENABLED": "NO",
    "OGR_GEOMETRY_ACCEPT_UNCLOSED_RING": "YES",
    "GDAL_VRT_ENABLE_PYTHON": "NO",
    "OGR_ARC_STEPSIZE": str(ARC_STEP_DEG),
    "DXF_ENCODING": "UTF-8",
    "DXF_INLINE_BLOCKS": "FALSE",
    "OSM_MAX_TMPFILE_SIZE": "200",
    "OSM_USE_CUSTOM_INDEXING": "YES",
}
_CURVES = frozenset({"CIRCULARSTRING", "COMPOUNDCURVE", "CURVEPOLYGON", "MULTICURVE", "MULTISURFACE", "CURVE", "SURFACE"})
_KINDS = {"OFTInteger": Kind.INTEGER, "OFTInteger64": Kind.INTEGER, "OFTReal": Kind.REAL, "OFTDate": Kind.DATE, "OFTDateTime": Kind.MOMENT}


def confine(format_name: str, drivers: Sequence[str]) -> None:
    """Before GDAL is imported: leave it the one driver that the content calls for. `drivers` are all that it has."""
    wanted = _DRIVERS.get(format_name)
    os.environ["GDAL_SKIP"] = ",".join(one for one in drivers if one != wanted)
    os.environ["GDAL_DRIVER_PATH"] = "disable"
    os.environ.update(_CONFIG)


def read_shapes(path: Path, *, layer: str | None = None, count: int | None = None) -> tuple[ShapeColumn, bool, bool]:
    """WKB (2D, straight lines) of each feature in the order of the file, and whether heights or measures were there.

    With `count`, how many there must be, they are read a page at a time: for formats that find a feature by its number.
    """
    from pyogrio import raw

    writer = ShapeWriter()
    for start in range(0, count or 1, _AT_ONCE if count else 1):
        lot = {"skip_features": start, "max_features": _AT_ONCE} if count else {}
        meta, _, wkb, _ = opened(lambda lot=lot: raw.read(path, layer=layer, columns=[], **lot), path)  # type: ignore[misc]
        writer.add(wkb)
    shapes = writer.column()
    if count is not None and len(shapes) != count:
        raise Refused("records-missing", part=".shp", stated=count, there=len(shapes))
    kind = meta["geometry_type"] or ""
    has_z = " Z" in kind or kind.endswith(("Z", "ZM"))
    return shapes, has_z, kind.endswith("M")


@dataclass(frozen=True)
class Raw:
    """A layer as GDAL gives it: names and OGR types of its columns, their values, shapes, the CRS as WKT or name, the kind it says."""

    names: list[str]
    types: list[str]
    values: list[Any]
    shapes: list[bytes | None]
    crs: str | None
    kind: str


def read_raw(path: Path, *, layer: str | None = None, encoding: str | None = None, where: str | None = None) -> Raw:
    """All features of one layer, texts decoded as UTF-8 or as `encoding` says. Raises Refused for what GDAL cannot read."""
    from pyogrio import raw

    meta, _, wkb, values = opened(lambda: raw.read(path, layer=layer, encoding=encoding, where=where, datetime_as_string=True), path)
    shapes = list(wkb) if wkb is not None else [None] * (len(values[0]) if values else 0)  # a table without shapes has none at all
    return Raw(meta["fields"].tolist(), meta["ogr_types"], values, shapes, _system(meta["crs"]), meta["geometry_type"] or "")


def read_features(source: Source, *, sublayer: str | None, shapes_wanted: bool, work: Path) -> Table:
    """One layer of FlatGeobuf, GML, GPX or a File Geodatabase. Raises Refused when there are several and none is named, or none at all."""
    path = _folder(source, work) if source.format == GEODATABASE else work / f"source.{source.format.lower()}"
    if source.format != GEODATABASE:
        _laid(source.main, path)
    layers = [one for one in listed(path) if one.kinds or not shapes_wanted]
    if source.format in ("GPX", "GML"):
        layers = [one for one in layers if one.count]
    layer = chosen(layers, sublayer, source.main.name if source.format != GEODATABASE else source.name)
    found = read_raw(path, layer=layer)
    stated = next(one.count for one in layers if one.name == layer)
    if stated and len(found.shapes) < stated:
        raise Refused("records-missing", part=source.main.name, stated=stated, there=len(found.shapes))
    if not len(found.shapes):
        raise Refused("empty-layer", layer=layer)
    columns = [plain_column(*one) for one in zip(found.names, found.types, found.values, strict=True)]
    columns = [one for one in columns if any(value not in (None, "") for value in one.values) or source.format in ("FlatGeobuf", GEODATABASE)]
    if source.format == GEODATABASE:
        from geodata.files import domains

        columns = domains.with_labels(columns, domains.of_geodatabase(path, layer))
    shaped = any(one.name == layer and one.kinds for one in layers)
    notices = [Notice("zm-dropped", {"kind": found.kind})] if has_zm(found.shapes) else []
    if shaped and (curved := _curved(path, layer)):
        notices.append(Notice("curves-straightened", {"kind": curved, "step_deg": ARC_STEP_DEG}))
    return Table(
        source.format,
        layer,
        np.arange(1, len(found.shapes) + 1),
        columns,
        found.shapes if shaped else None,
        Found("UTF-8", "encoding-by-format", {"name": "UTF-8"}),
        found.crs,
        source.format if found.crs else None,
        crs_declared_unknown=found.crs is None and source.format == GEODATABASE,
        notices=notices,
    )


def listed(path: Path) -> list[Sublayer]:
    """The layers that GDAL finds, each with its count and the kind it says; a table without shapes has no kind."""
    import pyogrio

    found = []
    for name, kind in opened(lambda: pyogrio.list_layers(path), path).tolist():
        info = opened(partial(pyogrio.read_info, path, layer=name, force_feature_count=True), path)
        kinds = kinds_in_order([kind]) or (("Geometry",) if kind else ())
        found.append(Sublayer(name, int(info["features"]), kinds))
    return found


def _folder(source: Source, work: Path) -> Path:
    """The parts of a geodatabase in a folder of the name that GDAL wants, all in lower case."""
    folder = work / "source.gdb"
    folder.mkdir()
    for name, part in source.beside.items():
        os.symlink(part.path.resolve(), folder / name)
    return folder


def _system(text: str | None) -> str | None:
    """What is said of the CRS; a system of the drawing's own (local, engineering) says nothing of where on earth it lies."""
    return None if text is None or text.upper().lstrip().startswith(("LOCAL_CS", "ENGCRS", "ENGINEERINGCRS")) else text


def _curved(path: Path, layer: str) -> str:
    """The kinds of curves that the layer holds, which GDAL straightens without a word when it is read."""
    from pyogrio import raw

    name = layer.replace("\\", "\\\\").replace('"', '\\"')
    query = f"SELECT DISTINCT OGR_GEOMETRY FROM \"{name}\""
    _, _, _, values = opened(lambda: raw.read(path, sql=query, sql_dialect="OGRSQL", read_geometry=False), path)
    kinds = {str(one).upper().split(" ")[0] for one in (values[0].tolist() if values else ()) if one}
    return ", ".join(sorted(kinds & _CURVES))


def _laid(part: Part, path: Path) -> None:
    """The file where GDAL reads it: itself, or, where its XML is in a Chinese encoding that GDAL does not know, as UTF-8."""
    declared = re.match(rb"""\s*<\?xml[^>]*encoding=["'](gb2312|gbk|gb18030)["']""", part.head(200), re.IGNORECASE)
    if declared is None:
        os.symlink(part.path.resolve(), path)
        return
    try:
        text = part.read().decode("gb18030")
    except UnicodeDecodeError as error:
        raise Refused("file-damaged", part=part.name, said=str(error)[:200]) from error
    path.write_text(text.replace(declared[1].decode(), "UTF-8", 1), "utf-8")


def has_zm(shapes: Sequence[bytes | None]) -> bool:
    """Whether any WKB carries heights or measures, told by its type code (ISO or extended)."""
    for one in shapes:
        if one and len(one) >= 5:
            code = int.from_bytes(one[1:5], "little" if one[0] else "big")
            if code & 0xC0000000 or (code & 0xFFFF) >= 1000:
                return True
    return False


def plain_column(name: str, ogr_type: str, values: Any) -> Column:
    """A column of what GDAL gives: numbers, texts, dates as ISO text, lists joined."""
    kind = _KINDS.get(ogr_type, Kind.TEXT)
    listed: list[Any]
    if values.dtype.kind == "f":
        listed = [None if np.isnan(one) else (int(one) if kind is Kind.INTEGER else float(one)) for one in values]
    elif values.dtype.kind == "M":
        listed = [None if np.isnat(one) else str(one) for one in values]
    elif values.dtype.kind == "b":
        kind, listed = Kind.BOOLEAN, values.tolist()
    else:
        listed = [
            None
            if one is None or one == ""
            else one
            if isinstance(one, (int, float))
            else "、".join(map(str, one))
            if isinstance(one, (list, tuple, np.ndarray))
            else str(one)
            for one in values.tolist()
        ]
    return Column(name, kind, listed)


def opened(read: Callable[[], Any], path: Path) -> Any:
    """What a call of GDAL gives; what it cannot read is a refusal without its path."""
    from pyogrio.errors import DataLayerError, DataSourceError, FieldError, GeometryError

    try:
        return read()
    except (DataSourceError, DataLayerError, GeometryError, FieldError) as error:
        raise Refused("file-damaged", part=path.suffix, said=str(error).replace(str(path.parent), "")[:200]) from error
