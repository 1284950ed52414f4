"""Real PostGIS for every test that asks: one cluster a run, one migrated template, a fresh database a test."""

from __future__ import annotations

import gc
import os
import shutil
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import psycopg
import pytest
from argon2 import PasswordHasher
from hypothesis import HealthCheck, settings
from sqlalchemy.engine import URL, make_url
from werkzeug.routing import Rule

from geodata.store import accounts, migration
from geodata.store.database import Database
from geodata.store.spaces import Space
from layers.collection import Catalogue
from layers.spec import Actor, Role
from tests.readers import forked_readers

settings.register_profile("shared machine", deadline=None, derandomize=True, database=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("shared machine")  # a busy machine is no counterexample, and what failed for one fails for all

OF_SERVICE = accounts._HASHER  # what passwords are hashed with in service; here signing in is no test of patience
accounts._HASHER = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)

_builders: dict[tuple[str, tuple[tuple[bool, str], ...], bool], Callable[..., tuple[str, str]]] = {}
_compile_builder = Rule._compile_builder


def _compiled_once(rule: Rule, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
    """The program that makes URLs of a rule depends on its text alone: every application of a run has the same 230 rules, and compiling them is most of making one."""
    if rule.defaults:
        return _compile_builder(rule, append_unknown)
    key = (rule.rule, tuple(rule._trace), append_unknown)
    if key not in _builders:
        _builders[key] = _compile_builder(rule, append_unknown)
    return _builders[key]


Rule._compile_builder = _compiled_once  # type: ignore[method-assign]

SECRET = "of the tests"
BUFFERS = "128MB"  # all of them are looked through for each database that is made or dropped, and a test's data are few
SHARED = Path(__file__).resolve().parents[2] / "shared"


def _quick_folder() -> str | None:
    """Memory, where there is room for the run's copies of the template: making one is then 0.1 s instead of 0.4."""
    memory = Path("/dev/shm")
    return str(memory) if memory.is_dir() and shutil.disk_usage(memory).free > 4e9 else None


def pytest_collection_finish() -> None:
    """What was collected stays to the end. Looked through for rubbish again and again it costs a fifth of all that the tests do."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def readers() -> Iterator[None]:
    """Files are read in processes that need not take up their libraries first."""
    with forked_readers():
        yield


@pytest.fixture(scope="session")
def cluster_url() -> Iterator[URL]:
    """The owner's URL of a running cluster: one given by the environment, else a private one of this run."""
    given = os.environ.get("ONEMAP_TEST_DATABASE_URL")
    if given:
        yield make_url(given)
        return
    from geodata.store.cluster import Cluster

    home = Path(tempfile.mkdtemp(prefix="onemap-test-", dir=_quick_folder()))  # pytest's own are closed to the database user
    home.chmod(0o755)
    cluster = Cluster(home, say=lambda *_: None, settings={"fsync": "off", "shared_buffers": BUFFERS})
    url = cluster.start()
    try:
        yield make_url(url)
    finally:
        cluster.stop()
        shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="session")
def template(cluster_url: URL) -> Iterator[str]:
    """The name of a database at the newest migration, to be copied."""
    name = f"onemap_template_{uuid.uuid4().hex[:8]}"
    _create(cluster_url, name)
    database = Database(cluster_url.set(database=name).render_as_string(hide_password=False), SECRET)
    database.migrate()
    database.dispose()
    yield name
    _drop(cluster_url, name)


@pytest.fixture
def database_url(cluster_url: URL, template: str) -> Iterator[URL]:
    """A fresh copy of the template, dropped afterwards."""
    name = f"onemap_test_{uuid.uuid4().hex[:12]}"
    _create(cluster_url, name, template)
    yield cluster_url.set(database=name)
    _drop(cluster_url, name)


@pytest.fixture(scope="module")
def database_of_module(cluster_url: URL, template: str) -> Iterator[Database]:
    """A database that tests of a module share because they only compute in it."""
    name = f"onemap_test_{uuid.uuid4().hex[:12]}"
    _create(cluster_url, name, template)
    database = Database(cluster_url.set(database=name).render_as_string(hide_password=False), SECRET)
    yield database
    database.dispose()
    _drop(cluster_url, name)


@pytest.fixture
def database(database_url: URL) -> Iterator[Database]:
    """A migrated, empty database."""
    database = Database(database_url.render_as_string(hide_password=False), SECRET)
    yield database
    database.dispose()


_templates: dict[tuple[str, ...], str] = {}


@contextmanager
def with_catalogue(cluster: URL, template: str, catalogue: Catalogue) -> Iterator[Database]:
    """A fresh database of another catalogue, brought to it as one is: by the script generated for it (once a run)."""
    names = tuple(catalogue)
    if names not in _templates:
        _templates[names] = name = f"onemap_template_{uuid.uuid4().hex[:8]}"
        _create(cluster, name, template)
        made = Database(cluster.set(database=name).render_as_string(hide_password=False), SECRET, catalogue=catalogue)
        with tempfile.TemporaryDirectory() as folder:
            with made.owner.connect() as connection:
                migration.generate(connection, "of a test", scripts=Path(folder), catalogue=catalogue)
                connection.commit()
            migration.run(made, Path(folder))
        made.dispose()
    name = f"onemap_test_{uuid.uuid4().hex[:12]}"
    _create(cluster, name, _templates[names])
    database = Database(cluster.set(database=name).render_as_string(hide_password=False), SECRET, catalogue=catalogue)
    yield database
    database.dispose()
    _drop(cluster, name)


@pytest.fixture
def space(database: Database) -> Space:
    """The live space of an empty database."""
    return database.space("live")


def actor(*roles: Role, name: str = "") -> Actor:
    """Somebody with these roles."""
    return Actor(name or "+".join(roles) or "nobody", frozenset(roles))


@pytest.fixture
def planner() -> Actor:
    return actor(Role.PLANNER)


@pytest.fixture
def viewer() -> Actor:
    return actor(Role.VIEWER)


@pytest.fixture
def controller() -> Actor:
    return actor(Role.DRILL_CONTROLLER)


def _create(cluster: URL, name: str, template: str = "template1") -> None:
    _run(cluster, f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY file_copy')


def _drop(cluster: URL, name: str) -> None:
    """A process of the server's own in it, an autovacuum, is not for its owner to end: it goes by itself in a moment."""
    for pause_s in (0.1, 0.5, 2.0, 5.0, 10.0, 0.0):
        try:
            _run(cluster, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
            return
        except psycopg.errors.InsufficientPrivilege:
            if not pause_s:
                raise
            time.sleep(pause_s)


def _run(cluster: URL, statement: str) -> None:
    _administration(cluster).execute(statement)


@cache
def _administration(cluster: URL) -> psycopg.Connection[Any]:
    """One connection for all that is made and dropped: another for each would be a fifth of what that costs."""
    return psycopg.connect(cluster.set(drivername="postgresql").render_as_string(hide_password=False), autocommit=True)
