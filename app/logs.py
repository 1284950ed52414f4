"""One JSON line per request: who, what, how long, how it ended. Never a query string, a body or a secret."""

from __future__ import annotations

import logging
import re
import sys
import time
import uuid
from typing import Any

import structlog
from flask import Flask, Response, g, request

_GIVEN = re.compile(r"[A-Za-z0-9_\-]{8,64}")
log = structlog.get_logger("onemap")


def configure() -> None:
    """JSON lines on standard output, for our own events and for the libraries' warnings alike."""
    shared: list[Any] = [structlog.stdlib.add_log_level, structlog.processors.TimeStamper(fmt="iso", utc=True, key="at")]
    last: list[Any] = [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(ensure_ascii=False)]
    structlog.configure(
        processors=[structlog.processors.add_log_level, shared[1], *last],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stdout),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared, processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
    ))
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)


def request_id(given: str | None) -> str:
    """The caller's own id where it is a plain one, so that a proxy's line and ours meet; else a new one."""
    return given if given and _GIVEN.fullmatch(given) else uuid.uuid4().hex


def install(app: Flask) -> None:
    """Number every request and write its line."""

    @app.before_request
    def begin() -> None:
        g.began = time.perf_counter()
        g.request_id = request_id(request.headers.get("X-Request-ID"))

    @app.after_request
    def end(response: Response) -> Response:
        response.headers["X-Request-ID"] = g.request_id
        actor = g.get("actor")
        log.info(
            "request",
            request_id=g.request_id,
            method=request.method,
            path=request.path,
            space=g.get("space_id"),
            status=response.status_code,
            ms=round((time.perf_counter() - g.began) * 1000, 1),
            actor=actor.name if actor else None,
            address=request.remote_addr,
        )
        return response
