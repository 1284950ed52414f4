"""One page as something to draw on: everything in mm from the lower left corner, in the order it is drawn."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import cos, radians, sin
from typing import Any

import numpy as np
import shapely
from matplotlib.collections import PathCollection
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from matplotlib.patches import Circle, FancyBboxPatch, PathPatch, Rectangle, Wedge
from matplotlib.path import Path
from matplotlib.patheffects import Stroke
from matplotlib.text import Text
from matplotlib.transforms import Affine2D
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from app.printing import fonts, symbols
from app.printing.inks import ink
from app.printing.paper import PIXEL, Box, Paper

MM = 1 / 25.4
POINT = 25.4 / 72  # mm
GREY = ("#8A949D", "#FFFFFF")  # of a symbol that was left out: frame and figure


class Canvas:
    """A page. Widths and sizes in mm; what is drawn later lies above."""

    def __init__(self, paper: Paper) -> None:
        self.paper = paper
        self.figure = Figure(figsize=(paper.width * MM, paper.height * MM), facecolor="white")
        self.axes = self.figure.add_axes((0, 0, 1, 1), xlim=(0, paper.width), ylim=(0, paper.height))
        self.axes.set_axis_off()
        self._order = 1.0
        self._clip: Rectangle | None = None

    def clip(self, box: Box | None) -> None:
        """From now on only what lies in the box is drawn; None ends it."""
        self._clip = None if box is None else Rectangle((box.x, box.y), box.w, box.h, transform=self.axes.transData)

    def _put(self, artist: Any) -> None:
        self._order += 1
        artist.set_zorder(self._order)
        self.axes.add_artist(artist)
        if self._clip is not None:
            artist.set_clip_path(self._clip)

    def rectangle(self, box: Box, *, fill: str | None = None, line: str | None = None, width: float = 0.2, hatch: str | None = None, round_mm: float = 0) -> None:
        """A box, with rounded corners where `round_mm` is given."""
        how: dict[str, Any] = {"facecolor": fill or "none", "edgecolor": line or "none", "linewidth": width / POINT, "hatch": hatch}
        if round_mm:
            self._put(FancyBboxPatch((box.x + round_mm, box.y + round_mm), box.w - 2 * round_mm, box.h - 2 * round_mm, boxstyle=f"round,pad={round_mm}", **how))
        else:
            self._put(Rectangle((box.x, box.y), box.w, box.h, **how))

    def circle(self, x: float, y: float, radius: float, *, fill: str | None = None, line: str | None = None, width: float = 0.2) -> None:
        self._put(Circle((x, y), radius, facecolor=fill or "none", edgecolor=line or "none", linewidth=width / POINT))

    def wedge(self, x: float, y: float, radius: float, start_deg: float, end_deg: float, width: float, colour: str) -> None:
        """A stretch of a ring, counter-clockwise from the east."""
        self._put(Wedge((x, y), radius, start_deg, end_deg, width=width, facecolor=colour, edgecolor="none"))

    def line(self, places: Sequence[tuple[float, float]] | NDArray[np.float64], *, colour: str, width: float = 0.2,
             dash: Sequence[float] = ()) -> None:
        """A line through the places; `dash` in mm."""
        self._put(PathPatch(Path(np.asarray(places)), facecolor="none", edgecolor=colour, linewidth=width / POINT, capstyle="butt", linestyle=_style(dash, width)))

    def polygon(self, corners: Sequence[tuple[float, float]], fill: str, line: str | None = None) -> None:
        """A filled outline."""
        self._put(PathPatch(Path(np.array([*corners, corners[0]]), closed=True), facecolor=fill, edgecolor=line or "none", linewidth=0.2 / POINT))

    def patch(self, box: Box, fill: str, alpha: float, line: str | None, width: float, dash: Sequence[float], hatch_colour: str | None) -> None:
        """A sample of an area for the legend."""
        self.areas([shapely.box(box.x, box.y, box.right, box.top)], fill, alpha, hatch_colour)
        if line:
            self.lines([shapely.box(box.x, box.y, box.right, box.top)], line, width, dash)

    def areas(self, shapes: Iterable[BaseGeometry], colour: str, alpha: float = 1.0, hatch_colour: str | None = None) -> None:
        """Polygons (mm) filled as one, holes left open; `hatch_colour` adds lines at 45 degrees."""
        path = _compound(shapes, closed=True)
        if path is None:
            return
        self._put(PathPatch(path, facecolor=colour, alpha=alpha, edgecolor="none"))
        if hatch_colour:
            self._put(PathPatch(path, facecolor="none", edgecolor=hatch_colour, hatch="//", hatch_linewidth=0.35, linewidth=0, alpha=0.55))

    def lines(self, shapes: Iterable[BaseGeometry], colour: str, width: float, dash: Sequence[float] = (), alpha: float = 1.0) -> None:
        """Lines, and the outlines of polygons (mm); `dash` in mm."""
        path = _compound(shapes, closed=False)
        if path is None:
            return
        self._put(PathPatch(path, facecolor="none", edgecolor=colour, linewidth=width / POINT, linestyle=_style(dash, width), alpha=alpha,
                            capstyle="butt" if dash else "round", joinstyle="round"))

    def symbol(self, places: Sequence[tuple[float, float]], name: str, side: float, *, grey: bool = False) -> None:
        """The same symbol at each of the places."""
        unit = side / symbols.SIDE
        to_page = Affine2D().scale(unit * MM) + self.figure.dpi_scale_trans
        for number, piece in enumerate(symbols.pieces(name)):
            fill, stroke = piece.fill, piece.stroke
            if grey:
                fill = fill and (GREY[1] if number == 0 or fill.lower() in ("#fff", "#ffffff", "#241c00") else GREY[0])
                stroke = stroke and (GREY[0] if number == 0 else GREY[1])
            self._put(PathCollection(
                [Path(piece.vertices, piece.codes)], offsets=np.asarray(places, float), offset_transform=self.axes.transData, transform=to_page,
                facecolors=[_faded(fill, piece.fill_opacity)] if fill else "none", edgecolors=[_faded(stroke, piece.stroke_opacity)] if stroke else "none",
                linewidths=[piece.stroke_width * unit / POINT if stroke else 0], capstyle="round" if piece.round_caps else "butt", joinstyle="round"))

    def text(self, x: float, y: float, words: str, size: float, *, weight: int = 400, colour: Any = None, align: str = "left",
             halo: float = 0.0, turn: float = 0.0) -> None:
        """A line of text whose middle height is y; `size` is its em, `halo` the width of a rim in the colour of the land.

        The rim is drawn as outlines and the text over it as text, so that it can be searched and copied.
        """
        words = fonts.writable(words)
        if not words.strip():
            return
        how: dict[str, Any] = {"fontproperties": fonts.face(weight), "fontsize": size / POINT, "ha": align, "va": "baseline", "rotation": turn,
                               "rotation_mode": "anchor", "parse_math": False, "color": colour or ink("ink")}
        lift = -0.36 * size  # where the baseline is, when Chinese stands in the middle of the line
        at = (x - lift * sin(radians(turn)), y + lift * cos(radians(turn)))
        if halo:
            self._put(self._text(at, words, {**how, "color": ink("m-halo"), "path_effects": [Stroke(linewidth=halo / POINT, foreground=ink("m-halo"), joinstyle="round")]}))
        self._put(self._text(at, words, how))

    def _text(self, at: tuple[float, float], words: str, how: dict[str, Any]) -> Any:
        return Text(*at, words, transform=self.axes.transData, clip_on=False, **how)


def _style(dash: Sequence[float], width: float) -> Any:
    """matplotlib counts dashes in widths of the line."""
    return (0, [one / width for one in dash]) if dash else "solid"


def _faded(colour: str, opacity: float) -> tuple[float, ...]:
    return to_rgba(colour, opacity)


def _compound(shapes: Iterable[BaseGeometry], *, closed: bool) -> Path | None:
    """All rings and lines as one path. Rings of holes run the other way than outer ones, so that they stay open when filled."""
    vertices, codes = [], []
    for part in shapely.get_parts(list(shapes)):
        if part.is_empty:
            continue
        if part.geom_type == "Polygon":
            lines = list(shapely.get_rings(shapely.orient_polygons(part)))
        elif part.geom_type in ("LineString", "LinearRing"):
            lines = [part]
        else:
            continue
        for line in lines:
            places = shapely.get_coordinates(line)
            code = np.full(len(places), Path.LINETO, np.uint8)
            code[0] = Path.MOVETO
            if closed:
                code[-1] = Path.CLOSEPOLY
            vertices.append(places)
            codes.append(code)
    return Path(np.concatenate(vertices), np.concatenate(codes)) if vertices else None


def px(pixels: float) -> float:
    """Pixels of the screen's design in mm."""
    return pixels * PIXEL
