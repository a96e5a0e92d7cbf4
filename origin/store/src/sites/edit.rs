//! Edits of an owner's settings: applied to the row under lock, refused
//! wherever an edge would refuse them, published and written into the audit log
//! in the same transaction.

use munjigi_domain::accounts::Id;
use munjigi_domain::audit::Action;
use munjigi_domain::settings::{Edit, FieldChange, Mark, Mistake, Mistakes, Settings, changes};
use munjigi_domain::site_change::ChangeRefused;
use munjigi_keys::UnixMillis;
use serde_json::{Map, Value};
use sqlx::PgConnection;

use super::change::raise_version;
use super::{SiteRecord, fetch, row};
use crate::audit::{self, Author, Entry};
use crate::{DatabaseError, Unit, lists, publications};

/// Edits one site.
#[derive(Debug)]
pub struct EditSite<'a> {
    pub sitekey: &'a str,
    /// Only a site of this organisation: others do not exist for its members.
    pub within: Option<&'a Id>,
    pub edit: &'a Edit,
    /// The mark of the settings that the author was shown; with `None`, they
    /// are edited as they are.
    pub shown: Option<&'a Mark>,
    /// Whether to carry it out or only to preview it.
    pub intent: Intent,
    /// What the audit log calls it.
    pub action: Action,
    pub by: Author<'a>,
    pub now: UnixMillis,
}

/// What to do with a valid edit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Intent {
    /// Store and publish it.
    Write,
    /// Change nothing.
    Look,
}

/// What an edit does or would do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edited {
    pub before: Settings,
    /// The new settings; equal to `before` if there was nothing to do.
    pub after: Settings,
    /// The current version of the site.
    pub version: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EditRefused {
    /// The site cannot be edited.
    #[error(transparent)]
    Site(#[from] ChangeRefused),
    /// An edge would refuse it.
    #[error(transparent)]
    Mistakes(#[from] Mistakes),
    /// The site has changed since it was shown.
    #[error("the site has changed since")]
    ChangedSince,
}

impl Unit for EditSite<'_> {
    type Output = Result<Edited, EditRefused>;

    async fn run(&self, connection: &mut PgConnection) -> Result<Self::Output, DatabaseError> {
        let (sitekey, now) = (self.sitekey, self.now);
        let locked = sqlx::query_scalar!(
            "SELECT version FROM sites
            WHERE sitekey = $1 AND ($2::text IS NULL OR organisation = $2) FOR UPDATE",
            sitekey,
            self.within.map(Id::as_str)
        )
        .fetch_optional(&mut *connection)
        .await?;
        // A separate statement, which sees what another transaction committed
        // while this one waited for the row.
        let site = match locked {
            Some(_) => fetch(&mut *connection, sitekey).await?,
            None => None,
        };
        let (site, after) = match self.prepare(site) {
            Ok(prepared) => prepared,
            Err(refused) => return Ok(Err(refused)),
        };
        let before = site.settings();
        if after == before {
            return Ok(Ok(Edited { before, after, version: site.config.version }));
        }
        if after.rules != before.rules {
            let organisation = site.organisation.as_deref();
            let foreign = lists::foreign(connection, organisation, &after.rules).await?;
            if let Some((rule, value)) = foreign {
                return Ok(Err(Mistakes(vec![Mistake::UnknownList { rule, value }]).into()));
            }
        }
        if self.intent == Intent::Look {
            return Ok(Ok(Edited { before, after, version: site.config.version }));
        }
        self.store(connection, &after).await?;
        let config = raise_version(connection, sitekey, now).await?;
        let version = config.version;
        publications::queue(connection, sitekey, version, Some(&config), now).await?;
        let (old, new) = sides(changes(&before, &after));
        let entry = Entry {
            by: self.by,
            organisation: site.organisation.as_deref(),
            action: self.action,
            subject: sitekey,
            before: Some(old.into()),
            after: Some(new.into()),
        };
        audit::write(connection, &entry, now).await?;
        Ok(Ok(Edited { before, after, version }))
    }
}

impl EditSite<'_> {
    fn prepare(&self, site: Option<SiteRecord>) -> Result<(SiteRecord, Settings), EditRefused> {
        let site = site.ok_or(ChangeRefused::Unknown)?;
        if site.deleted_at.is_some() {
            return Err(ChangeRefused::Deleted.into());
        }
        let before = site.settings();
        let after = self.edit.apply(self.sitekey, &before);
        if self.shown.is_some_and(|shown| *shown != before.mark()) {
            // The same form sent twice finds nothing left to change.
            return match after {
                Ok(after) if after == before => Ok((site, after)),
                Ok(_) | Err(_) => Err(EditRefused::ChangedSince),
            };
        }
        Ok((site, after?))
    }

    async fn store(
        &self,
        connection: &mut PgConnection,
        settings: &Settings,
    ) -> Result<(), DatabaseError> {
        sqlx::query!(
            "UPDATE sites SET
                name = $2, hosts = $3, allow_loopback = $4, mode = $5, work_floor = $6,
                work_ceiling = $7, puzzle_count = $8, token_lifetime_seconds = $9,
                fallback_allowed = $10, pictures = $11, rules = $12, under_attack = $13,
                protect = $14
            WHERE sitekey = $1",
            self.sitekey,
            settings.name,
            &settings.hosts,
            settings.allow_loopback,
            settings.mode.as_str(),
            row::bigint(settings.work.floor),
            row::bigint(settings.work.ceiling),
            row::integer(settings.count),
            row::integer(settings.token_lifetime_seconds),
            settings.fallback_allowed,
            &row::pictures(&settings.pictures),
            row::rules(&settings.rules),
            settings.under_attack.as_str(),
            row::protect(&settings.protect)
        )
        .execute(connection)
        .await?;
        Ok(())
    }
}

/// The changed fields, before and after.
fn sides(changes: Vec<FieldChange>) -> (Map<String, Value>, Map<String, Value>) {
    let sides = changes.into_iter().map(|FieldChange { field, before, after }| {
        ((field.to_owned(), before), (field.to_owned(), after))
    });
    sides.unzip()
}
