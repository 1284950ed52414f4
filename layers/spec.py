"""What a layer is: frozen declarations that check themselves when they are made."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Any, TypeVar

from layers.chainage import Chainage
from layers.fitness import Lacks, Unfit, ZoneOf
from layers.fitness import OutOfService as OutOfService
from layers.label import Label as Label
from layers.ledger import Ledger
from layers.network import Blocks, Network, Profiles
from layers.parts import Part

Played = TypeVar("Played", bound=Part)

IDENTIFIER = re.compile(r"^[a-z][a-z0-9_]{0,47}$")  # 47 + prefix of an index name stays under PostgreSQL's 63 bytes


class Geometry(StrEnum):
    """Which shapes a layer's features have. Each admits the single and the multi form of its simple features type."""

    NONE = "none"
    POINT = "point"
    LINE = "line"
    POLYGON = "polygon"
    POINT_OR_POLYGON = "point_or_polygon"
    ANY = "any"

    @property
    def types(self) -> tuple[str, ...]:
        """OGC simple-features type names admitted, as PostGIS's GeometryType() would mix their case: `Point` ..."""
        return _GEOMETRY_TYPES[self]


_POINTS, _LINES, _POLYGONS = ("Point", "MultiPoint"), ("LineString", "MultiLineString"), ("Polygon", "MultiPolygon")
_GEOMETRY_TYPES: Mapping[Geometry, tuple[str, ...]] = {
    Geometry.NONE: (),
    Geometry.POINT: _POINTS,
    Geometry.LINE: _LINES,
    Geometry.POLYGON: _POLYGONS,
    Geometry.POINT_OR_POLYGON: _POINTS + _POLYGONS,
    Geometry.ANY: _POINTS + _LINES + _POLYGONS,
}


class Measure(StrEnum):
    """What a number counts, so that it may be summed over a zone."""

    PEOPLE = "people"
    CAPACITY = "capacity"
    QUANTITY = "quantity"
    AREA = "area"
    LENGTH = "length"


class Sensitivity(StrEnum):
    """Who may read a value: all, or only roles that may reveal it (others see it masked)."""

    PUBLIC = "public"
    PERSONAL = "personal"
    SENSITIVE = "sensitive"


class Family(StrEnum):
    """Symbol families of GB/T 35649-2017; they fix the frame and its colour."""

    EVENT = "event"
    HAZARD = "hazard"
    TARGET = "target"
    RESOURCE = "resource"
    PLOT = "plot"
    BASE = "base"
    SCENARIO = "scenario"


class Group(StrEnum):
    """Headings of the layer tree, in the order shown."""

    RESPONSE = "response"
    RISK = "risk"
    RESOURCES = "resources"
    TARGETS = "targets"
    CONTEXT = "context"
    LOADED = "loaded"


GROUP_LABELS: Mapping[Group, Label] = {
    Group.RESPONSE: Label("处置", "Response"),
    Group.RISK: Label("风险", "Risk"),
    Group.RESOURCES: Label("应急资源", "Resources"),
    Group.TARGETS: Label("防护目标", "Protected targets"),
    Group.CONTEXT: Label("基础", "Context"),
    Group.LOADED: Label("导入图层", "Loaded layers"),
}


@dataclass(frozen=True)
class Choice:
    """One admitted value and its words. `read_from` lists other spellings seen in files."""

    value: str | int
    label: Label
    read_from: tuple[str, ...] = ()


FieldType = type[str] | type[int] | type[float] | type[bool] | type[date] | type[datetime]
_TYPES: tuple[FieldType, ...] = (str, int, float, bool, date, datetime)


@dataclass(frozen=True)
class Field:
    """One attribute of a layer.

    `type` is str, int, float, bool, date or datetime (with zone). `many` makes it a list of choices (an SQL array).
    `minimum` and `maximum` are inclusive, in `unit`. `read_from` lists column names by which files carry the value;
    id, labels and their pinyin initials always count. `reference` names the layer whose feature's id (a UUID) the
    value is; files may give that feature's key. `counts_as` lets exposure sum it.
    """

    id: str
    label: Label
    type: FieldType = str
    required: bool = False
    minimum: float | None = None
    maximum: float | None = None
    max_length: int = 500
    choices: tuple[Choice, ...] = ()
    many: bool = False
    unit: str | None = None
    read_from: tuple[str, ...] = ()
    counts_as: Measure | None = None
    sensitivity: Sensitivity = Sensitivity.PUBLIC
    reference: str | None = None
    description: Label | None = None

    def __post_init__(self) -> None:
        if not IDENTIFIER.match(self.id):
            raise ValueError(f"field id {self.id!r}: lower-case letters, digits and _ only")
        if self.type not in _TYPES:
            raise ValueError(f"field {self.id}: type {self.type!r} is not one of {_TYPES}")
        if self.many and not self.choices:
            raise ValueError(f"field {self.id}: many needs choices")
        if (self.minimum is not None or self.maximum is not None or self.counts_as) and self.type not in (int, float):
            raise ValueError(f"field {self.id}: a range or a measure needs a number")
        if self.reference and self.type is not str:
            raise ValueError(f"field {self.id}: a reference is kept as text")
        values = [choice.value for choice in self.choices]
        if len(set(values)) != len(values):
            raise ValueError(f"field {self.id}: a choice is listed twice")

    def choice(self, value: Any) -> Choice | None:
        """The choice with this value, or None."""
        return next((choice for choice in self.choices if choice.value == value), None)


