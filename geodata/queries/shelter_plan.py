"""A shelter plan for a zone: who is inside, who of them needs shelter, where they go, who is left over and what they need. The question and its answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

import shapely
from shapely.geometry.base import BaseGeometry

from geodata.queries import refusals
from geodata.queries.buffer import work
from geodata.queries.exposure import MAX_BUFFER_M, MAX_BUFFERED_VERTICES, MAX_WIDENED_CORNERS
from geodata.queries.nearest import Reason
from geodata.queries.people import Counted, People, Place
from geodata.queries.standards import Need, Share
from geodata.store.changes import LayerVersion

MAX_TRIED = 50  # refuges closed or added in one comparison
MAX_ADDED_ROOM = 10_000_000  # as many as a refuge may hold in the catalogue
MAX_WAY_M = 500_000.0  # a way longer than that is no evacuation of a county
MAX_DAYS = 365


@dataclass(frozen=True)
class Added:
    """A refuge that is not there, to try: its name, place in degrees and room."""

    name: str
    lon: float
    lat: float
    room: int

    def checked(self, pointer: str) -> Added:
        """The same with its numbers looked at; InvalidInput below `pointer`."""
        return Added(self.name, refusals.number(f"{pointer}/lon", self.lon, -180.0, 180.0), refusals.number(f"{pointer}/lat", self.lat, -90.0, 90.0),
                     refusals.whole_number(f"{pointer}/room", self.room, 0, MAX_ADDED_ROOM))


@dataclass(frozen=True)
class ShelterQuestion:
    """A plan for those who live in or touch `zone` (degrees, EPSG:4490; `buffer_m` as for exposure) in a kind of `hazard`.

    `share_percent` None: of the tables. `population` names the layer that says who lives where; None: the catalogue's. No way may be longer than
    `max_way_m` (None: as long as need be). `without` and `added` are tried beside the plan, `days` is for how long the needs are told.
    Raises InvalidInput naming what is wrong.
    """

    zone: BaseGeometry
    hazard: str
    buffer_m: float = 0.0
    share_percent: float | None = None
    population: str | None = None
    max_way_m: float | None = None
    use_uncertain: bool = False
    keep_together: bool = True
    without: tuple[UUID, ...] = ()
    added: tuple[Added, ...] = ()
    days: int = 1

    def __post_init__(self) -> None:
        object.__setattr__(self, "buffer_m", refusals.number("buffer_m", self.buffer_m, 0.0, MAX_BUFFER_M))
        object.__setattr__(self, "zone", refusals.zone("zone", self.zone))
        if self.buffer_m:
            refusals.room_to_widen("zone", shapely.bounds(self.zone), self.buffer_m)
            refusals.little_to_widen("zone", int(shapely.get_num_coordinates(self.zone)), MAX_BUFFERED_VERTICES)
            refusals.little_to_widen("buffer_m", work(self.zone, self.buffer_m), MAX_WIDENED_CORNERS)
        if self.share_percent is not None:
            object.__setattr__(self, "share_percent", refusals.number("share_percent", self.share_percent, 0.0, 100.0))
        if self.max_way_m is not None:
            object.__setattr__(self, "max_way_m", refusals.number("max_way_m", self.max_way_m, 0.0, MAX_WAY_M))
        object.__setattr__(self, "days", refusals.whole_number("days", self.days, 1, MAX_DAYS))
        object.__setattr__(self, "without", tuple(dict.fromkeys(self.without)))
        refusals.number("without", len(self.without), 0, MAX_TRIED)
        refusals.number("added", len(self.added), 0, MAX_TRIED)
        object.__setattr__(self, "added", tuple(one.checked(f"added/{place}") for place, one in enumerate(self.added)))

    @property
    def tries(self) -> bool:
        """Whether a second plan is wanted beside the first."""
        return bool(self.without or self.added)


@dataclass(frozen=True)
class Group:
    """The people of one place: `need` of them need shelter (None: nobody knows how many live there), `placed` have one, `unplaced` do not."""

    place: Place
    need: int | None
    placed: int
    unplaced: int


@dataclass(frozen=True)
class Fill:
    """A refuge that counts: its room before the plan, how many the plan sends there and what is left. `to_open`: it has to be opened first."""

    id: UUID | None
    layer: str | None
    name: str
    capacity: int | None
    occupied: int | None
    room: int
    placed: int
    left: int
    to_open: bool
    doubts: tuple[Reason, ...]
    lon: float
    lat: float


@dataclass(frozen=True)
class Way:
    """`people` of the group at this place of `groups` go to the refuge at that place of `fills`, so far each; `duration_s` and `off_m` (straight to and from the road, in neither figure) None: not by road."""

    group: int
    fill: int
    people: int
    length_m: float
    duration_s: float | None
    off_m: float | None = None


@dataclass(frozen=True)
class Unused:
    """A refuge that does not count, with every reason. `id` and `layer` None: one that was only tried."""

    id: UUID | None
    layer: str | None
    name: str
    capacity: int | None
    reasons: tuple[Reason, ...]
    lon: float
    lat: float


@dataclass(frozen=True)
class ShelterPlan:
    """Who goes where. `need`, `placed` and `short` are people, `short` those without a place; all are sums of what the groups say.

    `unknown` places do not say how many live there: nobody of them is in any figure. `groups` are in order of those without a place, then
    of need; `fills` in order of those sent there, then of nearness; `ways` in order of their groups. `split` groups go to more than one refuge.
    `mean_way_m` None: nobody is placed. `needs` are those of the people placed.
    """

    need: int
    placed: int
    short: int
    unknown: int
    groups: tuple[Group, ...]
    fills: tuple[Fill, ...]
    ways: tuple[Way, ...]
    unused: tuple[Unused, ...]
    split: int
    room: int
    mean_way_m: float | None
    longest_way_m: float | None
    needs: tuple[Need, ...]


@dataclass(frozen=True)
class Difference:
    """What the trial changes: people without a place, mean way, and by how much each refuge fills otherwise (by name; only those that change)."""

    short: int
    placed: int
    mean_way_m: float | None
    fills: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class OtherFigure:
    """What another population says of the same zone, partly counted as the first."""

    layer: str
    total: int | None
    unknown: int
    portions: tuple[Counted, ...]


@dataclass(frozen=True)
class ShelterAnswer:
    """The plan, and beside it the one tried (None: nothing was). All is of one moment: `versions` of each layer read."""

    question: ShelterQuestion
    zone: BaseGeometry
    zone_area_m2: float | None
    mode: str
    profile: str | None
    people: People
    others: tuple[OtherFigure, ...]
    share: Share
    plan: ShelterPlan
    trial: ShelterPlan | None
    difference: Difference | None
    versions: Mapping[str, LayerVersion]
