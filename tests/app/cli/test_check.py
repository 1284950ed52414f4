"""`onemap check` finds what is wrong: each kind of fault is planted, found, and told with its remedy."""

from __future__ import annotations

import json
import os
import time
import uuid
from collections import namedtuple
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import text
from sqlalchemy.engine import URL
from sqlalchemy.exc import InternalError

from app.cli import main
from app.command import inspection
from app.command.demo import ensure_demo
from app.command.demo_accounts import ensure_demo_accounts
from geodata.store import contents, promises, soundness
from geodata.store.backup import note_backup
from geodata.store.database import Database
from geodata.store.home import Home
from geodata.store.soundness import Look
from layers.catalogue import CATALOGUE
from layers.messages import declared
from layers.spec import Geometry
from tests.conftest import SECRET, _create, _drop

REFERRED = {one.reference for layer in CATALOGUE.values() for one in layer.references}
# A layer that has features in the demonstration: nothing is blocked there.
LAYER = next(layer.id for layer in CATALOGUE.values() if layer.geometry is not Geometry.NONE and layer.key and layer.id not in REFERRED and not layer.blocks)
REFERRING, FIELD = next((layer.id, one.id) for layer in CATALOGUE.values() for one in layer.references)


@pytest.fixture(scope="module")
def demonstration(cluster_url: URL, template: str) -> Iterator[str]:
    """The name of a database with the demonstration data, to be copied."""
    name = f"{template}_demo"
    _create(cluster_url, name, template)
    with closing_database(cluster_url.set(database=name)) as made:
        ensure_demo(made)
    yield name
    _drop(cluster_url, name)


def closing_database(url: URL) -> closing[Database]:
    made = Database(url.render_as_string(hide_password=False), SECRET)
    made.close = made.dispose  # type: ignore[attr-defined]
    return closing(made)  # type: ignore[type-var]


@pytest.fixture
def filled(cluster_url: URL, demonstration: str) -> Iterator[Database]:
    name = f"onemap_test_{uuid.uuid4().hex[:12]}"
    _create(cluster_url, name, demonstration)
    with closing_database(cluster_url.set(database=name)) as made:
        yield made
    _drop(cluster_url, name)


UNKEPT, KEPT = "ALTER TABLE onemap.{} DISABLE TRIGGER a_keep_record", "ALTER TABLE onemap.{} ENABLE TRIGGER a_keep_record"
PLANTED: list[tuple[Callable[[Database], Look], str, str]] = [
    (promises.kept, "trigger-missing", f"ALTER TABLE onemap.{LAYER} DISABLE TRIGGER c_update"),
    (promises.kept, "trigger-missing", f"DROP TRIGGER b_stamp_row ON onemap.{LAYER}"),
    (promises.kept, "trigger-missing", f"DROP TRIGGER a_refuse_truncate ON onemap.{LAYER}"),
    (promises.kept, "trigger-missing", UNKEPT.format("history")),
    (promises.kept, "trigger-missing", "ALTER TABLE onemap.touched DISABLE TRIGGER commit_layers"),
    (promises.kept, "function-differs", "CREATE OR REPLACE FUNCTION onemap_control.stamp_row() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$"),
    (promises.kept, "state-broken", f"{UNKEPT.format('commit_log')}; DELETE FROM onemap.commit_log WHERE layer = '{LAYER}'; {KEPT.format('commit_log')}"),
    (promises.kept, "function-differs", "CREATE OR REPLACE FUNCTION onemap_control.grid_x(lon double precision) RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT 0 $$"),
    (promises.rights, "right-too-many", "GRANT UPDATE ON onemap._pyramid_cell TO onemap_live"),
    (promises.rights, "right-missing", f"REVOKE UPDATE ON onemap.{LAYER} FROM onemap_live"),
    (promises.rights, "right-too-many", f"GRANT TRUNCATE ON onemap.{LAYER} TO onemap_live"),
    (promises.rights, "right-too-many", "GRANT UPDATE (reason) ON onemap.history TO onemap_live"),
    (promises.sealed, "drill-unsealed", f"GRANT INSERT ON onemap.{LAYER} TO PUBLIC"),
    (promises.sealed, "drill-unsealed", f"GRANT UPDATE (id) ON onemap.{LAYER} TO onemap_drill"),
    (promises.sealed, "drill-unsealed", "GRANT DELETE ON onemap_control.drill TO onemap_drill"),
    (soundness.migrated, "not-at-head", "UPDATE onemap_control.alembic_version SET version_num = '0000'"),
    (soundness.migrated, "tables-differ", f"ALTER TABLE onemap.{LAYER} ADD COLUMN by_hand int"),
    (soundness.migrated, "tables-differ", f"DROP INDEX onemap.ix_{LAYER}_geom"),
    (soundness.durable, "unsafe-database", ""),  # the cluster of the tests runs without fsync
    (contents.shapes, "broken-shapes", f"ALTER TABLE onemap.{LAYER} DROP CONSTRAINT ck_{LAYER}_geometry; UPDATE onemap.{LAYER} SET geom = ST_SetSRID(ST_MakePoint('Infinity', 40), 4490)"),
    (contents.references, "reference-nowhere",
     f"ALTER TABLE onemap.{REFERRING} DROP CONSTRAINT fk_{REFERRING}_{FIELD}; UPDATE onemap.{REFERRING} SET \"{FIELD}\" = gen_random_uuid()"),
    *[(contents.history, "history-differs", f"ALTER TABLE onemap.{LAYER} DISABLE TRIGGER USER; {change}; ALTER TABLE onemap.{LAYER} ENABLE TRIGGER USER") for change in (
        f"DELETE FROM onemap.{LAYER} WHERE id = (SELECT id FROM onemap.{LAYER} LIMIT 1)",
        f"UPDATE onemap.{LAYER} SET name = name || '?'",
        f"UPDATE onemap.{LAYER} SET geom = ST_Translate(geom, 1e-9, 0)")],
    (contents.history, "history-differs", f"{UNKEPT.format('history')}; DELETE FROM onemap.history WHERE layer = '{LAYER}'; {KEPT.format('history')}"),
]


