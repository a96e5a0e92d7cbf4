-- What happened at the edge: redeemed tokens, which are exact; counts, which
-- are approximate; and what back ends say of it later.

-- Tables that grow with traffic are partitioned by day (UTC) and lose a day
-- as a whole. These two functions are the only DDL at run time.

CREATE FUNCTION create_day_partition(parent text, day date) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    name text := format('%s_%s', parent, to_char(day, 'YYYYMMDD'));
BEGIN
    IF to_regclass(quote_ident(name)) IS NOT NULL THEN
        RETURN false;
    END IF;
    -- Two origins may want the same day at once. The table is looked up in
    -- the catalogue this time: to_regclass answers from this session's cache,
    -- which waiting for an advisory lock does not refresh.
    PERFORM pg_advisory_xact_lock(hashtext('create_day_partition'));
    PERFORM FROM pg_class
        WHERE relname = name AND relnamespace = current_schema()::regnamespace;
    IF FOUND THEN
        RETURN false;
    END IF;
    -- ATTACH takes a weaker lock on the parent than CREATE … PARTITION OF:
    -- intake goes on meanwhile.
    EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', name, parent);
    EXECUTE format(
        'ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
        parent, name,
        to_char(day, 'YYYY-MM-DD') || ' 00:00:00+00',
        to_char(day + 1, 'YYYY-MM-DD') || ' 00:00:00+00'
    );
    RETURN true;
END
$$;
COMMENT ON FUNCTION create_day_partition(text, date) IS 'Makes sure that the day (UTC) has its partition; true when it was made now.';

CREATE FUNCTION drop_day_partitions(parent text, first_kept date) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
    name text;
BEGIN
    FOR name IN
        SELECT child.relname FROM pg_inherits
        JOIN pg_class child ON child.oid = inhrelid
        WHERE inhparent = to_regclass(quote_ident(parent))
          AND child.relname ~ '_[0-9]{8}$'
          AND to_date(right(child.relname, 8), 'YYYYMMDD') < first_kept
        ORDER BY child.relname
    LOOP
        EXECUTE format('DROP TABLE %I', name);
        RETURN NEXT name;
    END LOOP;
END
$$;
COMMENT ON FUNCTION drop_day_partitions(text, date) IS 'Drops every partition whose day is before the first one kept, and names them.';

CREATE TABLE redeemed (
    redeemed_at timestamptz NOT NULL,
    id          bytea NOT NULL CHECK (octet_length(id) = 16),
    solved_at   timestamptz NOT NULL,
    sitekey     text NOT NULL CHECK (char_length(sitekey) BETWEEN 1 AND 64),
    hostname    text NOT NULL CHECK (char_length(hostname) <= 253),
    action      text NOT NULL CHECK (char_length(action) <= 32),
    score       smallint NOT NULL CHECK (score BETWEEN 0 AND 100),
    signs       bigint NOT NULL DEFAULT 0 CHECK (signs >= 0),
    interactive boolean NOT NULL,
    stepped     boolean NOT NULL,
    algorithm   text NOT NULL CHECK (algorithm IN ('hashwx', 'sha256')),
    country     text NOT NULL CHECK (char_length(country) IN (0, 2)),
    asn         bigint NOT NULL CHECK (asn >= 0),
    rejected    bigint NOT NULL CHECK (rejected >= 0),
    received_at timestamptz NOT NULL,
    updated_at  timestamptz,
    PRIMARY KEY (redeemed_at, id)
) PARTITION BY RANGE (redeemed_at);
CREATE INDEX redeemed_by_site ON redeemed (sitekey, redeemed_at DESC);
COMMENT ON TABLE redeemed IS 'A token was spent: the durable record, one row per token. Partitioned by day (UTC), dropped by retention. Never an address, never a user agent.';
COMMENT ON COLUMN redeemed.redeemed_at IS 'By the edge''s clock; fixed per id, so the key is unique per id although partitions need the day in it.';
COMMENT ON COLUMN redeemed.id IS 'The attempt''s id.';
COMMENT ON COLUMN redeemed.sitekey IS 'No foreign key: records outlive an erased site until retention.';
COMMENT ON COLUMN redeemed.score IS 'In hundredths: 0 = bot, 100 = person.';
COMMENT ON COLUMN redeemed.signs IS 'A bit for each sign, in the order of Sign in docs/protocol.md; 0 as well where the edge did not say.';
COMMENT ON COLUMN redeemed.rejected IS 'Later calls refused because the token was spent; only ever rises.';
COMMENT ON COLUMN redeemed.updated_at IS 'When a later delivery raised rejected; NULL when none did.';

