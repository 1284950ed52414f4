"""A ledger: entries are only added, a balance is what they come to and never below nothing, whoever writes and by whatever way."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import text

from geodata.files.loading import LoadOptions, LoadReport, commit, plan
from geodata.store.batch import Row
from geodata.store.database import Database
from geodata.store.features import Change
from layers.entries import LedgerFixed, StockShort, StockUnknown, TransferDiffers
from layers.errors import Forbidden, InvalidInput
from layers.messages import message
from layers.spec import OPERATOR, Actor, Role
from tests.conftest import actor
from tests.geodata.store.shelf import BOOK, Shelf, whole


def test_each_movement_changes_the_stock_and_says_what_was_left(shelf: Shelf, database: Database) -> None:
    shelf.enter(shelf.sand, "in", 20, voucher="RK-1")
    made = shelf.enter(shelf.sand, "out", 30.5)
    shelf.enter(shelf.sand, "expiry", 9.5)
    shelf.enter(shelf.sand, "count", 79)
    assert shelf.book(shelf.sand) == [("count", 100, 100, 1), ("in", 20, 120, 2), ("out", -30.5, 89.5, 3), ("expiry", -9.5, 80, 4), ("count", -1, 79, 5)]
    assert shelf.stock(shelf.sand) == 79
    assert made.properties["quantity_unit"] == "条" and made.properties["at"] is not None
    whole(shelf, database)


def test_a_transfer_moves_both_lines_in_one_act(shelf: Shelf, database: Database) -> None:
    made = shelf.enter(shelf.sand, "transfer", 40, to_line=shelf.other).properties
    assert (made["change"], made["balance"], made["to_balance"], made["to_number"]) == (-40, 60, 45, 2)
    assert (shelf.stock(shelf.sand), shelf.stock(shelf.other)) == (60, 45)
    shelf.enter(shelf.other, "out", 45)
    assert shelf.stock(shelf.other) == 0, "what came in by a transfer can go out"
    whole(shelf, database)


@pytest.mark.parametrize("kind", ["out", "expiry", "transfer"])
def test_more_than_there_is_is_refused_by_name_and_changes_nothing(shelf: Shelf, kind: str) -> None:
    versions = shelf.space.versions()
    with pytest.raises(StockShort) as refused:
        shelf.enter(shelf.sand, kind, 100.5, **({"to_line": shelf.other} if kind == "transfer" else {}))
    error = refused.value
    assert (error.values["line"], error.values["stock"], error.values["asked"], error.values["unit"]) == ("沙袋", 100, 100.5, "条")
    assert [one.pointer for one in error.problems] == ["/properties/quantity"]
    assert message(error.code, error.values, "zh") == "「沙袋」现有 100 条，不够 100.5 条" and "100.5" in message(error.code, error.values, "en")
    assert (shelf.stock(shelf.sand), shelf.space.versions()) == (100, versions)


def test_tenths_are_reckoned_as_they_are_written(shelf: Shelf, database: Database) -> None:
    """In binary 0.3 - 0.1 - 0.2 is below zero."""
    shelf.enter(shelf.sand, "count", 0.3)
    shelf.enter(shelf.sand, "out", 0.1)
    shelf.enter(shelf.sand, "out", 0.2)
    assert shelf.stock(shelf.sand) == 0
    whole(shelf, database)


def test_of_two_who_take_the_same_at_once_one_is_refused(shelf: Shelf, database: Database) -> None:
    """Both look while nobody has committed; the second waits for the first, and then sees what is left."""
    outcome: list[str] = []

    def take() -> None:
        try:
            shelf.enter(shelf.sand, "out", 80)
            outcome.append("taken")
        except StockShort as refused:
            outcome.append(f"short {refused.values['stock']}")

    with shelf.space.transaction(OPERATOR) as first:
        first.insert(BOOK, {"line": str(shelf.sand), "kind": "out", "quantity": 80}, None)
        second = threading.Thread(target=take)
        second.start()
        second.join(0.3)
        assert second.is_alive() and outcome == []
    second.join(20)
    assert outcome == ["short 20"] and shelf.stock(shelf.sand) == 20
    whole(shelf, database)


def test_many_at_once_lose_and_double_nothing_and_do_not_lock_each_other_out(shelf: Shelf, database: Database) -> None:
    """Four threads transfer to and fro, whole changesets in opposite orders."""
    faults: list[BaseException] = []

    def work(one: UUID, other: UUID) -> None:
        try:
            for _ in range(6):
                with shelf.space.transaction(OPERATOR) as store:
                    store.apply([Change("insert", BOOK, properties={"line": str(line), "kind": "in", "quantity": 1}) for line in (one, other)]
                                + [Change("insert", BOOK, properties={"line": str(one), "to_line": str(other), "kind": "transfer", "quantity": 1})])
        except BaseException as fault:
            faults.append(fault)

    threads = [threading.Thread(target=work, args=pair) for pair in [(shelf.sand, shelf.other), (shelf.other, shelf.sand)] * 2]
    [one.start() for one in threads]
    [one.join(60) for one in threads]
    assert faults == []
    assert (shelf.stock(shelf.sand), shelf.stock(shelf.other)) == (124, 29)
    whole(shelf, database)


def test_from_what_nobody_knows_nothing_is_taken_until_it_is_counted(shelf: Shelf, database: Database) -> None:
    with pytest.raises(StockUnknown) as refused:
        shelf.enter(shelf.unknown, "out", 1)
    assert refused.value.values == {"line": "沙袋", "asked": 1, "unit": "条"}
    shelf.enter(shelf.unknown, "in", 7)
    assert shelf.stock(shelf.unknown) is None, "what came in does not tell how much there was"
    shelf.enter(shelf.unknown, "count", 50)
    assert shelf.stock(shelf.unknown) == 50
    assert shelf.book(shelf.unknown) == [("in", 7, None, 1), ("count", 43, 50, 2)]
    shelf.enter(shelf.unknown, "out", 50)
    whole(shelf, database)


def test_a_transfer_to_another_article_or_unit_is_refused(shelf: Shelf) -> None:
    with pytest.raises(TransferDiffers) as refused:
        shelf.enter(shelf.sand, "transfer", 1, to_line=shelf.tents)
    assert message(refused.value.code, refused.value.values) == "「沙袋」与「帐篷」的物资名称不同（沙袋 / 帐篷），不能调拨"
    with shelf.space.transaction(OPERATOR) as store:
        store.patch("supplies", shelf.other, {"quantity_unit": "包"}, version=1)
    with pytest.raises(TransferDiffers) as refused:
        shelf.enter(shelf.sand, "transfer", 1, to_line=shelf.other)
    assert (refused.value.values["field_en"], refused.value.values["there"]) == ("Counted in", "包")
    assert (shelf.stock(shelf.sand), shelf.stock(shelf.other)) == (100, 5)


@pytest.mark.parametrize(("kind", "quantity", "to", "pointer", "code"), [
    ("out", None, None, "quantity", "required"), ("in", 0, None, "quantity", "quantity-zero"), ("in", -1, None, "quantity", "out-of-range"),
    ("transfer", 1, None, "to_line", "required"), ("out", 1, "other", "to_line", "counterpart-unwanted"), ("transfer", 1, "sand", "to_line", "counterpart-same")])
def test_an_entry_that_makes_no_sense_is_refused_at_its_field_and_by_the_table(shelf: Shelf, psql: psycopg.Connection[Any], kind: str, quantity: float | None, to: str | None,
                                                                             pointer: str, code: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        shelf.enter(shelf.sand, kind, quantity, to_line=getattr(shelf, to) if to else None)
    assert [(one.pointer, one.code) for one in refused.value.problems] == [(f"/properties/{pointer}", code)]
    with pytest.raises(psycopg.Error):
        psql.execute(f"INSERT INTO onemap.{BOOK} (line, kind, quantity, to_line) VALUES (%s, %s, %s, %s)", (shelf.sand, kind, quantity, getattr(shelf, to) if to else None))


def test_what_has_not_happened_yet_is_not_entered(shelf: Shelf) -> None:
    soon = datetime.now(UTC) + timedelta(minutes=1)
    assert shelf.enter(shelf.sand, "in", 1, at=soon).properties["balance"] == 101, "two clocks may differ by a little"
    with pytest.raises(InvalidInput) as refused:
        shelf.enter(shelf.sand, "out", 1, at=soon + timedelta(days=1))
    assert [(one.pointer, one.code) for one in refused.value.problems] == [("/properties/at", "entry-ahead")]
    assert shelf.stock(shelf.sand) == 101


@pytest.mark.parametrize("statement", [f"UPDATE onemap.{BOOK} SET quantity = 1", f"UPDATE onemap.{BOOK} SET remark = 'x'", f"DELETE FROM onemap.{BOOK}", f"TRUNCATE onemap.{BOOK}"])
def test_nobody_changes_an_entry(shelf: Shelf, psql: psycopg.Connection[Any], statement: str) -> None:
    before = shelf.book(shelf.sand)
    with pytest.raises(psycopg.Error, match="·"):
        psql.execute(statement)
    psql.rollback()
    assert shelf.book(shelf.sand) == before


def test_our_own_code_is_refused_by_name(shelf: Shelf) -> None:
    made = shelf.enter(shelf.sand, "in", 1)
    with pytest.raises(LedgerFixed), shelf.space.transaction(OPERATOR) as store:
        store.patch(BOOK, made.id, {"quantity": 2}, version=1)
    with pytest.raises(Forbidden), shelf.space.transaction(OPERATOR) as store:
        store.delete(BOOK, made.id, version=1, reason="错了")


def test_what_an_entry_comes_to_is_not_for_the_writer_to_say(shelf: Shelf, psql: psycopg.Connection[Any], database: Database) -> None:
    made = shelf.enter(shelf.sand, "out", 1, balance=10_000, change=5, number=77)
    assert [made.properties[name] for name in ("balance", "change", "number")] == [99, -1, 2]
    psql.execute(f"INSERT INTO onemap.{BOOK} (line, kind, quantity, balance, change, number) VALUES (%s, 'in', 1, 5, 5, 5)", (shelf.sand,))
    psql.commit()
    assert shelf.book(shelf.sand)[-1] == ("in", 1, 100, 3)
    whole(shelf, database)


def written(how: str, shelf: Shelf, psql: psycopg.Connection[Any], value: float | None) -> None:
    """A number put straight into a stock line."""
    if how == "patch":
        with shelf.space.transaction(OPERATOR, "台账更正") as store:
            store.patch("supplies", shelf.sand, {"quantity": value, "place": "A区"}, version=1)
    elif how == "load":
        with shelf.space.transaction(OPERATOR, "台账更正") as store:
            store.connection.execute(text("UPDATE onemap.supplies SET code = 'S1' WHERE id = :id"), {"id": shelf.sand})
            store.upsert("supplies", [Row({"code": "S1", "quantity": value}, None)])
    else:
        psql.execute("SELECT set_config('onemap.reason', '台账更正', true)")
        psql.execute("UPDATE onemap.supplies SET quantity = %s WHERE id = %s", (value, shelf.sand))
        psql.commit()


@pytest.mark.parametrize("how", ["patch", "load", "psql"])
def test_a_number_written_directly_is_entered_as_a_count(shelf: Shelf, psql: psycopg.Connection[Any], database: Database, how: str) -> None:
    written(how, shelf, psql, 64)
    assert shelf.stock(shelf.sand) == 64
    assert shelf.book(shelf.sand) == [("count", 100, 100, 1), ("count", -36, 64, 2)]
    with shelf.space.reading(OPERATOR) as store:
        assert store.page(BOOK, filter=f"line = '{shelf.sand}' AND number = 2").features[0].properties["reason"] == "台账更正"
    whole(shelf, database)


def test_a_number_taken_away_is_entered_too(shelf: Shelf, psql: psycopg.Connection[Any], database: Database) -> None:
    written("psql", shelf, psql, None)
    assert shelf.stock(shelf.sand) is None and shelf.book(shelf.sand)[-1] == ("count", 0, None, 2)
    shelf.enter(shelf.sand, "count", 90)
    assert shelf.book(shelf.sand)[-1] == ("count", -10, 90, 3)
    whole(shelf, database)


def test_many_lines_of_a_file_each_get_their_opening_count(shelf: Shelf, database: Database) -> None:
    with shelf.space.transaction(OPERATOR, "导入") as store:
        depot = store.page("depots", limit=1).features[0].id
        store.upsert("supplies", [Row({"code": f"L{n}", "name": "铁锹", "depot": str(depot), "quantity": float(n)}, None) for n in range(200)])
        assert store.count(BOOK) == 3 + 200
    whole(shelf, database)


def test_entries_of_one_file_are_entered_in_their_order(shelf: Shelf, database: Database) -> None:
    with shelf.space.transaction(OPERATOR, "导入") as store:
        counts = store.upsert(BOOK, [Row({"code": code, "line": str(line), "kind": kind, "quantity": quantity, "to_line": to and str(to)}, None) for code, line, kind, quantity, to in (
            ("V1", shelf.sand, "transfer", 60.0, shelf.other), ("V2", shelf.other, "out", 65.0, None), ("V3", shelf.sand, "in", 10.0, None))])
    assert counts.inserted == 3 and (shelf.stock(shelf.sand), shelf.stock(shelf.other)) == (50, 0)
    with shelf.space.transaction(OPERATOR) as store:
        again = store.upsert(BOOK, [Row({"code": "V3", "line": str(shelf.sand), "kind": "in", "quantity": 10.0}, None)])
    assert again.unchanged == 1 and shelf.stock(shelf.sand) == 50, "the same voucher twice is entered once"
    with pytest.raises(StockShort), shelf.space.transaction(OPERATOR) as store:
        store.upsert(BOOK, [Row({"line": str(shelf.sand), "kind": "in", "quantity": 1.0}, None), Row({"line": str(shelf.sand), "kind": "out", "quantity": 52.0}, None)])
    whole(shelf, database)


def test_a_file_of_entries_is_loaded_as_any_file_and_refused_by_name(shelf: Shelf, database: Database, tmp_path: Path) -> None:
    with shelf.space.transaction(OPERATOR) as store:
        store.patch("supplies", shelf.sand, {"code": "S-1"}, version=1)
        store.patch("supplies", shelf.other, {"code": "S-2"}, version=1)
    report = loaded(shelf, tmp_path, "R1,S-1,入库,20,", "R2,S-1,调出,100,S-2", "R3,S-2,领用,105,")
    assert (report.committed, report.inserted) == (True, 3), report.to_json("en")
    assert (shelf.stock(shelf.sand), shelf.stock(shelf.other)) == (20, 0)
    short = loaded(shelf, tmp_path, "R4,S-1,出库,21,")
    assert short.committed is False and short.refused is not None and short.refused.code == "stock-short" and short.refused.values["stock"] == 20
    fixed = loaded(shelf, tmp_path, "R1,S-1,入库,25,")
    assert fixed.refused is not None and fixed.refused.code == "ledger-fixed"
    assert shelf.stock(shelf.sand) == 20
    whole(shelf, database)


def loaded(shelf: Shelf, folder: Path, *lines: str) -> LoadReport:
    path = folder / "出入库.csv"
    path.write_text("\n".join(["编号,库存条目,类型,数量,调入条目", *lines]), encoding="utf-8")
    return commit(shelf.space, plan(shelf.space, BOOK, path, LoadOptions(), OPERATOR), OPERATOR)


def test_who_may_not_write_the_stock_enters_nothing(shelf: Shelf, viewer: Actor) -> None:
    with pytest.raises(Forbidden):
        shelf.enter(shelf.sand, "in", 1, by=viewer)
    for role in (Role.DUTY_OFFICER, Role.PLANNER):
        shelf.enter(shelf.sand, "in", 1, by=actor(role))
