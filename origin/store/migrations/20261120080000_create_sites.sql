-- Sites and the secrets of their back ends.

CREATE TABLE sites (
    sitekey                text PRIMARY KEY
        CHECK (sitekey ~ '^mj_[0-9abcdefghjkmnpqrstvwxyz]{26}$'),
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
    aliases                text[] NOT NULL,
    exempt                 boolean NOT NULL,
    created_at             timestamptz NOT NULL,
    changed_at             timestamptz NOT NULL,
    deleted_at             timestamptz,
    CONSTRAINT work_bounds CHECK (work_ceiling >= work_floor),
    CONSTRAINT somewhere_to_run CHECK (cardinality(hosts) > 0 OR allow_loopback)
);
COMMENT ON TABLE sites IS 'One row per site: what its owner chose. The edge gets it as a SiteConfig through site_publications.';
COMMENT ON COLUMN sites.version IS 'Rises with every change; never below the milliseconds since 1970 at the change, so that a database restored from a backup overtakes what the edge already has.';
COMMENT ON COLUMN sites.work_floor IS 'Expected hashes per sub-puzzle of a visitor about whom nothing speaks.';
COMMENT ON COLUMN sites.puzzle_count IS 'Sub-puzzles per puzzle.';
COMMENT ON COLUMN sites.rules IS 'Ordered list of the protocol''s Rule; the first that matches decides.';
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
COMMENT ON TABLE secrets IS 'Secrets by the SHA-256 of their text; the text itself is shown once and kept nowhere.';
COMMENT ON COLUMN secrets.slot IS 'Two slots per site, each with at most one live secret: so at most two are live at once.';
CREATE UNIQUE INDEX secrets_live_slot ON secrets (sitekey, slot) WHERE revoked_at IS NULL;
