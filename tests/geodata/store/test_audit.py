"""The audit has a row for all that was done, in its transaction; nobody changes it unseen, not even a superuser."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from shapely import Point
from sqlalchemy import Connection, create_engine, text

from geodata.store.accounts import Accounts
from geodata.store.anchors import FILE, FOLDER, Anchors, AnchorsBroken
from geodata.store.attempts import Attempts
from geodata.store.audit import Audit, Entry, Question, record
from geodata.store.audit_chain import AuditBroken, prune, verify
from geodata.store.batch import Row
from geodata.store.database import Database
from geodata.store.features import Change
from geodata.store.sessions import Sessions, Tokens, secret_hash
from geodata.store.spaces import Space
from layers.errors import Forbidden, InvalidInput
from layers.spec import OPERATOR, Actor, Role
from tests.conftest import actor
from tests.geodata.store.test_features import put, shelter
from tests.geodata.store.test_migration import WELLS
from tests.meanwhile import meanwhile

AUDITOR = actor(Role.AUDIT_ADMIN)
WANG = Actor("wang", frozenset({Role.PLANNER}), "10.0.0.7")
PASSWORD = "correct horse battery"
HOUR = timedelta(hours=1)
A = "onemap_control.audit"
OFF = f"ALTER TABLE {A} DISABLE TRIGGER USER"


def entries(database: Database, **question: Any) -> list[Entry]:
    """Oldest first."""
    return list(Audit(database.engine).search(Question(**question), AUDITOR, limit=1000).entries)[::-1]


def told(database: Database, **question: Any) -> list[tuple[str, str, str]]:
    return [(one.who, one.action, one.object) for one in entries(database, **question)]


# what is written down


def test_a_write_is_one_row_with_who_where_why_and_what(database: Database, space: Space) -> None:
    with space.transaction(WANG, "核实后更正") as store:
        feature = store.insert("shelters", shelter(), Point(109.8, 40.6))
    (row,) = entries(database, object="shelters")
    assert (row.who, row.roles, row.address, row.space, row.reason, row.outcome) == ("wang", "planner", "10.0.0.7", "live", "核实后更正", "done")
    assert (row.action, row.object, row.via) == ("feature.insert", f"shelters/{feature.id}", "onemap_live")
    assert row.detail["counts"] == {"insert": 1} and row.detail["version"] == space.versions()["shelters"].version
    assert abs(row.at - datetime.now(UTC)) < timedelta(minutes=1)


def test_a_changeset_is_one_row_a_layer_with_counts(database: Database, space: Space) -> None:
    feature_id = put(space, shelter())
    with space.transaction(WANG, "批量") as store:
        store.apply([Change("insert", "shelters", properties=shelter("S2"), geometry=Point(109.9, 40.6)),
                     Change("patch", "shelters", feature_id, 1, {"capacity": 1}),
                     Change("insert", "depots", properties={"code": "D1", "name": "库", "source": "演示数据"}, geometry=Point(109.9, 40.6))])
    mixed, made = entries(database, who="wang")[::1]
    if mixed.object != "shelters":
        mixed, made = made, mixed
    assert (mixed.action, mixed.detail["counts"]) == ("feature.changeset", {"insert": 1, "update": 1})
    assert made.action == "feature.insert" and made.detail["token"] == mixed.detail["token"]
    assert told(database, object=f"shelters/{feature_id}", action="feature.changeset") == [("wang", "feature.changeset", "shelters")]


def test_a_load_of_many_rows_is_one_row(database: Database, space: Space) -> None:
    with space.transaction(WANG, "load a.zip") as store:
        store.upsert("shelters", [Row(shelter(f"S{n}"), Point(109.8, 40.6)) for n in range(300)])
    (row,) = entries(database, object="shelters")
    assert (row.action, row.detail["counts"], len(row.detail["ids"])) == ("feature.insert", {"insert": 300}, 100)


def test_nothing_is_written_of_what_is_rolled_back_or_met_no_row(database: Database, space: Space) -> None:
    with pytest.raises(RuntimeError), space.transaction(WANG) as store:
        store.insert("shelters", shelter(), Point(109.8, 40.6))
        raise RuntimeError
    with database.owner.begin() as connection:
        connection.execute(text("UPDATE onemap.shelters SET capacity = 1"))
    assert entries(database) == []


def test_a_write_by_psql_is_written_down_under_its_database_role(database: Database, space: Space) -> None:
    put(space, shelter())
    with database.owner.begin() as connection:
        connection.execute(text("UPDATE onemap.shelters SET capacity = 1"))
        owner = connection.scalar(text("SELECT session_user"))
        connection.execute(text("INSERT INTO onemap_control.account (name, display, password_hash, roles, created_by) VALUES ('x', 'x', 'x', '{viewer}', 'x')"))
    last = entries(database)[-2:]
    assert {(one.who, one.action, one.via) for one in last} == {(f"psql:{owner}", "feature.update", owner), (f"psql:{owner}", "account.make", owner)}


def test_a_table_emptied_by_its_owner_is_written_down(database: Database) -> None:
    """A layer's table is never emptied so (it refuses); one of ours that may be tells."""
    with database.owner.begin() as connection:
        connection.execute(text("TRUNCATE onemap_control.account CASCADE"))
    assert ("table.truncate", "onemap_control.account") in {one[1:] for one in told(database)}


