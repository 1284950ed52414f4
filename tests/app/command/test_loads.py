"""A load from upload to commit, through the queue, and what happens when somebody is too late or has no right."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO
from uuid import UUID, uuid4

import pytest

from app import jobs
from app.command import load_work, loads
from app.command.loads import LoadState
from geodata.files import reading
from geodata.files.loading import LoadOptions
from geodata.files.notices import Refused
from geodata.store import queue
from geodata.store.database import Database
from geodata.store.loads import LoadNotFound, LoadRecord, get, move
from layers.errors import Forbidden
from layers.spec import OPERATOR, Actor
from tests.geodata.files.making import parts_of, shapefile
from tests.meanwhile import to_the_end


@dataclass
class Upload:
    filename: str | None
    stream: BinaryIO


@pytest.fixture(autouse=True)
def _queue(database: Database) -> None:
    jobs.prepare(database)


def uploads(folder: Path) -> list[Upload]:
    shapefile(folder)
    return [Upload(name, io.BytesIO(content)) for name, content in parts_of(folder).items()]


def receive(
    database: Database, tmp_path: Path, actor: Actor = OPERATOR, files: list[Upload] | None = None, layer: str = "halls", **options: str
) -> LoadRecord:
    brought = uploads(tmp_path / "files") if files is None else files
    with loads.upload(database, tmp_path / "home", "live", layer, brought, actor) as kept, loads.desk(database, actor) as desk:
        return desk.receive(kept, "live", layer, LoadOptions(create=True, **options))  # type: ignore[arg-type]


def confirm(database: Database, load_id: UUID, actor: Actor = OPERATOR) -> LoadRecord:
    with loads.desk(database, actor) as desk:
        return desk.confirm(load_id)


def work(database: Database, tmp_path: Path) -> None:
    to_the_end(jobs.work(database, tmp_path / "home", wait=False))


def count(database: Database, layer: str = "halls") -> int | None:
    space = database.space("live")
    if layer not in space.catalogue:
        return None
    with space.reading(OPERATOR) as store:
        return store.count(layer)


def test_an_upload_is_examined_confirmed_and_committed_by_the_worker(database: Database, planner: Actor, tmp_path: Path) -> None:
    jobs.prepare(database)  # a second process that starts finds it done
    record = receive(database, tmp_path, planner)
    assert record.state == "waiting" and "halls" not in database.space("live").catalogue
    work(database, tmp_path)
    record = get(database.engine, record.id)
    assert record.state == "examined" and record.report is not None and record.report["en"]["inserted"] == 3
    confirm(database, record.id, planner)
    work(database, tmp_path)
    record = get(database.engine, record.id)
    assert record.state == "committed" and record.report is not None and record.report["zh"]["committed"]
    assert count(database) == 3
    assert not (tmp_path / "home" / "uploads" / str(record.id)).exists()


def test_record_and_job_are_there_together_or_neither_is(database: Database, tmp_path: Path) -> None:
    with database.owner.begin() as connection:
        connection.exec_driver_sql(f"ALTER SCHEMA {queue.SCHEMA} RENAME TO away")
    with pytest.raises(queue.Unavailable):
        receive(database, tmp_path)
    assert loads.records.newest(database.engine) == [] and list((tmp_path / "home" / "uploads").iterdir()) == []
    with database.owner.begin() as connection:
        connection.exec_driver_sql(f"ALTER SCHEMA away RENAME TO {queue.SCHEMA}")
    record = receive(database, tmp_path)
    assert queue.at_work(database.engine) == {record.id}
    work(database, tmp_path)
    with database.owner.begin() as connection:
        connection.exec_driver_sql(f"ALTER SCHEMA {queue.SCHEMA} RENAME TO away")
    with pytest.raises(queue.Unavailable):
        confirm(database, record.id)
    assert get(database.engine, record.id).state == "examined"  # and may be confirmed again when the queue is back
    with database.owner.begin() as connection:
        connection.exec_driver_sql(f"ALTER SCHEMA away RENAME TO {queue.SCHEMA}")
    confirm(database, record.id)
    assert queue.at_work(database.engine) == {record.id}


def test_work_done_twice_after_a_crash_changes_nothing_and_finds_the_first_report(database: Database, tmp_path: Path) -> None:
    home = tmp_path / "home"
    record = receive(database, tmp_path)
    load_work.examine(database, home, record.id)
    confirm(database, record.id)
    kept = {one.name: one.read_bytes() for one in (home / "uploads" / str(record.id)).iterdir()}
    load_work.carry_out(database, home, record.id)
    (home / "uploads" / str(record.id)).mkdir()  # as if the worker had died after the commit, before it said so
    for name, content in kept.items():
        (home / "uploads" / str(record.id) / name).write_bytes(content)
    move(database.engine, record.id, to="committing", come_from=("committed",), report=None)
    again = load_work.carry_out(database, home, record.id)
    assert again.state == "committed" and again.report is not None
    assert (again.report["en"]["inserted"], again.report["en"]["created"]) == (3, True)
    assert count(database) == 3


def test_a_refused_upload_says_why_and_cannot_be_confirmed(database: Database, tmp_path: Path) -> None:
    record = receive(database, tmp_path, crs="EPSG:4214")
    record = load_work.examine(database, tmp_path / "home", record.id)
    assert record.state == "refused" and record.report is not None
    assert record.report["en"]["problems"][0]["code"] == "datum-without-parameters"
    with pytest.raises(LoadState):
        confirm(database, record.id)


def test_a_cancelled_upload_is_gone_and_not_examined(database: Database, tmp_path: Path) -> None:
    record = receive(database, tmp_path)
    assert loads.cancel(database, tmp_path / "home", record.id, OPERATOR).state == "cancelled"
    assert load_work.examine(database, tmp_path / "home", record.id).state == "cancelled"
    assert list((tmp_path / "home" / "uploads").iterdir()) == []


def test_a_viewer_may_neither_bring_nor_confirm(database: Database, viewer: Actor, tmp_path: Path) -> None:
    with pytest.raises(Forbidden):
        receive(database, tmp_path, viewer)
    record = receive(database, tmp_path)
    load_work.examine(database, tmp_path / "home", record.id)
    with pytest.raises(Forbidden):
        confirm(database, record.id, viewer)


def test_names_of_uploads_lead_nowhere(database: Database, tmp_path: Path) -> None:
    files = [Upload("../../../evil.csv", io.BytesIO(b"code,lon,lat\nA,109.8,40.6\n"))]
    record = receive(database, tmp_path, files=files, layer="pois")
    assert [one.name for one in (tmp_path / "home" / "uploads" / str(record.id)).iterdir()] == ["evil.csv"]
    assert load_work.examine(database, tmp_path / "home", record.id).state == "examined"


def test_an_unknown_load_is_not_found(database: Database) -> None:
    with pytest.raises(LoadNotFound):
        confirm(database, uuid4())


def test_dropping_a_load_that_is_being_examined_ends_its_reading_process_and_keeps_nothing(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, run, started = tmp_path / "home", reading._run, threading.Event()

    def slow(command: list[str], wall_s: int, stopped: Callable[[], bool] | None) -> Refused | None:
        started.set()
        return run([command[0], "-c", "import time; time.sleep(120)"], wall_s, stopped)

    monkeypatch.setattr(reading, "_run", slow)
    record = receive(database, tmp_path)
    work = threading.Thread(target=load_work.examine, args=(database, home, record.id))
    work.start()
    assert started.wait(20) and get(database.engine, record.id).report == {"stage": "reading"}
    loads.cancel(database, home, record.id, OPERATOR)
    work.join(20)
    assert not work.is_alive(), "the reading process is killed, not waited for"
    after = get(database.engine, record.id)
    assert after.state == "cancelled" and not list((home / "uploads").glob("*"))
