"""Whether the audit is whole: every digest computed anew, every chain followed to its head and to the heads kept outside the database."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Row, Text, cast, delete, select, text
from sqlalchemy.dialects.postgresql import distinct_on, insert

from geodata.store.acting import say_who
from geodata.store.anchors import Anchor
from geodata.store.audit import AUDIT, AUDIT_BASE, AUDIT_HEAD, KEPT, auditors_only, note
from geodata.store.faults import translated
from layers.errors import Conflict, InvalidInput, Problem
from layers.messages import Sentence, declare
from layers.spec import Actor, Label

_PAGE = 5_000
_SHOWN = 50  # flaws told one by one; the count says the rest

declare({
    "audit-broken": Sentence(
        Label("审计链不完整：{count} 处", "The audit's chain is broken in {count} places"),
        Label("保留现状，按管理员指南「审计链断裂」处理", "Leave it as it is and follow the administrator's guide")),
    "audit-too-young": Sentence(
        Label("审计至少保留 {days} 天", "The audit is kept for at least {days} days"), Label("给出更早的日期", "Give an earlier date")),
})


class AuditBroken(Conflict):
    """The audit does not verify, so nothing is taken away from it."""

    code = "audit-broken"


@dataclass(frozen=True)
class Flaw:
    """One thing wrong. `kind`: changed (content and digest disagree), missing (rows are not there), order (a row does not
    follow the one before it), tail (the chain does not end where its head says), anchor (a head kept outside is not in it).
    """

    kind: str
    chain: str
    sequence: int


@dataclass(frozen=True)
class Verdict:
    """What a verification found: rows and chains read, flaws (at most 50 listed, `flawed` counts all), heads by chain."""

    at: datetime
    rows: int
    chains: int
    oldest: datetime | None
    flaws: tuple[Flaw, ...]
    flawed: int
    anchored: int
    heads: Mapping[str, tuple[int, str]] = field(default_factory=dict)

    @property
    def whole(self) -> bool:
        return self.flawed == 0


def digest(previous: bytes, parts: Iterable[str | None]) -> bytes:
    """SHA-256 over the digest before and every part with its length, as `onemap_control.audit_digest` computes it."""
    joined = ",".join("-" if part is None else f"{len(part.encode())}:{part}" for part in parts)
    return hashlib.sha256(previous + joined.encode()).digest()


def verify(engine: Engine, anchors: Iterable[Anchor] = ()) -> Verdict:
    """Read the whole audit in one snapshot and say what does not fit; the database's own functions are not asked.

    Finds rows changed, deleted, put in or put in another order, a table emptied, and a tail cut off while `audit_head` was
    left. With `anchors` (heads kept outside the database) also what was cut off or rewritten together with the heads, up
    to the last anchor. What came after the last anchor and was rewritten whole, heads and all, it cannot find.
    """
    with translated(), engine.connect() as connection:
        connection = connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        heads = {row.chain: (row.sequence, bytes(row.hash)) for row in connection.execute(select(AUDIT_HEAD))}
        bases = {row.chain: (row.sequence, bytes(row.hash)) for row in connection.execute(select(AUDIT_BASE))}
        walk = _Walk(bases, {(one.chain, one.sequence): bytes.fromhex(one.hash) for one in anchors})
        for row in connection.execute(_rows(), execution_options={"stream_results": True, "yield_per": _PAGE}):
            walk.step(row)
    walk.finish(heads)
    told = {chain: (sequence, value.hex()) for chain, (sequence, value) in sorted(heads.items())}
    return Verdict(datetime.now(UTC), walk.rows, len(walk.reached), walk.oldest, tuple(walk.flaws[:_SHOWN]), len(walk.flaws), len(walk.anchors), told)


class _Walk:
    """Goes along the chains, row by row in order of place."""

    def __init__(self, bases: Mapping[str, tuple[int, bytes]], anchors: Mapping[tuple[str, int], bytes]) -> None:
        self.bases, self.anchors = bases, anchors
        self.reached: dict[str, tuple[int, bytes]] = {}
        self.flaws: list[Flaw] = []
        self.rows = 0
        self.oldest: datetime | None = None
        self._passed: set[tuple[str, int]] = set()

    def step(self, row: Row[Any]) -> None:
        place = (row.chain, row.sequence)
        before, last = self.reached.get(row.chain) or self.bases.get(row.chain, (0, b""))
        if row.sequence != before + 1:
            self.flaws.append(Flaw("missing", row.chain, before + 1))
        elif bytes(row.previous) != last:
            self.flaws.append(Flaw("order", *place))
        if digest(bytes(row.previous), _parts(row)) != bytes(row.hash):
            self.flaws.append(Flaw("changed", *place))
        if place in self.anchors:
            self._passed.add(place)
            if self.anchors[place] != bytes(row.hash):
                self.flaws.append(Flaw("anchor", *place))
        self.reached[row.chain] = row.sequence, bytes(row.hash)
        self.rows += 1
        self.oldest = row.at if self.oldest is None else min(self.oldest, row.at)

    def finish(self, heads: Mapping[str, tuple[int, bytes]]) -> None:
        for chain in sorted({*heads, *self.reached, *self.bases}):
            end = self.reached.get(chain) or self.bases.get(chain, (0, b""))
            if heads.get(chain) != end:
                self.flaws.append(Flaw("tail", chain, end[0]))
        for chain, sequence in sorted(self.anchors.keys() - self._passed):
            if sequence > self.bases.get(chain, (0, b""))[0]:
                self.flaws.append(Flaw("anchor", chain, sequence))


def _rows() -> Any:
    detail = cast(AUDIT.c.detail, Text).label("detail")
    return select(*(column for column in AUDIT.c if column.name != "detail"), detail).order_by(AUDIT.c.chain, AUDIT.c.sequence)


def _parts(row: Row[Any]) -> Iterator[str | None]:
    yield from (row.chain, str(row.sequence), row.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"))
    yield from (row.who, row.roles, row.address, row.via, row.space, row.action, row.object, row.reason, row.outcome, row.detail)


def prune(owner: Engine, before: datetime, archive: Path, actor: Actor, anchors: Iterable[Anchor] = ()) -> int:
    """Write the rows older than `before` to a file of JSON lines, then take them away; how many. The chains stay verifiable.

    Raises AuditBroken, InvalidInput for a moment within the last 180 days, Forbidden. What was taken away and where each
    chain goes on is a row of the audit itself and of `audit_base`; the file holds every digest, so it verifies by itself.
    """
    auditors_only(actor)
    if before > datetime.now(UTC) - KEPT:
        raise InvalidInput(problems=[Problem("before", "audit-too-young", {"days": KEPT.days})])
    found = verify(owner, anchors)
    if not found.whole:
        raise AuditBroken(count=found.flawed, what="audit")
    with translated(), owner.begin() as connection:
        connection.execute(text("SET LOCAL statement_timeout = 0"))
        say_who(connection, actor)
        ends = _ends(connection, before)
        count = _archive(connection, ends, archive)
        connection.execute(text("SELECT set_config('onemap.audit_prune', 'on', true)"))
        for chain, (sequence, value) in ends.items():
            base = {"sequence": sequence, "hash": value, "at": datetime.now(UTC), "by": actor.name}
            connection.execute(insert(AUDIT_BASE).values(chain=chain, **base).on_conflict_do_update(index_elements=["chain"], set_=base))
            connection.execute(delete(AUDIT).where(AUDIT.c.chain == chain, AUDIT.c.sequence <= sequence))
        note(connection, "audit.prune", archive.name, rows=count, before=before.isoformat(), chains=len(ends))
    return count


def _ends(connection: Connection, before: datetime) -> dict[str, tuple[int, bytes]]:
    """The last row of each chain that is old, with all before it old too (the clock may have been set back)."""
    other = AUDIT.alias()
    query = select(AUDIT.c.chain, AUDIT.c.sequence, AUDIT.c.hash).ext(distinct_on(AUDIT.c.chain)).where(
        AUDIT.c.at < before,
        ~select(other.c.sequence).where(other.c.chain == AUDIT.c.chain, other.c.sequence < AUDIT.c.sequence, other.c.at >= before).exists(),
    )
    return {row.chain: (row.sequence, bytes(row.hash)) for row in connection.execute(query.order_by(AUDIT.c.chain, AUDIT.c.sequence.desc()))}


def _archive(connection: Connection, ends: Mapping[str, tuple[int, bytes]], archive: Path) -> int:
    count = 0
    with archive.open("x", encoding="utf-8") as out:
        archive.chmod(0o600)
        for row in connection.execute(_rows(), execution_options={"yield_per": _PAGE}):
            if row.sequence <= ends.get(row.chain, (0, b""))[0]:
                out.write(json.dumps({**row._mapping, "at": row.at.isoformat(), "previous": bytes(row.previous).hex(), "hash": bytes(row.hash).hex()},
                                     ensure_ascii=False) + "\n")
                count += 1
    return count
