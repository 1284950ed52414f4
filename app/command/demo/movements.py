"""The books of the demonstration's depots: opened by a count, then deliveries, calls, transfers, stock out of date written off."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random
from typing import Any

from app.command.demo.ground import ADCODE
from app.command.demo.marks import SOURCE
from geodata.store.batch import Row

_DAYS = 45  # ago the books were opened
_REASONS = {"in": ("年度采购到货", "九原区应急物资采购中心"), "out": ("防火巡护领用", "区森林草原消防队"), "expiry": ("超过有效期", None), "transfer": ("镇库补充储备", None)}


def unopened(lines: Sequence[Row]) -> list[Row]:
    """The lines as they are before their books are opened: how much there is, entries say."""
    return [replace(line, properties={name: value for name, value in line.properties.items() if name != "quantity"}) for line in lines]


def movement_rows(lines: Sequence[Row], as_of: datetime, rng: Random) -> list[Row]:
    """First each line counted at its quantity, then entries in the order of their days, none of which takes more than there is. Lines go by their codes."""
    stock = {str(line.properties["code"]): float(line.properties["quantity"]) for line in lines}
    alike: dict[tuple[Any, ...], list[str]] = defaultdict(list)
    for line in lines:
        alike[tuple(line.properties[name] for name in ("item_code", "name", "specification", "quantity_unit"))].append(str(line.properties["code"]))
    drawn: list[dict[str, Any]] = []
    for line in lines:
        code, expires = str(line.properties["code"]), line.properties["expires_on"]
        if expires is not None and expires < as_of.date() and rng.random() < 0.4:
            drawn.append(_entry(code, "expiry", stock, float(round(stock[code] * 0.5))))
        if rng.random() < 0.35:
            drawn.append(_entry(code, rng.choice(("in", "out")), stock, float(max(1, round(stock[code] * rng.uniform(0.05, 0.2))))))
    for codes in alike.values():
        if len(codes) > 1:
            fullest, emptiest = max(codes, key=stock.__getitem__), min(codes, key=stock.__getitem__)
            drawn.append(_entry(fullest, "transfer", stock, float(round(stock[fullest] * 0.1)), emptiest))
    drawn = [one for one in drawn if one["quantity"] > 0]
    steps = sorted(rng.uniform(0.2, _DAYS) for _ in drawn)[::-1]
    opening = [{"line": line.properties["code"], "kind": "count", "quantity": line.properties["quantity"], "reason": "建账盘点"} for line in lines]
    made = [(one, float(_DAYS)) for one in opening] + list(zip(drawn, steps, strict=True))
    return [_row(f"{_LETTERS[str(one['kind'])]}{as_of.year}{number:04d}", one, (as_of - timedelta(days=days)).replace(second=0, microsecond=0))
            for number, (one, days) in enumerate(made, 1)]


_LETTERS = {"in": "RK", "out": "CK", "expiry": "BF", "transfer": "DB", "count": "PD"}


def _row(code: str, entry: dict[str, Any], at: datetime) -> Row:
    return Row({**entry, "code": code, "voucher": code, "at": at, "source": SOURCE, "source_date": at.date(), "adcode": ADCODE}, None)


def _entry(line: str, kind: str, stock: dict[str, float], quantity: float, to_line: str | None = None) -> dict[str, Any]:
    quantity = quantity if kind == "in" else min(quantity, stock[line])
    stock[line] += quantity if kind == "in" else -quantity
    if to_line:
        stock[to_line] += quantity
    reason, party = _REASONS[kind]
    return {"line": line, "kind": kind, "quantity": quantity, "to_line": to_line, "reason": reason, "party": party}
