"""Going back: one feature to an earlier version, or all that one commit did undone; never over what came after it.

Both put features back to a state that the history holds, as a new version with a reason of its own. What was deleted
comes back under its own id, its versions going on from the last, so that no old entity tag fits it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Table, func, null, or_, select, text, update
from sqlalchemy.dialects.postgresql import distinct_on

from geodata.store.tables import DEFINITIONS, REMOVED, SpaceTables
from layers.entries import LedgerFixed
from layers.errors import Conflict, FeatureNotFound, NotFound
from layers.messages import Sentence, declare
from layers.spec import Action, Label

if TYPE_CHECKING:
    from geodata.store.features import Store

MOST_NAMED = 20  # features that a refusal names; the count is of all
_OPERATIONS = ("insert", "update", "delete")


class CommitNotFound(NotFound):
    """No commit of this space has that token. `values`: token."""

    code = "commit-not-found"


class MovedOn(Conflict):
    """Features were changed again since; undoing would take that away. `values`: count, features (of the first: layer, id, title, by, at, op)."""

    code = "moved-on"


declare({
    "commit-not-found": Sentence(Label("没有这次修改 {token}", "There is no such commit {token}"),
                                 Label("刷新修改记录", "Read the list of commits again")),
    "moved-on": Sentence(Label("有 {count} 条在这之后又被修改过，撤销会抹掉后来的修改", "{count} features were changed again since; undoing would take that away"),
                         Label("逐条查看历史，恢复需要的那一版", "Look at their histories and restore the versions you want")),
})


@dataclass(frozen=True)
class CommitLayer:
    """What one commit did to a layer."""

    layer: str
    version: int
    inserted: int
    updated: int
    deleted: int


@dataclass(frozen=True)
class Undone:
    """What undoing did to a layer: features that came back, changed back, went."""

    layer: str
    restored: int
    changed: int
    removed: int


@dataclass(frozen=True)
class Commit:
    """All that one transaction did: who, when it was committed, why, and to which layers."""

    token: UUID
    at: datetime
    by: str
    reason: str | None
    layers: tuple[CommitLayer, ...]


@dataclass(frozen=True)
class CommitFeature:
    """A feature that a commit touched. `title` as it was after (before, when it was deleted); `there` whether it is there now."""

    layer: str
    id: UUID
    op: str
    version: int
    title: str | None
    there: bool


def touched_by(connection: Connection, tables: SpaceTables, token: UUID, layers: Mapping[str, tuple[str | None, Table]], limit: int) -> list[CommitFeature]:
    """Features of a commit in the order they were written, at most `limit`. `layers`: those to tell of, each with the field of its title
    (None where it is not to be told) and its table."""
    steps = tables.history.c
    found = []
    for layer_id, (title, table) in layers.items():
        row = func.coalesce(steps.after, steps.before)
        name = row[title].astext if title else null()
        query = select(steps.id, steps.feature_id, steps.op, steps.version, name, table.c.id.is_not(None)).select_from(
            tables.history.outerjoin(table, table.c.id == steps.feature_id)).where(steps.token == token, steps.layer == layer_id).order_by(steps.id).limit(limit)
        found += [(one[0], CommitFeature(layer_id, one[1], one[2], one[3], one[4], one[5])) for one in connection.execute(query)]
    return [one for _, one in sorted(found, key=lambda each: each[0])][:limit]


def recent(connection: Connection, tables: SpaceTables, layers: set[str], *, before: datetime | None = None, by: str | None = None,
           limit: int = 50) -> list[Commit]:
    """Commits to these layers, newest first, strictly before a moment if given; those that made no feature's history are left out."""
    commits = tables.commits.c
    newest = func.max(commits.at).label("at")
    query = select(commits.token, newest, func.min(commits.by), func.min(commits.reason)).where(
        commits.layer.in_(layers), commits.version > 0).group_by(commits.token).order_by(newest.desc(), commits.token).limit(limit)
    if by:
        query = query.where(commits.by == by)
    if before is not None:
        query = query.having(newest < before)
    rows = connection.execute(query).all()
    done = _done(connection, tables, [row[0] for row in rows], layers)
    return [Commit(row[0], row[1], row[2], row[3], done.get(row[0], ())) for row in rows]


def _done(connection: Connection, tables: SpaceTables, tokens: Sequence[UUID], layers: set[str]) -> dict[UUID, tuple[CommitLayer, ...]]:
    commits, steps = tables.commits.c, tables.history.c
    counts = [func.count().filter(steps.op == op) for op in _OPERATIONS]
    counted = {(row[0], row[1]): tuple(row[2:]) for row in connection.execute(
        select(steps.token, steps.layer, *counts).where(steps.token.in_(tokens), steps.layer.in_(layers)).group_by(steps.token, steps.layer))}
    found: dict[UUID, tuple[CommitLayer, ...]] = {}
    for token, layer, version in connection.execute(
            select(commits.token, commits.layer, commits.version).where(commits.token.in_(tokens), commits.layer.in_(layers)).order_by(commits.layer)):
        found[token] = (*found.get(token, ()), CommitLayer(layer, version, *counted.get((token, layer), (0, 0, 0))))
    return found


