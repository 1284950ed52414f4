"""A POST sent twice with one Idempotency-Key is done once; the second gets the first one's answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, Engine, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert

from geodata.store.faults import translated
from geodata.store.tables import SpaceTables
from layers.errors import Conflict
from layers.messages import Sentence, declare
from layers.spec import Label

KEPT_FOR = timedelta(hours=24)  # a program that has not asked again by then has given up

declare(
    {
        "key-used": Sentence(
            Label("幂等键 {key} 已用于另一个请求", "The idempotency key {key} was used for another request"),
            Label("不同的请求请用新的键", "Take a new key for another request"),
        ),
    }
)


class KeyUsed(Conflict):
    """One Idempotency-Key came with two different requests."""

    code = "key-used"


@dataclass(frozen=True)
class Answered:
    """What was answered the first time."""

    status: int
    body: str
    headers: Mapping[str, str]


def claim(connection: Connection, tables: SpaceTables, by: str, key: str, request_hash: str) -> Answered | None:
    """Take the key for this transaction, or give the answer already made under it.

    A second sender waits for the first one's transaction. The same key with another request raises KeyUsed.
    """
    table = tables.idempotency
    taken = connection.execute(insert(table).values(by=by, key=key, request_hash=request_hash).on_conflict_do_nothing().returning(table.c.key))
    if taken.first() is not None:
        return None
    row = connection.execute(select(table).where(table.c.by == by, table.c.key == key)).one()
    if row.request_hash != request_hash:
        raise KeyUsed(key=key)
    return Answered(row.status, row.body, row.headers or {})


def settle(connection: Connection, tables: SpaceTables, by: str, key: str, answer: Answered) -> None:
    """Keep the answer with the key, in the same transaction as what it answers for."""
    table = tables.idempotency
    values: dict[str, Any] = {"status": answer.status, "body": answer.body, "headers": dict(answer.headers)}
    connection.execute(update(table).where(table.c.by == by, table.c.key == key).values(**values))


def forget(engine: Engine, tables: SpaceTables) -> int:
    """Take away the keys of a space that are older than KEPT_FOR; how many there were."""
    table = tables.idempotency
    with translated(), engine.begin() as connection:
        return connection.execute(delete(table).where(table.c.at < func.now() - KEPT_FOR)).rowcount


class Keys:
    """The keys of one person in one transaction."""

    def __init__(self, connection: Connection, tables: SpaceTables, by: str) -> None:
        self.connection = connection
        self._tables = tables
        self._by = by

    def claim(self, key: str, request_hash: str) -> Answered | None:
        """Take an Idempotency-Key for this transaction, or give the answer that was made under it."""
        return claim(self.connection, self._tables, self._by, key, request_hash)

    def settle(self, key: str, answer: Answered) -> None:
        """Keep the answer for a repeat of the same request."""
        settle(self.connection, self._tables, self._by, key, answer)
