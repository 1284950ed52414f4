"""Vector tiles of a layer by OGC API Tiles: WebMercatorQuad, MVT, sent again only where something changed."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, request
from pydantic import Field

from app.api import tile_matrices
from app.api.layers import holdings
from app.api.ogc_links import link
from app.api.operation import Parameters, operation
from app.api.rendering import answer
from app.security import current_actor, requires
from app.spaces import current_space, current_standing, space_url
from geodata.store.systems import CRS84
from geodata.store.tile_address import MAX_ZOOM, TileAddress
from geodata.store.tile_drawing import tile_fields
from geodata.store.tiles import TileKeeper, current
from layers.spec import Action, Geometry, Label, Layer

blueprint = Blueprint("tiles", __name__, url_prefix="/ogc/collections/<layer_id>/tiles")

MVT = "application/vnd.mapbox-vector-tile"
MATRIX_SET = tile_matrices.NAME
_SCHEME_REL = "http://www.opengis.net/def/rel/ogc/1.0/tiling-scheme"

_DIMENSION = {Geometry.POINT: {"geometryDimension": 0}, Geometry.LINE: {"geometryDimension": 1}, Geometry.POLYGON: {"geometryDimension": 2}}

YEAR_S = 31_536_000
_TOKEN_LENGTH = 8  # of a token; a shorter one could be another's

keeper = TileKeeper()


class TileParameters(Parameters):
    v: str | None = Field(None, max_length=50, description="The layer's token, or its beginning: while it is the present one, the answer may be kept for good")
    filter: str | None = Field(None, max_length=4000, description="CQL2 text: only these features are in the tile, counts too")


@blueprint.get(f"/{MATRIX_SET}/<int:z>/<int:row>/<int:col>")
@requires(Action.READ)
@operation(tag="tiles", summary=Label("矢量瓦片（MVT）", "A vector tile (MVT)"), query=TileParameters, answers={200: "binary", 304: None}, answer_type=MVT,
           problems=(400, 401, 403, 404, 422))
def one_tile(layer_id: str, z: int, row: int, col: int, query: TileParameters) -> Response:
    space = current_space()
    shown = current(space, layer_id, current_actor(), query.filter, standing=current_standing())
    made = keeper.tile(space, layer_id, TileAddress(z, col, row), shown)
    for_good = query.v is not None and len(query.v) >= _TOKEN_LENGTH and str(shown.token).startswith(query.v)
    headers = {"ETag": f'W/"{made.tag}"', "Onemap-Version": f"{shown.version}-{shown.token}", "Vary": "Cookie, Authorization, Accept-Encoding",
               "Cache-Control": f"private, max-age={YEAR_S}, immutable" if for_good else "private, no-cache"}
    if request.if_none_match.contains_weak(made.tag):
        return Response(status=304, headers=headers)
    if not made.packed or not request.accept_encodings.quality("gzip"):
        return Response(made.mvt, headers=headers, content_type=MVT)
    return Response(made.body, headers=headers | {"Content-Encoding": "gzip"}, content_type=MVT)


@blueprint.get("")
@requires(Action.READ)
@operation(tag="tiles", summary=Label("图层的瓦片集", "Tile sets of a layer"), answers={200: "object"})
def tile_sets(layer_id: str) -> Response:
    layer = current_space().catalogue.layer(layer_id)
    current(current_space(), layer_id, current_actor())
    return answer({"links": [_link("self", ".tile_sets", layer)], "tilesets": [_tile_set(layer)]})


@blueprint.get(f"/{MATRIX_SET}")
@requires(Action.READ)
@operation(tag="tiles", summary=Label("瓦片集的说明", "What a tile set holds"), answers={200: "object"})
def tile_set(layer_id: str) -> Response:
    layer = current_space().catalogue.layer(layer_id)
    current(current_space(), layer_id, current_actor())
    properties = {name: {"type": "string"} for name in ("id", *tile_fields(layer))} | {"count": {"type": "integer"}}
    described = {"id": layer.id, "title": layer.label.zh, "dataType": "vector", "minTileMatrix": "0", "maxTileMatrix": str(MAX_ZOOM),
                 "propertiesSchema": {"type": "object", "properties": properties}} | _DIMENSION.get(layer.geometry, {})
    return answer({**_tile_set(layer), **_reach(layer), "layers": [described]})


def _tile_set(layer: Layer) -> dict[str, Any]:
    base = space_url("tiles.tile_set", layer_id=layer.id, _external=True)
    template = {"rel": "item", "type": MVT, "templated": True, "href": base + "/{tileMatrix}/{tileRow}/{tileCol}"}
    links = [_link("self", ".tile_set", layer), link(_SCHEME_REL, "tile_matrices.one_set"), template]
    return {"title": layer.label.zh, "dataType": "vector", "crs": tile_matrices.CRS, "tileMatrixSetURI": tile_matrices.URI, "links": links}


def _reach(layer: Layer) -> dict[str, Any]:
    """Where the layer's tiles have anything in them: without it a program walks through the whole world."""
    space = current_space()
    with space.reading(current_actor()) as store:
        bounds = holdings.of(space, layer.id, store)[1]["bounds"]
    if not bounds:
        return {}
    west, south, east, north = bounds
    limits = [{"tileMatrix": str(zoom), "minTileRow": first.y, "maxTileRow": last.y, "minTileCol": first.x, "maxTileCol": last.x}
              for zoom in range(MAX_ZOOM + 1) for first, last in [(TileAddress.at(zoom, west, north), TileAddress.at(zoom, east, south))]]
    return {"boundingBox": {"lowerLeft": [west, south], "upperRight": [east, north], "crs": CRS84.uri, "orderedAxes": ["Lon", "Lat"]},
            "tileMatrixSetLimits": limits}


def _link(rel: str, view: str, layer: Layer) -> dict[str, str]:
    return link(rel, f"tiles{view}", layer_id=layer.id)
