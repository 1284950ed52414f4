"""Whether something lies where this installation's features are expected: in the district or within 50 km of it."""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from geodata.crs import GEOD
from layers.district import District
from layers.errors import Problem
from layers.messages import Sentence, declare
from layers.spec import Label

NEAR_M = 50_000  # bars.md E3: farther from the district than this is stopped or asked
_M_PER_DEG = 111_320.0

Bounds = NDArray[np.float64]

declare({
    "far-from-district": Sentence(
        Label("位置在{district}以外约 {distance_km} 公里（超过 50 公里）", "The position lies about {distance_km} km outside {district_en} (more than 50 km)"),
        Label("核对坐标；确实在这里就加 anywhere=true", "Check the coordinates; say anywhere=true if it really lies there")),
    "axes-look-swapped": Sentence(
        Label("位置在{district}以外约 {distance_km} 公里：经度和纬度像是写反了，对调后落在本区",
              "The position lies about {distance_km} km outside {district_en}: longitude and latitude look swapped, the other way round it falls in the district"),
        Label("先经度后纬度；确实在这里就加 anywhere=true", "Longitude comes first; say anywhere=true if it really lies there")),
})


def near(bounds: Bounds, district: District) -> NDArray[np.bool_]:
    """Which bounds (n, 4: west, south, east, north; degrees) come within 50 km of the district's box. Not those without finite numbers."""
    west, south, east, north = district.bbox
    lat_m = np.maximum(0, np.maximum(bounds[:, 1] - north, south - bounds[:, 3])) * _M_PER_DEG
    lon_m = np.maximum(0, np.maximum(bounds[:, 0] - east, west - bounds[:, 2])) * _M_PER_DEG * np.cos(np.radians((south + north) / 2))
    return np.hypot(lon_m, lat_m) <= NEAR_M


def misplaced(shape: BaseGeometry, district: District, pointer: str = "/geometry") -> Problem | None:
    """What is wrong with a shape (EPSG:4490) that lies wholly more than 50 km outside the district; None for all others."""
    bounds = np.array([shape.bounds], dtype=float)
    if near(bounds, district)[0]:
        return None
    code = "axes-look-swapped" if near(bounds[:, [1, 0, 3, 2]], district)[0] else "far-from-district"
    values = {"distance_km": round(_distance_m(shape, district) / 1000), "district": district.label.zh, "district_en": district.label.en}
    return Problem(pointer, code, values)


def _distance_m(shape: BaseGeometry, district: District) -> float:
    """Geodesic, from the middle of the shape's box to the place of the district's box nearest to it in degrees."""
    west, south, east, north = district.bbox
    middle = shapely.box(*shape.bounds).centroid
    lon, lat = min(max(middle.x, west), east), min(max(middle.y, south), north)
    return float(GEOD.inv(middle.x, middle.y, lon, lat)[2])
