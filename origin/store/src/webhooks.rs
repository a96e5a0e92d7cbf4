//! Webhooks, the history of their messages, and the recipients of notification
//! emails. Messages wait in `deliveries`; posting is in `notifications`.

mod change;

use munjigi_domain::accounts::Id;
use munjigi_domain::entropy::Entropy;
use munjigi_domain::timestamp::{from_timestamp, to_timestamp};
use munjigi_domain::webhooks::{DeliveryFailure, Event, GIVE_UP_AFTER};
use munjigi_keys::UnixMillis;
use serde_json::Value;
use sqlx::{PgConnection, PgPool};
use time::{Duration, OffsetDateTime};

use super::DatabaseError;
use super::deliveries::{self, Topic, Wanted};

pub use change::{AddWebhook, ChangeWebhook, SetRecipients, Tested, WebhookChange, WebhookRefused};

/// Days for which deliveries are shown.
const DELIVERED_DAYS: i64 = 7;
/// Days for which deliveries that were given up are shown.
const FAILED_DAYS: i64 = 30;
/// A recipient gets at most one email in this period, about everything that
/// began in the meantime.
const LETTER_EVERY: Duration = Duration::hours(1);

/// The context that a webhook's secret is sealed with.
pub fn vault_row(webhook: &Id) -> String {
    format!("webhook:{webhook}")
}

/// A webhook as its organisation sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Webhook {
    /// The id used in forms.
    pub id: Id,
    pub url: String,
    /// `live` or `paused`.
    pub state: String,
    /// Since when messages are being given up; `None` if they are not.
    pub failing_since: Option<OffsetDateTime>,
    /// Messages that wait.
    pub waiting: i64,
}

/// An organisation's webhooks, oldest first.
pub async fn of_organisation(
    pool: &PgPool,
    organisation: &Id,
) -> Result<Vec<Webhook>, DatabaseError> {
    let webhooks = sqlx::query_as!(
        Webhook,
        r#"SELECT id, url, state, failing_since, (
            SELECT count(*) FROM webhook_deliveries
            WHERE webhook = webhooks.id AND delivered_at IS NULL AND failed_at IS NULL
        ) AS "waiting!"
        FROM webhooks WHERE organisation = $1 ORDER BY created_at, id"#,
        organisation.as_str()
    )
    .fetch_all(pool)
    .await?;
    Ok(webhooks)
}

/// A message, delivered, waiting or given up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// The header `webhook-id`.
    pub id: String,
    pub url: String,
    pub event: String,
    pub queued_at: OffsetDateTime,
    /// The next attempt; `None` if there is none.
    pub next_try_at: Option<OffsetDateTime>,
    /// Attempts so far.
    pub attempts: i32,
    /// The status of the receiver's last answer.
    pub last_status: Option<i16>,
    /// Why the last attempt failed, in English.
    pub last_error: Option<String>,
    pub last_failure: Option<Value>,
    /// When it was delivered; `None` if it was not.
    pub delivered_at: Option<OffsetDateTime>,
}

impl Delivery {
    /// Why the last attempt failed. `None` where only `last_error` says it,
    /// because another version of this program wrote the row.
    pub fn failure(&self) -> Option<DeliveryFailure> {
        let failure: DeliveryFailure = serde_json::from_value(self.last_failure.clone()?).ok()?;
        (self.last_error.as_ref() == Some(&failure.to_string())).then_some(failure)
    }
}

/// An organisation's messages, newest first.
pub async fn deliveries(
    pool: &PgPool,
    organisation: &Id,
    most: i64,
) -> Result<Vec<Delivery>, DatabaseError> {
    // A message behind a pause has been due since it was queued.
    let deliveries = sqlx::query_as!(
        Delivery,
        r#"SELECT message.id, url, event, message.queued_at,
            CASE WHEN delivered_at IS NULL AND failed_at IS NULL
                THEN coalesce(next_try_at, message.queued_at) END AS next_try_at,
            message.attempts, last_status, message.last_error, last_failure, delivered_at
        FROM webhook_deliveries AS message
        JOIN webhooks ON webhooks.id = webhook
        LEFT JOIN deliveries ON topic = 'webhooks' AND key = message.id
        WHERE organisation = $1 ORDER BY message.queued_at DESC, message.id LIMIT $2"#,
        organisation.as_str(),
        most
    )
    .fetch_all(pool)
    .await?;
    Ok(deliveries)
}

/// A webhook's address and sealed secret, for testing it.
pub async fn find(
    pool: &PgPool,
    organisation: &Id,
    webhook: &Id,
) -> Result<Option<(String, Vec<u8>)>, DatabaseError> {
    let row = sqlx::query!(
        "SELECT url, secret FROM webhooks WHERE organisation = $1 AND id = $2",
        organisation.as_str(),
        webhook.as_str()
    )
    .fetch_optional(pool)
    .await?;
    Ok(row.map(|row| (row.url, row.secret)))
}

