"""Features of a layer, or of all layers, as a file to keep: what a reader sees, in a format that other programs read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any, BinaryIO, Literal
from urllib.parse import quote
from uuid import UUID

from flask import Blueprint, Response, request
from pydantic import BeforeValidator, Field
from werkzeug.http import dump_options_header

import geodata.files.refusal_words  # noqa: F401 - declares the sentences
from app.api.features import known_fields
from app.api.geometry import read_zone
from app.api.operation import Body, Parameters, operation
from app.api.parameters import Box, Ids, Names, read_box
from app.api.rendering import answer
from app.language import language_of
from app.pointers import under
from app.qgis import qml
from app.security import current_actor, requires
from app.services import services
from app.spaces import current_space
from geodata.files.coordinates import WGS84, Coordinates, coordinates, grids_for
from geodata.files.extract import HERE, UTF8, Extract, Rows
from geodata.files.writing import export, export_all
from geodata.queries.buffer import buffer
from geodata.queries.exposure import MAX_BUFFER_M, ExposureQuestion
from geodata.store.audit import record
from geodata.store.features import Store
from layers.district import JIUYUAN
from layers.spec import Action, Label

blueprint = Blueprint("export", __name__, url_prefix="/api/v1")

MOST_NAMED = 10_000  # ids in one body
_BLOCK = 65_536
_TYPES = {
    "geojson": "application/geo+json", "csv": "text/csv; charset=utf-8", "gpkg": "application/geopackage+sqlite3", "shp": "application/zip",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "kml": "application/vnd.google-earth.kml+xml",
    "fgb": "application/flatgeobuf", "dxf": "image/vnd.dxf",
}
_PROBLEMS = (400, 401, 403, 404, 422)
_FILE: dict[str, Any] = {"tag": "features", "answers": {200: "binary"}, "answer_type": "application/octet-stream"}
Format = Literal["geojson", "csv", "xlsx", "gpkg", "shp", "kml", "fgb", "dxf"]
_SYSTEM = Field(None, max_length=20, pattern=r"^(EPSG:[0-9]{4,6}|[0-9]{4,6})$", description="EPSG:4490 if not said (DXF: the district's grid), EPSG:4326, or a CGCS2000 Gauss-Kruger grid")
_DATUM = Field(None, description="gcj02: shifted as web maps draw, and marked as such")


class _Where(Parameters):
    crs: str | None = _SYSTEM
    datum: Literal["wgs84", "gcj02"] | None = _DATUM


class ExportParameters(_Where):
    """Which features, as for their pages; `fields` are the columns in order. `words`: tables speak the reader's language."""

    format: Format
    bbox: Box | None = None
    filter: str | None = Field(None, max_length=4000, description="CQL2 text")
    ids: Ids | None = None
    fields: Names | None = None
    sort: str | None = Field(None, max_length=200, description="As for pages")
    words: bool = Field(False, description="Headings, choices and names in the reader's language, in CSV and XLSX")
    encoding: Literal["UTF-8", "GBK"] = Field("UTF-8", description="Of the texts of Shapefiles")


def _listed(value: Any) -> Any:
    """A list of numbers as an address would have it, so that both are judged alike."""
    numbers = isinstance(value, list) and all(isinstance(one, (int, float)) and not isinstance(one, bool) for one in value)
    return ",".join(map(repr, value)) if numbers else read_box("")


class WhichBody(Body):
    """Which features: those that touch `bbox` and the zone (a GeoJSON shape widened by `buffer_m`), meet `filter` and are among `ids`."""

    bbox: Annotated[Box, BeforeValidator(_listed)] | None = None
    filter: str | None = Field(None, max_length=4000, description="CQL2 text")
    ids: tuple[UUID, ...] | None = Field(None, max_length=MOST_NAMED)
    zone: dict[str, Any] | None = None
    buffer_m: float = Field(0.0, ge=0, le=MAX_BUFFER_M)


class ExportBody(WhichBody):
    """The same questions with a zone, or with more ids than an address holds."""

    format: Format
    fields: tuple[str, ...] | None = Field(None, max_length=200)
    sort: str | None = Field(None, max_length=200)
    words: bool = False
    crs: str | None = _SYSTEM
    datum: Literal["wgs84", "gcj02"] | None = _DATUM
    encoding: Literal["UTF-8", "GBK"] = UTF8  # type: ignore[assignment]


class AllParameters(_Where):
    """All layers that the reader may read."""

    format: Literal["gpkg"] = "gpkg"


@blueprint.get("/layers/<layer_id>/export")
@requires(Action.READ)
@operation(summary=Label("导出为文件", "Features as a file"), query=ExportParameters, problems=_PROBLEMS, **_FILE)
def all_matching(layer_id: str, query: ExportParameters) -> Response:
    return _of_layer(layer_id, query.format, Extract(layer_id, query.bbox, query.filter, query.ids, query.fields, query.sort, _language(query.words),
                                                     None, coordinates(query.crs, query.datum), query.encoding))


