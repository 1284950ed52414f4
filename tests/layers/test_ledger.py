"""A layer that is a ledger says wholly what its entries do, and to what."""

from __future__ import annotations

from dataclasses import replace

import pytest

from layers.catalogue import CATALOGUE
from layers.checking import check, clean
from layers.collection import Catalogue
from layers.ledger import Effect
from layers.schema import json_schema
from layers.serial import layer_from_json, layer_to_json
from layers.spec import DEFAULT_ACCESS, Layer

BOOK = next(layer for layer in CATALOGUE.values() if layer.ledger)
LEDGER = BOOK.ledger
LINE = "00000000-0000-0000-0000-000000000001"


def catalogue_with(layer: Layer) -> Catalogue:
    return Catalogue(tuple(layer if one.id == layer.id else one for one in CATALOGUE.values()))


def test_a_ledger_goes_to_json_and_back() -> None:
    assert layer_from_json(layer_to_json(BOOK)) == BOOK


def test_a_ledger_that_names_what_is_not_there_is_refused() -> None:
    assert LEDGER
    with pytest.raises(ValueError, match="no field"):
        replace(BOOK, ledger=replace(LEDGER, quantity="amount"))
    with pytest.raises(ValueError, match="has not"):
        catalogue_with(replace(BOOK, ledger=replace(LEDGER, balance="left")))
    with pytest.raises(ValueError, match="sets the balance"):
        replace(LEDGER, effects=(("in", Effect.ADD),))


def test_only_those_who_write_the_accounts_may_enter() -> None:
    with pytest.raises(ValueError, match="no others"):
        catalogue_with(replace(BOOK, access=DEFAULT_ACCESS))


def test_the_balance_is_known_to_be_kept() -> None:
    assert LEDGER and CATALOGUE.balances(CATALOGUE.accounts_of(BOOK).id) == {LEDGER.balance}
    assert CATALOGUE.balances(BOOK.id) == frozenset()


def test_what_the_database_fills_is_passed_over_and_read_only() -> None:
    assert LEDGER
    given = {LEDGER.account: LINE, LEDGER.kind: LEDGER.count, LEDGER.quantity: 0, **dict.fromkeys(LEDGER.kept, 7)}
    assert clean(BOOK, given) == ({LEDGER.account: LINE, LEDGER.kind: LEDGER.count, LEDGER.quantity: 0.0}, [])
    assert check(BOOK, given, None) == [], "nothing found is a count, too"
    fields = json_schema(BOOK)["properties"]
    assert {name for name, one in fields.items() if one.get("readOnly")} == set(LEDGER.kept)
