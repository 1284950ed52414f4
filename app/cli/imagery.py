"""`onemap imagery`: place a GeoTIFF, MBTiles or PMTiles under the layers, list what is placed, take it away."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

import click

from app.basemaps.imagery import Imagery, Placed
from app.cli._installation import Installation


@click.group()
def command() -> None:
    """影像底图 · imagery under the layers."""


@command.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--name", help="图上的名称，默认用文件名 · its name on the map; else the file's")
@click.option("--date", "day", type=click.DateTime(["%Y-%m-%d"]), help="影像日期，默认取自文件 · the day it shows; else as the file says")
@click.pass_obj
def place(installation: Installation, file: Path, name: str | None, day: datetime | None) -> None:
    """放置一幅影像，图上立即可选 · place imagery; it can be chosen on the map at once."""
    click.echo(f"放置 {file.name} … · placing it; a picture is made into tiles first", err=True)
    placed = Imagery(installation.home).place(file, name=name, day=day.date() if day else None)
    click.echo(_line(placed))
    if not placed.date:
        click.echo("日期未知；知道的话加 --date 重新放置 · its date is not known; place it with --date if you know it", err=True)


@command.command("list")
@click.option("--json", "as_json", is_flag=True, help="输出 JSON · print JSON")
@click.pass_obj
def list_imagery(installation: Installation, as_json: bool) -> None:
    """列出已放置的影像 · list what is placed."""
    placed = Imagery(installation.home).all()
    if as_json:
        click.echo(json.dumps([asdict(one) for one in placed], ensure_ascii=False))
        return
    for one in placed:
        click.echo(_line(one))


@command.command()
@click.argument("id")
@click.pass_obj
def remove(installation: Installation, id: str) -> None:
    """取消一幅影像 · take imagery away."""
    Imagery(installation.home).remove(id)


def _line(one: Placed) -> str:
    return f"{one.id}  {one.date or '????-??-??'}  {one.label['zh']}"
