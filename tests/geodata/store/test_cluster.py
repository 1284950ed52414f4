"""The private cluster: made whole, closed to the network, and back by itself after the worst."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import namedtuple
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg
import pytest

from geodata.store import cluster as cluster_module
from geodata.store import postmaster
from geodata.store.cluster import Cluster, DatabaseMissing, DiskFull, HomeInUse
from geodata.store.system_user import database_user

QUICK = {"fsync": "off", "shared_buffers": "16MB"}
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root")


@contextmanager
def open_folder() -> Iterator[Path]:
    """One that the database user gets to (pytest's own are closed)."""
    folder = Path(tempfile.mkdtemp(prefix="onemap-test-"))
    folder.chmod(0o755)
    yield folder
    postmaster.end(folder / "database/data", 5.0)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def home() -> Iterator[Path]:
    with open_folder() as folder:
        yield folder


@pytest.fixture(scope="module")
def standing() -> Iterator[Path]:
    """The home of the cluster that the tests share which only look at one."""
    with open_folder() as folder:
        yield folder


@pytest.fixture(scope="module")
def cluster(standing: Path) -> Iterator[Cluster]:
    one = quiet(standing)
    one.start()
    yield one
    one.stop()


def quiet(home: Path) -> Cluster:
    return Cluster(home, say=lambda line: None, settings=QUICK)


def ask(cluster: Cluster, sql: str) -> object:
    with psycopg.connect(cluster.url.replace("+psycopg", ""), autocommit=True) as connection:
        cursor = connection.execute(sql)
        row = cursor.fetchone() if cursor.description else None
        return row[0] if row else None


# In a process of its own, so that it can be killed: starts the cluster, writes one row, says so, waits.
_STARTER = """
import sys, time, psycopg
from pathlib import Path
from geodata.store.cluster import Cluster
cluster = Cluster(Path(sys.argv[1]), say=lambda line: None, settings={"shared_buffers": "16MB"}, what="serve")
with psycopg.connect(cluster.start().replace("+psycopg", ""), autocommit=True) as connection:
    connection.execute("CREATE TABLE IF NOT EXISTS kept (n int)")
    connection.execute("INSERT INTO kept VALUES (1)")
print("written", flush=True)
time.sleep(600)
"""


@pytest.fixture
def starter(home: Path) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen([sys.executable, "-c", _STARTER, str(home)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None and process.stdout.readline() == "written\n"
    yield process
    process.kill()
    process.wait()


def test_a_new_cluster_has_checksums_postgis_and_passwords_only(cluster: Cluster) -> None:
    assert ask(cluster, "SHOW data_checksums") == "on"
    assert str(ask(cluster, "SELECT postgis_lib_version()")) >= "3"
    assert ask(cluster, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user") is False
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(host=str(cluster.socket_dir), dbname="onemap", user="onemap", password="wrong")
    with pytest.raises(psycopg.OperationalError, match=r"[Pp]eer"):
        psycopg.connect(host=str(cluster.socket_dir), dbname="onemap", user="onemap_admin") if os.geteuid() == 0 else _refuse()


def _refuse() -> None:
    raise psycopg.OperationalError("peer authentication of the same user is meant to work")


def test_no_network_socket_is_opened(cluster: Cluster) -> None:
    assert ask(cluster, "SHOW listen_addresses") == ""
    pid = int(postmaster.pid_file(cluster.data_dir)[0])
    inodes = {os.readlink(f"/proc/{pid}/fd/{fd}") for fd in os.listdir(f"/proc/{pid}/fd")}
    listening = {f"socket:[{line.split()[9]}]" for name in ("tcp", "tcp6") if (table := Path(f"/proc/net/{name}")).exists()
                 for line in table.read_text().splitlines()[1:]}
    assert not inodes & listening


@as_root
def test_root_runs_the_database_as_a_user_of_its_own(cluster: Cluster) -> None:
    pids = postmaster.processes_of(cluster.data_dir)
    assert pids and {os.stat(f"/proc/{pid}").st_uid for pid in pids} == {database_user().uid} != {0}
    assert cluster.data_dir.stat().st_mode & 0o777 == 0o700


def test_the_secret_is_for_the_owner_only(cluster: Cluster, standing: Path) -> None:
    assert (standing / "secret.json").stat().st_mode & 0o777 == 0o600
    assert cluster.home.secrets["secret_key"] != cluster.home.secrets["database_password"]


def test_data_outlive_a_stop_and_nothing_runs_after_it(home: Path) -> None:
    cluster = quiet(home)
    cluster.start()
    ask(cluster, "CREATE TABLE kept AS SELECT 42 AS n")
    cluster.stop()
    assert not postmaster.processes_of(cluster.data_dir) and not cluster.ready
    assert not list(cluster.socket_dir.glob(".s.PGSQL*"))
    again = quiet(home)
    again.start()
    assert ask(again, "SELECT n FROM kept") == 42
    again.stop()


def test_a_second_start_on_one_home_names_the_holder(home: Path, starter: subprocess.Popen[str]) -> None:
    with pytest.raises(HomeInUse) as refused:
        quiet(home).start()
    assert refused.value.values["pid"] == starter.pid and refused.value.values["what"] == "serve"
    assert quiet(home).ready, "the refused start left the running database alone"


def test_the_database_ends_with_a_killed_starter(home: Path, starter: subprocess.Popen[str]) -> None:
    data = quiet(home).data_dir
    starter.kill()
    starter.wait()
    deadline = time.monotonic() + 10
    while postmaster.processes_of(data) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not postmaster.processes_of(data)


def test_a_start_after_kill_9_of_everything_has_every_committed_row(home: Path, starter: subprocess.Popen[str]) -> None:
    cluster = quiet(home)
    for pid in [*postmaster.processes_of(cluster.data_dir), starter.pid]:
        with suppress(ProcessLookupError):  # some end by themselves when the first is gone
            os.kill(pid, signal.SIGKILL)
    starter.wait()
    assert (cluster.data_dir / "postmaster.pid").exists(), "a crash leaves its pid file"
    cluster.start()
    assert ask(cluster, "SELECT count(*) FROM kept") == 1
    cluster.stop()


def test_a_database_left_running_is_taken_over(home: Path) -> None:
    cluster = quiet(home)
    cluster.start()
    ask(cluster, "CREATE TABLE kept AS SELECT 1 AS n")
    cluster.stop()
    user = database_user(cluster.data_dir)
    postgres = cluster_module.choose(cluster.data_dir)
    orphan = user.run([str(postgres.bin / "pg_ctl"), "-D", str(cluster.data_dir), "-w", "-l", "/dev/null", "start"])
    assert orphan.returncode == 0
    before = postmaster.processes_of(cluster.data_dir)
    cluster.start()
    assert ask(cluster, "SELECT n FROM kept") == 1
    assert not set(before) & set(postmaster.processes_of(cluster.data_dir))
    cluster.stop()


def test_a_pid_file_naming_a_strangers_process_does_not_stop_the_start(home: Path) -> None:
    cluster = quiet(home)
    cluster.start()
    cluster.stop()
    user = database_user(cluster.data_dir)
    stranger = subprocess.Popen([*user.prefix(), "sleep", "60"])
    try:
        user.write(cluster.data_dir / "postmaster.pid", f"{stranger.pid}\n{cluster.data_dir}\n1\n5432\n{cluster.socket_dir}\n\n\nready\n")
        assert not cluster.ready
        cluster.start()
        assert stranger.poll() is None, "the stranger was not touched"
        cluster.stop()
    finally:
        stranger.kill()
        stranger.wait()


def test_a_making_that_was_killed_half_way_is_made_anew(home: Path) -> None:
    cluster = quiet(home)
    cluster.start()
    cluster.stop()
    record = home / "cluster.json"
    record.write_text(record.read_text().replace('"prepared": true', '"prepared": false'))
    (home / "database/data.new").mkdir()
    (home / "database/data.new/half").touch()
    cluster.start()
    assert ask(cluster, "SELECT 1") == 1
    cluster.stop()
    shutil.rmtree(home / "database/data")
    cluster.start()
    assert ask(cluster, "SELECT 1") == 1
    cluster.stop()


@as_root
def test_a_home_below_a_closed_folder_puts_its_data_apart(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    closed, apart = home / "root", home / "apart"
    closed.mkdir(mode=0o700)
    monkeypatch.setattr(cluster_module, "APART", apart)
    said: list[str] = []
    one = Cluster(closed / "home", say=said.append, settings=QUICK)
    one.start()
    try:
        assert one.data_dir.parent.parent == apart and (closed / "home/database").resolve() == one.directory
        assert ask(one, "SELECT 1") == 1
        assert any(str(one.directory) in line for line in said)
    finally:
        one.stop()
    first = one.directory.name
    shutil.rmtree(one.directory)
    with pytest.raises(DatabaseMissing):
        one.start()
    shutil.rmtree(closed / "home")
    (apart / first).mkdir()
    two = Cluster(closed / "home", say=said.append, settings=QUICK)
    two.start()
    try:
        assert two.directory.name == f"{first}-2", "a new home of the same name does not take the old one's data"
    finally:
        two.stop()


def test_a_home_with_a_long_path_still_has_a_socket(home: Path) -> None:
    deep = home / ("长路径" * 20) / "home"
    one = quiet(deep)
    one.start()
    try:
        assert len(os.fsencode(one.socket_dir)) < 80 and ask(one, "SELECT 1") == 1
    finally:
        one.stop()
        shutil.rmtree(one.socket_dir)


def test_a_full_disk_is_said_before_anything_is_made(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(10**9, 10**9 - 10**6, 10**6))
    one = quiet(home)
    with pytest.raises(DiskFull) as refused:
        one.start()
    assert refused.value.values["needed_mb"] == 400 and not one.data_dir.exists()
    assert one.home.holder() is None, "the home is free again"


def test_little_disk_is_a_warning(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(10**10, 10**10 - 5 * 10**8, 5 * 10**8))
    said: list[str] = []
    with Cluster(home, say=said.append, settings=QUICK):
        assert any("476 MB" in line for line in said)


def test_the_callers_postgres_settings_are_not_heard(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGDATA", "/nonexistent")
    monkeypatch.setenv("PGPORT", "1")
    with quiet(home) as one:
        user = database_user(one.data_dir)
        assert "PGDATA" not in user.run(["env"]).stdout


def test_the_log_holds_no_values_of_rows(cluster: Cluster) -> None:
    ask(cluster, "CREATE TABLE phones (phone text PRIMARY KEY)")
    with psycopg.connect(cluster.url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute("INSERT INTO phones VALUES (%s)", ["0472-12345"])
        with pytest.raises(psycopg.errors.UniqueViolation):
            connection.execute("INSERT INTO phones VALUES (%s)", ["0472-12345"])
    deadline = time.monotonic() + 5
    text = ""
    while "duplicate key" not in text and time.monotonic() < deadline:
        text = "".join(path.read_text() for path in cluster.log_dir.glob("*.log"))
        time.sleep(0.05)
    assert "duplicate key" in text and "0472-12345" not in text