@dataclass(frozen=True)
class Style:
    """How features are drawn. `symbol` names an SVG in app/static/symbols; lines and areas take `family`'s colour.

    `paint` names a CSS class for context drawn as the basemap (`b-river`, `road`). `min_zoom` hides below that zoom;
    `label_zoom` shows names from that zoom. `visible` is whether the layer is on when the map is first opened;
    `shade_by` names the choice field whose value picks the variant (road class, risk level); `order` is the drawing order.
    """

    family: Family
    symbol: str | None = None
    paint: str | None = None
    shade_by: str | None = None
    visible: bool = True
    min_zoom: int = 0
    label_zoom: int = 13
    order: int = 0


Rule = Callable[[Mapping[str, Any]], list[Any]]


class Action(StrEnum):
    """What may be done with a layer's features."""

    READ = "read"
    REVEAL = "reveal"
    WRITE = "write"
    DELETE = "delete"
    LOAD = "load"


class Role(StrEnum):
    """What an account is for. The three administrators are different people and see no map data."""

    VIEWER = "viewer"
    DUTY_OFFICER = "duty_officer"
    PLANNER = "planner"
    GIS_STAFF = "gis_staff"
    DRILL_CONTROLLER = "drill_controller"
    SYSTEM_ADMIN = "system_admin"
    SECURITY_ADMIN = "security_admin"
    AUDIT_ADMIN = "audit_admin"


_OFFICERS = frozenset({Role.DUTY_OFFICER, Role.PLANNER, Role.GIS_STAFF, Role.DRILL_CONTROLLER})
_EDITORS = frozenset({Role.PLANNER, Role.GIS_STAFF})

DEFAULT_ACCESS: Mapping[Action, frozenset[Role]] = {
    Action.READ: _OFFICERS | {Role.VIEWER},
    Action.REVEAL: _OFFICERS,
    Action.WRITE: _EDITORS,
    Action.DELETE: _EDITORS,
    Action.LOAD: _EDITORS,
}

DUTY_ACCESS: Mapping[Action, frozenset[Role]] = {
    **DEFAULT_ACCESS,
    Action.WRITE: _EDITORS | {Role.DUTY_OFFICER, Role.DRILL_CONTROLLER},
    Action.DELETE: _EDITORS | {Role.DUTY_OFFICER, Role.DRILL_CONTROLLER},
}

DRILL_ACCESS: Mapping[Action, frozenset[Role]] = {
    **DEFAULT_ACCESS,
    Action.WRITE: frozenset({Role.DRILL_CONTROLLER}),
    Action.DELETE: frozenset({Role.DRILL_CONTROLLER}),
    Action.LOAD: frozenset({Role.DRILL_CONTROLLER}),
}


# Every feature of every layer says where it is, where it comes from and how fresh it is.
ADCODE = Field("adcode", Label("区划代码", "Division code"), max_length=12, read_from=("行政区划代码", "XZQDM", "adcode", "gb"))
SOURCE = Field("source", Label("数据来源", "Source"), max_length=200, read_from=("来源", "SJLY"))
SOURCE_DATE = Field("source_date", Label("来源日期", "Source date"), date, read_from=("数据日期", "LYRQ"))
VERIFIED_AT = Field("verified_at", Label("核实时间", "Verified at"), datetime, read_from=("核实日期", "HSSJ"))
COMMON_FIELDS = (ADCODE, SOURCE, SOURCE_DATE, VERIFIED_AT)

# Kept by the store, never written by people. Column names of every feature table beside the fields.
SYSTEM_COLUMNS = ("id", "version", "created_at", "created_by", "updated_at", "updated_by", "geom")


