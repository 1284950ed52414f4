"""Background pictures as the staff place them from the page: a file that has arrived, a job that makes its tiles, and what is on the map."""

from __future__ import annotations

import asyncio
import fcntl
import json
import logging
import os
import secrets
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from app.basemaps.imagery import Imagery, Placed
from app.command import incoming
from geodata.store import audit, queue
from geodata.store.acting import say_who
from geodata.store.database import Database
from geodata.store.faults import translated
from geodata.store.idempotency import Keys
from layers.errors import Conflict, Forbidden, NotFound, OnemapError
from layers.messages import Sentence, declare
from layers.spec import Actor, Label, Role

MAY = frozenset({Role.GIS_STAFF})  # it lies under everybody's map, and whoever places it answers for where
PLACE, ABOUT = "place_picture", "placing_id"
FOLDER = "placing"  # beside the folders of loads, in `uploads`
KEPT = timedelta(hours=12)  # since it ended: somebody who left the page finds what came of it
_PATIENCE = timedelta(minutes=1)
_TRIES = 3
_LOOK_S = 0.5
_ENDED = frozenset({"placed", "refused", "cancelled"})
log = logging.getLogger("onemap.pictures")

declare({
    "placing-not-found": Sentence(Label("没有这次放置，可能已过期", "There is no such placing; it may be too old"), Label("在影像列表里看结果", "See the list of imagery")),
    "placing-ended": Sentence(Label("这次放置已经结束，不能停下", "This placing has ended and cannot be stopped"), Label("不要的影像在列表里取消", "Remove the picture in the list")),
    "placing-fault": Sentence(
        Label("处理影像时程序出错，图上没有变化（故障编号 {fault}）", "The program failed on this picture; the map is as it was (fault {fault})"),
        Label("可再放一次；仍失败请把文件和故障编号交给管理员", "Place it again; if it fails again give the file and the fault number to the administrator")),
})


class PlacingNotFound(NotFound):
    """No such placing, or it was swept away."""

    code = "placing-not-found"


class PlacingEnded(Conflict):
    """What has ended is not stopped."""

    code = "placing-ended"


@dataclass(frozen=True)
class Placing:
    """A picture on its way to the map. `state`: waiting, placing, placed, refused, cancelled; `stage` as `Imagery.make` tells it, `written` bytes of tiles so far."""

    id: UUID
    file: str
    name: str
    date: str
    by: str
    roles: tuple[str, ...]
    address: str
    at: str
    state: str = "waiting"
    stage: str = ""
    written: int = 0
    imagery: str = ""
    code: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)
    tries: int = 0

    @property
    def actor(self) -> Actor:
        return Actor(self.by, frozenset(map(Role, self.roles)), self.address)


