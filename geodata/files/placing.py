"""From the shapes of a file to shapes that may be stored: finite, of an admitted kind, in our CRS, in place, valid."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
import shapely
from numpy.typing import NDArray

from geodata.columns import PAGE, ShapeColumn, ShapeWriter
from geodata.crs import is_degrees, reproject
from geodata.datum import Datum, unshift
from geodata.files.angles import DECIMAL, DOTTED, FORMS, MILLIONTHS, MINUTES, WHOLE, as_degrees
from geodata.files.mending import mended
from geodata.files.notices import Notice, Refused
from geodata.files.opening import KIND_NAMES, Shapes, at_zero, opened
from geodata.files.projection import Judged, candidates, judge
from geodata.files.table import Table
from geodata.files.words import ANGLES, KINDS
from geodata.whereabouts import near
from layers.district import District
from layers.spec import Geometry

Bounds = NDArray[np.float64]
_ASTRAY_DEG = 1.0  # 85 km and more: rivers and roads that leave the district are cut long before
_NAMED = 10

_EARTH = (180.0, 90.0, 180.0, 90.0)  # degrees, of bounds


@dataclass
class Placed:
    """Shapes in EPSG:4490 of the rows `kept`, what became of the rest, and the CRS that was found."""

    shapes: ShapeColumn
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
    every pair the other way round; `angles` is the form in which bare numbers say degrees (None: nobody said, and it is asked where it is in doubt); `shifted` are the places in the table that carry the datum's shift (none named: all);
    `far_kept` those that may lie far away.
    """

    district: District
    admitted: Geometry | None = None
    crs: str | None = None
    datum: Datum | None = None
    loose: bool = False
    anywhere: bool = False
    swapped: bool = False
    angles: str | None = None
    shifted: frozenset[int] = frozenset()
    far_kept: frozenset[int] = frozenset()

    @property
    def shift(self) -> Datum | None:
        """The datum's shift that is to be taken off, if there is one."""
        return None if self.datum is Datum.WGS84 else self.datum


def place(table: Table, asked: Place) -> Placed:
    """Judge and move all shapes of a table, a page at a time. Raises Refused when the file as a whole is not to be trusted."""
    assert table.shapes is not None
    given = _Given(ShapeColumn.of_blobs(table.shapes), asked)
    rows, raw = _looked_at(given, asked.admitted)
    if not asked.angles:
        _ask_form(table, raw, asked)
    judged = judge(table, raw, given=asked.crs, district=asked.district, assume=asked.loose)
    if given.settled is not None and judged.is_identity and asked.shift is None:
        shapes, inside, doubtful, straying = given.settled, _paged(near, raw, asked.district), given.doubtful, rows[_paged(_strays, raw, asked.district)].tolist()
    else:
        shapes, inside, doubtful, straying = _moved(given, judged, asked)
        inside = inside[rows]
    placed = Placed(shapes, judged, given.rejected, given.closed, list(judged.notices))
    if straying := [row for row in straying if row not in given.rejected]:
        placed.notices.append(Notice("shapes-astray", {"count": len(straying), "rows": _some(table.rows[straying].tolist())}))
    if given.zero:
        rows_at_zero = table.rows[sorted(given.zero)].tolist()
        placed.notices.append(Notice("coordinates-zero", {"count": len(rows_at_zero), "rows": _some(rows_at_zero)}))
    if len(rows):
        if not judged.is_identity and given.lost > len(raw) / 2:
            said, sample = judged.found.value, f"{raw[0, 0]:.10g}, {raw[0, 1]:.10g}"
            raise Refused("crs-does-not-fit", about="crs", said=said, sample=sample, candidates=candidates(raw, asked.district))
        _locate(placed, rows, raw, inside, asked, table.rows)
        _mend(placed, doubtful)
    return placed


