"""Dates and times in every form of the bureau's files."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from layers.dates import CHINA, parse_date, parse_time


@pytest.mark.parametrize("text", [
    "2024-1-1", "2024-01-01", "2024/01/01", "2024/1/1", "20240101", "2024年1月1日", "2024 年 1 月 1 日", "2024.1.1",
    "2024-01-01T00:00:00.000", "2024-01-01 00:00:00", "20240101 08:30", "2024-01-01T00:00:00Z",
])
def test_a_date_is_read_in_every_form(text: str) -> None:
    assert parse_date(text) == date(2024, 1, 1)


@pytest.mark.parametrize("text", [
    "", "2024", "2024-01", "2024年1月", "24-1-1", "1/2/2024", "2024-13-01", "2023-02-29", "2024010", "202401011", "2024-01-01x",
    "2024-01-01 25:00", "昨天", "45292", "20240101083", "20240101250000", "2024-01-01 8",
])
def test_what_is_not_plainly_a_date_is_not_guessed(text: str) -> None:
    with pytest.raises(ValueError):
        parse_date(text)


@pytest.mark.parametrize(("text", "moment"), [
    ("2026-11-23 14:36", datetime(2026, 11, 23, 14, 36, tzinfo=CHINA)),
    ("2026年11月23日14时36分", datetime(2026, 11, 23, 14, 36, tzinfo=CHINA)),
    ("20261123143605", datetime(2026, 11, 23, 14, 36, 5, tzinfo=CHINA)),
    ("2026年11月23日 14时", datetime(2026, 11, 23, 14, tzinfo=CHINA)),
    ("2026-11-23 8点整", datetime(2026, 11, 23, 8, tzinfo=CHINA)),
    ("2026-11-23T06:36:00Z", datetime(2026, 11, 23, 14, 36, tzinfo=CHINA)),
    ("2026-11-23T06:36:05.25+00:00", datetime(2026, 11, 23, 6, 36, 5, 250_000, tzinfo=UTC)),
    ("2026-11-23T14:36:00-05:30", datetime(2026, 11, 23, 14, 36, tzinfo=timezone(-timedelta(hours=5, minutes=30)))),
    ("2026-11-23", datetime(2026, 11, 23, tzinfo=CHINA)),
])
def test_a_time_without_a_zone_is_china_time(text: str, moment: datetime) -> None:
    assert parse_time(text) == moment
