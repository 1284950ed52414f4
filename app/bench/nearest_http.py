"""The 5 nearest over HTTP: our route with sign-in and audit beside a bare route, and PostGIS behind one, of the same server."""

from __future__ import annotations

import http.client
from datetime import timedelta
from typing import Any

import shapely

from app.bench.scratch import SEED, as_table, filled, places
from app.bench.streams import served
from app.bench.turns import Result, take_turns
from geodata.store.database import Database
from geodata.store.sessions import Tokens
from layers.spec import Geometry, Role

LAYER, TABLE = "bench_points", "bench_plain"
BAR = 1.4  # bars.md, speed table


def run(database: Database, features: int, rounds: int, questions: int) -> Result:
    """One client on one connection; the yardstick is a route that answers a fixed text, without sign-in."""
    points = shapely.points(places(features, SEED))
    filled(database, LAYER, Geometry.POINT, points)
    as_table(database, TABLE, "Point", shapely.to_wkb(points))
    token = Tokens(database.engine).create("bench", frozenset({Role.PLANNER}), "bench", timedelta(days=1))
    asked = [(float(lon), float(lat)) for lon, lat in places(questions, SEED + 1)]
    with served(database) as port:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)

        def ask(path: str) -> Any:
            connection.request("GET", path, headers={"Authorization": f"Bearer {token}"})
            answer = connection.getresponse()
            body = answer.read()
            if answer.status != 200:
                raise RuntimeError(f"{path} answered {answer.status}")
            return body

        competitors = {
            "a bare route": lambda _: ask("/hello"),
            "onemap /api/v1/nearest": lambda at: ask(f"/api/v1/nearest?lon={at[0]}&lat={at[1]}&layers={LAYER}&k=5"),
            "PostGIS behind a bare route": lambda at: ask(f"/postgis-nearest?lon={at[0]}&lat={at[1]}"),
        }
        return take_turns(f"5 nearest of {features} points over HTTP", competitors, asked, rounds, "a bare route", {"onemap /api/v1/nearest": BAR},
                          {"seed": SEED, "questions": questions, "rounds": rounds, "web processes": 2})
