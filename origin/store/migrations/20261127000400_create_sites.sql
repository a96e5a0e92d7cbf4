-- Sites, the secrets of their back ends, what the edge has of them, and the
-- keys that they keep from other vendors.

CREATE TABLE sites (
    sitekey                text PRIMARY KEY
        CHECK (sitekey ~ '^mj_[0-9abcdefghjkmnpqrstvwxyz]{26}$'),
    organisation           text REFERENCES organisations (id),
    name                   text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 100),
    version                bigint NOT NULL CHECK (version > 0),
    state                  text NOT NULL CHECK (state IN ('live', 'paused')),
    hosts                  text[] NOT NULL CHECK (cardinality(hosts) <= 100),
    allow_loopback         boolean NOT NULL,
    mode                   text NOT NULL CHECK (mode IN ('managed', 'invisible', 'interactive')),
    work_floor             bigint NOT NULL CHECK (work_floor >= 1),
    work_ceiling           bigint NOT NULL,
    puzzle_count           integer NOT NULL CHECK (puzzle_count BETWEEN 1 AND 64),
    token_lifetime_seconds integer NOT NULL CHECK (token_lifetime_seconds BETWEEN 30 AND 300),
    fallback_allowed       boolean NOT NULL,
    pictures               text[] NOT NULL CHECK (pictures <@ ARRAY['grid', 'area', 'turn']),
    rules                  jsonb NOT NULL CHECK (jsonb_typeof(rules) = 'array'),
    under_attack           text NOT NULL DEFAULT 'auto'
        CHECK (under_attack IN ('auto', 'on', 'off')),
    expected               integer[] NOT NULL DEFAULT '{}'
        CHECK (cardinality(expected) IN (0, 168)),
    score_weights          jsonb,
    aliases                text[] NOT NULL,
    exempt                 boolean NOT NULL,
    created_at             timestamptz NOT NULL,
    changed_at             timestamptz NOT NULL,
    deleted_at             timestamptz,
    CONSTRAINT work_bounds CHECK (work_ceiling >= work_floor),
    CONSTRAINT somewhere_to_run CHECK (cardinality(hosts) > 0 OR allow_loopback)
);
CREATE INDEX sites_organisation ON sites (organisation) WHERE organisation IS NOT NULL;
COMMENT ON TABLE sites IS 'One row per site: what its owner chose. The edge gets it as a SiteConfig through deliveries.';
COMMENT ON COLUMN sites.organisation IS 'Who owns it; none for sites that operators made with the command.';
COMMENT ON COLUMN sites.version IS 'Rises with every change; never below the milliseconds since 1970 at the change, so that a database restored from a backup overtakes what the edge already has.';
COMMENT ON COLUMN sites.work_floor IS 'Expected hashes per sub-puzzle of a visitor about whom nothing speaks.';
COMMENT ON COLUMN sites.puzzle_count IS 'Sub-puzzles per puzzle.';
COMMENT ON COLUMN sites.rules IS 'Ordered list of the protocol''s Rule; the first that matches decides.';
COMMENT ON COLUMN sites.under_attack IS 'auto: by its own hours; on or off: as its owner says.';
COMMENT ON COLUMN sites.expected IS 'Challenges that it is expected to issue per hour, Monday 00:00 to Sunday 23:00 UTC; empty until enough weeks are known.';
COMMENT ON COLUMN sites.score_weights IS 'As published, ScoreWeights of docs/protocol.md; NULL: the fixed weights.';
COMMENT ON COLUMN sites.aliases IS 'Other sitekeys (vendors'' shapes, imported keys) that mean this site.';
COMMENT ON COLUMN sites.exempt IS 'Load-test site without limits; only an edge that runs locally honours it.';
COMMENT ON COLUMN sites.deleted_at IS 'Off the edge since then; can be restored for 30 days, then the row is erased.';