/// The members who receive an organisation's notification emails.
pub async fn recipients(
    connection: impl sqlx::PgExecutor<'_>,
    organisation: &Id,
) -> Result<Vec<Recipient>, DatabaseError> {
    let recipients = sqlx::query_as!(
        Recipient,
        "SELECT account, email FROM told_by_mail JOIN accounts ON accounts.id = account
        WHERE organisation = $1 ORDER BY email",
        organisation.as_str()
    )
    .fetch_all(connection)
    .await?;
    Ok(recipients)
}

/// A recipient of notification emails.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipient {
    pub account: Id,
    pub email: String,
}

/// A recipient, and since when they were not notified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Untold {
    pub email: String,
    pub locale: String,
    /// Anomalies that began earlier are known to them, or were not wanted.
    pub since: UnixMillis,
}

/// Records that recipients who got no email for an hour are notified now about
/// something that began at `newest`; returns them.
pub async fn tell(
    connection: &mut PgConnection,
    organisation: &Id,
    newest: UnixMillis,
    now: UnixMillis,
) -> Result<Vec<Untold>, DatabaseError> {
    let rows = sqlx::query!(
        r#"WITH untold AS (
            SELECT organisation, account, GREATEST(since, told_at + interval '1 millisecond') AS from_when
            FROM told_by_mail
            WHERE organisation = $1 AND (told_at IS NULL OR told_at <= $3)
                AND GREATEST(since, told_at + interval '1 millisecond') <= $4
            FOR UPDATE
        ), told AS (
            UPDATE told_by_mail SET told_at = $2 FROM untold
            WHERE told_by_mail.organisation = untold.organisation
                AND told_by_mail.account = untold.account
        )
        SELECT email, locale, from_when AS "from_when!"
        FROM untold JOIN accounts ON accounts.id = untold.account ORDER BY email"#,
        organisation.as_str(),
        to_timestamp(now),
        to_timestamp(now) - LETTER_EVERY,
        to_timestamp(newest)
    )
    .fetch_all(connection)
    .await?;
    let untold = rows.into_iter().map(|row| Untold {
        email: row.email,
        locale: row.locale,
        since: from_timestamp(row.from_when),
    });
    Ok(untold.collect())
}

/// Queues a message to every live webhook of an organisation, in the caller's
/// transaction.
pub async fn queue(
    connection: &mut PgConnection,
    organisation: &Id,
    (event, body): (Event, &str),
    now: UnixMillis,
    entropy: &Entropy,
) -> Result<(), DatabaseError> {
    let live = sqlx::query_scalar!(
        "SELECT id FROM webhooks WHERE organisation = $1 AND state = 'live' ORDER BY id",
        organisation.as_str()
    )
    .fetch_all(&mut *connection)
    .await?;
    let ids: Vec<String> = live.iter().map(|_| message_id(entropy)).collect();
    sqlx::query!(
        "INSERT INTO webhook_deliveries (id, webhook, event, queued_at)
        SELECT id, webhook, $3, $4 FROM unnest($1::text[], $2::text[]) AS one (id, webhook)",
        &ids,
        &live,
        event.as_str(),
        to_timestamp(now)
    )
    .execute(&mut *connection)
    .await?;
    for id in &ids {
        // As a text, because its bytes are signed.
        let payload = Some(Value::String(body.to_owned()));
        let wanted = Wanted { topic: Topic::Webhooks, key: id, version: 1, payload };
        deliveries::queue(connection, wanted, now).await?;
    }
    Ok(())
}

/// A new `webhook-id`. Without full stops, as the specification requires.
pub fn message_id(entropy: &Entropy) -> String {
    format!("msg_{}", Id::draw(entropy))
}

#[derive(Debug, Clone)]
pub struct Destination {
    pub webhook: Id,
    pub url: String,
    /// The signing secret, sealed.
    pub secret: Vec<u8>,
    pub state: Destined,
}

/// Whether a webhook takes messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Destined {
    Live,
    Paused,
}

/// Where this message goes; `None` if its webhook was deleted.
pub async fn destination(pool: &PgPool, id: &str) -> Result<Option<Destination>, DatabaseError> {
    let row = sqlx::query!(
        "SELECT webhook, url, secret, state FROM webhook_deliveries AS message
        JOIN webhooks ON webhooks.id = webhook WHERE message.id = $1",
        id
    )
    .fetch_optional(pool)
    .await?;
    Ok(row.map(|row| Destination {
        webhook: row.webhook.into(),
        url: row.url,
        secret: row.secret,
        state: if row.state == "live" { Destined::Live } else { Destined::Paused },
    }))
}

