"""OGC API Features: landing page, conformance, collections and what may be asked of them."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response

from app.api.layers import holdings
from app.api.ogc_links import OPENAPI_30, SCHEMA_JSON, FormatParameters, link
from app.api.operation import operation
from app.api.rendering import GEOJSON, answer
from app.security import current_actor, requires
from app.spaces import current_space
from geodata.store.features import Store
from geodata.store.filters import queryable
from geodata.store.systems import CRS84, STORED, SYSTEMS
from layers.errors import Forbidden
from layers.schema import field_schema
from layers.spec import Action, Geometry, Label, Layer

blueprint = Blueprint("ogc", __name__, url_prefix="/ogc")

_FEATURES = "http://www.opengis.net/spec/ogcapi-features-{}/1.0/conf/{}"
_TILES = "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/{}"
_CQL2 = "http://www.opengis.net/spec/cql2/1.0/conf/{}"
# Only what the tests show to hold: tests/app/api/test_conformance.py has one for each. Sorting is not among them, for its
# standard is a draft without a final address.
CONFORMANCE = (
    *(_FEATURES.format(1, one) for one in ("core", "geojson", "oas30")),
    _FEATURES.format(2, "crs"),
    *(_FEATURES.format(3, one) for one in ("queryables", "queryables-query-parameters", "filter", "features-filter")),
    *(_FEATURES.format(4, one) for one in ("create-replace-delete", "update", "optimistic-locking-etags")),
    *(_CQL2.format(one) for one in ("cql2-text", "cql2-json", "basic-cql2", "advanced-comparison-operators", "case-insensitive-comparison", "basic-spatial-functions")),
    *(_TILES.format(one) for one in ("core", "tileset", "tilesets-list", "geodata-tilesets", "mvt")),
)
_GEOMETRY_FORMATS = {
    Geometry.POINT: "geometry-point-or-multipoint", Geometry.LINE: "geometry-linestring-or-multilinestring",
    Geometry.POLYGON: "geometry-polygon-or-multipolygon", Geometry.POINT_OR_POLYGON: "geometry-any", Geometry.ANY: "geometry-any",
}
_KEPT_BESIDE = {"version": {"type": "integer"}, "created_at": {"type": "string", "format": "date-time"}, "created_by": {"type": "string"},
                "updated_at": {"type": "string", "format": "date-time"}, "updated_by": {"type": "string"}}
_SCHEMA_REL = "http://www.opengis.net/def/rel/ogc/1.0/schema"
_QUERYABLES_REL = "http://www.opengis.net/def/rel/ogc/1.0/queryables"
_SORTABLES_REL = "http://www.opengis.net/def/rel/ogc/1.0/sortables"
_TILES_REL = "http://www.opengis.net/def/rel/ogc/1.0/tilesets-vector"


@blueprint.get("/")
@requires(Action.READ)
@operation(tag="ogc", summary=Label("OGC API 入口", "OGC API landing page"), query=FormatParameters, answers={200: "object"}, problems=(400, 401, 403))
def landing(query: FormatParameters) -> Response:
    links = [
        link("self", "ogc.landing"),
        link("service-desc", "openapi.ogc_document", OPENAPI_30),
        link("service-doc", "openapi.docs", "text/html"),
        link("conformance", "ogc.conformance"),
        link("data", "ogc.collections"),
        link("http://www.opengis.net/def/rel/ogc/1.0/data", "ogc.collections"),
        link("http://www.opengis.net/def/rel/ogc/1.0/tiling-schemes", "tile_matrices.sets"),
    ]
    return answer({"title": "应急指挥一张图", "description": "OGC API Features 与矢量瓦片", "links": links})


@blueprint.get("/conformance")
@requires(Action.READ)
@operation(tag="ogc", summary=Label("符合的规范类", "Conformance classes"), query=FormatParameters, answers={200: "object"}, problems=(400, 401, 403))
def conformance(query: FormatParameters) -> Response:
    return answer({"conformsTo": CONFORMANCE})


@blueprint.get("/collections")
@requires(Action.READ)
@operation(tag="ogc", summary=Label("数据集列表", "Collections"), query=FormatParameters, answers={200: "object"}, problems=(400, 401, 403))
def collections(query: FormatParameters) -> Response:
    with current_space().reading(current_actor()) as store:
        readable = [layer for layer in store.catalogue.values() if store.may(Action.READ, layer)]
        described = [_described(layer, store, ["#/crs"]) for layer in readable]
    return answer({"links": [link("self", "ogc.collections")], "crs": list(SYSTEMS), "collections": described})


@blueprint.get("/collections/<layer_id>")
@requires(Action.READ)
@operation(tag="ogc", summary=Label("一个数据集", "One collection"), query=FormatParameters, answers={200: "object"})
def collection(layer_id: str, query: FormatParameters) -> Response:
    with current_space().reading(current_actor()) as store:
        return answer(_described(readable_layer(store, layer_id), store, list(SYSTEMS)))


@blueprint.get("/collections/<layer_id>/queryables")
@requires(Action.READ)
@operation(tag="ogc", summary=Label("可筛选的字段", "What a filter may name"), query=FormatParameters, answers={200: "object"}, answer_type=SCHEMA_JSON)
def queryables(layer_id: str, query: FormatParameters) -> Response:
    with current_space().reading(current_actor()) as store:
        layer = readable_layer(store, layer_id)
        names = set(queryable(layer, reveal=store.may(Action.REVEAL, layer)))
    return answer(_schema(layer, "ogc.queryables", names), content_type=SCHEMA_JSON)


@blueprint.get("/collections/<layer_id>/sortables")
@requires(Action.READ)
@operation(tag="ogc", summary=Label("可排序的字段", "What features may be put in order by"), query=FormatParameters, answers={200: "object"}, answer_type=SCHEMA_JSON)
def sortables(layer_id: str, query: FormatParameters) -> Response:
    with current_space().reading(current_actor()) as store:
        layer, names = readable_layer(store, layer_id), store.sortable(layer_id)
    return answer(_schema(layer, "ogc.sortables", set(names), geometry=False), content_type=SCHEMA_JSON)


@blueprint.get("/collections/<layer_id>/schema")
@requires(Action.READ)
@operation(tag="ogc", summary=Label("要素的模式", "Schema of the features"), query=FormatParameters, answers={200: "object"}, answer_type=SCHEMA_JSON)
def schema(layer_id: str, query: FormatParameters) -> Response:
    with current_space().reading(current_actor()) as store:
        layer = readable_layer(store, layer_id)
    return answer(_schema(layer, "ogc.schema", {one.id for one in layer.all_fields}), content_type=SCHEMA_JSON)


def readable_layer(store: Store, layer_id: str) -> Layer:
    """The layer, if the reader may read it. Raises LayerNotFound, Forbidden."""
    layer = store.catalogue.layer(layer_id)
    if not store.may(Action.READ, layer):
        raise Forbidden(action=Action.READ.value, layer=layer_id)
    return layer


def _described(layer: Layer, store: Store, crs: list[str]) -> dict[str, Any]:
    _, held = holdings.of(current_space(), layer.id, store)
    words = {"layer_id": layer.id}
    links = [
        link("self", "ogc.collection", **words),
        link("items", "ogc_items.items", GEOJSON, **words),
        link(_QUERYABLES_REL, "ogc.queryables", SCHEMA_JSON, **words),
        link(_SORTABLES_REL, "ogc.sortables", SCHEMA_JSON, **words),
        link(_SCHEMA_REL, "ogc.schema", SCHEMA_JSON, **words),
    ]
    described: dict[str, Any] = {"id": layer.id, "title": layer.label.zh, "itemType": "feature", "links": links}
    if layer.geometry is not Geometry.NONE:
        links.append(link(_TILES_REL, "tiles.tile_sets", **words))
        described |= {"crs": crs, "storageCrs": STORED.uri}
    if layer.description:
        described["description"] = layer.description.zh
    return described | _extent(layer, held)


def _extent(layer: Layer, held: Any) -> dict[str, Any]:
    extent: dict[str, Any] = {}
    if held["bounds"]:
        extent["spatial"] = {"bbox": [held["bounds"]], "crs": CRS84.uri}
    if held["verified_oldest"]:
        extent["temporal"] = {"interval": [[held["verified_oldest"], held["verified_latest"]]]}
    return {"extent": extent} if extent else {}


def _schema(layer: Layer, view: str, names: set[str], *, geometry: bool = True) -> dict[str, Any]:
    properties: dict[str, Any] = {one.id: field_schema(one) for one in layer.all_fields if one.id in names}
    properties |= {name: kind for name, kind in _KEPT_BESIDE.items() if name in names and view == "ogc.sortables"}
    if geometry and layer.geometry is not Geometry.NONE:
        properties["geometry"] = {"title": "位置", "format": _GEOMETRY_FORMATS[layer.geometry], "x-ogc-role": "primary-geometry"}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema", "$id": link("self", view, layer_id=layer.id)["href"], "type": "object",
        "title": layer.label.zh, "properties": properties, "additionalProperties": False,
    }
