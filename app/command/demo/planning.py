"""The figures of the demonstration's plans: assumptions to show the reckoning, each saying that it is one."""

from __future__ import annotations

from datetime import datetime

from app.command.demo.ground import ADCODE
from app.command.demo.marks import SOURCE
from geodata.store.batch import Row

_NO_STANDARD = "演示假定：没有公开标准，应按本地预案和历次转移情况核定"
_CUSTOMARY = "演示假定：常见数值，凭常识填写，未核对标准原文和版本"

# How many of a hundred people inside need a place, the rest going to kin or staying in. For want of any figure some hazards have no row.
_SHARES = (("earthquake", "地震", 30.0), ("flood", "洪水", 60.0), ("ice_flood", "凌汛", 60.0), ("geological", "地质灾害", 80.0),
           ("weather", "气象灾害", 5.0), ("fire", "火灾", 50.0), ("chemical", "危化品事故", 40.0))

_NEEDS = (("饮用水", 3.0, "L", 1, "day", False), ("生活用水", 12.0, "L", 1, "day", False), ("方便食品", 3.0, "份", 1, "day", True),
          ("帐篷", 1.0, "顶", 4, "once", True), ("棉被", 1.0, "床", 1, "once", True), ("折叠床", 1.0, "张", 1, "once", True),
          ("厕所", 1.0, "个", 50, "once", True), ("垃圾清运", 0.5, "kg", 1, "day", False), ("医护人员", 1.0, "人", 500, "once", True))


def share_rows(as_of: datetime) -> list[Row]:
    """A share for each hazard that has one."""
    return [_row({"code": f"AZ-{n:02d}", "name": f"{word}安置比例", "hazard": hazard, "share_percent": percent, "edition": _NO_STANDARD}, as_of)
            for n, (hazard, word, percent) in enumerate(_SHARES, 1)]


def standard_rows(as_of: datetime) -> list[Row]:
    """What those sheltered need, article by article."""
    return [_row({"code": f"BZ-{n:02d}", "name": name, "amount": amount, "amount_unit": unit, "persons": persons, "period": period,
                  "whole_pieces": whole, "edition": _CUSTOMARY}, as_of)
            for n, (name, amount, unit, persons, period, whole) in enumerate(_NEEDS, 1)]


def _row(properties: dict[str, object], as_of: datetime) -> Row:
    return Row({**properties, "source": SOURCE, "source_date": as_of.date(), "adcode": ADCODE}, None)
