"""OGC API Features: the features of a collection, read by page, box, time, property and CQL2 filter, and written."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Literal
from uuid import UUID

from flask import Blueprint, Response, request
from pydantic import ConfigDict, Field

from app.api.cql import equals, within
from app.api.features import WRITE_PROBLEMS, FeatureBody, created
from app.api.geometry import read_geometry
from app.api.ogc import readable_layer
from app.api.ogc_links import CRS84, link
from app.api.operation import Parameters, operation
from app.api.parameters import Anywhere, Box
from app.api.preconditions import given_version, once
from app.api.refusals import MalformedRequest
from app.api.rendering import GEOJSON, answer, as_json, collection, etag
from app.security import current_actor, requires
from app.spaces import current_space
from geodata.store.features import MAX_PAGE, Store
from geodata.store.filters import queryable
from layers.errors import Problem
from layers.spec import Action, Label, Layer

blueprint = Blueprint("ogc_items", __name__, url_prefix="/ogc/collections/<layer_id>/items")

# A client that speaks only OGC API cannot say why; the history then says just that.
NO_REASON = "经 OGC API 删除，未说明原因 (deleted through OGC API, no reason given)"


class ItemsParameters(Parameters):
    """Beside these every queryable field may be given with the value that it must equal."""

    model_config = ConfigDict(extra="allow", frozen=True, allow_inf_nan=False)

    bbox: Box | None = None
    bbox_crs: Literal["http://www.opengis.net/def/crs/OGC/1.3/CRS84"] | None = Field(None, alias="bbox-crs")
    datetime: str | None = Field(None, max_length=100, description="Instant or interval (RFC 3339), compared with verified_at")
    limit: int = Field(100, ge=1, description="At most 10000 are answered", json_schema_extra={"maximum": MAX_PAGE})
    filter: str | None = Field(None, max_length=4000, description="CQL2 text")
    filter_lang: Literal["cql2-text"] | None = Field(None, alias="filter-lang")
    filter_crs: Literal["http://www.opengis.net/def/crs/OGC/1.3/CRS84"] | None = Field(None, alias="filter-crs")
    cursor: str | None = Field(None, max_length=100, description="Where the page before ended; comes in its `next` link")
    f: Literal["json", "geojson"] | None = None


class ItemParameters(Parameters):
    f: Literal["json", "geojson"] | None = None


class WriteParameters(Parameters):
    anywhere: Anywhere = False


class DeleteParameters(Parameters):
    reason: str = Field(NO_REASON, min_length=1, max_length=500)


@blueprint.get("")
@requires(Action.READ)
@operation(tag="ogc", summary=Label("要素分页", "Features of a collection"), query=ItemsParameters, answers={200: "FeatureCollection"}, answer_type=GEOJSON,
           problems=(400, 401, 403, 404, 422))
def items(layer_id: str, query: ItemsParameters) -> Response:
    with current_space().reading(current_actor()) as store:
        condition = _condition(query, readable_layer(store, layer_id), store)
        found = store.page_json(layer_id, bbox=query.bbox, filter=condition, limit=min(query.limit, MAX_PAGE), cursor=query.cursor)
    links = [link("self", "ogc_items.items", GEOJSON, layer_id=layer_id, **request.args), link("collection", "ogc.collection", layer_id=layer_id)]
    if found.next_cursor:
        links.append(link("next", "ogc_items.items", GEOJSON, layer_id=layer_id, **{**request.args, "cursor": found.next_cursor}))
    members = {"timeStamp": datetime.now(UTC).isoformat(timespec="seconds"), "numberMatched": found.matched, "numberReturned": found.returned, "links": links}
    return answer(collection(found.features, members), content_type=GEOJSON, headers={"Content-Crs": f"<{CRS84}>"})


@blueprint.post("")
@requires(Action.WRITE)
@operation(tag="ogc", summary=Label("新建要素", "Make a feature"), query=WriteParameters, body=FeatureBody, body_types=(GEOJSON, "application/json"), headers=("Idempotency-Key",),
           answers={201: "Feature"}, answer_type=GEOJSON, problems=WRITE_PROBLEMS)
def make(layer_id: str, query: WriteParameters, body: FeatureBody) -> Response:
    return once(current_space().transaction(current_actor(), anywhere=query.anywhere), lambda store: created(store, layer_id, body, "ogc_items.item"))


@blueprint.get("/<uuid:feature_id>")
@requires(Action.READ)
@operation(tag="ogc", summary=Label("一个要素", "One feature"), query=ItemParameters, answers={200: "Feature"}, answer_type=GEOJSON)
def item(layer_id: str, feature_id: UUID, query: ItemParameters) -> Response:
    with current_space().reading(current_actor()) as store:
        return _shown(store, layer_id, feature_id)


@blueprint.put("/<uuid:feature_id>")
@requires(Action.WRITE)
@operation(tag="ogc", summary=Label("整体更新要素", "Replace a feature"), query=WriteParameters, body=FeatureBody, body_types=(GEOJSON, "application/json"), headers=("If-Match",),
           answers={200: "Feature"}, answer_type=GEOJSON, problems=WRITE_PROBLEMS)
def replace(layer_id: str, feature_id: UUID, query: WriteParameters, body: FeatureBody) -> Response:
    version = given_version()
    with current_space().transaction(current_actor(), anywhere=query.anywhere) as store:
        store.replace(layer_id, feature_id, body.properties, read_geometry(body.geometry), version=version)
        return _shown(store, layer_id, feature_id)


@blueprint.delete("/<uuid:feature_id>")
@requires(Action.DELETE)
@operation(tag="ogc", summary=Label("删除要素", "Take a feature away"), query=DeleteParameters, headers=("If-Match",), answers={204: None}, problems=WRITE_PROBLEMS)
def delete(layer_id: str, feature_id: UUID, query: DeleteParameters) -> Response:
    version = given_version()
    with current_space().transaction(current_actor(), query.reason) as store:
        store.delete(layer_id, feature_id, version=version, reason=query.reason)
    return Response(status=204)


def _shown(store: Store, layer_id: str, feature_id: UUID) -> Response:
    version, text = store.get_json(layer_id, feature_id)
    links = [link("self", "ogc_items.item", GEOJSON, layer_id=layer_id, feature_id=feature_id), link("collection", "ogc.collection", layer_id=layer_id)]
    return answer('{"links":' + as_json(links) + "," + text[1:], headers={"ETag": etag(version), "Content-Crs": f"<{CRS84}>"}, content_type=GEOJSON)


def _condition(query: ItemsParameters, layer: Layer, store: Store) -> str | None:
    """All that was asked about properties and time, as one CQL2 text."""
    asked = [query.filter] if query.filter else []
    if query.datetime:
        asked.append(within("verified_at", query.datetime))
    names = queryable(layer, reveal=store.may(Action.REVEAL, layer))
    for name, value in (query.model_extra or {}).items():
        field = layer.field(name) if name in names else None
        if field is None:
            raise _unknown(name, names)
        asked.append(equals(field, value))
    return " AND ".join(f"({one})" for one in asked) or None


def _unknown(name: str, known: Any) -> MalformedRequest:
    return MalformedRequest(problems=[Problem(f"/query/{name}", "request-unknown", {"name": name[:100], "known": ", ".join(known)})])
