"""The shapes of a file as it gives them: parsed, rings closed, 2D, one kind each; what cannot be a shape is kept out with its reason."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray

from geodata.files.notices import Notice
from layers.shapes import MAX_VERTICES
from layers.spec import Geometry

_ALONE = 5.0  # degrees or metres from 0, 0 to the next corner: a line or an outline that lies there really has one nearer
_ABSURD = 1e9  # no CRS of the earth has coordinates beyond this, whatever its unit
KIND_NAMES = {
    0: "Point",
    1: "LineString",
    2: "LinearRing",
    3: "Polygon",
    4: "MultiPoint",
    5: "MultiLineString",
    6: "MultiPolygon",
    7: "GeometryCollection",
}
FAMILY = {
    "Point": Geometry.POINT,
    "MultiPoint": Geometry.POINT,
    "LineString": Geometry.LINE,
    "MultiLineString": Geometry.LINE,
    "Polygon": Geometry.POLYGON,
    "MultiPolygon": Geometry.POLYGON,
}

Shapes = NDArray[np.object_]


class Opened(NamedTuple):
    """The shapes of WKB (None for those kept out), why each of the others is, and which rings had to be closed; by place.

    `as_given`: every shape there is just what its WKB says.
    """

    shapes: Shapes
    rejected: dict[int, Notice]
    closed: dict[int, Notice]
    as_given: bool


def opened(blobs: Shapes, *, swapped: bool = False) -> Opened:
    """Open WKB, None where there is none. `swapped` reads every pair of coordinates the other way round."""
    shapes, rejected, closed = _parsed(blobs)
    as_given = not (swapped or closed or shapely.has_z(shapes).any() or shapely.has_m(shapes).any() or (shapely.get_srid(shapes) > 0).any())
    if not as_given:
        shapes = shapely.force_2d(shapes)
    if swapped:
        shapes = np.asarray(shapely.transform(shapes, lambda xy: xy[:, ::-1]), dtype=object)
    _reject_absurd(shapes, rejected)
    made_multi = _one_kind(shapes, rejected)
    return Opened(shapes, rejected, closed, as_given and not made_multi)


def at_zero(shapes: Shapes) -> NDArray[np.int64]:
    """The places of points at 0, 0 and of shapes with one corner there far from all others: nothing was filled in."""
    coordinates, index = shapely.get_coordinates(shapes, return_index=True)
    zero = (coordinates == 0).all(axis=1)
    if not zero.any():
        return np.zeros(0, np.int64)
    nearest = np.full(len(shapes), np.inf)
    np.minimum.at(nearest, index[~zero], np.abs(coordinates[~zero]).sum(axis=1))
    places = np.unique(index[zero])
    return places[nearest[places] > _ALONE]


def families(kinds: Iterable[int]) -> set[Geometry]:
    """The families (point, line, polygon) of GEOS types; those without one are passed over."""
    return {FAMILY[KIND_NAMES[one]] for one in kinds if KIND_NAMES.get(one) in FAMILY}


def _parsed(blobs: Shapes) -> tuple[Shapes, dict[int, Notice], dict[int, Notice]]:
    """The shapes, the rows that have none that can be read, and those whose rings had to be closed first."""
    shapes = np.asarray(shapely.from_wkb(blobs, on_invalid="ignore"), dtype=object)
    rejected: dict[int, Notice] = {}
    closed: dict[int, Notice] = {}
    for row in np.flatnonzero(shapely.is_missing(shapes)).tolist():
        if (
            blobs[row] is not None
            and (whole := shapely.from_wkb(blobs[row], on_invalid="fix")) is not None
            and shapely.get_type_id(whole) in (3, 6)
        ):
            shapes[row] = whole
            closed[row] = Notice("ring-closed", {}, field="geometry")
    missing = shapely.is_missing(shapes)
    empty = ~missing & shapely.is_empty(shapes)
    for row in np.flatnonzero(missing).tolist():
        rejected[row] = Notice("place-missing") if blobs[row] is None else Notice("geometry-broken", {"kind": _kind_of_wkb(blobs[row])})
    for row in np.flatnonzero(empty).tolist():
        rejected[row] = Notice("geometry-empty")
    many = np.flatnonzero(shapely.get_num_coordinates(shapes) > MAX_VERTICES).tolist()
    for row in many:
        rejected[row] = Notice("too-many-vertices", {"maximum": MAX_VERTICES})
    for row in rejected:
        shapes[row] = None
    return shapes, rejected, closed


def _kind_of_wkb(blob: bytes | None) -> str:
    code = int.from_bytes(blob[1:5], "little" if blob[0] else "big") % 1000 if blob and len(blob) >= 5 else 0
    return {1: "Point", 2: "LineString", 3: "Polygon", 4: "MultiPoint", 5: "MultiLineString", 6: "MultiPolygon"}.get(code, "WKB")


def _reject_absurd(shapes: Shapes, rejected: dict[int, Notice]) -> None:
    coordinates, index = shapely.get_coordinates(shapes, return_index=True)
    bad = ~np.isfinite(coordinates).all(axis=1) | (np.abs(np.nan_to_num(coordinates, nan=np.inf)) > _ABSURD).any(axis=1)
    for row, value in zip(index[bad].tolist(), coordinates[bad].tolist(), strict=True):
        if row not in rejected:
            rejected[row] = Notice("coordinate-outside-earth", {"x": f"{value[0]:.6g}", "y": f"{value[1]:.6g}"}, field="geometry")
            shapes[row] = None


def _one_kind(shapes: Shapes, rejected: dict[int, Notice]) -> bool:
    """Collections of one family become its multi form, of which is told whether there were any; mixed ones and exotic kinds are kept out."""
    types, made = shapely.get_type_id(shapes), False
    for row in np.flatnonzero((types == 7) | (types == 2) | (types > 7)).tolist():
        shape = shapes[row]
        parts = shapely.get_parts(shape)
        kinds = families(shapely.get_type_id(parts).tolist()) if shape.geom_type == "GeometryCollection" else set()
        if len(kinds) == 1 and all(one.geom_type != "GeometryCollection" for one in parts):
            pieces = shapely.get_parts(parts)
            maker = {Geometry.POINT: shapely.multipoints, Geometry.LINE: shapely.multilinestrings, Geometry.POLYGON: shapely.multipolygons}[
                kinds.pop()
            ]
            shapes[row], made = maker(pieces), True
        else:
            rejected[row] = Notice(
                "shape-kind-not-admitted", {"found": shape.geom_type, "wanted": "Point, LineString, Polygon"}, field="geometry"
            )
            shapes[row] = None
    return made
