-- Hourly roll-ups, computed from redeemed and minute_counts; any hour can be
-- computed again from what retention still keeps.

CREATE TABLE rollup_hours (
    hour      timestamptz PRIMARY KEY CHECK (hour = date_trunc('hour', hour, 'UTC')),
    marked_at timestamptz NOT NULL,
    rolled_at timestamptz
);
COMMENT ON TABLE rollup_hours IS 'Hours that received data. Intake marks an hour at most once a minute, so that batches do not queue for one row; an hour is computed again until rolled_at is well past marked_at, which covers the marks that were skipped and transactions then under way.';
COMMENT ON COLUMN rollup_hours.rolled_at IS 'When the last computation began; NULL before the first.';

CREATE TABLE hourly_rollups (
    hour        timestamptz NOT NULL CHECK (hour = date_trunc('hour', hour, 'UTC')),
    sitekey     text NOT NULL,
    hostname    text NOT NULL,
    action      text NOT NULL,
    issued      bigint NOT NULL,
    solved      bigint NOT NULL,
    stepped     bigint NOT NULL,
    failed      bigint NOT NULL,
    abandoned   bigint NOT NULL,
    refused     bigint NOT NULL,
    redeemed    bigint NOT NULL,
    rejected    bigint NOT NULL,
    interactive bigint NOT NULL,
    score_sum   bigint NOT NULL,
    solve_ms    bigint[] NOT NULL CHECK (cardinality(solve_ms) IN (0, 12)),
    PRIMARY KEY (hour, sitekey, hostname, action)
);
COMMENT ON TABLE hourly_rollups IS 'Per hour, site, host name and action. Kept when the rows it was computed from are dropped.';
COMMENT ON COLUMN hourly_rollups.issued IS 'This and the next five are approximate: sums of minute_counts.';
COMMENT ON COLUMN hourly_rollups.redeemed IS 'This and the next three are exact: from the table redeemed.';
COMMENT ON COLUMN hourly_rollups.interactive IS 'Redeemed after an answered picture.';
COMMENT ON COLUMN hourly_rollups.score_sum IS 'Sum of the scores in hundredths; divide by redeemed.';
CREATE INDEX hourly_rollups_by_site ON hourly_rollups (sitekey, hour DESC);

CREATE TABLE hourly_refusals (
    hour    timestamptz NOT NULL CHECK (hour = date_trunc('hour', hour, 'UTC')),
    sitekey text NOT NULL,
    code    text NOT NULL CHECK (code <> ''),
    count   bigint NOT NULL,
    PRIMARY KEY (hour, sitekey, code)
);
COMMENT ON TABLE hourly_refusals IS 'Per hour and site: requests refused, by code. Approximate.';
