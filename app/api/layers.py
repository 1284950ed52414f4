"""The layers of a space: what they are, how they are drawn, how many features they hold and how fresh those are."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, Response

from app.api.operation import Parameters, operation
from app.api.parameters import Box
from app.api.rendering import answer
from app.security import current_actor, requires
from app.spaces import current_space
from geodata.store.changes import LayerVersion
from geodata.store.features import Store
from geodata.store.freshness import bands
from geodata.store.spaces import Space
from geodata.store.tiles import count_in_view, current
from layers.errors import Forbidden
from layers.schema import json_schema
from layers.serial import field_to_json, layer_to_json
from layers.spec import GROUP_LABELS, Action, Label, Layer

blueprint = Blueprint("layers", __name__, url_prefix="/api/v1/layers")

MAX_KEPT = 1000  # layers of all spaces; those that changed longest ago go first

_SHOWN = ("id", "label", "description", "geometry", "geometry_sensitivity", "key", "title", "summary", "ranked", "exposed", "drill_only", "style", "out_of_service", "ledger", "network", "profiles", "blocks", "parts", "zone_of")


class Holdings:
    """What each layer holds, worked out once per version: counting and measuring a large layer takes a scan. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: dict[tuple[str, str], tuple[LayerVersion, Mapping[str, Any]]] = {}

    def of(self, space: Space, layer_id: str, store: Store) -> tuple[LayerVersion, Mapping[str, Any]]:
        """The layer's version in the store's snapshot, with count, verified times, sources and bounds."""
        version = store.version(layer_id)
        with self._lock:
            kept = self._known.get((space.id, layer_id))
        if kept is None or kept[0] != version:
            kept = version, {**store.freshness(layer_id), "verified": store.verified(layer_id, now_of(space))}
            with self._lock:
                self._known.pop((space.id, layer_id), None)
                self._known[space.id, layer_id] = kept
                while len(self._known) > MAX_KEPT:
                    del self._known[next(iter(self._known))]
        return kept


holdings = Holdings()


def now_of(space: Space) -> datetime:
    """The moment that ages are counted to: of a past space the one it shows."""
    return space.record.as_of if space.is_past else datetime.now(UTC)


@blueprint.get("")
@requires(Action.READ)
@operation(tag="layers", summary=Label("全部图层及其数量、版本、时效", "All layers with count, version and freshness"), answers={200: "Layers"}, problems=(401, 403))
def all_layers() -> Response:
    space = current_space()
    with space.reading(current_actor()) as store:
        readable = [layer for layer in store.catalogue.values() if store.may(Action.READ, layer)]
        return answer({"space": space.id, "layers": [described(space, layer, store) for layer in readable]})


@blueprint.get("/<layer_id>")
@requires(Action.READ)
@operation(tag="layers", summary=Label("一个图层及其字段的 JSON Schema", "One layer, with the JSON Schema of its properties"), answers={200: "Layer"})
def one_layer(layer_id: str) -> Response:
    space = current_space()
    with space.reading(current_actor()) as store:
        layer = store.catalogue.layer(layer_id)
        if not store.may(Action.READ, layer):
            raise Forbidden(action=Action.READ.value, layer=layer_id)
        return answer({**described(space, layer, store), "schema": {one: json_schema(layer, one) for one in ("zh", "en")}})


class ViewParameters(Parameters):
    bbox: Box


@blueprint.get("/<layer_id>/count")
@requires(Action.READ)
@operation(tag="layers", summary=Label("视野内的要素数", "How many features touch a box"), query=ViewParameters, answers={200: "object"})
def count(layer_id: str, query: ViewParameters) -> Response:
    space = current_space()
    shown = current(space, layer_id, current_actor())
    return answer({"count": count_in_view(space, layer_id, query.bbox, shown), "version": shown.version})


def described(space: Space, layer: Layer, store: Store) -> dict[str, Any]:
    """The layer as the map's page reads it: declaration, present holdings, and what the reader may do with it."""
    whole = layer_to_json(layer)
    version, held = holdings.of(space, layer.id, store)
    at, counts = bands(held["verified"], now_of(space))
    return {
        **{name: whole[name] for name in _SHOWN},
        "group": {"id": layer.group, "label": GROUP_LABELS[layer.group]},
        "fields": [field_to_json(one) for one in layer.all_fields],
        "count": held["count"], "version": version.version, "token": version.token, "bounds": held["bounds"],
        "freshness": {name: held[name] for name in ("verified_latest", "verified_oldest", "unknown", "sources", "source_dates")} | {"bands": {"at": at, "counts": counts}},
        "allowed": [action for action in Action if store.may(action, layer)],
    }
