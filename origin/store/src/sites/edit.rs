//! Edits of what an owner chooses: applied to the row as it is under lock,
//! refused as an edge would refuse them, published in the same transaction.

use munjigi_domain::settings::{Edit, Mistakes, Settings};
use munjigi_keys::UnixMillis;
use sqlx::PgConnection;

use super::change::{ChangeRefused, raise_version};
use super::{SiteRecord, fetch, row};
use crate::{StoreError, Unit, publications};

/// Edits one site.
#[derive(Debug)]
pub struct EditSite<'a> {
    /// Which.
    pub sitekey: &'a str,
    /// How.
    pub edit: &'a Edit,
    /// Whether it is done or only looked at.
    pub intent: Intent,
    /// Now.
    pub now: UnixMillis,
}

/// What becomes of an edit that is in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Intent {
    /// It is stored and published.
    Write,
    /// Nothing.
    Look,
}

/// What an edit does or would do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edited {
    /// As it was.
    pub before: Settings,
    /// As it is; equal where nothing was to be done.
    pub after: Settings,
    /// The version that the site has now.
    pub version: u64,
}

/// Why nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EditRefused {
    /// There is nothing to edit.
    #[error(transparent)]
    Site(#[from] ChangeRefused),
    /// An edge would refuse it.
    #[error(transparent)]
    Mistakes(#[from] Mistakes),
}

impl Unit for EditSite<'_> {
    type Output = Result<Edited, EditRefused>;

    async fn run(&self, connection: &mut PgConnection) -> Result<Self::Output, StoreError> {
        // First alone: what another transaction committed while this one
        // waited for the row is then in what the next query reads.
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
