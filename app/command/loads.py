"""Loads as people do them: bring a file, look at what was found, confirm or cancel; the command line does it in one go."""

from __future__ import annotations

import hashlib
import re
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO, Protocol
from uuid import UUID, uuid4

from geodata.files.loading import LoadOptions, LoadReport, commit, plan
from geodata.files.packing import MOST_ENTRIES, MOST_UNPACKED
from geodata.files.report import in_both
from geodata.files.watching import Watch
from geodata.store import loads as records
from geodata.store.database import Database
from geodata.store.loads import LoadRecord
from layers.errors import Conflict, Forbidden, InvalidInput, OnemapError, TooLarge
from layers.messages import Sentence, declare, message
from layers.spec import Action, Actor, Label, Role

KEPT = timedelta(days=2)  # an upload that nobody confirmed by then is thrown away
_CHUNK = 1 << 20

declare(
    {
        "load-state": Sentence(
            Label("导入处于「{state}」，不能{act}", "The load is “{state}” and cannot be {act}"), Label("刷新后再看", "Look again")
        ),
        "load-no-files": Sentence(Label("没有上传文件", "No file was sent"), Label("选择文件", "Choose a file")),
        "load-failed": Sentence(
            Label("导入时出错：{said}", "The load failed: {said}"),
            Label("稍后重试；仍失败请联系管理员", "Try again later; tell the administrator if it fails again"),
        ),
    }
)


class LoadState(Conflict):
    """The load has moved on and this cannot be done with it any more."""

    code = "load-state"


class NoFiles(InvalidInput):
    """An upload without a file."""

    code = "load-no-files"


class Stream(Protocol):
    """An uploaded file: its name as the browser says, and its bytes."""

    filename: str | None
    stream: BinaryIO


def load_now(database: Database, space_id: str, layer: str, path: Path, options: LoadOptions, actor: Actor) -> LoadReport:
    """Plan and commit in this process (the command line): the report, whatever it says. A dry run writes and records nothing."""
    space = database.space(space_id)
    planned = plan(space, layer, path, options, actor)
    if options.dry_run:
        return planned.report
    record = records.add(
        database.engine,
        space=space_id,
        layer=layer,
        file=planned.report.file,
        sha256=fingerprint(path),
        options=_kept(options),
        asked_by=actor.name,
        asked_roles=sorted(actor.roles),
        state="committing",
    )
    try:
        report = commit(space, planned, actor)
    except OnemapError:
        records.move(database.engine, record.id, to="failed", come_from=("committing",))
        raise
    records.move(
        database.engine, record.id, to="committed" if report.committed else "refused", come_from=("committing",), report=in_both(report)
    )
    return report


def receive(
    database: Database, home: Path, space_id: str, layer: str, files: Iterable[Stream], options: LoadOptions, actor: Actor
) -> LoadRecord:
    """Keep uploaded files and open a record in state `waiting`; a job then examines it. Raises Forbidden, TooLarge, NoFiles."""
    _allowed(database, space_id, layer, actor)
    load_id = uuid4()
    folder = _folder(home, load_id)
    folder.mkdir(parents=True, mode=0o700)
    try:
        names = _keep(files, folder)
        shown = options.file_name or (names[0] if len(names) == 1 else f"{names[0]} (+{len(names) - 1})")
        return records.add(
            database.engine,
            space=space_id,
            layer=layer,
            file=shown,
            sha256=fingerprint(folder),
            options={**_kept(options), "file_name": shown},
            asked_by=actor.name,
            asked_roles=sorted(actor.roles),
            load_id=load_id,
        )
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def examine(database: Database, home: Path, load_id: UUID) -> LoadRecord:
    """Read, judge and rehearse an upload (in a worker): state `examined`, or `refused` with the reason in the report."""
    record = records.move(database.engine, load_id, to="examining", come_from=("waiting", "examining"))
    if record is None:
        return records.get(database.engine, load_id)
    try:
        planned = plan(
            database.space(record.space),
            record.layer,
            _path(home, record),
            _options(record),
            _actor(record.asked_by, record.asked_roles),
            rehearse=True,
            watch=watching(database, load_id),
        )
        report = planned.report
        state = "refused" if report.refused else "examined"
    except OnemapError as error:
        return _failed(database, home, record, error)
    after = records.move(database.engine, load_id, to=state, come_from=("examining",), report=in_both(report))
    if state == "refused":
        _forget(home, load_id)
    return after or records.get(database.engine, load_id)


def watching(database: Database, load_id: UUID) -> Watch:
    """Says in the record how far the examination is, and that it is to end when the record is no longer being examined."""
    return Watch(
        tell=lambda stage: records.at_stage(database.engine, load_id, stage),
        stopped=lambda: records.get(database.engine, load_id).state != "examining",
    )


def confirm(database: Database, load_id: UUID, actor: Actor) -> LoadRecord:
    """Say yes to what was examined; a job then commits it. Raises LoadState, Forbidden, LoadNotFound."""
    record = records.get(database.engine, load_id)
    _allowed(database, record.space, record.layer, actor)
    after = records.move(
        database.engine, load_id, to="confirmed", come_from=("examined",), confirmed_by=actor.name, confirmed_roles=sorted(actor.roles)
    )
    if after is None:
        raise LoadState(state=record.state, act="confirmed", what=record.state)
    return after


