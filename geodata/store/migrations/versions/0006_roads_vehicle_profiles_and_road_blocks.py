"""Roads keep their chainage; vehicle profiles say how fast what goes on them, and road blocks where they are closed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry

from geodata.store.narrowing import narrow
from geodata.store.value_checks import ValueCheck

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "road_blocks",
        sa.Column("id", sa.UUID(), server_default=sa.text("onemap_control.uuid_v7()"), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_by", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_by", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("code", sa.Text(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("from_time", sa.DateTime(timezone=True), nullable=True),
        sa.Column("to_time", sa.DateTime(timezone=True), nullable=True),
        sa.Column("remark", sa.Text(), nullable=True),
        sa.Column("adcode", sa.Text(), nullable=True),
        sa.Column("source", sa.Text(), nullable=True),
        sa.Column("source_date", sa.Date(), nullable=True),
        sa.Column("verified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("geom", Geometry(srid=4490, dimension=2, spatial_index=False, from_text='ST_GeomFromEWKT', name='geometry', nullable=False), nullable=False),
        sa.CheckConstraint("CASE WHEN ST_IsEmpty(geom) THEN false WHEN NOT (ST_XMin(geom) >= -180 AND ST_XMax(geom) <= 180 AND ST_YMin(geom) >= -90 AND ST_YMax(geom) <= 90) THEN false WHEN ST_GeometryType(geom) NOT IN ('ST_Point', 'ST_MultiPoint', 'ST_LineString', 'ST_MultiLineString', 'ST_Polygon', 'ST_MultiPolygon') THEN false ELSE ST_IsValid(geom) END", name=op.f('ck_road_blocks_geometry')),
        sa.CheckConstraint('"reason" IN (\'flood\', \'collapse\', \'bridge_out\', \'ice_snow\', \'accident\', \'works\', \'cordon\', \'other\')', name=op.f('ck_road_blocks_choice_reason')),
        sa.CheckConstraint('char_length("adcode") <= 12', name=op.f('ck_road_blocks_length_adcode')),
        sa.CheckConstraint('char_length("code") <= 40', name=op.f('ck_road_blocks_length_code')),
        sa.CheckConstraint('char_length("name") <= 100', name=op.f('ck_road_blocks_length_name')),
        sa.CheckConstraint('char_length("remark") <= 1000', name=op.f('ck_road_blocks_length_remark')),
        sa.CheckConstraint('char_length("source") <= 200', name=op.f('ck_road_blocks_length_source')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_road_blocks')),
        schema="onemap",
    )
    op.create_index("ix_road_blocks_geom", "road_blocks", ["geom"], unique=False, schema="onemap", postgresql_using="gist")
    op.create_index("uq_road_blocks_code", "road_blocks", ["code"], unique=True, schema="onemap")
    op.create_table(
        "vehicle_profiles",
        sa.Column("id", sa.UUID(), server_default=sa.text("onemap_control.uuid_v7()"), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_by", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_by", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("motorway_kmh", sa.Double(), nullable=True),
        sa.Column("national_kmh", sa.Double(), nullable=True),
        sa.Column("provincial_kmh", sa.Double(), nullable=True),
        sa.Column("county_kmh", sa.Double(), nullable=True),
        sa.Column("village_kmh", sa.Double(), nullable=True),
        sa.Column("street_kmh", sa.Double(), nullable=True),
        sa.Column("keeps_one_way", sa.Boolean(), nullable=True),
        sa.Column("weight_t", sa.Double(), nullable=True),
        sa.Column("remark", sa.Text(), nullable=True),
        sa.Column("adcode", sa.Text(), nullable=True),
        sa.Column("source", sa.Text(), nullable=True),
        sa.Column("source_date", sa.Date(), nullable=True),
        sa.Column("verified_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint('"county_kmh" > \'-Infinity\' AND "county_kmh" < \'Infinity\'', name=op.f('ck_vehicle_profiles_finite_county_kmh')),
        sa.CheckConstraint('"county_kmh" >= 1 AND "county_kmh" <= 150', name=op.f('ck_vehicle_profiles_range_county_kmh')),
        sa.CheckConstraint('"motorway_kmh" > \'-Infinity\' AND "motorway_kmh" < \'Infinity\'', name=op.f('ck_vehicle_profiles_finite_motorway_kmh')),
        sa.CheckConstraint('"motorway_kmh" >= 1 AND "motorway_kmh" <= 150', name=op.f('ck_vehicle_profiles_range_motorway_kmh')),
        sa.CheckConstraint('"national_kmh" > \'-Infinity\' AND "national_kmh" < \'Infinity\'', name=op.f('ck_vehicle_profiles_finite_national_kmh')),
        sa.CheckConstraint('"national_kmh" >= 1 AND "national_kmh" <= 150', name=op.f('ck_vehicle_profiles_range_national_kmh')),
        sa.CheckConstraint('"provincial_kmh" > \'-Infinity\' AND "provincial_kmh" < \'Infinity\'', name=op.f('ck_vehicle_profiles_finite_provincial_kmh')),
        sa.CheckConstraint('"provincial_kmh" >= 1 AND "provincial_kmh" <= 150', name=op.f('ck_vehicle_profiles_range_provincial_kmh')),
        sa.CheckConstraint('"street_kmh" > \'-Infinity\' AND "street_kmh" < \'Infinity\'', name=op.f('ck_vehicle_profiles_finite_street_kmh')),
        sa.CheckConstraint('"street_kmh" >= 1 AND "street_kmh" <= 150', name=op.f('ck_vehicle_profiles_range_street_kmh')),
        sa.CheckConstraint('"village_kmh" > \'-Infinity\' AND "village_kmh" < \'Infinity\'', name=op.f('ck_vehicle_profiles_finite_village_kmh')),
        sa.CheckConstraint('"village_kmh" >= 1 AND "village_kmh" <= 150', name=op.f('ck_vehicle_profiles_range_village_kmh')),
        sa.CheckConstraint('"weight_t" > \'-Infinity\' AND "weight_t" < \'Infinity\'', name=op.f('ck_vehicle_profiles_finite_weight_t')),
        sa.CheckConstraint('"weight_t" >= 0 AND "weight_t" <= 1000', name=op.f('ck_vehicle_profiles_range_weight_t')),
        sa.CheckConstraint('char_length("adcode") <= 12', name=op.f('ck_vehicle_profiles_length_adcode')),
        sa.CheckConstraint('char_length("code") <= 40', name=op.f('ck_vehicle_profiles_length_code')),
        sa.CheckConstraint('char_length("name") <= 100', name=op.f('ck_vehicle_profiles_length_name')),
        sa.CheckConstraint('char_length("remark") <= 1000', name=op.f('ck_vehicle_profiles_length_remark')),
        sa.CheckConstraint('char_length("source") <= 200', name=op.f('ck_vehicle_profiles_length_source')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_vehicle_profiles')),
        schema="onemap",
    )
    op.create_index("uq_vehicle_profiles_code", "vehicle_profiles", ["code"], unique=True, schema="onemap")
    op.add_column("roads", sa.Column("chainage_from_m", sa.Double(), nullable=True), schema="onemap")
    op.add_column("roads", sa.Column("chainage_to_m", sa.Double(), nullable=True), schema="onemap")
    narrow(op.get_bind(), [ValueCheck("roads", field, kind, condition.replace("{}", f'"{field}"')) for field in ("chainage_from_m", "chainage_to_m")
                           for kind, condition in (("range", "{} >= 0 AND {} <= 10000000"), ("finite", "{} > '-Infinity' AND {} < 'Infinity'"))])
