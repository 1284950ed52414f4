"""One vector tile drawn by PostGIS: features as themselves where they can be, counted in cells where they are too many."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, text

from geodata.store.chosen import Chosen
from geodata.store.pyramid import Pyramid, keep, shade_field
from geodata.store.tile_address import TileAddress
from layers.errors import NotFound
from layers.messages import Sentence, declare
from layers.spec import Geometry, Label, Layer, Sensitivity

Pyramids = Callable[[Connection, str, Layer], Pyramid | None]

EXTENT = 4096
BUFFER = 256  # 16 of 256 px, half of the largest symbol
MARGIN = BUFFER / EXTENT  # of the tile's side
MAX_TILE_BYTES = 500_000  # design.md section 6
MAX_TEXT = 80  # longer than any name that can be drawn on a tile
THINNED = "thinned"  # the MVT layer that says what a tile leaves out

_CELLS = 16  # a side: 16 px each


@dataclass(frozen=True)
class Strength:
    """How much a tile is thinned: features drawn as themselves, simplification in px of a 256 px tile, values or bare ids."""

    features: int
    simplify_px: float
    values: bool = True


# Tried in turn until the tile is light enough. The last has no shape of its own and no words: it is always light.
STRENGTHS = (Strength(1000, 0.25), Strength(400, 1.0), Strength(150, 2.0), Strength(40, 8.0), Strength(0, 8.0, values=False))


class TileNotFound(NotFound):
    """The tile lies outside the matrix, or the layer has no geometry to draw."""

    code = "tile-not-found"


declare({"tile-not-found": Sentence(
    Label("图层「{layer}」没有瓦片 {z}/{row}/{col}", "Layer “{layer}” has no tile {z}/{row}/{col}"),
    Label("级别 0-22，行列在该级范围内，图层须有图形", "Zoom 0-22, row and column within it, and a layer with geometry"),
)})


def no_pyramid(connection: Connection, schema: str, layer: Layer) -> None:
    """Of a space that keeps none, as nobody writes to a past moment: what is too much is counted from the features themselves."""


def tile_fields(layer: Layer) -> dict[str, str]:
    """Property name in the tile -> field: the title, what it is shaded by, the summary. Never a personal or sensitive field."""
    named = {one: one for one in layer.summary}
    if layer.style.shade_by:
        named |= {"shade": layer.style.shade_by}
    if layer.title:
        named |= {"title": layer.title}
    public = {one.id for one in layer.all_fields if one.sensitivity is Sensitivity.PUBLIC}
    return {name: field_id for name, field_id in named.items() if field_id in public}


def draw(connection: Connection, schema: str, layer: Layer, address: TileAddress, *, exact: bool = True, chosen: Chosen | None = None,
         pyramids: Pyramids | None = None) -> bytes:
    """The tile as MVT bytes, its MVT layer named as the layer; empty bytes where nothing lies.

    Each feature has `id`, and `title`, `shade` and summary fields where the layer has them. A shape below the tile's
    resolution becomes a point. Where more features meet the tile than can be drawn, the largest stay themselves and the
    rest are gathered in a grid of 16 px: a point with their `count` and `shades` (count by value, as JSON) at their mean
    position, in the one tile where that lies; one alone stays itself. No feature vanishes. A tile that leaves anything
    out says so in a second MVT layer, `thinned`: how many are `drawn` as themselves, how many `counted`, and the
    simplification in px. Counts of a large layer come from its pyramid, which is first brought to where the layer is.
    Without `exact` each feature is a point at the corner of a coarse grid. With `chosen` only those features are there and
    counted, from the features themselves, as a pyramid holds all of them. `pyramids` gives the layer's pyramid if the
    caller knows it (and may keep what it learns).
    """
    if not address.exists() or layer.geometry is Geometry.NONE:
        raise TileNotFound(layer=layer.id, z=address.z, row=address.y, col=address.x)
    sheet = _Sheet(connection, schema, layer, address, exact, chosen)
    if sheet.at_most(STRENGTHS[0].features):
        mvt = sheet.drawn(_PLAIN, STRENGTHS[0])
        if len(mvt) <= MAX_TILE_BYTES:
            return mvt
    query = sheet.gathered(None if chosen else (pyramids or keep)(connection, schema, layer))
    for strength in STRENGTHS:
        mvt = sheet.drawn(query, strength)
        if len(mvt) <= MAX_TILE_BYTES:
            return mvt
    raise AssertionError("a tile of cells alone is light")


class _Sheet:
    """What all queries for one tile share."""

    def __init__(self, connection: Connection, schema: str, layer: Layer, address: TileAddress, exact: bool, chosen: Chosen | None) -> None:
        self.connection, self.schema, self.layer, self.address, self.exact = connection, schema, layer, address, exact
        table = f"{_quoted(schema)}.{_quoted(layer.id)}"
        fields = dict.fromkeys(tile_fields(layer).values())
        self.base = table
        source = table if chosen is None else f"(SELECT f.* FROM {table} f WHERE {chosen.sql}) f"
        self.table = (table if chosen is None else f"(SELECT * FROM {source})") if exact else _COARSE.format(table=source, columns="".join(f", {_quoted(one)}" for one in fields))
        west, south, east, north = address.box(MARGIN)
        pixel_deg = 360 / 2**address.z / 256
        self.values: dict[str, Any] = {
            "west": west, "south": south, "east": east, "north": north, "z": address.z, "x": address.x, "y": address.y, "side": float(2**address.z),
            "name": layer.id, "extent": EXTENT, "buffer": BUFFER, "text": MAX_TEXT, "large_deg": 4 * pixel_deg, "pixel_m": pixel_deg * 20037508.342789244 / 180,
            "about": THINNED, "cells": _CELLS,
        } | dict(chosen.values if chosen else ())

    def at_most(self, limit: int) -> bool:
        """Whether no more than so many features meet the tile."""
        count = self.connection.execute(text(_COUNT.format(table=self.table)), self.values | {"limit": limit}).scalar_one()
        return bool(count <= limit)

    def gathered(self, pyramid: Pyramid | None) -> str:
        """The query that counts what is too much: from the pyramid where it has this zoom, else from the features."""
        counted = self._counted(pyramid)
        return _GATHERED.replace("{counted}", counted)

    def _counted(self, pyramid: Pyramid | None) -> str:
        if pyramid is None or (self.exact and self.address.z >= pyramid.detail):
            return _FROM_FEATURES.replace("{shade}", self._shade())
        return _FROM_CELLS if self.exact else _FROM_COARSE

    def _shade(self) -> str:
        field = shade_field(self.layer)
        return f"coalesce(t.{_quoted(field)}::text, '')" if field else "''"

    def drawn(self, query: str, strength: Strength) -> bytes:
        """The tile by this query and strength."""
        given = self.values | {"limit": strength.features, "simplify_px": strength.simplify_px, "simplify": strength.simplify_px * self.values["pixel_m"]}
        columns = _columns(self.layer) if strength.values else ""
        sql = query.format(table=self.table, base=self.base, schema=_quoted(self.schema), columns=columns, shape=_SHAPE)
        return bytes(self.connection.execute(text(sql), given).scalar_one() or b"")


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


# A reader who may not see exact positions gets them to about a kilometre, like every other answer of the store. The place is at
# most half a cell from the centroid, so the index still finds what may stand on the tile.
_COARSE = ("(SELECT * FROM (SELECT id{columns}, ST_SnapToGrid(ST_Centroid(geom), 0.01) AS geom FROM {table}"
           " WHERE geom && ST_Expand(ST_MakeEnvelope(:west, :south, :east, :north, 4490), 0.0051) OFFSET 0) snapped)")

_ENVELOPE = "ST_MakeEnvelope(:west, :south, :east, :north, 4490)"
_INSIDE = "t.geom && " + _ENVELOPE
_COUNT = "SELECT count(*) FROM (SELECT 1 FROM {table} t WHERE " + _INSIDE + " LIMIT :limit + 1) few"


def _across(lon: str) -> str:
    """Where a longitude lies on the tile, in its units: rounded down, so that a place is on one tile and no other."""
    return f"floor((({lon} + 180) / 360 * :side - :x) * :extent)"


def _down(lat: str) -> str:
    return (f"floor(((0.5 - ln(tan(pi() / 4 + radians(greatest(-85.0511, least(85.0511, {lat}))) / 2)) / (2 * pi())) * :side - :y) * :extent)")


# Clipped first: what lies beyond the tile is neither simplified nor projected, and no vertex at a pole reaches Mercator.
_SHAPE = f"""CASE WHEN ST_GeometryType(t.geom) = 'ST_Point' THEN ST_MakePoint({_across("ST_X(t.geom)")}, {_down("ST_Y(t.geom)")}) ELSE COALESCE(
    ST_AsMVTGeom(ST_Simplify(ST_Transform(ST_ClipByBox2D(t.geom, {_ENVELOPE}), 3857), :simplify, true),
                 ST_TileEnvelope(:z, :x, :y), :extent, :buffer, true),
    ST_AsMVTGeom(ST_Transform(ST_Centroid(ST_ClipByBox2D(t.geom, {_ENVELOPE})), 3857), ST_TileEnvelope(:z, :x, :y), :extent, :buffer, true)) END"""

_PLAIN = (
    "SELECT ST_AsMVT(drawn, :name, :extent, 'geom') FROM (SELECT t.id::text AS id{columns}, {shape} AS geom"
    " FROM {table} t WHERE " + _INSIDE + " ORDER BY t.id) drawn WHERE geom IS NOT NULL"
)

# `counted` gives cells as (c, n, lon, lat, shades, id) and the shapes that are drawn as themselves as `large` (id).
_GATHERED = f"""
WITH {{counted}}, drawn AS MATERIALIZED (
    SELECT t.id::text AS id{{columns}}, NULL::int AS count, NULL::text AS shades, {{shape}} AS geom FROM {{table}} t JOIN large ON large.id = t.id
    UNION ALL
    SELECT t.id::text AS id{{columns}}, CASE WHEN k.n > 1 OR t.id IS NULL THEN k.n::int END AS count, CASE WHEN k.n > 1 THEN k.shades::text END AS shades,
           ST_MakePoint({_across("k.lon")}, {_down("k.lat")}) AS geom
    FROM (SELECT * FROM counted ORDER BY c) k LEFT JOIN {{base}} t ON t.id = k.id
), said AS (
    SELECT (count(*) FILTER (WHERE count IS NULL))::int AS drawn, coalesce(sum(count), 0)::int AS counted, CAST(:simplify_px AS float8) AS simplify_px, ST_MakePoint(2048, 2048) AS geom
    FROM drawn WHERE geom IS NOT NULL
)
SELECT (SELECT ST_AsMVT(drawn, :name, :extent, 'geom') FROM drawn WHERE geom IS NOT NULL)
       || (SELECT ST_AsMVT(said, :about, :extent, 'geom') FROM said WHERE drawn + counted > 0)"""

# Places are counted in the tile that holds them, so the sum over the tiles of a zoom is the number of features.
_CELL = f"(floor({_across('lon')} * :cells / :extent) + :cells * floor({_down('lat')} * :cells / :extent))::int"
_ON_TILE = f"{_across('lon')} BETWEEN 0 AND :extent - 1 AND {_down('lat')} BETWEEN 0 AND :extent - 1"

_FROM_FEATURES = f"""inside AS (
    SELECT t.id, {{shade}} AS shade, greatest(ST_XMax(t.geom) - ST_XMin(t.geom), ST_YMax(t.geom) - ST_YMin(t.geom)) AS size,
           (ST_XMin(t.geom) + ST_XMax(t.geom)) / 2 AS lon, (ST_YMin(t.geom) + ST_YMax(t.geom)) / 2 AS lat
    FROM {{table}} t WHERE {_INSIDE}
), large AS (
    SELECT id FROM inside WHERE size >= :large_deg ORDER BY size DESC, id LIMIT :limit
), counted AS (
    SELECT c, sum(n) AS n, sum(lon) / sum(n) AS lon, sum(lat) / sum(n) AS lat, jsonb_object_agg(shade, n) AS shades,
           CASE WHEN sum(n) = 1 THEN min(one::text)::uuid END AS id
    FROM (SELECT {_CELL} AS c, shade, count(*) AS n, sum(lon) AS lon, sum(lat) AS lat, (array_agg(id))[1] AS one FROM inside
          WHERE NOT EXISTS (SELECT FROM large WHERE large.id = inside.id) AND {_ON_TILE} GROUP BY 1, 2) by_shade GROUP BY c
)"""

_FROM_CELLS = f"""met AS (
    SELECT s.id, (ST_XMin(s.box) + ST_XMax(s.box)) / 2 AS lon, (ST_YMin(s.box) + ST_YMax(s.box)) / 2 AS lat, row_number() OVER (ORDER BY s.size DESC, s.id) AS rank
    FROM {{schema}}._pyramid_shape s WHERE s.layer = :name AND s.z <= :z AND s.box && {_ENVELOPE}
), large AS (
    SELECT id FROM met WHERE rank <= :limit
), kept AS (
    SELECT c, shade, n, lon_sum, lat_sum FROM {{schema}}._pyramid_cell WHERE layer = :name AND z = :z AND x = :x AND y = :y AND n > 0
    UNION ALL
    SELECT {_CELL}, '', 1, round(lon * 1e7)::bigint, round(lat * 1e7)::bigint FROM met WHERE rank > :limit AND {_ON_TILE}
), summed AS (
    SELECT c, sum(n) AS n, sum(lon_sum) / sum(n) / 1e7 AS lon, sum(lat_sum) / sum(n) / 1e7 AS lat, jsonb_object_agg(shade, n) AS shades
    FROM (SELECT c, shade, sum(n) AS n, sum(lon_sum) AS lon_sum, sum(lat_sum) AS lat_sum FROM kept GROUP BY c, shade) by_shade GROUP BY c
), counted AS (
    SELECT summed.*, alone.id FROM summed LEFT JOIN LATERAL (
        SELECT t.id FROM {{table}} t WHERE summed.n = 1 AND t.geom && ST_Expand(ST_SetSRID(ST_MakePoint(summed.lon, summed.lat), 4490), 2e-7)
            AND round((ST_XMin(t.geom) + ST_XMax(t.geom)) / 2 * 1e7) = round(summed.lon * 1e7)
            AND round((ST_YMin(t.geom) + ST_YMax(t.geom)) / 2 * 1e7) = round(summed.lat * 1e7) ORDER BY t.id LIMIT 1) alone ON true
)"""

# The coarse places themselves, gathered; one that stands alone in its cell is found among the few whose centroid is near.
_FROM_COARSE = f"""large AS (SELECT NULL::uuid AS id WHERE false), places AS (
    SELECT x / 100.0::float8 AS lon, y / 100.0::float8 AS lat, shade, n FROM {{schema}}._pyramid_coarse
    WHERE layer = :name AND n > 0 AND x BETWEEN floor(:west * 100) AND ceil(:east * 100) AND y BETWEEN floor(:south * 100) AND ceil(:north * 100)
), summed AS (
    SELECT c, sum(n) AS n, sum(lon) / sum(n) AS lon, sum(lat) / sum(n) AS lat, jsonb_object_agg(shade, n) AS shades
    FROM (SELECT {_CELL} AS c, shade, sum(n) AS n, sum(lon * n) AS lon, sum(lat * n) AS lat FROM places WHERE {_ON_TILE} GROUP BY 1, 2) by_shade GROUP BY c
), counted AS (
    SELECT summed.*, alone.id FROM summed LEFT JOIN LATERAL (
        SELECT t.id FROM {{base}} t WHERE summed.n = 1 AND t.geom && ST_Expand(ST_SetSRID(ST_MakePoint(summed.lon, summed.lat), 4490), 0.0051)
            AND ST_DWithin(ST_SnapToGrid(ST_Centroid(t.geom), 0.01), ST_SetSRID(ST_MakePoint(summed.lon, summed.lat), 4490), 1e-7) ORDER BY t.id LIMIT 1) alone ON true
)"""
