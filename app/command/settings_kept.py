"""What the service was started with, written down in the audit when it is not what it was."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from sqlalchemy import select

from app.settings import Settings
from geodata.store.accounts import SERVER
from geodata.store.audit import AUDIT, record
from geodata.store.database import Database
from geodata.store.faults import translated

_SECRET = ("database_url", "secret_key")


def note_settings(database: Database, settings: Settings) -> bool:
    """Write down the settings if they differ from those last written down (secrets left out); whether they did."""
    now = {one.name: _plain(getattr(settings, one.name)) for one in fields(Settings) if one.name not in _SECRET}
    last = select(AUDIT.c.detail).where(AUDIT.c.chain == "control", AUDIT.c.action == "settings.change").order_by(AUDIT.c.sequence.desc()).limit(1)
    with translated(), database.engine.connect() as connection:
        before: dict[str, Any] = (connection.scalar(last) or {}).get("settings", {})
    changed = sorted(name for name in now if before.get(name) != now[name])
    if changed:
        record(database.engine, SERVER, "settings.change", "settings", settings=now, changed={name: [before.get(name), now[name]] for name in changed})
    return bool(changed)


def _plain(value: Any) -> Any:
    return value if isinstance(value, (int, bool, str)) else str(value)
