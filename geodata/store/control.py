"""The control tables: drills here, accounts and loads in their own modules, all on one metadata."""

from __future__ import annotations

import importlib.util

from sqlalchemy import Column, DateTime, Table, Text

from geodata.store.metadata import CONTROL

DRILLS = Table(
    "drill", CONTROL,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("opened_at", DateTime(timezone=True), nullable=False),
    Column("opened_by", Text, nullable=False),
    Column("as_of", DateTime(timezone=True), nullable=False),
    Column("closed_at", DateTime(timezone=True)),
    Column("closed_by", Text),
)

for _room in ("accounts", "sessions", "attempts", "loads", "audit", "views"):
    if importlib.util.find_spec(f"geodata.store.{_room}"):
        importlib.import_module(f"geodata.store.{_room}")
