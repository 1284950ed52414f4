"""Files on their way in, piece by piece: what has arrived stays when the connection is lost, and the rest is sent after it."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import BinaryIO
from uuid import UUID, uuid4

from geodata.files.packing import MOST_ENTRIES, MOST_UNPACKED
from layers.errors import Conflict, NotFound, TooLarge
from layers.messages import Sentence, declare
from layers.spec import Actor, Label

FOLDER = "incoming"  # beside the folders of loads, in `uploads`
KEPT = timedelta(hours=12)  # since the last piece: a link that is down all night, or a rehearsal left open over lunch
MOST_BYTES = MOST_UNPACKED + (100 << 20)  # of one person's files on their way: the largest load, and one more tried beside it
MOST_PIECE = 16 << 20
_COPY = 1 << 20

declare(
    {
        "incoming-not-found": Sentence(
            Label("没有这个上传，可能已过期", "There is no such upload; it may be too old"), Label("重新上传文件", "Send the file again from its beginning")
        ),
        "incoming-offset": Sentence(
            Label("已收到 {offset} 字节，不能从 {given} 接着传", "{offset} bytes have arrived; the next piece cannot begin at {given}"),
            Label("先问收到多少，再从那里接着传", "Ask how much has arrived and go on from there"),
        ),
        "incoming-unfinished": Sentence(
            Label("「{name}」还没有传完：{offset} / {size} 字节", "“{name}” has not arrived whole: {offset} of {size} bytes"), Label("传完再装载", "Send the rest first")
        ),
        "incoming-full": Sentence(
            Label("你正在上传的文件已达上限（{limit}）", "Your files on their way are as many as may be ({limit})"), Label("先装载或取消已经上传的文件", "Load or cancel those that have been sent")
        ),
    }
)


class IncomingNotFound(NotFound):
    """This person has no such upload, or it was swept away."""

    code = "incoming-not-found"


class WrongOffset(Conflict):
    """The piece does not begin where the file ends. `values`: offset, given."""

    code = "incoming-offset"


class Unfinished(Conflict):
    """A file is asked to be loaded that has not arrived whole. `values`: name, offset, size."""

    code = "incoming-unfinished"


class IncomingFull(TooLarge):
    """One person's unfinished uploads hold as much as one person may. `values`: limit."""

    code = "incoming-full"


@dataclass(frozen=True)
class Incoming:
    """A file on its way: its name, how large it will be, and how much of it has arrived."""

    id: UUID
    name: str
    size: int
    offset: int


@dataclass
class Arrived:
    """A file that has arrived whole, open for reading."""

    filename: str | None
    stream: BinaryIO


def begin(home: Path, actor: Actor, name: str, size: int) -> Incoming:
    """Announce a file of `size` bytes. Raises TooLarge, IncomingFull."""
    if size > MOST_UNPACKED:
        raise TooLarge(what="upload", limit=f"{MOST_UNPACKED >> 20} MB")
    folder = _folder(home, actor)
    folder.mkdir(parents=True, mode=0o700, exist_ok=True)
    with _locked(folder / ".lock"):  # two announcements at once do not both fit into the last room
        under_way = list(_all(folder))
        if len(under_way) >= MOST_ENTRIES:
            raise IncomingFull(limit=MOST_ENTRIES)
        if sum(one.size for one in under_way) + size > MOST_BYTES:
            raise IncomingFull(limit=f"{MOST_BYTES >> 20} MB")
        made = uuid4()
        part, described = folder / f"{made}.part", folder / f"{made}.json"
        try:
            part.touch(mode=0o600)
            described.write_text(json.dumps({"name": re.sub(r"[\x00-\x1f]", "_", name)[:300] or "file", "size": size}), encoding="utf-8")
        except OSError:  # no room: an upload that is half announced is none
            part.unlink(missing_ok=True)
            described.unlink(missing_ok=True)
            raise
    return look(home, actor, made)


def look(home: Path, actor: Actor, upload: UUID) -> Incoming:
    """How much of a file has arrived. Raises IncomingNotFound, also for a file of somebody else."""
    return _read(_folder(home, actor) / f"{upload}.json")