class _Given:
    """The shapes of a table opened a page at a time, with what is kept out so far; of a table of one page they are opened once."""

    def __init__(self, shapes: ShapeColumn, asked: Place) -> None:
        self._shapes = shapes
        self._asked = asked
        self._only: Shapes | None = None
        self._out = np.zeros(len(shapes), bool)
        self._settled: dict[int, bool] = {}  # by where a page begins
        self._doubtful: list[NDArray[np.int64]] = []
        self.rejected: dict[int, Notice] = {}
        self.closed: dict[int, Notice] = {}
        self.zero: set[int] = set()  # rows at 0, 0 of a new layer, which are told and taken
        self.lost = 0  # those that the projection could not place

    def __len__(self) -> int:
        return len(self._shapes)

    def pages(self) -> Iterator[tuple[int, Shapes]]:
        """Where each page begins, and its shapes: None for those that are kept out."""
        for start, stop in self._shapes.pages():
            shapes = self._opened(start, stop) if self._only is None else self._only
            if len(self) == stop - start:
                self._only = shapes
            yield start, shapes

    def look(self, start: int, shapes: Shapes, bounds: Bounds) -> None:
        """Find which shapes of a page are not valid, where it may well be stored as it is: it need not be opened again then."""
        self._settled[start] &= not (np.abs(bounds) > _EARTH).any()
        if self._settled[start]:
            self._doubtful.append(start + _doubtful(shapes))

    @property
    def settled(self) -> ShapeColumn | None:
        """The column itself without those that are kept out, if its shapes are just what stands in it and degrees by their numbers."""
        return self._shapes.without(self._out) if all(self._settled.values()) else None

    @property
    def doubtful(self) -> NDArray[np.int64]:
        """Of a settled column: the rows whose shape is not valid."""
        return np.concatenate(self._doubtful) if self._doubtful else np.zeros(0, np.int64)

    def _opened(self, start: int, stop: int) -> Shapes:
        shapes, rejected, closed, self._settled[start] = opened(self._shapes.blobs(start, stop), swapped=self._asked.swapped)
        if self._asked.angles:
            self._read_angles(shapes, start, self._asked.angles)
            self._settled[start] = False
        zero = [] if self._asked.anywhere else at_zero(shapes).tolist()
        if self._asked.loose:
            self.zero |= {start + place for place in zero}
        else:
            rejected |= {place: Notice("coordinate-zero", {}, field="geometry") for place in zero}
        self.closed |= {start + place: notice for place, notice in closed.items()}
        self.reject({start + place: notice for place, notice in rejected.items()})
        shapes[self._out[start:stop]] = None
        return shapes

    def _read_angles(self, shapes: Shapes, start: int, form: str) -> None:
        """The shapes in decimal degrees; those whose minutes or seconds are none are kept out."""
        before = _bounds(shapes)
        shapes[:] = shapely.transform(shapes, lambda xy: as_degrees(xy, form))
        coordinates, index = shapely.get_coordinates(shapes, return_index=True)
        wrong = np.unique(index[~np.isfinite(coordinates).all(axis=1)]).tolist()
        self.reject({start + row: Notice("coordinate-not-read", {"value": f"{before[row, 0]:.10g}, {before[row, 1]:.10g}"}, field="geometry") for row in wrong})
        shapes[wrong] = None

    def reject(self, notices: Mapping[int, Notice]) -> None:
        """Keep these rows out, each for its first reason."""
        for row, notice in notices.items():
            self.rejected.setdefault(row, notice)
        self._out[list(notices)] = True


def angles_given(form: str) -> Notice:
    """That angles are read in this form. Raises Refused for one that there is not."""
    if form not in FORMS:
        raise Refused("angles-not-known", about="angles", angles=form[:20], there=" / ".join(FORMS))
    return Notice("angles-given", {"form": form})


