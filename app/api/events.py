"""Server-sent events: what changes on the map, as it changes; answered on the event loop, without a thread per stream."""

from __future__ import annotations

import asyncio
import random
import re
import time
from typing import Any

import structlog
from werkzeug.exceptions import MethodNotAllowed
from werkzeug.wrappers import Request

from app.assets import STATIC, version_of
from app.hub import Hub
from app.security import HEADERS
from app.services import Services
from app.streams import Stream, message
from geodata.store.spaces import LIVE, Space
from layers.errors import Forbidden, NotSignedIn
from layers.spec import Action, Actor

PATH = re.compile(r"(?:/spaces/(?P<space>[^/]+))?/api/v1/events")
_HEAD = {**HEADERS, "Content-Type": "text/event-stream; charset=utf-8", "Cache-Control": "no-store", "X-Accel-Buffering": "no"}
log = structlog.get_logger("onemap")


async def events(known: Services, hub: Hub, request: Request, request_id: str, receive: Any, send: Any) -> None:
    """Answer one stream until the reader goes, the session ends, or we stop.

    `Last-Event-ID` (or `?after=`) is the cursor to go on from; `?layers=a,b` keeps to those layers. Events: `hello` (with the
    address of the page's own files, by which a page that was opened before an upgrade knows itself old), `change`,
    `layers` (run-time layers changed), `reset` (read everything anew), `stale` and `fresh` (the database went and came
    back), `basemaps` (others are there now), `here` (who has the map open), `signed-out`, `closed` (the drill ended), `restart`. Raises what the table of problems answers.
    """
    if request.method != "GET":
        raise MethodNotAllowed(["GET"])
    began = time.monotonic()
    match = PATH.fullmatch(request.path)
    credential = known.people.credential(request)
    if credential is None:
        raise NotSignedIn
    actor, space = await hub.ask(_admit, known, credential, match["space"] if match and match["space"] else LIVE)
    after = request.headers.get("Last-Event-ID") or request.args.get("after")
    stream = await hub.join(space, actor, credential, _layers(request.args.get("layers")), after or None)
    try:
        await _serve(stream, after or stream.cursor, request_id, receive, send)
    finally:
        hub.leave(stream)
        log.info("stream", request_id=request_id, space=space.id, actor=actor.name, s=round(time.monotonic() - began, 1))


def _admit(known: Services, credential: Any, space_id: str) -> tuple[Actor, Space]:
    actor = known.people.actor(credential, use=False)  # listening, and coming back after a cut, is nobody's activity
    if actor is None:
        raise NotSignedIn
    space = known.database.space(space_id)
    if not any(actor.may(Action.READ, layer) for layer in space.catalogue.values()):
        raise Forbidden(action=Action.READ.value)
    return actor, space


def _layers(given: str | None) -> frozenset[str] | None:
    return frozenset(given.split(",")) if given else None


async def _serve(stream: Stream, cursor: str, request_id: str, receive: Any, send: Any) -> None:
    head = {**_HEAD, "X-Request-ID": request_id}
    headers = [(name.lower().encode(), value.encode()) for name, value in head.items()]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    # After a restart readers come back spread over some seconds.
    first = f"retry: {random.randint(1000, 4000)}\n".encode() + message("hello", {"static": f"/static/{version_of(STATIC)}/"}, cursor)
    await send({"type": "http.response.body", "body": first, "more_body": True})
    pump, gone = asyncio.create_task(stream.pump(send)), asyncio.create_task(_gone(receive))
    try:
        done, _ = await asyncio.wait({pump, gone}, return_when=asyncio.FIRST_COMPLETED)
        if pump in done and pump.exception() and not isinstance(pump.exception(), TimeoutError):
            raise pump.exception()  # type: ignore[misc]
    finally:
        for task in (pump, gone):
            task.cancel()
        await asyncio.gather(pump, gone, return_exceptions=True)


async def _gone(receive: Any) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
