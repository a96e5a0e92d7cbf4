-- Approximate numbers from the edge's isolates.

CREATE TABLE count_batches (
    batch       bytea PRIMARY KEY CHECK (octet_length(batch) = 16),
    received_at timestamptz NOT NULL
);
COMMENT ON TABLE count_batches IS 'Batches of counts that were taken, so that one delivered twice counts once. Swept after 30 days, twice what the queue keeps.';
CREATE INDEX count_batches_received ON count_batches USING brin (received_at);

CREATE TABLE minute_counts (
    minute    timestamptz NOT NULL CHECK (minute = date_trunc('minute', minute, 'UTC')),
    sitekey   text NOT NULL CHECK (char_length(sitekey) BETWEEN 1 AND 64),
    hostname  text NOT NULL CHECK (char_length(hostname) <= 253),
    action    text NOT NULL CHECK (char_length(action) <= 32),
    kind      text NOT NULL
        CHECK (kind IN ('issued', 'solved', 'stepped', 'failed', 'abandoned', 'refused')),
    code      text NOT NULL,
    country   text NOT NULL CHECK (char_length(country) IN (0, 2)),
    asn       bigint NOT NULL CHECK (asn >= 0),
    algorithm text NOT NULL CHECK (algorithm IN ('', 'hashwx', 'sha256')),
    count     bigint NOT NULL CHECK (count >= 0),
    solve_ms  bigint[] NOT NULL CHECK (cardinality(solve_ms) IN (0, 12)),
    PRIMARY KEY (minute, sitekey, kind, code, hostname, action, country, asn, algorithm)
) PARTITION BY RANGE (minute);
COMMENT ON TABLE minute_counts IS 'What happened per minute; the sum over isolates. Approximate: an isolate that ends early takes its last seconds with it. Partitioned by day (UTC), dropped by retention.';
COMMENT ON COLUMN minute_counts.code IS 'Why, for kind refused; else empty.';
COMMENT ON COLUMN minute_counts.algorithm IS 'Empty where no puzzle was involved.';
COMMENT ON COLUMN minute_counts.solve_ms IS 'Histogram over the protocol''s SOLVE_MS_BOUNDS, the last bucket open; empty unless kind is solved.';

CREATE FUNCTION add_buckets(a bigint[], b bigint[]) RETURNS bigint[]
    LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE
        WHEN cardinality(a) = 0 THEN b
        WHEN cardinality(b) = 0 THEN a
        ELSE ARRAY(SELECT coalesce(x, 0) + coalesce(y, 0)
                   FROM unnest(a, b) WITH ORDINALITY AS pair (x, y, place) ORDER BY place)
    END
$$;
COMMENT ON FUNCTION add_buckets(bigint[], bigint[]) IS 'Adds two histograms bucket by bucket; an empty one is zero.';

CREATE AGGREGATE sum_buckets(bigint[]) (SFUNC = add_buckets, STYPE = bigint[], INITCOND = '{}');
COMMENT ON AGGREGATE sum_buckets(bigint[]) IS 'The sum of histograms, bucket by bucket.';
