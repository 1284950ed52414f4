"""The open event streams of one process: who listens, what each still has to be told, and when it ends."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from app.metrics import Figures
from app.people import Credential
from geodata.store.changes import FeedItem
from geodata.store.rows import sees_exactly
from geodata.store.tables import DEFINITIONS
from layers.collection import Catalogue
from layers.spec import Action, Actor

BEAT_S = 15  # proxies cut what is silent for 30 or 60 s
MOST_BEHIND = 2_000  # commits; a reader further behind reads the map anew, which costs less. Well above a page of the feed, which is told in one go
SEND_PATIENCE_S = 30

Send = Callable[[dict[str, Any]], Any]


@dataclass(frozen=True)
class Event:
    """One change, encoded once for all who hear of it."""

    layer: str
    version: int
    text: bytes
    coarse: bytes  # for those who may not know exact positions


def message(kind: str, data: dict[str, Any], cursor: str | None = None) -> bytes:
    """A server-sent event."""
    mark = f"id: {cursor}\n" if cursor else ""
    return f"event: {kind}\n{mark}data: {json.dumps(data, ensure_ascii=False, separators=(',', ':'))}\n\n".encode()


def change(item: FeedItem) -> Event:
    """A commit as an event. The definitions of run-time layers are told as `layers`: read the list of layers anew."""
    data: dict[str, Any] = {"layer": item.layer, "version": item.version, "token": str(item.token), "by": item.by, "at": item.at.isoformat()}
    kind = "layers" if item.layer == DEFINITIONS else "change"
    if kind == "change":
        data["truncated"] = item.truncated
    exact, coarse = (message(kind, {**data, **_named(one, kind)}, item.cursor) for one in (item, item.coarse()))
    return Event(item.layer, item.version, exact, coarse)


def _named(item: FeedItem, kind: str) -> dict[str, Any]:
    return {"features": [{"id": str(one.id), "op": one.op, "bbox": one.bbox} for one in item.features]} if kind == "change" else {}


class Stream:
    """One open stream. Everything here runs on the event loop; nothing waits for a slow reader but the reader's own task."""

    def __init__(self, actor: Actor, credential: Credential, layers: frozenset[str] | None, cursor: str) -> None:
        self.actor, self.credential = actor, credential
        self.cursor = cursor
        self.knows_who = False  # has been told who else is here
        self._layers = layers
        self._queue: deque[Event | bytes] = deque()
        self._missed: list[Event | bytes] = []
        self._news = asyncio.Event()
        self._coarse: set[str] = set()  # layers whose positions this reader may not know exactly
        self._told: dict[str, int] = {}
        self._overrun = False
        self._ended = False
        self._figures = Figures()

    @property
    def is_person(self) -> bool:
        """Whether somebody's browser listens; a program or a wall is neither here nor asks who is."""
        return self.credential.kind == "session"

    def hears(self, layer: str, catalogue: Catalogue) -> bool:
        """Whether this reader may, and wants to, know of changes to a layer."""
        if layer == DEFINITIONS:
            return True
        if layer not in catalogue or (self._layers is not None and layer not in self._layers):
            return False
        declared = catalogue[layer]
        if not sees_exactly(declared, reveal=self.actor.may(Action.REVEAL, declared)):
            self._coarse.add(layer)
        return self.actor.may(Action.READ, declared)

    def put(self, event: Event | bytes) -> None:
        """Queue an event; a reader too far behind loses its queue and is told to read anew. Nothing follows the end."""
        if self._overrun or self._ended:
            return
        if len(self._queue) >= MOST_BEHIND:
            self._queue.clear()
            self._missed.clear()
            self._overrun = True
        else:
            self._queue.append(event)
        self._news.set()

    def put_first(self, missed: Iterable[Event]) -> None:
        """What was missed is told before what is queued, and does not count against the reader."""
        if self._ended:
            return
        self._missed.extend(missed)
        self._news.set()

    def tell(self, kind: str, **data: Any) -> None:
        """Queue a word about the stream itself."""
        self.put(message(kind, data))

    def reset(self, cursor: str) -> None:
        """What was told before is of another history."""
        self._told.clear()
        self.put(message("reset", {"reset": True}, cursor))

    def end(self, kind: str) -> None:
        """Say why and close."""
        if self._ended:
            return
        self._overrun = False
        self._queue.append(message(kind, {}))
        self._ended = True
        self._news.set()

    def take(self) -> bytes:
        """All that is to be sent now, without what was already told."""
        self._news.clear()
        if self._overrun:
            self._overrun = False
            self._told.clear()
            self._figures.streams_reset.inc()
            return message("reset", {"reset": True}, self.cursor)
        parts = [part for part in map(self._text, (*self._missed, *self._queue)) if part]
        self._missed.clear()
        self._queue.clear()
        self._figures.events.inc(len(parts))
        return b"".join(parts)

    def _text(self, event: Event | bytes) -> bytes:
        if isinstance(event, bytes):
            return event
        if event.version <= self._told.get(event.layer, -1):
            return b""
        self._told[event.layer] = event.version
        return event.coarse if event.layer in self._coarse else event.text

    async def pump(self, send: Send) -> None:
        """Write until the stream ends; a beat where there is nothing to say."""
        while True:
            try:
                await asyncio.wait_for(self._news.wait(), BEAT_S)
                text = self.take()
            except TimeoutError:
                text = b": beat\n\n"
            if text:
                await asyncio.wait_for(send({"type": "http.response.body", "body": text, "more_body": True}), SEND_PATIENCE_S)
            if self._ended and not self._queue:
                await send({"type": "http.response.body", "body": b""})
                return
