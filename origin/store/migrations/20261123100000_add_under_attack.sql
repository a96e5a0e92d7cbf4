-- When a site counts as under attack, and how many challenges it is expected to
-- issue at each hour of a week.

ALTER TABLE sites
    ADD COLUMN under_attack text NOT NULL DEFAULT 'auto' CHECK (under_attack IN ('auto', 'on', 'off')),
    ADD COLUMN expected integer[] NOT NULL DEFAULT '{}' CHECK (cardinality(expected) IN (0, 168));
COMMENT ON COLUMN sites.under_attack IS 'auto: by its own hours; on or off: as its owner says.';
COMMENT ON COLUMN sites.expected IS 'Challenges per hour, Monday 00:00 to Sunday 23:00 UTC; empty until enough weeks are known.';

-- Without a look at what is stored: those rows met a stricter condition.
ALTER TABLE minute_counts DROP CONSTRAINT minute_counts_kind_check;
ALTER TABLE minute_counts ADD CONSTRAINT minute_counts_kind_check CHECK (
    kind IN ('issued', 'solved', 'stepped', 'failed', 'abandoned', 'refused', 'flooded')
) NOT VALID;

ALTER TABLE anomalies DROP CONSTRAINT anomalies_kind_check;
ALTER TABLE anomalies ADD CONSTRAINT anomalies_kind_check CHECK (
    kind IN ('flood', 'failures', 'refusals', 'regular-solve-times', 'under-attack')
);
