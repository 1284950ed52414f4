"""Background pictures placed over HTTP: the upload, the job, what is then on the map, and who may do it."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import signal
import time
from collections.abc import Callable
from multiprocessing import get_context
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from flask import Flask

from app import jobs
from app.basemaps.imagery import Imagery
from app.basemaps.service import Basemaps
from app.command import pictures
from app.command.pictures import Placements
from geodata.store.audit import Audit, Question
from geodata.store.database import Database
from layers.spec import OPERATOR, Role
from tests.app.api.conftest import Program
from tests.app.api.test_loads import bring, posts_file
from tests.app.basemaps.test_imagery import photo, text
from tests.conftest import SECRET
from tests.meanwhile import to_the_end

IMAGERY, PLACINGS = "/api/v1/imagery", "/api/v1/imagery/placings"
PIECE = "application/offset+octet-stream"
Programs = Callable[..., Program]

pytestmark = pytest.mark.usefixtures("queue")


@pytest.fixture
def staff(program: Programs) -> Program:
    return program(Role.GIS_STAFF)


@pytest.fixture
def home(app: Flask) -> Path:
    made: Path = app.extensions["onemap"].settings.home
    return made


def sent(by: Program, path: Path, *, whole: bool = True) -> str:
    """The id of a file that was uploaded."""
    content = path.read_bytes()
    name = base64.b64encode(path.name.encode()).decode()
    made = by.ask("POST", "/api/v1/uploads", Upload_Length=str(len(content)), Upload_Metadata=f"filename {name}")
    assert made.status_code == 201, made.text
    if whole:
        assert by.ask("PATCH", made.headers["Location"], content, Content_Type=PIECE, Upload_Offset="0").status_code == 204
    id_: str = made.json["id"]
    return id_


def placed(by: Program, path: Path, **given: Any) -> Any:
    return by.post(PLACINGS, {"upload": sent(by, path), "name": "七月航拍", **given})


def work(database: Database, home: Path) -> None:
    to_the_end(jobs.work(database, home, wait=False))


def audited(database: Database, action: str) -> list[Any]:
    return list(Audit(database.engine).search(Question(action=action), OPERATOR).entries)


def test_a_picture_is_placed_dated_changed_and_taken_away_and_each_is_audited(staff: Program, database: Database, home: Path, tmp_path: Path) -> None:
    asked = placed(staff, photo(tmp_path / "DJI_20260612.tif"), date="2026-07-12")
    assert (asked.status_code, asked.json["state"], Basemaps(home).described("zh")) == (202, "waiting", [])
    work(database, home)
    done = staff.get(asked.headers["Location"]).json
    assert (done["state"], done["refused"]) == ("placed", None)
    (shown,) = Basemaps(home).described("zh")
    assert (shown["id"], shown["label"].zh, shown["date"]) == (done["imagery"], "七月航拍", "2026-07-12")
    (one,) = staff.get(IMAGERY).json["imagery"]
    assert one["by"].startswith("token:gis_staff") and one["at"] and one["bytes"] > 1000 and one["version"] == 1
    changed = staff.ask("PUT", f"{IMAGERY}/{one['id']}", {"name": "六月航拍", "date": "2026-06-12"}, If_Match='"1"')
    assert (changed.status_code, changed.json["version"]) == (200, 2), changed.text
    assert [(each["label"].zh, each["date"]) for each in Basemaps(home).described("zh")] == [("六月航拍", "2026-06-12")]
    assert staff.ask("DELETE", f"{IMAGERY}/{one['id']}", If_Match='"1"').status_code == 412, "somebody changed it since"
    assert staff.ask("DELETE", f"{IMAGERY}/{one['id']}").status_code == 428
    assert staff.ask("DELETE", f"{IMAGERY}/{one['id']}", If_Match='"2"').status_code == 204
    assert Basemaps(home).described("zh") == [] and not list((home / "basemaps").glob("*"))
    assert staff.ask("DELETE", f"{IMAGERY}/{one['id']}", If_Match='"2"').json["code"] == "no-imagery"
    acts = audited(database, "imagery")
    assert [each.action for each in acts] == ["imagery.remove", "imagery.change", "imagery.place"]
    assert {(each.who, each.object) for each in acts} == {(one["by"], one["id"])}
    assert acts[1].detail["before"] == {"name": "七月航拍", "date": "2026-07-12"}


@pytest.mark.parametrize("role", [one for one in Role if one != Role.GIS_STAFF])
def test_nobody_else_may(program: Programs, home: Path, tmp_path: Path, role: Role) -> None:
    other = program(role)
    body = {"upload": str(UUID(int=0)), "name": "a"}
    assert [other.get(IMAGERY).status_code, other.post(PLACINGS, body).status_code] == [403, 403]
    picture = Imagery(home).place(photo(tmp_path / "a.tif"))
    assert other.ask("PUT", f"{IMAGERY}/{picture.id}", {"name": "b"}, If_Match='"1"').status_code == 403
    assert other.ask("DELETE", f"{IMAGERY}/{picture.id}", If_Match='"1"').status_code == 403


def test_below_the_routes_the_right_is_asked_again(database: Database, home: Path, tmp_path: Path) -> None:
    """Whoever calls the commands by another way than the routes."""
    from layers.errors import Forbidden
    from layers.spec import Actor

    planner = Actor("p", frozenset({Role.PLANNER}))
    picture = Imagery(home).place(photo(tmp_path / "a.tif"))
    with pytest.raises(Forbidden):
        pictures.remove(database, home, picture.id, 1, planner)
    with pytest.raises(Forbidden):
        pictures.change(database, home, picture.id, 1, "b", None, planner)
    with pytest.raises(Forbidden), pictures.desk(database, home, planner) as desk:
        desk.place(UUID(int=0), "a", None)
    assert [one.label["zh"] for one in Imagery(home).all()] == ["a"] and audited(database, "imagery") == []


@pytest.mark.parametrize(("made", "code", "says"), [
    (lambda folder: text(folder / "a.tif", "no picture"), "imagery-unreadable", "不是 GeoTIFF"),
    (lambda folder: photo(folder / "a.tif", epsg=None), "imagery-unplaced", "没有坐标系"),
    (lambda folder: photo(folder / "a.tif", epsg=2435), "datum-without-parameters", ""),
], ids=["text", "no system", "Beijing 1954"])
def test_a_refusal_is_the_sentence_of_the_command_and_nothing_stays(staff: Program, database: Database, home: Path, tmp_path: Path, made: Callable[[Path], Path], code: str, says: str) -> None:
    asked = placed(staff, made(tmp_path))
    work(database, home)
    found = staff.get(asked.headers["Location"]).json
    assert (found["state"], found["refused"]["code"]) == ("refused", code)
    assert says in found["refused"]["message"] and found["refused"]["remedy"] and "onemap" not in found["refused"]["remedy"] and "--" not in found["refused"]["remedy"]
    assert list((home / "basemaps").iterdir()) == [] and not list((home / "uploads/placing").glob("*/*"))
    assert audited(database, "imagery") == []


def test_the_same_picture_twice_is_named(staff: Program, database: Database, home: Path, tmp_path: Path) -> None:
    first = Imagery(home).place(photo(tmp_path / "a.tif"))
    asked = placed(staff, photo(tmp_path / "b.tif"))
    work(database, home)
    refused = staff.get(asked.headers["Location"]).json["refused"]
    assert refused["code"] == "imagery-twice" and first.id in refused["message"]


def test_a_file_that_has_not_arrived_whole_or_is_of_somebody_else_is_not_placed(staff: Program, program: Programs, home: Path, tmp_path: Path) -> None:
    path = photo(tmp_path / "a.tif")
    assert staff.post(PLACINGS, {"upload": sent(staff, path, whole=False), "name": "a"}).json["code"] == "incoming-unfinished"
    assert program(Role.GIS_STAFF).post(PLACINGS, {"upload": sent(staff, path), "name": "a"}).json["code"] == "incoming-not-found"
    assert not list((home / "uploads/placing").glob("*"))


def test_a_press_whose_answer_was_lost_places_once(staff: Program, home: Path, tmp_path: Path) -> None:
    body = {"upload": sent(staff, photo(tmp_path / "a.tif")), "name": "a"}
    answers = [staff.post(PLACINGS, body, Idempotency_Key="k1") for _ in range(2)]
    assert answers[0].json == answers[1].json and len(Placements(home).all()) == 1


def test_stopped_before_its_turn_it_is_never_made(staff: Program, database: Database, home: Path, tmp_path: Path) -> None:
    address = placed(staff, photo(tmp_path / "a.tif")).headers["Location"]
    assert staff.ask("DELETE", address).json["state"] == "cancelled"
    work(database, home)
    assert staff.get(address).json["state"] == "cancelled" and Imagery(home).all() == ()
    assert staff.ask("DELETE", address).json["code"] == "placing-ended"


def test_stopped_while_it_is_made_its_process_ends(staff: Program, database: Database, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    address = placed(staff, photo(tmp_path / "a.tif")).headers["Location"]
    id_ = UUID(address.rsplit("/", 1)[1])
    seen: list[str] = []

    class Watched(Placements):
        def move(self, id_: UUID, come_from: frozenset[str], **values: Any) -> Any:
            if "written" in values:  # its process runs
                seen.append(values["stage"])
                super().move(id_, frozenset({"placing"}), state="cancelled")
            return super().move(id_, come_from, **values)

    monkeypatch.setattr(pictures, "Placements", Watched)
    to_the_end(pictures.carry_out(database, home, id_))
    assert seen and staff.get(address).json["state"] == "cancelled"
    assert Imagery(home).all() == () and audited(database, "imagery") == []


def test_work_of_a_worker_that_was_stopped_is_done_by_the_next_and_ends_after_three(staff: Program, database: Database, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    address = placed(staff, photo(tmp_path / "a.tif")).headers["Location"]
    id_ = UUID(address.rsplit("/", 1)[1])
    gone = "SET LOCAL search_path TO onemap_jobs, public; DELETE FROM procrastinate_jobs"
    monkeypatch.setattr(pictures, "_PATIENCE", pictures.timedelta())
    with database.owner.begin() as connection:
        connection.exec_driver_sql(gone)
    Placements(home).move(id_, frozenset({"waiting"}), state="placing")
    pictures.sweep(database, home)
    pictures.sweep(database, home)
    assert Placements(home).get(id_).tries == 1, "a job works for it: no second one"
    work(database, home)
    assert staff.get(address).json["state"] == "placed" and len(audited(database, "imagery.place")) == 1
    Placements(home).move(id_, frozenset({"placed"}), state="placing", tries=2)
    with database.owner.begin() as connection:
        connection.exec_driver_sql(gone)
    pictures.sweep(database, home)
    assert staff.get(address).json["refused"]["code"] == "placing-fault"


def _slow_worker(url: str, home: str, told: str) -> None:
    """A worker in service whose process for a picture takes ten minutes; it writes down which process that is."""
    start = asyncio.create_subprocess_exec

    async def slow(*_: str, **how: Any) -> asyncio.subprocess.Process:
        begun = await start("sleep", "600", **how)
        Path(told).write_text(str(begun.pid))
        return begun

    asyncio.create_subprocess_exec = slow  # type: ignore[assignment]
    asyncio.run(jobs.work(Database(url, SECRET), Path(home)))


def test_a_worker_told_to_stop_ends_the_process_and_the_next_places_the_picture(staff: Program, database: Database, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    address = placed(staff, photo(tmp_path / "a.tif")).headers["Location"]
    told = tmp_path / "told"
    worker = get_context("spawn").Process(target=_slow_worker, args=(database.owner.url.render_as_string(hide_password=False), str(home), str(told)))
    worker.start()
    end = time.monotonic() + 60
    while not told.exists() or not told.read_text():
        assert worker.is_alive() and time.monotonic() < end
        time.sleep(0.05)
    assert worker.pid is not None
    os.kill(worker.pid, signal.SIGTERM)
    worker.join(60)
    assert worker.exitcode == 0 and staff.get(address).json["state"] == "placing"
    with pytest.raises(ProcessLookupError):
        os.kill(int(told.read_text()), 0)
    monkeypatch.setattr(pictures, "_PATIENCE", pictures.timedelta())
    pictures.sweep(database, home)
    work(database, home)
    assert staff.get(address).json["state"] == "placed"


def test_no_load_waits_for_a_picture(staff: Program, database: Database, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The wrong build has one queue: the load's turn comes when the picture has ended."""
    placed(staff, photo(tmp_path / "a.tif"))
    load = bring(staff, posts_file(), "posts.geojson", layer="posts").headers["Location"]
    seen: list[str] = []

    async def patient(*_: Any) -> None:
        for _ in range(600):
            seen[:] = [(await asyncio.to_thread(staff.get, load)).json["state"]]
            if seen == ["examined"]:
                return
            await asyncio.sleep(0.1)

    monkeypatch.setattr(pictures, "carry_out", patient)
    work(database, home)
    assert seen == ["examined"]


