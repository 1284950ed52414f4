"""The chain of the audit: nobody changes it unseen, not even a superuser; what is old goes to an archive and the chain goes on."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from shapely import Point
from sqlalchemy import Connection, create_engine, text

from geodata.store.anchors import FILE, FOLDER, Anchors, AnchorsBroken
from geodata.store.audit import record
from geodata.store.audit_chain import AuditBroken, prune, verify
from geodata.store.database import Database
from geodata.store.spaces import Space
from layers.errors import Forbidden, InvalidInput
from layers.spec import OPERATOR, Actor, Role
from tests.conftest import actor
from tests.geodata.store.test_audit import told
from tests.geodata.store.test_features import put, shelter

WANG = Actor("wang", frozenset({Role.PLANNER}), "10.0.0.7")
A = "onemap_control.audit"
OFF = f"ALTER TABLE {A} DISABLE TRIGGER USER"


@pytest.fixture
def written(database: Database, space: Space) -> Database:
    """Two chains with a few rows each."""
    for n in range(5):
        put(space, shelter(f"S{n}"))
        record(database.engine, WANG, "export.file", f"file {n}", reason="月报" if n % 2 else None)
    assert verify(database.engine).whole
    return database


@pytest.fixture
def superuser(written: Database) -> Iterator[Callable[[str], None]]:
    """Somebody with every right over the table: the triggers switched off, and anything done to it."""
    engine = create_engine(written.owner.url)

    def run(statement: str) -> None:
        with engine.begin() as connection:
            connection.execute(text(OFF))
            connection.execute(text(statement))
            connection.execute(text(OFF.replace("DISABLE", "ENABLE")))

    yield run
    engine.dispose()




@pytest.mark.parametrize("statement", [f"UPDATE {A} SET who = 'li'", f"DELETE FROM {A}", f"TRUNCATE {A}", f"INSERT INTO {A} SELECT * FROM {A}",
                                       "UPDATE onemap_control.audit_head SET sequence = 0", "DELETE FROM onemap_control.audit_base",
                                       "SELECT onemap_control.audit_add('control', '', 'x', 'x', 'done', '{}')"])
def test_no_role_of_the_service_changes_it(written: Database, statement: str) -> None:
    for engine in (written.engine, written.drill_engine):
        with pytest.raises(Exception, match="permission denied"), engine.begin() as connection:
            connection.execute(text(statement))


def test_a_drill_does_not_read_it(written: Database) -> None:
    with pytest.raises(Exception, match="permission denied"), written.drill_engine.connect() as connection:
        connection.execute(text(f"SELECT * FROM {A}"))


@pytest.mark.parametrize("statement", [f"UPDATE {A} SET who = 'li'", f"DELETE FROM {A}", f"TRUNCATE {A}"])
def test_its_owner_is_stopped_by_a_trigger(written: Database, statement: str) -> None:
    with pytest.raises(Exception, match="the audit is not changed"), written.owner.begin() as connection:
        connection.execute(text(statement))
    with pytest.raises(Exception, match="the audit is not changed"), written.owner.begin() as connection:
        connection.execute(text("SELECT set_config('onemap.audit_prune', 'on', true)"))
        connection.execute(text(f"DELETE FROM {A}"))


REHASH = ", hash = onemap_control.audit_digest(previous, chain, sequence::text, to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"'), "


@pytest.mark.parametrize(("statement", "kinds"), [
    (f"UPDATE {A} SET who = 'li' WHERE chain = 'control' AND sequence = 2", {"changed"}),
    (f"UPDATE {A} SET at = at + interval '1 hour' WHERE chain = 'control' AND sequence = 2", {"changed"}),
    (f"UPDATE {A} SET reason = NULL WHERE chain = 'control' AND sequence = 2", {"changed"}),
    (f"UPDATE {A} SET detail = '{{}}' WHERE chain = 'live/shelters' AND sequence = 5", {"changed"}),
    (f"UPDATE {A} SET object = 'x'" + REHASH + "who, roles, address, via, space, action, 'x', reason, outcome, detail::text) "
     "WHERE chain = 'control' AND sequence = 2", {"order"}),  # its own digest made anew: the next row does not follow it
    (f"DELETE FROM {A} WHERE chain = 'control' AND sequence = 3", {"missing"}),
    (f"DELETE FROM {A} WHERE chain = 'control' AND sequence = 1", {"missing"}),
    (f"DELETE FROM {A} WHERE chain = 'control'", {"tail"}),
    (f"TRUNCATE {A}", {"tail"}),
    (f"DELETE FROM {A} WHERE sequence = 5", {"tail"}),
    (f"WITH two AS (DELETE FROM {A} WHERE chain = 'control' AND sequence IN (3, 4) RETURNING *) INSERT INTO {A} SELECT chain, 7 - sequence, at, who, roles, "
     "address, via, space, action, object, reason, outcome, detail, previous, hash FROM two ORDER BY sequence", {"changed", "order"}),
    (f"UPDATE {A} one SET who = two.who, object = two.object FROM {A} two WHERE one.chain = 'control' AND two.chain = 'control' "
     "AND one.sequence + two.sequence = 5 AND one.sequence IN (2, 3)", {"changed"}),
    (f"INSERT INTO {A} SELECT chain, 6, at, who, roles, address, via, space, action, object, reason, outcome, detail, previous, hash FROM {A} "
     "WHERE chain = 'control' AND sequence = 5", {"changed", "order", "tail"}),
])
def test_what_a_superuser_does_to_it_is_found(written: Database, superuser: Callable[[str], None], statement: str, kinds: set[str]) -> None:
    superuser(statement)
    found = verify(written.engine)
    assert not found.whole and {one.kind for one in found.flaws} == kinds


def test_a_tail_cut_off_with_its_head_is_found_by_the_anchors_outside(written: Database, superuser: Callable[[str], None], tmp_path: Path) -> None:
    anchors = Anchors(tmp_path, "secret")
    assert (anchors.add(written.engine), anchors.add(written.engine)) == (2, 0)
    superuser(f"DELETE FROM {A} WHERE chain = 'control' AND sequence > 3")
    superuser(f"UPDATE onemap_control.audit_head h SET (sequence, hash) = (SELECT sequence, hash FROM {A} a WHERE a.chain = h.chain ORDER BY sequence DESC LIMIT 1)")
    assert verify(written.engine).whole, "the database alone cannot know"
    found = verify(written.engine, anchors.all())
    assert [(one.kind, one.chain, one.sequence) for one in found.flaws] == [("anchor", "control", 5)]


def test_what_came_after_the_last_anchor_and_went_with_its_head_is_not_found(written: Database, superuser: Callable[[str], None], tmp_path: Path) -> None:
    """The limit that the administrator's guide states: anchors are written every minute."""
    anchors = Anchors(tmp_path, "secret")
    anchors.add(written.engine)
    record(written.engine, WANG, "export.file", "late")
    superuser(f"DELETE FROM {A} WHERE object = 'late'")
    superuser(f"UPDATE onemap_control.audit_head h SET (sequence, hash) = (SELECT sequence, hash FROM {A} a WHERE a.chain = h.chain ORDER BY sequence DESC LIMIT 1)")
    assert verify(written.engine, anchors.all()).whole


