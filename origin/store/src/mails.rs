//! Emails: their recipients and outcomes. Their text waits in `deliveries`
//! and is gone once they are sent or given up. Talking to the server is in
//! `mail`.

use munjigi_domain::email::Email;
use munjigi_domain::email::GIVE_UP_AFTER;
use munjigi_domain::timestamp::{from_timestamp, to_timestamp};
use munjigi_keys::UnixMillis;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sqlx::PgConnection;
use time::Duration;

use super::DatabaseError;
use super::deliveries::{self, Topic, Wanted};

/// Days for which sent emails are kept.
const SENT_DAYS: i64 = 7;
/// Days for which emails that were given up are kept, with the reason.
const FAILED_DAYS: i64 = 30;

/// An email as it waits.
#[derive(Debug, Serialize, Deserialize)]
struct Payload {
    #[serde(rename = "to")]
    to: String,
    #[serde(rename = "subject")]
    subject: String,
    #[serde(rename = "text")]
    text: String,
    #[serde(rename = "html")]
    html: Option<String>,
}

/// Queues an email in the caller's transaction: it is sent once that commits,
/// and never if it does not. Returns the email's number.
pub async fn queue(
    connection: &mut PgConnection,
    message: &Email,
    now: UnixMillis,
) -> Result<i64, DatabaseError> {
    let id = sqlx::query_scalar!(
        "INSERT INTO mails (recipient, subject, queued_at) VALUES ($1, $2, $3) RETURNING id",
        message.to.as_str(),
        message.subject.as_str(),
        to_timestamp(now)
    )
    .fetch_one(&mut *connection)
    .await?;
    let payload = Payload {
        to: message.to.as_str().to_owned(),
        subject: message.subject.as_str().to_owned(),
        text: message.text.clone(),
        html: message.html.clone(),
    };
    let payload =
        serde_json::to_value(payload).map_err(|error| sqlx::Error::Encode(Box::new(error)))?;
    let key = id.to_string();
    let wanted = Wanted { topic: Topic::Emails, key: &key, version: 1, payload: Some(payload) };
    deliveries::queue(connection, wanted, now).await?;
    Ok(id)
}

/// Reads an email that waits; `None` if an earlier release wrote one that this
/// one cannot read.
pub fn message(payload: Option<&Value>) -> Option<Email> {
    let payload = Payload::deserialize(payload?).ok()?;
    Some(Email {
        to: payload.to.parse().ok()?,
        subject: payload.subject.parse().ok()?,
        text: payload.text,
        html: payload.html,
    })
}

/// Records that the server accepted an email, unless its end is recorded.
pub async fn sent(
    connection: &mut PgConnection,
    key: &str,
    now: UnixMillis,
) -> Result<(), DatabaseError> {
    sqlx::query!(
        "UPDATE mails SET sent_at = $2
        WHERE id::text = $1 AND sent_at IS NULL AND failed_at IS NULL",
        key,
        to_timestamp(now)
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Records why an email was given up, unless its end is recorded.
pub async fn given_up(
    connection: &mut PgConnection,
    key: &str,
    error: &str,
    now: UnixMillis,
) -> Result<(), DatabaseError> {
    sqlx::query!(
        "UPDATE mails SET failed_at = $2, last_error = $3
        WHERE id::text = $1 AND sent_at IS NULL AND failed_at IS NULL",
        key,
        to_timestamp(now),
        error
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Gives up emails that waited too long without an attempt, and deletes those
/// that were sent or given up long ago.
pub async fn sweep(connection: &mut PgConnection, now: UnixMillis) -> Result<u64, DatabaseError> {
    let before = from_timestamp(to_timestamp(now) - GIVE_UP_AFTER);
    let late = deliveries::give_up_queued_before(connection, Topic::Emails, before, now).await?;
    for (key, error) in late {
        given_up(connection, &key, error.as_deref().unwrap_or("never tried"), now).await?;
    }
    let now = to_timestamp(now);
    let gone = sqlx::query!(
        "DELETE FROM mails WHERE sent_at < $1 OR failed_at < $2",
        now - Duration::days(SENT_DAYS),
        now - Duration::days(FAILED_DAYS)
    )
    .execute(connection)
    .await?;
    Ok(gone.rows_affected())
}
