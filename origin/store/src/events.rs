//! Redeemed tokens: stores a batch, once per id.

use munjigi_domain::timestamp::to_timestamp;
use munjigi_keys::UnixMillis;
use munjigi_protocol::RedeemedEvent;
use sqlx::{PgConnection, PgPool};
use time::{Date, OffsetDateTime};

use super::{DatabaseError, Unit, nonces, rollups};

/// A batch as columns, in the order of the primary key: transactions that store
/// the same events at once then wait for each other instead of deadlocking. Ids
/// are unique.
#[derive(Debug, Default)]
pub struct EventColumns {
    redeemed_at: Vec<OffsetDateTime>,
    id: Vec<Vec<u8>>,
    solved_at: Vec<OffsetDateTime>,
    sitekey: Vec<String>,
    hostname: Vec<String>,
    action: Vec<String>,
    score: Vec<i16>,
    interactive: Vec<bool>,
    stepped: Vec<bool>,
    algorithm: Vec<String>,
    country: Vec<String>,
    asn: Vec<i64>,
    signs: Vec<i64>,
    rejected: Vec<i64>,
    hours: Vec<OffsetDateTime>,
    days: Vec<Date>,
}

impl EventColumns {
    /// Sorts a batch and transposes it into columns. Of duplicate events, the
    /// one with more rejections is kept.
    pub fn new(mut events: Vec<RedeemedEvent>) -> Self {
        events
            .sort_by_key(|event| (event.redeemed_at, event.id, std::cmp::Reverse(event.rejected)));
        events.dedup_by_key(|event| (event.redeemed_at, event.id));
        let mut columns = Self::default();
        for event in events {
            columns.push(event);
        }
        columns
    }

    pub fn len(&self) -> usize {
        self.id.len()
    }

    pub fn is_empty(&self) -> bool {
        self.id.is_empty()
    }

    fn push(&mut self, event: RedeemedEvent) {
        let redeemed_at = to_timestamp(UnixMillis(event.redeemed_at));
        let hour = rollups::hour(redeemed_at);
        if self.hours.last() != Some(&hour) {
            self.hours.push(hour);
        }
        if self.days.last() != Some(&redeemed_at.date()) {
            self.days.push(redeemed_at.date());
        }
        self.redeemed_at.push(redeemed_at);
        self.id.push(event.id.0.to_vec());
        self.solved_at.push(to_timestamp(UnixMillis(event.solved_at)));
        self.sitekey.push(event.sitekey);
        self.hostname.push(event.hostname);
        self.action.push(event.action);
        self.score.push(i16::from(event.score));
        self.interactive.push(event.interactive);
        self.stepped.push(event.stepped);
        self.algorithm.push(event.algorithm.as_str().to_owned());
        self.country.push(event.country);
        self.asn.push(i64::from(event.asn));
        self.signs.push(i64::try_from(event.signs.bits()).unwrap_or_default());
        self.rejected.push(i64::from(event.rejected));
    }
}

/// The position in this database's write-ahead log, for the edge, which keeps for a day
/// what was committed here. The history is another after a restore to a point in
/// time or to another database, and after a replica took over; the position only
/// rises, unless older files of the database were restored.
pub async fn log_position(pool: &PgPool) -> Result<String, DatabaseError> {
    let place = sqlx::query_scalar!(
        r#"SELECT format('%s-%s-%s:%s',
            (SELECT system_identifier FROM pg_control_system()),
            left(pg_walfile_name(pg_current_wal_insert_lsn()), 8),
            (SELECT oid FROM pg_database WHERE datname = current_database()),
            pg_current_wal_insert_lsn() - '0/0'::pg_lsn) AS "place!""#
    )
    .fetch_one(pool)
    .await?;
    Ok(place)
}

/// Stores a batch in one transaction.
#[derive(Debug)]
pub struct TakeEvents<'a> {
    pub nonce: &'a [u8; 16],
    pub events: &'a EventColumns,
    /// When the events arrived.
    pub now: UnixMillis,
}

/// The outcome of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventsTaken {
    /// Committed.
    Taken {
        /// Rows that did not exist before.
        new: u64,
        /// Rows whose count of rejections rose.
        raised: u64,
    },
    /// The call is a replay: its nonce was used before.
    Replayed,
}

impl Unit for TakeEvents<'_> {
    type Output = EventsTaken;

    async fn run(&self, connection: &mut PgConnection) -> Result<EventsTaken, DatabaseError> {
        if !nonces::take(connection, self.nonce, self.now).await? {
            return Ok(EventsTaken::Replayed);
        }
        let (new, raised) = insert(connection, self.events, self.now).await?;
        rollups::mark(connection, &self.events.hours, self.now).await?;
        Ok(EventsTaken::Taken { new, raised })
    }
}

async fn insert(
    connection: &mut PgConnection,
    events: &EventColumns,
    now: UnixMillis,
) -> Result<(u64, u64), DatabaseError> {
    sqlx::query!(
        "SELECT create_day_partition('redeemed', day) FROM unnest($1::date[]) AS day",
        &events.days
    )
    .fetch_all(&mut *connection)
    .await?;
    let counted = sqlx::query!(
        r#"WITH taken AS (
            INSERT INTO redeemed (
                redeemed_at, id, solved_at, sitekey, hostname, action, score, interactive,
                stepped, algorithm, country, asn, signs, rejected, received_at
            )
            SELECT *, $15::timestamptz FROM unnest(
                $1::timestamptz[], $2::bytea[], $3::timestamptz[], $4::text[], $5::text[],
                $6::text[], $7::smallint[], $8::boolean[], $9::boolean[], $10::text[],
                $11::text[], $12::bigint[], $13::bigint[], $14::bigint[]
            )
            ON CONFLICT (redeemed_at, id) DO UPDATE
                SET rejected = EXCLUDED.rejected, updated_at = EXCLUDED.received_at
                WHERE EXCLUDED.rejected > redeemed.rejected
            RETURNING updated_at
        )
        SELECT count(*) FILTER (WHERE updated_at IS NULL) AS "new!",
               count(updated_at) AS "raised!"
        FROM taken"#,
        &events.redeemed_at,
        &events.id,
        &events.solved_at,
        &events.sitekey,
        &events.hostname,
        &events.action,
        &events.score,
        &events.interactive,
        &events.stepped,
        &events.algorithm,
        &events.country,
        &events.asn,
        &events.signs,
        &events.rejected,
        to_timestamp(now)
    )
    .fetch_one(connection)
    .await?;
    Ok((counted.new.unsigned_abs(), counted.raised.unsigned_abs()))
}
