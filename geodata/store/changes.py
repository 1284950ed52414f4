"""The change feed: versions in commit order per layer, and what changed since one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, String, and_, cast, false, func, or_, select, tuple_

from geodata.store.rows import coarse_box
from geodata.store.tables import DEFINITIONS, SpaceTables
from layers.errors import InvalidInput, Problem

Box = tuple[float, float, float, float]
COMMITS_TOUCHED = 100  # beyond it a reader of `read_touched` starts anew
FEATURES_PER_COMMIT = 200  # beyond it a reader refetches the layer, which is cheaper than naming every feature
_ENTRY = re.compile(r"^([a-z][a-z0-9_]*)\.(\d+)\.([0-9a-f]{8})$")


@dataclass(frozen=True)
class LayerVersion:
    """Where a layer stands. The random token tells apart two histories that reuse a number (restore, standby)."""

    version: int
    token: UUID


Standing = Mapping[str, LayerVersion]  # where the layers of a space stood at one look, by id


@dataclass(frozen=True)
class ChangedItem:
    """A feature that changed: its present row, or `row` None when it is gone."""

    id: UUID
    row: Mapping[str, Any] | None


@dataclass(frozen=True)
class ChangesSince:
    """What to apply to come to `version`. `known` False: the version asked about is not in the log, so read all anew."""

    version: LayerVersion
    known: bool
    items: tuple[ChangedItem, ...] = ()


@dataclass(frozen=True)
class Touched:
    """Where later commits to a layer took place: (version, box) of each feature before and after; box None: anywhere."""

    version: LayerVersion
    boxes: tuple[tuple[int, Box | None], ...]


@dataclass(frozen=True)
class FeedFeature:
    """A feature named by a commit: `op` insert, update or delete; bbox west, south, east, north before and after, or None."""

    id: UUID
    op: str
    bbox: tuple[float, float, float, float] | None

    def coarse(self) -> FeedFeature:
        """As a reader may see it who does not know exact positions."""
        return replace(self, bbox=coarse_box(self.bbox))


@dataclass(frozen=True)
class FeedItem:
    """One commit to one layer. `truncated`: it named more features than are listed. `cursor`: where a reader of it stands."""

    layer: str
    version: int
    token: UUID
    at: datetime
    by: str
    reason: str | None
    features: tuple[FeedFeature, ...]
    truncated: bool
    cursor: str

    def coarse(self) -> FeedItem:
        """As a reader may see it who does not know exact positions."""
        return replace(self, features=tuple(one.coarse() for one in self.features))


@dataclass(frozen=True)
class Feed:
    """Commits after a cursor. `reset`: the cursor is of another history; read everything anew and go on from `cursor`."""

    cursor: str
    reset: bool
    items: tuple[FeedItem, ...] = field(default=())


def read_versions(connection: Connection, tables: SpaceTables) -> dict[str, LayerVersion]:
    """(version, token) by layer id, run-time layer definitions among them under their own name."""
    state = tables.state.c
    return {row.layer: LayerVersion(row.version, row.token) for row in connection.execute(select(state.layer, state.version, state.token))}


def read_feed(connection: Connection, tables: SpaceTables, after: str | None, *, layers: set[str] | None, limit: int) -> Feed:
    """At most `limit` commits after the cursor, ordered by time and, within a layer, by version.

    `after` None: no items, only the cursor of now. A cursor that does not parse raises InvalidInput; one whose
    commits are not in the log gives `reset`.
    """
    now = read_versions(connection, tables)
    here = {layer: one for layer, one in now.items() if layers is None or layer in layers}
    if after is None:
        return Feed(_cursor(here), False)
    seen = _parse(after)
    if not _all_known(connection, tables, seen):
        return Feed(_cursor(here), True)
    commits = tables.commits.c
    newer = or_(*(and_(commits.layer == layer, commits.version > seen.get(layer, (0, ""))[0]) for layer in here)) if here else false()
    rows = connection.execute(select(tables.commits).where(newer).order_by(commits.at, commits.layer, commits.version).limit(limit)).all()
    reached: dict[str, LayerVersion] = {layer: LayerVersion(version, _padded(token)) for layer, (version, token) in seen.items()}
    items = []
    for row in rows:
        reached[row.layer] = LayerVersion(row.version, row.token)
        features, truncated = _features(connection, tables, row.layer, row.token)
        items.append(FeedItem(row.layer, row.version, row.token, row.at, row.by, row.reason, features, truncated, _cursor(reached)))
    return Feed(_cursor(reached), False, tuple(items))


def _features(connection: Connection, tables: SpaceTables, layer: str, token: UUID) -> tuple[tuple[FeedFeature, ...], bool]:
    if layer == DEFINITIONS:
        return (), False
    history = tables.history.c
    box = func.ST_Collect(func.ST_Envelope(history.geom_before), func.ST_Envelope(history.geom_after))
    rows = connection.execute(
        select(history.feature_id, history.op, func.ST_XMin(box), func.ST_YMin(box), func.ST_XMax(box), func.ST_YMax(box))
        .where(history.layer == layer, history.token == token).order_by(history.id).limit(FEATURES_PER_COMMIT + 1)).all()
    features = tuple(FeedFeature(row[0], row[1], None if row[2] is None else (row[2], row[3], row[4], row[5])) for row in rows)
    return features[:FEATURES_PER_COMMIT], len(rows) > FEATURES_PER_COMMIT


def changed_ids(connection: Connection, tables: SpaceTables, layer: str, since: LayerVersion) -> set[UUID] | None:
    """Ids of features touched after `since`; None when that (version, token) is not in the log."""
    commits, history = tables.commits.c, tables.history.c
    known = connection.scalar(select(commits.version).where(
        commits.layer == layer, commits.version == since.version, commits.token == since.token))
    if known is None:
        return None
    tokens = select(commits.token).where(commits.layer == layer, commits.version > since.version)
    return set(connection.scalars(select(history.feature_id).distinct().where(history.layer == layer, history.token.in_(tokens))))


def read_touched(connection: Connection, tables: SpaceTables, layer: str, since: LayerVersion) -> Touched | None:
    """Where the layer changed after `since`, to be read in one snapshot; None when that is not in the log or too long ago."""
    commits, history = tables.commits.c, tables.history.c
    rows = connection.execute(select(commits.version, commits.token).where(commits.layer == layer, commits.version >= since.version)
                              .order_by(commits.version).limit(COMMITS_TOUCHED + 1)).all()
    if not rows or (rows[0].version, rows[0].token) != (since.version, since.token) or len(rows) > COMMITS_TOUCHED:
        return None
    boxes: list[tuple[int, Box | None]] = []
    for version, token in rows[1:]:
        shapes = [(func.ST_XMin(one), func.ST_YMin(one), func.ST_XMax(one), func.ST_YMax(one)) for one in (history.geom_before, history.geom_after)]
        found = connection.execute(select(*shapes[0], *shapes[1]).where(history.layer == layer, history.token == token).limit(FEATURES_PER_COMMIT + 1)).all()
        if len(found) > FEATURES_PER_COMMIT:
            boxes.append((version, None))
        else:
            boxes += [(version, (one[0], one[1], one[2], one[3])) for row in found for one in (row[:4], row[4:]) if one[0] is not None]
    return Touched(LayerVersion(rows[-1].version, rows[-1].token), tuple(boxes))


def _cursor(versions: Mapping[str, LayerVersion]) -> str:
    return "~".join(f"{layer}.{one.version}.{one.token.hex[:8]}" for layer, one in sorted(versions.items()) if one.version > 0) or "-"


def _padded(token: str) -> UUID:
    return UUID(hex=token.ljust(32, "0"))


def _parse(cursor: str) -> dict[str, tuple[int, str]]:
    seen: dict[str, tuple[int, str]] = {}
    for part in cursor.split("~") if cursor not in ("", "-") else []:
        match = _ENTRY.match(part)
        if not match or len(match[2]) > 18:
            raise InvalidInput(problems=[Problem("after", "cursor-unknown", {"cursor": cursor[:80]})])
        seen[match[1]] = (int(match[2]), match[3])
    return seen


def _all_known(connection: Connection, tables: SpaceTables, seen: Mapping[str, tuple[int, str]]) -> bool:
    if not seen:
        return True
    commits = tables.commits.c
    prefix = func.left(cast(commits.token, String), 8)
    wanted: Iterable[tuple[str, int, str]] = [(layer, version, token) for layer, (version, token) in seen.items()]
    found = connection.scalar(select(func.count()).select_from(tables.commits).where(tuple_(commits.layer, commits.version, prefix).in_(wanted)))
    return found == len(seen)
