//! The outbox of all topics: one row per topic and key holds the newest version
//! that the receiver should have, and the lease of the origin that is delivering
//! it. Only this module knows about leases. `munjigi_delivery` decides what
//! follows a failure; a topic's own module records its own facts, in the same
//! transaction.

#[cfg(test)]
mod tests;
mod topic;

use munjigi_domain::timestamp::{from_timestamp, to_timestamp};
use munjigi_keys::UnixMillis;
use serde_json::Value;
use sqlx::{PgConnection, PgExecutor, PgPool};

use super::DatabaseError;

pub use topic::Topic;

/// The `LISTEN` channel for queued deliveries; the payload of a notice is the
/// topic.
pub const CHANNEL: &str = "munjigi_deliveries";

/// What the receiver should have.
#[derive(Debug)]
pub struct Wanted<'a> {
    pub topic: Topic,
    /// Identifies the item within its topic.
    pub key: &'a str,
    pub version: u64,
    pub payload: Option<Value>,
}

/// Queues a version, in the caller's transaction. It replaces an earlier version
/// that was not delivered, and is due now.
pub async fn queue(
    connection: &mut PgConnection,
    wanted: Wanted<'_>,
    now: UnixMillis,
) -> Result<(), DatabaseError> {
    sqlx::query!(
        "INSERT INTO deliveries (topic, key, version, payload, queued_at, next_try_at)
        VALUES ($1, $2, $3, $4, $5, $5)
        ON CONFLICT (topic, key) DO UPDATE SET
            version = EXCLUDED.version, payload = EXCLUDED.payload,
            queued_at = EXCLUDED.queued_at, next_try_at = EXCLUDED.next_try_at,
            attempts = 0, last_error = NULL",
        wanted.topic.as_str(),
        wanted.key,
        bigint(wanted.version),
        wanted.payload,
        to_timestamp(now)
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Queues everything of a topic again, unchanged: the receiver treats an
/// equal version as success.
pub async fn queue_again(
    executor: impl PgExecutor<'_>,
    topic: Topic,
    now: UnixMillis,
) -> Result<u64, DatabaseError> {
    let queued = sqlx::query!(
        "UPDATE deliveries SET
            queued_at = CASE WHEN next_try_at IS NULL THEN $2 ELSE queued_at END,
            next_try_at = $2, attempts = 0
        WHERE topic = $1 AND (next_try_at IS NULL OR next_try_at > $2)",
        topic.as_str(),
        to_timestamp(now)
    )
    .execute(executor)
    .await?;
    Ok(queued.rows_affected())
}

/// Queues these of a topic again, unchanged.
pub async fn queue_keys_again(
    executor: impl PgExecutor<'_>,
    topic: Topic,
    keys: &[String],
    now: UnixMillis,
) -> Result<u64, DatabaseError> {
    let queued = sqlx::query!(
        "UPDATE deliveries SET
            queued_at = CASE WHEN next_try_at IS NULL THEN $3 ELSE queued_at END,
            next_try_at = $3, attempts = 0
        WHERE topic = $1 AND key = ANY ($2) AND (next_try_at IS NULL OR next_try_at > $3)",
        topic.as_str(),
        keys,
        to_timestamp(now)
    )
    .execute(executor)
    .await?;
    Ok(queued.rows_affected())
}

/// Ends every back-off of a topic.
pub async fn retry_now(
    connection: &mut PgConnection,
    topic: Topic,
    now: UnixMillis,
) -> Result<(), DatabaseError> {
    sqlx::query!(
        "UPDATE deliveries SET next_try_at = $2, attempts = 0
        WHERE topic = $1 AND next_try_at > $2",
        topic.as_str(),
        to_timestamp(now)
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// The version wanted, and what it contains; `None` if there never was one.
pub async fn wanted(
    connection: &mut PgConnection,
    topic: Topic,
    key: &str,
) -> Result<Option<(u64, Option<Value>)>, DatabaseError> {
    let row = sqlx::query!(
        "SELECT version, payload FROM deliveries WHERE topic = $1 AND key = $2",
        topic.as_str(),
        key
    )
    .fetch_optional(connection)
    .await?;
    Ok(row.map(|row| (row.version.unsigned_abs(), row.payload)))
}

/// One delivery to make.
#[derive(Debug, Clone)]
pub struct Due {
    pub topic: Topic,
    pub key: String,
    pub version: u64,
    pub payload: Option<Value>,
    pub queued_at: UnixMillis,
    /// Failed attempts at this version.
    pub attempts: u32,
}

#[derive(Debug, Clone, Copy)]
pub struct Lease {
    pub topic: Topic,
    pub now: UnixMillis,
    /// No one else delivers it before this time.
    pub until: UnixMillis,
    /// Leases at most so many.
    pub most: i64,
}

/// Leases due deliveries, oldest first. Leased rows are skipped, so the versions
/// of one key arrive one after the other.
pub async fn lease(pool: &PgPool, lease: Lease) -> Result<Vec<Due>, DatabaseError> {
    let topic = lease.topic;
    let rows = sqlx::query!(
        "UPDATE deliveries SET leased_until = $3
        WHERE topic = $1 AND key IN (
            SELECT key FROM deliveries
            WHERE topic = $1 AND next_try_at <= $2
                AND (leased_until IS NULL OR leased_until <= $2)
            ORDER BY next_try_at, queued_at, key LIMIT $4 FOR UPDATE SKIP LOCKED
        )
        RETURNING key, version, payload, queued_at, attempts",
        topic.as_str(),
        to_timestamp(lease.now),
        to_timestamp(lease.until),
        lease.most
    )
    .fetch_all(pool)
    .await?;
    let due = rows.into_iter().map(|row| Due {
        topic,
        key: row.key,
        version: row.version.unsigned_abs(),
        payload: row.payload,
        queued_at: from_timestamp(row.queued_at),
        attempts: row.attempts.unsigned_abs(),
    });
    Ok(due.collect())
}

/// Extends the lease of an attempt that takes long. A lease that has run out may
/// be another origin's by now, and is not extended.
pub async fn renew(
    pool: &PgPool,
    due: &Due,
    now: UnixMillis,
    until: UnixMillis,
) -> Result<(), DatabaseError> {
    sqlx::query!(
        "UPDATE deliveries SET leased_until = $4
        WHERE topic = $1 AND key = $2 AND leased_until > $3",
        due.topic.as_str(),
        due.key,
        to_timestamp(now),
        to_timestamp(until)
    )
    .execute(pool)
    .await?;
    Ok(())
}

/// When the next delivery of these topics is due; leased ones when their lease
/// ends.
pub async fn next_try(
    pool: &PgPool,
    topics: &[Topic],
) -> Result<Option<UnixMillis>, DatabaseError> {
    let topics: Vec<String> = topics.iter().map(|topic| topic.as_str().to_owned()).collect();
    let at = sqlx::query_scalar!(
        r#"SELECT min(GREATEST(next_try_at, leased_until)) AS "at" FROM deliveries
        WHERE topic = ANY ($1) AND next_try_at IS NOT NULL"#,
        &topics
    )
    .fetch_one(pool)
    .await?;
    Ok(at.map(from_timestamp))
}

/// The outcome of an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// The receiver has this version.
    Delivered,
    /// It failed, and is retried at this time.
    TryAt(UnixMillis),
    /// The receiver has a newer version than this database, which was restored
    /// from a backup: ours becomes this one, and is delivered at that time.
    Raised(u64, UnixMillis),
    /// Part of it is done, and the rest is due: earlier failures no longer count.
    Continued,
    /// The attempt was interrupted and does not count: it is due as before.
    Released,
    /// Delivery has ended without success.
    GivenUp,
    /// It waits until it is resumed.
    Held,
}

/// Records an outcome, in the transaction that records the topic's own facts, and
/// after them, so that rows are always locked in the same order. A version queued in the meantime keeps its own time.
/// If the lease ran out and another origin ended the delivery first, that stands.
pub async fn record(
    connection: &mut PgConnection,
    due: &Due,
    next: &Next,
    error: Option<&str>,
) -> Result<(), DatabaseError> {
    match next {
        Next::Delivered if due.topic.is_kept() => delivered(connection, due).await,
        Next::Delivered | Next::GivenUp => ended(connection, due).await,
        Next::TryAt(at) => failed(connection, due, error, *at).await,
        Next::Raised(version, at) => raised(connection, due, (*version, *at), error).await,
        Next::Continued => continued(connection, due).await,
        Next::Released => released(connection, due).await,
        Next::Held => held(connection, due).await,
    }
}

async fn continued(connection: &mut PgConnection, due: &Due) -> Result<(), DatabaseError> {
    sqlx::query!(
        "UPDATE deliveries SET leased_until = NULL, attempts = 0, last_error = NULL
        WHERE topic = $1 AND key = $2",
        due.topic.as_str(),
        due.key
    )
    .execute(connection)
    .await?;
    Ok(())
}

async fn released(connection: &mut PgConnection, due: &Due) -> Result<(), DatabaseError> {
    sqlx::query!(
        "UPDATE deliveries SET leased_until = NULL WHERE topic = $1 AND key = $2",
        due.topic.as_str(),
        due.key
    )
    .execute(connection)
    .await?;
    Ok(())
}

async fn held(connection: &mut PgConnection, due: &Due) -> Result<(), DatabaseError> {
    sqlx::query!(
        "UPDATE deliveries SET leased_until = NULL, next_try_at = NULL
        WHERE topic = $1 AND key = $2 AND version = $3",
        due.topic.as_str(),
        due.key,
        bigint(due.version)
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Holds these deliveries until they are resumed.
pub async fn hold(
    connection: &mut PgConnection,
    topic: Topic,
    keys: &[String],
) -> Result<(), DatabaseError> {
    sqlx::query!(
        "UPDATE deliveries SET next_try_at = NULL
        WHERE topic = $1 AND key = ANY ($2) AND next_try_at IS NOT NULL",
        topic.as_str(),
        keys
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Resumes the held ones among these deliveries: they are due now.
pub async fn resume(
    connection: &mut PgConnection,
    topic: Topic,
    keys: &[String],
    now: UnixMillis,
) -> Result<(), DatabaseError> {
    sqlx::query!(
        "UPDATE deliveries SET next_try_at = $3
        WHERE topic = $1 AND key = ANY ($2) AND next_try_at IS NULL",
        topic.as_str(),
        keys,
        to_timestamp(now)
    )
    .execute(connection)
    .await?;
    Ok(())
}

async fn delivered(connection: &mut PgConnection, due: &Due) -> Result<(), DatabaseError> {
    sqlx::query!(
        "UPDATE deliveries SET
            leased_until = NULL,
            next_try_at = CASE WHEN version = $3 THEN NULL ELSE next_try_at END,
            attempts = CASE WHEN version = $3 THEN 0 ELSE attempts END,
            last_error = CASE WHEN version = $3 THEN NULL ELSE last_error END
        WHERE topic = $1 AND key = $2",
        due.topic.as_str(),
        due.key,
        bigint(due.version)
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Nothing of it is kept; a version queued in the meantime is due.
async fn ended(connection: &mut PgConnection, due: &Due) -> Result<(), DatabaseError> {
    sqlx::query!(
        "WITH newer AS (
            UPDATE deliveries SET leased_until = NULL
            WHERE topic = $1 AND key = $2 AND version <> $3
        )
        DELETE FROM deliveries WHERE topic = $1 AND key = $2 AND version = $3",
        due.topic.as_str(),
        due.key,
        bigint(due.version)
    )
    .execute(connection)
    .await?;
    Ok(())
}

async fn failed(
    connection: &mut PgConnection,
    due: &Due,
    error: Option<&str>,
    next_try_at: UnixMillis,
) -> Result<(), DatabaseError> {
    // Without a time, it was ended or held in the meantime, and that stands.
    sqlx::query!(
        "UPDATE deliveries SET
            leased_until = NULL,
            next_try_at = CASE WHEN version = $3 AND next_try_at IS NOT NULL THEN $5
                ELSE next_try_at END,
            attempts = CASE WHEN version = $3 THEN attempts + 1 ELSE attempts END,
            last_error = CASE WHEN version = $3 AND next_try_at IS NOT NULL THEN $4
                ELSE last_error END
        WHERE topic = $1 AND key = $2",
        due.topic.as_str(),
        due.key,
        bigint(due.version),
        error,
        to_timestamp(next_try_at)
    )
    .execute(connection)
    .await?;
    Ok(())
}

async fn raised(
    connection: &mut PgConnection,
    due: &Due,
    (version, next_try_at): (u64, UnixMillis),
    error: Option<&str>,
) -> Result<(), DatabaseError> {
    // A payload that states its version states the raised one.
    sqlx::query!(
        "UPDATE deliveries SET
            version = $4, attempts = attempts + 1, leased_until = NULL,
            payload = CASE WHEN payload ? 'version'
                THEN jsonb_set(payload, '{version}', to_jsonb($4::bigint)) ELSE payload END,
            next_try_at = $6, last_error = $5
        WHERE topic = $1 AND key = $2 AND version = $3",
        due.topic.as_str(),
        due.key,
        bigint(due.version),
        bigint(version),
        error,
        to_timestamp(next_try_at)
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Ends what was queued before a time and is not being delivered; returns the
/// keys, with the last errors.
pub async fn give_up_queued_before(
    connection: &mut PgConnection,
    topic: Topic,
    before: UnixMillis,
    now: UnixMillis,
) -> Result<Vec<(String, Option<String>)>, DatabaseError> {
    let rows = sqlx::query!(
        "DELETE FROM deliveries WHERE topic = $1 AND queued_at < $2
            AND (leased_until IS NULL OR leased_until <= $3)
        RETURNING key, last_error",
        topic.as_str(),
        to_timestamp(before),
        to_timestamp(now)
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(|row| (row.key, row.last_error)).collect())
}

/// How far behind the deliveries of a topic are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Backlog {
    /// Deliveries that wait.
    pub pending: u64,
    /// Milliseconds since the oldest of them was queued; 0 if there are none.
    pub lag_ms: u64,
}

/// The current backlog of one topic.
pub async fn backlog_of(
    pool: &PgPool,
    topic: Topic,
    now: UnixMillis,
) -> Result<Backlog, DatabaseError> {
    let all = backlog(pool, now).await?;
    Ok(all.into_iter().find(|(of, _)| *of == topic).map(|(_, it)| it).unwrap_or_default())
}

/// The current backlog of every topic, in the order of `Topic::ALL`.
pub async fn backlog(
    pool: &PgPool,
    now: UnixMillis,
) -> Result<Vec<(Topic, Backlog)>, DatabaseError> {
    let rows = sqlx::query!(
        r#"SELECT topic, count(*) AS "pending!", min(queued_at) AS "oldest!" FROM deliveries
        WHERE next_try_at IS NOT NULL GROUP BY topic"#
    )
    .fetch_all(pool)
    .await?;
    let of = |topic: Topic| {
        let row = rows.iter().find(|row| row.topic == topic.as_str());
        let backlog = row.map(|row| Backlog {
            pending: row.pending.unsigned_abs(),
            lag_ms: now.since(from_timestamp(row.oldest)),
        });
        (topic, backlog.unwrap_or_default())
    };
    Ok(Topic::ALL.into_iter().map(of).collect())
}

fn bigint(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
