"""Between a table row and what callers see: typed features, GeoJSON text made by PostGIS, masked values."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import shapely
from shapely.geometry.base import BaseGeometry
from sqlalchemy import ColumnElement, Select, Table, Text, case, cast, func, literal, literal_column, null, select
from sqlalchemy.dialects.postgresql import array

from layers.spec import Field, Layer, Sensitivity

SYSTEM_PROPERTIES = ("version", "created_at", "created_by", "updated_at", "updated_by")
COORDINATE_DIGITS = 9  # 0.1 mm on the ground
COARSE_DEG = 0.01  # about a kilometre: what a reader who may not reveal learns of a sensitive position


@dataclass(frozen=True)
class Feature:
    """One feature as stored: typed properties (common fields included), geometry in EPSG:4490 lon/lat or None."""

    id: UUID
    layer: str
    version: int
    properties: Mapping[str, Any]
    geometry: BaseGeometry | None
    created_at: datetime
    created_by: str
    updated_at: datetime
    updated_by: str


def is_shown(one: Field, *, reveal: bool) -> bool:
    """Whether a value stands as it is in lists, cards, tables, history and files.

    Sensitive values do for roles that may reveal. Personal ones do for nobody: they are revealed one feature at a time
    (`Store.reveal`), and each time is written down.
    """
    return one.sensitivity is Sensitivity.PUBLIC or (reveal and one.sensitivity is Sensitivity.SENSITIVE)


def masked(one: Field, column: ColumnElement[Any], *, reveal: bool) -> ColumnElement[Any]:
    """The column as this reader may see it: 138****5678 for long text, 王** for short, nothing for other types."""
    return column if is_shown(one, reveal=reveal) else mask(one, column)


def mask(one: Field, column: ColumnElement[Any]) -> ColumnElement[Any]:
    """The column made illegible."""
    if one.type is not str or one.many:
        return null()
    return case((func.length(column) >= 7, func.left(column, 3).concat("****").concat(func.right(column, 4))),
                (func.length(column) > 0, func.left(column, 1).concat("**")), else_=column)


def mask_value(one: Field, value: Any, *, reveal: bool) -> Any:
    """The same as `masked` for a value already in Python (history)."""
    if value is None or is_shown(one, reveal=reveal):
        return value
    if not isinstance(value, str):
        return None
    return f"{value[:3]}****{value[-4:]}" if len(value) >= 7 else f"{value[:1]}**" if value else value


def sees_exactly(layer: Layer, *, reveal: bool) -> bool:
    """Whether this reader knows exact positions: always, but in a sensitive layer only with the right to reveal."""
    return reveal or layer.geometry_sensitivity is Sensitivity.PUBLIC


def shown_shape(layer: Layer, table: Table, *, reveal: bool) -> ColumnElement[Any]:
    """The geometry as this reader may see it: for a sensitive layer and a reader who may not reveal, a point on a coarse grid."""
    if sees_exactly(layer, reveal=reveal):
        return table.c.geom
    return func.ST_SnapToGrid(func.ST_Centroid(table.c.geom), COARSE_DEG)


def coarse(layer: Layer, shape: BaseGeometry | None, *, reveal: bool) -> BaseGeometry | None:
    """The same for a shape already in Python (history)."""
    if shape is None or sees_exactly(layer, reveal=reveal):
        return shape
    return shapely.transform(shapely.centroid(shape), lambda place: (place / COARSE_DEG).round() * COARSE_DEG)


def coarse_box(box: tuple[float, float, float, float] | None) -> tuple[float, float, float, float] | None:
    """A box rounded to the coarse grid; it still holds the coarse point of what lies in it, for rounding keeps the order."""
    if box is None:
        return None
    west, south, east, north = (round(round(one / COARSE_DEG) * COARSE_DEG, COORDINATE_DIGITS) for one in box)
    return west, south, east, north


def feature_select(layer: Layer, table: Table, *, reveal: bool, unmasked: bool = False) -> Select[Any]:
    """SELECT of everything of a feature, geometry as WKB under `wkb`; `unmasked` for our own comparing, never for a reader."""
    columns: list[ColumnElement[Any]] = [table.c.id, *(table.c[name] for name in SYSTEM_PROPERTIES)]
    columns += [table.c[one.id] if unmasked else masked(one, table.c[one.id], reveal=reveal).label(one.id) for one in layer.all_fields]
    columns.append(func.ST_AsBinary(shown_shape(layer, table, reveal=reveal)).label("wkb") if "geom" in table.c else null().label("wkb"))
    return select(*columns)


def to_feature(layer: Layer, row: Any) -> Feature:
    """A row of `feature_select` as a Feature."""
    mapping = row._mapping
    properties = {one.id: str(mapping[one.id]) if isinstance(mapping[one.id], UUID) else mapping[one.id] for one in layer.all_fields}
    shape = shapely.from_wkb(bytes(mapping["wkb"])) if mapping["wkb"] is not None else None
    return Feature(mapping["id"], layer.id, mapping["version"], properties, shape,
                   mapping["created_at"], mapping["created_by"], mapping["updated_at"], mapping["updated_by"])


def geojson_text(layer: Layer, table: Table, *, reveal: bool, fields: Sequence[str] | None = None, geometry: bool = True,
                 told: Callable[[ColumnElement[Any]], ColumnElement[Any]] | None = None, digits: int = COORDINATE_DIGITS) -> ColumnElement[str]:
    """The feature as GeoJSON text (RFC 7946), made by PostgreSQL so that Python never builds it.

    Properties come in the order of the layer's fields, then the system ones. `fields` keeps only those named. `told` takes the
    geometry into another coordinate reference system, of which `digits` decimals are written.
    """
    chosen = [one for one in layer.all_fields if fields is None or one.id in fields]
    pairs: list[ColumnElement[Any]] = [masked(one, table.c[one.id], reveal=reveal).label(one.id) for one in chosen]
    pairs += [table.c[name] for name in SYSTEM_PROPERTIES if fields is None or name in fields]
    record = select(*pairs).correlate(table).subquery("r") if pairs else None
    properties = cast(select(func.row_to_json(literal_column("r"))).select_from(record).scalar_subquery(), Text) if record is not None \
        else literal("{}")
    shape: ColumnElement[Any] = literal("null")
    if geometry and "geom" in table.c:
        seen = shown_shape(layer, table, reveal=reveal)
        shape = func.coalesce(func.ST_AsGeoJSON(told(seen) if told else seen, digits, 0), "null")
    parts = ['{"type":"Feature","id":"', cast(table.c.id, Text), '","geometry":', shape, ',"properties":', properties, "}"]
    return func.array_to_string(array([literal(part) if isinstance(part, str) else part for part in parts]), "")
