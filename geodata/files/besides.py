"""What a file holds beside the rows that are loaded: keys of rows rejected or left out, so that nothing in the file counts as missing from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from geodata.files.mapping import ColumnMapping
from geodata.files.table import Table
from geodata.store.batch import Rows
from layers.spec import Layer
from layers.values import Unreadable, reader


@dataclass(frozen=True)
class Besides:
    """`keys` stand in the file on rows that are not loaded; of `unclear` more rows nobody can tell which feature they are."""

    keys: tuple[Any, ...] = ()
    unclear: int = 0


def besides(table: Table, layer: Layer, mapping: ColumnMapping, rows: Rows) -> Besides:
    """The keys of the rows of the whole table that are not among `rows`. Without a column for the key all those rows are unclear."""
    field = layer.field(layer.key) if layer.key else None
    carried = next((one.column for one in mapping.mapped if one.field == layer.key), None)
    column = table.column(carried) if carried else None
    left = np.flatnonzero(~np.isin(table.rows, rows.numbers)).tolist()
    if field is None or column is None:
        return Besides((), len(left) + len(table.rejected))
    read, keys, unclear = reader(field), set(), len(table.rejected)
    for place in left:
        try:
            key = None if column.values[place] is None else read(column.values[place])
        except Unreadable:
            key = None
        if key is None:
            unclear += 1
        else:
            keys.add(key)
    return Besides(tuple(sorted(keys, key=str)), unclear)
