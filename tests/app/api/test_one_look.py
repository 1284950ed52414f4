"""A question looks once where the layers stand, after it came in: never less, so that nothing committed before it is missing."""

from __future__ import annotations

from typing import Any

import pytest
from shapely.geometry import Point

from geodata.store.changes import LayerVersion
from geodata.store.database import Database
from geodata.store.pulse import Pulse
from layers.spec import OPERATOR
from tests.app.api.conftest import Program

NEAREST = "/api/v1/nearest?lon=109.8&lat=40.6&layers=posts&k=5"
TILE = "/ogc/collections/posts/tiles/WebMercatorQuad/0/0/0"


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The schemas looked at."""
    seen: list[str] = []
    look = Pulse.versions

    def versions(self: Pulse, schema: str) -> dict[str, LayerVersion]:
        seen.append(schema)
        return look(self, schema)

    monkeypatch.setattr(Pulse, "versions", versions)
    return seen


def _put(database: Database, code: str) -> str:
    """Another program's commit: a post; where the layer then stands, as answers say it."""
    with database.space("live").transaction(OPERATOR, "test") as store:
        store.insert("posts", {"code": code, "name": code, "people": 1}, Point(109.8, 40.6))
    standing = database.space("live").versions({"posts"})["posts"]
    return f"{standing.version}-{standing.token}"


@pytest.mark.parametrize("path", [NEAREST, TILE])
def test_one_look_serves_the_whole_request(path: str, database: Database, planner_program: Program, looks: list[str]) -> None:
    _put(database, "A1")
    assert planner_program.get(path).status_code == 200
    looks.clear()
    assert planner_program.get(path).status_code == 200
    assert len(looks) == 1


@pytest.mark.parametrize("path", [NEAREST, TILE])
def test_what_was_committed_before_the_question_is_in_the_answer(path: str, database: Database, planner_program: Program) -> None:
    """A look that outlasts its request would answer of before the commit."""
    for turn in range(3):
        stands = _put(database, f"B{turn}")
        answer = planner_program.get(path)
        assert _said(answer) == stands


def _said(answer: Any) -> str:
    if "Onemap-Version" in answer.headers:
        return str(answer.headers["Onemap-Version"])
    layer = answer.json["layers"][0]
    return f"{layer['version']}-{layer['token']}"
