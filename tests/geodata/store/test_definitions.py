"""A run-time layer's words and measures can be changed; every process follows, and what was is in the history."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from shapely import Point, box
from sqlalchemy import text
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError

from geodata.queries.engine import QueryEngine
from geodata.queries.exposure import ExposureQuestion
from geodata.store.contents import history
from geodata.store.database import Database
from geodata.store.definitions import FieldChange, LayerBuiltIn, LayerChange, definition, redefine, remove, restore
from geodata.store.past import space_id_of
from geodata.store.promises import kept, rights
from geodata.store.spaces import NameOfRemoved, Space
from layers.errors import Forbidden, InvalidInput, StaleVersion, VersionRequired
from layers.spec import OPERATOR, Actor, Choice, Field, Label, Measure, Role
from tests.conftest import SECRET, actor
from tests.geodata.store.test_migration import WELLS


def a_moment_after_now() -> datetime:
    """The next whole second, once it has passed: past moments are of whole seconds."""
    moment = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=1)
    while datetime.now(UTC) <= moment:
        time.sleep(0.02)
    return moment


DEPTH = LayerChange({"label": Label("机井", "Bores"), "exposed": True}, {"depth_m": FieldChange(frozenset({"counts_as", "unit"}), counts_as=Measure.LENGTH, unit="m")})


@pytest.fixture
def wells(space: Space) -> Space:
    space.create_layer(WELLS, OPERATOR)
    with space.transaction(OPERATOR) as store:
        store.insert("wells", {"code": "1", "depth_m": 30}, Point(109.8, 40.6))
        store.insert("wells", {"code": "2", "depth_m": 12.5}, Point(109.8, 40.6))
    return space


@pytest.fixture
def other(database_url: URL) -> Iterator[Database]:
    """Another process's view of the same database."""
    database = Database(database_url.render_as_string(hide_password=False), SECRET)
    yield database
    database.dispose()


def test_another_process_follows_and_sums(wells: Space, other: Database, database: Database) -> None:
    there, question = other.space("live"), ExposureQuestion(box(109.7, 40.5, 109.9, 40.7), 0.0, ("wells",))
    engines = [(QueryEngine(database), wells), (QueryEngine(other), there)]
    for engine, one in engines:
        one.versions()
        assert engine.exposure(one, question, OPERATOR).layers[0].measures == {}
    assert redefine(wells, "wells", DEPTH, OPERATOR, version=1, reason="要合计").version == 2
    for engine, one in engines:
        one.versions()
        assert one.catalogue["wells"].label.zh == "机井" and one.catalogue["wells"].exposed
        assert engine.exposure(one, question, OPERATOR).layers[0].measures["depth_m"].sum == 42.5


def test_what_it_was_is_in_the_history(wells: Space, database: Database) -> None:
    redefine(wells, "wells", DEPTH, OPERATOR, version=1, reason="要合计")
    with database.owner.connect() as connection:
        row = connection.execute(text("SELECT reason, before->'definition'->'label'->>'zh' AS was, after->'definition'->'label'->>'zh' AS became FROM onemap.history "
                                      "WHERE layer = 'layer_definition' AND op = 'update'")).one()
    assert (row.reason, row.was, row.became) == ("要合计", "水井", "机井")


def test_a_stale_change_is_refused_and_changes_nothing(wells: Space) -> None:
    redefine(wells, "wells", DEPTH, OPERATOR, version=1)
    with pytest.raises(StaleVersion) as refused:
        redefine(wells, "wells", LayerChange({"ranked": True}), OPERATOR, version=1)
    assert refused.value.values["current"] == 2 and not definition(wells, "wells", OPERATOR).layer.ranked
    with pytest.raises(VersionRequired):
        redefine(wells, "wells", LayerChange({"ranked": True}), OPERATOR, version=None)


def test_what_the_layer_has_not_is_named(wells: Space) -> None:
    wrong = LayerChange({"title": "nothing"}, {"nowhere": FieldChange(frozenset({"unit"})), "code": FieldChange(frozenset({"counts_as"}), counts_as=Measure.PEOPLE)})
    with pytest.raises(InvalidInput) as refused:
        redefine(wells, "wells", wrong, OPERATOR, version=1)
    assert {one.pointer for one in refused.value.problems} == {"/title", "/fields/nowhere", "/fields/code/counts_as"}


def test_only_gis_staff_and_only_layers_made_from_files(wells: Space, viewer: Actor, planner: Actor) -> None:
    for one in (viewer, planner):
        with pytest.raises(Forbidden):
            redefine(wells, "wells", DEPTH, one, version=1)
        with pytest.raises(Forbidden):
            remove(wells, "wells", one, version=1, reason="不用了")
    assert definition(wells, "wells", OPERATOR).version == 1
    redefine(wells, "wells", DEPTH, actor(Role.GIS_STAFF), version=1)
    with pytest.raises(LayerBuiltIn):
        redefine(wells, "shelters", LayerChange({"ranked": False}), OPERATOR, version=1)


def choices(*values: str) -> FieldChange:
    return FieldChange(frozenset({"choices"}), choices=tuple(Choice(one, Label(one, one)) for one in values))


