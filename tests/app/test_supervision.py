"""Processes are kept running, and end together."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.supervision import LOG_BYTES, Part, Supervisor


@pytest.fixture
def supervisor(tmp_path: Path) -> Iterator[Supervisor]:
    one = Supervisor({**os.environ}, tmp_path / "log/it.log", lambda line: None)
    yield one
    one.stop(0.0)


def soon(true: Callable[[], bool], within_s: float = 10.0) -> bool:
    deadline = time.monotonic() + within_s
    while not true():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def work() -> None:
    os.write(1, b"at work\n")
    time.sleep(600)


def stubborn() -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    os.write(1, b"at work\n")
    time.sleep(600)


@pytest.mark.parametrize("command", [["sleep", "600"], work], ids=["command", "fork"])
def test_a_killed_process_comes_back(supervisor: Supervisor, command: list[str]) -> None:
    part = Part("it", command)
    supervisor.start(part)
    assert part.process is not None
    first = part.process.pid
    os.kill(first, signal.SIGKILL)
    assert soon(lambda: not part.alive)

    def back() -> bool:
        supervisor.look_after()
        return part.alive

    assert soon(back) and part.process.pid != first
    assert supervisor.stop(5.0) and not part.alive


def test_one_that_ends_at_once_again_and_again_is_started_less_and_less_often(supervisor: Supervisor) -> None:
    part = Part("it", ["false"])
    supervisor.start(part)

    def failed_twice() -> bool:
        supervisor.look_after()
        return part.quick_ends >= 2

    assert soon(failed_twice)
    assert part.not_before - time.monotonic() > 2.0


def test_one_that_does_not_heed_is_killed(supervisor: Supervisor, tmp_path: Path) -> None:
    part = Part("it", stubborn)
    supervisor.start(part)
    assert soon(lambda: "at work" in supervisor.last_lines())
    assert not supervisor.stop(0.2) and not part.alive


@pytest.mark.parametrize("kind", ["command", "fork"])
def test_children_end_with_a_killed_supervisor(tmp_path: Path, kind: str) -> None:
    script = f"""
import time
from pathlib import Path
from app.supervision import Part, Supervisor
one = Supervisor({{}}, Path({str(tmp_path / 'log')!r}), print)
part = Part("it", {"['/bin/sleep', '600']" if kind == "command" else "lambda: time.sleep(600)"})
one.start(part)
print(part.process.pid, flush=True)
time.sleep(600)
"""
    parent = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    time.sleep(0.3)  # the child asks to be told of its parent's end just after it begins
    parent.kill()
    parent.wait()

    def gone() -> bool:
        try:
            return Path(f"/proc/{child}/stat").read_text().rsplit(") ", 1)[1].startswith("Z")
        except FileNotFoundError:
            return True

    assert soon(gone)


def test_a_log_that_grew_long_is_put_aside(supervisor: Supervisor, tmp_path: Path) -> None:
    log = tmp_path / "log/it.log"
    with open(log, "wb") as file:
        file.truncate(LOG_BYTES + 1)
    supervisor.look_after()
    assert log.stat().st_size == 0 and (tmp_path / "log/it.log.1").stat().st_size == LOG_BYTES + 1
