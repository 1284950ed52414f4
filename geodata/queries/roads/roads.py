"""The road network of a space at one moment, to be asked for travel times, routes and what is reached."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from shapely.geometry import LineString
from shapely.geometry.base import BaseGeometry

from geodata.queries.measure import Floats
from geodata.queries.refusals import zone
from geodata.queries.roads import access, closing, refusals
from geodata.queries.roads.access import Accesses
from geodata.queries.roads.area import reached
from geodata.queries.roads.closing import Closure
from geodata.queries.roads.graph import RoadGraph
from geodata.queries.roads.profile import Profile, costs
from geodata.queries.roads.report import Report, report
from geodata.queries.roads.search import LONGEST_S, Network, Ways
from geodata.store.changes import LayerVersion

Place = tuple[float, float]  # lon, lat in degrees


@dataclass(frozen=True)
class Trips:
    """Between n origins and m destinations, by the quickest way: infinite where no road leads, never NaN.

    `duration_s` and `length_m` are (n, m) and tell the way on roads alone. `origins_off_m` (n) and `destinations_off_m` (m) are the
    straight distances from the places to the road, infinite where the network does not cover them; `..._away_m` the same without a limit.
    """

    duration_s: Floats
    length_m: Floats
    origins_off_m: Floats
    destinations_off_m: Floats
    origins_away_m: Floats
    destinations_away_m: Floats


@dataclass(frozen=True)
class Route:
    """The quickest way between two places: `shape` as it is driven (degrees); without it no road leads. `..._off_m`: as in Trips."""

    duration_s: float
    length_m: float
    shape: LineString | None
    origin_off_m: float
    destination_off_m: float
    origin_away_m: float
    destination_away_m: float

    @property
    def found(self) -> bool:
        """Whether there is a way."""
        return self.shape is not None


@dataclass(frozen=True)
class Towards:
    """The ways from n origins to one destination: `ways` in the order of the origins, and where all come upon the network.

    `barred`: the destination itself lies in a barrier or a block.
    """

    ways: Ways
    origins: Accesses
    destination: Accesses
    barred: bool
    line: Callable[[int], LineString | None]

    def route(self, one: int) -> Route:
        """The way of one origin, drawn."""
        here, there = self.origins, self.destination
        return Route(float(self.ways.seconds[one]), float(self.ways.metres[one]), self.line(one), float(here.off_m[one]), float(there.off_m[0]),
                     float(here.away_m[one]), float(there.away_m[0]))


class Roads:
    """The road network of a `layer` at `version`, with the profiles and the blocks in force that were read with it. Never changes; thread-safe.

    Places farther than `access_m` from any road are not covered. A place is reached by the road nearest to it: where that is closed, no
    road leads there, for the next one may lie across a river.
    """

    def __init__(self, layer: str, graph: RoadGraph, version: LayerVersion, profiles: Mapping[str, Profile], blocks: Closure,
                 access_m: float = access.ACCESS_M) -> None:
        self.layer = layer
        self.graph = graph
        self.version = version
        self.profiles = profiles
        self.blocks = blocks
        self.access_m = access_m

    def profile(self, code: str) -> Profile:
        """The profile of this code; InvalidInput at /profile when there is none."""
        if code not in self.profiles:
            raise refusals.no_profile(code, self.profiles)
        return self.profiles[code]

    def trips(self, origins: Sequence[Place], destinations: Sequence[Place], profile: str, barriers: Sequence[BaseGeometry] = (), *,
              limit_s: float = LONGEST_S) -> Trips:
        """Times and lengths from every origin to every destination (lon, lat in degrees), as the profile drives.

        `barriers` (degrees) close the roads that they touch, points and lines all within 15 m, beside what is closed anyway. Ways that
        take longer than `limit_s` may be told as none. Raises InvalidInput (a place, the profile, a barrier, too many pairs).
        """
        network = self._network(profile, barriers)
        here, there = (self._come_upon(network, name, places) for name, places in (("origins", origins), ("destinations", destinations)))
        refusals.few_pairs("destinations", len(here) * len(there))
        forward = len(here) <= len(there)  # the side with fewer places is searched from
        few, many = (here, there) if forward else (there, here)
        legs = network.legs(many, leaving=not forward)
        ways = [search.meet(many, legs) for search in network.searches(few, leaving=forward, limit_s=limit_s)]
        seconds, metres = (np.array(one, dtype=float).reshape(len(few), len(many)) for one in ([way.seconds for way in ways], [way.metres for way in ways]))
        return Trips(*((seconds, metres) if forward else (seconds.T, metres.T)), here.off_m, there.off_m, here.away_m, there.away_m)

    def route(self, origin: Place, destination: Place, profile: str, barriers: Sequence[BaseGeometry] = ()) -> Route:
        """The quickest way from one place to another with its shape; what is raised: as `trips`."""
        return next(self.routes([origin], destination, profile, barriers))

    def routes(self, origins: Sequence[Place], destination: Place, profile: str, barriers: Sequence[BaseGeometry] = ()) -> Iterator[Route]:
        """The quickest way from each origin to one destination, in the order given, drawn when it is taken; one search for all."""
        towards = self.towards(origins, destination, profile, barriers)
        return (towards.route(one) for one in range(len(origins)))

    def towards(self, origins: Sequence[Place], destination: Place, profile: str, barriers: Sequence[BaseGeometry] = ()) -> Towards:
        """Times and lengths from each origin to one destination, each drawn on demand; what is raised: as `trips`."""
        network = self._network(profile, barriers)
        here, there = self._come_upon(network, "origins", origins), self._come_upon(network, "destination", [destination])
        legs = network.legs(here, leaving=True)
        (search,) = network.searches(there, leaving=False)
        return Towards(search.meet(here, legs), here, there, bool(network.barred(*destination)), lambda one: search.line(here, legs, one))

    def service_area(self, origin: Place, within_s: Sequence[float], profile: str, barriers: Sequence[BaseGeometry] = (), *, towards: bool = False) -> list[BaseGeometry]:
        """For each time in seconds the area (degrees) reached from a place in it, or (`towards`) from where the place is reached in it.

        It is what lies within 250 m of the roads gone in that time; empty where the network does not cover the place.
        """
        network = self._network(profile, barriers)
        return reached(network, self._come_upon(network, "origin", [origin]), within_s, leaving=not towards)

    def stand(self, shapes: Sequence[BaseGeometry], profile: str) -> list[Place]:
        """For each shape (degrees) the place of it that is nearest to a road: a point itself, of an area its edge or a place on a road in it."""
        network = self._network(profile, ())
        return [access.nearest_place(self.graph, network.open_costs.entered, one) for one in shapes]

    def covered(self, places: Sequence[Place], profile: str) -> Accesses:
        """Where places come upon the network, as the profile drives."""
        return self._come_upon(self._network(profile, ()), "places", places)

    def report(self) -> Report:
        """What is odd about the network: ends that nearly meet, islands, doubled edges; see `geodata.queries.roads.report`."""
        return report(self.graph)

    def _network(self, profile: str, barriers: Sequence[BaseGeometry]) -> Network:
        shapes = [zone("barriers", one) for one in barriers]
        closure = closing.together([self.blocks, closing.close(self.graph, shapes)]) if shapes else self.blocks
        return Network(self.graph, costs(self.graph, self.profile(profile)), closure)

    def _come_upon(self, network: Network, name: str, places: Sequence[Place]) -> Accesses:
        lon, lat = refusals.places(name, places)
        return access.find(self.graph, network.open_costs.entered, lon, lat, self.access_m)