@blueprint.post("/layers/<layer_id>/export")
@requires(Action.READ)
@operation(summary=Label("导出范围内或所列要素为文件", "The features in a zone or named, as a file"), body=ExportBody, problems=(*_PROBLEMS, 413, 415), **_FILE)
def those_named(layer_id: str, body: ExportBody) -> Response:
    return _of_layer(layer_id, body.format, Extract(layer_id, body.bbox, body.filter, body.ids, body.fields, body.sort, _language(body.words),
                                                    _zone(body), coordinates(body.crs, body.datum), body.encoding))


@blueprint.post("/layers/<layer_id>/export/preview")
@requires(Action.READ)
@operation(tag="features", summary=Label("导出前：有多少要素，哪些被遮盖", "Before a file is made: how many features, what of them is masked"), body=WhichBody,
           answers={200: "ExportPreview"}, problems=(*_PROBLEMS, 413, 415))
def preview(layer_id: str, body: WhichBody) -> Response:
    with current_space().reading(current_actor()) as store:
        rows = Rows(store, Extract(layer_id, body.bbox, body.filter, body.ids, zone=_zone(body)))
        return answer({"layer": layer_id, "count": rows.count(), "masked": [one.id for one in rows.masked], "coarse": rows.is_coarse})


@blueprint.get("/export")
@requires(Action.READ)
@operation(summary=Label("可读的全部图层为一个 GeoPackage，带样式", "All readable layers as one GeoPackage, with their styles"), query=AllParameters, problems=_PROBLEMS, **_FILE)
def everything(query: AllParameters) -> Response:
    where = coordinates(query.crs, query.datum)
    return _file("gpkg", "*", "onemap", lambda store: Label("全部图层", "all layers"), where,
                 lambda store, path, written: export_all(store, path, where, written, qml))


@blueprint.get("/export/systems")
@requires(Action.READ)
@operation(tag="features", summary=Label("导出可用的坐标系，常用的在前", "Systems that files can be written in, the usual first"), answers={200: "ExportSystems"}, problems=(401, 403))
def systems() -> Response:
    grids = [{"crs": one.crs, "meridian": one.meridian, "width": one.width, "zoned": one.zoned} for one in grids_for(JIUYUAN)]
    return answer({"degrees": [{"crs": Coordinates().crs}, {"crs": WGS84}], "grids": grids})


def _zone(body: WhichBody) -> Any:
    """The zone widened on the ground; judged as those of questions are."""
    if body.zone is None:
        return None
    shape = read_zone(body.zone, "/zone")
    with under("", {"geometry": "zone"}):
        asked = ExposureQuestion(shape, body.buffer_m)
    return buffer(asked.zone, asked.buffer_m)


def _language(wanted: bool) -> str | None:
    return language_of(request) if wanted else None


def _of_layer(layer_id: str, kind: str, wanted: Extract) -> Response:
    def make(store: Store, path: Path, written: Callable[[int], None]) -> int:
        known_fields(store, layer_id, wanted.fields)
        return export(store, wanted, path, written, qml)

    return _file(kind, layer_id, layer_id, lambda store: store.catalogue.layer(layer_id).label, wanted.coordinates, make)


def _file(kind: str, target: str, plain: str, label: Callable[[Store], Label], where: Coordinates, make: Callable[[Store, Path, Callable[[int], None]], int]) -> Response:
    """Written whole before the first byte goes out, so that a refusal is one and the database is not kept by a slow line."""
    space, actor = current_space(), current_actor()

    def written(count: int) -> None:
        record(services().database.engine, actor, "export.file", target, space=space.id, format=kind, count=count)

    with TemporaryDirectory() as folder:
        path = Path(folder) / f"export.{'zip' if kind == 'shp' else kind}"
        with space.reading(actor) as store:
            count = make(store, path, written)
            title = label(store).in_language(language_of(request))
        size, file = path.stat().st_size, path.open("rb")  # it is read on after its folder is gone
    name = f"{title}_{_moment(space)}{_said(where)}{path.suffix}"
    headers = {"Content-Length": str(size), "Cache-Control": "no-store", "X-Feature-Count": str(count),
               "Content-Disposition": dump_options_header("attachment", {"filename": f"{plain}{_said(where)}{path.suffix}"}) + f"; filename*=UTF-8''{quote(name)}"}
    return Response(_blocks(file), headers=headers, content_type=_TYPES[kind])


def _moment(space: Any) -> str:
    """Of when the features are, as the clock here shows it."""
    return f"{(space.record.as_of.astimezone(HERE) if space.is_past else datetime.now(HERE)):%Y%m%d_%H%M}"


def _said(where: Coordinates) -> str:
    """What a file's name says of its coordinates: nothing of those that all others are in."""
    return "" if where == Coordinates() else f"_{where.said.replace(':', '')}"


def _blocks(file: BinaryIO) -> Iterator[bytes]:
    with file:
        while block := file.read(_BLOCK):
            yield block
