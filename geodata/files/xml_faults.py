"""What GDAL passes over without a word in GPX, GML and OSM XML: places that are no numbers or not there, systems that differ, a second shape of a feature.

One pass that keeps no tree, so that a file of any size is looked through.
"""

from __future__ import annotations

import math
import re
from array import array
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.parsers import expat

import numpy as np

from geodata.files.notices import Notice, Refused

_GPX_LAYERS = {"wpt": "waypoints", "rte": "routes", "trk": "tracks", "rtept": "route_points", "trkpt": "track_points"}
_MEMBERS = frozenset({"featureMember", "featureMembers", "member", "members"})
_GML_SHAPES = frozenset({
    "Point", "LineString", "LinearRing", "Curve", "Polygon", "Surface", "Arc", "Circle", "CompositeCurve", "OrientableCurve", "PolyhedralSurface", "Tin", "Solid",
    "MultiPoint", "MultiLineString", "MultiCurve", "MultiPolygon", "MultiSurface", "MultiGeometry", "CompositeSurface",
})  # fmt: skip
_NUMBERS = frozenset({"pos", "posList", "coordinates", "X", "Y"})
_MOST_TEXT = 50_000_000  # characters of one list of coordinates
_NAMED = 10


@dataclass
class Faults:
    """By layer of GDAL: how many features there are, those (0 is the first) that are not to be taken, those of them that GDAL leaves out by itself, the systems that shapes name, and how many features have a second shape."""

    rejected: dict[str, dict[int, Notice]] = field(default_factory=lambda: defaultdict(dict))
    missing: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    systems: dict[str, dict[str, None]] = field(default_factory=lambda: defaultdict(dict))
    second: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    counts: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    notices: list[Notice] = field(default_factory=list)
    negative: bool = False  # ids of what an editor has not sent to OpenStreetMap yet
    deleted: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))  # what an editor took away and still keeps in its file


def faults_of(path: Path, kind: str, name: str) -> Faults:
    """Look through a file of XML (UTF-8, or as it declares). Raises Refused where it breaks the rules of XML or holds entities."""
    pass_: _Pass = {"GPX": _Gpx, "GML": _Gml, "OSM": _Osm}[kind]()
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True

    def refused(*_: object) -> None:
        raise Refused("xml-entities", path=name)

    parser.StartDoctypeDeclHandler, parser.EntityDeclHandler = refused, refused
    parser.StartElementHandler = lambda tag, attributes: pass_.opened(tag.rpartition(" ")[2], attributes)
    parser.EndElementHandler = lambda tag: pass_.closed(tag.rpartition(" ")[2])
    if pass_.wants_text:
        parser.CharacterDataHandler = pass_.written
    try:
        with path.open("rb") as file:
            parser.ParseFile(file)
    except expat.ExpatError as error:
        if "unbound prefix" in str(error):  # read by GDAL all the same
            return Faults()
        raise Refused("xml-damaged", path=name, line=error.lineno, column=error.offset + 1) from error
    pass_.finished()
    return pass_.found


class _Pass:
    """What is made of the elements as they come."""

    wants_text = False

    def __init__(self) -> None:
        self.found = Faults()

    def opened(self, tag: str, attributes: dict[str, str]) -> None:
        """Nothing, where only texts and ends count."""

    def closed(self, tag: str) -> None:
        """Nothing, where only beginnings count."""

    def written(self, text: str) -> None:
        """Nothing, where no text counts."""

    def finished(self) -> None:
        """Nothing, where all is said."""


class _Gpx(_Pass):
    """Points by themselves, and lines that have one that cannot be read."""

    def __init__(self) -> None:
        super().__init__()
        self.counts = self.found.counts
        self.line = ""

    def opened(self, tag: str, attributes: dict[str, str]) -> None:
        layer = _GPX_LAYERS.get(tag)
        if layer is None:
            return
        place = self.counts[layer]
        self.counts[layer] += 1
        if tag in ("rte", "trk"):
            self.line = layer
            return
        fault = _at(attributes.get("lat"), attributes.get("lon"))
        if fault is None:
            return
        self.found.rejected[layer][place] = fault
        if not attributes.get("lat") or not attributes.get("lon"):
            self.found.missing[layer].add(place)
        if tag != "wpt":
            self.found.rejected[self.line].setdefault(self.counts[self.line] - 1, fault)


