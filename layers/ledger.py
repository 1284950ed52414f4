"""What makes a layer a ledger: its features are entries, and the database keeps a number of another layer from them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Effect(StrEnum):
    """What an entry does to the balance of its account."""

    ADD = "add"
    TAKE = "take"
    MOVE = "move"  # taken here, added to the counterpart, in one act
    SET = "set"  # counted: the balance is what was found, whatever the entries before say


@dataclass(frozen=True)
class Ledger:
    """How the entries of a layer make a balance.

    `account` names the reference to the feature whose `balance` field is kept, `counterpart` the one that a MOVE adds to.
    `kind` is the choice that says what an entry does, by `effects`; `quantity` how much (of a SET: what was counted).
    The database itself fills `number` (1, 2, 3 ... of each account), `change`, `after`, the two `other_` fields of a
    counterpart, and `counted_in` from the account's `unit`. A MOVE is refused between accounts that differ in `alike`.
    `least` and `expires` name fields of the account by which it is short or out of date.
    """

    account: str
    counterpart: str
    balance: str
    kind: str
    effects: tuple[tuple[str, Effect], ...]
    quantity: str
    at: str
    reason: str
    number: str
    change: str
    after: str
    other_number: str
    other_after: str
    counted_in: str
    unit: str
    alike: tuple[str, ...] = ()
    least: str | None = None
    expires: str | None = None

    def __post_init__(self) -> None:
        if [effect for _, effect in self.effects].count(Effect.SET) != 1:
            raise ValueError("a ledger needs one kind that sets the balance: a number written directly becomes such an entry")

    @property
    def kept(self) -> tuple[str, ...]:
        """Fields of an entry that the database fills, whatever was given."""
        return self.number, self.change, self.after, self.other_number, self.other_after, self.counted_in

    @property
    def own(self) -> tuple[str, ...]:
        """All fields of the entry's layer that the ledger names."""
        return self.account, self.counterpart, self.kind, self.quantity, self.at, self.reason, *self.kept

    @property
    def of_account(self) -> tuple[str, ...]:
        """All fields of the account's layer that it names."""
        return tuple(one for one in (self.balance, self.unit, *self.alike, self.least, self.expires) if one)

    @property
    def count(self) -> str:
        """The kind that sets the balance."""
        return next(kind for kind, effect in self.effects if effect is Effect.SET)

    def effect(self, kind: Any) -> Effect | None:
        """What an entry of this kind does; None for no kind of the ledger."""
        return dict(self.effects).get(kind)


def ledger_to_json(ledger: Ledger) -> dict[str, Any]:
    """The ledger as values that JSON can carry."""
    return {**{name: getattr(ledger, name) for name in _NAMES}, "effects": dict(ledger.effects), "alike": list(ledger.alike)}


def ledger_from_json(data: Mapping[str, Any]) -> Ledger:
    """The ledger that `ledger_to_json` wrote."""
    return Ledger(**{name: data[name] for name in _NAMES}, alike=tuple(data["alike"]),
                  effects=tuple((kind, Effect(effect)) for kind, effect in data["effects"].items()))


_NAMES = ("account", "counterpart", "balance", "kind", "quantity", "at", "reason", "number", "change", "after", "other_number", "other_after",
          "counted_in", "unit", "least", "expires")
