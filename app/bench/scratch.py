"""A database of its own for a bench, beside the installation's, dropped afterwards."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import numpy as np
from psycopg import sql
from shapely.geometry.base import BaseGeometry
from sqlalchemy import create_engine, text

from geodata.columns import Coded, ShapeColumn
from geodata.store.batch import Rows
from geodata.store.database import Database
from geodata.store.spaces import Space
from layers.spec import OPERATOR, Family, Field, Geometry, Label, Layer, Measure, Style

SEED = 20260101
WEST, SOUTH, EAST, NORTH = 109.39, 40.47, 110.06, 40.75  # the district's box


@contextmanager
def scratch(database: Database) -> Iterator[Database]:
    """A fresh migrated database on the same cluster."""
    name = f"onemap_bench_{uuid.uuid4().hex[:8]}"
    url = database.owner.url
    admin = create_engine(url, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f'CREATE DATABASE "{name}" TEMPLATE template1 STRATEGY file_copy'))
    fresh = Database(url.set(database=name).render_as_string(hide_password=False), database._secret)  # the roles are of the whole cluster, and so are their passwords
    try:
        fresh.migrate()
        yield fresh
    finally:
        fresh.dispose()
        with admin.connect() as connection:
            connection.execute(text(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))
        admin.dispose()


def filled(database: Database, layer_id: str, geometry: Geometry, shapes: Iterable[BaseGeometry]) -> Space:
    """The live space with a layer of these shapes, each with a number of people."""
    label = Label(layer_id, layer_id)
    people = Field("people", Label("人数", "People"), int, unit="persons", counts_as=Measure.PEOPLE)
    space = database.space("live")
    space.create_layer(Layer(layer_id, label, geometry, (people,), Style(Family.TARGET), ranked=True, exposed=True), OPERATOR)
    column = ShapeColumn.of(shapes)
    numbers = np.arange(len(column))
    with space.transaction(OPERATOR, "bench") as store:
        store.upsert(layer_id, Rows(numbers, {"people": Coded.of((numbers % 97).tolist())}, column))
    return space


def places(count: int, seed: int) -> np.ndarray:
    """Places strewn over the district, an (n, 2) array of degrees: half evenly, half in towns."""
    rng = np.random.default_rng(seed)
    even = np.column_stack([rng.uniform(WEST, EAST, count), rng.uniform(SOUTH, NORTH, count)])
    towns = np.column_stack([rng.uniform(WEST, EAST, 12), rng.uniform(SOUTH, NORTH, 12)])
    town = towns[rng.integers(0, 12, count)] + rng.normal(0.0, 0.01, (count, 2))
    town = np.clip(town, [WEST, SOUTH], [EAST, NORTH])
    return np.where(rng.random(count)[:, None] < 0.5, even, town)


def as_table(database: Database, table: str, wkt_type: str, wkb: Iterable[bytes]) -> str:
    """A plain PostGIS table as a peer would keep it: geography and CGCS2000 Gauss-Kruger (EPSG:4546) columns, indexed. Its conninfo."""
    url = database.owner.url.set(drivername="postgresql")
    import psycopg

    conninfo = url.render_as_string(hide_password=False)
    with psycopg.connect(conninfo) as connection, connection.cursor() as cursor:
        name = sql.Identifier(table)
        cursor.execute(sql.SQL(f"CREATE TABLE {{}} (id integer PRIMARY KEY, people integer, geom geometry({wkt_type}, 4490))").format(name))
        with cursor.copy(sql.SQL("COPY {} (id, people, geom) FROM STDIN").format(name)) as copy:
            for place, shape in enumerate(wkb):
                copy.write_row((place, place % 97, shape.hex()))
        cursor.execute(sql.SQL(
            "ALTER TABLE {0} ADD geog geography, ADD flat geometry({1}, 4546);"
            "UPDATE {0} SET geog = ST_SetSRID(geom, 4326)::geography, flat = ST_Transform(geom, 4546);"
            "CREATE INDEX ON {0} USING gist (geog); CREATE INDEX ON {0} USING gist (flat);").format(name, sql.SQL(wkt_type)))
        connection.commit()
        connection.autocommit = True
        cursor.execute(sql.SQL("VACUUM (FULL, ANALYZE) {}").format(name))
    return conninfo
