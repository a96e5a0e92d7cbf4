//! Minute counts: stores a batch, once per batch id.

use std::collections::BTreeMap;

use munjigi_domain::timestamp::to_timestamp;
use munjigi_keys::UnixMillis;
use munjigi_protocol::{BatchId, Count, SOLVE_MS_BUCKETS};
use sqlx::PgConnection;
use time::{Date, OffsetDateTime};

use super::outcomes::{self, OutcomeColumns};
use super::pictures::{self, PictureColumns};
use super::prices::{self, PriceColumns};
use super::{DatabaseError, Unit, nonces, rollups};

/// What one row counts, in the order of the primary key.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    minute: u64,
    sitekey: String,
    kind: &'static str,
    code: &'static str,
    hostname: String,
    action: String,
    country: String,
    asn: u32,
    algorithm: &'static str,
}

#[derive(Debug, Default)]
struct Sum {
    count: u64,
    /// Empty, or one number per bucket.
    solve_ms: Vec<u64>,
}

/// A batch as columns, summed per row and in the order of the primary key.
#[derive(Debug, Default)]
pub struct CountColumns {
    minute: Vec<OffsetDateTime>,
    sitekey: Vec<String>,
    kind: Vec<String>,
    code: Vec<String>,
    hostname: Vec<String>,
    action: Vec<String>,
    country: Vec<String>,
    asn: Vec<i64>,
    algorithm: Vec<String>,
    count: Vec<i64>,
    /// The buckets of all rows, concatenated: Postgres has no ragged arrays.
    buckets: Vec<i64>,
    /// Whether the row has buckets at all.
    bucketed: Vec<bool>,
    hours: Vec<OffsetDateTime>,
    days: Vec<Date>,
}

impl CountColumns {
    /// Sums and sorts a batch, and transposes it into columns.
    pub fn new(counts: Vec<Count>) -> Self {
        let mut sums: BTreeMap<Key, Sum> = BTreeMap::new();
        for count in counts {
            let (key, number, solve_ms) = split(count);
            let sum = sums.entry(key).or_default();
            sum.count += u64::from(number);
            if !solve_ms.is_empty() {
                sum.solve_ms.resize(SOLVE_MS_BUCKETS, 0);
                for (total, part) in sum.solve_ms.iter_mut().zip(solve_ms) {
                    *total += u64::from(part);
                }
            }
        }
        let mut columns = Self::default();
        for (key, sum) in sums {
            columns.push(key, &sum);
        }
        columns
    }

    pub fn len(&self) -> usize {
        self.minute.len()
    }

    pub fn is_empty(&self) -> bool {
        self.minute.is_empty()
    }

    fn push(&mut self, key: Key, sum: &Sum) {
        let minute = to_timestamp(UnixMillis(key.minute.saturating_mul(60_000)));
        let hour = rollups::hour(minute);
        if self.hours.last() != Some(&hour) {
            self.hours.push(hour);
        }
        if self.days.last() != Some(&minute.date()) {
            self.days.push(minute.date());
        }
        self.minute.push(minute);
        self.sitekey.push(key.sitekey);
        self.kind.push(key.kind.to_owned());
        self.code.push(key.code.to_owned());
        self.hostname.push(key.hostname);
        self.action.push(key.action);
        self.country.push(key.country);
        self.asn.push(i64::from(key.asn));
        self.algorithm.push(key.algorithm.to_owned());
        self.count.push(bigint(sum.count));
        self.bucketed.push(!sum.solve_ms.is_empty());
        let buckets = sum.solve_ms.iter().copied().chain(std::iter::repeat(0));
        self.buckets.extend(buckets.take(SOLVE_MS_BUCKETS).map(bigint));
    }
}

fn split(count: Count) -> (Key, u32, Vec<u32>) {
    let key = Key {
        minute: count.minute,
        sitekey: count.sitekey,
        kind: count.kind.as_str(),
        code: count.code.map_or("", munjigi_protocol::Code::as_str),
        hostname: count.hostname,
        action: count.action,
        country: count.country,
        asn: count.asn,
        algorithm: count.algorithm.map_or("", munjigi_protocol::Algorithm::as_str),
    };
    (key, count.count, count.solve_ms)
}

/// A batch's sum of u32 is far below the limit.
fn bigint(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// Stores a batch in one transaction.
#[derive(Debug)]
pub struct TakeCounts<'a> {
    pub nonce: &'a [u8; 16],
    pub batch: BatchId,
    pub counts: &'a CountColumns,
    /// The outcomes of pictures.
    pub pictures: &'a PictureColumns,
    /// What sites report about visitors.
    pub outcomes: &'a OutcomeColumns,
    /// What first challenges cost.
    pub prices: &'a PriceColumns,
    /// When the counts arrived.
    pub now: UnixMillis,
}

/// The outcome of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CountsTaken {
    /// Committed now.
    New,
    /// Committed before; nothing was counted twice.
    Repeated,
    /// The call is a replay: its nonce was used before.
    Replayed,
}

impl Unit for TakeCounts<'_> {
    type Output = CountsTaken;

    async fn run(&self, connection: &mut PgConnection) -> Result<CountsTaken, DatabaseError> {
        if !nonces::take(connection, self.nonce, self.now).await? {
            return Ok(CountsTaken::Replayed);
        }
        let batch = sqlx::query!(
            "INSERT INTO count_batches (batch, received_at) VALUES ($1, $2)
            ON CONFLICT DO NOTHING",
            &self.batch.0,
            to_timestamp(self.now)
        )
        .execute(&mut *connection)
        .await?;
        if batch.rows_affected() == 0 {
            return Ok(CountsTaken::Repeated);
        }
        add(connection, self.counts).await?;
        pictures::counts::add(connection, self.pictures).await?;
        outcomes::add(connection, self.outcomes).await?;
        prices::add(connection, self.prices).await?;
        rollups::mark(connection, &self.counts.hours, self.now).await?;
        Ok(CountsTaken::New)
    }
}

async fn add(connection: &mut PgConnection, counts: &CountColumns) -> Result<(), DatabaseError> {
    sqlx::query!(
        "SELECT create_day_partition('minute_counts', day) FROM unnest($1::date[]) AS day",
        &counts.days
    )
    .fetch_all(&mut *connection)
    .await?;
    sqlx::query!(
        "INSERT INTO minute_counts (
            minute, sitekey, kind, code, hostname, action, country, asn, algorithm, count, solve_ms
        )
        SELECT minute, sitekey, kind, code, hostname, action, country, asn, algorithm, count,
            CASE WHEN bucketed
                THEN ($12::bigint[])[(place - 1) * 12 + 1 : place * 12]
                ELSE '{}'
            END
        FROM unnest(
            $1::timestamptz[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[],
            $7::text[], $8::bigint[], $9::text[], $10::bigint[], $11::boolean[]
        ) WITH ORDINALITY AS batch (
            minute, sitekey, kind, code, hostname, action, country, asn, algorithm, count,
            bucketed, place
        )
        ON CONFLICT (minute, sitekey, kind, code, hostname, action, country, asn, algorithm)
        DO UPDATE SET
            count = minute_counts.count + EXCLUDED.count,
            solve_ms = add_buckets(minute_counts.solve_ms, EXCLUDED.solve_ms)",
        &counts.minute,
        &counts.sitekey,
        &counts.kind,
        &counts.code,
        &counts.hostname,
        &counts.action,
        &counts.country,
        &counts.asn,
        &counts.algorithm,
        &counts.count,
        &counts.bucketed,
        &counts.buckets
    )
    .execute(connection)
    .await?;
    Ok(())
}
