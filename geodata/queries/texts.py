"""What was read of features, by the version of their layer: while no layer has moved, an answer shows them without reading them again."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from geodata.store.changes import LayerVersion
from geodata.store.spaces import Space
from layers.spec import Layer

MOST = 20_000  # features of a process; some 15 MB


class Texts:
    """Of each layer of each space those of one version, apart for readers who may see hidden values and who may not. Thread-safe.

    What is read of a feature depends on nothing else: each commit to a layer gives it another version and token, a change of its
    definition too.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: dict[tuple[str, str, bool], tuple[LayerVersion, dict[UUID, Any]]] = {}
        self._count = 0

    def of(self, space: Space, layer: Layer, version: LayerVersion, ids: Sequence[UUID], *, reveal: bool) -> Mapping[UUID, Any] | None:
        """What was read of all of these at this very version; None if one is not known."""
        standing, texts = self._kept.get((space.id, layer.id, reveal), (None, {}))
        if standing != version:
            return {} if not ids else None
        try:
            return {one: texts[one] for one in ids}
        except KeyError:
            return None

    def keep(self, space: Space, layer: Layer, version: LayerVersion, found: Mapping[UUID, Any], *, reveal: bool) -> None:
        """Keep what was read at a version; what was kept of another goes."""
        key = (space.id, layer.id, reveal)
        with self._lock:
            if self._count + len(found) > MOST:
                self._kept.clear()
                self._count = 0
            standing, texts = self._kept.get(key, (None, {}))
            fresh = {**(texts if standing == version else {}), **found}
            self._count += len(fresh) - len(texts)
            self._kept[key] = version, fresh

    def forget(self, space_id: str) -> None:
        """Let go of a space's."""
        with self._lock:
            for key in [one for one in self._kept if one[0] == space_id]:
                self._count -= len(self._kept.pop(key)[1])
