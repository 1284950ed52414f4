"""The one grid of tiles that there is, WebMercatorQuad, described as OGC Two Dimensional Tile Matrix Set 2.0 asks."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response

from app.api.ogc_links import FormatParameters, link
from app.api.operation import operation
from app.api.rendering import answer
from app.security import requires
from geodata.store.tile_address import MAX_ZOOM
from layers.spec import Action, Label

blueprint = Blueprint("tile_matrices", __name__, url_prefix="/ogc/tileMatrixSets")

NAME = "WebMercatorQuad"
URI = f"http://www.opengis.net/def/tilematrixset/OGC/1.0/{NAME}"
CRS = "http://www.opengis.net/def/crs/EPSG/0/3857"
_SCALES = "http://www.opengis.net/def/wkss/OGC/1.0/GoogleMapsCompatible"
_CORNER_M = 20_037_508.342789244  # half the circumference of the sphere of Web Mercator
_TILE_PX = 256
_PIXEL_M = 0.00028  # the pixel that scales are told for


@blueprint.get("")
@requires(Action.READ)
@operation(tag="tiles", summary=Label("瓦片网格", "Grids of tiles"), query=FormatParameters, problems=(400, 401, 403))
def sets(query: FormatParameters) -> Response:
    held = {"id": NAME, "title": NAME, "uri": URI, "crs": CRS, "links": [link("self", "tile_matrices.one_set")]}
    return answer({"links": [link("self", "tile_matrices.sets")], "tileMatrixSets": [held]})


@blueprint.get(f"/{NAME}")
@requires(Action.READ)
@operation(tag="tiles", summary=Label("WebMercatorQuad 网格的定义", "The definition of WebMercatorQuad"), query=FormatParameters, problems=(400, 401, 403))
def one_set(query: FormatParameters) -> Response:
    return answer({"id": NAME, "title": NAME, "uri": URI, "crs": CRS, "orderedAxes": ["E", "N"], "wellKnownScaleSet": _SCALES,
                   "tileMatrices": [_matrix(zoom) for zoom in range(MAX_ZOOM + 1)], "links": [link("self", "tile_matrices.one_set")]})


def _matrix(zoom: int) -> dict[str, Any]:
    cell_m = 2 * _CORNER_M / _TILE_PX / 2**zoom
    return {"id": str(zoom), "scaleDenominator": cell_m / _PIXEL_M, "cellSize": cell_m, "cornerOfOrigin": "topLeft", "pointOfOrigin": [-_CORNER_M, _CORNER_M],
            "tileWidth": _TILE_PX, "tileHeight": _TILE_PX, "matrixWidth": 2**zoom, "matrixHeight": 2**zoom}
