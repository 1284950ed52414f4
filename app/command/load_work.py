"""What workers do with loads: examine, carry out, and end those whose work broke off by what was committed, never by a guess."""

from __future__ import annotations

import json
import logging
import secrets
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from app.command import incoming, pictures
from geodata.files.loading import LoadOptions, LoadPlan, LoadReport, Memory, Remembered, commit, plan
from geodata.files.report import in_both
from geodata.files.watching import Watch
from geodata.store import loads as records
from geodata.store import queue
from geodata.store.database import Database
from geodata.store.features import Store
from geodata.store.idempotency import Answered
from geodata.store.loads import LoadRecord
from geodata.store.spaces import Space
from layers.errors import OnemapError, SpaceNotFound, TooMany, Unavailable
from layers.messages import Sentence, declare, message, remedy
from layers.spec import Actor, Label, Role

EXAMINE, CARRY_OUT = "examine_load", "carry_out_load"
KEPT = timedelta(days=2)  # an upload that nobody confirmed by then is thrown away
PATIENCE = timedelta(minutes=1)  # a load of the command line has no job; between its record and its transaction lie milliseconds
_WORKED_ON = ("waiting", "examining", "confirmed", "committing")
COMMIT = "commit"  # what the report under a load's key says beside the report
_BROKEN_OFF = 410  # the status under a load's key when it was ended without its rows
log = logging.getLogger("onemap.loads")

declare(
    {
        "load-fault": Sentence(
            Label("处理文件时程序出错，没有写入任何数据（故障编号 {fault}）", "The program failed on this file; nothing was written (fault {fault})"),
            Label("可再导入一次；仍失败请把文件和故障编号交给管理员", "Load it again; if it fails again give the file and the fault number to the administrator"),
        ),
        "load-broken-off": Sentence(
            Label("处理文件的后台进程中途停止，没有写入任何数据", "The worker stopped in the middle; nothing was written"),
            Label("请重新导入", "Load the file again"),
        ),
    }
)


class LoadFault(OnemapError):
    """The program failed on a file; the log has the fault under this id."""

    code = "load-fault"


class LoadBrokenOff(OnemapError):
    """Whoever worked on a load is gone and its rows are not there."""

    code = "load-broken-off"


class _Ended(Exception):
    """The key of a load is taken: it was committed before, or ended."""


def examine(database: Database, home: Path, load_id: UUID, *, last: bool = True) -> LoadRecord:
    """Read, judge and rehearse an upload: state `examined`, or `refused` with the reason in the report, or `failed`.

    When the database does not answer it raises, to be tried again, unless this is the `last` try.
    """
    record = records.move(database.engine, load_id, to="examining", come_from=("waiting", "examining"))
    if record is None:
        return records.get(database.engine, load_id)
    try:
        space = database.space(record.space)
        asked_by = actor_of(record.asked_by, record.asked_roles)
        watch = watching(database, load_id)
        planned = plan(space, record.layer, _path(home, record), _options(record), asked_by, rehearse=True, watch=watch, memory=memory_of(database, space.id, record.layer))
        report = planned.report
        state = "refused" if report.refused else "examined"
        kept = {**in_both(report), records.REHEARSAL: {**(report.rehearsal or {}), "same_file": same_file(database, record)}}
        after = records.move(database.engine, load_id, to=state, come_from=("examining",), report=kept, options=options_kept(planned.options))
    except Exception as error:
        return _broken(database, home, record, error, last)
    if state == "refused":
        forget(home, load_id)
    return after or records.get(database.engine, load_id)


def memory_of(database: Database, space_id: str, layer: str) -> Memory:
    """Remembers how a person last mapped a file with the same columns into a layer; the newest such load decides, corrected or not."""

    def recall(columns: frozenset[str]) -> Remembered | None:
        before = records.last_like(database.engine, space_id, layer, columns)
        if before is None:
            return None
        options = _options(before)
        mapping = {**(options.remembered.mapping if options.remembered else {}), **options.mapping}
        return Remembered(mapping, before.confirmed_by or before.asked_by, (before.finished_at or before.asked_at).isoformat(), str(before.id)) if mapping else None

    return recall


