-- The outbox towards the edge for packs, and for the pools that name them.

CREATE TABLE pack_publications (
    pack         text PRIMARY KEY REFERENCES packs (id) ON DELETE CASCADE,
    action       text NOT NULL CHECK (action IN ('put', 'delete')),
    queued_at    timestamptz NOT NULL,
    next_try_at  timestamptz,
    leased_until timestamptz,
    attempts     integer NOT NULL DEFAULT 0 CHECK (attempts >= 0),
    last_error   text
);
COMMENT ON TABLE pack_publications IS 'One row per pack with what is wanted at the edge. Written in the transaction that changes the pack.';
COMMENT ON COLUMN pack_publications.action IS 'put: images, then manifest; delete: both.';
COMMENT ON COLUMN pack_publications.next_try_at IS 'When to deliver; NULL when the edge has done it.';
COMMENT ON COLUMN pack_publications.leased_until IS 'A publisher is calling the edge about this pack; nobody else does until then.';
CREATE INDEX pack_publications_due ON pack_publications (next_try_at) WHERE next_try_at IS NOT NULL;

CREATE TABLE pool_publication (
    single            boolean PRIMARY KEY DEFAULT true CHECK (single),
    version           bigint NOT NULL CHECK (version > 0),
    packs             jsonb NOT NULL CHECK (jsonb_typeof(packs) = 'array'),
    queued_at         timestamptz NOT NULL,
    next_try_at       timestamptz,
    leased_until      timestamptz,
    attempts          integer NOT NULL DEFAULT 0 CHECK (attempts >= 0),
    last_error        text,
    published_version bigint,
    published_at      timestamptz,
    CONSTRAINT pool_published_together CHECK ((published_version IS NULL) = (published_at IS NULL))
);
COMMENT ON TABLE pool_publication IS 'A single row: from which packs the edge shall deal. Its lock also orders everything that moves packs into and out of the pools, across origins.';
COMMENT ON COLUMN pool_publication.version IS 'Rises with every change; never below the milliseconds since 1970 at the change, so that a database restored from a backup overtakes what the edge already has.';
COMMENT ON COLUMN pool_publication.packs IS 'The protocol''s PoolEntry, in the order of kind and id.';
INSERT INTO pool_publication (version, packs, queued_at) VALUES (1, '[]', now());
