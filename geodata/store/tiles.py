"""Vector tiles of a layer: MVT by PostGIS, thinned so that none is heavy, kept in memory by the layer's version."""

from __future__ import annotations

import math
import re
import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID

import shapely
from geoalchemy2.elements import WKBElement
from geoalchemy2.shape import to_shape
from sqlalchemy import Connection, Table, text
from sqlalchemy.dialects import postgresql

from geodata.store.faults import translated
from geodata.store.filters import condition
from geodata.store.spaces import Space
from layers.errors import Forbidden, NotFound
from layers.messages import Sentence, declare
from layers.spec import Action, Actor, Geometry, Label, Layer, Sensitivity

EXTENT = 4096
BUFFER = 256  # 16 of 256 px, half of the largest symbol; two cells of the thinning grid
MAX_ZOOM = 22
MAX_TILE_BYTES = 500_000  # design.md section 6
MAX_TEXT = 80  # longer than any name that can be drawn on a tile

DRAW_TIMEOUT_MS = 20_000  # a whole million of features on one tile takes about 4 s; then it is kept

_CELLS = 32  # the thinning grid: 8 px a cell
_MARGIN_CELLS = BUFFER * _CELLS // EXTENT
_MERCATOR_LAT = 85.0511287798  # where Web Mercator's square ends
_ENTRY_BYTES = 400  # key and bookkeeping, so that many empty tiles fill the cache too
_HALF_WORLD_M = 20037508.342789244
# Tried in turn until the tile is light enough: features drawn as they are, simplification in px of a 256 px tile.
_STRENGTHS = ((2000, 0.25), (1000, 0.5), (400, 1.0), (150, 2.0), (40, 8.0))


class TileNotFound(NotFound):
    """The tile lies outside the matrix, or the layer has no geometry to draw."""

    code = "tile-not-found"


declare({"tile-not-found": Sentence(
    Label("图层「{layer}」没有瓦片 {z}/{row}/{col}", "Layer “{layer}” has no tile {z}/{row}/{col}"),
    Label("级别 0-22，行列在该级范围内，图层须有图形", "Zoom 0-22, row and column within it, and a layer with geometry"),
)})


@dataclass(frozen=True)
class TileAddress:
    """A tile of WebMercatorQuad: column `x` from the west, row `y` from the north."""

    z: int
    x: int
    y: int

    def exists(self) -> bool:
        """Whether zoom, column and row lie in the matrix."""
        return 0 <= self.z <= MAX_ZOOM and 0 <= self.x < 2**self.z and 0 <= self.y < 2**self.z

    def box(self, margin: float = 0.0) -> tuple[float, float, float, float]:
        """West, south, east, north in degrees, widened by `margin` of the tile's side, cut at the ends of the world."""
        side = 2**self.z
        west, east = ((self.x + step) / side * 360 - 180 for step in (-margin, 1 + margin))
        north, south = (_latitude((self.y + step) / side) for step in (-margin, 1 + margin))
        return max(west, -180.0), max(south, -_MERCATOR_LAT), min(east, 180.0), min(north, _MERCATOR_LAT)


def _latitude(down: float) -> float:
    return math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * down))))


def tile_fields(layer: Layer) -> dict[str, str]:
    """Property name in the tile -> field: the title, what it is shaded by, the summary. Never a personal or sensitive field."""
    named = {one: one for one in layer.summary}
    if layer.style.shade_by:
        named |= {"shade": layer.style.shade_by}
    if layer.title:
        named |= {"title": layer.title}
    public = {one.id for one in layer.all_fields if one.sensitivity is Sensitivity.PUBLIC}
    return {name: field_id for name, field_id in named.items() if field_id in public}


@dataclass(frozen=True)
class Chosen:
    """A filter as SQL over a layer table called `f`, its values beside it; equal filters are equal keys."""

    sql: str
    values: tuple[tuple[str, Any], ...]

    @classmethod
    def by(cls, filter_text: str, layer: Layer, table: Table, *, reveal: bool) -> Chosen:
        """The CQL2 text of a reader who may or may not reveal. Raises InvalidInput at `filter`."""
        clause = condition(filter_text, layer, cast(Table, table.alias("f")), reveal=reveal)
        compiled = clause.compile(dialect=postgresql.dialect(paramstyle="named"))  # type: ignore[no-untyped-call]
        return cls(_CAST.sub(r"(:\1)::", str(compiled)), tuple((name, _bindable(value)) for name, value in compiled.params.items()))


_CAST = re.compile(r":(\w+)::")  # `text` would take the name for a cast's


def _bindable(value: Any) -> Any:
    if isinstance(value, WKBElement):
        return shapely.to_wkb(shapely.set_srid(to_shape(value), value.srid), include_srid=True)
    return value


