"""audit, sessions and passwords kept safe"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

EXCLUSIVE = "cardinality(roles) <= 1 OR NOT roles && ARRAY['system_admin', 'security_admin', 'audit_admin']"


def upgrade() -> None:
    op.create_table(
        "audit",
        sa.Column("chain", sa.Text(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("roles", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("via", sa.Text(), nullable=False),
        sa.Column("space", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("object", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("detail", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("previous", sa.LargeBinary(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("chain", "sequence", name=op.f("pk_audit")),
        schema="onemap_control",
    )
    op.create_index("ix_audit_at", "audit", ["at"], unique=False, schema="onemap_control")
    op.create_index("ix_audit_who", "audit", ["who", "at"], unique=False, schema="onemap_control")
    op.create_table(
        "audit_base",
        sa.Column("chain", sa.Text(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("chain", name=op.f("pk_audit_base")),
        schema="onemap_control",
    )
    op.create_table(
        "audit_head",
        sa.Column("chain", sa.Text(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("chain", name=op.f("pk_audit_head")),
        schema="onemap_control",
    )
    op.add_column("account", sa.Column("password_set_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=True), schema="onemap_control")
    op.add_column("account", sa.Column("former_hashes", sa.ARRAY(sa.Text()), server_default="{}", nullable=False), schema="onemap_control")
    op.drop_constraint("ck_account_has_a_role", "account", schema="onemap_control")
    for table in ("account", "api_token"):
        op.create_check_constraint(op.f(f"ck_{table}_administrators_exclusive"), table, EXCLUSIVE, schema="onemap_control")
