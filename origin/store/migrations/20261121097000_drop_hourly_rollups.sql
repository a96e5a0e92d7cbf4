-- Sums by hour are those of hourly_breakdowns, and sums for ever those of
-- daily_breakdowns: nothing reads the earlier ones any more.

-- Hours whose records are gone have only the earlier sums. What is unusual at
-- a site is held against its last eight weeks.
INSERT INTO hourly_breakdowns
SELECT hour, sitekey,
    CASE WHEN GROUPING(hostname) = 0 THEN 'hostname' WHEN GROUPING(action) = 0 THEN 'action'
        ELSE 'total' END,
    coalesce(hostname, action, ''),
    sum(issued), sum(solved), sum(stepped), sum(failed), sum(abandoned), sum(refused),
    sum(redeemed), sum(rejected), sum(interactive), sum(interactive), sum_buckets(solve_ms)
FROM hourly_rollups
WHERE hour >= now() - interval '70 days'
    AND NOT EXISTS (SELECT FROM rollup_hours WHERE rollup_hours.hour = hourly_rollups.hour)
GROUP BY GROUPING SETS (
    (hour, sitekey), (hour, sitekey, hostname), (hour, sitekey, action)
)
ON CONFLICT DO NOTHING;

DROP TABLE hourly_rollups;
DROP TABLE hourly_refusals;
