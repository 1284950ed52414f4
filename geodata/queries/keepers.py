"""The indexes and road networks of a process: had when asked for, looked at from time to time, let go when their space is no more."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from geodata.queries.audit import Audited, Differences, audit, compare
from geodata.queries.index import LayerIndex
from geodata.queries.keeper import Keeper
from geodata.queries.roads.keeping import RoadKeeper
from geodata.store.database import Database
from geodata.store.spaces import Space
from layers.errors import SpaceNotFound
from layers.spec import Geometry, Layer


class Keepers:
    """One keeper for each layer and each road network that was asked about, of every space of a database. Thread-safe."""

    def __init__(self, database: Database, *, road_access_m: float) -> None:
        self.database = database
        self._road_access_m = road_access_m
        self._lock = threading.Lock()
        self._keepers: dict[tuple[str, str], Keeper] = {}
        self._roads: dict[str, RoadKeeper] = {}

    def keeper(self, space: Space, layer: Layer) -> Keeper:
        """That of a layer of a space as both are now; made where there is none."""
        key = (space.id, layer.id)
        keeper = self._keepers.get(key)
        if keeper is None or not keeper.keeps(space, layer):
            with self._lock:
                keeper = self._keepers.get(key)
                if keeper is None or not keeper.keeps(space, layer):
                    keeper = self._keepers[key] = Keeper(space, layer)
        return keeper

    def road_keeper(self, space: Space) -> RoadKeeper:
        """That of the space as it is now; made where there is none."""
        keeper = self._roads.get(space.id)
        if keeper is None or not keeper.keeps(space):
            with self._lock:
                keeper = self._roads.get(space.id)
                if keeper is None or not keeper.keeps(space):
                    keeper = self._roads[space.id] = RoadKeeper(space, self._road_access_m)
        return keeper

    def warm(self, space: Space, layers: Iterable[str] | None = None, *, timeout_s: float = 60.0) -> None:
        """Have the indexes of these layers (all that have geometry) built and in step, waiting for each so long."""
        wanted = [layer for layer in space.catalogue.values() if layer.geometry is not Geometry.NONE and (layers is None or layer.id in layers)]
        for layer_id, version in space.versions({one.id for one in wanted}).items():
            keeper = self.keeper(space, space.catalogue.layer(layer_id))
            if keeper.catch_up(version, patience_s=timeout_s) is None:
                keeper.catch_up(version, patience_s=timeout_s)  # what was being built when this was asked had begun before that version

    def index(self, space: Space, layer_id: str) -> LayerIndex | None:
        """The index of a layer as it stands, for benches and audits; None when there is none."""
        return self.keeper(space, space.catalogue.layer(layer_id)).index

    def forget(self, space_id: str) -> None:
        """Let go of a space's indexes and roads (a drill that ended)."""
        with self._lock:
            self._roads.pop(space_id, None)
            for key in [key for key in self._keepers if key[0] == space_id]:
                del self._keepers[key]

    def compare(self, space: Space, layer_id: str) -> Differences:
        """The self-audit: what the index of a layer holds against what PostGIS holds at the same version."""
        return compare(space, self.keeper(space, space.catalogue.layer(layer_id)))

    def audit(self, layers: int) -> list[Audited]:
        """Look at a part of some indexes, those longest not looked at first; what has drifted is built anew.

        Indexes of drills that ended, here or in another process, are let go. See `geodata.queries.audit`.
        """
        self._tidy()
        with self._lock:
            ready = [(key, keeper) for key, keeper in self._keepers.items() if keeper.index is not None]
        done = []
        for (space_id, _), keeper in sorted(ready, key=lambda one: (one[1].counts.audited, one[0]))[:layers]:
            with suppress(SpaceNotFound):
                done.append(audit(self.database.space(space_id), keeper))
                keeper.counts.audited += 1
                keeper.counts.drifted += done[-1].drifted
        return done

    def _tidy(self) -> None:
        """Let go of indexes of spaces that are no more, or are not the copy that they were."""
        with self._lock:
            spaces = {space_id for space_id, _ in self._keepers} | self._roads.keys()
        for space_id in spaces:
            try:
                space = self.database.space(space_id)
            except SpaceNotFound:
                self.forget(space_id)
                continue
            with self._lock:
                for key in [key for key, keeper in self._keepers.items() if key[0] == space_id and not keeper.keeps(space, keeper.layer)]:
                    del self._keepers[key]
                if space_id in self._roads and not self._roads[space_id].keeps(space):
                    del self._roads[space_id]

    def close(self) -> None:
        """Let go of every index and road network."""
        with self._lock:
            self._keepers.clear()
            self._roads.clear()

    def state(self) -> list[dict[str, Any]]:
        """What /readyz and /metrics say: for each layer asked about so far its index, where it stands and what it has done."""
        with self._lock:
            keepers = dict(self._keepers)
        return [_said(space_id, keeper) for (space_id, _), keeper in sorted(keepers.items())]


def _said(space_id: str, keeper: Keeper) -> dict[str, Any]:
    index, counts = keeper.index, keeper.counts
    return {
        "space": space_id, "layer": keeper.layer.id, "state": "building" if keeper.building else "ready" if index is not None else "absent",
        "features": len(index) if index is not None else 0, "version": index.version.version if index is not None else None,
        "built": counts.built, "refreshed": counts.refreshed, "failed": counts.failed, "audited": counts.audited, "drifted": counts.drifted,
        "answered_by_index": counts.by_index, "answered_by_postgis": counts.by_postgis,
    }
