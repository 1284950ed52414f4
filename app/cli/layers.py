"""`onemap layers`: what layers there are, with the number of their features."""

from __future__ import annotations

import json
from typing import Any

import click

from app.cli._installation import Installation
from layers.spec import OPERATOR


@click.command()
@click.option("--space", default="live", help="空间 · live, or the id of a drill")
@click.option("--json", "as_json", is_flag=True, help="输出 JSON · print JSON")
@click.pass_obj
def command(installation: Installation, space: str, as_json: bool) -> None:
    """列出图层 · list the layers."""
    with installation.database() as database:
        place = database.space(space)
        with place.reading(OPERATOR) as store:
            listed: list[dict[str, Any]] = [
                {
                    "id": one.id,
                    "label": {"zh": one.label.zh, "en": one.label.en},
                    "geometry": one.geometry.value,
                    "group": one.group.value,
                    "key": one.key,
                    "count": store.count(one.id),
                }
                for one in place.catalogue.values()
            ]
    if as_json:
        click.echo(json.dumps({"layers": listed}, ensure_ascii=False))
        return
    for one in listed:
        click.echo(f"{one['id']:<32} {one['count']:>9}  {one['geometry']:<16} {one['label']['zh']} · {one['label']['en']}")
