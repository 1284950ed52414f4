"""A database whose every text is a payload: fields of every layer, a layer made at run time, names, reasons, drills, views."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count
from typing import Any

from shapely.geometry import LineString, Point, Polygon, box
from shapely.geometry.base import BaseGeometry

from geodata.store.audit import record
from geodata.store.batch import Row
from geodata.store.database import Database
from geodata.store.spaces import Space
from geodata.store.views import Views
from layers import rules
from layers.catalogue import CATALOGUE
from layers.checking import clean
from layers.spec import Actor, Choice, Family, Field, Geometry, Label, Layer, Measure, OutOfService, Role, Sensitivity, Style
from tests.browser.payloads import FORMULAS, PAYLOADS, packed

TEXTS = [one.text for one in PAYLOADS]
OTHERS = packed(200, start=30)  # many to a value, for names that stand beside values
_TURN = count()


def _words() -> Label:
    """Two labels that no other has, with payloads in both languages."""
    turn = next(_TURN)
    return Label(f"{turn} {packed(60, start=turn)[0]}", f"{turn} {packed(60, start=turn + 30)[0]}")


# A layer as a file can make one: its names, choices, units, and reasons are payloads too.
HOSTILE = Layer(
    id="hostile", label=_words(), description=_words(), geometry=Geometry.POINT_OR_POLYGON, key="code", title="name", summary=("kind", "phone"), ranked=True, exposed=True,
    style=Style(Family.RESOURCE, label_zoom=8), out_of_service=(OutOfService("state", ("shut",), "closed", _words(), unknown=_words()),),
    fields=(
        Field("code", _words(), max_length=100), Field("name", _words(), max_length=300), Field("phone", _words(), max_length=300, sensitivity=Sensitivity.PERSONAL),
        Field("kind", _words(), choices=tuple(Choice(text, Label(text, text)) for text in TEXTS), description=_words()),
        Field("state", _words(), choices=(Choice("shut", _words()), Choice("open", _words()))),
        Field("beds", _words(), int, unit=TEXTS[0], counts_as=Measure.QUANTITY), *(Field(f"more_{n}", _words(), max_length=1000) for n in range(3)),
    ),
)


def texts_of(layer: Layer) -> dict[str, list[str]]:
    """For each text field of a layer the values that together hold every payload that fits."""
    checked = {"control_periods"} if rules.control_periods_are_days in layer.rules else set()  # days of the year and nothing else
    checked |= set(layer.ledger.kept) if layer.ledger else set()  # the database fills them
    free = [one for one in layer.all_fields if one.type is str and not one.choices and not one.reference and one.id not in checked]
    found = {one.id: packed(one.max_length, start=turn * 7) for turn, one in enumerate(free)}
    formulas = {one.id: FORMULAS for one in free if one.max_length >= max(map(len, FORMULAS))}
    return {name: [*values, *formulas.get(name, ())] for name, values in found.items() if values}


def fill(database: Database) -> Space:
    """Every layer with as many features as its fields need, each changed once; names and reasons beside them."""
    live = database.space()
    planner = Actor("planner", frozenset({Role.PLANNER}))
    live.create_layer(HOSTILE, Actor("gis_staff", frozenset({Role.GIS_STAFF})), reason=OTHERS[0])
    in_order = [CATALOGUE[one.name] for one in live.tables.metadata.sorted_tables if one.name in CATALOGUE]  # those referred to first
    for layer in [*in_order, HOSTILE]:
        if not layer.drill_only:
            _carry(live, layer, planner)
    controller = Actor("drill_controller", frozenset({Role.DRILL_CONTROLLER}))
    drill = database.space(database.open_drill(packed(100)[1], controller).id)
    for layer in CATALOGUE.values():
        if layer.drill_only:
            _carry(drill, layer, controller)
    for name in packed(60):
        looks = {HOSTILE.id: {"filter": [{"field": "name", "op": "contains", "values": [name]}], "by": None, "opacity": 1}}
        Views(database.engine, planner).make(name, {"zoom": 13, "center": [109.64, 40.6], "shown": [HOSTILE.id], "order": [], "looks": looks, "theme": "day"}, shared=True)
    for turn, text in enumerate(packed(500)):
        detail: dict[str, Any] = {"format": text, text[:20]: turn}
        record(database.engine, replace(planner, address=text[:60]), "export.file", text, reason=text, **detail)
    return drill


def _carry(space: Space, layer: Layer, actor: Actor) -> None:
    """Insert the features that the layer needs and change each, so that its history has both."""
    texts = texts_of(layer)
    reasons = packed(500, start=11)
    with space.reading(actor) as store:
        parents = {one.id: [str(each.id) for each in store.page(str(one.reference), limit=100).features] for one in layer.references
                   if not layer.ledger or one.id == layer.ledger.account}  # only a transfer has another side
    number = max(map(len, texts.values()))
    fixed = [{**_rest(layer, turn), **{name: ids[turn % len(ids)] for name, ids in parents.items()}} for turn in range(number)]
    first = [_row(layer, turn, fixed[turn], _values(texts, turn, layer.key)) for turn in range(number)]
    with space.transaction(actor, reasons[0]) as store:
        store.upsert(layer.id, first)
        made = store.page(layer.id, limit=number).features
    if layer.ledger:
        return  # an entry stays as it was made
    for part, reason in enumerate(reasons):
        rows = [_row(layer, turn, fixed[turn], {**_values(texts, turn + 1, layer.key), **_key(layer, first[turn])}) for turn in range(part, number, len(reasons))]
        with space.transaction(actor, reason) as store:
            if layer.key:
                store.upsert(layer.id, rows)
            else:
                for one, row in zip(made[part::len(reasons)], rows, strict=True):
                    store.patch(layer.id, one.id, row.properties, version=1)


def _row(layer: Layer, turn: int, fixed: Mapping[str, Any], texts: Mapping[str, Any]) -> Row:
    values, problems = clean(layer, {**fixed, **texts})
    assert not problems, problems
    return Row(values, _shape(layer, turn), turn + 1)


def _key(layer: Layer, row: Row) -> dict[str, Any]:
    return {layer.key: row.properties[layer.key]} if layer.key else {}


def _values(texts: Mapping[str, list[str]], turn: int, key: str | None) -> dict[str, Any]:
    """The turn's value of each field; a key is used once, then there is none or a plain one."""
    return {name: values[turn % len(values)] if name != key or turn < len(values) else f"K{turn}" for name, values in texts.items()}


