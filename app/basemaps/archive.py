"""A PMTiles file on this machine: raster tiles of a whole district in one file, read where they lie."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

from pmtiles.reader import MmapSource, Reader
from pmtiles.tile import MagicNumberNotFound, SpecVersionUnsupported, TileType

from layers.messages import message

_RASTER = frozenset({TileType.PNG, TileType.JPEG, TileType.WEBP})


class Archive:
    """One file, opened when it is first needed and again when it was not there. Thread-safe."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._reader: Any = None
        self._header: dict[str, Any] = {}

    def _open(self) -> Any:
        with self._lock:
            if self._reader is None:
                try:
                    with self._path.open("rb") as file:
                        reader = Reader(MmapSource(file))
                        self._header = dict(reader.header())
                except (MagicNumberNotFound, SpecVersionUnsupported) as error:
                    raise ValueError(type(error).__name__) from error
                self._reader = reader
            return self._reader

    @property
    def refused(self) -> tuple[str, dict[str, str]] | None:
        """Why a file that can be read is not shown: its tiles are no pictures."""
        try:
            self._open()
        except (OSError, ValueError):
            return None  # not there now: that is for `tile` to say
        kind = self._header["tile_type"]
        return None if kind in _RASTER else ("basemap-vector", {"kind": kind.name})

    def why_refused(self, language: str) -> str | None:
        refused = self.refused
        return message(*refused, language) if refused else None

    @property
    def zooms(self) -> tuple[int, int]:
        """The least and the greatest zoom in the file; 0 and 18 while it is not there."""
        try:
            self._open()
        except (OSError, ValueError):
            return 0, 18
        return int(self._header["min_zoom"]), int(self._header["max_zoom"])

    def tile(self, z: int, x: int, y: int) -> bytes | None:
        """The tile as it was put in, or None. Raises OSError, ValueError for a file that is missing or none."""
        found: bytes | None = self._open().get(z, x, y)
        return found