def test_a_changed_file_of_anchors_is_found_and_a_line_cut_short_by_a_crash_is_not_one(written: Database, tmp_path: Path) -> None:
    anchors, path = Anchors(tmp_path, "secret"), tmp_path / FOLDER / FILE
    anchors.add(written.engine)
    record(written.engine, WANG, "export.file", "one more")
    path.write_text(path.read_text() + "cut sho")
    assert anchors.add(written.engine) == 1 and len(anchors.all()) == 3
    whole = path.read_text()
    for wrong in (whole.replace("control", "contrary"), "\n".join(whole.splitlines()[1:]) + "\n"):
        path.write_text(wrong)
        with pytest.raises(AnchorsBroken):
            anchors.all()
    path.write_text(whole)
    with pytest.raises(AnchorsBroken):
        Anchors(tmp_path, "another secret").all()


def test_anchors_of_an_earlier_version_go_on_in_their_new_place(written: Database, tmp_path: Path) -> None:
    anchors, former = Anchors(tmp_path, "secret"), tmp_path / FILE
    anchors.add(written.engine)
    (tmp_path / FOLDER / FILE).rename(former)
    assert len(anchors.all()) == 2, "read where they are until the worker takes them along"
    record(written.engine, WANG, "export.file", "one more")
    assert anchors.add(written.engine) == 1 and len(anchors.all()) == 3 and not former.exists()


