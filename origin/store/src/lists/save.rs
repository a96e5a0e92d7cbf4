//! Changes of an organisation's own lists: each queues its publication and is
//! written into the audit log, in one transaction.

use munjigi_captcha::{Entry, ListId};
use munjigi_domain::accounts::Id;
use munjigi_domain::audit::Action;
use munjigi_domain::lists::{ListName, MAX_LISTS};
use munjigi_domain::timestamp::to_timestamp;
use munjigi_keys::UnixMillis;
use serde_json::json;
use sqlx::PgConnection;

use super::{bigint, queue};
use crate::audit::{self, Author, Entry as AuditEntry};
use crate::{DatabaseError, Unit};

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ListRefused {
    #[error("this list does not exist")]
    Unknown,
    /// The organisation has another list of this name.
    #[error("a list with this name already exists")]
    NameTaken,
    #[error("an organisation can have at most {MAX_LISTS} lists; delete one first")]
    TooMany,
    /// Rules of these sites name it.
    #[error("rules still name this list, at: {}", sites.join(", "))]
    InUse { sites: Vec<String> },
    /// The list has changed since it was shown.
    #[error("the list has changed since")]
    ChangedSince,
}

/// Creates a list.
#[derive(Debug)]
pub struct CreateList<'a> {
    pub id: &'a Id,
    pub organisation: &'a Id,
    pub name: &'a ListName,
    pub entries: &'a [Entry],
    pub by: Author<'a>,
    pub now: UnixMillis,
}

impl Unit for CreateList<'_> {
    type Output = Result<(), ListRefused>;

    async fn run(&self, connection: &mut PgConnection) -> Result<Self::Output, DatabaseError> {
        let Self { id, organisation, name, entries, by, now } = *self;
        // Its lock keeps two that are created at once apart.
        sqlx::query_scalar!(
            "SELECT id FROM organisations WHERE id = $1 FOR NO KEY UPDATE",
            organisation.as_str()
        )
        .fetch_optional(&mut *connection)
        .await?;
        let there = sqlx::query_scalar!(
            "SELECT name FROM lists WHERE organisation = $1",
            organisation.as_str()
        )
        .fetch_all(&mut *connection)
        .await?;
        if there.iter().any(|there| there == name.as_str()) {
            return Ok(Err(ListRefused::NameTaken));
        }
        if i64::try_from(there.len()).unwrap_or(i64::MAX) >= MAX_LISTS {
            return Ok(Err(ListRefused::TooMany));
        }
        sqlx::query!(
            "INSERT INTO lists (id, organisation, name, entries, version, created_at, changed_at)
            VALUES ($1, $2, $3, $4, $5, $6, $6)",
            id.as_str(),
            organisation.as_str(),
            name.as_str(),
            &spelt(entries),
            bigint(now.0),
            to_timestamp(now)
        )
        .execute(&mut *connection)
        .await?;
        queue(&mut *connection, &wire(id), now.0, now).await?;
        let entry = AuditEntry {
            by,
            organisation: Some(organisation.as_str()),
            action: Action::ListCreate,
            subject: name.as_str(),
            before: None,
            after: Some(json!({ "id": wire(id), "entries": entries.len() })),
        };
        audit::write(connection, &entry, now).await?;
        Ok(Ok(()))
    }
}

/// Replaces a list's name and entries.
#[derive(Debug)]
pub struct ReplaceList<'a> {
    pub id: &'a Id,
    pub organisation: &'a Id,
    pub name: &'a ListName,
    pub entries: &'a [Entry],
    /// The version that the author was shown; with `None`, any.
    pub shown: Option<u64>,
    pub by: Author<'a>,
    pub now: UnixMillis,
}

