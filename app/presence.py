"""Who else is here: names of those whose map is open, over all processes, told from mouth to mouth by notifications.

Each process tells the others whom it serves, at once when that changes and every BEAT_S besides; who has not been heard of
for SILENT_S is no longer there. Nothing is stored.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable
from uuid import uuid4

CHANNEL = "onemap_here"
BEAT_S = 10.0
SILENT_S = 30.0
MOST_NAMED = 60  # names of a space that a process tells: a notification holds 8,000 bytes


class Presence:
    """What one process knows of who is where. Runs on the event loop."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._me = uuid4().hex[:12]
        self._now = now
        self._own: dict[str, Counter[str]] = {}
        self._others: dict[str, tuple[float, dict[str, list[str]]]] = {}
        self._told = (0.0, "")

    def come(self, space: str, name: str) -> None:
        """Somebody opened the map of a space."""
        self._own.setdefault(space, Counter())[name] += 1

    def go(self, space: str, name: str) -> None:
        """Somebody closed it; who has it open twice is still there."""
        here = self._own.get(space, Counter())
        here[name] -= 1
        self._own[space] = +here
        if not self._own[space]:
            del self._own[space]

    def hear(self, payload: str) -> None:
        """Take in what another process told; what cannot be read is passed over."""
        try:
            who, spaces = json.loads(payload)
            heard = {str(space): [str(name) for name in names] for space, names in spaces.items()}
        except (ValueError, TypeError, AttributeError):
            return
        if who != self._me:
            self._others[str(who)] = (self._now(), heard)

    def news(self) -> str | None:
        """What to tell the others, if it is time to."""
        payload = json.dumps([self._me, {space: sorted(names)[:MOST_NAMED] for space, names in self._own.items()}], ensure_ascii=True)
        at, before = self._told
        if payload == before and self._now() - at < BEAT_S:
            return None
        self._told = (self._now(), payload)
        return payload

    def people(self, space: str) -> tuple[str, ...]:
        """Names of all who are in a space, in alphabetical order, each once."""
        self._others = {who: one for who, one in self._others.items() if self._now() - one[0] < SILENT_S}
        named = set(self._own.get(space, ())) | {name for _, heard in self._others.values() for name in heard.get(space, ())}
        return tuple(sorted(named))
