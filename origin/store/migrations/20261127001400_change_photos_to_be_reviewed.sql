-- Photos that people look at before visitors see them.

DROP TABLE photo_areas;
DROP TABLE photos;

CREATE TABLE photos (
    sha256      bytea PRIMARY KEY CHECK (octet_length(sha256) = 32),
    name        text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 1000),
    licence     text NOT NULL CHECK (char_length(licence) BETWEEN 1 AND 10000),
    model       text NOT NULL,
    said        jsonb NOT NULL,
    thing       text CHECK (thing ~ '^[a-z_-]{1,32}$'),
    score       real NOT NULL CHECK (score BETWEEN 0 AND 1),
    segmenter   text,
    area        jsonb,
    picture     bytea NOT NULL,
    tile        bytea NOT NULL,
    imported_at timestamptz NOT NULL,
    state       text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'accepted', 'rejected')),
    reviewed_at timestamptz,
    CONSTRAINT accepted_as_something CHECK (state <> 'accepted' OR thing IS NOT NULL),
    CONSTRAINT reviewed_when CHECK ((state = 'waiting') = (reviewed_at IS NULL))
);
CREATE INDEX photos_by_state ON photos (state, thing);
COMMENT ON TABLE photos IS 'One row per photo that an operator imported, by the SHA-256 of its file; the file itself is not kept. Only accepted ones are dealt.';
COMMENT ON COLUMN photos.name IS 'Its path below the folder that was imported.';
COMMENT ON COLUMN photos.licence IS 'What permits its use: an SPDX identifier, or the text beside the file.';
COMMENT ON COLUMN photos.model IS 'What labelled it, as NAME@VERSION.';
COMMENT ON COLUMN photos.said IS 'The labels that it was surest of, as an array of {label, thing, score}; thing is NULL where a label means no thing.';
COMMENT ON COLUMN photos.thing IS 'The thing it shows, as a key of the widget''s locale files: what the model said until a person says it. NULL where the label means no thing.';
COMMENT ON COLUMN photos.score IS 'How sure the model was of its first label.';
COMMENT ON COLUMN photos.segmenter IS 'What was asked where the thing is, as NAME@VERSION.';
COMMENT ON COLUMN photos.area IS 'The protocol''s RightRound: where the thing is, and it alone. NULL where it cannot be pointed at.';
COMMENT ON COLUMN photos.picture IS 'Its middle as a JPEG of 480 x 320, without whatever the file said of camera and place.';
COMMENT ON COLUMN photos.tile IS 'The same as one of 128 x 128.';
