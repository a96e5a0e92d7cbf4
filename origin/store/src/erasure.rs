//! Erasure of accounts (GDPR, article 17): requested, cancelled, and carried
//! out when due.
//!
//! **erasure**: deletion of a person's account and data on request (GDPR).

mod erase;

use munjigi_domain::accounts::Id;
use munjigi_domain::audit::Action;
use munjigi_domain::email::Email;
use munjigi_domain::timestamp::to_timestamp;
use munjigi_keys::UnixMillis;
use serde_json::json;
use sqlx::{PgConnection, PgPool};
use time::{Duration, OffsetDateTime};

use super::audit::{self, Actor, Author, Entry};
use super::sessions::{self, Ended};
use super::{DatabaseError, Unit, mails};
use crate::privacy::GRACE_DAYS;

pub use erase::erase_due;

/// When an account is to be erased, if its owner requested that.
pub async fn of_account(
    pool: &PgPool,
    account: &Id,
) -> Result<Option<OffsetDateTime>, DatabaseError> {
    let erase_at =
        sqlx::query_scalar!("SELECT erase_at FROM departures WHERE account = $1", account.as_str())
            .fetch_optional(pool)
            .await?;
    Ok(erase_at)
}

/// When an account is erased if its owner requests it now.
pub fn erased_at(now: UnixMillis) -> OffsetDateTime {
    to_timestamp(now) + Duration::days(i64::from(GRACE_DAYS))
}

/// Requests the erasure of the actor's own account: every session ends, and the
/// account waits for its owner to come back.
#[derive(Debug)]
pub struct Ask<'a> {
    pub actor: &'a Actor,
    pub message: &'a Email,
    pub now: UnixMillis,
}

/// Why an account cannot be erased.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StillNeeded {
    /// Names of the organisations that would be left without an owner.
    pub organisations: Vec<String>,
}

impl Unit for Ask<'_> {
    /// When it is erased, and the sessions that ended.
    type Output = Result<(OffsetDateTime, Ended), StillNeeded>;

    async fn run(&self, connection: &mut PgConnection) -> Result<Self::Output, DatabaseError> {
        let account = self.actor.account.as_str();
        // Under the lock that team changes take, in one order: if two owners
        // leave at once, the second is the last and is refused.
        sqlx::query_scalar!(
            "SELECT id FROM organisations
            WHERE id IN (SELECT organisation FROM members WHERE account = $1)
            ORDER BY id FOR UPDATE",
            account
        )
        .fetch_all(&mut *connection)
        .await?;
        let organisations = sqlx::query_scalar!(
            "SELECT organisations.name FROM members AS own
                JOIN organisations ON organisations.id = own.organisation
            WHERE own.account = $1 AND own.role = 'owner'
                AND EXISTS (SELECT FROM members AS other
                    WHERE other.organisation = own.organisation AND other.account <> $1)
                AND NOT EXISTS (SELECT FROM members AS other
                    WHERE other.organisation = own.organisation AND other.account <> $1
                        AND other.role = 'owner'
                        AND NOT EXISTS (SELECT FROM departures
                            WHERE departures.account = other.account))
            ORDER BY organisations.name",
            account
        )
        .fetch_all(&mut *connection)
        .await?;
        if !organisations.is_empty() {
            return Ok(Err(StillNeeded { organisations }));
        }
        let erase_at = sqlx::query_scalar!(
            "INSERT INTO departures (account, asked_at, erase_at) VALUES ($1, $2, $3)
            ON CONFLICT (account) DO UPDATE SET erase_at = departures.erase_at
            RETURNING erase_at",
            account,
            to_timestamp(self.now),
            erased_at(self.now)
        )
        .fetch_one(&mut *connection)
        .await?;
        let ended = sessions::end_all(&mut *connection, &self.actor.account, None).await?;
        let after = Some(json!({ "erased_at": erase_at.date().to_string() }));
        write(&mut *connection, self.actor, Action::AccountLeave, after, self.now).await?;
        mails::queue(connection, self.message, self.now).await?;
        Ok(Ok((erase_at, ended)))
    }
}

/// Cancels an erasure.
#[derive(Debug)]
pub struct TakeBack<'a> {
    pub actor: &'a Actor,
    pub message: &'a Email,
    pub now: UnixMillis,
}

impl Unit for TakeBack<'_> {
    /// Whether an erasure was pending.
    type Output = bool;

    async fn run(&self, connection: &mut PgConnection) -> Result<bool, DatabaseError> {
        let account = self.actor.account.as_str();
        let stays = sqlx::query!("DELETE FROM departures WHERE account = $1", account)
            .execute(&mut *connection)
            .await?;
        if stays.rows_affected() == 0 {
            return Ok(false);
        }
        write(&mut *connection, self.actor, Action::AccountStay, None, self.now).await?;
        mails::queue(connection, self.message, self.now).await?;
        Ok(true)
    }
}

async fn write(
    connection: &mut PgConnection,
    actor: &Actor,
    action: Action,
    after: Option<serde_json::Value>,
    now: UnixMillis,
) -> Result<(), DatabaseError> {
    let subject = &actor.email;
    let entry = Entry {
        by: Author::Account(actor),
        organisation: None,
        action,
        subject,
        before: None,
        after,
    };
    audit::write(connection, &entry, now).await
}
