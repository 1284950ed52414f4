"""Event streams on a real server: what is told, from where it goes on, when it is refused and when it ends."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import httpx
import pytest
from flask import Flask
from shapely import Point

from app import create_app
from app.hub import PAGE, Channel, Hub
from app.people import Credential
from app.settings import Settings
from app.streams import MOST_BEHIND, Event, Stream, change
from geodata.store.changes import Feed
from geodata.store.database import Database
from geodata.store.sessions import TOKEN_PREFIX
from geodata.store.spaces import Space
from layers.spec import OPERATOR, Actor, Geometry, Layer, Role
from tests.app.conftest import PASSWORD, Served, serving
from tests.conftest import SECRET


def _layer(space: Space) -> Layer:
    """Some layer of points that needs no reference."""
    return next(one for one in space.catalogue.values() if one.geometry is Geometry.POINT and not one.references and not one.drill_only)


def _add(space: Space, code: str) -> Any:
    layer = _layer(space)
    values = {one.id: _value(one, code) for one in layer.fields if one.required}
    if layer.key:
        values[layer.key] = code
    with space.transaction(OPERATOR, reason="test") as store:
        return store.insert(layer.id, values, Point(110.0, 40.6))


def _value(field: Any, code: str) -> Any:
    if field.choices:
        return field.choices[0].value
    return {str: code, int: 1, float: 1.0, bool: True}.get(field.type, code)


class Reader:
    """Reads events off a stream, each a dict of its fields."""

    def __init__(self, response: httpx.Response) -> None:
        self.response = response
        self._lines = response.iter_lines()

    def next(self) -> dict[str, str]:
        """The next event; a comment is one named `:`."""
        got: dict[str, str] = {}
        for line in self._lines:
            if not line and got.keys() - {"retry"}:
                return got
            name, _, value = line.partition(":")
            if line:
                got[name or ":"] = value.strip()
        raise EOFError

    def until(self, kind: str) -> dict[str, str]:
        while (got := self.next()).get("event") != kind:
            pass
        return got


@contextmanager
def listening(served: Served, headers: dict[str, str], path: str = "/api/v1/events", **given: Any) -> Iterator[Reader]:
    with httpx.stream("GET", served.base + path, headers=headers, timeout=30, **given) as response:
        assert response.status_code == 200, response.read()
        yield Reader(response)


def test_a_commit_is_told_with_its_layer_version_token_features_and_box(served: Served, space: Space) -> None:
    with listening(served, served.token(Role.VIEWER)) as reader:
        assert reader.response.headers["content-type"].startswith("text/event-stream")
        assert reader.next()["event"] == "hello"
        made = _add(space, "A1")
        told = reader.until("change")
        data, version = json.loads(told["data"]), space.versions()[_layer(space).id]
    assert (data["layer"], data["version"], data["token"]) == (_layer(space).id, version.version, str(version.token))
    assert data["by"] == OPERATOR.name and data["truncated"] is False
    assert data["features"] == [{"id": str(made.id), "op": "insert", "bbox": [110.0, 40.6, 110.0, 40.6]}]


def test_a_reader_that_comes_back_hears_all_it_missed_once_and_in_order(served: Served, space: Space) -> None:
    headers = served.token(Role.VIEWER)
    with listening(served, headers) as reader:
        reader.next()
        _add(space, "A0")
        last = reader.until("change")["id"]
    missed = [str(_add(space, f"B{number}").id) for number in range(PAGE + 20)]  # more than the feed gives at once
    with listening(served, {**headers, "Last-Event-ID": last}) as reader:
        later = str(_add(space, "C").id)
        told = [json.loads(reader.until("change")["data"]) for _ in range(len(missed) + 1)]
    assert [one["features"][0]["id"] for one in told] == [*missed, later]
    assert [one["version"] for one in told] == sorted(one["version"] for one in told)


def test_any_event_s_id_is_a_place_to_go_on_from(served: Served, space: Space) -> None:
    headers = served.token(Role.VIEWER)
    with listening(served, headers) as reader:
        reader.next()
        made = [str(_add(space, f"A{number}").id) for number in range(5)]
        told = [reader.until("change") for _ in range(5)]
    for number in range(4):
        with listening(served, {**headers, "Last-Event-ID": told[number]["id"]}) as reader:
            assert json.loads(reader.until("change")["data"])["features"][0]["id"] == made[number + 1]


def test_a_cursor_of_another_history_gets_a_reset(served: Served, space: Space) -> None:
    _add(space, "A")
    alien = f"{_layer(space).id}.1.deadbeef"
    with listening(served, {**served.token(Role.VIEWER), "Last-Event-ID": alien}) as reader:
        reset = reader.until("reset")
    assert reset["id"] == space.feed(None).cursor


def test_a_cursor_that_is_none_is_refused(served: Served) -> None:
    answer = httpx.get(served.base + "/api/v1/events?after=x;y", headers=served.token(Role.VIEWER))
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")


def test_a_visitor_and_an_administrator_hear_nothing(served: Served) -> None:
    url = served.base + "/api/v1/events"
    assert httpx.get(url).status_code == 401
    for role in (Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDIT_ADMIN):
        assert httpx.get(url, headers=served.token(role)).status_code == 403
    assert httpx.post(url, headers=served.token(Role.VIEWER)).status_code == 405
    assert httpx.get(served.base + "/spaces/none/api/v1/events", headers=served.token(Role.VIEWER)).status_code == 404


def test_a_drill_s_stream_tells_of_the_drill_only_and_ends_with_it(served: Served, database: Database, space: Space) -> None:
    controller = Actor("controller", frozenset({Role.DRILL_CONTROLLER}))
    drill = database.open_drill("汛期演练", controller)
    with listening(served, served.token(Role.VIEWER), f"/spaces/{drill.id}/api/v1/events") as reader:
        reader.next()
        _add(space, "live")
        in_drill = _add(database.space(drill.id), "drill")
        assert json.loads(reader.until("change")["data"])["features"][0]["id"] == str(in_drill.id)
        database.close_drill(drill.id, controller)
        reader.until("closed")
        with pytest.raises(EOFError):
            reader.next()


def closed_between_check_and_read(served: Served, database: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Reader, Reader]]:
    """A reader of live and one of a drill that goes after the hub looked for it and before it reads it."""
    controller = Actor("controller", frozenset({Role.DRILL_CONTROLLER}))
    drill, closed = database.open_drill("汛期演练", controller), threading.Event()
    elsewhere = Database(database.owner.url.render_as_string(hide_password=False), SECRET)
    read = Hub._read

    async def late(self: Hub, channel: Channel) -> None:
        if channel.space.is_drill and not closed.is_set():
            await self.ask(elsewhere.close_drill, drill.id, controller)
            closed.set()
        await read(self, channel)

    with listening(served, served.token(Role.VIEWER)) as live:
        live.next()
        with listening(served, served.token(Role.VIEWER), f"/spaces/{drill.id}/api/v1/events") as reader:
            reader.next()
            monkeypatch.setattr(Hub, "_read", late)
            yield live, reader
    elsewhere.dispose()


def test_a_drill_closed_while_it_is_being_read_ends_its_own_streams_only(served: Served, database: Database, space: Space,
                                                                         monkeypatch: pytest.MonkeyPatch) -> None:
    for live, reader in closed_between_check_and_read(served, database, monkeypatch):
        assert reader.next()["event"] == "closed"
        with pytest.raises(EOFError):
            reader.next()
        _add(space, "after")
        assert live.next()["event"] == "change"  # and nothing before it


def test_a_build_that_takes_one_space_s_fault_for_everyone_s_tells_all_that_they_are_stale(served: Served, database: Database, space: Space,
                                                                                           monkeypatch: pytest.MonkeyPatch) -> None:
    """The wrong build that the test above must catch."""

    async def together(self: Hub, channel: Channel, look: bool) -> None:
        await self._read(channel)
        channel.say_fresh()

    monkeypatch.setattr(Hub, "_follow_one", together)
    for live, _ in closed_between_check_and_read(served, database, monkeypatch):
        assert live.next()["event"] == "stale"


def test_above_the_cap_a_stream_is_refused_and_a_place_freed_is_taken(settings: Settings, database: Database) -> None:
    with serving(create_app(replace(settings, event_streams_max=4, workers=2), database)) as served:
        headers = served.token(Role.VIEWER)
        with listening(served, headers):
            with listening(served, headers):
                refused = httpx.get(served.base + "/api/v1/events", headers=headers)
                assert (refused.status_code, refused.json()["code"]) == (503, "streams-full")
                assert int(refused.headers["retry-after"]) > 0
                assert httpx.get(served.base + "/api/v1/me", headers=headers).status_code == 200
            _eventually(lambda: httpx.stream("GET", served.base + "/api/v1/events", headers=headers), lambda answer: answer.status_code == 200)


def _eventually(ask: Callable[[], Any], good: Callable[[httpx.Response], bool]) -> None:
    for _ in range(50):
        with ask() as answer:
            if good(answer):
                return
        time.sleep(0.1)
    raise AssertionError("never")


def test_a_stream_ends_when_its_session_is_revoked(served: Served, app: Flask) -> None:
    people = app.extensions["onemap"].people
    people.accounts.add("wang", "", PASSWORD, frozenset({Role.VIEWER}), "tests")
    with httpx.Client(base_url=served.base) as browser:
        browser.post("/login", json={"name": "wang", "password": PASSWORD})
        with browser.stream("GET", "/api/v1/events", timeout=30) as response:
            reader = Reader(response)
            reader.next()
            people.sessions.end_all("wang")
            reader.until("signed-out")
            with pytest.raises(EOFError):
                reader.next()
        _eventually(lambda: browser.stream("GET", "/api/v1/events"), lambda answer: answer.status_code == 401)


def test_changes_are_told_without_notifications_too(served: Served, space: Space, monkeypatch: pytest.MonkeyPatch) -> None:
    async def deaf(self: object) -> None:
        return None

    monkeypatch.setattr("app.hub.Hub._listen", deaf)
    with listening(served, served.token(Role.VIEWER)) as reader:
        reader.next()
        _add(space, "A")
        reader.until("change")


def test_a_beat_keeps_a_silent_stream_open(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.streams.BEAT_S", 0.1)
    with listening(served, served.token(Role.VIEWER)) as reader:
        reader.next()
        assert [line for line in (next(reader._lines) for _ in range(3)) if line] == [": beat", ": beat"]


def test_streams_end_when_the_server_stops(app: Flask) -> None:
    with serving(app) as served, listening(served, served.token(Role.VIEWER)) as reader:
        reader.next()
        served.server.should_exit = True
        with pytest.raises((EOFError, httpx.RemoteProtocolError)):
            while True:
                reader.next()


def _stream(cursor: str = "-") -> Stream:
    return Stream(Actor("reader", frozenset({Role.VIEWER})), Credential("token", b""), None, cursor)


def test_a_reader_too_slow_is_told_to_read_anew_and_then_goes_on() -> None:
    stream = _stream()
    for version in range(MOST_BEHIND + 50):
        stream.put(Event("a", version, b"x", b"x"))
    stream.cursor = "a.250.00000000"
    first = stream.take().decode()
    assert first.startswith("event: reset\nid: a.250.00000000\n") and first.count("\n\n") == 1
    stream.put(Event("a", 251, b"after", b"after"))
    assert stream.take() == b"after"


def test_who_comes_back_while_many_changes_are_being_told_is_not_sent_to_read_anew(space: Space) -> None:
    """A page of the feed comes in one go, before anything can be sent: it is no sign of a slow reader."""
    first = space.feed(None).cursor
    _add(space, "M")
    item = space.feed(first).items[0]
    channel, stream = Channel(space, first), _stream(first)
    channel.streams.add(stream)
    for page in range(3):
        channel.tell(Feed(f"page {page}", False, tuple(replace(item, version=1000 + page * PAGE + number) for number in range(PAGE))))
    stream.put_first([change(replace(item, version=number)) for number in range(300)])
    assert stream.take().count(b"event: change") == 300 + 3 * PAGE


def test_what_comes_while_catching_up_is_told_once() -> None:
    stream = _stream()
    stream.put(Event("a", 2, b"[2]", b"[2]"))
    stream.put(Event("a", 3, b"[3]", b"[3]"))
    stream.put_first([Event("a", 1, b"[1]", b"[1]"), Event("a", 2, b"[2]", b"[2]")])
    assert stream.take() == b"[1][2][3]"


def test_nothing_follows_the_end() -> None:
    """Whoever was signed out is told no change that comes before the stream is closed."""
    stream = _stream()
    stream.put(Event("a", 1, b"[1]", b"[1]"))
    stream.end("signed-out")
    stream.put(Event("a", 2, b"[2]", b"[2]"))
    stream.put_first([Event("a", 0, b"[0]", b"[0]")])
    stream.tell("here", people=["x"])
    assert stream.take() == b"[1]event: signed-out\ndata: {}\n\n"


def test_without_the_memory_of_what_was_told_it_would_be_told_twice() -> None:
    """The wrong build that the test above must catch."""
    stream = _stream()
    stream._told = _Forgetful()  # type: ignore[assignment]
    stream.put(Event("a", 2, b"[2]", b"[2]"))
    stream.put_first([Event("a", 2, b"[2]", b"[2]")])
    assert stream.take() == b"[2][2]"


class _Forgetful(dict[str, int]):
    def get(self, *_: Any) -> int:  # type: ignore[override]
        return -1


def test_a_reset_of_the_feed_reaches_every_reader(space: Space) -> None:
    channel, stream = Channel(space, "-"), _stream()
    channel.streams.add(stream)
    channel.tell(Feed("a.1.00000000", True))
    assert b"event: reset\nid: a.1.00000000" in stream.take()


def test_a_connection_that_sends_nothing_or_no_end_is_closed(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.connections.HEAD_PATIENCE_S", 0.3)
    with serving(app) as served:
        for head in (b"", b"GET / HTTP/1.1\r\nHost: x\r\n", b"GET / HTTP/1.1\r\nX: " + b"a" * 70_000):
            with socket.create_connection(("127.0.0.1", int(served.base.rsplit(":", 1)[1])), timeout=30) as connection:
                connection.sendall(head)
                assert connection.recv(100) == b""


def test_a_second_request_that_never_ends_is_cut_too(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.connections.HEAD_PATIENCE_S", 0.3)
    with serving(app) as served, socket.create_connection(("127.0.0.1", int(served.base.rsplit(":", 1)[1])), timeout=30) as connection:
        connection.sendall(b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n")
        answer = b""
        while not answer.endswith(b"ok\n"):  # head and body may come in two pieces
            answer += connection.recv(1000)
        assert answer.startswith(b"HTTP/1.1 200")
        connection.sendall(b"GET /livez HTTP/1.1\r\nHost")
        assert connection.recv(1000) == b""


def test_a_token_is_recognisable() -> None:
    assert TOKEN_PREFIX == "om_"