def _rest(layer: Layer, turn: int) -> dict[str, Any]:
    """The values that are no free text: choices in turn, and today's date for what was verified."""
    chosen = {one.id: [each[turn % len(each)].value] if one.many else each[turn % len(each)].value for one in layer.all_fields if (each := one.choices) and rules.level_follows_r not in layer.rules}
    if layer.ledger:
        chosen |= {layer.ledger.kind: layer.ledger.count, layer.ledger.quantity: turn}
    return {**chosen, "verified_at": f"{datetime.now(UTC).date()}T00:00:00Z", **({"beds": turn} if layer.field("beds") else {})}


def _shape(layer: Layer, turn: int) -> BaseGeometry | None:
    """A place of one's own in the middle of the district, no two symbols over each other at zoom 13."""
    lon, lat = 109.60 + turn % 10 / 100, 40.58 + turn // 10 / 100 + list(CATALOGUE).index(layer.id) / 3000 if layer.id in CATALOGUE else 40.575 + turn // 10 / 100
    shapes: Mapping[Geometry, BaseGeometry | None] = {
        Geometry.NONE: None, Geometry.LINE: LineString([(lon, lat), (lon + 0.004, lat)]), Geometry.POLYGON: box(lon, lat, lon + 0.002, lat + 0.001),
    }
    if layer.geometry is Geometry.POINT_OR_POLYGON and turn % 5 == 0:
        return Polygon(box(lon, lat, lon + 0.002, lat + 0.001))
    return shapes.get(layer.geometry, Point(lon, lat))
