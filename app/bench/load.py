"""Loading a shapefile as a county keeps it (GBK, twelve attributes), from a file to a layer that is asked: beside ogr2ogr's COPY and geopandas.

Ours checks every value and shape, keeps history and change feed, all in one transaction; the peers only write rows.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from itertools import count
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import geopandas
import numpy as np
import pandas
import shapely

from app.bench.asking import Asker, told
from app.bench.scratch import SEED, places
from app.bench.turns import Result, take_turns
from geodata.store.database import Database

OURS, OGR, PANDAS = "onemap load --create", "ogr2ogr, COPY", "geopandas to_postgis"
BAR, PEAK_BAR_MB, ASKED_BAR = 2.0, 500, 2.0  # bars.md, loading
_ALONE_S = 5.0
_SIDE_DEG = 2e-4
_FRAME = """
import sys, geopandas
from sqlalchemy import create_engine
geopandas.read_file(sys.argv[1], encoding="GBK", engine="pyogrio").to_postgis("bench_frame", create_engine(sys.argv[2]), if_exists="replace", index=False)
"""


def run(database: Database, features: int, rounds: int) -> Result:
    """Every competitor loads the same file into the same cluster; peaks are of the largest process of each. Beside ours somebody asks what is nearest."""
    url = database.owner.url
    plain = url.set(drivername="postgresql").render_as_string(hide_password=False)
    environment = {**{name: value for name, value in os.environ.items() if not name.startswith("ONEMAP_")}, "PYTHONPATH": str(Path(__file__).resolve().parents[2]),
                   "ONEMAP_DATABASE_URL": url.render_as_string(hide_password=False), "ONEMAP_SECRET_KEY": database._secret}
    peaks: dict[str, int] = {}
    turn = count()
    asker, beside = Asker(database), list[float]()
    alone = asker.alone(_ALONE_S)
    with TemporaryDirectory() as folder:
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as maker:  # a child's peak begins with its parent's size: this process stays small
            file = maker.submit(parcels, Path(folder), features).result()
        environment["ONEMAP_HOME"] = folder

        def measured(name: str, *command: str) -> None:
            process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            assert process.stdout
            said = process.stdout.read()
            _, status, used = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            if process.returncode:
                raise RuntimeError(f"{name}: {said.decode(errors='replace')[-2000:]}")
            peaks[name] = max(peaks.get(name, 0), used.ru_maxrss // 1024)

        def ours(_: object) -> None:
            with asker.beside(beside):
                measured(OURS, sys.executable, "-m", "app.cli", "load", f"bench_parcels_{next(turn)}", str(file), "--create")

        def frame(_: object) -> None:
            measured(PANDAS, sys.executable, "-c", _FRAME, str(file), url.render_as_string(hide_password=False))

        competitors = {OURS: ours, PANDAS: frame}
        if shutil.which("ogr2ogr"):
            competitors[OGR] = lambda _: measured(OGR, "ogr2ogr", "-f", "PostgreSQL", f"PG:{plain}", str(file), "-nln", "bench_ogr", "-overwrite", "-nlt", "PROMOTE_TO_MULTI",
                                                  "-lco", "GEOMETRY_NAME=geom", "-oo", "ENCODING=GBK", "--config", "PG_USE_COPY", "YES")
        facts: dict[str, Any] = {"seed": SEED, "rounds": rounds, "file, MB": round(sum(one.stat().st_size for one in file.parent.iterdir()) / 1e6)}
        result = take_turns(f"load of {features} polygons with 12 attributes", competitors, [0], rounds, OGR if OGR in competitors else PANDAS, {OURS: BAR}, facts)
    facts["5 nearest, asked meanwhile"] = f"{told(alone, beside)}, bar x {ASKED_BAR:g}"
    facts |= {f"peak of {name}, MB": peak for name, peak in peaks.items()} | {"bar of the peak, MB": PEAK_BAR_MB}
    if OGR not in competitors:
        facts["ogr2ogr"] = "not installed (apt-get install gdal-bin)"
    return result


def parcels(folder: Path, features: int) -> Path:
    """A shapefile in GBK of squares over the district, the same for the same number."""
    dice = np.random.default_rng(SEED)
    corners = places(features, SEED)
    numbers = np.arange(features)
    frame = geopandas.GeoDataFrame({
        "编号": [f"DK{one:07}" for one in numbers], "名称": [f"第{one}号地块" for one in numbers], "地类": dice.choice(["耕地", "林地", "住宅", "工矿"], features),
        "权属": dice.choice(["国有", "集体"], features), "人数": dice.integers(0, 400, features), "户数": dice.integers(0, 120, features),
        "面积": dice.uniform(100, 9000, features).round(1), "层数": dice.integers(1, 30, features), "结构": dice.choice(["砖混", "框架", "土木"], features),
        "建成": dice.integers(1970, 2025, features), "核实": pandas.Timestamp("2026-05-01") + pandas.to_timedelta(dice.integers(0, 120, features), unit="D"), "备注": "演示数据",
    }, geometry=shapely.box(*corners.T, *(corners + _SIDE_DEG).T), crs="EPSG:4490")
    frame["核实"] = frame["核实"].dt.date.astype(str)
    file = folder / "parcels" / "地块.shp"
    file.parent.mkdir()
    frame.to_file(file, engine="pyogrio", encoding="GBK")
    return file
