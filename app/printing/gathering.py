"""Fills a sheet from the space: what the reader may see of the frame, and the answers by the same engine as the screen's."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from app.pointers import under
from app.printing import answers, words
from app.printing.contents import Basis, Drawn, Marked, Place, PrintedLayer, Sheet, Zone
from app.printing.paper import Orientation, Paper, Size
from app.printing.view import View
from geodata.queries.engine import QueryEngine
from geodata.queries.exposure import ExposureQuestion, LayerExposure
from geodata.queries.nearest import LayerRanking, NearestQuestion
from geodata.queries.showing import Show
from geodata.queries.supply import LayerSupply, SupplyAnswer
from geodata.store.changes import LayerVersion
from geodata.store.features import Store
from geodata.store.rows import Feature, sees_exactly
from geodata.store.spaces import Space
from layers.district import BUREAU, JIUYUAN
from layers.errors import InvalidInput, Problem
from layers.fitness import Short
from layers.messages import Sentence, declare
from layers.spec import Action, Actor, Geometry, Label, Layer

TRIES = 3  # until the answers are of the map's moment, while others write
MAX_FEATURES = 5_000  # of one layer: more is a grey mass on paper, and takes longer than people wait
_RANKED = Show[LayerRanking](named=lambda one: [*(each.id for each in one.ranked), *(each.id for each in one.left_out)],
                             read=lambda store, layer, ids: store.by_ids(layer, ids))
_EXPOSED = Show[LayerExposure](named=lambda one: [each.id for each in one.features[:answers.MAX_NAMED]], read=lambda store, layer, ids: store.by_ids(layer, ids))
_SUPPLIED = Show[LayerSupply](named=lambda one: [*(each.id for each in one.sources), *(each.left_out.id for each in one.closed)],
                              read=lambda store, layer, ids: store.by_ids(layer, ids))
_GROUND_AREAS_FROM_ZOOM = 11  # areas of fact layers show from this zoom at the latest, as on the screen

declare({
    "print-empty": Sentence(
        Label("图幅内没有可打印的内容", "There is nothing to print in this view"),
        Label("移动或缩小地图，或打开图层", "Move the map or zoom out, or switch layers on")),
    "print-too-many": Sentence(
        Label("图幅内要素太多：{layers}", "There is too much in this view: {layers}"),
        Label("放大地图，或关掉这些图层", "Zoom in, or switch these layers off")),
})


@dataclass(frozen=True)
class Order:
    """What is to be printed. `layers` None: those that are on when the map is first opened."""

    size: Size = Size.A4
    orientation: Orientation = Orientation.LANDSCAPE
    centre: tuple[float, float] | None = None
    scale: int | None = None
    bbox: tuple[float, float, float, float] | None = None
    title: str = ""
    layers: tuple[str, ...] | None = None
    nearest: NearestQuestion | None = None
    exposure: ExposureQuestion | None = None
    graticule: bool = True
    place: str = ""


def gather(space: Space, actor: Actor, engine: QueryEngine, order: Order, language: str) -> Sheet:
    """The sheet, worded: map and answers are of one moment, or the sheet says that they may differ by a change. Raises InvalidInput for a view that cannot be printed, LayerNotFound, Forbidden as the store does."""
    paper = Paper(order.size, order.orientation, space.is_drill)
    view = _view(order, paper)
    sheet = Sheet(
        paper=paper, view=view, language=language, title=order.title.strip() or JIUYUAN.label.in_language(language), bureau=BUREAU.in_language(language),
        space=space.record.name if space.is_drill else "", made_at=words.now(), made_by=actor.name, layers=(), graticule=order.graticule)
    for turn in range(TRIES):
        sheet, versions = answered(sheet, space, actor, engine, order)
        with space.reading(actor) as store:
            standing = store.versions()
            apart = any(standing.get(layer_id) != version for layer_id, version in versions)
            if apart and turn < TRIES - 1:
                continue
            found = [(layer, _read(store, layer, view)) for layer in _wanted(store, order.layers, view)]
            layers = tuple(printed(store, layer, features, language) for layer, features in found if features is not None)
            break
    crowded = [layer.label.in_language(language) for layer, features in found if features is None]
    layers = tuple(one for one in layers if one.features)
    if not layers and not sheet.marked and sheet.zone is None:
        if crowded:
            raise InvalidInput(problems=[Problem("/bbox", "print-too-many", {"layers": words.say("comma", language).join(crowded)})])
        raise InvalidInput(problems=[Problem("/bbox", "print-empty")])
    notes = tuple(words.say("too-many", language, layer=one, n=f"{MAX_FEATURES:,}") for one in crowded)
    return replace(sheet, layers=layers, left_off=(*notes, words.say("apart", language)) if apart else notes)


def _view(order: Order, paper: Paper) -> View:
    if order.scale is not None and order.centre is not None:
        return View(*order.centre, order.scale, paper.frame)
    if order.bbox is not None:
        return View.around(order.bbox, paper.frame)
    return View.around(JIUYUAN.bbox, paper.frame)


def _wanted(store: Store, named: tuple[str, ...] | None, view: View) -> Iterable[Layer]:
    """Layers to be drawn, lowest first; one that is named must be there and readable."""
    if named is None:
        chosen = [one for one in store.catalogue.values() if one.style.visible and store.may(Action.READ, one)]
    else:
        chosen = [store.catalogue.layer(name) for name in dict.fromkeys(named)]
    shown = [one for one in chosen if one.geometry is not Geometry.NONE and (one.style.paint or view.zoom >= _from_zoom(one) - 0.5)]
    return sorted(shown, key=lambda one: one.style.order)


def _from_zoom(layer: Layer) -> float:
    points_only = layer.geometry is Geometry.POINT
    return layer.style.min_zoom if points_only else min(layer.style.min_zoom, _GROUND_AREAS_FROM_ZOOM)


def _read(store: Store, layer: Layer, view: View) -> list[Feature] | None:
    """The features in the frame, or None when they are too many."""
    page = store.page(layer.id, bbox=view.bbox, limit=MAX_FEATURES + 1)
    return None if len(page.features) > MAX_FEATURES else list(page.features)


def printed(store: Store, layer: Layer, features: list[Feature], language: str) -> PrintedLayer:
    """A layer with what of it is drawn."""
    coarse = not sees_exactly(layer, reveal=store.may(Action.REVEAL, layer))
    drawn = tuple(drawn_of(layer, one, language) for one in features if one.geometry is not None)
    return PrintedLayer(layer.id, layer.label.in_language(language), layer.style, drawn, _basis(features), coarse)


def drawn_of(layer: Layer, feature: Feature, language: str) -> Drawn:
    """A feature as the map draws it."""
    properties = feature.properties
    shade = properties.get(layer.style.shade_by or "")
    name = properties.get(layer.title or "") or ""
    ours = bool(layer.key) and str(properties.get(layer.key or "")).removeprefix("156") == JIUYUAN.adcode
    return Drawn(str(feature.id), str(name), "" if shade is None else str(shade), feature.geometry, str(properties.get("number") or ""), ours)


def _basis(features: list[Feature]) -> Basis:
    def stated(name: str) -> list[Any]:
        return sorted({one.properties[name] for one in features if one.properties.get(name) is not None})

    verified = stated("verified_at")
    return Basis(tuple(stated("source")), tuple(stated("source_date")), verified[0] if verified else None, verified[-1] if verified else None,
                 sum(one.properties.get("verified_at") is None for one in features))


def answered(sheet: Sheet, space: Space, actor: Actor, engine: QueryEngine, order: Order) -> tuple[Sheet, set[tuple[str, LayerVersion]]]:
    """The sheet with the answers to the questions of the order: tables in words, and what they name marked on the map. With the layers' versions."""
    language = sheet.language
    versions: set[tuple[str, LayerVersion]] = set()
    marks: dict[tuple[str, str], Marked] = {}
    if order.exposure is not None:
        with under("/exposure"):
            exposed = engine.exposure(space, order.exposure, actor, _EXPOSED)
        label = words.say("zone.circle", language, radius=words.distance(order.exposure.buffer_m)) if order.exposure.buffer_m else words.say("zone.drawn", language)
        versions |= {(one.layer, one.version) for one in exposed.layers}
        named = _named(exposed.layers)
        rows, none = answers.exposure_rows(space.catalogue, exposed, named, language)
        sheet = replace(sheet, zone=Zone(exposed.zone, label), exposure=rows, exposure_none=none,
                        exposure_head=words.say("zone.head", language, zone=label, when=words.moment(sheet.made_at)))
        marks |= _marks(space, named, {(one.layer, str(each.id)): {} for one in exposed.layers for each in one.features[:answers.MAX_NAMED]}, language)
    if order.nearest is not None:
        with under("/nearest"):
            ranked = engine.nearest(space, order.nearest, actor, _RANKED)
        versions |= {(one.layer, one.version) for one in ranked.layers}
        named = _named(ranked.layers)
        place = Place(order.nearest.lon, order.nearest.lat, order.place or f"{order.nearest.lon:.5f}, {order.nearest.lat:.5f}")
        head = words.say("nearest.head", language, place=place.label, when=words.moment(sheet.made_at))
        driven = next((one.road for one in ranked.layers if one.road), None)
        if driven is not None:
            profile = engine.roads(space, actor).profiles.get(driven.profile)
            head = words.say("nearest.head-road", language, place=place.label, profile=profile.name if profile else driven.profile, when=words.moment(sheet.made_at))
        head += words.say("nearest.outside", language) if order.nearest.zone is not None else ""
        needed = answers.needed(space.catalogue, ranked.needs, language)
        head += words.say("nearest.needed", language, needs=needed) if needed else ""
        routes = tuple(each.driven.route for one in ranked.layers for each in one.ranked if each.rank == 1 and each.driven and each.driven.route)
        supply = _supply(space, actor, engine, order.nearest)
        versions |= {(one.layer, one.version) for one in supply.layers}
        holders = _named(supply.layers)
        given = answers.supplied(space.catalogue, supply, holders, language)
        alone = replace(ranked, layers=tuple(one for one in ranked.layers if one.layer not in {each.layer for each in supply.layers}))  # several together answer for these
        sheet = replace(sheet, place=place, routes=routes, ranking=(*given, *answers.rankings(space.catalogue, alone, named, language)), ranking_head=head)
        marks |= _marks(space, holders, {(each.source.layer, str(each.source.id)): {} for one in supply.articles for each in one.portions}, language)
        how: dict[tuple[str, str], dict[str, Any]] = {(one.layer, str(each.id)): {"out": True} for one in alone.layers for each in one.left_out[:20]}
        how |= {(one.layer, str(each.id)): {"rank": each.rank, "out": each.rank is None} for one in alone.layers for each in one.ranked}
        marks |= _marks(space, named, how, language)
    return replace(sheet, marked=tuple(marks.values())), versions


