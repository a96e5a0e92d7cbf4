-- Photos in which one thing can be pointed at.

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
