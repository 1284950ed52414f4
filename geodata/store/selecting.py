"""Which rows of a layer a question means: those in a box or a zone, that meet a filter, that are named."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

import shapely
from geoalchemy2.elements import WKBElement
from shapely.geometry.base import BaseGeometry
from sqlalchemy import ColumnElement, Table, and_, false, func, true

from geodata.store.filters import condition
from geodata.store.metadata import STORAGE_SRID
from geodata.store.rows import shown_shape
from geodata.store.systems import CRS84, PlaneBox, System
from layers.spec import Layer

Box = tuple[float, float, float, float]  # west, south, east, north in degrees, EPSG:4490


def matching(layer: Layer, table: Table, bbox: Box | PlaneBox | None, filter_text: str | None, ids: Iterable[UUID] | None, *,
             reveal: bool, filter_in: System = CRS84, zone: BaseGeometry | None = None) -> ColumnElement[bool]:
    """The condition of all that is asked, each part None where it is not; by the places that the reader is shown.

    The box and the zone are in degrees (EPSG:4490) or a box in the plane of another system; their edges count.
    `filter_in`: the system of shapes in the filter. Raises InvalidInput for a filter that is none.
    """
    clauses: list[ColumnElement[bool]] = []
    if bbox is not None:
        clauses.append(_touches(shown_shape(layer, table, reveal=reveal), bbox) if "geom" in table.c else false())
    if zone is not None:
        shape = WKBElement(shapely.to_wkb(zone), srid=STORAGE_SRID)
        clauses.append(func.ST_Intersects(shown_shape(layer, table, reveal=reveal), shape) if "geom" in table.c else false())
    if filter_text:
        clauses.append(condition(filter_text, layer, table, reveal=reveal, system=filter_in))
    if ids is not None:
        clauses.append(among(table, ids))
    return and_(true(), *clauses)


def among(table: Table, ids: Iterable[UUID]) -> ColumnElement[bool]:
    """Those with these ids."""
    return table.c.id == func.any(list(ids))


def _touches(shape: ColumnElement[Any], bbox: Box | PlaneBox) -> ColumnElement[bool]:
    if isinstance(bbox, PlaneBox):
        return bbox.touched_by(shape)
    west, south, east, north = bbox
    if west > east:  # RFC 7946 5.2: a box that crosses the antimeridian
        return _touches(shape, (west, south, 180.0, north)) | _touches(shape, (-180.0, south, east, north))
    box = func.ST_MakeEnvelope(west, south, east, north, STORAGE_SRID)
    return shape.op("&&")(box) & func.ST_Intersects(shape, box)
