"""From the shapes of a file to shapes that may be stored: finite, of an admitted kind, in our CRS, in place, valid."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import shapely
from numpy.typing import NDArray

from geodata.crs import GEOD, reproject
from geodata.datum import Datum, unshift
from geodata.files.notices import Notice, Refused
from geodata.files.projection import Judged, candidates, judge
from geodata.files.table import Table
from geodata.files.words import KINDS
from geodata.whereabouts import near
from layers.district import District
from layers.shapes import MAX_VERTICES
from layers.spec import Geometry

_ABSURD = 1e9  # no CRS of the earth has coordinates beyond this, whatever its unit
_ALONE = 5.0  # degrees or metres from 0, 0 to the next corner: a line or an outline that lies there really has one nearer
_KINDS = {
    0: "Point",
    1: "LineString",
    2: "LinearRing",
    3: "Polygon",
    4: "MultiPoint",
    5: "MultiLineString",
    6: "MultiPolygon",
    7: "GeometryCollection",
}
_FAMILY = {
    "Point": Geometry.POINT,
    "MultiPoint": Geometry.POINT,
    "LineString": Geometry.LINE,
    "MultiLineString": Geometry.LINE,
    "Polygon": Geometry.POLYGON,
    "MultiPolygon": Geometry.POLYGON,
}
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

Shapes = NDArray[np.object_]


@dataclass
class Placed:
    """Shapes in EPSG:4490 for the rows kept (None elsewhere), what became of the rest, and the CRS that was found."""

    shapes: Shapes
    judged: Judged
    rejected: dict[int, Notice] = field(default_factory=dict)
    repaired: dict[int, Notice] = field(default_factory=dict)
    notices: list[Notice] = field(default_factory=list)

    @property
    def kept(self) -> NDArray[np.int64]:
        out = np.zeros(len(self.shapes), bool)
        out[list(self.rejected)] = True
        return np.flatnonzero(~out)


@dataclass(frozen=True)
class Place:
    """What is asked of the shapes: the kinds admitted (None: any), the user's CRS and datum, where they should lie.

    `loose` is for a new layer: plain degrees without a CRS and places far from the district pass with a warning. `swapped` reads
    every pair the other way round; `shifted` are the places in the table that carry the datum's shift (none named: all);
    `far_kept` those that may lie far away.
    """

    district: District
    admitted: Geometry | None = None
    crs: str | None = None
    datum: Datum | None = None
    loose: bool = False
    anywhere: bool = False
    swapped: bool = False
    shifted: frozenset[int] = frozenset()
    far_kept: frozenset[int] = frozenset()


def place(table: Table, asked: Place) -> Placed:
    """Judge and move all shapes of a table. Raises Refused when the file as a whole is not to be trusted."""
    assert table.shapes is not None
    shapes, rejected, closed = _parsed(table.shapes)
    if asked.swapped:
        shapes = np.asarray(shapely.transform(shapes, lambda xy: xy[:, ::-1]), dtype=object)
    _reject_absurd(shapes, rejected)
    zero = np.array([], dtype=np.int64) if asked.anywhere else _at_zero(shapes)
    if not asked.loose:
        for row in zero.tolist():
            rejected.setdefault(row, Notice("coordinate-zero", {}, field="geometry"))
            shapes[row] = None
    _one_kind(shapes, rejected)
    if asked.admitted is not None:
        _admit(shapes, rejected, asked.admitted)
    bounds = _bounds(shapes)
    rows = np.flatnonzero(np.isfinite(bounds[:, 0]))
    judged = judge(table, bounds[rows], given=asked.crs, district=asked.district, assume=asked.loose)
    placed = Placed(shapes, judged, rejected, closed, list(judged.notices))
    if asked.loose and len(zero):
        placed.notices.append(Notice("coordinates-zero", {"count": len(zero), "rows": ", ".join(map(str, table.rows[zero][:10].tolist()))}))
    if len(rows):
        raw = bounds[rows]
        shapes[rows] = _moved(shapes[rows], judged)
        _unshift(shapes, rows, asked)
        _reject_lost(placed, raw, asked.district)
        _locate(placed, rows, raw, asked)
        _mend(placed)
    return placed


def kinds_of(shapes: Shapes) -> set[Geometry]:
    """The families (point, line, polygon) among shapes; None is passed over."""
    types = set(shapely.get_type_id(shapes).tolist()) - {-1}
    return {_FAMILY[_KINDS[one]] for one in types if _KINDS[one] in _FAMILY}


def _parsed(blobs: list[bytes | None]) -> tuple[Shapes, dict[int, Notice], dict[int, Notice]]:
    """The shapes, the rows that have none that can be read, and those whose rings had to be closed first."""
    array = np.empty(len(blobs), dtype=object)
    array[:] = blobs
    shapes = np.asarray(shapely.from_wkb(array, on_invalid="ignore"), dtype=object)
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
    return shapely.force_2d(shapes), rejected, closed


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


def _at_zero(shapes: Shapes) -> NDArray[np.int64]:
    """The rows of points at 0, 0 and of shapes with one corner there far from all others: nothing was filled in."""
    coordinates, index = shapely.get_coordinates(shapes, return_index=True)
    zero = (coordinates == 0).all(axis=1)
    if not zero.any():
        return np.array([], dtype=np.int64)
    nearest = np.full(len(shapes), np.inf)
    np.minimum.at(nearest, index[~zero], np.abs(coordinates[~zero]).sum(axis=1))
    rows = np.unique(index[zero])
    return rows[nearest[rows] > _ALONE]


def _one_kind(shapes: Shapes, rejected: dict[int, Notice]) -> None:
    """Collections of one family become its multi form; mixed ones and exotic kinds are kept out."""
    types = shapely.get_type_id(shapes)
    for row in np.flatnonzero((types == 7) | (types == 2) | (types > 7)).tolist():
        shape = shapes[row]
        parts = shapely.get_parts(shape)
        families = kinds_of(parts) if shape.geom_type == "GeometryCollection" else set()
        if len(families) == 1 and all(one.geom_type != "GeometryCollection" for one in parts):
            pieces = shapely.get_parts(parts)
            maker = {Geometry.POINT: shapely.multipoints, Geometry.LINE: shapely.multilinestrings, Geometry.POLYGON: shapely.multipolygons}[
                families.pop()
            ]
            shapes[row] = maker(pieces)
        else:
            rejected[row] = Notice(
                "shape-kind-not-admitted", {"found": shape.geom_type, "wanted": "Point, LineString, Polygon"}, field="geometry"
            )
            shapes[row] = None


def _admit(shapes: Shapes, rejected: dict[int, Notice], admitted: Geometry) -> None:
    types = shapely.get_type_id(shapes)
    names = [_KINDS.get(one, "?") for one in types.tolist()]
    wrong = [row for row, name in enumerate(names) if types[row] >= 0 and name not in admitted.types]
    if wrong and len(wrong) == int((types >= 0).sum()):
        raise Refused(
            "geometry-kind-differs",
            about="geometry",
            found=", ".join(found := sorted({names[row] for row in wrong})),
            found_zh="、".join(KINDS.get(one, one) for one in found),
            wanted=", ".join(admitted.types),
            wanted_zh="、".join(KINDS[one] for one in admitted.types),
        )
    for row in wrong:
        rejected[row] = Notice("shape-kind-not-admitted", {"found": names[row], "wanted": ", ".join(admitted.types)}, field="geometry")
        shapes[row] = None


def _bounds(shapes: Shapes) -> NDArray[np.float64]:
    return np.asarray(shapely.bounds(shapes), dtype=float).reshape(-1, 4)


def _moved(shapes: Shapes, judged: Judged) -> Shapes:
    return shapes if judged.is_identity else reproject(shapes, judged.source, judged.target)


def _unshift(shapes: Shapes, rows: NDArray[np.int64], asked: Place) -> None:
    """Take a web map's shift off the rows that carry it."""
    if asked.datum is None or asked.datum is Datum.WGS84:
        return
    chosen = rows[np.isin(rows, list(asked.shifted))] if asked.shifted else rows
    if len(chosen) and _all_finite(shapes[chosen]):
        shapes[chosen] = unshift(shapes[chosen], asked.datum)


