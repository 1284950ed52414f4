"""A large layer out to a file: time and peak memory in each format, beside ogr2ogr and geopandas from a plain table of the same features."""

from __future__ import annotations

import multiprocessing
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import shapely

from app.bench.scratch import SEED, as_table, filled, places
from app.bench.turns import Result, Spread
from geodata.files.extract import Extract
from geodata.files.writing import export
from geodata.store.database import Database
from layers.spec import OPERATOR, Geometry

LAYER, TABLE = "bench_out", "bench_plain"
_LOOK_S = 0.01
OURS, PEER, FRAME = "onemap export", "ogr2ogr", "geopandas"
FORMATS = {"geojson": "GeoJSON", "csv": "CSV", "gpkg": "GPKG", "zip": "ESRI Shapefile", "fgb": "FlatGeobuf", "kml": "KML"}
_FRAME = f"""
import sys, geopandas
from sqlalchemy import create_engine
frame = geopandas.read_postgis("SELECT id, people, geom FROM {TABLE}", create_engine(sys.argv[1]))
frame.to_csv(sys.argv[2], index=False) if sys.argv[3] == "CSV" else frame.to_file(sys.argv[2], driver=sys.argv[3], engine="pyogrio")
"""


def run(database: Database, features: int, rounds: int, formats: tuple[str, ...]) -> list[Result]:
    """Each format in turn by all, every time in a process of its own, whose peak of memory is its own too.

    Ours reads through the rights and masks of its reader, with six fields a feature; the peers read a plain table of two.
    """
    if shutil.which("ogr2ogr") is None:
        raise FileNotFoundError("ogr2ogr is not installed (Debian: gdal-bin)")
    points = shapely.points(places(features, SEED))
    filled(database, LAYER, Geometry.POINT, points)
    source = as_table(database, TABLE, "Point", shapely.to_wkb(points))
    with TemporaryDirectory() as folder:
        return [_of_format(database, one, features, rounds, source, Path(folder)) for one in formats]


def _of_format(database: Database, suffix: str, features: int, rounds: int, source: str, folder: Path) -> Result:
    address = database.owner.url.render_as_string(hide_password=False)
    competitors: dict[str, Callable[[], tuple[float, float]]] = {
        OURS: lambda: _ours(database, folder / f"ours.{suffix}"),
        PEER: lambda: _peer(folder, suffix, lambda out: _by_ogr(source, suffix, out)),
        FRAME: lambda: _peer(folder, suffix, lambda out: [sys.executable, "-c", _FRAME, address, str(out), FORMATS[suffix]]),
    }
    times: dict[str, list[float]] = {name: [] for name in competitors}
    peaks: dict[str, list[float]] = {name: [] for name in competitors}
    for _ in range(rounds):
        for name, compete in competitors.items():
            spent = compete()
            times[name].append(spent[0])
            peaks[name].append(spent[1])
    ratios = {name: [mine / other for mine, other in zip(values, times[PEER], strict=True)] for name, values in times.items()}
    facts = {"seed": SEED, "rounds": rounds, "features": features, **{f"peak MB of {name}": round(max(values)) for name, values in peaks.items()}}
    return Result(f"{FORMATS[suffix]} of {features}", PEER, {name: Spread.of(values) for name, values in times.items()},
                  {name: Spread.of(values) for name, values in ratios.items()}, {}, facts)


def _ours(database: Database, path: Path) -> tuple[float, float]:
    """Microseconds and the peak of memory in MB."""
    context = multiprocessing.get_context("spawn")
    told, tells = context.Pipe(duplex=False)
    child = context.Process(target=_export, args=(database.owner.url.render_as_string(hide_password=False), database._secret, path, tells))
    child.start()
    try:
        spent: tuple[float, float] = told.recv()
    finally:
        child.join()
        path.unlink(missing_ok=True)
    return spent


def _export(url: str, secret: str, path: Path, tells: Any) -> None:
    database = Database(url, secret, pool_size=1)
    started = time.perf_counter()
    with database.space("live").reading(OPERATOR) as store:
        export(store, Extract(LAYER), path)
    tells.send(((time.perf_counter() - started) * 1e6, _peak_mb("self")))
    database.dispose()


def _by_ogr(source: str, suffix: str, out: Path) -> list[str]:
    words = ["ogr2ogr", "-f", FORMATS[suffix], str(out), f"PG:{_plain(source)}", "-sql", f"SELECT id, people, geom FROM {TABLE}"]
    return words + (["-lco", "GEOMETRY=AS_XY"] if suffix == "csv" else [])


def _peer(folder: Path, suffix: str, words: Callable[[Path], list[str]]) -> tuple[float, float]:
    """Microseconds and the peak of memory in MB of a program that writes the file it is given."""
    out = folder / "peer" / f"peer.{'shp' if suffix == 'zip' else suffix}"
    out.parent.mkdir()
    started = time.perf_counter()
    child, peak = subprocess.Popen(words(out), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL), 0.0
    while child.poll() is None:
        peak = max(peak, _peak_mb(str(child.pid)))
        time.sleep(_LOOK_S)
    if child.returncode:
        raise RuntimeError(f"{words(out)[0]} ended with {child.returncode}")
    spent = (time.perf_counter() - started) * 1e6, peak
    shutil.rmtree(out.parent)
    return spent


def _peak_mb(process: str) -> float:
    """The peak of a process since its program was started: getrusage would tell that of whoever started it, where that was more."""
    with suppress(OSError), open(f"/proc/{process}/status", encoding="ascii") as said:
        return next((int(line.split()[1]) / 1024 for line in said if line.startswith("VmHWM")), 0.0)
    return 0.0


def _plain(source: str) -> str:
    """A connection address in the words that GDAL reads."""
    from psycopg.conninfo import conninfo_to_dict

    return " ".join(f"{name}='{value}'" for name, value in conninfo_to_dict(source).items())