def test_a_row_with_a_made_up_name_still_shows_the_database_role(database: Database, space: Space) -> None:
    """The service may say who acts; it cannot say which connection wrote."""
    put(space, shelter())
    with database.drill_engine.begin() as connection:
        connection.execute(text("SELECT set_config('onemap.actor', 'anquan', true)"))
        connection.execute(text("SELECT onemap_control.audit_note('live', 'account.make', 'x', 'done', '{}')"))
    (row,) = entries(database, who="anquan")
    assert (row.via, row.chain) == ("onemap_drill", "drills")


def test_drills_and_what_is_done_in_them_are_written_down(database: Database, controller: Actor) -> None:
    drill = database.open_drill("山洪", controller)
    with database.space(drill.id).transaction(controller, "演练") as store:
        made = store.insert("shelters", shelter(), Point(109.8, 40.6))
    database.reset_drill(drill.id, controller)
    database.close_drill(drill.id, controller)
    rows = [(one.space, one.action, one.object) for one in entries(database, who=controller.name)]
    assert rows == [(drill.id, "drill.open", drill.id), (drill.id, "feature.insert", f"shelters/{made.id}"), (drill.id, "drill.reset", drill.id),
                    (drill.id, "drill.close", drill.id)]


def test_a_drill_can_be_opened_while_others_are_written_down(database: Database, controller: Actor) -> None:
    """One chain for all would fail here: a copy's snapshot cannot see the head that another commit moved on."""
    with meanwhile(lambda: record(database.engine, WANG, "export", "shelters")):
        database.open_drill("演练", controller)
    assert told(database, action="drill") and verify(database.engine).whole


def test_a_layer_made_at_run_time_is_written_down(database: Database, space: Space) -> None:
    space.create_layer(WELLS, WANG, "load wells.zip")
    assert told(database) == [("wang", "layer.insert", "wells")]


def test_accounts_roles_locks_and_passwords_are_written_down(database: Database) -> None:
    accounts, admin = Accounts(database.engine), actor(Role.SECURITY_ADMIN, name="anquan")
    accounts.add("li", "李", PASSWORD, frozenset({Role.VIEWER}), admin)
    accounts.set_roles("li", frozenset({Role.PLANNER}), admin, "调岗")
    accounts.set_disabled("li", True, admin)
    accounts.set_disabled("li", False, admin)
    accounts.set_password("li", PASSWORD + "!", admin)
    rows = entries(database, who="anquan")
    assert [(one.action, one.object) for one in rows] == [(f"account.{what}", "li") for what in ("make", "roles", "lock", "unlock", "password")]
    assert (rows[1].detail, rows[1].reason) == ({"before": ["viewer"], "after": ["planner"]}, "调岗")
    assert not any("argon2" in str(one.detail) for one in rows), "no password, not even its digest"


def test_sign_ins_refusals_locks_and_ends_are_written_down(database: Database) -> None:
    Accounts(database.engine).add("wang", "", PASSWORD, frozenset({Role.PLANNER}), "tests")
    sessions, attempts = Sessions(database.engine, HOUR, HOUR), Attempts(database.engine, 2, HOUR)
    first, second = sessions.open("wang", "10.0.0.7", WANG), sessions.open("wang", "10.0.0.8", WANG)
    sessions.end(secret_hash(first), WANG)
    sessions.end_all("wang", actor(Role.SECURITY_ADMIN, name="anquan"), reason="遗失笔记本")
    for _ in range(2):
        attempts.begin("wang", "10.0.0.9")
        attempts.failed("wang", "10.0.0.9", known=True)
    rows = entries(database, action="session")
    assert [(one.who, one.action, one.outcome) for one in rows] == [
        ("wang", "session.open", "done"), ("wang", "session.open", "done"), ("wang", "session.close", "done"), ("anquan", "session.revoke", "done"),
        ("wang", "session.refuse", "refused"), ("wang", "session.refuse", "refused"), ("wang", "session.lock", "refused")]
    assert (rows[0].address, rows[3].reason, rows[-1].address) == ("10.0.0.7", "遗失笔记本", "10.0.0.9")
    assert not any(secret in str(one) for one in rows for secret in (first, second))


