"""What GDAL does for us: one driver only in the process, its network and redirection off, what it says taken with care."""

from __future__ import annotations

import codecs
import os
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from geodata.columns import ShapeColumn, ShapeWriter
from geodata.files.codec_names import shown
from geodata.files.encodings import Decision, decode, stray
from geodata.files.notices import Found, Notice, Refused
from geodata.files.packing import Part
from geodata.files.sniffing import BY_GDAL, CAD, GEODATABASE, MAPINFO_MIF, MAPINFO_TAB, OSM, Source
from geodata.files.sublayers import Sublayer, chosen, kinds_in_order
from geodata.files.table import Column, Kind, Table
from geodata.files.xml_faults import Faults, faults_of

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
BYTES = "iso-8859-1"  # gives each byte as the letter of its number
_CHUNK = 1 << 20
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
    """A layer as GDAL gives it: names and OGR types of its columns, their values, shapes, the CRS as WKT or name, the kind it says.

    `rejected` and `notices` tell of texts that are not in the encoding of the format.
    """

    names: list[str]
    types: list[str]
    values: list[Any]
    shapes: list[bytes | None]
    crs: str | None
    kind: str
    rejected: list[Notice] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)


def read_raw(path: Path, *, layer: str | None = None, encoding: str | None = None, where: str | None = None) -> Raw:
    """All features of one layer, texts decoded as UTF-8 or as `encoding` says. Raises Refused for what GDAL cannot read."""
    try:
        return _read_raw(path, layer, encoding, where)
    except UnicodeDecodeError:
        return _by_bytes(_read_raw(path, layer, BYTES, where))
    except ValueError:  # a day that no calendar has
        return _read_raw(path, layer, encoding, where, days_as_text=True)


def _read_raw(path: Path, layer: str | None, encoding: str | None, where: str | None, *, days_as_text: bool = False) -> Raw:
    from pyogrio import raw, read_info

    how: dict[str, Any] = {"layer": layer, "where": where}
    types: list[str] = []
    if days_as_text:
        info = opened(lambda: read_info(path, layer=layer, encoding=encoding), path)
        types = list(info["ogr_types"])
        wanted = [f"CAST({_quoted(name)} AS character(40)) AS {_quoted(name)}" if kind == "OFTDate" else _quoted(name) for name, kind in zip(info["fields"].tolist(), types, strict=True)]
        sql = f"SELECT {', '.join(wanted)} FROM {_quoted(info['layer_name'])}" + (f" WHERE {where}" if where else "")
        how = {"sql": sql, "sql_dialect": "OGRSQL"}
    meta, _, wkb, values = opened(lambda: raw.read(path, encoding=encoding, datetime_as_string=True, **how), path)
    for place, kind in enumerate(types):
        if kind == "OFTDate":  # 2026/05/01, as GDAL spells a day
            values[place] = np.array([one.replace("/", "-") if isinstance(one, str) else None for one in values[place].tolist()], dtype=object)
    shapes = list(wkb) if wkb is not None else [None] * (len(values[0]) if values else 0)  # a table without shapes has none at all
    return Raw(meta["fields"].tolist(), types or meta["ogr_types"], values, shapes, _system(meta["crs"]), meta["geometry_type"] or "")


def _quoted(name: str) -> str:
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _by_bytes(found: Raw) -> Raw:
    """The same read as bytes, its texts now decoded one by one: one that is not UTF-8 is read as what it clearly is and told, else its row is kept out."""
    bad: dict[int, Notice] = {}
    for place, values in enumerate(found.values):
        if values.dtype != object:
            continue
        read: list[Any] = []
        for row, one in enumerate(values.tolist()):
            text = one
            if isinstance(one, str) and not one.isascii():
                bytes_ = one.encode(BYTES)
                text, _ = decode(bytes_, "utf-8")
                if other := stray(bytes_, "utf-8", text):
                    text = other[1]
                    said = {"other": shown(other[0]), "name": "UTF-8", "text": text[:40]}
                    found.notices.append(Notice("text-other-encoding", said, row + 1, found.names[place]))
                elif text is None:
                    bad.setdefault(row, Notice("text-undecodable", {"name": "UTF-8", "bytes": bytes_[:24].hex(" ")}, row + 1, found.names[place]))
            read.append(text)
        found.values[place] = np.array([*read, None], dtype=object)[:-1]
    found.rejected.extend(bad.values())
    return found


