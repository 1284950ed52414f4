"""What figures of a plan are reckoned with: the share of people who need shelter, and what those sheltered need."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import ROUND_CEILING, Decimal
from typing import Any
from uuid import UUID

from geodata.queries.people import readable, refused
from geodata.store.features import Store
from layers.messages import Sentence, declare
from layers.parts import Refuge, Shares, Standards
from layers.spec import Choice, Label, Layer

MAX_ROWS = 1_000  # of a table of standards


def _said(zh: str, en: str, todo_zh: str, todo_en: str) -> Sentence:
    return Sentence(Label(zh, en), Label(todo_zh, todo_en))


declare({
    "hazard-unknown": _said("没有灾种「{given}」，可选：{known}", "There is no hazard “{given}”; there are: {known}", "换一个灾种", "Name one of them"),
    "share-unknown": _said("没有灾种「{hazard}」的安置比例", "No share of those who need shelter is known for “{hazard}”",
                           "在「{table}」中填写，或随问题给出 share_percent", "Enter it in “{table}”, or give share_percent with the question"),
})


@dataclass(frozen=True)
class Share:
    """Which percent of those inside needs shelter and where that stands; `id` None: the asker gave it.

    `others` are the percents of other rows for the same hazard: the highest counts, and all are told.
    """

    hazard: str
    percent: float
    id: UUID | None
    layer: str | None
    basis: str | None
    source: str | None
    source_date: date | None
    others: tuple[float, ...] = ()


@dataclass(frozen=True)
class Need:
    """How much of an article so many people need. `quantity` None: the table does not say enough. `daily`: each day, else once.

    `amount` for so many `persons` is the standard, `basis` where it stands.
    """

    article: str
    quantity: float | None
    unit: str | None
    daily: bool | None
    amount: float | None
    persons: int | None
    whole: bool
    basis: str | None
    source: str | None
    source_date: date | None
    id: UUID
    layer: str


def hazards(store: Store) -> tuple[Choice, ...]:
    """The hazards that refuges are said to suit, those of the first such layer that the reader may read."""
    for layer in readable(store, Refuge):
        field = layer.field(str(_part(layer, Refuge).suits))
        if field:
            return field.choices
    return ()


def share_of(store: Store, hazard: str, given_percent: float | None) -> Share:
    """The share for a hazard: as given, else of the tables. InvalidInput at `/hazard` when neither says."""
    known = {str(one.value): one for one in hazards(store)}
    if hazard not in known:
        raise refused("hazard", "hazard-unknown", given=hazard[:40], known=", ".join(known))
    if given_percent is not None:
        return Share(hazard, given_percent, None, None, None, None, None)
    tables = readable(store, Shares)
    found = [one for layer in tables for one in _shares(store, layer, hazard)]
    if not found:
        tabled = tables[0].label.zh if tables else "shares"
        raise refused("hazard", "share-unknown", hazard=known[hazard].label.zh, table=tabled)
    first, *rest = sorted(found, key=lambda one: (-one.percent, str(one.id)))
    return replace(first, others=tuple(one.percent for one in rest))


def share_people(people: int, percent: float) -> int:
    """That share of people, rounded up, on decimal figures: 7 % of 100 is 7."""
    return int((Decimal(people) * Decimal(str(percent)) / 100).to_integral_value(ROUND_CEILING))


def needs_of(store: Store, people: int) -> tuple[Need, ...]:
    """What so many people need, by every row of the tables, in order of their codes."""
    return tuple(_need(layer, part, one.id, one.properties, people) for layer in readable(store, Standards) if (part := layer.part(Standards))
                 for one in store.page(layer.id, limit=MAX_ROWS, sort=layer.key).features)


def for_people(need: Need, people: int) -> Need:
    """The same need for another number of people."""
    return replace(need, quantity=_quantity(need.amount, need.persons, need.whole, people))


def _shares(store: Store, layer: Layer, hazard: str) -> list[Share]:
    part = _part(layer, Shares)
    rows = (one for one in store.page(layer.id, limit=MAX_ROWS).features if one.properties[part.hazard] == hazard)
    return [Share(hazard, float(one.properties[part.percent]), one.id, layer.id, one.properties[part.basis], one.properties["source"],
                  one.properties["source_date"]) for one in rows if one.properties[part.percent] is not None]


def _need(layer: Layer, part: Standards, row_id: UUID, row: Mapping[str, Any], people: int) -> Need:
    amount, persons, period, whole = row[part.amount], row[part.persons], row[part.period], bool(row[part.whole])
    return Need(str(row[part.article]), _quantity(amount, persons, whole, people), row[part.unit], None if period is None else period in part.daily,
                amount, persons, whole, row[part.basis], row["source"], row["source_date"], row_id, layer.id)


def _quantity(amount: float | None, persons: int | None, whole: bool, people: int) -> float | None:
    if amount is None or not persons:
        return None
    exact = Decimal(str(amount)) * people / persons
    return float(exact.to_integral_value(ROUND_CEILING) if whole else exact.quantize(Decimal("0.1"), ROUND_CEILING))


def _part(layer: Layer, kind: Any) -> Any:
    part = layer.part(kind)
    assert part is not None
    return part