def test_a_living_session_taken_away_by_psql_is_written_down_and_a_swept_one_is_not(database: Database) -> None:
    Accounts(database.engine).add("wang", "", PASSWORD, frozenset({Role.PLANNER}), "tests")
    sessions = Sessions(database.engine, HOUR, HOUR)
    sessions.open("wang", "10.0.0.7", WANG)
    with database.owner.begin() as connection:
        connection.execute(text("DELETE FROM onemap_control.session"))
    assert told(database, action="session")[-1][1:] == ("session.revoke", "wang")
    sessions.open("wang", "10.0.0.7", WANG)
    with database.owner.begin() as connection:
        connection.execute(text("UPDATE onemap_control.session SET opened_at = now() - interval '3 days'"))
    sessions.open("wang", "10.0.0.7", WANG)
    assert [one[1] for one in told(database, action="session")] == ["session.open", "session.revoke", "session.open", "session.open"]


def test_an_address_that_tries_many_names_is_written_down_as_locked(database: Database) -> None:
    attempts = Attempts(database.engine, 5, HOUR)
    for n in range(50):
        attempts.begin(f"name{n}", "10.0.0.9")
    attempts.failed("name49", "10.0.0.9", known=False)
    assert told(database, action="session.lock", object="10.0.0.9")


def test_a_name_that_is_no_account_is_kept_as_a_digest(database: Database) -> None:
    """People type their password where the name goes."""
    attempts = Attempts(database.engine, 5, HOUR)
    attempts.begin("hunter2", "10.0.0.9")
    attempts.failed("hunter2", "10.0.0.9", known=False)
    (row,) = entries(database)
    assert row.who.startswith("sha256:") and "hunter2" not in str(row)


def test_tokens_are_written_down(database: Database) -> None:
    tokens, admin = Tokens(database.engine), actor(Role.SECURITY_ADMIN, name="anquan")
    secret = tokens.create("feed", frozenset({Role.VIEWER}), admin, HOUR)
    assert tokens.actor(secret_hash(secret)) is not None
    tokens.revoke("feed", admin, "不再使用")
    assert told(database) == [("anquan", "token.make", "feed"), ("anquan", "token.revoke", "feed")], "use is no change"


# searching


def test_only_an_audit_administrator_reads_it(database: Database) -> None:
    for role in set(Role) - {Role.AUDIT_ADMIN}:
        with pytest.raises(Forbidden):
            Audit(database.engine).search(Question(), actor(role))


def test_a_search_is_narrowed_by_each_of_its_parts(database: Database) -> None:
    record(database.engine, WANG, "export.file", "shelters", reason="月报", file="a.csv")
    record(database.engine, Actor("li", frozenset({Role.GIS_STAFF}), "10.0.0.8"), "reveal", "depots/1", fields=["phone"])
    shelters, depots = [("wang", "export.file", "shelters")], [("li", "reveal", "depots/1")]
    now = datetime.now(UTC)
    assert told(database, who="wang") == shelters and told(database, action="export") == shelters and told(database, action="exp") == []
    assert told(database, object="depots") == depots == told(database, object="depots/1") and told(database, object="dep") == []
    assert told(database, text="A.CSV") == shelters == told(database, text="月报") and told(database, text="10.0.0.8") == depots
    assert told(database, text="100%") == [] and told(database, since=now) == [] and len(told(database, until=now)) == 2


def test_pages_join_without_a_gap_or_a_double(database: Database) -> None:
    for n in range(25):
        record(database.engine, WANG, "export.file", str(n))
    seen, cursor = [], None
    while True:
        page = Audit(database.engine).search(Question(), AUDITOR, limit=4, cursor=cursor)
        seen += [one.object for one in page.entries]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert seen == [str(n) for n in reversed(range(25))]
    with pytest.raises(InvalidInput):
        Audit(database.engine).search(Question(), AUDITOR, cursor="x")


# the chain


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
