"""The audit has a row for all that was done, in its transaction."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from shapely import Point
from sqlalchemy import text

from geodata.store.accounts import Accounts
from geodata.store.attempts import Attempts
from geodata.store.audit import Audit, Entry, Question, record
from geodata.store.audit_chain import verify
from geodata.store.batch import Row
from geodata.store.database import Database
from geodata.store.features import Change
from geodata.store.sessions import Sessions, Tokens, secret_hash
from geodata.store.spaces import Space
from layers.errors import Forbidden, InvalidInput
from layers.spec import Actor, Role
from tests.conftest import actor
from tests.geodata.store.test_features import put, shelter
from tests.geodata.store.test_migration import WELLS
from tests.meanwhile import meanwhile

AUDITOR = actor(Role.AUDIT_ADMIN)
WANG = Actor("wang", frozenset({Role.PLANNER}), "10.0.0.7")
PASSWORD = "correct horse battery"
HOUR = timedelta(hours=1)


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
