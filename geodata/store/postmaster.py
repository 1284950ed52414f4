"""The processes of one data directory, seen from outside: which live, whether they answer, ending them."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from pathlib import Path


def processes_of(data_dir: Path) -> list[int]:
    """Every PostgreSQL process of this data directory, whoever started it; a server and its children work inside it."""
    wanted = os.path.realpath(data_dir)
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                if os.readlink(entry / "cwd") == wanted and Path(os.readlink(entry / "exe").removesuffix(" (deleted)")).name == "postgres":
                    found.append(int(entry.name))
    return sorted(found)


def pid_file(data_dir: Path) -> list[str]:
    """The lines of `postmaster.pid`; empty when there is none."""
    try:
        return (data_dir / "postmaster.pid").read_text().splitlines()
    except (OSError, UnicodeDecodeError):
        return []


def is_ready(data_dir: Path, pid: int | None = None) -> bool:
    """Whether a server takes connections: it writes so in line 8 of its pid file. With `pid`, that very server."""
    lines = pid_file(data_dir)
    if len(lines) < 8 or lines[7].strip() != "ready":
        return False
    return int(lines[0]) in processes_of(data_dir) and pid in (None, int(lines[0]))


def forget_dead(data_dir: Path, socket_dir: Path) -> None:
    """Remove what a killed server left behind: its pid file, its socket, the socket's lock.

    They name a process number that may by now be somebody else's, or a dead child nobody has buried, and then PostgreSQL
    will not start. Only for the holder of the home's lock.
    """
    if not processes_of(data_dir):
        for left in (data_dir / "postmaster.pid", *socket_dir.glob(".s.PGSQL.*")):
            with contextlib.suppress(FileNotFoundError):
                left.unlink()


def end(data_dir: Path, patience_s: float) -> bool:
    """End every process of the data directory: politely (SIGINT), after `patience_s` without checkpoint (SIGQUIT), then by SIGKILL.

    Answers whether the polite way was enough. Nothing committed is lost in either case: the next start replays the log.
    """
    for number, wait_s in ((signal.SIGINT, patience_s), (signal.SIGQUIT, 5.0), (signal.SIGKILL, 5.0)):
        lines = pid_file(data_dir)
        alive = processes_of(data_dir)
        server = [int(lines[0])] if lines and lines[0].isdigit() and int(lines[0]) in alive else []
        targets = (server or alive) if number is not signal.SIGKILL else alive
        for pid in targets:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)
        if _gone(data_dir, wait_s):
            return number is signal.SIGINT
    return False


def _gone(data_dir: Path, wait_s: float) -> bool:
    deadline = time.monotonic() + wait_s
    while processes_of(data_dir):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True
