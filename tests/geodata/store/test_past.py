"""The past: the whole space as it stood at a second, by commit time, read only, made again when it was dropped."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from shapely.geometry import Point
from sqlalchemy import text

from geodata.queries.engine import QueryEngine
from geodata.queries.exposure import ExposureQuestion
from geodata.queries.nearest import NearestQuestion
from geodata.store import past
from geodata.store.database import Database
from geodata.store.spaces import PastIsFixed, Space
from layers.errors import Forbidden, InvalidInput, LayerNotFound, SpaceNotFound
from layers.spec import OPERATOR, Actor, Family, Field, Geometry, Label, Layer, Role, Style
from tests.conftest import SECRET, actor


def at_a_full_second(database: Database) -> datetime:
    """The present, moved on to just after a full second, so that what follows comes after it."""
    with database.owner.connect() as connection:
        now = connection.scalar(text("SELECT clock_timestamp()"))
        assert now is not None
        connection.execute(text("SELECT pg_sleep(:left)"), {"left": 1.01 - now.microsecond / 1e6})
    return now.replace(microsecond=0) + timedelta(seconds=1)


def everything(space: Space) -> dict[str, Any]:
    with space.reading(OPERATOR) as store:
        return {one.id: [(each.id, each.version, dict(each.properties), each.geometry.wkb if each.geometry else None, each.created_at, each.updated_by)
                         for each in store.page(one.id, limit=1000).features] for one in space.catalogue.values()}


@pytest.fixture
def story(database: Database, space: Space, planner: Actor) -> tuple[datetime, dict[str, Any], Any]:
    """Three shelters and a depot with a line at a moment; afterwards all kinds of change. The moment, what was there, one id."""
    with space.transaction(planner, "登记") as store:
        kept, changed, gone = (store.insert("shelters", {"name": name, "capacity": 100, "suits": ["flood"], "area_m2": 1 / 3, "verified_at": "2026-01-02T03:04:05.678901+08:00"},
                                            Point(109.6 + i / 100, 40.6)) for i, name in enumerate("甲乙丙"))
        depot = store.insert("depots", {"name": "库"}, Point(109.6, 40.6))
        store.insert("supplies", {"depot": str(depot.id), "name": "沙袋", "quantity": 5}, None)
    moment = at_a_full_second(database)
    then = everything(space)
    with space.transaction(planner, "后来") as store:
        store.patch("shelters", changed.id, {"capacity": 1, "suits": None}, version=1, geometry=Point(109.9, 40.7))
        store.delete("shelters", gone.id, version=1, reason="后来")
        store.insert("shelters", {"name": "丁"}, Point(109.601, 40.6))
    with space.transaction(planner, "更后来") as store:
        store.patch("shelters", changed.id, {"capacity": 2}, version=2)
        store.patch("shelters", kept.id, {"capacity": 3}, version=1)
    return moment, then, kept.id


def test_everything_is_as_it_was(database: Database, space: Space, story: Any) -> None:
    moment, then, kept = story
    old = database.space(past.space_id_of(moment))
    assert everything(old) == then, "every value to its last digit, versions and who and when"
    with old.reading(OPERATOR) as store:
        assert [one.reason for one in store.history("shelters", kept)] == ["登记"], "what came after is not in its history"
        assert [one.reason for one in store.commits(limit=1)] == ["登记"]
        live = store.version("shelters")
    assert live.version == 1
    later = database.space(past.space_id_of(at_a_full_second(database)))
    assert everything(later) == everything(space)


def test_a_table_has_the_order_and_sums_of_then(database: Database, space: Space, story: Any) -> None:
    rows = {}
    for one in (space, database.space(past.space_id_of(story[0]))):
        with one.reading(OPERATOR) as store:
            page = store.page("shelters", sort="-capacity,name")
            rows[one.is_past] = [each.properties["name"] for each in page.features], store.summary("shelters").measures["capacity"].sum
    assert rows == {True: (["丙", "甲", "乙"], 300), False: (["甲", "乙", "丁"], 5)}  # bing, jia, yi; of the later ones 3, 2 and unknown


def test_questions_are_answered_of_then(database: Database, space: Space, story: Any) -> None:
    engine = QueryEngine(database)
    old = database.space(past.space_id_of(story[0]))
    question = NearestQuestion(109.6, 40.6, layers=("shelters",), k=3, limits={"contact_days": 0})
    names = {}
    for one in (space, old):
        found = engine.nearest(one, question, OPERATOR).layers[0]
        with one.reading(OPERATOR) as store:
            names[one.id] = [store.get("shelters", each.id).properties["name"] for each in found.ranked]
    assert names == {"live": ["甲", "丁", "乙"], old.id: ["甲", "乙", "丙"]}
    inside = engine.exposure(old, ExposureQuestion(Point(109.6, 40.6), 3000.0, ("shelters",)), OPERATOR).layers[0]
    assert inside.count == 3
    engine.close()


def test_nobody_writes_to_the_past(database: Database, story: Any, planner: Actor) -> None:
    old = database.space(past.space_id_of(story[0]))
    with pytest.raises(PastIsFixed), old.transaction(planner) as store:
        store.insert("shelters", {"name": "x"}, Point(109.6, 40.6))
    with old.reading(planner) as store:
        assert not any(store.may(action, layer) for layer in store.catalogue.values() for action in ("write", "delete", "load"))
    with pytest.raises(Forbidden):
        old.create_layer(Layer(id="new_one", label=Label("新", "New"), geometry=Geometry.POINT, style=Style(Family.BASE), fields=(Field("name", Label("名", "Name")),)), planner)
    for role in ("onemap_drill", "onemap_live"):
        with database.owner.connect() as connection:
            assert not connection.scalar(text("SELECT bool_or(has_table_privilege(:role, c.oid, 'INSERT,UPDATE,DELETE,TRUNCATE')) FROM pg_class c "
                                              "JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = :schema AND c.relkind IN ('r', 'v')"),
                                         {"role": role, "schema": old.schema})


def test_a_commit_counts_when_it_was_committed_not_when_it_began(database: Database, space: Space, planner: Actor) -> None:
    with space.transaction(planner, "长事务") as store:
        store.insert("shelters", {"name": "慢"}, Point(109.6, 40.6))
        moment = at_a_full_second(database)
        time.sleep(0.05)
    old = database.space(past.space_id_of(moment))
    with old.reading(OPERATOR) as store:
        assert store.count("shelters") == 0, "at that moment nobody could see it"
    with database.owner.connect() as connection:
        began = connection.scalar(text("SELECT max(at) FROM onemap.history"))
    assert began is not None and began < moment, "the wrong build, by the history's own time, would show it"


def test_a_moment_waits_for_what_is_being_committed(database: Database, space: Space, planner: Actor) -> None:
    """A commit is stamped a moment before it can be seen; a copy made between would lack it for good."""
    stamped, go = threading.Event(), threading.Event()

    def commit_slowly() -> None:
        with space.transaction(planner, "慢提交") as store:
            store.insert("shelters", {"name": "慢"}, Point(109.6, 40.6))
            store.connection.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))  # stamps now, commits later
            stamped.set()
            go.wait(30)

    with ThreadPoolExecutor(2) as threads:
        slow = threads.submit(commit_slowly)
        assert stamped.wait(30)
        moment = at_a_full_second(database)
        asked = threads.submit(database.space, past.space_id_of(moment))
        time.sleep(0.3)
        assert not asked.done(), "it waits"
        go.set()
        slow.result()
        with asked.result().reading(OPERATOR) as store:
            assert store.count("shelters") == 1


def test_run_time_layers_are_there_from_when_they_were_made(database: Database, space: Space, story: Any) -> None:
    space.create_layer(Layer(id="hospitals", label=Label("医院", "Hospitals"), geometry=Geometry.POINT, style=Style(Family.BASE), fields=(Field("name", Label("名", "Name")),)), actor(Role.GIS_STAFF))
    with space.transaction(actor(Role.PLANNER)) as store:
        store.insert("hospitals", {"name": "一院"}, Point(109.6, 40.6))
    after = database.space(past.space_id_of(at_a_full_second(database)))
    with after.reading(OPERATOR) as store:
        assert store.count("hospitals") == 1
    with database.space(past.space_id_of(story[0])).reading(OPERATOR) as store, pytest.raises(LayerNotFound):
        store.count("hospitals")


@pytest.mark.parametrize("name", ["past-", "past-20261", "past-20261399T000000Z", "past-20261126T060000", "past-20261126T060000Z; DROP SCHEMA onemap"])
def test_what_names_no_moment_is_not_found(database: Database, name: str) -> None:
    with pytest.raises(SpaceNotFound):
        database.space(name)


def test_moments_to_come_and_before_all_are_refused_with_a_remedy(database: Database, space: Space) -> None:
    for moment, code in ((datetime.now(UTC) + timedelta(hours=1), "moment-to-come"), (datetime(2001, 1, 1, tzinfo=UTC), "moment-before-all")):
        with pytest.raises(InvalidInput) as refused:
            database.space(past.space_id_of(moment))
        assert refused.value.problems[0].code == code
    with database.owner.connect() as connection:
        assert not connection.scalar(text("SELECT count(*) FROM pg_namespace WHERE starts_with(nspname, 'past_')")), "nothing is left of it"


def test_a_copy_that_made_room_is_made_again_also_for_another_process(database: Database, database_url: Any, story: Any) -> None:
    moment, then, _ = story
    other = Database(database_url.render_as_string(hide_password=False), SECRET)
    first = database.space(past.space_id_of(moment))
    assert everything(other.space(first.id)) == then
    with database.owner.begin() as connection:
        past.drop_all(connection)
    assert everything(database.space(first.id)) == then
    assert everything(other.space(first.id)) == then
    other.dispose()


def test_only_so_many_copies_are_kept(database: Database, story: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(past, "MOST_KEPT", 2)
    for _ in range(3):
        database.space(past.space_id_of(at_a_full_second(database)))
    with database.owner.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM pg_namespace WHERE starts_with(nspname, 'past_')")) == 2
