-- How often something may be tried.

CREATE UNLOGGED TABLE limits (
    key      bytea PRIMARY KEY CHECK (octet_length(key) = 32),
    clear_at timestamptz NOT NULL
);
CREATE INDEX limits_clear_at ON limits (clear_at);
COMMENT ON TABLE limits IS 'Rate limits by the generic cell rate algorithm, one row per thing that is limited. Unlogged: a crash of Postgres forgives, which costs an attacker more than it gives.';
COMMENT ON COLUMN limits.key IS 'SHA-256 over the limit''s name and who or what is limited.';
COMMENT ON COLUMN limits.clear_at IS 'When everything taken so far will have been worked off (the theoretical arrival time).';
