//! The record of changes: written in the transaction that makes each, and
//! read by the organisation that they were made for.

use munjigi_captcha::UnixMillis;
use serde_json::Value;
use sqlx::{PgConnection, PgPool};
use time::OffsetDateTime;

use super::{StoreError, to_timestamp};
use crate::accounts::Id;

/// Who changes something, and from where.
#[derive(Debug, Clone)]
pub struct Actor {
    /// Their account.
    pub account: Id,
    /// Their address, as it is now.
    pub email: String,
    /// Network prefix.
    pub prefix: String,
    /// The request that does it.
    pub request_id: String,
}

/// One change.
#[derive(Debug, Clone)]
pub struct Entry<'a> {
    /// Who.
    pub actor: &'a Actor,
    /// For which organisation, if for one.
    pub organisation: Option<&'a Id>,
    /// `site.create`, `session.end`, …
    pub action: &'static str,
    /// What was changed.
    pub subject: &'a str,
    /// As it was, where there is something to tell. Never a secret.
    pub before: Option<Value>,
    /// As it is.
    pub after: Option<Value>,
}

/// Writes one down.
pub async fn write(
    connection: &mut PgConnection,
    entry: &Entry<'_>,
    now: UnixMillis,
) -> Result<(), StoreError> {
    let Entry { actor, organisation, action, subject, before, after } = entry;
    sqlx::query!(
        "INSERT INTO audit (at, organisation, account, actor, prefix, action, subject, before,
            after, request_id)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        to_timestamp(now),
        organisation.map(Id::as_str),
        actor.account.as_str(),
        actor.email,
        actor.prefix,
        action,
        subject,
        before.as_ref(),
        after.as_ref(),
        actor.request_id
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// A change that was written down.
#[derive(Debug, Clone, PartialEq)]
pub struct Recorded {
    /// Rises with every entry.
    pub id: i64,
    /// When.
    pub at: OffsetDateTime,
    /// Who: their address, as it was then.
    pub actor: String,
    /// Network prefix that they came from.
    pub prefix: String,
    /// What was done.
    pub action: String,
    /// To what.
    pub subject: String,
    /// As it was.
    pub before: Option<Value>,
    /// As it is.
    pub after: Option<Value>,
    /// The request that did it.
    pub request_id: String,
}

/// Which part of the record.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Part {
    /// Only older than this entry.
    pub before: Option<i64>,
    /// Only this action.
    pub action: Option<String>,
    /// Only where this is in the actor or the subject, in whatever case.
    pub text: Option<String>,
}

/// An organisation's record, newest first.
pub async fn of_organisation(
    pool: &PgPool,
    organisation: &Id,
    part: &Part,
    limit: i64,
) -> Result<Vec<Recorded>, StoreError> {
    let recorded = sqlx::query_as!(
        Recorded,
        "SELECT id, at, actor, prefix, action, subject, before, after, request_id
        FROM audit
        WHERE organisation = $1
            AND ($2::bigint IS NULL OR id < $2)
            AND ($3::text IS NULL OR action = $3)
            AND ($4::text IS NULL
                OR strpos(lower(actor), lower($4)) > 0 OR strpos(lower(subject), lower($4)) > 0)
        ORDER BY id DESC LIMIT $5",
        organisation.as_str(),
        part.before,
        part.action,
        part.text,
        limit
    )
    .fetch_all(pool)
    .await?;
    Ok(recorded)
}

/// The actions that an organisation's record has.
pub async fn actions(pool: &PgPool, organisation: &Id) -> Result<Vec<String>, StoreError> {
    let actions = sqlx::query_scalar!(
        "SELECT DISTINCT action FROM audit WHERE organisation = $1 ORDER BY action",
        organisation.as_str()
    )
    .fetch_all(pool)
    .await?;
    Ok(actions)
}

/// The newest entry of an action on a subject.
pub async fn newest(
    pool: &PgPool,
    organisation: &Id,
    action: &str,
    subject: &str,
) -> Result<Option<Recorded>, StoreError> {
    let recorded = sqlx::query_as!(
        Recorded,
        "SELECT id, at, actor, prefix, action, subject, before, after, request_id
        FROM audit WHERE organisation = $1 AND action = $2 AND subject = $3
        ORDER BY id DESC LIMIT 1",
        organisation.as_str(),
        action,
        subject
    )
    .fetch_optional(pool)
    .await?;
    Ok(recorded)
}
