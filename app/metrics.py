"""Figures for Prometheus, gathered over all worker processes through files under the home."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any, ClassVar

from flask import Flask, Response, g, request

VARIABLE = "PROMETHEUS_MULTIPROC_DIR"  # prometheus_client looks at it when it is first imported


def prepare(home: Path, *, clear: bool = False) -> None:
    """Say where the workers keep their figures. `serve` clears what an earlier run left, before it starts workers."""
    place = home / "metrics"
    place.mkdir(parents=True, exist_ok=True)
    if clear:
        for left in place.glob("*.db"):  # the folder itself stays: it may be another user's
            left.unlink(missing_ok=True)
    os.environ[VARIABLE] = str(place)


def install(app: Flask) -> None:
    """Count and time every request by route (not by path: ids would make a series each)."""
    figures = Figures()
    app.extensions["onemap_figures"] = figures

    @app.before_request
    def begin() -> None:
        g.timed = time.perf_counter()

    @app.after_request
    def end(response: Response) -> Response:
        route = request.url_rule.rule if request.url_rule else "none"
        figures.requests.labels(request.method, route, str(response.status_code)).inc()
        figures.seconds.labels(route).observe(time.perf_counter() - g.get("timed", time.perf_counter()))
        return response


class Figures:
    """The series that this installation keeps; one object per process, whichever application asks first."""

    _series: ClassVar[dict[str, Any]] = {}

    def __init__(self) -> None:
        if not self._series:
            self._series.update(_series())

    def __getattr__(self, name: str) -> Any:
        try:
            return self._series[name]
        except KeyError:
            raise AttributeError(name) from None


def _series() -> dict[str, Any]:
    from prometheus_client import Counter, Gauge, Histogram

    steps = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 1, 2, 5)  # bars D1: 0.3 s at p95, 1 s at p99
    return {
        "requests": Counter("onemap_requests", "Requests answered", ["method", "route", "status"]),
        "seconds": Histogram("onemap_request_seconds", "Time to answer", ["route"], buckets=steps),
        "streams": Gauge("onemap_event_streams", "Event streams open", multiprocess_mode="livesum"),
        "events": Counter("onemap_events_sent", "Events written to streams"),
        "streams_refused": Counter("onemap_event_streams_refused", "Event streams refused above the cap"),
        "streams_reset": Counter("onemap_event_streams_reset", "Readers too slow, told to read anew"),
        "audits": Counter("onemap_index_audits", "Looks at an index in memory against the database", ["layer"]),
        "drifts": Counter("onemap_index_drifts", "Indexes found to differ from the database, and built anew", ["layer"]),
        "overloaded": Counter("onemap_requests_overloaded", "Requests refused because too many waited"),
    }


def exposition() -> tuple[bytes, str]:
    """The text that Prometheus reads, and its content type."""
    from prometheus_client import (
        CONTENT_TYPE_LATEST,
        REGISTRY,
        CollectorRegistry,
        generate_latest,
    )
    from prometheus_client.multiprocess import MultiProcessCollector

    if VARIABLE not in os.environ:
        return generate_latest(REGISTRY), CONTENT_TYPE_LATEST
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return generate_latest(registry), CONTENT_TYPE_LATEST