@pytest.mark.parametrize(("look", "code", "sql"), PLANTED, ids=[f"{code}-{number}" for number, (_, code, _) in enumerate(PLANTED)])
def test_a_planted_fault_is_found(filled: Database, look: Callable[[Database], Look], code: str, sql: str) -> None:
    """That nothing is found where nothing was planted is the report's test below."""
    with filled.owner.begin() as connection:
        for one in [sql] if "$$" in sql else filter(None, sql.split("; ")):
            connection.exec_driver_sql(one)
    found = {one.code for one in look(filled).faults}
    assert found == {code}
    assert declared()[code].remedy


def test_a_membership_of_the_drills_role_is_found(filled: Database) -> None:
    with filled.owner.begin() as connection:
        connection.execute(text("GRANT onemap_live TO onemap_drill"))
    try:
        assert "member of onemap_live" in {one.values["how"] for one in promises.sealed(filled).faults}
    finally:
        with filled.owner.begin() as connection:
            connection.execute(text("REVOKE onemap_live FROM onemap_drill"))


def test_edits_by_hand_in_another_time_zone_and_a_long_history_are_no_fault(filled: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contents, "WHOLE", 10)
    with filled.owner.begin() as connection:
        connection.execute(text("SET LOCAL timezone = 'Asia/Shanghai'"))
        for name in (layer.id for layer in CATALOGUE.values() if not layer.ledger):
            connection.execute(text(f"UPDATE onemap.{name} SET updated_by = updated_by"))
    assert contents.history(filled).faults == () and contents.history(filled).found != "1/1"


