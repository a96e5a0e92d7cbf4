-- When the whole database was backed up, so that an old backup is an alarm.

CREATE TABLE backups (
    taken_at timestamptz PRIMARY KEY,
    place    text NOT NULL CHECK (place <> ''),
    rows     bigint NOT NULL CHECK (rows >= 0),
    bytes    bigint NOT NULL CHECK (bytes > 0)
);
COMMENT ON TABLE backups IS 'Backups that `munjigi backup` wrote. One that is restored does not know of itself.';
COMMENT ON COLUMN backups.place IS 'A file, or an object of a bucket, as the command names it.';
