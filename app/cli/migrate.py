"""`onemap migrate`: bring the database to this version, or write the script for a change of the catalogue."""

from __future__ import annotations

import click

from app.cli._installation import Installation


@click.command()
@click.option("--new", "message", metavar="WHAT", help="为目录的改动写迁移脚本 · write the script for a changed catalogue, with this subject")
@click.pass_obj
def command(installation: Installation, message: str | None) -> None:
    """迁移数据库 · bring the database to this version; forward only, one process at a time."""
    from geodata.store import migration

    with installation.database(migrated=message is None) as database:
        if message is None:
            database.migrate()
            click.echo("数据库已是最新 · the database is at the newest version")
            return
        with database.owner.connect() as connection:
            script = migration.generate(connection, message)
            connection.commit()
        click.echo(str(script) if script else "目录与数据库一致，无需脚本 · the catalogue and the database agree; nothing to write")
