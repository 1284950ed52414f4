"""Which features a row refers to: its references name them by id or by key."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Text, cast, select

from geodata.store.tables import SpaceTables
from layers.collection import Catalogue
from layers.errors import InvalidInput, Problem
from layers.spec import Layer


class References:
    """What may be referred to, as one transaction sees it."""

    def __init__(self, connection: Connection, catalogue: Catalogue, tables: SpaceTables) -> None:
        self._connection, self._catalogue, self._tables = connection, catalogue, tables

    def named(self, layer: Layer, values: Mapping[str, Any]) -> dict[str, str]:
        """Ids for reference fields, which may name their feature by id or by key."""
        found: dict[str, str] = {}
        for one in layer.references:
            value = values.get(one.id)
            if value is None or one.reference is None:
                continue
            target, table = self._catalogue.layer(one.reference), self._tables.layers[one.reference]
            matches = cast(table.c.id, Text) == str(value).lower()
            if target.key:
                matches = matches | (table.c[target.key] == str(value))
            feature_id = self._connection.scalar(select(table.c.id).where(matches).limit(1))
            if feature_id is None:
                raise InvalidInput(problems=[Problem(f"/properties/{one.id}", "reference-unknown", {"value": value, "layer": one.reference})])
            found[one.id] = str(feature_id)
        return found

    def keys(self, layer_id: str) -> dict[str, str]:
        """Every id and every key of a layer, each with the id of its feature."""
        layer, table = self._catalogue.layer(layer_id), self._tables.layers[layer_id]
        known = {str(one): str(one) for one in self._connection.scalars(select(table.c.id))}
        if layer.key:
            known |= {str(key): str(one) for key, one in self._connection.execute(select(table.c[layer.key], table.c.id)) if key is not None}
        return known
