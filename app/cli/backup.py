"""`onemap backup`: the whole database in one file."""

from __future__ import annotations

from pathlib import Path

import click

from app.cli._installation import Installation


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.pass_obj
def command(installation: Installation, file: Path) -> None:
    """备份到文件 · write everything to a new FILE; the service may run."""
    from geodata.store.accounts import SERVER
    from geodata.store.audit import record
    from geodata.store.backup import dump, note_backup
    from geodata.store.home import Home

    with installation.database() as database:
        dump(database.owner.url.render_as_string(hide_password=False), file)
        record(database.engine, SERVER, "server.backup", file.name, size=file.stat().st_size)
    note_backup(Home(installation.home), file)
    click.echo(f"已备份 · backed up: {file} ({file.stat().st_size / 1e6:.1f} MB)")
