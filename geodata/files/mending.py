"""Shapes that are not valid made so, with what was wrong and by how much the area changed."""

from __future__ import annotations

import shapely

from geodata.crs import GEOD
from geodata.files.notices import Notice
from geodata.files.opening import FAMILY
from layers.spec import Geometry

_REASONS = {
    "Ring Self-intersection": "边界自相接",
    "Self-intersection": "边界自相交",
    "Hole lies outside shell": "洞在外边界之外",
    "Holes are nested": "洞套洞",
    "Nested shells": "面套面",
    "Interior is disconnected": "内部不连通",
    "Duplicate Rings": "边界重复",
    "Too few points in geometry component": "点太少",
}

def mended(shape: shapely.Geometry) -> tuple[shapely.Geometry | None, Notice]:
    """A valid shape of the same family and what was repaired, or None and why nothing is left of it."""
    reason = shapely.is_valid_reason(shape)
    after = _repaired(shape)
    if after is None:
        return None, Notice("geometry-beyond-repair", {"reason": reason, "reason_zh": _in_chinese(reason)}, field="geometry")
    values = {"reason": reason, "reason_zh": _in_chinese(reason), "before_m2": _area_m2(shape), "after_m2": _area_m2(after)}
    return after, Notice("geometry-repaired" if _family(after) is Geometry.POLYGON else "line-repaired", values, field="geometry")


def _in_chinese(reason: str) -> str:
    """What GEOS finds wrong, its place kept: `Self-intersection[109.85 40.65]`."""
    said = next((one for one in _REASONS if reason.startswith(one)), None)
    return _REASONS[said] + reason[len(said) :].replace("[", "，在 ").rstrip("]") if said else reason


def _repaired(shape: shapely.Geometry) -> shapely.Geometry | None:
    """A valid shape of the same family made of the same boundary, or None when nothing of that family is left."""
    family = _family(shape)
    mended = shapely.make_valid(
        shape, method="linework" if family is not Geometry.POLYGON else "structure", keep_collapsed=family is not Geometry.POLYGON
    )
    parts = [one for one in shapely.get_parts(shapely.get_parts(mended)) if _family(one) is family and not one.is_empty]
    if family is Geometry.LINE:
        parts = [one for one in parts if one.length > 0]
    if not parts:
        return None
    whole = (
        parts[0]
        if len(parts) == 1
        else {Geometry.POLYGON: shapely.union_all, Geometry.LINE: shapely.multilinestrings, Geometry.POINT: shapely.multipoints}[family](
            parts
        )
    )
    return whole if whole.is_valid and not whole.is_empty else None


def _family(shape: shapely.Geometry) -> Geometry:
    return FAMILY.get(shape.geom_type, Geometry.ANY)


def _area_m2(shape: shapely.Geometry) -> float:
    """Geodesic area, each ring by its size: holes taken off, whatever their direction."""
    total = 0.0
    for polygon in shapely.get_parts(shape):
        if polygon.geom_type == "Polygon":
            rings = [abs(GEOD.geometry_area_perimeter(shapely.Polygon(ring))[0]) for ring in (polygon.exterior, *polygon.interiors)]
            total += rings[0] - sum(rings[1:])
    return round(total, 1)
