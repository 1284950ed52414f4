"""The print sheet of a view: PDF or PNG, true to scale, with legend and dates, and with the answers of the questions sent along."""

from __future__ import annotations

from typing import Annotated, Literal
from urllib.parse import quote

from flask import Blueprint, Response, request
from pydantic import Field

from app.api.exposure import ExposureBody
from app.api.exposure import question_of as exposure_question
from app.api.nearest import NearestBody
from app.api.nearest import question_of as nearest_question
from app.api.operation import Body, Parameters, operation
from app.api.parameters import Box, Latitude, Longitude, Names
from app.api.refusals import MalformedRequest
from app.language import language_of
from app.printing.gathering import Order, gather
from app.printing.paper import Orientation, Size
from app.printing.words import LOCAL
from app.security import current_actor, requires
from app.services import services
from app.spaces import current_space
from layers.errors import InvalidInput, Problem
from layers.spec import Action, Label

blueprint = Blueprint("print", __name__, url_prefix="/api/v1/print")

MAX_TITLE = 60
_SUMMARY = Label("打印图：PDF 或 PNG，整比例尺，带图例、时间、资料日期和所附问题的结果", "A print sheet: PDF or PNG at a round scale, with legend, dates and the answers to the questions sent along")
_TYPES = {"pdf": "application/pdf", "png": "image/png"}
_PROBLEMS = (400, 401, 403, 404, 413, 415, 422, 503)


class _Sheet(Parameters):
    """What both ways of asking have. A view is `bbox`, or `lon`, `lat` and `scale`; without one it is the whole district."""

    lon: Longitude | None = None
    lat: Latitude | None = None
    scale: int | None = Field(None, ge=1, le=10_000_000, description="Denominator of a round scale, e.g. 50000")
    paper: Literal["A4", "A3"] = "A4"
    orientation: Literal["landscape", "portrait"] = "landscape"
    format: Literal["pdf", "png"] = "pdf"
    dpi: int = Field(200, ge=40, le=250, description="Dots per inch of a PNG")
    page: int = Field(1, ge=1, le=100, description="Which page a PNG shows; X-Pages in the answer says how many there are")
    title: str = Field("", max_length=MAX_TITLE)
    graticule: bool = True


class PrintParameters(_Sheet):
    bbox: Box | None = None
    layers: Names | None = None


class PrintBody(_Sheet, Body):
    """The same with the questions whose answers are printed: as `/nearest` and `/exposure` take them."""

    bbox: Annotated[tuple[float, float, float, float], Field(description="west, south, east, north in degrees")] | None = None
    layers: tuple[str, ...] | None = Field(None, max_length=500)
    place: str = Field("", max_length=MAX_TITLE, description="What the place asked about is called")
    nearest: NearestBody | None = None
    exposure: ExposureBody | None = None


@blueprint.get("")
@requires(Action.READ)
@operation(tag="print", summary=_SUMMARY, query=PrintParameters, answers={200: "binary"}, answer_type="application/pdf", problems=_PROBLEMS)
def sheet(query: PrintParameters) -> Response:
    return _printed(query, _order(query, "/query"))


@blueprint.post("")
@requires(Action.READ)
@operation(tag="print", summary=_SUMMARY, body=PrintBody, answers={200: "binary"}, answer_type="application/pdf", problems=_PROBLEMS)
def sheet_with_answers(body: PrintBody) -> Response:
    return _printed(body, _order(body, ""))


def _order(asked: PrintParameters | PrintBody, root: str) -> Order:
    order = Order(Size(asked.paper), Orientation(asked.orientation), _centre(asked, root), asked.scale, asked.bbox, asked.title, asked.layers, graticule=asked.graticule)
    if isinstance(asked, PrintParameters):
        return order
    nearest = nearest_question(asked.nearest, "/nearest") if asked.nearest else None
    exposure = exposure_question(asked.exposure, "/exposure") if asked.exposure else None
    return Order(**{**vars(order), "nearest": nearest, "exposure": exposure, "place": asked.place})


def _centre(asked: PrintParameters | PrintBody, root: str) -> tuple[float, float] | None:
    """The middle, or None for a box; half of either is refused."""
    given = {"lon": asked.lon, "lat": asked.lat, "scale": asked.scale}
    missing = [name for name, value in given.items() if value is None]
    if 0 < len(missing) < 3:
        raise (MalformedRequest if root else InvalidInput)(problems=[Problem(f"{root}/{missing[0]}", "request-missing", {"name": missing[0]})])
    if asked.lon is None or asked.lat is None:
        return None
    return asked.lon, asked.lat


def _printed(asked: PrintParameters | PrintBody, order: Order) -> Response:
    made = gather(current_space(), current_actor(), services().engine, order, language_of(request))
    drawn = services().press.print(made, asked.format, dpi=asked.dpi, page=asked.page)
    name = f"{made.title} {made.made_at.astimezone(LOCAL):%Y%m%d-%H%M}.{asked.format}"
    headers = {"Content-Disposition": f"inline; filename*=UTF-8''{quote(name)}", "X-Pages": str(drawn.pages), "X-Scale": str(made.view.scale)}
    return Response(drawn.content, headers=headers, content_type=_TYPES[asked.format])
