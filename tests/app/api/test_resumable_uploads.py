"""Files that come in pieces: what has arrived stays, the rest follows where it ends, one person's files are one person's and not without end."""

from __future__ import annotations

import base64
import errno
import io
import json
import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from app.command import incoming, load_work
from app.people import Credential
from geodata.store.sessions import secret_hash
from layers.spec import OPERATOR, Actor, Role
from tests.app.api.conftest import Program
from tests.app.api.test_loads import LOADS, posts_file, work

pytestmark = pytest.mark.usefixtures("queue")
UPLOADS = "/api/v1/uploads"
PIECE = "application/offset+octet-stream"


def begin(program: Program, size: int, name: str = "哨所.geojson") -> str:
    made = program.ask("POST", UPLOADS, None, Upload_Length=str(size), Upload_Metadata=f"filename {base64.b64encode(name.encode()).decode()}")
    assert made.status_code == 201 and made.headers["Upload-Offset"] == "0" and made.headers["Tus-Resumable"] == "1.0.0", made.text
    return str(made.headers["Location"])


def send(program: Program, address: str, offset: int, piece: bytes) -> int:
    return program.ask("PATCH", address, piece, Content_Type=PIECE, Upload_Offset=str(offset)).status_code


def test_a_file_in_pieces_is_loaded_like_one_sent_whole_and_stays_to_be_read_again(planner_program: Program) -> None:
    content = posts_file()
    address = begin(planner_program, len(content))
    assert send(planner_program, address, 0, content[:100]) == 204
    head = planner_program.ask("HEAD", address)
    assert (head.status_code, head.headers["Upload-Offset"], head.headers["Upload-Length"]) == (200, "100", str(len(content)))
    early = load(planner_program, address)
    assert early.status_code == 409 and early.json["code"] == "incoming-unfinished", early.text
    assert send(planner_program, address, 0, content[:100]) == 409, "the answer was lost, the piece was not: it does not come twice"
    assert send(planner_program, address, 200, content[200:]) == 409, "no gap"
    assert send(planner_program, address, 100, content[100:] + b"more") == 413
    assert planner_program.ask("HEAD", address).headers["Upload-Offset"] == "100", "nothing of what was refused stays"
    assert send(planner_program, address, 100, content[100:]) == 204
    for _ in range(2):
        brought = load(planner_program, address)
        assert brought.status_code == 202 and brought.json["file"] == "哨所.geojson", brought.text
        work(planner_program)
        record = planner_program.get(brought.headers["Location"]).json
        assert (record["state"], record["report"]["accepted"]) == ("examined", 3), record
    assert planner_program.ask("DELETE", address).status_code == 204
    assert planner_program.get(address).status_code == 404 and load(planner_program, address).status_code == 404


def load(program: Program, *addresses: str) -> object:
    data = {"layer": "posts", "uploads": json.dumps([one.rsplit("/", 1)[1] for one in addresses])}
    return program.client.post(LOADS, data=data, headers={"Authorization": f"Bearer {program.token}"}, content_type="multipart/form-data")


def test_nobody_reaches_into_anothers_files(planner_program: Program, program: Callable[..., Program], viewer_program: Program) -> None:
    address = begin(planner_program, 10)
    other = program(Role.GIS_STAFF)
    assert [other.get(address).status_code, send(other, address, 0, b"x"), other.ask("DELETE", address).status_code, load(other, address).status_code] == [404] * 4
    assert viewer_program.ask("POST", UPLOADS, None, Upload_Length="1", Upload_Metadata="filename eA==").status_code == 403
    assert planner_program.get(address).json["offset"] == 0


def test_one_persons_files_on_their_way_are_not_without_end(planner_program: Program, program: Callable[..., Program], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(incoming, "MOST_BYTES", 1000)
    monkeypatch.setattr(incoming, "MOST_ENTRIES", 3)
    first = begin(planner_program, 600)
    refused = planner_program.ask("POST", UPLOADS, None, Upload_Length="600", Upload_Metadata="filename eA==")
    assert refused.status_code == 413 and refused.json["code"] == "incoming-full", "what is announced counts, not what has come"
    begin(program(Role.GIS_STAFF), 600)
    assert planner_program.ask("DELETE", first).status_code == 204
    for _ in range(3):
        begin(planner_program, 1)
    assert planner_program.ask("POST", UPLOADS, None, Upload_Length="1", Upload_Metadata="filename eA==").status_code == 413, "nor as many as one likes"
    assert planner_program.ask("POST", UPLOADS, None, Upload_Length=str(10**12), Upload_Metadata="filename eA==").status_code == 413
    for wrong in ({"Upload_Length": "-1"}, {"Upload_Length": "x"}, {}, {"Upload_Metadata": "filename %"}):
        assert planner_program.ask("POST", UPLOADS, None, **{"Upload_Length": "1", "Upload_Metadata": "filename eA==", **wrong} if wrong else {}).status_code == 400, wrong


def test_two_senders_of_one_piece_put_it_there_once(planner_program: Program) -> None:
    home = planner_program.client.application.extensions["onemap"].settings.home
    made = incoming.begin(home, OPERATOR, "a.bin", 8_000_000)

    def put(_: int) -> bool:
        try:
            incoming.append(home, OPERATOR, made.id, 0, io.BytesIO(b"x" * 8_000_000))
        except incoming.WrongOffset:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(put, range(4))) == [False, False, False, True]
    assert incoming.look(home, OPERATOR, made.id).offset == 8_000_000


