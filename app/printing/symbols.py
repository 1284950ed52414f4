"""The map's own symbols as vectors: the SVG files of the page read into paths, so that paper and screen show the same."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from math import radians
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
from fontTools.misc.transform import Identity, Transform
from fontTools.pens.recordingPen import RecordingPen
from fontTools.pens.transformPen import TransformPen
from fontTools.svgLib.path import parse_path
from fontTools.svgLib.path.shapes import PathBuilder
from numpy.typing import NDArray

FOLDER = Path(__file__).resolve().parents[1] / "static" / "symbols"
SIDE = 32.0  # of every file's viewBox
PLACES = frozenset({"village"})  # drawn as a ring on the ground until a question touches them
_INHERITED = ("fill", "fill-opacity", "stroke", "stroke-width", "stroke-opacity", "stroke-linecap", "opacity")
_CODES = {"moveTo": (1,), "lineTo": (2,), "curveTo": (4, 4, 4), "qCurveTo": (3, 3)}  # as matplotlib.path.Path counts them
_CLOSE = 79
_STEP = re.compile(r"(translate|scale|rotate)\(([^)]*)\)")


@dataclass(frozen=True)
class Piece:
    """One painted path. Vertices in the symbol's own units from its middle, y upward; `stroke_width` in the same units."""

    vertices: NDArray[np.float64]
    codes: NDArray[np.uint8]
    fill: str | None
    fill_opacity: float
    stroke: str | None
    stroke_width: float
    stroke_opacity: float
    round_caps: bool


def file_of(symbol: str | None, family: str) -> str:
    """The file for a symbol; one that is not drawn wears its family's plain one."""
    return next(name for name in (symbol, f"any_{family}", "any_base") if name in names())


def has(symbol: str) -> bool:
    """Whether a symbol of that name is drawn."""
    return symbol in names()


@cache
def names() -> frozenset[str]:
    """All files."""
    return frozenset(one.stem for one in FOLDER.glob("*.svg"))


@cache
def pieces(name: str) -> tuple[Piece, ...]:
    """The painted paths of a file, lowest first."""
    return tuple(_walk(ElementTree.parse(FOLDER / f"{name}.svg").getroot(), Identity, {}))


def _walk(element: ElementTree.Element, outer: Transform, inherited: Mapping[str, str]) -> Iterator[Piece]:
    given = {**inherited, **element.attrib}
    own = _moved(outer, element.attrib.get("transform", ""))
    builder = PathBuilder()
    builder.add_path_from_element(ElementTree.Element(element.tag, {name: value for name, value in element.attrib.items() if name != "transform"}))
    for text in builder.paths:
        yield _piece(text, own, given)
    passed = {name: given[name] for name in _INHERITED if name in given}
    for child in element:
        yield from _walk(child, own, passed)


def _moved(outer: Transform, text: str) -> Transform:
    for name, values in _STEP.findall(text):
        numbers = [float(one) for one in re.split(r"[\s,]+", values.strip())]
        if name == "translate":
            outer = outer.translate(*numbers)
        elif name == "scale":
            outer = outer.scale(*numbers)
        else:
            outer = outer.rotate(radians(numbers[0]))
    return outer


def _piece(text: str, own: Transform, given: Mapping[str, str]) -> Piece:
    pen = RecordingPen()
    parse_path(text, TransformPen(pen, own))
    vertices: list[tuple[float, float]] = []
    codes: list[int] = []
    for command, points in pen.value:
        if command == "closePath":
            vertices.append(vertices[-1])
            codes.append(_CLOSE)
        elif command != "endPath":
            vertices += points
            codes += _CODES[command]
    place = np.array(vertices) - SIDE / 2
    place[:, 1] *= -1
    fill, stroke = given.get("fill", "#000"), given.get("stroke")
    faded = float(given.get("opacity", 1))
    return Piece(place, np.array(codes, np.uint8), None if fill == "none" else fill, faded * float(given.get("fill-opacity", 1)),
                 None if stroke in (None, "none") else stroke, float(given.get("stroke-width", 1)) * own[0],
                 faded * float(given.get("stroke-opacity", 1)), given.get("stroke-linecap") == "round")
