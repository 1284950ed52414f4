"""From a Layer to its table, and the tables that every space has beside its layers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from geoalchemy2 import Geometry as GeometryColumn
from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Double,
    ForeignKey,
    Identity,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, UUID
from sqlalchemy.sql.elements import conv
from sqlalchemy.types import TypeEngine

from geodata.store.metadata import STORAGE_SRID, space_metadata
from geodata.store.value_checks import value_checks
from layers.collection import Catalogue
from layers.spec import Field, Geometry, Layer

DEFINITIONS = "layer_definition"  # run-time layers are rows here, watched like features so that workers see new ones
REMOVED = "removed"  # what a definition has whose layer was taken off the map; rows, history and name stay

_COLUMN_TYPES: Mapping[type, TypeEngine[Any]] = {
    str: Text(),
    int: BigInteger(),
    float: Double(),
    bool: Boolean(),
    date: Date(),
    datetime: DateTime(timezone=True),
}


@dataclass(frozen=True)
class SpaceTables:
    """The tables of a space: one for each layer, and those kept beside them."""

    metadata: MetaData
    layers: Mapping[str, Table]
    state: Table
    commits: Table
    history: Table
    touched: Table
    definitions: Table
    idempotency: Table


def space_tables(catalogue: Catalogue) -> SpaceTables:
    """Tables for a catalogue, named as of the live space; `schema_translate_map` turns them to another space."""
    return _tables_of(tuple(catalogue.values()))


@lru_cache(maxsize=16)  # a catalogue's tables take 60 ms to declare, and every space of a process shares them
def _tables_of(declared: tuple[Layer, ...]) -> SpaceTables:
    metadata = space_metadata()
    state = Table(
        "layer_state", metadata,
        Column("layer", Text, primary_key=True),
        Column("version", BigInteger, nullable=False),
        Column("token", UUID, nullable=False),
    )
    commits = Table(
        "commit_log", metadata,
        Column("layer", Text, primary_key=True),
        Column("version", BigInteger, primary_key=True, autoincrement=False),
        Column("token", UUID, nullable=False),
        Column("at", DateTime(timezone=True), nullable=False),
        Column("by", Text, nullable=False),
        Column("reason", Text),
        Index(None, "token"),
        Index(None, "at"),
    )
    history = Table(
        "history", metadata,
        Column("id", BigInteger, Identity(always=True), primary_key=True),
        Column("layer", Text, nullable=False),
        Column("feature_id", UUID, nullable=False),
        Column("version", Integer, nullable=False),
        Column("op", Text, nullable=False),
        Column("token", UUID, nullable=False),
        Column("at", DateTime(timezone=True), nullable=False),
        Column("by", Text, nullable=False),
        Column("reason", Text),
        Column("before", JSONB),
        Column("after", JSONB),
        Column("geom_before", GeometryColumn(srid=STORAGE_SRID, spatial_index=False)),
        Column("geom_after", GeometryColumn(srid=STORAGE_SRID, spatial_index=False)),
        Index("ix_history_feature", "layer", "feature_id", "id"),
        Index("ix_history_token", "token", "layer"),
    )
    touched = Table(
        "touched", metadata,
        Column("token", UUID, primary_key=True),
        Column("layer", Text, primary_key=True),
    )
    definitions = Table(
        DEFINITIONS, metadata,
        Column("id", UUID, primary_key=True, server_default=text("onemap_control.uuid_v7()")),
        *_system_columns(),
        Column("layer", Text, nullable=False, unique=True),
        Column("definition", JSONB, nullable=False),
    )
    idempotency = Table(
        "idempotency", metadata,
        Column("by", Text, primary_key=True),
        Column("key", Text, primary_key=True),
        Column("request_hash", Text, nullable=False),
        Column("status", Integer),
        Column("body", Text),
        Column("headers", JSONB),
        Column("at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
    )
    layers = {layer.id: _layer_table(layer, metadata) for layer in declared}
    return SpaceTables(metadata, layers, state, commits, history, touched, definitions, idempotency)


def _system_columns() -> list[Column[Any]]:
    return [
        Column("version", Integer, nullable=False, server_default=text("1")),
        Column("created_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
        Column("created_by", Text, nullable=False, server_default=text("''")),
        Column("updated_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
        Column("updated_by", Text, nullable=False, server_default=text("''")),
    ]


def _layer_table(layer: Layer, metadata: MetaData) -> Table:
    columns: list[Any] = [Column("id", UUID, primary_key=True, server_default=text("onemap_control.uuid_v7()"))]
    columns += _system_columns()
    columns += [_field_column(one, goes_with=bool(layer.ledger and layer.ledger.account == one.id)) for one in layer.all_fields]
    columns += [_field_column(replace(one, required=False), goes_with=False) for one in layer.retired]
    columns += [CheckConstraint(f"\"{one.id}\" > '-Infinity' AND \"{one.id}\" < 'Infinity'", name=f"finite_{one.id}")
                for one in layer.all_fields if one.type is float and not one.many]
    columns += [CheckConstraint(text(one.condition.replace(":", r"\:")), name=conv(one.name)) for one in value_checks(layer)]
    if layer.geometry is not Geometry.NONE:
        columns.append(Column("geom", GeometryColumn(srid=STORAGE_SRID, spatial_index=False), nullable=False))
        columns.append(CheckConstraint(geometry_rule(layer), name="geometry"))
        columns.append(Index(f"ix_{layer.id}_geom", "geom", postgresql_using="gist"))
    if layer.key:
        columns.append(Index(f"uq_{layer.id}_{layer.key}"[:63], layer.key, unique=True))
    columns += [Index(f"ix_{layer.id}_{one.id}"[:63], one.id) for one in layer.references]
    if layer.ledger:  # entries of an account are numbered without a gap or a double
        columns.append(Index(f"uq_{layer.id}_{layer.ledger.number}"[:63], layer.ledger.account, layer.ledger.number, unique=True))
        columns.append(Index(f"uq_{layer.id}_{layer.ledger.other_number}"[:63], layer.ledger.counterpart, layer.ledger.other_number, unique=True))
    return Table(layer.id, metadata, *columns)


def geometry_rule(layer: Layer) -> str:
    """The condition that every shape of a layer meets, in SQL about its column `geom`."""
    types = ", ".join(f"'ST_{name}'" for name in layer.geometry.types)
    # The order matters: an infinite box never reaches GEOS; ST_IsValid then finds any NaN that the box passed over.
    return ("CASE WHEN ST_IsEmpty(geom) THEN false"
            " WHEN NOT (ST_XMin(geom) >= -180 AND ST_XMax(geom) <= 180 AND ST_YMin(geom) >= -90 AND ST_YMax(geom) <= 90) THEN false"
            f" WHEN ST_GeometryType(geom) NOT IN ({types}) THEN false"
            " ELSE ST_IsValid(geom) END")


def _field_column(one: Field, *, goes_with: bool) -> Column[Any]:
    if one.reference:
        target = ForeignKey(f"onemap.{one.reference}.id", ondelete="CASCADE" if goes_with else "RESTRICT")
        return Column(one.id, UUID, target, nullable=not one.required)
    kind = _COLUMN_TYPES[one.type]
    return Column(one.id, ARRAY(kind) if one.many else kind, nullable=not one.required)
