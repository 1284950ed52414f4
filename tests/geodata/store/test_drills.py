"""A drill is a sealed copy: nothing that is done in it can reach the live data (bar A6)."""

from __future__ import annotations

import hashlib
import random

import pytest
from shapely import Point, Polygon
from sqlalchemy import text

from geodata.store.batch import Row
from geodata.store.database import Database
from geodata.store.spaces import Space
from layers.errors import Forbidden, SpaceNotFound
from layers.spec import OPERATOR, Actor
from tests.geodata.store.test_features import put, shelter

OPERATIONS = 10_000


def live_hash(database: Database) -> str:
    """A hash over every live table, support tables included."""
    digest = hashlib.sha256()
    with database.owner.connect() as connection:
        names = connection.scalars(text("SELECT tablename FROM pg_tables WHERE schemaname = 'onemap' ORDER BY 1")).all()
        for name in names:
            rows = connection.scalars(text(f'SELECT t::text FROM onemap."{name}" t ORDER BY 1')).all()
            digest.update(f"{name}\n{rows}".encode())
    return digest.hexdigest()


def test_ten_thousand_operations_in_a_drill_leave_live_unchanged(database: Database, space: Space, controller: Actor) -> None:
    with space.transaction(OPERATOR) as store:
        store.upsert("shelters", [Row(shelter(f"S{n}"), Point(109.8 + n / 1e4, 40.6)) for n in range(200)])
    drill = database.space(database.open_drill("桌面推演", controller).id)
    before = live_hash(database)
    chance = random.Random(1)
    done = 0
    while done < OPERATIONS:
        with drill.transaction(controller, "推演") as store:
            ids = [feature.id for feature in store.page("shelters", limit=200).features]
            for one in chance.sample(ids, 40):
                store.connection.execute(text(f'UPDATE "{drill.schema}".shelters SET capacity = capacity + 1 WHERE id = :id'), {"id": one})
            rows = [Row(shelter(f"D{done + n}"), Point(109.9, 40.6)) for n in range(160)]
            store.upsert("shelters", rows)
            done += 200
    with pytest.raises(ZeroDivisionError), drill.transaction(controller) as store:
        store.delete("shelters", ids[0], version=store.get("shelters", ids[0]).version, reason="推演")
        raise ZeroDivisionError  # the crash in mid-act
    database.reset_drill(drill.id, controller)
    assert live_hash(database) == before


def test_the_hash_sees_one_changed_value(database: Database, space: Space) -> None:
    put(space, shelter())
    before = live_hash(database)
    with space.transaction(OPERATOR) as store:
        store.patch("shelters", store.page("shelters").features[0].id, {"capacity": 501}, version=1)
    assert live_hash(database) != before


@pytest.mark.parametrize("statement", ["INSERT INTO onemap.shelters (code, name) VALUES ('x', 'x')", "UPDATE onemap.shelters SET capacity = 0",
                                       "DELETE FROM onemap.shelters", "TRUNCATE onemap.shelters", "DROP TABLE onemap.shelters",
                                       "SELECT * FROM onemap_control.drill", "SET ROLE onemap_live", "CREATE TABLE onemap.x (y int)"])
def test_the_drills_role_has_no_right_to_live(database: Database, controller: Actor, statement: str) -> None:
    drill = database.space(database.open_drill("演练", controller).id)
    with pytest.raises(Exception, match=r"permission denied|must be owner"), drill.engine.begin() as connection:
        connection.execute(text(statement))


def test_a_drill_starts_as_live_is_now_and_goes_its_own_way(database: Database, space: Space, controller: Actor, planner: Actor) -> None:
    feature_id = put(space, shelter(phone="000-12345678"))
    record = database.open_drill("哈德门沟山洪", controller)
    drill = database.space(record.id)
    with drill.transaction(controller, "推演") as store:
        assert store.get("shelters", feature_id).properties["capacity"] == 500
        store.patch("shelters", feature_id, {"capacity": 1}, version=1)
    with space.reading(planner) as store:
        assert store.get("shelters", feature_id).properties["capacity"] == 500
    assert [one.name for one in database.drills()] == ["哈德门沟山洪"]
    database.reset_drill(record.id, controller)
    with database.space(record.id).reading(planner) as store:
        assert store.get("shelters", feature_id).properties["capacity"] == 500
    database.close_drill(record.id, controller)
    with pytest.raises(SpaceNotFound):
        database.space(record.id)
    assert [one.id for one in database.drills(closed=True)] == [record.id]


def test_scenario_areas_live_in_drills_only(database: Database, space: Space, controller: Actor) -> None:
    layer = next(one for one in space.catalogue.values() if one.drill_only)
    area = {field.id: (field.choices[0].value if field.choices else "淹没区") for field in layer.fields if field.required}
    square = Polygon([(109.8, 40.6), (109.81, 40.6), (109.81, 40.61), (109.8, 40.61)])
    with pytest.raises(Forbidden), space.transaction(controller) as store:
        store.insert(layer.id, area, square)
    drill = database.space(database.open_drill("演练", controller).id)
    with drill.transaction(controller) as store:
        assert store.insert(layer.id, area, square).version == 1


def test_only_drill_controllers_open_drills(database: Database, planner: Actor) -> None:
    with pytest.raises(Forbidden):
        database.open_drill("演练", planner)


def test_a_drill_copies_run_time_layers_too(database: Database, space: Space, controller: Actor) -> None:
    from layers.spec import Family, Field, Geometry, Label, Layer, Style

    layer = Layer("wells", Label("水井", "Wells"), Geometry.POINT, (Field("code", Label("编号", "Code")),), Style(Family.RESOURCE), key="code", title="code")
    space.create_layer(layer, OPERATOR)
    with space.transaction(OPERATOR) as store:
        store.insert("wells", {"code": "W1"}, Point(109.8, 40.6))
    drill = database.space(database.open_drill("演练", controller).id)
    with drill.reading(controller) as store:
        assert store.count("wells") == 1


def test_a_layer_made_by_one_process_is_seen_by_another(database: Database, space: Space) -> None:
    from layers.spec import Family, Field, Geometry, Label, Layer, Style

    other = Database(database.owner.url.render_as_string(hide_password=False), "of the tests")
    there = other.space("live")
    assert "wells" not in there.catalogue
    space.create_layer(Layer("wells", Label("水井", "Wells"), Geometry.POINT, (Field("code", Label("编号", "Code")),), Style(Family.RESOURCE)), OPERATOR)
    assert "wells" in there.versions() and "wells" in there.catalogue
    other.dispose()
