-- Packs of pictures: what the factory draws, and what the edge deals from.

CREATE TABLE packs (
    id             text PRIMARY KEY CHECK (id ~ '^[0-9a-f]{16}$'),
    type           text NOT NULL CHECK (type IN ('grid', 'area', 'turn')),
    source         text NOT NULL CHECK (source IN ('scenes', 'photos')),
    state          text NOT NULL
        CHECK (state IN ('drawing', 'drawn', 'published', 'retiring', 'deleted')),
    items          integer NOT NULL CHECK (items BETWEEN 1 AND 1024),
    deal_limit     bigint NOT NULL CHECK (deal_limit > 0),
    dealt          bigint NOT NULL DEFAULT 0 CHECK (dealt >= 0),
    answered_right bigint NOT NULL DEFAULT 0 CHECK (answered_right >= 0),
    answered_wrong bigint NOT NULL DEFAULT 0 CHECK (answered_wrong >= 0),
    way            bigint NOT NULL DEFAULT 0 CHECK (way >= 0),
    drawn_by       text,
    content_type   text,
    created_at     timestamptz NOT NULL,
    drawn_at       timestamptz,
    published_at   timestamptz,
    retire_at      timestamptz,
    left_version   bigint,
    left_at        timestamptz,
    deleted_at     timestamptz,
    failures       integer NOT NULL DEFAULT 0 CHECK (failures >= 0),
    next_draw_at   timestamptz NOT NULL,
    last_error     text,
    CONSTRAINT drawn_whole CHECK (
        state IN ('drawing', 'deleted') OR (drawn_at IS NOT NULL AND content_type IS NOT NULL)
    ),
    CONSTRAINT published_together CHECK ((published_at IS NULL) = (retire_at IS NULL)),
    CONSTRAINT published_when CHECK (state NOT IN ('published', 'retiring') OR published_at IS NOT NULL),
    CONSTRAINT left_after_retiring CHECK (left_at IS NULL OR left_version IS NOT NULL),
    CONSTRAINT deleted_when CHECK ((state = 'deleted') = (deleted_at IS NOT NULL))
);
COMMENT ON TABLE packs IS 'One row per pack of pictures. Its state only moves on: drawing, drawn, published, retiring, deleted; each step is an update that names the state before, so it is taken once however often it is tried.';
COMMENT ON COLUMN packs.items IS 'Items wanted; once drawn, items held.';
COMMENT ON COLUMN packs.deal_limit IS 'Challenges that may be dealt before the pack is worn out.';
COMMENT ON COLUMN packs.dealt IS 'Challenges dealt, as the edge counted them; this and the next three are sums of picture_counts that outlive its retention.';
COMMENT ON COLUMN packs.drawn_by IS 'What drew it, as the gpu-backend named itself: an adapter, or cpu.';
COMMENT ON COLUMN packs.retire_at IS 'From then on the edge deals nothing from it. Moved on where nothing would replace it.';
COMMENT ON COLUMN packs.left_version IS 'The version of the pools in which it is no longer named.';
COMMENT ON COLUMN packs.left_at IS 'When the edge had that version: 30 minutes later nobody has a challenge from it any more.';
COMMENT ON COLUMN packs.failures IS 'Calls of the gpu-backend that failed one after the other.';
CREATE UNIQUE INDEX packs_one_drawing ON packs (type) WHERE state = 'drawing' AND source = 'scenes';
COMMENT ON INDEX packs_one_drawing IS 'Two origins that notice the same want begin one pack.';
CREATE INDEX packs_at_work ON packs (type, state) WHERE state <> 'deleted';

CREATE TABLE pack_items (
    pack          text NOT NULL REFERENCES packs (id) ON DELETE CASCADE,
    position      integer NOT NULL CHECK (position >= 0),
    seed          bytea NOT NULL UNIQUE CHECK (octet_length(seed) = 32),
    outcome       text CHECK (
        outcome IN ('kept', 'ambiguous', 'guessable', 'broken', 'easy', 'left-over')
    ),
    prompt        text,
    answer        jsonb,
    images        bytea,
    image_lengths integer[],
    clarity       real,
    judgement     jsonb,
    PRIMARY KEY (pack, position),
    CONSTRAINT kept_whole CHECK (
        outcome IS DISTINCT FROM 'kept'
        OR (prompt IS NOT NULL AND answer IS NOT NULL AND image_lengths IS NOT NULL)
    ),
    CONSTRAINT images_together CHECK (images IS NULL OR image_lengths IS NOT NULL)
);
COMMENT ON TABLE pack_items IS 'Candidates for a pack''s items. A candidate''s seed is stored before it is drawn, so that drawing it again gives the same picture; the kept ones, by position, are the pack.';
COMMENT ON COLUMN pack_items.outcome IS 'NULL: to be drawn. kept, or why not: ambiguous, guessable (a blind guess passes too often), broken (not as the protocol says), easy (the judge answers it), left-over (the pack was full).';
COMMENT ON COLUMN pack_items.answer IS 'The protocol''s RightRound.';
COMMENT ON COLUMN pack_items.images IS 'Its images one after the other, cut by image_lengths. Of kept candidates only, until the pack is deleted.';
CREATE INDEX pack_items_to_draw ON pack_items (pack, position) WHERE outcome IS NULL;

CREATE TABLE picture_kinds (
    type        text PRIMARY KEY CHECK (type IN ('grid', 'area', 'turn')),
    switch      text CHECK (switch IN ('on', 'off')),
    switched_at timestamptz,
    below_since timestamptz,
    CONSTRAINT switched_together CHECK ((switch IS NULL) = (switched_at IS NULL))
);
COMMENT ON TABLE picture_kinds IS 'What operators chose per kind of picture, and since when its pool is short.';
COMMENT ON COLUMN picture_kinds.switch IS 'NULL: by the measured pass rate of programs, which this release carries.';
COMMENT ON COLUMN picture_kinds.below_since IS 'Since when fewer challenges are left than the low-water mark; NULL when enough are.';
INSERT INTO picture_kinds (type) VALUES ('grid'), ('area'), ('turn');
