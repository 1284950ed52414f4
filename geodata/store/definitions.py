"""Changing what a run-time layer says of itself: words, measures, units, title, its part in rankings. Never its types or fields."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import select, update

from geodata.store.spaces import Space
from layers.errors import Conflict, Forbidden, InvalidInput, LayerNotFound, Problem, StaleVersion, Unavailable, VersionRequired
from layers.messages import Sentence, declare
from layers.serial import layer_from_json, layer_to_json
from layers.spec import Action, Actor, Field, Label, Layer, Measure


class LayerBuiltIn(Conflict):
    """The catalogue declares the layer; it is changed there. `values`: layer."""

    code = "layer-built-in"


declare({
    "layer-built-in": Sentence(Label("图层「{layer}」由程序的目录声明，不能在这里改", "The layer “{layer}” is declared by the program's catalogue and is not changed here"),
                               Label("只有由文件新建的图层可以改定义", "Only layers made from a file can have their definition changed")),
    "measure-needs-number": Sentence(Label("字段「{field}」不是数字，不能合计", "The field “{field}” is no number and cannot be summed"),
                                     Label("选一个数字字段", "Choose a field of numbers")),
})


@dataclass(frozen=True)
class Definition:
    """A run-time layer as it is declared, and the version of that declaration."""

    layer: Layer
    version: int


@dataclass(frozen=True)
class FieldChange:
    """What changes of a field; what is not in `given` stays."""

    given: frozenset[str]
    label: Label | None = None
    counts_as: Measure | None = None
    unit: str | None = None


@dataclass(frozen=True)
class LayerChange:
    """What changes of a layer: `values` has any of label, title, ranked, exposed; `fields` what changes of its own fields."""

    values: Mapping[str, Any] = field(default_factory=dict)
    fields: Mapping[str, FieldChange] = field(default_factory=dict)


def definition(space: Space, layer_id: str, actor: Actor) -> Definition:
    """The present definition. Raises LayerNotFound, LayerBuiltIn, Forbidden."""
    with space.reading(actor) as store:
        layer = store.catalogue.layer(layer_id)
        if not store.may(Action.READ, layer):
            raise Forbidden(action=Action.READ.value, layer=layer_id)
        table = store.tables.definitions
        row = store.connection.execute(select(table.c.definition, table.c.version).where(table.c.layer == layer_id)).first()
    if row is None:
        raise LayerBuiltIn(layer=layer_id, what=layer_id)
    return Definition(layer_from_json(row.definition), row.version)


def redefine(space: Space, layer_id: str, change: LayerChange, actor: Actor, *, version: int | None, reason: str | None = None) -> Definition:
    """The layer declared anew, for every process at its next look. Who may make layers may do this; history keeps what it was.

    Raises Forbidden, LayerNotFound, LayerBuiltIn, VersionRequired, StaleVersion, and InvalidInput for what the layer has not.
    """
    if not space.may_create(actor):
        raise Forbidden(action=Action.LOAD.value, layer=layer_id)
    if version is None:
        raise VersionRequired()
    space.refresh()
    present = definition(space, layer_id, actor)
    wanted = changed(present.layer, change)
    with space.transaction(actor, reason) as store:
        table = store.tables.definitions
        done = store.connection.execute(update(table).where(table.c.layer == layer_id, table.c.version == version)
                                        .values(definition=layer_to_json(wanted)).returning(table.c.version)).scalar()
        if done is None:
            now = store.connection.execute(select(table).where(table.c.layer == layer_id)).first()
            if now is None:
                raise LayerNotFound(layer=layer_id)
            raise StaleVersion(layer=layer_id, id=str(now.id), given=version, current=now.version, by=now.updated_by, at=now.updated_at.isoformat(), differences=[])
    with suppress(Unavailable):  # it is committed; who asks next takes it in
        space.refresh()
    return Definition(wanted, done)


def changed(layer: Layer, change: LayerChange) -> Layer:
    """The layer with the change. Raises InvalidInput naming every place that does not fit."""
    problems: list[Problem] = []
    own = {one.id: one for one in layer.fields}
    title = change.values.get("title")
    if title is not None and title not in own:
        problems.append(Problem("/title", "unknown-field", {"field": title[:60], "layer": layer.id}))
    for name, one in change.fields.items():
        if name not in own:
            problems.append(Problem(f"/fields/{name}", "unknown-field", {"field": name[:60], "layer": layer.id}))
        elif one.counts_as and own[name].type not in (int, float):
            problems.append(Problem(f"/fields/{name}/counts_as", "measure-needs-number", {"field": name}))
        else:
            own[name] = _changed_field(own[name], one)
    if problems:
        raise InvalidInput(problems=problems)
    return replace(layer, **change.values, fields=tuple(own.values()))


def _changed_field(present: Field, change: FieldChange) -> Field:
    return replace(present, **{name: getattr(change, name) for name in change.given})
