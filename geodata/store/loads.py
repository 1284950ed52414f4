"""Records of loads: who brought which file for which layer, what was found, what came of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import (
    ARRAY,
    CheckConstraint,
    Column,
    Connection,
    DateTime,
    Engine,
    Index,
    Row,
    Table,
    Text,
    Uuid,
    cast,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB, JSONPATH

from geodata.store.acting import say_who
from geodata.store.faults import translated
from geodata.store.metadata import CONTROL
from layers.errors import NotFound
from layers.messages import Sentence, declare
from layers.spec import Actor, Label, Role

# waiting -> examining -> examined -> confirmed -> committing -> committed; or refused, cancelled, failed on the way.
STATES = ("waiting", "examining", "examined", "confirmed", "committing", "committed", "refused", "cancelled", "failed")
REHEARSAL = "rehearsal"  # the part of a report that names rows; gone when the load has ended without it
REMEMBERED = 50  # loads into a layer that are looked through for a file of the same columns; a report may hold a thousand problems
UNFINISHED = ("waiting", "examining", "examined", "confirmed", "committing")

LOAD = Table(
    "load",
    CONTROL,
    Column("id", Uuid, primary_key=True),
    Column("space", Text, nullable=False),
    Column("layer", Text, nullable=False),
    Column("file", Text, nullable=False),
    Column("sha256", Text),
    Column("options", JSONB, nullable=False),
    Column("state", Text, nullable=False),
    Column("report", JSONB),
    Column("asked_by", Text, nullable=False),
    Column("asked_roles", ARRAY(Text), nullable=False),
    Column("asked_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("confirmed_by", Text),
    Column("confirmed_roles", ARRAY(Text)),
    Column("finished_at", DateTime(timezone=True)),
    Column("commit", Uuid),
    Column("undone_at", DateTime(timezone=True)),
    Column("undone_by", Text),
    Column("undone_commit", Uuid),
    CheckConstraint("state IN (" + ", ".join(f"'{one}'" for one in STATES) + ")", name="state"),
    Index("ix_load_asked_at", "asked_at"),
    Index("ix_load_commit", "commit"),
    Index("ix_load_undone_commit", "undone_commit"),
    Index("ix_load_sha256", "sha256"),
)

declare(
    {
        "load-not-found": Sentence(
            Label("没有导入记录 {id}", "There is no load {id}"), Label("在导入记录中查找", "Look in the list of loads")
        ),
    }
)


class LoadNotFound(NotFound):
    """There is no load of that id."""

    code = "load-not-found"


@dataclass(frozen=True)
class LoadRecord:
    """One load as it stands. `report` is that of `LoadReport.to_json`, in Chinese and English (`{"zh": ..., "en": ...}`).

    `commit` names what a committed load did in its space. Where that was undone since, the last three say when, by whom and by
    which commit; the database itself keeps them (`onemap_control.note_undone`), however the commit was undone.
    """

    id: UUID
    space: str
    layer: str
    file: str
    sha256: str | None
    options: Mapping[str, Any]
    state: str
    report: Mapping[str, Any] | None
    asked_by: str
    asked_roles: tuple[str, ...]
    asked_at: datetime
    confirmed_by: str | None
    confirmed_roles: tuple[str, ...]
    finished_at: datetime | None
    commit: UUID | None = None
    undone_at: datetime | None = None
    undone_by: str | None = None
    undone_commit: UUID | None = None


def add(
    place: Engine | Connection,
    *,
    space: str,
    layer: str,
    file: str,
    sha256: str | None,
    options: Mapping[str, Any],
    asked_by: str,
    asked_roles: list[str],
    address: str = "",
    state: str = "waiting",
    load_id: UUID | None = None,
) -> LoadRecord:
    """A new record, in a transaction of its own or in that of the connection given. `address` is where the asking came from, for the audit."""
    load_id = load_id or uuid4()
    values = {
        "id": load_id,
        "space": space,
        "layer": layer,
        "file": file,
        "sha256": sha256,
        "options": dict(options),
        "asked_by": asked_by,
        "asked_roles": asked_roles,
        "state": state,
    }
    with translated(), _writing(place) as connection:
        say_who(connection, Actor(asked_by, frozenset(map(Role, asked_roles)), address))
        row = connection.execute(insert(LOAD).values(**values).returning(*LOAD.c)).one()
    return _record(row)


def get(place: Engine | Connection, load_id: UUID) -> LoadRecord:
    """One record, or LoadNotFound."""
    with translated(), _writing(place) as connection:
        row = connection.execute(select(LOAD).where(LOAD.c.id == load_id)).first()
    if row is None:
        raise LoadNotFound(id=load_id)
    return _record(row)


def state_of(engine: Engine, load_id: UUID) -> str | None:
    """Where a record stands, without its report; None when there is none."""
    with translated(), engine.connect() as connection:
        return connection.scalar(select(LOAD.c.state).where(LOAD.c.id == load_id))


def newest(
    engine: Engine, *, space: str | None = None, layer: str | None = None, states: tuple[str, ...] = STATES, before: datetime | None = None, limit: int = 100
) -> list[LoadRecord]:
    """Records in these states, newest first, strictly before a moment if given; their reports without rows and without problems."""
    bare = LOAD.c.report.op("-")(REHEARSAL).op("#-")(_PROBLEMS["zh"]).op("#-")(_PROBLEMS["en"])
    columns = [one for one in LOAD.c if one is not LOAD.c.report]
    query = select(*columns, bare.label("report")).where(LOAD.c.state.in_(states)).order_by(LOAD.c.asked_at.desc(), LOAD.c.id).limit(limit)
    for column, wanted in ((LOAD.c.space, space), (LOAD.c.layer, layer)):
        query = query if wanted is None else query.where(column == wanted)
    query = query if before is None else query.where(LOAD.c.asked_at < before)
    with translated(), engine.connect() as connection:
        return [_record(row) for row in connection.execute(query)]


_PROBLEMS = {language: cast([language, "problems"], ARRAY(Text)) for language in ("zh", "en")}


def same_file(engine: Engine, sha256: str, space: str) -> LoadRecord | None:
    """The last committed load of the same bytes into this space, or None; one that was undone since counts and says so."""
    query = select(LOAD).where(LOAD.c.sha256 == sha256, LOAD.c.space == space, LOAD.c.state == "committed")
    with translated(), engine.connect() as connection:
        row = connection.execute(query.order_by(LOAD.c.finished_at.desc()).limit(1)).first()
    return _record(row) if row else None


def last_like(engine: Engine, space: str, layer: str, columns: frozenset[str]) -> LoadRecord | None:
    """The last load of a file with just these columns into a layer that stands, among the last REMEMBERED into it, or None."""
    standing = select(LOAD).where(LOAD.c.space == space, LOAD.c.layer == layer, LOAD.c.state == "committed", LOAD.c.undone_at.is_(None))
    last = standing.order_by(LOAD.c.finished_at.desc()).limit(REMEMBERED).subquery()
    told = last.c.report["zh"]
    lists = [func.coalesce(told[name], cast([], JSONB)) for name in ("unmatched", "place_columns")]
    columns_of = func.jsonb_path_query_array(told, cast("$.mapping[*].column", JSONPATH)).op("||")(lists[0]).op("||")(lists[1])
    wanted = cast(sorted(columns), JSONB)
    alike = select(last).where(columns_of.op("@>")(wanted), columns_of.op("<@")(wanted)).order_by(last.c.finished_at.desc()).limit(1)
    with translated(), engine.connect() as connection:
        row = connection.execute(alike).first()
    return _record(row) if row else None


def move(place: Engine | Connection, load_id: UUID, *, to: str, come_from: tuple[str, ...], by: Actor | None = None, **values: Any) -> LoadRecord | None:
    """Put a load into another state; None when it is in none of `come_from` (someone else was first).

    `by` None: nobody said so now, the worker goes on with what was asked.
    """
    if to not in UNFINISHED:
        values["finished_at"] = func.now()
        values.setdefault("report", LOAD.c.report.op("-")(REHEARSAL))  # rows of a file that was dropped do not stay
    with translated(), _writing(place) as connection:
        say_who(connection, by or Actor("worker", frozenset()))
        query = update(LOAD).where(LOAD.c.id == load_id, LOAD.c.state.in_(come_from)).values(state=to, **values).returning(*LOAD.c)
        row = connection.execute(query).first()
    return _record(row) if row else None


def at_stage(engine: Engine, load_id: UUID, stage: str) -> None:
    """Say how far an examination is; its report comes later in the same place."""
    with translated(), engine.begin() as connection:
        say_who(connection, Actor("worker", frozenset()))
        connection.execute(update(LOAD).where(LOAD.c.id == load_id, LOAD.c.state == "examining").values(report={"stage": stage}))


@contextmanager
def _writing(place: Engine | Connection) -> Iterator[Connection]:
    if isinstance(place, Connection):
        yield place
    else:
        with place.begin() as connection:
            yield connection


def _record(row: Row[*tuple[Any, ...]]) -> LoadRecord:
    values = dict(row._mapping)
    values["asked_roles"] = tuple(values["asked_roles"] or ())
    values["confirmed_roles"] = tuple(values["confirmed_roles"] or ())
    return LoadRecord(**values)
