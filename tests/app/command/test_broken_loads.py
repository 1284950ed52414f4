"""Loads whose work breaks off: whatever dies, and wherever, the layer is old or new and the record says which."""

from __future__ import annotations

import asyncio
import logging
import multiprocessing
import os
import re
import signal
import time
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import text

from app import jobs
from app.command import load_work, loads
from geodata.files.loading import LoadOptions
from geodata.store import queue
from geodata.store.database import Database
from geodata.store.loads import LoadRecord, get, newest
from layers.errors import OnemapError, Unavailable
from layers.spec import OPERATOR
from tests.app.command.test_loads import confirm, count, receive, work
from tests.conftest import SECRET
from tests.geodata.files.making import shapefile

GATE = 4711
LAYER = "halls"


@pytest.fixture(autouse=True)
def _queue(database: Database) -> None:
    jobs.prepare(database)


def said(record: LoadRecord, language: str = "zh") -> dict[str, str]:
    assert record.report is not None
    return record.report[language]["problems"][0]  # type: ignore[no-any-return]


@pytest.mark.parametrize("at", ["examining", "committing"])
def test_a_fault_of_the_program_ends_the_load_with_a_number_that_the_log_has(
    at: str, database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    record = receive(database, tmp_path)
    if at == "committing":
        work(database, tmp_path)
        confirm(database, record.id)

    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("a mistake of ours")

    monkeypatch.setattr(load_work, "plan", broken)
    with caplog.at_level(logging.ERROR):
        work(database, tmp_path)
    ended = get(database.engine, record.id)
    assert ended.state == "failed" and ended.finished_at is not None and count(database) is None
    number = re.search(r"故障编号 ([0-9a-f]{8})", said(ended)["message"])
    assert number and said(ended)["remedy"] and "ZeroDivisionError" not in str(ended.report)
    logged = [one for one in caplog.records if number[1] in one.getMessage()]
    assert len(logged) == 1 and logged[0].exc_info is not None and str(record.id) in logged[0].getMessage()
    assert not (tmp_path / "home" / "uploads" / str(record.id)).exists()


def test_a_fault_after_the_commit_is_no_failure(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    record = receive(database, tmp_path)
    work(database, tmp_path)
    confirm(database, record.id)

    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(load_work, "ended", broken)
    work(database, tmp_path)
    ended = get(database.engine, record.id)
    assert ended.state == "committed" and ended.report is not None and ended.report["zh"]["inserted"] == 3 == count(database)


def test_a_database_that_does_not_answer_is_asked_again(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    record = receive(database, tmp_path)
    real, tries = load_work.plan, []

    def sometimes(*arguments: object, **named: object) -> object:
        tries.append(1)
        if len(tries) == 1:
            raise Unavailable(part="database")
        return real(*arguments, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(load_work, "plan", sometimes)
    with pytest.raises(Unavailable):
        load_work.examine(database, tmp_path / "home", record.id, last=False)
    assert load_work.examine(database, tmp_path / "home", record.id).state == "examined"
    again = receive(database, tmp_path)
    monkeypatch.setattr(load_work, "plan", lambda *_, **__: (_ for _ in ()).throw(Unavailable(part="database")))
    assert load_work.examine(database, tmp_path / "home", again.id, last=True).state == "failed"


def test_the_command_line_ends_its_record_too(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = shapefile(tmp_path / "files")

    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(load_work, "commit", broken)
    with pytest.raises(OnemapError) as fault:
        loads.load_now(database, "live", LAYER, file, LoadOptions(create=True), OPERATOR)
    assert fault.value.code == "load-fault"
    record = get(database.engine, newest(database.engine)[0].id)
    assert record.state == "failed" and fault.value.values["fault"] in said(record)["message"]


def test_what_was_confirmed_without_a_job_is_carried_out_and_what_was_begun_is_ended(database: Database, tmp_path: Path) -> None:
    home, now = tmp_path / "home", timedelta(0)
    confirmed, begun, fresh = (receive(database, tmp_path, layer=name) for name in (LAYER, "begun", "fresh"))
    work(database, tmp_path)
    confirm(database, confirmed.id)
    _without_jobs(database)
    loads.records.move(database.engine, begun.id, to="committing", come_from=("examined",))
    assert load_work.sweep(database, home, patience=now) == []
    assert queue.at_work(database.engine) == {confirmed.id}
    work(database, tmp_path)
    assert [get(database.engine, one.id).state for one in (confirmed, begun, fresh)] == ["committed", "failed", "examined"]
    assert said(get(database.engine, begun.id))["code"] == "load-broken-off" and count(database) == 3 and count(database, "begun") is None


def test_a_load_just_begun_at_the_command_line_is_left_alone(database: Database, tmp_path: Path) -> None:
    record = receive(database, tmp_path)
    _without_jobs(database)
    loads.records.move(database.engine, record.id, to="committing", come_from=("waiting",))
    load_work.sweep(database, tmp_path / "home")
    assert get(database.engine, record.id).state == "committing"


def test_a_transaction_that_comes_after_its_load_was_ended_does_not_commit(database: Database, tmp_path: Path) -> None:
    record = receive(database, tmp_path)
    work(database, tmp_path)
    confirm(database, record.id)
    begun = loads.records.move(database.engine, record.id, to="committing", come_from=("confirmed",))
    assert begun is not None
    load_work.settle(database, begun, load_work.LoadBrokenOff())
    loads.records.move(database.engine, record.id, to="committing", come_from=("failed",))
    assert load_work.carry_out(database, tmp_path / "home", record.id).state == "failed"
    assert count(database) is None


# Where the worker stops: before or in the statement on this table (an UPDATE of a record: to this state).
POINTS = [
    ("onemap_control.load", "examining"),
    ("onemap_control.load", "examined"),
    ("onemap_control.load", "committing"),
    ("onemap.idempotency", "INSERT"),
    ("onemap.layer_definition", "INSERT"),
    ("onemap.idempotency", "UPDATE"),
    ("onemap.layer_state", "COMMIT"),
    ("onemap_control.load", "committed"),
]


@pytest.mark.parametrize(("table", "event"), POINTS)
def test_a_worker_killed_at_any_point_leaves_old_or_new_and_the_next_one_finishes(
    table: str, event: str, database: Database, tmp_path: Path
) -> None:
    record = _brought(database, tmp_path, event)
    _kill_at(database, tmp_path, table, event)
    there = count(database)
    assert there in (None, 3) and (there == 3) == (event == "committed")
    with database.owner.begin() as connection:  # a minute passes
        connection.execute(text(f"UPDATE {queue.SCHEMA}.procrastinate_workers SET last_heartbeat = now() - interval '1 minute'"))
    work(database, tmp_path)
    if event in ("examining", "examined"):
        assert get(database.engine, record.id).state == "examined"
        return
    ended = get(database.engine, record.id)
    assert ended.state == "committed" and ended.report is not None and ended.report["en"]["inserted"] == 3 == count(database)


@pytest.mark.parametrize(("table", "event", "state"), [(*POINTS[1], "failed"), (*POINTS[5], "failed"), (*POINTS[7], "committed")])
def test_when_no_worker_comes_back_the_sweep_says_what_is_so(
    table: str, event: str, state: str, database: Database, tmp_path: Path
) -> None:
    record = _brought(database, tmp_path, event)
    _kill_at(database, tmp_path, table, event)
    _without_jobs(database)
    load_work.sweep(database, tmp_path / "home", patience=timedelta(0))
    ended = get(database.engine, record.id)
    assert ended.state == state and count(database) == (3 if state == "committed" else None)
    assert not (tmp_path / "home" / "uploads" / str(record.id)).exists()


def test_a_job_that_takes_every_worker_down_is_not_given_to_a_fourth(database: Database, tmp_path: Path) -> None:
    record = receive(database, tmp_path)
    with database.owner.begin() as connection:
        connection.execute(text(f"SET LOCAL search_path TO {queue.SCHEMA}, public"))
        dead = connection.scalar(
            text(f"INSERT INTO {queue.SCHEMA}.procrastinate_workers (last_heartbeat) VALUES (now() - interval '1 minute') RETURNING id")
        )
        connection.execute(
            text(f"UPDATE {queue.SCHEMA}.procrastinate_jobs SET status = 'doing', attempts = 2, worker_id = :dead WHERE args ? 'load_id'"),
            {"dead": dead},
        )
    loads.records.move(database.engine, record.id, to="examining", come_from=("waiting",))
    work(database, tmp_path)
    load_work.sweep(database, tmp_path / "home", patience=timedelta(0))
    assert get(database.engine, record.id).state == "failed"


def _brought(database: Database, tmp_path: Path, event: str) -> LoadRecord:
    record = receive(database, tmp_path)
    if event not in ("examining", "examined"):
        work(database, tmp_path)
        confirm(database, record.id)
    return record


def _without_jobs(database: Database) -> None:
    with database.owner.begin() as connection:
        connection.execute(text(f"SET LOCAL search_path TO {queue.SCHEMA}, public"))
        connection.execute(text(f"DELETE FROM {queue.SCHEMA}.procrastinate_jobs"))


def _kill_at(database: Database, tmp_path: Path, table: str, event: str) -> None:
    """Run a worker in a process of its own and kill -9 it where the gate stops it."""
    _gate(database, table, event)
    url = database.owner.url.render_as_string(hide_password=False)
    with closing(psycopg.connect(url.replace("postgresql+psycopg", "postgresql"), autocommit=True)) as keeper:
        keeper.execute("SELECT pg_advisory_lock(%s)", [GATE])
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(["app.jobs", "geodata.files.workbook", "tests.app.command.test_broken_loads"])
        worker = context.Process(target=_worker, args=(url, str(tmp_path / "home")))
        worker.start()
        assert worker.pid is not None
        stopped = "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND objid = %s AND NOT granted"
        waiting = _until(lambda: keeper.execute(stopped, [GATE]).fetchone())
        os.kill(worker.pid, signal.SIGKILL)
        worker.join(30)
        keeper.execute("SELECT pg_terminate_backend(%s)", [waiting[0]])  # the machine notices the closed socket
        _until(lambda: keeper.execute("SELECT 1 FROM pg_stat_activity WHERE pid = %s", [waiting[0]]).fetchone() is None)
    with database.owner.begin() as connection:
        connection.execute(text("DROP FUNCTION gate() CASCADE"))


def _gate(database: Database, table: str, event: str) -> None:
    when, kind = f"BEFORE {event}", "TRIGGER"
    condition = ""
    if table == "onemap_control.load":
        when, condition = "BEFORE UPDATE", f"WHEN (NEW.state = '{event}')"
    elif event == "COMMIT":
        when, kind = "AFTER UPDATE", "CONSTRAINT TRIGGER"
    deferred = "DEFERRABLE INITIALLY DEFERRED" if event == "COMMIT" else ""
    with database.owner.begin() as connection:
        connection.exec_driver_sql(
            f"CREATE FUNCTION gate() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$BEGIN PERFORM pg_advisory_xact_lock({GATE}); RETURN NEW; END$$"
        )
        connection.exec_driver_sql(f"CREATE {kind} gate {when} ON {table} {deferred} FOR EACH ROW {condition} EXECUTE FUNCTION gate()")


def _worker(url: str, home: str) -> None:
    asyncio.run(jobs.work(Database(url, SECRET), Path(home), wait=False))


def _until(found: Callable[[], Any]) -> Any:
    end = time.monotonic() + 20
    while time.monotonic() < end:
        value = found()
        if value:
            return value
        time.sleep(0.01)
    raise AssertionError("did not happen in 20 s")
