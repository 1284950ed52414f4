"""The formats that GDAL reads for us, with one driver only in the process and its network and redirection off."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from geodata.files.notices import Found, Notice, Refused
from geodata.files.packing import Part
from geodata.files.sniffing import BY_GDAL, Source
from geodata.files.table import Column, Kind, Table

_DRIVERS = {"ESRI Shapefile": "ESRI Shapefile", "GeoPackage": "GPKG", **BY_GDAL}
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
}
_KINDS = {"OFTInteger": Kind.INTEGER, "OFTInteger64": Kind.INTEGER, "OFTReal": Kind.REAL, "OFTDate": Kind.DATE, "OFTDateTime": Kind.MOMENT}


def confine(format_name: str, drivers: Sequence[str]) -> None:
    """Before GDAL is imported: leave it the one driver that the content calls for. `drivers` are all that it has."""
    wanted = _DRIVERS.get(format_name)
    os.environ["GDAL_SKIP"] = ",".join(one for one in drivers if one != wanted)
    os.environ["GDAL_DRIVER_PATH"] = "disable"
    os.environ.update(_CONFIG)


def read_shapes(path: Path, *, layer: str | None = None, count: int | None = None) -> tuple[list[bytes | None], bool, bool]:
    """WKB (2D, straight lines) of each feature in the order of the file, and whether heights or measures were there."""
    from pyogrio import raw

    meta, _, wkb, _ = _opened(lambda: raw.read(path, layer=layer, columns=[]), path)
    if count is not None and len(wkb) != count:
        raise Refused("records-missing", part=".shp", stated=count, there=len(wkb))
    kind = meta["geometry_type"] or ""
    has_z = " Z" in kind or kind.endswith(("Z", "ZM"))
    return list(wkb), has_z, kind.endswith("M")


def read_features(source: Source, *, sublayer: str | None, work: Path) -> Table:
    """One layer of FlatGeobuf, KML, GML or GPX. Raises Refused when there are several and none is named, or none at all."""
    import pyogrio
    from pyogrio import raw

    path = work / f"source.{source.format.lower()}"
    _laid(source.main, path)
    layers = [name for name, kind in _opened(lambda: pyogrio.list_layers(path), path).tolist() if kind is not None]
    if source.format == "GPX":
        layers = [
            one for one in layers if _opened(lambda one=one: pyogrio.read_info(path, layer=one, force_feature_count=True), path)["features"]
        ]
    layer = chosen(layers, sublayer, source.main.name)
    meta, _, wkb, values = _opened(lambda: raw.read(path, layer=layer, datetime_as_string=True), path)
    if not len(wkb):
        raise Refused("empty-layer", layer=layer)
    columns = [_column(name, kind, one) for name, kind, one in zip(meta["fields"].tolist(), meta["ogr_types"], values, strict=True)]
    columns = [one for one in columns if any(value not in (None, "") for value in one.values) or source.format == "FlatGeobuf"]
    notices = [Notice("zm-dropped", {"kind": meta["geometry_type"]})] if has_zm(list(wkb)) else []
    crs = meta["crs"]
    return Table(
        source.format,
        layer,
        np.arange(1, len(wkb) + 1),
        columns,
        list(wkb),
        Found("UTF-8", "encoding-by-format", {"name": "UTF-8"}),
        crs,
        source.format if crs else None,
        notices=notices,
    )


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


def chosen(layers: Sequence[str], wanted: str | None, path: str) -> str:
    """The sublayer to read: the one named, or the only one. Raises Refused with the list otherwise."""
    if wanted is not None:
        if wanted not in layers:
            raise Refused("no-such-sublayer", about="sublayer", wanted=wanted, there=", ".join(layers) or "-")
        return wanted
    if not layers:
        raise Refused("no-spatial-layer", path=path)
    if len(layers) > 1:
        raise Refused("several-sublayers", about="sublayer", count=len(layers), there=", ".join(layers[:50]))
    return layers[0]


def has_zm(shapes: Sequence[bytes | None]) -> bool:
    """Whether any WKB carries heights or measures, told by its type code (ISO or extended)."""
    for one in shapes:
        if one and len(one) >= 5:
            code = int.from_bytes(one[1:5], "little" if one[0] else "big")
            if code & 0xC0000000 or (code & 0xFFFF) >= 1000:
                return True
    return False


def _column(name: str, ogr_type: str, values: Any) -> Column:
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


def _opened(read: Any, path: Path) -> Any:
    from pyogrio.errors import DataLayerError, DataSourceError, FieldError, GeometryError

    try:
        return read()
    except (DataSourceError, DataLayerError, GeometryError, FieldError) as error:
        raise Refused("file-damaged", part=path.suffix, said=str(error).replace(str(path.parent), "")[:200]) from error