def read_features(source: Source, *, sublayer: str | None, shapes_wanted: bool, encoding: str | None, work: Path) -> Table:
    """One layer of FlatGeobuf, GML, GPX or a File Geodatabase. Raises Refused when there are several and none is named, or none at all."""
    path = _folder(source, work) if source.format == GEODATABASE else work / f"source.{source.format.lower()}"
    decision, faults = None, None
    if source.format in ("GPX", "GML"):
        decision = _laid(source.main, path, encoding)
        faults = faults_of(path, source.format, source.main.name)
    elif source.format != GEODATABASE:
        os.symlink(source.main.path.resolve(), path)
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
        found.notices.extend(domains.by_subtype(path, layer))
    shaped = any(one.name == layer and one.kinds for one in layers)
    notices = list(decision.notices) if decision else []
    notices += [Notice("zm-dropped", {"kind": found.kind})] if has_zm(found.shapes) else []
    if shaped and (curved := _curved(path, layer)):
        notices.append(Notice("curves-straightened", {"kind": curved, "step_deg": ARC_STEP_DEG}))
    table = Table(
        source.format,
        layer,
        np.arange(1, len(found.shapes) + 1),
        columns,
        found.shapes if shaped else None,
        decision.found if decision else Found("UTF-8", "encoding-by-format", {"name": "UTF-8"}),
        found.crs,
        source.format if found.crs else None,
        crs_declared_unknown=found.crs is None and source.format == GEODATABASE,
        rejected=found.rejected,
        notices=notices + found.notices,
    )
    out = np.zeros(len(table.rows), bool)
    out[[one.row - 1 for one in found.rejected if one.row]] = True
    table = table.without(out) if out.any() else table
    return _without_faults(table, faults, layer) if faults else table


def _without_faults(table: Table, faults: Faults, layer: str) -> Table:
    """The table without the features that GDAL read as something else than they say; each is told by its number in the file, also one that GDAL left out."""
    systems = list(faults.systems[layer])
    if len(systems) > 1:
        raise Refused("systems-mixed", about="crs", systems=", ".join(systems[:6]))
    missing = faults.missing[layer]
    numbers = np.array([one for one in range(len(table.rows) + len(missing)) if one not in missing], np.int64)
    if faults.rejected[layer] and len(numbers) + len(missing) != faults.counts[layer]:  # which is which cannot be told
        first = min(faults.rejected[layer])
        raise Refused("feature-not-read", number=first + 1, value=faults.rejected[layer][first].values.get("value", "-"))
    table.rows = numbers + 1
    table.rejected += [Notice(one.code, one.values, place + 1, one.field) for place, one in sorted(faults.rejected[layer].items())]
    if second := faults.second[layer]:
        table.notices.append(Notice("second-shapes-left-out", {"count": second}))
    out = np.isin(numbers, list(faults.rejected[layer]))
    return table.without(out) if out.any() else table


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
        if name.endswith(".gdbtable") and not part.path.stat().st_size:
            raise Refused("empty-file", part=part.name)
        os.symlink(part.path.resolve(), folder / name)
    return folder


def _system(text: str | None) -> str | None:
    """What is said of the CRS; a system of the drawing's own (local, engineering) says nothing of where on earth it lies."""
    return None if text is None or text.upper().lstrip().startswith(("LOCAL_CS", "ENGCRS", "ENGINEERINGCRS")) else text


def _curved(path: Path, layer: str) -> str:
    """The kinds of curves that the layer holds, which GDAL straightens without a word when it is read."""
    from pyogrio import raw

    query = f"SELECT DISTINCT OGR_GEOMETRY FROM {_quoted(layer)}"
    _, _, _, values = opened(lambda: raw.read(path, sql=query, sql_dialect="OGRSQL", read_geometry=False), path)
    kinds = {str(one).upper().split(" ")[0] for one in (values[0].tolist() if values else ()) if one}
    return ", ".join(sorted(kinds & _CURVES))


def _laid(part: Part, path: Path, encoding: str | None) -> Decision | None:
    """The file where GDAL reads it: itself, or, where its XML is not UTF-8, written anew as UTF-8; then it is said how the encoding was found."""
    from geodata.files.xml_tree import decoded

    said = re.match(rb"""(?:\xef\xbb\xbf)?\s*<\?xml[^>]*encoding=["']([\w-]+)["']""", part.head(200))
    if (said is None or said[1].lower() in (b"utf-8", b"utf8")) and not encoding and _is_utf8(part.path):
        os.symlink(part.path.resolve(), path)
        return None
    text, decision = decoded(part.read(), said[1].decode() if said else None, encoding)
    path.write_text(re.sub(r"^\s*<\?xml[^>]*\?>", "", text.lstrip("\ufeff"), count=1).lstrip(), "utf-8")
    return decision


def _is_utf8(path: Path) -> bool:
    reader = codecs.getincrementaldecoder("utf-8")()
    try:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                reader.decode(chunk)
        reader.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def has_zm(shapes: Sequence[bytes | None]) -> bool:
    """Whether any WKB carries heights or measures, told by its type code (ISO or extended)."""
    for one in shapes:
        if one and len(one) >= 5 and one[0] in (0, 1):
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
