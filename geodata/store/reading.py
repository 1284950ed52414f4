"""Reading a space: pages, single features, history, snapshots for the index; permission is checked here, below the API."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import shapely
from psycopg.errors import QueryCanceled
from shapely.geometry.base import BaseGeometry
from sqlalchemy import (
    ColumnElement,
    Connection,
    RowMapping,
    Table,
    Text,
    Uuid,
    and_,
    case,
    cast,
    false,
    func,
    not_,
    or_,
    select,
    text,
    true,
)
from sqlalchemy.exc import DBAPIError

from geodata.store import rights
from geodata.store.answers import HistoryEntry, JsonPage, MeasureSum, Page, Snapshot, Summary
from geodata.store.changes import ChangedItem, ChangesSince, LayerVersion, changed_ids, read_versions
from geodata.store.freshness import OLDEST, Verified
from geodata.store.kept import KeptPages, PageKey, PageQuestion
from geodata.store.ordering import PINYIN, Key, Order, keys_named
from geodata.store.reverting import Commit, CommitFeature, recent, touched_by
from geodata.store.rows import SYSTEM_PROPERTIES, Feature, coarse, feature_select, geojson_text, mask_value, masked, shown_shape, to_feature
from geodata.store.selecting import Box, among, matching
from geodata.store.systems import CRS84, PlaneBox, System, reached
from geodata.store.tables import SpaceTables
from geodata.store.wording import saying
from layers.collection import Catalogue
from layers.errors import FeatureNotFound, Forbidden, InvalidInput, Problem
from layers.spec import Action, Actor, Field, Geometry, Layer, Sensitivity

MAX_PAGE = 10_000  # one answer stays under some tens of MB; larger sets are paged or tiled
_KNOWS_PINYIN = text(f"SELECT EXISTS (SELECT FROM pg_collation WHERE collname = '{PINYIN}')")


class Reader:
    """What one actor can see in one transaction of one space."""

    def __init__(self, connection: Connection, catalogue: Catalogue, tables: SpaceTables, actor: Actor, *, is_drill: bool, is_past: bool = False,
                 kept: KeptPages | None = None) -> None:
        self._kept = kept  # only of a transaction that writes nothing: what it wrote itself is not yet told by a version
        self.connection = connection
        self.catalogue = catalogue
        self.actor = actor
        self.tables = tables
        self._is_drill = is_drill
        self._is_past = is_past
        self._still = kept is not None or is_past  # one snapshot, nothing written: what was read of it once holds
        self._standing: dict[str, LayerVersion] | None = None

    def may(self, action: Action, layer: Layer) -> bool:
        """Whether the actor may do this here; see `geodata.store.rights`."""
        return rights.may(self.actor, action, layer, is_drill=self._is_drill, is_past=self._is_past)

    def _open(self, layer_id: str, action: Action) -> tuple[Layer, Table]:
        layer = self.catalogue.layer(layer_id)
        if not self.may(action, layer):
            raise Forbidden(action=action.value, layer=layer_id)
        return layer, self.tables.layers[layer_id]

    def _reveals(self, layer: Layer) -> bool:
        return self.may(Action.REVEAL, layer)

    def page(self, layer_id: str, *, bbox: Box | None = None, filter: str | None = None, ids: Iterable[UUID] | None = None,
             limit: int = 100, cursor: str | None = None, count: bool = False, sort: str | None = None, zone: BaseGeometry | None = None) -> Page:
        """At most `limit` features that touch the box and the zone (its edge counts; checked, in degrees) and meet the CQL2 filter.

        In order of id, or by `sort`: `field,-other`, `-` for falling; unknown values last, ties by id. Raises InvalidInput at `sort`.
        """
        layer, table = self._open(layer_id, Action.READ)
        clause, order = self._where(layer, table, bbox, filter, ids, zone=zone), self._order(layer, table, sort)
        query = feature_select(layer, table, reveal=self._reveals(layer)).add_columns(*order.cells).where(clause, order.after(cursor))
        rows = self.connection.execute(query.order_by(*order.by).limit(_bounded(limit) + 1)).all()
        features = tuple(to_feature(layer, row) for row in rows[:limit])
        following = order.cursor(rows[limit - 1]) if len(rows) > limit else None
        return Page(features, following, self._count(table, clause) if count else None)

    def page_json(self, layer_id: str, *, bbox: Box | PlaneBox | None = None, filter: str | None = None, ids: Iterable[UUID] | None = None,
                  limit: int = 100, cursor: str | None = None, fields: Sequence[str] | None = None,
                  geometry: bool = True, count: bool = True, sort: str | None = None, offset: int = 0,
                  told_in: System = CRS84, filter_in: System = CRS84) -> JsonPage:
        """The same question as `page`, answered as GeoJSON text straight from PostGIS. `offset` passes over so many rows first.

        `told_in`: the coordinate reference system of the answer; `filter_in`: that of shapes in the filter. Raises InvalidInput at `crs`
        where something lies so far off that it has no place in one of them. Where pages are kept, the same question at the same version is not asked again, but in an order, which may be by what another
        layer says, and in a walk through a whole layer, which does not count.
        """
        layer, table = self._open(layer_id, Action.READ)
        if self._kept is None or sort is not None or ids is not None or not count:
            return self._page_json(layer, table, bbox, filter, ids, limit, cursor, fields, geometry, count, sort, offset, told_in, filter_in)
        question = PageQuestion(bbox, filter, limit, cursor, None if fields is None else tuple(fields), geometry, offset, told_in, filter_in)
        standing = self.version(layer_id)
        key = PageKey(layer_id, standing.token, self._reveals(layer), question)
        found = self._kept.get(key, layer)
        if found is None:
            found = self._page_json(layer, table, bbox, filter, ids, limit, cursor, fields, geometry, count, sort, offset, told_in, filter_in)
            found = replace(found, version=standing)
            self._kept.put(key, layer, found)
        return found

    def _page_json(self, layer: Layer, table: Table, bbox: Box | PlaneBox | None, filter: str | None, ids: Iterable[UUID] | None, limit: int,
                   cursor: str | None, fields: Sequence[str] | None, geometry: bool, count: bool, sort: str | None, offset: int,
                   told_in: System, filter_in: System) -> JsonPage:
        clause, order = self._where(layer, table, bbox, filter, ids, filter_in), self._order(layer, table, sort)
        chosen = (select(table.c.id, *order.cells).where(clause, order.after(cursor))
                  .order_by(*order.by).limit(_bounded(limit) + 1).offset(offset).cte("chosen"))  # so that text is made of these rows alone
        place = func.row_number().over().label("place")
        placed = select(chosen, place).subquery("placed")
        body = geojson_text(layer, table, reveal=self._reveals(layer), fields=fields, geometry=geometry, told=told_in.told, digits=told_in.digits)
        query = select(placed, body.label("body")).join(table, table.c.id == placed.c.id).order_by(placed.c.place)
        with reached():
            rows = self.connection.execute(query).all()
            matched = self._count(table, clause) if count else None
        shown = rows[:limit]
        following = order.cursor(shown[-1]) if len(rows) > limit else None
        return JsonPage(",".join(row.body for row in shown), len(shown), matched, following)

    def get(self, layer_id: str, feature_id: UUID) -> Feature:
        """One feature, or FeatureNotFound."""
        layer, table = self._open(layer_id, Action.READ)
        row = self.connection.execute(feature_select(layer, table, reveal=self._reveals(layer)).where(table.c.id == feature_id)).first()
        if row is None:
            raise FeatureNotFound(layer=layer_id, id=feature_id)
        return to_feature(layer, row)

    def get_json(self, layer_id: str, feature_id: UUID, *, told_in: System = CRS84) -> tuple[int, str]:
        """(version, GeoJSON text) of one feature, or FeatureNotFound. Raises InvalidInput at `crs` as `page_json` does."""
        layer, table = self._open(layer_id, Action.READ)
        body = geojson_text(layer, table, reveal=self._reveals(layer), told=told_in.told, digits=told_in.digits)
        with reached():
            row = self.connection.execute(select(table.c.version, body).where(table.c.id == feature_id)).first()
        if row is None:
            raise FeatureNotFound(layer=layer_id, id=feature_id)
        return row[0], row[1]

    def by_ids(self, layer_id: str, ids: Iterable[UUID]) -> dict[UUID, Feature]:
        """Those of the features that are there, by id, in no order."""
        layer, table = self._open(layer_id, Action.READ)
        query = feature_select(layer, table, reveal=self._reveals(layer)).where(among(table, ids))
        return {row.id: to_feature(layer, row) for row in self.connection.execute(query)}

    def by_ids_json(self, layer_id: str, ids: Iterable[UUID]) -> dict[UUID, str]:
        """Those of the features that are there, as GeoJSON text by id."""
        layer, table = self._open(layer_id, Action.READ)
        query = select(table.c.id, geojson_text(layer, table, reveal=self._reveals(layer))).where(among(table, ids))
        return {row[0]: row[1] for row in self.connection.execute(query)}

    def matching_ids(self, layer_id: str, filter: str) -> set[UUID]:
        """Ids of all features that meet a CQL2 filter."""
        layer, table = self._open(layer_id, Action.READ)
        return set(self.connection.scalars(select(table.c.id).where(self._where(layer, table, None, filter, None))))

    def rows(self, layer_id: str, fields: Sequence[str]) -> list[RowMapping]:
        """Every combination of values of these fields that is there, as the reader sees them, with the `id` of one feature that has it.

        In order of that id; without the one in which nothing is known.
        """
        layer, table = self._open(layer_id, Action.READ)
        reveal = self._reveals(layer)
        shown = [masked(one, table.c[one.id], reveal=reveal).label(one.id) for one in layer.all_fields if one.id in fields]
        known = or_(*(table.c[one].is_not(None) for one in fields))
        first = cast(func.min(cast(table.c.id, Text)), Uuid).label("id")
        return [row._mapping for row in self.connection.execute(select(first, *shown).where(known).group_by(*shown).order_by(first))]

    def holding(self, layer_id: str, words: Sequence[str], *, limit: int, patience_ms: int, within: frozenset[str] | None = None) -> list[Feature] | None:
        """At most `limit` features in whose visible texts and choices every folded word occurs, in no order; None when it takes longer than that.

        `within`: the fields looked at; without it all of them.
        """
        layer, table = self._open(layer_id, Action.READ)
        reveal = self._reveals(layer)
        query = feature_select(layer, table, reveal=reveal).where(saying(layer, table, words, reveal=reveal, within=within)).limit(_bounded(limit))
        try:
            with self.connection.begin_nested():
                self.connection.execute(text(f"SET LOCAL statement_timeout = {patience_ms:d}"))
                rows = self.connection.execute(query).all()
                self.connection.execute(text("SET LOCAL statement_timeout TO DEFAULT"))
        except DBAPIError as fault:
            if isinstance(fault.orig, QueryCanceled):
                return None
            raise
        return [to_feature(layer, row) for row in rows]

    def with_number(self, layer_id: str, digits: str, *, limit: int) -> list[tuple[UUID, Field]]:
        """Features of which a personal text is exactly this number, dashes and blanks apart, with the field. Only for revealers; nothing is shown."""
        layer, table = self._open(layer_id, Action.REVEAL)
        personal = [one for one in layer.all_fields if one.sensitivity is Sensitivity.PERSONAL and one.type is str]
        same = [func.coalesce(func.translate(table.c[one.id], " -()（）", "") == digits, false()) for one in personal]
        if not same:
            return []
        rows = self.connection.execute(select(table.c.id, *same).where(or_(*same)).order_by(table.c.id).limit(_bounded(limit)))
        return [(row[0], one) for row in rows for one, is_same in zip(personal, row[1:], strict=True) if is_same]

    def count(self, layer_id: str, *, bbox: Box | None = None, filter: str | None = None) -> int:
        """How many features touch the box and meet the filter."""
        layer, table = self._open(layer_id, Action.READ)
        return self._count(table, self._where(layer, table, bbox, filter, None))

    def summary(self, layer_id: str, *, bbox: Box | None = None, filter: str | None = None, ids: Iterable[UUID] | None = None,
                zone: BaseGeometry | None = None) -> Summary:
        """Count and sums of all features that touch the box and the zone and meet the filter; of each measure also in how many it is unknown.

        Measures that the reader sees masked are left out. The sum of none known is None, never 0.
        """
        layer, table = self._open(layer_id, Action.READ)
        measures = [one for one in layer.measures if one.sensitivity is Sensitivity.PUBLIC or self._reveals(layer)]
        columns = [column for one in measures for column in (func.sum(table.c[one.id]), func.count(table.c[one.id]))]
        row = self.connection.execute(select(func.count(), *columns).select_from(table).where(self._where(layer, table, bbox, filter, ids, zone=zone))).one()
        sums = {one.id: MeasureSum(_plain_number(row[2 * place + 1]), row[0] - row[2 * place + 2]) for place, one in enumerate(measures)}
        return Summary(row[0], sums)

    def position(self, layer_id: str, feature_id: UUID, *, bbox: Box | None = None, filter: str | None = None, sort: str | None = None) -> int | None:
        """How many rows come before a feature in this order; None where it is not among them."""
        layer, table = self._open(layer_id, Action.READ)
        clause, order = self._where(layer, table, bbox, filter, None), self._order(layer, table, sort)
        row = self.connection.execute(select(table.c.id, *order.cells).where(clause, table.c.id == feature_id)).first()
        if row is None:
            return None
        behind = order.behind(list(row[1:]), row.id)
        return self._count(table, and_(clause, not_(behind), table.c.id != feature_id))

    def freshness(self, layer_id: str) -> dict[str, Any]:
        """What an answer from this layer rests on: verified times, source names and dates, bounds; unknown ones counted."""
        layer, table = self._open(layer_id, Action.READ)
        stated = table.c
        row = self.connection.execute(select(
            func.count().label("count"), func.min(stated.verified_at).label("verified_oldest"), func.max(stated.verified_at).label("verified_latest"),
            func.count().filter(stated.verified_at.is_(None)).label("unknown"),
            func.array_agg(stated.source.distinct()).filter(stated.source.is_not(None)).label("sources"),
            func.array_agg(stated.source_date.distinct()).filter(stated.source_date.is_not(None)).label("source_dates"))).one()
        known = dict(row._mapping)
        known["sources"], known["source_dates"] = sorted(known["sources"] or []), sorted(known["source_dates"] or [])
        known["bounds"] = self._bounds(layer, table) if layer.geometry is not Geometry.NONE else None
        return known

    def verified(self, layer_id: str, moment: datetime) -> Verified:
        """When the layer's features were verified, for `bands` at `moment` or later."""
        _, table = self._open(layer_id, Action.READ)
        stated = table.c.verified_at
        minute = func.date_trunc("minute", stated, "UTC")
        recent = stated >= moment - OLDEST - timedelta(minutes=1)
        rows = self.connection.execute(select(case((recent, minute)).label("minute"), stated.is_(None).label("unknown"), func.count()).group_by("minute", "unknown"))
        found = {(one, unknown): count for one, unknown, count in rows}
        return Verified({one: count for (one, _), count in found.items() if one}, found.get((None, False), 0), found.get((None, True), 0))

    def _bounds(self, layer: Layer, table: Table) -> Box | None:
        box = func.ST_Extent(shown_shape(layer, table, reveal=self._reveals(layer)))
        row = self.connection.execute(select(func.ST_XMin(box), func.ST_YMin(box), func.ST_XMax(box), func.ST_YMax(box))).one()
        return None if row[0] is None else (row[0], row[1], row[2], row[3])

    def _where(self, layer: Layer, table: Table, bbox: Box | PlaneBox | None, filter_text: str | None, ids: Iterable[UUID] | None,
               filter_in: System = CRS84, zone: BaseGeometry | None = None) -> ColumnElement[bool]:
        return matching(layer, table, bbox, filter_text, ids, reveal=self._reveals(layer), filter_in=filter_in, zone=zone)

    def _order(self, layer: Layer, table: Table, sort: str | None) -> Order:
        """The order that `sort` names, over what this reader may see. Text is in the order of pinyin where the database knows it."""
        if not sort:
            return Order(table)
        hidden = self._hidden(layer)
        known = {one.id: self._key(one, table) for one in layer.all_fields if one.id not in hidden}
        known |= {name: Key(name, table.c[name], table.c[name].type.python_type) for name in SYSTEM_PROPERTIES}
        keys = keys_named(sort, known, hidden, layer.id)
        pinyin = any(one.type is str for one in keys) and self.connection.scalar(_KNOWS_PINYIN)
        return Order(table, keys, PINYIN if pinyin else None)

    def sortable(self, layer_id: str) -> list[str]:
        """What this reader may put the layer's features in order by."""
        layer, _ = self._open(layer_id, Action.READ)
        hidden = self._hidden(layer)
        return [*(one.id for one in layer.all_fields if one.id not in hidden), *SYSTEM_PROPERTIES]

    def _hidden(self, layer: Layer) -> frozenset[str]:
        reveal = self._reveals(layer)
        return frozenset(one.id for one in layer.all_fields if not reveal and one.sensitivity is not Sensitivity.PUBLIC)

    def _key(self, one: Field, table: Table) -> Key:
        """A field to order by; a reference by the name of what it refers to, where the reader may know that."""
        column = table.c[one.id]
        if one.reference is None:
            return Key(one.id, column, one.type, one.many)
        target = self.catalogue.layer(one.reference)
        name = (self.title_shown(target) or target.key) if self.may(Action.READ, target) else None
        if name is None:
            return Key(one.id, column, UUID)
        other = self.tables.layers[target.id].alias(f"of_{one.id}")
        named = select(other.c[name]).where(other.c.id == column).scalar_subquery()
        return Key(one.id, named, target.field(name).type)  # type: ignore[union-attr]

    def _count(self, table: Table, clause: ColumnElement[bool]) -> int:
        return self.connection.scalar(select(func.count()).select_from(table).where(clause)) or 0

    def history(self, layer_id: str, feature_id: UUID) -> list[HistoryEntry]:
        """Every step of a feature's life, oldest first, also after it was deleted. FeatureNotFound when it never was."""
        layer, table = self._open(layer_id, Action.READ)
        steps = self.tables.history.c
        rows = self.connection.execute(
            select(steps.version, steps.op, steps.at, steps.by, steps.reason, steps.before, steps.after,
                   func.ST_AsBinary(steps.geom_before).label("shape_before"), func.ST_AsBinary(steps.geom_after).label("shape_after"))
            .where(steps.layer == layer_id, steps.feature_id == feature_id).order_by(steps.id)).all()
        if not rows and self.connection.scalar(select(table.c.id).where(table.c.id == feature_id)) is None:
            raise FeatureNotFound(layer=layer_id, id=feature_id)
        reveal = self._reveals(layer)
        return [HistoryEntry(row.version, row.op, row.at, row.by, row.reason, _shown(layer, row.before, reveal), _shown(layer, row.after, reveal),
                             coarse(layer, _shape(row.shape_before), reveal=reveal),
                             coarse(layer, _shape(row.shape_after), reveal=reveal)) for row in rows]

    def commits(self, *, layers: Iterable[str] | None = None, before: datetime | None = None, by: str | None = None, limit: int = 50) -> list[Commit]:
        """Commits to the layers the actor may read (or to some of them), newest first; see `geodata.store.reverting.recent`."""
        readable = {one.id for one in self.catalogue.values() if self.may(Action.READ, one)}
        return recent(self.connection, self.tables, readable if layers is None else readable & set(layers), before=before, by=by, limit=limit)

    def touched_by(self, token: UUID, *, limit: int = 200) -> list[CommitFeature]:
        """Features that a commit touched, of the layers the actor may read; a personal title only for those who may reveal it."""
        readable = {one.id: (self.title_shown(one), self.tables.layers[one.id]) for one in self.catalogue.values() if self.may(Action.READ, one)}
        return touched_by(self.connection, self.tables, token, readable, limit)

    def title_shown(self, layer: Layer) -> str | None:
        """The field of a layer's title, or None where this actor may not read it."""
        title = layer.field(layer.title) if layer.title else None
        return title.id if title and (title.sensitivity is Sensitivity.PUBLIC or self._reveals(layer)) else None

    def snapshot(self, layer_id: str, fields: Sequence[str] = (), *, ids: Iterable[UUID] | None = None) -> Snapshot:
        """The whole layer, or those of these features that are there, with its version, from one snapshot.

        Layers without geometry give empty `wkb`.
        """
        _, table = self._open(layer_id, Action.READ)
        version = self.version(layer_id)
        columns: list[ColumnElement[Any]] = [table.c.id, *(table.c[name] for name in fields)]
        if "geom" in table.c:
            columns.append(func.ST_AsBinary(table.c.geom))
        if ids is None:
            self.connection.execute(text("SET LOCAL statement_timeout = 0"))
        rows = self.connection.execute(select(*columns).where(true() if ids is None else among(table, ids)).order_by(table.c.id)).all()
        wkb = [bytes(row[-1]) for row in rows] if "geom" in table.c else []
        return Snapshot(version, [row[0] for row in rows], wkb, {name: [row[place] for row in rows] for place, name in enumerate(fields, 1)})

    def version(self, layer_id: str) -> LayerVersion:
        """Where a layer stands in this transaction's snapshot."""
        return self.versions()[layer_id]

    def versions(self) -> dict[str, LayerVersion]:
        """Where every layer stands in this transaction's snapshot."""
        if self._standing is None or not self._still:
            self._standing = read_versions(self.connection, self.tables)
        return self._standing

    def changes_since(self, layer_id: str, since: LayerVersion | None, fields: Sequence[str] = ()) -> ChangesSince:
        """What to apply to come from `since` to now: present rows (`fields`, and `wkb`) of the features touched, None for those gone."""
        _, table = self._open(layer_id, Action.READ)
        now = self.version(layer_id)
        if since == now:
            return ChangesSince(now, True)
        ids = None if since is None else changed_ids(self.connection, self.tables, layer_id, since)
        if ids is None:
            return ChangesSince(now, False)
        columns: list[ColumnElement[Any]] = [table.c.id, *(table.c[name] for name in fields)]
        if "geom" in table.c:
            columns.append(func.ST_AsBinary(table.c.geom).label("wkb"))
        rows = {row.id: dict(row._mapping) for row in self.connection.execute(select(*columns).where(among(table, ids)))}
        return ChangesSince(now, True, tuple(ChangedItem(one, rows.get(one)) for one in sorted(ids)))


def _bounded(limit: int) -> int:
    if not 1 <= limit <= MAX_PAGE:
        raise InvalidInput(problems=[Problem("limit", "out-of-range", {"minimum": 1, "maximum": MAX_PAGE, "value": limit, "unit": "", "unit_en": ""})])
    return limit


def _plain_number(value: Any) -> int | float | None:
    """A sum as PostgreSQL gives it: whole numbers come as Decimal."""
    return int(value) if isinstance(value, Decimal) else value


def _shape(wkb: Any) -> BaseGeometry | None:
    return None if wkb is None else shapely.from_wkb(bytes(wkb))


def _shown(layer: Layer, properties: Mapping[str, Any] | None, reveal: bool) -> Mapping[str, Any] | None:
    if properties is None:
        return None
    return {name: mask_value(one, value, reveal=reveal) if (one := layer.field(name)) else value for name, value in properties.items()}