def _ask_form(table: Table, raw: Bounds, asked: Place) -> None:
    """Raises Refused where bare numbers may say degrees in another form than decimals, with what each reading gives."""
    if not len(raw):
        return
    forms = [DECIMAL, DOTTED] if any(one.code == "degrees-packed" for one in table.notices) else []
    if not forms and not asked.crs and table.crs_text is None and (np.abs(raw[:, 0]) > 180).mean() > 0.5:
        forms = [one for one in (WHOLE, MINUTES, MILLIONTHS) if near(as_degrees(raw, one), asked.district).mean() > 0.5]
    if forms:
        readings = [{"form": one, "place": ", ".join(f"{number:.6f}" for number in as_degrees(raw[:1, :2], one)[0].tolist())} for one in forms]
        there, there_en = (mark.join(f"{names[one['form']]} {one['place']}" for one in readings) for names, mark in zip(ANGLES, ("；", "; "), strict=True))
        sample = f"{raw[0, 0]:.10g}, {raw[0, 1]:.10g}"
        raise Refused("angles-asked", about="angles", sample=sample, there=there, there_en=there_en, forms=" / ".join(forms), readings=readings)


def _looked_at(given: _Given, admitted: Geometry | None) -> tuple[NDArray[np.int64], Bounds]:
    """The rows that have a shape, and its bounds as the file has them. Raises Refused when none is of an admitted kind."""
    bounds = np.full((len(given), 4), np.nan)
    present, wrong = 0, Counter[str]()
    for start, shapes in given.pages():
        present += int((~shapely.is_missing(shapes)).sum())
        if admitted is not None:
            wrong += _admit(given, start, shapes, admitted)
        bounds[start : start + len(shapes)] = _bounds(shapes)
        given.look(start, shapes, bounds[start : start + len(shapes)])
    if admitted is not None and wrong and wrong.total() == present:
        raise Refused(
            "geometry-kind-differs",
            about="geometry",
            found=", ".join(sorted(wrong)),
            found_zh="、".join(KINDS.get(one, one) for one in sorted(wrong)),
            wanted=", ".join(admitted.types),
            wanted_zh="、".join(KINDS[one] for one in admitted.types),
        )
    rows = np.flatnonzero(np.isfinite(bounds[:, 0]))
    return rows, bounds if len(rows) == len(bounds) else bounds[rows]  # most often all: of a million they are 32 MB


def _admit(given: _Given, start: int, shapes: Shapes, admitted: Geometry) -> Counter[str]:
    """Keep out the kinds that the layer does not take; how many of each."""
    names = {place: KIND_NAMES.get(kind, "?") for place, kind in enumerate(shapely.get_type_id(shapes).tolist()) if kind >= 0}
    wrong = {place: name for place, name in names.items() if name not in admitted.types}
    wanted = ", ".join(admitted.types)
    given.reject({start + place: Notice("shape-kind-not-admitted", {"found": name, "wanted": wanted}, field="geometry") for place, name in wrong.items()})
    shapes[list(wrong)] = None
    return Counter(wrong.values())


def _moved(given: _Given, judged: Judged, asked: Place) -> tuple[ShapeColumn, NDArray[np.bool_], NDArray[np.int64], list[int]]:
    """The shapes in our system, which lie near the district, the rows whose shape is not valid, and those that reach far away; what the projection loses is kept out."""
    writer = ShapeWriter()
    inside = np.zeros(len(given), bool)
    doubtful = []
    straying: list[int] = []
    for start, shapes in given.pages():
        here = np.flatnonzero(~shapely.is_missing(shapes))
        said = _bounds(shapes)
        if not judged.is_identity:
            shapes[here] = reproject(shapes[here], judged.source, judged.target)
        _unshift(shapes, here, asked, start)
        lost = _lost(shapes, said)
        given.lost += len(lost)
        given.reject({start + place: notice for place, notice in lost.items()})
        shapes[list(lost)] = None
        bounds = _bounds(shapes)
        inside[start : start + len(shapes)] = near(bounds, asked.district)
        straying += (start + np.flatnonzero(_strays(bounds, asked.district))).tolist()
        doubtful.append(start + _doubtful(shapes))
        writer.add_shapes(shapes)
    return writer.column(), inside, np.concatenate(doubtful) if doubtful else np.zeros(0, np.int64), straying


