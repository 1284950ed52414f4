"""Putting value checks on tables that hold rows already: all rows are looked at first, and none is changed or left out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, text

from geodata.store.metadata import LIVE_SCHEMA
from geodata.store.spaces import run_time_layers
from geodata.store.tables import space_tables
from geodata.store.value_checks import ValueCheck, value_checks
from layers.collection import Catalogue
from layers.errors import Misconfigured
from layers.messages import Sentence, declare
from layers.spec import Label

_SHOWN = 10  # offending columns in one sentence; the count says how many there are


class ValuesInTheWay(Misconfigured):
    """Rows hold values that the catalogue does not admit, so the table cannot promise it. `values`: found, count, query."""

    code = "values-in-the-way"


declare({"values-in-the-way": Sentence(
    Label("数据库中有 {count} 列的值不在目录允许的范围内，升级停止，什么都没有改动：{found}",
          "Values in {count} columns are not what the catalogue admits; the upgrade stopped and changed nothing: {found}"),
    Label("用旧版本或 psql 把这些值改成允许的（不知道就改为 NULL），再启动。查看这些行：{query}",
          "Set these values to admitted ones (NULL where not known), with the version before or psql, and start again. To see the rows: {query}"))})


@dataclass(frozen=True)
class _Offence:
    check: ValueCheck
    rows: int

    def __str__(self) -> str:
        return f"{self.check.layer}.{self.check.field} × {self.rows} ({self.check.condition})"


def narrow(connection: Connection, checks: Iterable[ValueCheck]) -> None:
    """Add the checks that are not there yet, NOT VALID first, then validated. Raises ValuesInTheWay naming every layer and field in the way."""
    there = set(map(tuple, connection.execute(text(
        "SELECT c.relname, k.conname FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid WHERE k.connamespace = CAST(:schema AS regnamespace)"),
        {"schema": LIVE_SCHEMA})))
    wanted: dict[str, list[ValueCheck]] = {}
    for one in checks:
        if (one.layer, one.name) not in there:
            wanted.setdefault(one.layer, []).append(one)
    offences = [found for layer, its in wanted.items() for found in _offences(connection, layer, its)]
    if offences:
        first = offences[0].check
        query = f'SELECT id, "{first.field}" FROM {LIVE_SCHEMA}."{first.layer}" WHERE NOT ({first.condition})'
        raise ValuesInTheWay(count=len(offences), found="; ".join(map(str, offences[:_SHOWN])), query=query)
    for layer, its in wanted.items():
        for how in (", ".join(f'ADD CONSTRAINT "{one.name}" CHECK ({one.condition}) NOT VALID' for one in its),
                    ", ".join(f'VALIDATE CONSTRAINT "{one.name}"' for one in its)):
            connection.exec_driver_sql(f'ALTER TABLE {LIVE_SCHEMA}."{layer}" {how}'.replace("%", "%%"))


def narrow_run_time_layers(connection: Connection) -> None:
    """The same for layers made at run time, by their definitions."""
    for layer in run_time_layers(connection, space_tables(Catalogue(()))):
        narrow(connection, value_checks(layer))


def _offences(connection: Connection, layer: str, checks: list[ValueCheck]) -> list[_Offence]:
    """In one scan of the table: the checks that rows do not meet, with how many."""
    counted = ", ".join(f"count(*) FILTER (WHERE NOT ({one.condition}))" for one in checks)
    row = connection.exec_driver_sql(f'SELECT {counted} FROM {LIVE_SCHEMA}."{layer}"'.replace("%", "%%")).one()
    return [_Offence(check, rows) for check, rows in zip(checks, row, strict=True) if rows]
