"""OpenStreetMap (.osm.pbf, .osm): its roads cut at junctions and its places as layers of their own, and points, lines and areas as they are."""

from __future__ import annotations

import os
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from geodata.files.gdal import opened, plain_column, read_raw
from geodata.files.notices import Found, Notice, Refused
from geodata.files.sniffing import OSM, Source
from geodata.files.sublayers import Sublayer, chosen
from geodata.files.table import Column, Kind, Table
from geodata.files.xml_faults import Faults, faults_of

_TAGS = {
    "points": "name,name:zh,place,population,highway,amenity,emergency,man_made,natural,shop,tourism,ref,operator,addr:full,phone",
    "lines": "name,name:zh,ref,highway,oneway,bridge,tunnel,maxspeed,maxweight,maxheight,lanes,width,surface,layer,waterway,railway,power,barrier",
    "multilinestrings": "name,name:zh,ref,type,route,network",
    "multipolygons": "name,name:zh,type,place,admin_level,boundary,amenity,building,landuse,leisure,natural,water,waterway,military,emergency,population",
}
_ROADS = "highway"
# What can be chosen: the layer of GDAL and the tag that its features have to carry; the kind as it is told.
_CHOICES = {
    _ROADS: ("lines", "highway", "LineString"),
    "place": ("points", "place", "Point"),
    "points": ("points", None, "Point"),
    "lines": ("lines", None, "LineString"),
    "multilinestrings": ("multilinestrings", None, "MultiLineString"),
    "multipolygons": ("multipolygons", None, "MultiPolygon"),
}
_AREAS = "aeroway,amenity,boundary,building,craft,historic,landuse,leisure,military,natural,office,place,shop,sport,tourism"
_YES_NO = ("bridge", "tunnel")


def read_osm(source: Source, *, sublayer: str | None, work: Path) -> Table:
    """One of `highway`, `place` or the plain kinds; only what has a name or a tag of note. Raises Refused when several hold something."""
    from pyogrio import set_gdal_config_options

    settings = work / "osm.ini"
    settings.write_text(_settings(), "utf-8")
    set_gdal_config_options({"OSM_CONFIG_FILE": str(settings), "CPL_TMPDIR": str(work)})
    path = work / ("source.osm.pbf" if source.main.head(1) == b"\x00" else "source.osm")
    os.symlink(source.main.path.resolve(), path)
    faults = faults_of(path, OSM, source.main.name) if path.suffix == ".osm" else Faults()
    if faults.negative:
        set_gdal_config_options({"OSM_USE_CUSTOM_INDEXING": "NO"})  # the quick index is for ids from 0
    notices = faults.notices
    if sublayer not in _CHOICES:
        there = [one for one in _counted(path) if one.count]
        if not there:
            raise Refused("tags-none", path=source.main.name)
        sublayer = chosen(there, sublayer, source.main.name)
    layer, tag, _ = _CHOICES[sublayer]
    raw = read_raw(path, layer=layer, where=f'"{tag}" IS NOT NULL' if tag else None)
    if not len(raw.shapes):
        raise Refused("empty-layer", layer=sublayer)
    columns = [plain_column(*one) for one in zip(raw.names, raw.types, raw.values, strict=True)]
    columns = [one for one in columns if any(value is not None for value in one.values)]
    columns, shapes = _read_tags(columns, raw.shapes, notices)
    kept = _not_deleted(columns, faults)
    if len(kept) < len(shapes):
        notices.append(Notice("objects-deleted", {"count": len(shapes) - len(kept)}))
        columns, shapes = [Column(one.name, one.kind, [one.values[place] for place in kept]) for one in columns], [shapes[place] for place in kept]
    if sublayer == _ROADS:
        columns, shapes = _cut_at_junctions(columns, shapes, notices)
    rows = np.arange(1, len(shapes) + 1)
    return Table(OSM, sublayer, rows, columns, shapes, Found("UTF-8", "encoding-by-format", {"name": "UTF-8"}), "EPSG:4326", OSM, notices=notices)


def _settings() -> str:
    heads = f"closed_ways_are_polygons={_AREAS}\nattribute_name_laundering=no\n"
    return heads + "".join(f"[{layer}]\nosm_id=yes\nattributes={tags}\nother_tags=no\n" for layer, tags in _TAGS.items()) + "[other_relations]\nosm_id=yes\nattributes=name\nother_tags=no\n"


