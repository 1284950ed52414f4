"""What lies inside a zone: per layer the count, the sums with their basis, and each feature's part inside."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response
from pydantic import Field

from app.api.geometry import read_zone
from app.api.operation import Body, operation
from app.api.rendering import GEOJSON, answer, collection, with_properties
from app.pointers import under
from app.security import current_actor, requires
from app.services import services
from app.spaces import current_space
from geodata.queries.exposure import MAX_BUFFER_M, ExposureQuestion, LayerExposure
from geodata.queries.showing import Show
from layers.spec import Action, Label

blueprint = Blueprint("exposure", __name__, url_prefix="/api/v1/exposure")

MAX_FEATURES = 10_000  # features answered in full; the counts and sums are always of all

_SHOW = Show[LayerExposure](named=lambda exposed: [one.id for one in exposed.features[:MAX_FEATURES]],
                            read=lambda store, layer, ids: store.by_ids_json(layer, ids))


class ExposureBody(Body):
    """A zone: a GeoJSON point, line or polygon (degrees, CRS84), widened by `buffer_m` metres on the ground."""

    geometry: dict[str, Any]
    buffer_m: float = Field(0.0, ge=0, le=MAX_BUFFER_M)
    layers: tuple[str, ...] = Field((), max_length=100)
    filter: str | None = Field(None, max_length=4000)
    features: bool = Field(True, description="False: counts and sums only")


@blueprint.post("")
@requires(Action.READ)
@operation(tag="questions", summary=Label("范围内有什么：数量、合计及其依据", "What lies inside a zone: counts, sums and their basis"), body=ExposureBody,
           body_types=("application/json",), answers={200: "ExposureAnswer"}, answer_type=GEOJSON, problems=(400, 401, 403, 404, 413, 415, 422))
def exposure(body: ExposureBody) -> Response:
    found = services().engine.exposure(current_space(), question_of(body), current_actor(), _SHOW if body.features else None)
    features = [text for one in found.layers for text in _features(one)] if body.features else []
    members = {"asked": body.model_dump(exclude_none=True), "zone": found.zone, "zone_area_m2": found.zone_area_m2, "layers": [_layer(one) for one in found.layers],
               "numberReturned": len(features)}
    return answer(collection(features, members), content_type=GEOJSON)


def question_of(body: ExposureBody, root: str = "") -> ExposureQuestion:
    """The checked question that a body asks; `root` is where the body stands in the request."""
    zone = read_zone(body.geometry, f"{root}/geometry")
    with under(root, {"zone": "geometry"}):
        return ExposureQuestion(zone, body.buffer_m, body.layers, body.filter)


def _features(exposed: LayerExposure) -> list[str]:
    return [with_properties(exposed.shown[one.id], {"layer": exposed.layer, "part": one.part, "part_unit": one.unit, "fraction": one.fraction})
            for one in exposed.features[:MAX_FEATURES]]


def _layer(exposed: LayerExposure) -> dict[str, Any]:
    return {"layer": exposed.layer, "version": exposed.version.version, "token": exposed.version.token, "answered_by": exposed.answered_by,
            "positions": exposed.positions, "count": exposed.count, "measures": exposed.measures, "basis": exposed.basis, "truncated": len(exposed.features) > MAX_FEATURES}
