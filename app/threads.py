"""Runs the Flask application in a bounded pool of threads behind an asynchronous server.

A thread is taken only while Flask works: the body is read before, and a slow reader is waited for without one.
"""

from __future__ import annotations

import asyncio
import contextvars
import sys
import tempfile
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import IO, Any
from wsgiref.types import WSGIApplication

from app.problems import Overloaded, Slow
from layers.errors import TooLarge, Unavailable

Message = dict[str, Any]
IN_MEMORY = 1_000_000  # a longer body waits in a file
HOP = 256 * 1024  # how much of a streamed answer is fetched at a time
PIECE_PATIENCE_S = 10  # the longest silence within a body
BODY_PATIENCE_S = 300  # 50 MB over a 1.5 Mbit/s line
ANSWER_PATIENCE_S = 30  # a statement may take 5 s; beyond this the database hangs or is frozen
SEND_PATIENCE_S = 30  # the longest that a reader may take nothing


@dataclass
class Begun:
    """A WSGI answer: its head, what came at once, and the rest if there is more."""

    status: int
    headers: list[tuple[bytes, bytes]]
    first: bytes
    rest: Iterator[bytes] | None
    close: Any


class Threads:
    """An ASGI application around a WSGI one. At most `threads` requests are worked on and `waiting` more wait."""

    def __init__(self, wsgi: WSGIApplication, *, threads: int, waiting: int, max_body: int) -> None:
        self._wsgi = wsgi
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="flask")
        self._most = threads + waiting
        self._inside = 0
        self._max_body = max_body

    async def __call__(self, scope: Message, receive: Any, send: Any) -> None:
        """Answer one request. Raises Overloaded, TooLarge or Slow before anything is sent."""
        with await self._body(scope, receive) as body:
            if self._inside >= self._most:
                raise Overloaded(part="worker")
            context = contextvars.copy_context()
            self._inside += 1
            job = self._pool.submit(context.run, self._begin, environ(scope, body))
            job.add_done_callback(partial(self._leave, asyncio.get_running_loop()))
            work = asyncio.wrap_future(job)
            await asyncio.wait({work}, timeout=ANSWER_PATIENCE_S)
            if not work.done():
                job.cancel()  # if it has not begun; else its thread counts as taken until it comes back
                raise Unavailable(part="database")
            await self._deliver(work.result(), context, send)

    def _leave(self, loop: asyncio.AbstractEventLoop, job: Future[Begun]) -> None:
        """Called in the thread that did the job."""
        with suppress(RuntimeError):  # the loop has stopped
            loop.call_soon_threadsafe(self._left)

    def _left(self) -> None:
        self._inside -= 1

    async def _body(self, scope: Message, receive: Any) -> IO[bytes]:
        length = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
        if not length.isdigit() or int(length) > self._max_body:
            raise TooLarge(what="body", limit=f"{self._max_body // 1_000_000} MB")
        body: IO[bytes] = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115  (the caller closes it)
        try:
            async with asyncio.timeout(BODY_PATIENCE_S):
                await self._fill(body, receive)
        except TimeoutError:
            body.close()
            raise Slow from None
        except BaseException:
            body.close()
            raise
        body.seek(0)
        return body

    async def _fill(self, body: IO[bytes], receive: Any) -> None:
        more = True
        while more:
            message = await asyncio.wait_for(receive(), PIECE_PATIENCE_S)
            if message["type"] == "http.disconnect":
                raise Slow
            body.write(message.get("body", b""))
            if body.tell() > self._max_body:
                raise TooLarge(what="body", limit=f"{self._max_body // 1_000_000} MB")
            more = message.get("more_body", False)

    def _begin(self, environment: Message) -> Begun:
        """Runs in a thread: the whole answer if it is small or already whole, else its first part."""
        head: list[Any] = []
        written: list[bytes] = []

        def start_response(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            head[:] = [int(status[:3]), [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]]
            return written.append

        answer: Iterable[bytes] = self._wsgi(environment, start_response)
        close = getattr(answer, "close", lambda: None)
        rest = iter(answer)
        first, ended = some(rest)
        whole = next((int(value) for name, value in head[1] if name == b"content-length"), -1)
        ended = ended or len(first) == whole  # spares a second hop
        if ended:
            close()
        return Begun(head[0], head[1], b"".join(written) + first, None if ended else rest, close)

    async def _deliver(self, begun: Begun, context: contextvars.Context, send: Any) -> None:
        loop = asyncio.get_running_loop()
        piece, rest = begun.first, begun.rest
        try:
            await send({"type": "http.response.start", "status": begun.status, "headers": begun.headers})
            while rest is not None:
                await asyncio.wait_for(send({"type": "http.response.body", "body": piece, "more_body": True}), SEND_PATIENCE_S)
                piece, ended = await loop.run_in_executor(self._pool, context.run, some, rest)
                rest = None if ended else rest
            await asyncio.wait_for(send({"type": "http.response.body", "body": piece}), SEND_PATIENCE_S)
        except TimeoutError:
            return  # the server closes a connection whose answer stays unfinished
        finally:
            if begun.rest is not None:
                await loop.run_in_executor(self._pool, context.run, begun.close)


def some(pieces: Iterator[bytes]) -> tuple[bytes, bool]:
    """About HOP bytes, and whether that was all."""
    got: list[bytes] = []
    size = 0
    for piece in pieces:
        got.append(piece)
        size += len(piece)
        if size >= HOP:
            return b"".join(got), False
    return b"".join(got), True


def environ(scope: Message, body: IO[bytes] | None = None) -> Message:
    """The WSGI environment of an ASGI request.

    A header with an underscore is dropped: in this environment `X_Forwarded_For` would pass for `X-Forwarded-For`.
    """
    server, client = scope.get("server") or ("localhost", 80), scope.get("client") or ("", 0)
    made: Message = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": "",
        "PATH_INFO": scope["path"].encode().decode("latin-1"),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "SERVER_NAME": server[0],
        "SERVER_PORT": str(server[1] or 0),
        "REMOTE_ADDR": client[0],
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.get("scheme", "http"),
        "wsgi.input": body,
        "wsgi.input_terminated": True,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    for name, value in scope["headers"]:
        if b"_" in name:
            continue
        key = name.decode("latin-1").upper().replace("-", "_")
        key = key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}"
        text = value.decode("latin-1")
        made[key] = f"{made[key]}{'; ' if key == 'HTTP_COOKIE' else ','}{text}" if key in made else text
    return made
