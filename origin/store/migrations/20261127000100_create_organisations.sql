-- The organisations that people work for, and the keys of the programs that
-- work for them.

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

CREATE TABLE api_keys (
    id           text PRIMARY KEY CHECK (id ~ '^[0-9a-hjkmnp-tv-z]{16}$'),
    hash         bytea NOT NULL UNIQUE CHECK (octet_length(hash) = 32),
    organisation text NOT NULL REFERENCES organisations (id) ON DELETE CASCADE,
    account      text NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    name         text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 100),
    hint         text NOT NULL CHECK (char_length(hint) = 4),
    scopes       text[] NOT NULL CHECK (cardinality(scopes) BETWEEN 1 AND 20),
    per_minute   integer NOT NULL CHECK (per_minute BETWEEN 1 AND 6000),
    per_day      bigint CHECK (per_day > 0),
    created_at   timestamptz NOT NULL,
    expires_at   timestamptz CHECK (expires_at > created_at),
    revoked_at   timestamptz,
    used_at      timestamptz,
    used_on      date,
    used_count   bigint NOT NULL DEFAULT 0 CHECK (used_count >= 0),
    CONSTRAINT api_keys_used_together CHECK ((used_at IS NULL) = (used_on IS NULL))
);
CREATE INDEX api_keys_organisation ON api_keys (organisation);
CREATE INDEX api_keys_account ON api_keys (account);
COMMENT ON TABLE api_keys IS 'Keys of the management API, by the SHA-256 of their text. A key may at most what the member who made it may.';
COMMENT ON COLUMN api_keys.hint IS 'The last four characters of its text, to recognise it by.';
COMMENT ON COLUMN api_keys.per_day IS 'Requests in one day of UTC; none where it is not limited.';
COMMENT ON COLUMN api_keys.used_count IS 'Requests on the day used_on.';

CREATE TABLE api_replies (
    caller      text NOT NULL CHECK (char_length(caller) BETWEEN 1 AND 50),
    key         text NOT NULL CHECK (char_length(key) BETWEEN 1 AND 255),
    fingerprint bytea NOT NULL CHECK (octet_length(fingerprint) = 32),
    begun_at    timestamptz NOT NULL,
    status      smallint CHECK (status BETWEEN 200 AND 499),
    reply       bytea,
    PRIMARY KEY (caller, key),
    CONSTRAINT api_replies_whole CHECK ((status IS NULL) = (reply IS NULL))
);
CREATE INDEX api_replies_age ON api_replies (begun_at);
COMMENT ON TABLE api_replies IS 'What was answered to requests with an Idempotency-Key, for a day.';
COMMENT ON COLUMN api_replies.fingerprint IS 'SHA-256 of method, path and body: the same key with another request is refused.';
COMMENT ON COLUMN api_replies.reply IS 'The body, sealed with MUNJIGI_CONSOLE_KEYS: it may hold a secret that is shown once.';
