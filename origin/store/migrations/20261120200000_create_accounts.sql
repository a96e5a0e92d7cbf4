-- People, the organisations that they work for, and how they are let in.

CREATE TABLE accounts (
    id                  text PRIMARY KEY CHECK (id ~ '^[0-9a-hjkmnp-tv-z]{16}$'),
    email               text NOT NULL CHECK (char_length(email) BETWEEN 3 AND 254 AND email = lower(email)),
    name                text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 100),
    locale              text NOT NULL CHECK (locale IN ('en', 'ko')),
    password            text NOT NULL CHECK (password LIKE '$argon2id$%'),
    created_at          timestamptz NOT NULL,
    totp_key            bytea,
    totp_confirmed_at   timestamptz,
    totp_last_step      bigint,
    CONSTRAINT totp_after_key CHECK (totp_key IS NOT NULL OR totp_confirmed_at IS NULL),
    CONSTRAINT totp_step_after_key CHECK (totp_key IS NOT NULL OR totp_last_step IS NULL)
);
CREATE UNIQUE INDEX accounts_email ON accounts (email);
COMMENT ON TABLE accounts IS 'One row per person who can log in. There is none before the address is confirmed.';
COMMENT ON COLUMN accounts.password IS 'Argon2id in the PHC string format, with its salt and costs.';
COMMENT ON COLUMN accounts.totp_key IS 'Of the authenticator app, sealed with MUNJIGI_CONSOLE_KEYS; without totp_confirmed_at it is only offered.';
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
    locale     text NOT NULL CHECK (locale IN ('en', 'ko')),
    password   text NOT NULL CHECK (password LIKE '$argon2id$%'),
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL CHECK (expires_at > created_at)
);
CREATE INDEX sign_ups_expiry ON sign_ups (expires_at);
COMMENT ON TABLE sign_ups IS 'Who wants an account, by the SHA-256 of the link that was sent to their address. Several may want the same: the link and the password that was given with it together make the account, so nobody gets one with the password of somebody else.';

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
    stage      text NOT NULL CHECK (stage IN ('password', 'complete')),
    created_at timestamptz NOT NULL,
    seen_at    timestamptz NOT NULL,
    proved_at  timestamptz NOT NULL,
    agent      text NOT NULL CHECK (char_length(agent) <= 100),
    prefix     text NOT NULL CHECK (char_length(prefix) <= 50)
);
CREATE INDEX sessions_account ON sessions (account);
COMMENT ON TABLE sessions IS 'Browsers that are logged in, by the SHA-256 of their cookie.';
COMMENT ON COLUMN sessions.id IS 'Names the session in lists and forms, and lets nobody in.';
COMMENT ON COLUMN sessions.stage IS 'password: the second factor is still to come, nothing else is open; complete: logged in.';
COMMENT ON COLUMN sessions.proved_at IS 'When a password or second factor was last given; grave changes ask for it anew.';
COMMENT ON COLUMN sessions.agent IS 'Browser and system in words, for their owner to recognise.';
COMMENT ON COLUMN sessions.prefix IS 'Network prefix (/24 or /48) that it was last seen from.';

CREATE TABLE organisations (
    id         text PRIMARY KEY CHECK (id ~ '^[0-9a-hjkmnp-tv-z]{16}$'),
    name       text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 100),
    created_at timestamptz NOT NULL
);
COMMENT ON TABLE organisations IS 'Who owns sites: a person alone, or people together.';

CREATE TABLE members (
    organisation text NOT NULL REFERENCES organisations (id) ON DELETE CASCADE,
    account      text NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    role         text NOT NULL CHECK (role IN ('owner', 'admin', 'analyst', 'read-only')),
    since        timestamptz NOT NULL,
    PRIMARY KEY (organisation, account)
);
CREATE INDEX members_account ON members (account);
COMMENT ON TABLE members IS 'Who may do what for an organisation.';

CREATE TABLE invitations (
    id           text PRIMARY KEY CHECK (id ~ '^[0-9a-hjkmnp-tv-z]{16}$'),
    hash         bytea NOT NULL UNIQUE CHECK (octet_length(hash) = 32),
    organisation text NOT NULL REFERENCES organisations (id) ON DELETE CASCADE,
    email        text NOT NULL CHECK (char_length(email) BETWEEN 3 AND 254 AND email = lower(email)),
    role         text NOT NULL CHECK (role IN ('owner', 'admin', 'analyst', 'read-only')),
    invited_by   text REFERENCES accounts (id) ON DELETE SET NULL,
    created_at   timestamptz NOT NULL,
    expires_at   timestamptz NOT NULL CHECK (expires_at > created_at),
    UNIQUE (organisation, email)
);
COMMENT ON TABLE invitations IS 'Who was asked to join, by the SHA-256 of the link''s text; a row is gone once it is answered.';

ALTER TABLE sites ADD COLUMN organisation text REFERENCES organisations (id);
CREATE INDEX sites_organisation ON sites (organisation) WHERE organisation IS NOT NULL;
COMMENT ON COLUMN sites.organisation IS 'Who owns it; none for sites that operators made with the command.';
