"""Rows of a file held against what is stored: which would be new, changed field by field, the same, and which the file does not have."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text

from geodata.store.retiring import missing
from layers.spec import Geometry, Layer, Sensitivity

MOST_NAMED = 2_000  # of each kind; the counts are of all
MOST_TWINS = 5_000  # enough to judge a shift by


@dataclass(frozen=True)
class Twin:
    """A row's feature as it is stored: `n` is the row's place (the first is 1), its middle in degrees."""

    n: int
    lon: float
    lat: float
    by: str


@dataclass(frozen=True)
class Changed:
    """A feature that would change: the fields with before and after (None for both where they are not to be shown), metres moved."""

    n: int
    id: UUID
    fields: tuple[tuple[str, Any, Any], ...]
    moved_m: float | None
    lon: float | None
    lat: float | None


@dataclass(frozen=True)
class Absent:
    """A stored feature that the file does not have. It stays, unless somebody wants it to go."""

    id: UUID
    key: str | None
    title: str | None
    lon: float | None
    lat: float | None


@dataclass(frozen=True)
class Comparison:
    """All outcomes, at most MOST_NAMED of each. `keyed`: rows are known again by the layer's key; else all are new."""

    stored: int
    keyed: bool
    matched: int
    new: tuple[int, ...]
    changed: tuple[Changed, ...]
    unchanged: tuple[int, ...]
    absent: tuple[Absent, ...]
    absent_total: int
    twins: tuple[Twin, ...]

    def without_places(self) -> Comparison:
        """The same for a reader who may not know where the stored features lie."""
        changed = tuple(replace(one, moved_m=None, lon=None, lat=None) for one in self.changed)
        return replace(self, changed=changed, absent=tuple(replace(one, lon=None, lat=None) for one in self.absent), twins=())


def compare(connection: Connection, target: str, layer: Layer, key: str | None, columns: Mapping[str, str], spared: Sequence[Any] = ()) -> Comparison:
    """The staged rows against the stored ones. `columns` are those that the rows carry, with their types; nothing is written.

    Features with a key of `spared` are not absent: they stand in the file on rows that are not loaded.
    """
    names = list(columns)
    stored = connection.scalar(text(f"SELECT count(*) FROM {target}")) or 0
    title = layer.title if layer.title in names else None
    if key is None:
        every = connection.scalars(text(f"SELECT n FROM pg_temp.staging ORDER BY n LIMIT {MOST_NAMED}")).all()
        return Comparison(stored, False, 0, tuple(every), (), (), (), 0, _twins(connection, target, layer, None, title))
    joined = f't."{key}" = s."{key}"'
    rest = [name for name in names if name != key]
    differs = " OR ".join(f't."{name}" IS DISTINCT FROM s."{name}"' for name in rest) or "false"
    both = f"FROM pg_temp.staging s JOIN {target} t ON {joined}"
    new = connection.scalars(text(f"SELECT n FROM pg_temp.staging s WHERE NOT EXISTS (SELECT FROM {target} t WHERE {joined}) ORDER BY n LIMIT {MOST_NAMED}")).all()
    same = connection.scalars(text(f"SELECT n {both} WHERE NOT ({differs}) ORDER BY n LIMIT {MOST_NAMED}")).all()
    matched = connection.scalar(text(f"SELECT count(*) {both}")) or 0
    gone = missing(target, key, columns[key])
    return Comparison(
        stored,
        True,
        matched,
        tuple(new),
        _changed(connection, both, differs, layer, rest),
        tuple(same),
        _absent(connection, gone, layer, key, spared),
        connection.scalar(text(f"SELECT count(*) {gone}"), {"spared": list(spared)}) or 0,
        _twins(connection, target, layer, key, title),
    )


def _changed(connection: Connection, both: str, differs: str, layer: Layer, names: Sequence[str]) -> tuple[Changed, ...]:
    told = [name for name in names if name != "geom" and _open(layer, name)]
    hidden = [name for name in names if name != "geom" and name not in told]
    pairs = [f'CASE WHEN t."{name}" IS DISTINCT FROM s."{name}" THEN jsonb_build_array(t."{name}", s."{name}") END' for name in told]
    pairs += [f't."{name}" IS DISTINCT FROM s."{name}"' for name in hidden]
    moved = 'CASE WHEN t.geom IS DISTINCT FROM s.geom THEN ST_DistanceSphere(ST_Centroid(t.geom), ST_Centroid(s.geom)) END' if "geom" in names else "NULL"
    picked = ", ".join(["s.n", "t.id", moved, *_middle(layer, "t"), *pairs])
    found = []
    for n, feature_id, moved_m, lon, lat, *values in connection.execute(text(f"SELECT {picked} {both} WHERE {differs} ORDER BY s.n LIMIT {MOST_NAMED}")):
        fields = [(name, *pair) for name, pair in zip(told, values, strict=False) if pair is not None]
        fields += [(name, None, None) for name, differ in zip(hidden, values[len(told) :], strict=True) if differ]
        found.append(Changed(n, feature_id, tuple(fields), moved_m, lon, lat))
    return tuple(found)


def _open(layer: Layer, name: str) -> bool:
    field = layer.field(name)
    return field is not None and field.sensitivity is Sensitivity.PUBLIC and not field.reference


def _absent(connection: Connection, gone: str, layer: Layer, key: str, spared: Sequence[Any]) -> tuple[Absent, ...]:
    title = f't."{layer.title}"::text' if layer.title and _open(layer, layer.title) else "NULL"
    query = f'SELECT t.id, t."{key}"::text, {title}, {", ".join(_middle(layer, "t"))} {gone} ORDER BY t."{key}" LIMIT {MOST_NAMED}'
    return tuple(Absent(*row) for row in connection.execute(text(query), {"spared": list(spared)}))


def _twins(connection: Connection, target: str, layer: Layer, key: str | None, title: str | None) -> tuple[Twin, ...]:
    """Stored places of the rows' features: by key, and by a title that only one of them has where the key is new."""
    if layer.geometry is Geometry.NONE:
        return ()
    middle = ", ".join(_middle(layer, "t"))
    found = []
    if key:
        found += [Twin(row[0], row[1], row[2], "key") for row in connection.execute(
            text(f'SELECT s.n, {middle} FROM pg_temp.staging s JOIN {target} t ON t."{key}" = s."{key}" ORDER BY s.n LIMIT {MOST_TWINS}'))]
    if title:
        unkeyed = f'NOT EXISTS (SELECT FROM {target} k WHERE k."{key}" = s."{key}") AND ' if key else ""
        alone = f'(SELECT min(id::text)::uuid AS id, "{title}" FROM {target} GROUP BY "{title}" HAVING count(*) = 1)'
        found += [Twin(row[0], row[1], row[2], "title") for row in connection.execute(
            text(f'SELECT s.n, {middle} FROM pg_temp.staging s JOIN {alone} o ON o."{title}" = s."{title}" JOIN {target} t ON t.id = o.id '
                 f"WHERE {unkeyed}t.geom IS NOT NULL ORDER BY s.n LIMIT {MOST_TWINS}"))]
    return tuple(found)


def _middle(layer: Layer, name: str) -> tuple[str, str]:
    if layer.geometry is Geometry.NONE:
        return "NULL::float8", "NULL::float8"
    return f"ST_X(ST_Centroid({name}.geom))", f"ST_Y(ST_Centroid({name}.geom))"
