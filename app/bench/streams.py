"""Open event streams beside queries: do 200 of them slow queries, and do 100 ms computations hold up events."""

from __future__ import annotations

import asyncio
import http.client
import os
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from statistics import median, quantiles
from typing import Any, Self

import shapely

from app.bench.scratch import SEED, filled, places
from app.listening import listen
from geodata.store.database import Database
from geodata.store.sessions import Tokens
from geodata.store.spaces import Space
from layers.spec import OPERATOR, Geometry, Role

LAYER = "bench_points"
EDIT_EVERY_S = 0.2
SLOWER_BAR = 1.2  # bars.md D2
EVENT_BAR_S = 1.0  # bars.md D1


@dataclass
class StreamsResult:
    """What was measured, in milliseconds; `checks` are (claim, value, bar)."""

    facts: dict[str, Any]
    times_ms: dict[str, dict[str, float]] = field(default_factory=dict)
    checks: list[tuple[str, float, float]] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """The result for programs."""
        return {"name": "streams", "facts": self.facts, "times_ms": self.times_ms,
                "checks": [{"claim": claim, "value": value, "bar": bar, "reached": value <= bar} for claim, value, bar in self.checks]}

    def lines(self) -> list[str]:
        """The result for people."""
        said = ["streams: " + ", ".join(f"{name} {value}" for name, value in self.facts.items())]
        said += [f"  {name:<44} p50 {one['p50']:8.1f} ms   p95 {one['p95']:8.1f} ms   n {one['n']:.0f}" for name, one in self.times_ms.items()]
        said += [f"  {claim:<60} {value:.2f}  bar {bar:g}: {'reached' if value <= bar else 'NOT reached'}" for claim, value, bar in self.checks]
        return said


def run(database: Database, streams: int, rounds: int, seconds: float) -> StreamsResult:
    """Two web processes; in each round queries without streams and with them, then events alone and beside computations."""
    space = filled(database, LAYER, Geometry.POINT, shapely.points(places(10_000, SEED)))
    token = Tokens(database.engine).create("bench", frozenset({Role.PLANNER}), "bench", timedelta(days=1))
    bare: list[float] = []
    beside: list[float] = []
    alone: list[float] = []
    computing: list[float] = []
    with served(database) as port:
        _ask(port, token, 1.0)  # warm
        for _ in range(rounds):
            bare += _ask(port, token, seconds)
            with Listeners(port, token, streams):
                time.sleep(0.5)
                beside += _ask(port, token, seconds)
        with Listeners(port, token, streams) as listeners:
            for _ in range(rounds):
                alone += _events(space, listeners, seconds)
                with _computing(port):
                    computing += _events(space, listeners, seconds)
            lost = listeners.lost
    result = StreamsResult({"streams": streams, "rounds": rounds, "web processes": 2, "events not heard by all": lost})
    for name, values in (("query, no streams", bare), (f"query, {streams} streams open", beside),
                         ("event to each stream", alone), ("event beside 100 ms computations", computing)):
        result.times_ms[name] = {"p50": median(values) * 1000, "p95": _p95(values) * 1000, "n": len(values)}
    result.checks = [
        ("queries beside streams / without, p50", median(beside) / median(bare), SLOWER_BAR),
        ("queries beside streams / without, p95", _p95(beside) / _p95(bare), SLOWER_BAR),
        ("event p95, s", _p95(alone), EVENT_BAR_S),
        ("event p95 beside 100 ms computations, s", _p95(computing), EVENT_BAR_S),
        ("streams that missed an event", float(lost), 0.0),
    ]
    return result


def _p95(values: list[float]) -> float:
    return quantiles(values, n=20)[-1]


@contextmanager
def served(database: Database) -> Iterator[int]:
    """Two web processes on a free port of loopback."""
    listening = listen("127.0.0.1", 0)
    port: int = listening.getsockname()[1]
    with tempfile.TemporaryDirectory() as home:
        environment = {
            **os.environ,
            "ONEMAP_HOME": home,
            "ONEMAP_DATABASE_URL": database.owner.url.render_as_string(hide_password=False),
            "ONEMAP_SECRET_KEY": database._secret,
            "ONEMAP_WORKERS": "2",
        }
        command = [sys.executable, "-m", "app.bench.streams_web", str(listening.fileno())]
        with open(Path(home) / "log", "wb") as log:
            workers = [subprocess.Popen(command, env=environment, pass_fds=(listening.fileno(),), stdout=log, stderr=log) for _ in range(2)]
        try:
            _wait(port, workers)
            yield port
        finally:
            listening.close()
            for worker in workers:
                worker.terminate()
            for worker in workers:
                worker.wait(15)