def test_eight_writers_at_once_make_one_chain_each_layer(database: Database, space: Space) -> None:
    def write(n: int) -> None:
        for m in range(10):
            with space.transaction(WANG) as store:
                store.insert(("shelters", "depots")[n % 2], {"code": f"{n}-{m}", "name": "甲", "source": "演示数据"}, Point(109.8, 40.6))
            record(database.engine, WANG, "export.file", f"{n}-{m}")

    threads = [threading.Thread(target=write, args=(n,)) for n in range(8)]
    [one.start() for one in threads]
    [one.join() for one in threads]
    found = verify(database.engine)
    assert (found.whole, found.rows, found.chains) == (True, 160, 3)
    assert {chain: place for chain, (place, _) in found.heads.items()} == {"control": 80, "live/depots": 40, "live/shelters": 40}


# keeping


def _aged(connection: Connection, days: int) -> None:
    """The first three rows of each chain become old, digests and all, as if written then."""
    connection.execute(text(OFF))
    for chain in ("control", "live/shelters"):
        for n in range(1, 6):
            age = f"- interval '{days} days'" if n <= 3 else ""
            connection.execute(text(
                f"UPDATE {A} SET at = at {age}, previous = coalesce((SELECT hash FROM {A} WHERE chain = :chain AND sequence = :n - 1), '') "
                "WHERE chain = :chain AND sequence = :n"), {"chain": chain, "n": n})
            connection.execute(text(f"UPDATE {A} SET {REHASH[2:]} who, roles, address, via, space, action, object, reason, outcome, detail::text) "
                                    "WHERE chain = :chain AND sequence = :n"), {"chain": chain, "n": n})
        connection.execute(text(f"UPDATE onemap_control.audit_head SET hash = (SELECT hash FROM {A} WHERE chain = :chain AND sequence = 5) WHERE chain = :chain"),
                           {"chain": chain})
    connection.execute(text(OFF.replace("DISABLE", "ENABLE")))


def test_old_rows_go_to_an_archive_and_the_chain_goes_on(written: Database, tmp_path: Path) -> None:
    with written.owner.begin() as connection:
        _aged(connection, 200)
    assert verify(written.engine).whole
    archive = tmp_path / "audit.jsonl"
    assert prune(written.owner, datetime.now(UTC) - timedelta(days=190), archive, OPERATOR) == 6
    found = verify(written.engine)
    assert (found.whole, found.rows) == (True, 5), "two rows of each chain, and the one that tells of it"
    assert len(archive.read_text().splitlines()) == 6 and archive.stat().st_mode & 0o077 == 0
    assert told(written, action="audit.prune") == [("operator", "audit.prune", "audit.jsonl")]


def test_nothing_younger_than_180_days_goes(written: Database, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput):
        prune(written.owner, datetime.now(UTC) - timedelta(days=179), tmp_path / "a", OPERATOR)
    with pytest.raises(Forbidden):
        prune(written.owner, datetime.now(UTC) - timedelta(days=200), tmp_path / "a", actor(Role.SYSTEM_ADMIN))


def test_nothing_goes_from_a_chain_that_is_broken(written: Database, superuser: Callable[[str], None], tmp_path: Path) -> None:
    superuser(f"UPDATE {A} SET who = 'li' WHERE sequence = 2")
    with pytest.raises(AuditBroken):
        prune(written.owner, datetime.now(UTC) - timedelta(days=190), tmp_path / "a", OPERATOR)
    assert not (tmp_path / "a").exists()
