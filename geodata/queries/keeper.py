"""Keeps the index of one layer of one space in step with PostGIS, by (version, token), before each answer."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from uuid import UUID

import structlog

from geodata.queries.index import LayerIndex
from geodata.queries.rows import fields_read, rows_of
from geodata.store.changes import LayerVersion
from geodata.store.spaces import Space
from layers.spec import OPERATOR, Layer

_PATIENCE_S = 0.25  # a refresh or a small layer's first build is waited for so long; then PostGIS answers
log = structlog.get_logger()


@dataclass
class Counts:
    """What a keeper has done since the process began, for /metrics."""

    built: int = 0
    refreshed: int = 0
    failed: int = 0
    by_index: int = 0
    by_postgis: int = 0
    audited: int = 0
    drifted: int = 0


class Keeper:
    """One layer's index and where it stands. Thread-safe: one thread refreshes, the others wait for it or go to PostGIS."""

    def __init__(self, space: Space, layer: Layer, *, patience_s: float = _PATIENCE_S) -> None:
        self.counts = Counts()
        self.layer = layer
        self._space = space
        self._patience_s = patience_s
        self._refreshing = threading.Lock()
        self._building: threading.Thread | None = None
        self._index: LayerIndex | None = None
        self._audit_slot = 0

    @property
    def index(self) -> LayerIndex | None:
        """The index as it stands, in step or not."""
        return self._index

    def keeps(self, space: Space, layer: Layer) -> bool:
        """Whether it still is for this space (a drill may have been reset) and for the layer as it is defined now."""
        return self._space is space and (self.layer is layer or self.layer == layer)

    @property
    def building(self) -> bool:
        """Whether a new index is being made."""
        return self._building is not None and self._building.is_alive()

    def catch_up(self, wanted: LayerVersion, *, patience_s: float | None = None) -> LayerIndex | None:
        """The index at `wanted` or later, or None when PostGIS has to answer (it is being built, or cannot be).

        `wanted` is what the database said after the asker's own writes, so they are in the answer.
        """
        index = self._index
        if index is not None and index.version == wanted:
            return index
        patience = self._patience_s if patience_s is None else patience_s
        if not self._refreshing.acquire(timeout=patience):
            return None
        try:
            if self._index is not None and self._refresh(self._index):
                return self._index
            builder = self._build()
        finally:
            self._refreshing.release()
        builder.join(patience)
        index = self._index
        return index if index is not None and index.version == wanted else None

    def next_to_audit(self, most: int) -> tuple[list[UUID], bool]:
        """Ids of the index in the order of its slots, going on where the last audit ended; and whether the end was reached."""
        index = self._index
        if index is None:
            return [], True
        with index.lock:
            part = index.ids[self._audit_slot:self._audit_slot + most]
            self._audit_slot += most
            done = self._audit_slot >= len(index.ids)
        if done:
            self._audit_slot = 0
        return [one for one in part if one is not None], done

    def rebuild(self) -> None:
        """Have the index answer no more, also for those who took it already, and make a new one; PostGIS answers meanwhile."""
        with self._refreshing:
            if self._index is not None:
                with self._index.lock:
                    self._index.whole = False
                self._index = None
            self._build()

    def _refresh(self, index: LayerIndex) -> bool:
        """Bring the index to what one snapshot holds; False when it must be built anew. Called by one thread at a time."""
        fields = fields_read(self.layer)
        with self._space.reading(OPERATOR) as store:
            since = store.changes_since(self.layer.id, index.version, fields)
        if not since.known:
            self._index = None
            return False
        present = [item.row for item in since.items if item.row is not None]
        columns = {name: [row[name] for row in present] for name in fields}
        try:
            changed = rows_of(self.layer, [row["id"] for row in present], [bytes(row["wkb"]) for row in present], columns)
            index.apply(changed, [item.id for item in since.items if item.row is None], since.version)
        except Exception:  # whatever it was, a half-changed index must not answer; the next build shows whether it stays
            self._index = None
            self.counts.failed += 1
            log.exception("index-refresh-failed", space=self._space.id, layer=self.layer.id)
            return False
        self.counts.refreshed += 1
        return True

    def _build(self) -> threading.Thread:
        """The thread that makes a new index, started if none is at it. Called by one thread at a time."""
        if self._building is None or not self._building.is_alive():
            self._building = threading.Thread(target=self._built, name=f"index {self._space.id} {self.layer.id}", daemon=True)
            self._building.start()
        return self._building

    def _built(self) -> None:
        try:
            with self._space.reading(OPERATOR) as store:
                whole = store.snapshot(self.layer.id, fields_read(self.layer))
            self._index = LayerIndex(rows_of(self.layer, whole.ids, whole.wkb, whole.columns), whole.version)
            self.counts.built += 1
        except Exception:  # PostGIS goes on answering; the next question tries again
            self.counts.failed += 1
            log.exception("index-build-failed", space=self._space.id, layer=self.layer.id)
