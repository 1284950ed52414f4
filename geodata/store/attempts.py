"""Failed sign-ins, counted so that guessing is slow; names are kept as digests, for people type passwords there too."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Engine,
    Identity,
    Index,
    LargeBinary,
    Table,
    Text,
    delete,
    func,
    insert,
    select,
)

from geodata.store.acting import say_who
from geodata.store.audit import note
from geodata.store.faults import translated
from geodata.store.metadata import CONTROL
from layers.spec import Actor

FAILURES_OF_ADDRESS = 50  # many names from one address in the same time: spraying, though a whole bureau may share one proxy

LOGIN_FAILURE = Table(
    "login_failure",
    CONTROL,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("pair", LargeBinary, nullable=False),
    Column("address", Text, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Index("ix_login_failure_pair", "pair", "at"),
    Index("ix_login_failure_address", "address", "at"),
)


class Attempts:
    """Counts failures per account name and address, whether or not there is such an account."""

    def __init__(self, engine: Engine, failures: int, lock: timedelta) -> None:
        self._engine = engine
        self._failures, self._lock = failures, lock

    def begin(self, name: str, address: str) -> timedelta | None:
        """Count this attempt as failed until `succeeded`; or how long to wait, where there were too many.

        Counting comes before checking and under a lock, so a thousand guesses at once are no better than one by one.
        """
        pair = _pair(name, address)
        with translated(), self._engine.begin() as connection:
            connection.execute(select(func.pg_advisory_xact_lock(int.from_bytes(pair[:8], "big", signed=True))))
            now = connection.execute(select(func.now())).scalar_one()
            connection.execute(delete(LOGIN_FAILURE).where(LOGIN_FAILURE.c.at < now - 2 * self._lock))
            at = select(LOGIN_FAILURE.c.at).order_by(LOGIN_FAILURE.c.at.desc())
            own = connection.scalars(at.where(LOGIN_FAILURE.c.pair == pair).limit(self._failures)).all()
            every = connection.scalars(at.where(LOGIN_FAILURE.c.address == address).limit(FAILURES_OF_ADDRESS)).all()
            waits = [self._wait(own, self._failures, now), self._wait(every, FAILURES_OF_ADDRESS, now)]
            if any(waits):
                return max(wait for wait in waits if wait)
            connection.execute(insert(LOGIN_FAILURE).values(pair=pair, address=address))
        return None

    def succeeded(self, name: str, address: str) -> None:
        """Forget the failures of this name from this address."""
        with translated(), self._engine.begin() as connection:
            connection.execute(delete(LOGIN_FAILURE).where(LOGIN_FAILURE.c.pair == _pair(name, address)))

    def failed(self, name: str, address: str, *, known: bool) -> None:
        """Write a refused sign-in down, and that it was the one that locked the name or the address. A name that is no account's stays a digest."""
        pair = _pair(name, address)
        shown = name if known else f"sha256:{hashlib.sha256(name.encode()).hexdigest()[:16]}"
        with translated(), self._engine.begin() as connection:
            say_who(connection, Actor(shown, frozenset(), address))
            note(connection, "session.refuse", shown, outcome="refused", known=known)
            for which, subject, most in ((LOGIN_FAILURE.c.pair == pair, shown, self._failures), (LOGIN_FAILURE.c.address == address, address, FAILURES_OF_ADDRESS)):
                count = connection.scalar(select(func.count()).where(which, LOGIN_FAILURE.c.at > func.now() - self._lock)) or 0
                if count >= most:
                    note(connection, "session.lock", subject, outcome="refused", failures=count, minutes=self._lock.total_seconds() / 60)

    def _wait(self, times: Sequence[datetime], most: int, now: datetime) -> timedelta | None:
        if len(times) < most or times[0] - times[-1] > self._lock:
            return None
        left = times[0] + self._lock - now
        return left if left > timedelta() else None


def _pair(name: str, address: str) -> bytes:
    return hashlib.sha256(f"{name}\0{address}".encode()).digest()