class _Osm(_Pass):
    """Nodes whose place is no number, and ways of which nodes are not in the file."""

    def __init__(self) -> None:
        super().__init__()
        self.nodes, self.refs, self.ways = array("q"), array("q"), array("q")
        self.way: str | None = None

    def opened(self, tag: str, attributes: dict[str, str]) -> None:
        if tag in ("node", "way", "relation"):
            self.found.negative |= attributes.get("id", "").startswith("-")
            if attributes.get("action") == "delete":
                self.found.deleted[tag].add(attributes.get("id", ""))
        if tag == "node":
            lat, lon = attributes.get("lat"), attributes.get("lon")
            if attributes.get("action") != "delete" and (_at(lat, lon) or abs(float(lat or 0)) > 90 or abs(float(lon or 0)) > 180):
                raise Refused("osm-node-not-read", node=attributes.get("id", "?"), value=f"{lat or '-'}, {lon or '-'}")
            self.nodes.append(_whole(attributes.get("id")))
        elif tag == "way":
            self.way = attributes.get("id")
        elif tag == "nd" and self.way is not None:
            self.refs.append(_whole(attributes.get("ref")))
            self.ways.append(_whole(self.way))

    def finished(self) -> None:
        lost = ~np.isin(np.frombuffer(self.refs, np.int64), np.frombuffer(self.nodes, np.int64)) if self.refs else np.zeros(0, bool)
        if lost.any():
            ways = np.unique(np.frombuffer(self.ways, np.int64)[lost]).tolist()
            self.found.notices.append(Notice("ways-incomplete", {"count": len(ways), "ways": ", ".join(map(str, ways[:_NAMED])) + (" …" if len(ways) > _NAMED else "")}))


class _Gml(_Pass):
    """The numbers of each feature's shapes, the systems they name, and how many shapes it has."""

    wants_text = True

    def __init__(self) -> None:
        super().__init__()
        self.path: list[str] = []
        self.layer = ""
        self.depth = 0  # of the feature that is open, 0 for none
        self.counts = self.found.counts
        self.shapes = 0
        self.inside = 0  # depth of the outermost shape that is open
        self.bounds = 0
        self.text: list[str] | None = None
        self.marks = (".", ",", " ")

    def opened(self, tag: str, attributes: dict[str, str]) -> None:
        self.path.append(tag)
        depth = len(self.path)
        if not self.depth and depth > 1 and self.path[-2] in _MEMBERS:
            self.layer, self.depth, self.shapes = tag, depth, 0
        elif self.depth and not self.bounds and tag in ("boundedBy", "Envelope", "Box"):
            self.bounds = depth
        elif self.depth and not self.bounds:
            self._in_shape(tag, attributes, depth)

    def _in_shape(self, tag: str, attributes: dict[str, str], depth: int) -> None:
        if not self.inside and tag in _GML_SHAPES:
            self.inside = depth
            self.shapes += 1
        if self.inside and (system := attributes.get("srsName")):
            self.found.systems[self.layer][_system(system)] = None
        if self.inside and tag in _NUMBERS:
            self.text = []
            self.marks = (attributes.get("decimal", "."), attributes.get("cs", ","), attributes.get("ts", " ")) if tag == "coordinates" else (".", " ", " ")

    def written(self, text: str) -> None:
        if self.text is not None:
            self.text.append(text)

    def closed(self, tag: str) -> None:
        depth = len(self.path)
        self.path.pop()
        if self.text is not None and tag in _NUMBERS:
            if (fault := self._fault("".join(self.text)[:_MOST_TEXT])) is not None:
                self.found.rejected[self.layer].setdefault(self.counts[self.layer], fault)
            self.text = None
        if depth == self.inside:
            self.inside = 0
        if depth == self.bounds:
            self.bounds = 0
        if depth == self.depth:
            self.found.second[self.layer] += self.shapes > 1
            self.counts[self.layer] += 1
            self.depth = 0

    def _fault(self, text: str) -> Notice | None:
        decimal, between, after = self.marks
        for mark in {between, after}:
            text = text.replace(mark, " ") if mark != decimal else text
        pieces = text.replace(decimal, ".").split()
        if not pieces:
            return Notice("geometry-empty", {}, field="geometry")
        for one in pieces:
            if not is_number(one):
                return Notice("coordinate-not-read", {"value": one[:60]}, field="geometry")
        return None


def _at(lat: str | None, lon: str | None) -> Notice | None:
    """What is wrong with a latitude and a longitude; None when nothing is."""
    if lat is None or lon is None or not lat.strip() or not lon.strip():
        return Notice("place-missing", {})
    for one in (lat, lon):
        if not is_number(one.strip()):
            return Notice("coordinate-not-read", {"value": one[:60]}, field="geometry")
    return None


def is_number(text: str) -> bool:
    """Whether a text is one finite number with a point before its decimals."""
    try:
        return math.isfinite(float(text)) and "_" not in text
    except ValueError:
        return False


def _whole(text: Any) -> int:
    try:
        return int(str(text))
    except ValueError:
        return 0


def _system(name: str) -> str:
    """A system by its number, whichever way it is written; by its name where it has none."""
    number = re.search(r"(\d{4,6})\D*$", name)
    return f"EPSG:{number[1]}" if number and "epsg" in name.lower() else name
