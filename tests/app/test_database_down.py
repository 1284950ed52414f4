"""When the database goes, people are told at once and served again when it is back."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from sqlalchemy.engine import URL

from app import create_app
from app.settings import Settings
from geodata.store.database import Database
from layers.spec import Role
from tests.app.conftest import serving
from tests.app.test_events import Reader
from tests.conftest import SECRET


class Wire:
    """Stands between us and the database's socket, and can be cut."""

    def __init__(self, place: Path, behind: Path) -> None:
        self._place, self._behind = place / behind.name, behind
        self._pairs: list[socket.socket] = []
        self.join()

    def join(self) -> None:
        self._listening = socket.socket(socket.AF_UNIX)
        self._listening.bind(str(self._place))
        self._listening.listen(50)
        threading.Thread(target=self._accept, args=(self._listening,), daemon=True).start()

    def cut(self) -> None:
        self._place.unlink()
        self._listening.close()
        for one in self._pairs:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
        self._pairs.clear()

    def _accept(self, listening: socket.socket) -> None:
        while True:
            try:
                ours, _ = listening.accept()
            except OSError:
                return
            theirs = socket.socket(socket.AF_UNIX)
            theirs.connect(str(self._behind))
            self._pairs += [ours, theirs]
            for source, sink in ((ours, theirs), (theirs, ours)):
                threading.Thread(target=self._copy, args=(source, sink), daemon=True).start()

    @staticmethod
    def _copy(source: socket.socket, sink: socket.socket) -> None:
        try:
            while data := source.recv(65536):
                sink.sendall(data)
            sink.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


@pytest.fixture
def wire(database_url: URL, tmp_path: Path) -> Iterator[Wire]:
    folder = database_url.query.get("host") or "/var/run/postgresql"
    assert isinstance(folder, str)
    behind = next(Path(folder).glob(".s.PGSQL.*[0-9]"))
    yield Wire(tmp_path, behind)


@pytest.fixture
def far(wire: Wire, database: Database, database_url: URL, tmp_path: Path) -> Iterator[Database]:
    """The same database, over the wire."""
    url = database_url.update_query_dict({"host": str(tmp_path)}).render_as_string(hide_password=False)
    far = Database(url, SECRET)
    yield far
    far.dispose()


def test_without_the_database_an_answer_is_503_within_two_seconds_and_it_heals(wire: Wire, far: Database, settings: Settings) -> None:
    app = create_app(replace(settings), far)
    people = app.extensions["onemap"].people
    headers = {"Authorization": f"Bearer {people.tokens.create('t', frozenset({Role.VIEWER}), 'tests', timedelta(days=1))}"}
    client = app.test_client()
    assert client.get("/api/v1/me", headers=headers).status_code == 200
    assert client.get("/readyz").status_code == 200
    time.sleep(0.6)  # what is remembered of the token
    wire.cut()
    began = time.monotonic()
    refused, ready = client.get("/api/v1/me", headers=headers), client.get("/readyz")
    assert time.monotonic() - began < 4  # two answers
    assert (refused.status_code, refused.json["code"]) == (503, "unavailable")
    assert int(refused.headers["Retry-After"]) > 0
    assert (ready.status_code, ready.json["database"]["ok"]) == (503, False)
    assert client.get("/livez").status_code == 200
    assert client.post("/login", json={"name": "a", "password": "b"}).status_code == 503
    wire.join()
    assert client.get("/api/v1/me", headers=headers).status_code == 200
    assert client.get("/readyz").status_code == 200


def test_streams_stay_open_and_say_when_the_database_goes_and_comes_back(wire: Wire, far: Database, settings: Settings) -> None:
    with serving(create_app(settings, far)) as served:
        headers = served.token(Role.VIEWER)
        with httpx.stream("GET", served.base + "/api/v1/events", headers=headers, timeout=30) as response:
            reader = Reader(response)
            assert reader.next()["event"] == "hello"
            wire.cut()
            assert reader.next()["event"] == "stale"
            wire.join()
            assert reader.next()["event"] == "fresh"
