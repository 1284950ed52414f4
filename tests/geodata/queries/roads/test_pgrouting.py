"""Costs are those of pgRouting, where it is installed, to 1e-6."""

from __future__ import annotations

import numpy as np
import pytest
from sqlalchemy import text

from app.bench.pgrouting import as_edges, put_in
from geodata.queries.engine import QueryEngine
from geodata.queries.roads.profile import costs
from geodata.store.database import Database
from geodata.store.spaces import Space
from tests.geodata.queries.roads.conftest import draw, road


@pytest.fixture
def pgrouting(database: Database) -> Database:
    """The database with the extension in it."""
    why = put_in(database)
    if why:
        pytest.skip(why)  # the extension is the peer of this test alone; an installation needs none
    return database


def test_costs_agree_with_pgrouting(pgrouting: Database, space: Space, engine: QueryEngine) -> None:
    rng = np.random.default_rng(8)
    places = [(float(x), float(y)) for x, y in np.round(np.column_stack([rng.uniform(109.7, 109.9, 120), rng.uniform(40.5, 40.7, 120)]), 7)]
    draw(space, *(road(f"R{number}", *(places[int(one)] for one in rng.choice(120, 2, replace=False)), one_way=bool(rng.random() < 0.3),
                       road_class=str(rng.choice(["national", "county", "village"]))) for number in range(300)))
    roads = engine.roads(space)
    graph = roads.graph
    as_edges(pgrouting, graph, costs(graph, roads.profile("truck")))
    with pgrouting.owner.begin() as connection:
        rows = connection.execute(text("SELECT start_vid, end_vid, agg_cost FROM pgr_dijkstraCost('SELECT * FROM edges', "
                                       "ARRAY(SELECT generate_series(0, :last)), ARRAY(SELECT generate_series(0, :last)), true)"), {"last": len(graph.nodes.lon) - 1}).all()
    nodes = [(float(lon), float(lat)) for lon, lat in zip(graph.nodes.lon, graph.nodes.lat, strict=True)]
    theirs = np.full((len(nodes), len(nodes)), np.inf)
    np.fill_diagonal(theirs, 0.0)
    for start, end, cost in rows:
        theirs[start, end] = cost
    mine = roads.trips(nodes, nodes, "truck").duration_s
    assert (np.isfinite(mine) == np.isfinite(theirs)).all() and 0.2 < np.isfinite(mine).mean() < 1.0
    reached = np.isfinite(mine)
    assert mine[reached] == pytest.approx(theirs[reached], rel=1e-6, abs=1e-6)

