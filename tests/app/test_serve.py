"""The whole service as the operator runs it: up, held, hurt, stopped, up again."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from geodata.store import postmaster

ONEMAP = Path(__file__).resolve().parents[2] / ".venv/bin/onemap"
pytestmark = pytest.mark.skipif(not ONEMAP.exists(), reason="scripts/test puts the command in place")


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="onemap-test-"))
    folder.chmod(0o755)
    yield folder
    postmaster.end(folder / "database/data", 5.0)
    shutil.rmtree(folder, ignore_errors=True)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Service:
    """`onemap serve` in a process group of its own, its words in a file."""

    def __init__(self, home: Path, port: int) -> None:
        self.port = port
        self.said = home / f"said-{port}"
        environment = {name: value for name, value in os.environ.items() if not name.startswith("ONEMAP_")}
        with open(self.said, "wb") as words:
            self.process = subprocess.Popen([str(ONEMAP), "--home", str(home), "serve", "--port", str(port), "--no-demo"], stdout=words, stderr=words,
                                            stdin=subprocess.DEVNULL, env=environment, start_new_session=True)

    @property
    def words(self) -> str:
        return self.said.read_text()

    def answers(self, path: str = "/readyz") -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=5) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def ready(self) -> bool:
        assert self.process.poll() is None, self.words
        return "Ctrl-C" in self.words and self.answers()

    def children(self) -> list[int]:
        return [int(pid) for pid in Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()]


def soon(true: Callable[[], bool], within_s: float = 90.0) -> bool:
    deadline = time.monotonic() + within_s
    while not true():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True


def ended(service: Service) -> None:
    if service.process.poll() is None:
        service.process.send_signal(signal.SIGTERM)
    with contextlib.suppress(subprocess.TimeoutExpired):
        service.process.wait(30)
    service.said.unlink(missing_ok=True)


@pytest.fixture(scope="module")
def running() -> Iterator[list[Service]]:
    """The service that the tests share, while nobody has ended it."""
    kept: list[Service] = []
    yield kept
    for one in kept:
        ended(one)


@pytest.fixture
def service(home: Path, running: list[Service]) -> Service:
    """One that answers: that of the test before, whatever that did to its processes, else a new one."""
    if not running:
        running.append(Service(home, free_port()))
    assert soon(running[0].ready), running[0].words
    return running[0]


@pytest.fixture
def idle(home: Path, running: list[Service]) -> Path:
    """The home while no service is on it."""
    while running:
        ended(running.pop())
    return home


def onemap(home: Path, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(ONEMAP), *words], capture_output=True, text=True, env={**os.environ, "ONEMAP_HOME": str(home), **environment}, timeout=120, check=False)


def web(service: Service) -> list[int]:
    """The forked web processes: they have the supervisor's own command line."""
    own = Path(f"/proc/{service.process.pid}/cmdline").read_bytes()
    return [pid for pid in service.children() if Path(f"/proc/{pid}/cmdline").read_bytes() == own]


def test_the_start_tells_the_address_and_an_account_for_each_role(service: Service) -> None:
    assert f"http://127.0.0.1:{service.port}/" in service.words
    assert len(re.findall(r"^  \w+ +\w{4}-\w{4}-\w{4} ", service.words, re.M)) == 8
    assert len(re.findall(r": \d+\.\d s$", service.words, re.M)) >= 4, "each step says how long it took"


def test_a_killed_web_process_comes_back_and_the_service_answers_meanwhile(service: Service) -> None:
    before = web(service)
    assert len(before) == 2
    os.kill(before[0], signal.SIGKILL)
    assert soon(lambda: len(set(web(service))) == 2 and before[0] not in web(service))
    assert soon(service.answers)


def test_a_killed_database_comes_back(service: Service, home: Path) -> None:
    postmaster_pid = int(postmaster.pid_file(home / "database/data")[0])
    os.kill(postmaster_pid, signal.SIGKILL)
    assert soon(lambda: postmaster.is_ready(home / "database/data") and service.answers(), 60)


def test_a_second_start_on_the_home_says_who_holds_it(service: Service, home: Path) -> None:
    second = onemap(home, "serve", "--port", str(free_port()))
    assert second.returncode == 2 and str(service.process.pid) in second.stderr and "--home" in second.stderr
    assert service.answers()


def test_a_taken_port_is_said_with_a_free_one(service: Service) -> None:
    with tempfile.TemporaryDirectory() as other:
        second = onemap(Path(other), "serve", "--port", str(service.port))
        assert second.returncode == 2 and re.search(r"--port \d+", second.stderr)
        assert not Path(other, "database").exists(), "nothing was begun"


def test_a_command_uses_the_running_database(service: Service, home: Path) -> None:
    made = onemap(home, "token", "create", "--role", "planner")
    assert made.returncode == 0, made.stderr
    assert len(made.stdout.split()) == 1
    checked = onemap(home, "check", "--json")
    told = json.loads(checked.stdout)
    assert checked.returncode == 0 and told["ok"] and told["running"], checked.stdout
    assert str(service.process.pid) in next(one["found"] for one in told["findings"] if one["check"] == "service")


def test_sigterm_ends_everything_cleanly(service: Service, running: list[Service], home: Path) -> None:
    children = service.children()
    service.process.send_signal(signal.SIGTERM)
    running.clear()
    assert service.process.wait(30) == 0
    assert not any(Path(f"/proc/{pid}").exists() for pid in children)
    assert not postmaster.processes_of(home / "database/data")
    assert "已停止" in service.words


def test_a_command_without_a_service_starts_the_database_and_stops_it(idle: Path) -> None:
    made = onemap(idle, "token", "create", "--role", "viewer")
    assert made.returncode == 0, made.stderr
    checked = onemap(idle, "check")
    assert checked.returncode == 0 and "stopped" in checked.stdout and "all is well" in checked.stdout, checked.stdout
    assert not postmaster.processes_of(idle / "database/data")


def test_it_starts_again_after_kill_9_of_the_supervisor_and_the_database(idle: Path) -> None:
    first = Service(idle, free_port())
    assert soon(first.ready), first.words
    for pid in (first.process.pid, *postmaster.processes_of(idle / "database/data")):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    first.process.wait()
    second = Service(idle, first.port)  # at once, on the same port: the old web processes are just ending
    try:
        assert soon(second.ready), second.words
    finally:
        second.process.send_signal(signal.SIGTERM)
        assert second.process.wait(30) == 0


def test_an_unknown_setting_stops_the_start(idle: Path) -> None:
    refused = onemap(idle, "serve", ONEMAP_PROT="1")
    assert refused.returncode == 2 and "ONEMAP_PORT" in refused.stderr


def test_the_secret_and_the_accounts_are_for_the_owner_only(service: Service, home: Path) -> None:
    assert (home / "secret.json").stat().st_mode & 0o077 == 0
    assert json.loads((home / "secret.json").read_text())["secret_key"]
