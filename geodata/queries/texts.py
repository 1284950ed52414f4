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
_NOTHING: tuple[None, None, dict[UUID, Any]] = (None, None, {})


class Texts:
    """Of each layer of each space those of one version, apart for readers who may see hidden values and who may not. Thread-safe.

    What is read of a feature depends on nothing else than the layer as it is declared: each commit to it gives it another version and token.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: dict[tuple[str, str, bool], tuple[LayerVersion | None, Layer | None, dict[UUID, Any]]] = {}
        self._count = 0

    def of(self, space: Space, layer: Layer, version: LayerVersion, ids: Sequence[UUID], *, reveal: bool) -> Mapping[UUID, Any] | None:
        """What was read of all of these at this very version; None if one is not known."""
        standing, made_of, texts = self._kept.get((space.id, layer.id, reveal), _NOTHING)
        if standing != version or made_of is not layer:
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
            standing, made_of, texts = self._kept.get(key, _NOTHING)
            fresh = {**(texts if standing == version and made_of is layer else {}), **found}
            self._count += len(fresh) - len(texts)
            self._kept[key] = version, layer, fresh

    def forget(self, space_id: str) -> None:
        """Let go of a space's."""
        with self._lock:
            for key in [one for one in self._kept if one[0] == space_id]:
                self._count -= len(self._kept.pop(key)[2])
