"""What is nearest to a place: the question and its answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from shapely.geometry import LineString
from shapely.geometry.base import BaseGeometry

from geodata.queries import refusals
from geodata.store.changes import LayerVersion
from layers.spec import Label

MAX_K = 1_000  # a ranking longer than this is a list of the layer
MAX_DISTANCE_M = 20_100_000.0  # farther than any two places on the ellipsoid are apart
MAX_LEFT_OUT = 100  # the nearest of those left out; `more_left_out` says when there are others

FILTER_NOT_MET = "filter-not-met"
IN_ZONE = "in-zone"
NO_ROAD = "no-road"
NOT_COVERED = "not-covered"
REASONS = {
    FILTER_NOT_MET: Label("不符合筛选条件", "Does not meet the filter"), IN_ZONE: Label("位于危险范围内", "Lies in the zone"),
    NO_ROAD: Label("无路可达", "No road"), NOT_COVERED: Label("路网未覆盖", "Not covered by the road network"),
}


@dataclass(frozen=True)
class ByRoad:
    """That the ranking is by the time which a vehicle `profile` takes by road to the place; `barriers` (degrees) close what they touch.

    An empty profile is the first there is.
    """

    profile: str = ""
    barriers: tuple[BaseGeometry, ...] = ()


@dataclass(frozen=True)
class NearestQuestion:
    """The `k` nearest features of each layer to a place in degrees (EPSG:4490).

    `layers` empty: those that the catalogue ranks by default. `max_distance_m` is inclusive; None is no limit. `filter`
    is CQL2 text. Features that lie in or touch `zone` (degrees) are left out. With `by_road` the k that are soonest there are
    ranked instead; the limit stays a straight one. Raises InvalidInput naming what is wrong.
    """

    lon: float
    lat: float
    layers: tuple[str, ...] = ()
    k: int = 5
    max_distance_m: float | None = None
    filter: str | None = None
    zone: BaseGeometry | None = None
    by_road: ByRoad | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "lon", refusals.number("lon", self.lon, -180.0, 180.0))
        object.__setattr__(self, "lat", refusals.number("lat", self.lat, -90.0, 90.0))
        object.__setattr__(self, "k", refusals.whole_number("k", self.k, 1, MAX_K))
        if len(self.layers) != 1 or not isinstance(self.layers, tuple):
            object.__setattr__(self, "layers", tuple(dict.fromkeys(self.layers)))
        if self.max_distance_m is not None:
            object.__setattr__(self, "max_distance_m", refusals.number("max_distance_m", self.max_distance_m, 0.0, MAX_DISTANCE_M))
        if self.zone is not None:
            object.__setattr__(self, "zone", refusals.zone("zone", self.zone))


@dataclass(frozen=True)
class Driven:
    """How a feature comes to the place by road: seconds, metres and the way as it is driven; None, and `why`, where none leads.

    `off_m` is the straight distance from the feature to the nearest road; None where there is no road at all.
    """

    duration_s: float | None
    length_m: float | None
    off_m: float | None
    route: LineString | None = None
    why: Reason | None = None


@dataclass(frozen=True)
class RoadBasis:
    """What a ranking by road rests on: the network layer at its version, the profile, and the place asked about.

    `off_m` is the straight distance from the place to the nearest road (None: there is no road), `covered` whether that is within
    the limit, `barred` that the place itself lies in a barrier. `complete` False: only the MAX_K nearest by straight distance were
    looked at, and one farther off might be sooner there.
    """

    network: str
    version: LayerVersion
    profile: str
    off_m: float | None
    covered: bool
    barred: bool
    complete: bool


@dataclass(frozen=True)
class Ranked:
    """A feature in its rank from 1, how far (geodesic) and which way (0-360 from north); no bearing at distance 0.

    `uncertain` says what is not known about whether it can be used. Asked by road it has `driven`, and no rank where no road leads.
    """

    rank: int | None
    id: UUID
    distance_m: float
    bearing_deg: float | None
    uncertain: tuple[Reason, ...] = ()
    driven: Driven | None = None


@dataclass(frozen=True)
class Reason:
    """Why a feature is left out: `filter-not-met`, `in-zone`, or a code that its layer declares."""

    code: str
    label: Label


@dataclass(frozen=True)
class LeftOut:
    """A feature not ranked, with every reason that applies."""

    id: UUID
    distance_m: float
    reasons: tuple[Reason, ...]


@dataclass(frozen=True)
class LayerRanking:
    """One layer's answer at `version`, `answered_by` "index" or "postgis": both give the same.

    `ranked` is by distance, equal distances by id; fewer than asked when there are no more within the limit.
    `left_out`, in the same order, has those before the last ranked (all within the limit, if fewer than k are ranked),
    at most MAX_LEFT_OUT of them: `more_left_out` says that there are others.
    `positions` "coarse": the asker may not know exact ones, so distances, bearings and reasons are those of the coarse places shown.
    `shown` has what was read of the features named, at that same version, when the asker wanted them shown.
    Asked by road (`road`), the k soonest there are ranked, then come those to which no road leads, by straight distance, at most
    MAX_LEFT_OUT of them (`more_without_road`: there are others); left out are those that lie nearer than the farthest ranked.
    """

    layer: str
    version: LayerVersion
    answered_by: str
    ranked: tuple[Ranked, ...]
    left_out: tuple[LeftOut, ...]
    more_left_out: bool = False
    positions: str = "exact"
    road: RoadBasis | None = None
    more_without_road: bool = False
    shown: Mapping[UUID, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class NearestAnswer:
    """A ranking for each layer, in the order asked (or of the catalogue)."""

    layers: tuple[LayerRanking, ...]
