-- Once, as Postgres's administrator: sudo -u postgres psql -f /usr/share/munjigi/roles.sql
-- A role that owns the schema and migrates, and one that serves. Both are users of
-- this machine, whom Postgres knows by name over its socket (peer): no passwords.
\set ON_ERROR_STOP on
CREATE ROLE munjigi_owner LOGIN;
CREATE ROLE munjigi_serve LOGIN;
CREATE DATABASE munjigi OWNER munjigi_owner;
REVOKE CONNECT, TEMPORARY ON DATABASE munjigi FROM PUBLIC;
GRANT CONNECT ON DATABASE munjigi TO munjigi_serve;
\connect munjigi
ALTER SCHEMA public OWNER TO munjigi_owner;
