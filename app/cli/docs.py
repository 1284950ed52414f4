"""`onemap docs`: write the pages of docs/ that are generated from the program."""

from __future__ import annotations

from pathlib import Path

import click

from app.reference import DOCS, stale_pages, write_pages


@click.command()
@click.option("--check", is_flag=True, help="只检查是否过期 · only say whether a page is stale")
@click.option("--folder", type=click.Path(file_okay=False, path_type=Path), default=DOCS, help="文档目录 · the folder of the pages")
def command(check: bool, folder: Path) -> None:
    """生成文档页 · write the generated pages of the documentation."""
    names = stale_pages(folder) if check else write_pages(folder)
    for name in names:
        click.echo(name)
    if check and names:
        raise SystemExit(1)