def _doubtful(shapes: Shapes) -> NDArray[np.int64]:
    """The places of shapes that are not valid, and of lines without a length."""
    flat = np.isin(shapely.get_type_id(shapes), (1, 5)) & (shapely.length(shapes) == 0)
    return np.flatnonzero(flat | ~(shapely.is_missing(shapes) | shapely.is_valid(shapes)))


def _bounds(shapes: Shapes) -> Bounds:
    return np.asarray(shapely.bounds(shapes), dtype=float).reshape(-1, 4)


def _paged(which: Callable[[Bounds, District], NDArray[np.bool_]], bounds: Bounds, district: District) -> NDArray[np.bool_]:
    """Which of these bounds are meant, some at a time: each step of the reckoning over a million takes 8 MB."""
    found = np.zeros(len(bounds), bool)
    for start in range(0, len(bounds), PAGE):
        found[start : start + PAGE] = which(bounds[start : start + PAGE], district)
    return found


def _unshift(shapes: Shapes, here: NDArray[np.int64], asked: Place, start: int) -> None:
    """Take a web map's shift off the rows that carry it."""
    if asked.shift is None:
        return
    chosen = here[np.isin(here + start, list(asked.shifted))] if asked.shifted else here
    chosen = chosen[np.isfinite(_bounds(shapes[chosen])).all(axis=1)]
    if len(chosen):
        shapes[chosen] = unshift(shapes[chosen], asked.shift)


def _lost(shapes: Shapes, said: Bounds) -> dict[int, Notice]:
    """What the projection could not place, and what does not lie on the earth; told by its bounds as the file has them where the projection gave no numbers."""
    coordinates, index = shapely.get_coordinates(shapes, return_index=True)
    with np.errstate(invalid="ignore"):
        bad = ~np.isfinite(coordinates).all(axis=1) | (np.abs(coordinates[:, 0]) > 180) | (np.abs(coordinates[:, 1]) > 90)
    found: dict[int, Notice] = {}
    for place, (x, y) in zip(index[bad].tolist(), coordinates[bad].tolist(), strict=True):
        x, y = (x, y) if np.isfinite((x, y)).all() else said[place, :2].tolist()
        found.setdefault(place, Notice("coordinate-outside-earth", {"x": f"{x:.10g}", "y": f"{y:.10g}"}, field="geometry"))
    return found


def _strays(bounds: Bounds, district: District) -> NDArray[np.bool_]:
    """Which shapes come near the district and reach a degree and more beyond where things are expected: one corner lies astray, more often than not."""
    west, south, east, north = district.bbox
    with np.errstate(invalid="ignore"):
        far = (bounds[:, 0] < west - _ASTRAY_DEG) | (bounds[:, 1] < south - _ASTRAY_DEG) | (bounds[:, 2] > east + _ASTRAY_DEG) | (bounds[:, 3] > north + _ASTRAY_DEG)
    return np.asarray(far & near(bounds, district), dtype=bool)


