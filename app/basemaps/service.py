"""The basemaps of an installation: a tile of one, and how each of them is."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as Late
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import structlog

from app.basemaps import degrees, fetching
from app.basemaps.archive import Archive
from app.basemaps.keeping import Keeping
from app.basemaps.sources import BadBasemaps, Source, read
from layers.errors import NotFound, Unavailable
from layers.messages import Sentence, declare, message
from layers.spec import Label

AT_ONCE = 6  # fetches of one process: a slow source cannot take the threads that answer people
_TRIES = 3  # failures in a row before a source counts as not answering; a timeout counts at once
log = structlog.get_logger("onemap")


class BasemapDown(Unavailable):
    """The source does not answer; layers are drawn without it. `values`: basemap."""

    code = "basemap-down"


class NoTile(NotFound):
    """No such basemap, or it has no tile there."""

    code = "no-tile"


declare({
    "basemap-down": Sentence(Label("底图「{basemap}」未接通", "The basemap “{basemap}” does not answer"), Label("图层照常可用；恢复后自动显示", "Layers work as before; it comes back by itself")),
    "no-tile": Sentence(Label("没有这块瓦片", "There is no such tile"), Label("底图见 /api/v1/basemaps", "See /api/v1/basemaps")),
})


@dataclass(frozen=True)
class Tile:
    """A picture and its media type."""

    content: bytes
    kind: str


class Basemaps:
    """One per process; `home` holds the file of sources and the kept tiles. Thread-safe.

    A file that is wrong is told by `problem` and leaves no basemaps: the map of an emergency does not wait for it.
    """

    def __init__(self, home: Path, file: str = "", cache_mb: int = 500) -> None:
        named = Path(file).expanduser() if file else home / "basemaps.json"
        self.problem: BadBasemaps | None = None
        self.sources: Mapping[str, Source] = {}
        try:
            self.sources = {one.id: one for one in read(named, must=bool(file))}
        except BadBasemaps as error:
            self.problem = error
            log.error("basemaps", **error.values)
        most = cache_mb * 1_000_000 // max(1, len(self.sources))
        self._kept = {one.id: Keeping(home / "cache" / "basemaps", one, most) for one in self.sources.values()}
        self._archives = {one.id: Archive(one.file) for one in self.sources.values() if one.file}
        self._failures: dict[str, int] = {}
        self._lock = threading.Lock()

    @cached_property
    def _pool(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(AT_ONCE, thread_name_prefix="basemap")

    def described(self, language: str) -> list[dict[str, Any]]:
        """What the page may know: never an address, never a key."""
        return [self._described(one, language) for one in self.sources.values()]

    def said_problem(self, language: str) -> str | None:
        """What is wrong with the file, in words."""
        return message(self.problem.code, self.problem.values, language) if self.problem else None

    def _described(self, source: Source, language: str) -> dict[str, Any]:
        archive = self._archives.get(source.id)
        refused = source.why_refused(language) or (archive.why_refused(language) if archive else None)
        since = self._kept[source.id].down_since
        least, most = archive.zooms if archive and not refused else (source.min_zoom, source.max_zoom)
        return {"id": source.id, "label": source.label, "credit": source.credit, "min_zoom": least, "max_zoom": most,
                "state": "refused" if refused else "down" if since else "ready", "since": since, "refused": refused}

    def tile(self, basemap: str, z: int, x: int, y: int) -> Tile:
        """A Web Mercator tile. Raises NoTile, BasemapDown."""
        source = self.sources.get(basemap)
        if source is None or not source.min_zoom <= z <= source.max_zoom or not (0 <= x < 2**z and 0 <= y < 2**z):
            raise NoTile
        archive = self._archives.get(basemap)
        if source.refused or (archive and archive.refused):
            raise NoTile
        content = self._of_archive(source, archive, z, x, y) if archive else self._of_host(source, z, x, y)
        kind = fetching.picture_type(content or b"")
        if not content or kind is None:
            raise NoTile
        return Tile(content, kind)

    def _of_archive(self, source: Source, archive: Archive, z: int, x: int, y: int) -> bytes | None:
        try:
            found = archive.tile(z, x, y)
        except (OSError, ValueError) as error:
            self._note_failure(source, error, at_once=True)
            raise BasemapDown(basemap=source.label.zh) from error
        self._note_answer(source)
        return found

    def _of_host(self, source: Source, z: int, x: int, y: int) -> bytes | None:
        kept = self._kept[source.id]
        found = kept.tile(z, x, y)
        if found is not None:
            return found
        try:
            found = degrees.mercator_tile(z, x, y, lambda *at: self._fetched(source, *at)) if source.geographic else self._fetched(source, z, x, y)
        except (fetching.Failed, OSError, ValueError) as error:
            stale = kept.tile(z, x, y, stale=True)
            if stale is None:
                raise BasemapDown(basemap=source.label.zh) from error
            return stale
        kept.keep(z, x, y, found or b"")
        return found

    def _fetched(self, source: Source, z: int, x: int, y: int) -> bytes | None:
        """From the host, within the time limit whatever hangs. Raises Failed."""
        kept = self._kept[source.id]
        if kept.rests:
            raise fetching.Failed("rests")
        future: Future[bytes | None] = self._pool.submit(fetching.fetch, source.address(z, x, y), source.hosts, intranet=source.intranet)
        try:
            found = future.result(fetching.TIMEOUT_S + 0.5)
        except Late as error:
            future.cancel()
            self._note_failure(source, error, at_once=True)
            raise fetching.Failed("timeout") from error
        except fetching.Failed as error:
            self._note_failure(source, error, at_once=str(error) in ("TimeoutError", "ConnectionRefusedError", "name", "timeout", "address not permitted"))
            raise
        self._note_answer(source)
        return found

    def _note_failure(self, source: Source, error: Exception, *, at_once: bool) -> None:
        with self._lock:
            self._failures[source.id] = count = self._failures.get(source.id, 0) + 1
        if at_once or count >= _TRIES:
            self._kept[source.id].failed()
            log.warning("basemap", basemap=source.id, why=str(error) or type(error).__name__)

    def _note_answer(self, source: Source) -> None:
        with self._lock:
            self._failures.pop(source.id, None)
        if self._kept[source.id].down_since:
            self._kept[source.id].answered()
