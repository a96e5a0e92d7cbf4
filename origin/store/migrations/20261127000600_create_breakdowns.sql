-- What happened, by where visitors come from and what they do: hour by hour,
-- and day by day for what is asked of long times. Any hour can be computed
-- again from what retention still keeps; a day, from its hours.

CREATE TABLE rollup_hours (
    hour      timestamptz PRIMARY KEY CHECK (hour = date_trunc('hour', hour, 'UTC')),
    marked_at timestamptz NOT NULL,
    rolled_at timestamptz
);
COMMENT ON TABLE rollup_hours IS 'Hours that received data. Intake marks an hour at most once a minute, so that batches do not queue for one row; an hour is computed again until rolled_at is well past marked_at, which covers the marks that were skipped and transactions then under way.';
COMMENT ON COLUMN rollup_hours.rolled_at IS 'When the last computation began; NULL before the first.';

CREATE TABLE hourly_breakdowns (
    hour        timestamptz NOT NULL CHECK (hour = date_trunc('hour', hour, 'UTC')),
    sitekey     text NOT NULL,
    dimension   text NOT NULL CHECK (dimension IN (
        'total', 'country', 'asn', 'hostname', 'action', 'code', 'score', 'reason'
    )),
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
COMMENT ON TABLE hourly_breakdowns IS 'Per hour and site: what happened, in all and by one dimension at a time. The values of country, asn, hostname and action add up to the total. Of networks, host names and actions at most 100 per hour and site are kept each: visitors choose them, and an attack must neither fill the disk with them nor slow the console down; the others stand together as *. Dropped after 70 days, or with the events where those are kept for longer.';
COMMENT ON COLUMN hourly_breakdowns.dimension IS 'total has one value, the empty one. code: why requests were refused; it counts nothing else. score (in tenths, 0 to 10) and reason: redeemed tokens alone; a visit has any number of reasons.';
COMMENT ON COLUMN hourly_breakdowns.value IS 'Empty where unknown (0 for an ASN); * for the values that are not kept each. No country, ASN, host name, action or code is a *.';
COMMENT ON COLUMN hourly_breakdowns.issued IS 'This and the next five are approximate: sums of minute_counts. They are counted without an action, and with the host name that the site is set up with; only solved has the page''s own.';
COMMENT ON COLUMN hourly_breakdowns.redeemed IS 'This and the next three are exact: from the table redeemed.';
COMMENT ON COLUMN hourly_breakdowns.pictured IS 'Redeemed by visitors who were asked for a picture.';
COMMENT ON COLUMN hourly_breakdowns.interactive IS 'Redeemed after an answered picture.';

CREATE TABLE daily_breakdowns (
    day         date NOT NULL,
    sitekey     text NOT NULL,
    dimension   text NOT NULL CHECK (dimension IN (
        'total', 'country', 'asn', 'hostname', 'action', 'code', 'score', 'reason'
    )),
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

CREATE TABLE hourly_prices (
    hour    timestamptz NOT NULL CHECK (hour = date_trunc('hour', hour, 'UTC')),
    sitekey text NOT NULL CHECK (char_length(sitekey) BETWEEN 1 AND 64),
    issued  bigint[] NOT NULL CHECK (cardinality(issued) = 7),
    PRIMARY KEY (hour, sitekey)
);
CREATE INDEX hourly_prices_by_site ON hourly_prices (sitekey, hour);
COMMENT ON TABLE hourly_prices IS 'Per hour and site: first challenges by their work as a multiple of the floor: below 2, 4, 8, 16, 32, 64, and more. Approximate, as minute_counts. Dropped after 70 days.';

CREATE TABLE fleets (
    sitekey    text NOT NULL CHECK (char_length(sitekey) BETWEEN 1 AND 64),
    day        date NOT NULL,
    name       text NOT NULL CHECK (name ~ '^[0-9a-f]{8}$'),
    first_seen timestamptz NOT NULL,
    last_seen  timestamptz NOT NULL,
    networks   bigint NOT NULL,
    issued     bigint NOT NULL,
    PRIMARY KEY (sitekey, day, name)
);
COMMENT ON TABLE fleets IS 'Per site and day: software that came from far more networks than is usual. The name is a keyed pseudonym for the site and the day. Dropped after 30 days.';
COMMENT ON COLUMN fleets.networks IS 'The most within one to two half-lives of the counters, about.';

CREATE TABLE anomalies (
    id              text PRIMARY KEY CHECK (id ~ '^[0-9a-hjkmnp-tv-z]{16}$'),
    sitekey         text NOT NULL REFERENCES sites (sitekey) ON DELETE CASCADE,
    asn             bigint CHECK (asn >= 0),
    kind            text NOT NULL CHECK (
        kind IN ('flood', 'failures', 'refusals', 'regular-solve-times', 'under-attack')
    ),
    severity        text NOT NULL CHECK (severity IN ('warning', 'critical')),
    figures         jsonb NOT NULL,
    opened_at       timestamptz NOT NULL,
    calm_since      timestamptz,
    closed_at       timestamptz CHECK (closed_at >= opened_at),
    acknowledged_at timestamptz,
    acknowledged_by text,
    CONSTRAINT acknowledged_by_somebody CHECK ((acknowledged_at IS NULL) = (acknowledged_by IS NULL))
);
-- Whatever several origins find out at once, one row is open.
CREATE UNIQUE INDEX anomalies_open ON anomalies (sitekey, kind, asn) NULLS NOT DISTINCT
    WHERE closed_at IS NULL;
CREATE INDEX anomalies_by_site ON anomalies (sitekey, opened_at DESC);
COMMENT ON TABLE anomalies IS 'Times in which a site was unlike its own past, by the rules of origin/domain/src/anomalies.';
COMMENT ON COLUMN anomalies.asn IS 'The network (autonomous system) that it comes from; NULL for the site as a whole.';
COMMENT ON COLUMN anomalies.figures IS 'What led to it, at its worst.';
COMMENT ON COLUMN anomalies.calm_since IS 'Since when it has been as usual; NULL while it is not. It closes half an hour later.';
COMMENT ON COLUMN anomalies.acknowledged_by IS 'Address of who has seen it, as it was then.';