def _wait(port: int, workers: list[subprocess.Popen[bytes]]) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and all(worker.poll() is None for worker in workers):
        with suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=2):
            time.sleep(3)  # the other one takes as long
            return
        time.sleep(0.1)
    raise RuntimeError("the web processes did not start")


def _ask(port: int, token: str, seconds: float) -> list[float]:
    """Two clients asking one after the other what is nearest; the time of each answer."""
    spent: list[float] = []

    def client(seed: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        for lon, lat in places(100_000, seed):
            if time.monotonic() > until:
                return
            began = time.perf_counter()
            connection.request("GET", f"/api/v1/nearest?lon={lon}&lat={lat}&layers={LAYER}&k=5", headers={"Authorization": f"Bearer {token}"})
            answer = connection.getresponse()
            answer.read()
            if answer.status != 200:
                raise RuntimeError(f"nearest answered {answer.status}")
            spent.append(time.perf_counter() - began)

    until = time.monotonic() + seconds
    _together(client, 2)
    return spent


def _together(work: Callable[[int], None], count: int) -> None:
    threads = [threading.Thread(target=work, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _events(space: Space, listeners: Listeners, seconds: float) -> list[float]:
    """Edits one after the other; from each commit to its arrival at each stream."""
    before = len(listeners.heard)
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        began = time.perf_counter()
        with space.transaction(OPERATOR, "bench") as store:
            store.insert(LAYER, {"people": 1}, shapely.Point(109.8, 40.6))
        listeners.expect(space.versions([LAYER])[LAYER].version, time.perf_counter())
        time.sleep(max(0.0, EDIT_EVERY_S - (time.perf_counter() - began)))
    listeners.settle()
    return listeners.heard[before:]


@contextmanager
def _computing(port: int) -> Iterator[None]:
    """Two clients keep both processes computing."""
    stop = threading.Event()

    def client(_: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        while not stop.is_set():
            connection.request("GET", "/compute")
            connection.getresponse().read()

    threads = [threading.Thread(target=client, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()


class Listeners:
    """Many open streams, read in a thread of their own. `heard` collects the delay of each event at each stream."""

    def __init__(self, port: int, token: str, count: int) -> None:
        self.heard: list[float] = []
        self.lost = 0
        self._port, self._token, self._count = port, token, count
        self._committed: dict[int, float] = {}
        self._arrived: dict[int, list[float]] = {}
        self._loop = asyncio.new_event_loop()
        self._open = threading.Semaphore(0)
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        for _ in range(self._count):
            if not self._open.acquire(timeout=30):
                raise RuntimeError("a stream did not open")
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._cancel)
        self._thread.join(10)

    def expect(self, version: int, at: float) -> None:
        """An event of this version was committed at that time."""
        self._committed[version] = at

    def settle(self) -> None:
        """Wait until all have arrived everywhere, then turn arrivals into delays."""
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline and any(len(self._arrived.get(version, ())) < self._count for version in self._committed):
            time.sleep(0.05)
        for version, at in self._committed.items():
            arrivals = self._arrived.pop(version, [])
            self.lost += self._count - len(arrivals)
            self.heard += [max(0.0, arrived - at) for arrived in arrivals]
        self._committed.clear()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._tasks = [self._loop.create_task(self._listen()) for _ in range(self._count)]
        with suppress(asyncio.CancelledError):
            self._loop.run_until_complete(asyncio.gather(*self._tasks))
        self._loop.close()

    def _cancel(self) -> None:
        for task in self._tasks:
            task.cancel()

    async def _listen(self) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port, limit=1_000_000)
        try:
            writer.write(f"GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {self._token}\r\n\r\n".encode())
            while line := await reader.readline():
                if line.startswith(b"event: hello"):
                    self._open.release()
                elif line.startswith(b'data: {"layer":"' + LAYER.encode()):
                    version = int(line.split(b'"version":', 1)[1].split(b",", 1)[0])
                    self._arrived.setdefault(version, []).append(time.perf_counter())
        finally:
            writer.close()
