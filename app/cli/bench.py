"""Measure our answers against peers on the same data in one run: `onemap bench nearest`, `onemap bench exposure` ..."""

from __future__ import annotations

import json
from pathlib import Path

import click

from app.cli._installation import Installation

_POINTS = click.option("--features", default=100_000, show_default=True, help="要素数 · how many points or polygons, from a fixed seed")
_ROUNDS = click.option("--rounds", default=15, show_default=True, help="轮数 · rounds in which every competitor takes its turn")
_JSON = click.option("--json", "file", type=click.Path(dir_okay=False, path_type=Path), help="把结果写入此文件 · write the result to this file")


@click.group()
def command() -> None:
    """与同类方案对比速度（看比值，不看绝对值） · compare speed with peers: read the ratios, not the absolutes."""


@command.command()
@_POINTS
@_ROUNDS
@click.option("--questions", default=200, show_default=True, help="每轮提问数 · questions a round")
@_JSON
@click.pass_obj
def nearest(installation: Installation, features: int, rounds: int, questions: int, file: Path | None) -> None:
    """进程内：最近 5 个点 · in process: the 5 nearest of many points, exact, against PostGIS and geopandas."""
    from app.bench import nearest as bench

    _run(lambda database: bench.run(database, features, rounds, questions), installation, file)


@command.command()
@_POINTS
@_ROUNDS
@click.option("--places", default=10_000, show_default=True, help="一次提问的地点数 · places of one question")
@_JSON
@click.pass_obj
def many(installation: Installation, features: int, rounds: int, places: int, file: Path | None) -> None:
    """进程内：一次问许多地点 · in process: the 5 nearest to many places in one question, exact, against PostGIS."""
    from app.bench import nearest as bench

    _run(lambda database: bench.run_many(database, features, rounds, places), installation, file)


@command.command()
@_POINTS
@_ROUNDS
@_JSON
@click.pass_obj
def exposure(installation: Installation, features: int, rounds: int, file: Path | None) -> None:
    """进程内：范围内的建筑 · in process: what lies within 1 km, 5 km and a polygon, against PostGIS and geopandas."""
    from app.bench import exposure as bench

    _run(lambda database: bench.run(database, features, rounds), installation, file)


@command.command()
@click.option("--nodes", default=100_000, show_default=True, help="路网节点数 · how many nodes the network has, about, from a fixed seed")
@click.option("--questions", default=10, show_default=True, help="每轮提问数 · questions a round")
@_ROUNDS
@_JSON
@click.pass_obj
def roads(installation: Installation, nodes: int, questions: int, rounds: int, file: Path | None) -> None:
    """进程内：一处到 60 座仓库的行车时间 · in process: one incident to 60 depots by road, against pgRouting and networkx where they are installed."""
    from app.bench import roads as bench

    _run(lambda database: bench.run(database, nodes, rounds, questions), installation, file)


@command.command()
@click.option("--streams", "count", default=200, show_default=True, help="实时连接数 · event streams held open")
@click.option("--rounds", default=3, show_default=True, help="轮数 · rounds")
@click.option("--seconds", default=3.0, show_default=True, help="每段秒数 · seconds of each part of a round")
@_JSON
@click.pass_obj
def streams(installation: Installation, count: int, rounds: int, seconds: float, file: Path | None) -> None:
    """两个网页进程：实时连接与查询、计算互不拖累 · two web processes: streams, queries and computations beside one another."""
    from app.bench import streams as bench

    _run(lambda database: bench.run(database, count, rounds, seconds), installation, file)


@command.command("map")
@click.option("--features", default=1_000_000, show_default=True, help="要素数 · how many points the layer has, from a fixed seed")
@click.option("--rounds", default=3, show_default=True, help="轮数 · places looked at, at each zoom")
@_JSON
@click.pass_obj
def live_map(installation: Installation, features: int, rounds: int, file: Path | None) -> None:
    """无显卡浏览器：大图层的首屏、平移、点选、变更 · in a browser without GPU: first view, panning, clicks and one change of a large layer."""
    from app.bench import map as bench

    _run(lambda database: bench.run(database, features, rounds), installation, file)


