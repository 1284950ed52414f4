"""Tiles kept on disk, and since when a source does not answer: shared by all processes of the installation."""

from __future__ import annotations

import hashlib
import json
import os
import time
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from app.basemaps.sources import Source

FRESH_S = 30 * 86_400  # a basemap changes in months
NONE_S = 86_400  # where the source has no tile
RETRY_S = 20.0  # after it did not answer
_PRUNE_EVERY = 200  # tiles written


class Keeping:
    """The folder of one source; writing that fails (a full disk) is as if nothing were kept."""

    def __init__(self, root: Path, source: Source, most_bytes: int) -> None:
        name = hashlib.sha256(f"{source.template}|{source.matrix}|{source.level_offset}".encode()).hexdigest()[:8]
        self.folder = root / f"{source.id}-{name}"
        self._most = most_bytes
        self._written = 0

    def tile(self, z: int, x: int, y: int, *, stale: bool = False) -> bytes | None:
        """The kept tile (empty: the source has none there), or None. Old ones only when `stale` will do."""
        path = self._path(z, x, y)
        try:
            age = time.time() - path.stat().st_mtime
            content = path.read_bytes()
        except OSError:
            return None
        return content if stale or age < (FRESH_S if content else NONE_S) else None

    def keep(self, z: int, x: int, y: int, content: bytes) -> None:
        """Keep a tile, or with no content that there is none."""
        path = self._path(z, x, y)
        with suppress(OSError):
            path.parent.mkdir(parents=True, exist_ok=True)
            draft = path.with_suffix(f".{os.getpid()}")
            draft.write_bytes(content)
            draft.replace(path)
        self._written += 1
        if self._written % _PRUNE_EVERY == 1:
            self.prune()

    def prune(self) -> None:
        """Let the oldest go until four fifths of the room are taken."""
        with suppress(OSError):
            kept = sorted((one.stat().st_mtime, one.stat().st_size, one) for one in self.folder.glob("*/*/*") if one.is_file())
            size = sum(one[1] for one in kept)
            if size <= self._most:
                return
            for _, bytes_, path in kept:
                path.unlink(missing_ok=True)
                size -= bytes_
                if size <= self._most * 0.8:
                    return

    def _path(self, z: int, x: int, y: int) -> Path:
        return self.folder / str(z) / str(x) / f"{y}.tile"

    @property
    def down_since(self) -> datetime | None:
        """Since when the source does not answer; None when it does, or was never asked."""
        try:
            return datetime.fromtimestamp(json.loads(self._state.read_text())["since"], UTC)
        except (OSError, ValueError, KeyError):
            return None

    @property
    def rests(self) -> bool:
        """Whether it failed so recently that it is not asked now."""
        with suppress(OSError):
            return time.time() - self._state.stat().st_mtime < RETRY_S
        return False

    def failed(self) -> None:
        """Note that it did not answer; the first time stays as `down_since`."""
        since = self.down_since
        with suppress(OSError):
            self.folder.mkdir(parents=True, exist_ok=True)
            written = self._state.with_name(f"down-{uuid4().hex}.json")
            written.write_text(json.dumps({"since": since.timestamp() if since else time.time()}))
            written.replace(self._state)  # several tiles fail at once: nobody reads half a word and takes it for none

    def answered(self) -> None:
        with suppress(OSError):
            self._state.unlink(missing_ok=True)

    @property
    def _state(self) -> Path:
        return self.folder / "down.json"
