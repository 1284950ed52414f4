"""Entries of a ledger over HTTP: posted once, refused with the figures, never changed; the balance is there with the answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from shapely.geometry import Point

from geodata.store.database import Database
from layers.spec import OPERATOR, Role
from tests.app.api.conftest import Program

BOOK = "supply_movements"
ENTRIES = f"/api/v1/layers/{BOOK}/features"
LINES = "/api/v1/layers/supplies/features"


@pytest.fixture
def lines(database: Database) -> tuple[str, str]:
    with database.space().transaction(OPERATOR) as store:
        depot = store.insert("depots", {"name": "库"}, Point(109.6, 40.6)).id
        made = [store.insert("supplies", {"code": code, "depot": str(depot), "name": "沙袋", "quantity_unit": "条", "quantity": 100}, None) for code in ("S-1", "S-2")]
    return str(made[0].id), str(made[1].id)


def entry(line: str, kind: str, quantity: float, **more: Any) -> dict[str, Any]:
    return {"type": "Feature", "geometry": None, "properties": {"line": line, "kind": kind, "quantity": quantity, **more}}


def stock(client: Program, line: str) -> float:
    return client.get(f"{LINES}/{line}").json["properties"]["quantity"]


def test_an_entry_is_posted_once_and_tells_what_is_left(program: Callable[..., Program], lines: tuple[str, str]) -> None:
    duty = program(Role.DUTY_OFFICER)
    for _ in range(2):  # the answer was lost and it is sent again
        made = duty.post(ENTRIES, entry("S-1", "out", 30, voucher="CK-7"), Idempotency_Key="k-1")
        assert made.status_code == 201, made.text
        assert [made.json["properties"][name] for name in ("line", "change", "balance", "number", "quantity_unit")] == [lines[0], -30, 70, 2, "条"]
    assert stock(duty, lines[0]) == 70


def test_a_refusal_has_the_figures_in_both_languages(program: Callable[..., Program], lines: tuple[str, str]) -> None:
    duty = program(Role.DUTY_OFFICER)
    for language, said in (("zh", "「沙袋」现有 100 条，不够 101 条"), ("en", "“沙袋” has 100 条, not 101 条")):
        refused = duty.post(ENTRIES, entry(lines[0], "out", 101), Accept_Language=language)
        assert (refused.status_code, refused.json["code"]) == (409, "stock-short"), refused.text
        assert refused.json["detail"].startswith(said) and refused.json["errors"][0]["message"] == said
        assert [refused.json[name] for name in ("stock", "asked", "unit")] == [100, 101, "条"]
        assert refused.json["errors"][0]["pointer"] == "/properties/quantity"
    assert stock(duty, lines[0]) == 100


def test_a_changeset_enters_all_or_nothing_and_can_be_tried_first(program: Callable[..., Program], lines: tuple[str, str]) -> None:
    duty = program(Role.DUTY_OFFICER)
    acts = [{"op": "insert", "layer": BOOK, "properties": entry(line, "out", quantity)["properties"]} for line, quantity in ((lines[0], 60), (lines[1], 10), (lines[0], 60))]
    tried = duty.post("/api/v1/changesets", {"changes": acts, "dry_run": True}).json["results"]
    assert [one["problem"] and one["problem"]["code"] for one in tried] == [None, None, "stock-short"]
    refused = duty.post("/api/v1/changesets", {"changes": acts})
    assert (refused.status_code, refused.json["errors"][0]["pointer"]) == (409, "/changes/2/properties/quantity")
    assert (stock(duty, lines[0]), stock(duty, lines[1])) == (100, 100)
    assert duty.post("/api/v1/changesets", {"changes": acts[:2]}).status_code == 200
    assert (stock(duty, lines[0]), stock(duty, lines[1])) == (40, 90)


def test_an_entry_is_not_changed_and_a_number_written_becomes_one(program: Callable[..., Program], lines: tuple[str, str]) -> None:
    duty = program(Role.DUTY_OFFICER)
    made = duty.post(ENTRIES, entry(lines[0], "in", 1)).json
    fixed = duty.ask("PATCH", f"{ENTRIES}/{made['id']}", {"properties": {"quantity": 2}}, If_Match='"1"')
    assert (fixed.status_code, fixed.json["code"]) == (409, "ledger-fixed")
    assert duty.ask("DELETE", f"{ENTRIES}/{made['id']}?reason=x", If_Match='"1"').status_code == 403
    assert duty.ask("PATCH", f"{LINES}/{lines[0]}", {"properties": {"quantity": 50}}, If_Match='"2"').status_code == 200
    book = duty.get(f"{ENTRIES}?filter=line%20%3D%20'{lines[0]}'&sort=-number").json["features"]
    assert [(one["properties"]["kind"], one["properties"]["change"], one["properties"]["balance"]) for one in book] == [("count", -51, 50), ("in", 1, 101), ("count", 100, 100)]


def test_the_layer_says_that_it_is_a_ledger(program: Callable[..., Program], lines: tuple[str, str]) -> None:
    layer = program(Role.DUTY_OFFICER).get(f"/api/v1/layers/{BOOK}").json
    assert layer["ledger"]["account"] == "line" and layer["ledger"]["effects"]["transfer"] == "move" and "delete" not in layer["allowed"]
    assert program(Role.VIEWER).post(ENTRIES, entry(lines[0], "in", 1)).status_code == 403
