"""A web process for benches: ours, with routes to compare with: one that computes for 100 ms and holds the interpreter, a bare one, PostGIS behind one."""

from __future__ import annotations

import socket
import sys
import threading
import time

import psycopg
from flask import Response, jsonify, request
from sqlalchemy.engine import make_url

_AT = "ST_SetSRID(ST_MakePoint(%(lon)s, %(lat)s), 4326)::geography"
_NEAREST = (f"SELECT id, away FROM (SELECT id, ST_Distance(geog, {_AT}) AS away FROM bench_plain ORDER BY geog <-> {_AT} LIMIT 10) AS near "
            "ORDER BY away, id LIMIT 5")


def main() -> None:
    """Serve on the inherited socket."""
    import uvicorn

    from app import create_app, settings
    from app.connections import PatientProtocol
    from app.dispatcher import Dispatcher
    from app.security import Permission, requires

    given = settings.read()
    app, database = create_app(given), make_url(str(given.database_url))

    @requires(Permission.PUBLIC)
    def compute() -> str:
        until = time.thread_time() + 0.1
        while time.thread_time() < until:
            sum(range(1000))
        return "computed"

    @requires(Permission.PUBLIC)
    def hello() -> Response:
        return jsonify(hello="world")

    kept = threading.local()

    @requires(Permission.PUBLIC)
    def postgis_nearest() -> Response:
        if not hasattr(kept, "connection"):
            kept.connection = psycopg.connect(database.set(drivername="postgresql").render_as_string(hide_password=False), autocommit=True)
        rows = kept.connection.execute(_NEAREST, {"lon": float(request.args["lon"]), "lat": float(request.args["lat"])}, prepare=True).fetchall()
        return jsonify([{"id": row[0], "distance_m": row[1]} for row in rows])

    app.add_url_rule("/compute", view_func=compute)
    app.add_url_rule("/hello", view_func=hello)
    app.add_url_rule("/postgis-nearest", view_func=postgis_nearest)
    config = uvicorn.Config(Dispatcher(app), http=PatientProtocol, ws="none", log_config=None, access_log=False)  # type: ignore[arg-type]
    uvicorn.Server(config).run(sockets=[socket.socket(fileno=int(sys.argv[1]))])


if __name__ == "__main__":
    main()
