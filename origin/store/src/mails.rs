//! The outbox for the mail server: one row per email. Talking to the server is
//! in `mail`.

use munjigi_domain::email::GIVE_UP_AFTER;
use munjigi_domain::email::Letter;
use munjigi_domain::timestamp::{from_timestamp, to_timestamp};
use munjigi_keys::UnixMillis;
use sqlx::{PgConnection, PgPool};
use time::Duration;

use super::StoreError;

/// The channel on which `LISTEN` announces new emails.
pub const CHANNEL: &str = "munjigi_mails";

/// How long a sender has for one email, including recording the result.
const LEASE: Duration = Duration::minutes(2);

/// Days for which sent emails are kept.
const SENT_DAYS: i64 = 7;
/// Days for which emails that were given up are kept, with the reason.
const FAILED_DAYS: i64 = 30;

/// Queues an email in the caller's transaction: it is sent once that commits,
/// and never if it does not. Returns the email's number.
pub async fn queue(
    connection: &mut PgConnection,
    letter: &Letter,
    now: UnixMillis,
) -> Result<i64, StoreError> {
    let id = sqlx::query_scalar!(
        "INSERT INTO mails (recipient, subject, text_body, html_body, queued_at, next_try_at)
        VALUES ($1, $2, $3, $4, $5, $5) RETURNING id",
        letter.to.as_str(),
        letter.subject.as_str(),
        letter.text,
        letter.html,
        to_timestamp(now)
    )
    .fetch_one(connection)
    .await?;
    Ok(id)
}

/// An email to send.
#[derive(Debug, Clone)]
pub struct Due {
    pub id: i64,
    /// `None` if an earlier release wrote an email that this one cannot read.
    pub letter: Option<Letter>,
    pub queued_at: UnixMillis,
    /// Failed attempts.
    pub attempts: u32,
}

/// Leases the emails that are due, oldest first.
pub async fn lease(pool: &PgPool, now: UnixMillis, most: i64) -> Result<Vec<Due>, StoreError> {
    let now = to_timestamp(now);
    let rows = sqlx::query!(
        "UPDATE mails SET leased_until = $2
        WHERE id IN (
            SELECT id FROM mails
            WHERE next_try_at <= $1 AND (leased_until IS NULL OR leased_until <= $1)
            ORDER BY next_try_at, id LIMIT $3 FOR UPDATE SKIP LOCKED
        )
        RETURNING id, recipient, subject, text_body, html_body, queued_at, attempts",
        now,
        now + LEASE,
        most
    )
    .fetch_all(pool)
    .await?;
    let due = rows.into_iter().map(|row| Due {
        id: row.id,
        letter: (|| {
            Some(Letter {
                to: row.recipient.parse().ok()?,
                subject: row.subject.parse().ok()?,
                text: row.text_body?,
                html: row.html_body,
            })
        })(),
        queued_at: from_timestamp(row.queued_at),
        attempts: row.attempts.unsigned_abs(),
    });
    Ok(due.collect())
}

/// When the next email is due; leased ones when their lease ends.
pub async fn next_try(pool: &PgPool) -> Result<Option<UnixMillis>, StoreError> {
    let at = sqlx::query_scalar!(
        r#"SELECT min(GREATEST(next_try_at, leased_until)) AS "at" FROM mails
        WHERE next_try_at IS NOT NULL"#
    )
    .fetch_one(pool)
    .await?;
    Ok(at.map(from_timestamp))
}

/// Records that the server accepted an email. If the lease ran out and another
/// sender recorded it first, that stands.
pub async fn sent(pool: &PgPool, id: i64, now: UnixMillis) -> Result<(), StoreError> {
    sqlx::query!(
        "UPDATE mails SET
            sent_at = $2, next_try_at = NULL, leased_until = NULL, last_error = NULL,
            text_body = NULL, html_body = NULL
        WHERE id = $1 AND next_try_at IS NOT NULL",
        id,
        to_timestamp(now)
    )
    .execute(pool)
    .await?;
    Ok(())
}

/// What follows a failed attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Afterwards {
    /// A retry at this time.
    TryAt(UnixMillis),
    /// Nothing: it was given up at this time.
    GivenUp(UnixMillis),
}

/// Records a failed attempt. If the lease ran out and another sender has sent
/// it in the meantime, that stands.
pub async fn failed(
    pool: &PgPool,
    id: i64,
    error: &str,
    afterwards: Afterwards,
) -> Result<(), StoreError> {
    let (next_try_at, failed_at) = match afterwards {
        Afterwards::TryAt(at) => (Some(to_timestamp(at)), None),
        Afterwards::GivenUp(at) => (None, Some(to_timestamp(at))),
    };
    sqlx::query!(
        "UPDATE mails SET
            attempts = attempts + 1, leased_until = NULL, last_error = $2,
            next_try_at = $3, failed_at = $4,
            text_body = CASE WHEN $4::timestamptz IS NULL THEN text_body END,
            html_body = CASE WHEN $4::timestamptz IS NULL THEN html_body END
        WHERE id = $1 AND next_try_at IS NOT NULL",
        id,
        error,
        next_try_at,
        failed_at
    )
    .execute(pool)
    .await?;
    Ok(())
}

/// How far behind the outbox is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backlog {
    pub waiting: u64,
    /// Milliseconds since the oldest of them was queued; 0 if there are none.
    pub lag_ms: u64,
}

/// The current backlog.
pub async fn backlog(pool: &PgPool, now: UnixMillis) -> Result<Backlog, StoreError> {
    let row = sqlx::query!(
        r#"SELECT count(*) AS "waiting!", min(queued_at) AS oldest FROM mails
        WHERE next_try_at IS NOT NULL"#
    )
    .fetch_one(pool)
    .await?;
    let lag_ms = row.oldest.map_or(0, |oldest| now.since(from_timestamp(oldest)));
    Ok(Backlog { waiting: row.waiting.unsigned_abs(), lag_ms })
}

/// Gives up emails that waited too long without an attempt, and deletes those
/// that were sent or given up long ago.
pub async fn sweep(connection: &mut PgConnection, now: UnixMillis) -> Result<u64, StoreError> {
    let now = to_timestamp(now);
    sqlx::query!(
        "UPDATE mails SET
            failed_at = $1, next_try_at = NULL, text_body = NULL, html_body = NULL,
            last_error = coalesce(last_error, 'never tried')
        WHERE next_try_at IS NOT NULL AND queued_at < $2
            AND (leased_until IS NULL OR leased_until <= $1)",
        now,
        now - GIVE_UP_AFTER
    )
    .execute(&mut *connection)
    .await?;
    let gone = sqlx::query!(
        "DELETE FROM mails WHERE sent_at < $1 OR failed_at < $2",
        now - Duration::days(SENT_DAYS),
        now - Duration::days(FAILED_DAYS)
    )
    .execute(connection)
    .await?;
    Ok(gone.rows_affected())
}
