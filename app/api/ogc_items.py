"""OGC API Features: the features of a collection, read by page, box, time, property and CQL2 filter, in order, in any system on offer, and written."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, Literal
from uuid import UUID

from flask import Blueprint, Response, request
from pydantic import ConfigDict, Field

from app.api.body import parse
from app.api.cql import equals, within
from app.api.crs import HEADER, Crs, box_in, given_shape, given_system, told
from app.api.features import WRITE_PROBLEMS, FeatureBody, PatchBody, created
from app.api.ogc import readable_layer
from app.api.ogc_links import link
from app.api.operation import Parameters, operation, refuse
from app.api.parameters import Anywhere, Corners
from app.api.preconditions import given_version, once
from app.api.refusals import MalformedRequest
from app.api.rendering import GEOJSON, answer, as_json, collection, etag
from app.pointers import under
from app.security import current_actor, requires
from app.spaces import current_space, current_standing
from geodata.store.features import MAX_PAGE, UNCHANGED, Store
from geodata.store.filters import all_of, queryable, text_of_json
from geodata.store.kept import PageQuestion
from geodata.store.ordering import MOST_CURSOR
from geodata.store.systems import CRS84, System
from layers.errors import InvalidInput, Problem
from layers.spec import Action, Label, Layer

blueprint = Blueprint("ogc_items", __name__, url_prefix="/ogc/collections/<layer_id>/items")

MERGE_PATCH = "application/merge-patch+json"

# A client that speaks only OGC API cannot say why; the history then says just that.
NO_REASON = "经 OGC API 删除，未说明原因 (deleted through OGC API, no reason given)"


class ItemParameters(Parameters):
    crs: Crs = Field(CRS84.uri, validate_default=True)
    f: Literal["json", "geojson"] | None = None


class ItemsParameters(ItemParameters):
    """Beside these every queryable field may be given with the value that it must equal."""

    model_config = ConfigDict(extra="allow", frozen=True, allow_inf_nan=False)

    bbox: Corners | None = None
    bbox_crs: Crs = Field(CRS84.uri, alias="bbox-crs", validate_default=True)
    datetime: str | None = Field(None, max_length=100, description="Instant or interval (RFC 3339), compared with verified_at")
    limit: int = Field(100, ge=1, description="At most 10000 are answered", json_schema_extra={"maximum": MAX_PAGE})
    filter: str | None = Field(None, max_length=4000, description="CQL2 text or JSON")
    filter_lang: Literal["cql2-text", "cql2-json"] = Field("cql2-text", alias="filter-lang")
    filter_crs: Crs = Field(CRS84.uri, alias="filter-crs", validate_default=True)
    sortby: str | None = Field(None, max_length=200, description="`field,-other`: `-` for falling; unknown values last, ties by id")
    cursor: str | None = Field(None, max_length=MOST_CURSOR, description="Where the page before ended; comes in its `next` link")


class WriteParameters(Parameters):
    anywhere: Anywhere = False


class DeleteParameters(Parameters):
    reason: str = Field(NO_REASON, min_length=1, max_length=500)


@blueprint.get("", provide_automatic_options=False)
@requires(Action.READ)
@operation(tag="ogc", summary=Label("要素分页", "Features of a collection"), query=ItemsParameters, answers={200: "FeatureCollection"}, answer_type=GEOJSON,
           problems=(400, 401, 403, 404))
def items(layer_id: str, query: ItemsParameters) -> Response:
    box = box_in(query.bbox_crs, query.bbox) if query.bbox else None
    question = PageQuestion(box, limit=min(query.limit, MAX_PAGE), cursor=query.cursor, told_in=query.crs, filter_in=query.filter_crs)
    found = None if query.filter or query.datetime or query.model_extra or query.sortby else current_space().kept_page(current_actor(), layer_id, question, standing=current_standing())
    if found is None:
        with _read_as_asked(), current_space().reading(current_actor()) as store:
            condition = _condition(query, readable_layer(store, layer_id), store)
            found = store.page_json(layer_id, bbox=box, filter=condition, limit=question.limit, cursor=query.cursor, sort=_order(query.sortby),
                                    told_in=query.crs, filter_in=query.filter_crs)
    links = [link("self", "ogc_items.items", GEOJSON, layer_id=layer_id, **request.args), link("collection", "ogc.collection", layer_id=layer_id)]
    if found.next_cursor:
        links.append(link("next", "ogc_items.items", GEOJSON, layer_id=layer_id, **{**request.args, "cursor": found.next_cursor}))
    members = {"timeStamp": datetime.now(UTC).isoformat(timespec="seconds"), "numberMatched": found.matched, "numberReturned": found.returned, "links": links}
    return answer(collection(found.features, members), content_type=GEOJSON, headers=told(query.crs))


@blueprint.post("", provide_automatic_options=False)
@requires(Action.WRITE)
@operation(tag="ogc", summary=Label("新建要素", "Make a feature"), query=WriteParameters, body=FeatureBody, body_types=(GEOJSON, "application/json"),
           headers=(HEADER, "Idempotency-Key"), answers={201: "Feature"}, answer_type=GEOJSON, problems=WRITE_PROBLEMS)
def make(layer_id: str, query: WriteParameters, body: FeatureBody) -> Response:
    system, shape = given_system(), given_shape(body.geometry)

    def act(store: Store) -> Response:
        made = created(store, layer_id, body.properties, shape, "ogc_items.item")
        made.headers.update(told(CRS84))
        return made

    # The same coordinates in another system are another place, so the system is part of what a key stands for.
    content = None if system == CRS84 else system.uri + request.get_data(as_text=True)
    return once(current_space().transaction(current_actor(), anywhere=query.anywhere), act, content=content)


@blueprint.route("", methods=["OPTIONS"])
@requires(Action.READ)
@operation(tag="ogc", summary=Label("可对数据集做什么", "What may be done with the collection"), answers={204: None})
def may_be_done(layer_id: str) -> Response:
    return _allowing(layer_id, {"POST": Action.WRITE})


@blueprint.get("/<uuid:feature_id>", provide_automatic_options=False)
@requires(Action.READ)
@operation(tag="ogc", summary=Label("一个要素", "One feature"), query=ItemParameters, answers={200: "Feature"}, answer_type=GEOJSON)
def item(layer_id: str, feature_id: UUID, query: ItemParameters) -> Response:
    with _read_as_asked(), current_space().reading(current_actor()) as store:
        return _shown(store, layer_id, feature_id, query.crs)


@blueprint.put("/<uuid:feature_id>", provide_automatic_options=False)
@requires(Action.WRITE)
@operation(tag="ogc", summary=Label("整体更新要素", "Replace a feature"), query=WriteParameters, body=FeatureBody, body_types=(GEOJSON, "application/json"),
           headers=("If-Match", HEADER), answers={200: "Feature"}, answer_type=GEOJSON, problems=WRITE_PROBLEMS)
def replace(layer_id: str, feature_id: UUID, query: WriteParameters, body: FeatureBody) -> Response:
    version, shape = given_version(), given_shape(body.geometry)
    with current_space().transaction(current_actor(), anywhere=query.anywhere) as store:
        store.replace(layer_id, feature_id, body.properties, shape, version=version)
        return _shown(store, layer_id, feature_id)


@blueprint.patch("/<uuid:feature_id>", provide_automatic_options=False)
@requires(Action.WRITE)
@operation(tag="ogc", summary=Label("修改要素的部分值", "Change some values of a feature"), query=WriteParameters, body=PatchBody,
           body_types=(MERGE_PATCH, GEOJSON, "application/json"), headers=("If-Match", HEADER), answers={200: "Feature"}, answer_type=GEOJSON, problems=WRITE_PROBLEMS)
def update(layer_id: str, feature_id: UUID, query: WriteParameters, body: PatchBody) -> Response:
    version = given_version()
    shape = given_shape(body.geometry) if "geometry" in body.model_fields_set else UNCHANGED
    with current_space().transaction(current_actor(), anywhere=query.anywhere) as store:
        store.patch(layer_id, feature_id, body.properties, version=version, geometry=shape)
        return _shown(store, layer_id, feature_id)


@blueprint.delete("/<uuid:feature_id>", provide_automatic_options=False)
@requires(Action.DELETE)
@operation(tag="ogc", summary=Label("删除要素", "Take a feature away"), query=DeleteParameters, headers=("If-Match",), answers={204: None}, problems=WRITE_PROBLEMS)
def delete(layer_id: str, feature_id: UUID, query: DeleteParameters) -> Response:
    version = given_version()
    with current_space().transaction(current_actor(), query.reason) as store:
        store.delete(layer_id, feature_id, version=version, reason=query.reason)
    return Response(status=204)


@blueprint.route("/<uuid:feature_id>", methods=["OPTIONS"])
@requires(Action.READ)
@operation(tag="ogc", summary=Label("可对要素做什么", "What may be done with the feature"), answers={204: None})
def may_be_done_with(layer_id: str, feature_id: UUID) -> Response:
    return _allowing(layer_id, {"PUT": Action.WRITE, "PATCH": Action.WRITE, "DELETE": Action.DELETE})


def _allowing(layer_id: str, methods: dict[str, Action]) -> Response:
    """What this reader may do here: programs offer editing by it."""
    with current_space().reading(current_actor()) as store:
        layer = readable_layer(store, layer_id)
        allowed = ["GET", "HEAD", "OPTIONS", *(name for name, action in methods.items() if store.may(action, layer))]
    patching = {"Accept-Patch": MERGE_PATCH} if "PATCH" in allowed else {}
    return Response(status=204, headers={"Allow": ", ".join(allowed), **patching})


@contextmanager
def _read_as_asked() -> Iterator[None]:
    """The standard answers 400 to a filter, an order or a cursor that cannot be read, where our own interface says 422."""
    try:
        with under("/query", {"sort": "sortby"}):
            yield
    except InvalidInput as refused:
        raise MalformedRequest(problems=refused.problems) from refused


def _shown(store: Store, layer_id: str, feature_id: UUID, system: System = CRS84) -> Response:
    version, text = store.get_json(layer_id, feature_id, told_in=system)
    links = [link("self", "ogc_items.item", GEOJSON, layer_id=layer_id, feature_id=feature_id), link("collection", "ogc.collection", layer_id=layer_id)]
    return answer('{"links":' + as_json(links) + "," + text[1:], headers={"ETag": etag(version), **told(system)}, content_type=GEOJSON)


def _order(sortby: str | None) -> str | None:
    """`+field,-other` as the store reads it; the plus arrives as a blank where nobody escaped it."""
    return sortby and ",".join(one.strip().removeprefix("+") for one in sortby.split(","))


def _condition(query: ItemsParameters, layer: Layer, store: Store) -> str | None:
    """All that was asked about properties and time, as one CQL2 text."""
    asked = [_filter(query.filter, query.filter_lang)] if query.filter else []
    if query.datetime:
        asked.append(within("verified_at", query.datetime))
    names = queryable(layer, reveal=store.may(Action.REVEAL, layer))
    for name, value in (query.model_extra or {}).items():
        field = layer.field(name) if name in names else None
        if field is None:
            raise _unknown(name, names)
        asked.append(equals(field, value))
    return all_of(asked) or None


def _filter(text: str, language: str) -> str:
    if language == "cql2-text":
        return text
    try:
        return text_of_json(parse(text.encode()))
    except MalformedRequest:
        refuse("filter", "CQL2 JSON")


def _unknown(name: str, known: Any) -> MalformedRequest:
    return MalformedRequest(problems=[Problem(f"/query/{name}", "request-unknown", {"name": name[:100], "known": ", ".join(known)})])
