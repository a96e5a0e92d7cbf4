-- What is queued of the pools moves into deliveries; the old table keeps what it
-- knows of the edge.

INSERT INTO deliveries (
    topic, key, version, payload, queued_at, next_try_at, leased_until, attempts, last_error
)
SELECT 'pools', 'pools', version, packs, queued_at, next_try_at, leased_until, attempts, last_error
-- The first version is what an edge has that never got any.
FROM pool_publication WHERE version > 1;

ALTER TABLE pool_publication
    DROP COLUMN version,
    DROP COLUMN packs,
    DROP COLUMN queued_at,
    DROP COLUMN next_try_at,
    DROP COLUMN leased_until,
    DROP COLUMN attempts,
    DROP COLUMN last_error;
COMMENT ON TABLE pool_publication IS 'A single row: which version of the pools the edge is known to have. Its lock also orders everything that moves packs into and out of the pools, across origins. From which packs the edge shall deal is in deliveries, as an array of the protocol''s PoolEntry, in the order of kind and id; the version rises with every change and is never below the milliseconds since 1970 at the change, so that a database restored from a backup overtakes what the edge already has.';
