"""Bringing the table of a run-time layer to its changed definition: columns only ever added, value checks put on when all rows meet them."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection, Table, text
from sqlalchemy.schema import CreateColumn

from geodata.store.value_checks import ValueCheck, value_checks
from layers.errors import InvalidInput, Problem
from layers.messages import Sentence, declare
from layers.spec import Field, Label, Layer

_SHOWN = 5

declare({
    "values-stand-against": Sentence(
        Label("「{label}」有 {count} 条的值不在新的选项内：{values}", "{count} features have values of “{label_en}” that the new choices do not admit: {values}"),
        Label("先改这些要素，或把这些值留在选项里", "Change these features first, or leave the values among the choices")),
})


def reshape(connection: Connection, schema: str, present: Layer, wanted: Layer, table: Table) -> None:
    """Make the table of `present` that of `wanted` (`table` is its declaration). Nothing is dropped but checks; a retired column stays with its values.

    Raises InvalidInput where stored values stand against the wanted choices.
    """
    target = f'"{schema}"."{present.id}"'
    there = {one.id for one in (*present.all_fields, *present.retired)}
    for one in wanted.fields:
        if one.id not in there:
            _run(connection, f"ALTER TABLE {target} ADD COLUMN {CreateColumn(table.c[one.id]).compile(dialect=connection.dialect)}")
    for one in wanted.retired:
        if one.required:
            _run(connection, f'ALTER TABLE {target} ALTER COLUMN "{one.id}" DROP NOT NULL')
    before, after = {one.name: one for one in _checks(present)}, {one.name: one for one in _checks(wanted)}
    new = [one for name, one in after.items() if before.get(name) != one]
    problems = [found for one in new if (found := _against(connection, target, wanted, one))]
    if problems:
        raise InvalidInput(problems=problems)
    for name in (*(name for name in before if name not in after), *(check.name for check in new)):
        _run(connection, f'ALTER TABLE {target} DROP CONSTRAINT IF EXISTS "{name}"')
    for check in new:
        _run(connection, f'ALTER TABLE {target} ADD CONSTRAINT "{check.name}" CHECK ({check.condition})')


def _checks(layer: Layer) -> Iterator[ValueCheck]:
    yield from value_checks(layer)
    for one in layer.fields:
        if one.type is float and not one.many:
            yield ValueCheck(layer.id, one.id, "finite", f"\"{one.id}\" > '-Infinity' AND \"{one.id}\" < 'Infinity'")


def _against(connection: Connection, target: str, layer: Layer, check: ValueCheck) -> Problem | None:
    """The rows that do not meet a check, with some of their values."""
    field = layer.field(check.field)
    count = connection.exec_driver_sql(f"SELECT count(*) FROM {target} WHERE NOT ({check.condition})".replace("%", "%%")).scalar()
    if not count or field is None:
        return None
    values = connection.exec_driver_sql(f'SELECT DISTINCT "{check.field}"::text FROM {target} WHERE NOT ({check.condition}) ORDER BY 1 LIMIT {_SHOWN}'.replace("%", "%%")).scalars().all()
    return Problem(f"/fields/{check.field}/choices", "values-stand-against", {**_named(field), "count": count, "values": "、".join(map(str, values))})


def _named(field: Field) -> dict[str, str]:
    return {"field": field.id, "label": field.label.zh, "label_en": field.label.en}


def _run(connection: Connection, statement: str) -> None:
    connection.exec_driver_sql(statement.replace("%", "%%"))


def touch(connection: Connection, schema: str, layer_id: str) -> None:
    """Raise the layer's version though no feature changes, so that whoever keeps something of it looks again."""
    connection.execute(text(f'UPDATE "{schema}"."{layer_id}" SET version = version WHERE false'))
