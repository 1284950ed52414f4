"""A process that writes and asks as a web process does, told what by lines of JSON; given a name it is one of the wrong builds."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import numpy as np
import shapely
from sqlalchemy import func, select

from geodata.queries import index as index_module
from geodata.queries.engine import QueryEngine
from geodata.queries.exposure import ExposureQuestion
from geodata.queries.index import LayerIndex
from geodata.queries.nearest import NearestQuestion
from geodata.store.batch import Row
from geodata.store.changes import ChangedItem, ChangesSince, LayerVersion
from geodata.store.database import Database
from geodata.store.reading import Reader
from layers.spec import OPERATOR
from tests.conftest import SECRET
from tests.geodata.queries.conftest import EAST, NORTH, SOUTH, WEST

READERS = 3


class Process:
    """One database, one engine; each order is a method."""

    def __init__(self, url: str) -> None:
        self.database = Database(url, SECRET, pool_size=12)
        self.engine = QueryEngine(self.database)
        self.space = self.database.space()

    def insert(self, layer: str, code: str, wkt: str) -> str:
        with self.space.transaction(OPERATOR) as store:
            return str(store.insert(layer, {"code": code, "status": "open"}, shapely.from_wkt(wkt)).id)

    def move(self, layer: str, id: str, wkt: str) -> None:
        with self.space.transaction(OPERATOR) as store:
            store.patch(layer, UUID(id), {}, version=store.get(layer, UUID(id)).version, geometry=shapely.from_wkt(wkt))

    def drop(self, layer: str, id: str) -> None:
        with self.space.transaction(OPERATOR) as store:
            store.delete(layer, UUID(id), version=store.get(layer, UUID(id)).version, reason="test")

    def load(self, layer: str, shapes: dict[str, str]) -> None:
        rows = [Row({"code": code, "status": "open"}, shapely.from_wkt(wkt), place) for place, (code, wkt) in enumerate(shapes.items())]
        with self.space.transaction(OPERATOR) as store:
            store.upsert(layer, rows)

    def nearest(self, layer: str, lon: float, lat: float, k: int) -> list[tuple[str, float]]:
        found = self.engine.nearest(self.space, NearestQuestion(lon, lat, (layer,), k), OPERATOR).layers[0]
        return [(str(one.id), one.distance_m) for one in found.ranked]

    def inside(self, layer: str, wkt: str) -> list[str]:
        found = self.engine.exposure(self.space, ExposureQuestion(shapely.from_wkt(wkt), 0.0, (layer,)), OPERATOR).layers[0]
        return [str(one.id) for one in found.features]

    def storm(self, layer: str, writers: int, writes: int, seed: int) -> list[str]:
        """Writers at once, each reading its own writes, while others ask; what was wrong. Each leaves one feature of its own."""
        over = threading.Event()

        def write(who: int) -> list[str]:
            rng = np.random.default_rng([seed, who])
            one = self.insert(layer, f"storm-{seed}-{who}", _wkt(rng))
            stale = []
            for _ in range(writes):
                place = rng.uniform([WEST, SOUTH], [EAST, NORTH])
                self.move(layer, one, shapely.Point(*place).wkt)
                ranked = self.nearest(layer, float(place[0]), float(place[1]), 1)
                if ranked[0][1] > 1e-3:
                    stale.append(f"writer {who} did not find its own feature: {ranked[0][1]:.1f} m")
            return stale

        def ask(who: int) -> list[str]:
            rng = np.random.default_rng([seed, 1000 + who])
            twice = []
            while not over.is_set():
                lon, lat = rng.uniform([WEST, SOUTH], [EAST, NORTH])
                ids = [one for one, _ in self.nearest(layer, float(lon), float(lat), 10)]
                if len(ids) != len(set(ids)):
                    twice.append("a feature was ranked twice")
            return twice

        with ThreadPoolExecutor(writers + READERS) as pool:
            asking = [pool.submit(ask, who) for who in range(READERS)]
            writing = [pool.submit(write, who) for who in range(writers)]
            try:
                found = [line for one in writing for line in one.result()]
            finally:
                over.set()
            return found + [line for one in asking for line in one.result()]


def _wkt(rng: np.random.Generator) -> str:
    return str(shapely.Point(*rng.uniform([WEST, SOUTH], [EAST, NORTH])).wkt)


def _without_token() -> None:
    LayerVersion.__eq__ = lambda one, other: isinstance(other, LayerVersion) and one.version == other.version  # type: ignore[assignment]


def _by_sequence() -> None:
    """What changed is whatever has a higher number in the history than the highest seen; numbers are drawn before the commit."""
    seen: dict[str, int] = {}
    whole = Reader.snapshot

    def snapshot(self: Reader, layer_id: str, *given: Any, **named: Any) -> Any:
        seen[layer_id] = self.connection.scalar(select(func.max(self.tables.history.c.id)).where(self.tables.history.c.layer == layer_id)) or 0
        return whole(self, layer_id, *given, **named)

    def changes_since(self: Reader, layer_id: str, since: LayerVersion | None, fields: Sequence[str] = ()) -> ChangesSince:
        now = self.version(layer_id)
        if since is None or layer_id not in seen:
            return ChangesSince(now, False)
        history, table = self.tables.history.c, self.tables.layers[layer_id]
        news = self.connection.execute(select(history.id, history.feature_id).where(history.layer == layer_id, history.id > seen[layer_id])).all()
        seen[layer_id] = max([seen[layer_id], *(one.id for one in news)])
        ids = {one.feature_id for one in news}
        columns = [table.c.id, *(table.c[one] for one in fields), func.ST_AsBinary(table.c.geom).label("wkb")]
        rows = {row.id: dict(row._mapping) for row in self.connection.execute(select(*columns).where(table.c.id.in_(ids)))}
        return ChangesSince(now, True, tuple(ChangedItem(one, rows.get(one)) for one in sorted(ids)))

    Reader.snapshot, Reader.changes_since = snapshot, changes_since  # type: ignore[method-assign]


def _stale_bounds() -> None:
    """The tree is not told that a shape has moved."""

    def take_in(self: LayerIndex, changed: Any, gone: Iterable[UUID]) -> None:
        known = set(self.slot_of)
        for one in gone:
            self._uproot(one)
        for one, slot in zip(changed.ids, self.put(changed).tolist(), strict=True):
            if one not in known:
                self._tree.insert(slot, self._squeezed(self.boxes[slot]))

    LayerIndex._take_in = take_in  # type: ignore[method-assign, assignment]


def _no_lock() -> None:
    index_module.threading = SimpleNamespace(RLock=nullcontext)  # type: ignore[assignment]


WRONG: dict[str, Callable[[], None]] = {"": lambda: None, "version without token": _without_token, "feed by sequence": _by_sequence,
                                        "stale bounds": _stale_bounds, "no lock": _no_lock}


def main() -> None:
    """`python -m tests.geodata.queries.asking_process URL WRONG`: an order a line in, an answer a line out."""
    url, wrong = sys.argv[1:3]
    WRONG[wrong]()
    process = Process(url)
    for line in sys.stdin:
        order = json.loads(line)
        try:
            answer = {"answer": getattr(process, order.pop("do"))(**order)}
        except Exception as fault:  # the judge says it
            answer = {"fault": f"{type(fault).__name__}: {fault}"}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
