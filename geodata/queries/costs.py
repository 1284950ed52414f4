"""What a way costs: straight over the ground, or by road; whoever needs many ways at once asks through one door."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from geodata.crs import GEOD
from geodata.queries.roads.roads import Roads

Floats = NDArray[np.float64]
Place = tuple[float, float]  # lon, lat in degrees (EPSG:4490)

_AT_ONCE = 200_000  # pairs measured in one call: some 20 MB


@dataclass(frozen=True)
class Ways:
    """Ways from each of n places to each of m, as arrays [n, m]; inf: there is none. `duration_s` None: not asked by road.

    `cost` is what is compared: the duration where there is one, else the length. By road both are of the way on roads alone; `off_m` has the
    straight stretches to the road at both ends.
    """

    length_m: Floats
    duration_s: Floats | None = None
    off_m: Floats | None = None

    @property
    def cost(self) -> Floats:
        return self.length_m if self.duration_s is None else self.duration_s


class Costs(Protocol):
    """A way of going. `mode` is said with the answer."""

    @property
    def mode(self) -> str:
        """`straight` or `road`."""

    @property
    def profile(self) -> str | None:
        """By road: which vehicle drives."""

    def between(self, origins: Sequence[Place], destinations: Sequence[Place]) -> Ways:
        """The ways from each origin to each destination."""


class ByRoad:
    """The quickest way on the roads of a space, as a profile drives; `barriers` (degrees) close the roads that they touch."""

    mode = "road"

    def __init__(self, roads: Roads, profile: str, barriers: Sequence[BaseGeometry] = ()) -> None:
        roads.profile(profile)  # one that is not there is refused before anything is read
        self._roads, self.profile, self._barriers = roads, profile, barriers

    def between(self, origins: Sequence[Place], destinations: Sequence[Place]) -> Ways:
        """Durations and lengths on roads."""
        if not origins or not destinations:
            nothing = np.zeros((len(origins), len(destinations)))
            return Ways(nothing, nothing, nothing)
        found = self._roads.trips(origins, destinations, self.profile, self._barriers)
        return Ways(found.length_m, found.duration_s, found.origins_off_m[:, None] + found.destinations_off_m[None, :])


class Straight:
    """The geodesic on the ellipsoid."""

    mode = "straight"
    profile: str | None = None

    def between(self, origins: Sequence[Place], destinations: Sequence[Place]) -> Ways:
        """Lengths of the geodesics, right to 1 mm."""
        length_m = np.zeros((len(origins), len(destinations)))
        if not length_m.size:
            return Ways(length_m)
        to = np.asarray(destinations, dtype=float)
        step = max(1, _AT_ONCE // len(to))
        for first in range(0, len(origins), step):
            some = np.asarray(origins[first:first + step], dtype=float)
            lon, lat = (np.repeat(some[:, axis], len(to)) for axis in (0, 1))
            away = GEOD.inv(lon, lat, np.tile(to[:, 0], len(some)), np.tile(to[:, 1], len(some)))[2]
            length_m[first:first + step] = np.asarray(away).reshape(len(some), len(to))
        return Ways(length_m)
