"""The tables refuse what the form refuses, whoever writes: the database's owner, a script, psql."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, text
from sqlalchemy.engine import URL

from geodata.store import migration
from geodata.store.database import Database
from geodata.store.narrowing import ValuesInTheWay
from geodata.store.past import space_id_of
from geodata.store.spaces import Space
from geodata.store.value_checks import field_of, value_checks
from layers.catalogue import CATALOGUE
from layers.collection import Catalogue
from layers.errors import InvalidInput
from layers.messages import message, remedy
from layers.spec import OPERATOR, Choice, Family, Field, Geometry, Label, Layer, Style
from layers.values import Unreadable, reader
from tests.conftest import SECRET, _create, _drop
from tests.geodata.store.test_features import put, shelter

GAUGES = Layer("gauges", Label("水尺", "Gauges"), Geometry.NONE, (
    Field("code", Label("编号", "Code")), Field("height_m", Label("高度", "Height"), float, minimum=-0.5, maximum=20.25),
    Field("state", Label("状态", "State"), choices=(Choice("a:b", Label("甲", "A")), Choice("it's 100%", Label("乙", "B")))),
    Field("grades", Label("等级", "Grades"), int, choices=(Choice(1, Label("一", "One")), Choice(2, Label("二", "Two"))), many=True),
    Field("note", Label("备注", "Note"), max_length=5)), Style(Family.RESOURCE), key="code", title="code")
WRONG = [("shelters", "status", "'zzz'", "choice"), ("shelters", "area_m2", "-400", "range"), ("shelters", "name", "repeat('长', 101)", "length"),
         ("shelters", "suits", "ARRAY['flood', 'zzz']", "choice"), ("shelters", "suits", "ARRAY[NULL]::text[]", "choice"), ("shelters", "level", "9", "choice"),
         ("gauges", "state", "'a'", "choice"), ("gauges", "grades", "ARRAY[3]", "choice"), ("gauges", "height_m", "20.5", "range"), ("gauges", "note", "'123456'", "length")]


@pytest.mark.parametrize(("layer", "field", "value", "kind"), WRONG)
def test_the_table_refuses_what_the_form_refuses(database: Database, space: Space, layer: str, field: str, value: str, kind: str) -> None:
    space.create_layer(GAUGES, OPERATOR)
    put(space, shelter())
    with space.transaction(OPERATOR) as store:
        store.insert("gauges", {"code": "1", "height_m": 20.25, "state": "it's 100%", "grades": [1, 2], "note": "一二三四五"}, None)
    with pytest.raises(Exception, match=f"ck_{layer}_{kind}_{field}"), database.owner.begin() as connection:
        connection.execute(text(f'UPDATE onemap.{layer} SET "{field}" = {value}'))
    with database.owner.begin() as connection:
        connection.execute(text(f'UPDATE onemap.{layer} SET "{field}" = NULL') if field != "name" else text("SELECT 1"))


def test_our_own_ways_still_say_it_in_the_forms_words(space: Space) -> None:
    with pytest.raises(InvalidInput) as refused, space.transaction(OPERATOR) as store:
        store.insert("shelters", {**shelter(), "status": "zzz", "area_m2": -400}, None)
    assert {(one.pointer, one.code) for one in refused.value.problems} >= {("/properties/status", "not-a-choice"), ("/properties/area_m2", "out-of-range")}


def test_what_gets_past_the_reader_is_told_with_its_field(space: Space) -> None:
    put(space, shelter())
    with pytest.raises(InvalidInput) as refused, space.transaction(OPERATOR) as store:
        store.connection.execute(text("UPDATE onemap.shelters SET area_m2 = -1"))
    assert [(one.pointer, one.code) for one in refused.value.problems] == [("/properties/area_m2", "value-refused")]


def test_table_and_form_agree_on_every_field(database: Database) -> None:
    """The twin: values at, within and beyond each limit, read as the form reads them and judged as the table does."""
    judged = 0
    with database.owner.connect() as connection:
        for layer in (*CATALOGUE.values(), GAUGES):
            for check in value_checks(layer):
                field = layer.field(check.field)
                assert field is not None
                for value in _probes(field):
                    assert _admits(connection, check.field, check.condition, field, value) == _reads(field, value), (check.name, value)
                    judged += 1
    assert judged > 500


def _probes(field: Field) -> Iterator[Any]:
    if field.choices:
        values = [one.value for one in field.choices]
        wrong: Any = "zzz" if field.type is str else max(values) + 1  # type: ignore[type-var, operator]
        yield from ([[one] for one in values] + [values, [*values, wrong]] if field.many else [*values, wrong])
    elif field.type is str:
        yield from ("字" * field.max_length, "字" * (field.max_length + 1))
    else:
        for bound in (field.minimum, field.maximum):
            if bound is not None:
                yield from (field.type(bound), field.type(bound) - 1, field.type(bound) + 1)  # type: ignore[arg-type, operator, call-arg]


def _admits(connection: Connection, name: str, condition: str, field: Field, value: Any) -> bool:
    kind = {str: "text", int: "bigint", float: "double precision"}[field.type] + ("[]" if field.many else "")  # type: ignore[index]
    answer = connection.exec_driver_sql(f'SELECT {condition.replace("%", "%%")} FROM (SELECT CAST(%(value)s AS {kind}) AS "{name}") t', {"value": value}).scalar()
    return bool(answer)


def _reads(field: Field, value: Any) -> bool:
    try:
        reader(field)(value)
    except Unreadable:
        return False
    return True


def test_names_are_short_and_tell_the_field() -> None:
    long = Layer("l" * 48, Label("长", "Long"), Geometry.NONE, tuple(Field(f"{letter}{'x' * 47}", Label("值", "Value")) for letter in "ab"), Style(Family.BASE))
    checks = value_checks(long)
    names = [one.name for one in checks]
    assert max(map(len, names)) <= 63 and len(set(names)) == len(names)
    assert [field_of(one.name, long.id) for one in checks] == [one.field for one in checks]
    odd = Layer("x_range_y", Label("怪", "Odd"), Geometry.NONE, (Field("length_z", Label("值", "Value"), max_length=3),), Style(Family.BASE))
    assert [field_of(one.name, odd.id) for one in value_checks(odd)] == ["length_z", "adcode", "source"]
    assert field_of("ck_shelters_geometry", "shelters") is None


@pytest.fixture
def before(cluster_url: URL) -> Iterator[Database]:
    """A database as the scripts before this promise left it, with a run-time layer of then."""
    _create(cluster_url, "onemap_before")
    database = Database(cluster_url.set(database="onemap_before").render_as_string(hide_password=False), SECRET)
    with database.owner.connect() as connection:
        migration._prepare(database, connection)
        config = migration._config(connection, None, CATALOGUE)
        down = ScriptDirectory.from_config(config).get_revision("0004").down_revision
        connection.commit()
        command.upgrade(config, str(down))
        connection.commit()
        there = set(inspect(connection).get_table_names("onemap"))
    database.dispose()
    # Layers that came later had no table yet, and no condition read them.
    of_then = Catalogue(tuple(replace(layer, out_of_service=()) for layer in CATALOGUE.values() if layer.id in there))
    database = Database(cluster_url.set(database="onemap_before").render_as_string(hide_password=False), SECRET, catalogue=of_then)
    with database.owner.connect() as connection:
        migration._finish(database, connection)
        connection.commit()
    space = database.space("live")
    space.create_layer(GAUGES, OPERATOR)
    with database.owner.begin() as connection:
        for check in value_checks(GAUGES):
            connection.execute(text(f'ALTER TABLE onemap.gauges DROP CONSTRAINT "{check.name}"'))
    yield database
    database.dispose()
    _drop(cluster_url, "onemap_before")


def test_an_upgrade_names_every_value_in_its_way_and_changes_nothing(before: Database) -> None:
    space = before.space("live")
    ids = [put(space, shelter(f"S{n}")) for n in range(3)]
    with space.transaction(OPERATOR) as store:
        store.insert("gauges", {"code": "1", "height_m": 1}, None)
    with before.owner.begin() as connection:
        connection.execute(text("UPDATE onemap.shelters SET status = 'zzz' WHERE code <> 'S0'"))
        connection.execute(text("UPDATE onemap.shelters SET area_m2 = -400 WHERE code = 'S0'"))
    with pytest.raises(ValuesInTheWay) as stopped:
        before.migrate()
    said = message(stopped.value.code, stopped.value.values, "zh")
    assert "shelters.status × 2" in said and "shelters.area_m2 × 1" in said and "2 列" in said
    todo = remedy(stopped.value.code, stopped.value.values, "zh") or ""
    assert 'SELECT id, "' in todo and "FROM onemap.\"shelters\" WHERE NOT" in todo
    with space.reading(OPERATOR) as store:
        assert [store.get("shelters", one).properties["status"] for one in ids[1:]] == ["zzz", "zzz"]
    with before.owner.begin() as connection:
        assert connection.scalar(text("SELECT count(*) FROM pg_constraint WHERE conname = 'ck_shelters_choice_status'")) == 0
        connection.execute(text("UPDATE onemap.shelters SET status = NULL, area_m2 = NULL"))
        connection.execute(text("UPDATE onemap.gauges SET height_m = 99"))
    with pytest.raises(ValuesInTheWay, match=r"gauges\.height_m × 1"):
        before.migrate()
    with before.owner.begin() as connection:
        connection.execute(text("UPDATE onemap.gauges SET height_m = 9"))
    before.migrate()
    with pytest.raises(Exception, match="ck_gauges_range_height_m"), before.owner.begin() as connection:
        connection.execute(text("UPDATE onemap.gauges SET height_m = 99"))
    with before.owner.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM pg_constraint WHERE contype = 'c' AND NOT convalidated")) == 0


def test_the_past_shows_values_that_were_admitted_then(database: Database, space: Space) -> None:
    put(space, shelter())
    with database.owner.begin() as connection:
        connection.execute(text("ALTER TABLE onemap.shelters DROP CONSTRAINT ck_shelters_choice_status"))
        connection.execute(text("UPDATE onemap.shelters SET status = 'old'"))
    with database.owner.connect() as connection:
        then = connection.execute(text("SELECT date_trunc('second', max(at)) + interval '1 second' FROM onemap.commit_log")).scalar_one()
        connection.execute(text("SELECT pg_sleep(greatest(0, extract(epoch FROM CAST(:then AS timestamptz) - clock_timestamp()) + 0.05))"), {"then": then})
    with database.owner.begin() as connection:
        connection.execute(text("UPDATE onemap.shelters SET status = NULL"))
        connection.execute(text("ALTER TABLE onemap.shelters ADD CONSTRAINT ck_shelters_choice_status CHECK (status IN ('open'))"))
    with database.space(space_id_of(then)).reading(OPERATOR) as store:
        assert [one.properties["status"] for one in store.page("shelters").features] == ["old"]
