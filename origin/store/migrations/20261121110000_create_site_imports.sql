-- Keys that sites keep from other vendors, and the outbox of the filter that
-- stands for them at the edge.

CREATE TABLE site_imports (
    sitekey     text NOT NULL REFERENCES sites (sitekey) ON DELETE CASCADE,
    vendor      text NOT NULL CHECK (vendor IN ('recaptcha', 'hcaptcha', 'turnstile')),
    key         text NOT NULL CHECK (key ~ '^[0-9A-Za-z_-]{22,40}$'),
    host        text NOT NULL CHECK (host <> '' AND host !~ '[@[:space:]]'),
    secret_hash text NOT NULL CHECK (secret_hash ~ '^[0-9a-f]{64}$'),
    token       text NOT NULL CHECK (token <> ''),
    asked_at    timestamptz NOT NULL,
    live_at     timestamptz,
    PRIMARY KEY (sitekey, key, host)
);
COMMENT ON TABLE site_imports IS 'A vendor''s sitekey that means one of our sites on a host and under it. Live ones stand in the site''s aliases too, as key@host, and their secrets are the site''s.';
COMMENT ON COLUMN site_imports.secret_hash IS 'SHA-256 of the text of the vendor''s secret; the text itself is kept nowhere.';
COMMENT ON COLUMN site_imports.token IS 'What is published at the host as proof that whoever asks controls it. No secret: everybody may read it there.';
COMMENT ON COLUMN site_imports.live_at IS 'When control of the host was proven; NULL until then, and meanwhile in nobody''s way.';
CREATE UNIQUE INDEX site_imports_live ON site_imports (key, host) WHERE live_at IS NOT NULL;
CREATE INDEX site_imports_secret ON site_imports (secret_hash) WHERE live_at IS NOT NULL;

CREATE TABLE import_publication (
    single            boolean PRIMARY KEY DEFAULT true CHECK (single),
    version           bigint NOT NULL CHECK (version > 0),
    queued_at         timestamptz NOT NULL,
    next_try_at       timestamptz,
    leased_until      timestamptz,
    attempts          integer NOT NULL DEFAULT 0 CHECK (attempts >= 0),
    last_error        text,
    published_version bigint,
    published_at      timestamptz,
    CONSTRAINT imports_published_together CHECK ((published_version IS NULL) = (published_at IS NULL))
);
COMMENT ON TABLE import_publication IS 'A single row: which filter of imported keys the edge should have and has. What is in it is made from site_imports when it is delivered. Its lock also orders everything that makes imports live, across origins.';
COMMENT ON COLUMN import_publication.version IS 'Rises with every change; never below the milliseconds since 1970 at the change, so that a database restored from a backup overtakes what the edge already has. 1 before the first import.';
COMMENT ON COLUMN import_publication.next_try_at IS 'When to deliver; NULL when the edge has this version.';
COMMENT ON COLUMN import_publication.leased_until IS 'A publisher is calling the edge about it; nobody else does until then.';
INSERT INTO import_publication (version, queued_at) VALUES (1, now());
