"""Follows the change feed for all event streams of one process and tells each what it may hear."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import Any, TypeVar

import psycopg
import structlog
from sqlalchemy import text

from app.metrics import Figures
from app.people import Credential
from app.presence import CHANNEL as HERE
from app.presence import Presence
from app.problems import StreamsFull
from app.services import Services
from app.streams import MOST_BEHIND, Stream, change
from geodata.store.changes import Feed, FeedItem
from geodata.store.faults import translated
from geodata.store.spaces import Space
from layers.errors import OnemapError, SpaceNotFound
from layers.spec import Actor

T = TypeVar("T")
LOOK_S = 0.5  # the feed is the truth and is asked this often; a notification only makes it sooner
GATHER_S = 0.02  # commits in quick succession are told together
PAGE = 200
CHANNEL = "onemap_change"

log = structlog.get_logger("onemap")


class Channel:
    """One space: where the process stands in its feed, and who listens."""

    def __init__(self, space: Space, cursor: str) -> None:
        self.space = space
        self.cursor = cursor
        self.streams: set[Stream] = set()
        self._stale = False
        self._here: tuple[str, ...] = ()

    def end(self, kind: str) -> None:
        """End every stream of the space, with the reason."""
        for stream in self.streams:
            stream.end(kind)

    def say_here(self, people: tuple[str, ...]) -> None:
        """Tell everyone who is here, when that has changed; a newcomer is told in any case."""
        for stream in self.streams:
            if stream.is_person and (people != self._here or not stream.knows_who):
                stream.knows_who = True
                stream.tell("here", people=list(people))
        self._here = people

    def say_stale(self) -> None:
        """Tell everyone, once, that the space cannot be read now."""
        if not self._stale:
            self._stale = True
            self.say("stale")

    def say_fresh(self) -> None:
        """Tell everyone who heard of it that it can be read again."""
        if self._stale:
            self._stale = False
            self.say("fresh")

    def say(self, kind: str) -> None:
        """Tell everyone a word that carries no data."""
        for stream in self.streams:
            stream.tell(kind)

    def tell(self, feed: Feed) -> None:
        """Give a page of the feed to everyone who may hear of it."""
        self.cursor = feed.cursor
        for stream in self.streams:
            stream.cursor = feed.cursor
            if feed.reset:
                stream.reset(feed.cursor)
        for item in feed.items:
            event = change(item)
            for stream in self.streams:
                if stream.hears(item.layer, self.space.catalogue):
                    stream.put(event)


class Hub:
    """All event streams of one process. Its methods run on the event loop; the database is asked from own threads."""

    def __init__(self, known: Services) -> None:
        self._known = known
        self._most = max(1, -(-known.settings.event_streams_max // max(1, known.settings.workers)))
        self._threads = ThreadPoolExecutor(4, thread_name_prefix="events")
        self._channels: dict[str, Channel] = {}
        self._hint = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._opening = asyncio.Lock()
        self._count = 0
        self._closed = False
        self._figures = Figures()
        self._presence = Presence()
        self._basemaps: object = None

    async def ask(self, question: Callable[..., T], *arguments: Any) -> T:
        """Run something that waits for the database in one of the hub's threads."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, question, *arguments)

    async def join(self, space: Space, actor: Actor, credential: Credential, layers: frozenset[str] | None, after: str | None) -> Stream:
        """Open a stream that starts after the cursor `after`, or now. Raises StreamsFull, InvalidInput, SpaceNotFound."""
        if self._count >= self._most or self._closed:
            self._figures.streams_refused.inc()
            raise StreamsFull(part="worker")
        self._count += 1
        try:
            channel = await self._channel(space)
            stream = Stream(actor, credential, layers, channel.cursor)
            channel.streams.add(stream)
            self._come(space.id, stream)
            try:
                await self._catch_up(channel, stream, after)
            except BaseException:
                channel.streams.discard(stream)
                self._go(space.id, stream)
                raise
        except BaseException:
            self._count -= 1
            raise
        self._figures.streams.inc()
        return stream

    def leave(self, stream: Stream) -> None:
        """Forget a stream."""
        for space_id, channel in list(self._channels.items()):
            if stream in channel.streams:
                channel.streams.discard(stream)
                self._go(space_id, stream)
                self._count -= 1
                self._figures.streams.dec()
            if not channel.streams:
                self._channels.pop(space_id, None)

    def _come(self, space_id: str, stream: Stream) -> None:
        if stream.is_person:
            self._presence.come(space_id, stream.actor.name)

    def _go(self, space_id: str, stream: Stream) -> None:
        if stream.is_person:
            self._presence.go(space_id, stream.actor.name)

    async def close(self) -> None:
        """End every stream and stop following."""
        self._closed = True
        for channel in self._channels.values():
            channel.end("restart")
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._threads.shutdown(wait=False)

    async def _channel(self, space: Space) -> Channel:
        async with self._opening:
            if not self._tasks:
                self._tasks = [asyncio.create_task(self._follow()), asyncio.create_task(self._listen())]
            channel = self._channels.get(space.id)
            if channel is None:
                feed = await self.ask(space.feed, None)
                channel = self._channels[space.id] = Channel(space, feed.cursor)
            return channel

    async def _catch_up(self, channel: Channel, stream: Stream, after: str | None) -> None:
        """Tell a returning reader what it missed. What comes meanwhile is in its queue already; it is told once."""
        if after is None or after == channel.cursor:
            return
        missed: list[FeedItem] = []
        cursor = after
        while True:
            feed = await self.ask(partial(channel.space.feed, cursor, limit=PAGE))
            missed += feed.items
            if feed.reset or len(missed) > MOST_BEHIND:
                stream.reset(channel.cursor)
                return
            cursor = feed.cursor
            if len(feed.items) < PAGE:
                break
        stream.put_first(change(item) for item in missed if stream.hears(item.layer, channel.space.catalogue))

    async def _follow(self) -> None:
        checked = 0.0
        while True:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._hint.wait(), LOOK_S)
                await asyncio.sleep(GATHER_S)
            self._hint.clear()
            try:
                look = time.monotonic() - checked >= LOOK_S
                if look:
                    await self._say_basemaps()
                    await self._check_people()
                    await self._say_here()
                    checked = time.monotonic()
                await asyncio.gather(*(self._follow_one(channel, look) for channel in list(self._channels.values())))
            except OnemapError:
                self._say_stale()
            except Exception:  # one bad round must not silence every stream for good
                log.exception("events")
                self._say_stale()

    async def _follow_one(self, channel: Channel, look: bool) -> None:
        """Tell one space's news. What befalls it, a drill closed at any moment or tables locked, is no matter of the others."""
        try:
            if look:  # closed or reset, here or by another process
                channel.space = await self.ask(self._known.database.space, channel.space.id)
            await self._read(channel)
            channel.say_fresh()
        except SpaceNotFound:
            channel.end("closed")
        except OnemapError:
            channel.say_stale()
        except Exception:
            log.exception("events", space=channel.space.id)
            channel.say_stale()

    async def _read(self, channel: Channel) -> None:
        while True:
            feed = await self.ask(lambda: channel.space.feed(channel.cursor, limit=PAGE))
            if any(item.layer not in channel.space.catalogue for item in feed.items):
                await self.ask(channel.space.refresh)  # a run-time layer made by another process
            channel.tell(feed)
            if len(feed.items) < PAGE:
                return

    async def _check_people(self) -> None:
        streams = [stream for channel in self._channels.values() for stream in channel.streams]
        if streams:
            alive = await self.ask(self._known.people.alive, {stream.credential for stream in streams})
            for stream in streams:
                if stream.credential not in alive:
                    stream.end("signed-out")

    async def _say_basemaps(self) -> None:
        """Tell that there are other basemaps now. Files say so, whichever process put them there, and a database that is away keeps nothing back."""
        now = await self.ask(lambda: self._known.basemaps.listed)
        if self._basemaps is not None and now is not self._basemaps:
            for channel in self._channels.values():
                channel.say("basemaps")
        self._basemaps = now

    async def _say_here(self) -> None:
        """Tell the other processes whom this one serves, and its readers who is here."""
        news = self._presence.news()
        if news is not None:
            with suppress(OnemapError):
                await self.ask(self._notify, news)
        for space_id, channel in self._channels.items():
            channel.say_here(self._presence.people(space_id))

    def _notify(self, payload: str) -> None:
        with translated(), self._known.database.engine.begin() as connection:
            connection.execute(text("SELECT pg_notify(:channel, :payload)"), {"channel": HERE, "payload": payload})

    def _say_stale(self) -> None:
        for channel in self._channels.values():
            channel.say_stale()

    async def _listen(self) -> None:
        """Turn notifications into hints; without them changes are still told, within LOOK_S."""
        while True:
            with suppress(psycopg.Error, OSError):
                connection = await psycopg.AsyncConnection.connect(self._known.database.conninfo(), autocommit=True, connect_timeout=2)
                async with connection:
                    await connection.execute(f"LISTEN {CHANNEL}; LISTEN {HERE}")
                    async for one in connection.notifies():
                        if one.channel == HERE:
                            self._presence.hear(one.payload)
                        else:
                            self._hint.set()
            await asyncio.sleep(1)
