"""A cold index: from nothing to answering, beside what it costs to copy the same shapes out of PostgreSQL at all."""

from __future__ import annotations

import geopandas
import numpy as np
import psycopg
import rtree
import shapely
from sqlalchemy import create_engine

from app.bench.scratch import SEED, as_table, filled, places
from app.bench.turns import Result, take_turns
from geodata.queries.engine import QueryEngine
from geodata.store.database import Database
from layers.spec import Geometry

LAYER, TABLE = "bench_buildings", "bench_plain"
OURS, COPY, ROWS, PANDAS = "onemap index built", "COPY of the shapes out, nothing more", "rtree, row by row", "geopandas read and its sindex"
BAR = 2.5  # bars.md, speed table
_SIDE_DEG = 1e-4


def run(database: Database, features: int, rounds: int) -> Result:
    """Every competitor reads the same buildings; ours keeps identity, boxes, shapes and what its rankings need, at one version."""
    corners = places(features, SEED)
    buildings = shapely.box(*corners.T, *(corners + _SIDE_DEG).T)
    space = filled(database, LAYER, Geometry.POLYGON, buildings)
    conninfo = as_table(database, TABLE, "Polygon", shapely.to_wkb(buildings))
    engine = create_engine(database.owner.url)

    def ours(_: object) -> None:
        fresh = QueryEngine(database)
        fresh.warm(space, [LAYER], timeout_s=600.0)
        index = fresh.index(space, LAYER)
        assert index is not None and len(index.ids) >= features

    def copied(connection: psycopg.Connection) -> list[bytes]:  # type: ignore[type-arg]
        with connection.cursor() as cursor, cursor.copy(f"COPY (SELECT ST_AsBinary(geom) FROM {TABLE}) TO STDOUT (FORMAT binary)") as copy:  # type: ignore[arg-type]
            copy.set_types(["bytea"])
            return [row[0] for row in copy.rows()]

    def row_by_row(connection: psycopg.Connection) -> None:  # type: ignore[type-arg]
        index = rtree.index.Index()
        for place, wkb in enumerate(copied(connection)):
            index.insert(place, shapely.from_wkb(wkb).bounds)

    def by_frame(_: object) -> None:
        frame = geopandas.read_postgis(f"SELECT id, geom FROM {TABLE}", engine, geom_col="geom")
        assert len(frame.sindex) == features

    with psycopg.connect(conninfo, autocommit=True) as connection:
        competitors = {COPY: lambda _: copied(connection), OURS: ours, PANDAS: by_frame}
        if features <= 200_000:
            competitors[ROWS] = lambda _: row_by_row(connection)
        result = take_turns(f"cold index of {features} buildings", competitors, [0], rounds, COPY, {OURS: BAR},
                            {"seed": SEED, "rounds": rounds, "memory of the index, bytes a feature": _bytes_each(database, features)})
    engine.dispose()
    return result


def _bytes_each(database: Database, features: int) -> int:
    """What one index adds to the process, by its resident size before and after."""
    space = database.space()
    before = _resident()
    engine = QueryEngine(database)
    engine.warm(space, [LAYER], timeout_s=600.0)
    held = _resident() - before
    assert engine.index(space, LAYER) is not None
    return int(np.ceil(held / features))


def _resident() -> int:
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096
