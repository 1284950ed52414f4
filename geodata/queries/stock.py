"""Stock of the articles that a question needs: who holds how much of it, what does not count and why."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import func, or_, select

from geodata.queries.nearest import NOT_ENOUGH, REASONS, STOCK_EXPIRED, STOCK_OTHER_UNIT, Reason
from geodata.queries.needs import Article, not_there, refused
from geodata.store.reading import Reader
from layers.fitness import Ordered, Short


@dataclass(frozen=True)
class Line:
    """A stock line of one article. `taken` is what orders for other incidents take from it, None where one does not say how much."""

    id: UUID
    code: str | None
    holder: UUID
    quantity: float | None
    unit: str | None
    expires_on: date | None
    taken: float | None = 0.0

    def fault(self, unit: str | None, today: date) -> str | None:
        """Why it does not count, or None: expired, in another unit, or not known how much."""
        if self.expires_on is not None and self.expires_on < today:
            return STOCK_EXPIRED
        if self.unit is not None and unit is not None and folded(self.unit) != folded(unit):
            return STOCK_OTHER_UNIT
        return "stock-unknown" if self.quantity is None or self.taken is None or self.unit is None else None

    @property
    def free(self) -> float:
        """What may be taken, of a line without fault."""
        return max(0.0, (self.quantity or 0.0) - (self.taken or 0.0))


@dataclass(frozen=True)
class Holding:
    """What one holder has of one article: lines that count (what goes out of date first comes first) and those that do not, by fault."""

    lines: tuple[Line, ...]
    faulty: Mapping[str, tuple[Line, ...]]

    @property
    def free(self) -> float:
        return sum(one.free for one in self.lines)

    def amount(self, fault: str) -> float:
        """How much lies in the lines with a fault, as far as it is known."""
        return sum(one.quantity or 0.0 for one in self.faulty.get(fault, ()))

    @property
    def taken(self) -> float:
        return sum(min(one.taken or 0.0, one.quantity or 0.0) for one in self.lines)


_NONE = Holding((), {})


@dataclass(frozen=True)
class Wanted:
    """An article asked for, with the unit it is counted in (None where no line says), and what each holder has of it."""

    article: Article
    unit: str | None
    holdings: Mapping[UUID, Holding]

    def of(self, holder: UUID) -> Holding:
        """What a holder has; nothing where it has no line."""
        return self.holdings.get(holder, _NONE)


class Stock:
    """The holdings of all articles of one question, as one snapshot has them."""

    def __init__(self, condition: Short, wanted: Sequence[Wanted]) -> None:
        self.wanted = tuple(wanted)
        self._condition = condition

    def suffices(self, holder: UUID) -> bool:
        """Whether a holder has enough of each article, or may have: what is not known keeps nobody out."""
        return all(self._enough(one, one.of(holder)) for one in self.wanted)

    def reasons(self, holder: UUID) -> Iterator[Reason]:
        """Everything that a holder lacks."""
        for one in self.wanted:
            if not self._enough(one, one.of(holder)):
                yield from self._against(one, one.of(holder))

    def uncertain(self, holder: UUID) -> Iterator[Reason]:
        """Articles of which a holder has enough only if lines hold it that do not say how much or in which unit."""
        for one in self.wanted:
            if one.of(holder).free < one.article.quantity and one.of(holder).faulty.get("stock-unknown") and self._condition.unknown:
                yield Reason("stock-unknown", self._condition.unknown.filled({"article": one.article.name}), {"article": one.article.name})

    def _enough(self, one: Wanted, holding: Holding) -> bool:
        return holding.free >= one.article.quantity or bool(holding.faulty.get("stock-unknown"))

    def _against(self, one: Wanted, holding: Holding) -> Iterator[Reason]:
        said = {"article": one.article.name, "asked": one.article.quantity, "there": holding.free, "unit": one.unit or ""}
        ordered = self._condition.taken if holding.taken else None
        others = [(code, amount) for code in (STOCK_EXPIRED, STOCK_OTHER_UNIT) if (amount := holding.amount(code))]
        if holding.free > 0:
            yield _reason(NOT_ENOUGH, said)
        elif not (others or ordered):
            yield Reason(self._condition.code, self._condition.label.filled(said), said)
        for code, amount in others:
            yield _reason(code, {**said, "there": amount})
        if ordered:
            yield Reason(ordered.code, ordered.label, {**said, "there": holding.taken})


def _reason(code: str, said: Mapping[str, Any]) -> Reason:
    """The reason with its words filled, whole numbers without a point."""
    plain = {name: f"{value:,.10g}" if isinstance(value, float) else value for name, value in said.items()}
    return Reason(code, REASONS[code].filled(plain), said)


def read_stock(store: Reader, condition: Short, articles: Sequence[Article], today: date, incident: UUID | None) -> Stock:
    """The stock of these articles, in the store's snapshot. Raises InvalidInput for an article or unit that is not there, with those near it."""
    lines = _lines(store, condition, articles, incident)
    wanted = []
    for place, article in enumerate(articles):
        found = lines.get(article.name, [])
        if not found:
            raise not_there(f"/needs/articles/{place}/name", article.name, _names(store, condition))
        unit = _unit(article, found, f"/needs/articles/{place}/unit")
        wanted.append(Wanted(article, unit, _holdings(found, unit, today)))
    return Stock(condition, wanted)


