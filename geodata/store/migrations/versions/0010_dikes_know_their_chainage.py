"""dikes know their chainage"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0010'
down_revision = '0009'
branch_labels = None
depends_on = None

_CHECKS = {
    'length_river': 'char_length("river") <= 60',
    'choice_bank': "\"bank\" IN ('left', 'right', 'both')",
    **{f'finite_{end}': f"\"{end}\" > '-Infinity' AND \"{end}\" < 'Infinity'" for end in ('chainage_from_m', 'chainage_to_m')},
    **{f'range_{end}': f'"{end}" >= 0 AND "{end}" <= 6000000' for end in ('chainage_from_m', 'chainage_to_m')},
}


def upgrade() -> None:
    op.add_column('rivers', sa.Column('river', sa.Text(), nullable=True), schema='onemap')
    op.add_column('rivers', sa.Column('bank', sa.Text(), nullable=True), schema='onemap')
    op.add_column('rivers', sa.Column('chainage_from_m', sa.Double(), nullable=True), schema='onemap')
    op.add_column('rivers', sa.Column('chainage_to_m', sa.Double(), nullable=True), schema='onemap')
    for name, condition in _CHECKS.items():
        op.create_check_constraint(op.f(f'ck_rivers_{name}'), 'rivers', condition, schema='onemap')