def carry_out(database: Database, home: Path, load_id: UUID) -> LoadRecord:
    """Commit a confirmed load (in a worker). Done again after a crash it changes nothing: rows are known by their keys."""
    record = records.move(database.engine, load_id, to="committing", come_from=("confirmed", "committing"))
    if record is None:
        return records.get(database.engine, load_id)
    actor = _actor(record.confirmed_by or record.asked_by, record.confirmed_roles or record.asked_roles)
    try:
        space = database.space(record.space)
        report = commit(space, plan(space, record.layer, _path(home, record), _options(record), actor), actor)
    except OnemapError as error:
        return _failed(database, home, record, error)
    after = records.move(
        database.engine, load_id, to="committed" if report.committed else "refused", come_from=("committing",), report=in_both(report)
    )
    _forget(home, load_id)
    return after or records.get(database.engine, load_id)


def cancel(database: Database, home: Path, load_id: UUID, actor: Actor) -> LoadRecord:
    """Drop a load that is not being committed. Raises LoadState when it is too late."""
    record = records.get(database.engine, load_id)
    _allowed(database, record.space, record.layer, actor)
    after = records.move(database.engine, load_id, to="cancelled", come_from=("waiting", "examining", "examined", "confirmed"))
    if after is None:
        raise LoadState(state=record.state, act="cancelled", what=record.state)
    _forget(home, load_id)
    return after


def sweep(database: Database, home: Path) -> list[UUID]:
    """Cancel uploads that nobody confirmed and remove files of loads that have ended; gives those cancelled."""
    old = datetime.now(UTC) - KEPT
    gone = [
        one.id
        for one in records.newest(database.engine, states=("waiting", "examining", "examined"), limit=10_000)
        if one.asked_at < old and records.move(database.engine, one.id, to="cancelled", come_from=("waiting", "examining", "examined"))
    ]
    waiting = {str(one.id) for one in records.newest(database.engine, states=records.UNFINISHED, limit=10_000)}
    for folder in (home / "uploads").glob("*"):
        if folder.name not in waiting and datetime.fromtimestamp(folder.stat().st_mtime, UTC) < datetime.now(UTC) - timedelta(hours=1):
            shutil.rmtree(folder, ignore_errors=True)
    return gone


def fingerprint(path: Path) -> str:
    """SHA-256 over the names and bytes of a file or of all files of a folder."""
    digest = hashlib.sha256()
    for one in sorted(path.rglob("*")) if path.is_dir() else [path]:
        if one.is_file():
            digest.update(one.name.encode() + b"\0")
            with one.open("rb") as file:
                while chunk := file.read(_CHUNK):
                    digest.update(chunk)
    return digest.hexdigest()


def _allowed(database: Database, space_id: str, layer_id: str, actor: Actor) -> None:
    """An existing layer says who may load into it; making one takes an editor."""
    space = database.space(space_id)
    layer = space.catalogue.get(layer_id)
    if layer is None:
        if not space.may_create(actor):
            raise Forbidden(action=Action.LOAD.value, layer=layer_id)
        return
    with space.reading(actor) as store:
        if not store.may(Action.LOAD, layer):
            raise Forbidden(action=Action.LOAD.value, layer=layer_id)


def _keep(files: Iterable[Stream], folder: Path) -> list[str]:
    names: list[str] = []
    left = MOST_UNPACKED
    for one in files:
        name = re.sub(r"[\x00-\x1f/\\:]", "_", (one.filename or "").replace("\\", "/").rsplit("/", 1)[-1]).lstrip(".")
        name = _short(name) or "file"
        if name in names:
            name = f"{len(names)}_{name}"
        if len(names) >= MOST_ENTRIES:
            raise TooLarge(what="files", limit=MOST_ENTRIES)
        with (folder / name).open("wb") as out:
            while chunk := one.stream.read(_CHUNK):
                left -= len(chunk)
                if left < 0:
                    raise TooLarge(what="upload", limit=f"{MOST_UNPACKED >> 20} MB")
                out.write(chunk)
        names.append(name)
    if not names:
        raise NoFiles()
    return names


def _short(name: str) -> str:
    """A name that a file system takes with room for a number before it (255 bytes; a Chinese character is three), its ending kept."""
    stem, dot, ending = name.rpartition(".")
    if not dot or len(ending) > 20:
        stem, dot, ending = name, "", ""
    room = 240 - len((dot + ending).encode())
    return stem.encode()[:room].decode(errors="ignore") + dot + ending


def _path(home: Path, record: LoadRecord) -> Path:
    """A single uploaded file itself (so that any text may be a table), several as the folder they are in."""
    folder = _folder(home, record.id)
    files = list(folder.iterdir()) if folder.exists() else []
    return files[0] if len(files) == 1 else folder


def _folder(home: Path, load_id: UUID) -> Path:
    return home / "uploads" / str(load_id)


def _forget(home: Path, load_id: UUID) -> None:
    shutil.rmtree(_folder(home, load_id), ignore_errors=True)


def _options(record: LoadRecord) -> LoadOptions:
    known: Mapping[str, Any] = record.options
    return LoadOptions(**{name: value for name, value in known.items() if name in LoadOptions.__dataclass_fields__})


def _kept(options: LoadOptions) -> dict[str, Any]:
    return asdict(options) | {"mapping": dict(options.mapping)}


def _actor(name: str, roles: tuple[str, ...]) -> Actor:
    return Actor(name, frozenset(Role(one) for one in roles))


def _failed(database: Database, home: Path, record: LoadRecord, error: OnemapError) -> LoadRecord:
    """A fault that is not the file's: the record says so, the upload is dropped."""
    blank = LoadReport(record.layer, record.file)
    report = {}
    for language in ("zh", "en"):
        said = message(error.code, error.values, language)
        problem = {"row": None, "field": None, "code": error.code, "severity": "error", "message": said, "remedy": None}
        report[language] = {**blank.to_json(language), "problems": [problem], "problems_total": 1}
    after = records.move(database.engine, record.id, to="failed", come_from=("examining", "committing"), report=report)
    _forget(home, record.id)
    return after or records.get(database.engine, record.id)
