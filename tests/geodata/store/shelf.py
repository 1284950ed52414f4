"""A stock of a few lines in two depots, and its book, for tests of ledgers."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from shapely.geometry import Point

from geodata.store import contents
from geodata.store.database import Database
from geodata.store.features import Feature, Store
from geodata.store.spaces import Space
from layers.spec import OPERATOR, Actor

BOOK = "supply_movements"


class Shelf:
    """Two depots with a line of the same sandbags each, and one of tents."""

    def __init__(self, space: Space) -> None:
        self.space = space
        with space.transaction(OPERATOR) as store:
            depots = [str(store.insert("depots", {"name": name}, Point(109.6, 40.6)).id) for name in ("甲库", "乙库")]
            self.sand = self._line(store, depots[0], "沙袋", "条", 100)
            self.other = self._line(store, depots[1], "沙袋", "条", 5)
            self.tents = self._line(store, depots[1], "帐篷", "顶", 8)
            self.unknown = self._line(store, depots[1], "沙袋", "条", None)

    @staticmethod
    def _line(store: Store, depot: str, name: str, unit: str, quantity: float | None) -> UUID:
        return store.insert("supplies", {"depot": depot, "name": name, "quantity_unit": unit, "quantity": quantity, "minimum_quantity": 10}, None).id

    def enter(self, line: UUID, kind: str, quantity: float | None, *, by: Actor = OPERATOR, **more: Any) -> Feature:
        with self.space.transaction(by) as store:
            return store.insert(BOOK, {"line": str(line), "kind": kind, "quantity": quantity, **{name: str(value) if isinstance(value, UUID) else value for name, value in more.items()}}, None)

    def stock(self, line: UUID) -> float | None:
        with self.space.reading(OPERATOR) as store:
            return store.get("supplies", line).properties["quantity"]  # type: ignore[no-any-return]

    def book(self, line: UUID) -> list[tuple[str, float | None, float | None, int]]:
        """(kind, change, balance after, number) of a line's own entries in order."""
        with self.space.reading(OPERATOR) as store:
            found = [one.properties for one in store.page(BOOK, filter=f"line = '{line}'", limit=1000).features]
        return sorted(((one["kind"], one["change"], one["balance"], one["number"]) for one in found), key=lambda one: one[3])


def whole(shelf: Shelf, database: Database) -> None:
    """Every balance is the sum of its entries, and history folds."""
    assert contents.balances(database).faults == () and contents.history(database).faults == ()
