"""KML as Google Earth, Ovital and ArcGIS write it: folders are its layers, all that a placemark says becomes columns."""

from __future__ import annotations

import html
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from sys import intern
from typing import Any

import numpy as np
import shapely

from geodata.files.geojson import column
from geodata.files.notices import Notice, Refused
from geodata.files.places import shift_said
from geodata.files.sniffing import KML, Source
from geodata.files.sublayers import Sublayer, chosen, kinds_in_order
from geodata.files.table import Table
from geodata.files.xml_tree import Element, read_tree

_SHAPES = ("Point", "LineString", "LinearRing", "Polygon", "MultiGeometry", "Track", "MultiTrack")
_SAID = {"name": "name", "description": "description", "address": "address", "phoneNumber": "phone", "Snippet": "snippet"}
_ROW = re.compile(r"(?is)<tr[^>]*>\s*<t[dh][^>]*>(.*?)</t[dh]>\s*<t[dh][^>]*>(.*?)</t[dh]>\s*</tr>")


class _Bad(Exception):
    """A shape of a placemark that cannot be read: a code and what fills its sentence."""

    def __init__(self, code: str, **values: Any) -> None:
        super().__init__(code)
        self.code, self.values = code, values


@dataclass
class _Seen:
    """What was met on the way through one layer that a person should hear of."""

    heights: bool = False
    overlays: int = 0
    links: list[str] = field(default_factory=list)
    shift: tuple[str, str] | None = None  # that a folder names, and the words in which it does


@dataclass(slots=True)
class _Mark(Element):
    """A placemark as a row: what it says, its shape or why it has none, and the schemas that it follows. Its elements are let go."""

    values: dict[str, Any] = field(default_factory=dict)
    shape: bytes | None = None
    bad: _Bad | None = None
    kinds: tuple[str, ...] = ()
    schemas: frozenset[str] = frozenset()
    heights: bool = False


def _lighter(one: Element) -> Element:
    """A placemark as a row, as soon as it ends; all others as they are."""
    if one.name != "Placemark":
        return one
    seen, shape, bad = _Seen(), None, None
    try:
        shape = _placed(one, seen)
    except _Bad as error:
        bad = error.with_traceback(None)
    schemas = frozenset(part.attributes.get("schemaUrl", "").removeprefix("#") for data in one.every("ExtendedData") for part in data.every("SchemaData"))
    values = {intern(name): value for name, value in _values(one).items()}
    return _Mark("Placemark", {}, "", [], values, None if shape is None else shapely.to_wkb(shape), bad, tuple(_kinds(one)), schemas, seen.heights)


def read_kml(source: Source, *, sublayer: str | None, encoding: str | None) -> Table:
    """The placemarks of one folder (or of all there are, when no folder holds others). Raises Refused when several folders have some."""
    root, decision = read_tree(source, encoding=encoding, lighter=_lighter)
    seen = _Seen()
    folders: dict[str, list[_Mark]] = {}
    _collect(root, (), folders, seen)
    folders = {name: marks for name, marks in folders.items() if marks}
    if not folders and seen.links:
        raise Refused("kml-only-links", path=source.main.name, links=", ".join(seen.links[:3])[:200])
    if not folders and seen.overlays:
        raise Refused("kml-only-pictures", path=source.main.name, count=seen.overlays)
    if not folders:
        raise Refused("empty-layer", layer=source.name)
    listed = [Sublayer(name or source.name, len(marks), kinds_in_order(kind for mark in marks for kind in mark.kinds)) for name, marks in folders.items()]
    layer = chosen(listed, sublayer, source.main.name)
    marks = next(marks for name, marks in folders.items() if (name or source.name) == layer)
    table = _table(source, layer, marks, _declared(root, marks), seen)
    table.encoding = decision.found
    table.notices[:0] = decision.notices
    return table


def _collect(parent: Element, path: tuple[str, ...], folders: dict[str, list[_Mark]], seen: _Seen) -> None:
    for child in parent.children:
        if child.name in ("Folder", "Document"):
            title = child.said("name") or ""
            for words in (title, child.said("description") or ""):
                if seen.shift is None and (shift := shift_said(words)):
                    seen.shift = (shift, re.sub(r"\s+", " ", words)[:60])
            inside = (*path, title) if title and child.name == "Folder" else path
            _collect(child, inside, folders, seen)
        elif isinstance(child, _Mark):
            folders.setdefault("/".join(path), []).append(child)
        elif child.name in ("GroundOverlay", "ScreenOverlay", "PhotoOverlay"):
            seen.overlays += 1
        elif child.name == "NetworkLink":
            link = child.first("Link") or child.first("Url")
            seen.links.append((link.said("href") if link else None) or "NetworkLink")


def _kinds(mark: Element) -> Iterator[str]:
    for one in mark.children:
        if one.name in _SHAPES:
            yield {"Track": "LineString", "MultiTrack": "MultiLineString", "MultiGeometry": "GeometryCollection", "LinearRing": "LineString"}.get(one.name, one.name)


def _declared(parent: Element, marks: list[_Mark]) -> list[str]:
    """Fields of the schemas that the placemarks follow: one that is empty everywhere is said nowhere else."""
    return list(_fields(parent, {one for mark in marks for one in mark.schemas}))


def _fields(parent: Element, schemas: set[str]) -> Iterator[str]:
    for child in parent.children:
        if child.name == "Schema" and child.attributes.get("id") in schemas:
            yield from (one.attributes["name"] for one in child.every("SimpleField") if one.attributes.get("name"))
        elif child.name in ("Document", "Folder"):
            yield from _fields(child, schemas)


