"""The scripts make just what the declarations say, one process at a time."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, text
from sqlalchemy.engine import URL

from geodata.store import migration, pyramid
from geodata.store.database import Database
from geodata.store.migrations.scope import options, targets
from geodata.store.spaces import Space
from layers.catalogue import CATALOGUE
from layers.collection import Catalogue
from layers.spec import OPERATOR, Actor, Family, Field, Geometry, Label, Layer, Style
from tests.conftest import SECRET, _create, _drop

WELLS = Layer("wells", Label("水井", "Wells"), Geometry.POINT, (Field("code", Label("编号", "Code")), Field("depth_m", Label("深度", "Depth"), float)),
              Style(Family.RESOURCE), key="code", title="code")
HEAD = max(path.name[:4] for path in (Path(migration.__file__).parent / "migrations" / "versions").glob("0*.py"))
NEXT = f"{int(HEAD) + 1:04d}"
SHAPE_OF_TABLES = """
    SELECT 'column', table_schema, table_name, column_name, udt_name || ' ' || is_nullable || ' ' || coalesce(column_default, '') || ' ' || is_identity
      FROM information_schema.columns WHERE table_schema IN ('onemap', 'onemap_control') AND table_name NOT LIKE 'alembic%'
    UNION ALL SELECT 'constraint', n.nspname, c.relname, k.conname, pg_get_constraintdef(k.oid)
      FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE n.nspname IN ('onemap', 'onemap_control') AND c.relname NOT LIKE 'alembic%' AND k.contype <> 't'
    UNION ALL SELECT 'index', schemaname, tablename, indexname, indexdef FROM pg_indexes
     WHERE schemaname IN ('onemap', 'onemap_control') AND tablename NOT LIKE 'alembic%' ORDER BY 1, 2, 3, 4"""


def differences(connection: Connection, catalogue: Catalogue = CATALOGUE) -> list[object]:
    return list(compare_metadata(MigrationContext.configure(connection, opts=options(connection, catalogue)), targets(catalogue)))


@pytest.fixture
def bare(cluster_url: URL) -> Iterator[Database]:
    """A database with nothing in it yet."""
    _create(cluster_url, "onemap_bare")
    database = Database(cluster_url.set(database="onemap_bare").render_as_string(hide_password=False), SECRET)
    yield database
    database.dispose()
    _drop(cluster_url, "onemap_bare")


def test_autogenerate_finds_nothing_after_the_scripts(database: Database) -> None:
    with database.owner.connect() as connection:
        assert differences(connection) == []


def test_autogenerate_finds_a_field_without_a_script(database: Database) -> None:
    shelters = replace(CATALOGUE["shelters"], fields=(*CATALOGUE["shelters"].fields, Field("new_one", Label("新", "New"))))
    wrong = Catalogue(tuple(shelters if layer.id == "shelters" else layer for layer in CATALOGUE.values()))
    with database.owner.connect() as connection:
        assert len(differences(connection, wrong)) == 1


def test_a_run_time_layer_is_no_difference(database: Database, space: Space) -> None:
    space.create_layer(WELLS, OPERATOR)
    with database.owner.connect() as connection:
        assert differences(connection) == []


def test_the_scripts_and_the_declarations_make_the_same_tables(database: Database, bare: Database) -> None:
    """Checks, defaults and indexes too, which Alembic's own comparison passes over."""
    with bare.owner.connect() as connection:
        migration._prepare(bare, connection)
        migration.create_all(bare, connection)
        declared = connection.execute(text(SHAPE_OF_TABLES)).all()
    with database.owner.connect() as connection:
        made = connection.execute(text(SHAPE_OF_TABLES)).all()
    assert made == declared and len(made) > 200


def test_the_owner_may_become_the_roles_that_work_in_spaces(bare: Database) -> None:
    """Also where they were made by an earlier version that did not let it."""
    bare.migrate()
    with bare.owner.begin() as connection:
        connection.execute(text("REVOKE onemap_live, onemap_drill FROM CURRENT_USER"))
    bare.migrate()
    with bare.owner.begin() as connection:
        for role in ("onemap_live", "onemap_drill"):
            connection.execute(text(f"SET LOCAL ROLE {role}"))
            connection.execute(text("RESET ROLE"))


def test_two_processes_that_migrate_at_once_take_turns(bare: Database) -> None:
    faults: list[BaseException] = []

    def run() -> None:
        try:
            bare.migrate()
        except BaseException as fault:
            faults.append(fault)

    threads = [threading.Thread(target=run) for _ in range(2)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert faults == [] and bare.space("live").versions()["shelters"].version == 0


def test_migrating_again_changes_nothing(database: Database, space: Space) -> None:
    before = space.versions()
    database.migrate()
    assert space.versions() == before


def test_a_new_layer_wants_one_generated_script(database: Database, tmp_path: Path) -> None:
    catalogue = CATALOGUE.with_layers(WELLS)
    with database.owner.connect() as connection:
        script = migration.generate(connection, "wells", scripts=tmp_path, catalogue=catalogue)
        connection.commit()
        assert script is not None and "create_table" in script.read_text("utf-8")
        migration.upgrade(connection, tmp_path, catalogue)
        assert differences(connection, catalogue) == []
        assert migration.generate(connection, "again", scripts=tmp_path, catalogue=catalogue) is None


def test_a_script_that_fails_leaves_the_database_as_it_was(database: Database, tmp_path: Path) -> None:
    (tmp_path / f"{NEXT}_broken.py").write_text(f'''
from alembic import op
revision = "{NEXT}"
down_revision = "{HEAD}"
def upgrade():
    op.execute("CREATE TABLE onemap.half_done (x int)")
    op.execute("SELECT 1 / 0")
''', "utf-8")
    with database.owner.connect() as connection, pytest.raises(Exception, match="division by zero"):
        migration.upgrade(connection, tmp_path)
    with database.owner.connect() as connection:
        assert connection.scalar(text("SELECT to_regclass('onemap.half_done')")) is None
        assert connection.scalar(text("SELECT version_num FROM onemap_control.alembic_version")) == HEAD


def test_a_drill_open_across_a_script_is_closed_and_says_so(database: Database, controller: Actor, tmp_path: Path) -> None:
    drill = database.open_drill("演练", controller)
    migration.run(database)
    assert [one.id for one in database.drills()] == [drill.id], "no script, no harm"
    (tmp_path / f"{NEXT}_more.py").write_text(f'revision = "{NEXT}"\ndown_revision = "{HEAD}"\ndef upgrade():\n    pass\n', "utf-8")
    migration.run(database, tmp_path)
    assert database.drills() == [] and database.drills(closed=True)[0].closed_at is not None


def test_a_drill_opened_before_there_were_pyramids_gets_their_tables(database: Database, controller: Actor) -> None:
    drill = database.space(database.open_drill("d", controller).id)
    with database.owner.begin() as connection:
        for table in pyramid.TABLES:
            connection.execute(text(f'DROP TABLE "{drill.schema}".{table}'))
    database.migrate()
    with drill.connected() as connection:
        for table in pyramid.TABLES:
            assert connection.scalar(text(f'SELECT count(*) FROM "{drill.schema}".{table}')) == 0
