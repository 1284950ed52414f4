"""What a file is, told by its content and never by its name; what lies in a set of parts, as sources to choose from."""

from __future__ import annotations

import codecs
import re
import struct
from collections.abc import Sequence
from dataclasses import dataclass, field

from geodata.files.notices import Refused
from geodata.files.packing import MIF_PARTS, SHAPE_PARTS, TAB_PARTS, ZIP_HEADS, Part, unsaved

SHAPEFILE, GEOPACKAGE, GEOJSON, DELIMITED, WORKBOOK = "ESRI Shapefile", "GeoPackage", "GeoJSON", "CSV", "XLSX"
GEODATABASE, MAPINFO_TAB, MAPINFO_MIF, CAD, OSM = "File Geodatabase", "MapInfo TAB", "MapInfo MIF", "DXF", "OSM"
KML, ALERT, DBASE = "KML", "CAP", "dBASE"
BY_GDAL = {"FlatGeobuf": "FlatGeobuf", "GML": "GML", "GPX": "GPX"}
ONE_LAYER = (SHAPEFILE, DBASE, GEOJSON, DELIMITED, MAPINFO_TAB, MAPINFO_MIF)

_PROMISED = {
    "shp": SHAPEFILE,
    "gpkg": GEOPACKAGE,
    "geojson": GEOJSON,
    "json": GEOJSON,
    "geojsonl": GEOJSON,
    "geojsons": GEOJSON,
    "ndjson": GEOJSON,
    "xlsx": WORKBOOK,
    "fgb": "FlatGeobuf",
    "kml": KML,
    "gml": "GML",
    "gpx": "GPX",
    "mif": MAPINFO_MIF,
    "dxf": CAD,
    "pbf": OSM,
    "osm": OSM,
}
_TABLES = ("csv", "tsv", "txt")
_DATA = (*_PROMISED, "csv", "tsv")
_IMAGERY = ((b"II*\x00", "GeoTIFF"), (b"MM\x00*", "GeoTIFF"), (b"II+\x00", "GeoTIFF"), (b"MM\x00+", "GeoTIFF"), (b"PMTiles", "PMTiles"))
_NAMED = {
    "dwg": "DWG",
    "vrt": "VRT",
    "pdf": "PDF",
    "doc": "Word",
    "docx": "Word",
    "mdb": "Access",
    "tif": "GeoTIFF",
    "tiff": "GeoTIFF",
    "ppt": "PowerPoint",
    "mxd": "MXD",
    "xls": "XLS",
    "et": "WPS ET",
    "ods": "ODS",
}
_SHEETS = ("xls", "et")
_XML_ROOTS = {
    "kml": KML,
    "gpx": "GPX",
    "featurecollection": "GML",
    "osm": OSM,
    "alert": ALERT,
    "ogrvrtdatasource": "VRT",
    "vrtdataset": "VRT",
    "html": "HTML",
    "ogrwfsdatasource": "WFS",
    "rss": "GeoRSS",
    "feed": "GeoRSS",
}
_XML_READ = (KML, "GPX", "GML", OSM, ALERT)
_DATABASE_HEAD = "a00000001.gdbtable"  # the catalogue of a File Geodatabase; the folder that holds it is the geodatabase


@dataclass
class Source:
    """One layer's worth of parts: its format, the name people know it by, its main part and those beside it by suffix."""

    format: str
    name: str
    main: Part
    beside: dict[str, Part] = field(default_factory=dict)


def sources(parts: Sequence[Part], *, named: bool, tables: bool = False) -> list[Source]:
    """The sources among parts; `named` when the user pointed at the one part itself, so that any text may be a table.

    With `tables` the .dbf of a shapefile without its .shp is one, for whoever wants no shapes.

    Raises Refused when nothing can be used, naming what was there instead.
    """
    for one in parts:
        if one.suffix.endswith("-wal"):
            unsaved(one.name.removesuffix("-wal"), one.path)
    databases, parts = _databases(parts)
    maps, parts = _map_tables(parts)
    found, orphans = _shapefiles(parts)
    found = databases + maps + found
    rest = [one for one in parts if one.suffix not in SHAPE_PARTS]
    data = rest if named else [one for one in rest if one.suffix in _DATA or _is_alert(one)]
    found += [Source(_confirmed(one), one.stem.removesuffix(".osm"), one) for one in data]
    if not found and len(texts := [one for one in rest if one.suffix == "txt" and one.head(1)]) == 1:  # nothing else there: it is no note beside the data
        found = [Source(_confirmed(texts[0]), texts[0].stem, texts[0])]
    if found:
        return found
    if alone := [one for one in parts if one.suffix in ("map", "id", "ind", "mid", "dat")]:
        raise Refused("map-part-missing", part=".mif" if alone[0].suffix == "mid" else ".tab", there=", ".join(sorted(one.name for one in alone)[:6]))
    if tables and (alone := [one for one in orphans if one.suffix == "dbf"]):
        return [Source(DBASE, one.stem, one, {each.suffix: each for each in orphans if _stem(each) == _stem(one)}) for one in alone]
    if orphans:
        raise Refused("part-missing", part=".shp", there=", ".join(sorted(one.name for one in orphans)[:6]))
    packed = [one for one in parts if one.suffix in ("gz", "zip", "7z", "rar", "tar")]
    if packed:
        raise Refused("packing-unsupported", kind=packed[0].suffix, path=packed[0].name)
    known = [one for one in parts if one.suffix in _NAMED]
    if known:
        raise Refused("format-unsupported", kind=_NAMED[known[0].suffix], path=known[0].name)
    raise Refused("nothing-usable", there=", ".join(one.name for one in parts[:6]) or "0")


