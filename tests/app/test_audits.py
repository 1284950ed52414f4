"""Each web process looks at its indexes by itself, beside the requests, and says what it found."""

from __future__ import annotations

import time
from dataclasses import replace

import httpx
import pytest
from shapely import Point
from structlog.testing import capture_logs

from app import audits, create_app
from app.audits import Audits
from app.services import Services
from app.settings import Settings
from geodata.queries.engine import QueryEngine
from geodata.store.database import Database
from geodata.store.spaces import Space
from layers.spec import Role
from tests.app.conftest import serving
from tests.geodata.store.test_features import put, shelter

LAYER = "shelters"


def lose_one(engine: QueryEngine, space: Space) -> None:
    """Plant a drift: the index forgets a feature, at the version at which it has it."""
    put(space, shelter(), Point(109.8, 40.6))
    engine.warm(space, [LAYER])
    index = engine.index(space, LAYER)
    assert index is not None and len(index) == 1
    index._uproot(index.ids[0])  # type: ignore[arg-type]


def repaired(engine: QueryEngine, space: Space, within_s: float) -> bool:
    until = time.monotonic() + within_s
    while time.monotonic() < until:
        index = engine.index(space, LAYER)
        if index is not None and len(index) == 1:
            return True
        time.sleep(0.05)
    return False


def test_a_served_process_repairs_a_drifted_index_and_counts_it(settings: Settings, database: Database, space: Space,
                                                                monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audits, "LAYERS", 100)  # all of them in the first round
    with serving(create_app(replace(settings, index_audit_s=1), database)) as served:
        lose_one(served.dispatcher.known.engine, space)
        assert repaired(served.dispatcher.known.engine, space, 20)
        text = httpx.get(served.base + "/metrics", headers=served.token(Role.SYSTEM_ADMIN)).text
        assert f'onemap_index_drifts_total{{layer="{LAYER}"}}' in text and f'onemap_index_audits_total{{layer="{LAYER}"}}' in text


def test_a_build_that_never_looks_is_not_repaired(settings: Settings, database: Database, space: Space) -> None:
    """The wrong build that the test above must catch."""
    with serving(create_app(replace(settings, index_audit_s=0), database)) as served:
        lose_one(served.dispatcher.known.engine, space)
        assert not repaired(served.dispatcher.known.engine, space, 1.5)


@pytest.fixture
def known(settings: Settings, database: Database) -> Services:
    made: Services = create_app(settings, database).extensions["onemap"]
    return made


def test_a_round_says_one_line_and_a_warning_where_something_drifted(known: Services, space: Space, monkeypatch: pytest.MonkeyPatch) -> None:
    lose_one(known.engine, space)
    with capture_logs() as said:
        monkeypatch.setattr(audits, "log", audits.structlog.get_logger("onemap"))
        Audits(known).round()
    told = [one for one in said if one["event"] == "index-audit"]
    assert [(one["log_level"], one["layers"], one["drifted"]) for one in told] == [
        ("warning", [LAYER], [f"live/{LAYER}: missing 0, extra 0, different 0, unfindable 0, surplus -1, at version 1"])]


def test_a_round_that_fails_does_not_end_the_rounds(known: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    def fails(layers: int) -> None:
        asked.append(layers)
        raise OSError

    monkeypatch.setattr(known.engine, "audit", fails)
    quick = Audits(replace(known, settings=replace(known.settings, index_audit_s=1)))
    monkeypatch.setattr(quick._stop, "wait", lambda _: len(asked) >= 3)
    quick._run()
    assert asked == [audits.LAYERS] * 3