def _table(source: Source, layer: str, marks: list[_Mark], declared: list[str], seen: _Seen) -> Table:
    shapes: list[bytes | None] = []
    rejected: list[Notice] = []
    out = np.zeros(len(marks), bool)
    for place, mark in enumerate(marks):
        shapes.append(mark.shape)
        if mark.bad is not None:
            out[place] = True
            rejected.append(Notice(mark.bad.code, mark.bad.values, place + 1, "geometry"))
    rows = [one.values for one in marks]
    names = list(dict.fromkeys([*(name for row in rows for name in row), *declared]))
    columns = [column(name, [row.get(name) for row in rows]) for name in names]
    notices = [Notice("zm-dropped", {"kind": "KML"})] if any(one.heights for one in marks) else []
    if seen.overlays:
        notices.append(Notice("overlays-left-out", {"count": seen.overlays}))
    if seen.shift:
        notices.append(Notice("datum-named", {"datum": seen.shift[0], "columns": seen.shift[1]}))
    if seen.links:
        notices.append(Notice("links-not-followed", {"links": ", ".join(seen.links[:3])[:200]}))
    table = Table(KML, layer, np.arange(1, len(marks) + 1), columns, shapes, None, "EPSG:4326", KML, rejected=rejected, notices=notices)
    return table.without(out) if out.any() else table


def _values(mark: Element) -> dict[str, Any]:
    """What a placemark says: its own words, its extended data, and the two-column table that ArcGIS hides in the description."""
    found: dict[str, Any] = {}
    for name, shown in _SAID.items():
        if (said := mark.said(name)) is not None:
            found[shown] = said
    if "<" in (described := found.get("description", "")):
        pairs = {_words(key): _words(value) for key, value in _ROW.findall(described)}
        pairs = {key: value for key, value in pairs.items() if key and len(key) <= 60}
        found |= {key: value or None for key, value in pairs.items() if key not in found}
        found["description"] = None if pairs else _words(described)
    stamp, span = mark.first("TimeStamp"), mark.first("TimeSpan")
    if stamp and stamp.said("when"):
        found["time"] = stamp.said("when")
    if span:
        found |= {name: span.said(name) for name in ("begin", "end") if span.said(name)}
    for data in mark.every("ExtendedData"):
        for one in data.every("Data"):
            found[one.attributes.get("name") or one.said("displayName") or "data"] = one.said("value")
        for schema in data.every("SchemaData"):
            found |= {one.attributes.get("name", "data"): one.text.strip() or None for one in schema.every("SimpleData")}
    return found


def _words(text: str) -> str:
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"(?s)<[^>]*>", " ", text))).strip()


def _placed(mark: Element, seen: _Seen) -> shapely.Geometry | None:
    shapes = [shape for one in mark.children if one.name in _SHAPES and (shape := _shape(one, seen)) is not None]
    return shapes[0] if len(shapes) == 1 else shapely.GeometryCollection(shapes) if shapes else None


def _shape(one: Element, seen: _Seen) -> shapely.Geometry | None:
    if one.name in ("MultiGeometry", "MultiTrack"):
        members = [shape for child in one.children if child.name in _SHAPES and (shape := _shape(child, seen)) is not None]
        return shapely.GeometryCollection(members) if members else None
    if one.name == "Track":
        places = _numbers([child.text.split() for child in one.every("coord")], seen)
        return _line(places)
    if one.name == "Polygon":
        outer, inner = ([ring for boundary in one.every(name) if (ring := _ring(boundary, seen)) is not None] for name in ("outerBoundaryIs", "innerBoundaryIs"))
        if len(outer) > 1 or (inner and not outer):
            raise _Bad("outlines-not-one", count=len(outer))
        return shapely.polygons(outer[0], inner or None) if outer else None
    places = _coordinates(one, seen)
    if not len(places):
        return None
    return shapely.Point(places[0]) if one.name == "Point" else _line(places)


def _line(places: Any) -> shapely.Geometry | None:
    if not len(places):
        return None
    if len(places) < 2:
        raise _Bad("line-too-short", points=len(places))
    return shapely.linestrings(places)


def _ring(boundary: Element, seen: _Seen) -> Any:
    ring = boundary.first("LinearRing")
    places = _coordinates(ring, seen) if ring else []
    if not len(places):
        return None
    if not np.array_equal(places[0], places[-1]):
        places = np.vstack([places, places[:1]])
    if len(places) < 4:
        raise _Bad("ring-too-short", positions=len(places))
    return shapely.linearrings(places)


def _coordinates(one: Element, seen: _Seen) -> Any:
    """Longitude and latitude of each position; blanks after a comma, as careless programs write them, are put right."""
    text = re.sub(r"\s*,\s*", ",", one.said("coordinates") or "")
    return _numbers([piece.split(",") for piece in text.split()], seen)


def _numbers(pieces: list[list[str]], seen: _Seen) -> Any:
    places = []
    for piece in pieces:
        try:
            numbers = [float(one) for one in piece if one != ""]
        except ValueError:
            raise _Bad("position-not-read") from None
        if not 2 <= len(numbers) <= 3:  # more: the blanks between positions were lost
            raise _Bad("position-not-read")
        if not all(map(math.isfinite, numbers[:2])):
            raise _Bad("coordinate-not-finite", value=",".join(piece)[:40])
        seen.heights = seen.heights or any(numbers[2:])
        places.append(numbers[:2])
    return np.array(places, dtype=float).reshape(-1, 2)
