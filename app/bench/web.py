"""Our own service and its peers over HTTP: a page of features, all features of a box, vector tiles; each answer looked at before it is timed."""

from __future__ import annotations

import http.client
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from math import asinh, pi, radians, tan
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import psycopg
import shapely

from app.bench.peers import peers
from app.bench.scratch import SEED, as_table, filled, places
from app.bench.streams import served
from app.bench.turns import Result, take_turns
from geodata.store.database import Database
from geodata.store.sessions import Tokens
from geodata.store.tiles import keep_pyramids
from layers.spec import Geometry, Role

LAYER, TABLE = "bench_points", "bench_plain"
OURS, TIPG = "onemap", "tipg"
PAGE = 1000
IN_BOX = 10_000
ZOOM = 14
BARS = {"items": 1 / 12, "box": 1 / 20, "tiles": 1 / 3, "kept": 1 / 9}  # of tipg's time: bars.md, speed table
_AS_PEERS_KEEP = (f"ALTER TABLE {TABLE} DROP geog, DROP flat, ALTER geom TYPE geometry(Point, 4326) USING ST_SetSRID(geom, 4326);"
                  f"CREATE INDEX ON {TABLE} USING gist (geom); ANALYZE {TABLE}")  # what they answer in, so that they need not transform
Ask = Callable[[str], bytes]


def items(database: Database, features: int, rounds: int, home: Path) -> list[Result]:
    """A page of 1,000 features, and all of some 10,000 in a box."""
    points = places(features, SEED)
    with _servers(database, points, home) as servers:
        results = []
        for name, questions, bar in (("items", [f"limit={PAGE}"], "items"), ("box", [f"limit={IN_BOX}&bbox={_box(points, IN_BOX)}"], "box")):
            counts = {one: [_features(ask(f"/items?{question}")) for question in questions] for one, ask in servers.items()}
            competitors = {one: _prefixed(ask, "/items?") for one, ask in servers.items()}
            results.append(_turns(f"{name} of {features}", competitors, questions, rounds, bar, {"seed": SEED, "rounds": rounds, "features answered": counts}))
    return results


def tiles(database: Database, features: int, rounds: int, home: Path) -> list[Result]:
    """Tiles of zoom 14 never asked for before, and the same ones again, as browsers ask for them."""
    points = places(features, SEED)
    addresses = _tiles(points, 24 * (rounds + 1))
    with _servers(database, points, home) as servers:
        able = {name: _tile(ask, name) for name, ask in servers.items() if name in (OURS, TIPG)}
        sizes = {name: max(len(ask(at)) for at in addresses[-4:]) for name, ask in able.items()}
        cold = {name: _each_once(ask, addresses) for name, ask in able.items()}
        facts = {"seed": SEED, "rounds": rounds, "zoom": ZOOM, "largest of four, bytes": sizes}
        return [_turns(f"tiles of {features}, cold", cold, list(range(24)), rounds, "tiles", facts), _turns(f"tiles of {features}, kept", able, addresses[:24], rounds, "kept", facts)]


def _prefixed(ask: Ask, path: str) -> Callable[[str], bytes]:
    return lambda question: ask(path + question)


def _tile(ask: Ask, server: str) -> Callable[[tuple[int, int]], bytes]:
    """A tile by (x, y): the standard has the row before the column, tipg the other way round."""
    return lambda at: ask("/tiles/WebMercatorQuad/{}/{}/{}".format(ZOOM, *(at if server == TIPG else at[::-1])))


def _each_once(ask: Callable[[tuple[int, int]], bytes], addresses: list[tuple[int, int]]) -> Callable[[Any], bytes]:
    """The next tile that was not asked for before, whatever the question."""
    fresh = iter(addresses)
    return lambda _: ask(next(fresh))


def _turns(name: str, competitors: dict[str, Callable[[Any], Any]], questions: list[Any], rounds: int, bar: str, facts: dict[str, Any]) -> Result:
    """Against tipg where it could be had; else our own times alone, and that is said."""
    beside = TIPG in competitors
    return take_turns(name, competitors, questions, rounds, TIPG if beside else OURS, {OURS: BARS[bar]} if beside else {}, facts if beside else {**facts, "peers": "none could be installed"})


@contextmanager
def _servers(database: Database, points: np.ndarray, home: Path) -> Iterator[dict[str, Ask]]:
    """How to ask each server below the address of its collection: a connection kept open, packed answers as browsers take them not asked for."""
    shapes = shapely.points(points)
    space = filled(database, LAYER, Geometry.POINT, shapes)
    keep_pyramids(space)
    with psycopg.connect(as_table(database, TABLE, "Point", shapely.to_wkb(shapes)), autocommit=True) as connection:
        connection.execute(_AS_PEERS_KEEP)
    token = Tokens(database.engine).create("bench", frozenset({Role.PLANNER}), "bench", timedelta(days=1))
    with served(database) as port, peers(home, database.owner.url, TABLE) as others:
        ours = _asking(f"http://127.0.0.1:{port}/ogc/collections/{LAYER}", {"Authorization": f"Bearer {token}"})
        yield {OURS: ours, **{name: _asking(address, {}) for name, address in others.items()}}


def _asking(address: str, headers: dict[str, str]) -> Ask:
    base = urlsplit(address)
    connection = http.client.HTTPConnection(str(base.hostname), base.port, timeout=120)

    def ask(path: str) -> bytes:
        connection.request("GET", base.path + path, headers={**headers, "Accept": "application/geo+json, application/vnd.mapbox-vector-tile, */*"})
        answer = connection.getresponse()
        body = answer.read()
        if answer.status not in (200, 204):
            raise RuntimeError(f"{address}{path} answered {answer.status}: {body[:200]!r}")
        return body

    return ask


def _features(body: bytes) -> int:
    return len(json.loads(body)["features"])


def _box(points: np.ndarray, count: int) -> str:
    """A box around the middle that holds about so many of the points."""
    middle = np.median(points, axis=0)
    away = float(np.sort(np.abs(points - middle).max(axis=1))[min(count, len(points)) - 1]) * 0.999
    return ",".join(f"{one:.6f}" for one in (*(middle - away), *(middle + away)))


def _tiles(points: np.ndarray, count: int) -> list[tuple[int, int]]:
    """(x, y) of tiles that hold points, the fullest first."""
    n = 2.0**ZOOM
    x = (points[:, 0] + 180.0) / 360.0 * n
    y = np.array([(1.0 - asinh(tan(radians(lat))) / pi) / 2.0 * n for lat in points[:, 1]])
    found, held = np.unique(np.column_stack([x, y]).astype(int), axis=0, return_counts=True)
    return [(int(a), int(b)) for a, b in found[np.argsort(-held, kind="stable")][:count]]
