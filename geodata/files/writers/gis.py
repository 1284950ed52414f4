"""GeoPackage, FlatGeobuf and KML through GDAL, some thousands of features at a time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from geodata.files.extract import Rows
from geodata.files.notices import Refused
from geodata.files.writers.columns import own_names, put, runs
from geodata.files.writers.styles import put_style
from layers.spec import Geometry

_INDEXED = 200_000  # FlatGeobuf's index is built in memory: of a million features it would take a hundred megabytes
_BATCH = 10_000


def write_geopackage(rows: Rows, path: Path) -> int:
    """One table more in a GeoPackage, with the layer's style where one is given; values as they are stored."""
    count, layer = 0, rows.layer.id
    if not path.stat().st_size:
        path.unlink()
    for place, page in enumerate(runs(rows)):
        put(path, "GPKG", rows, page, own_names(rows), append=place > 0, layer=layer)
        count += len(page)
    put_style(path, rows.layer, rows.style)
    return count


def write_flatgeobuf(rows: Rows, path: Path) -> int:
    """One file that is read piece by piece over a network; with its index up to 200,000 features. Refused for a layer without shapes."""
    return _through(rows, path, "FlatGeobuf", lambda count: {"layer_options": {"SPATIAL_INDEX": "YES" if count <= _INDEXED else "NO"}})


def write_kml(rows: Rows, path: Path) -> int:
    """Placemarks named by the layer's title. Always longitude and latitude: grids are refused, as are layers without shapes."""
    if not rows.wanted.coordinates.is_degrees:
        raise Refused("export-degrees", kind="KML")
    title = rows.layer.title or rows.layer.key
    return _through(rows, path, "KML", lambda count: {"dataset_options": {"NameField": title}} if title in own_names(rows) else {})


def _through(rows: Rows, path: Path, driver: str, options: Callable[[int], Mapping[str, Any]]) -> int:
    """By way of a GeoPackage, for these files are written in one go: from there they stream in batches of ten thousand."""
    from pyogrio import raw

    if rows.layer.geometry is Geometry.NONE:
        raise Refused("export-no-shapes", layer=rows.layer.id, kind=driver)
    path.unlink(missing_ok=True)
    with TemporaryDirectory(dir=path.parent) as folder:
        between, count = Path(folder) / "between.gpkg", 0
        for place, page in enumerate(runs(rows)):
            put(between, "GPKG", rows, page, own_names(rows), append=place > 0, layer=rows.layer.id, SPATIAL_INDEX="NO")
            count += len(page)
        mark = rows.wanted.coordinates.mark
        name = f"{rows.layer.id}_{mark.replace('-', '')}" if mark else rows.layer.id
        with raw.open_arrow(between, batch_size=_BATCH) as (meta, stream):
            raw.write_arrow(stream, path, layer=name, driver=driver, geometry_name=meta["geometry_name"] or "geom", geometry_type="Unknown",
                            crs=rows.wanted.coordinates.declared, **options(count))
    return count
