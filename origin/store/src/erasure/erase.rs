//! Erases accounts whose owners requested it and did not come back.

use munjigi_domain::audit::Action;
use munjigi_domain::site_change::Change;
use munjigi_domain::timestamp::to_timestamp;
use munjigi_keys::UnixMillis;
use serde_json::json;
use sqlx::{PgConnection, PgPool};

use crate::audit::{self, Author, Entry};
use crate::sites::ChangeSite;
use crate::{DatabaseError, Unit, transact};

/// Erases all accounts that are due, one per transaction; returns how many.
pub async fn erase_due(pool: &PgPool, now: UnixMillis) -> Result<u64, DatabaseError> {
    let mut erased = 0;
    while transact(pool, &EraseNext { now }).await? {
        erased += 1;
    }
    transact(pool, &EraseEmpty).await?;
    Ok(erased)
}

#[derive(Debug)]
struct EraseNext {
    now: UnixMillis,
}

struct Leaving {
    account: String,
    email: String,
}

impl Unit for EraseNext {
    type Output = bool;

    async fn run(&self, connection: &mut PgConnection) -> Result<bool, DatabaseError> {
        // One at a time, across all origins: the permission to change the audit
        // log is granted for as long.
        sqlx::query!("SELECT pg_advisory_xact_lock(hashtext('erase_from_audit'))")
            .fetch_one(&mut *connection)
            .await?;
        let leaving = sqlx::query_as!(
            Leaving,
            "SELECT accounts.id AS account, email
            FROM departures JOIN accounts ON accounts.id = departures.account
            WHERE erase_at <= $1 ORDER BY erase_at LIMIT 1 FOR UPDATE",
            to_timestamp(self.now)
        )
        .fetch_optional(&mut *connection)
        .await?;
        let Some(leaving) = leaving else { return Ok(false) };
        self.leave_organisations(&mut *connection, &leaving).await?;
        let Leaving { account, email } = &leaving;
        // Including those that they sent: no one answers for them any more.
        sqlx::query!("DELETE FROM invitations WHERE email = $1 OR invited_by = $2", email, account)
            .execute(&mut *connection)
            .await?;
        sqlx::query!("DELETE FROM sign_ups WHERE email = $1", email)
            .execute(&mut *connection)
            .await?;
        sqlx::query!("DELETE FROM mails WHERE recipient = $1", email)
            .execute(&mut *connection)
            .await?;
        sqlx::query!(
            "UPDATE anomalies SET acknowledged_by = 'erased' WHERE acknowledged_by = $1",
            email
        )
        .execute(&mut *connection)
        .await?;
        // A new random id, so that no backup of ids identifies the person.
        sqlx::query!(
            "SELECT erase_from_audit(
                $1, $2, 'erased-' || left(replace(gen_random_uuid()::text, '-', ''), 12)
            )",
            account,
            email
        )
        .fetch_one(&mut *connection)
        .await?;
        sqlx::query!("DELETE FROM accounts WHERE id = $1", account).execute(connection).await?;
        Ok(true)
    }
}

impl EraseNext {
    async fn leave_organisations(
        &self,
        connection: &mut PgConnection,
        leaving: &Leaving,
    ) -> Result<(), DatabaseError> {
        let organisations = sqlx::query!(
            r#"SELECT organisation,
                EXISTS (SELECT FROM members AS other
                    WHERE other.organisation = own.organisation AND other.account <> $1)
                    AS "has_others!",
                EXISTS (SELECT FROM members AS other
                    WHERE other.organisation = own.organisation AND other.account <> $1
                        AND other.role = 'owner') AS "has_owner!"
            FROM members AS own WHERE account = $1 ORDER BY organisation"#,
            leaving.account
        )
        .fetch_all(&mut *connection)
        .await?;
        for row in organisations {
            if !row.has_others {
                self.delete_sites(&mut *connection, &row.organisation).await?;
            } else if !row.has_owner {
                self.hand_over(&mut *connection, &row.organisation, &leaving.account).await?;
            }
        }
        Ok(())
    }

    /// Sites of an organisation without members: taken off the edge, and erased
    /// later unless someone has them restored.
    async fn delete_sites(
        &self,
        connection: &mut PgConnection,
        organisation: &str,
    ) -> Result<(), DatabaseError> {
        sqlx::query!("DELETE FROM invitations WHERE organisation = $1", organisation)
            .execute(&mut *connection)
            .await?;
        let sites = sqlx::query_scalar!(
            "SELECT sitekey FROM sites WHERE organisation = $1 AND deleted_at IS NULL
            ORDER BY sitekey",
            organisation
        )
        .fetch_all(&mut *connection)
        .await?;
        for sitekey in sites {
            let unit = ChangeSite {
                sitekey: &sitekey,
                within: None,
                change: &Change::Delete,
                by: Author::Housekeeping,
                now: self.now,
            };
            // Deleted by someone else in the meantime: fine as well.
            let _ = unit.run(&mut *connection).await?;
        }
        Ok(())
    }

    /// Owners have to hand over before they leave. If the only other owner has
    /// left in the meantime, the longest-standing member with the highest role
    /// becomes owner.
    async fn hand_over(
        &self,
        connection: &mut PgConnection,
        organisation: &str,
        leaving: &str,
    ) -> Result<(), DatabaseError> {
        let heir = sqlx::query!(
            "UPDATE members SET role = 'owner' WHERE organisation = $1 AND account = (
                SELECT account FROM members WHERE organisation = $1 AND account <> $2
                ORDER BY array_position(ARRAY['admin', 'analyst', 'read-only'], role), since,
                    account
                LIMIT 1
            ) RETURNING (SELECT email FROM accounts WHERE id = account) AS email",
            organisation,
            leaving
        )
        .fetch_one(&mut *connection)
        .await?;
        let email = heir.email.unwrap_or_default();
        let entry = Entry {
            by: Author::Housekeeping,
            organisation: Some(organisation),
            action: Action::TeamChange,
            subject: &email,
            before: None,
            after: Some(json!({ "role": "owner" })),
        };
        audit::write(connection, &entry, self.now).await
    }
}

/// Organisations without members, sites and open invitations.
#[derive(Debug)]
struct EraseEmpty;

impl Unit for EraseEmpty {
    type Output = u64;

    async fn run(&self, connection: &mut PgConnection) -> Result<u64, DatabaseError> {
        let erased = sqlx::query!(
            "DELETE FROM organisations
            WHERE NOT EXISTS (SELECT FROM members WHERE organisation = organisations.id)
                AND NOT EXISTS (SELECT FROM sites WHERE organisation = organisations.id)
                AND NOT EXISTS (SELECT FROM invitations WHERE organisation = organisations.id)"
        )
        .execute(connection)
        .await?;
        Ok(erased.rows_affected())
    }
}
