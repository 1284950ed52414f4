"""Questions asked without a pause by somebody else while something is measured: how long they took alone, and how long beside it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import cycle

import numpy as np
import shapely

from app.bench.scratch import SEED, filled, places
from geodata.queries.engine import QueryEngine
from geodata.queries.nearest import NearestQuestion
from geodata.store.database import Database
from layers.spec import OPERATOR, Geometry

_LAYER, _FEATURES, _K = "bench_asked", 20_000, 5
_PAUSE_S = 0.02


class Asker:
    """Asks for the 5 nearest of 20,000 points, checked against the database each time, as a duty officer's page does."""

    def __init__(self, database: Database) -> None:
        space = filled(database, _LAYER, Geometry.POINT, shapely.points(places(_FEATURES, SEED)))
        engine = QueryEngine(database)
        engine.warm(space, [_LAYER])
        asked = cycle([NearestQuestion(float(lon), float(lat), (_LAYER,), _K) for lon, lat in places(200, SEED + 1)])
        self._ask: Callable[[], object] = lambda: engine.nearest(space, next(asked), OPERATOR)

    def alone(self, seconds: float) -> list[float]:
        """Seconds that each answer took with nothing beside it."""
        end, taken = time.monotonic() + seconds, list[float]()
        while time.monotonic() < end:
            taken.append(self._timed())
            time.sleep(_PAUSE_S)
        return taken

    @contextmanager
    def beside(self, taken: list[float]) -> Iterator[None]:
        """Ask as long as the block runs; what each answer took goes to `taken`."""
        over = threading.Event()

        def ask() -> None:
            while not over.wait(_PAUSE_S):
                taken.append(self._timed())

        thread = threading.Thread(target=ask, daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()

    def _timed(self) -> float:
        start = time.perf_counter()
        self._ask()
        return time.perf_counter() - start


def told(alone: list[float], beside: list[float]) -> str:
    """Median and 95th percentile of both in milliseconds, and how many times slower."""
    said = []
    for share in (50, 95):
        before, after = (1000 * float(np.percentile(one, share)) for one in (alone, beside))
        said.append(f"p{share} {before:.2f} ms alone, {after:.2f} beside (x {after / before:.1f})")
    return "; ".join(said)
