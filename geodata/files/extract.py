"""What goes out of a layer: which features in which order, which fields, and in whose words; read page by page."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import numpy as np
from shapely.geometry.base import BaseGeometry

from geodata.files.coordinates import Coordinates
from geodata.store.features import Feature, Store
from geodata.store.rows import is_shown, sees_exactly
from geodata.store.selecting import Box
from layers.spec import Action, Field, Geometry, Label, Layer

_PAGE = 5_000
UTF8 = "UTF-8"
HERE = ZoneInfo("Asia/Shanghai")  # whose clock people read
Styles = Callable[[Layer], str | None]  # how QGIS draws a layer
_YES_NO = {True: Label("是", "yes"), False: Label("否", "no")}


@dataclass(frozen=True)
class Extract:
    """Features of a layer that touch `bbox` and `zone`, meet `filter` and are among `ids` (each None: all), in the order of `sort`.

    `fields` None: all. With a `language`, tables have headings, choices and the names of referred features in its words;
    without, field ids and values as they are stored. Box and zone are in degrees as stored, whatever `coordinates` the
    file is written in; both meet what the reader sees, which may be a coarse position. `encoding` is of the texts of Shapefiles.
    """

    layer: str
    bbox: Box | None = None
    filter: str | None = None
    ids: tuple[UUID, ...] | None = None
    fields: tuple[str, ...] | None = None
    sort: str | None = None
    language: str | None = None
    zone: BaseGeometry | None = None
    coordinates: Coordinates = Coordinates()
    encoding: str = UTF8


class Rows:
    """An extract being read in one transaction, as its reader may see it."""

    def __init__(self, store: Store, wanted: Extract, styles: Styles | None = None) -> None:
        self._store = store
        self.wanted = wanted
        self.layer: Layer = store.catalogue.layer(wanted.layer)
        self.style = styles(self.layer) if styles else None
        every = {one.id: one for one in self.layer.all_fields}
        self.fields: tuple[Field, ...] = tuple(every.values()) if wanted.fields is None else tuple(every[name] for name in wanted.fields)
        self._names: dict[str, dict[str, str]] = {one.id: {} for one in self.fields if one.reference}

    def count(self) -> int:
        """How many features there are to go out."""
        return self._store.summary(self.layer.id, bbox=self.wanted.bbox, filter=self.wanted.filter, ids=self.wanted.ids, zone=self.wanted.zone).count

    @property
    def masked(self) -> tuple[Field, ...]:
        """The fields whose values this reader gets masked."""
        reveal = self._store.may(Action.REVEAL, self.layer)
        return tuple(one for one in self.fields if not is_shown(one, reveal=reveal))

    @property
    def is_coarse(self) -> bool:
        """Whether this reader gets coarse positions."""
        return self.layer.geometry is not Geometry.NONE and not sees_exactly(self.layer, reveal=self._store.may(Action.REVEAL, self.layer))

    def pages(self) -> Iterator[tuple[Feature, ...]]:
        """The features with their shapes in the coordinates wanted, some thousands at a time."""
        cursor = None
        while True:
            page = self._store.page(self.layer.id, bbox=self.wanted.bbox, filter=self.wanted.filter, ids=self.wanted.ids, sort=self.wanted.sort,
                                    zone=self.wanted.zone, limit=_PAGE, cursor=cursor)
            if self.wanted.language:
                self._learn(page.features)
            yield self._placed(page.features)
            cursor = page.next_cursor
            if cursor is None:
                return

    def _placed(self, features: tuple[Feature, ...]) -> tuple[Feature, ...]:
        if self.wanted.coordinates.stored or not features or self.layer.geometry is Geometry.NONE:
            return features
        shapes = self.wanted.coordinates.placed(np.array([one.geometry for one in features], dtype=object))
        return tuple(replace(one, geometry=shape) for one, shape in zip(features, shapes.tolist(), strict=True))

    def heading(self, one: Field) -> str:
        return one.label.in_language(self.wanted.language) if self.wanted.language else one.id

    def value(self, one: Field, feature: Feature) -> Any:
        """A feature's value of a field for a table: None, text, number, truth, date or moment; lists are joined."""
        value = feature.properties.get(one.id)
        if isinstance(value, list):
            return "、".join(str(self._said(one, each)) for each in value) or None
        return self._said(one, value)

    def _said(self, one: Field, value: Any) -> Any:
        language = self.wanted.language
        if value is None or language is None:
            return value
        if one.reference:
            return self._names[one.id].get(str(value), value)
        if isinstance(value, bool):
            return _YES_NO[value].in_language(language)
        if isinstance(value, datetime):
            return value.astimezone(HERE)
        choice = one.choice(value)
        return choice.label.in_language(language) if choice else value

    def _learn(self, features: tuple[Feature, ...]) -> None:
        """The names of what these features refer to, where the reader may read them."""
        for one in self.fields:
            if one.reference is None:
                continue
            target = self._store.catalogue.layer(one.reference)
            name, known = target.title or target.key, self._names[one.id]
            new = {UUID(value) for feature in features if (value := feature.properties.get(one.id)) and value not in known}
            if name and new and self._store.may(Action.READ, target):
                known |= {str(key): str(found.properties[name]) for key, found in self._store.by_ids(target.id, new).items() if found.properties[name]}


MARK = Label("坐标基准", "coordinates shifted to")  # the column that marks shifted coordinates in every row
MARK_COLUMN = "_datum"  # no field's id begins with a mark


def plain(value: Any) -> Any:
    """A value that JSON can carry: dates and moments in ISO 8601."""
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    return value if isinstance(value, (str, int, float, bool, list, type(None))) else str(value)