def revert_feature(store: Store, layer_id: str, feature_id: UUID, to_version: int, *, version: int | None) -> None:
    """Bring a feature, there or deleted, to what it was at `to_version`. `version` is the present one, None for a deleted feature.

    Raises FeatureNotFound when there was no such version, StaleVersion or VersionRequired as any write does.
    """
    layer, table = store.opened(layer_id, Action.WRITE)
    present = store.connection.scalar(select(table.c.version).where(table.c.id == feature_id).with_for_update())
    if present is not None:
        store.expect(layer, feature_id, version, present)
    steps = store.tables.history.c
    wanted = store.connection.execute(
        select(steps.id).where(steps.layer == layer_id, steps.feature_id == feature_id, steps.version == to_version, steps.op != "delete")
        .order_by(steps.id.desc()).limit(1)).scalar()
    if wanted is None:
        raise FeatureNotFound(layer=layer_id, id=f"{feature_id} v{to_version}")
    _stage(store, layer_id, _VERSION, {"wanted": wanted, "present": present})
    _put_back(store, table, leave=store.catalogue.balances(layer_id))


def undo_commit(store: Store, token: UUID) -> list[Undone]:
    """Undo all that one commit did, in every layer it touched, or nothing. The layers in order of reference.

    Raises CommitNotFound, Forbidden (each layer needs the right to write, and to delete where it had made features) and
    MovedOn when any of its features was changed since.
    """
    touched = set(store.connection.scalars(select(store.tables.history.c.layer).where(store.tables.history.c.token == token).distinct()))
    if not touched:
        raise CommitNotFound(token=str(token))
    made = _made_layers(store, token) if DEFINITIONS in touched else {}
    # Entries stay: a balance put back is a new entry, by the database's own trigger, and accounts that go take theirs along.
    entries = {one for one in touched if one in store.catalogue and store.catalogue[one].ledger}
    in_order = [table for table in store.tables.metadata.sorted_tables if table.name in touched - entries - {DEFINITIONS}]
    if not in_order and not made:
        raise LedgerFixed(layer=", ".join(sorted(entries))) if entries else CommitNotFound(token=str(token))
    for table in in_order:
        store.opened(table.name, Action.WRITE)
        _stage(store, table.name, _COMMIT, {"token": token, "layer": table.name})
        if store.connection.scalar(text(f"SELECT 1 FROM {_staged(table.name)} WHERE target IS NULL LIMIT 1")):
            store.opened(table.name, Action.DELETE)
    _refuse_moved(store, in_order)
    gone = {table.name: _take_away(store, table) for table in reversed(in_order)}  # those that refer go before those referred to
    back = {table.name: _put_back(store, table) for table in in_order}
    for layer_id, version in made.items():
        _unmake(store, layer_id, version)
    store.connection.execute(text("SELECT onemap_control.note_undone(:token)"), {"token": token})
    return [Undone(table.name, *back[table.name], gone[table.name]) for table in in_order]


def _made_layers(store: Store, token: UUID) -> dict[str, int]:
    """Run-time layers that a commit made and that are still there, with the version that their definitions had then."""
    steps = store.tables.history.c
    new = or_(steps.op == "insert", steps.before["definition"].has_key(REMOVED)) & ~steps.after["definition"].has_key(REMOVED)
    rows = store.connection.execute(select(steps.after["layer"].astext, steps.version).where(steps.token == token, steps.layer == DEFINITIONS, new))
    return {name: version for name, version in rows if name in store.catalogue}


def _unmake(store: Store, layer_id: str, version: int) -> None:
    """Take a layer away that holds nothing any more. Raises MovedOn when its definition was changed or others put features into it."""
    store.opened(layer_id, Action.DELETE)
    table = store.tables.definitions
    row = store.connection.execute(select(table).where(table.c.layer == layer_id).with_for_update()).one()
    left = store.connection.scalar(select(func.count()).select_from(store.tables.layers[layer_id])) or 0
    if left or row.version != version:
        definition = {"layer": layer_id, "id": str(row.id), "title": store.catalogue[layer_id].label.zh, "op": "definition", "by": row.updated_by, "at": row.updated_at.isoformat()}
        raise MovedOn(count=left or 1, features=[definition])
    store.connection.execute(update(table).where(table.c.layer == layer_id).values(definition={**row.definition, REMOVED: True}))


