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
from app.basemaps.listing import Listing
from app.basemaps.sources import BadBasemaps, Source
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
class Shown:
    """A source with what is kept of it, or with its file."""

    source: Source
    kept: Keeping
    archive: Archive | None


@dataclass(frozen=True)
class Tile:
    """A picture and its media type."""

    content: bytes
    kind: str


class Basemaps:
    """One per process; `home` holds the file of sources, the files placed and the kept tiles. Thread-safe.

    What is listed wrongly is told by `problem` and left out: the map of an emergency does not wait for it. What is listed, placed or taken
    away is seen at the next question.
    """

    def __init__(self, home: Path, file: str = "", cache_mb: int = 500) -> None:
        self._listing = Listing(home, file)
        self._cache, self._cache_bytes = home / "cache" / "basemaps", cache_mb * 1_000_000
        self._of: Mapping[str, Source] = {}
        self._shown: Mapping[str, Shown] = {}
        self._failures: dict[str, int] = {}
        self._lock = threading.Lock()

    @property
    def listed(self) -> Mapping[str, Source]:
        """What there is now, by id: the same object until something changes."""
        return self._listing.sources

    @property
    def shown(self) -> Mapping[str, Shown]:
        """By id, in the order in which they are offered."""
        sources = self._listing.sources
        with self._lock:
            if sources is not self._of:
                most = self._cache_bytes // max(1, len(sources))
                self._shown = {one.id: Shown(one, Keeping(self._cache, one, most), Archive(one.file) if one.file else None) for one in sources.values()}
                self._of = sources
            return self._shown

    @property
    def problem(self) -> BadBasemaps | None:
        """What is wrong with what is listed."""
        return self._listing.problem

    @cached_property
    def _pool(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(AT_ONCE, thread_name_prefix="basemap")

    def described(self, language: str) -> list[dict[str, Any]]:
        """What the page may know: never an address, never a key."""
        return [self._described(one, language) for one in self.shown.values()]

    def said_problem(self, language: str) -> str | None:
        """What is wrong with the file, in words."""
        problem = self.problem
        return message(problem.code, problem.values, language) if problem else None

    def _described(self, shown: Shown, language: str) -> dict[str, Any]:
        source, archive = shown.source, shown.archive
        refused = source.why_refused(language) or (archive.why_refused(language) if archive else None)
        since = shown.kept.down_since
        least, most = archive.zooms if archive and not refused else (source.min_zoom, source.max_zoom)
        return {"id": source.id, "label": source.label, "credit": source.credit, "date": source.date or None, "whole": archive is None, "bounds": archive.bounds if archive else None, "min_zoom": least, "max_zoom": most,
                "state": "refused" if refused else "down" if since else "ready", "since": since, "refused": refused}

    def tile(self, basemap: str, z: int, x: int, y: int) -> Tile:
        """A Web Mercator tile. Raises NoTile, BasemapDown."""
        shown = self.shown.get(basemap)
        if shown is None:
            raise NoTile
        source, archive = shown.source, shown.archive
        if not source.min_zoom <= z <= source.max_zoom or not (0 <= x < 2**z and 0 <= y < 2**z):
            raise NoTile
        if source.refused or (archive and archive.refused):
            raise NoTile
        content = self._of_archive(shown, archive, z, x, y) if archive else self._of_host(shown, z, x, y)
        kind = fetching.picture_type(content or b"")
        if not content or kind is None:
            raise NoTile
        return Tile(content, kind)

    def _of_archive(self, shown: Shown, archive: Archive, z: int, x: int, y: int) -> bytes | None:
        try:
            found = archive.tile(z, x, y)
        except (OSError, ValueError) as error:
            self._note_failure(shown, error, at_once=True)
            raise BasemapDown(basemap=shown.source.label.zh) from error
        self._note_answer(shown)
        return found

    def _of_host(self, shown: Shown, z: int, x: int, y: int) -> bytes | None:
        source, kept = shown.source, shown.kept
        found = kept.tile(z, x, y)
        if found is not None:
            return found
        try:
            found = degrees.mercator_tile(z, x, y, lambda *at: self._fetched(shown, *at)) if source.geographic else self._fetched(shown, z, x, y)
        except (fetching.Failed, OSError, ValueError) as error:
            stale = kept.tile(z, x, y, stale=True)
            if stale is None:
                raise BasemapDown(basemap=source.label.zh) from error
            return stale
        kept.keep(z, x, y, found or b"")
        return found

    def _fetched(self, shown: Shown, z: int, x: int, y: int) -> bytes | None:
        """From the host, within the time limit whatever hangs. Raises Failed."""
        source = shown.source
        if shown.kept.rests:
            raise fetching.Failed("rests")
        future: Future[bytes | None] = self._pool.submit(fetching.fetch, source.address(z, x, y), source.hosts, intranet=source.intranet)
        try:
            found = future.result(fetching.TIMEOUT_S + 0.5)
        except Late as error:
            future.cancel()
            self._note_failure(shown, error, at_once=True)
            raise fetching.Failed("timeout") from error
        except fetching.Failed as error:
            self._note_failure(shown, error, at_once=str(error) in ("TimeoutError", "ConnectionRefusedError", "name", "timeout", "address not permitted"))
            raise
        self._note_answer(shown)
        return found

    def _note_failure(self, shown: Shown, error: Exception, *, at_once: bool) -> None:
        with self._lock:
            self._failures[shown.source.id] = count = self._failures.get(shown.source.id, 0) + 1
        if at_once or count >= _TRIES:
            shown.kept.failed()
            log.warning("basemap", basemap=shown.source.id, why=str(error) or type(error).__name__)

    def _note_answer(self, shown: Shown) -> None:
        with self._lock:
            self._failures.pop(shown.source.id, None)
        if shown.kept.down_since:
            shown.kept.answered()
