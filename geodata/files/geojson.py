"""GeoJSON by RFC 7946 and its older habits: every number looked at before a shape is made of it."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely

from geodata.files.encodings import for_text
from geodata.files.notices import Notice, Refused
from geodata.files.sampling import cells, sampled
from geodata.files.sniffing import Source
from geodata.files.table import Column, Kind, Table

_SHAPES = ("Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon", "GeometryCollection")
_DEEPEST = 32


class _Bad(Exception):
    """One feature's geometry is not what its type promises."""

    def __init__(self, code: str, **values: Any) -> None:
        super().__init__(code)
        self.code, self.values = code, values


def read_geojson(source: Source, *, encoding: str | None) -> Table:
    """All features; a bare geometry is one. Raises Refused for what is not JSON, or JSON of another kind."""
    data = source.main.read()
    text, decision = for_text(data, given=encoding)
    decision = sampled(decision, cells(data))
    doubled = _Doubled()
    try:
        features, head, notices = _features(_parsed(text, doubled))
    except Refused as refused:
        raise (Refused(refused.code, **{**refused.values, "path": source.main.name}) if refused.code == "format-unsupported" else refused) from refused
    notices += doubled.notices()
    if not features:
        raise Refused("empty-layer", layer=source.name)
    shapes: list[bytes | None] = []
    rejected: list[Notice] = []
    out = np.zeros(len(features), bool)
    flat = _Flatness()
    for place, feature in enumerate(features):
        try:
            shapes.append(_wkb(feature.get("geometry"), flat))
        except _Bad as bad:
            out[place] = True
            shapes.append(None)
            rejected.append(Notice(bad.code, bad.values, place + 1, "geometry"))
    if flat.lost:
        notices.append(Notice("zm-dropped", {"kind": "GeoJSON"}))
    named = head.get("crs")
    crs_text = _crs(named)
    table = Table(
        source.format,
        source.name,
        np.arange(1, len(features) + 1),
        _columns(features),
        shapes,
        decision.found,
        crs_text,
        "crs" if crs_text else "RFC 7946",
        crs_declared_unknown="crs" in head and named is None,
        rejected=rejected,
        notices=decision.notices + notices,
    )
    return table.without(out) if out.any() else table


