"""The audit: who did what to what, when, from where and why, in chains that show any row changed, taken away or put in between."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    DateTime,
    Engine,
    Index,
    LargeBinary,
    Row,
    Table,
    Text,
    and_,
    cast,
    func,
    literal,
    or_,
    select,
    tuple_,
)
from sqlalchemy.dialects.postgresql import JSONB

from geodata.store.acting import say_who
from geodata.store.faults import translated
from geodata.store.metadata import CONTROL
from layers.errors import Forbidden, InvalidInput, Problem
from layers.spec import Actor, Role

KEPT = timedelta(days=180)  # bars.md F7; GB/T 22239 and the Cybersecurity Law art. 21 ask for six months
MAX_PAGE = 1_000
CONTROL_CHAIN = "control"

AUDIT = Table(
    "audit",
    CONTROL,
    Column("chain", Text, primary_key=True),
    Column("sequence", BigInteger, primary_key=True, autoincrement=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("who", Text, nullable=False),
    Column("roles", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("via", Text, nullable=False),  # the database role that wrote: what no service of ours can choose
    Column("space", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("object", Text, nullable=False),
    Column("reason", Text),
    Column("outcome", Text, nullable=False),
    Column("detail", JSONB, nullable=False),
    Column("previous", LargeBinary, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    Index("ix_audit_at", "at"),
    Index("ix_audit_who", "who", "at"),
)

AUDIT_HEAD = Table(  # where each chain ends: a tail cut off the table is missed here
    "audit_head",
    CONTROL,
    Column("chain", Text, primary_key=True),
    Column("sequence", BigInteger, nullable=False),
    Column("hash", LargeBinary, nullable=False),
)

AUDIT_BASE = Table(  # where each chain begins after old rows were archived and taken away
    "audit_base",
    CONTROL,
    Column("chain", Text, primary_key=True),
    Column("sequence", BigInteger, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("by", Text, nullable=False),
)


@dataclass(frozen=True)
class Entry:
    """One row as its reader sees it. `via` is the database role that wrote it, `chain` and `sequence` are its place."""

    at: datetime
    who: str
    roles: str
    address: str
    via: str
    space: str
    action: str
    object: str
    reason: str | None
    outcome: str
    detail: Mapping[str, Any]
    chain: str
    sequence: int


@dataclass(frozen=True)
class Question:
    """What to look for; what is empty does not narrow. `action` is a whole one or its first word (`session`, `session.open`)."""

    who: str | None = None
    action: str | None = None
    object: str | None = None
    text: str | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True)
class AuditPage:
    """Entries, newest first; `next_cursor` None at the end."""

    entries: tuple[Entry, ...]
    next_cursor: str | None


def note(connection: Connection, action: str, subject: str, *, space: str = "", outcome: str = "done", **detail: Any) -> None:
    """Write down, in this transaction, what no trigger sees. Who acts was said before (`say_who`)."""
    connection.execute(select(func.onemap_control.audit_note(space, action, subject, outcome, cast(literal(detail, JSONB), JSONB))))


def record(engine: Engine, actor: Actor, action: str, subject: str, *, reason: str | None = None, space: str = "", outcome: str = "done",
           **detail: Any) -> None:
    """The same in a transaction of its own."""
    with translated(), engine.begin() as connection:
        say_who(connection, actor, reason)
        note(connection, action, subject, space=space, outcome=outcome, **detail)


def reveals_lately(connection: Connection, actor: Actor) -> int:
    """How many times this actor looked at personal data within the last hour."""
    return connection.scalar(select(func.onemap_control.audit_reveals(actor.name))) or 0


class Audit:
    """Reading the audit, for audit administrators only."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def search(self, question: Question, actor: Actor, *, limit: int = 100, cursor: str | None = None) -> AuditPage:
        """At most `limit` entries, newest first. Raises Forbidden; InvalidInput for a cursor that is none of ours."""
        auditors_only(actor)
        if not 1 <= limit <= MAX_PAGE:
            raise InvalidInput(problems=[Problem("limit", "out-of-range", {"minimum": 1, "maximum": MAX_PAGE, "value": limit, "unit": "", "unit_en": ""})])
        place = tuple_(AUDIT.c.at, AUDIT.c.chain, AUDIT.c.sequence)
        query = select(AUDIT).where(*_clauses(question)).order_by(AUDIT.c.at.desc(), AUDIT.c.chain.desc(), AUDIT.c.sequence.desc())
        if cursor is not None:
            query = query.where(place < tuple_(*_parsed(cursor)))
        with translated(), self._engine.connect() as connection:
            rows = connection.execute(query.limit(limit + 1)).all()
        entries = tuple(_entry(row) for row in rows[:limit])
        return AuditPage(entries, _cursor(entries[-1]) if len(rows) > limit else None)


def auditors_only(actor: Actor) -> None:
    """Raise Forbidden for anyone but an audit administrator (or who runs the server)."""
    if Role.AUDIT_ADMIN not in actor.roles:
        raise Forbidden(action="audit")


def _clauses(question: Question) -> list[ColumnElement[bool]]:
    clauses: list[ColumnElement[bool]] = []
    if question.who:
        clauses.append(AUDIT.c.who == question.who)
    if question.action:
        clauses.append(or_(AUDIT.c.action == question.action, AUDIT.c.action.startswith(f"{question.action}.", autoescape=True)))
    if question.object:
        listed = AUDIT.c.detail.contains({"ids": [question.object.rpartition("/")[2]]})
        clauses.append(or_(AUDIT.c.object == question.object, AUDIT.c.object.startswith(f"{question.object}/", autoescape=True), listed))
    if question.text:
        whole = func.concat_ws(" ", AUDIT.c.who, AUDIT.c.action, AUDIT.c.object, AUDIT.c.reason, AUDIT.c.address, cast(AUDIT.c.detail, Text))
        clauses.append(whole.icontains(question.text, autoescape=True))
    if question.since:
        clauses.append(AUDIT.c.at >= question.since)
    if question.until:
        clauses.append(AUDIT.c.at < question.until)
    return [and_(*clauses)] if clauses else []


def _entry(row: Row[Any]) -> Entry:
    return Entry(*(getattr(row, name) for name in Entry.__dataclass_fields__))


def _cursor(last: Entry) -> str:
    return f"{last.at.isoformat()}~{last.sequence}~{last.chain}"


def _parsed(cursor: str) -> tuple[datetime, str, int]:
    try:
        at, sequence, chain = cursor.split("~", 2)
        return datetime.fromisoformat(at), chain, int(sequence)
    except ValueError:
        raise InvalidInput(problems=[Problem("/cursor", "cursor-unknown", {"cursor": cursor[:80]})]) from None
