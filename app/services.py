"""What a request may use: the settings, the store, the query engine, the people, the press and the basemaps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from flask import current_app

from app.basemaps.service import Basemaps
from app.people import People
from app.printing.press import Press
from app.settings import Settings
from geodata.queries.engine import QueryEngine
from geodata.store.database import Database


@dataclass(frozen=True)
class Services:
    """One per process, made by `create_app`, shared by all threads."""

    settings: Settings
    database: Database
    engine: QueryEngine
    people: People
    press: Press
    basemaps: Basemaps


def services() -> Services:
    """Those of the application that answers this request."""
    return cast(Services, current_app.extensions["onemap"])
