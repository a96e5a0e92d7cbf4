//! Replies to requests with an `Idempotency-Key`, kept for a day.

use munjigi_domain::timestamp::to_timestamp;
use munjigi_keys::UnixMillis;
use sqlx::PgPool;
use time::Duration;

use super::DatabaseError;

/// How long a reply is repeated.
pub const KEPT: Duration = Duration::hours(24);

/// Identifies a request.
#[derive(Debug, Clone, Copy)]
pub struct Keyed<'a> {
    /// The API key or session that sends it.
    pub caller: &'a str,
    /// The caller's `Idempotency-Key`.
    pub key: &'a str,
    /// SHA-256 of method, path and body.
    pub fingerprint: [u8; 32],
}

/// What is known about a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Known {
    /// Nothing: it is recorded now, and its reply is to be stored.
    New,
    Answered {
        /// HTTP status.
        status: u16,
        /// The body, sealed.
        reply: Vec<u8>,
    },
    /// It has started, and is in progress or was interrupted.
    Begun,
    /// Another request had the same key.
    Another,
}

/// Records a request, or returns what is known about it. One statement decides.
pub async fn begin(
    pool: &PgPool,
    request: Keyed<'_>,
    now: UnixMillis,
) -> Result<Known, DatabaseError> {
    let at = to_timestamp(now);
    let begun = sqlx::query!(
        "INSERT INTO api_replies (caller, key, fingerprint, begun_at) VALUES ($1, $2, $3, $4)
        ON CONFLICT (caller, key) DO UPDATE
            SET fingerprint = EXCLUDED.fingerprint, begun_at = EXCLUDED.begun_at,
                status = NULL, reply = NULL
            WHERE api_replies.begun_at <= $5",
        request.caller,
        request.key,
        &request.fingerprint,
        at,
        at - KEPT
    )
    .execute(pool)
    .await?;
    if begun.rows_affected() == 1 {
        return Ok(Known::New);
    }
    let row = sqlx::query!(
        "SELECT fingerprint, status, reply FROM api_replies WHERE caller = $1 AND key = $2",
        request.caller,
        request.key
    )
    .fetch_optional(pool)
    .await?;
    Ok(match row {
        // Removed at this very moment, because the request failed: a retry
        // starts it again.
        None => Known::Begun,
        Some(row) if row.fingerprint != request.fingerprint => Known::Another,
        Some(row) => match (row.status, row.reply) {
            (Some(status), Some(reply)) => Known::Answered { status: status.unsigned_abs(), reply },
            _ => Known::Begun,
        },
    })
}

/// Stores the reply.
pub async fn answered(
    pool: &PgPool,
    request: Keyed<'_>,
    status: u16,
    reply: &[u8],
) -> Result<(), DatabaseError> {
    sqlx::query!(
        "UPDATE api_replies SET status = $3, reply = $4 WHERE caller = $1 AND key = $2",
        request.caller,
        request.key,
        i16::try_from(status).unwrap_or(i16::MAX),
        reply
    )
    .execute(pool)
    .await?;
    Ok(())
}

/// Removes a request that changed nothing, so that it can be retried.
pub async fn forget(pool: &PgPool, request: Keyed<'_>) -> Result<(), DatabaseError> {
    sqlx::query!(
        "DELETE FROM api_replies WHERE caller = $1 AND key = $2",
        request.caller,
        request.key
    )
    .execute(pool)
    .await?;
    Ok(())
}