def _counted(path: Path) -> list[Sublayer]:
    from pyogrio import raw

    found = []
    for name, (layer, tag, kind) in _CHOICES.items():
        where = f'"{tag}" IS NOT NULL' if tag else None
        answer = opened(partial(raw.read, path, layer=layer, columns=["osm_id"], where=where, read_geometry=False), path)
        found.append(Sublayer(name, len(answer[3][0]), (kind,)))
    return found


def _not_deleted(columns: list[Column], faults: Faults) -> list[int]:
    """The places of what its editor has not taken away."""
    by_name = {one.name: one.values for one in columns}
    ids = by_name.get("osm_id") or by_name.get("osm_way_id") or []
    way_ids = by_name.get("osm_way_id") or [None] * len(ids)
    gone = faults.deleted["node"] | faults.deleted["way"] | faults.deleted["relation"]
    return [place for place, one in enumerate(ids) if not {str(one), str(way_ids[place])} & gone]


def _read_tags(columns: list[Column], shapes: list[bytes | None], notices: list[Notice]) -> tuple[list[Column], list[bytes | None]]:
    """Tags that OSM spells its own way, as yes and no; a way that is one-way against its drawing is turned round."""
    turned: list[int] = []
    read: list[Column] = []
    for one in columns:
        if one.name == "oneway":
            turned = [place for place, value in enumerate(one.values) if value == "-1"]
            one = Column(one.name, Kind.TEXT, [_one_way(value) for value in one.values])
        elif one.name in _YES_NO:
            one = Column(one.name, Kind.TEXT, [value if value in (None, "no") else "yes" for value in one.values])
        read.append(one)
    for place in turned:
        shapes[place] = _reversed(shapes[place])
    if turned:
        notices.append(Notice("ways-turned", {"count": len(turned)}))
    return read, shapes


def _cut_at_junctions(columns: list[Column], shapes: list[bytes | None], notices: list[Notice]) -> tuple[list[Column], list[bytes | None]]:
    """The ways in pieces from junction to junction, as a network to route on wants them; each piece after the first has the way's id and its number.

    Ways meet where they share a node, and only there: what passes over or under shares none. A node is known by its place, which OSM keeps
    exactly (1e-7 degrees).
    """
    lines = shapely.from_wkb(np.array(shapes, dtype=object))
    xy, way = shapely.get_coordinates(lines, return_index=True)
    _, node, times = np.unique(np.round(xy * 1e7).astype(np.int64), axis=0, return_inverse=True, return_counts=True)
    inner = np.zeros(len(xy), bool)
    inner[1:-1] = (way[1:-1] == way[:-2]) & (way[1:-1] == way[2:])
    cuts = np.flatnonzero(inner & (times[node.reshape(-1)] > 1))
    if not len(cuts):
        return columns, shapes
    first = np.searchsorted(way, np.arange(len(lines)))
    last = np.searchsorted(way, np.arange(len(lines)), side="right") - 1
    pieces: list[bytes | None] = []
    of: list[int] = []
    numbers: list[int] = []
    by_way = np.split(cuts, np.searchsorted(way[cuts], np.arange(1, len(lines))))
    for place, inside in enumerate(by_way):
        bounds = [int(first[place]), *inside.tolist(), int(last[place])]
        for number, (start, end) in enumerate(pairwise(bounds), 1):
            pieces.append(shapely.to_wkb(shapely.linestrings(xy[start : end + 1])))
            of.append(place)
            numbers.append(number)
    notices.append(Notice("ways-cut", {"count": sum(1 for one in by_way if len(one)), "pieces": len(pieces)}))
    cut = [Column(one.name, one.kind, [one.values[place] for place in of]) for one in columns]
    for one in cut:
        if one.name == "osm_id":
            one.values = [value if number == 1 else f"{value}-{number}" for value, number in zip(one.values, numbers, strict=True)]
    return cut, pieces


def _one_way(value: Any) -> str | None:
    return {"-1": "yes", "1": "yes", "true": "yes", "yes": "yes", "no": "no", "0": "no", "false": "no"}.get(str(value)) if value is not None else None


def _reversed(shape: bytes | None) -> bytes | None:
    return None if shape is None else bytes(shapely.to_wkb(shapely.reverse(shapely.from_wkb(shape))))
