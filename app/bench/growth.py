"""How the cost of a question grows with the layer: 5 nearest and a circle of 1 km, from a thousand features to a million."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import psycopg
import shapely

from app.bench.scratch import SEED, as_table, filled, places
from app.bench.turns import Result, take_turns
from geodata.queries.engine import QueryEngine
from geodata.queries.exposure import ExposureQuestion
from geodata.queries.nearest import NearestQuestion
from geodata.store.database import Database
from layers.spec import OPERATOR, Geometry

SIZES = (1_000, 10_000, 100_000, 1_000_000)
OURS, PEER = "onemap engine", "PostGIS"


def run(database: Database, most: int, rounds: int, picture: Path | None) -> list[Result]:
    """A layer of each size up to `most`, its questions in turn with PostGIS: geography `<->` re-ranked, and projected ST_DWithin."""
    results: list[Result] = []
    for size in [one for one in SIZES if one <= most]:
        results += _of_size(database, size, rounds)
    if picture is not None:
        _draw(results, picture)
    return results


def _of_size(database: Database, size: int, rounds: int) -> list[Result]:
    layer, table = f"bench_{size}", f"bench_plain_{size}"
    points = shapely.points(places(size, SEED))
    space = filled(database, layer, Geometry.POINT, points)
    engine = QueryEngine(database)
    engine.warm(space, [layer], timeout_s=600.0)
    asked = [(float(lon), float(lat)) for lon, lat in places(60, SEED + 1)]
    at = "ST_SetSRID(ST_MakePoint(%(lon)s, %(lat)s), 4326)::geography"
    near = f"SELECT id FROM (SELECT id, ST_Distance(geog, {at}) AS away FROM {table} ORDER BY geog <-> {at} LIMIT 10) n ORDER BY away, id LIMIT 5"
    inside = f"SELECT count(*), sum(people) FROM {table} WHERE ST_DWithin(flat, ST_Transform(ST_SetSRID(ST_MakePoint(%(lon)s, %(lat)s), 4490), 4546), 1000)"
    facts = {"seed": SEED, "rounds": rounds, "features": size}
    with psycopg.connect(as_table(database, table, "Point", shapely.to_wkb(points)), autocommit=True) as connection:
        def by(statement: str) -> Any:
            return lambda place: connection.execute(statement, {"lon": place[0], "lat": place[1]}, prepare=True).fetchall()  # type: ignore[arg-type]

        def nearest(place: tuple[float, float]) -> object:
            return engine.nearest(space, NearestQuestion(*place, (layer,), 5), OPERATOR)

        def exposure(place: tuple[float, float]) -> object:
            return engine.exposure(space, ExposureQuestion(shapely.Point(place), 1000.0, (layer,)), OPERATOR)

        results = [take_turns(f"5 nearest of {size}", {OURS: nearest, PEER: by(near)}, asked, rounds, PEER, {}, facts),
                   take_turns(f"circle of 1 km in {size}", {OURS: exposure, PEER: by(inside)}, asked, rounds, PEER, {}, facts)]
    engine.close()
    return results


def _draw(results: list[Result], picture: Path) -> None:
    """Milliseconds a question against the number of features, both axes by powers of ten."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 3.4), layout="constrained")
    for place, (title, start) in enumerate((("5 nearest", "5 nearest"), ("what lies within 1 km", "circle"))):
        axes = figure.add_subplot(1, 2, place + 1)
        for name, colour, mark in ((OURS, "#13202C", "o"), (PEER, "#7C8A98", "s")):
            found = [one for one in results if one.name.startswith(start)]
            axes.plot([one.facts["features"] for one in found], [one.times_us[name].middle / 1000 for one in found], color=colour, marker=mark, label=name)
        axes.set(xscale="log", yscale="log", title=title, xlabel="features", ylabel="ms a question", ylim=(0.05, 100))
        axes.grid(color="#D9DFE5")
        axes.legend(frameon=False)
    figure.savefig(picture, dpi=120)