def test_a_process_that_served_the_layer_before_writes_and_reads_a_field_that_came_since(wells: Space, other: Database) -> None:
    there = other.space("live")
    with there.reading(OPERATOR) as store:
        feature = store.page("wells").features[0]
    added = LayerChange(added=(Field("pump", Label("水泵", "Pump"), bool), Field("yield_m3", Label("出水量", "Yield"), float, counts_as=Measure.QUANTITY)))
    redefine(wells, "wells", added, OPERATOR, version=1)
    there.refresh()
    with there.transaction(OPERATOR) as store:
        store.patch("wells", feature.id, {"pump": True, "yield_m3": 2.5}, version=1)
    with wells.reading(OPERATOR) as store:
        found = store.get("wells", feature.id)
        assert (found.properties["pump"], found.properties["yield_m3"], found.properties["code"]) == (True, 2.5, feature.properties["code"])
        assert [(one.after or {}).get("pump") for one in store.history("wells", feature.id)] == [None, True]
    with pytest.raises(DBAPIError), there.engine.begin() as connection:
        connection.execute(text("UPDATE onemap.wells SET yield_m3 = 'Infinity'"))


def test_a_retired_field_keeps_its_values_through_edits_undoing_and_the_past(wells: Space, database: Database) -> None:
    with wells.reading(OPERATOR) as store:
        feature = next(one for one in store.page("wells").features if one.properties["code"] == "1")
    before = a_moment_after_now()
    redefine(wells, "wells", LayerChange(fields={"depth_m": FieldChange(frozenset(), retired=True)}), OPERATOR, version=1)
    with wells.transaction(OPERATOR) as store:
        assert "depth_m" not in store.get("wells", feature.id).properties
        store.patch("wells", feature.id, {"code": "1a"}, version=1)
    with wells.transaction(OPERATOR, "误") as store:
        store.delete("wells", feature.id, version=2, reason="误删")
    with wells.transaction(OPERATOR, "恢复") as store:
        store.undo(store.commits(layers=["wells"], limit=1)[0].token)
    then = database.space(space_id_of(before))
    with then.reading(OPERATOR) as store:
        assert store.get("wells", feature.id).properties["depth_m"] == 30, "the past has the field"
    redefine(wells, "wells", LayerChange(fields={"depth_m": FieldChange(frozenset(), retired=False)}), OPERATOR, version=2)
    with wells.reading(OPERATOR) as store:
        found = store.get("wells", feature.id)
        assert (found.properties["code"], found.properties["depth_m"]) == ("1a", 30), "deleted, restored, and still what it was"


def test_choices_that_stored_values_stand_against_are_refused_with_the_values(wells: Space) -> None:
    with pytest.raises(InvalidInput) as refused:
        redefine(wells, "wells", LayerChange(fields={"code": choices("1", "3")}), OPERATOR, version=1)
    (problem,) = refused.value.problems
    assert (problem.pointer, problem.code, problem.values["count"], problem.values["values"]) == ("/fields/code/choices", "values-stand-against", 1, "2")
    redefine(wells, "wells", LayerChange(fields={"code": choices("1", "2", "50%")}), OPERATOR, version=1)
    with pytest.raises(InvalidInput), wells.transaction(OPERATOR) as store:
        store.insert("wells", {"code": "4"}, Point(109.8, 40.6))
    with pytest.raises(DBAPIError), wells.engine.begin() as connection:
        connection.execute(text("UPDATE onemap.wells SET code = '9'"))
    redefine(wells, "wells", LayerChange(fields={"code": choices()}), OPERATOR, version=2)
    with wells.transaction(OPERATOR) as store:
        store.insert("wells", {"code": "4"}, Point(109.8, 40.6))


def test_a_removed_layer_is_gone_for_every_process_and_comes_back_whole(wells: Space, other: Database, database: Database) -> None:
    there = other.space("live")
    assert "wells" in there.catalogue
    with wells.reading(OPERATOR) as store:
        held = [(one.id, one.version, dict(one.properties)) for one in store.page("wells").features]
    remove(wells, "wells", OPERATOR, version=1, reason="不用了")
    there.refresh()
    assert "wells" not in there.catalogue and "wells" not in database.space().versions()
    with pytest.raises(NameOfRemoved):
        wells.create_layer(WELLS, OPERATOR)
    drill = database.space(database.open_drill("移除以后", OPERATOR).id)
    assert "wells" not in drill.catalogue
    assert all(not look(database).faults for look in (kept, rights, history)), "the database's own checks have no complaint"
    restore(wells, "wells", OPERATOR, version=2)
    there.refresh()
    with there.reading(OPERATOR) as store:
        assert [(one.id, one.version, dict(one.properties)) for one in store.page("wells").features] == held


def test_two_who_change_one_definition_at_once_do_not_both_succeed(wells: Space, other: Database) -> None:
    def add(place: int) -> bool:
        space = (wells, other.space("live"))[place % 2]
        try:
            redefine(space, "wells", LayerChange(added=(Field(f"f{place}", Label("新", "New")),)), OPERATOR, version=1)
        except StaleVersion:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(add, range(4))) == [False, False, False, True]
    assert len(definition(wells, "wells", OPERATOR).layer.fields) == len(WELLS.fields) + 1