def test_a_worker_killed_after_the_picture_was_offered_finds_it_there(staff: Program, database: Database, home: Path, tmp_path: Path) -> None:
    address = placed(staff, photo(tmp_path / "a.tif")).headers["Location"]
    id_ = UUID(address.rsplit("/", 1)[1])
    made = Imagery(home).place(photo(tmp_path / "a.tif"))
    Placements(home).move(id_, frozenset({"waiting"}), state="placing", imagery=made.id)
    work(database, home)
    assert staff.get(address).json["state"] == "placed"


def test_the_sweep_of_loads_leaves_pictures_on_their_way(staff: Program, database: Database, home: Path, tmp_path: Path) -> None:
    import time

    from app.command import load_work

    address = placed(staff, photo(tmp_path / "a.tif")).headers["Location"]
    folder = home / "uploads/placing"
    os.utime(folder, (time.time() - 9000,) * 2)
    load_work.sweep(database, home)
    work(database, home)
    assert staff.get(address).json["state"] == "placed"


def test_what_the_page_says_of_it_is_in_both_languages(staff: Program, database: Database, home: Path, tmp_path: Path) -> None:
    asked = placed(staff, photo(tmp_path / "a.tif", kind="uint16"))
    work(database, home)
    said = [staff.get(asked.headers["Location"], Accept_Language=one).json["refused"]["message"] for one in ("zh-CN", "en")]
    assert "波段" in said[0] and "bands" in said[1]
    assert json.dumps(said)
