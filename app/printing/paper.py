"""The paper: sizes, where the map and its legend lie on it, and the round scales that it may be printed at. All lengths in mm."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Size(StrEnum):
    """ISO 216."""

    A4 = "A4"
    A3 = "A3"


class Orientation(StrEnum):
    PORTRAIT = "portrait"
    LANDSCAPE = "landscape"


SHORT_LONG = {Size.A4: (210.0, 297.0), Size.A3: (297.0, 420.0)}

# Scales that a ruler can be held to: 1, 2, 2.5 and 5, and the 1.5 and 7.5 between which else half a sheet would stay empty.
ROUND_SCALES = (500, 1_000, 2_000, 2_500, 5_000, 7_500, 10_000, 15_000, 20_000, 25_000, 50_000, 75_000, 100_000, 150_000, 200_000, 250_000, 300_000, 400_000, 500_000, 1_000_000)

PIXEL = 0.22  # of the screen's design on paper: a little smaller than 1/96 inch, for paper is finer and read from nearer

MARGIN = 9.0  # what every office printer leaves white
_HEADER, _FOOT, _BAND, _GAP = 14.0, 14.0, 7.0, 4.0
_SIDE = {Size.A4: 60.0, Size.A3: 74.0}  # the legend beside a landscape map
_BELOW = {Size.A4: 62.0, Size.A3: 74.0}  # the legend below a portrait map


@dataclass(frozen=True)
class Box:
    """A rectangle on the paper; x and y are its lower left corner, counted from that of the paper."""

    x: float
    y: float
    w: float
    h: float

    @property
    def right(self) -> float:
        return self.x + self.w

    @property
    def top(self) -> float:
        return self.y + self.h

    @property
    def middle(self) -> tuple[float, float]:
        return self.x + self.w / 2, self.y + self.h / 2


@dataclass(frozen=True)
class Paper:
    """One page; `drill` leaves room for the band that says so."""

    size: Size
    orientation: Orientation
    drill: bool = False

    @property
    def width(self) -> float:
        return SHORT_LONG[self.size][self.orientation is Orientation.LANDSCAPE]

    @property
    def height(self) -> float:
        return SHORT_LONG[self.size][self.orientation is Orientation.PORTRAIT]

    @property
    def body(self) -> Box:
        """Between the header and the foot."""
        top = self.height - MARGIN - _HEADER - (_BAND if self.drill else 0)
        return Box(MARGIN, MARGIN + _FOOT, self.width - 2 * MARGIN, top - MARGIN - _FOOT)

    @property
    def header(self) -> Box:
        return Box(MARGIN, self.body.top, self.body.w, _HEADER)

    @property
    def foot(self) -> Box:
        return Box(MARGIN, MARGIN, self.body.w, _FOOT)

    @property
    def band(self) -> Box:
        """Across the top of the page, to its edges."""
        return Box(0, self.height - _BAND - MARGIN / 2, self.width, _BAND)

    @property
    def frame(self) -> Box:
        """Where the map is."""
        body = self.body
        if self.orientation is Orientation.LANDSCAPE:
            return Box(body.x, body.y, body.w - _SIDE[self.size] - _GAP, body.h)
        return Box(body.x, body.y + _BELOW[self.size] + _GAP, body.w, body.h - _BELOW[self.size] - _GAP)

    @property
    def legend(self) -> Box:
        """Beside the map or below it."""
        body, frame = self.body, self.frame
        if self.orientation is Orientation.LANDSCAPE:
            return Box(frame.right + _GAP, body.y, _SIDE[self.size], body.h)
        return Box(body.x, body.y, body.w, _BELOW[self.size])
