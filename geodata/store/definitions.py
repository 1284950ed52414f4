"""What a run-time layer is, changed while it is in use: words, style, fields added and retired, choices, measures; removed and restored."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select, text, update

from geodata.store.features import Store
from geodata.store.reshaping import reshape, touch
from geodata.store.spaces import Space
from geodata.store.tables import DEFINITIONS, REMOVED, space_tables
from layers.collection import Catalogue
from layers.errors import Conflict, Forbidden, InvalidInput, LayerNotFound, Problem, StaleVersion, VersionRequired
from layers.messages import Sentence, declare
from layers.serial import layer_from_json, layer_to_json
from layers.spec import COMMON_FIELDS, IDENTIFIER, SYSTEM_COLUMNS, Action, Actor, Choice, Field, Label, Layer, Measure

MOST_FIELDS = 500
MOST_CHOICES = 500


class LayerBuiltIn(Conflict):
    """The catalogue declares the layer; it is changed there. `values`: layer."""

    code = "layer-built-in"


class LayerRemoved(Conflict):
    """The layer was removed; it is restored before it is changed. `values`: layer."""

    code = "layer-removed"


declare({
    "layer-built-in": Sentence(Label("图层「{layer}」由程序的目录声明，不能在这里改", "The layer “{layer}” is declared by the program's catalogue and is not changed here"),
                               Label("只有由文件新建的图层可以改定义", "Only layers made from a file can have their definition changed")),
    "layer-removed": Sentence(Label("图层「{layer}」已移除", "The layer “{layer}” was removed"), Label("先恢复它再改", "Restore it first")),
    "measure-needs-number": Sentence(Label("字段「{field}」不是数字，不能合计", "The field “{field}” is no number and cannot be summed"),
                                     Label("选一个数字字段", "Choose a field of numbers")),
    "choices-need-text": Sentence(Label("字段「{field}」不能有选项：只有文字和整数可以", "The field “{field}” cannot have choices: only texts and whole numbers can"),
                                  Label("选一个文字或整数字段", "Choose a field of texts or whole numbers")),
    "choice-unfit": Sentence(Label("字段「{field}」的选项「{value}」重复，或不是这种字段的值", "The choice “{value}” of the field “{field}” stands twice or is no value of that kind"),
                             Label("每个值写一次，整数字段写整数", "Write each value once, whole numbers for a field of whole numbers")),
    "field-taken": Sentence(Label("标识「{field}」已有字段使用，或不能用作标识", "The name “{field}” belongs to a field already, or cannot be one"),
                            Label("换一个小写英文标识；停用过的字段可以恢复", "Choose another in small letters; a retired field can be brought back")),
    "field-carries": Sentence(Label("字段「{field}」是这个图层的编号或名称，不能停用", "The field “{field}” is the layer's code or title and cannot be retired"),
                              Label("先换一个名称字段；编号字段始终保留", "Choose another title first; the code always stays")),
    "too-many-fields": Sentence(Label("字段太多，最多 {maximum} 个", "Too many fields: at most {maximum}"), Label("停用不了腾出位置，另建一个图层", "Make another layer")),
})


@dataclass(frozen=True)
class Definition:
    """A run-time layer as it is declared, the version of that declaration, and whether it was removed."""

    layer: Layer
    version: int
    removed: bool = False
    by: str = ""
    at: datetime | None = None


@dataclass(frozen=True)
class FieldChange:
    """What changes of a field; what is not in `given` stays. `retired` False brings a retired one back."""

    given: frozenset[str]
    label: Label | None = None
    counts_as: Measure | None = None
    unit: str | None = None
    choices: tuple[Choice, ...] = ()
    retired: bool | None = None


@dataclass(frozen=True)
class LayerChange:
    """What changes of a layer: `values` has any of label, title, summary, ranked, exposed; `style` any member of its style; `fields` what
    changes of its own fields, `added` new ones."""

    values: Mapping[str, Any] = field(default_factory=dict)
    fields: Mapping[str, FieldChange] = field(default_factory=dict)
    style: Mapping[str, Any] = field(default_factory=dict)
    added: tuple[Field, ...] = ()


@dataclass(frozen=True)
class DefinitionStep:
    """One version of a definition: who, when, why, and which members differ from the version before."""

    version: int
    op: str
    at: datetime
    by: str
    reason: str | None
    changed: tuple[str, ...]


def definition(space: Space, layer_id: str, actor: Actor) -> Definition:
    """The present definition, of a removed layer too. Raises LayerNotFound, LayerBuiltIn, Forbidden."""
    with space.reading(actor) as store:
        table = store.tables.definitions
        row = store.connection.execute(select(table).where(table.c.layer == layer_id)).first()
        if row is None:
            store.catalogue.layer(layer_id)
            raise LayerBuiltIn(layer=layer_id, what=layer_id)
        found = _defined(row)
        if not store.may(Action.READ, found.layer):
            raise Forbidden(action=Action.READ.value, layer=layer_id)
    return found


def definitions(space: Space, actor: Actor) -> list[Definition]:
    """All run-time layers that the actor may read, in the order they were made, those removed among them."""
    with space.reading(actor) as store:
        table = store.tables.definitions
        rows = store.connection.execute(select(table).order_by(table.c.created_at, table.c.layer))
        return [found for found in map(_defined, rows) if store.may(Action.READ, found.layer)]


def steps(space: Space, layer_id: str, actor: Actor) -> list[DefinitionStep]:
    """The life of a definition, oldest first. Raises as `definition` does."""
    definition(space, layer_id, actor)
    with space.reading(actor) as store:
        return list(_steps(store, layer_id))


def _steps(store: Store, layer_id: str) -> Iterator[DefinitionStep]:
    told = store.tables.history.c
    rows = store.connection.execute(select(told.version, told.op, told.at, told.by, told.reason, told.before["definition"], told.after["definition"])
                                    .where(told.layer == DEFINITIONS, told.after["layer"].astext == layer_id).order_by(told.id))
    for version, op, at, by, reason, before, after in rows:
        was, now = before or {}, after or {}
        names = [name for name in now.keys() | was.keys() if was.get(name) != now.get(name)] if before else []
        yield DefinitionStep(version, op, at, by, reason, tuple(sorted(names)))


def redefine(space: Space, layer_id: str, change: LayerChange, actor: Actor, *, version: int | None, reason: str | None = None) -> Definition:
    """The layer declared anew with its table, for every process at its next look; history keeps what it was. GIS staff may do this.

    Raises Forbidden, LayerNotFound, LayerBuiltIn, LayerRemoved, VersionRequired, StaleVersion, and InvalidInput for what does not fit.
    """
    with _defining(space, layer_id, actor, version, reason) as (connection, present):
        if present.removed:
            raise LayerRemoved(layer=layer_id, what=layer_id)
        wanted = changed(present.layer, change)
        reshape(connection, space.schema, present.layer, wanted, space_tables(Catalogue((wanted,))).layers[layer_id])
        space.act_as_space(connection)
        touch(connection, space.schema, layer_id)
        done = _write(connection, space, layer_id, layer_to_json(wanted))
    return Definition(wanted, done)


def remove(space: Space, layer_id: str, actor: Actor, *, version: int | None, reason: str) -> Definition:
    """Take a run-time layer off the map. Its features, their history and its name stay, and it can be restored. Raises as `redefine` does."""
    if not reason.strip():
        raise InvalidInput(problems=[Problem("/reason", "required", {"field": "reason"})])
    with _defining(space, layer_id, actor, version, reason) as (connection, present):
        if present.removed:
            raise LayerRemoved(layer=layer_id, what=layer_id)
        space.act_as_space(connection)
        done = _write(connection, space, layer_id, {**layer_to_json(present.layer), REMOVED: True})
    return replace(present, version=done, removed=True)


def restore(space: Space, layer_id: str, actor: Actor, *, version: int | None, reason: str | None = None) -> Definition:
    """Put a removed layer back with all that it held. Raises as `redefine` does; one that is there stays as it is."""
    with _defining(space, layer_id, actor, version, reason) as (connection, present):
        if not present.removed:
            return present
        if connection.scalar(text("SELECT to_regclass(:name)"), {"name": f'"{space.schema}"."{layer_id}"'}) is None:
            raise LayerNotFound(layer=layer_id)  # removed before this drill was copied
        space.act_as_space(connection)
        touch(connection, space.schema, layer_id)
        done = _write(connection, space, layer_id, layer_to_json(present.layer))
    return replace(present, version=done, removed=False)


@contextmanager
def _defining(space: Space, layer_id: str, actor: Actor, version: int | None, reason: str | None) -> Iterator[tuple[Connection, Definition]]:
    """The owner's transaction on a definition that stands at `version`."""
    if not space.may_shape(actor):
        raise Forbidden(action=Action.LOAD.value, layer=layer_id)
    if version is None:
        raise VersionRequired()
    space.refresh()
    definition(space, layer_id, actor)
    with space.reshaping(layer_id, actor, reason) as connection:
        table = space.tables.definitions
        row = connection.execute(select(table).where(table.c.layer == layer_id).with_for_update()).first()
        if row is None:
            raise LayerNotFound(layer=layer_id)
        if row.version != version:
            raise StaleVersion(layer=layer_id, id=str(row.id), given=version, current=row.version, by=row.updated_by, at=row.updated_at.isoformat(), differences=[])
        yield connection, _defined(row)


