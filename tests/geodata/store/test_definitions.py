"""A run-time layer's words and measures can be changed; every process follows, and what was is in the history."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from shapely import Point, box
from sqlalchemy import text
from sqlalchemy.engine import URL

from geodata.queries.engine import QueryEngine
from geodata.queries.exposure import ExposureQuestion
from geodata.store.database import Database
from geodata.store.definitions import FieldChange, LayerBuiltIn, LayerChange, definition, redefine
from geodata.store.spaces import Space
from layers.errors import Forbidden, InvalidInput, StaleVersion, VersionRequired
from layers.spec import OPERATOR, Actor, Label, Measure
from tests.conftest import SECRET
from tests.geodata.store.test_migration import WELLS

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


def test_only_who_may_make_layers_and_only_layers_made_from_files(wells: Space, viewer: Actor) -> None:
    with pytest.raises(Forbidden):
        redefine(wells, "wells", DEPTH, viewer, version=1)
    with pytest.raises(LayerBuiltIn):
        redefine(wells, "shelters", LayerChange({"ranked": False}), OPERATOR, version=1)
