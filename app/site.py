"""Puts the web application together: services, guards, answers, blueprints."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

from flask import Flask
from jinja2 import StrictUndefined

from app import answers, language, logs, metrics, packing, security, spaces
from app.api import BLUEPRINTS, SITE_BLUEPRINTS
from app.assets import SiteWithAssets
from app.basemaps.service import Basemaps
from app.people import People
from app.printing.press import Press
from app.services import Services
from app.settings import Settings
from geodata.queries.engine import QueryEngine
from geodata.store.database import Database

ROOT = Path(__file__).parent


def build(settings: Settings, database: Database | None = None) -> Flask:
    """The Flask application. Order matters: a request is numbered, timed, then guarded."""
    app = SiteWithAssets("app", ROOT)
    app.secret_key = settings.secret_key
    app.config.update(
        MAX_CONTENT_LENGTH=settings.max_body_mb * 1_000_000,
        MAX_FORM_MEMORY_SIZE=1_000_000,
        MAX_FORM_PARTS=1_000,
    )
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.jinja_env.undefined = StrictUndefined
    database = database or Database(settings.database_url, settings.secret_key)
    app.extensions["onemap"] = Services(settings, database, QueryEngine(database, road_access_m=settings.road_access_m), People(settings, database), Press(settings.home / "cache" / "print"),
                                        Basemaps(settings.home, settings.basemaps, settings.basemap_cache_mb))
    for part in (language, packing, logs, metrics, spaces, security, answers):
        part.install(app)
    for name in SITE_BLUEPRINTS:
        app.register_blueprint(import_module(name).blueprint)
    for name in BLUEPRINTS:
        spaces.register(app, import_module(name).blueprint)
    return app
