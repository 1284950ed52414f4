"""How fresh a layer's features are: counts by the age of `verified_at`, exact at every whole minute."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise

# Youngest first: a feature belongs to the first whose age it has not reached. 7 and 30 days are where the age mark changes its shape.
LIMITS: Mapping[str, timedelta] = {"hours_6": timedelta(hours=6), "day_1": timedelta(days=1), "days_7": timedelta(days=7), "days_30": timedelta(days=30)}
BANDS = (*LIMITS, "older", "unknown")
OLDEST = max(LIMITS.values())


@dataclass(frozen=True)
class Verified:
    """When the features of a layer version were verified: `minutes` (whole minutes, UTC) -> how many, of those not
    yet `OLDEST` when this was counted; how many were older then; how many say nothing."""

    minutes: Mapping[datetime, int]
    older: int
    unknown: int


def bands(verified: Verified, moment: datetime) -> tuple[datetime, dict[str, int]]:
    """The whole minute at or before `moment`, and how many features are in each band then.

    Every limit is a whole number of minutes, so counts by minute lose nothing. A time in the future counts as youngest.

    >>> noon = datetime(2026, 5, 1, 12, tzinfo=UTC)
    >>> bands(Verified({noon - timedelta(hours=6): 2, noon - timedelta(hours=5, minutes=59): 1}, 4, 3), noon)[1]
    {'hours_6': 1, 'day_1': 2, 'days_7': 0, 'days_30': 0, 'older': 4, 'unknown': 3}
    """
    at = moment.astimezone(UTC).replace(second=0, microsecond=0)
    since = [datetime.max.replace(tzinfo=UTC), *(at - limit for limit in LIMITS.values())]
    counts = {name: sum(count for minute, count in verified.minutes.items() if oldest < minute <= youngest)
              for name, (youngest, oldest) in zip(LIMITS, pairwise(since), strict=True)}
    older = verified.older + sum(verified.minutes.values()) - sum(counts.values())
    return at, {**counts, "older": older, "unknown": verified.unknown}
