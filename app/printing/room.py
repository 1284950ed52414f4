"""The process that sheets are drawn from: it loads all that drawing needs once, then forks one process for each sheet.

Run as `python -m app.printing.room FD`, with the end of a pipe; it ends when the other end is closed.
"""

from __future__ import annotations

import os
import resource
import signal
import sys
from multiprocessing.connection import Connection
from typing import Any

from app.printing import drawing, fonts, symbols
from layers.errors import OnemapError

MEMORY_MB = 1_500  # of address space; an A3 page of 250 dots per inch is 60 MB


def main(pipe: Connection) -> None:
    """Answer (sheet, form, dpi, page, seconds) with what is printed, with the named error that it met, or with None for one that died."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the service, which closes the pipe
    _prepare()
    while True:
        try:
            work = pipe.recv_bytes()
        except EOFError:
            return
        child = os.fork()
        if child == 0:
            _draw(pipe, work)
        if os.waitpid(child, 0)[1] != 0:
            pipe.send(None)


def _prepare() -> None:
    """What does not depend on the sheet."""
    fonts.require()
    for weight in fonts.FILES:
        fonts.width("一张图 0123456789", 1.0, weight)
    for name in symbols.names():
        symbols.pieces(name)


def _draw(pipe: Connection, work: bytes) -> None:
    """One sheet, in a process that ends with it."""
    import pickle

    try:
        *asked, seconds = pickle.loads(work)  # from our own web process, over a pipe that nobody else has
        _limit(seconds)
        answer = pickle.dumps(_printed(*asked))
        signal.setitimer(signal.ITIMER_REAL, 0)
        pipe.send_bytes(answer)
    except BaseException as error:
        sys.stderr.write(f"print: {type(error).__name__}: {error}\n")
        os._exit(1)
    os._exit(0)


def _limit(seconds: float) -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    most = MEMORY_MB * 1024 * 1024
    resource.setrlimit(resource.RLIMIT_AS, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_REAL, seconds)  # nothing in Python need be running for it to end the process


def _printed(sheet: Any, form: str, dpi: int, page: int) -> drawing.Printed | OnemapError:
    try:
        return drawing.render(sheet, form, dpi=dpi, page=page)
    except OnemapError as error:
        return error


if __name__ == "__main__":
    main(Connection(int(sys.argv[1])))
