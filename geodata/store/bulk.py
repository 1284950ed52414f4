"""Many rows into one layer at once: COPY straight into the layer where all are new, else to a staging table, then set-based insert and update by the layer's key."""

from __future__ import annotations

from binascii import hexlify
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from sqlalchemy import Connection, Table, literal_column, text

from geodata.columns import Coded
from geodata.store.batch import Rows
from geodata.store.copying import NULL, copy_text
from geodata.store.ids import uuid_v7_texts
from geodata.store.metadata import STORAGE_SRID
from geodata.store.retiring import Retire, RetireUnclear, retire
from geodata.store.rows import mask
from layers.errors import InvalidInput, Problem
from layers.messages import Sentence, declare
from layers.spec import Field, Geometry, Label, Layer, Sensitivity

_BATCH = 5_000
_SQL_TYPES = {"str": "text", "int": "bigint", "float": "double precision", "bool": "boolean", "date": "date", "datetime": "timestamptz"}

declare({
    "key-doubled": Sentence(Label("编号 {value} 在同一批中出现多次", "The key {value} stands more than once in one batch"),
                            Label("合并或改正重复的编号", "Merge or correct the doubled keys")),
    "reference-unknown": Sentence(Label("「{value}」在所引用的图层 {layer} 中不存在", "“{value}” is not in the layer {layer} referred to"),
                                  Label("先载入被引用的图层", "Load the layer referred to first")),
})


@dataclass(frozen=True)
class UpsertCounts:
    """How many rows were new, changed and the same as stored (they add up to the rows given), and how many features went."""

    inserted: int
    updated: int
    unchanged: int
    retired: int = 0


Look = Callable[[Connection, str, Layer, str | None, dict[str, str]], None]

Wrote = Callable[[int, int], None]

Lot = Callable[[int, int], Iterable[bytes]]  # cells of a column from one row to another


def upsert(connection: Connection, schema: str, layer: Layer, table: Table, rows: Rows, resolve: Mapping[str, Mapping[str, str]], *,
           look: Look | None = None, leave: Retire | None = None, wrote: Wrote | None = None) -> UpsertCounts:
    """Insert rows whose key is new, update those whose given values differ, leave the rest alone.

    Only fields that the rows carry are updated. Rows without a key (or layers without one) are inserted. `resolve`
    turns keys of referenced features into ids, by field. Values and shapes must have been checked by the caller. `look`
    sees the rows staged, before anything is written: the target's name, the key and the columns carried with their types. `leave` says which of
    the features that the rows do not have are to go. `wrote` hears how many rows of all have been sent.
    """
    fields = [one for one in layer.all_fields if one.id in rows.columns]
    _no_doubled_keys(layer, rows)
    connection.execute(text("SET LOCAL statement_timeout = 0"))
    connection.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))
    target = f'"{schema}"."{table.name}"'
    key = layer.key if any(one.id == layer.key for one in fields) else None
    sent = _Sent(layer, fields, rows, resolve, wrote)
    if len(rows) and look is None and leave is None and (key is None or not connection.scalar(text(f"SELECT EXISTS (SELECT FROM {target})"))):
        sent.copy(connection, target)
        return UpsertCounts(len(rows), 0, 0)
    columns = [(one.id, _sql_type(one)) for one in fields] + ([("geom", f"geometry(Geometry,{STORAGE_SRID})")] if sent.has_shape else [])
    connection.execute(text("DROP TABLE IF EXISTS pg_temp.staging"))
    connection.execute(text(f"CREATE TEMP TABLE staging (n bigint, id uuid, {', '.join(f'{_quoted(name)} {kind}' for name, kind in columns)}) ON COMMIT DROP"))
    sent.copy(connection, "pg_temp.staging", numbered=True)
    connection.execute(text("ANALYZE pg_temp.staging"))
    names = [name for name, _ in columns]
    if key:
        _put_back(connection, target, table, key, [one for one in fields if one.sensitivity is Sensitivity.PERSONAL and one.type is str])
    if look:
        look(connection, target, layer, key, dict(columns))
    counts = _merge(connection, target, key, names, len(rows))
    if leave is None:
        return counts
    if key is None:
        raise RetireUnclear(count=len(rows))
    return replace(counts, retired=retire(connection, target, key, dict(columns)[key], leave))


def _put_back(connection: Connection, target: str, table: Table, key: str, personal: Sequence[Field]) -> None:
    """A value that comes back as it was shown masked (a file we wrote, edited) is the value kept."""
    for one in personal:
        name = _quoted(one.id)
        shown = mask(one, literal_column(f"t.{name}", table.c[one.id].type)).compile(dialect=connection.dialect, compile_kwargs={"literal_binds": True})
        connection.exec_driver_sql(f"UPDATE pg_temp.staging s SET {name} = t.{name} FROM {target} t "
                                   f"WHERE s.{name} LIKE '%%**%%' AND t.{_quoted(key)} = s.{_quoted(key)} AND s.{name} = {shown}")


def _sql_type(one: Field) -> str:
    if one.reference:
        return "uuid"
    return _SQL_TYPES[one.type.__name__] + ("[]" if one.many else "")


