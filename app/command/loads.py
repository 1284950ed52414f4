"""Loads as people do them: bring a file, look at what was found, confirm or cancel; the command line does it in one go."""

from __future__ import annotations

import hashlib
import re
import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO, Protocol
from uuid import UUID, uuid4

from sqlalchemy import Connection, select

from app.command.load_work import CARRY_OUT, EXAMINE, ended, folder_of, forget, memory_of, named, options_kept, put_in, settle
from geodata.files.loading import LoadOptions, LoadReport, plan
from geodata.files.packing import MOST_ENTRIES, MOST_UNPACKED
from geodata.files.proposing import identifier
from geodata.files.watching import Watch
from geodata.store import loads as records
from geodata.store import queue
from geodata.store.database import Database
from geodata.store.faults import translated
from geodata.store.features import Store
from geodata.store.idempotency import Keys
from geodata.store.loads import LoadRecord
from geodata.store.retiring import MissingDiffer, RetireUnclear
from geodata.store.reverting import Undone
from layers.errors import Conflict, Forbidden, InvalidInput, TooLarge
from layers.messages import Sentence, declare
from layers.spec import Action, Actor, Label

_CHUNK = 1 << 20

declare(
    {
        "load-state": Sentence(
            Label("导入处于「{state}」，不能{act}", "The load is “{state}” and cannot be {act}"), Label("刷新后再看", "Look again")
        ),
        "load-undone": Sentence(
            Label("这次装载已由 {by} 撤销", "This load was undone by {by}"), Label("要再装一次，请重新上传文件", "Bring the file again to load it again")
        ),
        "load-nothing-to-undo": Sentence(
            Label("这次装载没有写入数据，不需要撤销", "This load wrote nothing, so there is nothing to undo"), Label("在装载记录里看它的结果", "See what came of it among the loads")
        ),
        "load-no-files": Sentence(Label("没有上传文件", "No file was sent"), Label("选择文件", "Choose a file")),
    }
)


class LoadState(Conflict):
    """The load has moved on and this cannot be done with it any more."""

    code = "load-state"


class LoadUndone(Conflict):
    """The load was taken back before. `values`: by."""

    code = "load-undone"


class NothingToUndo(Conflict):
    """The load wrote nothing, so there is nothing to take back."""

    code = "load-nothing-to-undo"


class NoFiles(InvalidInput):
    """An upload without a file."""

    code = "load-no-files"


class Stream(Protocol):
    """An uploaded file: its name as the browser says, and its bytes."""

    filename: str | None
    stream: BinaryIO


@dataclass
class Upload:
    """Files kept on disk, with their fingerprint; they stay when a record was opened for them (`taken`)."""

    id: UUID
    shown: str
    sha256: str
    taken: bool = False


def layer_named(database: Database, space_id: str, label: str, actor: Actor) -> str:
    """An identifier that no layer of the space has or had, for a layer to be made under this name."""
    with database.space(space_id).reading(actor) as store:
        definitions = store.tables.definitions
        taken = {*store.catalogue, *store.connection.scalars(select(definitions.c.layer))}
    return identifier(label, taken)


def load_now(database: Database, space_id: str, layer: str, path: Path, options: LoadOptions, actor: Actor, *, watch: Watch | None = None) -> LoadReport:
    """Plan and commit in this process (the command line): the report, whatever it says. A dry run writes and records nothing.

    Raises what ended the load early; a fault of the program as LoadFault, whose id the log has.
    """
    space = database.space(space_id)
    planned = plan(space, layer, path, options, actor, watch=watch, memory=memory_of(database, space_id, layer))
    if options.dry_run:
        return planned.report
    record = records.add(
        database.engine,
        space=space_id,
        layer=layer,
        file=planned.report.file,
        sha256=fingerprint(path),
        options=options_kept(planned.options),
        asked_by=actor.name,
        asked_roles=sorted(actor.roles),
        address=actor.address,
        state="committing",
    )
    try:
        report = put_in(space, record.id, planned, actor, watch)
        ended(database, record, report)
    except BaseException as error:
        said = named(error, record.id)
        settle(database, record, said)
        if isinstance(error, (KeyboardInterrupt, SystemExit)):
            raise
        raise said from error
    return report


@contextmanager
def upload(database: Database, home: Path, space_id: str, layer: str, files: Iterable[Stream], actor: Actor) -> Iterator[Upload]:
    """Keep uploaded files; those for which no record was opened are removed at the end. Raises Forbidden, TooLarge, NoFiles."""
    _allowed(database, space_id, layer, actor)
    load_id = uuid4()
    folder = folder_of(home, load_id)
    folder.mkdir(parents=True, mode=0o700)
    kept: Upload | None = None
    try:
        names = _keep(files, folder)
        kept = Upload(load_id, _together(names), fingerprint(folder))
        yield kept
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    if not kept.taken:
        shutil.rmtree(folder, ignore_errors=True)


