"""`onemap demo`: put the demonstration district into an empty map."""

from __future__ import annotations

import json

import click

from app.cli._installation import Installation


@click.command()
@click.option("--json", "as_json", is_flag=True, help="输出 JSON · print JSON")
@click.pass_obj
def command(installation: Installation, as_json: bool) -> None:
    """装入演示数据（地图为空时）· put in the demonstration data if the map is empty."""
    from app.command.demo import ensure_demo

    with installation.database() as database:
        counts = ensure_demo(database)
        labels = {layer_id: database.catalogue[layer_id].label for layer_id in counts}
    if as_json:
        click.echo(json.dumps(counts))
    elif not counts:
        click.echo("地图不是空的，未作更改 · the map is not empty: nothing was changed")
    for layer_id, label in labels.items() if not as_json else ():
        click.echo(f"{counts[layer_id]:>6}  {label.zh} · {label.en}")
