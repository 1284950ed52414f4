"""Names on the printed map: placed one by one by weight, never over each other or over a symbol; roads and water along their lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import atan2, cos, degrees, hypot, sin

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from app.printing import fonts
from app.printing.canvas import Canvas, px
from app.printing.inks import ink
from app.printing.paper import Box

_CELL = 15.0  # mm
MOST_LETTERS = 22  # a longer name ends in an ellipsis; the table has it whole
Taken = tuple[float, float, float, float]  # left, bottom, right, top


@dataclass(frozen=True)
class Name:
    """A name for a place. `half` is the half side of its symbol; `fixed` names stand on the place itself; `once` names one of several places."""

    text: str
    x: float
    y: float
    half: float
    size: float
    weight: float
    bold: bool = False
    colour: str = "m-text"
    fixed: bool = False
    once: str = ""


class Lettering:
    """The names of one map, with the boxes that are taken."""

    def __init__(self, canvas: Canvas, frame: Box, taken: Sequence[Taken]) -> None:
        self._canvas = canvas
        self._frame = frame
        self._taken: dict[tuple[int, int], list[Taken]] = {}
        for box in taken:
            self._take(box)

    def place(self, names: Sequence[Name]) -> None:
        """Put each where it is free, heaviest first; one that fits nowhere is dropped."""
        once = set()
        for name in sorted(names, key=lambda one: -one.weight):
            if not (name.once and name.once in once) and self._put(name) and name.once:
                once.add(name.once)

    def _put(self, name: Name) -> bool:
        text = name.text if len(name.text) <= MOST_LETTERS else name.text[:MOST_LETTERS - 1] + "…"
        weight = 600 if name.bold else 400
        w, h = fonts.width(text, name.size, weight), name.size * 1.3
        for left, bottom in _tries(name, w, h):
            box = (left, bottom, left + w, bottom + h)
            if self.free(box):
                self._take(box)
                self._canvas.text(left, bottom + h / 2, text, name.size, weight=weight, colour=ink(name.colour), halo=px(2.6))
                return True
        return False

    def free(self, box: Taken) -> bool:
        """Whether a box lies in the frame and meets nothing."""
        inside = box[0] >= self._frame.x + 0.5 and box[1] >= self._frame.y + 0.5 and box[2] <= self._frame.right - 0.5 and box[3] <= self._frame.top - 0.5
        return inside and not any(box[0] < one[2] and box[2] > one[0] and box[1] < one[3] and box[3] > one[1]
                                  for cell in _cells(box) for one in self._taken.get(cell, ()))

    def _take(self, box: Taken) -> None:
        for cell in _cells(box):
            self._taken.setdefault(cell, []).append(box)

    def along(self, text: str, line: BaseGeometry, kind: str) -> bool:
        """A name on a stretch of its line that is straight enough: beside a road, on a river."""
        size = px(13 if kind == "water" else 11)
        text = " ".join(text) if kind == "water" and not text.isascii() else text
        wide = fonts.width(text, size)
        for part in shapely.get_parts(line):
            if part.length < wide * 1.2:
                continue
            for share in (0.4, 0.62, 0.25, 0.8):
                found = self._stretch(part, share, wide, size, px(8) if kind == "road" else 0.0)
                if found:
                    x, y, turn, boxes = found
                    for box in boxes:
                        self._take(box)
                    self._canvas.text(x, y, text, size, colour=ink("m-text-2" if kind == "road" else "m-text-water"), align="center", halo=px(2.6), turn=degrees(turn))
                    return True
        return False

    def _stretch(self, part: BaseGeometry, share: float, wide: float, size: float, rise: float) -> tuple[float, float, float, list[Taken]] | None:
        at = max(0.0, min(part.length - wide, part.length * share - wide / 2))
        places = shapely.get_coordinates(shapely.line_interpolate_point(part, np.linspace(at, at + wide, 9)))
        first, last = places[0], places[-1]
        if first[0] > last[0]:
            first, last = last, first
        chord = last - first
        long = hypot(*chord)
        if long < wide * 0.9:
            return None
        offsets = np.abs((places - first) @ np.array([-chord[1], chord[0]]) / long)
        if offsets.max() > size * 0.6:
            return None
        turn = atan2(chord[1], chord[0])
        x, y = (first + last) / 2 + rise * np.array([-sin(turn), cos(turn)])
        boxes = [(cx - size * 0.7, cy - size * 0.7, cx + size * 0.7, cy + size * 0.7)
                 for cx, cy in (np.array([x, y]) + (step * wide / 2) * np.array([cos(turn), sin(turn)]) for step in np.linspace(-0.9, 0.9, max(3, int(wide / size))))]
        return (float(x), float(y), turn, boxes) if all(map(self.free, boxes)) else None

    def shield(self, number: str, x: float, y: float) -> bool:
        """A road's number in its little frame."""
        size = px(10)
        w, h = fonts.width(number, size, 600) + px(10), px(15)
        box = (x - w / 2, y - h / 2, x + w / 2, y + h / 2)
        if not self.free(box):
            return False
        self._take(box)
        self._canvas.rectangle(Box(box[0], box[1], w, h), fill=ink("panel"), line=ink("m-text-2"), width=px(1), round_mm=px(3))
        self._canvas.text(x, y, number, size, weight=600, colour=ink("m-text"), align="center")
        return True


def _cells(box: Taken) -> list[tuple[int, int]]:
    """Boxes are looked up by cells of the page, so that thousands stay quick."""
    return [(x, y) for x in range(int(box[0] // _CELL), int(box[2] // _CELL) + 1) for y in range(int(box[1] // _CELL), int(box[3] // _CELL) + 1)]


def _tries(name: Name, w: float, h: float) -> list[tuple[float, float]]:
    x, y, g = name.x, name.y, name.half + px(3)
    if name.fixed:
        return [(x - w / 2, y - h / 2), (x - w / 2, y - h - px(8)), (x - w / 2, y + px(8)), (x + px(12), y - h / 2), (x - w - px(12), y - h / 2)]
    return [(x + g, y - h / 2), (x - w / 2, y - g - h + px(1)), (x - g - w, y - h / 2), (x - w / 2, y + g - px(1)), (x + g - px(2), y - h - px(4)),
            (x + g - px(2), y + px(4)), (x - g - w, y - h - px(4))]