def _databases(parts: Sequence[Part]) -> tuple[list[Source], list[Part]]:
    """File Geodatabases by the folder that their parts lie in, whatever it is called, and the parts that are left."""
    folders: dict[str, dict[str, Part]] = {}
    for one in parts:
        folder, _, name = one.name.rpartition("/")
        if name.lower() == _DATABASE_HEAD:
            folders[folder] = {}
    found: list[Source] = []
    left: list[Part] = []
    for one in parts:
        folder, _, name = one.name.rpartition("/")
        if folder in folders:
            folders[folder][name.lower()] = one
        elif re.search(r"\.gdb(/|$)", folder.lower()) and one.suffix in ("gdbtable", "gdbtablx"):
            raise Refused("database-part-missing", name=folder, part=_DATABASE_HEAD)
        else:
            left.append(one)
    for folder, beside in folders.items():
        found.append(Source(GEODATABASE, Part(folder, beside[_DATABASE_HEAD].path).stem or "gdb", beside[_DATABASE_HEAD], beside))
    return found, left


def _map_tables(parts: Sequence[Part]) -> tuple[list[Source], list[Part]]:
    """MapInfo tables (.tab) and interchange files (.mif) with the parts beside them, and what is left. Raises Refused for a part that is missing."""
    found: list[Source] = []
    used: set[int] = set()
    family: tuple[str, ...]
    needed: tuple[str, ...]
    for main in parts:
        if main.suffix == "tab" and main.head(64).lstrip(b"\xef\xbb\xbf \r\n").lower().startswith(b"!table"):
            kind, family, needed = MAPINFO_TAB, TAB_PARTS, ("dat", "map", "id")
        elif main.suffix == "mif" and recognise(main) == MAPINFO_MIF:
            kind, family, needed = MAPINFO_MIF, MIF_PARTS, ("mid",)
        else:
            continue
        stem = _stem(main)
        beside = {one.suffix: one for one in parts if one.suffix in family and _stem(one) == stem}
        if kind == MAPINFO_TAB and (pointing := _pointing(main.head(65_536))):
            raise Refused("map-kind-unsupported", path=main.name, kind=pointing)
        for suffix in needed:
            if suffix not in beside:
                raise Refused("map-part-missing", part=f".{suffix}", there=", ".join(sorted(one.name for one in beside.values())))
        used |= {id(one) for one in beside.values()}
        found.append(Source(kind, main.stem, main, beside))
    return found, [one for one in parts if id(one) not in used]


def _pointing(head: bytes) -> str | None:
    """What makes a .tab point to other files, anywhere on the machine that reads it; None for a table of its own (NATIVE)."""
    if re.search(rb'(?i)IsSeamless"\s*=\s*"TRUE', head):
        return "SEAMLESS"
    if re.search(rb"(?i)\bcreate\s+view\b|\bopen\s+table\b", head):
        return "VIEW"
    kinds = {one.upper() for one in re.findall(rb"(?im)^\s*type\s+(\w+)", head)}
    return None if kinds == {b"NATIVE"} else ", ".join(sorted(one.decode("ascii", "replace") for one in kinds)) or "?"


def _stem(part: Part) -> str:
    return re.sub(r"\.[^.]*$", "", part.name).casefold()


def _is_alert(part: Part) -> bool:
    return part.suffix == "xml" and bool(re.search(rb"<(?:[\w.-]+:)?alert\b", part.head(4096)))


def _shapefiles(parts: Sequence[Part]) -> tuple[list[Source], list[Part]]:
    groups: dict[str, dict[str, Part]] = {}
    for one in parts:
        if one.suffix in SHAPE_PARTS:
            groups.setdefault(_stem(one), {}).setdefault(one.suffix, one)
    found: list[Source] = []
    orphans: list[Part] = []
    for group in groups.values():
        if "shp" in group:
            _confirmed(group["shp"])
            found.append(Source(SHAPEFILE, group["shp"].stem, group["shp"], group))
        else:
            orphans += group.values()
    return found, orphans