def same_file(database: Database, record: LoadRecord) -> dict[str, Any] | None:
    """The last load of the very same bytes into the same space: whose, when, into which layer, how many rows, and whether it was undone."""
    before = records.same_file(database.engine, record.sha256, record.space) if record.sha256 else None
    if before is None or before.finished_at is None:
        return None
    report = (before.report or {}).get("zh") or {}
    return {"load": str(before.id), "by": before.confirmed_by or before.asked_by, "at": before.finished_at.isoformat(), "layer": before.layer, "file": before.file,
            "rows": report.get("accepted"), "undone_by": before.undone_by, "undone_at": before.undone_at and before.undone_at.isoformat()}


def watching(database: Database, load_id: UUID) -> Watch:
    """Says in the record how far the examination is, and that it is to end when the record is no longer being examined."""
    return Watch(
        tell=lambda stage: records.at_stage(database.engine, load_id, stage),
        stopped=lambda: records.state_of(database.engine, load_id) != "examining",
    )


def carry_out(database: Database, home: Path, load_id: UUID, *, last: bool = True) -> LoadRecord:
    """Commit a confirmed load. Done again after a crash it changes nothing and finds the report of the first time.

    When the database does not answer it raises, to be tried again, unless this is the `last` try.
    """
    record = records.move(database.engine, load_id, to="committing", come_from=("confirmed", "committing"))
    if record is None:
        return records.get(database.engine, load_id)
    try:
        actor = _writer(record)
        space = database.space(record.space)
        report = put_in(space, record.id, plan(space, record.layer, _path(home, record), _options(record), actor), actor)
        after = ended(database, record, report)
    except Exception as error:
        return _broken(database, home, record, error, last)
    forget(home, load_id)
    return after or records.get(database.engine, load_id)


def put_in(space: Space, load_id: UUID, planned: LoadPlan, actor: Actor, watch: Watch | None = None) -> LoadReport:
    """Commit a plan; its report is kept under the load's key by the same transaction, so that a crash leaves no doubt."""

    @contextmanager
    def marked(store: Store, report: LoadReport) -> Iterator[None]:
        if store.claim(_key(load_id), str(load_id)) is not None:
            raise _Ended
        yield
        made = {**in_both(report), COMMIT: str(token) if (token := store.commit_token()) else None}
        store.settle(_key(load_id), Answered(200, json.dumps(made, ensure_ascii=False), {}))

    return commit(space, planned, actor, around=marked, watch=watch)


def ended(database: Database, record: LoadRecord, report: LoadReport) -> LoadRecord | None:
    """The record of a load after its commit."""
    if not report.committed:
        return records.move(database.engine, record.id, to="refused", come_from=("committing",), report=in_both(report))
    return _committed(database, record, _committed_report(database, record) or in_both(report))


def _committed(database: Database, record: LoadRecord, report: Mapping[str, Any]) -> LoadRecord | None:
    kept = {name: value for name, value in report.items() if name != COMMIT}
    commit = UUID(report[COMMIT]) if report.get(COMMIT) else None
    return records.move(database.engine, record.id, to="committed", come_from=("committing",), report=kept, commit=commit)


def settle(database: Database, record: LoadRecord, error: OnemapError) -> LoadRecord | None:
    """End a load whose work broke off: `committed` with its report where its rows are in, else `failed` with the error's sentence.

    A transaction of it that is still under way is waited for (Unavailable, TooMany when it takes long), and one that comes late
    finds the key taken and does not commit.
    """
    report = _committed_report(database, record) if record.state == "committing" else None
    if report is not None:
        return _committed(database, record, report)
    return records.move(database.engine, record.id, to="failed", come_from=(record.state,), report=_failure(record, error))


def sweep(database: Database, home: Path, *, patience: timedelta = PATIENCE) -> list[UUID]:
    """Cancel uploads that nobody confirmed, see to loads that no job works for, remove files of ended ones; gives those cancelled."""
    old = datetime.now(UTC) - KEPT
    gone = [
        one.id
        for one in records.newest(database.engine, states=("waiting", "examining", "examined"), limit=10_000)
        if one.asked_at < old and records.move(database.engine, one.id, to="cancelled", come_from=("waiting", "examining", "examined"))
    ]
    _see_to_deserted(database, home, datetime.now(UTC) - patience)
    waiting = {str(one.id) for one in records.newest(database.engine, states=records.UNFINISHED, limit=10_000)}
    incoming.sweep(home)
    for folder in (home / "uploads").glob("*"):
        if folder.name not in (*waiting, incoming.FOLDER, pictures.FOLDER) and datetime.fromtimestamp(folder.stat().st_mtime, UTC) < datetime.now(UTC) - timedelta(hours=1):
            shutil.rmtree(folder, ignore_errors=True)
    return gone


