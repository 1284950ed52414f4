"""Fire control periods return every year and may cross the year end."""

from __future__ import annotations

from datetime import date

import pytest

from layers.periods import Period, in_periods, parse_periods


@pytest.mark.parametrize("text", ["09-15/06-15", "9月15日至次年6月15日", "9月15日-6月15日", "09/15—06/15", "9.15~6.15"])
def test_one_period_is_read_in_every_spelling(text: str) -> None:
    assert parse_periods(text) == (Period((9, 15), (6, 15)),)


@pytest.mark.parametrize("text", ["04-01/05-31, 10-01/10-31", "4月1日至5月31日、10月1日至10月31日", "04-01/05-31;10-01/10-31"])
def test_several_periods_are_read(text: str) -> None:
    assert parse_periods(text) == (Period((4, 1), (5, 31)), Period((10, 1), (10, 31)))


@pytest.mark.parametrize(("day", "inside"), [
    (date(2025, 9, 14), False), (date(2025, 9, 15), True), (date(2025, 12, 31), True),
    (date(2026, 1, 1), True), (date(2026, 6, 15), True), (date(2026, 6, 16), False), (date(2024, 2, 29), True),
])
def test_the_fire_season_of_baotou_holds_the_new_year(day: date, inside: bool) -> None:
    assert in_periods("09-15/06-15", day) is inside


def test_a_period_compared_without_the_year_end_would_be_wrong() -> None:
    season, new_year = Period((9, 15), (6, 15)), date(2026, 1, 1)
    wrong = season.first <= (new_year.month, new_year.day) <= season.last
    assert wrong is False and season.holds(new_year) is True


def test_no_period_written_is_unknown_not_no() -> None:
    assert in_periods(None, date(2026, 1, 1)) is None


@pytest.mark.parametrize("text", ["春季", "13-01/05-01", "04-31/05-01", "04-01", "", "04-01/05-31,"])
def test_what_is_no_period_is_named(text: str) -> None:
    with pytest.raises(ValueError):
        parse_periods(text)