def _confirmed(part: Part) -> str:
    """The format by content; refused when the name promises another."""
    found = recognise(part)
    promised = _PROMISED.get(part.suffix)
    if found == DELIMITED and promised:
        raise Refused("content-differs", path=part.name, promised=promised)
    if found == DELIMITED and part.suffix in _NAMED and part.suffix not in _SHEETS:  # systems export text and call it .xls
        raise Refused("format-unsupported", kind=_NAMED[part.suffix], path=part.name)
    return found


def recognise(part: Part) -> str:
    """The format of one file by its first bytes. Raises Refused for what is empty, known but not read, or unknown."""
    head = part.head(65_536)
    if not head:
        raise Refused("empty-file", part=part.name)
    if head[:4] == b"\x00\x00\x27\x0a":
        if len(head) < 100:
            raise Refused("file-truncated", part=".shp", stated=100, there=len(head))
        if struct.unpack("<i", head[28:32])[0] != 1000:
            raise Refused("content-differs", path=part.name, promised=SHAPEFILE)
        return SHAPEFILE
    for mark, name in _IMAGERY:
        if head.startswith(mark):
            raise Refused("is-imagery", kind=name, path=part.name)
    if head.startswith(b"SQLite format 3\x00"):
        if head[68:72] == b"MPBX":
            raise Refused("is-imagery", kind="MBTiles", path=part.name)
        return GEOPACKAGE
    if head.startswith(b"fgb\x03"):
        return "FlatGeobuf"
    if head.startswith(ZIP_HEADS):
        if part.suffix in ("docx", "pptx", "ods"):
            raise Refused("format-unsupported", kind=_NAMED.get(part.suffix, part.suffix), path=part.name)
        return WORKBOOK
    if head[4:6] == b"\x0a\x09" and head[6:15] in (b"OSMHeader", b"OSMData"):
        return OSM
    if head.startswith(b"AC10"):
        raise Refused("dwg-unsupported", path=part.name)
    if head.startswith(b"AutoCAD Binary DXF"):
        raise Refused("dxf-binary", path=part.name)
    if head.startswith(b"\xd0\xcf\x11\xe0") and part.suffix == "xlsx":
        raise Refused("workbook-locked", path=part.name)
    for mark, name in (
        (b"\xd0\xcf\x11\xe0", "XLS"),
        (b"%PDF", "PDF"),
        (b"\x89PNG", "PNG"),
        (b"\xff\xd8\xff", "JPEG"),
        (b"PAR1", "Parquet"),
        (b"\x7fELF", "ELF"),
        (b"MZ", "EXE"),
    ):
        if head.startswith(mark):
            raise Refused("format-unsupported", kind=_NAMED.get(part.suffix, name) if name == "XLS" else name, path=part.name)
    return _text_format(part, head)


def _text_format(part: Part, head: bytes) -> str:
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        text = head[: len(head) // 2 * 2].decode("utf-16", errors="replace")
    else:
        text = head.decode("utf-8-sig", errors="replace")
    if part.suffix in ("shp", "gpkg", "fgb", "xlsx", "pbf"):
        raise Refused("content-differs", path=part.name, promised=_PROMISED[part.suffix])
    bare = text.lstrip("\ufeff \t\r\n\x1e")
    if bare.startswith(("{", "[")):
        if re.search(r'"type"\s*:\s*"Topology"', bare[:4000]):
            raise Refused("format-unsupported", kind="TopoJSON", path=part.name)
        if re.search(r'"(geometryType|esriGeometry\w+)"', bare[:4000]):
            raise Refused("format-unsupported", kind="Esri JSON", path=part.name)
        return GEOJSON
    if bare.startswith("<"):
        return _xml_format(part, bare)
    if re.match(r"(999\r?\n[^\n]*\n\s*)*0\r?\n\s*SECTION", bare):
        return CAD
    if re.match(r"(?i)version\s+\d+\s+(charset|delimiter|coordsys|columns)", bare):
        return MAPINFO_MIF
    if bare.lower().startswith("!table"):
        raise Refused("map-part-missing", part=".dat", there=part.name)
    if b"\x00" in head[:4000] and not text.isprintable() and head[:4000].count(0) < len(head[:4000]) * 0.15:
        raise Refused("format-unknown", path=part.name)
    return DELIMITED


def _xml_format(part: Part, text: str) -> str:
    """The format of an XML file by its root; document types and entities are refused unread (XXE, entity bombs)."""
    if re.search(r"<!(DOCTYPE|ENTITY)", text, re.IGNORECASE) and not re.match(r"(?is)<!doctype\s+html", text):
        raise Refused("xml-entities", path=part.name)
    root = re.search(r"<(?:[\w.-]+:)?([A-Za-z][\w.-]*)", re.sub(r"(?s)<\?.*?\?>|<!--.*?-->", "", text))
    kind = _XML_ROOTS.get(root[1].lower(), "XML") if root else "XML"
    if kind not in _XML_READ:
        raise Refused("format-unsupported", kind=kind, path=part.name)
    return kind