/// The outcome of an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WebhookResult {
    /// Accepted, with this status.
    Delivered(u16),
    /// Failed, to be retried.
    Failed(DeliveryFailure),
    /// Failed, without another retry.
    GivenUp(DeliveryFailure),
}

impl WebhookResult {
    const fn failure(&self) -> Option<&DeliveryFailure> {
        match self {
            Self::Delivered(_) => None,
            Self::Failed(failure) | Self::GivenUp(failure) => Some(failure),
        }
    }

    /// As the column has it.
    fn status(&self) -> Option<i16> {
        let status = match self {
            Self::Delivered(status) => Some(*status),
            Self::Failed(failure) | Self::GivenUp(failure) => failure.status(),
        };
        status.and_then(|status| i16::try_from(status).ok())
    }
}

/// A failure in English, and as data.
fn stored(failure: Option<&DeliveryFailure>) -> (Option<String>, Option<Value>) {
    let value = failure.and_then(|failure| serde_json::to_value(failure).ok());
    (failure.map(ToString::to_string), value)
}

/// Records the outcome of an attempt, unless the end of the message is recorded.
pub async fn note(
    connection: &mut PgConnection,
    id: &str,
    outcome: &WebhookResult,
    now: UnixMillis,
) -> Result<(), DatabaseError> {
    let now = to_timestamp(now);
    let (error, failure) = stored(outcome.failure());
    let (delivered_at, failed_at) = match outcome {
        WebhookResult::Delivered(_) => (Some(now), None),
        WebhookResult::Failed(_) => (None, None),
        WebhookResult::GivenUp(_) => (None, Some(now)),
    };
    // It wants nothing more: the webhook is paused.
    let is_gone = matches!(outcome, WebhookResult::GivenUp(failure) if failure.is_gone());
    let webhook = sqlx::query_scalar!(
        "UPDATE webhook_deliveries SET
            attempts = attempts + 1, last_status = $2, last_error = $3, last_failure = $4,
            delivered_at = $5, failed_at = $6
        WHERE id = $1 AND delivered_at IS NULL AND failed_at IS NULL
        RETURNING webhook",
        id,
        outcome.status(),
        error,
        failure,
        delivered_at,
        failed_at
    )
    .fetch_optional(&mut *connection)
    .await?;
    let Some(webhook) = webhook else { return Ok(()) };
    sqlx::query!(
        "UPDATE webhooks SET
            failing_since = CASE
                WHEN $2::timestamptz IS NOT NULL THEN NULL
                WHEN $3::timestamptz IS NOT NULL THEN coalesce(failing_since, $3)
                ELSE failing_since
            END,
            state = CASE WHEN $4 THEN 'paused' ELSE state END
        WHERE id = $1",
        webhook,
        delivered_at,
        failed_at,
        is_gone
    )
    .execute(&mut *connection)
    .await?;
    if is_gone {
        let waiting = waiting(&mut *connection, &webhook).await?;
        deliveries::hold(connection, Topic::Webhooks, &waiting).await?;
    }
    Ok(())
}

/// The messages of a webhook that are neither accepted nor given up.
async fn waiting(
    connection: &mut PgConnection,
    webhook: &str,
) -> Result<Vec<String>, DatabaseError> {
    let ids = sqlx::query_scalar!(
        "SELECT id FROM webhook_deliveries
        WHERE webhook = $1 AND delivered_at IS NULL AND failed_at IS NULL ORDER BY id",
        webhook
    )
    .fetch_all(connection)
    .await?;
    Ok(ids)
}

/// Gives up messages that waited too long behind a pause, and deletes those
/// that ended long ago.
pub async fn sweep(connection: &mut PgConnection, now: UnixMillis) -> Result<u64, DatabaseError> {
    let before = from_timestamp(to_timestamp(now) - GIVE_UP_AFTER - Duration::hours(1));
    let late = deliveries::give_up_queued_before(connection, Topic::Webhooks, before, now).await?;
    let late: Vec<String> = late.into_iter().map(|(id, _)| id).collect();
    let now = to_timestamp(now);
    let (error, failure) = stored(Some(&DeliveryFailure::PausedTooLong));
    sqlx::query!(
        "UPDATE webhook_deliveries SET
            failed_at = $2,
            last_error = coalesce(last_error, $3),
            last_failure = CASE WHEN last_error IS NULL THEN $4 ELSE last_failure END
        WHERE id = ANY ($1) AND delivered_at IS NULL AND failed_at IS NULL",
        &late,
        now,
        error,
        failure
    )
    .execute(&mut *connection)
    .await?;
    let gone = sqlx::query!(
        "DELETE FROM webhook_deliveries WHERE delivered_at < $1 OR failed_at < $2",
        now - Duration::days(DELIVERED_DAYS),
        now - Duration::days(FAILED_DAYS)
    )
    .execute(connection)
    .await?;
    Ok(gone.rows_affected())
}
