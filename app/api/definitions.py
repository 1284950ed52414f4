"""What a layer made from a file is: read, changed while it is in use, removed and restored by those who may."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from flask import Blueprint, Response, current_app
from pydantic import Field

from app.api.features import WRITE_PROBLEMS
from app.api.operation import Body, operation
from app.api.preconditions import given_version
from app.api.rendering import answer, etag
from app.security import current_actor, requires
from app.spaces import current_space
from geodata.files.proposing import identifier
from geodata.store import definitions as store
from geodata.store.definitions import Definition, FieldChange, LayerChange
from layers.errors import InvalidInput, Problem
from layers.messages import Sentence, declare
from layers.serial import TYPE_NAMES, layer_to_json
from layers.spec import IDENTIFIER, Action, Choice, Family, FieldType, Label, Measure
from layers.spec import Field as LayerField

blueprint = Blueprint("definitions", __name__, url_prefix="/api/v1")

_ONE = "/layers/<layer_id>/definition"
_TYPES: dict[str, FieldType] = {name: kind for kind, name in TYPE_NAMES.items()}
_Words = Annotated[str, Field(min_length=1, max_length=60, pattern=r"\S")]
_Unit = Annotated[str, Field(min_length=1, max_length=20)]
_Zoom = Annotated[int, Field(ge=0, le=20)]

declare({
    "symbol-unknown": Sentence(Label("没有符号「{symbol}」", "There is no symbol “{symbol}”"), Label("从现有符号中选一个：{known}", "Choose one of those there are: {known}")),
})


class LabelBody(Body):
    zh: _Words
    en: _Words

    def label(self) -> Label:
        return Label(self.zh.strip(), self.en.strip())


def _no_words() -> LabelBody:
    return LabelBody(zh="-", en="-")


class ChoiceBody(Body):
    value: str | int
    label: LabelBody

    def choice(self) -> Choice:
        return Choice(self.value, self.label.label())


class FieldBody(Body):
    """What is not named stays; null takes a measure or a unit away, an empty list the choices. `retired` true takes the field off the layer with
    its values kept, false brings it back."""

    label: LabelBody = Field(default_factory=_no_words)
    counts_as: Measure | None = None
    unit: _Unit | None = None
    choices: list[ChoiceBody] = Field(default_factory=list, max_length=store.MOST_CHOICES)
    retired: bool = False

    def change(self) -> FieldChange:
        given = frozenset(self.model_fields_set)
        return FieldChange(given, self.label.label(), self.counts_as, self.unit, tuple(one.choice() for one in self.choices), self.retired if "retired" in given else None)


class NewFieldBody(Body):
    """A field to be added. Without an `id` it gets one from its Chinese name."""

    id: str | None = Field(None, pattern=IDENTIFIER.pattern)
    label: LabelBody
    type: Annotated[str, Field(pattern=f"^({'|'.join(_TYPES)})$")]
    counts_as: Measure | None = None
    unit: _Unit | None = None
    choices: list[ChoiceBody] = Field(default_factory=list, max_length=store.MOST_CHOICES)

    def field(self, taken: set[str]) -> LayerField:
        kind = _TYPES[self.type]
        counts = self.counts_as if kind in (int, float) else None
        return LayerField(self.id or identifier(self.label.zh, taken), self.label.label(), kind, counts_as=counts, unit=self.unit, choices=tuple(one.choice() for one in self.choices))


class StyleBody(Body):
    """How features are drawn; what is not named stays."""

    family: Family = Family.BASE
    symbol: str | None = Field(None, max_length=48)
    shade_by: str | None = Field(None, max_length=48)
    visible: bool = True
    min_zoom: _Zoom = 0
    label_zoom: _Zoom = 13


def _plain_style() -> StyleBody:
    return StyleBody()  # type: ignore[call-arg]  # every member has a default, which mypy does not see through Field


class DefinitionBody(Body):
    """What is not named stays. Types are as the file made them. `removed` false puts a removed layer back as it was, and says nothing else."""

    label: LabelBody = Field(default_factory=_no_words)
    title: str | None = Field(None, max_length=48)
    summary: list[str] = Field(default_factory=list, max_length=6)
    ranked: bool = False
    exposed: bool = False
    style: StyleBody = Field(default_factory=_plain_style)
    fields: dict[str, FieldBody] = Field(default_factory=dict, max_length=500)
    added: list[NewFieldBody] = Field(default_factory=list, max_length=50)
    removed: Literal[False] | None = None
    reason: str | None = Field(None, max_length=500)


class ReasonBody(Body):
    reason: str = Field(min_length=1, max_length=500, pattern=r"\S")


@blueprint.get("/definitions")
@requires(Action.READ)
@operation(tag="layers", summary=Label("由文件新建的图层，含已移除的", "Layers made from files, those removed among them"), answers={200: "object"}, problems=(401, 403))
def every() -> Response:
    found = store.definitions(current_space(), current_actor())
    return answer({"definitions": [{"id": one.layer.id, "label": one.layer.label, "version": one.version, "removed": one.removed, "by": one.by, "at": one.at} for one in found]})


@blueprint.get(_ONE)
@requires(Action.READ)
@operation(tag="layers", summary=Label("由文件新建的图层的定义", "The definition of a layer made from a file"), answers={200: "object"}, problems=(401, 403, 404, 409))
def read(layer_id: str) -> Response:
    return _shown(store.definition(current_space(), layer_id, current_actor()))


@blueprint.get(_ONE + "/history")
@requires(Action.READ)
@operation(tag="layers", summary=Label("定义的各版：谁、何时、为何、改了什么", "The versions of a definition: who, when, why, what"), answers={200: "object"}, problems=(401, 403, 404, 409))
def history(layer_id: str) -> Response:
    return answer({"entries": store.steps(current_space(), layer_id, current_actor())})


@blueprint.patch(_ONE)
@requires(Action.LOAD)
@operation(tag="layers", summary=Label("改图层：名称、样式、字段（增、改、停用）、选项、合计、排名", "Change a layer: words, style, fields added, changed and retired, choices, measures, rankings"), body=DefinitionBody,
           headers=("If-Match",), answers={200: "object"}, problems=WRITE_PROBLEMS)
def change(layer_id: str, body: DefinitionBody) -> Response:
    if body.removed is False:
        return _shown(store.restore(current_space(), layer_id, current_actor(), version=given_version(), reason=body.reason))
    wanted = _change(body, store.definition(current_space(), layer_id, current_actor()))
    return _shown(store.redefine(current_space(), layer_id, wanted, current_actor(), version=given_version(), reason=body.reason))


@blueprint.delete(_ONE)
@requires(Action.LOAD)
@operation(tag="layers", summary=Label("移除图层，数据和历史保留", "Take a layer off the map; its features and history stay"), body=ReasonBody, headers=("If-Match",), answers={200: "object"}, problems=WRITE_PROBLEMS)
def remove(layer_id: str, body: ReasonBody) -> Response:
    return _shown(store.remove(current_space(), layer_id, current_actor(), version=given_version(), reason=body.reason))


def _change(body: DefinitionBody, present: Definition) -> LayerChange:
    given = body.model_fields_set & {"label", "title", "summary", "ranked", "exposed"}
    told = {"label": body.label.label(), "title": body.title, "summary": tuple(body.summary), "ranked": body.ranked, "exposed": body.exposed}
    style = {name: getattr(body.style, name) for name in body.style.model_fields_set}
    known = {one.stem for one in (Path(str(current_app.static_folder)) / "symbols").glob("*.svg")}
    if style.get("symbol") is not None and style["symbol"] not in known:
        raise InvalidInput(problems=[Problem("/style/symbol", "symbol-unknown", {"symbol": style["symbol"], "known": ", ".join(sorted(known))})])
    taken = {one.id for one in (*present.layer.all_fields, *present.layer.retired)}
    added = []
    for one in body.added:
        added.append(one.field(taken))
        taken.add(added[-1].id)
    return LayerChange({name: told[name] for name in given}, {name: one.change() for name, one in body.fields.items()}, style, tuple(added))


def _shown(found: Definition) -> Response:
    shown: dict[str, Any] = {"version": found.version, "removed": found.removed, "definition": layer_to_json(found.layer)}
    return answer(shown, headers={"ETag": etag(found.version)})
