"""The 5 nearest of many points, in process, for one place and for many at once: our engine and its index beside PostGIS and geopandas."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import geopandas
import numpy as np
import psycopg
import shapely

from app.bench.scratch import SEED, as_table, filled, places
from app.bench.turns import Result, take_turns
from geodata.crs import GEOD, transformer
from geodata.queries.admission import Admission
from geodata.queries.engine import QueryEngine
from geodata.queries.nearest import NearestQuestion
from geodata.queries.ranking import Search
from geodata.store.database import Database
from geodata.store.spaces import Space
from layers.spec import OPERATOR, Geometry

_K = 5
_OURS, _CHECKED, _KNN, _EXACT, _PANDAS = (
    "onemap index", "onemap engine, in-step check included", "PostGIS geography <->", "PostGIS geography <->, re-ranked exactly", "geopandas projected")
_MANY, _LATERAL, _FLAT = "onemap, all places in one question", "PostGIS geography <->, lateral join", "PostGIS projected <->, lateral join"
_BAR_MANY = 0.15  # bars.md
_BAR = 0.35  # bars.md; the check is a round trip to the database and is told apart
Place = tuple[float, float]


def run(database: Database, features: int, rounds: int, questions: int) -> Result:
    """Make the data, check every competitor against brute force with Geod, then let them take turns."""
    points = places(features, SEED)
    asked = [(float(lon), float(lat)) for lon, lat in places(questions, SEED + 1)]
    space = filled(database, "bench_points", Geometry.POINT, shapely.points(points))
    with psycopg.connect(as_table(database, "bench_plain", "Point", shapely.to_wkb(shapely.points(points))), autocommit=True) as connection:
        competitors = {**_ours(database, space), **_postgis(connection), _PANDAS: _geopandas(points)}
        wrong = {name: _wrong(ask, points, asked[:60]) for name, ask in competitors.items()}
        return take_turns(f"{_K} nearest of {features} points", competitors, asked, rounds, _EXACT, {_OURS: _BAR},
                          {"seed": SEED, "questions": questions, "rounds": rounds, "wrong of 60": wrong})


def run_many(database: Database, features: int, rounds: int, places_asked: int) -> Result:
    """The same of many places in one question: a lateral join is how PostGIS is asked so."""
    points = places(features, SEED)
    asked = [(float(lon), float(lat)) for lon, lat in places(places_asked, SEED + 1)]
    space = filled(database, "bench_points", Geometry.POINT, shapely.points(points))
    engine = QueryEngine(database)
    engine.warm(space, ["bench_points"])
    with psycopg.connect(as_table(database, "bench_plain", "Point", shapely.to_wkb(shapely.points(points))), autocommit=True) as connection:
        connection.execute("CREATE TEMP TABLE asked (number integer, place geography, flat geometry)")
        with connection.cursor().copy("COPY asked (number, place) FROM STDIN") as copy:
            for number, (lon, lat) in enumerate(asked):
                copy.write_row((number, f"SRID=4326;POINT({lon!r} {lat!r})"))
        connection.execute("UPDATE asked SET flat = ST_Transform(ST_SetSRID(place::geometry, 4490), 4546)")
        connection.execute("ANALYZE asked")
        connection.execute("SET jit = off")
        competitors = {_MANY: _ours_of_many(engine, space), _LATERAL: _lateral(connection, "ST_Distance(geog, place)", "geog <-> place"),
                       _FLAT: _lateral(connection, "bench_plain.flat <-> asked.flat", "bench_plain.flat <-> asked.flat")}
        truth = {name: ask(asked) for name, ask in competitors.items()}
        wrong = {name: sum(not np.allclose(one, _truth(points, *place), rtol=0.0, atol=1e-3) for one, place in zip(found[:60], asked, strict=False)) for name, found in truth.items()}
        return take_turns(f"{_K} nearest of {features} points for {places_asked} places at once", competitors, [asked], rounds, _LATERAL, {_MANY: _BAR_MANY},
                          {"seed": SEED, "places": places_asked, "rounds": rounds, "wrong of 60": wrong})


def _ours_of_many(engine: QueryEngine, space: Space) -> Callable[[list[Place]], Any]:
    question = NearestQuestion(0.0, 0.0, ("bench_points",), _K, limit_ms=60_000)
    return lambda asked: engine.nearest_of_many(space, question, asked, OPERATOR)[0].places.distance_m


def _lateral(connection: psycopg.Connection[Any], away: str, order: str) -> Callable[[list[Place]], Any]:
    """Ordered by `<->` alone, the sphere's or the plane's order; re-ranking exactly would cost it more."""
    statement = (f"SELECT away FROM asked CROSS JOIN LATERAL (SELECT {away} AS away FROM bench_plain ORDER BY {order} LIMIT {_K}) AS near ORDER BY number, away")
    return lambda _: np.array([row[0] for row in connection.execute(statement)]).reshape(-1, _K)  # type: ignore[arg-type]


def _ours(database: Database, space: Space) -> dict[str, Callable[[Place], list[float]]]:
    engine = QueryEngine(database)
    engine.warm(space, ["bench_points"])
    layer = space.catalogue.layer("bench_points")
    index = engine.index(space, layer.id)
    assert index is not None

    def by_index(place: Place) -> list[float]:
        search = Search(index, NearestQuestion(*place, (layer.id,), _K), Admission(layer, None, None))
        with index.lock:
            search.run()
            return [one.distance_m for one in search.answer(layer.id, index.version, "index").ranked]

    def by_engine(place: Place) -> list[float]:
        return [one.distance_m for one in engine.nearest(space, NearestQuestion(*place, (layer.id,), _K), OPERATOR).layers[0].ranked]

    return {_OURS: by_index, _CHECKED: by_engine}


def _postgis(connection: psycopg.Connection[Any]) -> dict[str, Callable[[Place], list[float]]]:
    """Prepared statements on a connection of their own, without SQLAlchemy: the fastest that Python can ask."""
    place = "ST_SetSRID(ST_MakePoint(%(lon)s, %(lat)s), 4326)::geography"
    knn = f"SELECT ST_Distance(geog, {place}) FROM bench_plain ORDER BY geog <-> {place} LIMIT {_K}"
    exact = (f"SELECT away FROM (SELECT id, ST_Distance(geog, {place}) AS away FROM bench_plain ORDER BY geog <-> {place} LIMIT {2 * _K}) AS near "
             f"ORDER BY away, id LIMIT {_K}")
    cursor = connection.cursor()

    def by(statement: str) -> Callable[[Place], list[float]]:
        return lambda place: [row[0] for row in cursor.execute(statement, {"lon": place[0], "lat": place[1]}, prepare=True)]  # type: ignore[arg-type]

    return {_KNN: by(knn), _EXACT: by(exact)}


def _geopandas(points: np.ndarray) -> Callable[[Place], list[float]]:
    frame = geopandas.GeoSeries(shapely.points(points), crs=4490).to_crs(4546)
    project = transformer(4490, 4546)

    def by_frame(place: Place) -> list[float]:
        return list(frame.distance(shapely.Point(*project.transform(*place))).nsmallest(_K))

    return by_frame


def _wrong(ask: Callable[[Place], list[float]], points: np.ndarray, asked: list[Place]) -> int:
    """In how many questions the distances are not those of brute force to 1 mm."""
    return sum(not np.allclose(ask((lon, lat)), _truth(points, lon, lat), rtol=0.0, atol=1e-3) for lon, lat in asked)


def _truth(points: np.ndarray, lon: float, lat: float) -> np.ndarray:
    """The least distances by brute force."""
    same = np.ones(len(points))
    return np.sort(GEOD.inv(lon * same, lat * same, points[:, 0], points[:, 1])[2])[:_K]
