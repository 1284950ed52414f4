"""`onemap worker`: background jobs alone, where the web processes run elsewhere (`onemap serve --no-jobs`)."""

from __future__ import annotations

import click


@click.command()
def command() -> None:
    """后台任务 · run the background jobs until SIGTERM; needs ONEMAP_DATABASE_URL and the service's ONEMAP_SECRET_KEY."""
    from app.jobs import main

    main()
