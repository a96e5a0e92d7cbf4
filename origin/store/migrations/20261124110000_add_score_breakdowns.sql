-- Redeemed tokens by score and by what speaks against the visit.

ALTER TABLE hourly_breakdowns
    DROP CONSTRAINT hourly_breakdowns_dimension_check,
    ADD CONSTRAINT hourly_breakdowns_dimension_check CHECK (dimension IN (
        'total', 'country', 'asn', 'hostname', 'action', 'code', 'score', 'reason'
    ));
ALTER TABLE daily_breakdowns
    DROP CONSTRAINT daily_breakdowns_dimension_check,
    ADD CONSTRAINT daily_breakdowns_dimension_check CHECK (dimension IN (
        'total', 'country', 'asn', 'hostname', 'action', 'code', 'score', 'reason'
    ));
COMMENT ON COLUMN hourly_breakdowns.dimension IS 'total has one value, the empty one. code: why requests were refused; it counts nothing else. score (in tenths, 0 to 10) and reason: redeemed tokens alone; a visit has any number of reasons.';