def _write(connection: Connection, space: Space, layer_id: str, wanted: Mapping[str, Any]) -> int:
    table = space.tables.definitions
    done = connection.execute(update(table).where(table.c.layer == layer_id).values(definition=wanted).returning(table.c.version)).scalar_one()
    return int(done)


def _defined(row: Row[*tuple[Any, ...]]) -> Definition:
    return Definition(layer_from_json(row.definition), row.version, bool(row.definition.get(REMOVED)), row.updated_by, row.updated_at)


def changed(layer: Layer, change: LayerChange) -> Layer:
    """The layer with the change. Raises InvalidInput naming every place that does not fit."""
    problems: list[Problem] = []
    own = {one.id: one for one in layer.fields}
    retired = {one.id: one for one in layer.retired}
    for one in change.added:
        problems += _unfit_new(one, {*own, *retired})
        own[one.id] = one
    for name, told in change.fields.items():
        present = own.get(name) or retired.get(name)
        if present is None:
            problems.append(Problem(f"/fields/{name}", "unknown-field", {"field": name[:60], "layer": layer.id}))
            continue
        found = list(_unfit(present, told, f"/fields/{name}"))
        problems += found
        if not found:
            _put(own, retired, _changed_field(present, told), told.retired)
    title = change.values.get("title", layer.title)
    for place, name in (("/title", title), *((f"/summary/{n}", one) for n, one in enumerate(change.values.get("summary", ()))), ("/style/shade_by", change.style.get("shade_by"))):
        if name is not None and name not in own and not (name in retired and place != "/title"):
            problems.append(Problem(place, "unknown-field", {"field": str(name)[:60], "layer": layer.id}))
    problems += [Problem(f"/fields/{one}", "field-carries", {"field": one}) for one in retired if one in (layer.key, title)]
    if len(own) + len(retired) > MOST_FIELDS:
        problems.append(Problem("/added", "too-many-fields", {"maximum": MOST_FIELDS}))
    if problems:
        raise InvalidInput(problems=_once(problems))
    style = replace(layer.style, **change.style)
    wanted = {"summary": layer.summary, **change.values}
    wanted["summary"] = tuple(one for one in wanted["summary"] if one in own)
    return replace(layer, **wanted, style=replace(style, shade_by=style.shade_by if style.shade_by in own else None), fields=tuple(own.values()), retired=tuple(retired.values()))