class Desk(Keys):
    """One transaction on the records of loads: a record, the job for it and the key of the request are there together, or none."""

    def __init__(self, database: Database, actor: Actor, connection: Connection) -> None:
        super().__init__(connection, database.space().tables, actor.name)
        self._database = database
        self._actor = actor

    def receive(self, kept: Upload, space_id: str, layer: str, options: LoadOptions) -> LoadRecord:
        """A record in state `waiting` for kept files; a job then examines them."""
        shown = options.file_name or kept.shown
        record = records.add(
            self.connection,
            space=space_id,
            layer=layer,
            file=shown,
            sha256=kept.sha256,
            options=options_kept(replace(options, file_name=shown)),
            asked_by=self._actor.name,
            asked_roles=sorted(self._actor.roles),
            address=self._actor.address,
            load_id=kept.id,
        )
        queue.defer(self.connection, EXAMINE, record.id)
        kept.taken = True
        return record

    def confirm(self, load_id: UUID, *, retire: int | None = None, reason: str = "") -> LoadRecord:
        """Say yes to what was examined; a job then commits it. `retire`: so many features that the file does not have are to go, for that reason.

        Raises LoadState, Forbidden, LoadNotFound; MissingDiffer and RetireUnclear where the rehearsal said otherwise.
        """
        record = records.get(self.connection, load_id)
        _allowed(self._database, record.space, record.layer, self._actor)
        said: dict[str, Any] = {}
        if retire is not None and record.state == "examined":
            _allowed(self._database, record.space, record.layer, self._actor, Action.DELETE)
            _agree(record, retire)
            said = {"options": {**record.options, "retire": retire, "retire_reason": reason}}
        after = records.move(
            self.connection,
            load_id,
            to="confirmed",
            come_from=("examined",),
            by=self._actor,
            confirmed_by=self._actor.name,
            confirmed_roles=sorted(self._actor.roles),
            **said,
        )
        if after is None:
            raise LoadState(state=record.state, act="confirmed", what=record.state)
        queue.defer(self.connection, CARRY_OUT, load_id)
        return after


def _agree(record: LoadRecord, retire: int) -> None:
    """What is to go is what the person saw. The count is looked at once more where the rows are written."""
    seen = ((record.report or {}).get(records.REHEARSAL) or {}).get("compare") or {}
    if seen.get("unclear") or not seen.get("keyed"):
        raise RetireUnclear(count=seen.get("unclear", 0))
    if retire != seen.get("absent"):
        raise MissingDiffer(expected=retire, now=seen.get("absent", 0))


@contextmanager
def desk(database: Database, actor: Actor) -> Iterator[Desk]:
    """A transaction on the records of loads."""
    with translated(), database.engine.begin() as connection:
        yield Desk(database, actor, connection)


def cancel(database: Database, home: Path, load_id: UUID, actor: Actor) -> LoadRecord:
    """Drop a load that is not being committed. Raises LoadState when it is too late."""
    record = records.get(database.engine, load_id)
    _allowed(database, record.space, record.layer, actor)
    after = records.move(database.engine, load_id, to="cancelled", come_from=("waiting", "examining", "examined", "confirmed"), by=actor)
    if after is None:
        raise LoadState(state=record.state, act="cancelled", what=record.state)
    forget(home, load_id)
    return after


def fingerprint(path: Path) -> str:
    """SHA-256 of a file, whatever it is called; of several over their names and bytes."""
    digest = hashlib.sha256()
    files = [one for one in sorted(path.rglob("*")) if one.is_file()] if path.is_dir() else [path]
    for one in files:
        if one.is_file():
            if len(files) > 1:
                digest.update(one.name.encode() + b"\0")
            with one.open("rb") as file:
                while chunk := file.read(_CHUNK):
                    digest.update(chunk)
    return digest.hexdigest()


def undo(store: Store, record: LoadRecord) -> list[Undone]:
    """Take back all that a load did, a layer that it made with it. Raises LoadUndone, NothingToUndo, MovedOn, Forbidden."""
    if record.undone_at is not None:
        raise LoadUndone(by=record.undone_by, what=record.file)
    if record.commit is None:
        raise NothingToUndo(what=record.file)
    return store.undo(record.commit)


def _allowed(database: Database, space_id: str, layer_id: str, actor: Actor, action: Action = Action.LOAD) -> None:
    """An existing layer says who may load into it; making one takes an editor."""
    space = database.space(space_id)
    layer = space.catalogue.get(layer_id)
    if layer is None:
        if not space.may_create(actor):
            raise Forbidden(action=Action.LOAD.value, layer=layer_id)
        return
    with space.reading(actor) as store:
        if not store.may(action, layer):
            raise Forbidden(action=action.value, layer=layer_id)


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


def _together(names: Sequence[str]) -> str:
    """What a person calls files that came together: the one with the shapes, and how many lie beside it."""
    first = next((one for one in names if one.lower().endswith((".shp", ".tab", ".mif"))), names[0])
    return first if len(names) == 1 else f"{first} (+{len(names) - 1})"


def _short(name: str) -> str:
    """A name that a file system takes with room for a number before it (255 bytes; a Chinese character is three), its ending kept."""
    stem, dot, ending = name.rpartition(".")
    if not dot or len(ending) > 20:
        stem, dot, ending = name, "", ""
    room = 240 - len((dot + ending).encode())
    return stem.encode()[:room].decode(errors="ignore") + dot + ending
