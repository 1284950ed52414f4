"""What a person looks at before a file is loaded: how it was read, where it lies, what would become of each row."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

import numpy as np
import shapely
from sqlalchemy import select
from sqlalchemy import text as sql

from geodata.columns import Coded
from geodata.datum import unshift
from geodata.files.measuring import NONE
from geodata.files.notices import Notice
from geodata.files.opening import KIND_NAMES
from geodata.files.plans import LoadPlan
from geodata.files.sampling import readings
from geodata.files.shift import FEWEST, Shift, suspect
from geodata.files.systems import raw_places, systems_for
from geodata.store.batch import Row
from geodata.store.comparing import MOST_NAMED, MOST_TWINS, Comparison
from geodata.store.features import Store
from geodata.store.rows import sees_exactly
from geodata.store.spaces import Space
from layers.district import District
from layers.spec import Action, Actor, Geometry, Group, Layer, Sensitivity

ROWS_WITH_PROBLEMS = "rows_with_problems"
SAMPLES = 3
MOST_DRAWN = 300  # rows of each fate whose lines and areas the map draws; of all it shows the middle
MOST_CORNERS = 500
LONGEST = 1000  # characters of one value in the table to take away
DRAWN_WITHIN = 5e-5  # degrees, some metres
_BOUNDARY = "b-bound"  # the paint of layers that hold divisions


def rehearsed(space: Space, made: LoadPlan, actor: Actor, district: District) -> dict[str, Any]:
    """The findings about a file and, unless it was refused, the fate of its rows: plain JSON values, the same in every language."""
    found: dict[str, Any] = {"encoding": _encoding(made), "systems": _systems(made, district), "columns": _columns(made), "missing": _missing(made),
                             "first_line": made.report.first_line, "new_layer": made.new_layer,
                             "remembered": asdict(made.options.remembered) if made.options.remembered else None}
    found[ROWS_WITH_PROBLEMS] = _as_read(made)
    if made.report.refused is None and made.layer is not None:
        with space.reading(actor) as store:
            found |= _places(store, made, district) | _fates(store, made)
    whole: dict[str, Any] = json.loads(json.dumps(found, default=str, ensure_ascii=False).replace("\\u0000", ""))
    return whole


def _encoding(made: LoadPlan) -> dict[str, Any] | None:
    encoding = made.report.encoding
    if encoding is None:
        return None
    values = encoding.values
    if encoding.value is None and "sample" in values:
        return {"readings": readings(str(values["sample"]))}
    return {"rival": values.get("rival"), "samples": values.get("samples", [])}


def _systems(made: LoadPlan, district: District) -> list[dict[str, Any]]:
    if made.table is None or made.table.shapes is None:
        return []
    said = made.report.crs.value if made.report.crs else None
    return [asdict(one) for one in systems_for(raw_places(made.table), district, None if said in (None, "OGC:CRS84") else said)]


def _columns(made: LoadPlan) -> list[dict[str, Any]]:
    """Each column with up to three of its values, the field it fills and how that was told; of a field to be made its type and what it counts."""
    if made.table is None:
        return []
    mapped = {one.column: one for one in made.report.mapping.mapped} if made.report.mapping else {}
    told = []
    for column in made.table.columns:
        if column.name in made.table.used_for_place:
            continue
        one = mapped.get(column.name)
        values = list(dict.fromkeys(str(value)[:40] for value in column.values[:1000] if value not in (None, "")))[:SAMPLES]
        told.append({"column": column.name, "samples": values, "field": one and one.field, "by": one and one.by, **_proposed(made, one.field if one else None)})
    return told


def _proposed(made: LoadPlan, name: str | None) -> dict[str, Any]:
    field = made.layer.field(name) if made.new_layer and made.layer and name else None
    if field is None:
        return {}
    counts = {"counts": field.counts_as.value if field.counts_as else NONE} if field.type in (int, float) else {}
    return {"type": field.type.__name__, **counts}


def _as_read(made: LoadPlan) -> dict[str, Any] | None:
    """What the file holds in its rows with problems, every column as text, by the number of the row: for the table to take away."""
    if made.table is None:
        return None
    wanted = sorted({one.row for one in made.report.errors if one.row})[:MOST_NAMED]
    places = np.flatnonzero(np.isin(made.table.rows, wanted))
    values = [list(Coded.of(one.values).take(places)) for one in made.table.columns]
    rows = {str(number): ["" if one is None else str(one)[:LONGEST] for one in row] for number, row in zip(made.table.rows[places].tolist(), zip(*values, strict=True), strict=True)} if values else {}
    return {"columns": [one.name for one in made.table.columns], "rows": rows}


def _missing(made: LoadPlan) -> list[str]:
    if made.layer is None or made.new_layer or made.report.mapping is None:
        return []
    mapped = {one.field for one in made.report.mapping.mapped}
    return [one.id for one in made.layer.fields if (one.required or one.id == made.layer.key) and one.id not in mapped]


def _places(store: Store, made: LoadPlan, district: District) -> dict[str, Any]:
    """Which kinds of shapes there are and how many lie in the district (by its boundary where it is stored, else by its box)."""
    if made.placed is None:
        return {"places": None}
    area = _outline(store, district) or shapely.box(*district.bbox)
    shapely.prepare(area)
    column = made.placed[1]
    kinds: Counter[str] = Counter()
    inside = 0
    for start, stop in column.pages():
        shapes = column.page(start, stop)
        kinds.update(KIND_NAMES[one] for one in shapely.get_type_id(shapes).tolist() if one >= 0)
        inside += int(shapely.intersects(area, shapes).sum())
    far = sum(1 for one in made.report.errors if one.code == "row-outside-district")
    return {"places": {"kinds": kinds, "inside": inside, "outside": kinds.total() - inside + far, "far": far}}


def _outline(store: Store, district: District) -> shapely.Geometry | None:
    for layer in store.catalogue.values():
        if layer.style.paint == _BOUNDARY and layer.key and store.may(Action.READ, layer):
            table = store.tables.layers[layer.id]
            raw = store.connection.scalar(select(table.c.geom).where(table.c[layer.key].in_((district.adcode, f"156{district.adcode}"))).limit(1))
            if raw is not None:
                return shapely.from_wkb(bytes(raw.data) if not isinstance(raw.data, str) else raw.data)
    return None


def _fates(store: Store, made: LoadPlan) -> dict[str, Any]:
    layer, report = made.layer, made.report
    assert layer is not None
    comparison = made.comparison
    if comparison and not sees_exactly(layer, reveal=store.may(Action.REVEAL, layer)):
        comparison = comparison.without_places()
    shift = _shift(store, made, layer, comparison)
    problems = {one.row for one in report.errors if one.row}
    by_title = len({one.n for one in comparison.twins if one.by == "title"}) if comparison else 0
    counts = {"stored": comparison.stored if comparison else 0, "keyed": bool(comparison and comparison.keyed), "by_key": comparison.matched if comparison else 0,
              "by_title": by_title, "new": report.inserted, "changed": report.updated, "unchanged": report.unchanged,
              "absent": comparison.absent_total if comparison else 0, "unclear": made.besides.unclear, "problems": len(problems), "named": MOST_NAMED}
    features = [*_rows(made, layer, comparison), *_problem_rows(made, problems)]
    return {"compare": counts, "shift": shift, "rows": {"type": "FeatureCollection", "features": features}}


def _rows(made: LoadPlan, layer: Layer, comparison: Comparison | None) -> Iterator[dict[str, Any]]:
    if comparison is None:
        yield from (_row("new", layer, row, outline=_outline_of(row.geometry) if n < MOST_DRAWN else None) for n, row in enumerate(made.rows[:MOST_NAMED]))
        return
    yield from (_row("new", layer, made.rows[n - 1], outline=_outline_of(made.rows[n - 1].geometry) if at < MOST_DRAWN else None) for at, n in enumerate(comparison.new))
    for at, one in enumerate(comparison.changed):
        changes = [{"field": name, "before": before, "after": after} for name, before, after in one.fields]
        yield _row("changed", layer, made.rows[one.n - 1], id=str(one.id), changes=changes, moved_m=one.moved_m, was=[one.lon, one.lat],
                   outline=_outline_of(made.rows[one.n - 1].geometry) if at < MOST_DRAWN and one.moved_m is not None else None)
    yield from (_row("unchanged", layer, made.rows[n - 1]) for n in comparison.unchanged)
    for gone in comparison.absent:
        yield _feature(gone.lon, gone.lat, op="absent", row=None, id=str(gone.id), key=gone.key, title=gone.title)


def _row(op: str, layer: Layer, row: Row, **more: Any) -> dict[str, Any]:
    lon, lat = _middle(row.geometry)
    return _feature(lon, lat, op=op, row=row.row, key=row.properties.get(layer.key or ""), title=_title(layer, row.properties), **more)


def _outline_of(shape: shapely.Geometry | None) -> dict[str, Any] | None:
    """A line or an area as the map draws it: its corners within some metres. None for points, and for what is too much to draw."""
    if shape is None or shape.is_empty or shapely.get_dimensions(shape) < 1:
        return None
    plain = shapely.set_precision(shapely.simplify(shape, DRAWN_WITHIN), DRAWN_WITHIN / 10, mode="pointwise")
    return dict(shapely.geometry.mapping(plain)) if 0 < shapely.get_num_coordinates(plain) <= MOST_CORNERS else None


def _title(layer: Layer, properties: Mapping[str, Any]) -> Any:
    field = layer.field(layer.title) if layer.title else None
    return properties.get(field.id) if field and field.sensitivity is Sensitivity.PUBLIC else None


def _problem_rows(made: LoadPlan, rows: set[int]) -> Iterator[dict[str, Any]]:
    """Where the rows with problems lie: as placed, or as the notice says of those too far away."""
    known: dict[int, Any] = {}
    if made.placed is not None:
        numbers, shapes = made.placed
        known = {int(numbers[at]): shapes[at] for at in np.flatnonzero(np.isin(numbers, list(rows))).tolist()}
    said = {one.row: one.values for one in made.report.errors if one.row and "lon" in one.values}
    for row in sorted(rows)[:MOST_NAMED]:
        lon, lat = _middle(known.get(row))
        if lon is None and row in said:
            lon, lat = float(said[row]["lon"]), float(said[row]["lat"])
        yield _feature(lon, lat, op="problem", row=row)


def _feature(lon: float | None, lat: float | None, **properties: Any) -> dict[str, Any]:
    shape = None if lon is None or lat is None else {"type": "Point", "coordinates": [round(lon, 6), round(lat, 6)]}
    return {"type": "Feature", "geometry": shape, "properties": properties}


def _middle(shape: shapely.Geometry | None) -> tuple[float | None, float | None]:
    if shape is None or shape.is_empty:
        return None, None
    at = shape.centroid
    return at.x, at.y


def _shift(store: Store, made: LoadPlan, layer: Layer, comparison: Comparison | None) -> dict[str, Any] | None:
    """Whether the rows look shifted as web maps shift, against the stored places of the same features; not asked once the user has said."""
    if made.options.datum or layer.geometry is Geometry.NONE:
        return None
    twins = [(made.rows[one.n - 1], one.lon, one.lat) for one in comparison.twins] if comparison else []
    if len(twins) < FEWEST:
        twins = _namesakes(store, made, layer)
    twins = [one for one in twins if one[0].geometry is not None and one[1] is not None]
    given = np.array([_middle(row.geometry) for row, *_ in twins], dtype=float)
    found = suspect(given, [one[1:] for one in twins], [row.row for row, *_ in twins])
    if found is None:
        return None
    name = {"gcj02": "GCJ-02", "bd09": "BD-09"}[found.datum.value]
    made.report.warnings.append(Notice("places-shifted", {"count": found.count, "distance_m": round(found.distance_m), "datum": name}))
    return asdict(found) | {"name": name, "arrows": _arrows(found, {row.row: row for row, *_ in twins})}


def _arrows(found: Shift, rows: Mapping[int, Row]) -> list[list[float]]:
    """From where each would truly lie to where the file has it."""
    there = np.array([_middle(rows[one].geometry) for one in found.rows[:MOST_NAMED]])
    true = shapely.get_coordinates(unshift(shapely.points(there), found.datum))
    return np.round(np.column_stack([true, there]), 6).tolist()


def _namesakes(store: Store, made: LoadPlan, layer: Layer) -> list[tuple[Row, float, float]]:
    """Features of the bureau's own layers that carry a row's title alone: trusted places for rows that have no twin in their layer."""
    named: dict[str, Row] = {}
    for row in made.rows[:MOST_TWINS]:
        if title := _title(layer, row.properties):
            named.setdefault(str(title), row)
    found: dict[str, tuple[Row, float, float]] = {}
    for other in store.catalogue.values():
        field = other.field(other.title) if other.title else None
        if other.group is Group.LOADED or (other.geometry is not Geometry.POINT and other.geometry is not Geometry.POINT_OR_POLYGON):
            continue
        if field is None or field.sensitivity is not Sensitivity.PUBLIC or not store.may(Action.READ, other) or not named:
            continue
        if not sees_exactly(other, reveal=store.may(Action.REVEAL, other)):
            continue
        table = store.tables.layers[other.id]
        query = sql(f'SELECT min("{field.id}"), min(ST_X(ST_Centroid(geom))), min(ST_Y(ST_Centroid(geom))) FROM "{store.schema}"."{table.name}" '
                    f'WHERE "{field.id}" = ANY(:names) AND geom IS NOT NULL GROUP BY "{field.id}" HAVING count(*) = 1')
        for title, lon, lat in store.connection.execute(query, {"names": list(named)}):
            found.setdefault(title, (named[title], lon, lat))
    return list(found.values())
