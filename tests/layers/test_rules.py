"""Rules over several fields: said only where every value they need is known."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest

from layers.dates import CHINA
from layers.messages import message
from layers.rules import level_from_r, rule_named, rule_names

BROKEN: dict[str, tuple[dict[str, Any], str]] = {
    "level_follows_r": ({"r_value": 60.0, "level": 1}, "level-not-from-r"),
    "effective_area_within_area": ({"effective_area_m2": 11.0, "area_m2": 10.0}, "effective-area-above-area"),
    "capacity_fits_area": ({"capacity": 30_000, "effective_area_m2": 10.0}, "capacity-above-area"),  # 10 万m2 written as 10
    "chainage_in_order": ({"chainage_from_m": 260_000.0, "chainage_to_m": 248_500.0}, "chainage-not-in-order"),
    "warning_below_guarantee": ({"warning_level_m": 1003.5, "guarantee_level_m": 1002.8}, "warning-above-guarantee"),
    "control_periods_are_days": ({"control_periods": "02-30/03-15"}, "control-period-unclear"),
    "made_before_expiry": ({"made_on": date(2026, 1, 2), "expires_on": date(2026, 1, 1)}, "made-after-expiry"),
    "starts_before_end": (
        {"from_time": datetime(2026, 1, 1, 9, tzinfo=CHINA), "to_time": datetime(2026, 1, 1, 8, tzinfo=CHINA)}, "ends-before-start"),
    "occurs_before_closing": (
        {"occurred_at": datetime(2026, 1, 1, 9, tzinfo=CHINA), "closed_at": datetime(2026, 1, 1, 8, tzinfo=CHINA)}, "ends-before-start"),
}

KEPT: dict[str, dict[str, Any]] = {
    "level_follows_r": {"r_value": 50.0, "level": 2},
    "effective_area_within_area": {"effective_area_m2": 100_000.0, "area_m2": 414_100.0},
    "capacity_fits_area": {"capacity": 30_000, "effective_area_m2": 100_000.0},
    "chainage_in_order": {"chainage_from_m": 248_500.0, "chainage_to_m": 260_000.0},
    "warning_below_guarantee": {"warning_level_m": 1002.8, "guarantee_level_m": 1002.8},
    "control_periods_are_days": {"control_periods": "09-15/06-15"},
    "made_before_expiry": {"made_on": date(2026, 1, 1), "expires_on": date(2026, 1, 1)},
    "starts_before_end": {"from_time": datetime(2026, 1, 1, 9, tzinfo=CHINA), "to_time": datetime(2026, 1, 1, 9, tzinfo=CHINA)},
    "occurs_before_closing": {"occurred_at": datetime(2026, 1, 1, 9, tzinfo=CHINA), "closed_at": datetime(2026, 1, 1, 9, tzinfo=CHINA)},
}


def test_every_rule_has_a_kept_and_a_broken_case() -> None:
    assert set(rule_names()) == set(BROKEN) == set(KEPT)


@pytest.mark.parametrize("name", rule_names())
def test_a_broken_rule_says_where_and_in_both_languages(name: str) -> None:
    properties, code = BROKEN[name]
    (problem,) = rule_named(name)(properties)
    assert problem.code == code
    assert problem.pointer.removeprefix("/properties/") in properties
    for language in ("zh", "en"):
        assert "?" not in message(code, problem.values, language)


@pytest.mark.parametrize("name", rule_names())
def test_a_kept_rule_says_nothing(name: str) -> None:
    assert rule_named(name)(KEPT[name]) == []


@pytest.mark.parametrize("name", rule_names())
def test_a_rule_says_nothing_where_a_value_is_unknown(name: str) -> None:
    properties = BROKEN[name][0]
    for missing in properties:
        assert rule_named(name)({**properties, missing: None}) == []
        assert rule_named(name)({field: value for field, value in properties.items() if field != missing}) == []


@pytest.mark.parametrize(("r_value", "level"), [(0, 4), (9.999, 4), (10, 3), (49.99, 3), (50, 2), (99.99, 2), (100, 1), (5000, 1)])
def test_r_gives_the_level_of_gb_18218(r_value: float, level: int) -> None:
    assert level_from_r(r_value) == level
