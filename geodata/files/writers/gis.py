"""GeoPackage, and Shapefiles in a zip, through GDAL: some thousands of features at a time."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import shapely

from geodata.crs import STORAGE
from geodata.files.extract import Rows, plain
from geodata.files.notices import Refused
from geodata.store.features import Feature
from layers.spec import Field, Geometry

MOST_TEXT_BYTES = 254  # of a dBASE column
_NAME_BYTES = 10
_KINDS = {"Point": "point", "MultiPoint": "multipoint", "LineString": "line", "MultiLineString": "line", "Polygon": "area", "MultiPolygon": "area"}


def write_geopackage(rows: Rows, path: Path) -> int:
    """One table; values as they are stored."""
    path.unlink(missing_ok=True)
    count = 0
    for page in rows.pages():
        if page or not count:
            _put(path, "GPKG", rows, page, {one.id: one.id for one in rows.fields}, append=count > 0)
        count += len(page)
    return count


def write_shapefiles(rows: Rows, path: Path) -> int:
    """A zip with one Shapefile for each kind of shape there is, and a note saying what its short column names stand for.

    dBASE holds 254 bytes of a text: where one is longer the note says of which columns how many were cut. Refused for a
    layer without shapes.
    """
    if rows.layer.geometry is Geometry.NONE:
        raise Refused("export-no-shapes", layer=rows.layer.id)
    names, cut, count = short_names([one.id for one in rows.fields]), dict.fromkeys((one.id for one in rows.fields), 0), 0
    with TemporaryDirectory() as folder:
        for page in rows.pages():
            kinds: dict[str, list[Feature]] = {}
            for one in page:
                kinds.setdefault(_KINDS[one.geometry.geom_type] if one.geometry is not None else "point", []).append(one)
                for field in rows.fields:
                    cut[field.id] += len(_text(one.properties.get(field.id)).encode()) > MOST_TEXT_BYTES
            for kind, features in kinds.items():
                file = Path(folder) / f"{rows.layer.id}_{kind}.shp"
                _put(file, "ESRI Shapefile", rows, features, names, append=file.exists())
            count += len(page)
        (Path(folder) / "columns.txt").write_text(_note(rows, names, cut), encoding="utf-8-sig")
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
            for file in sorted(Path(folder).iterdir()):
                packed.write(file, file.name)
    return count


def short_names(names: Sequence[str]) -> dict[str, str]:
    """Each name in at most ten bytes, all different: cut, and numbered where cutting made two alike."""
    made: dict[str, str] = {}
    for name in names:
        short, number = name[:_NAME_BYTES], 1
        while short in made.values():
            short = f"{name[:_NAME_BYTES - 1 - len(str(number))]}_{number}"
            number += 1
        made[name] = short
    return made


def _note(rows: Rows, names: Mapping[str, str], cut: Mapping[str, int]) -> str:
    lines = [f"{rows.layer.id} {rows.layer.label.zh} {rows.layer.label.en}", ""]
    for one in rows.fields:
        cuts = f"\t{cut[one.id]} 条文字超过 254 字节，已截断 · texts cut at 254 bytes: {cut[one.id]}" if cut[one.id] else ""
        lines.append(f"{names[one.id]}\t{one.id}\t{one.label.zh} {one.label.en}{cuts}")
    return "\n".join(lines) + "\n"


def _put(path: Path, driver: str, rows: Rows, features: Sequence[Feature], names: Mapping[str, str], *, append: bool) -> None:
    from pyogrio import raw

    dbase = driver != "GPKG"
    columns = [_array(one, [feature.properties.get(one.id) for feature in features], dbase=dbase) for one in rows.fields]
    masks = [np.array([feature.properties.get(one.id) is None for feature in features], dtype=bool) for one in rows.fields]
    shaped = rows.layer.geometry is not Geometry.NONE
    shapes = np.array([None if one.geometry is None else shapely.to_wkb(one.geometry) for one in features], dtype=object) if shaped else None
    kinds = {one.geometry.geom_type for one in features if one.geometry is not None}
    raw.write(
        path, shapes, columns, np.array([names[one.id] for one in rows.fields], dtype=object), field_mask=masks,
        layer=path.stem if dbase else rows.layer.id, driver=driver, append=append, encoding="UTF-8" if dbase else None,
        geometry_type=None if not shaped else "Unknown" if not dbase else max(kinds, key=len, default="Point"), crs=STORAGE if shaped else None,
    )


def _array(one: Field, values: list[Any], *, dbase: bool) -> Any:
    if one.type is int and not one.many:
        return np.array([0 if value is None else value for value in values], dtype=np.int64)
    if one.type is float and not one.many:
        return np.array([np.nan if value is None else value for value in values], dtype=np.float64)
    if one.type is bool:
        return np.array([int(bool(value)) for value in values], dtype=np.int32) if dbase else np.array([bool(value) for value in values], dtype=bool)
    if one.type is date:
        return np.array([np.datetime64("NaT", "D") if value is None else np.datetime64(value, "D") for value in values], dtype="datetime64[D]")
    texts = [None if value is None else _cut(_text(value)) if dbase else _text(value) for value in values]
    return np.array(texts, dtype=object)


def _text(value: Any) -> str:
    return "" if value is None else "、".join(map(str, value)) if isinstance(value, list) else str(plain(value))


def _cut(text: str) -> str:
    """At most 254 bytes, and no half a character."""
    return text.encode()[:MOST_TEXT_BYTES].decode(errors="ignore")