CREATE TABLE count_batches (
    batch       bytea PRIMARY KEY CHECK (octet_length(batch) = 16),
    received_at timestamptz NOT NULL
);
CREATE INDEX count_batches_received ON count_batches USING brin (received_at);
COMMENT ON TABLE count_batches IS 'Batches of counts that were taken, so that one delivered twice counts once. Swept after 30 days, twice what the queue keeps.';

CREATE TABLE minute_counts (
    minute    timestamptz NOT NULL CHECK (minute = date_trunc('minute', minute, 'UTC')),
    sitekey   text NOT NULL CHECK (char_length(sitekey) BETWEEN 1 AND 64),
    hostname  text NOT NULL CHECK (char_length(hostname) <= 253),
    action    text NOT NULL CHECK (char_length(action) <= 32),
    kind      text NOT NULL CHECK (
        kind IN ('issued', 'solved', 'stepped', 'failed', 'abandoned', 'refused', 'flooded')
    ),
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

CREATE TABLE outcomes (
    sitekey     text NOT NULL CHECK (char_length(sitekey) BETWEEN 1 AND 64),
    id          bytea NOT NULL CHECK (octet_length(id) = 16),
    solved_at   timestamptz NOT NULL,
    signs       bigint NOT NULL CHECK (signs >= 0),
    score       smallint NOT NULL CHECK (score BETWEEN 0 AND 100),
    outcome     text NOT NULL CHECK (outcome IN ('legitimate', 'fraudulent')),
    reason      text CHECK (char_length(reason) BETWEEN 1 AND 32),
    key         bytea CHECK (octet_length(key) = 16),
    reported_at timestamptz NOT NULL,
    first_key   bytea CHECK (octet_length(first_key) = 16),
    changed_at  timestamptz,
    PRIMARY KEY (sitekey, id)
);
CREATE INDEX outcomes_by_time ON outcomes (sitekey, reported_at);
CREATE INDEX outcomes_by_age ON outcomes (solved_at);
COMMENT ON TABLE outcomes IS 'A site''s word on a visitor whose token it redeemed, as its back end reported it; deleted 90 days after the challenge was solved.';
COMMENT ON COLUMN outcomes.sitekey IS 'No foreign key: as in redeemed.';
COMMENT ON COLUMN outcomes.id IS 'The attempt''s id.';
COMMENT ON COLUMN outcomes.signs IS 'As in redeemed.';
COMMENT ON COLUMN outcomes.key IS 'Hash of the idempotency key of the report that counts.';
COMMENT ON COLUMN outcomes.first_key IS 'The same of the report that it replaced.';
COMMENT ON COLUMN outcomes.changed_at IS 'When a second report replaced the first; a third changes nothing.';

CREATE TABLE score_courses (
    sitekey    text PRIMARY KEY REFERENCES sites (sitekey) ON DELETE CASCADE,
    course     jsonb NOT NULL,
    learned_at timestamptz NOT NULL
);
COMMENT ON TABLE score_courses IS 'Per site that learns from its outcomes what signs are worth: weights in force, before, and in the shadow.';
COMMENT ON COLUMN score_courses.learned_at IS 'The last night, or undo.';