def articles_in_stock(store: Reader, condition: Short) -> list[dict[str, Any]]:
    """Every article with its unit and how much the lines say there is in all, for a form: by name, then unit."""
    table = store.tables.layers[condition.lines].c
    name, unit, quantity = table[condition.names[0]], table[condition.unit], table[condition.quantity]
    rows = store.connection.execute(select(name, unit, func.sum(quantity), func.count(), func.count(quantity)).where(name.is_not(None))
                                    .group_by(name, unit).order_by(name, unit)).all()
    return [{"name": row[0], "unit": row[1], "quantity": row[2], "lines": row[3], "unknown": row[3] - row[4]} for row in rows]


def folded(unit: str) -> str:
    """One spelling of a unit: full-width forms, case and blanks do not make another."""
    return unicodedata.normalize("NFKC", unit).strip().casefold()


def _names(store: Reader, condition: Short) -> list[str]:
    table = store.tables.layers[condition.lines].c
    return [one for name in condition.names for one in store.connection.scalars(select(table[name]).where(table[name].is_not(None)).distinct().order_by(table[name]))]


def _lines(store: Reader, condition: Short, articles: Sequence[Article], incident: UUID | None) -> Mapping[str, list[Line]]:
    """Lines by the name that the article was asked for by."""
    layer = store.catalogue.layer(condition.lines)
    table = store.tables.layers[condition.lines].c
    asked = [one.name for one in articles]
    code = table[layer.key] if layer.key else table.id
    columns = [table[one] for one in condition.names]
    rows = store.connection.execute(select(table.id, code, table[condition.holder], table[condition.quantity], table[condition.unit], table[condition.expires], *columns)
                                    .where(or_(*(one.in_(asked) for one in columns))).order_by(table.id)).all()
    taken = _taken(store, condition, [row[0] for row in rows], incident)
    found: defaultdict[str, list[Line]] = defaultdict(list)
    for row in rows:
        line = Line(row[0], None if row[1] is None else str(row[1]), row[2], row[3], row[4] or None, row[5], taken.get(row[0], 0.0))
        for name in dict.fromkeys(one for one in row[6:] if one in asked):
            found[name].append(line)
    return found


def _taken(store: Reader, condition: Short, lines: Sequence[UUID], incident: UUID | None) -> dict[UUID, float | None]:
    """What open orders for other incidents take from lines; None where one of them does not say how much."""
    if condition.taken is None or condition.line is None or condition.amount is None or not lines:
        return {}
    table = store.tables.layers[condition.taken.orders].c
    line, amount = table[condition.line], table[condition.amount]
    query = select(line, func.sum(amount), func.count() - func.count(amount)).where(line == func.any(list(lines)), is_elsewhere(table, condition.taken, incident))
    return {row[0]: None if row[2] else float(row[1]) for row in store.connection.execute(query.group_by(line))}


def is_elsewhere(table: Any, condition: Ordered, incident: UUID | None) -> Any:
    """Which orders hold: open ones, but for those of the incident asked about. One for no incident holds against all."""
    held = table[condition.status].in_(condition.open)
    return held if incident is None else held & table[condition.incident].is_distinct_from(incident)


def _unit(article: Article, lines: Sequence[Line], pointer: str) -> str | None:
    """The unit the article is counted in, as the stock writes it."""
    units = {folded(one.unit): one.unit for one in reversed(lines) if one.unit}
    there = ", ".join(sorted(units.values()))
    if article.unit is None:
        if len(units) > 1:
            raise refused(pointer, "need-unit-open", article=article.name, units=there)
        return next(iter(units.values()), None)
    if units and folded(article.unit) not in units:
        raise refused(pointer, "need-unit-other", article=article.name, unit=article.unit, units=there)
    return units.get(folded(article.unit), article.unit)


def _holdings(lines: Sequence[Line], unit: str | None, today: date) -> Mapping[UUID, Holding]:
    by_holder: defaultdict[UUID, list[Line]] = defaultdict(list)
    for one in lines:
        by_holder[one.holder].append(one)
    return {holder: _holding(its, unit, today) for holder, its in by_holder.items()}


def _holding(lines: Sequence[Line], unit: str | None, today: date) -> Holding:
    faulty: defaultdict[str, list[Line]] = defaultdict(list)
    good = []
    for one in lines:
        fault = one.fault(unit, today)
        if fault is None:
            good.append(one)
        else:
            faulty[fault].append(one)
    good.sort(key=lambda one: (one.expires_on is None, one.expires_on or date.max, one.id))
    return Holding(tuple(good), {fault: tuple(its) for fault, its in faulty.items()})
