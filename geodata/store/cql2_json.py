"""CQL2 JSON (OGC 21-065) written as CQL2 text, so that there is one reader of conditions."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import shapely
from shapely.errors import GEOSException

from geodata.store.cql2 import MAX_DEPTH, Unreadable

_COMPARED = ("=", "<>", "<", ">", "<=", ">=")
_SPATIAL = ("s_intersects", "s_disjoint", "s_contains", "s_within", "s_touches", "s_crosses", "s_overlaps", "s_equals")
_SHAPES = ("Point", "LineString", "Polygon", "MultiPoint", "MultiLineString", "MultiPolygon")


def text_of(value: Any, depth: int = 0) -> str:
    """The condition as CQL2 text with the same meaning. Raises Unreadable for what is none, or what the text form has no word for here."""
    if depth > MAX_DEPTH:
        raise Unreadable("nested too deep")
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, Mapping) and "property" in value:
        return _operand(value)
    op, args = _called(value)
    if op in ("and", "or"):
        if len(args) < 2:
            raise _refused(f"{op} joins two conditions or more", value)
        return f" {op.upper()} ".join(f"({text_of(one, depth + 1)})" for one in args)
    if op == "not":
        (one,) = _exactly(1, args, value)
        return f"NOT ({text_of(one, depth + 1)})"
    return _predicate(op, args, value)


def _predicate(op: str, args: list[Any], value: Any) -> str:
    if op in _COMPARED:
        left, right = _exactly(2, args, value)
        return f"{_operand(left)} {op} {_operand(right)}"
    if op in _SPATIAL:
        left, right = _exactly(2, args, value)
        return f"{op.upper()}({_shape(left)}, {_shape(right)})"
    write = _OTHERS.get(op)
    if write is None:
        raise _refused("no such operator", op)
    return write(args, value)


def _like(args: list[Any], value: Any) -> str:
    left, pattern = _exactly(2, args, value)
    return f"{_operand(left)} LIKE {_operand(pattern)}"


def _between(args: list[Any], value: Any) -> str:
    left, low, high = _exactly(3, args, value)
    return f"{_operand(left)} BETWEEN {_operand(low)} AND {_operand(high)}"


def _in(args: list[Any], value: Any) -> str:
    left, listed = _exactly(2, args, value)
    if not isinstance(listed, list) or not listed:
        raise _refused("a list of values expected", listed)
    return f"{_operand(left)} IN ({', '.join(map(_operand, listed))})"


def _is_null(args: list[Any], value: Any) -> str:
    (one,) = _exactly(1, args, value)
    return f"{_operand(one)} IS NULL"


_OTHERS: Mapping[str, Callable[[list[Any], Any], str]] = {"like": _like, "between": _between, "in": _in, "isNull": _is_null}


def _operand(value: Any) -> str:
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, (int, float)):
        return repr(value)
    if isinstance(value, str):
        return _quoted(value)
    if isinstance(value, Mapping):
        if isinstance(value.get("property"), str):
            return '"' + value["property"].replace('"', '""') + '"'
        for name in ("date", "timestamp"):
            if isinstance(value.get(name), str):
                return f"{name.upper()}({_quoted(value[name])})"
        if value.get("op") == "casei":
            (one,) = _exactly(1, _called(value)[1], value)
            return f"CASEI({_operand(one)})"
    raise _refused("value or property expected", value)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _shape(value: Any) -> str:
    if isinstance(value, Mapping) and value.get("type") in _SHAPES:
        try:
            return str(shapely.to_wkt(shapely.from_geojson(json.dumps(value)), rounding_precision=-1))
        except GEOSException:
            raise _refused("not a geometry", value) from None
    if isinstance(value, Mapping) and isinstance(value.get("bbox"), list) and all(type(one) in (int, float) for one in value["bbox"]):
        return f"BBOX({', '.join(map(repr, value['bbox']))})"
    return _operand(value)


def _called(value: Any) -> tuple[str, list[Any]]:
    if not isinstance(value, Mapping) or not isinstance(value.get("op"), str) or not isinstance(value.get("args"), list):
        raise _refused("an object with op and args expected", value)
    return value["op"], value["args"]


def _exactly(count: int, args: list[Any], value: Any) -> list[Any]:
    if len(args) != count:
        raise _refused(f"{count} args expected", value)
    return args


def _refused(why: str, value: Any) -> Unreadable:
    return Unreadable(f"{why}: {json.dumps(value, ensure_ascii=False)[:60]}")
