"""Which basemaps an installation has now: those of its file of sources and those placed in its folder."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from pathlib import Path

import structlog

from app.basemaps.sources import FILE, PLACED, BadBasemaps, Source, read, read_placed

log = structlog.get_logger("onemap")


class Listing:
    """Reads both anew when one of them changed; a part that is wrong is told by `problem` and left out. Thread-safe."""

    def __init__(self, home: Path, file: str = "") -> None:
        self._file = Path(file).expanduser() if file else home / FILE
        self._must = bool(file)
        self._folder = home / PLACED
        self._lock = threading.Lock()
        self._as_of: object = None
        self._sources: dict[str, Source] = {}
        self._problem: BadBasemaps | None = None

    @property
    def sources(self) -> Mapping[str, Source]:
        """By id; a placed one gives way where the file has its id. The same object until something changes."""
        with self._lock:
            now = (_changed(self._file), _changed(self._folder))
            if now != self._as_of:
                self._as_of, self._problem = now, None
                listed = (*self._part(lambda: read(self._file, must=self._must)), *self._part(lambda: read_placed(self._folder)))
                self._sources = {}
                for one in listed:
                    self._sources.setdefault(one.id, one)
            return self._sources

    @property
    def problem(self) -> BadBasemaps | None:
        """What is wrong with the file or the folder."""
        return self._problem if self.sources is not None else None

    def _part(self, reading: Callable[[], tuple[Source, ...]]) -> tuple[Source, ...]:
        try:
            return reading()
        except BadBasemaps as error:
            self._problem = self._problem or error
            log.error("basemaps", **error.values)
            return ()


def _changed(path: Path) -> tuple[int, int]:
    """Of its content and of its rights: one that could not be read may be readable now."""
    try:
        known = path.stat()
        return known.st_mtime_ns, known.st_ctime_ns
    except OSError:
        return 0, 0
