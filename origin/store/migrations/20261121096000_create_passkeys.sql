-- Passkeys: keys that a person's own devices hold, and the ceremonies in which
-- they are made and used.

CREATE TABLE passkeys (
    id           text PRIMARY KEY CHECK (id ~ '^[0-9a-hjkmnp-tv-z]{16}$'),
    account      text NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    credential   bytea NOT NULL UNIQUE CHECK (octet_length(credential) BETWEEN 16 AND 1023),
    name         text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 100),
    transports   smallint NOT NULL CHECK (transports BETWEEN 0 AND 255),
    key          bytea NOT NULL CHECK (octet_length(key) BETWEEN 1 AND 4096),
    state        bytea NOT NULL CHECK (octet_length(state) = 7),
    created_at   timestamptz NOT NULL,
    used_at      timestamptz,
    copied_at    timestamptz
);
CREATE INDEX passkeys_account ON passkeys (account);
COMMENT ON TABLE passkeys IS 'Public halves of passkeys. None of it lets anybody in.';
COMMENT ON COLUMN passkeys.id IS 'Names it in lists and forms.';
COMMENT ON COLUMN passkeys.credential IS 'The name that its authenticator gave it.';
COMMENT ON COLUMN passkeys.transports IS 'How its authenticator may be reached, as the WebAuthn library encodes it.';
COMMENT ON COLUMN passkeys.key IS 'The public key, as the WebAuthn library encodes it.';
COMMENT ON COLUMN passkeys.state IS 'What changes with each use, the signature counter among it, as the WebAuthn library encodes it. Replaced only where it is still what the ceremony was checked against.';
COMMENT ON COLUMN passkeys.copied_at IS 'When its counter went back, which two copies of a key do: it is not accepted any more.';

CREATE TABLE passkey_ceremonies (
    hash       bytea PRIMARY KEY CHECK (octet_length(hash) = 32),
    purpose    text NOT NULL CHECK (purpose IN ('register', 'log-in', 'factor', 'proof')),
    holder     bytea NOT NULL CHECK (octet_length(holder) = 32),
    state      bytea NOT NULL CHECK (octet_length(state) <= 1024),
    expires_at timestamptz NOT NULL
);
CREATE INDEX passkey_ceremonies_expiry ON passkey_ceremonies (expires_at);
COMMENT ON TABLE passkey_ceremonies IS 'Ceremonies under way, by the SHA-256 of their challenge; a row is gone once it was answered, rightly or not.';
COMMENT ON COLUMN passkey_ceremonies.holder IS 'SHA-256 of the cookie of the browser that began it: no other may finish it.';
COMMENT ON COLUMN passkey_ceremonies.state IS 'What the answer is checked against, as the WebAuthn library encodes it. The challenge in it is no secret: without the passkey it is worth nothing.';
