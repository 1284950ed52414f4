"""What is valid and odd all the same about the shapes of a file: twins, overlaps, slivers, spikes, lines that cross themselves."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence

import numpy as np
import shapely
from numpy.typing import NDArray

from geodata.columns import Coded, ShapeColumn
from geodata.crs import GEOD
from geodata.files.notices import Notice

SLIVER_M = 0.5  # mean width, twice the area through the boundary: what is left between two outlines drawn by hand is thinner
SPIKE_DEG = 1.0  # a corner so sharp goes out and comes back on itself
OVERLAP_M2 = 1.0  # neighbours digitised one by one meet to less than that
NAMESAKES_M = 100.0  # two places of one name so near are one place twice, more often than not
MOST_COMPARED = 1_000_000  # corners of polygons compared with their neighbours (2.5 s); beyond, it is said that they were not
MOST_LOOKED_AT = 100_000  # shapes; beyond, looking would take longer than loading
MOST_PAIRS = 100_000  # of one name; beyond, it is said that there are more
_NEAR_DEG = 0.002  # 100 m of longitude up to 60 degrees north
_NAMED = 10
_LOOKED_FROM = 50  # places at a time
_METRES_A_DEGREE = 111_320.0

Shapes = NDArray[np.object_]


def oddities(column: ShapeColumn, rows: NDArray[np.int64]) -> list[Notice]:
    """One notice for each kind of oddity with how many records have it and which; shapes are valid ones in degrees, of the records `rows`."""
    present = column.present
    if (count := int(present.sum())) > MOST_LOOKED_AT:
        return [Notice("oddities-not-looked-for", {"count": count, "limit": MOST_LOOKED_AT})]
    if not count:
        return []
    shapes, rows = column.take(present).page(0, count), rows[present]
    flat = _in_metres(shapes)
    kinds = shapely.get_type_id(shapes)
    polygons = np.isin(kinds, (3, 6))
    found = [_told("shapes-doubled", _doubled(shapes), rows)]
    found.append(_told("polygons-thin", np.flatnonzero(polygons)[_thin(flat[polygons])], rows, width_m=SLIVER_M))
    found.append(_told("shapes-spiked", np.flatnonzero(kinds > 0)[_spiked(flat[kinds > 0])], rows, angle_deg=SPIKE_DEG))
    lines = np.flatnonzero(np.isin(kinds, (1, 5)))
    found.append(_told("lines-crossing-themselves", lines[~shapely.is_simple(shapes[lines])], rows))
    found.append(_overlaps(flat[polygons], rows[polygons]))
    return [one for one in found if one is not None]


def namesakes(names: Coded, shapes: ShapeColumn, rows: NDArray[np.int64]) -> Notice | None:
    """The records whose name another record has within 100 m; None when there are none."""
    named: dict[str, list[tuple[int, shapely.Geometry]]] = defaultdict(list)
    shared = names.repeated_rows & ~names.missing & shapes.present  # a name of its own, as most are, costs no middle
    for name, shape, row in zip(names.take(shared), shapes.take(shared), rows[shared].tolist(), strict=True):
        if isinstance(name, str):
            named[name].append((row, shape))
    pairs: list[tuple[int, int]] = []
    for everyone in named.values():
        group = [(row, shape) for row, shape in everyone if not shape.is_empty] if len(everyone) > 1 else []
        if len(group) > 1:
            numbers = [row for row, _ in group]
            for first, second in _near_pairs(np.asarray(shapely.centroid([shape for _, shape in group]), dtype=object)):
                pairs += [(numbers[a], numbers[b]) for a, b in zip(first.tolist(), second.tolist(), strict=True)]
                if len(pairs) > MOST_PAIRS:
                    return _named_near("names-near-many", pairs, MOST_PAIRS)
    return _named_near("names-near", pairs, len(pairs)) if pairs else None


def _named_near(code: str, pairs: list[tuple[int, int]], count: int) -> Notice:
    return Notice(code, {"count": count, "rows": _some([f"{one}–{other}" for one, other in pairs[: _NAMED + 1]]), "distance_m": round(NAMESAKES_M)})


def _near_pairs(places: Shapes) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """The pairs of places within 100 m on the ellipsoid, each once, the earlier first; those of a few places at a time, for a heap of them has millions."""
    tree, xy = shapely.STRtree(places), shapely.get_coordinates(places)
    for start in range(0, len(places), _LOOKED_FROM):
        first, second = tree.query(places[start : start + _LOOKED_FROM], predicate="dwithin", distance=_NEAR_DEG)
        first = first + start
        once = first < second
        first, second = first[once], second[once]
        if len(first):
            near = np.asarray(GEOD.inv(*xy[first].T, *xy[second].T)[2]) <= NAMESAKES_M
            yield first[near], second[near]


def _in_metres(shapes: Shapes) -> Shapes:
    """The shapes in a plane that is true to a few per mille over a district: enough to call a thing thin or sharp."""
    south, north = shapely.total_bounds(shapes)[[1, 3]]
    width = _METRES_A_DEGREE * math.cos(math.radians((south + north) / 2))
    return np.asarray(shapely.transform(shapes, lambda xy: xy * (width, _METRES_A_DEGREE)), dtype=object)


def _told(code: str, places: NDArray[np.int64], rows: NDArray[np.int64], **values: float) -> Notice | None:
    return Notice(code, {"count": len(places), "rows": _some(rows[places].tolist()), **values}) if len(places) else None


def _some(rows: Sequence[object]) -> str:
    return ", ".join(map(str, rows[:_NAMED])) + (" …" if len(rows) > _NAMED else "")


def _doubled(shapes: Shapes) -> NDArray[np.int64]:
    """The places of shapes that an earlier record has, point for point, wherever the ring begins."""
    seen: set[bytes] = set()
    places = []
    for place, one in enumerate(shapely.to_wkb(shapely.normalize(shapes))):
        if one in seen:
            places.append(place)
        seen.add(one)
    return np.array(places, dtype=np.int64)


def _thin(flat: Shapes) -> NDArray[np.bool_]:
    parts, index = shapely.get_parts(flat, return_index=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        thin = 2 * shapely.area(parts) / shapely.length(parts) < SLIVER_M
    found = np.zeros(len(flat), bool)
    found[index[thin]] = True
    return found


def _spiked(flat: Shapes) -> NDArray[np.bool_]:
    """Whether a boundary or a line turns back on itself at a corner."""
    parts, whole = shapely.get_parts(flat, return_index=True)
    rings, part = shapely.get_rings(parts, return_index=True)
    found = np.zeros(len(flat), bool)
    is_line = shapely.get_type_id(parts) == 1
    for lines, index, closed in ((rings, whole[part], True), (parts[is_line], whole[is_line], False)):
        if len(lines):
            found[index[_corners(lines, closed=closed)]] = True
    return found


def _corners(lines: Shapes, *, closed: bool) -> NDArray[np.bool_]:
    """Whether one of a line's corners is sharper than `SPIKE_DEG`; of a closed one that at its beginning counts, too."""
    xy, index = shapely.get_coordinates(lines, return_index=True)
    starts = np.flatnonzero(np.diff(index, prepend=-1))
    if closed:  # the second point once more after the last, so that the beginning is a corner like the others
        ends = np.append(starts[1:], len(xy))
        xy, index = np.insert(xy, ends, xy[starts + 1], axis=0), np.insert(index, ends, index[starts])
    legs = np.diff(xy, axis=0)
    length = np.hypot(*legs.T)
    same = (index[:-2] == index[2:]) & (length[:-1] > 0) & (length[1:] > 0)
    with np.errstate(invalid="ignore", divide="ignore"):
        turn = (legs[:-1] * legs[1:]).sum(axis=1) / (length[:-1] * length[1:])
    sharp = same & (turn < -math.cos(math.radians(SPIKE_DEG)))
    found = np.zeros(len(lines), bool)
    found[index[1:-1][sharp]] = True
    return found


