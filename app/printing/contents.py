"""What one sheet says: everything decided and worded, so that drawing it needs neither the database nor the reader."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from shapely.geometry.base import BaseGeometry

from app.printing.paper import Paper
from app.printing.view import View
from layers.spec import Style


@dataclass(frozen=True)
class Drawn:
    """A feature as it is drawn: shape in degrees, name, the value that picks its variant, a road's number; `ours` is the district itself."""

    id: str
    title: str
    shade: str
    shape: BaseGeometry
    number: str = ""
    ours: bool = False


@dataclass(frozen=True)
class Basis:
    """What the features of a layer in the frame rest on."""

    sources: tuple[str, ...] = ()
    source_dates: tuple[date, ...] = ()
    verified_oldest: datetime | None = None
    verified_latest: datetime | None = None
    unverified: int = 0


@dataclass(frozen=True)
class PrintedLayer:
    """A layer with what of it lies in the frame. `coarse`: the one who prints may not know exact positions."""

    id: str
    label: str
    style: Style
    features: tuple[Drawn, ...]
    basis: Basis
    coarse: bool = False


@dataclass(frozen=True)
class Marked:
    """A feature that the answer names: its rank, or left out, or inside the zone."""

    layer: str
    style: Style
    feature: Drawn
    rank: int | None = None
    out: bool = False


@dataclass(frozen=True)
class Zone:
    """The zone asked about, as the answer drew it (degrees), and what its edge is called."""

    shape: BaseGeometry
    label: str


@dataclass(frozen=True)
class RankedRow:
    rank: int | None
    name: str
    about: str
    distance: str
    bearing: str
    verified: str


@dataclass(frozen=True)
class LeftOutRow:
    name: str
    distance: str
    reasons: str


@dataclass(frozen=True)
class Ranking:
    """One layer of the ranking, in words. `note` says what the whole table must be read with."""

    label: str
    style: Style
    rows: tuple[RankedRow, ...]
    left_out: tuple[LeftOutRow, ...]
    note: str


@dataclass(frozen=True)
class ExposedRow:
    """One layer of the exposure table, in words; `names` lists who or what lies inside."""

    label: str
    style: Style
    count: str
    sums: tuple[str, ...]
    basis: tuple[str, ...]
    names: str


@dataclass(frozen=True)
class Place:
    """The place asked about, and how it is written."""

    lon: float
    lat: float
    label: str


@dataclass(frozen=True)
class Sheet:
    """A sheet of one page or more. `routes` (degrees) are drawn as they are driven. `left_off` says in words what is shown on the map but not printed, and why."""

    paper: Paper
    view: View
    language: str
    title: str
    bureau: str
    space: str
    made_at: datetime
    made_by: str
    layers: tuple[PrintedLayer, ...]
    marked: tuple[Marked, ...] = ()
    zone: Zone | None = None
    place: Place | None = None
    routes: tuple[BaseGeometry, ...] = ()
    ranking: tuple[Ranking, ...] = ()
    ranking_head: str = ""
    exposure: tuple[ExposedRow, ...] = ()
    exposure_head: str = ""
    exposure_none: str = ""
    left_off: tuple[str, ...] = ()
    graticule: bool = True

    @property
    def drill(self) -> bool:
        return self.paper.drill
