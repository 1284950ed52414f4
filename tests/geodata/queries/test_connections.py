"""A question holds one pooled connection at a time, so that many at once cannot wait for each other for ever."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import shapely

from geodata.queries.beside import NOTHING
from geodata.queries.engine import QueryEngine, _held
from geodata.queries.exposure import ExposureQuestion
from geodata.queries.nearest import LayerRanking, NearestQuestion
from geodata.queries.search import NameIndex
from geodata.store.changes import LayerVersion
from geodata.store.database import Database
from geodata.store.spaces import Space
from layers.errors import Unavailable
from layers.spec import OPERATOR, Actor, Layer
from tests.conftest import SECRET
from tests.geodata.queries.conftest import LAYERS, SPOTS, layer, strewn
from tests.geodata.queries.test_in_step import HERE, insert


@pytest.fixture
def narrow(database: Database, three: Space) -> Iterator[Database]:
    """The same database in a process that has one connection left for its questions."""
    for each in LAYERS:
        strewn(three, each, 50, 5)
    narrow = Database(database.owner.url.render_as_string(hide_password=False), SECRET, pool_size=1)
    narrow.space()
    with narrow.engine.connect():  # the pool gives two at most; this is the other
        yield narrow
    narrow.dispose()


def filtered(engine: QueryEngine, space: Space, code: str) -> LayerRanking:
    question = NearestQuestion(*HERE, LAYERS, 1, filter=f"code = '{code}' AND status = 'open'")
    return engine.nearest(space, question, OPERATOR).layers[0]


def test_a_filter_takes_one_connection_even_where_indexes_must_catch_up(three: Space, narrow: Database) -> None:
    engine, space = QueryEngine(narrow), narrow.space()
    engine.warm(space)
    one = insert(three, *HERE, "mine")
    found = filtered(engine, space, "mine")
    assert (found.answered_by, found.ranked[0].id) == ("index", one)
    sums = engine.exposure(space, ExposureQuestion(shapely.Point(*HERE), 100.0, LAYERS, filter="code = 'mine'"), OPERATOR)
    assert sums.layers[0].answered_by == "index"
    engine.close()


def test_a_build_that_catches_up_inside_the_snapshot_waits_in_vain(three: Space, narrow: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """The wrong build that the test above must catch."""

    def inside(self: QueryEngine, space: Space, layers: list[Layer], versions: Mapping[str, LayerVersion], filter_text: str, actor: Actor, ask: Any, *_: Any) -> Any:
        answers = []
        with space.reading(actor) as store:
            for one in layers:
                matching = store.matching_ids(one.id, filter_text)
                with _held(self._in_step(space, one, store.version(one.id), actor)) as index:
                    answers.append(self._asked(space, store, index, one, matching, ask, NOTHING)())
        return answers, NOTHING

    monkeypatch.setattr(QueryEngine, "_filtered", inside)
    narrow.engine.pool._timeout = 0.1  # type: ignore[attr-defined]
    engine, space = QueryEngine(narrow), narrow.space()
    engine.warm(space)
    insert(three, *HERE, "mine")
    with pytest.raises(Unavailable):
        filtered(engine, space, "mine")
    engine.close()


def test_more_who_ask_with_a_filter_than_there_are_connections_are_all_answered(three: Space, narrow: Database) -> None:
    engine, space = QueryEngine(narrow), narrow.space()
    engine.warm(space)

    def ask(who: int) -> bool:
        mine = insert(three, HERE[0] + who / 1e5, HERE[1], f"w{who}")
        return filtered(engine, space, f"w{who}").ranked[0].id == mine

    with ThreadPoolExecutor(6) as pool:
        assert all(pool.map(ask, range(18)))
    engine.close()


def test_a_search_takes_one_connection_even_where_a_layer_was_made_elsewhere(three: Space, narrow: Database) -> None:
    space, names = narrow.space(), NameIndex()
    three.create_layer(layer("more", SPOTS.geometry), OPERATOR)
    with three.transaction(OPERATOR) as store:
        one = store.insert("more", {"code": "哈德门"}, shapely.Point(*HERE)).id
    assert [found.feature.id for found in names.search(space, "哈德门", OPERATOR)] == [one]
