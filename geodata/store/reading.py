"""Reading a space: pages, single features, history, snapshots for the index; permission is checked here, below the API."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import shapely
from shapely.geometry.base import BaseGeometry
from sqlalchemy import ColumnElement, Connection, Table, and_, false, func, select, text, true

from geodata.store.changes import ChangedItem, ChangesSince, LayerVersion, changed_ids, read_versions
from geodata.store.filters import condition
from geodata.store.metadata import STORAGE_SRID
from geodata.store.reverting import Commit, CommitFeature, recent, touched_by
from geodata.store.rows import Feature, coarse, feature_select, geojson_text, mask_value, shown_shape, to_feature
from geodata.store.tables import SpaceTables
from layers.errors import FeatureNotFound, Forbidden, InvalidInput, Problem
from layers.spec import Action, Actor, Catalogue, Geometry, Layer, Role, Sensitivity

MAX_PAGE = 10_000  # one answer stays under some tens of MB; larger sets are paged or tiled
Box = tuple[float, float, float, float]  # west, south, east, north in degrees, EPSG:4490


@dataclass(frozen=True)
class Page:
    """Features in order of id. `next_cursor` None at the end; `matched` counts all that fit, or None when not asked."""

    features: tuple[Feature, ...]
    next_cursor: str | None
    matched: int | None


@dataclass(frozen=True)
class JsonPage:
    """The same as GeoJSON text: `features` is Feature objects joined by commas, to be put between brackets."""

    features: str
    returned: int
    matched: int | None
    next_cursor: str | None


@dataclass(frozen=True)
class HistoryEntry:
    """One step in a feature's life. `before` and `after` are property mappings; shapes beside them; None where there was none."""

    version: int
    op: str
    at: datetime
    by: str
    reason: str | None
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None
    geometry_before: BaseGeometry | None
    geometry_after: BaseGeometry | None


@dataclass(frozen=True)
class Snapshot:
    """A whole layer at one version, rows in order of id; `columns` has the fields asked for, as lists in that order."""

    version: LayerVersion
    ids: list[UUID]
    wkb: list[bytes]
    columns: Mapping[str, list[Any]]


