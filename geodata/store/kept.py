"""Pages of features as text, kept while the layer stands where it stood: the same question again costs no more than looking."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from geodata.store.systems import CRS84, System

if TYPE_CHECKING:
    from geodata.store.answers import JsonPage
    from layers.spec import Layer

MOST_BYTES = 48_000_000  # of one space in one process
_LARGEST = MOST_BYTES // 4  # one page does not drive out all others


@dataclass(frozen=True)
class PageQuestion:
    """What is asked of a layer for a page that may be kept; see `Store.page_json`."""

    bbox: Hashable = None
    filter: str | None = None
    limit: int = 100
    cursor: str | None = None
    fields: tuple[str, ...] | None = None
    geometry: bool = True
    offset: int = 0
    told_in: System = CRS84
    filter_in: System = CRS84


@dataclass(frozen=True)
class PageKey:
    """Everything that a page follows from: where the layer stands (the token is never used twice), who may see what of it, and the question."""

    layer: str
    token: object
    reveal: bool
    question: PageQuestion


class KeptPages:
    """The pages asked for last, up to MOST_BYTES of text. One per space in each process, thread-safe.

    A definition that changed makes other pages at the same version, so a page is given back for the very layer it was made of.
    """

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most = most_bytes
        self._lock = threading.Lock()
        self._pages: OrderedDict[PageKey, tuple[Layer, JsonPage]] = OrderedDict()
        self._bytes = 0

    def get(self, key: PageKey, layer: Layer) -> JsonPage | None:
        """The page kept, or None."""
        with self._lock:
            kept = self._pages.get(key)
            if kept is None or kept[0] is not layer:
                return None
            self._pages.move_to_end(key)
            return kept[1]

    def put(self, key: PageKey, layer: Layer, page: JsonPage) -> None:
        """Keep a page; those not asked for the longest go."""
        size = len(page.features)
        if size > min(self._most, _LARGEST):
            return
        with self._lock:
            before = self._pages.pop(key, None)
            self._bytes += size - (len(before[1].features) if before else 0)
            self._pages[key] = (layer, page)
            while self._bytes > self._most:
                self._bytes -= len(self._pages.popitem(last=False)[1][1].features)
