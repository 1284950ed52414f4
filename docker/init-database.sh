#!/bin/sh
# Run once by the PostGIS image on an empty data directory: the role that owns the map's database, which is no superuser.
set -eu
password=$(cat /run/secrets/database_password)
psql -v ON_ERROR_STOP=1 -v password="$password" -U postgres -d postgres <<'SQL'
CREATE ROLE onemap LOGIN CREATEDB CREATEROLE PASSWORD :'password';
CREATE DATABASE onemap OWNER onemap;
\connect template1
CREATE EXTENSION IF NOT EXISTS postgis;
\connect onemap
CREATE EXTENSION IF NOT EXISTS postgis;
SQL
