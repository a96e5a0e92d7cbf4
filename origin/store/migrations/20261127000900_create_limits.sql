-- What keeps something from being done too often, twice, or by two at once.

CREATE UNLOGGED TABLE limits (
    key      bytea PRIMARY KEY CHECK (octet_length(key) = 32),
    clear_at timestamptz NOT NULL
);
CREATE INDEX limits_clear_at ON limits (clear_at);
COMMENT ON TABLE limits IS 'Rate limits by the generic cell rate algorithm, one row per thing that is limited. Unlogged: a crash of Postgres forgives, which costs an attacker more than it gives.';
COMMENT ON COLUMN limits.key IS 'HMAC-SHA-256, with a key derived from MUNJIGI_CONSOLE_KEYS, over the limit''s name and who or what is limited: without the key, no one can try addresses against it.';
COMMENT ON COLUMN limits.clear_at IS 'When everything taken so far will have been worked off (the theoretical arrival time).';

CREATE TABLE signature_nonces (
    nonce   bytea PRIMARY KEY CHECK (octet_length(nonce) = 16),
    seen_at timestamptz NOT NULL
);
CREATE INDEX signature_nonces_seen ON signature_nonces USING brin (seen_at);
COMMENT ON TABLE signature_nonces IS 'Nonces of signed calls that were carried out, so that none is carried out again. Swept after 15 minutes: a signature is good for five minutes to either side.';

CREATE TABLE locks (
    name       text PRIMARY KEY CHECK (char_length(name) BETWEEN 1 AND 100),
    fence      bigint NOT NULL CHECK (fence > 0),
    held_until timestamptz NOT NULL
);
COMMENT ON TABLE locks IS 'Who may do what only one origin does at a time. A row stays when its lock is free: its fence must never go back.';
COMMENT ON COLUMN locks.fence IS 'Raised each time the lock is taken. Whoever writes under the lock names the fence they were given: after another took it, they write nothing.';
COMMENT ON COLUMN locks.held_until IS 'When the lock is free again whether or not it was given back.';
