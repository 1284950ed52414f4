"""`onemap drill`: open, list, reset and close drills, the sealed copies of the live data."""

from __future__ import annotations

import json
from dataclasses import asdict

import click

from app.cli._installation import Installation
from geodata.store.spaces import SpaceRecord
from layers.spec import OPERATOR


@click.group()
def command() -> None:
    """演练空间 · drills: sealed copies of the live data."""


@command.command("open")
@click.argument("name")
@click.pass_obj
def open_drill(installation: Installation, name: str) -> None:
    """开一场演练，打印其标识 · open a drill; its id is printed."""
    with installation.database() as database:
        click.echo(database.open_drill(name, OPERATOR).id)


@command.command("list")
@click.option("--closed", is_flag=True, help="包括已结束的 · also those that have ended")
@click.option("--json", "as_json", is_flag=True, help="输出 JSON · print JSON")
@click.pass_obj
def list_drills(installation: Installation, closed: bool, as_json: bool) -> None:
    """列出演练 · list drills."""
    with installation.database() as database:
        drills = database.drills(closed=closed)
    if as_json:
        click.echo(json.dumps([asdict(one) for one in drills], ensure_ascii=False, default=str))
        return
    for one in drills:
        click.echo(_line(one))


@command.command()
@click.argument("drill")
@click.pass_obj
def reset(installation: Installation, drill: str) -> None:
    """丢弃演练中的一切，重新复制当前数据 · throw away what was done in it and copy live anew."""
    with installation.database() as database:
        click.echo(_line(database.reset_drill(drill, OPERATOR)))


@command.command()
@click.argument("drill")
@click.pass_obj
def close(installation: Installation, drill: str) -> None:
    """结束演练 · end a drill."""
    with installation.database() as database:
        click.echo(_line(database.close_drill(drill, OPERATOR)))


def _line(one: SpaceRecord) -> str:
    ended = f"  closed {one.closed_at:%Y-%m-%d %H:%M} UTC" if one.closed_at else ""
    return f"{one.id}  {one.name}  as of {one.as_of:%Y-%m-%d %H:%M} UTC  by {one.opened_by}{ended}"