def test_an_old_server_is_said(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    assert soundness.server(database).faults == ()
    monkeypatch.setattr(soundness, "LEAST_POSTGRES", 990000)
    assert [one.code for one in soundness.server(database).faults] == ["old-postgres"]


def test_a_check_cannot_write(database: Database) -> None:
    with soundness.looking(database) as connection, pytest.raises(InternalError, match="read-only"):
        connection.execute(text("DELETE FROM onemap_control.account"))


@pytest.fixture
def home(tmp_path: Path) -> Path:
    assert Home(tmp_path).secrets
    Home(tmp_path).remember(prepared=True)
    return tmp_path


@pytest.fixture
def check(filled: Database, home: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    monkeypatch.setenv("ONEMAP_DATABASE_URL", filled.owner.url.render_as_string(hide_password=False))
    monkeypatch.setenv("ONEMAP_SECRET_KEY", SECRET)
    monkeypatch.setenv("ONEMAP_HOME", str(home))
    return lambda *words: CliRunner().invoke(main, ["check", *words], catch_exceptions=False)


def codes(result: Result) -> dict[str, str | None]:
    return {one["check"]: one["code"] for one in json.loads(result.stdout)["findings"]}


def test_the_report_has_every_check_once_and_changes_nothing(check: Callable[..., Result], home: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in home.rglob("*")}
    result = check("--json")
    told = codes(result)
    assert list(told) == list(inspection.CHECKS)
    assert {name: code for name, code in told.items() if code} == {"durability": "unsafe-database"}, "the cluster of the tests is quick, not safe"
    assert result.exit_code == 1
    assert {path: path.stat().st_mtime_ns for path in home.rglob("*")} == before
    spoken = check()
    assert spoken.exit_code == 1 and "fsync" in spoken.stdout and "→" in spoken.stdout and spoken.stdout.count("  ok  ") == len(told) - 1


def test_faults_around_the_database_are_found(check: Callable[..., Result], home: Path, filled: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / "secret.json").chmod(0o644)
    left = home / "uploads/00000000-0000-7000-8000-000000000000"
    left.mkdir(parents=True)
    os.utime(left, (time.time() - 10_000,) * 2)
    ensure_demo_accounts(filled, home)
    monkeypatch.setenv("ONEMAP_PRODUCTION", "true")
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(inspection.shutil, "disk_usage", lambda path: usage(10**10, 10**10 - 10**8, 10**8))
    found = {one["code"] for one in json.loads(check("--json").stdout)["findings"] if not one["ok"]}
    assert {"uploads-left", "demo-in-service", "no-backup", "little-disk", "readable-by-others"} <= found


@pytest.mark.skipif(os.geteuid() != 0, reason="is about what root starts")
def test_a_folder_that_the_services_user_cannot_write_to_is_found(home: Path) -> None:
    (home / "uploads").mkdir(mode=0o700)
    assert [one.code for one in inspection.files(home, {}).faults] == ["not-writable"]


def test_an_old_backup_is_said_in_service_only(home: Path, settings_of: Callable[[bool], inspection.Settings]) -> None:
    note_backup(Home(home), home / "it.backup")
    now = datetime.now(UTC)
    assert inspection.backup(settings_of(True), now).faults == ()
    later = now + timedelta(hours=50)
    fault = inspection.backup(settings_of(True), later).faults[0]
    assert (fault.code, fault.values["hours"]) == ("old-backup", 50)
    assert inspection.backup(settings_of(False), later).faults == ()


@pytest.fixture
def settings_of(home: Path) -> Callable[[bool], inspection.Settings]:
    return lambda production: inspection.Settings(home=home, database_url="", secret_key="", production=production)


def test_missing_front_end_parts_are_said(tmp_path: Path) -> None:
    assert inspection.assets().faults == ()
    fault = inspection.assets(tmp_path).faults[0]
    assert fault.code == "assets-missing" and fault.values["path"].startswith("vendor/")


def test_a_setting_that_is_not_understood_is_the_one_finding(check: Callable[..., Result], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ONEMAP_PROT", "1")
    result = check("--json")
    assert result.exit_code == 1 and codes(result) == {"settings": "unknown-setting"}


def test_a_database_that_does_not_answer_is_said(check: Callable[..., Result], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ONEMAP_DATABASE_URL", "postgresql+psycopg://onemap:x@127.0.0.1:9/onemap")
    result = check("--json")
    assert result.exit_code == 1 and codes(result)["database"] in ("check-failed", "unavailable")


def test_nothing_is_made_where_nothing_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ONEMAP_HOME", str(tmp_path / "none"))
    monkeypatch.delenv("ONEMAP_DATABASE_URL", raising=False)
    result = CliRunner().invoke(main, ["check", "--json"], catch_exceptions=False)
    assert result.exit_code == 1 and codes(result)["service"] == "nothing-here"
    assert not (tmp_path / "none").exists()
