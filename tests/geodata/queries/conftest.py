"""Three layers of our own (points, lines, polygons) with service, measures and origin, in a fresh database."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime

import numpy as np
import pytest
import shapely
from shapely.geometry.base import BaseGeometry

from geodata.queries.engine import QueryEngine
from geodata.store.batch import Row
from geodata.store.database import Database
from geodata.store.spaces import Space
from layers.spec import OPERATOR, Choice, Family, Field, Geometry, Label, Layer, Measure, OutOfService, Style

WEST, SOUTH, EAST, NORTH = 109.3, 40.3, 110.4, 41.0
CLOSED = OutOfService("status", ("closed",), "closed", Label("已关闭", "Closed"), Label("状态未知", "Status not known"))
FULL = OutOfService("room", ("full",), "full", Label("已满", "Full"))


def layer(layer_id: str, geometry: Geometry) -> Layer:
    """A layer with a status, a room, people counted and metres of hose."""
    def of(one: str) -> Label:
        return Label(one, one)

    fields = (
        Field("code", of("code")),
        Field("status", of("status"), choices=(Choice("open", of("open")), Choice("closed", of("closed")))),
        Field("room", of("room"), choices=(Choice("free", of("free")), Choice("full", of("full")))),
        Field("people", of("people"), int, unit="persons", counts_as=Measure.PEOPLE),
        Field("hose_m", of("hose"), float, unit="m", counts_as=Measure.QUANTITY),
    )
    return Layer(layer_id, of(layer_id), geometry, fields, Style(Family.RESOURCE), key="code", title="code", ranked=True, exposed=True,
                 out_of_service=(CLOSED, FULL))


SPOTS, LANES, PLOTS = layer("spots", Geometry.POINT), layer("lanes", Geometry.LINE), layer("plots", Geometry.POLYGON)
LAYERS = (SPOTS.id, LANES.id, PLOTS.id)


@pytest.fixture
def three(space: Space) -> Space:
    """The live space with the three layers, empty."""
    for one in (SPOTS, LANES, PLOTS):
        space.create_layer(one, OPERATOR)
    return space


@pytest.fixture
def engine(database: Database) -> Iterator[QueryEngine]:
    engine = QueryEngine(database)
    yield engine
    engine.close()


@pytest.fixture
def by_postgis(database: Database) -> Iterator[QueryEngine]:
    """An engine that never uses an index."""
    engine = QueryEngine(database, indexed=False)
    yield engine
    engine.close()


def put(space: Space, layer_id: str, shapes: list[BaseGeometry], **properties: object) -> None:
    """Load shapes with the codes 0, 1, ...; a property may be a list, one value a shape."""
    rows = []
    for place, shape in enumerate(shapes):
        own = {name: value[place] if isinstance(value, list) else value for name, value in properties.items()}
        rows.append(Row({"code": str(place), **own}, shape, place))
    with space.transaction(OPERATOR, "test") as store:
        store.upsert(layer_id, rows, anywhere=True)


def scattered(layer_id: str, count: int, seed: int) -> list[BaseGeometry]:
    """Shapes of the layer's kind strewn over the district, from a fixed seed."""
    rng = np.random.default_rng(seed)
    middles = np.column_stack([rng.uniform(WEST, EAST, count), rng.uniform(SOUTH, NORTH, count)])
    if layer_id == SPOTS.id:
        return list(shapely.points(middles))
    if layer_id == LANES.id:
        return [shapely.LineString(np.cumsum(np.vstack([one, rng.uniform(-0.01, 0.01, (rng.integers(1, 9), 2))]), axis=0)) for one in middles]
    return [shapely.convex_hull(shapely.MultiPoint(one + rng.uniform(-0.01, 0.01, (8, 2)))) for one in middles]


def strewn(space: Space, layer_id: str, count: int, seed: int) -> list[BaseGeometry]:
    """Load scattered shapes with all kinds of properties, some of them not said."""
    rng = np.random.default_rng(seed + 1)
    shapes = scattered(layer_id, count, seed)

    def some(values: list[object]) -> list[object]:
        return [values[int(one)] for one in rng.integers(0, len(values), count)]

    put(space, layer_id, shapes, status=some(["open", "open", "closed", None]), room=some(["free", "full", None, None]),
        people=some([None, 0, 7, 40, 1500]), hose_m=some([None, 0.1, 0.2, 12.5]), source=some([None, "普查", "演示数据"]),
        source_date=some([None, date(2025, 3, 1), date(2026, 1, 1)]),
        verified_at=some([None, datetime.fromisoformat("2026-01-05T08:00:00+08:00"), datetime.fromisoformat("2026-06-01T12:00:00+00:00")]))
    return shapes


def codes(space: Space, layer_id: str) -> dict[object, str]:
    """Code by id of all features of a layer."""
    with space.reading(OPERATOR) as store:
        whole = store.snapshot(layer_id, ("code",))
    return dict(zip(whole.ids, whole.columns["code"], strict=True))
