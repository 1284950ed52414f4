"""Named rules over several fields of one feature; a layer lists those that it must keep.

A rule gets the typed properties, says nothing where a value it needs is missing, and returns the problems it finds.
A layer made at run time lists rules by name, so a rule is registered under its function's name.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from layers.errors import Problem
from layers.messages import Sentence, declare
from layers.periods import parse_periods
from layers.spec import Label, Rule

Properties = Mapping[str, Any]
_RULES: dict[str, Rule] = {}

# A standing crowd is never denser than this: more persons per m2 means that an area was written in another unit.
MAX_PERSONS_PER_M2 = 10

# Lowest R of levels 1, 2 and 3; below the last it is level 4. GB 18218-2018, as quoted in domain.md section 3.
LEVEL_FROM_R = ((100.0, 1), (50.0, 2), (10.0, 3))


def _rule(function: Rule) -> Rule:
    _RULES[function.__name__] = function
    return function


def rule_named(name: str) -> Rule:
    """The rule registered under a name; KeyError if there is none."""
    return _RULES[name]


def rule_names() -> tuple[str, ...]:
    """All names that a layer may list."""
    return tuple(_RULES)


def level_from_r(r_value: float) -> int:
    """The level (1 highest to 4) of a major hazard source with this R (GB 18218-2018)."""
    return next((level for lowest, level in LEVEL_FROM_R if r_value >= lowest), 4)


@_rule
def level_follows_r(properties: Properties) -> list[Problem]:
    """The level of a major hazard source is the one that its R value gives."""
    r_value, level = properties.get("r_value"), properties.get("level")
    if r_value is None or level is None or level == level_from_r(r_value):
        return []
    return [Problem("/properties/level", "level-not-from-r", {"r_value": r_value, "level": level, "expected": level_from_r(r_value)})]


@_rule
def effective_area_within_area(properties: Properties) -> list[Problem]:
    """The area that can be used is not larger than the whole area."""
    return _not_above(properties, "effective_area_m2", "area_m2", "effective-area-above-area")


@_rule
def capacity_fits_area(properties: Properties) -> list[Problem]:
    """The people a place holds can physically stand on its effective area."""
    capacity, area_m2 = properties.get("capacity"), properties.get("effective_area_m2")
    if capacity is None or area_m2 is None or capacity <= area_m2 * MAX_PERSONS_PER_M2:
        return []
    return [Problem("/properties/capacity", "capacity-above-area", {"capacity": capacity, "area_m2": area_m2})]


@_rule
def chainage_in_order(properties: Properties) -> list[Problem]:
    """A stretch starts at a lower chainage than it ends at."""
    start, end = properties.get("chainage_from_m"), properties.get("chainage_to_m")
    if start is None or end is None or start < end:
        return []
    return [Problem("/properties/chainage_to_m", "chainage-not-in-order", {"start": start, "end": end})]


@_rule
def warning_below_guarantee(properties: Properties) -> list[Problem]:
    """The warning water level is not above the guarantee level."""
    return _not_above(properties, "warning_level_m", "guarantee_level_m", "warning-above-guarantee")


@_rule
def control_periods_are_days(properties: Properties) -> list[Problem]:
    """A control period runs from one day of the year to another; it may cross the year end."""
    text = properties.get("control_periods")
    if text is None:
        return []
    try:
        parse_periods(text)
    except ValueError as wrong:
        return [Problem("/properties/control_periods", "control-period-unclear", {"text": str(wrong)})]
    return []


@_rule
def made_before_expiry(properties: Properties) -> list[Problem]:
    """A thing is made before it expires."""
    return _not_above(properties, "made_on", "expires_on", "made-after-expiry")


@_rule
def starts_before_end(properties: Properties) -> list[Problem]:
    """What has a time from and to begins before it ends."""
    return _not_above(properties, "from_time", "to_time", "ends-before-start", at="to_time")


@_rule
def occurs_before_closing(properties: Properties) -> list[Problem]:
    """An incident happens before it is closed."""
    return _not_above(properties, "occurred_at", "closed_at", "ends-before-start", at="closed_at")


def _not_above(properties: Properties, lower: str, upper: str, code: str, at: str | None = None) -> list[Problem]:
    low, high = properties.get(lower), properties.get(upper)
    if low is None or high is None or low <= high:
        return []
    return [Problem(f"/properties/{at or lower}", code, {"low": low, "high": high})]


def _said(zh: str, en: str, todo_zh: str, todo_en: str) -> Sentence:
    return Sentence(Label(zh, en), Label(todo_zh, todo_en))


declare({
    "level-not-from-r": _said("R值 {r_value} 对应 {expected} 级，填写的是 {level} 级", "R value {r_value} is level {expected}, not {level}",
                              "核对R值与级别（GB 18218-2018）", "Check the R value and the level (GB 18218-2018)"),
    "effective-area-above-area": _said("有效面积 {low} 平方米大于占地面积 {high} 平方米",
                                       "The effective area {low} m2 is above the area {high} m2",
                                       "核对两项面积及其单位", "Check both areas and their units"),
    "capacity-above-area": _said("{area_m2} 平方米容不下 {capacity} 人", "{area_m2} m2 cannot hold {capacity} persons",
                                 "核对有效面积的单位（平方米）与可容纳人数", "Check the unit of the effective area (m2) and the capacity"),
    "chainage-not-in-order": _said("起点桩号 {start} 米不小于终点桩号 {end} 米",
                                   "The chainage from {start} m is not below the chainage to {end} m",
                                   "起点、终点对调或更正", "Exchange or correct the two chainages"),
    "warning-above-guarantee": _said("警戒水位 {low} 米高于保证水位 {high} 米",
                                     "The warning level {low} m is above the guarantee level {high} m",
                                     "核对两项水位", "Check both water levels"),
    "control-period-unclear": _said("看不懂管控期「{text}」", "The control period “{text}” is unclear",
                                    "写成 09-15/06-15，多段用逗号分开", "Write 09-15/06-15, several separated by commas"),
    "made-after-expiry": _said("生产日期 {low} 晚于有效期 {high}", "Made on {low}, after it expires on {high}",
                               "核对两个日期", "Check both dates"),
    "ends-before-start": _said("结束时间 {high} 早于开始时间 {low}", "It ends at {high}, before it starts at {low}",
                               "核对两个时间", "Check both times"),
})
