//! Sites as their owners see them, which every page and call about a site
//! reads.

use std::time::Duration;

use async_trait::async_trait;
use munjigi_keys::UnixMillis;
use munjigi_protocol::SiteConfig;
use munjigi_store::DatabaseError;
use munjigi_store::sites::{self, SiteRecord};
use serde::{Deserialize, Serialize};
use sqlx::PgPool;

use super::recent::{Lingering, Recent};
use super::{from_micros, to_micros};

/// How long a copy of a site can be used. The database announces every change,
/// so this only matters after a missed announcement.
pub const LIFETIME: Duration = Duration::from_secs(10);

#[async_trait]
pub trait Sites: std::fmt::Debug + Send + Sync {
    /// One site, deleted or not.
    async fn find(
        &self,
        sitekey: &str,
        now: UnixMillis,
    ) -> Result<Option<SiteRecord>, DatabaseError>;

    /// Call it with a changed site, after the commit.
    async fn changed(&self, sitekey: &str) -> Result<(), Lingering>;
}

/// Asks Postgres each time.
#[derive(Debug, Clone)]
pub struct Stored(pub PgPool);

#[async_trait]
impl Sites for Stored {
    async fn find(
        &self,
        sitekey: &str,
        _: UnixMillis,
    ) -> Result<Option<SiteRecord>, DatabaseError> {
        sites::find(&self.0, sitekey).await
    }

    async fn changed(&self, _: &str) -> Result<(), Lingering> {
        Ok(())
    }
}

/// Asks Redis first.
#[derive(Debug)]
pub struct Copied {
    pub recent: Recent,
    pub stored: Stored,
}

#[async_trait]
impl Sites for Copied {
    async fn find(
        &self,
        sitekey: &str,
        now: UnixMillis,
    ) -> Result<Option<SiteRecord>, DatabaseError> {
        if let Some(site) = self.recent.get::<Row>(sitekey, now).await.and_then(Row::record) {
            return Ok(Some(site));
        }
        let found = self.stored.find(sitekey, now).await?;
        if let Some(site) = &found {
            self.recent.put(sitekey, &Row::of(site), now).await;
        }
        Ok(found)
    }

    async fn changed(&self, sitekey: &str) -> Result<(), Lingering> {
        self.recent.mark(std::iter::once(sitekey.to_owned())).await
    }
}

#[derive(Serialize, Deserialize)]
struct Row {
    name: String,
    organisation: Option<String>,
    config: SiteConfig,
    created_at: i64,
    changed_at: i64,
    deleted_at: Option<i64>,
    published_version: Option<u64>,
    publish_error: Option<String>,
}

impl Row {
    fn of(site: &SiteRecord) -> Self {
        Self {
            name: site.name.clone(),
            organisation: site.organisation.clone(),
            config: site.config.clone(),
            created_at: to_micros(site.created_at),
            changed_at: to_micros(site.changed_at),
            deleted_at: site.deleted_at.map(to_micros),
            published_version: site.published_version,
            publish_error: site.publish_error.clone(),
        }
    }

    fn record(self) -> Option<SiteRecord> {
        Some(SiteRecord {
            name: self.name,
            organisation: self.organisation,
            config: self.config,
            created_at: from_micros(self.created_at)?,
            changed_at: from_micros(self.changed_at)?,
            deleted_at: match self.deleted_at {
                Some(at) => Some(from_micros(at)?),
                None => None,
            },
            published_version: self.published_version,
            publish_error: self.publish_error,
        })
    }
}
