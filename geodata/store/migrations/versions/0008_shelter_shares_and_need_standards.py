"""Shelter shares and need standards: what shelter plans are reckoned with."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('need_standards',
        sa.Column('id', sa.UUID(), server_default=sa.text('onemap_control.uuid_v7()'), nullable=False),
        sa.Column('version', sa.Integer(), server_default=sa.text('1'), nullable=False),
        sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
        sa.Column('created_by', sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column('updated_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
        sa.Column('updated_by', sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column('code', sa.Text(), nullable=True),
        sa.Column('name', sa.Text(), nullable=False),
        sa.Column('amount', sa.Double(), nullable=True),
        sa.Column('amount_unit', sa.Text(), nullable=True),
        sa.Column('persons', sa.BigInteger(), nullable=True),
        sa.Column('period', sa.Text(), nullable=True),
        sa.Column('whole_pieces', sa.Boolean(), nullable=True),
        sa.Column('edition', sa.Text(), nullable=True),
        sa.Column('remark', sa.Text(), nullable=True),
        sa.Column('adcode', sa.Text(), nullable=True),
        sa.Column('source', sa.Text(), nullable=True),
        sa.Column('source_date', sa.Date(), nullable=True),
        sa.Column('verified_at', sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint('"amount" > \'-Infinity\' AND "amount" < \'Infinity\'', name=op.f('ck_need_standards_finite_amount')),
        sa.CheckConstraint('"amount" >= 0 AND "amount" <= 1000000', name=op.f('ck_need_standards_range_amount')),
        sa.CheckConstraint('"period" IN (\'day\', \'once\')', name=op.f('ck_need_standards_choice_period')),
        sa.CheckConstraint('"persons" >= 1 AND "persons" <= 1000000', name=op.f('ck_need_standards_range_persons')),
        sa.CheckConstraint('char_length("adcode") <= 12', name=op.f('ck_need_standards_length_adcode')),
        sa.CheckConstraint('char_length("amount_unit") <= 20', name=op.f('ck_need_standards_length_amount_unit')),
        sa.CheckConstraint('char_length("code") <= 40', name=op.f('ck_need_standards_length_code')),
        sa.CheckConstraint('char_length("edition") <= 200', name=op.f('ck_need_standards_length_edition')),
        sa.CheckConstraint('char_length("name") <= 100', name=op.f('ck_need_standards_length_name')),
        sa.CheckConstraint('char_length("remark") <= 1000', name=op.f('ck_need_standards_length_remark')),
        sa.CheckConstraint('char_length("source") <= 200', name=op.f('ck_need_standards_length_source')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_need_standards')),
        schema='onemap',
    )
    op.create_index('uq_need_standards_code', 'need_standards', ['code'], unique=True, schema='onemap')
    op.create_table('shelter_shares',
        sa.Column('id', sa.UUID(), server_default=sa.text('onemap_control.uuid_v7()'), nullable=False),
        sa.Column('version', sa.Integer(), server_default=sa.text('1'), nullable=False),
        sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
        sa.Column('created_by', sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column('updated_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
        sa.Column('updated_by', sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column('code', sa.Text(), nullable=True),
        sa.Column('name', sa.Text(), nullable=False),
        sa.Column('hazard', sa.Text(), nullable=False),
        sa.Column('share_percent', sa.Double(), nullable=True),
        sa.Column('edition', sa.Text(), nullable=True),
        sa.Column('remark', sa.Text(), nullable=True),
        sa.Column('adcode', sa.Text(), nullable=True),
        sa.Column('source', sa.Text(), nullable=True),
        sa.Column('source_date', sa.Date(), nullable=True),
        sa.Column('verified_at', sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint('"hazard" IN (\'earthquake\', \'flood\', \'ice_flood\', \'geological\', \'weather\', \'fire\', \'chemical\', \'health\', \'ecological\')', name=op.f('ck_shelter_shares_choice_hazard')),
        sa.CheckConstraint('"share_percent" > \'-Infinity\' AND "share_percent" < \'Infinity\'', name=op.f('ck_shelter_shares_finite_share_percent')),
        sa.CheckConstraint('"share_percent" >= 0 AND "share_percent" <= 100', name=op.f('ck_shelter_shares_range_share_percent')),
        sa.CheckConstraint('char_length("adcode") <= 12', name=op.f('ck_shelter_shares_length_adcode')),
        sa.CheckConstraint('char_length("code") <= 40', name=op.f('ck_shelter_shares_length_code')),
        sa.CheckConstraint('char_length("edition") <= 200', name=op.f('ck_shelter_shares_length_edition')),
        sa.CheckConstraint('char_length("name") <= 100', name=op.f('ck_shelter_shares_length_name')),
        sa.CheckConstraint('char_length("remark") <= 1000', name=op.f('ck_shelter_shares_length_remark')),
        sa.CheckConstraint('char_length("source") <= 200', name=op.f('ck_shelter_shares_length_source')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_shelter_shares')),
        schema='onemap',
    )
    op.create_index('uq_shelter_shares_code', 'shelter_shares', ['code'], unique=True, schema='onemap')
