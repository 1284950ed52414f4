"""What part of the world the map on a sheet shows: a place in the middle, a round scale, and the plane it is drawn in."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import cos, log2, radians

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from app.printing.paper import PIXEL, ROUND_SCALES, Box
from geodata.crs import STORAGE_EPSG, gauss_kruger_at, meridian_convergence_deg, transformer
from layers.errors import InvalidInput, Problem
from layers.messages import Sentence, declare
from layers.spec import Label

_EARTH_M = 40_075_016.686  # the equator as Web Mercator has it

declare({
    "print-scale": Sentence(
        Label("「{value}」不是整比例尺", "1 : {value} is not a round scale"),
        Label("可用：{known}", "There are: {known}")),
    "print-too-wide": Sentence(
        Label("范围太大：这张纸上最大比例尺分母为 {most}", "The view is too wide for this paper: 1 : {most} is the smallest scale"),
        Label("放大地图，或换更大的纸", "Zoom in, or take larger paper")),
    "print-no-area": Sentence(
        Label("范围没有面积", "The view has no area"),
        Label("依次给出西、南、东、北，西小于东，南小于北", "Give west, south, east, north, west below east and south below north")),
    "print-outside": Sentence(
        Label("经度 {lon} 不在高斯-克吕格投影的范围内", "Longitude {lon} is outside the Gauss-Kruger zones"),
        Label("移动到东经 74 度至 136 度之间", "Move to between 74 and 136 degrees east")),
})


@dataclass(frozen=True)
class View:
    """The place in the middle (degrees), the scale's denominator, and the frame on the paper (mm)."""

    lon: float
    lat: float
    scale: int
    frame: Box

    def __post_init__(self) -> None:
        if self.scale not in ROUND_SCALES:
            raise InvalidInput(problems=[Problem("/scale", "print-scale", {"value": self.scale, "known": ", ".join(map(str, ROUND_SCALES))})])
        if gauss_kruger_at(self.lon) is None or not -80 < self.lat < 80:
            raise InvalidInput(problems=[Problem("/lon", "print-outside", {"lon": self.lon})])

    @staticmethod
    def around(bbox: tuple[float, float, float, float], frame: Box) -> View:
        """The largest round scale at which the box of degrees (west, south, east, north) is whole in the frame."""
        west, south, east, north = bbox
        if not (west < east and south < north):
            raise InvalidInput(problems=[Problem("/bbox", "print-no-area")])
        lon, lat = (west + east) / 2, (south + north) / 2
        for scale in ROUND_SCALES:
            view = View(lon, lat, scale, frame)
            corners = view.to_mm(np.array([(west, south), (east, south), (west, north), (east, north), (lon, south), (lon, north)]))
            if np.isfinite(corners).all() and _within(corners, frame):
                return view
        raise InvalidInput(problems=[Problem("/bbox", "print-too-wide", {"most": f"{ROUND_SCALES[-1]:,}"})])

    @cached_property
    def epsg(self) -> int:
        """CGCS2000 / 3-degree Gauss-Kruger of the middle: in the frame lengths are true to 1 in 5,000."""
        found = gauss_kruger_at(self.lon)
        assert found is not None
        return found

    @cached_property
    def zoom(self) -> float:
        """The zoom of the screen's map at which as much is shown: layers come and go by it on paper too."""
        return log2(_EARTH_M * cos(radians(self.lat)) / (256 * self.scale * PIXEL / 1000))

    @cached_property
    def north_deg(self) -> float:
        """How far true north leans from the top of the sheet, clockwise."""
        return -meridian_convergence_deg(self.epsg, self.lon, self.lat)

    @cached_property
    def _middle_m(self) -> NDArray[np.float64]:
        return np.array(transformer(STORAGE_EPSG, self.epsg).transform(self.lon, self.lat))

    def to_mm(self, degrees: NDArray[np.float64]) -> NDArray[np.float64]:
        """Places (n, 2) in degrees as mm on the paper; infinite where the projection has no answer."""
        plane = np.column_stack(transformer(STORAGE_EPSG, self.epsg).transform(degrees[:, 0], degrees[:, 1]))
        return (plane - self._middle_m) * (1000.0 / self.scale) + np.array(self.frame.middle)

    def to_degrees(self, mm: NDArray[np.float64]) -> NDArray[np.float64]:
        """The way back."""
        plane = (mm - np.array(self.frame.middle)) * (self.scale / 1000.0) + self._middle_m
        return np.column_stack(transformer(self.epsg, STORAGE_EPSG).transform(plane[:, 0], plane[:, 1]))

    def on_paper(self, shape: BaseGeometry) -> BaseGeometry:
        """A shape in degrees as one in mm, vertex by vertex."""
        return shapely.transform(shape, self.to_mm)

    @cached_property
    def bbox(self) -> tuple[float, float, float, float]:
        """The smallest box of degrees that holds the whole frame and a little around it."""
        frame = self.frame
        along = np.linspace(0, 1, 9)
        edge = np.concatenate([np.column_stack([frame.x + along * frame.w, np.full(9, y)]) for y in (frame.y, frame.top)]
                              + [np.column_stack([np.full(9, x), frame.y + along * frame.h]) for x in (frame.x, frame.right)])
        degrees = self.to_degrees(edge)
        (west, south), (east, north) = degrees.min(axis=0), degrees.max(axis=0)
        spare = 0.01 * (east - west)
        return float(west - spare), float(south - spare), float(east + spare), float(north + spare)


def _within(mm: NDArray[np.float64], frame: Box) -> bool:
    slack = 0.01  # mm: what rounding of degrees may make of an edge
    return bool((mm[:, 0] >= frame.x - slack).all() and (mm[:, 0] <= frame.right + slack).all()
                and (mm[:, 1] >= frame.y - slack).all() and (mm[:, 1] <= frame.top + slack).all())
