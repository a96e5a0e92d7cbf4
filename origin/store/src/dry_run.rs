//! Visits of the last day as they were counted, and redemptions as they were
//! recorded, for dry runs. Reading is bounded in rows and time, newest first.

use std::time::Duration;

use munjigi_domain::dry_run::{Did, Scored, Visits};
use munjigi_domain::timestamp::to_timestamp;
use munjigi_keys::UnixMillis;
use munjigi_process::clock::Deadline;
use munjigi_protocol::Signs;
use sqlx::{PgConnection, PgPool};
use time::OffsetDateTime;

use super::DatabaseError;

const MINUTE_MILLIS: u64 = 60_000;
const HOUR_MILLIS: u64 = 60 * MINUTE_MILLIS;

const HOURS: u64 = 24;

/// The limits of a read.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// Rows of counts, and as many redemptions.
    pub rows: i64,
    /// Time for all of them. One hour of counts is read in at most
    /// [`HOUR_TIMEOUT`] more.
    pub time: Duration,
}

/// What a page can wait for.
pub const BOUNDS: Bounds = Bounds { rows: 50_000, time: Duration::from_secs(3) };

/// How long Postgres may take over one hour.
const HOUR_TIMEOUT: &str = "SET LOCAL statement_timeout = '2s'";

/// The visits that were read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remembered {
    /// Similar visits grouped, separately for each hour.
    pub visits: Vec<Visits>,
    /// Everything since this time was read; some earlier visits may be
    /// included.
    pub since: UnixMillis,
    /// Whether that is the whole day.
    pub is_whole: bool,
}

/// Whether redemptions are read, which alone tell scores and signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Redemptions {
    Read,
    LeftOut,
}

/// Reads a site's last day, hour by hour, from now backwards.
pub async fn last_day(
    pool: &PgPool,
    sitekey: &str,
    redemptions: Redemptions,
    bounds: Bounds,
    now: UnixMillis,
) -> Result<Remembered, DatabaseError> {
    let deadline = Deadline::after(bounds.time);
    let end = (now.0 / MINUTE_MILLIS + 1) * MINUTE_MILLIS;
    let mut remembered = Remembered { visits: Vec::new(), since: UnixMillis(end), is_whole: false };
    let (mut left, mut redeemed_left) = (bounds.rows, bounds.rows);
    let mut transaction = pool.begin().await?;
    sqlx::query(HOUR_TIMEOUT).execute(&mut *transaction).await?;
    for hour in 1..=HOURS {
        if deadline.is_past() {
            return Ok(remembered);
        }
        let from = UnixMillis(end.saturating_sub(hour * HOUR_MILLIS));
        let span = (to_timestamp(from), to_timestamp(remembered.since));
        let visits = match read(&mut transaction, sitekey, span, left).await {
            Ok(visits) => visits,
            Err(error) if is_cancelled(&error) => return Ok(remembered),
            Err(error) => return Err(error.into()),
        };
        left -= visits.iter().map(|row| row.rows).sum::<i64>();
        remembered.visits.extend(visits.into_iter().map(Row::visits));
        if redemptions == Redemptions::Read {
            let visits = match redeemed(&mut transaction, sitekey, span, redeemed_left).await {
                Ok(visits) => visits,
                Err(error) if is_cancelled(&error) => return Ok(remembered),
                Err(error) => return Err(error.into()),
            };
            redeemed_left -= visits.iter().map(|row| row.count).sum::<i64>();
            remembered.visits.extend(visits.into_iter().map(Redeemed::visits));
        }
        if left <= 0 || redeemed_left <= 0 {
            return Ok(remembered);
        }
        remembered.since = from;
    }
    remembered.is_whole = true;
    Ok(remembered)
}

struct Row {
    passed: bool,
    hostname: String,
    action: String,
    country: String,
    asn: i64,
    count: i64,
    rows: i64,
}

impl Row {
    fn visits(self) -> Visits {
        Visits {
            did: if self.passed { Did::Pass } else { Did::Come },
            hostname: self.hostname,
            action: self.action,
            country: self.country,
            asn: u32::try_from(self.asn).unwrap_or_default(),
            scored: None,
            count: self.count.unsigned_abs(),
        }
    }
}

struct Redeemed {
    hostname: String,
    action: String,
    country: String,
    asn: i64,
    score: i16,
    signs: i64,
    count: i64,
}

impl Redeemed {
    fn visits(self) -> Visits {
        Visits {
            did: Did::Redeem,
            hostname: self.hostname,
            action: self.action,
            country: self.country,
            asn: u32::try_from(self.asn).unwrap_or_default(),
            scored: Some(Scored {
                score: u8::try_from(self.score).unwrap_or_default(),
                signs: Signs::of_bits(self.signs.cast_unsigned()),
            }),
            count: self.count.unsigned_abs(),
        }
    }
}

async fn redeemed(
    connection: &mut PgConnection,
    sitekey: &str,
    (from, to): (OffsetDateTime, OffsetDateTime),
    limit: i64,
) -> Result<Vec<Redeemed>, sqlx::Error> {
    sqlx::query_as!(
        Redeemed,
        r#"SELECT hostname, action, country, asn, score, signs, count(*) AS "count!"
        FROM (
            SELECT hostname, action, country, asn, score, signs
            FROM redeemed
            WHERE sitekey = $1 AND redeemed_at >= $2 AND redeemed_at < $3
            ORDER BY redeemed_at DESC
            LIMIT $4
        ) AS them
        GROUP BY hostname, action, country, asn, score, signs"#,
        sitekey,
        from,
        to,
        limit
    )
    .fetch_all(connection)
    .await
}

/// Minute by minute, because the table's key begins with the minute: a range of
/// minutes would read every site's rows.
async fn read(
    connection: &mut PgConnection,
    sitekey: &str,
    (from, to): (OffsetDateTime, OffsetDateTime),
    limit: i64,
) -> Result<Vec<Row>, sqlx::Error> {
    sqlx::query_as!(
        Row,
        r#"SELECT passed AS "passed!", hostname AS "hostname!", action AS "action!",
            country AS "country!", asn AS "asn!", sum(count)::bigint AS "count!",
            count(*) AS "rows!"
        FROM (
            SELECT part.* FROM
                generate_series(
                    $2::timestamptz, $3::timestamptz - interval '1 minute', interval '1 minute'
                ) AS at,
                LATERAL (
                    SELECT kind = 'solved' AS passed, hostname, action, country, asn, count
                    FROM minute_counts
                    WHERE minute = at AND minute >= $2 AND minute < $3 AND sitekey = $1
                        AND (kind IN ('issued', 'solved') OR kind = 'refused' AND code = 'blocked')
                ) AS part
            LIMIT $4
        ) AS them
        GROUP BY passed, hostname, action, country, asn"#,
        sitekey,
        from,
        to,
        limit
    )
    .fetch_all(connection)
    .await
}

/// Whether Postgres cancelled the query because of its timeout.
pub(crate) fn is_cancelled(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code);
    code.as_deref() == Some("57014")
}
