"""How people use the one map: web application, command line, and the bureau's work behind them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask

    from app.settings import Settings
    from geodata.store.database import Database


def create_app(settings: Settings, database: Database | None = None) -> Flask:
    """The web application on these settings; `app.extensions["onemap"]` holds its `Services`."""
    from app.site import (
        build,  # the command line imports this package and does not need Flask
    )

    return build(settings, database)
