-- Requests for protected paths that were not let through, by the rule.

ALTER TABLE minute_counts DROP CONSTRAINT minute_counts_kind_check;
ALTER TABLE minute_counts ADD CONSTRAINT minute_counts_kind_check CHECK (
    kind IN (
        'issued', 'solved', 'stepped', 'failed', 'abandoned', 'refused', 'flooded', 'stopped',
        'would-stop'
    )
);
COMMENT ON COLUMN minute_counts.action IS 'The page''s, where kind is solved; for stopped and would-stop the start of the rule''s path; else empty.';
