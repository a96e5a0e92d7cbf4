//! Changes to how an organisation is notified: each under the organisation's
//! lock, and each logged.

use munjigi_domain::accounts::Id;
use munjigi_domain::audit::Action;
use munjigi_domain::timestamp::to_timestamp;
use munjigi_domain::webhooks::{Endpoint, Event, MOST_WEBHOOKS};
use munjigi_keys::UnixMillis;
use serde_json::json;
use sqlx::PgConnection;

use super::{WebhookResult, stored};
use crate::audit::{self, Actor, Author, Entry};
use crate::deliveries::{self, Topic};
use crate::{DatabaseError, Unit};

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WebhookRefused {
    /// No such webhook or member.
    #[error("This webhook does not exist.")]
    Unknown,
    /// The organisation already has a webhook with this address.
    #[error("A webhook with this URL already exists.")]
    Taken,
    /// The organisation has five already.
    #[error("An organisation can have at most {MOST_WEBHOOKS} webhooks. Delete one first.")]
    TooMany,
}

/// Creates a webhook.
#[derive(Debug)]
pub struct AddWebhook<'a> {
    pub id: &'a Id,
    pub organisation: &'a Id,
    pub endpoint: &'a Endpoint,
    /// The signing secret, sealed.
    pub secret: &'a [u8],
    pub actor: &'a Actor,
    pub now: UnixMillis,
}

impl Unit for AddWebhook<'_> {
    type Output = Result<(), WebhookRefused>;

    async fn run(&self, connection: &mut PgConnection) -> Result<Self::Output, DatabaseError> {
        lock(connection, self.organisation).await?;
        let there = sqlx::query_scalar!(
            "SELECT url FROM webhooks WHERE organisation = $1",
            self.organisation.as_str()
        )
        .fetch_all(&mut *connection)
        .await?;
        if there.iter().any(|url| url == self.endpoint.as_str()) {
            return Ok(Err(WebhookRefused::Taken));
        }
        if there.len() >= MOST_WEBHOOKS {
            return Ok(Err(WebhookRefused::TooMany));
        }
        sqlx::query!(
            "INSERT INTO webhooks (id, organisation, url, secret, state, created_at)
            VALUES ($1, $2, $3, $4, 'live', $5)",
            self.id.as_str(),
            self.organisation.as_str(),
            self.endpoint.as_str(),
            self.secret,
            to_timestamp(self.now)
        )
        .execute(&mut *connection)
        .await?;
        let entry = Entry {
            by: Author::Account(self.actor),
            organisation: Some(self.organisation.as_str()),
            action: Action::WebhookCreate,
            subject: self.id.as_str(),
            before: None,
            after: Some(json!({ "host": self.endpoint.url().host_str() })),
        };
        audit::write(connection, &entry, self.now).await?;
        Ok(Ok(()))
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WebhookChange {
    /// Waiting messages stay queued, and new ones are not added.
    Pause,
    /// Delivery continues.
    Resume,
    /// The webhook is removed, along with the messages that wait.
    Delete,
}

/// Changes a webhook.
#[derive(Debug)]
pub struct ChangeWebhook<'a> {
    pub id: &'a Id,
    pub organisation: &'a Id,
    pub change: WebhookChange,
    pub actor: &'a Actor,
    pub now: UnixMillis,
}

impl Unit for ChangeWebhook<'_> {
    type Output = Result<(), WebhookRefused>;

    async fn run(&self, connection: &mut PgConnection) -> Result<Self::Output, DatabaseError> {
        let Self { id, organisation, change, actor, now } = *self;
        let row = sqlx::query!(
            "SELECT url, state FROM webhooks WHERE organisation = $1 AND id = $2 FOR UPDATE",
            organisation.as_str(),
            id.as_str()
        )
        .fetch_optional(&mut *connection)
        .await?;
        let Some(row) = row else { return Ok(Err(WebhookRefused::Unknown)) };
        let (action, state) = match change {
            WebhookChange::Pause => (Action::WebhookPause, Some("paused")),
            WebhookChange::Resume => (Action::WebhookResume, Some("live")),
            WebhookChange::Delete => (Action::WebhookDelete, None),
        };
        // If it is already in this state, that was logged at the time.
        if state == Some(row.state.as_str()) {
            return Ok(Ok(()));
        }
        match state {
            Some(state) => {
                sqlx::query!("UPDATE webhooks SET state = $2 WHERE id = $1", id.as_str(), state)
                    .execute(&mut *connection)
                    .await?;
                let waiting = super::waiting(&mut *connection, id.as_str()).await?;
                match change {
                    WebhookChange::Resume => {
                        deliveries::resume(&mut *connection, Topic::Webhooks, &waiting, now)
                            .await?;
                    }
                    WebhookChange::Pause | WebhookChange::Delete => {
                        deliveries::hold(&mut *connection, Topic::Webhooks, &waiting).await?;
                    }
                }
            }
            None => {
                sqlx::query!("DELETE FROM webhooks WHERE id = $1", id.as_str())
                    .execute(&mut *connection)
                    .await?;
            }
        }
        let entry = Entry {
            by: Author::Account(actor),
            organisation: Some(organisation.as_str()),
            action,
            subject: id.as_str(),
            before: Some(json!({ "host": host(&row.url), "state": row.state })),
            after: state.map(|state| json!({ "host": host(&row.url), "state": state })),
        };
        audit::write(connection, &entry, now).await?;
        Ok(Ok(()))
    }
}

