"""Dates and times as people and Chinese files write them."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, timezone

CHINA = timezone(timedelta(hours=8), "UTC+08:00")  # a time without a zone in a file of the bureau is China time; there is no summer time

EARLIEST, LATEST = date(1800, 1, 1), date(2200, 12, 31)  # outside of these a date is a slip of the pen or a sentinel such as 9999-12-31

_DATE = re.compile(r"^(\d{4})(?:\s*(?:-|/|\.|年)\s*)(\d{1,2})(?:\s*(?:-|/|\.|月)\s*)(\d{1,2})\s*(?:日|号)?")
_COMPACT = re.compile(r"^(\d{4})(\d{2})(\d{2})(?!\d)")
_RUN = re.compile(r"^(\d{8})(\d{2})(\d{2})(\d{2})?$")
_TIME = re.compile(
    r"^(?:T|\s)*(\d{1,2})(?:(?::|时|点)(\d{1,2})(?:(?::|分)(?:(\d{1,2})(?:[.,](\d{1,9}))?秒?)?)?|[时点](?:整)?)\s*"
    r"(Z|z|[+-]\d{2}:?(?:\d{2})?|UTC|GMT)?$"
)


def parse_date(text: str) -> date:
    """The date in `2024-1-1`, `2024/01/01`, `2024.1.1`, `20240101` or `2024年1月1日`; ValueError for anything else.

    A time of day after it is read and dropped. A date without a day, or with a year of two digits, is not guessed.
    """
    return _split(text)[0]


def parse_time(text: str) -> datetime:
    """The moment in a date as above, with or without a time and zone; China time where no zone is given."""
    day, clock = _split(text)
    return _moment(day, clock)


def in_reason(day: date) -> bool:
    """Whether a date lies within what the bureau can mean."""
    return EARLIEST <= day <= LATEST


def _split(text: str) -> tuple[date, re.Match[str] | None]:
    if run := _RUN.match(text):  # 20240101083000, as instruments write it
        text = f"{run[1]} {run[2]}:{run[3]}:{run[4] or '00'}"
    match = _DATE.match(text) or _COMPACT.match(text)
    if not match:
        raise ValueError(text)
    day = date(*(int(part) for part in match.groups()))
    rest = text[match.end():].strip()
    clock = _TIME.match(rest) if rest else None
    if rest and not clock:
        raise ValueError(text)
    _moment(day, clock)  # refuses 25:00 also where only the date is wanted
    return day, clock


def _moment(day: date, clock: re.Match[str] | None) -> datetime:
    if clock is None:
        return datetime(day.year, day.month, day.day, tzinfo=CHINA)
    hour, minute, second, fraction, zone = clock.groups()
    microsecond = int((fraction or "0").ljust(6, "0")[:6])
    return datetime(day.year, day.month, day.day, int(hour), int(minute or 0), int(second or 0), microsecond, tzinfo=_zone(zone))


def _zone(text: str | None) -> timezone:
    if text is None:
        return CHINA
    if text.upper() in ("Z", "UTC", "GMT"):
        return UTC
    hours, minutes = int(text[1:3]), int(text[3:].lstrip(":") or 0)
    offset = timedelta(hours=hours, minutes=minutes)
    return timezone(-offset if text[0] == "-" else offset)
