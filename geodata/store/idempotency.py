"""A POST sent twice with one Idempotency-Key is done once; the second gets the first one's answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select, update
from sqlalchemy.dialects.postgresql import insert

from geodata.store.tables import SpaceTables
from layers.errors import Conflict

KEPT_FOR = "24 hours"


@dataclass(frozen=True)
class Answered:
    """What was answered the first time."""

    status: int
    body: str
    headers: Mapping[str, str]


def claim(connection: Connection, tables: SpaceTables, by: str, key: str, request_hash: str) -> Answered | None:
    """Take the key for this transaction, or give the answer already made under it.

    A second sender waits for the first one's transaction. The same key with another request raises Conflict.
    """
    table = tables.idempotency
    taken = connection.execute(insert(table).values(by=by, key=key, request_hash=request_hash).on_conflict_do_nothing().returning(table.c.key))
    if taken.first() is not None:
        return None
    row = connection.execute(select(table).where(table.c.by == by, table.c.key == key)).one()
    if row.request_hash != request_hash:
        raise Conflict(what=f"Idempotency-Key {key}")
    return Answered(row.status, row.body, row.headers or {})


def settle(connection: Connection, tables: SpaceTables, by: str, key: str, answer: Answered) -> None:
    """Keep the answer with the key, in the same transaction as what it answers for."""
    table = tables.idempotency
    values: dict[str, Any] = {"status": answer.status, "body": answer.body, "headers": dict(answer.headers)}
    connection.execute(update(table).where(table.c.by == by, table.c.key == key).values(**values))
