"""The map in its frame: ground, boundary, areas, the zone, symbols and names, painted as on the screen, true to scale."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import groupby
from math import cos, radians, sin

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from app.printing import symbols
from app.printing.canvas import Canvas, px
from app.printing.contents import Drawn, PrintedLayer, Sheet
from app.printing.crowding import Group, Spot, gather, spread
from app.printing.inks import BOUNDARY, Paint, family_colour, family_paint, ground_paint, ink, route_paint, widen, zone_paint
from app.printing.lettering import Lettering, Name, Taken
from layers.spec import Style

_AROUND = 6.0  # mm beyond the frame that shapes are cut at, so that no outline of the cut is seen
TOWN = "b-town"


@dataclass
class Shape:
    """A feature on the paper: its shape in mm cut to the frame, and whether it really reaches into it."""

    drawn: Drawn
    shape: BaseGeometry

    @property
    def kind(self) -> str:
        return str(self.shape.geom_type).removeprefix("Multi")


@dataclass
class Shown:
    """What came to be on the map, for the legend: features in the frame for each layer, their variants, and the marks that need a word."""

    counts: dict[str, int] = field(default_factory=dict)
    shades: dict[str, set[str]] = field(default_factory=dict)
    kinds: dict[str, set[str]] = field(default_factory=dict)
    clusters: bool = False
    ranks: bool = False
    left_out: bool = False


class MapDrawing:
    """One map being drawn."""

    def __init__(self, canvas: Canvas, sheet: Sheet) -> None:
        self.canvas = canvas
        self.sheet = sheet
        self.view = sheet.view
        self.frame = sheet.view.frame
        self.shown = Shown()
        self.wide = widen(self.view.zoom)
        self._frame_shape = shapely.box(self.frame.x, self.frame.y, self.frame.right, self.frame.top)
        self._taken: list[Taken] = []
        self._names: list[Name] = []
        self._layers = [(layer, self._on_paper(layer)) for layer in sheet.layers]

    def draw(self) -> Shown:
        """Everything, lowest first."""
        canvas, frame = self.canvas, self.frame
        canvas.rectangle(frame, fill=ink("m-land"))
        canvas.clip(frame)
        self._ground()
        self._boundary()
        self._areas()
        self._zone()
        self._routes()
        self._symbols()
        self._lettering()
        canvas.clip(None)
        return self.shown

    def _on_paper(self, layer: PrintedLayer) -> list[Shape]:
        """The layer's features in mm, cut a little outside the frame; counted are those that reach into it."""
        west, south, east, north = self.view.bbox
        spare = max(east - west, north - south)
        if not layer.features:
            return []
        near = shapely.clip_by_rect(np.array([one.shape for one in layer.features]), west - spare, south - spare, east + spare, north + spare)
        frame = self.frame
        flat = shapely.clip_by_rect(self.view.on_paper(near), frame.x - _AROUND, frame.y - _AROUND, frame.right + _AROUND, frame.top + _AROUND)
        found = [Shape(drawn, shape) for drawn, shape in zip(layer.features, flat, strict=True) if not shape.is_empty]
        inside = [one for one in found if shapely.intersects(one.shape, self._frame_shape)]
        self.shown.counts[layer.id] = len(inside)
        self.shown.shades[layer.id] = {one.drawn.shade for one in inside}
        self.shown.kinds[layer.id] = {one.kind for one in inside}
        return found

    def _ground(self) -> None:
        ground = [(layer, shapes) for layer, shapes in self._layers if layer.style.paint and layer.style.paint != BOUNDARY]
        for layer, shapes in ground:
            for paint, those in self._bands(layer, [one for one in shapes if one.kind == "Polygon"]):
                if paint.fill:
                    self.canvas.areas(those, paint.fill)
                if paint.line:
                    self.canvas.lines(those, paint.line, px(paint.width), [px(one) for one in paint.dash], paint.alpha)
        for layer, shapes in ground:
            bands = self._bands(layer, [one for one in shapes if one.kind in ("LineString", "LinearRing")])
            for paint, those in bands:
                if paint.casing:
                    self.canvas.lines(those, paint.casing, px(paint.casing_width * self.wide))
            for paint, those in bands:
                if paint.line:
                    self.canvas.lines(those, paint.line, px(paint.width * self.wide), [px(one) for one in paint.dash], paint.alpha)

    def _bands(self, layer: PrintedLayer, shapes: list[Shape]) -> list[tuple[Paint, list[BaseGeometry]]]:
        """Shapes by their paint, lowest first, without those that this scale is too small for."""
        by_shade = groupby(sorted(shapes, key=lambda one: one.drawn.shade), lambda one: one.drawn.shade)
        bands = [(ground_paint(layer.style.paint or "", shade), [one.shape for one in those]) for shade, those in by_shade]
        return sorted(((paint, those) for paint, those in bands if self.view.zoom >= paint.from_zoom), key=lambda one: one[0].rank)

    def _boundary(self) -> None:
        """Shade what lies outside the district; its boundary on a glow, its neighbours' thinly."""
        shapes = [one for layer, shapes in self._layers if layer.style.paint == BOUNDARY for one in shapes]
        home = [one.shape for one in shapes if one.drawn.ours and one.kind == "Polygon"]
        if home:
            outside = shapely.difference(self._frame_shape, shapely.union_all(home))
            self.canvas.areas([outside], ink("m-out"), float(ink("m-out-op")))
        self.canvas.lines([one.shape for one in shapes if not one.drawn.ours], ink("m-nb"), px(1), (px(5), px(3)))
        self.canvas.lines(home, ink("m-bound-glow"), px(9), alpha=0.55)
        self.canvas.lines(home, ink("m-bound"), px(1.75), [px(one) for one in (12, 3, 2, 3)], 0.9)

    def _areas(self) -> None:
        for layer, shapes in self._layers:
            if layer.style.paint:
                continue
            paint = family_paint(layer.style.family)
            areas = [one.shape for one in shapes if one.kind == "Polygon"]
            lines = [one.shape for one in shapes if one.kind in ("LineString", "LinearRing")]
            if paint.fill:
                self.canvas.areas(areas, paint.fill, paint.alpha)
            dash = [px(one) for one in paint.dash]
            if paint.casing:
                self.canvas.lines(areas, paint.casing, px(1.25))
                self.canvas.lines(lines, paint.casing, px(paint.casing_width))
            elif paint.line:
                self.canvas.lines(areas, paint.line, px(paint.width * (0.65 if self.view.zoom < 11.5 else 1)), dash)
            if paint.line:
                self.canvas.lines(lines, paint.line, px(paint.width), dash)
            if not layer.style.symbol and self.view.zoom >= layer.style.label_zoom:
                self._names += self._area_names(shapes, "drill" if layer.style.family == "scenario" else "m-text")

    def _area_names(self, shapes: list[Shape], colour: str) -> Iterable[Name]:
        """Areas and lines that have no symbol carry their names themselves."""
        for one in shapes:
            part = shapely.intersection(one.shape, self._frame_shape)
            if one.drawn.title and one.kind != "Point" and not part.is_empty:
                yield Name(one.drawn.title, *_anchor(part), 0, px(12), 5, bold=True, colour=colour, fixed=True)

    def _zone(self) -> None:
        zone = self.sheet.zone
        if zone is None:
            return
        paint = zone_paint()
        shape = self.view.on_paper(zone.shape)
        self.canvas.areas([shape], paint.fill or "", paint.alpha, hatch_colour=paint.line)
        self.canvas.lines([shape], paint.line or "", px(paint.width))
        west, south, east, north = shape.bounds
        middle, high, wide, size = ((west + east) / 2, (south + north) / 2), (north - south) / 2, (east - west) / 2, px(12)
        for number, turn in enumerate((90, 30, 150, -30, 210, -90)):
            x, y = middle[0] + wide * cos(radians(turn)), middle[1] + high * sin(radians(turn))
            self._names.append(Name(zone.label, x, y, px(2), size, 8.5 - number / 100, bold=True, colour="z-text", once="zone"))

    def _routes(self) -> None:
        paint, lines = route_paint(), [self.view.on_paper(one) for one in self.sheet.routes]
        self.canvas.lines(lines, paint.casing or "", px(paint.casing_width))
        self.canvas.lines(lines, paint.line or "", px(paint.width))

    def _symbols(self) -> None:
        marked = {(one.layer, one.feature.id) for one in self.sheet.marked}
        spots = [self._spot(layer.style, one.drawn, one.shape) for layer, shapes in self._layers if not layer.style.paint
                 for one in shapes if (layer.id, one.drawn.id) not in marked and _has_symbol(layer, one, self.view.zoom)]
        inside = [one for one in spots if one is not None]
        for one in inside:
            if one.place:
                self._ring(one)
        plain = [one for one in inside if not one.place]
        singles = []
        for group in gather(plain, self.view.zoom):
            if len(group.spots) == 1:
                singles.append(group.spots[0])
            else:
                self._cluster(group)
        self._put_symbols(singles)
        self._answer()
        self._point()

    def _spot(self, style: Style, drawn: Drawn, shape: BaseGeometry, **how: object) -> Spot | None:
        """Where the symbol of a feature stands: in the part of it that lies in the frame; None when none does."""
        part = shapely.intersection(shape, self._frame_shape) if shape.geom_type != "Point" else shape
        if part.is_empty or not shapely.intersects(part, self._frame_shape):
            return None
        at = _anchor(part)
        variant = drawn.shade if style.shade_by and symbols.has(drawn.shade) else style.symbol
        place = style.symbol in symbols.PLACES and not how
        zoom = self.view.zoom
        side = px(32) if how.get("rank") else px(24) if how or zoom >= 11 else px(16)
        weight = 8.0 if how.get("rank") else 6.0 if how.get("out") else 7.0 if how else 4.0 if zoom >= style.label_zoom else 0.0
        if place:
            weight = 2.0 if zoom >= style.label_zoom else 0.0
        return Spot(at[0], at[1], symbols.file_of(variant, style.family), str(style.family), drawn.title, side, weight, place,
                    rank=how.get("rank"), out=bool(how.get("out")))  # type: ignore[arg-type]

    def _ring(self, spot: Spot) -> None:
        self.canvas.circle(spot.x, spot.y, px(3.5), fill=ink("m-land"), line=ink("m-text-2"), width=px(2))
        self._note(spot, px(5))

    def _cluster(self, group: Group) -> None:
        """A paper disc with the count, its ring in the colours of the families in it."""
        x, y = group.middle
        count = len(group.spots)
        radius = px(22 if count >= 50 else 18)
        families = {one: sum(spot.family == one for spot in group.spots) for one in dict.fromkeys(spot.family for spot in group.spots)}
        start = 90.0
        self.canvas.circle(x, y, radius + px(0.8), fill=ink("panel"), line=ink("m-text-2"), width=px(0.6))
        for family, share in families.items():
            end = start - 360.0 * share / count
            self.canvas.wedge(x, y, radius, end, start, px(3.4), family_colour(family))
            start = end
        self.canvas.text(x, y, str(count), px(14), weight=600, align="center")
        self._taken.append((x - radius, y - radius, x + radius, y + radius))
        self.shown.clusters = True

    def _put_symbols(self, spots: list[Spot]) -> None:
        """Plain symbols, each file once for all its places."""
        kind = lambda one: (one.symbol, one.side)  # noqa: E731
        for (name, side), those in groupby(sorted(spots, key=kind), kind):
            here = list(those)
            self.canvas.symbol([(one.x, one.y) for one in here], name, side)
            for one in here:
                self._note(one, side / 2)

    def _answer(self) -> None:
        """What the answer names, with the ranks of its table: left out in grey, then inside, then the ranked on top."""
        spots = []
        for mark in self.sheet.marked:
            how: dict[str, object] = {"inside": True}
            if mark.rank:
                how = {"rank": mark.rank}
            elif mark.out:
                how = {"out": True}
            spot = self._spot(mark.style, mark.feature, self.view.on_paper(mark.feature.shape), **how)
            if spot:
                spots.append(spot)
        spread(spots)
        for spot in sorted(spots, key=lambda one: (bool(one.rank), not one.out, -(one.rank or 0))):
            if spot.home:
                self.canvas.line([spot.home, (spot.x, spot.y)], colour=ink("ink"), width=px(1.5))
                self.canvas.circle(*spot.home, px(3), fill=ink("ink"), line=ink("m-halo"), width=px(1.5))
            self.canvas.symbol([(spot.x, spot.y)], spot.symbol, spot.side, grey=spot.out)
            self._note(spot, spot.side / 2, badge=bool(spot.rank or spot.out))
        for spot in spots:
            self._badge(spot)

    def _badge(self, spot: Spot) -> None:
        x, y = spot.x + spot.side / 2, spot.y + spot.side / 2
        if spot.rank:
            self.canvas.circle(x, y, px(9), fill=ink("ink"), line=ink("panel"), width=px(1.5))
            self.canvas.text(x, y, str(spot.rank), px(11), weight=600, colour=ink("panel"), align="center")
            self.shown.ranks = True
        elif spot.out:
            r = px(6.5)
            self.canvas.circle(x, y, r, fill=ink("panel"), line=ink("ink"), width=px(2))
            self.canvas.line([(x - r * 0.7, y - r * 0.7), (x + r * 0.7, y + r * 0.7)], colour=ink("ink"), width=px(2))
            self.shown.left_out = True

    def _point(self) -> None:
        place = self.sheet.place
        if place is None:
            return
        ((x, y),) = self.view.to_mm(np.array([[place.lon, place.lat]]))
        if self.frame.x <= x <= self.frame.right and self.frame.y <= y <= self.frame.top:
            self.canvas.symbol([(x, y)], symbols.file_of("point", "plot"), px(26))
            self._taken.append((x - px(13), y - px(13), x + px(13), y + px(13)))

    def _note(self, spot: Spot, half: float, *, badge: bool = False) -> None:
        self._taken.append((spot.x - half, spot.y - half, spot.x + half, spot.y + half))
        if badge:
            self._taken.append((spot.x + half - px(8), spot.y + half - px(8), spot.x + half + px(10), spot.y + half + px(10)))
        if spot.weight and spot.title:
            colour = "m-text-2" if spot.place else "m-text"
            self._names.append(Name(spot.title, spot.x, spot.y, half, px(12), spot.weight, bold=not spot.place, colour=colour))

    def _lettering(self) -> None:
        lettering = Lettering(self.canvas, self.frame, self._taken)
        lettering.place([one for one in (*self._names, *self._ground_names()) if one.weight >= 2.4])
        self._line_names(lettering)
        lettering.place([one for one in self._names if one.weight < 2.4])

    def _ground_names(self) -> Iterable[Name]:
        for layer, shapes in self._layers:
            if layer.style.paint not in (TOWN, BOUNDARY) or self.view.zoom < layer.style.label_zoom - 1:
                continue
            bound = layer.style.paint == BOUNDARY
            for one in shapes:
                part = shapely.intersection(one.shape, self._frame_shape)
                if one.drawn.title and not (bound and one.drawn.ours) and not part.is_empty:
                    x, y = _anchor(part)
                    text = " ".join(one.drawn.title) if bound and not one.drawn.title.isascii() else one.drawn.title
                    yield Name(text, x, y, 0, px(14), 3 if bound else 2.5, bold=not bound, colour="m-text-2" if bound else "m-text", fixed=True)

    def _line_names(self, lettering: Lettering) -> None:
        """Roads and water, each name once, the greater first; road numbers as shields."""
        lines: list[tuple[int, float, str, BaseGeometry, str]] = []
        shields: dict[str, list[BaseGeometry]] = {}
        for layer, shapes in self._layers:
            if not layer.style.paint or self.view.zoom < layer.style.label_zoom - 1:
                continue
            for one in shapes:
                paint = ground_paint(layer.style.paint, one.drawn.shade)
                part = shapely.intersection(one.shape, self._frame_shape)
                if one.kind not in ("LineString", "LinearRing") or self.view.zoom < paint.from_zoom or part.is_empty:
                    continue
                if one.drawn.number:
                    shields.setdefault(one.drawn.number, []).append(part)
                if paint.text and one.drawn.title:
                    lines.append(((paint.text == "water") * 20 + paint.rank, part.length, one.drawn.title, part, paint.text))
        done = set()
        for _, _, name, part, kind in sorted(lines, key=lambda one: (-one[0], -one[1])):
            if name not in done and lettering.along(name, shapely.line_merge(part) if part.geom_type == "MultiLineString" else part, kind):
                done.add(name)
        for number, parts in shields.items():
            for part in sorted(parts, key=lambda one: -one.length)[:3]:
                if lettering.shield(number, *_anchor(part)):
                    break


def _has_symbol(layer: PrintedLayer, one: Shape, zoom: float) -> bool:
    return zoom >= layer.style.min_zoom - 0.5 and (one.kind == "Point" or bool(layer.style.symbol))


def _anchor(shape: BaseGeometry) -> tuple[float, float]:
    """A place on the largest part: the point, the middle of the line, a place inside the area."""
    parts = list(shapely.get_parts(shape))
    longest = max(parts, key=lambda one: (shapely.get_dimensions(one), one.area, one.length))
    at = longest.interpolate(0.5, normalized=True) if longest.geom_type == "LineString" else longest.point_on_surface()
    return float(at.x), float(at.y)

