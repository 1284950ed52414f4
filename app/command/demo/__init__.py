"""The demonstration data: a district of our own drawing, put in where the map is empty."""

from __future__ import annotations

from datetime import UTC, datetime

from geodata.store.database import Database
from geodata.store.features import Store
from layers.spec import OPERATOR

REASON = "演示数据"


def ensure_demo(database: Database, as_of: datetime | None = None) -> dict[str, int]:
    """Put the demonstration district into the live space, all or nothing, unless any built-in layer already has a feature.

    Answers how many features each layer got; an empty mapping means that nothing was done. Ages of records are counted back
    from `as_of` (default: now), so that the map shows fresh, ageing and overdue ones whenever it is started.
    """
    space = database.space()
    with space.reading(OPERATOR) as store:
        if not _empty(database, store):
            return {}
    from app.command.demo.district import demonstration  # drawing the district takes a second that other starts need not spend

    drawn = demonstration(as_of or datetime.now(UTC))
    with space.transaction(OPERATOR, reason=REASON) as store:
        if not _empty(database, store):  # somebody loaded something while it was drawn
            return {}
        return {layer_id: store.upsert(layer_id, rows).inserted for layer_id, rows in drawn.items()}


def _empty(database: Database, store: Store) -> bool:
    return not any(store.count(layer_id) for layer_id in database.catalogue)