def _all_finite(shapes: Shapes) -> bool:
    return bool(np.isfinite(shapely.get_coordinates(shapes)).all())


def _reject_lost(placed: Placed, raw: NDArray[np.float64], district: District) -> None:
    """Keep out what the projection could not place, and what does not lie on the earth. Raises Refused when that is most of it."""
    coordinates, index = shapely.get_coordinates(placed.shapes, return_index=True)
    with np.errstate(invalid="ignore"):
        bad = ~np.isfinite(coordinates).all(axis=1) | (np.abs(coordinates[:, 0]) > 180) | (np.abs(coordinates[:, 1]) > 90)
    lost = np.unique(index[bad])
    if not placed.judged.is_identity and len(lost) > len(raw) / 2:
        sample = f"{raw[0, 0]:.10g}, {raw[0, 1]:.10g}"
        said = placed.judged.found.value
        raise Refused("crs-does-not-fit", about="crs", said=said, sample=sample, candidates=candidates(raw, district))
    for row, value in zip(index[bad].tolist(), coordinates[bad].tolist(), strict=True):
        if row not in placed.rejected:
            placed.rejected[row] = Notice("coordinate-outside-earth", {"x": f"{value[0]:.6g}", "y": f"{value[1]:.6g}"}, field="geometry")


def _locate(placed: Placed, rows: NDArray[np.int64], raw: NDArray[np.float64], asked: Place) -> None:
    """Find swapped axes and places far from the district: the file is refused, or the row, or it is said aloud."""
    here = np.array([row not in placed.rejected for row in rows.tolist()])
    inside = np.zeros(len(rows), bool)
    inside[here] = near(_bounds(placed.shapes[rows[here]]), asked.district)
    outside = ~inside
    if not outside.any():
        _forget(placed)
        return
    swapped = np.zeros(len(rows), bool)
    swapped[outside] = _near_when_swapped(raw[outside], placed.judged, asked.district)
    if swapped.sum() > len(rows) / 2:
        raise Refused("axes-swapped", about="crs", sample=f"{raw[swapped][0, 0]:.10g}, {raw[swapped][0, 1]:.10g}")
    far = outside & here & ~swapped & ~np.isin(rows, list(asked.far_kept))
    boxes = _bounds(placed.shapes[rows])
    for place_, row in zip(np.flatnonzero(swapped).tolist(), rows[swapped].tolist(), strict=True):
        placed.rejected[row] = Notice("row-axes-swapped", {"x": f"{raw[place_, 0]:.8g}", "y": f"{raw[place_, 1]:.8g}"}, field="geometry")
    if far.any() and not asked.anywhere:
        found = boxes[far]
        extent = f"{found[:, 0].min():.3f}, {found[:, 1].min():.3f} – {found[:, 2].max():.3f}, {found[:, 3].max():.3f}"
        values = {"count": int(far.sum()), "extent": extent, "district": asked.district.label.zh, "district_en": asked.district.label.en}
        if asked.loose:
            placed.notices.append(Notice("outside-district", values))
            _doubt_system(placed, raw[far], asked)
        elif far.sum() == here.sum():
            raise Refused("all-outside-district", about="geometry", **values)
        else:
            for place_, row in zip(np.flatnonzero(far).tolist(), rows[far].tolist(), strict=True):
                placed.rejected[row] = Notice(
                    "row-outside-district",
                    {
                        "lon": f"{boxes[place_, 0]:.5f}",
                        "lat": f"{boxes[place_, 1]:.5f}",
                        "district": asked.district.label.zh,
                        "district_en": asked.district.label.en,
                    },
                    field="geometry",
                )
    _forget(placed)


