"""Parts of the year that return every year, such as a fire control period; they may cross the year end."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

_DAY = r"(\d{1,2})(?:-|/|\.|月)(\d{1,2})日?"
_PERIOD = re.compile(rf"^{_DAY}\s*(?:/|-|—|–|~|～|至|到|to)+\s*(?:次年|翌年)?{_DAY}$")
_BETWEEN_PERIODS = re.compile(r"[,，、;；]\s*")
_LEAP_YEAR = 2024  # so that 29 February is a day of the year


@dataclass(frozen=True)
class Period:
    """From one day of the year to another, both included, as (month, day). The first may be later than the last."""

    first: tuple[int, int]
    last: tuple[int, int]

    def holds(self, day: date) -> bool:
        """Whether the day lies in the period.

        >>> Period((9, 15), (6, 15)).holds(date(2026, 1, 1))
        True
        """
        today = (day.month, day.day)
        if self.first <= self.last:
            return self.first <= today <= self.last
        return today >= self.first or today <= self.last


def parse_periods(text: str) -> tuple[Period, ...]:
    """The periods in a text such as `04-01/05-31, 10-01/10-31` or `9月15日至次年6月15日`; ValueError names what is not one.

    >>> parse_periods("09-15/06-15")
    (Period(first=(9, 15), last=(6, 15)),)
    """
    return tuple(_parse_period(part) for part in _BETWEEN_PERIODS.split(text.strip()))


def in_periods(text: str | None, day: date) -> bool | None:
    """Whether the day lies in one of the periods written in `text`; None where none is written."""
    return any(period.holds(day) for period in parse_periods(text)) if text else None


def _parse_period(part: str) -> Period:
    match = _PERIOD.match(part.strip())
    if not match:
        raise ValueError(part)
    month, day, last_month, last_day = (int(number) for number in match.groups())
    try:
        date(_LEAP_YEAR, month, day)
        date(_LEAP_YEAR, last_month, last_day)
    except ValueError as reason:
        raise ValueError(part) from reason
    return Period((month, day), (last_month, last_day))
