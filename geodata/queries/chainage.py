"""Where a chainage of a road, river or dike lies: interpolated between known ends on the geodesic length, never past them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from geodata.crs import GEOD
from geodata.queries.measure import distance_m
from geodata.store.features import Store
from geodata.store.rows import is_shown, sees_exactly
from geodata.store.spaces import Space
from geodata.store.wording import fold
from layers.chainage import Chainage, WrittenChainage, calls
from layers.spec import Action, Actor, Layer

MOST_FOUND = 10
TOLERANCE = 0.01  # a drawn line that differs more from its chainage than this share is said to differ
MOST_KNOWN = 3  # known stretches named in a refusal, those nearest to what was asked


class Unlocated(StrEnum):
    """Why a chainage has no place."""

    NOT_KEPT = "chainage-not-kept"  # the layer keeps no chainage
    NOT_KNOWN = "chainage-not-known"  # the line has none
    OUTSIDE = "chainage-outside"  # past or between the known stretches
    IN_PARTS = "line-in-parts"
    DIRECTION = "direction-doubtful"  # drawn against its neighbours: which end is which is not certain
    NO_LINE = "no-such-line"


@dataclass(frozen=True)
class Stretch:
    """A known piece of a line: its chainage in metres where the drawing begins and ends."""

    title: str
    start_m: float
    end_m: float

    def holds(self, metres: float) -> bool:
        """Whether the chainage is on it; its ends are."""
        return min(self.start_m, self.end_m) <= metres <= max(self.start_m, self.end_m)

    def gap_m(self, metres: float) -> float:
        """How far the chainage is past it."""
        return max(min(self.start_m, self.end_m) - metres, metres - max(self.start_m, self.end_m), 0.0)


@dataclass(frozen=True)
class Located:
    """An answer: `place` (lon, lat) on `stretch`, drawn `length_m` long, of a feature; or `why` there is none and what is `known`."""

    asked: WrittenChainage
    layer: Layer | None = None
    line: str = ""
    feature_id: UUID | None = None
    place: tuple[float, float] | None = None
    stretch: Stretch | None = None
    length_m: float | None = None
    confirmed: bool = False  # a neighbour of the same line shows the direction
    why: Unlocated | None = None
    known: tuple[Stretch, ...] = ()


@dataclass(frozen=True)
class _Line:
    feature_id: UUID
    title: str
    first: str
    names: tuple[str, ...]
    stretch: Stretch | None


def locate(space: Space, asked: WrittenChainage, actor: Actor) -> list[Located]:
    """Every place that the chainage may mean, layers in order; or why there is none, once a layer.

    Without words for the line: every known stretch that holds the chainage. Only layers whose exact shapes the actor sees. A
    bare distance (3公里) that calls no line means something else, and nothing is said of it.
    """
    found: list[Located] = []
    with space.reading(actor) as store:
        for layer in space.catalogue.values():
            if layer.chainage and store.may(Action.READ, layer) and sees_exactly(layer, reveal=store.may(Action.REVEAL, layer)):
                found += _in_layer(store, layer, layer.chainage, asked)
    placed = [one for one in found if one.place]
    if found or not asked.line or asked.plain:
        return (placed or found)[:MOST_FOUND]
    return [Located(asked, line=asked.line, why=Unlocated.NO_LINE)]


def _in_layer(store: Store, layer: Layer, how: Chainage, asked: WrittenChainage) -> list[Located]:
    if how.start is None and not asked.line:
        return []
    whole = list(_lines(store, layer, how))
    lines = [one for one in whole if not asked.line or calls(asked.line, one.names)]
    if not lines:
        return []
    known = [one for one in lines if one.stretch]
    holding = [one for one in known if one.stretch and one.stretch.holds(asked.metres)]
    if holding:
        return [_on(store, layer, one, whole, asked) for one in holding[:MOST_FOUND]]
    if not asked.line:
        return []
    why = Unlocated.NOT_KEPT if how.start is None else Unlocated.OUTSIDE if known else Unlocated.NOT_KNOWN
    nearest = sorted((one.stretch for one in known if one.stretch), key=lambda one: one.gap_m(asked.metres))[:MOST_KNOWN]
    return [Located(asked, layer, lines[0].first, None if known else lines[0].feature_id, why=why, known=tuple(sorted(nearest, key=lambda one: one.start_m)))]


def _lines(store: Store, layer: Layer, how: Chainage) -> Iterator[_Line]:
    reveal = store.may(Action.REVEAL, layer)
    called = [one for one in how.of if (field := layer.field(one)) and is_shown(field, reveal=reveal)]
    for row in store.rows(layer.id, [*how.fields, *([layer.title] if layer.title else [])]):
        names = [name for one in called for name in _names(layer, one, row[one])]
        if not names:
            continue
        title = str(row[layer.title] or "") if layer.title else ""
        start, end = (row[how.start], row[how.end]) if how.start and how.end else (None, None)
        stretch = Stretch(title, float(start), float(end)) if start is not None and end is not None and start != end else None
        yield _Line(row["id"], title, names[0], tuple(fold(one) for one in names), stretch)


def _names(layer: Layer, field_id: str, value: Any) -> list[str]:
    if value in (None, ""):
        return []
    field = layer.field(field_id)
    choice = field.choice(value) if field else None
    return [choice.label.zh, choice.label.en] if choice else [str(value)]


def _on(store: Store, layer: Layer, line: _Line, others: Sequence[_Line], asked: WrittenChainage) -> Located:
    neighbour = _neighbour(line, others)
    ids = [line.feature_id, *([neighbour.feature_id] if neighbour else [])]
    shapes = {one: feature.geometry for one, feature in store.by_ids(layer.id, ids).items()}
    drawn, stretch = one_line(shapes.get(line.feature_id)), line.stretch
    assert stretch is not None
    if drawn is None:
        return Located(asked, layer, line.first, line.feature_id, stretch=stretch, why=Unlocated.IN_PARTS)
    agrees = _agrees(drawn, line, neighbour, shapes.get(neighbour.feature_id)) if neighbour else None
    if agrees is False:
        return Located(asked, layer, line.first, line.feature_id, stretch=stretch, why=Unlocated.DIRECTION)
    place, length_m = along(drawn, (asked.metres - stretch.start_m) / (stretch.end_m - stretch.start_m))
    return Located(asked, layer, line.first, line.feature_id, place, stretch, length_m, confirmed=bool(agrees))


def along(line: shapely.LineString, share: float) -> tuple[tuple[float, float], float]:
    """The place (lon, lat) at a share from 0 to 1 of a line's length, and that length in metres, on the ellipsoid."""
    lons, lats = (np.asarray(one) for one in line.coords.xy)
    bearings, _, steps = GEOD.inv(lons[:-1], lats[:-1], lons[1:], lats[1:])
    ends = np.concatenate([[0.0], np.cumsum(steps)])
    wanted = share * ends[-1]
    leg = int(np.clip(np.searchsorted(ends, wanted, side="right") - 1, 0, len(steps) - 1))
    lon, lat, _ = GEOD.fwd(lons[leg], lats[leg], bearings[leg], wanted - ends[leg])
    return (float(lon), float(lat)), float(ends[-1])


