//! Sites as their organisation sees and changes them; sites of others are
//! invisible. Each change is logged in its transaction.

use munjigi_domain::accounts::{Id, MostSites};
use munjigi_domain::audit::Action;
use munjigi_domain::settings::{FieldChange, Mark, changes};
use munjigi_protocol::{SiteConfig, SiteState};
use serde_json::{Map, Value, json};
use sqlx::{PgConnection, PgPool};
use time::{Duration, OffsetDateTime};

use super::room::has_room;
use super::row::SiteRow;
use super::{
    Change, ChangeRefused, ChangeSite, CreateSite, EditRefused, EditSite, Edited, Intent,
    SiteRecord, fetch,
};
use crate::audit::{self, Actor, Author, Entry};
use crate::{StoreError, Unit};

/// How far back to search for activity of a site.
const LOOKED_BACK: Duration = Duration::days(30);

/// Every site of an organisation: active ones by name, then deleted ones.
pub async fn of_organisation(
    pool: &PgPool,
    organisation: &Id,
) -> Result<Vec<SiteRecord>, StoreError> {
    let rows = sqlx::query_as!(
        SiteRow,
        r#"SELECT sites.*, published_version, last_error,
            ARRAY(
                SELECT hash FROM secrets WHERE secrets.sitekey = sites.sitekey
                    AND revoked_at IS NULL ORDER BY created_at, slot
            ) || ARRAY(
                SELECT DISTINCT secret_hash FROM site_imports
                WHERE site_imports.sitekey = sites.sitekey AND live_at IS NOT NULL ORDER BY 1
            ) AS "secrets!"
        FROM sites LEFT JOIN site_publications USING (sitekey)
        WHERE organisation = $1 ORDER BY deleted_at IS NOT NULL, name, sites.sitekey"#,
        organisation.as_str()
    )
    .fetch_all(pool)
    .await?;
    rows.into_iter().map(SiteRow::record).collect()
}

/// A page of an organisation's sites, by sitekey, after a given one.
pub async fn part_of(
    pool: &PgPool,
    organisation: &Id,
    after: &str,
    limit: i64,
) -> Result<Vec<SiteRecord>, StoreError> {
    let rows = sqlx::query_as!(
        SiteRow,
        r#"SELECT sites.*, published_version, last_error,
            ARRAY(
                SELECT hash FROM secrets WHERE secrets.sitekey = sites.sitekey
                    AND revoked_at IS NULL ORDER BY created_at, slot
            ) || ARRAY(
                SELECT DISTINCT secret_hash FROM site_imports
                WHERE site_imports.sitekey = sites.sitekey AND live_at IS NOT NULL ORDER BY 1
            ) AS "secrets!"
        FROM sites LEFT JOIN site_publications USING (sitekey)
        WHERE organisation = $1 AND sites.sitekey > $2 ORDER BY sites.sitekey LIMIT $3"#,
        organisation.as_str(),
        after,
        limit
    )
    .fetch_all(pool)
    .await?;
    rows.into_iter().map(SiteRow::record).collect()
}

/// Signs of activity of a site.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    /// A challenge was issued in the last thirty days.
    pub challenge: bool,
    /// A token was redeemed in the last thirty days.
    pub redeemed: bool,
}

/// Whether a site is used.
pub async fn seen(pool: &PgPool, sitekey: &str, now: OffsetDateTime) -> Result<Seen, StoreError> {
    let seen = sqlx::query_as!(
        Seen,
        r#"SELECT
            EXISTS(
                SELECT FROM minute_counts
                WHERE sitekey = $1 AND minute > $2 AND kind = 'issued'
            ) AS "challenge!",
            EXISTS(SELECT FROM redeemed WHERE sitekey = $1 AND redeemed_at > $2) AS "redeemed!""#,
        sitekey,
        now - LOOKED_BACK
    )
    .fetch_one(pool)
    .await?;
    Ok(seen)
}

/// Creates a site for an organisation.
#[derive(Debug)]
pub struct CreateOwned<'a> {
    pub create: CreateSite<'a>,
    pub organisation: &'a Id,
    pub actor: &'a Actor,
    /// Maximum number of sites of the organisation.
    pub most: MostSites,
}

/// The outcome of creating a site.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Created {
    /// The site was created.
    New,
    /// The sitekey is in use: the same form was sent before.
    Before,
    /// The organisation has the maximum number of sites.
    TooMany,
}

impl Unit for CreateOwned<'_> {
    type Output = Created;

    async fn run(&self, connection: &mut PgConnection) -> Result<Created, StoreError> {
        let sitekey = self.create.config.sitekey.as_str();
        // Two requests with the same form wait for each other here.
        sqlx::query!("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", sitekey)
            .execute(&mut *connection)
            .await?;
        let before =
            sqlx::query_scalar!(r#"SELECT 1 AS "one!" FROM sites WHERE sitekey = $1"#, sitekey)
                .fetch_optional(&mut *connection)
                .await?;
        if before.is_some() {
            return Ok(Created::Before);
        }
        if !has_room(connection, self.organisation.as_str(), self.most).await? {
            return Ok(Created::TooMany);
        }
        let config = self.create.run(&mut *connection).await?;
        sqlx::query!(
            "UPDATE sites SET organisation = $2 WHERE sitekey = $1",
            sitekey,
            self.organisation.as_str()
        )
        .execute(&mut *connection)
        .await?;
        let entry = Entry {
            by: Author::Account(self.actor),
            organisation: Some(self.organisation.as_str()),
            action: Action::SiteCreate,
            subject: sitekey,
            before: None,
            after: Some(made(self.create.name, &config)),
        };
        audit::write(connection, &entry, self.create.now).await?;
        Ok(Created::New)
    }
}