def _supply(space: Space, actor: Actor, engine: QueryEngine, question: NearestQuestion) -> SupplyAnswer:
    """How the articles of the question are met from several holders; no layers where it asks for none, or of no layer that holds stock."""
    stocked = tuple(one.id for one in space.catalogue.values() if any(isinstance(each, Short) for each in one.out_of_service) and (not question.layers or one.id in question.layers))
    if not question.needs.articles or not stocked:
        return SupplyAnswer((), ())
    with under("/nearest"):
        return engine.supply(space, replace(question, layers=tuple(one for one in question.layers if one in stocked)), actor, _SUPPLIED)


def _named(layers: Iterable[LayerRanking | LayerExposure | LayerSupply]) -> dict[tuple[str, str], Feature]:
    """The features that an answer names, as this reader may see them."""
    return {(one.layer, str(feature_id)): feature for one in layers for feature_id, feature in one.shown.items()}


def _marks(space: Space, named: Mapping[tuple[str, str], Feature], how: Mapping[tuple[str, str], dict[str, Any]], language: str) -> dict[tuple[str, str], Marked]:
    found = {}
    for (layer_id, feature_id), mark in how.items():
        feature = named.get((layer_id, feature_id))
        layer = space.catalogue.layer(layer_id)
        if feature is not None and feature.geometry is not None and not layer.style.paint:
            found[layer_id, feature_id] = Marked(layer_id, layer.style, drawn_of(layer, feature, language), **mark)
    return found
