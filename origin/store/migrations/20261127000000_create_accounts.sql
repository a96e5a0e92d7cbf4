-- People, and how they are let in.

CREATE TABLE accounts (
    id                text PRIMARY KEY CHECK (id ~ '^[0-9a-hjkmnp-tv-z]{16}$'),
    email             text NOT NULL CHECK (char_length(email) BETWEEN 3 AND 254 AND email = lower(email)),
    name              text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 100),
    locale            text NOT NULL
        CHECK (locale ~ '^[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?$'),
    locale_chosen     boolean NOT NULL DEFAULT false,
    password          text NOT NULL CHECK (password LIKE '$argon2id$%'),
    created_at        timestamptz NOT NULL,
    totp_key          bytea,
    totp_offered_at   timestamptz,
    totp_confirmed_at timestamptz,
    totp_last_step    bigint,
    CONSTRAINT totp_after_key CHECK (totp_key IS NOT NULL OR totp_confirmed_at IS NULL),
    CONSTRAINT totp_step_after_key CHECK (totp_key IS NOT NULL OR totp_last_step IS NULL)
);
CREATE UNIQUE INDEX accounts_email ON accounts (email);
COMMENT ON TABLE accounts IS 'One row per person who can log in. There is none before the address is confirmed.';
COMMENT ON COLUMN accounts.locale IS 'The language of emails and pages, as a tag such as ko or pt-BR. Only its form is checked: a program that has no texts in it uses English.';
COMMENT ON COLUMN accounts.locale_chosen IS 'Whether its owner chose the language. Otherwise it is that of the page on which the account was made: emails are in it, and pages in the language of the browser.';
COMMENT ON COLUMN accounts.password IS 'Argon2id in the PHC string format, with its salt and costs.';
COMMENT ON COLUMN accounts.totp_key IS 'Of the authenticator app, sealed with MUNJIGI_CONSOLE_KEYS; without totp_confirmed_at it is only offered.';
COMMENT ON COLUMN accounts.totp_offered_at IS 'When totp_key was shown; it can be taken into use for a few minutes only.';
COMMENT ON COLUMN accounts.totp_last_step IS 'Step of the last code that was accepted: none of it or before it is accepted again.';

CREATE TABLE recovery_codes (
    account text NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    hash    bytea NOT NULL CHECK (octet_length(hash) = 32),
    used_at timestamptz,
    PRIMARY KEY (account, hash)
);
COMMENT ON TABLE recovery_codes IS 'Codes that each stand once for the authenticator app, by the SHA-256 of their text.';

CREATE TABLE sign_ups (
    hash       bytea PRIMARY KEY CHECK (octet_length(hash) = 32),
    email      text NOT NULL CHECK (char_length(email) BETWEEN 3 AND 254 AND email = lower(email)),
    name       text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 100),
    locale     text NOT NULL
        CHECK (locale ~ '^[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?$'),
    password   text NOT NULL CHECK (password LIKE '$argon2id$%'),
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL CHECK (expires_at > created_at)
);
CREATE INDEX sign_ups_expiry ON sign_ups (expires_at);
COMMENT ON TABLE sign_ups IS 'Who wants an account, by the SHA-256 of the link that was sent to their address. Several may want the same: the link and the password that was given with it together make the account, so no one gets one with the password of someone else.';
COMMENT ON COLUMN sign_ups.locale IS 'The language of the page that was signed up on.';

CREATE TABLE recoveries (
    hash       bytea PRIMARY KEY CHECK (octet_length(hash) = 32),
    account    text NOT NULL UNIQUE REFERENCES accounts (id) ON DELETE CASCADE,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL CHECK (expires_at > created_at)
);
CREATE INDEX recoveries_expiry ON recoveries (expires_at);
COMMENT ON TABLE recoveries IS 'Links for a new password, by the SHA-256 of their text; the newest of an account is the only one.';

CREATE TABLE sessions (
    hash       bytea PRIMARY KEY CHECK (octet_length(hash) = 32),
    id         text NOT NULL UNIQUE CHECK (id ~ '^[0-9a-hjkmnp-tv-z]{16}$'),
    account    text NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    kind       text NOT NULL DEFAULT 'browser' CHECK (kind IN ('browser', 'api')),
    stage      text NOT NULL CHECK (stage IN ('password', 'complete')),
    created_at timestamptz NOT NULL,
    seen_at    timestamptz NOT NULL,
    proved_at  timestamptz NOT NULL,
    agent      text NOT NULL CHECK (char_length(agent) <= 100),
    prefix     text NOT NULL CHECK (char_length(prefix) <= 50)
);
CREATE INDEX sessions_account ON sessions (account);
COMMENT ON TABLE sessions IS 'Browsers and programs that are logged in, by the SHA-256 of what they show for it.';
COMMENT ON COLUMN sessions.id IS 'Names the session in lists and forms, and lets no one in.';
COMMENT ON COLUMN sessions.kind IS 'browser: hash is that of the cookie; api: of the refresh token that is good now.';
COMMENT ON COLUMN sessions.stage IS 'password: the second factor is still to come, nothing else is open; complete: logged in.';
COMMENT ON COLUMN sessions.proved_at IS 'When a password or second factor was last given; grave changes ask for it anew.';
COMMENT ON COLUMN sessions.agent IS 'Browser and system in words, for their owner to recognise.';
COMMENT ON COLUMN sessions.prefix IS 'Network prefix (/24 or /48) that it was last seen from.';

CREATE TABLE spent_refresh_tokens (
    hash     bytea PRIMARY KEY CHECK (octet_length(hash) = 32),
    session  text NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    spent_at timestamptz NOT NULL
);
CREATE INDEX spent_refresh_tokens_session ON spent_refresh_tokens (session);
COMMENT ON TABLE spent_refresh_tokens IS 'Refresh tokens that were exchanged for the next one. One that comes back was copied: its session ends.';

CREATE TABLE passkeys (
    id         text PRIMARY KEY CHECK (id ~ '^[0-9a-hjkmnp-tv-z]{16}$'),
    account    text NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    credential bytea NOT NULL UNIQUE CHECK (octet_length(credential) BETWEEN 16 AND 1023),
    name       text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 100),
    transports smallint NOT NULL CHECK (transports BETWEEN 0 AND 255),
    key        bytea NOT NULL CHECK (octet_length(key) BETWEEN 1 AND 4096),
    state      bytea NOT NULL CHECK (octet_length(state) = 7),
    created_at timestamptz NOT NULL,
    used_at    timestamptz,
    copied_at  timestamptz
);
CREATE INDEX passkeys_account ON passkeys (account);
COMMENT ON TABLE passkeys IS 'Public halves of passkeys, the keys that a person''s own devices hold. None of it lets anyone in.';
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
COMMENT ON TABLE passkey_ceremonies IS 'Ceremonies under way in which passkeys are made and used, by the SHA-256 of their challenge; a row is gone once it was answered, rightly or not.';
COMMENT ON COLUMN passkey_ceremonies.holder IS 'SHA-256 of the cookie of the browser that began it: no other may finish it.';
COMMENT ON COLUMN passkey_ceremonies.state IS 'What the answer is checked against, as the WebAuthn library encodes it. The challenge in it is no secret: without the passkey it is worth nothing.';
