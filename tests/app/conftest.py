"""The web application on a fresh database, and somebody of each role signed in to it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
import uvicorn
from flask import Flask
from flask.testing import FlaskClient

from app import create_app
from app.connections import PatientProtocol
from app.dispatcher import Dispatcher
from app.settings import Settings
from geodata.store.database import Database
from layers.spec import Role
from tests.conftest import SECRET

PASSWORD = "correct horse battery"


@dataclass
class SignedIn:
    """A client with a session cookie, and the token its writes need."""

    client: FlaskClient
    csrf: str
    name: str

    @property
    def headers(self) -> dict[str, str]:
        return {"X-CSRF-Token": self.csrf}


@pytest.fixture
def settings(database: Database, tmp_path: Path) -> Settings:
    url = database.owner.url.render_as_string(hide_password=False)
    return Settings(home=tmp_path, database_url=url, secret_key=SECRET)


@pytest.fixture
def app(settings: Settings, database: Database) -> Iterator[Flask]:
    """The application; its services are in `app.extensions["onemap"]`."""
    made = create_app(settings, database)
    made.testing = False  # errors are answered as they would be for people
    yield made
    made.extensions["onemap"].press.close()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A visitor."""
    return app.test_client()


@pytest.fixture
def sign_in(app: Flask) -> Callable[[Role], SignedIn]:
    """`sign_in(role)`: a client of somebody who has that role only."""
    people = app.extensions["onemap"].people

    def signed_in(role: Role) -> SignedIn:
        name = f"test-{role.value}"
        if name not in {account.name for account in people.accounts.all()}:
            people.accounts.add(name, role.value, PASSWORD, frozenset({role}), "tests")
        visitor = app.test_client()
        answer = visitor.post("/login", json={"name": name, "password": PASSWORD})
        assert answer.status_code == 200, answer.text
        return SignedIn(visitor, answer.json["csrf"], name)

    return signed_in


@dataclass
class Served:
    """The application on a real server, in a thread of this process."""

    base: str
    dispatcher: Dispatcher
    server: uvicorn.Server

    def token(self, role: Role) -> dict[str, str]:
        """Headers of a program with this role."""
        people = self.dispatcher.known.people
        secret = people.tokens.create(f"{role.value}-{time.monotonic_ns()}", frozenset({role}), "tests", timedelta(days=1))
        return {"Authorization": f"Bearer {secret}"}


@contextmanager
def serving(app: Flask) -> Iterator[Served]:
    """uvicorn as it runs in service, on a free port of loopback."""
    dispatcher = Dispatcher(app)
    config = uvicorn.Config(dispatcher, host="127.0.0.1", port=0, http=PatientProtocol, log_config=None, timeout_graceful_shutdown=3)  # type: ignore[arg-type]
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive()
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield Served(f"http://127.0.0.1:{port}", dispatcher, server)
    server.should_exit = True
    thread.join(10)


@pytest.fixture
def served(app: Flask) -> Iterator[Served]:
    with serving(app) as running:
        yield running