/// Records a test of a webhook among its deliveries. It is not retried: the
/// person who pressed the button has seen the answer.
#[derive(Debug)]
pub struct Tested<'a> {
    pub webhook: &'a Id,
    pub organisation: &'a Id,
    /// The `webhook-id` of the message.
    pub id: &'a str,
    /// The outcome: delivered or given up.
    pub outcome: &'a WebhookResult,
    pub actor: &'a Actor,
    pub now: UnixMillis,
}

impl Unit for Tested<'_> {
    type Output = ();

    async fn run(&self, connection: &mut PgConnection) -> Result<(), DatabaseError> {
        let now = to_timestamp(self.now);
        let status = self.outcome.status();
        let (error, failure) = stored(self.outcome.failure());
        let is_taken = failure.is_none();
        // It may have been deleted in the meantime.
        sqlx::query!(
            "INSERT INTO webhook_deliveries (id, webhook, event, queued_at, attempts, last_status,
                last_error, last_failure, delivered_at, failed_at)
            SELECT $1, id, $3, $4, 1, $5, $6, $7, $8, $9 FROM webhooks WHERE id = $2",
            self.id,
            self.webhook.as_str(),
            Event::Test.as_str(),
            now,
            status,
            error,
            failure,
            is_taken.then_some(now),
            (!is_taken).then_some(now)
        )
        .execute(&mut *connection)
        .await?;
        if is_taken {
            sqlx::query!(
                "UPDATE webhooks SET failing_since = NULL WHERE id = $1",
                self.webhook.as_str()
            )
            .execute(&mut *connection)
            .await?;
        }
        let entry = Entry {
            by: Author::Account(self.actor),
            organisation: Some(self.organisation.as_str()),
            action: Action::WebhookTest,
            subject: self.webhook.as_str(),
            before: None,
            after: Some(json!({ "message": self.id, "status": status })),
        };
        audit::write(connection, &entry, self.now).await
    }
}

/// Chooses who receives notification emails: these members, and no one else.
#[derive(Debug)]
pub struct SetRecipients<'a> {
    pub organisation: &'a Id,
    /// The new recipients. Accounts that are not members are left out.
    pub accounts: &'a [String],
    pub actor: &'a Actor,
    pub now: UnixMillis,
}

impl Unit for SetRecipients<'_> {
    type Output = ();

    async fn run(&self, connection: &mut PgConnection) -> Result<(), DatabaseError> {
        lock(connection, self.organisation).await?;
        let organisation = self.organisation;
        let before = super::recipients(&mut *connection, organisation).await?;
        sqlx::query!(
            "DELETE FROM told_by_mail WHERE organisation = $1 AND account <> ALL ($2)",
            organisation.as_str(),
            self.accounts
        )
        .execute(&mut *connection)
        .await?;
        sqlx::query!(
            "INSERT INTO told_by_mail (organisation, account, since)
            SELECT organisation, account, $3 FROM members
            WHERE organisation = $1 AND account = ANY ($2)
            ON CONFLICT DO NOTHING",
            organisation.as_str(),
            self.accounts,
            to_timestamp(self.now)
        )
        .execute(&mut *connection)
        .await?;
        let after = super::recipients(&mut *connection, organisation).await?;
        if before == after {
            return Ok(());
        }
        let addresses = |recipients: &[super::Recipient]| json!({ "recipients": recipients.iter().map(|it| &it.email).collect::<Vec<_>>() });
        let entry = Entry {
            by: Author::Account(self.actor),
            organisation: Some(organisation.as_str()),
            action: Action::NotificationRecipients,
            subject: organisation.as_str(),
            before: Some(addresses(&before)),
            after: Some(addresses(&after)),
        };
        audit::write(connection, &entry, self.now).await
    }
}

/// Paths and queries of webhooks may grant access to other systems, so the
/// audit log names only the host.
fn host(url: &str) -> Option<String> {
    url::Url::parse(url).ok()?.host_str().map(str::to_owned)
}

async fn lock(connection: &mut PgConnection, organisation: &Id) -> Result<(), DatabaseError> {
    sqlx::query!("SELECT FROM organisations WHERE id = $1 FOR UPDATE", organisation.as_str())
        .execute(connection)
        .await?;
    Ok(())
}
