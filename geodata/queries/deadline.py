"""How long a question may take: past that it is refused with the fact stated, never left hanging."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from layers.errors import OnemapError, Unavailable
from layers.messages import Sentence, declare
from layers.spec import Label

if TYPE_CHECKING:
    from sqlalchemy import Connection  # the settings read the limits below, and need not wait for its import

DEFAULT_MS = 10_000  # nobody at a map waits longer, and a web process has sixteen threads to lose
LONGEST_MS = 60_000


class TakesTooLong(OnemapError):
    """A question was not answered within its limit. `values`: limit_ms."""

    code = "question-too-long"


declare({"question-too-long": Sentence(
    Label("{limit_ms} 毫秒内没有算完，没有答案", "Not answered within {limit_ms} ms: there is no answer"),
    Label("问少一些（图层、范围、点数、条件），或把 limit_ms 调大", "Ask for less (layers, zone, points, conditions), or raise limit_ms"))})


class Deadline:
    """When a question must be answered. Counts from when it is made."""

    def __init__(self, limit_ms: int) -> None:
        self.limit_ms = limit_ms
        self._until = time.monotonic() + limit_ms / 1000.0

    def check(self) -> None:
        """TakesTooLong when the time is over."""
        if time.monotonic() > self._until:
            raise TakesTooLong(limit_ms=self.limit_ms)

    def bind(self, connection: Connection) -> None:
        """Have PostgreSQL stop by then what it does in this transaction."""
        left_ms = int((self._until - time.monotonic()) * 1000.0)
        if left_ms <= 0:
            raise TakesTooLong(limit_ms=self.limit_ms)
        connection.exec_driver_sql(f"SET LOCAL statement_timeout = {left_ms:d}")

    @contextmanager
    def kept(self) -> Iterator[None]:
        """A statement that PostgreSQL stopped is told as what it is."""
        try:
            yield
        except Unavailable as fault:
            if fault.values.get("reason") == "statement-timeout":
                raise TakesTooLong(limit_ms=self.limit_ms) from fault
            raise
