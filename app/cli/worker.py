"""`onemap worker`: background jobs alone, where the web processes run elsewhere (`onemap serve --no-jobs`)."""

from __future__ import annotations

from dataclasses import replace

import click

from app import program, quarters, settings
from app.cli._installation import Installation
from geodata.store.home import Home
from geodata.store.system_user import service_user


@click.command()
@click.pass_obj
def command(installation: Installation) -> None:
    """后台任务 · run the background jobs until SIGTERM; needs ONEMAP_DATABASE_URL and the service's ONEMAP_SECRET_KEY."""
    chosen = settings.read(home=installation.home)
    user = service_user(Home(chosen.home).path)
    program.go_where_it_runs(user, chosen.home, _say)
    place = quarters.prepare(chosen.home, user, _say)
    user.become()
    from app.jobs import main

    main(replace(chosen, home=place))


def _say(line: str) -> None:
    click.echo(line, err=True)