def append(home: Path, actor: Actor, upload: UUID, offset: int, piece: BinaryIO) -> Incoming:
    """Put the next piece after what has arrived. Raises IncomingNotFound, WrongOffset, TooLarge, OSError (no room); then nothing of the piece stays."""
    before = look(home, actor, upload)
    part = _part(home, actor, upload)
    with _locked(part):
        arrived = part.stat().st_size
        if arrived != offset:
            raise WrongOffset(offset=arrived, given=offset, what=before.name)
        try:
            with part.open("ab") as out:
                left = min(before.size - offset, MOST_PIECE)
                while chunk := piece.read(_COPY):
                    left -= len(chunk)
                    if left < 0:
                        raise TooLarge(what="upload", limit=before.size)
                    out.write(chunk)
        except (TooLarge, OSError):
            os.truncate(part, offset)
            raise
    return look(home, actor, upload)


def drop(home: Path, actor: Actor, upload: UUID) -> None:
    """Forget a file. Raises IncomingNotFound."""
    look(home, actor, upload)
    for ending in ("json", "part"):
        (_folder(home, actor) / f"{upload}.{ending}").unlink(missing_ok=True)


@contextmanager
def arrived(home: Path, actor: Actor, uploads: list[UUID]) -> Iterator[list[Arrived]]:
    """The files, whole and open. They stay until they are dropped or swept, so that a file is rehearsed again without being sent again.

    Raises IncomingNotFound, Unfinished.
    """
    with ExitStack() as open_files:
        found = []
        for one in uploads:
            known = look(home, actor, one)
            if known.offset != known.size:
                raise Unfinished(name=known.name, offset=known.offset, size=known.size, what=known.name)
            found.append(Arrived(known.name, open_files.enter_context(_part(home, actor, one).open("rb"))))
        yield found


def lend(home: Path, actor: Actor, upload: UUID, to: Path) -> None:
    """The same bytes under another name as well, on the same disk and without a copy: they stay there when the upload goes.

    Raises IncomingNotFound, Unfinished.
    """
    known = look(home, actor, upload)
    if known.offset != known.size:
        raise Unfinished(name=known.name, offset=known.offset, size=known.size, what=known.name)
    to.hardlink_to(_part(home, actor, upload))


def sweep(home: Path) -> int:
    """Take away files of which nothing has come for KEPT; how many."""
    before = (datetime.now(UTC) - KEPT).timestamp()
    gone = 0
    for part in (home / "uploads" / FOLDER).glob("*/*.part"):
        described = part.with_suffix(".json")
        if max(one.stat().st_mtime for one in (part, described) if one.exists()) < before:
            described.unlink(missing_ok=True)
            part.unlink(missing_ok=True)
            gone += 1
    for folder in (home / "uploads" / FOLDER).glob("*"):
        if not any(folder.glob("*.*")) and folder.stat().st_mtime < before:
            shutil.rmtree(folder, ignore_errors=True)
    return gone


def _folder(home: Path, actor: Actor) -> Path:
    """One person's files: nobody else's id leads into it."""
    return home / "uploads" / FOLDER / hashlib.sha256(actor.name.encode()).hexdigest()[:24]


def _part(home: Path, actor: Actor, upload: UUID) -> Path:
    return _folder(home, actor) / f"{upload}.part"


def _read(described: Path) -> Incoming:
    try:
        kept = json.loads(described.read_text(encoding="utf-8"))
        offset = described.with_suffix(".part").stat().st_size
    except (FileNotFoundError, ValueError):
        raise IncomingNotFound() from None
    return Incoming(UUID(described.stem), kept["name"], kept["size"], offset)


def _all(folder: Path) -> Iterator[Incoming]:
    for described in folder.glob("*.json"):
        with suppress(IncomingNotFound):  # dropped just now
            yield _read(described)


@contextmanager
def _locked(file: Path) -> Iterator[None]:
    """One process at a time; a process that dies lets go."""
    try:
        with file.open("ab") as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            yield
    except FileNotFoundError:
        raise IncomingNotFound() from None
