-- Work that one origin does at a time.

CREATE TABLE locks (
    name       text PRIMARY KEY CHECK (char_length(name) BETWEEN 1 AND 100),
    fence      bigint NOT NULL CHECK (fence > 0),
    held_until timestamptz NOT NULL
);
COMMENT ON TABLE locks IS 'Who may do what only one origin does at a time. A row stays when its lock is free: its fence must never go back.';
COMMENT ON COLUMN locks.fence IS 'Raised each time the lock is taken. Whoever writes under the lock names the fence they were given: after another took it, they write nothing.';
COMMENT ON COLUMN locks.held_until IS 'When the lock is free again whether or not it was given back.';
