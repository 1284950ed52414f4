"""How a need for articles is met from several holders together: nearest first, until there is enough, and what is still short."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from geodata.queries.nearest import REASONS, LayerRanking, LeftOut, Reason
from geodata.queries.needs import Article
from geodata.queries.stock import Holding, Line, Stock
from geodata.store.changes import LayerVersion
from layers.fitness import Short
from layers.spec import Label

_ORDERED = Label("{there} {unit}：{reason}", "{there} {unit}: {reason}")


@dataclass(frozen=True)
class Source:
    """A holder that may be drawn on, how far it is, and what it has of each article asked for, in their order."""

    layer: str
    id: UUID
    distance_m: float
    holdings: tuple[Holding, ...]


@dataclass(frozen=True)
class Closed:
    """A holder that has some of it but may not be drawn on, with every reason, and how much of each article lies there."""

    layer: str
    left_out: LeftOut
    free: tuple[float, ...]


@dataclass(frozen=True)
class NotCounted:
    """A line of a holder in reach that does not count, or the part of it that is ordered elsewhere, and why. `quantity` None is unknown."""

    layer: str
    holder: UUID
    distance_m: float
    line: Line
    quantity: float | None
    reason: Reason


@dataclass(frozen=True)
class Portion:
    """What comes from one holder, line by line: what goes out of date first is taken first."""

    source: Source
    quantity: float
    lines: tuple[tuple[Line, float], ...]


@dataclass(frozen=True)
class Supplied:
    """One article: what is met and from where, nearest first; `short` is what no holder in reach can give."""

    article: Article
    unit: str | None
    portions: tuple[Portion, ...]
    not_counted: tuple[NotCounted, ...]

    @property
    def met(self) -> float:
        return sum(one.quantity for one in self.portions)

    @property
    def short(self) -> float:
        return max(0.0, self.article.quantity - self.met)


@dataclass(frozen=True)
class LayerSupply:
    """What one layer has to offer at `version`: sources nearest first, those closed to it; `complete` False when there are farther ones not looked at."""

    layer: str
    version: LayerVersion
    answered_by: str
    positions: str
    sources: tuple[Source, ...]
    closed: tuple[Closed, ...]
    units: tuple[str | None, ...]
    not_counted: tuple[tuple[NotCounted, ...], ...]
    complete: bool
    rests_on: Mapping[str, LayerVersion] = field(default_factory=dict)
    shown: Mapping[UUID, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class SupplyAnswer:
    """How the articles are met, in the order asked, over all layers that hold them."""

    articles: tuple[Supplied, ...]
    layers: tuple[LayerSupply, ...]


def offered(ranking: LayerRanking, stock: Stock, condition: Short, most: int) -> LayerSupply:
    """What the layer's ranking (made without regard to stock) has to offer of the articles."""
    def holdings(holder: UUID) -> tuple[Holding, ...]:
        return tuple(one.of(holder) for one in stock.wanted)

    ranked = [Source(ranking.layer, one.id, one.distance_m, holdings(one.id)) for one in ranking.ranked]
    closed = [Closed(ranking.layer, one, tuple(holding.free for holding in holdings(one.id))) for one in ranking.left_out]
    faults = tuple(tuple(found for source in ranked for found in _faults(source, source.holdings[place], one.article, condition))
                   for place, one in enumerate(stock.wanted))
    return LayerSupply(ranking.layer, ranking.version, ranking.answered_by, ranking.positions, tuple(one for one in ranked if any(has.free for has in one.holdings)),
                       tuple(one for one in closed if any(one.free)), tuple(one.unit for one in stock.wanted), faults, len(ranked) < most and not ranking.more_left_out,
                       ranking.rests_on)


def combined(articles: Sequence[Article], layers: Sequence[LayerSupply]) -> SupplyAnswer:
    """The articles met from the sources of all layers, nearest first, equal distances by id."""
    sources = sorted((one for layer in layers for one in layer.sources), key=lambda one: (one.distance_m, one.id))
    return SupplyAnswer(tuple(Supplied(article, layers[0].units[place], tuple(_drawn(article.quantity, place, sources)),
                                       tuple(one for layer in layers for one in layer.not_counted[place])) for place, article in enumerate(articles)), tuple(layers))


def _drawn(needed: float, place: int, sources: Sequence[Source]) -> Iterator[Portion]:
    for source in sources:
        if needed <= 0:
            return
        taken = list(_from_lines(needed, source.holdings[place].lines))
        if taken:
            quantity = sum(amount for _, amount in taken)
            needed -= quantity
            yield Portion(source, quantity, tuple(taken))


def _from_lines(needed: float, lines: Sequence[Line]) -> Iterator[tuple[Line, float]]:
    for line in lines:
        amount = min(needed, line.free)
        if amount > 0:
            needed -= amount
            yield line, amount


def _faults(source: Source, holding: Holding, article: Article, condition: Short) -> Iterator[NotCounted]:
    for fault, lines in holding.faulty.items():
        for line in lines:
            said = {"article": article.name, "there": "?" if line.quantity is None else f"{line.quantity:,.10g}", "unit": line.unit or "", "asked": article.quantity}
            label = condition.unknown if fault == "stock-unknown" else REASONS[fault]
            if label is not None and line.quantity != 0:
                yield NotCounted(source.layer, source.id, source.distance_m, line, line.quantity, Reason(fault, label.filled(said)))
    for line in holding.lines:
        if line.taken and condition.taken is not None:
            amount = min(line.taken, line.quantity or 0.0)
            label = _ORDERED.filled({"there": f"{amount:,.10g}", "unit": line.unit or "", "reason": condition.taken.label})
            yield NotCounted(source.layer, source.id, source.distance_m, line, amount, Reason(condition.taken.code, label))
