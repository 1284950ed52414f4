"""Alembic's entry: runs the scripts over the connection that `geodata.store.migration` hands in."""

from __future__ import annotations

from alembic import context

from geodata.store.migrations.scope import options
from layers.catalogue import CATALOGUE

attributes = context.config.attributes
context.configure(connection=attributes["connection"], transaction_per_migration=True,
                  **options(attributes["connection"], attributes.get("catalogue", CATALOGUE)))
with context.begin_transaction():
    context.run_migrations()
