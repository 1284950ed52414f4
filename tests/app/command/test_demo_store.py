"""The demonstration goes into an empty map once, and keeps its hands off any other."""

from __future__ import annotations

from datetime import UTC, datetime

from app.command.demo import ensure_demo
from app.command.demo.district import demonstration
from geodata.store import contents
from geodata.store.database import Database
from layers.spec import OPERATOR

AS_OF = datetime(2026, 11, 23, 6, tzinfo=UTC)


def test_an_empty_map_gets_every_layer_and_a_second_time_nothing(database: Database) -> None:
    counts = ensure_demo(database, AS_OF)
    assert counts == {layer_id: len(rows) for layer_id, rows in demonstration(AS_OF).items()}
    with database.space().reading(OPERATOR) as store:
        assert {layer_id: store.count(layer_id) for layer_id in counts} == counts
    assert contents.balances(database).faults == ()
    with database.space().reading(OPERATOR) as store:
        assert store.freshness("shelters")["sources"] == ["演示数据"]
        line = store.page("supplies", limit=1).features[0]
        depot = store.by_ids("depots", [line.properties["depot"]])
        assert len(depot) == 1
    assert ensure_demo(database, AS_OF) == {}


def test_a_map_with_one_feature_is_left_alone(database: Database) -> None:
    rows = demonstration(AS_OF)["shelters"][:1]
    with database.space().transaction(OPERATOR) as store:
        store.upsert("shelters", rows)
    assert ensure_demo(database, AS_OF) == {}
    with database.space().reading(OPERATOR) as store:
        assert store.count("villages") == 0
