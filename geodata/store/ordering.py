"""The order in which a reader wants a layer's rows, and the place in it where the next page begins."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Table, and_, collate, false, literal, or_, true

from layers.errors import InvalidInput, Problem
from layers.messages import Sentence, declare
from layers.spec import Label

MOST_KEYS = 3  # a person sorts by one column and breaks ties by another
MOST_CURSOR = 10_000  # three texts of 500 characters in Chinese, as base64 of JSON
PINYIN = "zh-x-icu"  # orders Chinese by pronunciation, as people look names up; Latin letters come after

declare({
    "sort-hidden": Sentence(Label("「{field}」对您遮蔽，不能据此排序", "“{field}” is masked for you: rows cannot be put in its order"),
                            Label("换一个字段", "Choose another field")),
    "sort-too-many": Sentence(Label("排序字段超过 {limit} 个", "More than {limit} fields to sort by"), Label("减少排序字段", "Name fewer")),
    "sort-twice": Sentence(Label("排序中「{field}」出现两次", "“{field}” is in the order twice"), Label("只写一次", "Name it once")),
})


@dataclass(frozen=True)
class Key:
    """What rows are ordered by: its values in SQL, of this Python type. Unknown ones come last, whichever way."""

    name: str
    column: ColumnElement[Any]
    type: type
    many: bool = False
    descending: bool = False


def keys_named(sort: str | None, known: Mapping[str, Key], hidden: frozenset[str], layer_id: str) -> tuple[Key, ...]:
    """`field,-other` as keys, `-` for falling. Raises InvalidInput at `sort`: a name that is not known, that is hidden, given twice."""
    names = [one.strip() for one in (sort or "").split(",") if one.strip()]
    keys: list[Key] = []
    for name in names:
        field = name.removeprefix("-")
        if field in hidden:
            raise _refused("sort-hidden", field=field)
        if field not in known:
            raise _refused("unknown-field", field=field[:60], layer=layer_id)
        if field in (one.name for one in keys):
            raise _refused("sort-twice", field=field)
        one = known[field]
        keys.append(Key(field, one.column, one.type, one.many, name.startswith("-")))
    if len(keys) > MOST_KEYS:
        raise _refused("sort-too-many", limit=MOST_KEYS)
    return tuple(keys)


def _refused(code: str, **values: Any) -> InvalidInput:
    return InvalidInput(problems=[Problem("sort", code, values)])


@dataclass(frozen=True)
class Order:
    """Rows by these keys, unknown ones last, ties by id: a total order, so that each row has one place in it."""

    table: Table
    keys: tuple[Key, ...] = ()
    collation: str | None = None

    @property
    def by(self) -> list[Any]:
        """For ORDER BY."""
        ends = [(self._compared(one).desc() if one.descending else self._compared(one).asc()).nulls_last() for one in self.keys]
        return [*ends, self.table.c.id.asc()]

    @property
    def cells(self) -> list[Any]:
        """What to select beside the id, so that `cursor` can say where a row stands."""
        return [one.column.label(f"sort_{place}") for place, one in enumerate(self.keys)]

    def cursor(self, row: Any) -> str:
        """Where the rows after this one begin, as text that stays right when rows come, change or go."""
        if not self.keys:
            return str(row.id)
        values = [_written(row._mapping[f"sort_{place}"]) for place in range(len(self.keys))]
        whole = json.dumps([self._name, values, str(row.id)], ensure_ascii=False, separators=(",", ":"))
        return base64.urlsafe_b64encode(whole.encode()).decode().rstrip("=")

    def after(self, cursor: str | None) -> ColumnElement[bool]:
        """The rows behind a cursor of this order. Raises InvalidInput at `cursor` for one of another order, or none at all."""
        if cursor is None:
            return true()
        try:
            if not self.keys:
                return self.table.c.id > UUID(cursor)
            name, values, row_id = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
            if name != self._name or len(values) != len(self.keys):
                raise ValueError(name)
            return self.behind([_read(one, value) for one, value in zip(self.keys, values, strict=True)], UUID(row_id))
        except (ValueError, TypeError, AttributeError, binascii.Error):
            raise InvalidInput(problems=[Problem("/cursor", "cursor-unknown", {"cursor": cursor[:80]})]) from None

    def behind(self, values: Sequence[Any], row_id: UUID) -> ColumnElement[bool]:
        """The rows that come after the one with these values and this id."""
        ways: list[ColumnElement[bool]] = []
        same: list[ColumnElement[bool]] = []
        for one, value in zip(self.keys, values, strict=True):
            ways.append(and_(*same, self._beyond(one, value)))
            same.append(one.column.is_(None) if value is None else one.column == literal(value, one.column.type))
        return or_(*ways, and_(*same, self.table.c.id > row_id))

    def _beyond(self, one: Key, value: Any) -> ColumnElement[bool]:
        if value is None:
            return false()
        column, bound = self._compared(one), literal(value, one.column.type)
        return or_(column < bound if one.descending else column > bound, one.column.is_(None))

    def _compared(self, one: Key) -> ColumnElement[Any]:
        return collate(one.column, self.collation) if self.collation and one.type is str and not one.many else one.column

    @property
    def _name(self) -> str:
        return ",".join(("-" if one.descending else "") + one.name for one in self.keys)


def _written(value: Any) -> Any:
    return value.isoformat() if isinstance(value, (date, datetime)) else str(value) if isinstance(value, UUID) else value


def _read(one: Key, value: Any) -> Any:
    """A cursor comes back from outside: what is not of the key's type is none of ours."""
    if value is None:
        return None
    if one.many:
        if not isinstance(value, list) or not all(isinstance(each, (str, int, float)) for each in value):
            raise ValueError(one.name)
        return value
    if one.type in (date, datetime):
        return one.type.fromisoformat(value)
    if one.type is UUID:
        return UUID(value)
    if one.type is float and isinstance(value, int):
        return float(value)
    if type(value) is not one.type or (isinstance(value, int) and abs(value) >= 2**63) or "\x00" in str(value):
        raise ValueError(one.name)
    return value
