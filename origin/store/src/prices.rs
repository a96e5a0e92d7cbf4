//! What first challenges cost, by site and hour, and the fleets behind it.

use std::collections::BTreeMap;

use munjigi_domain::statistics::{Period, Span};
use munjigi_domain::timestamp::to_timestamp;
use munjigi_keys::UnixMillis;
use munjigi_protocol::{PRICE_BUCKETS, PriceCount};
use sqlx::{PgConnection, PgPool};
use time::{Date, Duration, OffsetDateTime};

use super::statistics::Scope;
use super::{DatabaseError, breakdowns, rollups};

/// Days for which fleets are kept.
const FLEET_DAYS: i64 = 30;

/// Fleets of a site and day that are kept: an attacker may change its software,
/// and each change needs networks of its own to count as a fleet. Those that are
/// kept are counted on, however many others come.
const MOST_FLEETS: i64 = 200;

/// A batch's prices as columns, summed per row and in the order of the primary
/// keys.
#[derive(Debug, Default)]
pub struct PriceColumns {
    hour: Vec<OffsetDateTime>,
    sitekey: Vec<String>,
    /// The buckets of all rows, concatenated.
    issued: Vec<i64>,
    fleets: FleetColumns,
}

#[derive(Debug, Default)]
struct FleetColumns {
    sitekey: Vec<String>,
    day: Vec<Date>,
    name: Vec<String>,
    first_seen: Vec<OffsetDateTime>,
    last_seen: Vec<OffsetDateTime>,
    networks: Vec<i64>,
    issued: Vec<i64>,
}

/// A fleet within one batch.
struct Seen {
    first: OffsetDateTime,
    last: OffsetDateTime,
    networks: u32,
    issued: i64,
}

impl PriceColumns {
    /// Sums and sorts a batch, and transposes it into columns.
    pub fn new(counts: Vec<PriceCount>) -> Self {
        let mut hours: BTreeMap<(OffsetDateTime, String), [i64; PRICE_BUCKETS]> = BTreeMap::new();
        let mut fleets: BTreeMap<(String, Date, String), Seen> = BTreeMap::new();
        for count in counts {
            let at = to_timestamp(UnixMillis(count.minute.saturating_mul(60_000)));
            for fleet in count.fleets {
                let key = (count.sitekey.clone(), at.date(), fleet.name);
                let seen = fleets.entry(key).or_insert(Seen {
                    first: at,
                    last: at,
                    networks: 0,
                    issued: 0,
                });
                (seen.first, seen.last) = (seen.first.min(at), seen.last.max(at));
                seen.networks = seen.networks.max(fleet.networks);
                seen.issued += i64::from(fleet.issued);
            }
            let sums = hours.entry((rollups::hour(at), count.sitekey)).or_default();
            for (sum, number) in sums.iter_mut().zip(count.issued) {
                *sum += i64::from(number);
            }
        }
        let mut columns = Self::default();
        for ((hour, sitekey), issued) in hours {
            columns.hour.push(hour);
            columns.sitekey.push(sitekey);
            columns.issued.extend(issued);
        }
        for ((sitekey, day, name), seen) in fleets {
            columns.fleets.push(sitekey, day, name, &seen);
        }
        columns
    }
}

impl FleetColumns {
    fn push(&mut self, sitekey: String, day: Date, name: String, seen: &Seen) {
        self.sitekey.push(sitekey);
        self.day.push(day);
        self.name.push(name);
        self.first_seen.push(seen.first);
        self.last_seen.push(seen.last);
        self.networks.push(i64::from(seen.networks));
        self.issued.push(seen.issued);
    }
}

