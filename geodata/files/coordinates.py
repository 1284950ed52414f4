"""In which system a file's shapes are written: degrees, metres on a Gauss-Kruger grid, or the shifted degrees of Chinese web maps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely

from geodata.crs import STORAGE, STORAGE_EPSG, area_of_use, crs, gauss_kruger_at, gauss_kruger_epsg, is_degrees, is_modern, reproject
from geodata.datum import Datum, shift
from geodata.files.notices import Refused
from layers.district import District

WGS84 = "EPSG:4326"
MARKS = {Datum.GCJ02: "GCJ-02", Datum.BD09: "BD-09"}
_AROUND_DEG = 3.0  # a grid is used one zone past its edge, never farther: lengths would be off by metres in a kilometre


@dataclass(frozen=True)
class Coordinates:
    """The system (`EPSG:n`, on CGCS2000 or a datum held equal to it) and the shift that coordinates carry. Made by `coordinates`."""

    crs: str = STORAGE
    datum: Datum = Datum.WGS84

    @property
    def stored(self) -> bool:
        """Whether they are the numbers that the store keeps."""
        return self.is_degrees and not self.mark

    @property
    def is_degrees(self) -> bool:
        return is_degrees(self.crs)

    @property
    def mark(self) -> str | None:
        """How shifted coordinates are marked wherever they go; None for true ones."""
        return MARKS.get(self.datum)

    @property
    def declared(self) -> str | None:
        """What a file may say of its system: nothing where the numbers are those of no system there is."""
        return None if self.mark else self.crs

    @property
    def said(self) -> str:
        return self.mark or self.crs

    def placed(self, shapes: Any) -> Any:
        """Shapes of the store (an array) in these coordinates; None stays None. Raises Refused where the grid does not reach."""
        if self.stored:
            return shapes
        if self.mark:
            return shift(shapes, self.datum)
        west, _, east, _ = shapely.total_bounds(shapes)
        home = area_of_use(self.crs)
        moved = reproject(shapes, STORAGE_EPSG, self.crs)
        reached = home is None or np.isnan(west) or (west >= home[0] - _AROUND_DEG and east <= home[2] + _AROUND_DEG)
        if not reached or not np.isfinite(shapely.get_coordinates(moved)).all():
            raise Refused("export-crs-reach", crs=self.crs, west=round(float(west), 2), east=round(float(east), 2))
        return moved


def coordinates(system: str | None = None, datum: str | None = None) -> Coordinates:
    """Checked coordinates. Raises UnknownCRS, and Refused for a datum without exact parameters and for a grid of shifted degrees."""
    name = STORAGE if not system else f"EPSG:{system.strip()}" if system.strip().isdigit() else system.strip().upper()
    try:
        shifted = Datum((datum or Datum.WGS84).lower())
    except ValueError:
        raise Refused("datum-not-known", datum=str(datum)[:40]) from None
    if not is_modern(name) or len(crs(name).axis_info) != 2:
        raise Refused("export-crs", crs=name[:60])
    made = Coordinates(name, shifted)
    if made.mark and not made.is_degrees:
        raise Refused("export-shifted-grid", datum=made.mark, crs=name)
    return made


def gauss_kruger_of(district: District) -> str:
    """The 3-degree grid of a district, in metres from 500 km at its meridian."""
    west, _, east, _ = district.bbox
    return f"EPSG:{gauss_kruger_at((west + east) / 2)}"


@dataclass(frozen=True)
class Grid:
    """A Gauss-Kruger grid that serves a district: its number, meridian and width in degrees, whether eastings begin with the zone's number."""

    crs: str
    meridian: int
    width: int
    zoned: bool


def grids_for(district: District) -> list[Grid]:
    """The 3-degree grids of the district and its neighbours, then the 6-degree one; each without the zone's number, then with it."""
    west, _, east, _ = district.bbox
    middle = (west + east) / 2
    nearest = round(middle / 3.0) * 3
    beside = nearest - 3 if middle < nearest else nearest + 3
    wanted = [(nearest, 3), (beside, 3), (int(middle // 6) * 6 + 3, 6)]
    found = [(gauss_kruger_epsg(meridian, width_deg=width, zoned=zoned), meridian, width, zoned) for meridian, width in wanted for zoned in (False, True)]
    return [Grid(f"EPSG:{number}", meridian, width, zoned) for number, meridian, width, zoned in found if number]