impl Unit for ReplaceList<'_> {
    type Output = Result<(), ListRefused>;

    async fn run(&self, connection: &mut PgConnection) -> Result<Self::Output, DatabaseError> {
        let Self { id, organisation, name, entries, shown, by, now } = *self;
        let Some(before) = lock(connection, organisation, id).await? else {
            return Ok(Err(ListRefused::Unknown));
        };
        let spelt = spelt(entries);
        // The same form sent twice finds nothing left to change.
        if before.name == name.as_str() && before.entries == spelt {
            return Ok(Ok(()));
        }
        if shown.is_some_and(|shown| bigint(shown) != before.version) {
            return Ok(Err(ListRefused::ChangedSince));
        }
        let taken = sqlx::query_scalar!(
            "SELECT id FROM lists WHERE organisation = $1 AND name = $2 AND id <> $3",
            organisation.as_str(),
            name.as_str(),
            id.as_str()
        )
        .fetch_optional(&mut *connection)
        .await?;
        if taken.is_some() {
            return Ok(Err(ListRefused::NameTaken));
        }
        let version = sqlx::query_scalar!(
            "UPDATE lists SET name = $2, entries = $3, changed_at = $5,
                version = GREATEST(version + 1, $4)
            WHERE id = $1 RETURNING version",
            id.as_str(),
            name.as_str(),
            &spelt,
            bigint(now.0),
            to_timestamp(now)
        )
        .fetch_one(&mut *connection)
        .await?;
        queue(&mut *connection, &wire(id), version.unsigned_abs(), now).await?;
        let side = |name: &str, entries: usize| json!({ "name": name, "entries": entries });
        let entry = AuditEntry {
            by,
            organisation: Some(organisation.as_str()),
            action: Action::ListEdit,
            subject: name.as_str(),
            before: Some(side(&before.name, before.entries.len())),
            after: Some(side(name.as_str(), entries.len())),
        };
        audit::write(connection, &entry, now).await?;
        Ok(Ok(()))
    }
}

/// Deletes a list that no rule names.
#[derive(Debug)]
pub struct DeleteList<'a> {
    pub id: &'a Id,
    pub organisation: &'a Id,
    pub by: Author<'a>,
    pub now: UnixMillis,
}

impl Unit for DeleteList<'_> {
    type Output = Result<(), ListRefused>;

    async fn run(&self, connection: &mut PgConnection) -> Result<Self::Output, DatabaseError> {
        let Self { id, organisation, by, now } = *self;
        let Some(before) = lock(connection, organisation, id).await? else {
            return Ok(Err(ListRefused::Unknown));
        };
        // After the lock, so that no rule that names the list is written
        // meanwhile. Deleted sites count: restored, their rules would match no one.
        let sites = sqlx::query_scalar!(
            "SELECT name FROM sites WHERE organisation = $1 AND rules @> $2
            ORDER BY name",
            organisation.as_str(),
            json!([{ "match": { "list": wire(id) } }])
        )
        .fetch_all(&mut *connection)
        .await?;
        if !sites.is_empty() {
            return Ok(Err(ListRefused::InUse { sites }));
        }
        sqlx::query!("DELETE FROM lists WHERE id = $1", id.as_str())
            .execute(&mut *connection)
            .await?;
        let version = now.0.max(before.version.unsigned_abs() + 1);
        queue(&mut *connection, &wire(id), version, now).await?;
        let entry = AuditEntry {
            by,
            organisation: Some(organisation.as_str()),
            action: Action::ListDelete,
            subject: &before.name,
            before: Some(json!({ "id": wire(id), "entries": before.entries.len() })),
            after: None,
        };
        audit::write(connection, &entry, now).await?;
        Ok(Ok(()))
    }
}

struct Locked {
    name: String,
    entries: Vec<String>,
    version: i64,
}

async fn lock(
    connection: &mut PgConnection,
    organisation: &Id,
    id: &Id,
) -> Result<Option<Locked>, DatabaseError> {
    let list = sqlx::query_as!(
        Locked,
        "SELECT name, entries, version FROM lists WHERE organisation = $1 AND id = $2 FOR UPDATE",
        organisation.as_str(),
        id.as_str()
    )
    .fetch_optional(connection)
    .await?;
    Ok(list)
}

/// How rules and the edge name it.
fn wire(id: &Id) -> String {
    ListId::of_own(id.as_str()).map(|id| id.to_string()).unwrap_or_default()
}

fn spelt(entries: &[Entry]) -> Vec<String> {
    entries.iter().map(ToString::to_string).collect()
}
