"""CQL2 text (OGC 21-065) read into a WHERE clause over given columns, every value bound and of its column's kind.

Of the standard: Basic CQL2 (AND, OR, NOT, comparisons, IS NULL), LIKE, BETWEEN, IN, CASEI, and spatial predicates with
WKT or BBOX. No functions of the database can be named.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any, NoReturn
from uuid import UUID

import shapely
from geoalchemy2 import Geometry
from geoalchemy2.elements import WKBElement
from shapely.errors import GEOSException
from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    ColumnElement,
    Date,
    DateTime,
    Double,
    Integer,
    Text,
    Uuid,
    and_,
    false,
    func,
    literal,
    not_,
    or_,
    true,
)
from sqlalchemy.types import TypeEngine

from geodata.store.systems import CRS84, System

MAX_DEPTH = 50  # parentheses and NOTs within each other; a person's filter has three

_TOKEN = re.compile(r"""\s*(?:(?P<text>'(?:[^']|'')*')|(?P<quoted>"(?:[^"]|"")+")|(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)
                        |(?P<name>[^\W\d][\w.:]*)|(?P<sign><=|>=|<>|[=<>(),+-]))""", re.VERBOSE)
_COMPARISONS: Mapping[str, Callable[[Any, Any], Any]] = {
    "=": lambda a, b: a == b, "<>": lambda a, b: a != b, "<": lambda a, b: a < b, ">": lambda a, b: a > b, "<=": lambda a, b: a <= b, ">=": lambda a, b: a >= b,
}
_SPATIAL = {f"S_{name.upper()}": f"ST_{name}" for name in ("Intersects", "Disjoint", "Contains", "Within", "Touches", "Crosses", "Overlaps", "Equals")}
_WKT = ("POINT", "LINESTRING", "POLYGON", "MULTIPOINT", "MULTILINESTRING", "MULTIPOLYGON")
_KINDS: tuple[tuple[type[TypeEngine[Any]], str], ...] = (
    (Geometry, "geometry"), (ARRAY, "list"), (Boolean, "boolean"), (DateTime, "instant"), (Date, "date"), (Uuid, "id"), (Integer, "number"), (Double, "number"), (Text, "text"),
)


class Unreadable(ValueError):
    """The text is no CQL2 condition; the message says where and why."""


class UnknownName(Unreadable):
    """The text names something that is no column."""


@dataclass(frozen=True)
class _Operand:
    """Something to compare. `value` is set for what was written out, so that it may still take another kind."""

    kind: str
    sql: Any
    value: Any = None


def where(text: str, columns: Mapping[str, Any], system: System = CRS84) -> ColumnElement[bool]:
    """The condition as a clause over `columns`, shapes written in it and compared in `system`. Raises Unreadable, UnknownName."""
    reader = _Reader(text, columns, system)
    clause = reader.condition(0)
    if reader.token:
        reader.fail("end expected")
    return clause


class _Reader:
    def __init__(self, text: str, columns: Mapping[str, Any], system: System) -> None:
        self._text = text
        self._columns = columns
        self._system = system
        self._end = self._start = 0
        self.kind, self.token = "", ""
        self._next()

    def _next(self) -> str:
        """Step to the next token; gives the one left behind."""
        left = self.token
        match = _TOKEN.match(self._text, self._end)
        if match is None:
            if self._text[self._end:].strip():
                self._start = self._end
                self.fail("not understood")
            self.kind, self.token = "", ""
            return left
        self.kind = match.lastgroup or ""
        self.token = match[self.kind]
        self._start, self._end = match.start(self.kind), match.end()
        return left

    def fail(self, why: str) -> NoReturn:
        raise Unreadable(f"{why} at {self._start + 1}: {self._text[self._start:self._start + 20]!r}")

    def _is(self, *words: str) -> bool:
        return self.kind in ("name", "sign") and self.token.upper() in words

    def _takes(self, *words: str) -> bool:
        found = self._is(*words)
        if found:
            self._next()
        return found

    def _wants(self, word: str) -> None:
        if not self._takes(word):
            self.fail(f"{word} expected")

    def condition(self, depth: int) -> ColumnElement[bool]:
        """OR binds loosest, then AND, then NOT."""
        if depth > MAX_DEPTH:
            self.fail("nested too deep")
        either = [self._both(depth)]
        while self._takes("OR"):
            either.append(self._both(depth))
        return or_(*either) if len(either) > 1 else either[0]

    def _both(self, depth: int) -> ColumnElement[bool]:
        both = [self._negated(depth)]
        while self._takes("AND"):
            both.append(self._negated(depth))
        return and_(*both) if len(both) > 1 else both[0]

    def _negated(self, depth: int) -> ColumnElement[bool]:
        turned = False
        while self._takes("NOT"):
            turned = not turned
        clause = self._predicate(depth)
        return not_(clause) if turned else clause

    def _predicate(self, depth: int) -> ColumnElement[bool]:
        if self._takes("("):
            clause = self.condition(depth + 1)
            self._wants(")")
            return clause
        if self.kind == "name" and self.token.upper() in _SPATIAL:
            return self._spatial()
        left = self._operand()
        if self.kind == "sign" and self.token in _COMPARISONS:
            compare = _COMPARISONS[self._next()]
            return compare(*self._same(left, self._operand()))  # type: ignore[no-any-return]
        if self._takes("IS"):
            turned = self._takes("NOT")
            self._wants("NULL")
            return left.sql.is_not(None) if turned else left.sql.is_(None)  # type: ignore[no-any-return]
        turned = self._takes("NOT")
        chosen = self._listed(left)
        if chosen is None:
            if left.kind != "boolean" or turned:
                self.fail("comparison expected")
            return left.sql  # type: ignore[no-any-return]
        return not_(chosen) if turned else chosen

    def _listed(self, left: _Operand) -> ColumnElement[bool] | None:
        if self._takes("LIKE"):
            pattern = self._operand()
            if left.kind != "text" or pattern.kind != "text":
                self.fail("LIKE compares text")
            return left.sql.like(pattern.sql)  # type: ignore[no-any-return]
        if self._takes("BETWEEN"):
            low = self._operand()
            self._wants("AND")
            high = self._operand()
            (first, least), (last, most) = self._same(left, low), self._same(left, high)
            return and_(first >= least, last <= most)
        if self._takes("IN"):
            self._wants("(")
            found = [self._equal(left)]
            while self._takes(","):
                found.append(self._equal(left))
            self._wants(")")
            return or_(*found)
        return None

    def _equal(self, left: _Operand) -> ColumnElement[bool]:
        one, other = self._same(left, self._operand())
        return one == other  # type: ignore[no-any-return]

    def _same(self, left: _Operand, right: _Operand) -> tuple[Any, Any]:
        """Both as SQL of one kind; what was written out takes the kind of the other."""
        if left.kind != right.kind:
            left, right = self._turned(left, right.kind), self._turned(right, left.kind)
        if left.kind != right.kind or left.kind in ("list", "geometry"):
            self.fail(f"a {left.kind} cannot be compared with a {right.kind}")
        return left.sql, right.sql

    def _turned(self, operand: _Operand, kind: str) -> _Operand:
        value = operand.value
        try:
            if kind == "instant" and type(value) in (str, date):
                moment = datetime.fromisoformat(value) if isinstance(value, str) else datetime.combine(value, time.min)
                return _Operand(kind, literal(moment if moment.tzinfo else moment.replace(tzinfo=UTC), DateTime(timezone=True)))
            if kind == "date" and isinstance(value, str):
                return _Operand(kind, literal(date.fromisoformat(value), Date()))
            if kind == "id" and isinstance(value, str):
                return _Operand(kind, literal(UUID(value), Uuid()))
        except (ValueError, OverflowError):
            self.fail(f"{str(value)[:40]!r} is no {kind}")
        return operand

    def _operand(self) -> _Operand:
        if self.kind == "text":
            value = self._next()[1:-1].replace("''", "'")
            return _Operand("text", literal(value, Text()), value)
        if self.kind == "number" or self._is("+", "-"):
            return self._number()
        if self.kind == "quoted":
            return self._column(self.token[1:-1].replace('""', '"'))
        if self.kind != "name":
            self.fail("value or name expected")
        word = self.token.upper()
        if word in ("TRUE", "FALSE"):
            self._next()
            return _Operand("boolean", true() if word == "TRUE" else false(), word == "TRUE")
        called = self._text[self._end:].lstrip().startswith("(")
        if called and word in ("DATE", "TIMESTAMP"):
            return self._time(word)
        if called and word == "CASEI":
            self._next()
            self._next()
            inner = self._operand()
            self._wants(")")
            if inner.kind != "text":
                self.fail("CASEI takes text")
            return _Operand("text", func.lower(inner.sql))
        if called:
            self.fail(f"no function {self.token[:30]}")
        return self._column(self.token)

    def _column(self, name: str) -> _Operand:
        if name not in self._columns:
            raise UnknownName(name[:60])
        self._next()
        column = self._columns[name]
        return _Operand(next((kind for of, kind in _KINDS if isinstance(column.type, of)), "other"), column)

    def _number(self) -> _Operand:
        sign = -1 if self._is("-") else 1
        if self._is("+", "-"):
            self._next()
        if self.kind != "number":
            self.fail("number expected")
        value = float(self.token)
        if not math.isfinite(value):
            self.fail("past the range of a double")
        written = self._next()
        # Bound as what it is: a bound value takes its column's type otherwise, and 4.5 compared with whole numbers became 4.
        if written.isdigit() and abs(value) < 2**53:
            return _Operand("number", literal(sign * int(written), BigInteger()), sign * int(written))
        return _Operand("number", literal(sign * value, Double()), sign * value)

    def _time(self, word: str) -> _Operand:
        self._next()
        self._wants("(")
        if self.kind != "text":
            self.fail("a time in quotes expected")
        text = self._next()[1:-1]
        self._wants(")")
        if word == "DATE":
            turned = self._turned(_Operand("text", None, text), "date")
            return _Operand("date", turned.sql, date.fromisoformat(text))
        return self._turned(_Operand("text", None, text), "instant")

    def _spatial(self) -> ColumnElement[bool]:
        name = _SPATIAL[self._next().upper()]
        self._wants("(")
        one = self._shape()
        self._wants(",")
        other = self._shape()
        self._wants(")")
        return getattr(func, name)(one, other)  # type: ignore[no-any-return]

    def _shape(self) -> Any:
        word = self.token.upper()
        if self.kind == "name" and word == "BBOX":
            return self._written(_box)
        if self.kind == "name" and word in _WKT:
            return self._written(shapely.from_wkt)
        operand = self._operand()
        if operand.kind != "geometry":
            self.fail("geometry expected")
        return self._system.plane(operand.sql)

    def _written(self, read: Callable[[str], Any]) -> Any:
        """A shape written out: taken as it stands to its closing parenthesis, checked before GEOS computes with it."""
        first, depth = self._start, 0
        while self.token:
            depth += {"(": 1, ")": -1}.get(self.token, 0)
            closing = self._end
            self._next()
            if depth == 0 and self._text[closing - 1] == ")":
                break
        try:
            shape = self._system.eastward(read(self._text[first:closing]))
        except (GEOSException, ValueError) as fault:
            raise Unreadable(str(fault).splitlines()[0][:120]) from None
        numbers = shapely.get_coordinates(shape)
        if not len(numbers) or not self._system.can_be(numbers) or not shape.is_valid:
            raise Unreadable(f"not a valid shape in {'degrees' if self._system.is_degrees else 'metres'}: {self._text[first:closing][:60]}")
        return WKBElement(shapely.to_wkb(shapely.force_2d(shape)), srid=self._system.srid)


def _box(written: str) -> Any:
    numbers = [float(one) for one in written[written.index("(") + 1 : -1].split(",")]
    if len(numbers) != 4 or not all(map(math.isfinite, numbers)):
        raise ValueError("BBOX(west, south, east, north)")
    return shapely.box(*numbers)
