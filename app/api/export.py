"""Features of a layer as a file to keep: what a table shows, in a format that other programs read."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO, Literal
from urllib.parse import quote
from uuid import UUID

from flask import Blueprint, Response, request
from pydantic import BaseModel, Field
from werkzeug.http import dump_options_header

import geodata.files.refusal_words  # noqa: F401 - declares the sentences
from app.api.features import known_fields
from app.api.operation import Body, Parameters, operation
from app.api.parameters import Box, Ids, Names
from app.language import language_of
from app.security import current_actor, requires
from app.services import services
from app.spaces import current_space
from geodata.files.extract import HERE, Extract
from geodata.files.writing import export
from geodata.store.audit import record
from layers.spec import Action, Label

blueprint = Blueprint("export", __name__, url_prefix="/api/v1/layers/<layer_id>/export")

MOST_NAMED = 10_000  # ids in one body
_BLOCK = 65_536
_TYPES = {
    "geojson": "application/geo+json", "csv": "text/csv; charset=utf-8", "gpkg": "application/geopackage+sqlite3", "shp": "application/zip",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
_PROBLEMS = (400, 401, 403, 404, 422)
Format = Literal["geojson", "csv", "xlsx", "gpkg", "shp"]


class ExportParameters(Parameters):
    """Which features, as for their pages; `fields` are the columns in order. `words`: tables speak the reader's language."""

    format: Format
    bbox: Box | None = None
    filter: str | None = Field(None, max_length=4000, description="CQL2 text")
    ids: Ids | None = None
    fields: Names | None = None
    sort: str | None = Field(None, max_length=200, description="As for pages")
    words: bool = Field(False, description="Headings, choices and names in the reader's language, in CSV and XLSX")


class ExportBody(Body):
    """The same with more ids than an address holds."""

    format: Format
    ids: tuple[UUID, ...] = Field(max_length=MOST_NAMED)
    fields: tuple[str, ...] | None = Field(None, max_length=200)
    sort: str | None = Field(None, max_length=200)
    words: bool = False


@blueprint.get("")
@requires(Action.READ)
@operation(tag="features", summary=Label("导出为文件", "Features as a file"), query=ExportParameters, answers={200: "binary"}, answer_type="application/octet-stream", problems=_PROBLEMS)
def all_matching(layer_id: str, query: ExportParameters) -> Response:
    return _file(layer_id, query, Extract(layer_id, query.bbox, query.filter, query.ids, query.fields, query.sort, _language(query.words)))


@blueprint.post("")
@requires(Action.READ)
@operation(tag="features", summary=Label("导出所列要素为文件", "The features named, as a file"), body=ExportBody, answers={200: "binary"}, answer_type="application/octet-stream",
           problems=(*_PROBLEMS, 413, 415))
def those_named(layer_id: str, body: ExportBody) -> Response:
    return _file(layer_id, body, Extract(layer_id, ids=body.ids, fields=body.fields, sort=body.sort, language=_language(body.words)))


def _language(wanted: bool) -> str | None:
    return language_of(request) if wanted else None


def _file(layer_id: str, asked: BaseModel, wanted: Extract) -> Response:
    """Written whole before the first byte goes out, so that a refusal is one and the database is not kept by a slow line."""
    kind = str(asked.format)  # type: ignore[attr-defined]
    space, actor = current_space(), current_actor()

    def written(count: int) -> None:
        record(services().database.engine, actor, "export.file", layer_id, space=space.id, format=kind, count=count)

    with TemporaryDirectory() as folder:
        path = Path(folder) / f"export.{'zip' if kind == 'shp' else kind}"
        with space.reading(actor) as store:
            known_fields(store, layer_id, wanted.fields)
            count = export(store, wanted, path, written)
            title = store.catalogue.layer(layer_id).label.in_language(language_of(request))
        size, file = path.stat().st_size, path.open("rb")  # it is read on after its folder is gone
    name = f"{title}_{datetime.now(HERE):%Y%m%d_%H%M}{path.suffix}"
    headers = {"Content-Length": str(size), "Cache-Control": "no-store", "X-Feature-Count": str(count),
               "Content-Disposition": dump_options_header("attachment", {"filename": f"{layer_id}{path.suffix}"}) + f"; filename*=UTF-8''{quote(name)}"}
    return Response(_blocks(file), headers=headers, content_type=_TYPES[kind])


def _blocks(file: BinaryIO) -> Iterator[bytes]:
    with file:
        while block := file.read(_BLOCK):
            yield block
