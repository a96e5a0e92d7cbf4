-- Thirty days of sites of all sizes: $DAY and $EVENTS are filled in. Sites, networks and hours are
-- skewed as they are in life: a tenth of the sites has most of the visitors, a network is in one
-- country, and nights are quiet. $RANDOM draws one visitor.

-- name: sites
INSERT INTO organisations (id, name, created_at)
SELECT lpad(number::text, 16, '0'), 'Organisation ' || number, now() FROM generate_series(0, 19) AS number;
INSERT INTO sites (
    sitekey, name, version, state, hosts, allow_loopback, mode, work_floor, work_ceiling,
    puzzle_count, token_lifetime_seconds, fallback_allowed, pictures, rules, aliases, exempt,
    created_at, changed_at, organisation
)
SELECT 'mj_' || lpad(number::text, 26, '0'), 'Site ' || number, 1, 'live', ARRAY['shop.example'],
    false, 'managed', 40000, 400000, 16, 120, false, '{}', '[]', '{}', false, now(), now(),
    -- The first organisation has a quarter of the sites, the largest of all among them.
    lpad((CASE WHEN number % 4 = 0 THEN 0 ELSE number % 20 END)::text, 16, '0')
FROM generate_series(0, 79) AS number;

-- name: visitors
CREATE UNLOGGED TABLE visitors AS
SELECT at, site, 'mj_' || lpad(site::text, 26, '0') AS sitekey,
    CASE WHEN host < 0.8 THEN 'www' ELSE 'm' || floor(host * 50) END || '.shop-' || site || '.example' AS hostname,
    (ARRAY['', 'login', 'sign-up', 'checkout', 'comment', 'search'])[1 + floor(6 * action * action)::int] AS action,
    (ARRAY['KR', 'US', 'JP', 'DE', 'GB', 'FR', 'IN', 'BR', 'CN', 'VN', 'ID', 'TH', 'NL', 'SE', 'PL', 'IT', 'ES', 'CA', 'AU', 'TR', 'MX', 'AR', 'TW', 'SG', 'ZA', ''])[1 + network % 26] AS country,
    1000 + network AS asn, 500 + floor(20000 * slow ^ 4)::int AS solve_ms, luck
FROM (
    SELECT
        -- More in the middle of the day than at night.
        '$DAY'::timestamptz + interval '1 day' * (share + sin(share * 2 * pi()) / 25) AS at,
        floor(80 * site ^ 4)::int AS site, floor(1200 * network ^ 5)::int AS network,
        host, action, slow, luck
    FROM (
        SELECT (number + random()) / $EVENTS AS share, random() AS site, random() AS network, random() AS host,
            random() AS action, random() AS slow, random() AS luck
        FROM generate_series(0, $EVENTS - 1) AS number
    ) AS drawn
) AS placed;

-- name: redeemed
INSERT INTO redeemed (
    redeemed_at, id, solved_at, sitekey, hostname, action, score, interactive, stepped, algorithm,
    country, asn, rejected, received_at
)
SELECT at, decode(md5(at::text || random()), 'hex'), at - interval '3 seconds', sitekey, hostname, action,
    40 + 60 * luck, luck < 0.03, luck < 0.05, CASE WHEN luck > 0.99 THEN 'sha256' ELSE 'hashwx' END,
    country, asn, CASE WHEN luck > 0.98 THEN 1 + (luck * 1000)::int % 3 ELSE 0 END, at + interval '2 seconds'
FROM visitors;

-- name: counts
INSERT INTO minute_counts (minute, sitekey, hostname, action, kind, code, country, asn, algorithm, count, solve_ms)
SELECT date_trunc('minute', at, 'UTC'), sitekey, hostname, action, 'solved', '', country, asn, 'hashwx', count(*),
    ARRAY[
        count(*) FILTER (WHERE solve_ms <= 100), count(*) FILTER (WHERE solve_ms > 100 AND solve_ms <= 200),
        count(*) FILTER (WHERE solve_ms > 200 AND solve_ms <= 400), count(*) FILTER (WHERE solve_ms > 400 AND solve_ms <= 800),
        count(*) FILTER (WHERE solve_ms > 800 AND solve_ms <= 1600), count(*) FILTER (WHERE solve_ms > 1600 AND solve_ms <= 3200),
        count(*) FILTER (WHERE solve_ms > 3200 AND solve_ms <= 6400), count(*) FILTER (WHERE solve_ms > 6400 AND solve_ms <= 12800),
        count(*) FILTER (WHERE solve_ms > 12800), 0, 0, 0
    ]
FROM visitors GROUP BY 1, sitekey, hostname, action, country, asn
UNION ALL
SELECT date_trunc('minute', at, 'UTC'), sitekey, 'shop.example', '', kind, code, country, asn, algorithm,
    sum(times), '{}'
FROM visitors, LATERAL (
    VALUES ('issued', '', 'hashwx', 1 + (luck < 0.2)::int), ('stepped', '', 'hashwx', (luck < 0.08)::int),
        ('failed', '', 'hashwx', (luck > 0.97)::int), ('abandoned', '', 'hashwx', (luck > 0.93 AND luck < 0.96)::int),
        ('refused', (ARRAY['blocked', 'rate-limited', 'expired', 'host-not-allowed', 'malformed-request'])[1 + site % 5],
            '', (luck > 0.96)::int)
) AS also (kind, code, algorithm, times)
WHERE times > 0
GROUP BY 1, sitekey, kind, code, country, asn, algorithm
ORDER BY 1, 2;

-- name: done
DROP TABLE visitors;
INSERT INTO rollup_hours (hour, marked_at)
SELECT hour, hour FROM generate_series('$DAY'::timestamptz, '$DAY'::timestamptz + interval '23 hours', interval '1 hour') AS hour
WHERE EXISTS (SELECT FROM redeemed WHERE redeemed_at >= hour AND redeemed_at < hour + interval '1 hour');
