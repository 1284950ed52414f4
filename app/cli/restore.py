"""`onemap restore`: a backup in the place of what is there."""

from __future__ import annotations

from pathlib import Path

import click

from app.cli._installation import SERVING, Installation
from geodata.store.home import Home, HomeInUse


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--yes", is_flag=True, help="不再询问 · do not ask")
@click.pass_obj
def command(installation: Installation, file: Path, yes: bool) -> None:
    """从备份恢复 · put the backup FILE in the place of all data; stop the service first."""
    holder = Home(installation.home).holder()
    if holder is not None and holder.what == SERVING:
        raise HomeInUse(home=str(installation.home), pid=holder.pid, what=holder.what, since=holder.since)
    if not yes:
        click.confirm("将以备份替换现有全部数据 · this replaces all data that are there. 继续 · go on?", abort=True)
    from geodata.store.accounts import SERVER
    from geodata.store.audit import record
    from geodata.store.backup import restore

    with installation.database() as database:
        url = database.owner.url.render_as_string(hide_password=False)
        database.dispose()  # nobody may be connected
        restore(url, file)
        database.migrate()  # a backup of an earlier version
        record(database.engine, SERVER, "server.restore", file.name)
    click.echo("已恢复 · restored")
