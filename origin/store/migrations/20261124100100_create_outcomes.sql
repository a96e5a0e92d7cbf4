-- What sites' back ends report about visitors whose tokens they redeemed.

CREATE TABLE outcomes (
    sitekey     text NOT NULL CHECK (char_length(sitekey) BETWEEN 1 AND 64),
    id          bytea NOT NULL CHECK (octet_length(id) = 16),
    solved_at   timestamptz NOT NULL,
    signs       bigint NOT NULL CHECK (signs >= 0),
    score       smallint NOT NULL CHECK (score BETWEEN 0 AND 100),
    outcome     text NOT NULL CHECK (outcome IN ('legitimate', 'fraudulent')),
    reason      text CHECK (char_length(reason) BETWEEN 1 AND 32),
    key         bytea CHECK (octet_length(key) = 16),
    reported_at timestamptz NOT NULL,
    first_key   bytea CHECK (octet_length(first_key) = 16),
    changed_at  timestamptz,
    PRIMARY KEY (sitekey, id)
);
COMMENT ON TABLE outcomes IS 'A site''s word on a redemption; deleted 90 days after the challenge was solved.';
COMMENT ON COLUMN outcomes.sitekey IS 'No foreign key: as in redeemed.';
COMMENT ON COLUMN outcomes.id IS 'The attempt''s id.';
COMMENT ON COLUMN outcomes.signs IS 'As in redeemed.';
COMMENT ON COLUMN outcomes.key IS 'Hash of the idempotency key of the report that counts.';
COMMENT ON COLUMN outcomes.first_key IS 'The same of the report that it replaced.';
COMMENT ON COLUMN outcomes.changed_at IS 'When a second report replaced the first; a third changes nothing.';
CREATE INDEX outcomes_by_time ON outcomes (sitekey, reported_at);
CREATE INDEX outcomes_by_age ON outcomes (solved_at);
