"""Features of a layer, or of a whole space, out as a file: the format by the file's extension, written beside and then put in place."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from geodata.files.coordinates import Coordinates, gauss_kruger_of
from geodata.files.extract import Extract, Rows, Styles
from geodata.files.notices import Refused
from geodata.files.writers.dxf import write_dxf
from geodata.files.writers.gis import write_flatgeobuf, write_geopackage, write_kml
from geodata.files.writers.shapefile import write_shapefiles
from geodata.files.writers.sheet import write_xlsx
from geodata.files.writers.text import write_csv, write_geojson
from geodata.store.features import Store
from layers.district import JIUYUAN
from layers.spec import Action

WRITERS: Mapping[str, Callable[[Rows, Path], int]] = {
    "geojson": write_geojson, "json": write_geojson, "gpkg": write_geopackage, "csv": write_csv, "xlsx": write_xlsx, "zip": write_shapefiles,
    "fgb": write_flatgeobuf, "kml": write_kml, "dxf": write_dxf,
}


def export(store: Store, wanted: Extract | str, path: Path, written: Callable[[int], None] | None = None, styles: Styles | None = None) -> int:
    """Write an extract, or all of a layer, as the store's actor may read it, masked for him; gives the number of features.

    `written` is told the number before the file is put in place: what it refuses to write down is not handed out. `styles`
    give a layer's style for GeoPackages. A drawing (DXF) for which no system is named is in the district's grid. An existing
    file is replaced only when the new one is whole.
    """
    wanted = Extract(wanted) if isinstance(wanted, str) else wanted
    kind = path.suffix.lower().lstrip(".")
    if kind not in WRITERS:
        raise Refused("export-format", suffix=path.suffix or "-", there=", ".join(f".{one}" for one in WRITERS))
    if kind == "dxf" and wanted.coordinates == Coordinates():
        wanted = replace(wanted, coordinates=Coordinates(gauss_kruger_of(JIUYUAN)))
    rows = Rows(store, wanted, styles)
    with _beside(path) as beside:
        count = WRITERS[kind](rows, beside)
        if written:
            written(count)
    return count


def export_all(store: Store, path: Path, coordinates: Coordinates = Coordinates(), written: Callable[[int], None] | None = None,  # noqa: B008  (frozen)
               styles: Styles | None = None) -> int:
    """All layers that the store's actor may read in one GeoPackage, each masked for him; gives the number of features. As `export` else."""
    if path.suffix.lower() != ".gpkg":
        raise Refused("export-format", suffix=path.suffix or "-", there=".gpkg")
    with _beside(path) as beside:
        count = sum(write_geopackage(Rows(store, Extract(one.id, coordinates=coordinates), styles), beside)
                    for one in store.catalogue.values() if store.may(Action.READ, one))
        if written:
            written(count)
    return count


@contextmanager
def _beside(path: Path) -> Iterator[Path]:
    """An empty file in the folder of `path`, which takes its place when all went well."""
    if not path.parent.is_dir():
        raise Refused("no-such-file", path=str(path.parent))
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.stem[:40]}-", suffix=path.suffix.lower())
    os.close(handle)
    beside = Path(name)
    try:
        yield beside
        beside.chmod(0o644)
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
