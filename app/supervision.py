"""Keeps the processes of the service running, and ends them together."""

from __future__ import annotations

import ctypes
import os
import shutil
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn, Protocol

from geodata.store.system_user import SystemUser

QUICK_S = 10.0  # a process that ends sooner than this after its start has something wrong with it
LONGEST_PAUSE_S = 30.0
PR_SET_PDEATHSIG = 1  # <sys/prctl.h>
LOG_BYTES = 50_000_000  # a log past this is put aside; one older one is kept


class Child(Protocol):
    """A running process; `subprocess.Popen` is one, `Forked` another."""

    pid: int

    def poll(self) -> int | None: ...
    def send_signal(self, number: int) -> None: ...
    def wait(self, timeout: float) -> int: ...
    def kill(self) -> None: ...


class Forked:
    """A copy of this process that runs one function and ends.

    It shares what is imported already, so it is there in milliseconds. The caller must have one thread and no open
    database connection. `user` is whom it becomes before it works.
    """

    def __init__(self, work: Callable[[], None], output: int | None, user: SystemUser | None = None) -> None:
        self._code: int | None = None
        self.pid = os.fork()
        if self.pid == 0:
            _run(work, output, user)

    def poll(self) -> int | None:
        if self._code is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self._code = os.waitstatus_to_exitcode(status)
        return self._code

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def wait(self, timeout: float) -> int:
        deadline = time.monotonic() + timeout
        while (code := self.poll()) is None:
            if time.monotonic() > deadline:
                raise subprocess.TimeoutExpired("fork", timeout)
            time.sleep(0.01)
        return code


def _run(work: Callable[[], None], output: int | None, user: SystemUser | None) -> NoReturn:
    """What a forked child does: part from the parent's terminal, die with it, work, end without the parent's clean-up."""
    code = 1
    try:
        os.setsid()
        parent = os.getppid()
        if user is not None:
            user.become()  # before the next line: the kernel forgets that wish when the user changes
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_DFL)
        if os.getppid() == parent:  # else it died before we asked to be told
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)  # not the operator's keyboard
            if output is not None:
                os.dup2(output, 1)
                os.dup2(output, 2)
            work()
            code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


@dataclass
class Part:
    """One process to keep running: a command of its own, or a function for a fork of this process."""

    name: str
    command: Sequence[str] | Callable[[], None]
    process: Child | None = field(default=None, repr=False)
    started: float = 0.0
    quick_ends: int = 0
    not_before: float = 0.0

    @property
    def alive(self) -> bool:
        return self.process is not None and self.process.poll() is None


class Supervisor:
    """Starts parts, starts again those that end, stops all. Its children end with it, even when it is killed.

    They run as `user` where one is given; the log stays the supervisor's, they write to it as it was opened for them.
    """

    def __init__(self, environment: Mapping[str, str], log: Path | None, say: Callable[[str], object], user: SystemUser | None = None) -> None:
        self._environment = dict(environment)
        self._log = log
        self._user = user
        self._say = say
        self.parts: list[Part] = []
        if log is not None:
            log.parent.mkdir(parents=True, exist_ok=True)

    def start(self, part: Part) -> None:
        """Start a part and keep it."""
        if part not in self.parts:
            self.parts.append(part)
        output = self._open_log()
        try:
            if callable(part.command):
                part.process = Forked(part.command, output, self._user)
            else:
                before = self._user.prefix(end_with_parent="TERM") if self._user else ["setpriv", "--pdeathsig", "TERM"]
                part.process = subprocess.Popen(
                    [*before, *part.command], stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                    env=self._environment, start_new_session=True)  # Ctrl-C reaches this process alone
        finally:
            if output is not None:
                os.close(output)
        part.started = time.monotonic()

    def look_after(self) -> None:
        """Start what has ended; what ends again and again, after pauses that grow to LONGEST_PAUSE_S. Called every so often."""
        now = time.monotonic()
        for part in self.parts:
            if part.alive:
                continue
            if part.process is not None:
                self._say(f"{part.name} 意外结束（{_ending(part.process)}），重新启动 · {part.name} ended and is started again")
                part.quick_ends = part.quick_ends + 1 if now - part.started < QUICK_S else 0
                part.not_before = now + (min(LONGEST_PAUSE_S, 2.0 ** part.quick_ends) if part.quick_ends else 0.0)
                part.process = None
            if now >= part.not_before:
                self.start(part)
        self._rotate()

    def stop(self, patience_s: float) -> bool:
        """SIGTERM to all, after `patience_s` SIGKILL to the rest. Answers whether nobody had to be killed."""
        alive = [part.process for part in self.parts if part.process is not None and part.alive]
        for process in alive:
            process.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + patience_s
        clean = True
        for process in alive:
            try:
                process.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                clean = False
                process.kill()
                process.wait(10.0)
        self.parts.clear()
        return clean

    def last_lines(self, count: int = 5) -> str:
        """The end of the log, for a person whose service does not come up."""
        if self._log is None or not self._log.exists():
            return ""
        with open(self._log, "rb") as file:
            file.seek(max(0, self._log.stat().st_size - 4000))
            return "\n".join(file.read().decode(errors="replace").splitlines()[-count:])

    def _open_log(self) -> int | None:
        return None if self._log is None else os.open(self._log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o640)

    def _rotate(self) -> None:
        """Put a long log aside. Writers keep appending to the same file, so it is copied and emptied, not renamed."""
        if self._log is not None and self._log.exists() and self._log.stat().st_size > LOG_BYTES:
            shutil.copyfile(self._log, self._log.with_suffix(self._log.suffix + ".1"))
            os.truncate(self._log, 0)


def _ending(child: Child) -> str:
    code = child.poll() or 0
    return f"signal {-code}" if code < 0 else f"exit {code}"
