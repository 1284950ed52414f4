"""Features that were shown are shown again without being read, for as long as nothing has changed, and to each reader as that reader may see them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from shapely.geometry import Point

from geodata.queries import texts
from geodata.queries.engine import QueryEngine
from geodata.queries.nearest import LayerRanking, NearestQuestion
from geodata.queries.showing import Show
from geodata.queries.texts import Texts
from geodata.store.changes import LayerVersion
from geodata.store.database import Database
from geodata.store.features import Store
from geodata.store.spaces import Space
from layers.spec import OPERATOR, Actor, Role, Sensitivity
from tests.geodata.queries.conftest import PLOTS, SPOTS, put

HERE = (109.8, 40.6)
QUESTION = NearestQuestion(*HERE, (SPOTS.id,), 3)
VIEWER = Actor("viewer", frozenset({Role.VIEWER}))


class Read:
    """Reads features as text, and counts how often."""

    def __init__(self) -> None:
        self.times = 0
        self.show = Show[LayerRanking](named=lambda one: [each.id for each in one.ranked], read=self.read, kept=True)

    def read(self, store: Store, layer: str, ids: Sequence[UUID]) -> Mapping[UUID, Any]:
        self.times += 1
        return store.by_ids_json(layer, ids)


@pytest.fixture
def spots(space: Space, engine: QueryEngine) -> Space:
    hidden = tuple(replace(one, sensitivity=Sensitivity.SENSITIVE) if one.id == "room" else one for one in SPOTS.fields)
    space.create_layer(replace(SPOTS, fields=hidden), OPERATOR)
    space.create_layer(PLOTS, OPERATOR)
    put(space, SPOTS.id, [Point(HERE[0] + n / 1000, HERE[1]) for n in range(6)], room="free", people=list(range(6)))
    engine.warm(space)
    return space


def said(engine: QueryEngine, space: Space, read: Read, actor: Actor = OPERATOR, question: NearestQuestion = QUESTION) -> str:
    (ranking,) = engine.nearest(space, question, actor, read.show).layers
    assert list(ranking.shown) == [one.id for one in ranking.ranked]
    return "".join(ranking.shown.values())


def test_what_has_not_changed_is_not_read_again(spots: Space, engine: QueryEngine) -> None:
    read = Read()
    first = said(engine, spots, read)
    assert read.times == 1 and '"code"' in first
    assert said(engine, spots, read) == first and read.times == 1
    put(spots, PLOTS.id, [Point(HERE).buffer(0.001)])
    assert said(engine, spots, read) == first and read.times == 1, "another layer's change is none of this one"
    said(engine, spots, read, question=replace(QUESTION, k=5))
    assert read.times == 2, "two were not known"


def _edited(space: Space, database: Database) -> None:
    with space.transaction(OPERATOR, "test") as store:
        one = store.page(SPOTS.id, filter="code = '0'").features[0]
        store.patch(SPOTS.id, one.id, {"people": 98765}, version=one.version)


def _edited_by_psql(space: Space, database: Database) -> None:
    with database.owner.begin() as connection:
        connection.exec_driver_sql("UPDATE onemap.spots SET people = 98765 WHERE code = '0'")


@pytest.mark.parametrize("edit", [_edited, _edited_by_psql])
def test_any_commit_to_the_layer_has_its_features_read_anew(spots: Space, database: Database, engine: QueryEngine, edit: Any) -> None:
    read = Read()
    assert "98765" not in said(engine, spots, read)
    edit(spots, database)
    assert "98765" in said(engine, spots, read) and read.times == 2


def test_a_build_that_keeps_texts_past_their_version_is_seen_by_that(spots: Space, database: Database, engine: QueryEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    def careless(self: Texts, space: Space, layer: Any, version: LayerVersion, ids: Sequence[UUID], *, reveal: bool) -> Any:
        _, _, kept = self._kept.get((space.id, layer.id, reveal), (None, None, {}))
        return {one: kept[one] for one in ids} if all(one in kept for one in ids) else None

    monkeypatch.setattr(Texts, "of", careless)
    read = Read()
    said(engine, spots, read)
    _edited(spots, database)
    assert "98765" not in said(engine, spots, read), "it shows what was"


def test_each_reader_sees_what_that_reader_may(spots: Space, engine: QueryEngine) -> None:
    read = Read()
    assert "free" in said(engine, spots, read)
    assert "free" not in said(engine, spots, read, VIEWER) and read.times == 2
    assert "free" in said(engine, spots, read) and "free" not in said(engine, spots, read, VIEWER)
    assert read.times == 2


def test_what_is_kept_stays_within_its_room_and_goes_with_its_space(spots: Space, engine: QueryEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(texts, "MOST", 4)
    read = Read()
    said(engine, spots, read)
    said(engine, spots, read, VIEWER)
    assert sum(len(kept) for _, _, kept in engine._texts._kept.values()) == engine._texts._count == 3
    engine.forget(spots.id)
    assert engine._texts._kept == {} and engine._texts._count == 0
