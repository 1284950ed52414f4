"""Started by root, the service works as a user of its own, with no way to the database's files, and root's commands do not lock it out."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import time
import urllib.request
import uuid
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from app import quarters
from app.basemaps.listing import Listing
from app.supervision import Part, Supervisor
from geodata.store.system_user import SystemUser, database_user, service_user
from tests.app.test_serve import ONEMAP, Service, free_port, home, onemap, soon, web  # noqa: F401  (home is a fixture)

pytestmark = [pytest.mark.skipif(not ONEMAP.exists(), reason="scripts/test puts the command in place"),
              pytest.mark.skipif(os.geteuid() != 0, reason="is about what root starts")]


@pytest.fixture(scope="module")
def service(home: Path) -> Iterator[Service]:  # noqa: F811
    """One running service for the tests that only look."""
    one = Service(home, free_port())
    assert soon(one.ready), one.words
    yield one
    if one.process.poll() is None:
        one.process.send_signal(signal.SIGTERM)
        one.process.wait(30)


def status(pid: int) -> dict[str, list[str]]:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return {line.partition(":")[0]: line.partition(":")[2].split() for line in lines}


def below(pid: int) -> list[int]:
    """Every process that a process started, and those started."""
    children = [int(one) for task in Path(f"/proc/{pid}/task").glob("*/children") for one in task.read_text().split()]
    return [one for child in children for one in (child, *below(child))]


def privileged(pids: list[int]) -> list[int]:
    """Those that are root in any way: by a user or group number, a further group, a capability."""
    found = []
    for pid in pids:
        one = status(pid)
        if "0" in one["Uid"] + one["Gid"] + one["Groups"] or any(int(one[name][0], 16) for name in ("CapInh", "CapPrm", "CapEff", "CapAmb")):
            found.append(pid)
    return found


def may(user: SystemUser, what: str, path: Path) -> bool:
    return user.run(["test", what, str(path)]).returncode == 0


def test_nothing_but_the_supervisor_runs_as_root(service: Service, home: Path) -> None:  # noqa: F811
    running = below(service.process.pid)
    assert len(running) >= 4, "PostgreSQL and its children, two web processes, the worker"
    assert privileged(running) == [] and privileged([service.process.pid]) == [service.process.pid]
    owner = service_user(home)
    mine = [pid for pid in running if status(pid)["Uid"] == [str(owner.uid)] * 4]
    assert set(web(service)) < set(mine) & set(service.children()) and len(set(mine) & set(service.children())) == 3
    assert owner.uid != database_user(home / "database/data").uid
    assert all(status(pid)["NoNewPrivs"] == ["1"] for pid in mine)


def test_a_build_that_forgets_to_step_down_is_found(tmp_path: Path) -> None:
    careless = Supervisor({**os.environ}, tmp_path / "log/it.log", lambda line: None)
    careful = Supervisor({**os.environ}, tmp_path / "log/it.log", lambda line: None, service_user(tmp_path))
    parts = {one: [Part("fork", lambda: time.sleep(600)), Part("command", ["sleep", "600"])] for one in (careless, careful)}
    try:
        for supervisor, its in parts.items():
            for part in its:
                supervisor.start(part)
        pids = {one: [part.process.pid for part in its if part.process] for one, its in parts.items()}
        assert soon(lambda: privileged(pids[careful]) == [], 10)
        assert privileged(pids[careless]) == pids[careless]
    finally:
        careless.stop(0.0)
        careful.stop(0.0)


@pytest.mark.parametrize("as_command", [True, False], ids=["command", "fork"])
def test_a_stepped_down_child_still_ends_with_a_killed_supervisor(tmp_path: Path, as_command: bool) -> None:
    script = f"""
