"""The pyramid of a large layer: its features counted by cell and zoom, kept in the space beside the layer (`pyramid.sql`)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Connection, text

from geodata.store.changes import Box, LayerVersion
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


def count_within(connection: Connection, schema: str, layer: Layer, box: Box, *, exact: bool = True, cells: bool = True) -> int:
    """How many features have a bounding box that touches this box (west, south, east, north), of one snapshot.

    Of a large layer whole cells are added up, and only what lies at the edge of the box is looked at. Without `exact`
    a feature stands where readers see it who may not know exact positions; without `cells` every feature is looked at.
    """
    for _ in range(3 if cells else 0):
        made = keep(connection, schema, layer)
        if made is None:
            break
        connection.execution_options(isolation_level="REPEATABLE READ")
        try:
            state = connection.execute(text(_STATES.format(schema=schema)), {"layer": layer.id}).one()
            if state.kept != state.now:  # somebody wrote just now
                continue
            return _count_by_cells(connection, schema, layer, box, made.detail) if exact else _count_coarse(connection, schema, layer, box)
        finally:
            connection.rollback()
            connection.execution_options(isolation_level="READ COMMITTED")
    shape = "geom" if exact else "ST_SnapToGrid(ST_Centroid(geom), 0.01)"
    found = connection.execute(text(f'SELECT count(*) FROM (SELECT {shape} AS geom FROM "{schema}"."{layer.id}") t WHERE {_touching("geom", box)}'), _edges(box)).scalar_one()
    return int(found)


def _count_by_cells(connection: Connection, schema: str, layer: Layer, box: Box, detail: int) -> int:
    inner = _inner_cells(box, detail)
    if inner is None:
        query, values = "SELECT count(*) FROM {table} WHERE " + _touching("geom", box), {}
    else:
        z, (west, east), (north, south) = inner
        values = {"layer": layer.id, "z": z, "shift": 16 - z, "first_x": west, "last_x": east, "first_y": north, "last_y": south}
        strips = _strips(box, z, (west, east), (north, south))
        query = _CELLS_AND_RIM.replace("{rim}", " OR ".join(f"geom && {_box(one)}" for one in strips))
    return int(connection.execute(text(query.format(schema=f'"{schema}"', table=f'"{schema}"."{layer.id}"')), _edges(box) | values).scalar_one())


def _count_coarse(connection: Connection, schema: str, layer: Layer, box: Box) -> int:
    found = connection.execute(text(f'SELECT coalesce(sum(n), 0) FROM "{schema}"._pyramid_coarse WHERE layer = :layer AND x / 100.0::float8 BETWEEN :west AND :east'
                                    " AND y / 100.0::float8 BETWEEN :south AND :north"), _edges(box) | {"layer": layer.id}).scalar_one()
    return int(found)


def _inner_cells(box: Box, detail: int) -> tuple[int, tuple[int, int], tuple[int, int]] | None:
    """A zoom and the range of its cells (x, then y) that lie wholly inside the box; None where there is none."""
    west, south, east, north = box
    width = max(east - west, 1e-9)
    z = min(detail - 1, max(0, math.floor(math.log2(_CELLS_ACROSS * 360 / width)) - 4))
    if z < 0:
        return None
    cells = 2.0 ** (z + 4)
    x = math.floor((west + 180) / 360 * cells) + 1, math.floor((east + 180) / 360 * cells) - 1
    y = math.floor(_down(north) * cells) + 1, math.floor(_down(south) * cells) - 1
    return (z, x, y) if x[0] <= x[1] and y[0] <= y[1] else None


def _strips(box: Box, z: int, x: tuple[int, int], y: tuple[int, int]) -> list[Box]:
    """The rim of the box around its inner cells, as four boxes; what touches the box and is not centred inside touches one."""
    cells = 2.0 ** (z + 4)
    west, east = x[0] / cells * 360 - 180, (x[1] + 1) / cells * 360 - 180
    north, south = _latitude(y[0] / cells) - 1e-9, _latitude((y[1] + 1) / cells) + 1e-9  # a little wider: rounding must lose none
    west, east = west + 1e-9, east - 1e-9
    return [(box[0], box[1], west, box[3]), (east, box[1], box[2], box[3]), (box[0], box[1], box[2], south), (box[0], north, box[2], box[3])]


def _down(lat: float) -> float:
    return 0.5 - math.log(math.tan(math.pi / 4 + math.radians(max(-85.0511, min(85.0511, lat))) / 2)) / (2 * math.pi)


def _latitude(down: float) -> float:
    return math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * down))))


def _box(box: Box) -> str:
    return "ST_MakeEnvelope({!r}, {!r}, {!r}, {!r}, 4490)".format(*(float(one) for one in box))


def _touching(shape: str, box: Box) -> str:
    return f"{shape} && {_box(box)} AND {_TOUCHES}"


def _edges(box: Box) -> dict[str, float]:
    return dict(zip(("west", "south", "east", "north"), box, strict=True))


_CELLS_ACROSS = 128  # cells of the box; the rim is then some hundredths of it
_STATES = """SELECT (SELECT (version, token) FROM "{schema}"._pyramid_state WHERE layer = :layer) AS kept,
       (SELECT (version, token) FROM "{schema}".layer_state WHERE layer = :layer) AS now"""
_CENTRE = """(onemap_control.grid_x((ST_XMin({0}) + ST_XMax({0})) / 2) >> :shift) BETWEEN :first_x AND :last_x
        AND (onemap_control.grid_y((ST_YMin({0}) + ST_YMax({0})) / 2) >> :shift) BETWEEN :first_y AND :last_y"""
# `&&` alone compares boxes rounded to 32 bits, half a metre off.
_TOUCHES = "ST_XMin(geom) <= :east AND ST_XMax(geom) >= :west AND ST_YMin(geom) <= :north AND ST_YMax(geom) >= :south"
_CELLS_AND_RIM = f"""SELECT
    (SELECT coalesce(sum(n), 0) FROM {{schema}}._pyramid_cell WHERE layer = :layer AND z = :z AND x BETWEEN :first_x >> 4 AND :last_x >> 4
        AND y BETWEEN :first_y >> 4 AND :last_y >> 4 AND x * 16 + (c & 15) BETWEEN :first_x AND :last_x AND y * 16 + (c >> 4) BETWEEN :first_y AND :last_y)
    + (SELECT count(*) FROM {{schema}}._pyramid_shape WHERE layer = :layer AND z <= :z AND {_CENTRE.format("box")})
    + (SELECT count(*) FROM {{table}} WHERE ({{rim}}) AND {_TOUCHES} AND NOT ({_CENTRE.format("geom")}))"""


def shade_field(layer: Layer) -> str | None:
    """The field by whose values cells are broken down: what the layer is shaded by, if few values and everyone may see it."""
    field = layer.field(layer.style.shade_by) if layer.style.shade_by else None
    return field.id if field and field.choices and not field.many and field.sensitivity is Sensitivity.PUBLIC else None
