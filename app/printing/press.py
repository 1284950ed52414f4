"""Where sheets are drawn: a process of its own for each, forked from one that has all loaded, limited in memory and time.

Drawing takes about a second of pure computing. In a thread of the web process it would hold up everybody else's answers,
and a sheet that goes wrong would take them along.
"""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from app.printing import fonts
from layers.errors import OnemapError, Unavailable
from layers.messages import Sentence, declare
from layers.spec import Label

if TYPE_CHECKING:
    from app.printing.contents import Sheet
    from app.printing.drawing import Printed

AT_ONCE = 1  # in each web process; with the two of an ordinary service two sheets are drawn at once
WAITING = 2  # more would wait longer than a person does
PATIENCE_S = 15.0
TIME_S = 30.0  # ten times what the largest sheet of the demonstration takes
START_S = 20.0  # what the first sheet of a process may take beside: matplotlib is loaded and the fonts are prepared
_ROOT = Path(__file__).resolve().parents[2]


class PressBusy(Unavailable):
    """As many sheets are being drawn and waiting as one process takes."""

    code = "press-busy"


class PressFailed(Unavailable):
    """The process that drew the sheet ended without one: out of memory or time."""

    code = "press-failed"


declare({
    "press-busy": Sentence(
        Label("正在打印的图太多", "Too many sheets are being printed"), Label("几秒后再试", "Try again in some seconds")),
    "press-failed": Sentence(
        Label("这张图没有印成：超出了时间或内存限度", "The sheet could not be drawn within its time and memory"),
        Label("缩小范围或减少图层后再试", "Try a smaller view or fewer layers")),
})


class Press:
    """One per web process; `cache` is a folder that may be written, for what drawing prepares once. Thread-safe."""

    def __init__(self, cache: Path, *, time_s: float = TIME_S) -> None:
        self._cache = cache
        self._time_s = time_s
        self._turn = threading.Semaphore(AT_ONCE)
        self._places = threading.Semaphore(AT_ONCE + WAITING)
        self._room: Room | None = None

    def print(self, sheet: Sheet, form: str, *, dpi: int, page: int) -> Printed:
        """The drawn sheet. Raises NoPrintFont, PressBusy (retry later), PressFailed."""
        fonts.require()
        with self._place():
            return self._drawn((sheet, form, dpi, page, self._time_s))

    def prepare(self) -> None:
        """Load what drawing needs ahead of the first sheet, which would else wait some seconds for it."""
        with self._turn:
            self._open()

    @contextmanager
    def _place(self) -> Iterator[None]:
        if not self._places.acquire(blocking=False):
            raise PressBusy(retry_after_s=5)
        try:
            if not self._turn.acquire(timeout=PATIENCE_S):
                raise PressBusy(retry_after_s=5)
            try:
                yield
            finally:
                self._turn.release()
        finally:
            self._places.release()

    def _drawn(self, work: tuple[Any, ...]) -> Printed:
        room = self._open()
        try:
            found = room.ask(work, START_S + self._time_s)
        except (EOFError, OSError, TimeoutError) as error:
            room.close()
            self._room = None
            raise PressFailed from error
        if isinstance(found, OnemapError):
            raise found
        if found is None:
            raise PressFailed
        return cast("Printed", found)

    def _open(self) -> Room:
        """The room, made anew where it is gone; whoever has the turn is alone here."""
        if self._room is None or not self._room.alive:
            self._room = Room(self._cache)
        return self._room

    def close(self) -> None:
        """End the room; the next sheet makes another."""
        if self._room is not None:
            self._room.close()
            self._room = None


class Room:
    """The process that sheets are forked from, and our end of the pipe to it."""

    def __init__(self, cache: Path) -> None:
        cache.mkdir(parents=True, exist_ok=True)
        self._pipe, theirs = multiprocessing.Pipe()
        with theirs:
            command = [sys.executable, "-P", "-m", "app.printing.room", str(theirs.fileno())]
            self._process = subprocess.Popen(command, pass_fds=[theirs.fileno()], cwd=_ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                             env={**os.environ, "MPLCONFIGDIR": str(cache), "PYTHONPATH": str(_ROOT)})

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def ask(self, work: tuple[Any, ...], patience_s: float) -> Any:
        """What the room answers. Raises TimeoutError, and OSError or EOFError where it is gone."""
        self._pipe.send(work)
        if not self._pipe.poll(patience_s):
            raise TimeoutError
        return self._pipe.recv()

    def close(self) -> None:
        self._pipe.close()
        self._process.kill()
        self._process.wait()
