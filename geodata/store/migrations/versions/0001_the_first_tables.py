"""the first tables"""

from __future__ import annotations

import geoalchemy2  # noqa: F401
import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "account",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("display", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("roles", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("demo", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("cardinality(roles) > 0", name=op.f("ck_account_has_a_role")),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_account")),
        schema="onemap_control",
    )
    op.create_table(
        "api_token",
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("roles", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_api_token")),
        sa.UniqueConstraint("name", name=op.f("uq_api_token_name")),
        schema="onemap_control",
    )
    op.create_table(
        "drill",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_by", sa.Text(), nullable=False),
        sa.Column("as_of", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_drill")),
        schema="onemap_control",
    )
    op.create_table(
        "load",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("space", sa.Text(), nullable=False),
        sa.Column("layer", sa.Text(), nullable=False),
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=True),
        sa.Column("options", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("report", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("asked_roles", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("confirmed_by", sa.Text(), nullable=True),
        sa.Column("confirmed_roles", sa.ARRAY(sa.Text()), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('waiting', 'examining', 'examined', 'confirmed', 'committing', 'committed', 'refused', 'cancelled', 'failed')",
            name=op.f("ck_load_state"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_load")),
        schema="onemap_control",
    )
    op.create_index("ix_load_asked_at", "load", ["asked_at"], unique=False, schema="onemap_control")
    op.create_table(
        "login_failure",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("pair", sa.LargeBinary(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_login_failure")),
        schema="onemap_control",
    )
    op.create_index("ix_login_failure_address", "login_failure", ["address", "at"], unique=False, schema="onemap_control")
    op.create_index("ix_login_failure_pair", "login_failure", ["pair", "at"], unique=False, schema="onemap_control")
    op.create_table(
        "session",
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["account"], ["onemap_control.account.name"], name=op.f("fk_session_account")),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_session")),
        schema="onemap_control",
    )
    op.create_index("ix_session_account", "session", ["account"], unique=False, schema="onemap_control")
    op.create_table(
        "commit_log",
        sa.Column("layer", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("token", sa.UUID(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("layer", "version", name=op.f("pk_commit_log")),
        schema="onemap",
    )
    op.create_index(op.f("ix_commit_log_at"), "commit_log", ["at"], unique=False, schema="onemap")
    op.create_index(op.f("ix_commit_log_token"), "commit_log", ["token"], unique=False, schema="onemap")
    op.create_table(
        "depots",
        sa.Column("id", sa.UUID(), server_default=sa.text("onemap_control.uuid_v7()"), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_by", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_by", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("code", sa.Text(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=True),
        sa.Column("level", sa.Text(), nullable=True),
        sa.Column("area_m2", sa.Double(), nullable=True),
        sa.Column("operator", sa.Text(), nullable=True),
        sa.Column("keeper", sa.Text(), nullable=True),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), nullable=True),
        sa.Column("remark", sa.Text(), nullable=True),
        sa.Column("adcode", sa.Text(), nullable=True),
        sa.Column("source", sa.Text(), nullable=True),
        sa.Column("source_date", sa.Date(), nullable=True),
        sa.Column("verified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "geom",
            Geometry(srid=4490, dimension=2, spatial_index=False, from_text="ST_GeomFromEWKT", name="geometry", nullable=False),
            nullable=False,
        ),
        sa.CheckConstraint(
            "CASE WHEN ST_IsEmpty(geom) THEN false WHEN NOT (ST_XMin(geom) >= -180 AND ST_XMax(geom) <= 180 AND ST_YMin(geom) >= -90 AND ST_YMax(geom) <= 90) THEN false WHEN ST_GeometryType(geom) NOT IN ('ST_Point', 'ST_MultiPoint', 'ST_Polygon', 'ST_MultiPolygon') THEN false ELSE ST_IsValid(geom) END",
            name=op.f("ck_depots_geometry"),
        ),
        sa.CheckConstraint("\"area_m2\" > '-Infinity' AND \"area_m2\" < 'Infinity'", name=op.f("ck_depots_finite_area_m2")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_depots")),
        schema="onemap",
    )
    op.create_index("ix_depots_geom", "depots", ["geom"], unique=False, schema="onemap", postgresql_using="gist")
    op.create_index("uq_depots_code", "depots", ["code"], unique=True, schema="onemap")
    op.create_table(
        "divisions",
        sa.Column("id", sa.UUID(), server_default=sa.text("onemap_control.uuid_v7()"), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_by", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_by", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("level", sa.Text(), nullable=True),
        sa.Column("area_km2", sa.Double(), nullable=True),
        sa.Column("remark", sa.Text(), nullable=True),
        sa.Column("adcode", sa.Text(), nullable=True),
        sa.Column("source", sa.Text(), nullable=True),
        sa.Column("source_date", sa.Date(), nullable=True),
        sa.Column("verified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "geom",
            Geometry(srid=4490, dimension=2, spatial_index=False, from_text="ST_GeomFromEWKT", name="geometry", nullable=False),
            nullable=False,
        ),
        sa.CheckConstraint(
            "CASE WHEN ST_IsEmpty(geom) THEN false WHEN NOT (ST_XMin(geom) >= -180 AND ST_XMax(geom) <= 180 AND ST_YMin(geom) >= -90 AND ST_YMax(geom) <= 90) THEN false WHEN ST_GeometryType(geom) NOT IN ('ST_Polygon', 'ST_MultiPolygon') THEN false ELSE ST_IsValid(geom) END",
            name=op.f("ck_divisions_geometry"),
        ),
        sa.CheckConstraint("\"area_km2\" > '-Infinity' AND \"area_km2\" < 'Infinity'", name=op.f("ck_divisions_finite_area_km2")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_divisions")),
        schema="onemap",
    )
    op.create_index("ix_divisions_geom", "divisions", ["geom"], unique=False, schema="onemap", postgresql_using="gist")
    op.create_index("uq_divisions_code", "divisions", ["code"], unique=True, schema="onemap")
    op.create_table(
        "facilities",
        sa.Column("id", sa.UUID(), server_default=sa.text("onemap_control.uuid_v7()"), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_by", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_by", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("code", sa.Text(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=True),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("people", sa.BigInteger(), nullable=True),
        sa.Column("beds", sa.BigInteger(), nullable=True),
        sa.Column("person", sa.Text(), nullable=True),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("remark", sa.Text(), nullable=True),
        sa.Column("adcode", sa.Text(), nullable=True),
        sa.Column("source", sa.Text(), nullable=True),
        sa.Column("source_date", sa.Date(), nullable=True),
        sa.Column("verified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "geom",
            Geometry(srid=4490, dimension=2, spatial_index=False, from_text="ST_GeomFromEWKT", name="geometry", nullable=False),
            nullable=False,
        ),
        sa.CheckConstraint(
            "CASE WHEN ST_IsEmpty(geom) THEN false WHEN NOT (ST_XMin(geom) >= -180 AND ST_XMax(geom) <= 180 AND ST_YMin(geom) >= -90 AND ST_YMax(geom) <= 90) THEN false WHEN ST_GeometryType(geom) NOT IN ('ST_Point', 'ST_MultiPoint', 'ST_Polygon', 'ST_MultiPolygon') THEN false ELSE ST_IsValid(geom) END",
            name=op.f("ck_facilities_geometry"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_facilities")),
        schema="onemap",
    )
    op.create_index("ix_facilities_geom", "facilities", ["geom"], unique=False, schema="onemap", postgresql_using="gist")
    op.create_index("uq_facilities_code", "facilities", ["code"], unique=True, schema="onemap")
    op.create_table(
        "fire_zones",
        sa.Column("id", sa.UUID(), server_default=sa.text("onemap_control.uuid_v7()"), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_by", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_by", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("code", sa.Text(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("vegetation", sa.Text(), nullable=True),
        sa.Column("risk_level", sa.Text(), nullable=True),
        sa.Column("control_periods", sa.Text(), nullable=True),
        sa.Column("area_ha", sa.Double(), nullable=True),
        sa.Column("responsible_unit", sa.Text(), nullable=True),
        sa.Column("responsible_person", sa.Text(), nullable=True),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("posts", sa.BigInteger(), nullable=True),
        sa.Column("towers", sa.BigInteger(), nullable=True),
        sa.Column("water_points", sa.BigInteger(), nullable=True),
        sa.Column("firebreaks_km", sa.Double(), nullable=True),
        sa.Column("remark", sa.Text(), nullable=True),
        sa.Column("adcode", sa.Text(), nullable=True),
        sa.Column("source", sa.Text(), nullable=True),
        sa.Column("source_date", sa.Date(), nullable=True),
        sa.Column("verified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "geom",
            Geometry(srid=4490, dimension=2, spatial_index=False, from_text="ST_GeomFromEWKT", name="geometry", nullable=False),
            nullable=False,
        ),
        sa.CheckConstraint(
            "CASE WHEN ST_IsEmpty(geom) THEN false WHEN NOT (ST_XMin(geom) >= -180 AND ST_XMax(geom) <= 180 AND ST_YMin(geom) >= -90 AND ST_YMax(geom) <= 90) THEN false WHEN ST_GeometryType(geom) NOT IN ('ST_Polygon', 'ST_MultiPolygon') THEN false ELSE ST_IsValid(geom) END",
            name=op.f("ck_fire_zones_geometry"),
        ),
        sa.CheckConstraint("\"area_ha\" > '-Infinity' AND \"area_ha\" < 'Infinity'", name=op.f("ck_fire_zones_finite_area_ha")),
        sa.CheckConstraint(
            "\"firebreaks_km\" > '-Infinity' AND \"firebreaks_km\" < 'Infinity'", name=op.f("ck_fire_zones_finite_firebreaks_km")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fire_zones")),
        schema="onemap",
    )
    op.create_index("ix_fire_zones_geom", "fire_zones", ["geom"], unique=False, schema="onemap", postgresql_using="gist")
    op.create_index("uq_fire_zones_code", "fire_zones", ["code"], unique=True, schema="onemap")
    op.create_table(
        "hazard_sources",
        sa.Column("id", sa.UUID(), server_default=sa.text("onemap_control.uuid_v7()"), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_by", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_by", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("code", sa.Text(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("firm", sa.Text(), nullable=True),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("in_service_since", sa.Date(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=True),
        sa.Column("level", sa.BigInteger(), nullable=True),
        sa.Column("r_value", sa.Double(), nullable=True),
        sa.Column("alpha", sa.Double(), nullable=True),
        sa.Column("industrial_park", sa.Text(), nullable=True),
        sa.Column("target_distance_m", sa.Double(), nullable=True),
        sa.Column("people_within_500_m", sa.BigInteger(), nullable=True),
        sa.Column("accidents_3_years", sa.BigInteger(), nullable=True),
        sa.Column("safety_distance_m", sa.Double(), nullable=True),
        sa.Column("risk_colour", sa.Text(), nullable=True),
        sa.Column("hidden_dangers_open", sa.BigInteger(), nullable=True),
        sa.Column("hidden_dangers_closed", sa.BigInteger(), nullable=True),
        sa.Column("principal", sa.Text(), nullable=True),
        sa.Column("technical_person", sa.Text(), nullable=True),
        sa.Column("operations_person", sa.Text(), nullable=True),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("plan", sa.Text(), nullable=True),
        sa.Column("remark", sa.Text(), nullable=True),
        sa.Column("adcode", sa.Text(), nullable=True),
        sa.Column("source", sa.Text(), nullable=True),
        sa.Column("source_date", sa.Date(), nullable=True),
        sa.Column("verified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "geom",
            Geometry(srid=4490, dimension=2, spatial_index=False, from_text="ST_GeomFromEWKT", name="geometry", nullable=False),
            nullable=False,
        ),
        sa.CheckConstraint(
            "CASE WHEN ST_IsEmpty(geom) THEN false WHEN NOT (ST_XMin(geom) >= -180 AND ST_XMax(geom) <= 180 AND ST_YMin(geom) >= -90 AND ST_YMax(geom) <= 90) THEN false WHEN ST_GeometryType(geom) NOT IN ('ST_Point', 'ST_MultiPoint', 'ST_Polygon', 'ST_MultiPolygon') THEN false ELSE ST_IsValid(geom) END",
            name=op.f("ck_hazard_sources_geometry"),
        ),
        sa.CheckConstraint("\"alpha\" > '-Infinity' AND \"alpha\" < 'Infinity'", name=op.f("ck_hazard_sources_finite_alpha")),
        sa.CheckConstraint("\"r_value\" > '-Infinity' AND \"r_value\" < 'Infinity'", name=op.f("ck_hazard_sources_finite_r_value")),
        sa.CheckConstraint(
            "\"safety_distance_m\" > '-Infinity' AND \"safety_distance_m\" < 'Infinity'",
            name=op.f("ck_hazard_sources_finite_safety_distance_m"),
        ),
        sa.CheckConstraint(
            "\"target_distance_m\" > '-Infinity' AND \"target_distance_m\" < 'Infinity'",
            name=op.f("ck_hazard_sources_finite_target_distance_m"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hazard_sources")),
        schema="onemap",
    )
    op.create_index("ix_hazard_sources_geom", "hazard_sources", ["geom"], unique=False, schema="onemap", postgresql_using="gist")
    op.create_index("uq_hazard_sources_code", "hazard_sources", ["code"], unique=True, schema="onemap")
    op.create_table(
        "history",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("layer", sa.Text(), nullable=False),
        sa.Column("feature_id", sa.UUID(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("op", sa.Text(), nullable=False),
        sa.Column("token", sa.UUID(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("before", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("after", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column(
            "geom_before",
            Geometry(srid=4490, dimension=2, spatial_index=False, from_text="ST_GeomFromEWKT", name="geometry"),
            nullable=True,
        ),
        sa.Column(
            "geom_after", Geometry(srid=4490, dimension=2, spatial_index=False, from_text="ST_GeomFromEWKT", name="geometry"), nullable=True
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_history")),
        schema="onemap",
    )
    op.create_index("ix_history_feature", "history", ["layer", "feature_id", "id"], unique=False, schema="onemap")
    op.create_index("ix_history_token", "history", ["token", "layer"], unique=False, schema="onemap")
    op.create_table(
        "idempotency",
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("request_hash", sa.Text(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("body", sa.Text(), nullable=True),
        sa.Column("headers", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("by", "key", name=op.f("pk_idempotency")),
        schema="onemap",
    )
    op.create_table(
        "landuse",
        sa.Column("id", sa.UUID(), server_default=sa.text("onemap_control.uuid_v7()"), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_by", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_by", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("code", sa.Text(), nullable=True),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("remark", sa.Text(), nullable=True),
        sa.Column("adcode", sa.Text(), nullable=True),
        sa.Column("source", sa.Text(), nullable=True),
        sa.Column("source_date", sa.Date(), nullable=True),
        sa.Column("verified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "geom",
            Geometry(srid=4490, dimension=2, spatial_index=False, from_text="ST_GeomFromEWKT", name="geometry", nullable=False),
            nullable=False,
        ),
        sa.CheckConstraint(
            "CASE WHEN ST_IsEmpty(geom) THEN false WHEN NOT (ST_XMin(geom) >= -180 AND ST_XMax(geom) <= 180 AND ST_YMin(geom) >= -90 AND ST_YMax(geom) <= 90) THEN false WHEN ST_GeometryType(geom) NOT IN ('ST_Polygon', 'ST_MultiPolygon') THEN false ELSE ST_IsValid(geom) END",
            name=op.f("ck_landuse_geometry"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_landuse")),
        schema="onemap",
    )
    op.create_index("ix_landuse_geom", "landuse", ["geom"], unique=False, schema="onemap", postgresql_using="gist")
    op.create_index("uq_landuse_code", "landuse", ["code"], unique=True, schema="onemap")
    op.create_table(
        "layer_definition",
        sa.Column("id", sa.UUID(), server_default=sa.text("onemap_control.uuid_v7()"), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_by", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_by", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("layer", sa.Text(), nullable=False),
        sa.Column("definition", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_layer_definition")),
        sa.UniqueConstraint("layer", name=op.f("uq_layer_definition_layer")),
        schema="onemap",
    )
    op.create_table(
        "layer_state",
        sa.Column("layer", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("token", sa.UUID(), nullable=False),
        sa.PrimaryKeyConstraint("layer", name=op.f("pk_layer_state")),
        schema="onemap",
    )
    op.create_table(
        "railways",
        sa.Column("id", sa.UUID(), server_default=sa.text("onemap_control.uuid_v7()"), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_by", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_by", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("code", sa.Text(), nullable=True),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("bridge", sa.Boolean(), nullable=True),
        sa.Column("remark", sa.Text(), nullable=True),
        sa.Column("adcode", sa.Text(), nullable=True),
        sa.Column("source", sa.Text(), nullable=True),
        sa.Column("source_date", sa.Date(), nullable=True),
        sa.Column("verified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "geom",
            Geometry(srid=4490, dimension=2, spatial_index=False, from_text="ST_GeomFromEWKT", name="geometry", nullable=False),
            nullable=False,
        ),
        sa.CheckConstraint(
            "CASE WHEN ST_IsEmpty(geom) THEN false WHEN NOT (ST_XMin(geom) >= -180 AND ST_XMax(geom) <= 180 AND ST_YMin(geom) >= -90 AND ST_YMax(geom) <= 90) THEN false WHEN ST_GeometryType(geom) NOT IN ('ST_LineString', 'ST_MultiLineString') THEN false ELSE ST_IsValid(geom) END",
            name=op.f("ck_railways_geometry"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_railways")),
        schema="onemap",
    )
    op.create_index("ix_railways_geom", "railways", ["geom"], unique=False, schema="onemap", postgresql_using="gist")
    op.create_index("uq_railways_code", "railways", ["code"], unique=True, schema="onemap")
    op.create_table(
        "rescue_teams",
        sa.Column("id", sa.UUID(), server_default=sa.text("onemap_control.uuid_v7()"), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_by", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_by", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("code", sa.Text(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=True),
        sa.Column("skills", postgresql.ARRAY(sa.Text()), nullable=True),
        sa.Column("size", sa.BigInteger(), nullable=True),
        sa.Column("owner", sa.Text(), nullable=True),
        sa.Column("base", sa.Text(), nullable=True),
        sa.Column("leader", sa.Text(), nullable=True),
        sa.Column("leader_phone", sa.Text(), nullable=True),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("equipment", sa.Text(), nullable=True),
        sa.Column("duty", sa.Text(), nullable=True),
        sa.Column("position_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("remark", sa.Text(), nullable=True),
        sa.Column("adcode", sa.Text(), nullable=True),
        sa.Column("source", sa.Text(), nullable=True),
        sa.Column("source_date", sa.Date(), nullable=True),
        sa.Column("verified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "geom",
            Geometry(srid=4490, dimension=2, spatial_index=False, from_text="ST_GeomFromEWKT", name="geometry", nullable=False),
            nullable=False,
        ),
        sa.CheckConstraint(
            "CASE WHEN ST_IsEmpty(geom) THEN false WHEN NOT (ST_XMin(geom) >= -180 AND ST_XMax(geom) <= 180 AND ST_YMin(geom) >= -90 AND ST_YMax(geom) <= 90) THEN false WHEN ST_GeometryType(geom) NOT IN ('ST_Point', 'ST_MultiPoint') THEN false ELSE ST_IsValid(geom) END",
            name=op.f("ck_rescue_teams_geometry"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rescue_teams")),
        schema="onemap",
    )
    op.create_index("ix_rescue_teams_geom", "rescue_teams", ["geom"], unique=False, schema="onemap", postgresql_using="gist")
    op.create_index("uq_rescue_teams_code", "rescue_teams", ["code"], unique=True, schema="onemap")
    op.create_table(
        "river_sections",
        sa.Column("id", sa.UUID(), server_default=sa.text("onemap_control.uuid_v7()"), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_by", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_by", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("code", sa.Text(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("river", sa.Text(), nullable=True),
        sa.Column("bank", sa.Text(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=True),
        sa.Column("risk_level", sa.Text(), nullable=True),
        sa.Column("chainage_from_m", sa.Double(), nullable=True),
        sa.Column("chainage_to_m", sa.Double(), nullable=True),
        sa.Column("length_m", sa.Double(), nullable=True),
        sa.Column("times_in_danger", sa.BigInteger(), nullable=True),
        sa.Column("warning_level_m", sa.Double(), nullable=True),
        sa.Column("guarantee_level_m", sa.Double(), nullable=True),
        sa.Column("ice_density_percent", sa.Double(), nullable=True),
        sa.Column("people_defended", sa.BigInteger(), nullable=True),
        sa.Column("administrative_person", sa.Text(), nullable=True),
        sa.Column("technical_person", sa.Text(), nullable=True),
        sa.Column("patrol_person", sa.Text(), nullable=True),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("patrol_interval_days", sa.BigInteger(), nullable=True),
        sa.Column("last_patrol_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("remark", sa.Text(), nullable=True),
        sa.Column("adcode", sa.Text(), nullable=True),
        sa.Column("source", sa.Text(), nullable=True),
        sa.Column("source_date", sa.Date(), nullable=True),
        sa.Column("verified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "geom",
            Geometry(srid=4490, dimension=2, spatial_index=False, from_text="ST_GeomFromEWKT", name="geometry", nullable=False),
            nullable=False,
        ),
        sa.CheckConstraint(
            "CASE WHEN ST_IsEmpty(geom) THEN false WHEN NOT (ST_XMin(geom) >= -180 AND ST_XMax(geom) <= 180 AND ST_YMin(geom) >= -90 AND ST_YMax(geom) <= 90) THEN false WHEN ST_GeometryType(geom) NOT IN ('ST_LineString', 'ST_MultiLineString') THEN false ELSE ST_IsValid(geom) END",
            name=op.f("ck_river_sections_geometry"),
        ),
        sa.CheckConstraint(
            "\"chainage_from_m\" > '-Infinity' AND \"chainage_from_m\" < 'Infinity'", name=op.f("ck_river_sections_finite_chainage_from_m")
        ),
        sa.CheckConstraint(
            "\"chainage_to_m\" > '-Infinity' AND \"chainage_to_m\" < 'Infinity'", name=op.f("ck_river_sections_finite_chainage_to_m")
        ),
        sa.CheckConstraint(
            "\"guarantee_level_m\" > '-Infinity' AND \"guarantee_level_m\" < 'Infinity'",
            name=op.f("ck_river_sections_finite_guarantee_level_m"),
        ),
        sa.CheckConstraint(
            "\"ice_density_percent\" > '-Infinity' AND \"ice_density_percent\" < 'Infinity'",
            name=op.f("ck_river_sections_finite_ice_density_percent"),
        ),
        sa.CheckConstraint("\"length_m\" > '-Infinity' AND \"length_m\" < 'Infinity'", name=op.f("ck_river_sections_finite_length_m")),
        sa.CheckConstraint(
            "\"warning_level_m\" > '-Infinity' AND \"warning_level_m\" < 'Infinity'", name=op.f("ck_river_sections_finite_warning_level_m")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_river_sections")),
        schema="onemap",
    )
    op.create_index("ix_river_sections_geom", "river_sections", ["geom"], unique=False, schema="onemap", postgresql_using="gist")
    op.create_index("uq_river_sections_code", "river_sections", ["code"], unique=True, schema="onemap")
    op.create_table(
        "rivers",
        sa.Column("id", sa.UUID(), server_default=sa.text("onemap_control.uuid_v7()"), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_by", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_by", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("code", sa.Text(), nullable=True),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=True),
        sa.Column("remark", sa.Text(), nullable=True),
        sa.Column("adcode", sa.Text(), nullable=True),
        sa.Column("source", sa.Text(), nullable=True),
        sa.Column("source_date", sa.Date(), nullable=True),
        sa.Column("verified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "geom",
            Geometry(srid=4490, dimension=2, spatial_index=False, from_text="ST_GeomFromEWKT", name="geometry", nullable=False),
            nullable=False,
        ),
        sa.CheckConstraint(
            "CASE WHEN ST_IsEmpty(geom) THEN false WHEN NOT (ST_XMin(geom) >= -180 AND ST_XMax(geom) <= 180 AND ST_YMin(geom) >= -90 AND ST_YMax(geom) <= 90) THEN false WHEN ST_GeometryType(geom) NOT IN ('ST_LineString', 'ST_MultiLineString') THEN false ELSE ST_IsValid(geom) END",
            name=op.f("ck_rivers_geometry"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rivers")),
        schema="onemap",
    )
    op.create_index("ix_rivers_geom", "rivers", ["geom"], unique=False, schema="onemap", postgresql_using="gist")
    op.create_index("uq_rivers_code", "rivers", ["code"], unique=True, schema="onemap")
    op.create_table(
        "roads",
        sa.Column("id", sa.UUID(), server_default=sa.text("onemap_control.uuid_v7()"), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_by", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_by", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("code", sa.Text(), nullable=True),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("number", sa.Text(), nullable=True),
        sa.Column("road_class", sa.Text(), nullable=True),
        sa.Column("one_way", sa.Boolean(), nullable=True),
        sa.Column("bridge", sa.Boolean(), nullable=True),
        sa.Column("speed_kmh", sa.Double(), nullable=True),
        sa.Column("lanes", sa.BigInteger(), nullable=True),
        sa.Column("max_weight_t", sa.Double(), nullable=True),
        sa.Column("closed", sa.Boolean(), nullable=True),
        sa.Column("remark", sa.Text(), nullable=True),
        sa.Column("adcode", sa.Text(), nullable=True),
        sa.Column("source", sa.Text(), nullable=True),
        sa.Column("source_date", sa.Date(), nullable=True),
        sa.Column("verified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "geom",
            Geometry(srid=4490, dimension=2, spatial_index=False, from_text="ST_GeomFromEWKT", name="geometry", nullable=False),
            nullable=False,
        ),
        sa.CheckConstraint(
            "CASE WHEN ST_IsEmpty(geom) THEN false WHEN NOT (ST_XMin(geom) >= -180 AND ST_XMax(geom) <= 180 AND ST_YMin(geom) >= -90 AND ST_YMax(geom) <= 90) THEN false WHEN ST_GeometryType(geom) NOT IN ('ST_LineString', 'ST_MultiLineString') THEN false ELSE ST_IsValid(geom) END",
            name=op.f("ck_roads_geometry"),
        ),
        sa.CheckConstraint("\"max_weight_t\" > '-Infinity' AND \"max_weight_t\" < 'Infinity'", name=op.f("ck_roads_finite_max_weight_t")),
        sa.CheckConstraint("\"speed_kmh\" > '-Infinity' AND \"speed_kmh\" < 'Infinity'", name=op.f("ck_roads_finite_speed_kmh")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_roads")),
        schema="onemap",
    )
    op.create_index("ix_roads_geom", "roads", ["geom"], unique=False, schema="onemap", postgresql_using="gist")
    op.create_index("uq_roads_code", "roads", ["code"], unique=True, schema="onemap")
    op.create_table(
        "scenario_areas",
        sa.Column("id", sa.UUID(), server_default=sa.text("onemap_control.uuid_v7()"), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_by", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_by", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("from_time", sa.DateTime(timezone=True), nullable=True),
        sa.Column("to_time", sa.DateTime(timezone=True), nullable=True),
        sa.Column("remark", sa.Text(), nullable=True),
        sa.Column("adcode", sa.Text(), nullable=True),
        sa.Column("source", sa.Text(), nullable=True),
        sa.Column("source_date", sa.Date(), nullable=True),
        sa.Column("verified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "geom",
            Geometry(srid=4490, dimension=2, spatial_index=False, from_text="ST_GeomFromEWKT", name="geometry", nullable=False),
            nullable=False,
        ),
        sa.CheckConstraint(
            "CASE WHEN ST_IsEmpty(geom) THEN false WHEN NOT (ST_XMin(geom) >= -180 AND ST_XMax(geom) <= 180 AND ST_YMin(geom) >= -90 AND ST_YMax(geom) <= 90) THEN false WHEN ST_GeometryType(geom) NOT IN ('ST_Polygon', 'ST_MultiPolygon') THEN false ELSE ST_IsValid(geom) END",
            name=op.f("ck_scenario_areas_geometry"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scenario_areas")),
        schema="onemap",
    )
    op.create_index("ix_scenario_areas_geom", "scenario_areas", ["geom"], unique=False, schema="onemap", postgresql_using="gist")
    op.create_table(
        "shelters",
        sa.Column("id", sa.UUID(), server_default=sa.text("onemap_control.uuid_v7()"), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_by", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_by", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("code", sa.Text(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("level", sa.Text(), nullable=True),
        sa.Column("scope", sa.Text(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=True),
        sa.Column("setting", sa.Text(), nullable=True),
        sa.Column("suits", postgresql.ARRAY(sa.Text()), nullable=True),
        sa.Column("area_m2", sa.Double(), nullable=True),
        sa.Column("effective_area_m2", sa.Double(), nullable=True),
        sa.Column("capacity", sa.BigInteger(), nullable=True),
        sa.Column("people_now", sa.BigInteger(), nullable=True),
        sa.Column("service_radius_m", sa.Double(), nullable=True),
        sa.Column("functions", sa.Text(), nullable=True),
        sa.Column("operator", sa.Text(), nullable=True),
        sa.Column("person", sa.Text(), nullable=True),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), nullable=True),
        sa.Column("remark", sa.Text(), nullable=True),
        sa.Column("adcode", sa.Text(), nullable=True),
        sa.Column("source", sa.Text(), nullable=True),
        sa.Column("source_date", sa.Date(), nullable=True),
        sa.Column("verified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "geom",
            Geometry(srid=4490, dimension=2, spatial_index=False, from_text="ST_GeomFromEWKT", name="geometry", nullable=False),
            nullable=False,
        ),
        sa.CheckConstraint(
            "CASE WHEN ST_IsEmpty(geom) THEN false WHEN NOT (ST_XMin(geom) >= -180 AND ST_XMax(geom) <= 180 AND ST_YMin(geom) >= -90 AND ST_YMax(geom) <= 90) THEN false WHEN ST_GeometryType(geom) NOT IN ('ST_Point', 'ST_MultiPoint', 'ST_Polygon', 'ST_MultiPolygon') THEN false ELSE ST_IsValid(geom) END",
            name=op.f("ck_shelters_geometry"),
        ),
        sa.CheckConstraint("\"area_m2\" > '-Infinity' AND \"area_m2\" < 'Infinity'", name=op.f("ck_shelters_finite_area_m2")),
        sa.CheckConstraint(
            "\"effective_area_m2\" > '-Infinity' AND \"effective_area_m2\" < 'Infinity'", name=op.f("ck_shelters_finite_effective_area_m2")
        ),
        sa.CheckConstraint(
            "\"service_radius_m\" > '-Infinity' AND \"service_radius_m\" < 'Infinity'", name=op.f("ck_shelters_finite_service_radius_m")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shelters")),
        schema="onemap",
    )
    op.create_index("ix_shelters_geom", "shelters", ["geom"], unique=False, schema="onemap", postgresql_using="gist")
    op.create_index("uq_shelters_code", "shelters", ["code"], unique=True, schema="onemap")
    op.create_table(
        "touched",
        sa.Column("token", sa.UUID(), nullable=False),
        sa.Column("layer", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("token", "layer", name=op.f("pk_touched")),
        schema="onemap",
    )
    op.create_table(
        "towns",
        sa.Column("id", sa.UUID(), server_default=sa.text("onemap_control.uuid_v7()"), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_by", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_by", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("code", sa.Text(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=True),
        sa.Column("responsible_person", sa.Text(), nullable=True),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("remark", sa.Text(), nullable=True),
        sa.Column("adcode", sa.Text(), nullable=True),
        sa.Column("source", sa.Text(), nullable=True),
        sa.Column("source_date", sa.Date(), nullable=True),
        sa.Column("verified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "geom",
            Geometry(srid=4490, dimension=2, spatial_index=False, from_text="ST_GeomFromEWKT", name="geometry", nullable=False),
            nullable=False,
        ),
        sa.CheckConstraint(
            "CASE WHEN ST_IsEmpty(geom) THEN false WHEN NOT (ST_XMin(geom) >= -180 AND ST_XMax(geom) <= 180 AND ST_YMin(geom) >= -90 AND ST_YMax(geom) <= 90) THEN false WHEN ST_GeometryType(geom) NOT IN ('ST_Point', 'ST_MultiPoint', 'ST_Polygon', 'ST_MultiPolygon') THEN false ELSE ST_IsValid(geom) END",
            name=op.f("ck_towns_geometry"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_towns")),
        schema="onemap",
    )
    op.create_index("ix_towns_geom", "towns", ["geom"], unique=False, schema="onemap", postgresql_using="gist")
    op.create_index("uq_towns_code", "towns", ["code"], unique=True, schema="onemap")
    op.create_table(
        "villages",
        sa.Column("id", sa.UUID(), server_default=sa.text("onemap_control.uuid_v7()"), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_by", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_by", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("code", sa.Text(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=True),
        sa.Column("town", sa.Text(), nullable=True),
        sa.Column("population", sa.BigInteger(), nullable=True),
        sa.Column("households", sa.BigInteger(), nullable=True),
        sa.Column("elderly", sa.BigInteger(), nullable=True),
        sa.Column("population_basis", sa.Text(), nullable=True),
        sa.Column("population_date", sa.Date(), nullable=True),
        sa.Column("responsible_person", sa.Text(), nullable=True),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("remark", sa.Text(), nullable=True),
        sa.Column("adcode", sa.Text(), nullable=True),
        sa.Column("source", sa.Text(), nullable=True),
        sa.Column("source_date", sa.Date(), nullable=True),
        sa.Column("verified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "geom",
            Geometry(srid=4490, dimension=2, spatial_index=False, from_text="ST_GeomFromEWKT", name="geometry", nullable=False),
            nullable=False,
        ),
        sa.CheckConstraint(
            "CASE WHEN ST_IsEmpty(geom) THEN false WHEN NOT (ST_XMin(geom) >= -180 AND ST_XMax(geom) <= 180 AND ST_YMin(geom) >= -90 AND ST_YMax(geom) <= 90) THEN false WHEN ST_GeometryType(geom) NOT IN ('ST_Point', 'ST_MultiPoint', 'ST_Polygon', 'ST_MultiPolygon') THEN false ELSE ST_IsValid(geom) END",
            name=op.f("ck_villages_geometry"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_villages")),
        schema="onemap",
    )
    op.create_index("ix_villages_geom", "villages", ["geom"], unique=False, schema="onemap", postgresql_using="gist")
    op.create_index("uq_villages_code", "villages", ["code"], unique=True, schema="onemap")
    op.create_table(
        "substances",
        sa.Column("id", sa.UUID(), server_default=sa.text("onemap_control.uuid_v7()"), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_by", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_by", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("code", sa.Text(), nullable=True),
        sa.Column("hazard_source", sa.UUID(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("cas", sa.Text(), nullable=True),
        sa.Column("un_number", sa.Text(), nullable=True),
        sa.Column("hazard_class", sa.Text(), nullable=True),
        sa.Column("use", sa.Text(), nullable=True),
        sa.Column("process", sa.Text(), nullable=True),
        sa.Column("vessel_state", sa.Text(), nullable=True),
        sa.Column("vessel_temperature_c", sa.Double(), nullable=True),
        sa.Column("vessel_pressure_mpa", sa.Double(), nullable=True),
        sa.Column("vessel_stock_t", sa.Double(), nullable=True),
        sa.Column("stock_t", sa.Double(), nullable=True),
        sa.Column("threshold_t", sa.Double(), nullable=True),
        sa.Column("beta", sa.Double(), nullable=True),
        sa.Column("remark", sa.Text(), nullable=True),
        sa.Column("adcode", sa.Text(), nullable=True),
        sa.Column("source", sa.Text(), nullable=True),
        sa.Column("source_date", sa.Date(), nullable=True),
        sa.Column("verified_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("\"beta\" > '-Infinity' AND \"beta\" < 'Infinity'", name=op.f("ck_substances_finite_beta")),
        sa.CheckConstraint("\"stock_t\" > '-Infinity' AND \"stock_t\" < 'Infinity'", name=op.f("ck_substances_finite_stock_t")),
        sa.CheckConstraint("\"threshold_t\" > '-Infinity' AND \"threshold_t\" < 'Infinity'", name=op.f("ck_substances_finite_threshold_t")),
        sa.CheckConstraint(
            "\"vessel_pressure_mpa\" > '-Infinity' AND \"vessel_pressure_mpa\" < 'Infinity'",
            name=op.f("ck_substances_finite_vessel_pressure_mpa"),
        ),
        sa.CheckConstraint(
            "\"vessel_stock_t\" > '-Infinity' AND \"vessel_stock_t\" < 'Infinity'", name=op.f("ck_substances_finite_vessel_stock_t")
        ),
        sa.CheckConstraint(
            "\"vessel_temperature_c\" > '-Infinity' AND \"vessel_temperature_c\" < 'Infinity'",
            name=op.f("ck_substances_finite_vessel_temperature_c"),
        ),
        sa.ForeignKeyConstraint(
            ["hazard_source"], ["onemap.hazard_sources.id"], name=op.f("fk_substances_hazard_source"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_substances")),
        schema="onemap",
    )
    op.create_index("ix_substances_hazard_source", "substances", ["hazard_source"], unique=False, schema="onemap")
    op.create_index("uq_substances_code", "substances", ["code"], unique=True, schema="onemap")
    op.create_table(
        "supplies",
        sa.Column("id", sa.UUID(), server_default=sa.text("onemap_control.uuid_v7()"), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_by", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_by", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("code", sa.Text(), nullable=True),
        sa.Column("depot", sa.UUID(), nullable=False),
        sa.Column("item_code", sa.Text(), nullable=True),
        sa.Column("category", sa.Text(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("specification", sa.Text(), nullable=True),
        sa.Column("quantity", sa.Double(), nullable=True),
        sa.Column("quantity_unit", sa.Text(), nullable=True),
        sa.Column("minimum_quantity", sa.Double(), nullable=True),
        sa.Column("made_on", sa.Date(), nullable=True),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.Column("place", sa.Text(), nullable=True),
        sa.Column("origin", sa.Text(), nullable=True),
        sa.Column("remark", sa.Text(), nullable=True),
        sa.Column("adcode", sa.Text(), nullable=True),
        sa.Column("source", sa.Text(), nullable=True),
        sa.Column("source_date", sa.Date(), nullable=True),
        sa.Column("verified_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "\"minimum_quantity\" > '-Infinity' AND \"minimum_quantity\" < 'Infinity'", name=op.f("ck_supplies_finite_minimum_quantity")
        ),
        sa.CheckConstraint("\"quantity\" > '-Infinity' AND \"quantity\" < 'Infinity'", name=op.f("ck_supplies_finite_quantity")),
        sa.ForeignKeyConstraint(["depot"], ["onemap.depots.id"], name=op.f("fk_supplies_depot"), ondelete="RESTRICT"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_supplies")),
        schema="onemap",
    )
    op.create_index("ix_supplies_depot", "supplies", ["depot"], unique=False, schema="onemap")
    op.create_index("uq_supplies_code", "supplies", ["code"], unique=True, schema="onemap")