def draw(connection: Connection, schema: str, layer: Layer, address: TileAddress, *, exact: bool = True, chosen: Chosen | None = None) -> bytes:
    """The tile as MVT bytes, one MVT layer named as the layer; empty bytes where nothing lies.

    Each feature has `id`, and `title`, `shade` and summary fields where the layer has them. Where more features meet
    the tile than can be drawn, the smallest are gathered in a grid of 8 px: a point with their `count` at their mean
    position (one alone stays itself). No feature vanishes. A shape below the tile's resolution becomes a point.
    Without `exact` each feature is a point at the corner of a coarse grid. With `chosen` only those features are there.
    """
    if not address.exists() or layer.geometry is Geometry.NONE:
        raise TileNotFound(layer=layer.id, z=address.z, row=address.y, col=address.x)
    values = _values(layer, address)
    table = f"{_quoted(schema)}.{_quoted(layer.id)}"
    if chosen is not None:
        table = f"(SELECT f.* FROM {table} f WHERE {chosen.sql})"
        values |= dict(chosen.values)
    source = table if exact else _COARSE.format(table=table if chosen is None else f"{table} f", columns="".join(f", {_quoted(one)}" for one in dict.fromkeys(tile_fields(layer).values())))
    mvt = b""
    for limit, simplify_px in _STRENGTHS:
        strength = {"limit": limit, "simplify": simplify_px * values["pixel_m"]}
        count = connection.execute(text(_COUNT.format(table=source)), values | {"limit": limit}).scalar_one()
        query = (_PLAIN if count <= limit else _THINNED).format(table=source, columns=_columns(layer))
        mvt = bytes(connection.execute(text(query), values | strength).scalar_one() or b"")
        if len(mvt) <= MAX_TILE_BYTES:
            break
    return mvt


def _values(layer: Layer, address: TileAddress) -> dict[str, Any]:
    west, south, east, north = address.box(_MARGIN_CELLS / _CELLS)
    pixel_m = 2 * _HALF_WORLD_M / 2**address.z / 256
    return {
        "west": west, "south": south, "east": east, "north": north, "z": address.z, "x": address.x, "y": address.y,
        "name": layer.id, "extent": EXTENT, "buffer": BUFFER, "text": MAX_TEXT, "pixel_m": pixel_m,
        "two_pixels_deg": 2 * 360 / 2**address.z / 256, "cells": float(2**address.z * _CELLS),
        "first_x": address.x * _CELLS - _MARGIN_CELLS, "last_x": (address.x + 1) * _CELLS + _MARGIN_CELLS - 1,
        "first_y": address.y * _CELLS - _MARGIN_CELLS, "last_y": (address.y + 1) * _CELLS + _MARGIN_CELLS - 1,
    }


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _columns(layer: Layer) -> str:
    """`, left(t."name", :text) AS "title", ...`; dates and lists go as text because MVT has no such values."""
    columns = ""
    for name, field_id in tile_fields(layer).items():
        field = layer.field(field_id)
        plain = field is not None and field.type in (int, float, bool) and not field.many
        value = f"t.{_quoted(field_id)}" if plain else f"left(t.{_quoted(field_id)}::text, :text)"
        columns += f", {value} AS {_quoted(name)}"
    return columns


# A reader who may not see exact positions gets them to about a kilometre, like every other answer of the store.
_COARSE = "(SELECT id{columns}, ST_SnapToGrid(ST_Centroid(geom), 0.01) AS geom FROM {table})"

_INSIDE = "t.geom && ST_MakeEnvelope(:west, :south, :east, :north, 4490)"

_COUNT = "SELECT count(*) FROM (SELECT 1 FROM {table} t WHERE " + _INSIDE + " LIMIT :limit + 1) few"

# Clipped first: what lies beyond the tile is neither simplified nor projected, and no vertex at a pole reaches Mercator.
_SHAPE = """COALESCE(
    ST_AsMVTGeom(ST_Simplify(ST_Transform(ST_ClipByBox2D(t.geom, ST_MakeEnvelope(:west, :south, :east, :north, 4490)), 3857), :simplify, true),
                 ST_TileEnvelope(:z, :x, :y), :extent, :buffer, true),
    ST_AsMVTGeom(ST_Transform(ST_Centroid(ST_ClipByBox2D(t.geom, ST_MakeEnvelope(:west, :south, :east, :north, 4490))), 3857),
                 ST_TileEnvelope(:z, :x, :y), :extent, :buffer, true))"""

_PLAIN = (
    "SELECT ST_AsMVT(drawn, :name, :extent, 'geom') FROM (SELECT t.id::text AS id{columns}, " + _SHAPE + " AS geom"
    " FROM {table} t WHERE " + _INSIDE + " ORDER BY t.id) drawn WHERE geom IS NOT NULL"
)

