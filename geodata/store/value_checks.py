"""What a table itself demands of its values, whoever writes them: choices, ranges and lengths as the catalogue has them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from layers.spec import Field, Layer

_LONGEST = 63  # bytes of a name in PostgreSQL; ours are ASCII


@dataclass(frozen=True)
class ValueCheck:
    """A CHECK on one column. `kind` is choice, range or length; unknown (NULL) always passes."""

    layer: str
    field: str
    kind: str
    condition: str

    @property
    def name(self) -> str:
        """`ck_<layer>_<kind>_<field>`. Where that is too long the layer's part is cut: names are one table's own, and errors tell the table."""
        rest = f"_{self.kind}_{self.field}"
        return f"ck_{self.layer}"[:_LONGEST - len(rest)] + rest


def value_checks(layer: Layer) -> tuple[ValueCheck, ...]:
    """The checks of a layer's table, in the order of its fields. They say what the form's reader of each field says."""
    return tuple(ValueCheck(layer.id, one.id, kind, condition) for one in layer.all_fields for kind, condition in _conditions(one))


def field_of(constraint: str, table: str) -> str | None:
    """The field that a violated value check is about, or None when the constraint is another."""
    parts = [constraint.removeprefix("ck_").partition(f"_{kind}_") for kind in ("choice", "range", "length", "finite")]
    fitting = [(layer, field) for layer, _, field in parts if field and table.startswith(layer)]
    return max(fitting)[1] if fitting else None  # the longest layer: its own name may hold such a word


def _conditions(field: Field) -> Iterator[tuple[str, str]]:
    column = f'"{field.id}"'
    if field.reference:
        return
    if field.choices:
        admitted = ", ".join(_literal(one.value) for one in field.choices)
        kind = "text" if field.type is str else "bigint"
        yield "choice", f"{column} <@ ARRAY[{admitted}]::{kind}[]" if field.many else f"{column} IN ({admitted})"
    elif field.type is str:
        yield "length", f"char_length({column}) <= {field.max_length}"
    bounds = [f"{column} {sign} {_number(bound)}" for sign, bound in ((">=", field.minimum), ("<=", field.maximum)) if bound is not None]
    if bounds and not field.choices:
        yield "range", " AND ".join(bounds)


def _literal(value: str | int) -> str:
    return str(value) if isinstance(value, int) else "'" + value.replace("'", "''") + "'"


def _number(bound: float) -> str:
    return str(int(bound)) if bound == int(bound) else repr(bound)
