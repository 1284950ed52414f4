"""Processes that read a file, forked from one that has taken up the libraries: started fresh, each would spend most of its time on that.

What runs in them and how they are limited, waited for and killed is the product's; `tests/geodata/files/test_reading.py` starts them as the product does.
"""

from __future__ import annotations

import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from geodata.files import reading

READER = ["-m", "geodata.files.sandbox"]


class Forked:
    """What `reading` asks of a process, for one forked elsewhere; its end comes over a connection."""

    def __init__(self, connection: socket.socket, errors: Path) -> None:
        self._connection, self._errors = connection, errors
        self.returncode: int | None = None
        self.pid = int(self._said() or b"0")

    def _said(self) -> bytes:
        said = self._connection.recv(16)
        assert said, "the process that forks is gone"
        return said

    def communicate(self, timeout: float | None = None) -> tuple[bytes, bytes]:
        if self.returncode is None:
            self._connection.settimeout(timeout)
            try:
                self.returncode = int(self._said())
            except (TimeoutError, BlockingIOError) as late:  # the second where no time at all is given
                raise subprocess.TimeoutExpired(READER, timeout or 0) from late
            self._connection.close()
        return b"", self._errors.read_bytes()

    def poll(self) -> int | None:
        return self.returncode


@contextmanager
def forked_readers() -> Iterator[None]:
    """Meanwhile the reading processes of this one are forked."""
    with tempfile.TemporaryDirectory(prefix="onemap-readers-") as folder:
        place, first, begun = Path(folder, "asked"), threading.Lock(), list[subprocess.Popen[bytes]]()

        def start(env: Mapping[str, str]) -> None:
            with first:
                if not begun:
                    begun.append(subprocess.Popen([sys.executable, "-m", "tests.readers", str(place)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=env))
                    assert begun[0].stdout and begun[0].stdout.read(1) == b"!"

        def popen(command: list[str], **how: Any) -> Any:
            if command[1:3] != READER:
                return subprocess.Popen(command, **how)
            start(how["env"])
            handle, errors = tempfile.mkstemp(dir=folder)
            os.close(handle)
            connection = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            connection.connect(str(place))
            connection.send(f"{errors}\n{command[3]}".encode())
            return Forked(connection, Path(errors))

        reading.subprocess = SimpleNamespace(**{**vars(subprocess), "Popen": popen})  # type: ignore[assignment]
        try:
            yield
        finally:
            reading.subprocess = subprocess
            for one in begun:
                one.communicate(timeout=10)  # its input ends, and so does it


def serve(place: str) -> None:
    """Fork a reader for each that connects, until the input ends."""
    from geodata.files import sandbox

    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as asked:
        asked.bind(place)
        asked.listen(64)
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)
        os.write(1, b"!")
        while True:
            ready, _, _ = select.select([asked, 0], [], [])
            if 0 in ready:
                return
            connection, _ = asked.accept()
            if os.fork() == 0:
                asked.close()
                _attend(connection, sandbox.main)
            connection.close()


def _attend(connection: socket.socket, main: Any) -> None:
    """In a process between: tells of the reader that it forked, and how that ended."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    errors, request = connection.recv(10_000).decode().split("\n")
    ready, say_ready = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.setsid()  # before anybody is told of it: it is killed with all that it starts
        os.write(say_ready, b"!")
        _read(errors, request, main)
    os.read(ready, 1)
    connection.send(str(pid).encode())
    connection.send(str(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])).encode())
    os._exit(0)


def _read(errors: str, request: str, main: Any) -> None:
    nothing = os.open(os.devnull, os.O_RDWR)
    for number, to in ((0, nothing), (1, nothing), (2, os.open(errors, os.O_WRONLY))):
        os.dup2(to, number)
    os.closerange(3, 256)  # as of a process that was started
    ended = 1
    try:
        ended = main(request)
    except BaseException:
        traceback.print_exc()
    sys.stderr.flush()
    os._exit(ended)


if __name__ == "__main__":
    serve(sys.argv[1])