/// Adds a batch.
pub(super) async fn add(
    connection: &mut PgConnection,
    prices: &PriceColumns,
) -> Result<(), DatabaseError> {
    if prices.hour.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        "INSERT INTO hourly_prices (hour, sitekey, issued)
        SELECT hour, sitekey, ($3::bigint[])[(place - 1) * 7 + 1 : place * 7]
        FROM unnest($1::timestamptz[], $2::text[]) WITH ORDINALITY AS batch (hour, sitekey, place)
        ON CONFLICT (hour, sitekey) DO UPDATE SET issued = ARRAY(
            SELECT one + other
            FROM unnest(hourly_prices.issued, EXCLUDED.issued) WITH ORDINALITY
                AS sums (one, other, place)
            ORDER BY place
        )",
        &prices.hour,
        &prices.sitekey,
        &prices.issued
    )
    .execute(&mut *connection)
    .await?;
    let fleets = &prices.fleets;
    sqlx::query!(
        "INSERT INTO fleets (sitekey, day, name, first_seen, last_seen, networks, issued)
        SELECT * FROM unnest(
            $1::text[], $2::date[], $3::text[], $4::timestamptz[], $5::timestamptz[],
            $6::bigint[], $7::bigint[]
        ) AS batch (sitekey, day, name, first_seen, last_seen, networks, issued)
        WHERE EXISTS (
            SELECT FROM fleets
            WHERE fleets.sitekey = batch.sitekey AND fleets.day = batch.day
                AND fleets.name = batch.name
        ) OR (
            SELECT count(*) FROM fleets
            WHERE fleets.sitekey = batch.sitekey AND fleets.day = batch.day
        ) < $8
        ON CONFLICT (sitekey, day, name) DO UPDATE
            SET first_seen = least(fleets.first_seen, EXCLUDED.first_seen),
                last_seen = greatest(fleets.last_seen, EXCLUDED.last_seen),
                networks = greatest(fleets.networks, EXCLUDED.networks),
                issued = fleets.issued + EXCLUDED.issued",
        &fleets.sitekey,
        &fleets.day,
        &fleets.name,
        &fleets.first_seen,
        &fleets.last_seen,
        &fleets.networks,
        &fleets.issued,
        MOST_FLEETS
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// What first challenges cost in one step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Priced {
    /// When the step begins.
    pub at: OffsetDateTime,
    /// By doublings of the floor.
    pub issued: [u64; PRICE_BUCKETS],
}

/// Prices step by step, without empty steps.
pub async fn series(
    pool: &PgPool,
    scope: Scope<'_>,
    period: Period,
    span: Span,
) -> Result<Vec<Priced>, DatabaseError> {
    let rows = sqlx::query!(
        r#"SELECT date_bin(make_interval(hours => $5), hour, $3) AS "at!",
            ARRAY[
                sum(issued[1]), sum(issued[2]), sum(issued[3]), sum(issued[4]), sum(issued[5]),
                sum(issued[6]), sum(issued[7])
            ]::bigint[] AS "issued!"
        FROM hourly_prices JOIN sites USING (sitekey)
        WHERE organisation = $1 AND ($2::text IS NULL OR sitekey = $2)
            AND hour >= $3 AND hour < $4
        GROUP BY 1 ORDER BY 1"#,
        scope.organisation.as_str(),
        scope.sitekey,
        to_timestamp(span.from),
        to_timestamp(span.to),
        i32::try_from(period.step_hours()).unwrap_or(1)
    )
    .fetch_all(pool)
    .await?;
    let priced = rows.into_iter().map(|row| {
        let mut issued = [0; PRICE_BUCKETS];
        for (sum, number) in issued.iter_mut().zip(row.issued) {
            *sum = number.unsigned_abs();
        }
        Priced { at: row.at, issued }
    });
    Ok(priced.collect())
}

/// A fleet of a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fleet {
    pub site: String,
    pub name: String,
    pub first_seen: OffsetDateTime,
    pub last_seen: OffsetDateTime,
    /// The most within one to two half-lives, about.
    pub networks: u64,
    /// First challenges.
    pub issued: u64,
}

/// The largest fleets of a time.
pub async fn fleets(
    pool: &PgPool,
    scope: Scope<'_>,
    span: Span,
    most: i64,
) -> Result<Vec<Fleet>, DatabaseError> {
    let rows = sqlx::query!(
        "SELECT sites.name AS site, fleets.name, first_seen, last_seen, networks, issued
        FROM fleets JOIN sites USING (sitekey)
        WHERE organisation = $1 AND ($2::text IS NULL OR sitekey = $2)
            AND day >= $3 AND last_seen >= $4
        ORDER BY issued DESC, fleets.name LIMIT $5",
        scope.organisation.as_str(),
        scope.sitekey,
        to_timestamp(span.from).date(),
        to_timestamp(span.from),
        most
    )
    .fetch_all(pool)
    .await?;
    let fleet = rows.into_iter().map(|row| Fleet {
        site: row.site,
        name: row.name,
        first_seen: row.first_seen,
        last_seen: row.last_seen,
        networks: row.networks.unsigned_abs(),
        issued: row.issued.unsigned_abs(),
    });
    Ok(fleet.collect())
}

/// Deletes what is past its days; returns how many rows.
pub(super) async fn sweep(
    connection: &mut PgConnection,
    now: OffsetDateTime,
) -> Result<u64, DatabaseError> {
    let prices = sqlx::query!(
        "DELETE FROM hourly_prices WHERE hour < $1",
        now - Duration::days(breakdowns::HOURLY_DAYS.into())
    )
    .execute(&mut *connection)
    .await?;
    let fleets = sqlx::query!(
        "DELETE FROM fleets WHERE day < $1",
        (now - Duration::days(FLEET_DAYS)).date()
    )
    .execute(connection)
    .await?;
    Ok(prices.rows_affected() + fleets.rows_affected())
}
