"""A small county of the built-in layers for questions with needs: teams, depots with stock, shelters, incidents, zones, orders."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import shapely

from geodata.crs import GEOD
from geodata.queries.engine import QueryEngine
from geodata.queries.nearest import LayerRanking, NearestQuestion
from geodata.store.batch import Row
from geodata.store.spaces import Space
from layers.spec import OPERATOR, Actor

HERE = (109.8, 40.6)
NOW = datetime.now(UTC)
TEAMS, DEPOTS, SHELTERS, STOCK, INCIDENTS, ZONES, ORDERS = (
    "rescue_teams", "depots", "shelters", "supplies", "incidents", "impact_zones", "dispatch_orders")


def ago(**span: float) -> datetime:
    return datetime.now(UTC) - timedelta(**span)


def east(metres: float) -> shapely.Point:
    lon, lat, _ = GEOD.fwd(*HERE, 90.0, metres)
    return shapely.Point(lon, lat)


def put(space: Space, layer: str, *rows: tuple[dict[str, Any], Any]) -> None:
    """Rows of a layer, each properties with a shape; codes and names are given where they are missing."""
    with space.transaction(OPERATOR, "test") as store:
        store.upsert(layer, [Row({"code": f"{layer}-{place}", **({} if layer in (STOCK, ORDERS) else {"name": f"第{place}"}), **said}, shape, place)
                             for place, (said, shape) in enumerate(rows)])


def fit(**other: Any) -> dict[str, Any]:
    """A team of which everything is known and nothing stands against it, but for what is said otherwise."""
    return {"duty": "on_duty", "skills": ["fire"], "position_at": ago(minutes=5), "verified_at": ago(days=1), **other}


def depot(**other: Any) -> dict[str, Any]:
    return {"status": "open", "verified_at": ago(days=1), **other}


def line(holder: int, name: str = "编织袋", quantity: float | None = 1_000.0, unit: str | None = "条", **other: Any) -> tuple[dict[str, Any], None]:
    """A stock line of the depot put in that place."""
    return {"depot": f"{DEPOTS}-{holder}", "name": name, "quantity": quantity, "quantity_unit": unit, **other}, None


def asked(engine: QueryEngine, space: Space, layer: str = TEAMS, who: Actor = OPERATOR, at: tuple[float, float] = HERE, **more: Any) -> LayerRanking:
    return engine.nearest(space, NearestQuestion(*at, (layer,), **more), who).layers[0]


def names(space: Space, layer: str) -> dict[Any, str]:
    """Number in the code by id."""
    with space.reading(OPERATOR) as store:
        whole = store.snapshot(layer, ("code",))
    return {one: code.rpartition("-")[2] for one, code in zip(whole.ids, whole.columns["code"], strict=True)}


def told(space: Space, ranking: LayerRanking) -> tuple[list[str], dict[str, list[str]], dict[str, list[str]]]:
    """Who is ranked, who is left out with which codes, and of whom what is not known."""
    who = names(space, ranking.layer)
    return ([who[one.id] for one in ranking.ranked], {who[one.id]: [reason.code for reason in one.reasons] for one in ranking.left_out},
            {who[one.id]: [reason.code for reason in one.uncertain] for one in ranking.ranked if one.uncertain})