CREATE TABLE secrets (
    hash       text PRIMARY KEY CHECK (hash ~ '^[0-9a-f]{64}$'),
    sitekey    text NOT NULL REFERENCES sites (sitekey) ON DELETE CASCADE,
    slot       smallint NOT NULL CHECK (slot IN (1, 2)),
    created_at timestamptz NOT NULL,
    revoked_at timestamptz CHECK (revoked_at >= created_at)
);
CREATE UNIQUE INDEX secrets_live_slot ON secrets (sitekey, slot) WHERE revoked_at IS NULL;
COMMENT ON TABLE secrets IS 'Secrets by the SHA-256 of their text; the text itself is shown once and kept nowhere.';
COMMENT ON COLUMN secrets.slot IS 'Two slots per site, each with at most one live secret: so at most two are live at once.';

CREATE TABLE site_publications (
    sitekey           text PRIMARY KEY,
    published_version bigint,
    published_at      timestamptz,
    verified_at       timestamptz,
    CONSTRAINT published_together CHECK ((published_version IS NULL) = (published_at IS NULL))
);
COMMENT ON TABLE site_publications IS 'One row per site with what the edge is known to have. What it should have is in deliveries.';
COMMENT ON COLUMN site_publications.sitekey IS 'No foreign key: the row must outlive an erased site until the edge has let go of it.';
COMMENT ON COLUMN site_publications.verified_at IS 'When the edge was last seen to serve the site.';
CREATE TRIGGER forget_delivery AFTER DELETE ON site_publications
    FOR EACH ROW EXECUTE FUNCTION forget_delivery('sites', 'sitekey');

CREATE FUNCTION announce_site() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('site_changed', COALESCE(NEW.sitekey, OLD.sitekey));
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION announce_site() IS 'Names a site of which something changed on the channel site_changed, so that whoever keeps a copy of it drops the copy. Hints: copies end by themselves within seconds.';
CREATE TRIGGER announce_site AFTER UPDATE OR DELETE ON sites
    FOR EACH ROW EXECUTE FUNCTION announce_site();
CREATE TRIGGER announce_site AFTER INSERT OR UPDATE OR DELETE ON secrets
    FOR EACH ROW EXECUTE FUNCTION announce_site();
CREATE TRIGGER announce_site AFTER UPDATE OR DELETE ON site_publications
    FOR EACH ROW EXECUTE FUNCTION announce_site();

CREATE FUNCTION announce_site_delivery() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('site_changed', NEW.key);
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION announce_site_delivery() IS 'As announce_site: pages show why a site is not published.';
CREATE TRIGGER announce_site AFTER UPDATE OF last_error ON deliveries
    FOR EACH ROW WHEN (NEW.topic = 'sites' AND NEW.last_error IS DISTINCT FROM OLD.last_error)
    EXECUTE FUNCTION announce_site_delivery();

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
CREATE UNIQUE INDEX site_imports_live ON site_imports (key, host) WHERE live_at IS NOT NULL;
CREATE INDEX site_imports_secret ON site_imports (secret_hash) WHERE live_at IS NOT NULL;
COMMENT ON TABLE site_imports IS 'A vendor''s sitekey that means one of our sites on a host and under it. Live ones stand in the site''s aliases too, as key@host, and their secrets are the site''s.';
COMMENT ON COLUMN site_imports.secret_hash IS 'SHA-256 of the text of the vendor''s secret; the text itself is kept nowhere.';
COMMENT ON COLUMN site_imports.token IS 'What is published at the host as proof that whoever asks controls it. No secret: everyone may read it there.';
COMMENT ON COLUMN site_imports.live_at IS 'When control of the host was proven; NULL until then, and meanwhile in no one''s way.';

CREATE TABLE import_publication (
    single            boolean PRIMARY KEY DEFAULT true CHECK (single),
    published_version bigint,
    published_at      timestamptz,
    CONSTRAINT imports_published_together CHECK ((published_version IS NULL) = (published_at IS NULL))
);
COMMENT ON TABLE import_publication IS 'A single row: which filter of imported keys the edge is known to have. Its lock also orders everything that makes imports live, across origins. Which filter it should have is in deliveries; what is in it is made from site_imports when it is delivered.';
INSERT INTO import_publication DEFAULT VALUES;