def _see_to_deserted(database: Database, home: Path, asked_before: datetime) -> None:
    """Loads without a job: those not begun get one, those begun are ended. Records are read before jobs, so a new job is seen."""
    found = [one for one in records.newest(database.engine, states=_WORKED_ON, limit=10_000) if one.asked_at < asked_before]
    at_work = queue.at_work(database.engine) if found else set()
    for record in found:
        if record.id in at_work:
            continue
        if record.state in ("waiting", "confirmed"):
            with database.engine.begin() as connection:
                queue.defer(connection, EXAMINE if record.state == "waiting" else CARRY_OUT, record.id)
            continue
        try:
            settle(database, record, LoadBrokenOff())
        except (TooMany, Unavailable):
            continue  # its transaction is still under way: the next sweep looks again
        forget(home, record.id)


def _broken(database: Database, home: Path, record: LoadRecord, error: Exception, last: bool) -> LoadRecord:
    """What to do with an error in a worker: raise it to be tried again, or end the load and say why."""
    if isinstance(error, (Unavailable, TooMany)) and not last:
        raise error
    after = settle(database, record, named(error, record.id))
    forget(home, record.id)
    return after or records.get(database.engine, record.id)


def named(error: BaseException, load_id: UUID) -> OnemapError:
    """The error as a person may read it; one that we have no name for goes to the log under an id that the person can quote."""
    if isinstance(error, OnemapError):
        return error
    if isinstance(error, (_Ended, KeyboardInterrupt, SystemExit)):
        return LoadBrokenOff()
    fault = secrets.token_hex(4)
    log.error("load %s: fault %s", load_id, fault, exc_info=error)
    return LoadFault(fault=fault)


def _committed_report(database: Database, record: LoadRecord) -> Mapping[str, Any] | None:
    try:
        space = database.space(record.space)
    except SpaceNotFound:
        return None  # a drill that has ended took its rows with it
    with space.transaction(_writer(record)) as store:
        before = store.claim(_key(record.id), str(record.id))
        if before is None:
            store.settle(_key(record.id), Answered(_BROKEN_OFF, "", {}))
    return json.loads(before.body) if before and before.status != _BROKEN_OFF else None


def _failure(record: LoadRecord, error: OnemapError) -> dict[str, Any]:
    blank = LoadReport(record.layer, record.file)
    report = {}
    for language in ("zh", "en"):
        said, todo = message(error.code, error.values, language), remedy(error.code, error.values, language)
        problem = {"row": None, "field": None, "code": error.code, "severity": "error", "message": said, "remedy": todo, "remedy_on_page": todo}
        report[language] = {**blank.to_json(language), "problems": [problem], "problems_total": 1}
    return report


def folder_of(home: Path, load_id: UUID) -> Path:
    """Where the files of an upload lie until it has ended."""
    return home / "uploads" / str(load_id)


def forget(home: Path, load_id: UUID) -> None:
    """Remove the files of an upload."""
    shutil.rmtree(folder_of(home, load_id), ignore_errors=True)


def actor_of(name: str, roles: tuple[str, ...]) -> Actor:
    """Somebody as a record keeps them."""
    return Actor(name, frozenset(Role(one) for one in roles))


def options_kept(options: LoadOptions) -> dict[str, Any]:
    """What the user said about a file, as a record keeps it."""
    return asdict(options) | {"mapping": dict(options.mapping), "measures": dict(options.measures)}


def _options(record: LoadRecord) -> LoadOptions:
    known: Mapping[str, Any] = record.options
    kept = {name: value for name, value in known.items() if name in LoadOptions.__dataclass_fields__}
    return LoadOptions(**kept | {"remembered": Remembered(**kept["remembered"]) if kept.get("remembered") else None})


def _path(home: Path, record: LoadRecord) -> Path:
    """A single uploaded file itself (so that any text may be a table), several as the folder they are in."""
    folder = folder_of(home, record.id)
    files = list(folder.iterdir()) if folder.exists() else []
    return files[0] if len(files) == 1 else folder


def _writer(record: LoadRecord) -> Actor:
    return actor_of(record.confirmed_by or record.asked_by, record.confirmed_roles or record.asked_roles)


def _key(load_id: UUID) -> str:
    """No person's key can be this one: theirs have no space in them."""
    return f"load {load_id}"
