"""Many rows at once: straight into a layer where all are new, with ids in their order, and a fault on the way is told as any other."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from shapely.geometry import Point
from sqlalchemy import text

from geodata.store import bulk
from geodata.store.batch import Row
from geodata.store.bulk import UpsertCounts
from geodata.store.database import Database
from geodata.store.ids import uuid_v7_texts
from geodata.store.spaces import Space
from layers.errors import Conflict, InvalidInput
from layers.spec import OPERATOR


def rows(*codes: str, **values: Any) -> list[Row]:
    return [Row({"code": one, "name": f"避难场所{one}", **values}, Point(109.8, 40.6), place) for place, one in enumerate(codes, 1)]


def test_ids_sort_by_row_and_by_load_and_read_as_those_that_the_database_makes(database: Database) -> None:
    lot = uuid_v7_texts(5_000)
    first = [UUID(one.decode()) for one in (*lot(0, 3_000), *lot(3_000, 5_000))]
    with database.owner.connect() as connection:
        made: list[UUID] = list(connection.scalars(text("SELECT onemap_control.uuid_v7() FROM generate_series(1, 3)")))
    assert first == sorted(first) and len({one.int & (1 << 62) - 1 for one in first}) == 5_000, "in order, and random at the end"
    assert {(one.version, one.variant) for one in first} == {(one.version, one.variant) for one in made} == {(7, made[0].variant)}
    assert abs((made[0].int >> 80) - (first[0].int >> 80)) < 60_000, "the same clock, in milliseconds"
    second = UUID(uuid_v7_texts(1)(0, 1)[0].decode())
    assert abs((second.int >> 80) - (first[-1].int >> 80)) < 60_000 and second.version == 7


def test_new_rows_go_straight_in_and_known_ones_are_compared(space: Space, monkeypatch: pytest.MonkeyPatch) -> None:
    targets = []
    copy = bulk._Sent.copy

    def told(self: bulk._Sent, connection: Any, target: str, **how: Any) -> None:
        targets.append(target.rpartition(".")[2].strip('"'))
        copy(self, connection, target, **how)

    monkeypatch.setattr(bulk._Sent, "copy", told)
    with space.transaction(OPERATOR) as store:
        assert store.upsert("shelters", rows("A", "B")) == UpsertCounts(2, 0, 0)
        assert store.upsert("shelters", rows("B", "C")) == UpsertCounts(1, 0, 1)
    assert targets == ["shelters", "staging"]
    with space.reading(OPERATOR) as store:
        page = sorted(store.page("shelters").features, key=lambda one: one.id)
        assert [one.properties["code"] for one in page] == ["A", "B", "C"] and {one.version for one in page} == {1}


def test_no_rows_raise_no_version(space: Space) -> None:
    before = space.versions()["shelters"]
    with space.transaction(OPERATOR) as store:
        assert store.upsert("shelters", []) == UpsertCounts(0, 0, 0)
    assert space.versions()["shelters"] == before


@pytest.mark.parametrize("first", [False, True], ids=["into an empty layer", "beside others"])
@pytest.mark.parametrize("values", [{"name": None}, {"capacity": -1}, {"address": "长" * 600}])
def test_what_the_table_does_not_take_is_refused_by_name_and_nothing_stays(space: Space, values: dict[str, Any], first: bool) -> None:
    if first:
        with space.transaction(OPERATOR) as store:
            store.upsert("shelters", rows("A"))
    with pytest.raises(InvalidInput) as told, space.transaction(OPERATOR) as store:
        store.upsert("shelters", rows("B", **values))
    assert next(iter(values)) in told.value.problems[0].pointer
    with space.reading(OPERATOR) as store:
        assert len(store.page("shelters").features) == int(first)


def test_a_row_that_somebody_else_puts_in_meanwhile_is_a_conflict(space: Space, monkeypatch: pytest.MonkeyPatch) -> None:
    copy = bulk._Sent.copy

    def late(self: bulk._Sent, connection: Any, target: str, **how: Any) -> None:
        if target.endswith('shelters"'):
            monkeypatch.undo()
            with space.transaction(OPERATOR) as store:
                store.insert("shelters", {"code": "A", "name": "别人登记"}, Point(109.8, 40.6))
        copy(self, connection, target, **how)

    monkeypatch.setattr(bulk._Sent, "copy", late)
    with pytest.raises(Conflict), space.transaction(OPERATOR) as store:
        store.upsert("shelters", rows("A", "B"))
    with space.reading(OPERATOR) as store:
        assert [one.properties["name"] for one in store.page("shelters").features] == ["别人登记"]


def test_what_a_row_was_made_as_is_kept_once(space: Space, database: Database) -> None:
    """The step of a row that was made leaves out what it says of itself; of one that changed or went, nothing is left out."""
    with space.transaction(OPERATOR, "登记") as store:
        store.upsert("shelters", rows("A"))
        one = store.page("shelters").features[0]
        store.patch("shelters", one.id, {"capacity": 5}, version=1)
    system = {"id", "version", "created_at", "created_by", "updated_at", "updated_by"}
    with database.owner.connect() as connection:
        steps = connection.execute(text("SELECT op, version, feature_id, by, before, after FROM onemap.history WHERE layer = 'shelters' ORDER BY id")).all()
    assert [(step.op, step.version, step.feature_id, step.by) for step in steps] == [("insert", 1, one.id, OPERATOR.name), ("update", 2, one.id, OPERATOR.name)]
    assert not system & steps[0].after.keys() and steps[0].after["code"] == "A"
    assert system <= steps[1].before.keys() and system <= steps[1].after.keys()
