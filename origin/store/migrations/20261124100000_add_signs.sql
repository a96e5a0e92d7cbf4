-- What was noticed about a visit, for reasons and for weights that are learned.

ALTER TABLE redeemed
    ADD COLUMN signs bigint NOT NULL DEFAULT 0 CHECK (signs >= 0);
COMMENT ON COLUMN redeemed.signs IS 'A bit for each sign, in the order of Sign in docs/protocol.md; 0 as well where the edge did not say.';
