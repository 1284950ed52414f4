"""Puts the web application together: services, guards, answers, blueprints."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

from flask import Flask, request
from flask_babel import Babel, get_locale
from jinja2 import StrictUndefined

from app import answers, language, logs, metrics, security, spaces
from app.api import BLUEPRINTS, SITE_BLUEPRINTS
from app.basemaps.service import Basemaps
from app.people import People
from app.printing.press import Press
from app.services import Services
from app.settings import Settings
from geodata.queries.engine import QueryEngine
from geodata.store.database import Database

ROOT = Path(__file__).parent
LOCALES = {"zh": "zh_Hans_CN", "en": "en"}


def build(settings: Settings, database: Database | None = None) -> Flask:
    """The Flask application. Order matters: a request is numbered, timed, then guarded."""
    app = Flask("app", root_path=str(ROOT), static_folder="static", template_folder="templates")
    app.secret_key = settings.secret_key
    app.config.update(
        MAX_CONTENT_LENGTH=settings.max_body_mb * 1_000_000,
        MAX_FORM_MEMORY_SIZE=1_000_000,
        MAX_FORM_PARTS=1_000,
        BABEL_DEFAULT_LOCALE=LOCALES["zh"],
        BABEL_DEFAULT_TIMEZONE="Asia/Shanghai",
        BABEL_TRANSLATION_DIRECTORIES=str(ROOT / "locale"),
    )
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.jinja_env.undefined = StrictUndefined
    database = database or Database(settings.database_url, settings.secret_key)
    app.extensions["onemap"] = Services(settings, database, QueryEngine(database), People(settings, database), Press(settings.home / "cache" / "print"),
                                        Basemaps(settings.home, settings.basemaps, settings.basemap_cache_mb))
    Babel(app, locale_selector=lambda: LOCALES[language.language_of(request)])
    app.jinja_env.globals["get_locale"] = get_locale
    for part in (logs, metrics, spaces, security, answers):
        part.install(app)
    for name in SITE_BLUEPRINTS:
        app.register_blueprint(import_module(name).blueprint)
    for name in BLUEPRINTS:
        spaces.register(app, import_module(name).blueprint)
    return app
