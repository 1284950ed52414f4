"""What an answer rests on beside the layers it is about: the incident with its zones, orders that hold resources, stock of articles."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import shapely
from shapely.geometry.base import BaseGeometry
from sqlalchemy import func, or_, select

from geodata.queries.needs import Article, near, refused
from geodata.queries.stock import Stock, read_stock
from geodata.store.changes import LayerVersion
from geodata.store.reading import Reader
from layers.dates import CHINA
from layers.errors import Forbidden
from layers.fitness import Ordered, Short
from layers.messages import Sentence, declare
from layers.spec import Action, Label, Layer

Orders = Mapping[UUID, frozenset[UUID | None]]  # by resource: the incidents that it is ordered to, None for an order without one

declare({"question-no-incident": Sentence(Label("没有编号或标识为「{given}」的事件", "There is no incident with the code or id “{given}”"),
                                          Label("现有的事件：{near}", "There are: {near}"))})


@dataclass(frozen=True)
class Incident:
    """An incident asked about: its zones that hold now (degrees), and the hazard it is of where it says so."""

    id: UUID
    zones: tuple[BaseGeometry, ...]
    hazard: str | None


@dataclass(frozen=True)
class Beside:
    """As one snapshot has it, with the version of each layer read. `orders` by the condition they answer, `stock` by the layer that holds it."""

    versions: Mapping[str, LayerVersion] = field(default_factory=dict)
    incident: Incident | None = None
    orders: Mapping[Ordered, Orders] = field(default_factory=dict)
    stock: Mapping[str, Stock] = field(default_factory=dict)

    def elsewhere(self, condition: Ordered, resource: UUID) -> bool:
        """Whether a resource is ordered to another incident than the question's."""
        own = self.incident.id if self.incident else None
        return any(one is None or one != own for one in self.orders.get(condition, {}).get(resource, ()))


NOTHING = Beside()


class Reading:
    """What one question wants to know beside its layers, and how it is read. `watched` are the layers that it comes from."""

    def __init__(self, layers: Iterable[Layer], catalogue: Mapping[str, Layer], incident: str | None, articles: tuple[Article, ...], now: datetime) -> None:
        conditions = [(layer.id, one) for layer in layers for one in layer.out_of_service]
        self.ordered = tuple(dict.fromkeys(one for _, one in conditions if isinstance(one, Ordered)))
        self.short = {layer: one for layer, one in conditions if isinstance(one, Short)} if articles else {}
        self._zones = [layer for layer in catalogue.values() if layer.zone_of] if incident is not None else []
        self._incident, self._articles, self._now = incident, articles, now
        taken = [one.taken.orders for one in self.short.values() if one.taken]
        self.watched = frozenset([*(one.orders for one in self.ordered), *(one.lines for one in self.short.values()), *taken,
                                  *(name for layer in self._zones for name in (layer.id, _incidents_of(layer)))])

    @property
    def orders_only(self) -> bool:
        """Whether all that it wants is the same for every question."""
        return not (self.short or self._zones)

    def read(self, store: Reader) -> Beside:
        """All of it, in the store's snapshot. Raises InvalidInput naming an incident, article or unit that is not there, and Forbidden."""
        if not self.watched and self._incident is None:
            return NOTHING
        versions = store.versions()
        incident = self._read_incident(store) if self._incident is not None else None
        for one in self.short.values():
            if not store.may(Action.READ, store.catalogue.layer(one.lines)):
                raise Forbidden(action=Action.READ.value, layer=one.lines)
        today = self._now.astimezone(CHINA).date()
        stock = {layer: read_stock(store, one, self._articles, today, incident.id if incident else None) for layer, one in self.short.items()}
        return Beside({one: versions[one] for one in self.watched}, incident, {one: _orders(store, one) for one in self.ordered}, stock)

    def _read_incident(self, store: Reader) -> Incident:
        given = str(self._incident)
        for layer in self._zones:
            found = _found(store, _incidents_of(layer), given)
            if found is not None:
                hazard = layer.zone_of.hazard if layer.zone_of else None
                return Incident(found, self._zones_of(store, layer, found), _hazard(store, _incidents_of(layer), found, hazard))
        known = [code for layer in self._zones for code in _codes(store, _incidents_of(layer))]
        raise refused("/incident", "question-no-incident", given=given[:60], near="、".join(near(given, known)) or "-")

    def _zones_of(self, store: Reader, layer: Layer, incident: UUID) -> tuple[BaseGeometry, ...]:
        zone = layer.zone_of
        assert zone is not None
        if not store.may(Action.READ, layer):
            raise Forbidden(action=Action.READ.value, layer=layer.id)
        table = store.tables.layers[layer.id].c
        holds = [table[zone.incident] == incident, or_(table[zone.starts].is_(None), table[zone.starts] <= self._now),
                 or_(table[zone.ends].is_(None), table[zone.ends] > self._now)]
        rows = store.connection.scalars(select(func.ST_AsBinary(table.geom)).where(*holds).order_by(table.id)).all()
        return tuple(shapely.from_wkb([bytes(one) for one in rows]))


def _incidents_of(layer: Layer) -> str:
    return next(str(one.reference) for one in layer.references if layer.zone_of and one.id == layer.zone_of.incident)


def _orders(store: Reader, condition: Ordered) -> Orders:
    table = store.tables.layers[condition.orders].c
    resource, incident = table[condition.resource], table[condition.incident]
    found: defaultdict[UUID, set[UUID | None]] = defaultdict(set)
    for one, of in store.connection.execute(select(resource, incident).where(resource.is_not(None), table[condition.status].in_(condition.open))):
        found[one].add(of)
    return {one: frozenset(of) for one, of in found.items()}


def _found(store: Reader, layer_id: str, given: str) -> UUID | None:
    """The incident with this id or key."""
    layer, table = store.catalogue.layer(layer_id), store.tables.layers[layer_id].c
    if not store.may(Action.READ, layer):
        raise Forbidden(action=Action.READ.value, layer=layer_id)
    try:
        return store.connection.scalar(select(table.id).where(table.id == UUID(given)))
    except ValueError:
        return store.connection.scalar(select(table.id).where(table[layer.key] == given)) if layer.key else None


def _hazard(store: Reader, layer_id: str, incident: UUID, name: str | None) -> str | None:
    table = store.tables.layers[layer_id].c
    return store.connection.scalar(select(table[name]).where(table.id == incident)) if name else None


def _codes(store: Reader, layer_id: str) -> list[str]:
    layer, table = store.catalogue.layer(layer_id), store.tables.layers[layer_id].c
    return list(store.connection.scalars(select(table[layer.key]).where(table[layer.key].is_not(None)).order_by(table.id.desc()).limit(50))) if layer.key else []
