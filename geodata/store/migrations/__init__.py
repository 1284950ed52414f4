"""Alembic scripts: forward only, one for each change of the catalogue or of the control tables."""