def _overlaps(flat: Shapes, rows: NDArray[np.int64]) -> Notice | None:
    """How many pairs of polygons lie upon each other, and on how much ground; the same shape twice is told elsewhere."""
    if len(flat) < 2:
        return None
    if (corners := int(shapely.get_num_coordinates(flat).sum())) > MOST_COMPARED:
        return Notice("overlaps-not-looked-for", {"count": corners, "limit": MOST_COMPARED})
    first, second = shapely.STRtree(flat).query(flat, predicate="intersects")
    once = first < second
    first, second = first[once], second[once]
    areas = shapely.area(_within(shapely.intersection, flat[first], flat[second]))
    real = (areas > OVERLAP_M2) & ~shapely.equals(flat[first], flat[second])
    if not real.any():
        return None
    pairs = [f"{rows[a]}–{rows[b]}" for a, b in zip(first[real].tolist(), second[real].tolist(), strict=True)]
    return Notice("polygons-overlap", {"count": len(pairs), "rows": _some(pairs), "area_m2": round(float(areas[real].sum()))})


def _within(how: Callable[[Shapes, Shapes], Shapes], one: Shapes, other: Shapes) -> Shapes:
    """The outcome for each pair; a pair that GEOS cannot do in its own numbers is done on a grid of a millimetre."""
    try:
        return how(one, other)
    except shapely.GEOSException:
        return how(shapely.set_precision(one, 0.001), shapely.set_precision(other, 0.001))
