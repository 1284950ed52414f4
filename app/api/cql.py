"""CQL2 text for what comes in parameters of their own: a property's value, a time."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time
from typing import Any

from app.api.operation import refuse
from layers.spec import Field
from layers.values import Unreadable, reader

_OPEN = ("", "..")


def equals(field: Field, text: str) -> str:
    """`name = 'value'`, the value read as the field reads it in a file. MalformedRequest where it cannot be."""
    if field.many:
        refuse(field.id, "a list cannot be compared here; use filter")
    return f"{field.id} = {literal(_typed(field, text))}"


def within(name: str, text: str) -> str:
    """That `name` lies in an instant or interval of RFC 3339 (`..` or nothing for an open end), or is unknown.

    A feature without a time is in every interval: OGC API Features part 1, 7.15.4.
    """
    ends = text.split("/")
    if len(ends) > 2 or all(one in _OPEN for one in ends):
        refuse("datetime", "an instant or start/end (RFC 3339)")
    first, last = _instant(ends[0], time.min), _instant(ends[-1], time.max)
    if first and last and first > last:
        refuse("datetime", "the end is before the start")
    bounds = [f"{name} >= {literal(first)}"] if first else []
    bounds += [f"{name} <= {literal(last)}"] if last else []
    return f"{name} IS NULL OR ({' AND '.join(bounds)})"


def literal(value: Any) -> str:
    """A value as CQL2 text."""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, datetime):
        return f"TIMESTAMP('{value.astimezone(UTC).isoformat(timespec='milliseconds').removesuffix('+00:00')}Z')"
    if isinstance(value, date):
        return f"DATE('{value.isoformat()}')"
    if isinstance(value, (int, float)):
        return repr(value)
    return "'" + str(value).replace("'", "''") + "'"


def _typed(field: Field, text: str) -> Any:
    try:
        value = reader(field)(text)
    except Unreadable:
        value = None
    if value is None:
        refuse(field.id, f"a value of type {field.type.__name__}")
    return value


def _instant(text: str, at: time) -> datetime | None:
    if text in _OPEN:
        return None
    text = re.sub(r" (\d\d:\d\d)$", r"+\1", text.strip())  # `+08:00` arrives as a blank where nobody escaped it
    try:
        moment = datetime.combine(date.fromisoformat(text), at, UTC) if re.fullmatch(r"\d{4}-\d\d-\d\d", text) else datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        refuse("datetime", "an instant or start/end (RFC 3339)")