def cut(line: shapely.LineString, start: float, end: float) -> shapely.LineString:
    """The piece of a line between two shares of its length, 0 <= start < end <= 1: its own corners between, its ends as `along` finds them."""
    lons, lats = (np.asarray(one) for one in line.coords.xy)
    _, _, steps = GEOD.inv(lons[:-1], lats[:-1], lons[1:], lats[1:])
    shares = np.concatenate([[0.0], np.cumsum(steps)]) / np.sum(steps)
    between = (shares > start) & (shares < end)
    first, last = (_end_at(line, share, shares) for share in (start, end))
    return shapely.LineString([first, *zip(lons[between], lats[between], strict=True), last])


def _end_at(line: shapely.LineString, share: float, shares: Any) -> tuple[float, float]:
    """A corner where the share is that of a corner, to the last digit; so pieces that follow each other share it."""
    at = int(np.searchsorted(shares, share))
    if at < len(shares) and shares[at] == share:
        return (float(line.coords[at][0]), float(line.coords[at][1]))
    return along(line, share)[0]


def one_line(shape: BaseGeometry | None) -> shapely.LineString | None:
    """The shape as one line, its parts joined only where they follow each other as drawn."""
    merged = shapely.line_merge(shape, directed=True) if isinstance(shape, shapely.MultiLineString) else shape
    if isinstance(merged, shapely.MultiLineString) and len(merged.geoms) == 1:
        merged = merged.geoms[0]
    return merged if isinstance(merged, shapely.LineString) and not merged.is_empty else None


def _neighbour(line: _Line, others: Sequence[_Line]) -> _Line | None:
    """The stretch of the same line that is next to it by chainage, not over it."""
    own = line.stretch
    assert own is not None
    beside = [one for one in others if one.first == line.first and one.stretch and one.feature_id != line.feature_id
              and (min(one.stretch.start_m, one.stretch.end_m) >= max(own.start_m, own.end_m) or max(one.stretch.start_m, one.stretch.end_m) <= min(own.start_m, own.end_m))]
    return min(beside, key=lambda one: one.stretch.gap_m((own.start_m + own.end_m) / 2) if one.stretch else 0.0, default=None)


def _agrees(drawn: shapely.LineString, line: _Line, neighbour: _Line, shape: BaseGeometry | None) -> bool | None:
    """Whether the end that is nearer to the neighbour by chainage is nearer on the ground too; None where that cannot be told."""
    if shape is None or line.stretch is None or neighbour.stretch is None:
        return None
    first, last = (distance_m(lon, lat, shape) for lon, lat in (drawn.coords[0][:2], drawn.coords[-1][:2]))
    follows = neighbour.stretch.start_m + neighbour.stretch.end_m > line.stretch.start_m + line.stretch.end_m
    ends_there = follows == (line.stretch.end_m > line.stretch.start_m)
    return None if first == last else (last < first) == ends_there