class Placements:
    """Those of one installation, kept as files in its home that the web processes and the worker share."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self._folder = home / "uploads" / FOLDER

    def all(self) -> list[Placing]:
        """The last asked for first."""
        return sorted((one for path in self._folder.glob("*.json") if (one := self._read(path))), key=lambda one: one.at, reverse=True)

    def get(self, id_: UUID) -> Placing:
        """Raises PlacingNotFound."""
        found = self._read(self._folder / f"{id_}.json")
        if found is None:
            raise PlacingNotFound(id=id_)
        return found

    def add(self, made: Placing, upload: UUID, actor: Actor) -> None:
        """With the file that has arrived. Raises IncomingNotFound, Unfinished."""
        held = self._folder / str(made.id)
        held.mkdir(parents=True, mode=0o700)
        try:
            incoming.lend(self.home, actor, upload, held / made.file)
            self._write(made)
        except BaseException:
            self.forget(made.id)
            raise

    def move(self, id_: UUID, come_from: frozenset[str], **values: Any) -> Placing | None:
        """Change it if it is in one of these states; None where it is not."""
        with self.locked():
            found = self.get(id_)
            if found.state not in come_from:
                return None
            self._write(made := replace(found, **values))
        if made.state in _ENDED:
            shutil.rmtree(self._folder / str(id_), ignore_errors=True)
        return made

    def source(self, one: Placing) -> Path:
        return self._folder / str(one.id) / one.file

    def forget(self, id_: UUID) -> None:
        shutil.rmtree(self._folder / str(id_), ignore_errors=True)
        (self._folder / f"{id_}.json").unlink(missing_ok=True)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """One process at a time; a process that dies lets go."""
        self._folder.mkdir(parents=True, mode=0o700, exist_ok=True)
        with (self._folder / ".lock").open("a") as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            yield

    def _write(self, one: Placing) -> None:
        draft = self._folder / f".{one.id}.{os.getpid()}"
        draft.write_text(json.dumps(asdict(one), default=str, ensure_ascii=False), encoding="utf-8")
        draft.replace(self._folder / f"{one.id}.json")

    def _read(self, path: Path) -> Placing | None:
        try:
            told = json.loads(path.read_text(encoding="utf-8"))
        except (FileNotFoundError, ValueError):
            return None
        return Placing(**{**told, "id": UUID(told["id"]), "roles": tuple(told["roles"])})


class Desk(Keys):
    """One transaction: the job for a picture and the key of the request are there together, or neither."""

    def __init__(self, database: Database, home: Path, actor: Actor, connection: Any) -> None:
        super().__init__(connection, database.space().tables, actor.name)
        self._placements = Placements(home)
        self._actor = actor
        self.made: UUID | None = None

    def place(self, upload: UUID, name: str, day: date | None) -> Placing:
        """A job then makes its tiles. Raises Forbidden, IncomingNotFound, Unfinished."""
        allowed(self._actor)
        file = incoming.look(self._placements.home, self._actor, upload).name
        made = Placing(uuid4(), _plain(file), name, day.isoformat() if day else "", self._actor.name, tuple(sorted(self._actor.roles)), self._actor.address, datetime.now(UTC).isoformat())
        self._placements.add(made, upload, self._actor)
        self.made = made.id
        queue.defer(self.connection, PLACE, made.id, about=ABOUT, queue=queue.PICTURES)
        return made


@contextmanager
def desk(database: Database, home: Path, actor: Actor) -> Iterator[Desk]:
    """A transaction; where it fails no file stays."""
    held: Desk | None = None
    try:
        with translated(), database.engine.begin() as connection:
            held = Desk(database, home, actor, connection)
            yield held
    except BaseException:
        if held and held.made:
            Placements(home).forget(held.made)
        raise


def allowed(actor: Actor) -> None:
    """Raise Forbidden for whoever may not place pictures."""
    if not actor.roles & MAY:
        raise Forbidden(action="imagery")


def cancel(home: Path, id_: UUID, actor: Actor) -> Placing:
    """Stop it; the worker ends its process within a second. Raises PlacingNotFound, PlacingEnded, Forbidden."""
    allowed(actor)
    after = Placements(home).move(id_, frozenset({"waiting", "placing"}), state="cancelled")
    if after is None:
        raise PlacingEnded()
    return after


def change(database: Database, home: Path, id_: str, version: int, name: str, day: date | None, actor: Actor) -> Placed:
    """Another name and date of a picture on the map, audited. Raises NoImagery, StaleVersion, Forbidden."""
    allowed(actor)
    imagery = Imagery(home)
    with Placements(home).locked(), _audited(database, actor) as note:
        before = imagery.current(id_, version)
        note("imagery.change", id_, name=name, date=day.isoformat() if day else "", before={"name": before.label["zh"], "date": before.date})
        return imagery.change(id_, version, name=name, day=day)


def remove(database: Database, home: Path, id_: str, version: int, actor: Actor) -> None:
    """Take a picture off the map, audited. Raises NoImagery, StaleVersion, Forbidden."""
    allowed(actor)
    imagery = Imagery(home)
    with Placements(home).locked(), _audited(database, actor) as note:
        before = imagery.current(id_, version)
        note("imagery.remove", id_, name=before.label["zh"], date=before.date)
        imagery.remove(id_)


async def carry_out(database: Database, home: Path, id_: UUID) -> None:
    """The job: make the tiles in a process of their own and put the picture on the map. Done again after a crash it begins anew, or finds it there.

    A worker that is told to stop ends the process; the placing waits for the next worker.
    """
    placements = Placements(home)
    with suppress(PlacingNotFound):
        one = placements.move(id_, frozenset({"waiting", "placing"}), state="placing", stage="judging")
        if one is None:
            return
        if one.imagery and any(one.imagery == other.id for other in Imagery(home).all()):
            placements.move(id_, frozenset({"placing"}), state="placed")
            return
        try:
            said = await _made(placements, one)
            if said is not None:
                await asyncio.to_thread(_offer, database, placements, one, said)
        except OnemapError as error:
            placements.move(id_, frozenset({"placing"}), state="refused", code=error.code, values=dict(error.values))
        except Exception as error:
            fault = secrets.token_hex(4)
            log.error("placing %s: fault %s", id_, fault, exc_info=error)
            placements.move(id_, frozenset({"placing"}), state="refused", code="placing-fault", values={"fault": fault})


async def _made(placements: Placements, one: Placing) -> dict[str, Any] | None:
    """What the process said at its end; None where it was stopped because nobody wants the picture any more."""
    Imagery(placements.home).sweep()
    request = placements.source(one).parent / ".request.json"
    request.write_text(json.dumps({"home": str(placements.home), "path": str(placements.source(one)), "name": one.name, "date": one.date}), encoding="utf-8")
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", "app.basemaps.placing", str(request), stdout=asyncio.subprocess.PIPE)
    assert process.stdout is not None
    stage, last = "", {}
    reading = asyncio.ensure_future(process.stdout.readline())
    try:
        while True:
            done, _ = await asyncio.wait({reading}, timeout=_LOOK_S)
            if done:
                if not (line := reading.result()):
                    break
                last = json.loads(line)
                stage = last.get("stage", stage)
                reading = asyncio.ensure_future(process.stdout.readline())
            if placements.move(one.id, frozenset({"placing"}), stage=stage, written=Imagery(placements.home).under_way) is None:
                return None
        if "made" not in last and "refused" not in last:
            raise RuntimeError(f"ended with {await process.wait()}")
        return last
    finally:
        reading.cancel()
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()


def _offer(database: Database, placements: Placements, one: Placing, said: Mapping[str, Any]) -> None:
    if refused := said.get("refused"):
        placements.move(one.id, frozenset({"placing"}), state="refused", code=refused["code"], values=refused["values"])
        return
    made = replace(Placed(**said["made"]), by=one.by, at=datetime.now(UTC).isoformat())
    if placements.move(one.id, frozenset({"placing"}), imagery=made.id) is None:
        return  # stopped in its last moment; the sweep takes the tiles away
    with _audited(database, one.actor) as note:
        note("imagery.place", made.id, name=made.label["zh"], date=made.date, file=one.file)
        Imagery(placements.home).offer(made)
    placements.move(one.id, frozenset({"placing"}), state="placed")


@contextmanager
def _audited(database: Database, actor: Actor) -> Iterator[Callable[..., None]]:
    """Written down and done, or neither: the note is committed when what it tells of is done."""
    with translated(), database.engine.begin() as connection:
        say_who(connection, actor)
        yield lambda action, subject, **detail: audit.note(connection, action, subject, **detail)


def sweep(database: Database, home: Path) -> None:
    """Give work of a worker that was stopped to the next one; take away what ended long ago."""
    placements, now = Placements(home), datetime.now(UTC)
    at_work: set[UUID] | None = None
    for one in placements.all():
        asked = datetime.fromisoformat(one.at)
        if one.state in _ENDED:
            if asked < now - KEPT:
                placements.forget(one.id)
            continue
        if asked > now - _PATIENCE:
            continue
        at_work = queue.at_work(database.engine, ABOUT) if at_work is None else at_work
        if one.id in at_work:
            continue
        if one.tries + 1 >= _TRIES:  # it takes every worker down with it
            placements.move(one.id, frozenset({"waiting", "placing"}), state="refused", code="placing-fault", values={"fault": str(one.id)[:8]})
            continue
        placements.move(one.id, frozenset({"waiting", "placing"}), tries=one.tries + 1)
        with database.engine.begin() as connection:
            queue.defer(connection, PLACE, one.id, about=ABOUT, queue=queue.PICTURES)


def _plain(name: str) -> str:
    """A file name without a way to anywhere, its ending kept."""
    plain = "".join("_" if one in '/\\:' or ord(one) < 32 else one for one in name).lstrip(".") or "file"
    stem, dot, ending = plain.rpartition(".")
    return f"{stem.encode()[:180].decode(errors='ignore')}{dot}{ending[:20]}" if dot else plain.encode()[:200].decode(errors="ignore")
