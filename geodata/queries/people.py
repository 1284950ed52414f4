"""Who lives where: places of a population with their people, how they were counted, and which part of each lies in a zone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from math import ceil
from typing import Any
from uuid import UUID

import numpy as np
import shapely
from numpy.typing import NDArray

from geodata.queries.bounds import Box
from geodata.queries.membership import Zone
from geodata.queries.postgis import TableCandidates
from geodata.store.features import Store
from geodata.store.rows import Feature
from layers.errors import Forbidden, InvalidInput, Problem, TooLarge
from layers.messages import Sentence, declare
from layers.parts import Part, Residents
from layers.spec import Action, Geometry, Label, Layer, Measure

MAX_PLACES = 20_000  # places of a population in one question; a grid of 200 m over the district has as many
EVERYWHERE: tuple[Box, ...] = ((-180.0, -90.0, 180.0, 90.0),)
_HAIR = 1e-9  # of a person: areas are right to 1e-12 of themselves

declare({
    "population-unknown-layer": Sentence(
        Label("图层「{layer}」不记人口，可选：{known}", "Layer “{layer}” keeps no population; there are: {known}"),
        Label("换一个有人口字段的图层", "Name a layer with a field that counts people"),
    ),
    "population-none": Sentence(Label("没有您能查看的人口图层", "There is no population layer that you may read"),
                                Label("请目录中声明人口图层，或给出 population", "Declare one in the catalogue, or give `population`")),
})


@dataclass(frozen=True)
class Place:
    """A place where people live, seen from a zone or as a whole.

    `people` is those that count here, None where nobody knows. Of a line or a polygon partly inside, `fraction` (else None) is the part that lies
    inside by length or area, and `people` that part of the `whole`, rounded up. `lon`, `lat` is a place in that part, in degrees.
    `basis` and `as_of` say how and when it was counted.
    """

    id: UUID
    layer: str
    name: str
    people: int | None
    whole: int | None
    fraction: float | None
    lon: float
    lat: float
    basis: str | None
    as_of: date | None


@dataclass(frozen=True)
class Counted:
    """What of a count rests on one basis of one day (None: not said)."""

    basis: str | None
    as_of: date | None
    places: int
    people: int


@dataclass(frozen=True)
class People:
    """People of one layer: `total` of those known, `unknown` places that do not say, `shared` places counted in part by length or area.

    `total` None: no place says.
    """

    layer: str
    places: tuple[Place, ...]
    total: int | None
    unknown: int
    shared: int
    portions: tuple[Counted, ...]


def population_layer(store: Store, named: str | None) -> Layer:
    """The layer that says who lives where: the one named, else the first that is declared to. InvalidInput at `/population`."""
    known = [one for one in store.catalogue.values() if people_field(one) and one.geometry is not Geometry.NONE and store.may(Action.READ, one)]
    if named is not None:
        layer = store.catalogue.layer(named)
        if not store.may(Action.READ, layer):
            raise Forbidden(action=Action.READ.value, layer=named)
        if layer not in known:
            raise refused("population", "population-unknown-layer", layer=named, known=", ".join(one.id for one in known))
        return layer
    declared = readable(store, Residents)
    if not declared:
        raise refused("population", "population-none")
    return declared[0]


def other_populations(store: Store, chosen: Layer) -> list[Layer]:
    """The other layers declared to say who lives where: theirs are second figures, shown beside the first."""
    return [one for one in readable(store, Residents) if one.id != chosen.id]


def readable(store: Store, part: type[Part]) -> list[Layer]:
    """Layers that play a part and that this reader may read; Forbidden when there are some, but none of these."""
    there = store.catalogue.playing(part)
    allowed = [one for one in there if store.may(Action.READ, one)]
    if there and not allowed:
        raise Forbidden(action=Action.READ.value, layer=there[0].id)
    return allowed


def people_field(layer: Layer) -> str | None:
    """The field that counts who lives there: as declared, else the first that counts people."""
    part = layer.part(Residents)
    return part.people if part else next((one.id for one in layer.measures if one.counts_as is Measure.PEOPLE), None)


def people_inside(store: Store, layer: Layer, zone: Zone) -> People:
    """Everybody in a zone: of a polygon or line partly inside the part by area or length, of a point all; touching counts for points only."""
    ids, shapes = found(store, layer, zone.windows)
    inside = np.flatnonzero(zone.holds(shapes)) if len(ids) else np.zeros(0, np.intp)
    part, whole = zone.parts(shapes[inside]) if len(inside) else (np.zeros(0), np.zeros(0))
    fractions = {ids[place]: 1.0 if all_in != all_in else some / all_in if all_in > 0.0 else 0.0
                 for place, some, all_in in zip(inside, part.tolist(), whole.tolist(), strict=True)}
    chosen = [place for place in inside if fractions[ids[place]] > 0.0]
    seen = shapes[chosen]
    cut = np.array([fractions[ids[place]] < 1.0 for place in chosen], bool)
    if cut.any():
        seen = seen.copy()
        seen[cut] = shapely.intersection(zone.outline, seen[cut])
    return _people(store, layer, [ids[place] for place in chosen], seen, [fractions[ids[place]] for place in chosen])


def people_everywhere(store: Store, layer: Layer) -> People:
    """Everybody of a layer."""
    ids, shapes = found(store, layer, EVERYWHERE)
    return _people(store, layer, ids, shapes, [1.0] * len(ids))


def found(store: Store, layer: Layer, windows: Sequence[Box], most: int = MAX_PLACES) -> tuple[list[UUID], NDArray[Any]]:
    """Ids, in order, and shapes of the features whose boxes meet these windows, as their reader may see them. TooLarge past `most`."""
    slots, chosen = candidates(store, layer, windows, most)
    return [_known(slots.slots.ids[slot]) for slot in chosen], slots.slots.shapes[chosen]


def candidates(store: Store, layer: Layer, windows: Sequence[Box], most: int = MAX_PLACES) -> tuple[TableCandidates, list[int]]:
    """The same as columns and the slots chosen, in order of id."""
    table = TableCandidates(store.connection, layer, store.tables.layers[layer.id], reveal=store.may(Action.REVEAL, layer))
    chosen = table.inside(windows)
    if len(chosen) > most:
        raise TooLarge(what=f"{layer.id}: {len(chosen)}", limit=most)
    return table, sorted(chosen, key=lambda slot: _known(table.slots.ids[slot]))


def middle(shape: Any) -> tuple[float, float]:
    """Longitude and latitude of a place on a shape, of a point its own."""
    point = shape if shape.geom_type == "Point" else shapely.point_on_surface(shape)
    return float(point.x), float(point.y)


def title_of(layer: Layer, one: Feature) -> str:
    """What a feature is called: its title, else its key, else its id."""
    named = (one.properties.get(name) for name in (layer.title, layer.key) if name)
    return next((str(value) for value in named if value), str(one.id))


def refused(name: str, code: str, **values: Any) -> InvalidInput:
    """InvalidInput about one parameter of a question."""
    return InvalidInput(problems=[Problem(f"/{name}", code, values)])


def _known(one: UUID | None) -> UUID:
    assert one is not None
    return one


def _people(store: Store, layer: Layer, ids: Sequence[UUID], shapes: NDArray[Any], fractions: Sequence[float]) -> People:
    features = store.by_ids(layer.id, ids) if ids else {}
    places = tuple(_place(layer, features[one], shape, fraction) for one, shape, fraction in zip(ids, shapes, fractions, strict=True))
    known = [one.people for one in places if one.people is not None]
    return People(layer.id, places, sum(known) if known or not places else None, len(places) - len(known),
                  sum(one.fraction is not None for one in places), _portions(places))


def _place(layer: Layer, one: Feature, shape: Any, fraction: float) -> Place:
    part = layer.part(Residents)
    whole = one.properties[str(people_field(layer))]
    whole = None if whole is None else ceil(whole - _HAIR)
    basis = (one.properties.get(part.basis) if part and part.basis else None) or one.properties.get("source")
    as_of = (one.properties.get(part.as_of) if part and part.as_of else None) or one.properties.get("source_date")
    lon, lat = middle(shape)
    people = None if whole is None else whole if fraction >= 1.0 else ceil(whole * fraction - _HAIR)
    return Place(one.id, layer.id, title_of(layer, one), people, whole, None if fraction >= 1.0 else fraction, lon, lat, basis, as_of)


def _portions(places: Sequence[Place]) -> tuple[Counted, ...]:
    by_basis: dict[tuple[str | None, date | None], list[int]] = {}
    for one in places:
        if one.people is not None:
            by_basis.setdefault((one.basis, one.as_of), []).append(one.people)
    return tuple(Counted(*basis, len(counts), sum(counts)) for basis, counts in sorted(by_basis.items(), key=lambda one: (str(one[0][0] or ""), str(one[0][1] or ""))))
