//! Webhooks, their outbox, and the recipients of notification emails. Posting
//! is in `notifications`.

mod change;

use munjigi_domain::accounts::Id;
use munjigi_domain::entropy::Entropy;
use munjigi_domain::timestamp::{from_timestamp, to_timestamp};
use munjigi_domain::webhooks::{Event, GIVE_UP_AFTER};
use munjigi_keys::UnixMillis;
use sqlx::{PgConnection, PgPool};
use time::{Duration, OffsetDateTime};

use super::StoreError;

pub use change::{AddWebhook, ChangeWebhook, SetRecipients, Tested, WebhookChange, WebhookRefused};

/// The channel on which `LISTEN` announces new messages.
pub const CHANNEL: &str = "munjigi_webhooks";

/// How long a courier has for one message, including recording the result.
const LEASE: Duration = Duration::minutes(2);
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
    /// Where messages are posted.
    pub url: String,
    /// `live` or `paused`.
    pub state: String,
    /// Since when messages are being given up; `None` if they are not.
    pub failing_since: Option<OffsetDateTime>,
    /// Messages that wait.
    pub waiting: i64,
}

/// An organisation's webhooks, oldest first.
pub async fn of_organisation(pool: &PgPool, organisation: &Id) -> Result<Vec<Webhook>, StoreError> {
    let webhooks = sqlx::query_as!(
        Webhook,
        r#"SELECT id, url, state, failing_since, (
            SELECT count(*) FROM webhook_deliveries
            WHERE webhook = webhooks.id AND next_try_at IS NOT NULL
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
    /// Why the last attempt failed.
    pub last_error: Option<String>,
    /// When it was delivered; `None` if it was not.
    pub delivered_at: Option<OffsetDateTime>,
}

/// An organisation's messages, newest first.
pub async fn deliveries(
    pool: &PgPool,
    organisation: &Id,
    most: i64,
) -> Result<Vec<Delivery>, StoreError> {
    let deliveries = sqlx::query_as!(
        Delivery,
        "SELECT delivery.id, url, event, queued_at, next_try_at, attempts, last_status, last_error,
            delivered_at
        FROM webhook_deliveries delivery JOIN webhooks ON webhooks.id = delivery.webhook
        WHERE organisation = $1 ORDER BY queued_at DESC, delivery.id LIMIT $2",
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
) -> Result<Option<(String, Vec<u8>)>, StoreError> {
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
) -> Result<Vec<Recipient>, StoreError> {
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
) -> Result<Vec<Untold>, StoreError> {
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
) -> Result<(), StoreError> {
    let live = sqlx::query_scalar!(
        "SELECT id FROM webhooks WHERE organisation = $1 AND state = 'live' ORDER BY id",
        organisation.as_str()
    )
    .fetch_all(&mut *connection)
    .await?;
    let ids: Vec<String> = live.iter().map(|_| message_id(entropy)).collect();
    sqlx::query!(
        "INSERT INTO webhook_deliveries (id, webhook, event, body, queued_at, next_try_at)
        SELECT id, webhook, $3, $4, $5, $5 FROM unnest($1::text[], $2::text[]) AS one (id, webhook)",
        &ids,
        &live,
        event.as_str(),
        body,
        to_timestamp(now)
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// A new `webhook-id`. Without full stops, as the specification requires.
pub fn message_id(entropy: &Entropy) -> String {
    format!("msg_{}", Id::draw(entropy))
}

/// A message to post.
#[derive(Debug, Clone)]
pub struct Due {
    /// The header `webhook-id`.
    pub id: String,
    pub webhook: Id,
    pub url: String,
    /// The signing secret, sealed.
    pub secret: Vec<u8>,
    /// The exact bytes to post.
    pub body: String,
    pub queued_at: UnixMillis,
    /// Failed attempts.
    pub attempts: u32,
}

/// Leases the messages that are due, oldest first; those of paused webhooks
/// wait.
pub async fn lease(pool: &PgPool, now: UnixMillis, most: i64) -> Result<Vec<Due>, StoreError> {
    let now = to_timestamp(now);
    let rows = sqlx::query!(
        r#"UPDATE webhook_deliveries AS delivery SET leased_until = $2
        FROM webhooks
        WHERE webhooks.id = delivery.webhook AND delivery.id IN (
            SELECT due.id FROM webhook_deliveries due JOIN webhooks ON webhooks.id = due.webhook
            WHERE next_try_at <= $1 AND (leased_until IS NULL OR leased_until <= $1)
                AND state = 'live'
            ORDER BY next_try_at, due.id LIMIT $3 FOR UPDATE OF due SKIP LOCKED
        )
        RETURNING delivery.id, webhook, url, secret, body AS "body!", queued_at, attempts"#,
        now,
        now + LEASE,
        most
    )
    .fetch_all(pool)
    .await?;
    let due = rows.into_iter().map(|row| Due {
        id: row.id,
        webhook: row.webhook.into(),
        url: row.url,
        secret: row.secret,
        body: row.body,
        queued_at: from_timestamp(row.queued_at),
        attempts: row.attempts.unsigned_abs(),
    });
    Ok(due.collect())
}

/// When the next message is due; leased ones when their lease ends.
pub async fn next_try(pool: &PgPool) -> Result<Option<UnixMillis>, StoreError> {
    let at = sqlx::query_scalar!(
        r#"SELECT min(GREATEST(next_try_at, leased_until)) AS "at" FROM webhook_deliveries
        JOIN webhooks ON webhooks.id = webhook AND state = 'live'
        WHERE next_try_at IS NOT NULL"#
    )
    .fetch_one(pool)
    .await?;
    Ok(at.map(from_timestamp))
}

/// The outcome of an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Accepted, with this status.
    Delivered(u16),
    /// Failed, to be retried.
    TryAt {
        /// The time of the retry.
        at: UnixMillis,
        /// The status of the answer, if there was one.
        status: Option<u16>,
        /// The reason in our own words.
        error: String,
    },
    /// Failed, without another retry.
    GivenUp {
        /// The status of the answer, if there was one.
        status: Option<u16>,
        /// The reason in our own words.
        error: String,
        /// The receiver wants nothing more: the webhook is paused.
        is_gone: bool,
    },
}

/// Records the outcome of an attempt. If the lease ran out and another courier
/// ended the delivery first, that stands.
pub async fn note(
    pool: &PgPool,
    due: &Due,
    outcome: &Outcome,
    now: UnixMillis,
) -> Result<(), StoreError> {
    let now = to_timestamp(now);
    let (status, error) = match outcome {
        Outcome::Delivered(status) => (Some(*status), None),
        Outcome::TryAt { status, error, .. } | Outcome::GivenUp { status, error, .. } => {
            (*status, Some(error.as_str()))
        }
    };
    let (next_try_at, delivered_at, failed_at) = match outcome {
        Outcome::Delivered(_) => (None, Some(now), None),
        Outcome::TryAt { at, .. } => (Some(to_timestamp(*at)), None, None),
        Outcome::GivenUp { .. } => (None, None, Some(now)),
    };
    let is_gone = matches!(outcome, Outcome::GivenUp { is_gone: true, .. });
    // One statement, so that a delivery never ends without an update of its
    // webhook.
    sqlx::query!(
        "WITH noted AS (
            UPDATE webhook_deliveries SET
                attempts = attempts + 1, leased_until = NULL, last_status = $2, last_error = $3,
                next_try_at = $4, delivered_at = $5, failed_at = $6,
                body = CASE WHEN $4::timestamptz IS NOT NULL THEN body END
            WHERE id = $1 AND next_try_at IS NOT NULL
            RETURNING webhook
        )
        UPDATE webhooks SET
            failing_since = CASE
                WHEN $5::timestamptz IS NOT NULL THEN NULL
                WHEN $6::timestamptz IS NOT NULL THEN coalesce(failing_since, $6)
                ELSE failing_since
            END,
            state = CASE WHEN $7 THEN 'paused' ELSE state END
        FROM noted WHERE webhooks.id = noted.webhook",
        due.id,
        status.and_then(|status| i16::try_from(status).ok()),
        error,
        next_try_at,
        delivered_at,
        failed_at,
        is_gone
    )
    .execute(pool)
    .await?;
    Ok(())
}

/// How far behind the outbox is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backlog {
    /// Messages that wait, except those of paused webhooks.
    pub waiting: u64,
}

/// The current backlog.
pub async fn backlog(pool: &PgPool) -> Result<Backlog, StoreError> {
    let waiting = sqlx::query_scalar!(
        r#"SELECT count(*) AS "waiting!" FROM webhook_deliveries
        JOIN webhooks ON webhooks.id = webhook AND state = 'live'
        WHERE next_try_at IS NOT NULL"#
    )
    .fetch_one(pool)
    .await?;
    Ok(Backlog { waiting: waiting.unsigned_abs() })
}

/// Gives up messages that waited too long behind a pause, and deletes those
/// that ended long ago.
pub async fn sweep(connection: &mut PgConnection, now: UnixMillis) -> Result<u64, StoreError> {
    let now = to_timestamp(now);
    sqlx::query!(
        "UPDATE webhook_deliveries SET
            failed_at = $1, next_try_at = NULL, body = NULL,
            last_error = coalesce(last_error, 'the webhook was paused for too long')
        WHERE next_try_at IS NOT NULL AND queued_at < $2
            AND (leased_until IS NULL OR leased_until <= $1)",
        now,
        now - GIVE_UP_AFTER - Duration::hours(1)
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
