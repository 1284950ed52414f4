"""The self-audit of the indexes of one web process: every few minutes, beside the requests, a few layers in turn."""

from __future__ import annotations

import threading
import time

import structlog

from app.metrics import Figures
from app.services import Services
from geodata.queries.audit import Differences

LAYERS = 4  # in one round, of those that the process holds indexes of
log = structlog.get_logger("onemap")


class Audits:
    """A thread that looks at indexes, between `start` and `stop`; an interval of 0 has it never look."""

    def __init__(self, known: Services) -> None:
        self._known = known
        self._figures = Figures()
        self._stop = threading.Event()

    def start(self) -> None:
        """Begin; the first round comes after one interval."""
        if self._known.settings.index_audit_s:
            threading.Thread(target=self._run, name="audits", daemon=True).start()

    def stop(self) -> None:
        """End after the round under way, without waiting for it."""
        self._stop.set()

    def round(self) -> None:
        """Look at a few indexes, count it, and say in one line what came of it: a warning where something had drifted."""
        began = time.perf_counter()
        done = self._known.engine.audit(LAYERS)
        for one in done:
            self._figures.audits.labels(one.layer).inc()
            if one.drifted:
                self._figures.drifts.labels(one.layer).inc()
        drifted = [f"{one.space}/{one.layer}: {_said(one.found)}" for one in done if one.found]
        say = log.warning if drifted else log.info
        say("index-audit", layers=[one.layer for one in done], features=sum(one.features for one in done), drifted=drifted,
            ms=round((time.perf_counter() - began) * 1000))

    def _run(self) -> None:
        while not self._stop.wait(self._known.settings.index_audit_s):
            try:
                self.round()
            except Exception:  # the database may be away; the next round tries again
                log.exception("index-audit-failed")


def _said(found: Differences) -> str:
    return (f"missing {len(found.missing)}, extra {len(found.extra)}, different {len(found.different)}, unfindable {len(found.unfindable)}, "
            f"surplus {found.surplus}, at version {found.version.version}")
