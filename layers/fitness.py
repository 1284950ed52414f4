"""What makes a resource unusable: a layer lists its conditions, and every one that applies is a reason against a feature.

Each condition has a `code` for programs and a `label` for people, whose `{names}` are filled with what was found. `unknown` is said
with a resource of which the needed value is missing: it stays in the ranking, and nobody takes it for available.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any, ClassVar

from layers.label import Label


@dataclass(frozen=True)
class Threshold:
    """A limit of age that an installation sets and a question may change: whole `unit`s up to `most`; 0 is no limit."""

    label: Label
    unit: str
    default: int
    most: int


THRESHOLDS: Mapping[str, Threshold] = {
    # Contact lists are gone through twice a year, before the flood and before the fire season.
    "contact_days": Threshold(Label("联系方式核实于", "Contact verified within"), "days", 180, 3_650),
    # A duty shift is a day: each reports where its teams are when it takes over.
    "position_minutes": Threshold(Label("位置更新于", "Position reported within"), "min", 1_440, 525_600),
}


class Need(StrEnum):
    """What a question may ask of a resource by choosing among the values of one of its fields."""

    SKILLS = "skills"
    HAZARD = "hazard"


class _Condition:
    kind: ClassVar[str]
    code: str
    label: Label
    unknown: Label | None

    @property
    def own(self) -> tuple[str, ...]:
        """Fields of the layer itself that the condition reads, the one it is about first."""
        return tuple(value for name in ("field", "limit") if (value := getattr(self, name, None)))

    @property
    def unknown_code(self) -> str:
        """The code that goes with `unknown`."""
        return f"{self.own[0] if self.own else self.kind}-unknown".replace("_", "-")


@dataclass(frozen=True)
class OutOfService(_Condition):
    """`field` has one of `values`."""

    field: str
    values: tuple[Any, ...]
    code: str
    label: Label
    unknown: Label | None = None
    kind: ClassVar[str] = "value"


@dataclass(frozen=True)
class Reached(_Condition):
    """The number in `field` has reached the one in `limit`."""

    field: str
    limit: str
    code: str
    label: Label
    unknown: Label | None = None
    kind: ClassVar[str] = "reached"


@dataclass(frozen=True)
class Passed(_Condition):
    """The date in `field`, the last good day, is over in China; or the moment in it."""

    field: str
    code: str
    label: Label
    unknown: Label | None = None
    kind: ClassVar[str] = "passed"


@dataclass(frozen=True)
class Aged(_Condition):
    """The moment in `field` is longer ago than the threshold (a name of `THRESHOLDS`) allows; `{limit}` and `{age}` are spans of time in words."""

    field: str
    threshold: str
    code: str
    label: Label
    unknown: Label | None = None
    kind: ClassVar[str] = "aged"

    def __post_init__(self) -> None:
        if self.threshold not in THRESHOLDS:
            raise ValueError(f"there is no threshold {self.threshold!r}")


@dataclass(frozen=True)
class Lacks(_Condition):
    """The choices in `field` do not hold all that the question asks for; `{missing}` says which."""

    field: str
    need: Need
    code: str
    label: Label
    unknown: Label | None = None
    kind: ClassVar[str] = "lacks"


@dataclass(frozen=True)
class Ordered(_Condition):
    """Features of the layer `orders` send it to an incident other than the question's.

    `resource` and `incident` are references of that layer, `status` its choice, `open` the values by which an order holds.
    """

    orders: str
    resource: str
    incident: str
    status: str
    open: tuple[str, ...]
    code: str
    label: Label
    unknown: Label | None = None
    kind: ClassVar[str] = "ordered"


@dataclass(frozen=True)
class Short(_Condition):
    """Features of the layer `lines` that refer to it by `holder` do not hold enough of the articles asked for.

    An article is asked for by one of the fields `names`. A line counts with its `quantity`, in its `unit`, until the day in
    `expires` is over, less what orders for other incidents take from it: `line` is that reference of the orders of `taken`, `amount` its number.
    """

    lines: str
    holder: str
    names: tuple[str, ...]
    quantity: str
    unit: str
    expires: str
    code: str
    label: Label
    unknown: Label | None = None
    taken: Ordered | None = None
    line: str | None = None
    amount: str | None = None
    kind: ClassVar[str] = "short"


Unfit = OutOfService | Reached | Passed | Aged | Lacks | Ordered | Short
_KINDS: Mapping[str, type[Any]] = {one.kind: one for one in (OutOfService, Reached, Passed, Aged, Lacks, Ordered, Short)}


@dataclass(frozen=True)
class ZoneOf:
    """The layer's areas belong to the incident that `incident` refers to: a question about it leaves out what lies in them.

    They hold from the moment in `starts` to that in `ends`; a missing one does not limit. `hazard` names the choice of the incident's
    own layer that says which hazard it is.
    """

    incident: str
    starts: str
    ends: str
    hazard: str | None = None


def named_elsewhere(one: Unfit) -> list[tuple[str, str]]:
    """Layers and fields other than its own layer's that a condition reads."""
    if isinstance(one, Ordered):
        return [(one.orders, name) for name in (one.resource, one.incident, one.status)]
    if not isinstance(one, Short):
        return []
    own = [(one.lines, name) for name in (one.holder, one.quantity, one.unit, one.expires, *one.names)]
    return own + ([*named_elsewhere(one.taken), *((one.taken.orders, name) for name in (one.line, one.amount) if name)] if one.taken else [])


def unfit_to_json(one: Unfit) -> dict[str, Any]:
    """The condition as values that JSON can carry."""
    return {"kind": one.kind, **{field.name: _to_json(getattr(one, field.name)) for field in fields(one)}}


def unfit_from_json(data: Mapping[str, Any]) -> Unfit:
    """The condition that `unfit_to_json` wrote; of values, as the first layers were kept, where no kind is written."""
    kind = _KINDS[data.get("kind", OutOfService.kind)]
    return kind(**{one.name: _from_json(one.name, data[one.name]) for one in fields(kind) if one.name in data})  # type: ignore[no-any-return]


def _to_json(value: Any) -> Any:
    if isinstance(value, Label):
        return {"zh": value.zh, "en": value.en}
    if isinstance(value, Ordered):
        return unfit_to_json(value)
    return list(value) if isinstance(value, tuple) else value


def _from_json(name: str, value: Any) -> Any:
    if value is None:
        return None
    if name in ("label", "unknown"):
        return Label(value["zh"], value["en"])
    if name == "taken":
        return unfit_from_json(value)
    if name == "need":
        return Need(value)
    return tuple(value) if isinstance(value, list) else value
