"""The feed loses nothing and doubles nothing; a control by sequence number is shown to lose."""

from __future__ import annotations

import threading
import time
from uuid import UUID, uuid4

import pytest
from shapely import Point
from sqlalchemy import text

from geodata.store.changes import LayerVersion
from geodata.store.database import Database
from geodata.store.features import Change
from geodata.store.spaces import Space
from layers.errors import InvalidInput
from layers.spec import OPERATOR, Actor
from tests.geodata.store.test_features import put, shelter

WRITERS, EACH = 8, 25


def test_each_commit_is_one_step_of_the_layer(space: Space) -> None:
    start = space.versions()["shelters"]
    ids = [put(space, shelter(f"S{n}")) for n in range(3)]
    now = space.versions()["shelters"]
    assert now.version == start.version + 3 and now.token != start.token
    with space.reading(OPERATOR) as store:
        since = store.changes_since("shelters", start, ("capacity",))
    assert since.known and since.version == now and [item.id for item in since.items] == sorted(ids)
    assert since.items[0].row is not None and since.items[0].row["capacity"] == 500


def test_a_deleted_feature_is_told_as_gone(space: Space) -> None:
    feature_id = put(space, shelter())
    before = space.versions()["shelters"]
    with space.transaction(OPERATOR) as store:
        store.delete("shelters", feature_id, version=1, reason="撤销")
    with space.reading(OPERATOR) as store:
        items = store.changes_since("shelters", before).items
    assert [(item.id, item.row) for item in items] == [(feature_id, None)]


def test_a_version_of_another_history_is_not_known(space: Space) -> None:
    put(space, shelter())
    now = space.versions()["shelters"]
    with space.reading(OPERATOR) as store:
        assert not store.changes_since("shelters", LayerVersion(0, uuid4())).known
        assert not store.changes_since("shelters", LayerVersion(now.version, uuid4())).known, "same number, other token"
        assert not store.changes_since("shelters", None).known


def test_the_feed_gives_every_commit_once_in_order(space: Space) -> None:
    cursor = space.feed(None).cursor
    threads = [threading.Thread(target=_write, args=(space, writer)) for writer in range(WRITERS)]
    seen: list[tuple[str, int]] = []
    named: list[UUID] = []
    for thread in threads:
        thread.start()
    while True:
        running = any(thread.is_alive() for thread in threads)
        feed = space.feed(cursor, limit=7)
        cursor = feed.cursor
        seen += [(item.layer, item.version) for item in feed.items]
        named += [feature.id for item in feed.items for feature in item.features]
        if not running and not feed.items:
            break
    assert len(seen) == len(set(seen)) == WRITERS * EACH and len(set(named)) == len(named) == WRITERS * EACH
    for layer in {layer for layer, _ in seen}:
        versions = [version for one, version in seen if one == layer]
        assert versions == list(range(versions[0], versions[0] + len(versions))), "in commit order, without a gap"


def _write(space: Space, writer: int) -> None:
    layer = ("shelters", "depots")[writer % 2]
    for n in range(EACH):
        with space.transaction(OPERATOR) as store:
            store.insert(layer, {"code": f"W{writer}-{n}", "name": "甲", "source": "演示数据"}, Point(109.8, 40.6))
            if n % 5 == 0:
                time.sleep(0.002)


def test_the_wrong_build_polling_a_sequence_loses_events(database: Database) -> None:
    """The control: numbers are drawn before the commit, so a reader that remembers the highest passes over a slow writer."""
    with database.owner.begin() as connection:
        connection.execute(text("CREATE TABLE onemap_control.by_sequence (id bigserial PRIMARY KEY, what text)"))
    add = text("INSERT INTO onemap_control.by_sequence (what) VALUES (:what)")
    newer = text("SELECT id, what FROM onemap_control.by_sequence WHERE id > :last ORDER BY id")
    with database.owner.connect() as slow:
        slow.execute(add, {"what": "slow"})
        with database.owner.begin() as quick:
            quick.execute(add, {"what": "quick"})
            first = quick.execute(newer, {"last": 0}).all()
        slow.commit()
    with database.owner.connect() as reader:
        rest = reader.execute(newer, {"last": max(row.id for row in first)}).all()
    assert {row.what for row in (*first, *rest)} == {"quick"}, "the slow one is never seen"


def test_two_transactions_out_of_order_lose_nothing_in_ours(space: Space) -> None:
    cursor = space.feed(None).cursor
    with space.transaction(OPERATOR) as slow:
        slow.insert("shelters", shelter("slow"), Point(109.8, 40.6))
        put(space, shelter("quick"))
        first = space.feed(cursor)
    rest = space.feed(first.cursor)
    assert len(first.items) == len(rest.items) == 1 and rest.items[0].version == first.items[0].version + 1


def test_the_stamp_survives_constraints_set_immediate(database: Database, space: Space) -> None:
    before = space.versions()["shelters"]
    insert = text("INSERT INTO onemap.shelters (code, name, geom) VALUES (:code, 'P', ST_SetSRID(ST_Point(109.8, 40.6), 4490))")
    with database.owner.begin() as connection:
        connection.execute(insert, {"code": "1"})
        connection.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
        connection.execute(insert, {"code": "2"})
    with space.reading(OPERATOR) as store:
        since = store.changes_since("shelters", before)
    assert since.version.version > before.version and len(since.items) == 2


def test_opposite_order_changesets_do_not_deadlock(space: Space) -> None:
    pair = [put(space, shelter("A")), put(space, shelter("B"))]
    faults: list[Exception] = []

    def run(order: list[UUID]) -> None:
        for _ in range(20):
            try:
                with space.transaction(OPERATOR) as store:
                    versions = {one: store.get("shelters", one).version for one in order}
                    store.apply([Change("patch", "shelters", one, versions[one], {"capacity": 9}) for one in order], "对撞")
            except Exception as fault:
                faults.append(fault)

    threads = [threading.Thread(target=run, args=(order,)) for order in (pair, pair[::-1])]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert {type(fault).__name__ for fault in faults} <= {"StaleVersion"}


@pytest.mark.parametrize("cursor", ["x", "shelters", "shelters.1", "shelters.1.zz", "shelters.1.aabbccdd~", "a" * 5000])
def test_a_cursor_that_is_not_ours_is_refused(space: Space, cursor: str) -> None:
    with pytest.raises(InvalidInput):
        space.feed(cursor)


def test_a_cursor_of_another_history_asks_to_start_anew(space: Space) -> None:
    put(space, shelter())
    assert space.feed("shelters.1.00000000").reset


def test_a_load_of_many_is_named_in_part(space: Space) -> None:
    from geodata.store.batch import Row

    cursor = space.feed(None).cursor
    with space.transaction(OPERATOR) as store:
        store.upsert("shelters", [Row(shelter(f"S{n}"), Point(109.8, 40.6)) for n in range(300)])
    item = space.feed(cursor).items[0]
    assert item.truncated and len(item.features) == 200 and item.features[0].bbox == pytest.approx((109.8, 40.6, 109.8, 40.6))


def test_the_actor_of_a_commit_is_told(space: Space, planner: Actor) -> None:
    cursor = space.feed(None).cursor
    put(space, shelter(), who=planner)
    assert [(item.by, item.reason) for item in space.feed(cursor).items] == [("planner", "测试")]
