"""Load records name the commit that they made, and how it was undone."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

# Of loads before this version: the last commit that their confirmer made to the layer for that file before the load was ended.
BEFORE = (
    "UPDATE onemap_control.load l SET commit = (SELECT c.token FROM onemap.commit_log c WHERE c.layer = l.layer AND c.by = coalesce(l.confirmed_by, l.asked_by) "
    "AND c.reason = 'load ' || l.file AND c.at <= l.finished_at ORDER BY c.at DESC LIMIT 1) WHERE l.state = 'committed' AND l.space = 'live'"
)


def upgrade() -> None:
    op.add_column("load", sa.Column("commit", sa.Uuid(), nullable=True), schema="onemap_control")
    op.add_column("load", sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True), schema="onemap_control")
    op.add_column("load", sa.Column("undone_by", sa.Text(), nullable=True), schema="onemap_control")
    op.add_column("load", sa.Column("undone_commit", sa.Uuid(), nullable=True), schema="onemap_control")
    op.create_index("ix_load_commit", "load", ["commit"], unique=False, schema="onemap_control")
    op.create_index("ix_load_sha256", "load", ["sha256"], unique=False, schema="onemap_control")
    op.create_index("ix_load_undone_commit", "load", ["undone_commit"], unique=False, schema="onemap_control")
    op.execute(BEFORE)
