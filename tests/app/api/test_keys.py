"""Idempotency-Key wherever a POST makes something: done once, the first answer again, another request refused, old keys gone."""

from __future__ import annotations

import io
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask import Flask
from sqlalchemy import text
from werkzeug.test import TestResponse

from app import jobs
from geodata.store.database import Database
from layers.spec import Role
from tests.app.api.conftest import Program, post
from tests.app.api.test_loads import LOADS, posts_file, work
from tests.app.conftest import serving
from tests.meanwhile import to_the_end

DRILLS = "/api/v1/drills"
POSTS = "/api/v1/layers/posts/features"

pytestmark = pytest.mark.usefixtures("queue")


def bring(program: Program, key: str, content: bytes | None = None, **form: str) -> TestResponse:
    data = {"layer": "posts", **form, "file": (io.BytesIO(content or posts_file()), "posts.geojson")}
    headers = {"Authorization": f"Bearer {program.token}", "Idempotency-Key": key}
    return program.client.post(LOADS, data=data, headers=headers, content_type="multipart/form-data")  # a new boundary each time


def replays(answers: list[TestResponse]) -> list[str | None]:
    assert len({(one.status_code, one.text, one.headers.get("Location")) for one in answers}) == 1, [one.text for one in answers]
    return [one.headers.get("Idempotency-Replayed") for one in answers]


def test_a_drill_asked_for_five_times_is_opened_once(program: Callable[[Role], Program]) -> None:
    controller = program(Role.DRILL_CONTROLLER)
    answers = [controller.post(DRILLS, {"name": "防汛演练"}, Idempotency_Key="d-1") for _ in range(5)]
    assert answers[0].status_code == 201 and replays(answers) == [None, *["true"] * 4]
    assert [one["id"] for one in controller.get(DRILLS).json["drills"]] == [answers[0].json["id"]]
    other = controller.post(DRILLS, {"name": "另一场"}, Idempotency_Key="d-1")
    assert (other.status_code, other.json["code"]) == (409, "key-used") and other.json["remedy"]
    assert controller.post(DRILLS, {"name": "另一场"}).status_code == 201
    assert controller.post(DRILLS, {"name": " "}, Idempotency_Key="d-2").status_code == 422
    assert controller.post(DRILLS, {"name": "改好"}, Idempotency_Key="d-2").status_code == 201
    assert controller.post(DRILLS, {"name": "x"}, Idempotency_Key="中" * 3).status_code == 400


def test_a_load_brought_five_times_is_one_load(planner_program: Program) -> None:
    answers = [bring(planner_program, "l-1") for _ in range(5)]
    assert answers[0].status_code == 202 and replays(answers) == [None, *["true"] * 4]
    assert len(planner_program.get(LOADS).json["loads"]) == 1
    home = planner_program.client.application.extensions["onemap"].settings.home
    assert [one.name for one in (home / "uploads").iterdir()] == [answers[0].json["id"]]
    for other in (bring(planner_program, "l-1", posts_file(4)), bring(planner_program, "l-1", crs="EPSG:4490"), bring(planner_program, "l-1", layer="works")):
        assert (other.status_code, other.json["code"]) == (409, "key-used")
    work(planner_program)
    address = f"{LOADS}/{answers[0].json['id']}/confirm"
    confirmed = [planner_program.post(address, None, Idempotency_Key="c-1") for _ in range(5)]
    assert confirmed[0].status_code == 202 and replays(confirmed) == [None, *["true"] * 4]
    work(planner_program)
    assert planner_program.post(address, None, Idempotency_Key="c-1").status_code == 202  # the first answer, though it has moved on
    assert planner_program.get("/api/v1/layers/posts").json["count"] == 3


def test_the_same_key_is_another_in_another_space_and_for_another_person(program: Callable[[Role], Program], planner_program: Program) -> None:
    controller = program(Role.DRILL_CONTROLLER)
    drill = controller.post(DRILLS, {"name": "演练"}, Idempotency_Key="same").json["id"]
    assert planner_program.post(POSTS, post(code="A"), Idempotency_Key="same").status_code == 201
    assert controller.post(f"/spaces/{drill}{POSTS}", post(code="A"), Idempotency_Key="same").status_code == 201


