"""What a box of degrees says about metres: bounds that hold for every place on the ellipsoid, so nothing near is missed.

All of them follow from ds^2 = M^2 dlat^2 + (N cos lat)^2 dlon^2 along any path: M grows with |lat|, N cos lat shrinks.
"""

from __future__ import annotations

from math import cos, degrees, inf, radians, sin, sqrt

import numpy as np
from numpy.typing import NDArray

from geodata.crs import GEOD

Box = tuple[float, float, float, float]  # west, south, east, north in degrees
Floats = NDArray[np.float64]

_A_M = GEOD.a
_E2 = GEOD.es
_M_LEAST_M = _A_M * (1.0 - _E2)  # meridian radius at the equator, the least radius of curvature of all normal sections
_SLACK = 1e-9  # relative, far above rounding in these formulas and far below what anyone measures


def _meridian_radius_m(lat: float) -> float:
    sine = sin(radians(lat))
    return _M_LEAST_M / (1.0 - _E2 * sine * sine) ** 1.5


def window(lon: float, lat: float, radius_m: float) -> list[Box]:
    """One or two boxes (two when the 180th meridian is crossed) that hold every place within a radius; edges count."""
    return widened((lon, lat, lon, lat), radius_m)


def widened(box: Box, distance_m: float) -> list[Box]:
    """One or two boxes that hold every place within a distance of any place of a box."""
    west, south, east, north = box
    reach = distance_m * (1.0 + _SLACK) + 1e-6
    up = degrees(reach / _M_LEAST_M)
    low, high = south - up, north + up
    if high >= 90.0 or low <= -90.0:
        return [(-180.0, max(low, -90.0), 180.0, min(high, 90.0))]
    across = degrees(reach / (_A_M * cos(radians(max(abs(low), abs(high))))))
    left, right = west - across, east + across
    if right - left >= 360.0:
        return [(-180.0, low, 180.0, high)]
    if left < -180.0:
        return [(-180.0, low, right, high), (left + 360.0, low, 180.0, high)]
    if right > 180.0:
        return [(left, low, 180.0, high), (-180.0, low, right - 360.0, high)]
    return [(left, low, right, high)]


def certain_m(lon: float, lat: float, reach_deg: float, squeeze: float = 1.0) -> float:
    """Distance that every place has which lies at least `reach_deg` away in degrees whose longitudes are times `squeeze`.

    So after the n boxes nearest in such degrees, of which the last lies `reach_deg` away, every box not seen is at least
    this far. 0 where the disc of degrees meets a pole or the 180th meridian: then use `window`.
    """
    if reach_deg == inf:
        return inf
    high, low = abs(lat) + reach_deg, abs(lat) - reach_deg
    if high >= 90.0 or abs(lon) + reach_deg / squeeze >= 180.0:
        return 0.0
    per_degree = min(_meridian_radius_m(max(low, 0.0)), _A_M * cos(radians(high)) / squeeze)
    return radians(reach_deg) * per_degree * (1.0 - _SLACK)


def box_distances_m(lon: float, lat: float, boxes: Floats) -> Floats:
    """A lower bound of the distance from a place to each box, an (n, 4) array; 0 for boxes that hold the place.

    Within 1 % of the truth up to some 100 km, ever looser beyond.
    """
    north = np.maximum(0.0, np.maximum(boxes[:, 1] - lat, lat - boxes[:, 3]))
    east = np.maximum(0.0, np.maximum(boxes[:, 0] - lon, lon - boxes[:, 2]))
    around = np.maximum(0.0, np.minimum(boxes[:, 0] + 360.0 - lon, lon + 360.0 - boxes[:, 2]))
    up_m = np.radians(north) * _M_LEAST_M
    across = np.radians(np.minimum(east, around)) * _A_M
    # No path shorter than `guess_m` gets nearer to a pole than this, so along it a degree of longitude is at least so long.
    guess_m = np.hypot(up_m, across * cos(radians(lat)))
    highest = np.minimum(90.0, abs(lat) + np.degrees(guess_m / _M_LEAST_M))
    return np.hypot(up_m, across * np.cos(np.radians(highest))) * (1.0 - _SLACK)


def longest_degree_m(lat: float) -> tuple[float, float]:
    """Upper bounds of the length of a degree (of longitude at or beyond this latitude, of latitude anywhere)."""
    sine = sin(radians(lat))
    return radians(1.0) * _A_M / sqrt(1.0 - _E2 * sine * sine) * cos(radians(lat)), radians(1.0) * _A_M / sqrt(1.0 - _E2)