def _once(problems: list[Problem]) -> list[Problem]:
    return list({(one.pointer, one.code): one for one in problems}.values())


def _put(own: dict[str, Field], retired: dict[str, Field], wanted: Field, retire: bool | None) -> None:
    """Into the fields or among the retired, as it is told or where it was."""
    away = wanted.id in retired if retire is None else retire
    if away:
        own.pop(wanted.id, None)
        retired[wanted.id] = wanted
    else:
        retired.pop(wanted.id, None)
        own[wanted.id] = wanted


def _unfit_new(one: Field, taken: set[str]) -> Iterator[Problem]:
    reserved = {*taken, *SYSTEM_COLUMNS, *(common.id for common in COMMON_FIELDS)}
    if one.id in reserved or not IDENTIFIER.match(one.id):
        yield Problem(f"/added/{one.id}", "field-taken", {"field": one.id[:60]})
    yield from _unfit(one, FieldChange(frozenset({"choices", "counts_as"}), counts_as=one.counts_as, choices=one.choices), f"/added/{one.id}")


def _unfit(present: Field, told: FieldChange, place: str) -> Iterator[Problem]:
    if told.counts_as and present.type not in (int, float):
        yield Problem(f"{place}/counts_as", "measure-needs-number", {"field": present.id})
    if not told.choices:
        return
    if present.type not in (str, int):
        yield Problem(f"{place}/choices", "choices-need-text", {"field": present.id})
        return
    seen: set[Any] = set()
    for n, one in enumerate(told.choices):
        if type(one.value) is not present.type or one.value in seen:
            yield Problem(f"{place}/choices/{n}", "choice-unfit", {"field": present.id, "value": str(one.value)[:60]})
        seen.add(one.value)


def _changed_field(present: Field, change: FieldChange) -> Field:
    return replace(present, **{name: getattr(change, name) for name in change.given if name != "retired"})