def test_files_that_nobody_goes_on_with_are_swept_and_those_under_way_are_not(planner_program: Program) -> None:
    services = planner_program.client.application.extensions["onemap"]
    old, fresh = begin(planner_program, 10), begin(planner_program, 10)
    (old_file,) = (services.settings.home / "uploads" / incoming.FOLDER).glob(f"*/{old.rsplit('/', 1)[1]}.part")
    long_ago = time.time() - incoming.KEPT.total_seconds() - 60
    for one in (old_file, old_file.with_suffix(".json"), old_file.parent, old_file.parent.parent):
        os.utime(one, (long_ago, long_ago))
    load_work.sweep(services.database, services.settings.home)
    assert planner_program.get(old).status_code == 404 and planner_program.get(fresh).status_code == 200
    assert planner_program.get(f"{UPLOADS}/{uuid4()}").status_code == 404


class _Full(io.FileIO):
    """A file on a disk that is full once it has 2,500,000 bytes: what fits is written, as a system does."""

    def write(self, chunk: Any) -> int:
        fits = max(0, 2_500_000 - os.fstat(self.fileno()).st_size)
        super().write(bytes(chunk)[:fits])
        if fits < len(chunk):
            raise OSError(errno.ENOSPC, "No space left on device")
        return len(chunk)


def _opened(path: Path, mode: str = "r", *given: Any, **named: Any) -> Any:
    return _Full(path, "ab") if path.suffix == ".part" and mode == "ab" else OPEN(path, mode, *given, **named)


OPEN = Path.open


def test_a_full_disk_is_said_keeps_what_had_come_and_nothing_by_halves_and_goes_on_when_there_is_room(planner_program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    """bars.md A4. The wrong build leaves the half piece: the next one is then refused at its offset, or the file is another."""
    content = os.urandom(5_000_000)
    address = begin(planner_program, len(content))
    assert send(planner_program, address, 0, content[:1_000_000]) == 204
    with monkeypatch.context() as full:
        full.setattr(Path, "open", _opened)
        refused = planner_program.ask("PATCH", address, content[1_000_000:], Content_Type="application/offset+octet-stream", Upload_Offset="1000000")
        assert (refused.status_code, refused.json["code"], refused.headers["Retry-After"]) == (507, "no-room", "60")
        assert "磁盘已满" in refused.json["detail"] and "接着传" in refused.json["remedy"] and "space left" not in refused.text
        assert planner_program.get(address).json["offset"] == 1_000_000, "nothing of the piece"
        assert planner_program.get("/api/v1/layers").status_code == 200, "reading goes on"
    assert send(planner_program, address, 1_000_000, content[1_000_000:]) == 204
    with incoming.arrived(planner_program.client.application.extensions["onemap"].settings.home, _who(planner_program), [UUID(address.rsplit("/", 1)[1])]) as (whole,):
        assert whole.stream.read() == content


def test_an_upload_that_cannot_be_announced_leaves_nothing(planner_program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    home = planner_program.client.application.extensions["onemap"].settings.home

    def full(path: Path, *_: Any, **__: Any) -> int:
        path.touch()
        raise OSError(errno.EDQUOT, "Disk quota exceeded")

    with monkeypatch.context() as broken:
        broken.setattr(Path, "write_text", full)
        refused = planner_program.ask("POST", UPLOADS, None, Upload_Length="10", Upload_Metadata="filename eA==")
    assert (refused.status_code, refused.json["code"]) == (507, "no-room")
    assert not list((home / "uploads" / incoming.FOLDER).glob("*/*-*.*"))
    assert planner_program.get(begin(planner_program, 10)).status_code == 200, "and with room it is"


def test_a_file_in_one_request_on_a_full_disk_is_refused_so_too(planner_program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    home = planner_program.client.application.extensions["onemap"].settings.home

    def full(*_: Any) -> Any:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr("app.command.loads._keep", full)
        data = {"layer": "posts", "file": (io.BytesIO(b"code,name\n"), "posts.csv")}
        refused = planner_program.client.post(LOADS, data=data, headers={"Authorization": f"Bearer {planner_program.token}"}, content_type="multipart/form-data")
    assert (refused.status_code, refused.json["code"]) == (507, "no-room")
    assert not list((home / "uploads").glob("*")), "no file, no record"


def _who(program: Program) -> Actor:
    """The actor of a program's token."""
    people = program.client.application.extensions["onemap"].people
    found = people.actor(Credential("token", secret_hash(program.token)))
    assert found is not None
    return found
