"""What lies inside a zone, in process: our engine and its index beside PostGIS and geopandas, on many small buildings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import geopandas
import numpy as np
import psycopg
import shapely
from shapely.geometry.base import BaseGeometry

from app.bench.scratch import SEED, as_table, filled, places
from app.bench.turns import Result, take_turns
from geodata.crs import reproject
from geodata.queries.engine import QueryEngine
from geodata.queries.exposure import ExposureQuestion
from geodata.store.database import Database
from layers.spec import OPERATOR, Geometry

_OURS, _GEOGRAPHY, _FLAT, _PANDAS = "onemap engine (with parts and basis)", "PostGIS geography ST_DWithin", "PostGIS projected ST_DWithin", "geopandas projected"
_SIDE_DEG = 1e-4  # buildings of some 10 m
_BARS = {"1 km": 0.4, "5 km": 0.1, "polygon of 100 corners": 0.5}  # bars.md, speed table, of projected PostGIS
Counted = Callable[["_Asked"], int]


@dataclass(frozen=True)
class _Asked:
    """A zone in degrees and projected, and how far it is widened."""

    zone: BaseGeometry
    flat: BaseGeometry
    buffer_m: float


def run(database: Database, features: int, rounds: int) -> list[Result]:
    """Make the data, compare the counts, then let all take turns at a 1 km circle, at a 5 km circle and at a polygon of 100 corners."""
    corners = places(features, SEED)
    buildings = shapely.box(*corners.T, *(corners + _SIDE_DEG).T)
    space = filled(database, "bench_buildings", Geometry.POLYGON, buildings)
    engine = QueryEngine(database)
    engine.warm(space, ["bench_buildings"])

    def ours(asked: _Asked) -> int:
        return engine.exposure(space, ExposureQuestion(asked.zone, asked.buffer_m, ("bench_buildings",)), OPERATOR).layers[0].count

    with psycopg.connect(as_table(database, "bench_plain", "Polygon", shapely.to_wkb(buildings)), autocommit=True) as connection:
        competitors: dict[str, Counted] = {_OURS: ours, **_postgis(connection), _PANDAS: _geopandas(buildings)}
        results = []
        for (zone, bar), asked in zip(_BARS.items(), _questions(), strict=True):
            counts = {name: ask(asked) for name, ask in competitors.items()}
            results.append(take_turns(f"exposure over {features} buildings, {zone}", competitors, [asked], rounds, _FLAT, {_OURS: bar},
                                      {"seed": SEED, "rounds": rounds, "counts": counts}))
    engine.close()
    return results


def _questions() -> list[_Asked]:
    place = shapely.Point(109.8, 40.6)
    angle = np.linspace(0.0, 2.0 * np.pi, 100, endpoint=False)
    radius = 0.03 + 0.01 * np.sin(5.0 * angle)
    polygon = shapely.Polygon(np.column_stack([109.75 + radius * np.cos(angle), 40.6 + 0.7 * radius * np.sin(angle)]))
    return [_Asked(zone, reproject(zone, 4490, 4546), metres) for zone, metres in ((place, 1_000.0), (place, 5_000.0), (polygon, 0.0))]


def _postgis(connection: psycopg.Connection[Any]) -> dict[str, Counted]:
    cursor = connection.cursor()

    def by(condition: str, shape: Callable[[_Asked], BaseGeometry]) -> Counted:
        statement = f"SELECT id, people FROM bench_plain WHERE {condition}"

        def count(asked: _Asked) -> int:
            return len(cursor.execute(statement, {"zone": shapely.to_wkb(shape(asked)), "metres": asked.buffer_m}, prepare=True).fetchall())  # type: ignore[arg-type]

        return count

    return {
        _GEOGRAPHY: by("ST_DWithin(geog, ST_SetSRID(ST_GeomFromWKB(%(zone)s), 4326)::geography, %(metres)s)", lambda asked: asked.zone),
        _FLAT: by("ST_DWithin(flat, ST_SetSRID(ST_GeomFromWKB(%(zone)s), 4546), %(metres)s)", lambda asked: asked.flat),
    }


def _geopandas(buildings: np.ndarray) -> Counted:
    frame = geopandas.GeoDataFrame({"people": np.arange(len(buildings)) % 97}, geometry=buildings, crs=4490).to_crs(4546)
    frame.sindex  # noqa: B018  (built once, as a peer's user would)

    def count(asked: _Asked) -> int:
        if asked.buffer_m:
            return len(frame.iloc[frame.sindex.query(asked.flat, predicate="dwithin", distance=asked.buffer_m)])
        return len(frame.iloc[frame.sindex.query(asked.flat, predicate="intersects")])

    return count
