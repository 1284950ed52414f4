"""Connections that send nothing, or too slowly, are closed: uvicorn by itself waits for them for ever."""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_PATIENCE_S = 10  # from the first byte, or from connecting, to the end of the request's head
MAX_HEAD = 64 * 1024  # more than any browser sends; the parser itself has no limit


class PatientProtocol(HttpToolsProtocol):
    """uvicorn's HTTP protocol with a limit of time and size on the head of a request."""

    _deadline: asyncio.TimerHandle | None = None
    _head_size = 0

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._wait_for_head()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._answering():
            self._head_size = 0
            return
        self._head_size += len(data)
        if self._head_size > MAX_HEAD and not self.transport.is_closing():
            self.transport.close()
        if self._deadline is None:
            self._wait_for_head()

    def on_headers_complete(self) -> None:
        super().on_headers_complete()
        self._no_deadline()

    def connection_lost(self, exc: Exception | None) -> None:
        self._no_deadline()
        super().connection_lost(exc)

    def _answering(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _wait_for_head(self) -> None:
        self._deadline = self.loop.call_later(HEAD_PATIENCE_S, self._give_up)

    def _no_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _give_up(self) -> None:
        self._deadline = None
        if not self._answering() and not self.transport.is_closing():
            self.transport.close()
