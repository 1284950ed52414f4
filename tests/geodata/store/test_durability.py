"""A database that may lose what it acknowledged does not go into service."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.engine import URL

from geodata.store import cluster as cluster_module
from geodata.store.cluster import Cluster
from geodata.store.database import Database
from geodata.store.durability import NEEDED, UnsafeDatabase, refuse_unsafe, settings
from geodata.store.system_user import database_user
from tests.conftest import SECRET

ONEMAP = Path(__file__).resolve().parents[3] / ".venv/bin/onemap"


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="onemap-test-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def engine_of(cluster: Cluster) -> Engine:
    return create_engine(cluster.url)


def test_our_own_cluster_is_safe_as_it_is_made(home: Path) -> None:
    with Cluster(home, say=lambda line: None) as cluster:
        engine = engine_of(cluster)
        assert settings(engine) == dict.fromkeys(NEEDED, "on")
        refuse_unsafe(engine)
        engine.dispose()


@pytest.mark.parametrize("name", [one for one in NEEDED if one != "data_checksums"])
def test_each_setting_that_is_off_is_named(home: Path, name: str) -> None:
    with Cluster(home, say=lambda line: None, settings={name: "off"}) as cluster:
        engine = engine_of(cluster)
        with pytest.raises(UnsafeDatabase) as refused:
            refuse_unsafe(engine)
        assert refused.value.values == {"name": name, "value": "off"}
        engine.dispose()


def test_data_without_checksums_are_refused(home: Path) -> None:
    cluster = Cluster(home, say=lambda line: None)
    tool = str(cluster_module.choose(cluster.data_dir).bin / "pg_checksums")
    user = database_user(cluster.data_dir)
    assert user.run([tool, "--disable", "-D", str(cluster.data_dir)]).returncode == 0
    with cluster:
        engine = engine_of(cluster)
        with pytest.raises(UnsafeDatabase, match="data_checksums"):
            refuse_unsafe(engine)
        engine.dispose()


def test_what_the_serving_roles_database_sets_counts(database: Database) -> None:
    with database.owner.begin() as connection:
        connection.execute(text(f'ALTER DATABASE "{database.owner.url.database}" SET synchronous_commit = off'))
    database.dispose()
    assert settings(database.engine)["synchronous_commit"] == "off"


@pytest.mark.skipif(not ONEMAP.exists(), reason="scripts/test puts the command in place")
def test_in_service_the_start_is_refused_before_anything_is_written(cluster_url: URL, template: str, tmp_path: Path) -> None:
    name = f"{template}_empty"
    admin = create_engine(cluster_url.set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        assert connection.scalar(text("SHOW fsync")) == "off", "the cluster of the tests is quick, not safe"
        connection.execute(text(f'CREATE DATABASE "{name}"'))
    url = cluster_url.set(database=name)
    environment = {**os.environ, "ONEMAP_DATABASE_URL": url.render_as_string(hide_password=False), "ONEMAP_SECRET_KEY": SECRET, "ONEMAP_PRODUCTION": "true"}
    done = subprocess.run([str(ONEMAP), "--home", str(tmp_path), "serve", "--port", "18999"], env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2 and "fsync = off" in done.stderr and "unsafe-database" in done.stderr, done.stderr
    own = create_engine(url.set(drivername="postgresql+psycopg"))
    with own.connect() as connection:
        assert connection.scalar(text("SELECT to_regnamespace('onemap')")) is None
    own.dispose()
    with admin.connect() as connection:
        connection.execute(text(f'DROP DATABASE "{name}"'))
    admin.dispose()
