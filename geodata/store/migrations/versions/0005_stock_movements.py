"""Stock movements: the entries from which the quantity of a stock line follows.

The ledger is opened after the scripts, when its triggers are first put on (`onemap_control.keep_ledger`): only then do the opening
entries get a history like any other.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "supply_movements",
        sa.Column("id", sa.UUID(), server_default=sa.text("onemap_control.uuid_v7()"), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column('created_by', sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column('updated_by', sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("code", sa.Text(), nullable=True),
        sa.Column("line", sa.UUID(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("quantity", sa.Double(), nullable=True),
        sa.Column("quantity_unit", sa.Text(), nullable=True),
        sa.Column("to_line", sa.UUID(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("voucher", sa.Text(), nullable=True),
        sa.Column("party", sa.Text(), nullable=True),
        sa.Column("handed_by", sa.Text(), nullable=True),
        sa.Column("received_by", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("number", sa.BigInteger(), nullable=True),
        sa.Column("change", sa.Double(), nullable=True),
        sa.Column("balance", sa.Double(), nullable=True),
        sa.Column("to_number", sa.BigInteger(), nullable=True),
        sa.Column("to_balance", sa.Double(), nullable=True),
        sa.Column("remark", sa.Text(), nullable=True),
        sa.Column("adcode", sa.Text(), nullable=True),
        sa.Column("source", sa.Text(), nullable=True),
        sa.Column("source_date", sa.Date(), nullable=True),
        sa.Column("verified_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint('"balance" > \'-Infinity\' AND "balance" < \'Infinity\'', name=op.f('ck_supply_movements_finite_balance')),
        sa.CheckConstraint('"balance" >= 0', name=op.f('ck_supply_movements_range_balance')),
        sa.CheckConstraint('"change" > \'-Infinity\' AND "change" < \'Infinity\'', name=op.f('ck_supply_movements_finite_change')),
        sa.CheckConstraint('"kind" IN (\'in\', \'out\', \'transfer\', \'expiry\', \'count\')', name=op.f('ck_supply_movements_choice_kind')),
        sa.CheckConstraint('"number" >= 1', name=op.f('ck_supply_movements_range_number')),
        sa.CheckConstraint('"quantity" > \'-Infinity\' AND "quantity" < \'Infinity\'', name=op.f('ck_supply_movements_finite_quantity')),
        sa.CheckConstraint('"quantity" >= 0 AND "quantity" <= 1000000000', name=op.f('ck_supply_movements_range_quantity')),
        sa.CheckConstraint('"to_balance" > \'-Infinity\' AND "to_balance" < \'Infinity\'', name=op.f('ck_supply_movements_finite_to_balance')),
        sa.CheckConstraint('"to_balance" >= 0', name=op.f('ck_supply_movements_range_to_balance')),
        sa.CheckConstraint('"to_number" >= 1', name=op.f('ck_supply_movements_range_to_number')),
        sa.CheckConstraint('char_length("adcode") <= 12', name=op.f('ck_supply_movements_length_adcode')),
        sa.CheckConstraint('char_length("code") <= 40', name=op.f('ck_supply_movements_length_code')),
        sa.CheckConstraint('char_length("handed_by") <= 60', name=op.f('ck_supply_movements_length_handed_by')),
        sa.CheckConstraint('char_length("party") <= 100', name=op.f('ck_supply_movements_length_party')),
        sa.CheckConstraint('char_length("quantity_unit") <= 20', name=op.f('ck_supply_movements_length_quantity_unit')),
        sa.CheckConstraint('char_length("reason") <= 200', name=op.f('ck_supply_movements_length_reason')),
        sa.CheckConstraint('char_length("received_by") <= 60', name=op.f('ck_supply_movements_length_received_by')),
        sa.CheckConstraint('char_length("remark") <= 1000', name=op.f('ck_supply_movements_length_remark')),
        sa.CheckConstraint('char_length("source") <= 200', name=op.f('ck_supply_movements_length_source')),
        sa.CheckConstraint('char_length("voucher") <= 40', name=op.f('ck_supply_movements_length_voucher')),
        sa.ForeignKeyConstraint(["line"], ["onemap.supplies.id"], name=op.f("fk_supply_movements_line"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["to_line"], ["onemap.supplies.id"], name=op.f("fk_supply_movements_to_line"), ondelete="RESTRICT"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_supply_movements")),
        schema="onemap",
    )
    op.create_index("ix_supply_movements_line", "supply_movements", ["line"], unique=False, schema="onemap")
    op.create_index("ix_supply_movements_to_line", "supply_movements", ["to_line"], unique=False, schema="onemap")
    op.create_index("uq_supply_movements_code", "supply_movements", ["code"], unique=True, schema="onemap")
    op.create_index("uq_supply_movements_number", "supply_movements", ["line", "number"], unique=True, schema="onemap")
    op.create_index("uq_supply_movements_to_number", "supply_movements", ["to_line", "to_number"], unique=True, schema="onemap")
