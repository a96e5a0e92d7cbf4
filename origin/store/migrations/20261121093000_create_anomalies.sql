-- What is unusual at a site, and whom that is told.

CREATE TABLE anomalies (
    id              text PRIMARY KEY CHECK (id ~ '^[0-9a-hjkmnp-tv-z]{16}$'),
    sitekey         text NOT NULL REFERENCES sites (sitekey) ON DELETE CASCADE,
    asn             bigint CHECK (asn >= 0),
    kind            text NOT NULL
        CHECK (kind IN ('flood', 'failures', 'refusals', 'regular-solve-times')),
    severity        text NOT NULL CHECK (severity IN ('warning', 'critical')),
    figures         jsonb NOT NULL,
    opened_at       timestamptz NOT NULL,
    calm_since      timestamptz,
    closed_at       timestamptz CHECK (closed_at >= opened_at),
    acknowledged_at timestamptz,
    acknowledged_by text,
    CONSTRAINT acknowledged_by_somebody CHECK ((acknowledged_at IS NULL) = (acknowledged_by IS NULL))
);
COMMENT ON TABLE anomalies IS 'Times in which a site was unlike its own past, by the rules of origin/src/anomalies.';
COMMENT ON COLUMN anomalies.asn IS 'The network (autonomous system) that it comes from; NULL for the site as a whole.';
COMMENT ON COLUMN anomalies.figures IS 'What led to it, at its worst.';
COMMENT ON COLUMN anomalies.calm_since IS 'Since when it has been as usual; NULL while it is not. It closes half an hour later.';
COMMENT ON COLUMN anomalies.acknowledged_by IS 'Address of who has seen it, as it was then.';
-- Whatever several origins find out at once, one row is open.
CREATE UNIQUE INDEX anomalies_open ON anomalies (sitekey, kind, asn) NULLS NOT DISTINCT
    WHERE closed_at IS NULL;
CREATE INDEX anomalies_by_site ON anomalies (sitekey, opened_at DESC);