_THINNED = """
WITH inside AS (
    SELECT t.id, greatest(ST_XMax(t.geom) - ST_XMin(t.geom), ST_YMax(t.geom) - ST_YMin(t.geom)) AS size,
           (ST_XMin(t.geom) + ST_XMax(t.geom)) / 2 AS lon,
           greatest(-85.05, least(85.05, (ST_YMin(t.geom) + ST_YMax(t.geom)) / 2)) AS lat
    FROM {table} t WHERE """ + _INSIDE + """
), large AS (
    SELECT id FROM inside WHERE size >= :two_pixels_deg ORDER BY size DESC, id LIMIT :limit
), cells AS (
    SELECT floor((lon + 180) / 360 * :cells)::bigint AS cell_x,
           floor((0.5 - ln(tan(pi() / 4 + radians(lat) / 2)) / (2 * pi())) * :cells)::bigint AS cell_y,
           count(*) AS n, avg(lon) AS lon, avg(lat) AS lat, (array_agg(id))[1] AS one
    FROM inside WHERE NOT EXISTS (SELECT FROM large WHERE large.id = inside.id) GROUP BY 1, 2
), gathered AS (
    SELECT n, lon, lat, CASE WHEN n = 1 THEN one END AS id FROM cells
    WHERE cell_x BETWEEN :first_x AND :last_x AND cell_y BETWEEN :first_y AND :last_y
)
SELECT ST_AsMVT(drawn, :name, :extent, 'geom') FROM (
    SELECT t.id::text AS id{columns}, NULL::int AS count, """ + _SHAPE + """ AS geom FROM {table} t JOIN large USING (id)
    UNION ALL
    SELECT t.id::text AS id{columns}, CASE WHEN g.n > 1 THEN g.n::int END AS count,
           ST_AsMVTGeom(ST_Transform(ST_SetSRID(ST_MakePoint(g.lon, g.lat), 4490), 3857), ST_TileEnvelope(:z, :x, :y), :extent, :buffer, true) AS geom
    FROM gathered g LEFT JOIN {table} t ON t.id = g.id
) drawn WHERE geom IS NOT NULL"""


class TileCache:
    """The tiles drawn last, up to a number of bytes, shared by threads. A key holds the version, so nothing is ever stale."""

    def __init__(self, capacity_bytes: int = 64_000_000) -> None:
        self._capacity_bytes = capacity_bytes
        self._bytes = 0
        self._tiles: OrderedDict[tuple[Any, ...], bytes] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: tuple[Any, ...]) -> bytes | None:
        """The tile kept under this key, or None."""
        with self._lock:
            if key in self._tiles:
                self._tiles.move_to_end(key)
            return self._tiles.get(key)

    def put(self, key: tuple[Any, ...], tile: bytes) -> None:
        """Keep a tile; those unused for longest go when the room is full."""
        with self._lock:
            if key in self._tiles:
                self._bytes -= len(self._tiles.pop(key)) + _ENTRY_BYTES
            self._bytes += len(tile) + _ENTRY_BYTES
            self._tiles[key] = tile
            while self._bytes > self._capacity_bytes and self._tiles:
                self._bytes -= len(self._tiles.popitem(last=False)[1]) + _ENTRY_BYTES


@dataclass(frozen=True)
class Shown:
    """What a reader's tile shows: the layer at a version, with exact positions or coarse ones."""

    version: int
    token: UUID
    reveals: bool
    chosen: Chosen | None = None


def current(space: Space, layer_id: str, actor: Actor, filter_text: str | None = None) -> Shown:
    """What a tile asked for now would show this reader. Raises LayerNotFound, Forbidden, InvalidInput (filter)."""
    with space.reading(actor) as store:
        layer = store.catalogue.layer(layer_id)
        if not store.may(Action.READ, layer):
            raise Forbidden(action=Action.READ.value, layer=layer_id)
        now = store.version(layer_id)
        reveals = layer.geometry_sensitivity is Sensitivity.PUBLIC or store.may(Action.REVEAL, layer)
        chosen = Chosen.by(filter_text, layer, store.tables.layers[layer_id], reveal=store.may(Action.REVEAL, layer)) if filter_text else None
    return Shown(now.version, now.token, reveals, chosen)


def tile(space: Space, layer_id: str, address: TileAddress, shown: Shown, cache: TileCache) -> bytes:
    """The tile at that version or newer, from the cache where it is kept. Raises TileNotFound."""
    key = (space.id, layer_id, shown, address)
    kept = cache.get(key)
    if kept is None:
        with translated(), space.engine.connect() as connection:
            connection.execute(text(f"SET LOCAL statement_timeout = {DRAW_TIMEOUT_MS}"))
            kept = draw(connection, space.schema, space.catalogue.layer(layer_id), address, exact=shown.reveals, chosen=shown.chosen)
        cache.put(key, kept)
    return kept
