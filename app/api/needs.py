"""What may be needed of resources, and how a need for articles is met from several depots together, the shortfall first."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response
from pydantic import Field

from app.api.geometry import read_zone
from app.api.nearest import Limits, NeedsBody, Word
from app.api.operation import Body, operation
from app.api.parameters import Latitude, Longitude
from app.api.rendering import GEOJSON, answer, collection, with_properties
from app.security import current_actor, requires
from app.services import services
from app.settings import limits_of
from app.spaces import current_space
from geodata.queries.nearest import MAX_DISTANCE_M, NearestQuestion
from geodata.queries.needs import choices
from geodata.queries.showing import Show
from geodata.queries.stock import articles_in_stock
from geodata.queries.supply import Closed, LayerSupply, NotCounted, Portion, Supplied
from layers.fitness import THRESHOLDS, Need, Short
from layers.spec import Action, Label

blueprint = Blueprint("needs", __name__, url_prefix="/api/v1/needs")


class SupplyBody(Limits, Body):
    """A place (degrees, CRS84) and the articles needed there; other conditions as for `/nearest`."""

    lon: Longitude
    lat: Latitude
    needs: NeedsBody
    layers: tuple[str, ...] = Field((), max_length=100)
    max_distance_m: float | None = Field(None, ge=0, le=MAX_DISTANCE_M)
    filter: str | None = Field(None, max_length=4000)
    zone: dict[str, Any] | None = None
    incident: Word | None = None


@blueprint.get("")
@requires(Action.READ)
@operation(tag="questions", summary=Label("可以要求的能力、灾种、物资及阈值", "Skills, hazards, articles and thresholds that may be asked for"), answers={200: "NeedsThereAre"},
           problems=(401, 403))
def there_are() -> Response:
    space = current_space()
    with space.reading(current_actor()) as store:
        conditions = [one for layer in store.catalogue.values() for one in layer.out_of_service if isinstance(one, Short)]
        articles = [article for one in conditions if store.may(Action.READ, store.catalogue.layer(one.lines)) for article in articles_in_stock(store, one)]
        words = {need.value: [{"value": one.value, "label": one.label} for one in choices(store.catalogue, need)] for need in Need}
    standing = limits_of(services().settings)
    limits = {name: {"label": one.label, "unit": one.unit, "value": standing[name], "most": one.most} for name, one in THRESHOLDS.items()}
    return answer({**words, "articles": articles, "limits": limits})


_SHOW = Show[LayerSupply](named=lambda supply: [one.id for one in supply.sources], read=lambda store, layer, ids: store.by_ids_json(layer, ids), kept=True)


@blueprint.post("")
@requires(Action.READ)
@operation(tag="questions", summary=Label("物资由哪些库凑齐：先说缺口，再说从哪里来", "Articles met from several depots, nearest first: what is short, what comes from where"),
           body=SupplyBody, answers={200: "SupplyAnswer"}, answer_type=GEOJSON, problems=(400, 401, 403, 404, 413, 415, 422))
def supply(body: SupplyBody) -> Response:
    zone = read_zone(body.zone, "/zone") if body.zone is not None else None
    question = NearestQuestion(body.lon, body.lat, body.layers, 1, body.max_distance_m, body.filter, zone, body.needs.needs, body.incident, body.limits, body.patience_ms)
    found = services().engine.supply(current_space(), question, current_actor(), _SHOW)
    features = [text for layer in found.layers for text in _features(layer, found.articles)]
    members = {"asked": body.model_dump(exclude_none=True), "articles": [_article(one) for one in found.articles], "layers": [_layer(one) for one in found.layers],
               "numberReturned": len(features)}
    return answer(collection(features, members), content_type=GEOJSON)


def _features(layer: LayerSupply, articles: tuple[Supplied, ...]) -> list[str]:
    """The depots that something comes from, nearest first, each with its place among them."""
    used = {portion.source.id for one in articles for portion in one.portions}
    drawn = [one for one in layer.sources if one.id in used]
    return [with_properties(layer.shown[one.id], {"layer": layer.layer, "rank": rank, "distance_m": one.distance_m}) for rank, one in enumerate(drawn, 1)]


def _article(one: Supplied) -> dict[str, Any]:
    return {"name": one.article.name, "unit": one.unit, "asked": one.article.quantity, "short": one.short, "met": one.met, "from": [_portion(each) for each in one.portions],
            "not_counted": [_not_counted(each) for each in one.not_counted]}


def _portion(one: Portion) -> dict[str, Any]:
    return {"layer": one.source.layer, "feature": one.source.id, "distance_m": one.source.distance_m, "quantity": one.quantity,
            "lines": [{"id": line.id, "code": line.code, "quantity": amount, "expires_on": line.expires_on} for line, amount in one.lines]}


def _not_counted(one: NotCounted) -> dict[str, Any]:
    return {"layer": one.layer, "feature": one.holder, "distance_m": one.distance_m, "line": one.line.id, "code": one.line.code, "quantity": one.quantity,
            "unit": one.line.unit, "expires_on": one.line.expires_on, "reason": one.reason}


def _layer(one: LayerSupply) -> dict[str, Any]:
    return {"layer": one.layer, "version": one.version.version, "token": one.version.token, "answered_by": one.answered_by, "positions": one.positions,
            "complete": one.complete, "left_out": [_closed(each) for each in one.closed], "rests_on": one.rests_on}


def _closed(one: Closed) -> dict[str, Any]:
    return {"feature": one.left_out.id, "distance_m": one.left_out.distance_m, "reasons": one.left_out.reasons, "holds": one.free}