import time
from pathlib import Path
from app.supervision import Part, Supervisor
from geodata.store.system_user import service_user
one = Supervisor({{}}, Path({str(tmp_path / 'log')!r}), print, service_user(Path("/")))
part = Part("it", {"['/bin/sleep', '600']" if as_command else "lambda: time.sleep(600)"})
one.start(part)
print(part.process.pid, flush=True)
time.sleep(600)
"""
    parent = subprocess.Popen([str(ONEMAP.parent / "python"), "-c", script], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    assert soon(lambda: privileged([child]) == [], 10)
    time.sleep(0.3)  # it asks to be told of its parent's end just after it stepped down
    parent.kill()
    parent.wait()
    assert soon(lambda: not Path(f"/proc/{child}").exists() or status(child)["State"][0] == "Z", 10)


def test_the_services_user_gets_to_no_secret_and_no_file_of_the_database(service: Service, home: Path) -> None:  # noqa: F811
    user = service_user(home)
    for closed in ("secret.json", "demo-accounts.txt", "database/data", "database/data/PG_VERSION", "database/data/postgresql.conf"):
        assert not may(user, "-r", home / closed), closed
    for kept in (".", "log", "log/onemap.log", "lock", "cluster.json", "database"):
        assert not may(user, "-w", home / kept), kept
    for own in quarters.FOLDERS:
        assert user.may_write(home / own) and (home / own).stat().st_mode & 0o077 == 0
    open_files = {os.readlink(one) for pid in web(service) for one in Path(f"/proc/{pid}/fd").iterdir()}
    assert {one for one in open_files if one.startswith(str(home))} <= {str(home / "log/onemap.log")} | {str(one) for one in (home / "metrics").iterdir()}


def test_the_worker_that_is_not_root_writes_the_audits_anchors(service: Service, home: Path) -> None:  # noqa: F811
    kept = home / "audit/audit-anchors.jsonl"
    assert soon(kept.exists) and soon(lambda: kept.read_text().endswith("\n")), "the home itself is root's"
    assert kept.stat().st_uid == service_user(home).uid and "the audit's heads were not written" not in (home / "log/onemap.log").read_text()


def test_a_secret_is_on_no_command_line_and_in_no_memory_a_reader_sees(service: Service, home: Path) -> None:  # noqa: F811
    secrets = json.loads((home / "secret.json").read_text()).values()
    user = service_user(home)
    for pid in (service.process.pid, *below(service.process.pid)):
        words = Path(f"/proc/{pid}/cmdline").read_text()
        assert not any(secret in words for secret in secrets)
        if status(pid)["Uid"][0] == str(user.uid):
            closed = partial(user.run, ["cat", f"/proc/{pid}/environ"])
            assert soon(lambda closed=closed: closed().returncode != 0, 10), "even to its own user, from before it reads a file"


def bring(service: Service, token: str) -> str:
    """Upload one feature and wait until it is judged: the web process keeps it, the worker's sandboxed reader reads it."""
    feature = {"type": "Feature", "geometry": {"type": "Point", "coordinates": [109.9, 40.6]}, "properties": {"code": "U1", "name": "上传"}}
    line = uuid.uuid4().hex
    file = json.dumps({"type": "FeatureCollection", "features": [feature]})
    layer = f"run_{line[:8]}"
    parts = [("layer", layer), ("create", "true"), ('file"; filename="it.geojson', file)]
    body = "".join(f'--{line}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in parts) + f"--{line}--\r\n"
    headers = {"Authorization": f"Bearer {token}", "Content-Type": f"multipart/form-data; boundary={line}"}
    base = f"http://127.0.0.1:{service.port}"
    with urllib.request.urlopen(urllib.request.Request(f"{base}/api/v1/loads", body.encode(), headers), timeout=20) as answer:
        address = answer.headers["Location"]
    found: dict[str, object] = {}

    def judged() -> bool:
        with urllib.request.urlopen(urllib.request.Request(base + address, headers={"Authorization": headers["Authorization"]}), timeout=20) as told:
            found.update(json.load(told))
        return found["state"] not in ("waiting", "examining")

    assert soon(judged, 60), found
    return f"{found['state']} {(found['report'] or {}).get('accepted')}"  # type: ignore[attr-defined]


def test_commands_by_root_do_not_lock_the_service_out(service: Service, home: Path) -> None:  # noqa: F811
    """Stopped and running: what root's commands and an earlier version as root leave is no hindrance. Stops the module's service."""
    service.process.send_signal(signal.SIGTERM)
    assert service.process.wait(30) == 0
    for left in ("uploads/old/kept.txt", "metrics/counter_1.db"):
        (home / left).parent.mkdir(parents=True, exist_ok=True)
        (home / left).write_text("")
    for folder in (home / "uploads/old", home / "uploads", home / "metrics"):
        os.chown(folder, 0, 0)
    said = subprocess.run(f"umask 077; {ONEMAP} --home {home} token create --role gis_staff", shell=True, capture_output=True, text=True, check=True)
    first = Service(home, free_port())
    try:
        assert soon(first.ready), first.words
        assert bring(first, said.stdout.strip()) == "examined 1"
        backup = home / "it.backup"
        for words in (["backup", str(backup)], ["drill", "open", "演练"], ["layers"], ["user", "list"]):
            done = onemap(home, *words)
            assert done.returncode == 0, done.stderr
        assert stat.S_IMODE(backup.stat().st_mode) == 0o600
        assert bring(first, said.stdout.strip()) == "examined 1"
        began = time.monotonic()
        first.process.send_signal(signal.SIGINT)  # Ctrl-C
        assert first.process.wait(30) == 0 and "已停止" in first.words and time.monotonic() - began < 5
    finally:
        if first.process.poll() is None:
            first.process.kill()


@pytest.fixture
def nobody() -> SystemUser:
    return SystemUser("nobody", 65534, 65534)


@pytest.fixture
def open_folder(tmp_path: Path) -> Iterator[Path]:
    """A folder that everybody gets to (pytest's own are closed)."""
    folders = [one for one in (tmp_path, *tmp_path.parents) if one.stat().st_uid == 0 and not one.stat().st_mode & 0o001]
    modes = {one: one.stat().st_mode for one in folders}
    for one in folders:
        one.chmod(modes[one] | 0o011)
    yield tmp_path
    for one, mode in modes.items():
        one.chmod(mode)


def test_below_a_closed_folder_the_uploads_lie_apart_and_come_along(open_folder: Path, nobody: SystemUser) -> None:
    closed = open_folder / "root"
    closed.mkdir(mode=0o700)
    there = closed / "home"
    (there / "uploads/one").mkdir(parents=True)
    (there / "uploads/one/file.txt").write_text("kept")
    said: list[str] = []
    place = quarters.prepare(there, nobody, said.append, apart=open_folder / "apart")
    assert place.parent == open_folder / "apart" and nobody.may_write(place / "uploads") and nobody.may_write(place / "metrics")
    assert (there / "uploads").resolve() == place / "uploads" and (there / "uploads/one/file.txt").read_text() == "kept"
    assert may(nobody, "-w", place / "uploads/one") and len(said) == 1
    assert quarters.prepare(there, nobody, said.append, apart=open_folder / "apart") == place and len(said) == 1, "said once"
    closed.chmod(0o755)
    assert quarters.prepare(there, nobody, said.append, apart=open_folder / "apart") == there, "by the links, now that it may enter"


def test_root_hands_nothing_over_inside_a_folder_that_is_the_users_already(open_folder: Path, nobody: SystemUser) -> None:
    there = open_folder / "home"
    there.mkdir()
    quarters.prepare(there, nobody, print)
    trap = there / "uploads/trap"
    trap.write_text("root's own, as a link laid by the user would make it seem")
    quarters.prepare(there, nobody, print)
    assert trap.stat().st_uid == 0


def test_pictures_outlast_the_user_of_before_and_what_his_links_lead_to_does_not_come_along(open_folder: Path, nobody: SystemUser) -> None:
    there, secret = open_folder / "home", open_folder / "secret"
    folder = there / "basemaps"
    folder.mkdir(parents=True)
    (there / "cache").mkdir()
    secret.write_text("root's")
    (folder / "imagery-1.mbtiles").write_text("tiles")
    (folder / "linked.json").symlink_to(secret)
    (folder / "hard.json").hardlink_to(secret)
    os.chown(folder, 1234, 1234)
    os.chown(folder / "imagery-1.mbtiles", 1234, 1234)
    quarters.prepare(there, nobody, print)
    assert [one.name for one in folder.iterdir()] == ["imagery-1.mbtiles"] and nobody.may_write(folder) and may(nobody, "-w", folder / "imagery-1.mbtiles")
    assert (folder / "imagery-1.mbtiles").read_text() == "tiles" and secret.stat().st_uid == 0 and not list(there.glob(".basemaps*"))


def test_pictures_of_a_home_brought_back_join_those_that_lie_apart(open_folder: Path, nobody: SystemUser) -> None:
    closed, apart = open_folder / "root", open_folder / "apart"
    closed.mkdir(mode=0o700)
    there = closed / "home"
    there.mkdir()
    place = quarters.prepare(there, nobody, print, apart=apart)
    (place / "basemaps/a.json").write_text("of the page")
    (there / "basemaps").unlink()
    (there / "basemaps").mkdir()
    (there / "basemaps/b.json").write_text("of the backup")
    assert quarters.prepare(there, nobody, print, apart=apart) == place
    assert sorted(one.name for one in (there / "basemaps").iterdir()) == ["a.json", "b.json"]


SOURCES = '{"basemaps": [{"id": "offline", "kind": "pmtiles", "file": "district.pmtiles"}]}'


def test_the_file_of_basemaps_that_is_roots_alone_is_read_by_the_service(open_folder: Path, nobody: SystemUser) -> None:
    there = open_folder / "home"
    there.mkdir()
    place = quarters.prepare(there, nobody, print)
    handed = quarters.Basemaps(there, place, nobody, print)
    handed.look()
    file = there / "basemaps.json"
    file.write_text(SOURCES)
    file.chmod(0o600)
    assert place == there and not may(nobody, "-r", file)
    handed.look()
    assert may(nobody, "-r", file) and not may(nobody, "-w", file) and not file.stat().st_mode & stat.S_IROTH, "the keys in it are for nobody else"


def test_a_file_of_basemaps_that_was_closed_at_first_is_read_when_it_is_opened(open_folder: Path, nobody: SystemUser) -> None:
    file = open_folder / "basemaps.json"
    file.write_text(SOURCES)
    file.chmod(0o600)
    listing = Listing(open_folder)
    os.seteuid(nobody.uid)
    try:
        assert listing.sources == {} and listing.problem is not None
        os.seteuid(0)
        file.chmod(0o644)
        os.seteuid(nobody.uid)
        assert set(listing.sources) == {"offline"} and listing.problem is None
    finally:
        os.seteuid(0)


def test_below_a_closed_folder_the_service_has_a_copy_of_the_file_of_basemaps_that_follows_it(open_folder: Path, nobody: SystemUser) -> None:
    closed, said = open_folder / "root", []
    closed.mkdir(mode=0o700)
    there = closed / "home"
    there.mkdir()
    (there / "district.pmtiles").write_bytes(b"tiles")
    place = quarters.prepare(there, nobody, print, apart=open_folder / "apart")
    handed = quarters.Basemaps(there, place, nobody, said.append)
    handed.look()
    assert not (place / "basemaps.json").exists() and said == []
    (there / "basemaps.json").write_text(SOURCES)
    handed.look()
    listing = Listing(place)
    assert may(nobody, "-r", place / "basemaps.json") and not (place / "basemaps.json").stat().st_mode & 0o077
    assert listing.sources["offline"].file == there / "district.pmtiles"
    assert len(said) == 1 and "district.pmtiles" in said[0], "that file stays out of the user's reach, and is told of"
    (there / "basemaps.json").write_text("{")
    handed.look()
    assert listing.sources == {} and listing.problem is not None
    (there / "basemaps.json").unlink()
    handed.look()
    assert listing.sources == {} and listing.problem is None


def test_files_that_root_makes_in_anothers_home_are_the_others(tmp_path: Path, nobody: SystemUser) -> None:
    from geodata.store.home import Home

    tmp_path.chmod(0o755)
    os.chown(tmp_path, nobody.uid, nobody.gid)
    made = Home(tmp_path)
    made.hold("a test")
    made.remember(prepared=False)
    assert made.secrets
    made.release()
    assert {one.stat().st_uid for one in tmp_path.iterdir()} == {nobody.uid}
    assert service_user(tmp_path).uid == nobody.uid