/// Changes a site of an organisation.
#[derive(Debug)]
pub struct ChangeOwned<'a> {
    pub change: ChangeSite<'a>,
    pub organisation: &'a Id,
    pub actor: &'a Actor,
}

impl Unit for ChangeOwned<'_> {
    type Output = Result<SiteConfig, ChangeRefused>;

    async fn run(&self, connection: &mut PgConnection) -> Result<Self::Output, StoreError> {
        let ChangeSite { sitekey, change, now } = self.change;
        let owned = sqlx::query_scalar!(
            r#"SELECT deleted_at IS NOT NULL AS "deleted!" FROM sites
            WHERE sitekey = $1 AND organisation = $2 FOR UPDATE"#,
            sitekey,
            self.organisation.as_str()
        )
        .fetch_optional(&mut *connection)
        .await?;
        let Some(was_deleted) = owned else { return Ok(Err(ChangeRefused::Unknown)) };
        let changed = self.change.run(&mut *connection).await?;
        if changed.is_ok() {
            let entry = Entry {
                by: Author::Account(self.actor),
                organisation: Some(self.organisation.as_str()),
                action: if was_deleted { Action::SiteRestore } else { action(change) },
                subject: sitekey,
                before: None,
                after: match change {
                    Change::SetState(state, _) if was_deleted => Some(json!({ "state": state })),
                    _ => None,
                },
            };
            audit::write(connection, &entry, now).await?;
        }
        Ok(changed)
    }
}

/// Edits a site of an organisation.
#[derive(Debug)]
pub struct EditOwned<'a> {
    pub edit: EditSite<'a>,
    /// The mark of the settings that the actor was shown.
    pub shown: &'a Mark,
    pub organisation: &'a Id,
    pub actor: &'a Actor,
    /// The action in the audit log.
    pub action: Action,
}

/// Why nothing was edited.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EditOwnedRefused {
    /// By the edit's own rules.
    #[error(transparent)]
    Edit(#[from] EditRefused),
    /// The site has changed since it was shown.
    #[error("the site has changed since")]
    ChangedSince,
}

impl Unit for EditOwned<'_> {
    type Output = Result<Edited, EditOwnedRefused>;

    async fn run(&self, connection: &mut PgConnection) -> Result<Self::Output, StoreError> {
        let EditSite { sitekey, edit, now, .. } = self.edit;
        let owned = sqlx::query_scalar!(
            "SELECT version FROM sites WHERE sitekey = $1 AND organisation = $2 FOR UPDATE",
            sitekey,
            self.organisation.as_str()
        )
        .fetch_optional(&mut *connection)
        .await?;
        // A separate statement, which sees what was committed while the lock
        // was awaited.
        let site = match owned {
            Some(_) => fetch(&mut *connection, sitekey).await?,
            None => None,
        };
        let Some(site) = site else {
            return Ok(Err(EditRefused::from(ChangeRefused::Unknown).into()));
        };
        if site.settings().mark() != *self.shown {
            // The same form sent twice finds nothing left to change.
            let look = EditSite { sitekey, edit, intent: Intent::Look, now };
            return Ok(match look.run(connection).await? {
                Ok(edited) if edited.after == edited.before => Ok(edited),
                Err(refused @ EditRefused::Site(_)) => Err(refused.into()),
                Ok(_) | Err(EditRefused::Mistakes(_)) => Err(EditOwnedRefused::ChangedSince),
            });
        }
        let edited = match self.edit.run(&mut *connection).await? {
            Ok(edited) => edited,
            Err(refused) => return Ok(Err(refused.into())),
        };
        let (before, after) = sides(changes(&edited.before, &edited.after));
        if !after.is_empty() && self.edit.intent == Intent::Write {
            let entry = Entry {
                by: Author::Account(self.actor),
                organisation: Some(self.organisation.as_str()),
                action: self.action,
                subject: sitekey,
                before: Some(before.into()),
                after: Some(after.into()),
            };
            audit::write(connection, &entry, now).await?;
        }
        Ok(Ok(edited))
    }
}

/// A new site as the audit log shows it.
pub(super) fn made(name: &str, config: &SiteConfig) -> Value {
    json!({ "name": name, "hosts": config.hosts, "allow_loopback": config.allow_loopback })
}

/// The changed fields, before and after.
pub(super) fn sides(changes: Vec<FieldChange>) -> (Map<String, Value>, Map<String, Value>) {
    let sides = changes.into_iter().map(|FieldChange { field, before, after }| {
        ((field.to_owned(), before), (field.to_owned(), after))
    });
    sides.unzip()
}

/// The action of a change in the audit log.
pub(super) const fn action(change: &Change) -> Action {
    match change {
        Change::Pause | Change::SetState(SiteState::Paused, _) => Action::SitePause,
        Change::Resume | Change::SetState(SiteState::Live, _) => Action::SiteResume,
        Change::Delete => Action::SiteDelete,
        Change::Restore(_) => Action::SiteRestore,
        Change::AddSecret(_) => Action::SiteSecretAdd,
        Change::KeepNewestSecret => Action::SiteSecretKeepNewest,
        Change::KeepOldestSecret => Action::SiteSecretKeepOldest,
    }
}
