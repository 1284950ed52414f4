"""The same judge while PostgreSQL itself is stopped, killed, restarted, and put back to a copy of before: processes that ask go on and stay right."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest
from sqlalchemy.engine import URL, make_url

from geodata.store import postmaster
from geodata.store.cluster import Cluster
from geodata.store.database import Database
from tests.conftest import SECRET, _create
from tests.geodata.queries.conftest import SPOTS
from tests.geodata.queries.test_stateful import OURS, Site, shaped, site

PLACE = (109.61, 40.61)


@pytest.fixture
def cluster() -> Iterator[tuple[Cluster, URL]]:
    """A cluster of this test alone, that may be stopped."""
    home = Path(tempfile.mkdtemp(prefix="onemap-test-"))
    home.chmod(0o755)
    made = Cluster(home, say=lambda *_: None)
    try:
        yield made, make_url(made.start())
    finally:
        made.stop()
        shutil.rmtree(home, ignore_errors=True)


@pytest.fixture
def here(cluster: tuple[Cluster, URL]) -> Iterator[Site]:
    """Two processes on a database of that cluster, with features that both have in their indexes."""
    _create(cluster[1], "judged")
    database = Database(cluster[1].set(database="judged").render_as_string(hide_password=False), SECRET)
    database.migrate()
    with site(database, 2) as made:
        made.workers[0].ask("load", layer=SPOTS.id, shapes={f"c{n}": shaped(SPOTS.id, (109.4 + n / 500, 40.5 + n % 13 / 100)) for n in range(200)})
        made.judge_nearest(SPOTS.id, *PLACE, 20, made.workers)
        yield made
        database.dispose()


def written(here: Site, code: str, place: tuple[float, float]) -> None:
    here.look("INSERT INTO onemap.spots (code, status, geom) VALUES (%s, 'open', ST_GeomFromText(%s, 4490))", code, shaped(SPOTS.id, place))


@pytest.mark.slow
def test_a_server_that_was_restarted_or_killed_is_asked_on(cluster: tuple[Cluster, URL], here: Site) -> None:
    server = cluster[0]
    server.stop()
    server.start()
    written(here, "after-stop", PLACE)
    here.judge_nearest(SPOTS.id, *PLACE, 20, here.workers)
    for pid in postmaster.processes_of(server.data_dir):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    server.start()
    written(here, "after-kill", PLACE)
    here.judge_nearest(SPOTS.id, *PLACE, 20, here.workers)
    assert here.look("SELECT count(*) FROM onemap.spots WHERE code LIKE 'after-%%' AND %s", True) == [(2,)], "what was committed is there"


def test_a_database_put_back_to_a_copy_is_taken_as_what_it_is_now(cluster: tuple[Cluster, URL], here: Site) -> None:
    """Versions go on from those of the copy: new commits have numbers that others had before, and only the token tells."""
    administration = cluster[1].set(database="postgres", drivername="postgresql").render_as_string(hide_password=False)
    apart = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'judged' AND " + OURS
    with psycopg.connect(administration, autocommit=True) as owner:
        owner.execute(apart)
        owner.execute("CREATE DATABASE kept TEMPLATE judged")
        for code in ("lost-1", "lost-2"):
            written(here, code, PLACE)
        here.judge_nearest(SPOTS.id, *PLACE, 20, here.workers)
        before = here.look("SELECT version FROM onemap.layer_state WHERE layer = 'spots'")
        owner.execute(apart)
        owner.execute("ALTER DATABASE judged RENAME TO gone")
        owner.execute("ALTER DATABASE kept RENAME TO judged")
    for code in ("new-1", "new-2"):
        written(here, code, (109.9, 40.55))
    assert here.look("SELECT version FROM onemap.layer_state WHERE layer = 'spots'") == before, "the number alone says nothing"
    here.judge_nearest(SPOTS.id, *PLACE, 20, here.workers)
    here.judge_nearest(SPOTS.id, 109.9, 40.55, 20, here.workers)
