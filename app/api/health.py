"""Whether the process lives, whether it can answer, and its figures."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooSlow
from typing import Any

from flask import Blueprint, Response, jsonify

from app.metrics import exposition
from app.security import Permission, requires
from app.services import Services, services
from layers.errors import Unavailable

blueprint = Blueprint("health", __name__)
PATIENCE_S = 1.5  # a probe that waits for a dead database is answered before it gives up (bars.md H1: 2 s)
_ASKING = ThreadPoolExecutor(2, thread_name_prefix="health")


@blueprint.get("/livez")
@requires(Permission.PUBLIC)
def livez() -> Response:
    """The process answers; nothing else is looked at."""
    return Response("ok\n", mimetype="text/plain")


@blueprint.get("/readyz")
@requires(Permission.PUBLIC)
def readyz() -> tuple[Response, int]:
    """200 when the database answers; the index is reported, for without it PostGIS answers."""
    database, index = database_state(services()), index_state(services())
    ready = bool(database["ok"])
    return jsonify({"ready": ready, "database": database, "index": index}), 200 if ready else 503


@blueprint.get("/metrics")
@requires(Permission.MACHINE)
def metrics() -> Response:
    """The figures of all workers, for Prometheus on this machine or a system administrator."""
    text, kind = exposition()
    return Response(text, content_type=kind)


def database_state(known: Services) -> dict[str, Any]:
    """Whether the database answers within our patience, and in what time."""
    began = time.perf_counter()
    try:
        good = _ASKING.submit(_answers, known).result(PATIENCE_S)
    except TooSlow:
        good = False
    return {"ok": good, "ms": round((time.perf_counter() - began) * 1000, 1)}


def _answers(known: Services) -> bool:
    from sqlalchemy.exc import SQLAlchemyError

    try:
        return known.database.ready()
    except (SQLAlchemyError, Unavailable):  # the pool itself may be exhausted
        return False


def index_state(known: Services) -> dict[str, Any]:
    """What the query engine says of its indexes."""
    return {"layers": known.engine.state()}