class Reader:
    """What one actor can see in one transaction of one space."""

    def __init__(self, connection: Connection, catalogue: Catalogue, tables: SpaceTables, actor: Actor, *, is_drill: bool, is_past: bool = False) -> None:
        self.connection = connection
        self.catalogue = catalogue
        self.actor = actor
        self.tables = tables
        self._is_drill = is_drill
        self._is_past = is_past

    def may(self, action: Action, layer: Layer) -> bool:
        """Whether the actor may do this here. In a drill its controllers play every part; live refuses drill layers; the past is only read."""
        if self._is_past and action not in (Action.READ, Action.REVEAL):
            return False
        if layer.drill_only and not self._is_drill and action not in (Action.READ, Action.REVEAL):
            return False
        if self._is_drill and Role.DRILL_CONTROLLER in self.actor.roles:
            return True
        return self.actor.may(action, layer)

    def _open(self, layer_id: str, action: Action) -> tuple[Layer, Table]:
        layer = self.catalogue.layer(layer_id)
        if not self.may(action, layer):
            raise Forbidden(action=action.value, layer=layer_id)
        return layer, self.tables.layers[layer_id]

    def _reveals(self, layer: Layer) -> bool:
        return self.may(Action.REVEAL, layer)

    def page(self, layer_id: str, *, bbox: Box | None = None, filter: str | None = None, ids: Iterable[UUID] | None = None,
             limit: int = 100, cursor: str | None = None, count: bool = False) -> Page:
        """At most `limit` features that touch the box (its edge counts) and meet the CQL2 filter, in order of id."""
        layer, table = self._open(layer_id, Action.READ)
        clause = self._where(layer, table, bbox, filter, ids)
        query = feature_select(layer, table, reveal=self._reveals(layer)).where(clause, self._after(table, cursor))
        rows = self.connection.execute(query.order_by(table.c.id).limit(_bounded(limit) + 1)).all()
        features = tuple(to_feature(layer, row) for row in rows[:limit])
        following = str(features[-1].id) if len(rows) > limit else None
        return Page(features, following, self._count(table, clause) if count else None)

    def page_json(self, layer_id: str, *, bbox: Box | None = None, filter: str | None = None, ids: Iterable[UUID] | None = None,
                  limit: int = 100, cursor: str | None = None, fields: Sequence[str] | None = None,
                  geometry: bool = True, count: bool = True) -> JsonPage:
        """The same question as `page`, answered as GeoJSON text straight from PostGIS."""
        layer, table = self._open(layer_id, Action.READ)
        clause = self._where(layer, table, bbox, filter, ids)
        query = (select(table.c.id, geojson_text(layer, table, reveal=self._reveals(layer), fields=fields, geometry=geometry))
                 .where(clause, self._after(table, cursor)).order_by(table.c.id).limit(_bounded(limit) + 1))
        rows = self.connection.execute(query).all()
        shown = rows[:limit]
        following = str(shown[-1][0]) if len(rows) > limit else None
        return JsonPage(",".join(row[1] for row in shown), len(shown), self._count(table, clause) if count else None, following)

    def get(self, layer_id: str, feature_id: UUID) -> Feature:
        """One feature, or FeatureNotFound."""
        layer, table = self._open(layer_id, Action.READ)
        row = self.connection.execute(feature_select(layer, table, reveal=self._reveals(layer)).where(table.c.id == feature_id)).first()
        if row is None:
            raise FeatureNotFound(layer=layer_id, id=feature_id)
        return to_feature(layer, row)

    def get_json(self, layer_id: str, feature_id: UUID) -> tuple[int, str]:
        """(version, GeoJSON text) of one feature, or FeatureNotFound."""
        layer, table = self._open(layer_id, Action.READ)
        query = select(table.c.version, geojson_text(layer, table, reveal=self._reveals(layer))).where(table.c.id == feature_id)
        row = self.connection.execute(query).first()
        if row is None:
            raise FeatureNotFound(layer=layer_id, id=feature_id)
        return row[0], row[1]

    def by_ids(self, layer_id: str, ids: Iterable[UUID]) -> dict[UUID, Feature]:
        """Those of the features that are there, by id, in no order."""
        layer, table = self._open(layer_id, Action.READ)
        query = feature_select(layer, table, reveal=self._reveals(layer)).where(_among(table, ids))
        return {row.id: to_feature(layer, row) for row in self.connection.execute(query)}

    def by_ids_json(self, layer_id: str, ids: Iterable[UUID]) -> dict[UUID, str]:
        """Those of the features that are there, as GeoJSON text by id."""
        layer, table = self._open(layer_id, Action.READ)
        query = select(table.c.id, geojson_text(layer, table, reveal=self._reveals(layer))).where(_among(table, ids))
        return {row[0]: row[1] for row in self.connection.execute(query)}

    def matching_ids(self, layer_id: str, filter: str) -> set[UUID]:
        """Ids of all features that meet a CQL2 filter."""
        layer, table = self._open(layer_id, Action.READ)
        return set(self.connection.scalars(select(table.c.id).where(self._where(layer, table, None, filter, None))))

    def count(self, layer_id: str, *, bbox: Box | None = None, filter: str | None = None) -> int:
        """How many features touch the box and meet the filter."""
        layer, table = self._open(layer_id, Action.READ)
        return self._count(table, self._where(layer, table, bbox, filter, None))

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

    def _bounds(self, layer: Layer, table: Table) -> Box | None:
        box = func.ST_Extent(shown_shape(layer, table, reveal=self._reveals(layer)))
        row = self.connection.execute(select(func.ST_XMin(box), func.ST_YMin(box), func.ST_XMax(box), func.ST_YMax(box))).one()
        return None if row[0] is None else (row[0], row[1], row[2], row[3])

    def _where(self, layer: Layer, table: Table, bbox: Box | None, filter_text: str | None, ids: Iterable[UUID] | None) -> ColumnElement[bool]:
        clauses: list[ColumnElement[bool]] = []
        if bbox is not None:
            clauses.append(_touches(shown_shape(layer, table, reveal=self._reveals(layer)), bbox) if "geom" in table.c else false())
        if filter_text:
            clauses.append(condition(filter_text, layer, table, reveal=self._reveals(layer)))
        if ids is not None:
            clauses.append(_among(table, ids))
        return and_(true(), *clauses)

    def _after(self, table: Table, cursor: str | None) -> ColumnElement[bool]:
        if cursor is None:
            return true()
        try:
            return table.c.id > UUID(cursor)
        except ValueError:
            raise InvalidInput(problems=[Problem("/cursor", "cursor-unknown", {"cursor": cursor[:80]})]) from None

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
        readable = {one.id: (self._told_title(one), self.tables.layers[one.id]) for one in self.catalogue.values() if self.may(Action.READ, one)}
        return touched_by(self.connection, self.tables, token, readable, limit)

    def _told_title(self, layer: Layer) -> str | None:
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
        rows = self.connection.execute(select(*columns).where(true() if ids is None else _among(table, ids)).order_by(table.c.id)).all()
        wkb = [bytes(row[-1]) for row in rows] if "geom" in table.c else []
        return Snapshot(version, [row[0] for row in rows], wkb, {name: [row[place] for row in rows] for place, name in enumerate(fields, 1)})

    def version(self, layer_id: str) -> LayerVersion:
        """Where a layer stands in this transaction's snapshot."""
        return self.versions()[layer_id]

    def versions(self) -> dict[str, LayerVersion]:
        """Where every layer stands in this transaction's snapshot."""
        return read_versions(self.connection, self.tables)

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
        rows = {row.id: dict(row._mapping) for row in self.connection.execute(select(*columns).where(_among(table, ids)))}
        return ChangesSince(now, True, tuple(ChangedItem(one, rows.get(one)) for one in sorted(ids)))


def _bounded(limit: int) -> int:
    if not 1 <= limit <= MAX_PAGE:
        raise InvalidInput(problems=[Problem("limit", "out-of-range", {"minimum": 1, "maximum": MAX_PAGE, "value": limit})])
    return limit


def _among(table: Table, ids: Iterable[UUID]) -> ColumnElement[bool]:
    return table.c.id == func.any(list(ids))


def _touches(shape: ColumnElement[Any], bbox: Box) -> ColumnElement[bool]:
    west, south, east, north = bbox
    if west > east:  # RFC 7946 5.2: a box that crosses the antimeridian
        return _touches(shape, (west, south, 180.0, north)) | _touches(shape, (-180.0, south, east, north))
    box = func.ST_MakeEnvelope(west, south, east, north, STORAGE_SRID)
    return shape.op("&&")(box) & func.ST_Intersects(shape, box)


def _shape(wkb: Any) -> BaseGeometry | None:
    return None if wkb is None else shapely.from_wkb(bytes(wkb))


def _shown(layer: Layer, properties: Mapping[str, Any] | None, reveal: bool) -> Mapping[str, Any] | None:
    if properties is None or reveal:
        return properties
    return {name: mask_value(one, value) if (one := layer.field(name)) else value for name, value in properties.items()}
