"""Incidents, their impact zones, and the orders given for them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('incidents',
    sa.Column('id', sa.UUID(), server_default=sa.text('onemap_control.uuid_v7()'), nullable=False),
    sa.Column('version', sa.Integer(), server_default=sa.text('1'), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('created_by', sa.Text(), server_default=sa.text("''"), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('updated_by', sa.Text(), server_default=sa.text("''"), nullable=False),
    sa.Column('code', sa.Text(), nullable=True),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=True),
    sa.Column('hazard', sa.Text(), nullable=True),
    sa.Column('level', sa.Text(), nullable=True),
    sa.Column('status', sa.Text(), nullable=False),
    sa.Column('place', sa.Text(), nullable=True),
    sa.Column('occurred_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('reported_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('closed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('dead', sa.BigInteger(), nullable=True),
    sa.Column('injured', sa.BigInteger(), nullable=True),
    sa.Column('missing', sa.BigInteger(), nullable=True),
    sa.Column('trapped', sa.BigInteger(), nullable=True),
    sa.Column('description', sa.Text(), nullable=True),
    sa.Column('reporter', sa.Text(), nullable=True),
    sa.Column('phone', sa.Text(), nullable=True),
    sa.Column('remark', sa.Text(), nullable=True),
    sa.Column('adcode', sa.Text(), nullable=True),
    sa.Column('source', sa.Text(), nullable=True),
    sa.Column('source_date', sa.Date(), nullable=True),
    sa.Column('verified_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('geom', Geometry(srid=4490, dimension=2, spatial_index=False, from_text='ST_GeomFromEWKT', name='geometry', nullable=False), nullable=False),
    sa.CheckConstraint("CASE WHEN ST_IsEmpty(geom) THEN false WHEN NOT (ST_XMin(geom) >= -180 AND ST_XMax(geom) <= 180 AND ST_YMin(geom) >= -90 AND ST_YMax(geom) <= 90) THEN false WHEN ST_GeometryType(geom) NOT IN ('ST_Point', 'ST_MultiPoint', 'ST_Polygon', 'ST_MultiPolygon') THEN false ELSE ST_IsValid(geom) END", name=op.f('ck_incidents_geometry')),
    sa.CheckConstraint('"dead" >= 0 AND "dead" <= 10000000', name=op.f('ck_incidents_range_dead')),
    sa.CheckConstraint('"hazard" IN (\'earthquake\', \'flood\', \'ice_flood\', \'geological\', \'weather\', \'fire\', \'chemical\', \'health\', \'ecological\')', name=op.f('ck_incidents_choice_hazard')),
    sa.CheckConstraint('"injured" >= 0 AND "injured" <= 10000000', name=op.f('ck_incidents_range_injured')),
    sa.CheckConstraint('"kind" IN (\'leak\', \'explosion\', \'fire\', \'wildfire\', \'flood\', \'ice_flood\', \'flash_flood\', \'earthquake\', \'geological\', \'weather\', \'mine\', \'traffic\', \'collapse\', \'other\')', name=op.f('ck_incidents_choice_kind')),
    sa.CheckConstraint('"level" IN (\'extraordinary\', \'major\', \'larger\', \'general\')', name=op.f('ck_incidents_choice_level')),
    sa.CheckConstraint('"missing" >= 0 AND "missing" <= 10000000', name=op.f('ck_incidents_range_missing')),
    sa.CheckConstraint('"status" IN (\'open\', \'closed\')', name=op.f('ck_incidents_choice_status')),
    sa.CheckConstraint('"trapped" >= 0 AND "trapped" <= 10000000', name=op.f('ck_incidents_range_trapped')),
    sa.CheckConstraint('char_length("adcode") <= 12', name=op.f('ck_incidents_length_adcode')),
    sa.CheckConstraint('char_length("code") <= 40', name=op.f('ck_incidents_length_code')),
    sa.CheckConstraint('char_length("description") <= 2000', name=op.f('ck_incidents_length_description')),
    sa.CheckConstraint('char_length("name") <= 100', name=op.f('ck_incidents_length_name')),
    sa.CheckConstraint('char_length("phone") <= 40', name=op.f('ck_incidents_length_phone')),
    sa.CheckConstraint('char_length("place") <= 200', name=op.f('ck_incidents_length_place')),
    sa.CheckConstraint('char_length("remark") <= 1000', name=op.f('ck_incidents_length_remark')),
    sa.CheckConstraint('char_length("reporter") <= 60', name=op.f('ck_incidents_length_reporter')),
    sa.CheckConstraint('char_length("source") <= 200', name=op.f('ck_incidents_length_source')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_incidents')),
    schema='onemap'
    )
    op.create_index('ix_incidents_geom', 'incidents', ['geom'], unique=False, schema='onemap', postgresql_using='gist')
    op.create_index('uq_incidents_code', 'incidents', ['code'], unique=True, schema='onemap')
    op.create_table('impact_zones',
    sa.Column('id', sa.UUID(), server_default=sa.text('onemap_control.uuid_v7()'), nullable=False),
    sa.Column('version', sa.Integer(), server_default=sa.text('1'), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('created_by', sa.Text(), server_default=sa.text("''"), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('updated_by', sa.Text(), server_default=sa.text("''"), nullable=False),
    sa.Column('code', sa.Text(), nullable=True),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('incident', sa.UUID(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('basis', sa.Text(), nullable=False),
    sa.Column('rule', sa.Text(), nullable=True),
    sa.Column('from_time', sa.DateTime(timezone=True), nullable=True),
    sa.Column('to_time', sa.DateTime(timezone=True), nullable=True),
    sa.Column('remark', sa.Text(), nullable=True),
    sa.Column('adcode', sa.Text(), nullable=True),
    sa.Column('source', sa.Text(), nullable=True),
    sa.Column('source_date', sa.Date(), nullable=True),
    sa.Column('verified_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('geom', Geometry(srid=4490, dimension=2, spatial_index=False, from_text='ST_GeomFromEWKT', name='geometry', nullable=False), nullable=False),
    sa.CheckConstraint("CASE WHEN ST_IsEmpty(geom) THEN false WHEN NOT (ST_XMin(geom) >= -180 AND ST_XMax(geom) <= 180 AND ST_YMin(geom) >= -90 AND ST_YMax(geom) <= 90) THEN false WHEN ST_GeometryType(geom) NOT IN ('ST_Polygon', 'ST_MultiPolygon') THEN false ELSE ST_IsValid(geom) END", name=op.f('ck_impact_zones_geometry')),
    sa.CheckConstraint('"basis" IN (\'modelled\', \'measured\', \'ordered\')', name=op.f('ck_impact_zones_choice_basis')),
    sa.CheckConstraint('"kind" IN (\'danger\', \'control\', \'cordon\', \'evacuation\')', name=op.f('ck_impact_zones_choice_kind')),
    sa.CheckConstraint('char_length("adcode") <= 12', name=op.f('ck_impact_zones_length_adcode')),
    sa.CheckConstraint('char_length("code") <= 40', name=op.f('ck_impact_zones_length_code')),
    sa.CheckConstraint('char_length("name") <= 100', name=op.f('ck_impact_zones_length_name')),
    sa.CheckConstraint('char_length("remark") <= 1000', name=op.f('ck_impact_zones_length_remark')),
    sa.CheckConstraint('char_length("rule") <= 300', name=op.f('ck_impact_zones_length_rule')),
    sa.CheckConstraint('char_length("source") <= 200', name=op.f('ck_impact_zones_length_source')),
    sa.ForeignKeyConstraint(['incident'], ['onemap.incidents.id'], name=op.f('fk_impact_zones_incident'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_impact_zones')),
    schema='onemap'
    )
    op.create_index('ix_impact_zones_geom', 'impact_zones', ['geom'], unique=False, schema='onemap', postgresql_using='gist')
    op.create_index('ix_impact_zones_incident', 'impact_zones', ['incident'], unique=False, schema='onemap')
    op.create_index('uq_impact_zones_code', 'impact_zones', ['code'], unique=True, schema='onemap')
    op.create_table('dispatch_orders',
    sa.Column('id', sa.UUID(), server_default=sa.text('onemap_control.uuid_v7()'), nullable=False),
    sa.Column('version', sa.Integer(), server_default=sa.text('1'), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('created_by', sa.Text(), server_default=sa.text("''"), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('updated_by', sa.Text(), server_default=sa.text("''"), nullable=False),
    sa.Column('code', sa.Text(), nullable=True),
    sa.Column('incident', sa.UUID(), nullable=True),
    sa.Column('team', sa.UUID(), nullable=True),
    sa.Column('depot', sa.UUID(), nullable=True),
    sa.Column('line', sa.UUID(), nullable=True),
    sa.Column('quantity', sa.Double(), nullable=True),
    sa.Column('status', sa.Text(), nullable=False),
    sa.Column('task', sa.Text(), nullable=True),
    sa.Column('destination', sa.Text(), nullable=True),
    sa.Column('ordered_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('departed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('arrived_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('released_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('ordered_by', sa.Text(), nullable=True),
    sa.Column('received_by', sa.Text(), nullable=True),
    sa.Column('remark', sa.Text(), nullable=True),
    sa.Column('adcode', sa.Text(), nullable=True),
    sa.Column('source', sa.Text(), nullable=True),
    sa.Column('source_date', sa.Date(), nullable=True),
    sa.Column('verified_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint('"quantity" > \'-Infinity\' AND "quantity" < \'Infinity\'', name=op.f('ck_dispatch_orders_finite_quantity')),
    sa.CheckConstraint('"quantity" >= 0 AND "quantity" <= 1000000000', name=op.f('ck_dispatch_orders_range_quantity')),
    sa.CheckConstraint('"status" IN (\'ordered\', \'under_way\', \'on_site\', \'released\')', name=op.f('ck_dispatch_orders_choice_status')),
    sa.CheckConstraint('char_length("adcode") <= 12', name=op.f('ck_dispatch_orders_length_adcode')),
    sa.CheckConstraint('char_length("code") <= 40', name=op.f('ck_dispatch_orders_length_code')),
    sa.CheckConstraint('char_length("destination") <= 200', name=op.f('ck_dispatch_orders_length_destination')),
    sa.CheckConstraint('char_length("ordered_by") <= 60', name=op.f('ck_dispatch_orders_length_ordered_by')),
    sa.CheckConstraint('char_length("received_by") <= 60', name=op.f('ck_dispatch_orders_length_received_by')),
    sa.CheckConstraint('char_length("remark") <= 1000', name=op.f('ck_dispatch_orders_length_remark')),
    sa.CheckConstraint('char_length("source") <= 200', name=op.f('ck_dispatch_orders_length_source')),
    sa.CheckConstraint('char_length("task") <= 500', name=op.f('ck_dispatch_orders_length_task')),
    sa.ForeignKeyConstraint(['depot'], ['onemap.depots.id'], name=op.f('fk_dispatch_orders_depot'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['incident'], ['onemap.incidents.id'], name=op.f('fk_dispatch_orders_incident'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['line'], ['onemap.supplies.id'], name=op.f('fk_dispatch_orders_line'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['team'], ['onemap.rescue_teams.id'], name=op.f('fk_dispatch_orders_team'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_dispatch_orders')),
    schema='onemap'
    )
    op.create_index('ix_dispatch_orders_depot', 'dispatch_orders', ['depot'], unique=False, schema='onemap')
    op.create_index('ix_dispatch_orders_incident', 'dispatch_orders', ['incident'], unique=False, schema='onemap')
    op.create_index('ix_dispatch_orders_line', 'dispatch_orders', ['line'], unique=False, schema='onemap')
    op.create_index('ix_dispatch_orders_team', 'dispatch_orders', ['team'], unique=False, schema='onemap')
    op.create_index('uq_dispatch_orders_code', 'dispatch_orders', ['code'], unique=True, schema='onemap')
