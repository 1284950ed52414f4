"""Ledgers: which tables the database keeps as entries and balances, and by which triggers."""

from __future__ import annotations

import json
from collections.abc import Iterable

from sqlalchemy import Connection, text

from layers.collection import Catalogue
from layers.ledger import Ledger, ledger_to_json
from layers.serial import label_to_json
from layers.spec import Layer


def ledgers(catalogue: Catalogue) -> list[tuple[Layer, Ledger, Layer]]:
    """(entries, ledger, accounts) of every layer that is one."""
    return [(layer, layer.ledger, catalogue.accounts_of(layer)) for layer in catalogue.values() if layer.ledger]


def keep(connection: Connection, schema: str, catalogue: Catalogue, only: Iterable[str] | None = None) -> None:
    """Put the ledgers of a space under the database's promises; the first time, numbers that are there are entered as counted."""
    for layer, ledger, accounts in ledgers(catalogue):
        if only is None or layer.id in only:
            words = {name: label_to_json(accounts.field(name).label) for name in ledger.alike}  # type: ignore[union-attr]
            declared = {**ledger_to_json(ledger), "title": accounts.title or accounts.key, "count": ledger.count, "words": words}
            connection.execute(text("SELECT onemap_control.keep_ledger(:space, :entries, :accounts, CAST(:ledger AS jsonb))"),
                               {"space": schema, "entries": layer.id, "accounts": accounts.id, "ledger": json.dumps(declared, ensure_ascii=False)})


def triggers(catalogue: Catalogue) -> list[tuple[str, str, str]]:
    """(table, trigger, function) that keep the ledgers."""
    found = []
    for layer, _, accounts in ledgers(catalogue):
        suffix = layer.id[:40]
        found += [(layer.id, "a_ledger_fixed", "ledger_fixed"), (layer.id, "b_ledger_enter", "ledger_enter"), (layer.id, "d_ledger_balance", "ledger_balance"),
                  (accounts.id, f"a_ledger_gone_{suffix}", "ledger_account_gone"), (accounts.id, f"d_ledger_made_{suffix}", "ledger_counted"),
                  (accounts.id, f"d_ledger_counted_{suffix}", "ledger_counted")]
    return found
