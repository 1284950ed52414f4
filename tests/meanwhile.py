"""What others do while a test looks."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event
from typing import Any


@contextmanager
def meanwhile(*acts: Callable[[], object]) -> Iterator[None]:
    """Each act again and again in a thread of its own, at least once, while the body runs.

    They end whatever the body does: a failure never leaves a thread asking for ever. What an act raised is raised at the end.
    """
    over = Event()

    def again(act: Callable[[], object]) -> None:
        act()
        while not over.is_set():
            act()

    with ThreadPoolExecutor(len(acts)) as pool:
        running = [pool.submit(again, act) for act in acts]
        try:
            yield
        finally:
            over.set()
        for one in running:
            one.result(60)


def to_the_end(work: Coroutine[Any, Any, Any]) -> Any:
    """Run a coroutine on an event loop and in a thread of its own: the test's thread may have the loop of a browser."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, work).result()
