"""Tiles of WebMercatorQuad: which there are, and what each covers."""

from __future__ import annotations

import math
from dataclasses import dataclass

MAX_ZOOM = 22
MERCATOR_LAT = 85.0511287798  # where Web Mercator's square ends


@dataclass(frozen=True)
class TileAddress:
    """A tile of WebMercatorQuad: column `x` from the west, row `y` from the north."""

    z: int
    x: int
    y: int

    @classmethod
    def at(cls, zoom: int, lon: float, lat: float) -> TileAddress:
        """The tile in which a place lies; past the ends of the square the last one."""
        side = 2**zoom
        down = (1 - math.asinh(math.tan(math.radians(max(-MERCATOR_LAT, min(lat, MERCATOR_LAT))))) / math.pi) / 2
        return cls(zoom, *(max(0, min(int(part * side), side - 1)) for part in ((lon + 180) / 360, down)))

    def exists(self) -> bool:
        """Whether zoom, column and row lie in the matrix."""
        return 0 <= self.z <= MAX_ZOOM and 0 <= self.x < 2**self.z and 0 <= self.y < 2**self.z

    def box(self, margin: float = 0.0) -> tuple[float, float, float, float]:
        """West, south, east, north in degrees, widened by `margin` of the tile's side, cut at the ends of the world."""
        side = 2**self.z
        west, east = ((self.x + step) / side * 360 - 180 for step in (-margin, 1 + margin))
        north, south = (_latitude((self.y + step) / side) for step in (-margin, 1 + margin))
        return max(west, -180.0), max(south, -MERCATOR_LAT), min(east, 180.0), min(north, MERCATOR_LAT)

    def meets(self, box: tuple[float, float, float, float], margin: float = 0.0) -> bool:
        """Whether a box in degrees (west, south, east, north) touches the tile widened by `margin` of its side."""
        west, south, east, north = self.box(margin)
        # Web Mercator ends short of the poles: what lies beyond is drawn on the last row.
        return box[0] <= east and box[2] >= west and min(box[1], MERCATOR_LAT) <= north and max(box[3], -MERCATOR_LAT) >= south


def _latitude(down: float) -> float:
    return math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * down))))
