"""Features of a layer out as a file: the format by the file's extension, written beside and then put in place."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from geodata.files.extract import Extract, Rows
from geodata.files.notices import Refused
from geodata.files.writers.gis import write_geopackage, write_shapefiles
from geodata.files.writers.sheet import write_xlsx
from geodata.files.writers.text import write_csv, write_geojson
from geodata.store.features import Store

WRITERS: Mapping[str, Callable[[Rows, Path], int]] = {
    "geojson": write_geojson, "json": write_geojson, "gpkg": write_geopackage, "csv": write_csv, "xlsx": write_xlsx, "zip": write_shapefiles,
}


def export(store: Store, wanted: Extract | str, path: Path, written: Callable[[int], None] | None = None) -> int:
    """Write an extract, or all of a layer, as the store's actor may read it, masked for him; gives the number of features.

    `written` is told the number before the file is put in place: what it refuses to write down is not handed out.
    Coordinates are longitude and latitude (EPSG:4490). An existing file is replaced only when the new one is whole.
    """
    wanted = Extract(wanted) if isinstance(wanted, str) else wanted
    rows = Rows(store, wanted)
    kind = path.suffix.lower().lstrip(".")
    if kind not in WRITERS:
        raise Refused("export-format", suffix=path.suffix or "-", there=", ".join(f".{one}" for one in WRITERS))
    if not path.parent.is_dir():
        raise Refused("no-such-file", path=str(path.parent))
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.stem[:40]}-", suffix=f".{kind}")
    os.close(handle)
    beside = Path(name)
    try:
        count = WRITERS[kind](rows, beside)
        beside.chmod(0o644)
        if written:
            written(count)
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
    return count