@command.command("nearest-http")
@_POINTS
@_ROUNDS
@click.option("--questions", default=200, show_default=True, help="每轮提问数 · questions a round")
@_JSON
@click.pass_obj
def nearest_http(installation: Installation, features: int, rounds: int, questions: int, file: Path | None) -> None:
    """经 HTTP：最近 5 个点 · over HTTP: the 5 nearest, beside a bare route and PostGIS behind one."""
    from app.bench import nearest_http as bench

    _run(lambda database: bench.run(database, features, rounds, questions), installation, file)


@command.command()
@_POINTS
@_ROUNDS
@_JSON
@click.pass_obj
def items(installation: Installation, features: int, rounds: int, file: Path | None) -> None:
    """要素接口：一页与一框，对比 tipg、pygeoapi · pages and boxes of features over HTTP, beside tipg and pygeoapi."""
    from app.bench import web as bench

    _run(lambda database: bench.items(database, features, rounds, installation.home), installation, file)


@command.command()
@_POINTS
@_ROUNDS
@_JSON
@click.pass_obj
def tiles(installation: Installation, features: int, rounds: int, file: Path | None) -> None:
    """矢量瓦片：首次与再次，对比 tipg · vector tiles, cold and kept, beside tipg."""
    from app.bench import web as bench

    _run(lambda database: bench.tiles(database, features, rounds, installation.home), installation, file)


@command.command("cold-index")
@click.option("--features", default=200_000, show_default=True, help="要素数 · how many buildings, from a fixed seed")
@click.option("--rounds", default=5, show_default=True, help="轮数 · rounds in which every competitor takes its turn")
@_JSON
@click.pass_obj
def cold_index(installation: Installation, features: int, rounds: int, file: Path | None) -> None:
    """从零建索引 · an index from nothing, beside copying the same shapes out of PostgreSQL."""
    from app.bench import cold_index as bench

    _run(lambda database: bench.run(database, features, rounds), installation, file)


@command.command()
@click.option("--features", default=100_000, show_default=True, help="面数 · how many polygons, from a fixed seed")
@click.option("--rounds", default=3, show_default=True, help="轮数 · rounds in which every competitor takes its turn")
@_JSON
@click.pass_obj
def load(installation: Installation, features: int, rounds: int, file: Path | None) -> None:
    """装载 GBK Shapefile，对比 ogr2ogr 和 geopandas · a shapefile in GBK, beside ogr2ogr and geopandas."""
    from app.bench import load as bench

    _run(lambda database: bench.run(database, features, rounds), installation, file)


@command.command()
@click.option("--most", default=1_000_000, show_default=True, help="最大要素数 · the largest layer")
@click.option("--rounds", default=7, show_default=True, help="轮数 · rounds in which every competitor takes its turn")
@click.option("--picture", type=click.Path(dir_okay=False, path_type=Path), help="把曲线画入此文件 · draw the curves into this file")
@_JSON
@click.pass_obj
def growth(installation: Installation, most: int, rounds: int, picture: Path | None, file: Path | None) -> None:
    """随要素数增长 · how the cost of a question grows from 1,000 features to 1,000,000."""
    from app.bench import growth as bench

    _run(lambda database: bench.run(database, most, rounds, picture), installation, file)


@command.command("export")
@_POINTS
@click.option("--rounds", default=3, show_default=True, help="轮数 · rounds in which every competitor takes its turn")
@click.option("--format", "formats", multiple=True, type=click.Choice(["geojson", "csv", "gpkg", "zip", "fgb", "kml"]), help="格式，可多次 · may be repeated; all if none is named")
@_JSON
@click.pass_obj
def to_file(installation: Installation, features: int, rounds: int, formats: tuple[str, ...], file: Path | None) -> None:
    """导出：时间与内存峰值，对比 ogr2ogr · files out: time and peak of memory, beside ogr2ogr."""
    from app.bench import export as bench

    _run(lambda database: bench.run(database, features, rounds, formats or tuple(bench.FORMATS)), installation, file)


def _run(measure, installation: Installation, file: Path | None) -> None:  # type: ignore[no-untyped-def]
    from app.bench.scratch import scratch

    with installation.database() as database, scratch(database) as fresh:
        measured = measure(fresh)
    results = measured if isinstance(measured, list) else [measured]
    if file is not None:
        told = [one.as_json() for one in results]
        file.write_text(json.dumps(told if isinstance(measured, list) else told[0], indent=2) + "\n", encoding="utf-8")
    for result in results:
        for line in result.lines():
            click.echo(line)
