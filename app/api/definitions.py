"""What a layer made from a file says of itself: read, and changed by those who may make layers."""

from __future__ import annotations

from typing import Annotated

from flask import Blueprint, Response
from pydantic import Field

from app.api.features import WRITE_PROBLEMS
from app.api.operation import Body, operation
from app.api.preconditions import given_version
from app.api.rendering import answer, etag
from app.security import current_actor, requires
from app.spaces import current_space
from geodata.store.definitions import Definition, FieldChange, LayerChange, definition, redefine
from layers.serial import layer_to_json
from layers.spec import Action, Label, Measure

blueprint = Blueprint("definitions", __name__, url_prefix="/api/v1/layers/<layer_id>/definition")

_Words = Annotated[str, Field(min_length=1, max_length=60, pattern=r"\S")]


class LabelBody(Body):
    zh: _Words
    en: _Words

    def label(self) -> Label:
        return Label(self.zh, self.en)


class FieldBody(Body):
    """What is not named stays; null takes a measure or a unit away."""

    label: LabelBody = Field(default_factory=lambda: LabelBody(zh="-", en="-"))
    counts_as: Measure | None = None
    unit: str | None = Field(None, min_length=1, max_length=20)


class DefinitionBody(Body):
    """What is not named stays. Types and fields are as the file made them."""

    label: LabelBody = Field(default_factory=lambda: LabelBody(zh="-", en="-"))
    title: str | None = Field(None, max_length=48)
    ranked: bool = False
    exposed: bool = False
    fields: dict[str, FieldBody] = Field(default_factory=dict, max_length=500)
    reason: str | None = Field(None, max_length=500)


@blueprint.get("")
@requires(Action.READ)
@operation(tag="layers", summary=Label("由文件新建的图层的定义", "The definition of a layer made from a file"), answers={200: "object"}, problems=(401, 403, 404, 409))
def read(layer_id: str) -> Response:
    return _shown(definition(current_space(), layer_id, current_actor()))


@blueprint.patch("")
@requires(Action.LOAD)
@operation(tag="layers", summary=Label("改图层的名称、计数字段、单位、排名", "Change a layer's words, measures, units and part in rankings"), body=DefinitionBody, headers=("If-Match",),
           answers={200: "object"}, problems=WRITE_PROBLEMS)
def change(layer_id: str, body: DefinitionBody) -> Response:
    return _shown(redefine(current_space(), layer_id, _change(body), current_actor(), version=given_version(), reason=body.reason))


def _change(body: DefinitionBody) -> LayerChange:
    given = body.model_fields_set & {"label", "title", "ranked", "exposed"}
    values = {name: body.label.label() if name == "label" else getattr(body, name) for name in given}
    return LayerChange(values, {name: FieldChange(frozenset(one.model_fields_set), one.label.label(), one.counts_as, one.unit) for name, one in body.fields.items()})


def _shown(found: Definition) -> Response:
    return answer({"version": found.version, "definition": layer_to_json(found.layer)}, headers={"ETag": etag(found.version)})
