"""The ASGI application: event streams on the event loop, everything else through Flask's threads."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
import threading
from contextlib import suppress
from typing import Any

import structlog
from flask import Flask
from werkzeug.wrappers import Request

from app.api.events import PATH, events
from app.audits import Audits
from app.hub import Hub
from app.language import language_of
from app.logs import request_id
from app.metrics import Figures
from app.problems import Overloaded, describe
from app.security import HEADERS
from app.services import Services
from app.threads import Threads, environ

WAITING = 64  # requests that wait for a thread; more would wait longer than a person does
SWITCH_S = 0.001  # a computing thread gives way to the event loop this soon; see docs/decisions/0001-server.md
PRESS_AFTER_S = 15.0  # after the start, when indexes are built and the first pages were served
log = structlog.get_logger("onemap")


class Dispatcher:
    """One per worker process."""

    def __init__(self, app: Flask) -> None:
        self.known: Services = app.extensions["onemap"]
        settings = self.known.settings
        self._flask = Threads(app, threads=settings.threads, waiting=WAITING, max_body=settings.max_body_mb * 1_000_000)
        self._hub: Hub | None = None
        self._figures = Figures()

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http":
            await self._answer(scope, receive, send)

    async def _answer(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["path"] == "/livez":
            return await _plain(send)
        begun = False

        async def sending(message: dict[str, Any]) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            if PATH.fullmatch(scope["path"]):
                request = Request(environ(scope))
                await events(self.known, self.hub, request, request_id(request.headers.get("X-Request-ID")), receive, sending)
            else:
                await self._flask(scope, receive, sending)
        except Exception as error:
            if begun:
                raise
            if isinstance(error, Overloaded):
                self._figures.overloaded.inc()
            await _refuse(error, scope, send)

    @property
    def hub(self) -> Hub:
        """The streams of this process; made on its event loop."""
        if self._hub is None:
            self._hub = Hub(self.known)
        return self._hub

    async def _live(self, receive: Any, send: Any) -> None:
        await receive()
        sys.setswitchinterval(SWITCH_S)
        self._close_streams_on_signal(asyncio.get_running_loop())
        threading.Thread(target=self._warm, name="warm", daemon=True).start()
        press = threading.Timer(PRESS_AFTER_S, self.known.press.prepare)
        press.daemon = True
        press.start()
        audits = Audits(self.known)
        audits.start()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        audits.stop()
        press.cancel()
        await self.hub.close()
        self.known.press.close()
        self.known.database.dispose()
        await send({"type": "lifespan.shutdown.complete"})

    def _warm(self) -> None:
        """Build the indexes before the first question; until then PostGIS answers."""
        try:
            space = self.known.database.space()
            self.known.engine.warm(space, [layer.id for layer in space.catalogue.values() if layer.ranked or layer.exposed])
        except Exception:
            log.exception("warm")  # the first question tries again

    def _close_streams_on_signal(self, loop: asyncio.AbstractEventLoop) -> None:
        """uvicorn waits for open answers before it stops, and a stream never ends by itself: end them at the signal."""
        if threading.current_thread() is not threading.main_thread():
            return
        for number in (signal.SIGTERM, signal.SIGINT):
            before = signal.getsignal(number)

            def stop(got: int, frame: Any, before: Any = before) -> None:
                loop.call_soon_threadsafe(lambda: loop.create_task(self.hub.close()))
                if callable(before):
                    before(got, frame)

            with suppress(ValueError):
                signal.signal(number, stop)


async def _plain(send: Any) -> None:
    """Alive, whatever waits in the threads."""
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain"), (b"content-length", b"3")]})
    await send({"type": "http.response.body", "body": b"ok\n"})


async def _refuse(error: Exception, scope: dict[str, Any], send: Any) -> None:
    """A problem that Flask never saw, or that a stream met before it began."""
    request = Request(environ(scope))
    number = request_id(request.headers.get("X-Request-ID"))
    problem = describe(error, language_of(request), number)
    log.info("request", request_id=number, method=request.method, path=request.path, status=problem.status, error=type(error).__name__)
    if problem.status == 500:
        log.error("refused", request_id=number, exc_info=error)
    body = json.dumps(problem.body, ensure_ascii=False, default=str).encode()
    headers = {**HEADERS, **problem.headers, "Content-Type": "application/problem+json", "Content-Length": str(len(body)),
               "Cache-Control": "no-store", "X-Request-ID": number}
    if problem.status in (408, 413):
        headers["Connection"] = "close"  # the rest of the body is not wanted
    await send({"type": "http.response.start", "status": problem.status, "headers": [(k.lower().encode(), v.encode()) for k, v in headers.items()]})
    await send({"type": "http.response.body", "body": body})