# What each feature is to be (null: gone), and the version it must stand at now (null: it must be gone).
_VERSION = "SELECT feature_id, jsonb_build_object('created_at', at, 'created_by', by) || after AS target, geom_after AS shape, CAST(:present AS integer) AS stands_at FROM {schema}.history WHERE id = :wanted"
_COMMIT = """SELECT feature_id, (array_agg(before ORDER BY id))[1] AS target, (array_agg(geom_before ORDER BY id))[1] AS shape,
    (array_agg(CASE WHEN op = 'delete' THEN NULL ELSE version END ORDER BY id DESC))[1] AS stands_at
    FROM {schema}.history WHERE token = :token AND layer = :layer GROUP BY feature_id"""


def _staged(layer: str) -> str:
    return f'pg_temp."back_{layer[:50]}"'


def _stage(store: Store, layer: str, query: str, values: dict[str, Any]) -> None:
    store.connection.execute(text("SET LOCAL statement_timeout = 0"))  # a whole load may be undone
    store.connection.execute(text(f"DROP TABLE IF EXISTS {_staged(layer)}"))
    made = f'CREATE TEMP TABLE "back_{layer[:50]}" ON COMMIT DROP AS {query}'
    store.connection.execute(text(made.format(schema=f'"{store.schema}"')), values)


def _refuse_moved(store: Store, tables: Sequence[Table]) -> None:
    moved: list[dict[str, Any]] = []
    count = 0
    for table in tables:
        rows = store.connection.execute(text(
            f'SELECT s.feature_id FROM {_staged(table.name)} s LEFT JOIN "{store.schema}"."{table.name}" t ON t.id = s.feature_id '
            "WHERE t.version IS DISTINCT FROM s.stands_at ORDER BY 1")).scalars().all()
        count += len(rows)
        moved += _told(store, table.name, rows[:max(0, MOST_NAMED - len(moved))])
    if count:
        raise MovedOn(count=count, features=moved)


def _told(store: Store, layer_id: str, ids: Sequence[UUID]) -> list[dict[str, Any]]:
    """Of features that moved on: their names, and what was done to them last, by whom and when."""
    steps = store.tables.history.c
    title = store.title_shown(store.catalogue[layer_id])
    name: ColumnElement[Any] = func.coalesce(steps.after, steps.before)[title].astext if title else null()
    last = select(steps.feature_id, name, steps.op, steps.by, steps.at).where(steps.layer == layer_id, steps.feature_id.in_(ids)).ext(
        distinct_on(steps.feature_id)).order_by(steps.feature_id, steps.id.desc())
    return [{"layer": layer_id, "id": str(row[0]), "title": row[1], "op": row[2], "by": row[3], "at": row[4].isoformat()} for row in store.connection.execute(last)]


def _take_away(store: Store, table: Table) -> int:
    return store.connection.execute(text(
        f'DELETE FROM "{store.schema}"."{table.name}" t USING {_staged(table.name)} s WHERE t.id = s.feature_id AND s.target IS NULL')).rowcount


def _put_back(store: Store, table: Table, leave: frozenset[str] = frozenset()) -> tuple[int, int]:
    """(features that came back, features changed back). Fields to `leave` stay as they are in those that are there."""
    whole = f'"{store.schema}"."{table.name}"'
    own = [f'"{one.name}"' for one in table.columns if one.name not in ("id", "version", "created_at", "created_by", "updated_at", "updated_by", "geom")]
    shape = ["geom"] if "geom" in table.c else []
    values = ", ".join([*(f"r.{name}" for name in own), *("s.shape" for _ in shape)])
    columns = ", ".join([*own, *shape])
    source = f"{_staged(table.name)} s, jsonb_populate_record(NULL::{whole}, s.target) r WHERE s.target IS NOT NULL"
    turned = {f'"{name}"' for name in leave}
    kept = ", ".join(f"t.{name}" if name in turned else f"r.{name}" for name in own) + ", s.shape" * len(shape)
    changed = store.connection.execute(text(f"UPDATE {whole} t SET ({columns}) = ROW({kept}) FROM {source} AND t.id = s.feature_id")).rowcount
    store.connection.execute(text("SELECT set_config('onemap.restoring', 'on', true)"))
    back = store.connection.execute(text(
        f"INSERT INTO {whole} (id, version, created_at, created_by, {columns}) "
        f'SELECT s.feature_id, (SELECT max(h.version) + 1 FROM "{store.schema}".history h WHERE h.layer = :layer AND h.feature_id = s.feature_id), '
        f"r.created_at, r.created_by, {values} FROM {source} AND NOT EXISTS (SELECT FROM {whole} t WHERE t.id = s.feature_id)"),
        {"layer": table.name}).rowcount
    store.connection.execute(text("SELECT set_config('onemap.restoring', '', true)"))
    return back, changed
