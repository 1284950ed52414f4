"""A load from upload to commit, through the queue, and what happens when somebody is too late or has no right."""

from __future__ import annotations

import asyncio
import io
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4

import pytest

from app import jobs
from app.command import loads
from app.command.loads import LoadState
from geodata.files import reading
from geodata.files.loading import LoadOptions
from geodata.files.notices import Refused
from geodata.store.database import Database
from geodata.store.loads import LoadNotFound, LoadRecord, get, move
from layers.errors import Forbidden
from layers.spec import OPERATOR, Actor
from tests.geodata.files.making import parts_of, shapefile


@dataclass
class Upload:
    filename: str | None
    stream: BinaryIO


def uploads(folder: Path) -> list[Upload]:
    shapefile(folder)
    return [Upload(name, io.BytesIO(content)) for name, content in parts_of(folder).items()]


def receive(database: Database, tmp_path: Path, actor: Actor = OPERATOR, **options: object) -> LoadRecord:
    return loads.receive(
        database, tmp_path / "home", "live", "halls", uploads(tmp_path / "files"), LoadOptions(create=True, **options), actor
    )  # type: ignore[arg-type]


def test_an_upload_is_examined_confirmed_and_committed_by_the_worker(database: Database, planner: Actor, tmp_path: Path) -> None:
    jobs.prepare(database)
    jobs.prepare(database)  # a second process that starts finds it done
    queue = jobs.Jobs(database)
    record = receive(database, tmp_path, planner)
    assert record.state == "waiting" and "halls" not in database.space("live").catalogue
    queue.examine(record.id)
    asyncio.run(jobs.work(database, tmp_path / "home", wait=False))
    record = get(database.engine, record.id)
    assert record.state == "examined" and record.report is not None and record.report["en"]["inserted"] == 3
    loads.confirm(database, record.id, planner)
    queue.carry_out(record.id)
    asyncio.run(jobs.work(database, tmp_path / "home", wait=False))
    queue.close()
    record = get(database.engine, record.id)
    assert record.state == "committed" and record.report is not None and record.report["zh"]["committed"]
    with database.space("live").reading(OPERATOR) as store:
        assert store.count("halls") == 3
    assert not (tmp_path / "home" / "uploads" / str(record.id)).exists()


def test_work_done_twice_after_a_crash_changes_nothing(database: Database, tmp_path: Path) -> None:
    home = tmp_path / "home"
    record = receive(database, tmp_path)
    loads.examine(database, home, record.id)
    loads.confirm(database, record.id, OPERATOR)
    kept = {one.name: one.read_bytes() for one in (home / "uploads" / str(record.id)).iterdir()}
    loads.carry_out(database, home, record.id)
    (home / "uploads" / str(record.id)).mkdir()  # as if the worker had died after the commit, before it said so
    for name, content in kept.items():
        (home / "uploads" / str(record.id) / name).write_bytes(content)
    move(database.engine, record.id, to="committing", come_from=("committed",))
    assert loads.carry_out(database, home, record.id).report["en"]["unchanged"] == 3  # type: ignore[index]


def test_a_refused_upload_says_why_and_cannot_be_confirmed(database: Database, tmp_path: Path) -> None:
    record = receive(database, tmp_path, crs="EPSG:4214")
    record = loads.examine(database, tmp_path / "home", record.id)
    assert record.state == "refused" and record.report is not None
    assert record.report["en"]["problems"][0]["code"] == "datum-without-parameters"
    with pytest.raises(LoadState):
        loads.confirm(database, record.id, OPERATOR)


def test_a_cancelled_upload_is_gone_and_not_examined(database: Database, tmp_path: Path) -> None:
    record = receive(database, tmp_path)
    assert loads.cancel(database, tmp_path / "home", record.id, OPERATOR).state == "cancelled"
    assert loads.examine(database, tmp_path / "home", record.id).state == "cancelled"
    assert list((tmp_path / "home" / "uploads").iterdir()) == []


def test_a_viewer_may_neither_bring_nor_confirm(database: Database, viewer: Actor, tmp_path: Path) -> None:
    with pytest.raises(Forbidden):
        receive(database, tmp_path, viewer)
    record = receive(database, tmp_path)
    loads.examine(database, tmp_path / "home", record.id)
    with pytest.raises(Forbidden):
        loads.confirm(database, record.id, viewer)


def test_names_of_uploads_lead_nowhere(database: Database, tmp_path: Path) -> None:
    files = [Upload("../../../evil.csv", io.BytesIO(b"code,lon,lat\nA,109.8,40.6\n"))]
    record = loads.receive(database, tmp_path / "home", "live", "pois", files, LoadOptions(create=True), OPERATOR)
    assert [one.name for one in (tmp_path / "home" / "uploads" / str(record.id)).iterdir()] == ["evil.csv"]
    assert loads.examine(database, tmp_path / "home", record.id).state == "examined"


def test_an_unknown_load_is_not_found(database: Database) -> None:
    with pytest.raises(LoadNotFound):
        loads.confirm(database, uuid4(), OPERATOR)


def test_dropping_a_load_that_is_being_examined_ends_its_reading_process_and_keeps_nothing(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, run, started = tmp_path / "home", reading._run, threading.Event()

    def slow(command: list[str], wall_s: int, stopped: Callable[[], bool] | None) -> Refused | None:
        started.set()
        return run([command[0], "-c", "import time; time.sleep(120)"], wall_s, stopped)

    monkeypatch.setattr(reading, "_run", slow)
    record = receive(database, tmp_path)
    work = threading.Thread(target=loads.examine, args=(database, home, record.id))
    work.start()
    assert started.wait(20) and get(database.engine, record.id).report == {"stage": "reading"}
    loads.cancel(database, home, record.id, OPERATOR)
    work.join(20)
    assert not work.is_alive(), "the reading process is killed, not waited for"
    after = get(database.engine, record.id)
    assert after.state == "cancelled" and not list((home / "uploads").glob("*"))
