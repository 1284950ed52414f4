"""The two table collections: control tables (one set) and space tables (one set in each space's schema)."""

from __future__ import annotations

from sqlalchemy import MetaData

LIVE_SCHEMA = "onemap"
CONTROL_SCHEMA = "onemap_control"
LIVE_ROLE = "onemap_live"
DRILL_ROLE = "onemap_drill"
FUNCTIONS = ("functions.sql", "ledger.sql", "pyramid.sql")  # what the database does by itself; replaced as a whole at every migration
STORAGE_SRID = 4490  # CGCS2000, degrees, lon/lat

_NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_name)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}

CONTROL = MetaData(schema=CONTROL_SCHEMA, naming_convention=_NAMING)


def space_metadata() -> MetaData:
    """An empty collection for one catalogue's tables; they are written as of schema `onemap` and translated per space."""
    return MetaData(schema=LIVE_SCHEMA, naming_convention=_NAMING)
