"""The pyramid of a large layer: its features counted by cell and zoom, kept in the space beside the layer (`pyramid.sql`)."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Connection, text

from geodata.store.changes import LayerVersion
from layers.spec import Geometry, Layer, Sensitivity

LARGE = 20_000  # features; a tile of fewer is thinned as it is drawn, in about 0.1 s
DENSEST = 10_000  # features of a tile that are still thinned as it is drawn; cells are kept for the zooms above
BUILD_TIMEOUT_MS = 300_000

TABLES = ("_pyramid_state", "_pyramid_cell", "_pyramid_shape", "_pyramid_coarse")


@dataclass(frozen=True)
class Pyramid:
    """Where a layer's pyramid stands. Cells are kept for the zooms below `detail`; `count` is that of all features."""

    version: LayerVersion
    detail: int
    count: int


def make_tables(connection: Connection, schema: str) -> None:
    """Give a space the tables of its pyramids; those that are there stay."""
    connection.execute(text("SELECT onemap_control.pyramid_tables(:schema)"), {"schema": schema})


def keep(connection: Connection, schema: str, layer: Layer, *, large: int = LARGE, densest: int = DENSEST) -> Pyramid | None:
    """The layer's pyramid, brought to where the layer is; None while the layer is small or has no geometry.

    Made anew when it does not know how it came to lag (a restored database, a standby promoted) or when much changed.
    Commits what the connection has begun. Raises TooMany when another session takes longer than the lock timeout.
    """
    if layer.geometry is Geometry.NONE:
        return None
    connection.execute(text(f"SET LOCAL statement_timeout = {BUILD_TIMEOUT_MS}"))
    row = connection.execute(text("SELECT * FROM onemap_control.keep_pyramid(:schema, :layer, :shade, :coarse, :large, :densest)"), {
        "schema": schema, "layer": layer.id, "shade": shade_field(layer), "coarse": layer.geometry_sensitivity is not Sensitivity.PUBLIC,
        "large": large, "densest": densest}).first()
    connection.commit()
    return None if row is None else Pyramid(LayerVersion(row.version, UUID(str(row.token))), row.detail, row.n)


def shade_field(layer: Layer) -> str | None:
    """The field by whose values cells are broken down: what the layer is shaded by, if few values and everyone may see it."""
    field = layer.field(layer.style.shade_by) if layer.style.shade_by else None
    return field.id if field and field.choices and not field.many and field.sensitivity is Sensitivity.PUBLIC else None
