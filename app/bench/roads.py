"""One incident to 60 depots by road: our search beside pgRouting and networkx, where they are, on the same generated network."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from importlib import import_module
from importlib.util import find_spec
from math import isqrt
from typing import Any

import numpy as np
import psycopg
import shapely

from app.bench import pgrouting
from app.bench.scratch import EAST, NORTH, SEED, SOUTH, WEST
from app.bench.turns import Result, take_turns
from geodata.queries.engine import QueryEngine
from geodata.queries.roads.profile import Costs, costs
from geodata.queries.roads.roads import Roads
from geodata.queries.roads.search import LONGEST_S
from geodata.store.batch import Row
from geodata.store.database import Database
from layers.spec import OPERATOR

_DEPOTS = 60
_PROFILE = "truck"
_OURS, _CHECKED, _NEAR, _ROUTING, _NETWORKX = (
    "onemap, all 60", "onemap, in-step check included", "onemap, within 20 min", "pgRouting pgr_dijkstraCost", "networkx dijkstra")
_BAR = 0.1  # bars.md: of pgRouting's time
Place = tuple[float, float]


def run(database: Database, nodes: int, rounds: int, questions: int) -> Result:
    """Make a network of about so many nodes, hold the costs of all against each other, then let them take turns."""
    space = database.space("live")
    network = space.catalogue.network
    assert network is not None
    with space.transaction(OPERATOR, "bench") as store:
        store.upsert(network.id, list(_grid(nodes)), anywhere=True)
    engine = QueryEngine(database)
    started = time.perf_counter()
    roads = engine.roads(space)
    spent = costs(roads.graph, roads.profile(_PROFILE))
    roads.trips([(WEST, SOUTH)], [(EAST, NORTH)], _PROFILE)
    built_s = time.perf_counter() - started
    places = list(zip(roads.graph.nodes.lon.tolist(), roads.graph.nodes.lat.tolist(), strict=True))
    chosen = np.random.default_rng(SEED).choice(len(places), _DEPOTS + questions, replace=False)
    depots, asked = [places[one] for one in chosen[:_DEPOTS]], [int(one) for one in chosen[_DEPOTS:]]

    def ours(roads: Roads, incident: int, limit_s: float = LONGEST_S) -> np.ndarray:
        return roads.trips(depots, [places[incident]], _PROFILE, limit_s=limit_s).duration_s[:, 0]

    competitors: dict[str, Callable[[int], Any]] = {
        _OURS: lambda incident: ours(roads, incident), _CHECKED: lambda incident: ours(engine.roads(space), incident),
        _NEAR: lambda incident: ours(roads, incident, limit_s=1200.0)}
    facts: dict[str, Any] = {"nodes": roads.graph.node_count, "edges": len(roads.graph), "built and first answered, s": round(built_s, 2), "seed": SEED, "rounds": rounds,
                             "questions": questions}
    why = pgrouting.put_in(database)
    peers: dict[str, Callable[[int], np.ndarray]] = {}
    if why is None:
        pgrouting.as_edges(database, roads.graph, spent)
        peers[_ROUTING] = _routing(database, chosen[:_DEPOTS].tolist())
    else:
        facts["pgRouting"] = why
    if find_spec("networkx"):
        peers[_NETWORKX] = _networkx(roads, spent, chosen[:_DEPOTS].tolist())
    else:
        facts["networkx"] = "not installed"
    facts["answers unlike ours"] = {name: sum(not np.allclose(ask(one), competitors[_OURS](one), rtol=1e-6, equal_nan=False) for one in asked[:5]) for name, ask in peers.items()}
    yardstick = _ROUTING if why is None else _OURS
    result = take_turns(f"1 incident to {_DEPOTS} depots by road", {**competitors, **peers}, asked, rounds, yardstick,
                        {_OURS: _BAR, _NEAR: _BAR} if why is None else {}, facts)
    engine.close()
    return result


def _grid(nodes: int) -> Iterator[Row]:
    """Roads between the places of a shaken grid, a quarter of them left out, each 12th a main road, some one-way."""
    side = isqrt(nodes)
    rng = np.random.default_rng(SEED)
    step = (EAST - WEST) / side, (NORTH - SOUTH) / side
    shaken = rng.uniform(-0.3, 0.3, (side, side, 2)) * step
    place = np.round(np.stack(np.meshgrid(WEST + step[0] * np.arange(side), SOUTH + step[1] * np.arange(side), indexing="ij"), -1) + shaken, 7)
    for column in range(side):
        for row in range(side):
            for other, main in (((column + 1, row), row % 12 == 0), ((column, row + 1), column % 12 == 0)):
                if max(other) < side and (main or rng.random() < 0.75):
                    properties = {"road_class": "county" if main else "village", "one_way": bool(not main and rng.random() < 0.05)}
                    yield Row(properties, shapely.LineString([place[column, row], place[other]]))


def _routing(database: Database, depots: list[int]) -> Callable[[int], np.ndarray]:
    """A prepared connection of its own; only the edges' table is read, as pgRouting does."""
    connection = psycopg.connect(database.owner.url.set(drivername="postgresql").render_as_string(hide_password=False), autocommit=True)
    row_of = {node: row for row, node in enumerate(depots)}

    def ask(incident: int) -> np.ndarray:
        found = np.full(len(depots), np.inf)
        for start, cost in connection.execute("SELECT start_vid, agg_cost FROM pgr_dijkstraCost('SELECT id, source, target, cost, reverse_cost FROM edges', %s::bigint[], %s::bigint, true)",
                                              (depots, incident)):
            found[row_of[start]] = cost
        return found

    return ask


def _networkx(roads: Roads, spent: Costs, depots: list[int]) -> Callable[[int], np.ndarray]:
    networkx = import_module("networkx")
    graph = networkx.DiGraph()
    for start, end, along, against in zip(roads.graph.start.tolist(), roads.graph.end.tolist(), spent.along_s.tolist(), spent.against_s.tolist(), strict=True):
        graph.add_weighted_edges_from([(one, two, cost) for one, two, cost in ((end, start, along), (start, end, against)) if np.isfinite(cost)])  # turned round: from the incident

    def ask(incident: int) -> np.ndarray:
        found = networkx.single_source_dijkstra_path_length(graph, incident)
        return np.array([found.get(one, np.inf) for one in depots])

    return ask
