"""Saved views: how somebody arranged the map, kept under a name for themselves or for all.

A view holds no facts, only which layers are shown and how, so it belongs to the installation and not to a space: the
same view opens on live, in a drill and on the past, and shows of it what is there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Boolean, Column, Connection, DateTime, Engine, Index, Table, Text, Uuid, delete, func, insert, or_, select, update
from sqlalchemy.dialects.postgresql import JSONB

from geodata.store.faults import translated
from geodata.store.idempotency import Keys
from geodata.store.metadata import CONTROL
from geodata.store.tables import SpaceTables
from layers.errors import Forbidden, InvalidInput, NotFound, Problem
from layers.messages import Sentence, declare
from layers.spec import Actor, Label, Role

MAX_NAME = 60
MAX_OWN = 100  # views of one person; a list that long is no help any more
SHARERS = frozenset({Role.DUTY_OFFICER, Role.PLANNER})

VIEW = Table(
    "view", CONTROL,
    Column("id", Uuid, primary_key=True),
    Column("name", Text, nullable=False),
    Column("owner", Text, nullable=False),
    Column("shared", Boolean, nullable=False),
    Column("arrangement", JSONB, nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Index("ix_view_owner", "owner"),
)


class ViewNotFound(NotFound):
    """There is no view of that id for this reader: none at all, or another's that is not shared. `values`: id."""

    code = "view-not-found"


class NotYourView(Forbidden):
    """Only whoever made a view changes or deletes it. `values`: owner."""

    code = "not-your-view"


class MayNotShare(Forbidden):
    """The actor's roles keep views for themselves only."""

    code = "may-not-share-view"


declare({
    "view-not-found": Sentence(Label("没有这个视图，或它未共享给您", "There is no such view, or it is not shared with you"),
                               Label("请向发送链接的人核实", "Ask whoever sent the link")),
    "not-your-view": Sentence(Label("这是 {owner} 的视图，只有本人可改可删", "This is {owner}'s view; only they change or delete it"),
                              Label("可另存为自己的视图", "Save it as a view of your own")),
    "may-not-share-view": Sentence(Label("您的角色不能共享视图", "Your role does not share views"),
                                   Label("可存为自己的视图，或发送当前画面的链接", "Keep it as your own, or send the link of the present map")),
    "view-too-many": Sentence(Label("自己的视图已有 {maximum} 个", "You have {maximum} views already"), Label("先删除不用的视图", "Delete those no longer used")),
})


@dataclass(frozen=True)
class SavedView:
    """A view as it is kept; `arrangement` is what the page made of it (`app.api.views.Arrangement`)."""

    id: UUID
    name: str
    owner: str
    shared: bool
    arrangement: Mapping[str, Any]
    updated_at: datetime


class Making(Keys):
    """One transaction in which a view is made."""

    def __init__(self, connection: Connection, tables: SpaceTables, actor: Actor, made: Callable[..., SavedView]) -> None:
        super().__init__(connection, tables, actor.name)
        self._made = made

    def make(self, name: str, arrangement: Mapping[str, Any], *, shared: bool) -> SavedView:
        """As `Views.make`, there when the transaction commits."""
        return self._made(self.connection, name, arrangement, shared=shared)


class Views:
    """The saved views of one installation, for one actor: their own, and everybody's that are shared."""

    def __init__(self, engine: Engine, actor: Actor) -> None:
        self._engine = engine
        self._actor = actor

    def all(self) -> list[SavedView]:
        """Own views first, each kind by name."""
        own = VIEW.c.owner == self._actor.name
        with translated(), self._engine.connect() as connection:
            rows = connection.execute(select(VIEW).where(or_(own, VIEW.c.shared)).order_by(own.desc(), VIEW.c.name, VIEW.c.id))
            return [SavedView(**row._mapping) for row in rows]

    def get(self, view_id: UUID) -> SavedView:
        """One view, or ViewNotFound."""
        with translated(), self._engine.connect() as connection:
            return self._get(connection, view_id)

    def make(self, name: str, arrangement: Mapping[str, Any], *, shared: bool) -> SavedView:
        """A view of the actor's own. Raises MayNotShare, InvalidInput (no name, too many)."""
        with translated(), self._engine.begin() as connection:
            return self._made(connection, name, arrangement, shared=shared)

    @contextmanager
    def making(self, tables: SpaceTables) -> Iterator[Making]:
        """A transaction in which a view is made, with the keys of `tables` under which it is done once."""
        with translated(), self._engine.begin() as connection:
            yield Making(connection, tables, self._actor, self._made)

    def _made(self, connection: Connection, name: str, arrangement: Mapping[str, Any], *, shared: bool) -> SavedView:
        values = self._checked(name, arrangement, shared=shared)
        connection.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(self._actor.name, 0))))
        if (connection.scalar(select(func.count()).where(VIEW.c.owner == self._actor.name)) or 0) >= MAX_OWN:
            raise InvalidInput(problems=[Problem("", "view-too-many", {"maximum": MAX_OWN})])
        row = connection.execute(insert(VIEW).values(id=uuid4(), owner=self._actor.name, **values).returning(*VIEW.c)).one()
        return SavedView(**row._mapping)

    def replace(self, view_id: UUID, name: str, arrangement: Mapping[str, Any], *, shared: bool) -> SavedView:
        """The actor's own view anew. Raises ViewNotFound, NotYourView, MayNotShare, InvalidInput."""
        values = self._checked(name, arrangement, shared=shared)
        with translated(), self._engine.begin() as connection:
            self._own(connection, view_id)
            row = connection.execute(update(VIEW).where(VIEW.c.id == view_id).values(updated_at=func.now(), **values).returning(*VIEW.c)).one()
        return SavedView(**row._mapping)

    def delete(self, view_id: UUID) -> None:
        """Take the actor's own view away. Raises ViewNotFound, NotYourView."""
        with translated(), self._engine.begin() as connection:
            self._own(connection, view_id)
            connection.execute(delete(VIEW).where(VIEW.c.id == view_id))

    def _checked(self, name: str, arrangement: Mapping[str, Any], *, shared: bool) -> dict[str, Any]:
        name = name.strip()
        if not name or len(name) > MAX_NAME:
            raise InvalidInput(problems=[Problem("/name", "required" if not name else "too-long", {"field": "name", "maximum": MAX_NAME})])
        if shared and not SHARERS & self._actor.roles:
            raise MayNotShare
        return {"name": name, "arrangement": dict(arrangement), "shared": shared}

    def _own(self, connection: Connection, view_id: UUID) -> None:
        found = self._get(connection, view_id, lock=True)
        if found.owner != self._actor.name:
            raise NotYourView(owner=found.owner)

    def _get(self, connection: Connection, view_id: UUID, *, lock: bool = False) -> SavedView:
        query = select(VIEW).where(VIEW.c.id == view_id, or_(VIEW.c.owner == self._actor.name, VIEW.c.shared))
        row = connection.execute(query.with_for_update() if lock else query).first()
        if row is None:
            raise ViewNotFound(id=view_id)
        return SavedView(**row._mapping)
