-- The durable record: one row per redeemed token.

CREATE TABLE redeemed (
    redeemed_at timestamptz NOT NULL,
    id          bytea NOT NULL CHECK (octet_length(id) = 16),
    solved_at   timestamptz NOT NULL,
    sitekey     text NOT NULL CHECK (char_length(sitekey) BETWEEN 1 AND 64),
    hostname    text NOT NULL CHECK (char_length(hostname) <= 253),
    action      text NOT NULL CHECK (char_length(action) <= 32),
    score       smallint NOT NULL CHECK (score BETWEEN 0 AND 100),
    interactive boolean NOT NULL,
    stepped     boolean NOT NULL,
    algorithm   text NOT NULL CHECK (algorithm IN ('hashwx', 'sha256')),
    country     text NOT NULL CHECK (char_length(country) IN (0, 2)),
    asn         bigint NOT NULL CHECK (asn >= 0),
    rejected    bigint NOT NULL CHECK (rejected >= 0),
    received_at timestamptz NOT NULL,
    updated_at  timestamptz,
    PRIMARY KEY (redeemed_at, id)
) PARTITION BY RANGE (redeemed_at);
COMMENT ON TABLE redeemed IS 'A token was spent. Partitioned by day (UTC), dropped by retention. Never an address, never a user agent.';
COMMENT ON COLUMN redeemed.redeemed_at IS 'By the edge''s clock; fixed per id, so the key is unique per id although partitions need the day in it.';
COMMENT ON COLUMN redeemed.id IS 'The attempt''s id.';
COMMENT ON COLUMN redeemed.sitekey IS 'No foreign key: records outlive an erased site until retention.';
COMMENT ON COLUMN redeemed.score IS 'In hundredths: 0 = bot, 100 = person.';
COMMENT ON COLUMN redeemed.rejected IS 'Later calls refused because the token was spent; only ever rises.';
COMMENT ON COLUMN redeemed.updated_at IS 'When a later delivery raised rejected; NULL when none did.';
CREATE INDEX redeemed_by_site ON redeemed (sitekey, redeemed_at DESC);