def _quoted(name: str) -> str:
    return f'"{name}"'


def _no_doubled_keys(layer: Layer, rows: Rows) -> None:
    keys = rows.columns.get(layer.key) if layer.key else None
    if keys is None:
        return
    doubled = np.flatnonzero(keys.repeated_rows & ~keys.missing)
    if len(doubled):
        again = int(doubled[np.flatnonzero(np.isin(keys.codes[doubled], keys.codes[doubled[0]]))[1]])
        raise InvalidInput(problems=[Problem(f"/properties/{layer.key}", "key-doubled", {"value": keys[again], "row": int(rows.numbers[again])})])


@dataclass(frozen=True)
class _Sent:
    """Rows on their way into a table, put together by column as COPY reads them. Each gets an id, which those that are not new do not need."""

    layer: Layer
    fields: Sequence[Field]
    rows: Rows
    resolve: Mapping[str, Mapping[str, str]]
    wrote: Wrote | None

    @property
    def has_shape(self) -> bool:
        return self.layer.geometry is not Geometry.NONE

    def copy(self, connection: Connection, target: str, *, numbered: bool = False) -> None:
        """Send all rows; with `numbered` a column `n` says which row each is, the first being 1."""
        raw = connection.connection.driver_connection
        assert raw is not None
        lots = self._lots(copy_text(raw), numbered)
        with raw.cursor() as cursor, cursor.copy(f"COPY {target} ({', '.join(map(_quoted, lots))}) FROM STDIN") as copy:
            for start in range(0, len(self.rows), _BATCH):
                stop = min(start + _BATCH, len(self.rows))
                copy.write(b"".join(b"\t".join(line) + b"\n" for line in zip(*(lot(start, stop) for lot in lots.values()), strict=True)))
                if self.wrote:
                    self.wrote(stop, len(self.rows))

    def _lots(self, written: Callable[[Any], bytes], numbered: bool) -> dict[str, Lot]:
        """What gives the cells of each column from one row to another."""
        lots: dict[str, Lot] = {"n": lambda start, stop: map(b"%d".__mod__, range(start + 1, stop + 1))} if numbered else {}
        lots["id"] = uuid_v7_texts(len(self.rows))
        lots |= {one.id: _lots(_stored(self.layer, one, self.rows, self.resolve), written) for one in self.fields}
        if self.has_shape:
            lots["geom"] = lambda start, stop: (NULL if one is None else hexlify(one) for one in self.rows.shapes.blobs(start, stop))
        return lots


def _lots(column: Coded, written: Callable[[Any], bytes]) -> Lot:
    """What gives the values from one row to another as they are sent; values that many rows have are written out once."""
    if len(column.levels) * 2 > len(column):
        return lambda start, stop: map(written, column[start:stop])
    levels = [written(one) for one in column.levels]
    return lambda start, stop: [levels[code] for code in column.codes[start:stop].tolist()]


def _stored(layer: Layer, one: Field, rows: Rows, resolve: Mapping[str, Mapping[str, str]]) -> Coded:
    """The values of a field as its column takes them: ids for what is referred to. Raises InvalidInput for what is not there."""
    column = rows.columns[one.id]
    if one.many:
        return column.mapped(lambda value: None if value is None else list(value))
    if not one.reference:
        return column
    known = resolve[one.id]
    unknown = np.flatnonzero(column.having(lambda value: value is not None and str(value) not in known))
    if len(unknown):
        first = int(unknown[0])
        raise InvalidInput(problems=[Problem(f"/properties/{one.id}", "reference-unknown", {"value": column[first], "layer": one.reference, "row": int(rows.numbers[first])})])
    return column.mapped(lambda value: None if value is None else known[str(value)])


def _merge(connection: Connection, target: str, key: str | None, names: Sequence[str], total: int) -> UpsertCounts:
    listed = ", ".join(map(_quoted, ["id", *names]))
    updated = matched = 0
    absent = ""
    if key:
        joined = f't.{_quoted(key)} = s.{_quoted(key)}'
        matched = connection.scalar(text(f"SELECT count(*) FROM pg_temp.staging s JOIN {target} t ON {joined}")) or 0
        rest = [name for name in names if name != key]
        if matched and rest:
            assigned = ", ".join(f"{_quoted(name)} = s.{_quoted(name)}" for name in rest)
            differs = " OR ".join(f"t.{_quoted(name)} IS DISTINCT FROM s.{_quoted(name)}" for name in rest)
            changed = f"FROM pg_temp.staging s WHERE {joined} AND ({differs})"
            # Counted first: an UPDATE of no rows would still raise the layer's version.
            if connection.scalar(text(f"SELECT EXISTS (SELECT FROM {target} t, pg_temp.staging s WHERE {joined} AND ({differs}))")):
                updated = connection.execute(text(f"UPDATE {target} t SET {assigned} {changed}")).rowcount
        absent = f" WHERE NOT EXISTS (SELECT FROM {target} t WHERE {joined})"
    if total > matched:
        connection.execute(text(f"INSERT INTO {target} ({listed}) SELECT {listed} FROM pg_temp.staging s{absent} ORDER BY n"))
    return UpsertCounts(total - matched, updated, matched - updated)
