-- Pictures: the packs that are drawn and that the edge deals from, what became
-- of them, and the photos of which some are made.

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
    last_error     text,
    CONSTRAINT drawn_whole CHECK (
        state IN ('drawing', 'deleted') OR (drawn_at IS NOT NULL AND content_type IS NOT NULL)
    ),
    CONSTRAINT published_together CHECK ((published_at IS NULL) = (retire_at IS NULL)),
    CONSTRAINT published_when CHECK (state NOT IN ('published', 'retiring') OR published_at IS NOT NULL),
    CONSTRAINT left_after_retiring CHECK (left_at IS NULL OR left_version IS NOT NULL),
    CONSTRAINT deleted_when CHECK ((state = 'deleted') = (deleted_at IS NOT NULL))
);
CREATE UNIQUE INDEX packs_one_drawing ON packs (type) WHERE state = 'drawing' AND source = 'scenes';
CREATE INDEX packs_at_work ON packs (type, state) WHERE state <> 'deleted';
COMMENT ON TABLE packs IS 'One row per pack of pictures. Its state only moves on: drawing, drawn, published, retiring, deleted; each step is an update that names the state before, so it is taken once however often it is tried.';
COMMENT ON COLUMN packs.items IS 'Items wanted; once drawn, items held.';
COMMENT ON COLUMN packs.deal_limit IS 'Challenges that may be dealt before the pack is worn out.';
COMMENT ON COLUMN packs.dealt IS 'Challenges dealt, as the edge counted them; this and the next three are sums of picture_counts that outlive its retention.';
COMMENT ON COLUMN packs.drawn_by IS 'What drew it, as the gpu-backend named itself: an adapter, or cpu.';
COMMENT ON COLUMN packs.retire_at IS 'From then on the edge deals nothing from it. Moved on where nothing would replace it.';
COMMENT ON COLUMN packs.left_version IS 'The version of the pools in which it is no longer named.';
COMMENT ON COLUMN packs.left_at IS 'When the edge had that version: 30 minutes later no one has a challenge from it any more.';
COMMENT ON COLUMN packs.last_error IS 'Why it was given up. Why it is not drawn or delivered yet is in deliveries.';
COMMENT ON INDEX packs_one_drawing IS 'Two origins that notice the same want begin one pack.';
CREATE TRIGGER forget_delivery AFTER DELETE ON packs
    FOR EACH ROW EXECUTE FUNCTION forget_delivery('packs', 'id');
CREATE TRIGGER forget_drawing AFTER DELETE ON packs
    FOR EACH ROW EXECUTE FUNCTION forget_delivery('drawings', 'id');

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
CREATE INDEX pack_items_to_draw ON pack_items (pack, position) WHERE outcome IS NULL;
COMMENT ON TABLE pack_items IS 'Candidates for a pack''s items. A candidate''s seed is stored before it is drawn, so that drawing it again gives the same picture; the kept ones, by position, are the pack.';
COMMENT ON COLUMN pack_items.outcome IS 'NULL: to be drawn. kept, or why not: ambiguous, guessable (a blind guess passes too often), broken (not as the protocol says), easy (the judge answers it), left-over (the pack was full).';
COMMENT ON COLUMN pack_items.answer IS 'The protocol''s RightRound.';
COMMENT ON COLUMN pack_items.images IS 'Its images one after the other, cut by image_lengths. Of kept candidates only, until the pack is deleted.';

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

CREATE TABLE pool_publication (
    single            boolean PRIMARY KEY DEFAULT true CHECK (single),
    published_version bigint,
    published_at      timestamptz,
    CONSTRAINT pool_published_together CHECK ((published_version IS NULL) = (published_at IS NULL))
);
COMMENT ON TABLE pool_publication IS 'A single row: which version of the pools the edge is known to have. Its lock also orders everything that moves packs into and out of the pools, across origins. From which packs the edge shall deal is in deliveries, as an array of the protocol''s PoolEntry, in the order of kind and id; the version rises with every change and is never below the milliseconds since 1970 at the change, so that a database restored from a backup overtakes what the edge already has.';
INSERT INTO pool_publication DEFAULT VALUES;

CREATE TABLE picture_counts (
    minute         timestamptz NOT NULL CHECK (minute = date_trunc('minute', minute, 'UTC')),
    type           text NOT NULL CHECK (type IN ('grid', 'area', 'turn')),
    pack           text NOT NULL CHECK (pack = '' OR pack ~ '^[0-9a-f]{16}$'),
    dealt          bigint NOT NULL CHECK (dealt >= 0),
    answered_right bigint NOT NULL CHECK (answered_right >= 0),
    answered_wrong bigint NOT NULL CHECK (answered_wrong >= 0),
    way            bigint NOT NULL CHECK (way >= 0),
    PRIMARY KEY (minute, type, pack)
) PARTITION BY RANGE (minute);
COMMENT ON TABLE picture_counts IS 'What became of pictures per minute; the sum over isolates. Approximate, as minute_counts. Partitioned by day (UTC), dropped by retention.';
COMMENT ON COLUMN picture_counts.pack IS 'No foreign key: counts may outlive a pack, or be of one that a restored database does not know. Empty where a picture was due and there was none to deal.';
COMMENT ON COLUMN picture_counts.dealt IS 'Challenges dealt; where the pack is empty, those that could not be.';
COMMENT ON COLUMN picture_counts.way IS 'Visitors who chose another way.';

CREATE TABLE photos (
    sha256      bytea PRIMARY KEY CHECK (octet_length(sha256) = 32),
    name        text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 1000),
    licence     text NOT NULL CHECK (char_length(licence) BETWEEN 1 AND 10000),
    model       text NOT NULL,
    label       text CHECK (label ~ '^[a-z_-]{1,32}$'),
    score       real NOT NULL CHECK (score BETWEEN 0 AND 1),
    tile        bytea NOT NULL,
    imported_at timestamptz NOT NULL
);
CREATE INDEX photos_by_label ON photos (label) WHERE label IS NOT NULL;
COMMENT ON TABLE photos IS 'One row per photo that an operator imported, by the SHA-256 of its file; the file itself is not kept.';
COMMENT ON COLUMN photos.name IS 'Its path below the folder that was imported.';
COMMENT ON COLUMN photos.licence IS 'What permits its use: an SPDX identifier, or the text beside the file.';
COMMENT ON COLUMN photos.model IS 'What labelled it, as NAME@VERSION.';
COMMENT ON COLUMN photos.label IS 'The thing it shows, as a key of the widget''s locale files; NULL where what the model saw is no such thing. How sure it was stands in score; how sure it has to be is asked when packs are made.';
COMMENT ON COLUMN photos.tile IS 'Its middle as a JPEG of 128 x 128, without whatever the file said of camera and place.';

CREATE TABLE photo_areas (
    sha256  bytea PRIMARY KEY REFERENCES photos (sha256) ON DELETE CASCADE,
    model   text NOT NULL,
    label   text NOT NULL CHECK (label ~ '^[a-z_-]{1,32}$'),
    score   real NOT NULL CHECK (score BETWEEN 0 AND 1),
    answer  jsonb NOT NULL,
    picture bytea NOT NULL
);
COMMENT ON TABLE photo_areas IS 'One row per photo that surely shows one thing once, small enough that a blind guess misses it.';
COMMENT ON COLUMN photo_areas.model IS 'What segmented it, as NAME@VERSION.';
COMMENT ON COLUMN photo_areas.answer IS 'The protocol''s RightRound: the thing and a margin around it.';
COMMENT ON COLUMN photo_areas.picture IS 'Its middle as a JPEG of 480 x 320.';