class _Doubled:
    """Makes the objects of a JSON text and remembers the names that one of them has twice: of such the last value counts."""

    def __init__(self) -> None:
        self.names: dict[str, int] = {}

    def __call__(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        made = dict(pairs)
        if len(made) != len(pairs):
            seen: set[str] = set()
            for name, _ in pairs:
                if name in seen:
                    self.names[name] = self.names.get(name, 0) + 1
                seen.add(name)
        return made

    def notices(self) -> list[Notice]:
        return [Notice("keys-doubled", {"name": name[:40], "count": count}) for name, count in list(self.names.items())[:20]]


def _parsed(text: str, doubled: _Doubled) -> Any:
    if "\x1e" in text[:1000]:  # RFC 8142: each record begins with this mark and may be of many lines
        return _sequence([(number, one) for number, one in enumerate(text.split("\x1e"), 0) if one.strip()], doubled)
    try:
        return json.loads(text, parse_constant=_constant, object_pairs_hook=doubled)
    except json.JSONDecodeError as error:
        lines = [(number, one) for number, one in enumerate(text.splitlines(), 1) if one.strip()]
        if len(lines) > 1 and error.msg == "Extra data":
            return _sequence(lines, doubled)
        raise Refused("not-json", line=error.lineno, column=error.colno, said=error.msg) from error
    except RecursionError as error:
        raise Refused("too-deep", limit=_DEEPEST) from error
    except ValueError as error:  # a whole number of more than 4,300 digits
        raise Refused("not-json", line=0, column=0, said=str(error)[:100]) from error


def _constant(name: str) -> float:
    return math.nan if name == "NaN" else math.inf


def _sequence(records: list[tuple[int, str]], doubled: _Doubled) -> dict[str, Any]:
    """One collection of the features on lines or in records; collections on lines of their own are joined."""
    features: list[Any] = []
    for number, text in records:
        value = _record(text, number, doubled)
        joined = value.get("features") if isinstance(value, dict) and value.get("type") == "FeatureCollection" else None
        if isinstance(joined, list):
            features += joined
        else:
            features.append({"type": "Feature", "geometry": value, "properties": {}} if isinstance(value, dict) and value.get("type") in _SHAPES else value)
    return {"type": "FeatureCollection", "features": features}


def _record(text: str, number: int, doubled: _Doubled) -> Any:
    try:
        return json.loads(text, parse_constant=_constant, object_pairs_hook=doubled)
    except (json.JSONDecodeError, RecursionError) as error:
        raise Refused("not-json", line=number, column=getattr(error, "colno", 0), said=str(error)[:100]) from error


def _as_features(listed: list[Any]) -> list[dict[str, Any]]:
    """The features of a list, those of collections inside it among them; a bare shape is one, and so is what is none, which its row then says."""
    found: list[dict[str, Any]] = []
    for one in listed:
        if not isinstance(one, dict):
            found.append({"geometry": _NoFeature(one)})
        elif one.get("type") == "FeatureCollection" and isinstance(one.get("features"), list):
            found += _as_features(one["features"])
        elif one.get("type") in _SHAPES and "geometry" not in one:
            found.append({"geometry": one})
        else:
            found.append(one)
    return found


@dataclass(frozen=True)
class _NoFeature:
    """What stands where a feature belongs."""

    value: Any


def _not_geojson(value: Any) -> Refused:
    """Why JSON is no GeoJSON: of the other kinds that hold places by their name."""
    if isinstance(value, dict) and value.get("type") == "Topology":
        return Refused("format-unsupported", kind="TopoJSON", path="")
    listed = value.get("features") if isinstance(value, dict) else None
    first = listed[0] if isinstance(listed, list) and listed else None
    if isinstance(value, dict) and ("spatialReference" in value or "geometryType" in value or (isinstance(first, dict) and "attributes" in first)):
        return Refused("format-unsupported", kind="Esri JSON", path="")
    return Refused("not-geojson")


def _features(value: Any) -> tuple[list[dict[str, Any]], dict[str, Any], list[Notice]]:
    if isinstance(value, list) and value and all(isinstance(one, dict) and one.get("type") == "Feature" for one in value):
        value = {"type": "FeatureCollection", "features": value}  # as scripts dump them
    if not isinstance(value, dict) or not isinstance(value.get("type"), str):
        raise _not_geojson(value)
    if value["type"] == "FeatureCollection":
        listed = value.get("features")
        if not isinstance(listed, list):
            raise Refused("not-geojson")
        return _as_features(listed), value, []
    if value["type"] == "Feature":
        return [value], value, []
    if value["type"] in _SHAPES:
        return [{"geometry": value, "properties": {}}], value, [Notice("bare-geometry", {"kind": value["type"]})]
    raise _not_geojson(value)


def _crs(named: Any) -> str | None:
    if isinstance(named, (str, int)) and not isinstance(named, bool):  # not by any rule, and what it means is plain
        return (f"EPSG:{named}" if str(named).isdigit() else str(named)[:2000]) or None
    if not isinstance(named, dict):
        return None
    properties = named.get("properties")
    name = properties.get("name") or properties.get("code") if isinstance(properties, dict) else None
    if named.get("type") == "EPSG" and name:
        return f"EPSG:{name}"
    return str(name)[:2000] if name is not None else str(named)[:200]


class _Flatness:
    """Remembers whether a third or fourth number was dropped from a position."""

    lost = False


def _wkb(geometry: Any, flat: _Flatness) -> bytes | None:
    if geometry is None:
        return None
    if isinstance(geometry, _NoFeature):
        raise _Bad("feature-expected", value=json.dumps(geometry.value, ensure_ascii=False)[:40])
    if geometry == {}:
        raise _Bad("geometry-empty")
    shape = _shape(geometry, flat, 0)
    return None if shape is None else shapely.to_wkb(shape)


def _shape(geometry: Any, flat: _Flatness, depth: int) -> Any:
    if depth > 4 or not isinstance(geometry, dict) or geometry.get("type") not in _SHAPES:
        kind = geometry.get("type") if isinstance(geometry, dict) else geometry
        raise _Bad("shape-kind-not-admitted", found=str(kind)[:60], wanted=", ".join(_SHAPES[:-1]))
    kind, coordinates = geometry["type"], geometry.get("coordinates")
    if kind == "GeometryCollection":
        members = [_shape(one, flat, depth + 1) for one in geometry.get("geometries") or []]
        return shapely.GeometryCollection([one for one in members if one is not None])
    if kind == "Point":
        if coordinates in (None, []):
            return None
        return shapely.points(_positions([coordinates], flat)[0])
    if not isinstance(coordinates, list):
        raise _Bad("geometry-broken", kind=kind)
    if not coordinates:
        return None
    if kind == "MultiPoint":
        return shapely.multipoints(_positions(coordinates, flat))
    if kind == "LineString":
        return _line_string(coordinates, flat)
    if kind == "Polygon":
        return _polygon(coordinates, flat)
    maker = _line_string if kind == "MultiLineString" else _polygon
    members = [maker(one, flat) for one in coordinates if one]
    if not members:
        return None
    return shapely.multilinestrings(members) if kind == "MultiLineString" else shapely.multipolygons(members)


def _positions(values: Any, flat: _Flatness) -> Any:
    """An (n, 2) array; not a number, a missing one or an infinite one is told, never passed on."""
    if not isinstance(values, list):
        raise _Bad("position-not-read")
    pairs = []
    for one in values:
        if not isinstance(one, list) or len(one) < 2 or not all(isinstance(n, (int, float)) and not isinstance(n, bool) for n in one[:2]):
            raise _Bad("position-not-read")
        if len(one) > 2:
            flat.lost = True
        pairs.append(one[:2])
    try:
        array = np.array(pairs, dtype=np.float64)
    except OverflowError as error:
        raise _Bad("coordinate-not-finite", value=str(pairs[0])[:40]) from error
    if not np.isfinite(array).all():
        raise _Bad("coordinate-not-finite", value=str(array[~np.isfinite(array).all(axis=1)][0].tolist()))
    return array


def _line_string(values: Any, flat: _Flatness) -> Any:
    array = _positions(values, flat)
    if len(array) < 2:
        raise _Bad("line-too-short", points=len(array))
    return shapely.linestrings(array)


def _polygon(values: Any, flat: _Flatness) -> Any:
    if not isinstance(values, list):
        raise _Bad("geometry-broken", kind="Polygon")
    rings = []
    for one in values:
        array = _positions(one, flat)
        if len(array) and not np.array_equal(array[0], array[-1]):
            array = np.vstack([array, array[:1]])
        if len(array) < 4:
            raise _Bad("ring-too-short", positions=len(array))
        rings.append(shapely.linearrings(array))
    if not rings:
        raise _Bad("geometry-broken", kind="Polygon")
    return shapely.polygons(rings[0], rings[1:] or None)


def _columns(features: list[dict[str, Any]]) -> list[Column]:
    rows: list[dict[str, Any]] = [found if isinstance(found := one.get("properties"), dict) else {} for one in features]
    names = list(dict.fromkeys(name for row in rows for name in row))
    columns = [column(name, [_plain(row.get(name)) for row in rows]) for name in names]
    ids = [one.get("id") for one in features]
    if "id" not in names and any(one is not None for one in ids):
        columns.insert(0, column("id", [_plain(one) for one in ids]))
    return columns


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return (
            "、".join(str(_plain(one)) for one in value)
            if not any(isinstance(one, (dict, list)) for one in value)
            else json.dumps(value, ensure_ascii=False)
        )
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, str):
        return value.strip() or None
    return value


def column(name: str, values: list[Any]) -> Column:
    """A column of JSON values with the narrowest kind that all of them have."""
    kinds = {type(one) for one in values if one is not None}
    if kinds == {bool}:
        return Column(name, Kind.BOOLEAN, values)
    if kinds == {int}:
        return Column(name, Kind.INTEGER, values)
    if kinds in ({float}, {int, float}):
        return Column(name, Kind.REAL, [None if one is None else float(one) for one in values])
    words = {True: "true", False: "false"}
    return Column(name, Kind.TEXT, [None if one is None else words[one] if isinstance(one, bool) else str(one) for one in values])
