"""A little district for plans: villages, shelters and standards put where distances can be reckoned by hand."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

import shapely
from shapely.geometry.base import BaseGeometry

from geodata.store.spaces import Space
from layers.spec import OPERATOR

ZONE = shapely.box(109.70, 40.50, 109.90, 40.70)


def add(space: Space, layer: str, shape: BaseGeometry | None, **properties: Any) -> UUID:
    """A feature put in; its id."""
    with space.transaction(OPERATOR, "test") as store:
        return store.insert(layer, properties, shape).id


def village(space: Space, name: str, lon: float, lat: float, people: int | None, **more: Any) -> UUID:
    basis: dict[str, Any] = {"population_basis": "户籍", "population_date": date(2025, 6, 30)}
    return add(space, "villages", more.pop("shape", shapely.Point(lon, lat)), name=name, population=people, **{**basis, **more})


def shelter(space: Space, name: str, lon: float, lat: float, capacity: int | None, **more: Any) -> UUID:
    usual: dict[str, Any] = {"people_now": 0, "suits": ["flood", "fire"], "status": "open"}
    return add(space, "shelters", more.pop("shape", shapely.Point(lon, lat)), name=name, capacity=capacity, **{**usual, **more})


def tables(space: Space, percent: float = 50.0) -> None:
    """Half of those inside need shelter from a flood; three litres of water a day each, a tent for four."""
    add(space, "shelter_shares", None, name="洪水", hazard="flood", share_percent=percent, edition="本地预案 2026", source="测试")
    add(space, "need_standards", None, code="1", name="饮水", amount=3.0, amount_unit="L", persons=1, period="day", whole_pieces=False, edition="2026 版", source="测试")
    add(space, "need_standards", None, code="2", name="帐篷", amount=1.0, amount_unit="顶", persons=4, period="once", whole_pieces=True)
    add(space, "need_standards", None, code="3", name="药品", amount_unit="箱", persons=100, period="once")
