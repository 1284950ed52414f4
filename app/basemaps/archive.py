"""A file of tiles on this machine, PMTiles or MBTiles: pictures of a whole district in one file, read where they lie."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from pmtiles.reader import MmapSource, Reader
from pmtiles.tile import MagicNumberNotFound, SpecVersionUnsupported, TileType

from layers.messages import message

_RASTER = frozenset({"png", "jpeg", "jpg", "webp"})
Get = Callable[[int, int, int], bytes | None]
Bounds = tuple[float, float, float, float]


@dataclass(frozen=True)
class Opened:
    """An open file: `get(z, x, y)` in the Web Mercator grid counted from the north, the least and greatest zoom, what its tiles are (png, mvt ...).

    `bounds`: west, south, east, north in degrees, where the file says them.
    """

    get: Get
    zooms: tuple[int, int]
    kind: str
    bounds: Bounds | None = None


class Archive:
    """One file, opened when it is first needed and again when it was not there. Thread-safe."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._opened: Opened | None = None

    def _open(self) -> Opened:
        with self._lock:
            if self._opened is None:
                self._opened = opened(self._path)
            return self._opened

    @property
    def refused(self) -> tuple[str, dict[str, str]] | None:
        """Why a file that can be read is not shown: its tiles are no pictures."""
        try:
            kind = self._open().kind
        except (OSError, ValueError):
            return None  # not there now: that is for `tile` to say
        return None if kind.lower() in _RASTER else ("basemap-vector", {"kind": kind})

    def why_refused(self, language: str) -> str | None:
        refused = self.refused
        return message(*refused, language) if refused else None

    @property
    def zooms(self) -> tuple[int, int]:
        """The least and the greatest zoom in the file; 0 and 18 while it is not there."""
        try:
            return self._open().zooms
        except (OSError, ValueError):
            return 0, 18

    @property
    def bounds(self) -> Bounds | None:
        """West, south, east, north in degrees: no tile is asked for beyond. None where the file does not say, or is not there."""
        try:
            return self._open().bounds
        except (OSError, ValueError):
            return None

    def tile(self, z: int, x: int, y: int) -> bytes | None:
        """The tile as it was put in, or None. Raises OSError, ValueError for a file that is missing or none."""
        return self._open().get(z, x, y)


def opened(path: Path) -> Opened:
    """The file by what its first bytes are. Raises OSError where it is missing, ValueError where it is neither."""
    with path.open("rb") as file:
        start = file.read(16)
    return _mbtiles(path) if start == b"SQLite format 3\0" else _pmtiles(path)


def _pmtiles(path: Path) -> Opened:
    try:
        with path.open("rb") as file:
            reader = Reader(MmapSource(file))
            header = reader.header()
    except (MagicNumberNotFound, SpecVersionUnsupported) as error:
        raise ValueError(type(error).__name__) from error
    kind: TileType = header["tile_type"]
    bounds = [header[f"{name}_e7"] / 1e7 for name in ("min_lon", "min_lat", "max_lon", "max_lat")]
    return Opened(reader.get, (int(header["min_zoom"]), int(header["max_zoom"])), kind.name, _bounds(bounds))


def _mbtiles(path: Path) -> Opened:
    try:
        base = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True, check_same_thread=False)
        base.execute("PRAGMA trusted_schema = OFF")  # the file is somebody's, and may hold views
        about = dict(base.execute("SELECT name, value FROM metadata"))
        least, most = base.execute("SELECT min(zoom_level), max(zoom_level) FROM tiles").fetchone()
    except sqlite3.Error as error:
        raise ValueError(type(error).__name__) from error
    return Opened(partial(_row, base, threading.Lock()), (least or 0, most or 0), str(about.get("format", "?")), _bounds(str(about.get("bounds", "")).split(",")))


def _bounds(said: list[Any]) -> Bounds | None:
    """As a file says them; nothing where it says none, or what no box is."""
    try:
        west, south, east, north = map(float, said)
    except ValueError:
        return None
    return (west, south, east, north) if -180 <= west < east <= 180 and -90 <= south < north <= 90 else None


def _row(base: sqlite3.Connection, lock: threading.Lock, z: int, x: int, y: int) -> bytes | None:
    """MBTiles counts rows from the south."""
    with lock:
        try:
            found = base.execute("SELECT tile_data FROM tiles WHERE zoom_level = ? AND tile_column = ? AND tile_row = ?", (z, x, 2**z - 1 - y)).fetchone()
        except sqlite3.Error as error:
            raise ValueError(type(error).__name__) from error
    return bytes(found[0]) if found else None