def _doubt_system(placed: Placed, raw: NDArray[np.float64], asked: Place) -> None:
    """Say so when the far places would lie near the district in another system: then the file most likely names the wrong one."""
    if placed.judged.is_identity or placed.judged.found.code == "crs-given":
        return
    others = candidates(raw, asked.district)
    if any(one.isdigit() for one in others):
        placed.notices.append(Notice("crs-may-be-wrong", {"said": placed.judged.found.value, "candidates": others}))


def _near_when_swapped(raw: NDArray[np.float64], judged: Judged, district: District) -> NDArray[np.bool_]:
    points = np.asarray(shapely.points((raw[:, 1] + raw[:, 3]) / 2, (raw[:, 0] + raw[:, 2]) / 2), dtype=object)
    there = _bounds(points if judged.is_identity else np.asarray(reproject(points, judged.source, judged.target), dtype=object))
    good = np.isfinite(there).all(axis=1)
    found = np.zeros(len(raw), bool)
    found[good] = near(there[good], district)
    return found


def _forget(placed: Placed) -> None:
    for row in placed.rejected:
        placed.shapes[row] = None


def _mend(placed: Placed) -> None:
    """Repair what is not valid and say by how much it changed; keep out what nothing is left of."""
    shapes = placed.shapes
    present = ~shapely.is_missing(shapes)
    lines = present & np.isin(shapely.get_type_id(shapes), (1, 5))
    flat = lines & (shapely.length(shapes) == 0)
    for row in np.flatnonzero(flat).tolist():
        placed.rejected[row] = Notice("line-zero-length", {}, field="geometry")
        shapes[row] = None
    broken = present & ~flat & ~shapely.is_valid(shapes)
    for row in np.flatnonzero(broken).tolist():
        before = shapes[row]
        reason = shapely.is_valid_reason(before)
        after = _repaired(before)
        if after is None:
            placed.rejected[row] = Notice("geometry-beyond-repair", {"reason": reason, "reason_zh": _in_chinese(reason)}, field="geometry")
            shapes[row] = None
            continue
        shapes[row] = after
        values = {"reason": reason, "reason_zh": _in_chinese(reason), "before_m2": _area_m2(before), "after_m2": _area_m2(after)}
        placed.repaired[row] = Notice(
            "geometry-repaired" if _family(after) is Geometry.POLYGON else "line-repaired", values, field="geometry"
        )


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
    return _FAMILY.get(shape.geom_type, Geometry.ANY)


def _area_m2(shape: shapely.Geometry) -> float:
    """Geodesic area, each ring by its size: holes taken off, whatever their direction."""
    total = 0.0
    for polygon in shapely.get_parts(shape):
        if polygon.geom_type == "Polygon":
            rings = [abs(GEOD.geometry_area_perimeter(shapely.Polygon(ring))[0]) for ring in (polygon.exterior, *polygon.interiors)]
            total += rings[0] - sum(rings[1:])
    return round(total, 1)
