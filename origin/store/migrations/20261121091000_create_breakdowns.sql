-- What happened, by where visitors come from and what they do: hour by hour,
-- and day by day for what is asked of long times. Any hour can be computed
-- again from what retention still keeps; a day, from its hours.

CREATE TABLE hourly_breakdowns (
    hour        timestamptz NOT NULL CHECK (hour = date_trunc('hour', hour, 'UTC')),
    sitekey     text NOT NULL,
    dimension   text NOT NULL
        CHECK (dimension IN ('total', 'country', 'asn', 'hostname', 'action', 'code')),
    value       text NOT NULL,
    issued      bigint NOT NULL,
    solved      bigint NOT NULL,
    stepped     bigint NOT NULL,
    failed      bigint NOT NULL,
    abandoned   bigint NOT NULL,
    refused     bigint NOT NULL,
    redeemed    bigint NOT NULL,
    rejected    bigint NOT NULL,
    pictured    bigint NOT NULL,
    interactive bigint NOT NULL,
    solve_ms    bigint[] NOT NULL CHECK (cardinality(solve_ms) IN (0, 12)),
    PRIMARY KEY (hour, sitekey, dimension, value)
);
CREATE INDEX hourly_breakdowns_by_site ON hourly_breakdowns (sitekey, dimension, hour);
COMMENT ON TABLE hourly_breakdowns IS 'Per hour and site: what happened, in all and by one dimension at a time. The values of each dimension add up to the total. Of networks, host names and actions at most 100 per hour and site are kept each: visitors choose them, and an attack must neither fill the disk with them nor slow the console down; the others stand together as *. Dropped after 70 days, or with the events where those are kept for longer.';
COMMENT ON COLUMN hourly_breakdowns.dimension IS 'total has one value, the empty one. code: why requests were refused; it counts nothing else.';
COMMENT ON COLUMN hourly_breakdowns.value IS 'Empty where unknown (0 for an ASN); * for the values that are not kept each. No country, ASN, host name, action or code is a *.';
COMMENT ON COLUMN hourly_breakdowns.issued IS 'This and the next five are approximate: sums of minute_counts. They are counted without an action, and with the host name that the site is set up with; only solved has the page''s own.';
COMMENT ON COLUMN hourly_breakdowns.redeemed IS 'This and the next three are exact: from the table redeemed.';
COMMENT ON COLUMN hourly_breakdowns.pictured IS 'Redeemed by visitors who were asked for a picture.';
COMMENT ON COLUMN hourly_breakdowns.interactive IS 'Redeemed after an answered picture.';

CREATE TABLE daily_breakdowns (
    day         date NOT NULL,
    sitekey     text NOT NULL,
    dimension   text NOT NULL
        CHECK (dimension IN ('total', 'country', 'asn', 'hostname', 'action', 'code')),
    value       text NOT NULL,
    issued      bigint NOT NULL,
    solved      bigint NOT NULL,
    stepped     bigint NOT NULL,
    failed      bigint NOT NULL,
    abandoned   bigint NOT NULL,
    refused     bigint NOT NULL,
    redeemed    bigint NOT NULL,
    rejected    bigint NOT NULL,
    pictured    bigint NOT NULL,
    interactive bigint NOT NULL,
    solve_ms    bigint[] NOT NULL CHECK (cardinality(solve_ms) IN (0, 12)),
    PRIMARY KEY (day, sitekey, dimension, value)
);
CREATE INDEX daily_breakdowns_by_site ON daily_breakdowns (sitekey, dimension, day);
COMMENT ON TABLE daily_breakdowns IS 'Per day (UTC) and site: the sums of hourly_breakdowns, again with at most 100 networks, host names and actions. Kept.';

-- Days whose records are gone have only their hourly roll-ups left.
INSERT INTO daily_breakdowns
SELECT (hour AT TIME ZONE 'UTC')::date, sitekey,
    CASE WHEN GROUPING(hostname) = 0 THEN 'hostname' WHEN GROUPING(action) = 0 THEN 'action'
        ELSE 'total' END,
    coalesce(hostname, action, ''),
    sum(issued), sum(solved), sum(stepped), sum(failed), sum(abandoned), sum(refused),
    sum(redeemed), sum(rejected), sum(interactive), sum(interactive), sum_buckets(solve_ms)
FROM hourly_rollups
WHERE NOT EXISTS (SELECT FROM rollup_hours WHERE rollup_hours.hour = hourly_rollups.hour)
GROUP BY GROUPING SETS (
    ((hour AT TIME ZONE 'UTC')::date, sitekey),
    ((hour AT TIME ZONE 'UTC')::date, sitekey, hostname),
    ((hour AT TIME ZONE 'UTC')::date, sitekey, action)
);
-- All others are computed from the records at the next roll-up.
UPDATE rollup_hours SET rolled_at = NULL;