def _locate(placed: Placed, rows: NDArray[np.int64], raw: Bounds, inside: NDArray[np.bool_], asked: Place, numbers: NDArray[np.int64]) -> None:
    """Find swapped axes and places far from the district: the file is refused, or the row, or it is said aloud.

    `rows` are those with a shape in the file, `raw` their bounds there, `inside` says which come near the district in our system.
    """
    here = ~np.isin(rows, list(placed.rejected))
    outside = ~(inside & here)
    if not outside.any():
        return
    swapped = np.zeros(len(rows), bool)
    swapped[outside] = _near_when_swapped(raw[outside], placed.judged, asked.district)
    if swapped.sum() > len(rows) / 2:
        raise Refused("axes-swapped", about="crs", sample=f"{raw[swapped][0, 0]:.10g}, {raw[swapped][0, 1]:.10g}")
    far = outside & here & ~swapped & ~np.isin(rows, list(asked.far_kept))
    if not is_degrees(placed.judged.source):  # degrees among metres
        degrees = far & near(raw, asked.district)
        far &= ~degrees
        for place_, row in zip(np.flatnonzero(degrees).tolist(), rows[degrees].tolist(), strict=True):
            placed.rejected[row] = Notice("row-in-degrees", {"x": f"{raw[place_, 0]:.8g}", "y": f"{raw[place_, 1]:.8g}"}, field="geometry")
    for place_, row in zip(np.flatnonzero(swapped).tolist(), rows[swapped].tolist(), strict=True):
        placed.rejected[row] = Notice("row-axes-swapped", {"x": f"{raw[place_, 0]:.8g}", "y": f"{raw[place_, 1]:.8g}"}, field="geometry")
    if far.any() and not asked.anywhere:
        found = _boxes(placed.shapes, rows[far])
        extent = f"{found[:, 0].min():.3f}, {found[:, 1].min():.3f} – {found[:, 2].max():.3f}, {found[:, 3].max():.3f}"
        values = {"count": int(far.sum()), "extent": extent, "district": asked.district.label.zh, "district_en": asked.district.label.en}
        if asked.loose:
            placed.notices.append(Notice("outside-district", {**values, "rows": _some(numbers[rows[far]].tolist())}))
            _doubt_system(placed, raw[far], asked)
        elif far.sum() == here.sum():
            raise Refused("all-outside-district", about="geometry", **values)
        else:
            there = {"district": asked.district.label.zh, "district_en": asked.district.label.en}
            for row, (lon, lat, _, _) in zip(rows[far].tolist(), found.tolist(), strict=True):
                placed.rejected[row] = Notice("row-outside-district", {"lon": f"{lon:.5f}", "lat": f"{lat:.5f}", **there}, field="geometry")


def _some(rows: list[int]) -> str:
    return ", ".join(map(str, rows[:_NAMED])) + (" …" if len(rows) > _NAMED else "")


def _boxes(shapes: ShapeColumn, rows: NDArray[np.int64]) -> Bounds:
    column = shapes.take(rows)
    return np.concatenate([_bounds(column.page(start, stop)) for start, stop in column.pages()])


def _doubt_system(placed: Placed, raw: Bounds, asked: Place) -> None:
    """Say so when the far places would lie near the district in another system: then the file most likely names the wrong one."""
    if placed.judged.is_identity or placed.judged.found.code == "crs-given":
        return
    others = candidates(raw, asked.district)
    if any(one.isdigit() for one in others):
        placed.notices.append(Notice("crs-may-be-wrong", {"said": placed.judged.found.value, "candidates": others}))


def _near_when_swapped(raw: Bounds, judged: Judged, district: District) -> NDArray[np.bool_]:
    points = np.asarray(shapely.points((raw[:, 1] + raw[:, 3]) / 2, (raw[:, 0] + raw[:, 2]) / 2), dtype=object)
    there = _bounds(points if judged.is_identity else np.asarray(reproject(points, judged.source, judged.target), dtype=object))
    good = np.isfinite(there).all(axis=1)
    found = np.zeros(len(raw), bool)
    found[good] = near(there[good], district)
    return found


def _mend(placed: Placed, doubtful: NDArray[np.int64]) -> None:
    """Repair what is not valid and say by how much it changed; keep out what nothing is left of."""
    repaired = {}
    for row in doubtful.tolist():
        if row in placed.rejected:
            continue
        shape = placed.shapes[row]
        if shape.geom_type in ("LineString", "MultiLineString") and shape.length == 0:
            placed.rejected[row] = Notice("line-zero-length", {}, field="geometry")
            continue
        after, notice = mended(shape)
        (placed.rejected if after is None else placed.repaired)[row] = notice
        repaired[row] = after
    placed.shapes = placed.shapes.changed(repaired)
