"""Features of a layer: read by page or one, made, replaced, changed, taken away, and their history."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask import Blueprint, Response
from pydantic import BaseModel, ConfigDict, Field, model_validator
from shapely.geometry.base import BaseGeometry

from app.api.geometry import read_geometry, refuse_other_crs
from app.api.operation import Parameters, operation
from app.api.parameters import Anywhere, Box, Ids, Names
from app.api.preconditions import given_version, once
from app.api.rendering import GEOJSON, answer, collection, etag
from app.security import current_actor, requires
from app.spaces import current_space, current_standing, space_url
from geodata.store.features import MAX_PAGE, UNCHANGED, Store
from geodata.store.kept import PageQuestion
from geodata.store.ordering import MOST_CURSOR
from layers.errors import InvalidInput, Problem
from layers.spec import Action, Label

blueprint = Blueprint("features", __name__, url_prefix="/api/v1/layers/<layer_id>/features")

WRITE_PROBLEMS = (400, 401, 403, 404, 409, 412, 413, 415, 422, 428)


class PageParameters(Parameters):
    """Which features: those that touch `bbox`, meet `filter` (CQL2 text) or are named by `ids`."""

    bbox: Box | None = None
    filter: str | None = Field(None, max_length=4000, description="CQL2 text, e.g. capacity > 500 AND level = 2")
    ids: Ids | None = None
    limit: int = Field(100, ge=1, le=MAX_PAGE)
    cursor: str | None = Field(None, max_length=MOST_CURSOR, description="`next` of the page before, asked in the same order")
    sort: str | None = Field(None, max_length=200, description="`field,-other`: `-` for falling; unknown values last, ties by id")
    offset: int = Field(0, ge=0, le=10_000_000, description="Rows to pass over, where there is no cursor")
    fields: Names | None = None
    geometry: bool = True
    count: bool = True

    @model_validator(mode="after")
    def _one_place_to_begin(self) -> PageParameters:
        if self.cursor is not None and self.offset:
            raise ValueError("cursor or offset, not both")
        return self


class FeatureBody(BaseModel):
    """A GeoJSON Feature (RFC 7946); members that GeoJSON does not know are passed over."""

    model_config = ConfigDict(extra="ignore", frozen=True, strict=True)
    type: str = Field(pattern="^Feature$")
    properties: dict[str, Any] = Field(default_factory=dict)
    geometry: dict[str, Any] | None = None

    @model_validator(mode="before")
    @classmethod
    def _lon_lat_only(cls, value: Any) -> Any:
        if isinstance(value, dict):
            refuse_other_crs(value, "")
        return value


class PatchBody(BaseModel):
    """A JSON merge patch (RFC 7396) of a feature: null empties a value, what is not named stays."""

    model_config = ConfigDict(extra="ignore", frozen=True, strict=True)
    type: str = Field("Feature", pattern="^Feature$")
    properties: dict[str, Any] = Field(default_factory=dict)
    geometry: dict[str, Any] | None = None


class Reason(Parameters):
    reason: str = Field(min_length=1, max_length=500, description="Why it is taken away; kept in its history")


class NoReason(Parameters):
    reason: str | None = Field(None, max_length=500, description="Why; kept in its history")
    anywhere: Anywhere = False


@blueprint.get("")
@requires(Action.READ)
@operation(tag="features", summary=Label("分页读取要素", "Features of a layer, by page"), query=PageParameters, answers={200: "FeatureCollection"}, answer_type=GEOJSON,
           problems=(400, 401, 403, 404, 422))
def page(layer_id: str, query: PageParameters) -> Response:
    fields = None if query.fields is None else tuple(query.fields)
    question = PageQuestion(query.bbox, query.filter, query.limit, query.cursor, fields, query.geometry, query.offset)
    found = current_space().kept_page(current_actor(), layer_id, question, standing=current_standing()) if query.count and query.ids is None and query.sort is None else None
    version = found.version if found else None
    if found is None or version is None:
        with current_space().reading(current_actor()) as store:
            known_fields(store, layer_id, query.fields)
            found = store.page_json(layer_id, bbox=query.bbox, filter=query.filter, ids=query.ids, limit=query.limit, cursor=query.cursor,
                                    fields=query.fields, geometry=query.geometry, count=query.count, sort=query.sort, offset=query.offset)
            version = store.version(layer_id)
    members = {"layer": layer_id, "version": version.version, "token": version.token, "numberReturned": found.returned, "next": found.next_cursor}
    if found.matched is not None:
        members["numberMatched"] = found.matched
    return answer(collection(found.features, members), content_type=GEOJSON)


@blueprint.post("")
@requires(Action.WRITE)
@operation(tag="features", summary=Label("新建要素", "Make a feature"), query=NoReason, body=FeatureBody, body_types=(GEOJSON, "application/json"), headers=("Idempotency-Key",),
           answers={201: "Feature"}, answer_type=GEOJSON, problems=WRITE_PROBLEMS)
def make(layer_id: str, query: NoReason, body: FeatureBody) -> Response:
    return once(current_space().transaction(current_actor(), query.reason, anywhere=query.anywhere), lambda store: created(store, layer_id, body.properties, read_geometry(body.geometry), "features.one"))


@blueprint.get("/<uuid:feature_id>")
@requires(Action.READ)
@operation(tag="features", summary=Label("读取一个要素", "One feature"), answers={200: "Feature"}, answer_type=GEOJSON)
def one(layer_id: str, feature_id: UUID) -> Response:
    with current_space().reading(current_actor()) as store:
        return shown(store, layer_id, feature_id)


@blueprint.put("/<uuid:feature_id>")
@requires(Action.WRITE)
@operation(tag="features", summary=Label("整体更新要素", "Replace a feature"), query=NoReason, body=FeatureBody, body_types=(GEOJSON, "application/json"), headers=("If-Match",),
           answers={200: "Feature"}, answer_type=GEOJSON, problems=WRITE_PROBLEMS)
def replace(layer_id: str, feature_id: UUID, query: NoReason, body: FeatureBody) -> Response:
    version = given_version()
    with current_space().transaction(current_actor(), query.reason, anywhere=query.anywhere) as store:
        store.replace(layer_id, feature_id, body.properties, read_geometry(body.geometry), version=version)
        return shown(store, layer_id, feature_id)


@blueprint.patch("/<uuid:feature_id>")
@requires(Action.WRITE)
@operation(tag="features", summary=Label("修改要素的部分值", "Change some values of a feature"), query=NoReason, body=PatchBody,
           body_types=("application/merge-patch+json", GEOJSON, "application/json"), headers=("If-Match",), answers={200: "Feature"}, answer_type=GEOJSON, problems=WRITE_PROBLEMS)
def patch(layer_id: str, feature_id: UUID, query: NoReason, body: PatchBody) -> Response:
    version = given_version()
    shape = read_geometry(body.geometry) if "geometry" in body.model_fields_set else UNCHANGED
    with current_space().transaction(current_actor(), query.reason, anywhere=query.anywhere) as store:
        store.patch(layer_id, feature_id, body.properties, version=version, geometry=shape)
        return shown(store, layer_id, feature_id)


@blueprint.delete("/<uuid:feature_id>")
@requires(Action.DELETE)
@operation(tag="features", summary=Label("删除要素（须说明原因）", "Take a feature away, with a reason"), query=Reason, headers=("If-Match",), answers={204: None}, problems=WRITE_PROBLEMS)
def delete(layer_id: str, feature_id: UUID, query: Reason) -> Response:
    version = given_version()
    with current_space().transaction(current_actor(), query.reason) as store:
        store.delete(layer_id, feature_id, version=version, reason=query.reason)
    return Response(status=204)


@blueprint.get("/<uuid:feature_id>/history")
@requires(Action.READ)
@operation(tag="features", summary=Label("要素的变更历史", "A feature's history, oldest first"), answers={200: "History"})
def history(layer_id: str, feature_id: UUID) -> Response:
    with current_space().reading(current_actor()) as store:
        entries = store.history(layer_id, feature_id)
    return answer({"layer": layer_id, "id": feature_id, "entries": entries})


def created(store: Store, layer_id: str, properties: Mapping[str, Any], shape: BaseGeometry | None, address: str) -> Response:
    """Put the feature in and answer it with the address of view `address`."""
    made = store.insert(layer_id, properties, shape)
    version, text = store.get_json(layer_id, made.id)
    location = space_url(address, layer_id=layer_id, feature_id=made.id)
    return answer(text, 201, headers={"Location": location, "ETag": etag(version)}, content_type=GEOJSON)


def shown(store: Store, layer_id: str, feature_id: UUID) -> Response:
    """The feature as it now is, with its version as entity tag."""
    version, text = store.get_json(layer_id, feature_id)
    return answer(text, headers={"ETag": etag(version)}, content_type=GEOJSON)


def known_fields(store: Store, layer_id: str, fields: tuple[str, ...] | None) -> None:
    """Refuse names that are no fields of the layer, all of them at once."""
    layer = store.catalogue.layer(layer_id)
    unknown = [one for one in fields or () if layer.field(one) is None]
    if unknown:
        raise InvalidInput(problems=[Problem("/query/fields", "unknown-field", {"field": one[:60], "layer": layer_id}) for one in unknown])
