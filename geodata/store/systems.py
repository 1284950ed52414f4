"""The coordinate reference systems that a program may ask and be answered in: URI, order of the axes, the way there in SQL."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry
from sqlalchemy import ColumnElement, case, false, func
from sqlalchemy.exc import InternalError

from geodata.crs import GAUSS_KRUGER, reproject, transformer
from geodata.store.metadata import STORAGE_SRID
from geodata.store.rows import COORDINATE_DIGITS
from layers.errors import InvalidInput, Problem
from layers.messages import Sentence, declare
from layers.spec import Label

METRE_DIGITS = 4  # 0.1 mm, as fine as the degrees are told
_EPSG = "http://www.opengis.net/def/crs/EPSG/0/{}"
_WEB_MERCATOR, _WGS84 = 3857, 4326
_FARTHEST_M = 1e8  # twice around the Earth: what is farther off is no coordinate
# The index is asked with a box of degrees this much wider: an edge that is straight in degrees is not in the plane, and of
# one 700 km long the middle lies 0.1 degree beside.
_MARGIN_DEG = 0.1
_STEPS = 64  # points on each side of a box, whose sides bend in degrees
_POLAR_M, _WIDEST_DEG = 9_900_000.0, 60.0  # past these a box has a pole in it, or wraps around: no box of degrees stands for it

declare({
    "crs-out-of-reach": Sentence(Label("有要素离所选坐标系太远，无法换算", "Something lies too far off to have a place in that coordinate reference system"),
                                 Label("用经纬度，或用 bbox 限定范围", "Ask in longitude and latitude, or narrow it with bbox")),
})


@dataclass(frozen=True)
class System:
    """A coordinate reference system on offer. `srid`: in which PostGIS reckons; `flipped`: its URI puts north before east."""

    uri: str
    srid: int
    flipped: bool

    @property
    def is_degrees(self) -> bool:
        """Whether it has the numbers of storage: CGCS2000 and WGS84 are one here, see `geodata.crs`."""
        return self.srid == STORAGE_SRID

    @property
    def digits(self) -> int:
        """Decimal places of a coordinate told."""
        return COORDINATE_DIGITS if self.is_degrees else METRE_DIGITS

    def plane(self, shape: ColumnElement[Any]) -> ColumnElement[Any]:
        """A stored geometry in this system, east before north, whatever its URI says."""
        if self.is_degrees:
            return shape
        if self.srid == _WEB_MERCATOR:  # from WGS84's numbers, which storage has: no shift between the datums
            return func.ST_Transform(func.ST_SetSRID(shape, _WGS84), _WEB_MERCATOR)
        return func.ST_Transform(shape, self.srid)

    def told(self, shape: ColumnElement[Any]) -> ColumnElement[Any]:
        """The same with the axes in the order of the URI."""
        return func.ST_FlipCoordinates(self.plane(shape)) if self.flipped else self.plane(shape)

    def eastward(self, shape: Any) -> Any:
        """A shape that came with the URI's order of axes, east before north."""
        return shapely.transform(shape, lambda places: places[:, ::-1]) if self.flipped and shape is not None else shape

    def stored(self, shape: BaseGeometry | None) -> BaseGeometry | None:
        """A shape that came in this system as storage has it. Coordinates that have no place on Earth become infinite."""
        turned = self.eastward(shape)
        return turned if self.is_degrees or turned is None else reproject(turned, self.srid)

    def can_be(self, places: NDArray[np.float64]) -> bool:
        """Whether all of these places, east before north, can be coordinates of this system."""
        bounds = (180.0, 90.0) if self.is_degrees else (_FARTHEST_M, _FARTHEST_M)
        return bool(np.isfinite(places).all() and (np.abs(places) <= bounds).all())


@contextmanager
def reached() -> Iterator[None]:
    """InvalidInput at `crs` for what PostGIS cannot take into a system, such as a place behind the horizon of its projection."""
    try:
        yield
    except InternalError as fault:  # raised by PROJ, with no class of its own
        if "transform" not in str(fault.orig):
            raise
        raise InvalidInput(problems=[Problem("crs", "crs-out-of-reach", {})]) from fault


@dataclass(frozen=True)
class PlaneBox:
    """A box in a system of metres: east and north of its corners."""

    system: System
    west: float
    south: float
    east: float
    north: float

    def touched_by(self, shape: ColumnElement[Any]) -> ColumnElement[bool]:
        """Which stored geometries, taken into the system vertex by vertex, touch the box; its edge counts."""
        box = func.ST_MakeEnvelope(self.west, self.south, self.east, self.north, self.system.srid)
        exactly = func.ST_Intersects(self.system.plane(shape), box)
        around = self._in_degrees()
        if around is None:
            return exactly  # type: ignore[no-any-return]
        near = shape.op("&&")(func.ST_MakeEnvelope(*around, STORAGE_SRID))
        # What is far off may have no place in the system at all, so it is not taken there before it is known to be near.
        return near & case((near, exactly), else_=false())

    def _in_degrees(self) -> tuple[float, float, float, float] | None:
        """A box of degrees that holds all that can touch this one; None where none is sure to."""
        steps = np.linspace(0.0, 1.0, _STEPS)
        x, y = self.west + steps * (self.east - self.west), self.south + steps * (self.north - self.south)
        rim = np.concatenate([np.column_stack(pair) for pair in (
            (x, np.full(_STEPS, self.south)), (x, np.full(_STEPS, self.north)), (np.full(_STEPS, self.west), y), (np.full(_STEPS, self.east), y))])
        way = transformer(self.system.srid)
        degrees = np.column_stack(way.transform(rim[:, 0], rim[:, 1]))
        back = np.column_stack(way.transform(degrees[:, 0], degrees[:, 1], direction="INVERSE"))
        if not np.isfinite(back).all() or np.abs(back - rim).max() > 1.0 or max(abs(self.south), abs(self.north)) > _POLAR_M:
            return None
        (west, south), (east, north) = degrees.min(axis=0) - _MARGIN_DEG, degrees.max(axis=0) + _MARGIN_DEG
        return None if east - west > _WIDEST_DEG else (float(west), float(south), float(east), float(north))


CRS84 = System("http://www.opengis.net/def/crs/OGC/1.3/CRS84", STORAGE_SRID, flipped=False)
STORED = System(_EPSG.format(STORAGE_SRID), STORAGE_SRID, flipped=True)
SYSTEMS: Mapping[str, System] = {one.uri: one for one in (
    CRS84, STORED, System(_EPSG.format(_WGS84), STORAGE_SRID, flipped=True), System(_EPSG.format(_WEB_MERCATOR), _WEB_MERCATOR, flipped=False),
    *(System(_EPSG.format(epsg), epsg, flipped=True) for epsg in GAUSS_KRUGER),
)}
