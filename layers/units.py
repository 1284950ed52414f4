"""Units of measure: how each is written for people, and which spellings in files mean it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from layers.spec import Label


@dataclass(frozen=True)
class Unit:
    """A unit with its words. `spellings` are written after a number in files, each with its factor to this unit."""

    label: Label
    spellings: Mapping[str, Decimal] = field(default_factory=dict)


def _unit(zh: str, en: str, **spellings: str) -> Unit:
    read = {zh.lower(): Decimal(1), en.lower(): Decimal(1)}
    return Unit(Label(zh, en), read | {spelling.lower(): Decimal(factor) for spelling, factor in spellings.items()})


# Factors are exact by definition. 亩 is left out on purpose: 666.67 m2 is a rounded value, so a file in 亩 must say what it means.
UNITS: Mapping[str, Unit] = {
    "persons": _unit("人", "persons", 名="1", 口="1", 百人="100", 千人="1000", 万="10000", 万人="10000", 万口="10000", people="1"),
    "m": _unit("米", "m", km="1000", 千米="1000", 公里="1000"),
    "km": _unit("公里", "km", 千米="1", m="0.001", 米="0.001"),
    "m2": _unit("平方米", "m2", **{"㎡": "1", "m²": "1", "平米": "1", "公顷": "10000", "ha": "10000", "平方公里": "1000000",
                                  "km2": "1000000", "km²": "1000000", "万平方米": "10000", "万㎡": "10000",
                                  "万m2": "10000", "万m²": "10000"}),
    "m3": _unit("立方米", "m3", **{"m³": "1", "方": "1"}),
    "t": _unit("吨", "t", kg="0.001", 公斤="0.001", 千克="0.001"),
    "MPa": _unit("兆帕", "MPa", kPa="0.001", 千帕="0.001"),
    "degC": _unit("℃", "degC", **{"°c": "1", "摄氏度": "1", "度": "1"}),
    "km/h": _unit("公里/小时", "km/h", **{"千米/小时": "1", "公里/时": "1"}),
    "min": _unit("分钟", "min", 分="1", 小时="60", h="60"),
    "days": _unit("天", "days", 日="1", 周="7"),
    "percent": _unit("%", "percent", **{"％": "1"}),
    "cases": _unit("起", "cases", 次="1"),
    "items": _unit("项", "items", 个="1", 处="1", 座="1", 台="1", 条="1"),
    "times": _unit("次", "times"),
    "beds": _unit("张", "beds", 床="1", 张床="1"),
    "lanes": _unit("车道", "lanes", 条="1"),
    "ha": _unit("公顷", "ha", **{"hm2": "1", "hm²": "1", "平方公里": "100", "km2": "100", "km²": "100"}),
    "households": _unit("户", "households"),
}


def unit_label(unit: str) -> Label:
    """The words for a unit; a unit that is not known (of a layer made at run time) stands for itself."""
    known = UNITS.get(unit)
    return known.label if known else Label(unit, unit)
