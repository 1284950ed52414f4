"""What a file is, told by its content and never by its name; what lies in a set of parts, as sources to choose from."""

from __future__ import annotations

import codecs
import re
import struct
from collections.abc import Sequence
from dataclasses import dataclass, field

from geodata.files.notices import Refused
from geodata.files.packing import SHAPE_PARTS, ZIP_HEADS, Part

SHAPEFILE, GEOPACKAGE, GEOJSON, DELIMITED, WORKBOOK = "ESRI Shapefile", "GeoPackage", "GeoJSON", "CSV", "XLSX"
BY_GDAL = {"FlatGeobuf": "FlatGeobuf", "KML": "KML", "GML": "GML", "GPX": "GPX"}

_PROMISED = {
    "shp": SHAPEFILE,
    "gpkg": GEOPACKAGE,
    "geojson": GEOJSON,
    "json": GEOJSON,
    "xlsx": WORKBOOK,
    "fgb": "FlatGeobuf",
    "kml": "KML",
    "gml": "GML",
    "gpx": "GPX",
}
_TABLES = ("csv", "tsv", "txt")
_DATA = (*_PROMISED, "csv", "tsv")
_NAMED = {
    "tab": "MapInfo TAB",
    "mif": "MapInfo MIF",
    "mid": "MapInfo MIF",
    "dxf": "DXF",
    "dwg": "DWG",
    "gdb": "File Geodatabase",
    "vrt": "VRT",
    "pdf": "PDF",
    "doc": "Word",
    "docx": "Word",
    "pbf": "OSM PBF",
    "osm": "OSM",
    "mdb": "Access",
    "tif": "GeoTIFF",
    "tiff": "GeoTIFF",
    "xls": "XLS",
    "et": "WPS ET",
    "ods": "ODS",
}
_XML_ROOTS = {
    "kml": "KML",
    "gpx": "GPX",
    "featurecollection": "GML",
    "osm": "OSM",
    "ogrvrtdatasource": "VRT",
    "vrtdataset": "VRT",
    "html": "HTML",
    "alert": "CAP",
    "ogrwfsdatasource": "WFS",
    "rss": "GeoRSS",
    "feed": "GeoRSS",
}


@dataclass
class Source:
    """One layer's worth of parts: its format, the name people know it by, its main part and those beside it by suffix."""

    format: str
    name: str
    main: Part
    beside: dict[str, Part] = field(default_factory=dict)


def sources(parts: Sequence[Part], *, named: bool) -> list[Source]:
    """The sources among parts; `named` when the user pointed at the one part itself, so that any text may be a table.

    Raises Refused when nothing can be used, naming what was there instead.
    """
    found, orphans = _shapefiles(parts)
    rest = [one for one in parts if one.suffix not in SHAPE_PARTS]
    data = rest if named else [one for one in rest if one.suffix in _DATA]
    found += [Source(_confirmed(one), one.stem, one) for one in data]
    if found:
        return found
    if orphans:
        raise Refused("part-missing", part=".shp", there=", ".join(sorted(one.name for one in orphans)[:6]))
    packed = [one for one in parts if one.suffix in ("gz", "zip", "7z", "rar", "tar")]
    if packed:
        raise Refused("packing-unsupported", kind=packed[0].suffix, path=packed[0].name)
    known = [one for one in parts if one.suffix in _NAMED]
    if known:
        raise Refused("format-unsupported", kind=_NAMED[known[0].suffix], path=known[0].name)
    raise Refused("nothing-usable", there=", ".join(one.name for one in parts[:6]) or "0")


def _shapefiles(parts: Sequence[Part]) -> tuple[list[Source], list[Part]]:
    groups: dict[str, dict[str, Part]] = {}
    for one in parts:
        if one.suffix in SHAPE_PARTS:
            groups.setdefault(re.sub(r"\.[^.]*$", "", one.name).casefold(), {}).setdefault(one.suffix, one)
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
    if found == DELIMITED and part.suffix in _NAMED:
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
    if head.startswith(b"SQLite format 3\x00"):
        return GEOPACKAGE
    if head.startswith(b"fgb\x03"):
        return "FlatGeobuf"
    if head.startswith(ZIP_HEADS):
        if part.suffix in ("docx", "pptx", "ods"):
            raise Refused("format-unsupported", kind=_NAMED.get(part.suffix, part.suffix), path=part.name)
        return WORKBOOK
    if head.startswith(b"\xd0\xcf\x11\xe0") and part.suffix == "xlsx":
        raise Refused("workbook-locked", path=part.name)
    for mark, name in (
        (b"\xd0\xcf\x11\xe0", "XLS"),
        (b"%PDF", "PDF"),
        (b"\x89PNG", "PNG"),
        (b"\xff\xd8\xff", "JPEG"),
        (b"II*\x00", "GeoTIFF"),
        (b"MM\x00*", "GeoTIFF"),
        (b"AC10", "DWG"),
        (b"PAR1", "Parquet"),
        (b"\x7fELF", "ELF"),
        (b"MZ", "EXE"),
    ):
        if head.startswith(mark):
            raise Refused("format-unsupported", kind=name, path=part.name)
    return _text_format(part, head)


def _text_format(part: Part, head: bytes) -> str:
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        text = head[: len(head) // 2 * 2].decode("utf-16", errors="replace")
    else:
        text = head.decode("utf-8-sig", errors="replace")
    if part.suffix in ("shp", "gpkg", "fgb", "xlsx"):
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
    if re.match(r"0\r?\nSECTION", bare) or bare.startswith("AutoCAD Binary DXF"):
        raise Refused("format-unsupported", kind="DXF", path=part.name)
    if re.match(r"(?i)version\s+\d+\s+charset", bare) or bare.lower().startswith("!table"):
        raise Refused("format-unsupported", kind="MapInfo", path=part.name)
    if b"\x00" in head[:4000] and not text.isprintable() and head[:4000].count(0) < len(head[:4000]) * 0.15:
        raise Refused("format-unknown", path=part.name)
    return DELIMITED


def _xml_format(part: Part, text: str) -> str:
    """The format of an XML file by its root; document types and entities are refused unread (XXE, entity bombs)."""
    if re.search(r"<!(DOCTYPE|ENTITY)", text, re.IGNORECASE) and not re.match(r"(?is)<!doctype\s+html", text):
        raise Refused("xml-entities", path=part.name)
    root = re.search(r"<(?:[\w.-]+:)?([A-Za-z][\w.-]*)", re.sub(r"(?s)<\?.*?\?>|<!--.*?-->", "", text))
    kind = _XML_ROOTS.get(root[1].lower(), "XML") if root else "XML"
    if kind not in BY_GDAL:
        raise Refused("format-unsupported", kind=kind, path=part.name)
    return kind
