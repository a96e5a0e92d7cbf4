#!/bin/sh
# Runs once, when Postgres makes its data: a role that owns the schema and
# migrates, and one that serves.
set -eu
secret() { cat "/run/secrets/$1"; }
psql -v ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres \
	-v owner="$(secret postgres-owner-password)" -v serve="$(secret postgres-serve-password)" <<-'SQL'
	CREATE ROLE munjigi_owner LOGIN PASSWORD :'owner';
	CREATE ROLE munjigi_serve LOGIN PASSWORD :'serve';
	CREATE DATABASE munjigi OWNER munjigi_owner;
	REVOKE CONNECT, TEMPORARY ON DATABASE munjigi FROM PUBLIC;
	GRANT CONNECT ON DATABASE munjigi TO munjigi_serve;
SQL
psql -v ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname munjigi \
	-c 'ALTER SCHEMA public OWNER TO munjigi_owner'
