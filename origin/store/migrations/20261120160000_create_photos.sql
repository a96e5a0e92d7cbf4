-- An operator's photos, as far as they are needed for pictures.

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
COMMENT ON TABLE photos IS 'One row per photo that was imported, by the SHA-256 of its file; the file itself is not kept.';
COMMENT ON COLUMN photos.name IS 'Its path below the folder that was imported.';
COMMENT ON COLUMN photos.licence IS 'What permits its use: an SPDX identifier, or the text beside the file.';
COMMENT ON COLUMN photos.model IS 'What labelled it, as NAME@VERSION.';
COMMENT ON COLUMN photos.label IS 'The thing it shows, as a key of the widget''s locale files; NULL where the model was not sure.';
COMMENT ON COLUMN photos.tile IS 'Its middle as a JPEG of 128 x 128, without whatever the file said of camera and place.';
CREATE INDEX photos_by_label ON photos (label) WHERE label IS NOT NULL;
