//! Edits of an owner's settings: applied to the row under lock, refused
//! wherever an edge would refuse them, published in the same transaction.

use munjigi_domain::settings::{Edit, Mistakes, Settings};
use munjigi_keys::UnixMillis;
use sqlx::PgConnection;

use super::change::{ChangeRefused, raise_version};
use super::{SiteRecord, fetch, row};
use crate::{StoreError, Unit, publications};

/// Edits one site.
#[derive(Debug)]
pub struct EditSite<'a> {
    pub sitekey: &'a str,
    pub edit: &'a Edit,
    /// Whether to carry it out or only to preview it.
    pub intent: Intent,
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

/// Why nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EditRefused {
    /// The site cannot be edited.
    #[error(transparent)]
    Site(#[from] ChangeRefused),
    /// An edge would refuse it.
    #[error(transparent)]
    Mistakes(#[from] Mistakes),
}

impl Unit for EditSite<'_> {
    type Output = Result<Edited, EditRefused>;

    async fn run(&self, connection: &mut PgConnection) -> Result<Self::Output, StoreError> {
        // A separate statement first: the next query then sees what another
        // transaction committed while this one waited for the row.
        sqlx::query_scalar!(
            "SELECT version FROM sites WHERE sitekey = $1 FOR UPDATE",
            self.sitekey
        )
        .fetch_optional(&mut *connection)
        .await?;
        let (site, after) = match self.prepare(fetch(&mut *connection, self.sitekey).await?) {
            Ok(prepared) => prepared,
            Err(refused) => return Ok(Err(refused)),
        };
        let before = site.settings();
        if after == before || self.intent == Intent::Look {
            return Ok(Ok(Edited { before, after, version: site.config.version }));
        }
        self.store(connection, &after).await?;
        let config = raise_version(connection, self.sitekey, self.now).await?;
        let version = config.version;
        publications::queue(connection, self.sitekey, version, Some(&config), self.now).await?;
        Ok(Ok(Edited { before, after, version }))
    }
}

impl EditSite<'_> {
    fn prepare(&self, site: Option<SiteRecord>) -> Result<(SiteRecord, Settings), EditRefused> {
        let site = site.ok_or(ChangeRefused::Unknown)?;
        if site.deleted_at.is_some() {
            return Err(ChangeRefused::Deleted.into());
        }
        let after = self.edit.apply(self.sitekey, &site.settings())?;
        Ok((site, after))
    }

    async fn store(
        &self,
        connection: &mut PgConnection,
        settings: &Settings,
    ) -> Result<(), StoreError> {
        sqlx::query!(
            "UPDATE sites SET
                name = $2, hosts = $3, allow_loopback = $4, mode = $5, work_floor = $6,
                work_ceiling = $7, puzzle_count = $8, token_lifetime_seconds = $9,
                fallback_allowed = $10, pictures = $11, rules = $12
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
            row::rules(&settings.rules)
        )
        .execute(connection)
        .await?;
        Ok(())
    }
}
