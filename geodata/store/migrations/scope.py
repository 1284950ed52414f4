"""What Alembic looks after: our two schemas, without run-time layers and without the job queue's own tables."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from geoalchemy2 import alembic_helpers
from sqlalchemy import Connection, MetaData, select

from geodata.store import (
    control,  # noqa: F401  (its import fills the control metadata)
    pyramid,
)
from geodata.store.metadata import CONTROL, CONTROL_SCHEMA, LIVE_SCHEMA
from geodata.store.tables import space_tables
from layers.catalogue import CATALOGUE
from layers.collection import Catalogue

VERSION_TABLE = "alembic_version"


def targets(catalogue: Catalogue = CATALOGUE) -> list[MetaData]:
    """The tables that a database at the newest script has."""
    return [CONTROL, space_tables(catalogue).metadata]


def options(connection: Connection, catalogue: Catalogue = CATALOGUE) -> dict[str, Any]:
    """Arguments of Alembic's context for this database."""
    return {
        "target_metadata": targets(catalogue),
        "include_schemas": True,
        "include_name": _ours,
        "include_object": _declared(connection),
        "version_table": VERSION_TABLE,
        "version_table_schema": CONTROL_SCHEMA,
        "render_item": alembic_helpers.render_item,
        "compare_type": True,
    }


def _ours(name: str | None, kind: str, parents: Any) -> bool:
    return name in (LIVE_SCHEMA, CONTROL_SCHEMA) if kind == "schema" else True


def _declared(connection: Connection) -> Callable[..., bool]:
    """Passes over tables that are made otherwise: run-time layers, by their definitions' rows, and the pyramids of large layers."""
    run_time: set[str] = set()
    definitions = space_tables(Catalogue(())).definitions
    if connection.dialect.has_table(connection, definitions.name, schema=LIVE_SCHEMA):
        run_time = set(connection.scalars(select(definitions.c.layer)))

    def include(subject: Any, name: str | None, kind: str, reflected: bool, compared_to: Any) -> bool:
        table = name if kind == "table" else getattr(getattr(subject, "table", None), "name", None)
        return not (reflected and compared_to is None and table in (run_time | {VERSION_TABLE, *pyramid.TABLES}))

    return include
