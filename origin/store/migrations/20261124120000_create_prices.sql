-- What first challenges cost, and which software came as a fleet.

CREATE TABLE hourly_prices (
    hour    timestamptz NOT NULL CHECK (hour = date_trunc('hour', hour, 'UTC')),
    sitekey text NOT NULL CHECK (char_length(sitekey) BETWEEN 1 AND 64),
    issued  bigint[] NOT NULL CHECK (cardinality(issued) = 7),
    PRIMARY KEY (hour, sitekey)
);
COMMENT ON TABLE hourly_prices IS 'Per hour and site: first challenges by their work as a multiple of the floor: below 2, 4, 8, 16, 32, 64, and more. Approximate, as minute_counts. Dropped after 70 days.';
CREATE INDEX hourly_prices_by_site ON hourly_prices (sitekey, hour);

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