@dataclass(frozen=True)
class Layer:
    """A kind of thing that the bureau keeps. All else (table, form, API, tiles, style, import, docs) follows from it.

    `fields` are its own; `all_fields` adds the common ones. `key` names the field by which files find the feature
    again (unique where given). `title` names the field shown as the feature's name. `rules` are functions of the
    properties that return `Problem`s. `out_of_service` lists the conditions by which a resource is left out of a ranking. `summary`
    lists fields shown in one line under the name. `ranked` puts the layer into the default answer of `nearest`,
    `exposed` into that of `exposure`. `drill_only` layers exist in every space but may be written in drills only.
    `geometry_sensitivity` other than public means that only roles that may reveal see exact positions. `far_reaching`
    layers were made from a file that goes beyond the district: later loads may too. With a `ledger` its features are
    entries, only ever added, from which the database keeps a number of another layer. `chainage` says how its lines are
    found by road and kilometre. A `network` is routed on, as fast as `profiles` say, where no `blocks` are in force.
    `parts` are those that it plays in plans, each kind at most once. With `zone_of` its areas belong to incidents. Fields that
    were `retired` are no longer the layer's: nothing shows, asks or fills them, but the store keeps their values.
    """

    id: str
    label: Label
    geometry: Geometry
    fields: tuple[Field, ...]
    style: Style
    group: Group = Group.LOADED
    key: str | None = None
    title: str | None = None
    summary: tuple[str, ...] = ()
    rules: tuple[Rule, ...] = ()
    out_of_service: tuple[Unfit, ...] = ()
    ranked: bool = False
    exposed: bool = False
    access: Mapping[Action, frozenset[Role]] = field(default_factory=lambda: DEFAULT_ACCESS)
    description: Label | None = None
    drill_only: bool = False
    geometry_sensitivity: Sensitivity = Sensitivity.PUBLIC
    far_reaching: bool = False
    ledger: Ledger | None = None
    chainage: Chainage | None = None
    network: Network | None = None
    profiles: Profiles | None = None
    blocks: Blocks | None = None
    parts: tuple[Part, ...] = ()
    zone_of: ZoneOf | None = None
    retired: tuple[Field, ...] = ()

    def __hash__(self) -> int:
        return hash(self.id)  # equal layers have equal ids; `access` is a mapping and has no hash of its own

    def __post_init__(self) -> None:
        if not IDENTIFIER.match(self.id):
            raise ValueError(f"layer id {self.id!r}: lower-case letters, digits and _ only, at most 48")
        ids = [one.id for one in self.all_fields]
        kept = ids + [one.id for one in self.retired]
        doubled = {one for one in kept if kept.count(one) > 1} | (set(kept) & set(SYSTEM_COLUMNS))
        if doubled:
            raise ValueError(f"layer {self.id}: fields named twice or reserved: {sorted(doubled)}")
        for named in (self.key, self.title, self.style.shade_by, *self.summary, *(one for o in self.out_of_service for one in o.own),
                      *(self.ledger.own if self.ledger else ()),
                      *(name for one in (self.chainage, self.network, self.profiles, self.blocks) if one for name in one.fields),
                      *(one for part in self.parts for one in part.fields),
                      *((self.zone_of.incident, self.zone_of.starts, self.zone_of.ends) if self.zone_of else ())):
            if named is not None and named not in ids:
                raise ValueError(f"layer {self.id}: there is no field {named!r}")
        if self.network and self.geometry is not Geometry.LINE:
            raise ValueError(f"layer {self.id}: a road network is made of lines")
        if self.blocks and self.geometry is Geometry.NONE:
            raise ValueError(f"layer {self.id}: a block lies somewhere")
        if len({part.name for part in self.parts}) != len(self.parts):
            raise ValueError(f"layer {self.id}: a part is played twice")
        for one in self.out_of_service:
            field = self.field(one.field) if isinstance(one, Lacks) else None
            if field and not (field.many and len(field.choices) <= 64):
                raise ValueError(f"layer {self.id}.{field.id}: what a question asks for is among at most 64 choices of which a feature has many")

    @property
    def all_fields(self) -> tuple[Field, ...]:
        """Own fields, then the common ones."""
        return self.fields + COMMON_FIELDS

    def field(self, field_id: str) -> Field | None:
        """The field with this id, or None."""
        return next((one for one in self.all_fields if one.id == field_id), None)

    @property
    def measures(self) -> tuple[Field, ...]:
        """Fields whose numbers may be summed."""
        return tuple(one for one in self.fields if one.counts_as)

    @property
    def references(self) -> tuple[Field, ...]:
        """Fields that name a feature of another layer."""
        return tuple(one for one in self.fields if one.reference)

    def part(self, kind: type[Played]) -> Played | None:
        """The part of this kind that the layer plays, or None."""
        return next((one for one in self.parts if isinstance(one, kind)), None)

    def allows(self, action: Action, roles: frozenset[Role]) -> bool:
        """Whether an account with these roles may do this."""
        return bool(self.access[action] & roles)

    def with_fields(self, *fields: Field) -> Layer:
        """A copy with these fields added."""
        return replace(self, fields=self.fields + fields)


@dataclass(frozen=True)
class Actor:
    """Who does something: an account's name and roles, and the network address it was asked from, where there is one."""

    name: str
    roles: frozenset[Role]
    address: str = field(default="", compare=False)

    def may(self, action: Action, layer: Layer) -> bool:
        """Whether this actor may do `action` on `layer`."""
        return layer.allows(action, self.roles)


OPERATOR = Actor("operator", frozenset(Role))  # whoever runs the command line on the server already holds the files