def test_two_at_once_under_one_key_make_one(app: Flask, planner_program: Program) -> None:
    def send(_: int) -> TestResponse:
        return Program(app.test_client(), planner_program.token).post(POSTS, post(code="A1"), Idempotency_Key="k")

    with ThreadPoolExecutor(4) as at_once:
        answers = list(at_once.map(send, range(4)))
    assert {one.status_code for one in answers} == {201} and len({one.json["id"] for one in answers}) == 1
    assert planner_program.get(POSTS).json["numberMatched"] == 1


@pytest.mark.parametrize("what", ["feature", "drill"])
def test_a_cut_response_sent_again_five_times_makes_one(what: str, app: Flask) -> None:
    path, body, count = {"feature": (POSTS, post(code="A1"), POSTS), "drill": (DRILLS, {"name": "断线"}, DRILLS)}[what]
    with serving(app) as served:
        headers = served.token(Role.PLANNER if what == "feature" else Role.DRILL_CONTROLLER)
        _send_and_hang_up(served.base, path, body, {**headers, "Idempotency-Key": "cut"})
        reader = Program(app.test_client(), headers["Authorization"].removeprefix("Bearer "))
        answers = []
        while len(answers) < 5:  # at first it may still be under way: 409 with Retry-After, and asked again
            one = reader.post(path, body, Idempotency_Key="cut")
            answers += [one] if one.status_code == 201 else []
            assert one.status_code == 201 or one.json["code"] == "one-at-a-time", one.text
    assert len({one.text for one in answers}) == 1
    found = reader.get(count).json
    assert len(found["drills"] if what == "drill" else found["features"]) == 1


def _send_and_hang_up(base: str, path: str, body: Any, headers: dict[str, str]) -> None:
    import json

    place = urlsplit(base)
    content = json.dumps(body).encode()
    head = "".join(f"{name}: {value}\r\n" for name, value in {**headers, "Host": place.netloc, "Content-Type": "application/json", "Content-Length": str(len(content))}.items())
    with socket.create_connection((place.hostname, place.port)) as line:
        line.sendall(f"POST {path} HTTP/1.1\r\n{head}\r\n".encode() + content)


def test_old_keys_are_taken_away_by_the_worker_in_every_space_and_new_ones_stay(program: Callable[[Role], Program], database: Database) -> None:
    controller, planner = program(Role.DRILL_CONTROLLER), program(Role.PLANNER)
    drill = controller.post(DRILLS, {"name": "演练"}, Idempotency_Key="drill").json["id"]
    places = {"onemap": (planner, POSTS), f"drill_{drill}": (controller, f"/spaces/{drill}{POSTS}")}
    for schema, (who, path) in places.items():
        for key in ("old", "new"):
            assert who.post(path, post(code=key), Idempotency_Key=key).status_code == 201
        with database.owner.begin() as connection:
            connection.execute(text(f"""UPDATE "{schema}".idempotency SET at = now() - interval '25 hours' WHERE key = 'old'"""))
    app = jobs.worker_app(database, controller.client.application.extensions["onemap"].settings.home)

    async def now() -> None:
        async with app.open_async():
            await app.configure_task("forget_keys").defer_async(timestamp=0)

    to_the_end(now())
    work(controller)
    for schema in places:
        with database.owner.connect() as connection:
            assert "old" not in set(connection.scalars(text(f'SELECT key FROM "{schema}".idempotency')))
            assert "new" in set(connection.scalars(text(f'SELECT key FROM "{schema}".idempotency')))
    assert planner.post(POSTS, post(code="new"), Idempotency_Key="new").headers["Idempotency-Replayed"] == "true"
    assert {one.task.name for one in app.periodic_registry.periodic_tasks.values()} >= {"forget_keys", "sweep_loads", "retry_stalled"}
