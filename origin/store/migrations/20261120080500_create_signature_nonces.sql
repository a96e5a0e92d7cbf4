-- Replays of signed calls.

CREATE TABLE signature_nonces (
    nonce   bytea PRIMARY KEY CHECK (octet_length(nonce) = 16),
    seen_at timestamptz NOT NULL
);
COMMENT ON TABLE signature_nonces IS 'Nonces of signed calls that were carried out. Swept after 15 minutes: a signature is good for five minutes to either side.';
CREATE INDEX signature_nonces_seen ON signature_nonces USING brin (seen_at);
