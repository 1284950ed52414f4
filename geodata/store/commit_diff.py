"""What one commit did to a layer, feature by feature: new, changed field by field, gone; read from its history at any later time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import text

from geodata.store.rows import sees_exactly
from geodata.store.tables import DEFINITIONS
from layers.errors import Forbidden, LayerNotFound
from layers.serial import layer_from_json
from layers.spec import Action, Geometry, Layer, Sensitivity

if TYPE_CHECKING:
    from geodata.store.features import Store

MOST_NAMED = 2_000  # of each kind; the counts are of all
OPERATIONS = ("insert", "update", "delete")


@dataclass(frozen=True)
class Step:
    """What became of one feature. `fields` are those that changed, with before and after (None for both where they are not to be shown);
    `lon, lat` the middle of its shape after it (before, where it went), None for who may not know it."""

    op: str
    id: UUID
    key: str | None
    title: str | None
    fields: tuple[tuple[str, Any, Any], ...]
    moved_m: float | None
    lon: float | None
    lat: float | None


@dataclass(frozen=True)
class CommitDiff:
    """Counts by operation, and at most MOST_NAMED steps of each in the order they were written. `former`: the layer as it was then, where it is not on the map any more."""

    counts: Mapping[str, int]
    steps: tuple[Step, ...]
    former: Layer | None = None


def commit_diff(store: Store, layer_id: str, token: UUID) -> CommitDiff:
    """What the commit did to the layer. Raises LayerNotFound, Forbidden. A layer that it did not touch has no steps.

    Fields that were retired since are not told, nor values that this reader may not see. Of a layer that was taken off the map since,
    or whose making was undone, the history stays, and is told by the definition of then.
    """
    former = None if layer_id in store.catalogue else _former(store, layer_id, token)
    layer = former or store.opened(layer_id, Action.READ)[0]
    values = {"token": token, "layer": layer_id}
    history = f'"{store.schema}".history'
    counted = store.connection.execute(text(f"SELECT op, count(*) FROM {history} WHERE token = :token AND layer = :layer GROUP BY op"), values)
    counts = dict.fromkeys(OPERATIONS, 0) | {row[0]: row[1] for row in counted}
    exact = layer.geometry is not Geometry.NONE and sees_exactly(layer, reveal=store.may(Action.REVEAL, layer))
    title = store.title_shown(layer)
    query = text(
        "SELECT op, feature_id, before, after, CASE WHEN geom_before IS DISTINCT FROM geom_after AND op = 'update' THEN "
        "ST_DistanceSphere(ST_Centroid(geom_before), ST_Centroid(geom_after)) END, ST_X(ST_Centroid(coalesce(geom_after, geom_before))), "
        f"ST_Y(ST_Centroid(coalesce(geom_after, geom_before))) FROM {history} WHERE token = :token AND layer = :layer AND op = :op ORDER BY id LIMIT {MOST_NAMED}")
    steps = [_step(layer, title, exact, row) for op in OPERATIONS if counts[op] for row in store.connection.execute(query, {**values, "op": op})]
    return CommitDiff(counts, tuple(steps), former)


def _former(store: Store, layer_id: str, token: UUID) -> Layer:
    """A layer that is not there now, as it was defined when the commit was made. Raises LayerNotFound where it never was, Forbidden."""
    found = store.connection.scalar(text(
        f'SELECT coalesce(after, before) -> \'definition\' FROM "{store.schema}".history WHERE layer = :definitions AND coalesce(after, before) ->> \'layer\' = :layer '
        f'AND (token = :token OR id <= (SELECT max(id) FROM "{store.schema}".history WHERE token = :token)) ORDER BY id DESC LIMIT 1'),
        {"definitions": DEFINITIONS, "layer": layer_id, "token": token})
    if found is None:
        raise LayerNotFound(layer=layer_id)
    layer = layer_from_json(found)
    if not store.may(Action.READ, layer):
        raise Forbidden(action=Action.READ.value, layer=layer_id)
    return layer


def _step(layer: Layer, title: str | None, exact: bool, row: Any) -> Step:
    op, feature_id, before, after, moved_m, lon, lat = row
    shown = after or before
    fields = tuple(_changed(layer, before, after)) if op == "update" else ()
    key = shown.get(layer.key) if layer.key else None
    return Step(op, feature_id, None if key is None else str(key), shown.get(title) if title else None, fields, *((moved_m, lon, lat) if exact else (None, None, None)))


def _changed(layer: Layer, before: Mapping[str, Any], after: Mapping[str, Any]) -> list[tuple[str, Any, Any]]:
    found: list[tuple[str, Any, Any]] = []
    for one in layer.all_fields:
        was, now = before.get(one.id), after.get(one.id)
        if was == now:
            continue
        told = one.sensitivity is Sensitivity.PUBLIC and not one.reference
        found.append((one.id, was, now) if told else (one.id, None, None))
    return found
